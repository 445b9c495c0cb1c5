//! Numbers and days as people of a language write them: `1.234.567 ₫` and `01/07/2026`, `1,234.50 EUR` and `2026-07-01`.

use chrono::NaiveDate;
use kernel::{Currency, Decimal};
use paper::Language;

/// An amount with the decimals of its currency, without its name.
pub fn amount(amount: Decimal, currency: &str, language: Language) -> String {
    let exponent = currency.parse::<Currency>().map_or(2, Currency::exponent);
    let mut amount = amount.normalize();
    if amount.scale() < exponent {
        amount.rescale(exponent);
    }
    number(amount, language)
}

/// The same with its currency.
pub fn money(of: Decimal, currency: &str, language: Language) -> String {
    let name = if currency == "VND" && language == Language::Vi { "₫" } else { currency };
    format!("{} {name}", amount(of, currency, language))
}

/// A number with its thousands apart and the decimals it has.
pub fn number(number: Decimal, language: Language) -> String {
    let (thousands, point) = match language {
        Language::En => (',', '.'),
        Language::Vi => ('.', ','),
    };
    let text = number.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut shown = String::with_capacity(text.len() + 8);
    if number.is_sign_negative() && !number.is_zero() {
        // The sign of mathematics, as wide as a digit.
        shown.push('\u{2212}');
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            shown.push(thousands);
        }
        shown.push(digit);
    }
    if !fraction.is_empty() {
        shown.push(point);
        shown.push_str(fraction);
    }
    shown
}

pub fn day(day: NaiveDate, language: Language) -> String {
    match language {
        Language::En => day.to_string(),
        Language::Vi => day.format("%d/%m/%Y").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        let at = |text: &str| text.parse::<Decimal>().unwrap();
        for (text, currency, vi, en) in [
            ("1234567", "VND", "1.234.567 ₫", "1,234,567 VND"),
            ("0", "VND", "0 ₫", "0 VND"),
            ("-999.5", "EUR", "\u{2212}999,50 EUR", "\u{2212}999.50 EUR"),
            ("1000000.125", "EUR", "1.000.000,125 EUR", "1,000,000.125 EUR"),
            ("100.0000", "USD", "100,00 USD", "100.00 USD"),
        ] {
            assert_eq!((money(at(text), currency, Language::Vi).as_str(), money(at(text), currency, Language::En).as_str()), (vi, en));
        }
        assert_eq!(number(at("0.333"), Language::Vi), "0,333");
        let july = NaiveDate::from_ymd_opt(2026, 7, 1).unwrap();
        assert_eq!((day(july, Language::Vi).as_str(), day(july, Language::En).as_str()), ("01/07/2026", "2026-07-01"));
    }
}
