//! Journals for other programs: hledger and beancount, written piece by piece, so that no ledger is too long.
//! Invariant EXPORT-1: both programs accept what is written, and their balances are ours to the last digit.

pub mod beancount;
pub mod hledger;

use super::account::{Account, Kind};
use super::chart::Chart;
use super::journal::Posted;
use super::post::read_lines;
use super::settings;
use kernel::{EntryId, OrderId, Timestamp};
use std::collections::BTreeSet;
use std::io::{self, Write};
use tenants::rights::ReadFinance;
use tenants::{Permit, TenantTx};

/// Entries read at once.
const STEP: i64 = 5_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Hledger,
    Beancount,
}

impl Format {
    pub const WORDS: &str = "hledger or beancount";
    pub fn of_word(word: &str) -> Option<Self> {
        match word {
            "hledger" => Some(Self::Hledger),
            "beancount" => Some(Self::Beancount),
            _ => None,
        }
    }
    pub fn extension(self) -> &'static str {
        match self {
            Self::Hledger => "journal",
            Self::Beancount => "beancount",
        }
    }
}

/// The span of booked time to write; `None` is open.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub until: Option<Timestamp>,
}

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("there are {found} entries, and at most {limit} are written at once: narrow the span")]
    TooMany { found: i64, limit: i64 },
    #[error("the journal could not be written")]
    Write(#[from] io::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The five tops that both programs know.
fn top(account: &Account) -> &'static str {
    match account.role.kind() {
        Kind::Asset => "Assets",
        Kind::Liability => "Liabilities",
        Kind::Income => "Income",
        Kind::Expense => "Expenses",
    }
}

/// `contra_points_diff` as `ContraPointsDiff`.
fn camel(word: &str) -> String {
    word.split('_').flat_map(|part| part[..1].chars().map(|c| c.to_ascii_uppercase()).chain(part[1..].chars())).collect()
}

/// A sub-account as a name both programs take: capital or digit first, then letters, digits and dashes. Each other
/// character becomes its code, so that two sub-accounts never share a name.
fn sub_name(sub: &str) -> String {
    let mut name = String::from("0");
    for c in sub.chars() {
        if c.is_ascii_alphanumeric() { name.push(c) } else { name.push_str(&format!("-{:x}-", u32::from(c))) }
    }
    name
}

/// The full name: `Assets:MarketplaceClearing:0cha-5f-0190…`.
pub fn name(account: &Account) -> String {
    let role = camel(account.role.word());
    match account.sub() {
        None => format!("{}:{role}", top(account)),
        Some(sub) => format!("{}:{role}:{}", top(account), sub_name(sub)),
    }
}

/// Text inside quotes or on one line.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '"' | '\\' | ';' | '|') { ' ' } else { c }).collect()
}

