//! A bank's CSV: columns known by their names in English and Vietnamese, or named by the person; amounts signed, or debit
//! and credit apart; a running balance, where there is one, proves that no line is missing.

use super::file::{FileError, LINES_MAX, Line, Statement, tidy, wrong};
use crate::imports::{
    Limits, cells,
    guess::{date_format, decimal_mark, plain},
    mapping::DecimalMark,
    reader::{ReadError, Row, Rows},
    text,
};
use chrono::NaiveDate;
use kernel::{Currency, Decimal, money::parse_decimal};
use serde::{Deserialize, Serialize};

/// Which column says what, by its name in the header; what is left out is guessed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Columns {
    pub date: Option<String>,
    /// Signed: to us is positive.
    pub amount: Option<String>,
    /// To us, and from us, when they stand apart.
    pub credit: Option<String>,
    pub debit: Option<String>,
    pub balance: Option<String>,
    pub id: Option<String>,
    pub reference: Option<String>,
    pub counterparty: Option<String>,
    pub text: Option<String>,
    /// chrono's letters, e.g. `%d/%m/%Y`.
    pub date_format: Option<String>,
    /// Said by the person, where the file has no balances.
    pub opening: Option<String>,
    pub closing: Option<String>,
}

/// Names by column, in lower case without anything that is not a letter or digit, best first.
const NAMES: &[(&str, &[&str])] = &[
    ("date", &["bookingdate", "bookeddate", "bookedon", "transactiondate", "postingdate", "date", "ngàygiaodịch", "ngàyhạchtoán", "ngàygd", "ngày", "valuedate"]),
    ("credit", &["credit", "creditamount", "moneyin", "paidin", "deposit", "ghicó", "phátsinhcó", "có", "sốtiềnghicó", "tiềnvào"]),
    ("debit", &["debit", "debitamount", "moneyout", "paidout", "withdrawal", "ghinợ", "phátsinhnợ", "nợ", "sốtiềnghinợ", "tiềnra"]),
    ("amount", &["amount", "transactionamount", "sốtiền", "sốtiềngiaodịch"]),
    ("balance", &["balance", "runningbalance", "sốdư", "sốdưcuối"]),
    ("id", &["transactionid", "bankreference", "sốgd", "mãgiaodịch", "sốgiaodịch", "sốbúttoán", "sốct", "sốchứngtừ"]),
    ("reference", &["reference", "paymentreference", "ref", "endtoendid", "sốthamchiếu", "thamchiếu"]),
    ("counterparty", &["counterparty", "name", "payer", "beneficiary", "đốitác", "tênđốitác", "ngườichuyển", "đơnvịthụhưởng"]),
    ("text", &["description", "details", "text", "purpose", "narrative", "remittance", "diễngiải", "nộidung", "nộidunggiaodịch", "môtả", "nộidungchitiết"]),
];

/// Where each column stands.
struct Layout {
    at: [Option<usize>; 9],
}

impl Layout {
    fn of(header: &[String], columns: &Columns) -> Result<Self, FileError> {
        let told = [&columns.date, &columns.credit, &columns.debit, &columns.amount, &columns.balance, &columns.id, &columns.reference, &columns.counterparty, &columns.text];
        let names: Vec<String> = header.iter().map(|name| plain(name)).collect();
        let mut at = [None; 9];
        for ((slot, told), (column, known)) in at.iter_mut().zip(told).zip(NAMES) {
            *slot = match told {
                Some(name) => {
                    let found = header.iter().position(|column| column == name);
                    Some(found.map_or_else(|| wrong(1, *column, format!("the header has no column {:?}", cells::shown(name))), Ok)?)
                }
                None => known.iter().find_map(|name| names.iter().position(|column| column == name)),
            };
        }
        let layout = Self { at };
        if layout.place("date").is_none() {
            return wrong(1, "date", "no column of the header is known as the day: name it");
        }
        if layout.place("amount").is_none() && layout.place("credit").is_none() {
            return wrong(1, "amount", "no column of the header is known as the amount, nor as credit and debit: name it");
        }
        Ok(layout)
    }
    fn place(&self, column: &str) -> Option<usize> {
        NAMES.iter().position(|(name, _)| *name == column).and_then(|index| self.at.get(index).copied().flatten())
    }
    fn cell<'a>(&self, row: &'a Row, column: &str) -> &'a str {
        self.place(column).map_or("", |at| row.cell(at))
    }
}

