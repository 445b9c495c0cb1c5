//! The order list: filters, keyset pages, counts.
//! Invariant LIST-1: a page costs the same wherever it is: the cursor is the key of the last row, never an offset.
//! Invariant LIST-2: counting stops at [`COUNT_MAX`] and says so.

use super::holds::Hold;
use super::intake::Applied;
use super::project::Projection;
use super::search;
use super::source::{ChannelKind, Source};
use chrono::SubsecRound as _;
use kernel::{ChannelAccountId, CompanyId, Decimal, OrderId, Page, PageLimit, Timestamp};
use sqlx::{FromRow, Postgres, QueryBuilder};
use tenants::rights::ReadOrders;
use tenants::{Permit, TenantTx};
use uuid::Uuid;

pub const COUNT_MAX: i64 = 10_000;
/// The longest text one may search for.
pub const TEXT_CHARS_MAX: usize = 100;

/// What to list. Empty lists and `None` do not filter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub channels: Vec<ChannelKind>,
    pub account: Option<ChannelAccountId>,
    pub segment: Option<String>,
    pub payment: Vec<String>,
    pub delivery: Vec<String>,
    pub invoice: Vec<String>,
    /// A hold type, or `any`.
    pub hold: Option<String>,
    pub source: Option<String>,
    pub staff: Option<String>,
    pub branch: Option<String>,
    pub tender: Option<String>,
    pub placed_from: Option<Timestamp>,
    /// Exclusive.
    pub placed_to: Option<Timestamp>,
    pub total_min: Option<Decimal>,
    pub total_max: Option<Decimal>,
    pub currency: Option<String>,
    pub returned: Option<bool>,
    pub tag: Option<String>,
    pub test: bool,
    pub text: Option<String>,
    pub company: Option<CompanyId>,
    pub confirmed: Option<bool>,
    /// Copies of other orders only, or none of them.
    pub copy: Option<bool>,
    /// The identities of one customer.
    pub customer: Option<Vec<Uuid>>,
}

/// Where a page begins: after this row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After {
    pub placed_at: Timestamp,
    pub id: OrderId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    NewestFirst,
    OldestFirst,
}

/// One order as the list shows it.
#[derive(Clone, Debug, FromRow)]
pub struct OrderRow {
    pub id: OrderId,
    pub number: i64,
    pub channel_kind: String,
    pub channel_account_id: ChannelAccountId,
    pub account_name: String,
    pub external_id: String,
    pub external_number: Option<String>,
    pub channel_status: Option<String>,
    pub segment: String,
    pub placed_at: Timestamp,
    pub currency: String,
    pub described: bool,
    pub test: bool,
    pub buyer_name: Option<String>,
    pub buyer_phone: Option<String>,
    pub buyer_masked: bool,
    pub company: Option<String>,
    pub staff: Option<String>,
    pub source_tag: Option<String>,
    pub payment_method: Option<String>,
    pub cash_on_delivery: bool,
    pub total: Decimal,
    pub tendered: Decimal,
    pub refunded: Decimal,
    pub outstanding: Decimal,
    pub payment_track: String,
    pub delivery_track: String,
    pub invoice_track: String,
    pub hold_types: Vec<String>,
    pub line_count: i32,
    pub units: Decimal,
    pub tags: Vec<String>,
    pub updated_at: Timestamp,
    pub version: i64,
    pub company_id: Option<CompanyId>,
    pub confirmed_at: Option<Timestamp>,
    pub due_on: Option<chrono::NaiveDate>,
    /// The order that counts instead of it.
    pub same_sale_as: Option<OrderId>,
}

