//! Reading documents: a list with filters, one with everything of it, those of an order, the XML to download.

use super::document::Content;
use super::issue::IssueError;
use super::settings;
use crate::orders::errands::{self, Errand};
use kernel::{Decimal, OrderId, Page, PageLimit, TaxInvoiceId, Timestamp};
use tenants::rights::ReadFinance;
use tenants::{Permit, TenantTx};
use uuid::Uuid;

/// Documents of one order, and corrections of one document, shown at most.
pub const OF_ONE_MAX: i64 = 200;

/// A document as the list shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub id: TaxInvoiceId,
    pub kind: String,
    pub regime: String,
    pub number: String,
    pub of: Option<TaxInvoiceId>,
    pub reason: Option<String>,
    pub issued_at: Timestamp,
    pub issued_on: chrono::NaiveDate,
    pub issued_by: String,
    pub buyer_name: String,
    pub buyer_tax_code: Option<String>,
    pub currency: String,
    pub base: Decimal,
    pub tax: Decimal,
    pub total: Decimal,
    pub order_count: i32,
    pub state: String,
    pub state_at: Timestamp,
}

/// What to list; `None` does not filter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub id: Option<TaxInvoiceId>,
    pub kind: Option<String>,
    pub state: Option<String>,
    /// The number, or the buyer's tax code.
    pub number: Option<String>,
    pub order: Option<OrderId>,
    pub of: Option<TaxInvoiceId>,
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub to: Option<Timestamp>,
}

type Key = (Timestamp, TaxInvoiceId);

