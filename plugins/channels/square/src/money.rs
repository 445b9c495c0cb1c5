//! Square's money: whole minor units and a currency, e.g. 1599 USD is 15.99 (SPEC §2.2, §8).

use switchyard_sdk::{Decimal, Problem, read::Node};

#[derive(Clone, Debug, PartialEq)]
pub struct Amount {
    pub value: Decimal,
    pub currency: String,
}

/// Digits after the point by ISO 4217. Square sells in currencies with two and none; the rest is here so that no amount is
/// ever a hundred times what it is.
pub fn exponent(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// The money under a key. An amount that is not told is unknown; a currency that is not told is the order's.
pub fn told(node: &Node<'_>, key: &str, currency: Option<&str>) -> Result<Option<Amount>, Problem> {
    let Some(money) = node.child(key)? else { return Ok(None) };
    let Some(minor) = money.sum("amount")?.map(|minor| minor.normalize()) else { return Ok(None) };
    if minor.scale() > 0 {
        return Err(money.problem("amount", &format!("whole minor units are wanted, {minor} is told")));
    }
    let currency = money.code("currency")?.or(currency.map(str::to_owned)).ok_or_else(|| money.missing("currency"))?;
    // Shifts the point; nothing is rounded.
    let value = Decimal::from_i128_with_scale(minor.mantissa(), exponent(&currency));
    Ok(Some(Amount { value: if value.is_zero() { Decimal::ZERO } else { value }, currency }))
}

/// The value under a key in the order's currency; nothing when it is not told.
pub fn value(node: &Node<'_>, key: &str, currency: &str) -> Result<Decimal, Problem> {
    Ok(maybe(node, key, currency)?.unwrap_or(Decimal::ZERO))
}

/// The same, where "not told" matters.
pub fn maybe(node: &Node<'_>, key: &str, currency: &str) -> Result<Option<Decimal>, Problem> {
    match told(node, key, Some(currency))? {
        Some(amount) if amount.currency != currency => Err(node.problem(key, &format!("money in {currency} is wanted, {} is told", amount.currency))),
        amount => Ok(amount.map(|amount| amount.value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchyard_sdk::json::Json;

    #[test]
    fn minor_units_follow_the_currency() {
        for (money, is) in [
            (r#"{"amount":1599,"currency":"USD"}"#, "15.99"),
            (r#"{"amount":"1599","currency":"USD"}"#, "15.99"),
            (r#"{"amount":-34,"currency":"EUR"}"#, "-0.34"),
            (r#"{"amount":250000,"currency":"VND"}"#, "250000"),
            (r#"{"amount":1599,"currency":"JPY"}"#, "1599"),
            (r#"{"amount":1234,"currency":"KWD"}"#, "1.234"),
            (r#"{"amount":1.0e2,"currency":"USD"}"#, "1.00"),
            (r#"{"amount":0,"currency":"USD"}"#, "0"),
            (r#"{"amount":7}"#, "0.07"),
        ] {
            let json = Json::parse(format!(r#"{{"m":{money}}}"#).as_bytes()).unwrap();
            assert_eq!(told(&Node::root(&json).unwrap(), "m", Some("AUD")).unwrap().unwrap().value.to_string(), is, "{money}");
        }
        let json = Json::parse(br#"{"m":{"amount":1.5,"currency":"USD"},"n":{"currency":"USD"},"o":null}"#).unwrap();
        let node = Node::root(&json).unwrap();
        assert!(told(&node, "m", None).is_err());
        assert_eq!((told(&node, "n", None).unwrap(), told(&node, "o", None).unwrap()), (None, None));
        assert!(value(&node, "m", "EUR").is_err());
    }
}