impl OrderRow {
    /// The row of an order this transaction just made.
    pub(super) fn fresh(applied: &Applied, source: Source, account_name: &str, of: &Projection, holds: &[Hold], now: Timestamp) -> Self {
        let mut hold_types: Vec<String> = holds.iter().map(|h| h.r#type.clone()).collect();
        hold_types.sort();
        hold_types.dedup();
        Self {
            id: applied.order_id,
            number: applied.number,
            channel_kind: source.kind.word().to_owned(),
            channel_account_id: source.account,
            account_name: account_name.to_owned(),
            external_id: applied.external_id.clone(),
            external_number: of.external_number.clone(),
            channel_status: of.channel_status.clone(),
            segment: if of.business { "b2b" } else { "b2c" }.to_owned(),
            placed_at: of.placed_at,
            currency: of.currency.code().to_owned(),
            described: of.described,
            test: of.test,
            buyer_name: of.buyer.name.clone(),
            buyer_phone: of.buyer.phone.clone(),
            buyer_masked: of.buyer.masked,
            company: of.buyer.company.clone(),
            staff: of.staff.clone(),
            source_tag: of.source_tag.clone(),
            payment_method: of.payment_method.clone(),
            cash_on_delivery: of.cash_on_delivery,
            total: of.totals.sum.total,
            tendered: of.tendered,
            refunded: of.refunded,
            outstanding: of.outstanding,
            payment_track: of.payment.word().to_owned(),
            delivery_track: of.delivery.word().to_owned(),
            invoice_track: of.invoice.word().to_owned(),
            hold_types,
            line_count: i32::try_from(of.lines.len()).unwrap_or(i32::MAX),
            units: of.units,
            tags: of.tags.clone(),
            updated_at: now.trunc_subsecs(6),
            version: 1,
            company_id: of.company_id,
            confirmed_at: of.confirmed_at.map(|at| at.trunc_subsecs(6)),
            due_on: of.due_on,
            same_sale_as: applied.same_sale_as,
        }
    }
}

const COLUMNS: &str = "o.id, o.number, o.channel_kind, o.channel_account_id, a.name as account_name, o.external_id, o.external_number, o.channel_status, o.segment,
    o.placed_at, o.currency, o.described, o.test, o.buyer_name, o.buyer_phone, o.buyer_masked, o.company, o.staff, o.source_tag, o.payment_method,
    o.cash_on_delivery, o.total, o.tendered, o.refunded, o.outstanding, o.payment_track, o.delivery_track, o.invoice_track, o.hold_types, o.line_count,
    o.units, o.tags, o.updated_at, o.version, o.company_id, o.confirmed_at, o.due_on, o.same_sale_as";

/// One page of the list.
pub async fn page(tx: &mut TenantTx, _: Permit<ReadOrders>, filter: &Filter, sort: Sort, after: Option<After>, limit: PageLimit) -> Result<Page<OrderRow, After>, sqlx::Error> {
    let mut query = QueryBuilder::<Postgres>::new("select ");
    query.push(COLUMNS).push(" from tenant.orders o join tenant.channel_accounts a on a.tenant_id = o.tenant_id and a.id = o.channel_account_id where ");
    restrict(&mut query, tx.tenant(), filter);
    if let Some(After { placed_at, id }) = after {
        query.push(match sort {
            Sort::NewestFirst => " and (o.placed_at, o.id) < (",
            Sort::OldestFirst => " and (o.placed_at, o.id) > (",
        });
        query.push_bind(placed_at).push(", ").push_bind(id.uuid()).push(")");
    }
    query.push(match sort {
        Sort::NewestFirst => " order by o.placed_at desc, o.id desc limit ",
        Sort::OldestFirst => " order by o.placed_at, o.id limit ",
    });
    query.push_bind(limit.rows() + 1);
    let rows: Vec<OrderRow> = query.build_query_as().fetch_all(tx.conn()).await?;
    Ok(Page::from_fetched(rows, limit, |row| After { placed_at: row.placed_at, id: row.id }))
}

/// One order as the list shows it, `None` when the tenant has no such order.
pub async fn row(tx: &mut TenantTx, id: OrderId) -> Result<Option<OrderRow>, sqlx::Error> {
    let mut query = QueryBuilder::<Postgres>::new("select ");
    query.push(COLUMNS).push(" from tenant.orders o join tenant.channel_accounts a on a.tenant_id = o.tenant_id and a.id = o.channel_account_id where o.tenant_id = ");
    query.push_bind(tx.tenant()).push(" and o.voided_at is null and o.id = ").push_bind(id.uuid());
    query.build_query_as().fetch_optional(tx.conn()).await
}

/// The newest orders of a company that are not paid or not delivered.
pub async fn open_of(tx: &mut TenantTx, _: Permit<ReadOrders>, company: CompanyId, most: u16) -> Result<Vec<OrderRow>, sqlx::Error> {
    let mut query = QueryBuilder::<Postgres>::new("select ");
    query.push(COLUMNS).push(" from tenant.orders o join tenant.channel_accounts a on a.tenant_id = o.tenant_id and a.id = o.channel_account_id where o.tenant_id = ");
    query.push_bind(tx.tenant()).push(" and o.voided_at is null and o.company_id = ").push_bind(company.uuid());
    query.push(" and o.delivery_track not in ('cancelled', 'returned') and (o.outstanding > 0 or o.delivery_track <> 'delivered') order by o.placed_at desc, o.id desc limit ");
    query.push_bind(i64::from(most));
    query.build_query_as().fetch_all(tx.conn()).await
}

/// How many orders a filter finds and what they come to.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub total: i64,
    /// False when counting stopped at [`COUNT_MAX`]; everything then is of the newest so many.
    pub total_is_exact: bool,
    /// currency, total, outstanding
    pub sums: Vec<(String, Decimal, Decimal)>,
    pub by_payment: Vec<(String, i64)>,
    pub by_delivery: Vec<(String, i64)>,
    pub by_invoice: Vec<(String, i64)>,
    pub by_channel: Vec<(String, i64)>,
    pub by_segment: Vec<(String, i64)>,
    pub held: i64,
}

