//! How many units: decimal, since some goods are sold by weight; signed, since a credit note takes back.

use rust_decimal::Decimal;
use std::str::FromStr;

/// A number of units, at most six decimals and 12 digits before the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize, sqlx::Type)]
#[serde(try_from = "Decimal", into = "Decimal")]
#[sqlx(transparent)]
pub struct Quantity(Decimal);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("quantity {0} is out of range: at most 12 digits before the point and 6 after it")]
pub struct QuantityError(String);

impl Quantity {
    pub const ZERO: Quantity = Quantity(Decimal::ZERO);
    pub const ONE: Quantity = Quantity(Decimal::ONE);

    pub fn get(self) -> Decimal {
        self.0
    }
}

impl TryFrom<Decimal> for Quantity {
    type Error = QuantityError;
    fn try_from(value: Decimal) -> Result<Self, QuantityError> {
        let value = value.normalize();
        if value.scale() > 6 || value.abs() >= Decimal::from(1_000_000_000_000_i64) {
            return Err(QuantityError(value.to_string()));
        }
        Ok(Self(value))
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        crate::money::parse_decimal(text).map_err(|_| QuantityError(text.into()))?.try_into()
    }
}

impl From<Quantity> for Decimal {
    fn from(value: Quantity) -> Self {
        value.0
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.normalize().fmt(f)
    }
}
