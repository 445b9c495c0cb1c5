//! Reading entries: the journal with its filters, one entry, the entries of an order; and entries made by hand.
//! Invariant LEDGER-7: an entry made by hand is taken back by its exact reversal, once.

use super::entry::{Entry, EntryError, Head, Line, MEMO_CHARS_MAX};
use super::post::{self, PostError, WhenClosed, read_lines};
use super::settings;
use kernel::{Decimal, EntryId, OrderId, Page, PageLimit, Timestamp};
use tenants::rights::{PostFinance, ReadFinance};
use tenants::{Permit, TenantTx};
use uuid::Uuid;

/// Entries of one order shown at most.
pub const OF_ORDER_MAX: i64 = 1_000;

/// An entry as posted.
#[derive(Clone, Debug, PartialEq)]
pub struct Posted {
    pub id: EntryId,
    pub cause: String,
    pub kind: String,
    pub order: Option<OrderId>,
    pub order_number: Option<i64>,
    pub reverses: Option<EntryId>,
    pub reversed_by: Option<EntryId>,
    pub currency: String,
    pub lines: Vec<Line>,
    pub memo: Option<String>,
    pub occurred_at: Timestamp,
    pub booked_at: Timestamp,
    pub recorded_at: Timestamp,
    pub actor: String,
}