/// Writes the tenant's journal and tells how many entries it has. `progress` is given the number so far.
pub async fn write(
    tx: &mut TenantTx,
    _: Permit<ReadFinance>,
    format: Format,
    span: Span,
    limit: Option<i64>,
    to: &mut (dyn Write + Send),
    mut progress: impl FnMut(u64),
) -> Result<u64, ExportError> {
    let settings = settings::open_books(tx).await?.newest();
    let (from, until) = (span.from, span.until);
    if let Some(limit) = limit {
        let found = sqlx::query_scalar!(
            r#"select count(*) as "n!" from (select from tenant.ledger_entries where tenant_id = $1 and ($2::timestamptz is null or booked_at >= $2) and ($3::timestamptz is null or booked_at < $3) limit $4) as entries"#,
            tx.tenant(),
            from,
            until,
            limit + 1,
        )
        .fetch_one(tx.conn())
        .await?;
        if found > limit {
            return Err(ExportError::TooMany { found, limit });
        }
    }
    let used = sqlx::query!(
        r#"select distinct l.account as "account!", e.currency as "currency!" from tenant.ledger_entries e, unnest(e.accounts) as l(account)
           where e.tenant_id = $1 and ($2::timestamptz is null or e.booked_at >= $2) and ($3::timestamptz is null or e.booked_at < $3)"#,
        tx.tenant(),
        from,
        until,
    )
    .fetch_all(tx.conn())
    .await?;
    let accounts: BTreeSet<Account> = used.iter().flat_map(|row| read_lines(std::slice::from_ref(&row.account), &[kernel::Decimal::ONE])).map(|line| line.account).collect();
    let currencies: BTreeSet<String> = used.into_iter().map(|row| row.currency).collect();
    let chart = settings.chart;
    match format {
        Format::Hledger => hledger::head(to, chart, &accounts, &currencies)?,
        Format::Beancount => beancount::head(to, chart, &accounts, &currencies)?,
    }
    let (mut after, mut written): (Option<(Timestamp, EntryId)>, u64) = (None, 0);
    loop {
        let entries = step(tx, from, until, after).await?;
        for entry in &entries {
            let day = entry.booked_at.with_timezone(&settings.time_zone).date_naive();
            match format {
                Format::Hledger => hledger::entry(to, entry, day)?,
                Format::Beancount => beancount::entry(to, entry, day)?,
            }
        }
        written += entries.len() as u64;
        progress(written);
        after = entries.last().map(|entry| (entry.booked_at, entry.id));
        if entries.len() < usize::try_from(STEP).unwrap_or(usize::MAX) {
            to.flush()?;
            return Ok(written);
        }
    }
}

async fn step(tx: &mut TenantTx, from: Option<Timestamp>, until: Option<Timestamp>, after: Option<(Timestamp, EntryId)>) -> Result<Vec<Posted>, sqlx::Error> {
    let (after_at, after_id) = after.map_or((None, None), |(at, id)| (Some(at), Some(id.uuid())));
    let rows = sqlx::query!(
        r#"select e.id, e.cause, e.kind, e.order_id, o.number as "number?", e.currency, e.accounts, e.amounts as "amounts: Vec<kernel::Decimal>", e.memo, e.occurred_at, e.booked_at, e.recorded_at, e.actor
           from tenant.ledger_entries e left join tenant.orders o on o.tenant_id = $1 and o.id = e.order_id
           where e.tenant_id = $1 and ($2::timestamptz is null or e.booked_at >= $2) and ($3::timestamptz is null or e.booked_at < $3)
             and ($4::timestamptz is null or (e.booked_at, e.id) > ($4, $5::uuid))
           order by e.booked_at, e.id limit $6"#,
        tx.tenant(),
        from,
        until,
        after_at,
        after_id,
        STEP,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Posted {
            id: EntryId(row.id),
            lines: read_lines(&row.accounts, &row.amounts),
            cause: row.cause,
            kind: row.kind,
            order: row.order_id.map(OrderId),
            order_number: row.number,
            reverses: None,
            reversed_by: None,
            currency: row.currency,
            memo: row.memo,
            occurred_at: row.occurred_at,
            booked_at: row.booked_at,
            recorded_at: row.recorded_at,
            actor: row.actor,
        })
        .collect())
}

/// What an entry is about, in one line.
fn title(entry: &Posted) -> String {
    let order = entry.order_number.map(|number| format!(" order {number}")).unwrap_or_default();
    let memo = entry.memo.as_deref().map(|memo| format!(": {}", plain(memo))).unwrap_or_default();
    format!("{}{order}{memo}", plain(&entry.kind))
}

/// The accounts' names in the chart, for comments.
fn label(chart: Chart, account: &Account) -> String {
    format!("{} {}", chart.number(account.role), plain(&chart.account_name(account)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finance::Role;

    #[test]
    fn names_are_such_that_both_programs_take_them() {
        assert_eq!(name(&Account::from(Role::ContraPointsDiff)), "Income:ContraPointsDiff");
        assert_eq!(name(&Account::new(Role::Ar, Some("phone:09 1"))), "Assets:Ar:0phone-3a-09-20-1");
        assert_ne!(name(&Account::new(Role::Ar, Some("a b"))), name(&Account::new(Role::Ar, Some("a_b"))));
        assert_eq!(plain("a\"b\nc;d"), "a b c d");
    }
}
