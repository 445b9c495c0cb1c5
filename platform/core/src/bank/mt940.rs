//! SWIFT MT940: `:20:` reference, `:25:` account, `:28C:` number, `:60F:` opening, `:61:` lines with their `:86:`, `:62F:`
//! closing. Only what the format says is taken; anything else is named with its line.

use super::file::{FileError, Line, Statement, tidy, wrong};
use crate::imports::text::from_windows_1252;
use chrono::NaiveDate;
use kernel::{Currency, Decimal};

/// One field: its tag, its text with line breaks, and where it begins.
struct Field {
    tag: String,
    text: String,
    line: u64,
}

/// A message ends with `-`; headers in braces are left out.
fn fields(text: &str) -> Result<Vec<Option<Field>>, FileError> {
    let mut fields: Vec<Option<Field>> = Vec::new();
    for (raw, line) in text.trim_start_matches('\u{feff}').lines().zip(1_u64..) {
        let raw = raw.trim_end();
        // `{4:` may stand before the first field on its line.
        let raw = raw.rsplit_once("{4:").map_or(raw, |(_, rest)| rest);
        if raw.is_empty() || raw.starts_with('{') {
            continue;
        }
        if raw == "-" || raw.starts_with("-}") {
            fields.push(None);
            continue;
        }
        let tagged = raw.strip_prefix(':').and_then(|rest| rest.split_once(':')).filter(|(tag, _)| (2..=3).contains(&tag.len()) && tag.bytes().take(2).all(|b| b.is_ascii_digit()));
        if let Some((tag, text)) = tagged {
            fields.push(Some(Field { tag: tag.to_owned(), text: text.to_owned(), line }));
        } else if let Some(Some(field)) = fields.last_mut() {
            field.text.push('\n');
            field.text.push_str(raw);
        } else {
            return wrong(line, "field", "a field such as :20: must begin the line");
        }
    }
    Ok(fields)
}

pub fn read(bytes: &[u8]) -> Result<Vec<Statement>, FileError> {
    let text = std::str::from_utf8(bytes).map_or_else(|_| from_windows_1252(bytes), str::to_owned);
    let mut statements: Vec<Statement> = Vec::new();
    let mut open: Option<Statement> = None;
    for field in fields(&text)? {
        let Some(field) = field else {
            statements.extend(open.take().map(finished).transpose()?);
            continue;
        };
        if field.tag == "20" {
            statements.extend(open.take().map(finished).transpose()?);
            let reference = tidy(&field.text).map_or_else(|| wrong(field.line, ":20:", "a reference is missing"), Ok)?;
            let day = NaiveDate::default();
            open = Some(Statement { line: field.line, reference, account: None, currency: None, opening: None, closing: None, from: day, to: day, lines: Vec::new() });
            continue;
        }
        let Some(statement) = open.as_mut() else {
            return wrong(field.line, format!(":{}:", field.tag), "a statement begins with :20:");
        };
        take(statement, &field)?;
    }
    statements.extend(open.map(finished).transpose()?);
    Ok(statements)
}

fn take(statement: &mut Statement, field: &Field) -> Result<(), FileError> {
    match field.tag.as_str() {
        "25" | "25P" => statement.account = field.text.lines().next().map(|text| text.rsplit('/').next().unwrap_or(text).replace(' ', "")).filter(|text| !text.is_empty()),
        "28" | "28C" => statement.reference = format!("{} {}", statement.reference, tidy(&field.text).unwrap_or_default()).trim().chars().take(100).collect(),
        "60F" | "60M" => {
            let (day, currency, amount) = balance(field)?;
            if statement.opening.is_none() {
                (statement.opening, statement.currency, statement.from) = (Some(amount), Some(currency), day);
            }
        }
        "62F" | "62M" => {
            let (day, currency, amount) = balance(field)?;
            if statement.currency.is_some_and(|opening| opening != currency) {
                return wrong(field.line, format!(":{}:", field.tag), format!("the currency {currency} is not that of the opening balance"));
            }
            (statement.closing, statement.to) = (Some(amount), day);
        }
        "61" => statement.lines.push(movement(field)?),
        "86" if statement.closing.is_none() => {
            if let Some(line) = statement.lines.last_mut() {
                describe(line, &field.text);
            }
        }
        // Available balances, and words about the whole statement.
        _ => {}
    }
    Ok(())
}