/// What to list; `None` does not filter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub id: Option<EntryId>,
    pub role: Option<String>,
    pub account: Option<String>,
    pub order: Option<OrderId>,
    pub kind: Option<String>,
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub to: Option<Timestamp>,
}

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("the entry is not known")]
    Unknown,
    #[error("order_id: the order is not known")]
    UnknownOrder,
    #[error("only entries made by hand are reversed by hand; this one follows from its order: change the order")]
    NotManual,
    #[error("the entry was reversed already")]
    ReversedAlready,
    #[error("memo is empty, longer than {MEMO_CHARS_MAX} characters or holds a control character")]
    BadMemo,
    #[error(transparent)]
    Entry(#[from] EntryError),
    #[error(transparent)]
    Post(#[from] PostError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

struct Stored {
    id: Uuid,
    cause: String,
    kind: String,
    order_id: Option<Uuid>,
    order_number: Option<i64>,
    reverses: Option<Uuid>,
    reversed_by: Option<Uuid>,
    currency: String,
    accounts: Vec<String>,
    amounts: Vec<Decimal>,
    memo: Option<String>,
    occurred_at: Timestamp,
    booked_at: Timestamp,
    recorded_at: Timestamp,
    actor: String,
}

impl From<Stored> for Posted {
    fn from(row: Stored) -> Self {
        Self {
            id: EntryId(row.id),
            lines: read_lines(&row.accounts, &row.amounts),
            cause: row.cause,
            kind: row.kind,
            order: row.order_id.map(OrderId),
            order_number: row.order_number,
            reverses: row.reverses.map(EntryId),
            reversed_by: row.reversed_by.map(EntryId),
            currency: row.currency,
            memo: row.memo,
            occurred_at: row.occurred_at,
            booked_at: row.booked_at,
            recorded_at: row.recorded_at,
            actor: row.actor,
        }
    }
}

/// Entries, newest first by their booked time.
pub async fn page(tx: &mut TenantTx, _: Permit<ReadFinance>, filter: &Filter, before: Option<(Timestamp, EntryId)>, limit: i64) -> Result<Vec<Posted>, sqlx::Error> {
    let (before_at, before_id) = before.map_or((None, None), |(at, id)| (Some(at), Some(id.uuid())));
    let rows = sqlx::query_as!(
        Stored,
        r#"select e.id, e.cause, e.kind, e.order_id, o.number as "order_number?", e.reverses, r.id as "reversed_by?", e.currency, e.accounts, e.amounts as "amounts: Vec<Decimal>", e.memo,
             e.occurred_at, e.booked_at, e.recorded_at, e.actor
           from tenant.ledger_entries e
           left join tenant.orders o on o.tenant_id = $1 and o.id = e.order_id
           left join tenant.ledger_entries r on r.tenant_id = $1 and r.reverses = e.id
           where e.tenant_id = $1
             and ($2::uuid is null or e.id = $2)
             and ($3::text is null or exists (select from unnest(e.accounts) as a(account) where split_part(a.account, ':', 1) = $3))
             and ($4::text is null or e.accounts @> array[$4])
             and ($5::uuid is null or e.order_id = $5)
             and ($6::text is null or e.kind = $6)
             and ($7::timestamptz is null or e.booked_at >= $7)
             and ($8::timestamptz is null or e.booked_at < $8)
             and ($9::timestamptz is null or (e.booked_at, e.id) < ($9, $10::uuid))
           order by e.booked_at desc, e.id desc limit $11"#,
        tx.tenant(),
        filter.id.map(EntryId::uuid),
        filter.role,
        filter.account,
        filter.order.map(|order| order.uuid()),
        filter.kind,
        filter.from,
        filter.to,
        before_at,
        before_id,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Posted::from).collect())
}

/// One page of the journal.
pub async fn list(tx: &mut TenantTx, permit: Permit<ReadFinance>, filter: &Filter, before: Option<(Timestamp, EntryId)>, limit: PageLimit) -> Result<Page<Posted, (Timestamp, EntryId)>, sqlx::Error> {
    let rows = page(tx, permit, filter, before, limit.rows() + 1).await?;
    Ok(Page::from_fetched(rows, limit, |row| (row.booked_at, row.id)))
}

pub async fn get(tx: &mut TenantTx, permit: Permit<ReadFinance>, id: EntryId) -> Result<Posted, JournalError> {
    let filter = Filter { id: Some(id), ..Filter::default() };
    page(tx, permit, &filter, None, 1).await?.pop().ok_or(JournalError::Unknown)
}

/// The entries of an order, oldest first.
pub async fn of_order(tx: &mut TenantTx, permit: Permit<ReadFinance>, order: OrderId) -> Result<Vec<Posted>, sqlx::Error> {
    let mut entries = page(tx, permit, &Filter { order: Some(order), ..Filter::default() }, None, OF_ORDER_MAX).await?;
    entries.sort_by_key(|entry| (entry.recorded_at, entry.booked_at, entry.id));
    Ok(entries)
}

/// An entry made by hand, or one of the events of `events`.
#[derive(Clone, Debug)]
pub struct ByHand {
    pub kind: &'static str,
    pub at: Option<Timestamp>,
    pub memo: String,
    pub order: Option<OrderId>,
    pub currency: kernel::Currency,
    pub lines: Vec<Line>,
}

fn checked_memo(memo: &str) -> Result<String, JournalError> {
    let memo = memo.trim();
    let plain = !memo.is_empty() && memo.chars().count() <= MEMO_CHARS_MAX && !memo.chars().any(char::is_control);
    if plain { Ok(memo.to_owned()) } else { Err(JournalError::BadMemo) }
}

/// Posts it; a closed period refuses it (LEDGER-4).
pub async fn post_by_hand(tx: &mut TenantTx, _: Permit<PostFinance>, wish: ByHand) -> Result<EntryId, JournalError> {
    let memo = checked_memo(&wish.memo)?;
    settings::open_books(tx).await?;
    if let Some(order) = wish.order {
        let known = sqlx::query_scalar!("select id from tenant.orders where tenant_id = $1 and id = $2 for update", tx.tenant(), order.uuid()).fetch_optional(tx.conn()).await?;
        known.ok_or(JournalError::UnknownOrder)?;
    }
    let head = Head {
        cause: format!("{}/{}", wish.kind, EntryId::new()),
        kind: wish.kind.to_owned(),
        order: wish.order,
        reverses: None,
        memo: Some(memo),
        occurred_at: wish.at.unwrap_or(tx.now()),
        not_before: None,
    };
    let entry = Entry::balanced(head, wish.currency, wish.lines)?;
    post::post(tx, std::slice::from_ref(&entry), WhenClosed::Refuse).await?;
    Ok(entry.id())
}

/// Takes an entry made by hand back, today (LEDGER-7).
pub async fn reverse(tx: &mut TenantTx, permit: Permit<PostFinance>, read: Permit<ReadFinance>, id: EntryId, memo: &str) -> Result<EntryId, JournalError> {
    let _: Permit<PostFinance> = permit;
    let memo = checked_memo(memo)?;
    settings::open_books(tx).await?;
    let entry = get(tx, read, id).await?;
    if !super::events::BY_HAND.contains(&entry.kind.as_str()) {
        return Err(JournalError::NotManual);
    }
    if entry.reversed_by.is_some() {
        return Err(JournalError::ReversedAlready);
    }
    if let Some(order) = entry.order {
        super::open_items::of_orders(tx, &[order]).await?;
    }
    let head = Head {
        cause: format!("{}#reversed", entry.cause),
        kind: "reversal".into(),
        order: entry.order,
        reverses: Some(id),
        memo: Some(memo),
        occurred_at: tx.now(),
        not_before: None,
    };
    let currency = entry.currency.parse().unwrap_or(kernel::Currency::USD);
    let lines = entry.lines.into_iter().map(|Line { account, amount }| Line { account, amount: -amount });
    let reversal = Entry::balanced(head, currency, lines)?;
    match post::post(tx, std::slice::from_ref(&reversal), WhenClosed::Refuse).await? {
        0 => Err(JournalError::ReversedAlready),
        _ => Ok(reversal.id()),
    }
}
