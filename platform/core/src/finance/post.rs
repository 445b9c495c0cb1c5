//! Posting: entries are written once, many at a time, and never changed.
//! Invariant LEDGER-2: one cause is posted once, from however many connections.
//! Invariant LEDGER-3: nothing posted is changed or deleted; the app's role has no right to.
//! Invariant LEDGER-4: nothing is booked into a closed period; what belongs there is booked on the first open day and keeps
//! the date it happened.
//! Invariant LEDGER-8: the balances of months are kept by the statement that writes the entries; `verify` sums them again.

use super::entry::{Entry, EntryError};
use super::{claims, open_items, receivable, shifts};
use kernel::{ClaimId, Decimal, DrawerId, EntryId, Timestamp};
use std::collections::HashSet;
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
    #[error("{0} is not a claim of that kind and currency")]
    UnknownClaim(ClaimId),
    #[error("there is not so much left on it")]
    NotCovered,
    #[error("the drawer {0} has no open shift: open one first")]
    NoShift(DrawerId),
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
/// [`super::settings::open_books`], so that no period closes meanwhile, and locked the orders the entries name. What customers
/// hold against us, drawers, receivables and money under way follow in the same transaction.
pub async fn post(tx: &mut TenantTx, entries: &[Entry], when_closed: WhenClosed) -> Result<u64, PostError> {
    post_worth(tx, entries, when_closed, None).await
}

/// The same for one entry of points whose worth is another than what the books carry.
pub(super) async fn post_worth(tx: &mut TenantTx, entries: &[Entry], when_closed: WhenClosed, face: Option<Decimal>) -> Result<u64, PostError> {
    if when_closed == WhenClosed::Refuse
        && let Some(until) = closed_until(tx).await?
        && let Some(entry) = entries.iter().find(|entry| entry.head().occurred_at < until)
    {
        return Err(PostError::PeriodClosed { at: entry.head().occurred_at, until });
    }
    let mut posted: HashSet<Uuid> = HashSet::with_capacity(entries.len());
    for batch in entries.chunks(BATCH) {
        posted.extend(write(tx, batch).await?);
    }
    open_items::follow(tx, entries).await?;
    receivable::follow(tx, entries).await?;
    let fresh: Vec<&Entry> = entries.iter().filter(|entry| posted.contains(&entry.id().uuid())).collect();
    claims::follow(tx, &fresh, face).await?;
    shifts::follow(tx, &fresh).await?;
    Ok(posted.len() as u64)
}

/// Writes one batch and what it adds to the months (LEDGER-8). Returns the ids of the entries that are new.
async fn write(tx: &mut TenantTx, batch: &[Entry]) -> Result<Vec<Uuid>, sqlx::Error> {
    let mut c = Columns::default();
    batch.iter().for_each(|entry| c.push(entry));
    let actor = tx.actor().who.to_string();
    sqlx::query_scalar!(
        r#"with written as (
             insert into tenant.ledger_entries (tenant_id, id, cause, kind, order_id, reverses, currency, accounts, amounts, memo, occurred_at, booked_at, recorded_at, actor)
             select $1, e.id, e.cause, e.kind, e.order_id, e.reverses, e.currency, string_to_array(e.accounts, E'\x1f'), string_to_array(e.amounts, ',')::numeric[], e.memo,
               e.occurred_at, greatest(e.not_before, (select max(p.closed_until) from tenant.ledger_periods p where p.tenant_id = $1 and p.reopened_at is null)), $2, $3
             from unnest($4::uuid[], $5::text[], $6::text[], $7::uuid[], $8::uuid[], $9::text[], $10::text[], $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[])
               as e(id, cause, kind, order_id, reverses, currency, accounts, amounts, memo, occurred_at, not_before)
             on conflict (tenant_id, cause) do nothing
             returning id, currency, accounts, amounts, booked_at
           ), sums as (
             select l.account, w.currency, date_trunc('month', w.booked_at at time zone 'UTC')::date as month,
               coalesce(sum(l.amount) filter (where l.amount > 0), 0) as debit, coalesce(-sum(l.amount) filter (where l.amount < 0), 0) as credit
             from written w, unnest(w.accounts, w.amounts) as l(account, amount) group by 1, 2, 3 order by 1, 2, 3
           ), kept as (
             insert into tenant.ledger_balances as b (tenant_id, account, currency, month, slot, debit, credit)
             select $1, account, currency, month, (pg_backend_pid() % 64)::smallint, debit, credit from sums
             on conflict (tenant_id, month, account, currency, slot) do update set debit = b.debit + excluded.debit, credit = b.credit + excluded.credit
           )
           select id as "id!" from written"#,
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
    .fetch_all(tx.conn())
    .await
}

/// What stored lines say. An account that no code knows any more is read as suspense, never dropped.
pub(crate) fn read_lines(accounts: &[String], amounts: &[Decimal]) -> Vec<super::Line> {
    accounts
        .iter()
        .zip(amounts)
        .map(|(account, amount)| super::Line { account: account.parse().unwrap_or_else(|_| super::Account::new(super::Role::Suspense, Some(account))), amount: *amount })
        .collect()
}
