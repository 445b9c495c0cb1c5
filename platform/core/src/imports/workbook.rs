//! An XLSX workbook, one sheet of it, as CSV: written once to a spool file, so that everything after reads one kind of file.
//! A workbook is a zip archive: what it unpacks to is counted by unpacking it, never believed from its directory.

use super::Limits;
use super::reader::ReadError;
use calamine::{DataRef, Reader, Xlsx};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};

/// Parts a workbook may have.
const PARTS_MAX: usize = 2_000;

/// Writes the sheet as CSV with every row in its place: row 7 of the sheet is row 7 of the CSV.
pub fn to_csv(workbook: &File, sheet: Option<&str>, limits: &Limits, to: &mut File) -> Result<(), ReadError> {
    let wrong = |error: calamine::XlsxError| ReadError::Workbook(error.to_string());
    weigh(workbook, limits)?;
    let mut workbook = workbook;
    workbook.rewind()?;
    let mut xlsx: Xlsx<_> = Xlsx::new(BufReader::new(workbook)).map_err(wrong)?;
    let names = xlsx.sheet_names();
    let name = match sheet {
        Some(sheet) if names.iter().any(|name| name == sheet) => sheet.to_owned(),
        Some(sheet) => return Err(ReadError::NoSuchSheet(sheet.to_owned(), names.join(", "))),
        None => names.first().cloned().ok_or(ReadError::Empty)?,
    };
    let mut cells = xlsx.worksheet_cells_reader(&name).map_err(wrong)?;
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(BufWriter::new(to));
    let mut row = SheetRow { at: 0, cells: Vec::new() };
    let mut written = 0u64;
    while let Some(cell) = cells.next_cell().map_err(wrong)? {
        let (at, column) = cell.get_position();
        if u64::from(at) > limits.rows {
            return Err(ReadError::TooManyRows(limits.rows));
        }
        let column = column as usize;
        if at != row.at {
            written += row.finish(at, &mut writer)?;
            if written > limits.unpacked_bytes {
                return Err(ReadError::WorkbookTooLarge(limits.unpacked_bytes / (1024 * 1024)));
            }
        }
        let text = text(cell.get_value());
        // Formatted but empty cells may reach to the sheet's edge; only a cell with something in it counts.
        if text.is_empty() {
            continue;
        }
        if column >= limits.columns {
            return Err(ReadError::TooManyColumns(column + 1, limits.columns));
        }
        if row.cells.len() <= column {
            row.cells.resize(column + 1, String::new());
        }
        if let Some(place) = row.cells.get_mut(column) {
            *place = text;
        }
    }
    let after = row.at + 1;
    row.finish(after, &mut writer)?;
    writer.flush()?;
    Ok(())
}

struct SheetRow {
    at: u32,
    cells: Vec<String>,
}

impl SheetRow {
    /// Writes the row and the blank rows up to `next`.
    fn finish(&mut self, next: u32, writer: &mut csv::Writer<BufWriter<&mut File>>) -> Result<u64, ReadError> {
        let io = |error: csv::Error| ReadError::Io(std::io::Error::other(error));
        let mut bytes = 0;
        while self.at < next {
            // A record of nothing would not be a row for the reader; two empty cells are.
            let blank = [String::new(), String::new()];
            let cells = if self.cells.is_empty() { &blank[..] } else { &self.cells };
            writer.write_record(cells).map_err(io)?;
            bytes += cells.iter().map(|cell| cell.len() as u64 + 1).sum::<u64>();
            self.cells.clear();
            self.at += 1;
        }
        Ok(bytes)
    }
}

/// The value as a person would have typed it.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(instant) if instant.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = instant.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
        }
        DataRef::DateTime(duration) => number_text(duration.as_f64()),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

/// A workbook keeps numbers as binary floats and shows 15 digits of them: those 15 digits are what was meant (2.55, not
/// 2.5499999999999998). Source: Excel specifications and limits, "number precision 15 digits".
fn number_text(number: f64) -> String {
    if !number.is_finite() {
        return number.to_string();
    }
    let scientific = format!("{number:.14e}");
    let exact: Option<kernel::Decimal> = kernel::Decimal::from_scientific(&scientific).ok();
    exact.map_or(scientific, |decimal| decimal.normalize().to_string())
}