fn finished(mut statement: Statement) -> Result<Statement, FileError> {
    if statement.opening.is_none() {
        return wrong(statement.line, ":60F:", "the opening balance is missing");
    }
    if statement.closing.is_none() {
        return wrong(statement.line, ":62F:", "the closing balance is missing");
    }
    let days = statement.lines.iter().map(|line| line.booked_on);
    (statement.from, statement.to) = days.fold((statement.from.min(statement.to), statement.to.max(statement.from)), |(from, to), day| (from.min(day), to.max(day)));
    Ok(statement)
}

fn day(text: &str) -> Option<NaiveDate> {
    (text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit())).then(|| NaiveDate::parse_from_str(&format!("20{text}"), "%Y%m%d").ok()).flatten()
}

/// Digits with one comma: `1250,5`.
fn amount(text: &str) -> Option<Decimal> {
    let (whole, fraction) = text.split_once(',')?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || text.len() > 16 {
        return None;
    }
    kernel::money::parse_decimal(&if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }).ok()
}

/// `C261101VND1250000,`
fn balance(field: &Field) -> Result<(NaiveDate, Currency, Decimal), FileError> {
    let text = field.text.lines().next().unwrap_or_default().trim();
    let read = || {
        let sign = match text.get(..1)? {
            "C" => Decimal::ONE,
            "D" => -Decimal::ONE,
            _ => return None,
        };
        Some((day(text.get(1..7)?)?, text.get(7..10)?.parse::<Currency>().ok()?, sign * amount(text.get(10..)?)?))
    };
    read().map_or_else(|| wrong(field.line, format!(":{}:", field.tag), format!("{text:?} is no balance: expected one such as C261101VND1250000,")), Ok)
}

/// `2611011101C1250000,NTRFREFERENCE//BANKID` and a further line of words.
fn movement(field: &Field) -> Result<Line, FileError> {
    let (first, rest) = field.text.split_once('\n').unwrap_or((&field.text, ""));
    let read = || {
        let booked_or_value = day(first.get(..6)?)?;
        let mut tail = first.get(6..)?;
        let mut booked_on = booked_or_value;
        // The entry's own day, when it is another than the value's.
        if let Some(entry) = tail.get(..4).filter(|text| text.bytes().all(|b| b.is_ascii_digit())) {
            tail = tail.get(4..)?;
            let year = chrono::Datelike::year(&booked_or_value);
            let in_year = |year: i32| NaiveDate::parse_from_str(&format!("{year}{entry}"), "%Y%m%d").ok();
            booked_on = [in_year(year), in_year(year - 1), in_year(year + 1)].into_iter().flatten().min_by_key(|day| (*day - booked_or_value).num_days().abs())?;
        }
        let (sign, after) = match tail.as_bytes() {
            // What is taken back of a debit comes to us.
            [b'R', b'D', ..] => (Decimal::ONE, 2),
            [b'R', b'C', ..] => (-Decimal::ONE, 2),
            [b'C', ..] => (Decimal::ONE, 1),
            [b'D', ..] => (-Decimal::ONE, 1),
            _ => return None,
        };
        tail = tail.get(after..)?;
        if tail.starts_with(|c: char| c.is_ascii_alphabetic()) {
            tail = tail.get(1..)?;
        }
        let end = tail.find(|c: char| !c.is_ascii_digit() && c != ',')?;
        let amount = sign * amount(tail.get(..end)?)?;
        let words = tail.get(end..)?.get(4..)?;
        let (reference, id) = words.split_once("//").map_or((words, None), |(reference, id)| (reference, tidy(id)));
        let told = |text: &str| tidy(text).filter(|text| text != "NONREF");
        Some(Line { line: field.line, booked_on, amount, id: id.filter(|id| id != "NONREF"), reference: told(reference), counterparty: None, text: tidy(rest) })
    };
    read().map_or_else(|| wrong(field.line, ":61:", format!("{first:?} is no line: expected one such as 2611201120C1250000,NTRFREFERENCE//BANKID")), Ok)
}

