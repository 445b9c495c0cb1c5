//! {{title}}: an order above a ceiling waits for a person, unless it is paid.
//!
//! A policy imports nothing: no clock, no log, no network. What it must know is in the question.

use switchyard_credit_kit::{
    Hold, Policy, Question, Verdict, amount, change, config, decimal, reason,
    rust_decimal::Decimal,
    serde::Deserialize,
};

/// As `config_schema` of the manifest describes it. An unknown setting is an error.
#[derive(Deserialize)]
#[serde(crate = "switchyard_credit_kit::serde", default, deny_unknown_fields)]
struct Config {
    ceiling: String,
}

impl Default for Config {
    fn default() -> Self {
        Self { ceiling: "10000000".into() }
    }
}

pub struct Ceiling;

impl Policy for Ceiling {
    fn assess(question: Question, text: String) -> Result<Verdict, String> {
        let config: Config = config(&text)?;
        let (outstanding, ceiling) = (decimal("outstanding", &question.order.outstanding)?, decimal("ceiling", &config.ceiling)?);
        if outstanding <= ceiling {
            return Ok(Verdict::Approve);
        }
        let currency = &question.order.currency;
        let above: Decimal = outstanding - ceiling;
        let detail = format!("{} {currency} is to be paid, {} {currency} passes by itself", outstanding.normalize(), ceiling.normalize());
        Ok(Verdict::Hold(Hold {
            kind: "credit".into(),
            reasons: vec![reason("above_ceiling", detail, &[("ceiling", config.ceiling.clone())])],
            // The least that would release the order.
            changes: vec![change("pay", Some(amount(above, currency)), "pay what is above the ceiling".into()), change("approve", None, "someone looks at it and releases it".into())],
            approver: None,
        }))
    }
}

#[cfg(target_arch = "wasm32")]
mod component {
    use super::Ceiling;
    switchyard_credit_kit::bindings::export!(Ceiling with_types_in switchyard_credit_kit::bindings);
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchyard_credit_kit::serde_json::{self, Value};

    fn verdict(settings: &str) -> Result<Verdict, String> {
        let case: Value = serde_json::from_str(include_str!("../conformance/above-the-ceiling/question.json")).unwrap();
        Ceiling::assess(serde_json::from_value(case["question"].clone()).unwrap(), settings.into())
    }

    #[test]
    fn above_the_ceiling_it_waits() {
        assert!(matches!(verdict(r#"{"ceiling": "599999"}"#), Ok(Verdict::Hold(hold)) if hold.reasons[0].code == "above_ceiling"));
        assert!(matches!(verdict(r#"{"ceiling": "600000"}"#), Ok(Verdict::Approve)));
        assert!(matches!(verdict("{}"), Ok(Verdict::Approve)));
    }

    #[test]
    fn what_does_not_read_is_an_error() {
        assert!(verdict(r#"{"ceilling": "1"}"#).is_err());
        assert!(verdict(r#"{"ceiling": "much"}"#).is_err());
    }
}
