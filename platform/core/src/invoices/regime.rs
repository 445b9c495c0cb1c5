//! Tax regimes as data: which documents they know, how series are named, what bears no tax and how that is called.
//!
//! `vn-2026-07` follows what is publicly said of Decree 254/2026/NĐ-CP and Circular 91/2026/TT-BTC with the XML of Decision
//! 1450/QĐ-TCT; it is to be checked against the law by the one who files. A law that changes becomes another row here.

use super::Kind;
use chrono::{Datelike, NaiveDate};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    EuEn16931,
    Vn202607,
}

/// What a regime says.
#[derive(Debug)]
pub struct Rules {
    pub word: &'static str,
    /// What lowers an invoice after goods came back or money was given back.
    pub correction: Kind,
    pub kinds: &'static [Kind],
    /// How what bears no tax may be called; the first is the usual one.
    pub zero_rates: &'static [&'static str],
    /// The most decimals an amount may have.
    pub decimals_max: u32,
    /// An invoice that corrects bears the number of the same series as what it corrects.
    pub one_series: bool,
    pub series_example: &'static str,
}

const EU: Rules = Rules {
    word: "eu-en16931",
    correction: Kind::CreditNote,
    kinds: &[Kind::Invoice, Kind::Replacement, Kind::CreditNote],
    // `auto`: by the buyer's country and tax id K, G, else Z.
    zero_rates: &["auto", "Z", "E", "AE", "K", "G", "O"],
    decimals_max: 2,
    one_series: false,
    series_example: "INV",
};

const VN: Rules = Rules {
    word: "vn-2026-07",
    correction: Kind::Adjustment,
    kinds: &[Kind::Invoice, Kind::Replacement, Kind::Adjustment],
    zero_rates: &["KCT", "KKKNT", "0%"],
    decimals_max: 2,
    one_series: true,
    series_example: "CTAA",
};

impl Regime {
    pub const ALL: [Regime; 2] = [Self::EuEn16931, Self::Vn202607];

    pub fn rules(self) -> &'static Rules {
        match self {
            Self::EuEn16931 => &EU,
            Self::Vn202607 => &VN,
        }
    }
    pub fn word(self) -> &'static str {
        self.rules().word
    }
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|regime| regime.word() == word)
    }

    /// What a series must look like, and an example.
    pub fn is_series(self, series: &str) -> bool {
        let bytes = series.as_bytes();
        match self {
            Self::EuEn16931 => (1..=10).contains(&bytes.len()) && bytes.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()),
            // C with the authority's code or K without, the type letter, two letters of the seller.
            Self::Vn202607 => matches!(bytes, [b'C' | b'K', b'T' | b'D' | b'L' | b'M' | b'N' | b'B' | b'G' | b'H' | b'X', a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase()),
        }
    }
    pub fn series_expected(self) -> &'static str {
        match self {
            Self::EuEn16931 => "1 to 10 capital letters or digits such as INV",
            Self::Vn202607 => "C or K, the type letter and two letters such as CTAA; the year stands between when a document is numbered",
        }
    }

    /// `INV-2026-000007`, `1C26TAA-7`.
    pub fn number(self, series: &str, year: i32, sequence: i64) -> String {
        match self {
            Self::EuEn16931 => format!("{series}-{year}-{sequence:06}"),
            Self::Vn202607 => format!("1{}-{sequence}", symbol(series, year)),
        }
    }

    /// Percent `0 5 8 10` or another as the rate's code in Vietnam.
    pub fn rate_code(self, rate: kernel::Decimal, zero: &str) -> String {
        let rate = rate.normalize();
        match rate.to_string().as_str() {
            "0" => zero.to_owned(),
            "5" | "8" | "10" => format!("{rate}%"),
            _ => format!("KHAC:{rate:.2}%"),
        }
    }
}

/// `C26TAA` of `CTAA` in 2026.
pub fn symbol(series: &str, year: i32) -> String {
    let (code, rest) = series.split_at(series.len().min(1));
    format!("{code}{:02}{rest}", year.rem_euclid(100))
}

/// The year a document counts in.
pub fn year_of(day: NaiveDate) -> i32 {
    day.year()
}

/// Members of the union, and Northern Ireland, as VAT ids begin (Greece writes EL).
const UNION: [&str; 29] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
];

pub fn is_in_union(country: &str) -> bool {
    UNION.contains(&country)
}

/// The two letters a VAT id begins with, when it is one.
pub fn vat_country(tax_code: &str) -> Option<&str> {
    let prefix = tax_code.get(..2)?;
    let rest = &tax_code[2..];
    (is_in_union(prefix) && (2..=13).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric())).then_some(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_series() {
        assert_eq!(Regime::EuEn16931.number("INV", 2026, 7), "INV-2026-000007");
        assert_eq!(Regime::Vn202607.number("CTAA", 2026, 7), "1C26TAA-7");
        for (regime, series, good) in [(Regime::EuEn16931, "INV", true), (Regime::EuEn16931, "inv", false), (Regime::EuEn16931, "", false), (Regime::Vn202607, "CTAA", true), (Regime::Vn202607, "CMBK", true), (Regime::Vn202607, "XTAA", false), (Regime::Vn202607, "C26TAA", false)] {
            assert_eq!(regime.is_series(series), good, "{series}");
        }
        for regime in Regime::ALL {
            assert_eq!(Regime::of_word(regime.word()), Some(regime));
            assert!(regime.rules().kinds.contains(&regime.rules().correction));
        }
    }

    #[test]
    fn a_rate_is_a_code_in_vietnam() {
        let code = |rate: &str| Regime::Vn202607.rate_code(rate.parse().unwrap(), "KCT");
        assert_eq!([code("0"), code("5"), code("8.0"), code("10.0000"), code("7")], ["KCT", "5%", "8%", "10%", "KHAC:7.00%"]);
    }

    #[test]
    fn vat_ids_are_told_from_other_ids() {
        assert_eq!(vat_country("DE123456789"), Some("DE"));
        assert_eq!(vat_country("EL123456789"), Some("EL"));
        for other in ["0100109106", "US12345", "DE", "", "ĐE123"] {
            assert_eq!(vat_country(other), None, "{other}");
        }
    }
}
