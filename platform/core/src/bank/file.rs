//! Statements as files say them, whatever their format.
//! Invariant BANK-2: a statement whose opening balance and lines do not make its closing balance is refused, with the
//! difference named.

use super::{camt, csv, mt940};
use chrono::{Datelike, NaiveDate};
use kernel::{Currency, Decimal};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

/// A file at most; statements of a day are a few kilobytes.
pub const FILE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Lines of one file at most.
pub const LINES_MAX: usize = 20_000;
/// Statements of one file at most.
pub const STATEMENTS_MAX: usize = 400;
/// What is kept of a text.
pub const TEXT_CHARS_MAX: usize = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Mt940,
    Camt053,
}

impl Format {
    pub fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Mt940 => "mt940",
            Self::Camt053 => "camt053",
        }
    }
    /// What the first bytes look like.
    pub fn of(bytes: &[u8]) -> Self {
        let head = String::from_utf8_lossy(bytes.get(..2_000).unwrap_or(bytes));
        let head = head.trim_start_matches('\u{feff}').trim_start();
        match head {
            _ if head.starts_with('<') => Self::Camt053,
            _ if head.starts_with(":20:") || head.starts_with("{1:") || head.contains("\n:20:") => Self::Mt940,
            _ => Self::Csv,
        }
    }
}

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    #[error("the file is empty")]
    Empty,
    #[error("the file is larger than {} MiB: split it", FILE_BYTES_MAX / (1024 * 1024))]
    TooLarge,
    #[error("the file has more than {LINES_MAX} lines: split it")]
    TooManyLines,
    #[error("the file has more than {STATEMENTS_MAX} statements: split it")]
    TooManyStatements,
    #[error("line {line}, {field}: {expected}")]
    Wrong { line: u64, field: String, expected: String },
    #[error("the statement {reference} does not add up: opening {opening} and lines of {sum} make {computed}, but its closing balance is {closing}; the difference is {difference}")]
    Unbalanced { reference: String, opening: Decimal, sum: Decimal, computed: Decimal, closing: Decimal, difference: Decimal },
}

pub fn wrong<T>(line: u64, field: impl Into<String>, expected: impl Into<String>) -> Result<T, FileError> {
    Err(FileError::Wrong { line, field: field.into(), expected: expected.into() })
}

/// One statement of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Where it begins in the file.
    pub line: u64,
    pub reference: String,
    /// The account's number, when the file names one: without spaces.
    pub account: Option<String>,
    pub currency: Option<Currency>,
    pub opening: Option<Decimal>,
    pub closing: Option<Decimal>,
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub lines: Vec<Line>,
}

/// One movement. To us is positive.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Where it stands in the file.
    pub line: u64,
    pub booked_on: NaiveDate,
    pub amount: Decimal,
    /// The bank's own id of it.
    pub id: Option<String>,
    pub reference: Option<String>,
    pub counterparty: Option<String>,
    pub text: Option<String>,
}

/// A text as it is kept: single spaces, no control characters, [`TEXT_CHARS_MAX`] at most; nothing is none.
pub fn tidy(text: &str) -> Option<String> {
    let mut kept = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !kept.is_empty() {
            kept.push(' ');
        }
        kept.push_str(word);
    }
    let kept: String = kept.chars().take(TEXT_CHARS_MAX).collect();
    (!kept.is_empty()).then_some(kept)
}

/// The statements of a file, each checked (BANK-2). `currency` is the account's.
pub fn read(bytes: &[u8], currency: Currency, columns: &csv::Columns) -> Result<(Format, Vec<Statement>), FileError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(FileError::TooLarge);
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(FileError::Empty);
    }
    let format = Format::of(bytes);
    let statements = match format {
        Format::Csv => vec![csv::read(bytes, currency, columns)?],
        Format::Mt940 => mt940::read(bytes)?,
        Format::Camt053 => camt::read(bytes)?,
    };
    if statements.is_empty() {
        return Err(FileError::Empty);
    }
    if statements.len() > STATEMENTS_MAX {
        return Err(FileError::TooManyStatements);
    }
    if statements.iter().map(|statement| statement.lines.len()).sum::<usize>() > LINES_MAX {
        return Err(FileError::TooManyLines);
    }
    for statement in &statements {
        check(statement, currency)?;
    }
    Ok((format, statements))
}