fn limits() -> Limits {
    Limits { file_bytes: super::file::FILE_BYTES_MAX as u64, rows: LINES_MAX as u64, columns: 100, ..Limits::default() }
}

fn unreadable(error: ReadError) -> FileError {
    match error {
        ReadError::Empty => FileError::Empty,
        ReadError::TooManyRows(_) => FileError::TooManyLines,
        other => FileError::Wrong { line: 1, field: "file".into(), expected: other.to_string() },
    }
}

/// The decimal mark of the amounts. Where a currency has no smaller unit, `50.000` is fifty thousand.
pub fn mark_of(samples: &[&str], currency: Currency) -> DecimalMark {
    let whole = |mark: DecimalMark| samples.iter().all(|text| cells::decimal(text, mark).is_ok_and(|amount| amount.scale() == 0));
    if currency.exponent() == 0 && !whole(DecimalMark::Point) && whole(DecimalMark::Comma) { DecimalMark::Comma } else { decimal_mark(samples) }
}

pub fn read(bytes: &[u8], currency: Currency, columns: &Columns) -> Result<Statement, FileError> {
    let look = text::look(bytes, &limits()).map_err(unreadable)?;
    if look.format != text::Format::Csv {
        return wrong(1, "file", "a workbook is no bank statement: save it as CSV");
    }
    let mut file = Rows::open(bytes, look.text, limits()).map_err(unreadable)?;
    let layout = Layout::of(file.header(), columns)?;
    let mut rows: Vec<Row> = Vec::new();
    while let Some(row) = file.next_row().map_err(unreadable)? {
        if let Some((at, fault)) = row.fault {
            return wrong(row.number, file.header().get(at).cloned().unwrap_or_default(), format!("cannot be read: {fault:?}"));
        }
        rows.push(row);
    }
    let samples = |column: &str| rows.iter().map(|row| layout.cell(row, column)).filter(|text| !text.is_empty()).take(1_000).collect::<Vec<_>>();
    let format = columns.date_format.clone().or_else(|| date_format(&samples("date")).map(str::to_owned)).unwrap_or_else(|| "%Y-%m-%d".into());
    let mark = mark_of(&["amount", "credit", "debit", "balance"].into_iter().flat_map(samples).collect::<Vec<_>>(), currency);
    let number = |row: &Row, column: &str| match layout.cell(row, column) {
        "" => Ok(None),
        text => cells::decimal(text, mark).map(Some).or_else(|expected| wrong(row.number, column, expected)),
    };
    let mut lines = Vec::with_capacity(rows.len());
    let mut balances = Vec::new();
    for row in &rows {
        let told = layout.cell(row, "date");
        let day: Option<NaiveDate> = chrono::DateTime::parse_from_rfc3339(told).ok().map(|at| at.date_naive()).or_else(|| cells::local_time(told, &format).map(|time| time.date()));
        let booked_on = day.map_or_else(|| wrong(row.number, "date", format!("{:?} is not a day: expected {format}", cells::shown(told))), Ok)?;
        let amount = match (number(row, "amount")?, number(row, "credit")?, number(row, "debit")?) {
            (Some(amount), None, None) => amount,
            (None, credit, debit) => credit.unwrap_or_default() - debit.unwrap_or_default().abs(),
            _ => return wrong(row.number, "amount", "must be there, or credit and debit, but not both"),
        };
        balances.push(number(row, "balance")?.map(|balance| (balance, amount)));
        let words = |column: &str| tidy(layout.cell(row, column));
        lines.push(Line { line: row.number, booked_on, amount, id: words("id"), reference: words("reference"), counterparty: words("counterparty"), text: words("text") });
    }
    let (Some(from), Some(to)) = (lines.iter().map(|l| l.booked_on).min(), lines.iter().map(|l| l.booked_on).max()) else { return Err(FileError::Empty) };
    let (mut opening, mut closing) = proven(&mut lines, &balances)?;
    for (slot, told, name) in [(&mut opening, &columns.opening, "opening"), (&mut closing, &columns.closing, "closing")] {
        if let Some(told) = told.as_deref().filter(|told| !told.trim().is_empty()) {
            *slot = Some(parse_decimal(told.trim()).map_or_else(|_| wrong(1, name, "must be an amount such as 1250000"), Ok)?);
        }
    }
    Ok(Statement { line: 1, reference: format!("{from} – {to}"), account: None, currency: None, opening, closing, from, to, lines })
}

