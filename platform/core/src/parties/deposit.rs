//! What is to be paid ahead: a share of the order or an amount, before it is confirmed or by a day.
//! Invariant DEP-1: no more is asked for than the order comes to.

use chrono::NaiveDate;
use kernel::{Currency, Decimal};
use rust_decimal::RoundingStrategy;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    Percent(Decimal),
    Amount(Decimal),
}

/// Terms of one order or quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepositTerms {
    pub share: Share,
    /// `None`: before the order is confirmed.
    pub due_on: Option<NaiveDate>,
}

/// A company's terms: what its orders are asked for unless they say otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompanyDeposit {
    pub percent: Decimal,
    /// Days after the order; `None`: before it is confirmed.
    pub days: Option<i32>,
}

impl CompanyDeposit {
    pub fn of_order_on(self, placed: NaiveDate) -> DepositTerms {
        let due_on = self.days.map(|days| placed + chrono::Days::new(u64::try_from(days).unwrap_or_default()));
        DepositTerms { share: Share::Percent(self.percent), due_on }
    }
}

impl DepositTerms {
    /// What is asked for (DEP-1), rounded to the minor unit.
    pub fn asked(self, total: Decimal, currency: Currency) -> Decimal {
        let total = total.max(Decimal::ZERO);
        match self.share {
            Share::Percent(percent) => (total * percent / Decimal::ONE_HUNDRED).round_dp_with_strategy(currency.exponent(), RoundingStrategy::MidpointAwayFromZero),
            Share::Amount(amount) => amount.min(total),
        }
    }
    /// Whether the money should be here by now.
    pub fn is_due(self, today: NaiveDate) -> bool {
        self.due_on.is_none_or(|day| day < today)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dep_1_no_more_is_asked_for_than_the_order_comes_to() {
        let asked = |share, total: i64| DepositTerms { share, due_on: None }.asked(total.into(), Currency::VND);
        assert_eq!(asked(Share::Percent(30.into()), 22_000_000), 6_600_000.into());
        assert_eq!(asked(Share::Percent("33.3333".parse().unwrap()), 100), 33.into());
        assert_eq!(asked(Share::Amount(500.into()), 300), 300.into());
        assert_eq!(asked(Share::Amount(500.into()), -300), 0.into());
        let by = |text: &str| DepositTerms { share: Share::Amount(1.into()), due_on: Some(text.parse().unwrap()) };
        let today = "2026-12-01".parse().unwrap();
        assert!(!by("2026-12-01").is_due(today) && by("2026-11-30").is_due(today));
    }
}
