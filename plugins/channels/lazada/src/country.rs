//! The six countries of Lazada. Each has its own host and one currency, and answers about orders and money that name no
//! currency are in it.

use switchyard_sdk::{Decimal, Problem, config, facts::money, Money};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Country {
    pub code: &'static str,
    pub host: &'static str,
    pub currency: &'static str,
    name: &'static str,
}

const COUNTRIES: [Country; 6] = [
    Country { code: "vn", host: "api.lazada.vn", currency: "VND", name: "Vietnam" },
    Country { code: "sg", host: "api.lazada.sg", currency: "SGD", name: "Singapore" },
    Country { code: "my", host: "api.lazada.com.my", currency: "MYR", name: "Malaysia" },
    Country { code: "th", host: "api.lazada.co.th", currency: "THB", name: "Thailand" },
    Country { code: "id", host: "api.lazada.co.id", currency: "IDR", name: "Indonesia" },
    Country { code: "ph", host: "api.lazada.com.ph", currency: "PHP", name: "Philippines" },
];

impl Country {
    /// By its code, by the site a push names (`lazada_vn`, `LAZADA_SG`, `lazada-sg`), or by its name in an address.
    pub fn of(word: &str) -> Option<Country> {
        let word = word.trim().to_ascii_lowercase();
        let code = word.strip_prefix("lazada").map_or(word.as_str(), |rest| rest.trim_start_matches(['_', '-']));
        let named = |country: &&Country| country.code == code || country.name.eq_ignore_ascii_case(&word) || (country.code == "vn" && word == "viet nam");
        COUNTRIES.iter().find(named).copied()
    }

    /// The shop's, as the account is set up.
    pub fn of_shop() -> Option<Country> {
        config::get("country").as_deref().and_then(Country::of)
    }

    /// The name of a country as Lazada writes it in addresses -> ISO 3166; what is not one of the six stays as it is.
    pub fn iso(name: String) -> String {
        Country::of(&name).map_or(name, |country| country.code.to_ascii_uppercase())
    }

    /// Reverse orders tell cents everywhere but in Vietnam, where 10000 is 10000 dong (SPEC §2.2).
    pub fn of_cents(self, told: Decimal) -> Money {
        let amount = if self.code == "vn" { told } else { (told / Decimal::ONE_HUNDRED).normalize() };
        money(amount, self.currency)
    }
}

/// Says that nothing can be read without knowing the country.
pub fn wanted(why: &str) -> Problem {
    Problem::InvalidConfig(format!("country: {why}, so the shop's is wanted: vn, sg, my, th, id or ph"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_have_many_names() {
        for word in ["vn", "VN", "lazada_vn", "LAZADA_VN", "lazada-vn", "Vietnam", "Viet Nam"] {
            assert_eq!(Country::of(word).map(|country| country.currency), Some("VND"), "{word}");
        }
        for word in ["", "lazada", "cn", "Lao"] {
            assert_eq!(Country::of(word), None, "{word}");
        }
        assert_eq!((Country::iso("Thailand".into()), Country::iso("Laos".into())), ("TH".into(), "Laos".into()));
    }

    #[test]
    fn lazada_3_reverse_amounts_are_cents_but_in_vietnam() {
        let of = |code: &str, told: i64| Country::of(code).unwrap().of_cents(Decimal::from(told)).amount;
        assert_eq!((of("vn", 10_000), of("sg", 100), of("id", 1_550_000), of("my", 1_999)), ("10000".into(), "1".into(), "15500".into(), "19.99".into()));
    }
}
