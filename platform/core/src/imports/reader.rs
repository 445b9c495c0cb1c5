//! Rows out of a CSV file, one at a time: whatever the file's size, one row is in memory.
//! A row's number is what a spreadsheet shows beside it: the header is row 1.

use super::Limits;
use super::mapping::{Encoding, TextForm};
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What may stand between the cells of a row.
pub const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];
/// What is kept of a cell that is too long.
const TOO_LONG_SHOWN: usize = 200;

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the file has no header row")]
    Empty,
    #[error("the file is larger than {0} MiB: split it")]
    FileTooLarge(u64),
    #[error("the header has {0} columns: at most {1}")]
    TooManyColumns(usize, usize),
    #[error("row {0} or the one after it is longer than {1} KiB: a quotation mark is probably not closed")]
    RowTooLong(u64, u64),
    #[error("the file has more than {0} rows: split it")]
    TooManyRows(u64),
    #[error("the rows of many orders are so far apart that they do not fit in memory together: sort the file by its order column")]
    OrdersTooFarApart,
    #[error("the file is UTF-16: save it as \"CSV UTF-8\"")]
    Utf16,
    #[error("the file is neither CSV text nor an XLSX workbook: it begins with {0}")]
    NotAFile(&'static str),
    #[error("the workbook cannot be read: {0}")]
    Workbook(String),
    #[error("the workbook unpacks to more than {0} MiB")]
    WorkbookTooLarge(u64),
    #[error("the workbook has no sheet {0:?}; it has {1}")]
    NoSuchSheet(String, String),
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
}

/// One row: its number and its cells, trimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub number: u64,
    pub cells: csv::StringRecord,
    /// A cell of this row could not be taken as it is; what is wrong with it, and its position.
    pub fault: Option<(usize, CellFault)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellFault {
    TooLong,
    NotText,
    Nul,
}

impl Row {
    pub fn cell(&self, at: usize) -> &str {
        self.cells.get(at).unwrap_or_default()
    }
    /// The bytes this row holds in memory, roughly.
    pub fn weight(&self) -> usize {
        self.cells.as_slice().len() + self.cells.len() * size_of::<usize>() + size_of::<Self>()
    }
}

/// The rows of a file after its header.
pub struct Rows<R: Read> {
    records: csv::Reader<Metered<R>>,
    since_row: Arc<AtomicU64>,
    encoding: Encoding,
    limits: Limits,
    number: u64,
    record: csv::ByteRecord,
    header: Vec<String>,
}

impl<R: Read> Rows<R> {
    pub fn open(file: R, form: TextForm, limits: Limits) -> Result<Self, ReadError> {
        let since_row = Arc::new(AtomicU64::new(0));
        let metered = Metered { file, since_row: since_row.clone(), max: limits.row_bytes };
        let records = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(form.delimiter as u8).from_reader(metered);
        let mut rows = Self { records, since_row, encoding: form.encoding, limits, number: 0, record: csv::ByteRecord::new(), header: Vec::new() };
        let header = rows.next_row()?.ok_or(ReadError::Empty)?;
        if header.cells.len() > limits.columns {
            return Err(ReadError::TooManyColumns(header.cells.len(), limits.columns));
        }
        rows.header = header.cells.iter().map(str::to_owned).collect();
        Ok(rows)
    }

    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The next row that is not blank.
    pub fn next_row(&mut self) -> Result<Option<Row>, ReadError> {
        loop {
            let more = self.records.read_byte_record(&mut self.record).map_err(|error| self.cause(error))?;
            self.since_row.store(0, Ordering::Relaxed);
            if !more {
                return Ok(None);
            }
            self.number += 1;
            if self.number > self.limits.rows + 1 {
                return Err(ReadError::TooManyRows(self.limits.rows));
            }
            let row = self.decoded();
            if row.fault.is_some() || row.cells.iter().any(|cell| !cell.is_empty()) {
                return Ok(Some(row));
            }
        }
    }

