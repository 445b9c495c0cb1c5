//! Receivables: what is owed to us, how old it is, and what is done about it: money applied, letters, promises, losses.
//! Invariant AR-2: the buckets of the ageing board sum to the receivables account, currency by currency.
//! Invariant AR-3: money of a company is applied once: it is a claim (CLAIM-2), and an application is a tender of the order.

pub mod ageing;
pub mod apply;
pub mod contacts;
pub mod dunning;
pub mod loss;
pub mod promises;
pub mod run;
pub mod statement;

use crate::orders::money::MoneyError;
use kernel::Money;

#[derive(Debug, thiserror::Error)]
pub enum ReceivableError {
    #[error("the company is not known")]
    UnknownCompany,
    #[error("it is not known")]
    Unknown,
    #[error("{pointer}: {expected}")]
    Field { pointer: String, expected: String },
    #[error("{asked} is more than the {left} that is left")]
    Above { pointer: String, asked: Money, left: Money },
    #[error("no discount for paying early is left: {0}")]
    NoDiscount(&'static str),
    #[error("it was changed meanwhile: it is at version {0} now")]
    Stale(i64),
    #[error("a run is proposed already: send it or drop it first")]
    RunOpen,
    #[error("the run was {0} already")]
    RunEnded(String),
    #[error("nothing is overdue that a letter is due for")]
    NothingDue,
    #[error("an order does not read back: {0}")]
    Unreadable(String),
    #[error(transparent)]
    Claim(#[from] crate::finance::claims::issue::ClaimError),
    #[error(transparent)]
    Money(#[from] MoneyError),
    #[error(transparent)]
    Post(#[from] crate::finance::post::PostError),
    #[error(transparent)]
    Entry(#[from] crate::finance::entry::EntryError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

pub(crate) fn wrong<T>(pointer: &str, expected: impl Into<String>) -> Result<T, ReceivableError> {
    Err(ReceivableError::Field { pointer: pointer.to_owned(), expected: expected.into() })
}

/// A text of so many characters that is not empty.
pub(crate) fn text(pointer: &str, text: &str, chars_max: usize) -> Result<String, ReceivableError> {
    let text = text.trim();
    let plain = !text.is_empty() && text.chars().count() <= chars_max && !text.chars().any(|c| c.is_control() && c != '\n');
    if plain { Ok(text.to_owned()) } else { wrong(pointer, format!("1 to {chars_max} characters without control characters")) }
}