/// Opening and closing by the running balance, every row against the one before; newest first is turned around.
fn proven(lines: &mut [Line], balances: &[Option<(Decimal, Decimal)>]) -> Result<(Option<Decimal>, Option<Decimal>), FileError> {
    let Some(mut told) = balances.iter().copied().collect::<Option<Vec<_>>>().filter(|told| !told.is_empty()) else { return Ok((None, None)) };
    let follows = |told: &[(Decimal, Decimal)]| told.windows(2).position(|pair| matches!(pair, [(before, _), (after, amount)] if before + amount != *after));
    let gap = follows(&told);
    if gap.is_some() {
        let mut turned = told.clone();
        turned.reverse();
        if follows(&turned).is_none() {
            told = turned;
            lines.reverse();
        }
    }
    if let Some(at) = follows(&told) {
        let (Some((before, _)), Some((after, amount)), Some(line)) = (told.get(at), told.get(at + 1), lines.get(at + 1)) else { return Ok((None, None)) };
        return wrong(line.line, "balance", format!("{after} does not follow: {before} and {amount} make {}; a line is missing or wrong, the difference is {}", before + amount, after - (before + amount)));
    }
    let opening = told.first().map(|(balance, amount)| balance - amount);
    Ok((opening, told.last().map(|(balance, _)| *balance)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        match read(text.as_bytes(), Currency::VND, &Columns::default()) {
            Err(error) => error.to_string(),
            Ok(statement) => format!(
                "{:?} {:?} {}",
                statement.opening.map(|o| o.to_string()),
                statement.closing.map(|c| c.to_string()),
                statement.lines.iter().map(|l| format!("{} {} {}", l.booked_on, l.amount, l.text.as_deref().unwrap_or("-"))).collect::<Vec<_>>().join("; ")
            ),
        }
    }

    #[test]
    fn columns_are_known_by_their_names() {
        assert_eq!(told("Date,Amount,Description\n2026-11-20,1250000,W-77\n"), "None None 2026-11-20 1250000 W-77");
        let vietnamese = "Ngày giao dịch;Số GD;Ghi nợ;Ghi có;Số dư;Diễn giải\n20/11/2026;1;;1.250.000,5;2.250.000,5;W-77\n21/11/2026;2;50.000;;2.200.000,5;phí\n";
        assert_eq!(told(vietnamese), r#"Some("1000000.0") Some("2200000.5") 2026-11-20 1250000.5 W-77; 2026-11-21 -50000 phí"#);
        let newest_first = "date,amount,balance,text\n2026-11-21,-5,15,b\n2026-11-20,10,20,a\n";
        assert_eq!(told(newest_first), r#"Some("10") Some("15") 2026-11-20 10 a; 2026-11-21 -5 b"#);
    }

    #[test]
    fn fifty_thousand_dong_are_not_fifty() {
        assert_eq!(told("date,amount\n20/11/2026,50.000\n"), "None None 2026-11-20 50000 -");
        assert_eq!(read(b"date,amount\n20/11/2026,50.000\n", Currency::EUR, &Columns::default()).unwrap().lines[0].amount, Decimal::from(50));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_field() {
        assert!(told("date,x\n").starts_with("line 1, amount"));
        assert!(told("x,amount\n").starts_with("line 1, date"));
        assert_eq!(told("date,amount\n20.13.2026,5\n"), r#"line 2, date: "20.13.2026" is not a day: expected %Y-%m-%d"#);
        assert!(told("date,amount\n2026-11-20,five\n").starts_with("line 2, amount: \"five\" is not a number"));
        assert!(told("date,amount,balance\n2026-11-20,5,5\n2026-11-21,5,11\n2026-11-22,5,16\n").contains("line 3, balance: 11 does not follow: 5 and 5 make 10; a line is missing or wrong, the difference is 1"));
        assert!(read(b"date,amount\n", Currency::VND, &Columns { text: Some("words".into()), ..Columns::default() }).unwrap_err().to_string().contains("no column \"words\""));
        assert_eq!(told("date,amount\n"), "the file is empty");
    }
}
