//! Words of documents, in the language of their regime (Vietnamese invoices are in Vietnamese: decree 123/2020 article 10), and
//! amounts in words, as invoices write them: `Một triệu hai trăm năm mươi nghìn đồng`, `One million two hundred fifty thousand VND`.

use super::regime::Regime;
use crate::orders::fact::LineKind;
use kernel::{Currency, Decimal};
use rust_decimal::prelude::ToPrimitive;

const DIGITS: [&str; 10] = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"];
const GROUPS: [&str; 4] = ["", "nghìn", "triệu", "tỷ"];

/// What a line without a name of its own is called.
pub fn line(regime: Regime, kind: LineKind) -> &'static str {
    match (regime, kind) {
        (Regime::Vn202607, LineKind::Product) => "Hàng hóa",
        (Regime::Vn202607, LineKind::Shipping) => "Phí vận chuyển",
        (Regime::Vn202607, LineKind::Fee) => "Phụ phí",
        (Regime::Vn202607, LineKind::Adjustment) => "Điều chỉnh",
        (Regime::EuEn16931, LineKind::Product) => "Goods",
        (Regime::EuEn16931, LineKind::Shipping) => "Shipping",
        (Regime::EuEn16931, LineKind::Fee) => "Fee",
        (Regime::EuEn16931, LineKind::Adjustment) => "Adjustment",
    }
}

/// Beside the name of goods that cost less than was invoiced.
pub fn price_lowered(regime: Regime) -> &'static str {
    match regime {
        Regime::Vn202607 => "giảm giá",
        Regime::EuEn16931 => "price lowered",
    }
}

/// The reason that a correction made by itself states.
pub fn corrected(regime: Regime) -> &'static str {
    match regime {
        Regime::Vn202607 => "Hàng bán bị trả lại hoặc giảm giá",
        Regime::EuEn16931 => "goods returned or price lowered",
    }
}

/// The amount with the name of its currency; amounts below zero begin with `Âm`.
pub fn amount(amount: Decimal, currency: Currency) -> String {
    let name = if currency == Currency::VND { "đồng".to_owned() } else { currency.code().to_owned() };
    let whole = amount.abs().trunc().to_u64().unwrap_or(u64::MAX);
    let mut words = Vec::new();
    if amount.is_sign_negative() && !amount.is_zero() {
        words.push("âm".to_owned());
    }
    words.push(number(whole));
    words.push(name);
    let fraction = (amount.abs().fract() * Decimal::ONE_HUNDRED).round().to_u64().unwrap_or_default();
    if fraction > 0 {
        words.push("và".to_owned());
        words.push(number(fraction));
        words.push("phần trăm".to_owned());
    }
    capital(&words.join(" "))
}

/// A whole number in words.
pub fn number(number: u64) -> String {
    if number == 0 {
        return DIGITS[0].to_owned();
    }
    // Thousands of millions repeat: 1,234,000,000,000 is "một nghìn hai trăm ba mươi bốn tỷ".
    let (milliards, rest) = (number / 1_000_000_000, number % 1_000_000_000);
    let mut words: Vec<String> = Vec::new();
    if milliards > 0 {
        words.push(self::number(milliards));
        words.push(GROUPS[3].to_owned());
    }
    for power in (0..3).rev() {
        let group = rest / 1_000_u64.pow(power) % 1_000;
        if group == 0 {
            continue;
        }
        words.push(below_thousand(group, !words.is_empty()));
        if power > 0 {
            words.push(GROUPS[usize::try_from(power).unwrap_or_default()].to_owned());
        }
    }
    words.join(" ")
}

/// `full`: something larger stands before, so that zeros are spoken.
fn below_thousand(number: u64, full: bool) -> String {
    let digit = |n: u64| DIGITS[usize::try_from(n % 10).unwrap_or_default()];
    let (hundreds, tens, ones) = (number / 100, number / 10 % 10, number % 10);
    let mut words: Vec<&str> = Vec::new();
    if hundreds > 0 || full {
        words.extend([digit(hundreds), "trăm"]);
    }
    match tens {
        0 if ones > 0 && !words.is_empty() => words.push("linh"),
        0 => {}
        1 => words.push("mười"),
        _ => words.extend([digit(tens), "mươi"]),
    }
    match (tens, ones) {
        (_, 0) => {}
        (2.., 1) => words.push("mốt"),
        (1.., 5) => words.push("lăm"),
        (_, one) => words.push(digit(one)),
    }
    words.join(" ")
}

