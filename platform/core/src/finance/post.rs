//! Posting: entries are written once, many at a time, and never changed.
//! Invariant LEDGER-2: one cause is posted once, from however many connections.
//! Invariant LEDGER-3: nothing posted is changed or deleted; the app's role has no right to.
//! Invariant LEDGER-4: nothing is booked into a closed period; what belongs there is booked on the first open day and keeps
//! the date it happened.

use super::entry::{Entry, EntryError};
use super::open_items;
use kernel::{Decimal, EntryId, Timestamp};
use tenants::TenantTx;
use uuid::Uuid;

/// Entries written by one statement.
const BATCH: usize = 5_000;
/// Separates accounts that travel as one text; no account holds it.
const SEPARATOR: &str = "\u{1f}";

/// What happens to an entry whose date lies in a closed period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenClosed {
    Refuse,
    FirstOpenDay,
}

#[derive(Debug, thiserror::Error)]
pub enum PostError {
    #[error("the books are closed until {until}: {at} can have no more entries; post at a later date or have the period reopened")]
    PeriodClosed { at: Timestamp, until: Timestamp },
    #[error(transparent)]
    Entry(#[from] EntryError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The instant until which the books are closed. Call [`super::settings::open_books`] before: it keeps them so.
pub async fn closed_until(tx: &mut TenantTx) -> Result<Option<Timestamp>, sqlx::Error> {
    sqlx::query_scalar!("select max(closed_until) from tenant.ledger_periods where tenant_id = $1 and reopened_at is null", tx.tenant()).fetch_one(tx.conn()).await
}

#[derive(Default)]
struct Columns {
    id: Vec<Uuid>,
    cause: Vec<String>,
    kind: Vec<String>,
    order: Vec<Option<Uuid>>,
    reverses: Vec<Option<Uuid>>,
    currency: Vec<String>,
    accounts: Vec<String>,
    amounts: Vec<String>,
    memo: Vec<Option<String>>,
    occurred_at: Vec<Timestamp>,
    not_before: Vec<Timestamp>,
}

impl Columns {
    fn push(&mut self, entry: &Entry) {
        let head = entry.head();
        self.id.push(entry.id().uuid());
        self.cause.push(head.cause.clone());
        self.kind.push(head.kind.clone());
        self.order.push(head.order.map(|order| order.uuid()));
        self.reverses.push(head.reverses.map(EntryId::uuid));
        self.currency.push(entry.currency().code().to_owned());
        self.accounts.push(entry.lines().iter().map(|line| line.account.to_string()).collect::<Vec<_>>().join(SEPARATOR));
        self.amounts.push(entry.lines().iter().map(|line| line.amount.to_string()).collect::<Vec<_>>().join(","));
        self.memo.push(head.memo.clone());
        self.occurred_at.push(head.occurred_at);
        self.not_before.push(head.not_before.unwrap_or(head.occurred_at));
    }
}

/// Writes the entries whose causes are new and tells how many these were. The caller has called
/// [`super::settings::open_books`], so that no period closes meanwhile, and locked the orders the entries name.
pub async fn post(tx: &mut TenantTx, entries: &[Entry], when_closed: WhenClosed) -> Result<u64, PostError> {
    if when_closed == WhenClosed::Refuse
        && let Some(until) = closed_until(tx).await?
        && let Some(entry) = entries.iter().find(|entry| entry.head().occurred_at < until)
    {
        return Err(PostError::PeriodClosed { at: entry.head().occurred_at, until });
    }
    let mut posted = 0;
    for batch in entries.chunks(BATCH) {
        let mut c = Columns::default();
        batch.iter().for_each(|entry| c.push(entry));
        let actor = tx.actor().who.to_string();
        let written = sqlx::query!(
            "insert into tenant.ledger_entries (tenant_id, id, cause, kind, order_id, reverses, currency, accounts, amounts, memo, occurred_at, booked_at, recorded_at, actor)
             select $1, e.id, e.cause, e.kind, e.order_id, e.reverses, e.currency, string_to_array(e.accounts, E'\\x1f'), string_to_array(e.amounts, ',')::numeric[], e.memo,
               e.occurred_at, greatest(e.not_before, (select max(p.closed_until) from tenant.ledger_periods p where p.tenant_id = $1 and p.reopened_at is null)), $2, $3
             from unnest($4::uuid[], $5::text[], $6::text[], $7::uuid[], $8::uuid[], $9::text[], $10::text[], $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[])
               as e(id, cause, kind, order_id, reverses, currency, accounts, amounts, memo, occurred_at, not_before)
             on conflict (tenant_id, cause) do nothing",
            tx.tenant(),
            tx.now(),
            actor,
            &c.id[..],
            &c.cause[..],
            &c.kind[..],
            &c.order as &[Option<Uuid>],
            &c.reverses as &[Option<Uuid>],
            &c.currency[..],
            &c.accounts[..],
            &c.amounts[..],
            &c.memo as &[Option<String>],
            &c.occurred_at[..],
            &c.not_before[..],
        )
        .execute(tx.conn())
        .await?;
        posted += written.rows_affected();
    }
    open_items::follow(tx, entries).await?;
    Ok(posted)
}

/// What stored lines say. An account that no code knows any more is read as suspense, never dropped.
pub(crate) fn read_lines(accounts: &[String], amounts: &[Decimal]) -> Vec<super::Line> {
    accounts
        .iter()
        .zip(amounts)
        .map(|(account, amount)| super::Line { account: account.parse().unwrap_or_else(|_| super::Account::new(super::Role::Suspense, Some(account))), amount: *amount })
        .collect()
}