#[derive(FromRow)]
struct CountRow {
    currency: Option<String>,
    payment_track: Option<String>,
    delivery_track: Option<String>,
    invoice_track: Option<String>,
    channel_kind: Option<String>,
    segment: Option<String>,
    orders: i64,
    held: i64,
    total: Decimal,
    outstanding: Decimal,
}

/// Counts what the filter finds (LIST-2). Copies are counted as the list shows them, and add to no sum (SAME-1).
pub async fn counts(tx: &mut TenantTx, _: Permit<ReadOrders>, filter: &Filter) -> Result<Counts, sqlx::Error> {
    let mut query = QueryBuilder::<Postgres>::new(
        "with newest as materialized (
           select o.currency, o.payment_track, o.delivery_track, o.invoice_track, o.channel_kind, o.segment, o.hold_types <> '{}' as is_held,
             case when o.same_sale_as is null then o.total else 0 end as total, o.outstanding
           from tenant.orders o where ",
    );
    restrict(&mut query, tx.tenant(), filter);
    query.push(" order by o.placed_at desc, o.id desc limit ").push_bind(COUNT_MAX + 1).push(
        "), found as (select * from newest limit ",
    );
    query.push_bind(COUNT_MAX).push(
        ") select currency, payment_track, delivery_track, invoice_track, channel_kind, segment, count(*) as orders, count(*) filter (where is_held) as held,
             coalesce(sum(total), 0) as total, coalesce(sum(outstanding), 0) as outstanding
           from found group by grouping sets ((currency), (payment_track), (delivery_track), (invoice_track), (channel_kind), (segment))
           union all select null, null, null, null, null, null, count(*), count(*) filter (where is_held), 0, 0 from newest",
    );
    let rows: Vec<CountRow> = query.build_query_as().fetch_all(tx.conn()).await?;
    let mut counts = Counts::default();
    for row in rows {
        let CountRow { currency, payment_track, delivery_track, invoice_track, channel_kind, segment, orders, held, total, outstanding } = row;
        match (currency, payment_track, delivery_track, invoice_track, channel_kind, segment) {
            // An order of which nothing with money is known yet adds nothing to any sum.
            (Some(currency), ..) if currency == super::project::NO_CURRENCY => {}
            (Some(currency), ..) => counts.sums.push((currency, total, outstanding)),
            (_, Some(state), ..) => counts.by_payment.push((state, orders)),
            (_, _, Some(state), ..) => counts.by_delivery.push((state, orders)),
            (_, _, _, Some(state), ..) => counts.by_invoice.push((state, orders)),
            (_, _, _, _, Some(kind), _) => counts.by_channel.push((kind, orders)),
            (.., Some(segment)) => counts.by_segment.push((segment, orders)),
            _ => (counts.total, counts.total_is_exact, counts.held) = (orders.min(COUNT_MAX), orders <= COUNT_MAX, held),
        }
    }
    for list in [&mut counts.by_payment, &mut counts.by_delivery, &mut counts.by_invoice, &mut counts.by_channel, &mut counts.by_segment] {
        list.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    }
    counts.sums.sort();
    Ok(counts)
}

