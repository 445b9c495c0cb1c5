//! Payment terms: when what is owed is due.
//! Invariant TERMS-1: the rows of a schedule sum to the amount exactly, and their days never go back.

use chrono::{Datelike as _, Days, NaiveDate};
use kernel::{Decimal, allocate, money::parse_decimal};
use serde::{Deserialize, Deserializer, Serialize};

pub const DAYS_MAX: u16 = 730;
pub const PARTS_MAX: usize = 24;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Terms {
    /// So many days after the event; 0 is at once.
    Net { days: u16 },
    /// So many days after the end of the event's month.
    EndOfMonth { days: u16 },
    /// So many days after the event; whoever pays all of it within `discount_days` pays so much less.
    Discount {
        days: u16,
        discount_days: u16,
        #[serde(deserialize_with = "decimal_text")]
        percent: Decimal,
    },
    /// Shares of the amount, each so many days after the event.
    Instalments { parts: Vec<Instalment> },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instalment {
    #[serde(deserialize_with = "decimal_text")]
    pub percent: Decimal,
    pub days: u16,
}

fn decimal_text<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
    parse_decimal(&String::deserialize(from)?).map_err(serde::de::Error::custom)
}

/// From which event the days are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueFrom {
    Order,
    #[default]
    Shipment,
    Invoice,
    Delivery,
}

impl DueFrom {
    pub fn word(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Shipment => "shipment",
            Self::Invoice => "invoice",
            Self::Delivery => "delivery",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Order, Self::Shipment, Self::Invoice, Self::Delivery].into_iter().find(|d| d.word() == word)
    }
}

impl Default for Terms {
    fn default() -> Self {
        Self::Net { days: 0 }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    #[error("days: at most {DAYS_MAX}")]
    Days,
    #[error("discount_days: at most days, and these at most {DAYS_MAX}")]
    DiscountDays,
    #[error("percent: above 0 and below 100, with at most four decimals")]
    DiscountPercent,
    #[error("parts: 1 to {PARTS_MAX}, in the order of their days")]
    Parts,
    #[error("parts: each percent is above 0 and together they are 100")]
    Percents,
}

impl Terms {
    pub fn check(&self) -> Result<(), TermsError> {
        match self {
            Self::Net { days } | Self::EndOfMonth { days } if *days > DAYS_MAX => Err(TermsError::Days),
            Self::Net { .. } | Self::EndOfMonth { .. } => Ok(()),
            Self::Discount { days, discount_days, .. } if *days > DAYS_MAX || discount_days > days => Err(TermsError::DiscountDays),
            Self::Discount { percent, .. } if *percent <= Decimal::ZERO || *percent >= Decimal::ONE_HUNDRED || percent.normalize().scale() > 4 => Err(TermsError::DiscountPercent),
            Self::Discount { .. } => Ok(()),
            Self::Instalments { parts } => {
                if parts.iter().any(|p| p.days > DAYS_MAX) {
                    return Err(TermsError::Days);
                }
                if !(1..=PARTS_MAX).contains(&parts.len()) || !parts.is_sorted_by_key(|p| p.days) {
                    return Err(TermsError::Parts);
                }
                let whole: Decimal = parts.iter().map(|p| p.percent).sum();
                if parts.iter().any(|p| p.percent <= Decimal::ZERO) || whole != Decimal::ONE_HUNDRED {
                    return Err(TermsError::Percents);
                }
                Ok(())
            }
        }
    }

    /// In a few plain words.
    pub fn shown(&self) -> String {
        match self {
            Self::Net { days: 0 } => "at once".into(),
            Self::Net { days } => format!("{days} days net"),
            Self::EndOfMonth { days } => format!("{days} days after the end of the month"),
            Self::Discount { days, discount_days, percent } => format!("{days} days net, {}% less within {discount_days} days", percent.normalize()),
            Self::Instalments { parts } => parts.iter().map(|p| format!("{}% after {} days", p.percent.normalize(), p.days)).collect::<Vec<_>>().join(", "),
        }
    }

    /// The discount for paying early, in percent, and its last day.
    pub fn early(&self, event: NaiveDate) -> Option<(Decimal, NaiveDate)> {
        match self {
            Self::Discount { discount_days, percent, .. } => Some((*percent, event.checked_add_days(Days::new((*discount_days).into())).unwrap_or(event))),
            _ => None,
        }
    }

