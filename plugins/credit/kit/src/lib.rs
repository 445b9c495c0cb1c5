//! The kit for credit policies: a crate with one type that implements [`Policy`] and reads its own configuration.
//! Invariant KIT-1: an amount is read from its text, never through a float; what does not read is an error, and an error holds.

use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use std::str::FromStr;

/// The contract of `wit/v0.1.0` as Rust types; `export!` in it makes a crate a policy.
#[allow(unsafe_code, reason = "the canonical ABI passes pointers; this code is generated")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../../wit/v0.1.0",
        world: "credit-policy",
        pub_export_macro: true,
        default_bindings_module: "switchyard_credit_kit::bindings",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
    });
}

pub use bindings::exports::switchyard::plugin::credit::{
    Amount, Change, Company, Deposit, Evidence, Exposure, Group, Guest as Policy, History, Hold, Line, Order, Question, Reason, Verdict,
};
pub use chrono::NaiveDate;
pub use rust_decimal;
pub use serde;
pub use serde_json;

/// The configuration, by the plugin's own schema.
pub fn config<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("the configuration does not read: {error}"))
}

pub fn decimal(field: &str, text: &str) -> Result<Decimal, String> {
    Decimal::from_str(text).map_err(|_| format!("{field}: {text:?} is no decimal"))
}

pub fn day(field: &str, text: &str) -> Result<NaiveDate, String> {
    NaiveDate::from_str(text).map_err(|_| format!("{field}: {text:?} is no day"))
}

pub fn amount(amount: Decimal, currency: &str) -> Amount {
    Amount { amount: amount.normalize().to_string(), currency: currency.to_owned() }
}

pub fn reason(code: &str, detail: String, evidence: &[(&str, String)]) -> Reason {
    Reason { code: code.to_owned(), detail, evidence: evidence.iter().map(|(key, value)| Evidence { key: (*key).to_owned(), value: value.clone() }).collect() }
}

pub fn change(kind: &str, amount: Option<Amount>, detail: String) -> Change {
    Change { kind: kind.to_owned(), amount, detail }
}

/// Percent of an amount, rounded up at the second decimal.
pub fn percent_of(percent: Decimal, of: Decimal) -> Decimal {
    (of * percent / Decimal::ONE_HUNDRED).round_dp_with_strategy(2, rust_decimal::RoundingStrategy::AwayFromZero)
}