/// The conditions of a filter. The tenant comes first, said explicitly beside the policy so that indexes work.
fn restrict(query: &mut QueryBuilder<Postgres>, tenant: Uuid, filter: &Filter) {
    query.push("o.tenant_id = ").push_bind(tenant).push(" and o.voided_at is null and o.test = ").push_bind(filter.test);
    let kinds: Vec<String> = filter.channels.iter().map(|k| k.word().to_owned()).collect();
    for (condition, words) in [
        (" and o.channel_kind = any(", &kinds),
        (" and o.payment_track = any(", &filter.payment),
        (" and o.delivery_track = any(", &filter.delivery),
        (" and o.invoice_track = any(", &filter.invoice),
    ] {
        // One word compares plainly, so that the index on it also gives the order.
        match words.as_slice() {
            [] => {}
            [word] => {
                query.push(condition.trim_end_matches("any(")).push_bind(word.clone());
            }
            many => {
                query.push(condition).push_bind(many.to_vec()).push(")");
            }
        }
    }
    if let Some(account) = filter.account {
        query.push(" and o.channel_account_id = ").push_bind(account.uuid());
    }
    for (condition, word) in [
        (" and o.segment = ", &filter.segment),
        (" and o.source_tag = ", &filter.source),
        (" and o.staff = ", &filter.staff),
        (" and o.branch = ", &filter.branch),
        (" and o.payment_method = ", &filter.tender),
        (" and o.currency = ", &filter.currency),
    ] {
        if let Some(word) = word {
            query.push(condition).push_bind(word.clone());
        }
    }
    if let Some(company) = filter.company {
        query.push(" and o.company_id = ").push_bind(company.uuid());
    }
    if let Some(identities) = &filter.customer {
        query.push(" and o.customer = any(").push_bind(identities.clone()).push(")");
    }
    if let Some(confirmed) = filter.confirmed {
        query.push(if confirmed { " and o.confirmed_at is not null" } else { " and o.confirmed_at is null" });
    }
    if let Some(copy) = filter.copy {
        query.push(if copy { " and o.same_sale_as is not null" } else { " and o.same_sale_as is null" });
    }
    match filter.hold.as_deref() {
        None => {}
        Some("any") => {
            query.push(" and o.hold_types <> '{}'");
        }
        Some(kind) => {
            query.push(" and o.hold_types <> '{}' and ").push_bind(kind.to_owned()).push(" = any(o.hold_types)");
        }
    }
    if let Some(from) = filter.placed_from {
        query.push(" and o.placed_at >= ").push_bind(from);
    }
    if let Some(to) = filter.placed_to {
        query.push(" and o.placed_at < ").push_bind(to);
    }
    if let Some(least) = filter.total_min {
        query.push(" and o.total >= ").push_bind(least);
    }
    if let Some(most) = filter.total_max {
        query.push(" and o.total <= ").push_bind(most);
    }
    if let Some(tag) = &filter.tag {
        query.push(" and ").push_bind(tag.clone()).push(" = any(o.tags)");
    }
    match filter.returned {
        None => {}
        Some(true) => {
            query.push(" and o.delivery_track in ('returning', 'partially_returned', 'returned')");
        }
        Some(false) => {
            query.push(" and o.delivery_track not in ('returning', 'partially_returned', 'returned')");
        }
    }
    if let Some(text) = filter.text.as_deref().map(search::folded).filter(|text| !text.is_empty()) {
        // A phone number is kept as digits alone, however it was written.
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let is_phone = digits.len() >= 7 && text.chars().all(|c| c.is_ascii_digit() || " +-.()".contains(c));
        query.push(" and (strpos(o.search_text, ").push_bind(text.clone()).push(") > 0");
        if is_phone && digits != text {
            query.push(" or strpos(o.search_text, ").push_bind(digits).push(") > 0");
        }
        if let Ok(number) = text.trim_start_matches('#').parse::<i64>() {
            query.push(" or o.number = ").push_bind(number);
        }
        query.push(")");
    }
}