async fn rows(tx: &mut TenantTx, filter: &Filter, before: Option<Key>, limit: i64) -> Result<Vec<Row>, sqlx::Error> {
    let (before_at, before_id) = before.map_or((None, None), |(at, id)| (Some(at), Some(id.uuid())));
    sqlx::query_as!(
        Row,
        r#"select d.id as "id: TaxInvoiceId", d.kind, d.regime, d.number, d.of as "of: TaxInvoiceId", d.reason, d.issued_at, d.issued_on, d.issued_by, d.buyer_name, d.buyer_tax_code, d.currency,
             d.base, d.tax, d.total, d.order_count, d.state, d.state_at
           from tenant.tax_invoices d
           where d.tenant_id = $1
             and ($2::uuid is null or d.id = $2)
             and ($3::text is null or d.kind = $3)
             and ($4::text is null or d.state = $4)
             and ($5::text is null or d.number = $5 or d.buyer_tax_code = $5)
             and ($6::uuid is null or exists (select from tenant.tax_invoice_covers c where c.tenant_id = $1 and c.document_id = d.id and c.order_id = $6))
             and ($7::uuid is null or d.of = $7)
             and ($8::timestamptz is null or d.issued_at >= $8)
             and ($9::timestamptz is null or d.issued_at < $9)
             and ($10::timestamptz is null or (d.issued_at, d.id) < ($10, $11::uuid))
           order by d.issued_at desc, d.id desc limit $12"#,
        tx.tenant(),
        filter.id.map(TaxInvoiceId::uuid),
        filter.kind,
        filter.state,
        filter.number,
        filter.order.map(OrderId::uuid),
        filter.of.map(TaxInvoiceId::uuid),
        filter.from,
        filter.to,
        before_at,
        before_id,
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

/// One page, newest first.
pub async fn page(tx: &mut TenantTx, _: Permit<ReadFinance>, filter: &Filter, before: Option<Key>, limit: PageLimit) -> Result<Page<Row, Key>, sqlx::Error> {
    let rows = rows(tx, filter, before, limit.rows() + 1).await?;
    Ok(Page::from_fetched(rows, limit, |row| (row.issued_at, row.id)))
}

/// The documents of an order, newest first.
pub async fn of_order(tx: &mut TenantTx, _: Permit<ReadFinance>, order: OrderId) -> Result<Vec<Row>, IssueError> {
    let known = sqlx::query_scalar!("select id from tenant.orders where tenant_id = $1 and id = $2", tx.tenant(), order.uuid()).fetch_optional(tx.conn()).await?;
    known.ok_or(IssueError::UnknownOrder)?;
    Ok(rows(tx, &Filter { order: Some(order), ..Filter::default() }, None, OF_ONE_MAX).await?)
}

/// A step of a document's life.
#[derive(Clone, Debug)]
pub struct Step {
    pub revision: i64,
    pub state: String,
    pub at: Timestamp,
    pub actor: String,
    pub provider: Option<String>,
    pub reference: Option<String>,
    pub note: Option<String>,
}

/// An order that a document covers.
#[derive(Clone, Debug)]
pub struct Covered {
    pub order: OrderId,
    pub number: i64,
    /// What was sold stands in the books otherwise now: the document is to be replaced.
    pub outdated: bool,
}

#[derive(Clone, Debug)]
pub struct Document {
    pub row: Row,
    pub content: Content,
    pub steps: Vec<Step>,
    pub orders: Vec<Covered>,
    pub corrections: Vec<Row>,
    /// How its way to the provider stands.
    pub sending: Option<Errand>,
    /// A provider is connected that would carry it.
    pub has_provider: bool,
}

pub async fn get(tx: &mut TenantTx, _: Permit<ReadFinance>, id: TaxInvoiceId) -> Result<Document, IssueError> {
    let row = rows(tx, &Filter { id: Some(id), ..Filter::default() }, None, 1).await?.pop().ok_or(IssueError::UnknownDocument)?;
    let content = sqlx::query_scalar!("select content from tenant.tax_invoices where tenant_id = $1 and id = $2", tx.tenant(), id.uuid()).fetch_one(tx.conn()).await?;
    let steps = sqlx::query_as!(
        Step,
        "select revision, state, at, actor, provider, reference, note from tenant.tax_invoice_events where tenant_id = $1 and document_id = $2 order by revision",
        tx.tenant(),
        id.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    let orders = sqlx::query!(
        r#"select o.id, o.number, bool_or(r.id is not null) as "outdated!" from tenant.tax_invoice_covers c
           join tenant.orders o on o.tenant_id = $1 and o.id = c.order_id
           left join tenant.ledger_entries r on r.tenant_id = $1 and r.reverses = c.entry_id
           where c.tenant_id = $1 and c.document_id = $2 group by o.id, o.number order by o.number"#,
        tx.tenant(),
        id.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    let corrections = rows(tx, &Filter { of: Some(id), ..Filter::default() }, None, OF_ONE_MAX).await?;
    let orders = orders.into_iter().map(|row| Covered { order: OrderId(row.id), number: row.number, outdated: row.outdated }).collect();
    let sending = errands::of_document(tx, &id.to_string()).await?;
    let has_provider = settings::newest(tx).await?.is_some_and(|settings| settings.provider_account.is_some());
    Ok(Document { row, content: serde_json::from_value(content)?, steps, orders, corrections, sending, has_provider })
}

/// The XML as issued, and the document's number.
pub async fn xml(tx: &mut TenantTx, _: Permit<ReadFinance>, id: TaxInvoiceId) -> Result<(String, String), IssueError> {
    let id: Uuid = id.uuid();
    let row = sqlx::query!("select number, xml from tenant.tax_invoices where tenant_id = $1 and id = $2", tx.tenant(), id).fetch_optional(tx.conn()).await?;
    row.map(|row| (row.number, row.xml)).ok_or(IssueError::UnknownDocument)
}

/// Orders that wait to be issued, shown at most.
pub const WAITING_MAX: i64 = 200;

/// An order that is issued by itself, and not yet.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub order: OrderId,
    pub number: i64,
    pub due_at: Timestamp,
    /// Why the last try failed; `None` while it only waits for its time.
    pub why: Option<String>,
}

/// What waits: those that failed first, of one order or of all.
pub async fn waiting(tx: &mut TenantTx, _: Permit<ReadFinance>, order: Option<OrderId>) -> Result<Vec<Waiting>, sqlx::Error> {
    sqlx::query_as!(
        Waiting,
        r#"select q.order_id as "order: OrderId", o.number, q.due_at, q.why from tenant.invoice_queue q join tenant.orders o on o.tenant_id = $1 and o.id = q.order_id
           where q.tenant_id = $1 and ($2::uuid is null or q.order_id = $2) order by q.why is null, q.due_at, o.number limit $3"#,
        tx.tenant(),
        order.map(OrderId::uuid),
        WAITING_MAX,
    )
    .fetch_all(tx.conn())
    .await
}