/// `166?20purpose?21more?32name`, `/REMI/…/NAME/…` or plain words.
fn describe(line: &mut Line, text: &str) {
    let joined = text.replace('\n', "");
    let structured = joined.get(..3).is_some_and(|code| code.bytes().all(|b| b.is_ascii_digit())) && joined.get(3..4) == Some("?");
    if structured {
        let (mut words, mut name) = (String::new(), String::new());
        for part in joined.split('?').skip(1) {
            let (Some(code), Some(value)) = (part.get(..2), part.get(2..)) else { continue };
            match code.parse::<u8>() {
                Ok(20..=29 | 60..=63) => words.push_str(value),
                Ok(32 | 33) => name.push_str(value),
                _ => {}
            }
        }
        (line.text, line.counterparty) = (tidy(&words), tidy(&name));
        return;
    }
    let mut parts = joined.split('/');
    while let Some(part) = parts.next() {
        if part == "NAME" {
            line.counterparty = parts.next().and_then(tidy);
            break;
        }
    }
    line.text = tidy(&[line.text.as_deref().unwrap_or_default(), &text.replace('\n', " ")].join(" "));
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "{1:F01BFTVVNVXAXXX}{2:O940}{4:\r\n:20:ST2611\r\n:25:BFTVVNVX/0071001234567\r\n:28C:00231/001\r\n:60F:C261119VND10000000,\r\n:61:2611201120C1250000,NTRFW-77//FT26325001\r\nextra\r\n:86:166?20thanh toan don?21 W-77?32NGUYEN VAN A\r\n:61:261121D20000,NCHGNONREF\r\n:86:/NAME/Bank/REMI/phi\r\n:61:2701011231RC5,NMSCX\r\n:62F:C261121VND11229995,\r\n:64:C261121VND1,\r\n-}\r\n";

    #[test]
    fn a_statement_is_read_with_its_lines() {
        let statements = read(FILE.as_bytes()).unwrap();
        let [statement] = &statements[..] else { panic!("{statements:?}") };
        assert_eq!((statement.reference.as_str(), statement.account.as_deref()), ("ST2611 00231/001", Some("0071001234567")));
        assert_eq!((statement.opening, statement.closing), (Some(10_000_000.into()), Some(11_229_995.into())));
        let told: Vec<String> = statement.lines.iter().map(|l| format!("{} {} {} {:?} {:?} {:?} {:?}", l.line, l.booked_on, l.amount, l.id, l.reference, l.counterparty, l.text)).collect();
        assert_eq!(
            told,
            [
                r#"6 2026-11-20 1250000 Some("FT26325001") Some("W-77") Some("NGUYEN VAN A") Some("thanh toan don W-77")"#,
                r#"9 2026-11-21 -20000 None None Some("Bank") Some("/NAME/Bank/REMI/phi")"#,
                r#"11 2026-12-31 -5 None Some("X") None None"#,
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_field() {
        let refused = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
        assert!(refused("hello").starts_with("line 1, field: "), "{}", refused("hello"));
        assert!(refused(":25:1\n").starts_with("line 1, :25:: a statement begins"));
        assert!(refused(":20:A\n:60F:X261119VND1,\n").starts_with("line 2, :60F:: \"X261119VND1,\" is no balance"));
        assert!(refused(":20:A\n:60F:C261119VND1,\n:61:26112XC1,NTRF\n").starts_with("line 3, :61:"));
        assert!(refused(":20:A\n:60F:C261119VND1,\n:61:261120C1.5,NTRF\n").starts_with("line 3, :61:"));
        assert!(refused(":20:A\n:60F:C261119VND1,\n").ends_with("the closing balance is missing"));
        assert!(refused(":20:A\n:60F:C261119VND1,\n:62F:C261119USD1,\n").contains("USD"));
        assert!(refused(":20:\n").contains("a reference is missing"));
    }
}
