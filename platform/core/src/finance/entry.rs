//! Entries: what is posted, in one currency, for one cause.
//! Invariant LEDGER-1: an entry balances. `Entry::balanced` is the only way to make one, and a CHECK refuses any other.

use super::account::Account;
use kernel::{Currency, Decimal, EntryId, OrderId, Timestamp};
use std::collections::BTreeMap;

/// Lines of one entry at most.
pub const LINES_MAX: usize = 500;
pub const MEMO_CHARS_MAX: usize = 500;

/// One side of an entry: debit is positive, credit negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub account: Account,
    pub amount: Decimal,
}

impl Line {
    pub fn debit(account: impl Into<Account>, amount: Decimal) -> Self {
        Self { account: account.into(), amount }
    }
    pub fn credit(account: impl Into<Account>, amount: Decimal) -> Self {
        Self { account: account.into(), amount: -amount }
    }
}

/// What an entry is, besides its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Posted once, however often it is tried.
    pub cause: String,
    pub kind: String,
    pub order: Option<OrderId>,
    pub reverses: Option<EntryId>,
    pub memo: Option<String>,
    pub occurred_at: Timestamp,
    /// Counts in the books no earlier than this: corrections do not reach back.
    pub not_before: Option<Timestamp>,
}

/// A balanced entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    id: EntryId,
    head: Head,
    currency: Currency,
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    #[error("an entry has at least two lines with an amount")]
    TooFewLines,
    #[error("an entry has at most {LINES_MAX} lines")]
    TooManyLines,
    #[error("debit and credit differ by {0}")]
    Unbalanced(Decimal),
    #[error("the amount {0} is beyond what the books hold")]
    OutOfRange(Decimal),
}

impl Entry {
    /// The entry, when its lines sum to zero (LEDGER-1). Lines without an amount are left out.
    pub fn balanced(head: Head, currency: Currency, lines: impl IntoIterator<Item = Line>) -> Result<Self, EntryError> {
        let lines: Vec<Line> = lines.into_iter().filter(|line| !line.amount.is_zero()).map(|line| Line { amount: line.amount.normalize(), ..line }).collect();
        if lines.len() < 2 {
            return Err(EntryError::TooFewLines);
        }
        if lines.len() > LINES_MAX {
            return Err(EntryError::TooManyLines);
        }
        let books = Decimal::from(100_000_000_000_000_i64);
        if let Some(line) = lines.iter().find(|line| line.amount.abs() >= books || line.amount.scale() > 6) {
            return Err(EntryError::OutOfRange(line.amount));
        }
        let sum: Decimal = lines.iter().map(|line| line.amount).sum();
        if !sum.is_zero() {
            return Err(EntryError::Unbalanced(sum));
        }
        Ok(Self { id: EntryId::new(), head, currency, lines })
    }
    pub fn id(&self) -> EntryId {
        self.id
    }
    pub fn head(&self) -> &Head {
        &self.head
    }
    pub fn currency(&self) -> Currency {
        self.currency
    }
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }
}

/// What lines come to, account by account; nothing is left out but zeros.
pub fn net<'a>(lines: impl IntoIterator<Item = &'a Line>) -> BTreeMap<Account, Decimal> {
    let mut net: BTreeMap<Account, Decimal> = BTreeMap::new();
    for line in lines {
        *net.entry(line.account.clone()).or_default() += line.amount;
    }
    net.retain(|_, amount| !amount.is_zero());
    net
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finance::Role;

    fn head() -> Head {
        Head { cause: "c".into(), kind: "manual".into(), order: None, reverses: None, memo: None, occurred_at: Timestamp::default(), not_before: None }
    }
    fn entry(amounts: &[i64]) -> Result<Entry, EntryError> {
        Entry::balanced(head(), Currency::VND, amounts.iter().map(|amount| Line::debit(Role::Cash, Decimal::from(*amount))))
    }

    #[test]
    fn ledger_1_only_what_balances_is_an_entry() {
        assert!(entry(&[5, -5]).is_ok() && entry(&[5, -3, 0, -2]).is_ok());
        assert_eq!(entry(&[5, -4]), Err(EntryError::Unbalanced(Decimal::ONE)));
        assert_eq!(entry(&[]), Err(EntryError::TooFewLines));
        assert_eq!(entry(&[0, 0, 0]), Err(EntryError::TooFewLines));
        assert_eq!(entry(&vec![0; 10_000]), Err(EntryError::TooFewLines));
        assert_eq!(entry(&[1, -1].repeat(300)), Err(EntryError::TooManyLines));
        assert!(matches!(entry(&[100_000_000_000_000, -100_000_000_000_000]), Err(EntryError::OutOfRange(_))));
    }
}