const BELOW_TWENTY: [&str; 20] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
];
const TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const POWERS: [&str; 7] = ["", "thousand", "million", "billion", "trillion", "quadrillion", "quintillion"];

/// The amount in English with the code of its currency; hundredths stand as `50/100`.
pub fn english(amount: Decimal, currency: Currency) -> String {
    let whole = amount.abs().trunc().to_u64().unwrap_or(u64::MAX);
    let fraction = (amount.abs().fract() * Decimal::ONE_HUNDRED).round().to_u64().unwrap_or_default();
    let minus = if amount.is_sign_negative() && !amount.is_zero() { "minus " } else { "" };
    let part = if fraction > 0 { format!(" and {fraction:02}/100") } else { String::new() };
    capital(&format!("{minus}{}{part} {}", english_number(whole), currency.code()))
}

/// A whole number in English words.
pub fn english_number(number: u64) -> String {
    let word = |words: &[&'static str], at: u64| words.get(usize::try_from(at).unwrap_or_default()).copied().unwrap_or_default();
    let small = |n: u64| if n < 20 { word(&BELOW_TWENTY, n).to_owned() } else if n % 10 == 0 { word(&TENS, n / 10).to_owned() } else { format!("{}-{}", word(&TENS, n / 10), word(&BELOW_TWENTY, n % 10)) };
    let mut words: Vec<String> = Vec::new();
    for power in (0..7).rev() {
        let group = number / 1_000_u64.pow(power) % 1_000;
        if group >= 100 {
            words.push(format!("{} hundred", word(&BELOW_TWENTY, group / 100)));
        }
        if group % 100 > 0 {
            words.push(small(group % 100));
        }
        if group > 0 && power > 0 {
            words.push(word(&POWERS, power.into()).to_owned());
        }
    }
    if words.is_empty() { BELOW_TWENTY[0].to_owned() } else { words.join(" ") }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vietnamese_document_says_nothing_in_english() {
        let vn = Regime::Vn202607;
        let kinds = [LineKind::Product, LineKind::Shipping, LineKind::Fee, LineKind::Adjustment].map(|kind| line(vn, kind));
        for word in kinds.into_iter().chain([price_lowered(vn), corrected(vn)]) {
            assert!(!word.is_ascii(), "{word}");
        }
    }

    #[test]
    fn vietnamese_numbers() {
        for (value, words) in [
            (0, "không"),
            (5, "năm"),
            (10, "mười"),
            (15, "mười lăm"),
            (21, "hai mươi mốt"),
            (24, "hai mươi bốn"),
            (55, "năm mươi lăm"),
            (100, "một trăm"),
            (105, "một trăm linh năm"),
            (111, "một trăm mười một"),
            (1_000, "một nghìn"),
            (1_005, "một nghìn không trăm linh năm"),
            (1_250_000, "một triệu hai trăm năm mươi nghìn"),
            (22_000_000, "hai mươi hai triệu"),
            (1_000_000_015, "một tỷ không trăm mười lăm"),
            (1_234_000_000_000, "một nghìn hai trăm ba mươi bốn tỷ"),
        ] {
            assert_eq!(number(value), words, "{value}");
        }
    }

    #[test]
    fn english_numbers() {
        for (value, words) in [
            (0, "zero"),
            (13, "thirteen"),
            (40, "forty"),
            (99, "ninety-nine"),
            (100, "one hundred"),
            (1_015, "one thousand fifteen"),
            (1_250_000, "one million two hundred fifty thousand"),
            (1_000_000_001, "one billion one"),
            (u64::MAX, "eighteen quintillion four hundred forty-six quadrillion seven hundred forty-four trillion seventy-three billion seven hundred nine million five hundred fifty-one thousand six hundred fifteen"),
        ] {
            assert_eq!(english_number(value), words, "{value}");
        }
        let say = |text: &str, currency| english(text.parse().unwrap(), currency);
        assert_eq!(say("119.05", Currency::USD), "One hundred nineteen and 05/100 USD");
        assert_eq!(say("-935000", Currency::VND), "Minus nine hundred thirty-five thousand VND");
    }

    #[test]
    fn amounts_name_their_currency() {
        let say = |text: &str, currency| amount(text.parse().unwrap(), currency);
        assert_eq!(say("935000", Currency::VND), "Chín trăm ba mươi lăm nghìn đồng");
        assert_eq!(say("-935000", Currency::VND), "Âm chín trăm ba mươi lăm nghìn đồng");
        assert_eq!(say("12.50", Currency::USD), "Mười hai USD và năm mươi phần trăm");
    }
}