fn check(statement: &Statement, currency: Currency) -> Result<(), FileError> {
    let books = Decimal::from(100_000_000_000_000_i64);
    for line in &statement.lines {
        if line.amount.is_zero() || line.amount.abs() >= books || line.amount.normalize().scale() > currency.exponent() {
            return wrong(line.line, "amount", format!("{} is no amount of {currency}: expected one other than zero with at most {} decimals", line.amount, currency.exponent()));
        }
        if !(1970..=2100).contains(&line.booked_on.year()) {
            return wrong(line.line, "date", format!("{} is no day between 1970 and 2100", line.booked_on));
        }
    }
    if let (Some(opening), Some(closing)) = (statement.opening, statement.closing) {
        let sum: Decimal = statement.lines.iter().map(|line| line.amount).sum();
        let computed = opening + sum;
        if computed != closing {
            let plain = |amount: Decimal| amount.normalize();
            return Err(FileError::Unbalanced {
                reference: statement.reference.clone(),
                opening: plain(opening),
                sum: plain(sum),
                computed: plain(computed),
                closing: plain(closing),
                difference: plain(closing - computed),
            });
        }
    }
    Ok(())
}

/// What makes each line itself, in the order of the lines (BANK-3): what it says, and how often the file said that before.
/// So the same movement in two files is one line, and two equal movements of one day are two.
pub fn keys(statements: &[Statement]) -> Vec<Vec<String>> {
    let mut said: HashMap<String, u32> = HashMap::new();
    let key = |line: &Line, said: &mut HashMap<String, u32>| {
        let mut digest = Sha256::new();
        // The bank's id and the day make the line, whatever another format says of it.
        let texts = match &line.id {
            Some(id) => [Some(id), None, None],
            None => [line.reference.as_ref(), line.counterparty.as_ref(), line.text.as_ref()],
        };
        digest.update(format!("{} {} ", line.booked_on, line.amount.normalize()));
        for text in texts {
            digest.update(text.map_or("", |text| text));
            digest.update([0]);
        }
        let base = hex::encode(digest.finalize().get(..16).unwrap_or_default());
        let count = said.entry(base.clone()).or_insert(0);
        *count += 1;
        if *count == 1 { base } else { format!("{base}#{count}") }
    };
    statements.iter().map(|statement| statement.lines.iter().map(|line| key(line, &mut said)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_their_beginning() {
        assert_eq!(Format::of(b"\xef\xbb\xbf<?xml version=\"1.0\"?>"), Format::Camt053);
        assert_eq!(Format::of(b"{1:F01X}{2:I940}{4:\n:20:A"), Format::Mt940);
        assert_eq!(Format::of(b"\r\n:20:A\r\n"), Format::Mt940);
        assert_eq!(Format::of(b"Date;Amount\n"), Format::Csv);
    }

    #[test]
    fn bank_3_equal_lines_of_one_file_are_two() {
        let line = Line { line: 1, booked_on: NaiveDate::default(), amount: Decimal::ONE, id: None, reference: None, counterparty: None, text: Some("coffee".into()) };
        let statement = Statement { line: 1, reference: "1".into(), account: None, currency: None, opening: None, closing: None, from: NaiveDate::default(), to: NaiveDate::default(), lines: vec![line.clone(), line] };
        let keys = keys(&[statement.clone()]);
        assert_ne!(keys[0][0], keys[0][1]);
        assert_eq!(keys, super::keys(&[statement]));
    }

    #[test]
    fn limits_hold() {
        let columns = csv::Columns::default();
        assert_eq!(read(b" \n", Currency::VND, &columns), Err(FileError::Empty));
        assert_eq!(read(&vec![b'a'; FILE_BYTES_MAX + 1], Currency::VND, &columns), Err(FileError::TooLarge));
        let many = format!("date,amount,text\n{}", "2026-11-20,1,x\n".repeat(LINES_MAX + 1));
        assert_eq!(read(many.as_bytes(), Currency::VND, &columns), Err(FileError::TooManyLines));
        let statements = ":20:A\n:25:1\n:28C:1\n:60F:C261101VND0,\n:62F:C261101VND0,\n-\n".repeat(STATEMENTS_MAX + 1);
        assert_eq!(read(statements.as_bytes(), Currency::VND, &columns), Err(FileError::TooManyStatements));
        let Err(FileError::Wrong { line: 2, field, .. }) = read(b"date,amount\n2026-11-20,1.5\n", Currency::VND, &columns) else { panic!("half a dong") };
        assert_eq!(field, "amount");
    }
}
