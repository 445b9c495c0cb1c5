//! From the text of one cell to a number or an instant. Strict: what is not surely understood is an error that says what
//! would be right. Numbers go from text to decimal; no float is on the way.

use super::mapping::DecimalMark;
use chrono::{LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use kernel::{Decimal, Timestamp};

/// Digits with at most six decimals; thousands may be grouped in threes by the mark that is not the decimal mark, or by spaces.
pub fn decimal(text: &str, mark: DecimalMark) -> Result<Decimal, String> {
    let (point, group) = match mark {
        DecimalMark::Point => ('.', ','),
        DecimalMark::Comma => (',', '.'),
    };
    let wrong = || format!("{:?} is not a number: expected digits such as 1250{point}50", shown(text));
    let (sign, digits) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (whole, fraction) = digits.split_once(point).map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let is_group = |c: char| c == group || c == ' ' || c == '\u{a0}' || c == '\u{202f}';
    let plain = if whole.contains(is_group) {
        let mut groups = whole.split(is_group);
        let first_fits = groups.next().is_some_and(|g| (1..=3).contains(&g.len()));
        if !first_fits || !groups.all(|g| g.len() == 3) || whole.chars().filter(|c| is_group(*c)).any(|c| Some(c) != whole.chars().find(|c| is_group(*c))) {
            return Err(wrong());
        }
        whole.replace(is_group, "")
    } else {
        whole.to_owned()
    };
    let canonical = match fraction {
        // Zeros beyond the sixth decimal say nothing; other digits there would be lost, so they are refused.
        Some(fraction) if fraction.len() > 6 && fraction.bytes().skip(6).all(|b| b == b'0') => format!("{sign}{plain}.{}", fraction.get(..6).unwrap_or_default()),
        Some(fraction) => format!("{sign}{plain}.{fraction}"),
        None => format!("{sign}{plain}"),
    };
    kernel::money::parse_decimal(&canonical).map_err(|error| match error {
        kernel::MoneyError::OutOfRange => format!("{:?} is out of range: at most 14 digits before the {point}", shown(text)),
        _ if fraction.is_some_and(|f| f.len() > 6 && f.bytes().all(|b| b.is_ascii_digit())) => format!("{:?} has more than 6 decimals", shown(text)),
        _ => wrong(),
    })
}

/// An instant: RFC 3339, or local to `zone` in one of the formats.
pub fn instant(text: &str, formats: &[String], zone: chrono_tz::Tz) -> Result<Timestamp, String> {
    if let Ok(instant) = chrono::DateTime::parse_from_rfc3339(text) {
        return plausible(instant.to_utc(), text);
    }
    let Some(local) = formats.iter().find_map(|format| local_time(text, format)) else {
        let expected = if formats.is_empty() { "2026-11-23T17:15:00Z".to_owned() } else { formats.join(" or ") };
        return Err(format!("{:?} is not a time: expected {expected}", shown(text)));
    };
    match zone.from_local_datetime(&local) {
        // An hour that occurs twice counts as the first of the two.
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => plausible(instant.to_utc(), text),
        LocalResult::None => Err(format!("{:?} does not exist in {}: clocks were put forward over it", shown(text), zone.name())),
    }
}

/// One format tried; a format without a time of day is midnight.
pub fn local_time(text: &str, format: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text, format).ok().or_else(|| Some(NaiveDate::parse_from_str(text, format).ok()?.and_time(NaiveTime::MIN)))
}

/// Years of four digits that a shop can have lived in: `25` for 2025 is a mistake in the format, not an order of antiquity.
fn plausible(instant: Timestamp, text: &str) -> Result<Timestamp, String> {
    use chrono::Datelike;
    if (1970..=2100).contains(&instant.year()) { Ok(instant) } else { Err(format!("{:?} is the year {}: expected 1970 to 2100", shown(text), instant.year())) }
}

/// A cell in a message: its beginning.
pub fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_strictly() {
        let point = |text: &str| decimal(text, DecimalMark::Point).map(|d| d.to_string());
        let comma = |text: &str| decimal(text, DecimalMark::Comma).map(|d| d.to_string());
        for (text, number) in [("2.550", "2.550"), ("-80995", "-80995"), ("1,250,000", "1250000"), ("1 250 000.5", "1250000.5"), ("0", "0"), ("\u{2212}3", "-3"), ("1.50000000", "1.500000")] {
            assert_eq!(point(text).as_deref(), Ok(number), "{text}");
        }
        for (text, number) in [("2,55", "2.55"), ("1.250.000", "1250000"), ("-1.000,5", "-1000.5"), ("12\u{a0}500", "12500")] {
            assert_eq!(comma(text).as_deref(), Ok(number), "{text}");
        }
        for text in ["", "abc", "1e5", "1,25", "12,50,000", "1,250 000", ",5", "1.2.3", "NaN", "£5", "1,2345", "0x10", "99999999999999999", "1.1234567", "--1", "٣"] {
            assert!(point(text).is_err(), "{text}");
        }
        assert_eq!(point("1.1234567").unwrap_err(), r#""1.1234567" has more than 6 decimals"#);
        assert_eq!(comma("1,2x").unwrap_err(), r#""1,2x" is not a number: expected digits such as 1250,50"#);
    }

    #[test]
    fn times_are_local_to_the_zone() {
        let formats = vec!["%d/%m/%Y %H:%M".to_owned(), "%Y-%m-%d".to_owned()];
        let hanoi = |text: &str| instant(text, &formats, chrono_tz::Asia::Ho_Chi_Minh).map(|t| t.to_rfc3339());
        assert_eq!(hanoi("23/11/2026 07:30").unwrap(), "2026-11-23T00:30:00+00:00");
        assert_eq!(hanoi("2026-11-23").unwrap(), "2026-11-22T17:00:00+00:00");
        assert_eq!(hanoi("2026-11-23T07:30:00+07:00").unwrap(), "2026-11-23T00:30:00+00:00");
        assert_eq!(hanoi("11/23/2026 07:30").unwrap_err(), r#""11/23/2026 07:30" is not a time: expected %d/%m/%Y %H:%M or %Y-%m-%d"#);
        assert!(hanoi("23/11/0026 07:30").unwrap_err().contains("expected 1970 to 2100"));
        let london = |text: &str| instant(text, &formats, chrono_tz::Europe::London);
        assert!(london("29/03/2026 01:30").unwrap_err().contains("does not exist in Europe/London"));
        assert_eq!(london("25/10/2026 01:30").unwrap().to_rfc3339(), "2026-10-25T00:30:00+00:00");
    }
}