    /// What is due when, counted from the day of the event (TERMS-1).
    pub fn schedule(&self, event: NaiveDate, amount: Decimal, decimals: u32) -> Vec<Due> {
        let after = |day: NaiveDate, days: u16| day.checked_add_days(Days::new(days.into())).unwrap_or(day);
        match self {
            Self::Net { days } | Self::Discount { days, .. } => vec![Due { due_on: after(event, *days), amount }],
            Self::EndOfMonth { days } => {
                let (year, month) = if event.month() == 12 { (event.year() + 1, 1) } else { (event.year(), event.month() + 1) };
                let last = NaiveDate::from_ymd_opt(year, month, 1).and_then(|first| first.pred_opt()).unwrap_or(event);
                vec![Due { due_on: after(last, *days), amount }]
            }
            Self::Instalments { parts } => {
                let weights: Vec<Decimal> = parts.iter().map(|p| p.percent).collect();
                let shares = allocate(amount, &weights, decimals);
                parts.iter().zip(shares).map(|(part, amount)| Due { due_on: after(event, part.days), amount }).collect()
            }
        }
    }
}

/// A row of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    pub due_on: NaiveDate,
    pub amount: Decimal,
}

/// The day of the first row that what was paid does not cover; `None` when all is.
pub fn next_due(schedule: &[Due], paid: Decimal) -> Option<NaiveDate> {
    let mut sum = Decimal::ZERO;
    schedule
        .iter()
        .find(|row| {
            sum += row.amount;
            sum > paid
        })
        .map(|row| row.due_on)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }
    fn shown(terms: &Terms, event: &str, amount: i64) -> String {
        let rows = terms.schedule(day(event), amount.into(), 0);
        assert_eq!(rows.iter().map(|r| r.amount).sum::<Decimal>(), Decimal::from(amount), "TERMS-1");
        assert!(rows.is_sorted_by_key(|r| r.due_on), "TERMS-1");
        rows.iter().map(|r| format!("{} {}", r.due_on, r.amount)).collect::<Vec<_>>().join(", ")
    }
    fn parts(of: &[(i64, u16)]) -> Terms {
        Terms::Instalments { parts: of.iter().map(|(percent, days)| Instalment { percent: (*percent).into(), days: *days }).collect() }
    }

    #[test]
    fn terms_1_a_schedule_sums_to_the_amount() {
        assert_eq!(shown(&Terms::Net { days: 30 }, "2026-11-23", 15_400_000), "2026-12-23 15400000");
        assert_eq!(shown(&Terms::EndOfMonth { days: 15 }, "2026-11-23", 1), "2026-12-15 1");
        assert_eq!(shown(&Terms::Discount { days: 30, discount_days: 10, percent: 2.into() }, "2026-11-23", 100), "2026-12-23 100");
        assert_eq!(shown(&Terms::EndOfMonth { days: 0 }, "2028-02-01", 1), "2028-02-29 1");
        assert_eq!(shown(&Terms::EndOfMonth { days: 1 }, "2026-12-31", 1), "2027-01-01 1");
        assert_eq!(shown(&parts(&[(30, 0), (30, 30), (40, 60)]), "2026-01-31", 100_001), "2026-01-31 30000, 2026-03-02 30000, 2026-04-01 40001");
        for amount in [1, 2, 7, 99, 1_000_003] {
            shown(&parts(&[(33, 0), (33, 10), (34, 20)]), "2026-05-05", amount);
        }
    }

    #[test]
    fn wrong_terms_are_refused() {
        assert_eq!(Terms::Net { days: 731 }.check(), Err(TermsError::Days));
        let discount = |days, discount_days, percent: i64| Terms::Discount { days, discount_days, percent: percent.into() };
        assert_eq!(discount(30, 10, 2).check(), Ok(()));
        assert_eq!(discount(30, 31, 2).check(), Err(TermsError::DiscountDays));
        assert_eq!(discount(30, 10, 0).check(), Err(TermsError::DiscountPercent));
        assert_eq!(discount(30, 10, 2).early(day("2026-11-23")), Some((2.into(), day("2026-12-03"))));
        assert_eq!(parts(&[]).check(), Err(TermsError::Parts));
        assert_eq!(parts(&[(50, 30), (50, 0)]).check(), Err(TermsError::Parts));
        assert_eq!(parts(&[(50, 0), (49, 30)]).check(), Err(TermsError::Percents));
        assert_eq!(parts(&[(110, 0), (-10, 30)]).check(), Err(TermsError::Percents));
        assert_eq!(parts(&[(50, 0), (50, 30)]).check(), Ok(()));
    }

    #[test]
    fn the_next_due_row_is_the_first_that_is_not_covered() {
        let rows = parts(&[(30, 0), (70, 30)]).schedule(day("2026-11-01"), 100.into(), 0);
        let next = |paid: i64| next_due(&rows, paid.into()).map(|d| d.to_string());
        assert_eq!((next(0).as_deref(), next(30).as_deref(), next(100)), (Some("2026-11-01"), Some("2026-12-01"), None));
    }
}