    fn decoded(&self) -> Row {
        let mut cells = csv::StringRecord::with_capacity(self.record.as_slice().len(), self.record.len());
        let mut fault = None;
        for (at, bytes) in self.record.iter().enumerate() {
            // Excel and others begin a UTF-8 file with a byte order mark.
            let bytes = if self.number == 1 && at == 0 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes) } else { bytes };
            let mut spot = |what| fault = fault.or(Some((at, what)));
            if bytes.len() > self.limits.cell_bytes {
                spot(CellFault::TooLong);
                cells.push_field(&String::from_utf8_lossy(bytes.get(..TOO_LONG_SHOWN).unwrap_or(bytes)));
                continue;
            }
            if bytes.contains(&0) {
                spot(CellFault::Nul);
            }
            match (self.encoding, std::str::from_utf8(bytes)) {
                (Encoding::Utf8, Ok(text)) => cells.push_field(text.trim()),
                (Encoding::Utf8, Err(_)) => {
                    spot(CellFault::NotText);
                    cells.push_field(String::from_utf8_lossy(bytes).trim());
                }
                (Encoding::Windows1252, _) => cells.push_field(super::text::from_windows_1252(bytes).trim()),
            }
        }
        Row { number: self.number, cells, fault }
    }

    fn cause(&self, error: csv::Error) -> ReadError {
        match error.into_kind() {
            csv::ErrorKind::Io(error) if error.get_ref().is_some_and(|inner| inner.is::<TooLong>()) => ReadError::RowTooLong(self.number + 1, self.limits.row_bytes / 1024),
            csv::ErrorKind::Io(error) => ReadError::Io(error),
            other => ReadError::Io(std::io::Error::other(format!("{other:?}"))),
        }
    }
}

/// Stops reading when a row never ends: an unclosed quotation mark would otherwise make the rest of the file one cell.
struct Metered<R> {
    file: R,
    since_row: Arc<AtomicU64>,
    max: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("a row is too long")]
struct TooLong;

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.since_row.load(Ordering::Relaxed) > self.max {
            return Err(std::io::Error::other(TooLong));
        }
        let read = self.file.read(buffer)?;
        self.since_row.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], form: TextForm, limits: Limits) -> Result<Vec<Row>, ReadError> {
        let mut rows = Rows::open(bytes, form, limits)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next_row()? {
            all.push(row);
        }
        Ok(all)
    }
    fn cells(row: &Row) -> Vec<&str> {
        row.cells.iter().collect()
    }

    #[test]
    fn quotes_blank_rows_and_the_byte_order_mark() {
        let file = b"\xef\xbb\xbfid;name\r\n1;\"a;b\n\"\"c\"\"\"\r\n;\r\n3;x\r\n";
        let form = TextForm { delimiter: ';', ..TextForm::default() };
        let mut rows = Rows::open(&file[..], form, Limits::default()).unwrap();
        assert_eq!(rows.header(), ["id", "name"]);
        let first = rows.next_row().unwrap().unwrap();
        assert_eq!((first.number, cells(&first)), (2, vec!["1", "a;b\n\"c\""]));
        let third = rows.next_row().unwrap().unwrap();
        assert_eq!((third.number, cells(&third)), (4, vec!["3", "x"]));
    }

    #[test]
    fn windows_1252_is_read_as_such() {
        let form = TextForm { encoding: Encoding::Windows1252, delimiter: ',' };
        assert_eq!(cells(&read(b"a,b\n\x80 5,caf\xe9\n", form, Limits::default()).unwrap()[0]), ["€ 5", "café"]);
        let row = &read(b"a,b\n1,caf\xe9\n", TextForm::default(), Limits::default()).unwrap()[0];
        assert_eq!(row.fault, Some((1, CellFault::NotText)));
    }

    #[test]
    fn every_limit_of_a_file_holds() {
        let small = Limits { rows: 2, columns: 3, cell_bytes: 10, row_bytes: 20_000, ..Limits::default() };
        let form = TextForm::default();
        assert!(matches!(read(b"", form, small), Err(ReadError::Empty)));
        assert!(matches!(read(b"a,b,c,d\n", form, small), Err(ReadError::TooManyColumns(4, 3))));
        assert!(matches!(read(b"a\n1\n2\n3\n", form, small), Err(ReadError::TooManyRows(2))));
        assert_eq!(read(b"a,b\n1,0123456789X\n", form, small).unwrap()[0].fault, Some((1, CellFault::TooLong)));
        assert_eq!(read(b"a,b\n1,x\0y\n", form, small).unwrap()[0].fault, Some((1, CellFault::Nul)));
        let unclosed = [b"a,b\n1,\"".as_slice(), &b"x".repeat(60_000)].concat();
        assert!(matches!(read(&unclosed, form, small), Err(ReadError::RowTooLong(2, _))));
    }
}