/// Unpacks every part into nothing and counts.
fn weigh(workbook: &File, limits: &Limits) -> Result<(), ReadError> {
    let wrong = |error: zip::result::ZipError| ReadError::Workbook(error.to_string());
    let too_large = || ReadError::WorkbookTooLarge(limits.unpacked_bytes / (1024 * 1024));
    let mut workbook = workbook;
    workbook.rewind()?;
    let mut archive = zip::ZipArchive::new(BufReader::new(workbook)).map_err(wrong)?;
    if archive.len() > PARTS_MAX {
        return Err(ReadError::Workbook(format!("it has {} parts: at most {PARTS_MAX}", archive.len())));
    }
    let mut left = limits.unpacked_bytes;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(wrong)?;
        // Shared strings are held in memory while the sheet is read; the sheet itself streams.
        let name = part.name().map_err(wrong)?.into_owned();
        let cap = if name.ends_with("sharedStrings.xml") { left.min(limits.shared_strings_bytes) } else { left };
        let is_xml = name.ends_with(".xml") || name.ends_with(".rels");
        let mut stretch = Stretch { now: 0, longest: 0 };
        let unpacked = std::io::copy(&mut part.take(cap + 1), &mut stretch).map_err(|error| ReadError::Workbook(error.to_string()))?;
        if is_xml && stretch.longest > limits.row_bytes {
            return Err(ReadError::Workbook(format!("a text in it is longer than {} KiB", limits.row_bytes / 1024)));
        }
        if unpacked > cap {
            return Err(too_large());
        }
        left -= unpacked;
    }
    Ok(())
}

/// The longest stretch without `<`: the XML reader holds a tag or a text as a whole.
struct Stretch {
    now: u64,
    longest: u64,
}

impl Write for Stretch {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        for (index, piece) in bytes.split(|byte| *byte == b'<').enumerate() {
            if index > 0 {
                self.now = 0;
            }
            self.now += piece.len() as u64;
            self.longest = self.longest.max(self.now);
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zip::write::SimpleFileOptions;

    /// A workbook of one sheet, from the sheet's XML.
    fn workbook(rows: &str) -> File {
        let mut zip = zip::ZipWriter::new(tempfile::tempfile().unwrap());
        let mut part = |name: &str, xml: &str| {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(xml.as_bytes()).unwrap();
        };
        part("[Content_Types].xml", r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#);
        part("_rels/.rels", r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#);
        part("xl/workbook.xml", r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Orders" sheetId="1" r:id="r1"/></sheets></workbook>"#);
        part("xl/_rels/workbook.xml.rels", r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#);
        part("xl/styles.xml", r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>"#);
        part("xl/worksheets/sheet1.xml", &format!(r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#));
        zip.finish().unwrap()
    }
    fn csv_of(rows: &str, limits: &Limits) -> Result<String, ReadError> {
        let mut to = tempfile::tempfile().unwrap();
        to_csv(&workbook(rows), None, limits, &mut to)?;
        to.rewind()?;
        let mut text = String::new();
        to.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn numbers_and_times_read_as_typed() {
        let rows = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c><c r="B1" t="inlineStr"><is><t>a,b</t></is></c></row>
            <row r="3"><c r="A3"><v>2.5499999999999998</v></c><c r="B3" s="1"><v>40513.351388888892</v></c><c r="D3"><v>1250000</v></c><c r="E3"><v>-1E-3</v></c><c r="F3" t="b"><v>1</v></c></row>"#;
        assert_eq!(csv_of(rows, &Limits::default()).unwrap(), "id,\"a,b\"\n,\n2.55,2010-12-01T08:26:00,,1250000,-0.001,true\n");
    }

    #[test]
    fn a_zip_bomb_is_stopped_while_it_unpacks() {
        let bomb = format!(r#"<row r="1"><c r="A1" t="inlineStr"><is><t>{}</t></is></c></row>"#, " ".repeat(8 * 1024 * 1024));
        let limits = Limits { unpacked_bytes: 1024 * 1024, ..Limits::default() };
        assert_eq!(csv_of(&bomb, &limits).unwrap_err().to_string(), "the workbook unpacks to more than 1 MiB");
        assert_eq!(csv_of(&bomb, &Limits::default()).unwrap_err().to_string(), "the workbook cannot be read: a text in it is longer than 1024 KiB");
        let wide = r#"<row r="1"><c r="XFD1"><v>1</v></c></row>"#;
        assert!(matches!(csv_of(wide, &Limits::default()), Err(ReadError::TooManyColumns(16_384, _))));
        let deep = r#"<row r="1048576"><c r="A1048576"><v>1</v></c></row>"#;
        assert!(matches!(csv_of(deep, &Limits { rows: 1_000, ..Limits::default() }), Err(ReadError::TooManyRows(1_000))));
    }

    #[test]
    fn what_is_no_workbook_says_so() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"PK\x03\x04 nothing more").unwrap();
        assert!(matches!(to_csv(&file, None, &Limits::default(), &mut tempfile::tempfile().unwrap()), Err(ReadError::Workbook(_))));
        let error = to_csv(&workbook(""), Some("Sheet9"), &Limits::default(), &mut tempfile::tempfile().unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "the workbook has no sheet \"Sheet9\"; it has Orders");
    }
}
