//! Money: a decimal amount in one currency.
//! Invariant MONEY-1: amounts of different currencies never meet in one sum.
//! Invariant MONEY-2: an allocation sums to the whole, exactly.

use rust_decimal::{Decimal, RoundingStrategy};
use std::{fmt, str::FromStr};

/// An ISO 4217 currency, e.g. `VND`. Its minor unit decides how amounts are rounded and allocated.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    pub const VND: Currency = Currency(iso_currency::Currency::VND);
    pub const GBP: Currency = Currency(iso_currency::Currency::GBP);
    pub const USD: Currency = Currency(iso_currency::Currency::USD);
    pub const EUR: Currency = Currency(iso_currency::Currency::EUR);

    /// Three upper-case letters.
    pub fn code(self) -> &'static str {
        self.0.code()
    }
    /// Decimals of the minor unit: VND 0, USD 2, KWD 3 (ISO 4217).
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
    pub fn zero(self) -> Money {
        Money { amount: Decimal::ZERO, currency: self }
    }
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(code: &str) -> Result<Self, MoneyError> {
        iso_currency::Currency::from_code(code).map(Self).ok_or_else(|| MoneyError::UnknownCurrency(code.chars().take(16).collect()))
    }
}
impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}
impl serde::Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.code())
    }
}
impl<'de> serde::Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let code = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(from)?;
        code.parse().map_err(serde::de::Error::custom)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("unknown currency {0:?}: expected an ISO 4217 code such as VND or USD")]
    UnknownCurrency(String),
    #[error("{0:?} is not an amount: expected digits with at most 6 decimals, such as 1250000 or 12.50")]
    BadAmount(String),
    #[error("amounts in {0} and {1} cannot be added")]
    CurrencyMismatch(Currency, Currency),
    #[error("amount is out of range: at most 14 digits before the point")]
    OutOfRange,
}

/// An amount in one currency. JSON: `{"amount":"12.50","currency":"USD"}`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    #[serde(deserialize_with = "strict_amount")]
    pub amount: Decimal,
    pub currency: Currency,
}

impl Money {
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }
    /// Parses `amount` strictly: `-?[0-9]{1,18}(\.[0-9]{1,6})?`.
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, MoneyError> {
        Ok(Self { amount: parse_decimal(amount)?, currency })
    }
    pub fn is_zero(self) -> bool {
        self.amount.is_zero()
    }
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        let amount = self.amount.checked_add(other.amount).ok_or(MoneyError::OutOfRange)?;
        Ok(Self { amount, currency: self.currency })
    }
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.checked_add(Self { amount: -other.amount, currency: other.currency })
    }
    /// Rounds to the currency's minor unit, half away from zero (commercial rounding).
    pub fn round_half_up(self) -> Self {
        Self { amount: self.amount.round_dp_with_strategy(self.currency.exponent(), RoundingStrategy::MidpointAwayFromZero), ..self }
    }
    fn same(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency { Ok(()) } else { Err(MoneyError::CurrencyMismatch(self.currency, other.currency)) }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount.normalize(), self.currency)
    }
}

/// Parses `-?[0-9]{1,18}(\.[0-9]{1,6})?` and nothing else: no exponent, no spaces, no foreign digits, no float on the way.
pub fn parse_decimal(text: &str) -> Result<Decimal, MoneyError> {
    let bad = || MoneyError::BadAmount(text.chars().take(32).collect());
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
    let all_digits = |part: &str, max: usize| (1..=max).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole, 18) || fraction.is_some_and(|f| !all_digits(f, 6)) {
        return Err(bad());
    }
    let value = Decimal::from_str_exact(text).map_err(|_| bad())?;
    if value.abs() >= Decimal::from(100_000_000_000_000_i64) {
        return Err(MoneyError::OutOfRange);
    }
    // "-0" is 0: some channels send it.
    Ok(if value.is_zero() { Decimal::ZERO } else { value })
}

fn strict_amount<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
    let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(from)?;
    parse_decimal(&text).map_err(serde::de::Error::custom)
}

/// Splits `whole` over `weights` by largest remainder, in units of `10^-decimals`.
///
/// The parts sum to `whole` exactly. Ties go to the earlier weight. When all weights are zero the
/// weights count as equal; an empty list gives an empty list (and `whole` must then be zero).
/// What `whole` has beyond `decimals` goes to the first part with the largest remainder.
pub fn allocate(whole: Decimal, weights: &[Decimal], decimals: u32) -> Vec<Decimal> {
    if weights.is_empty() {
        return Vec::new();
    }
    let mut weights: Vec<Decimal> = weights.iter().map(|w| w.abs()).collect();
    let mut total: Decimal = weights.iter().sum();
    if total.is_zero() {
        weights.iter_mut().for_each(|w| *w = Decimal::ONE);
        total = Decimal::from(weights.len());
    }
    let sign = if whole.is_sign_negative() { -Decimal::ONE } else { Decimal::ONE };
    let whole = whole.abs();
    let unit = Decimal::new(1, decimals);
    // Multiply before dividing where the 96-bit mantissa allows it; both ways the remainder step makes the sum exact.
    let exact = |w: &Decimal| whole.checked_mul(*w).and_then(|p| p.checked_div(total)).unwrap_or_else(|| whole * (*w / total));
    let shares: Vec<Decimal> = weights.iter().map(exact).collect();
    let mut parts: Vec<Decimal> = shares.iter().map(|s| s.round_dp_with_strategy(decimals, RoundingStrategy::ToZero)).collect();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by(|&a, &b| (shares[b] - parts[b]).cmp(&(shares[a] - parts[a])).then(a.cmp(&b)));
    let mut left = whole - parts.iter().sum::<Decimal>();
    for &index in order.iter().cycle() {
        if left.is_zero() {
            break;
        }
        let step = left.min(unit);
        parts[index] += step;
        left -= step;
    }
    parts.into_iter().map(|p| p * sign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_parsed_strictly() {
        for good in ["0", "-0", "1250000", "12.50", "-3.000001", "99999999999999.999999"] {
            assert!(parse_decimal(good).is_ok(), "{good}");
        }
        for bad in ["", "-", "1e9", "NaN", "٣", "1.", ".5", "+1", " 1", "1,000", "0x1", "1.0000001", "100000000000000", "1111111111111111111"] {
            assert!(parse_decimal(bad).is_err(), "{bad}");
        }
        assert!(!parse_decimal("-0").unwrap().is_sign_negative());
    }

    #[test]
    fn money_2_allocation_sums_to_the_whole() {
        let d = |t: &str| parse_decimal(t).unwrap();
        assert_eq!(allocate(d("100"), &[d("1"), d("1"), d("1")], 0), [d("34"), d("33"), d("33")]);
        assert_eq!(allocate(d("-0.05"), &[d("2"), d("1")], 2), [d("-0.03"), d("-0.02")]);
        assert_eq!(allocate(d("10.001"), &[d("1"), d("1")], 2).iter().sum::<Decimal>(), d("10.001"));
        assert_eq!(allocate(d("7"), &[d("0"), d("0")], 0).iter().sum::<Decimal>(), d("7"));
    }

    #[test]
    fn minor_units_follow_iso_4217() {
        let exponent = |code: &str| code.parse::<Currency>().unwrap().exponent();
        assert_eq!((exponent("VND"), exponent("USD"), exponent("KWD"), exponent("JPY")), (0, 2, 3, 0));
        assert!("ABC".parse::<Currency>().is_err());
    }
}
