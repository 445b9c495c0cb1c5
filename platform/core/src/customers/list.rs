//! Customers as the list shows them, and one with all that is known (CUST-2).
//! Orders that count: not voided, no test, no copy of another order.

use kernel::{ChannelAccountId, CustomerId, Decimal, OrderId, Page, PageLimit, Timestamp, search::folded};
use serde::Deserialize;
use tenants::rights::ReadCustomers;
use tenants::{Permit, TenantTx};
use uuid::Uuid;

/// What a customer's orders of one currency come to.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Sum {
    pub currency: String,
    pub orders: i64,
    pub total: Decimal,
    pub outstanding: Decimal,
}

/// One customer, named as the newest order names them.
#[derive(Clone, Debug, PartialEq)]
pub struct Customer {
    pub id: CustomerId,
    pub name: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub company: Option<String>,
    /// The channel of the newest order hides the person.
    pub masked: bool,
    /// Kinds of the channels they bought on.
    pub channels: Vec<String>,
    pub orders: i64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    pub sums: Vec<Sum>,
    /// How many identities were merged into one.
    pub identities: i64,
    pub last_order: OrderId,
}

struct Row {
    id: CustomerId,
    name: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    company: Option<String>,
    masked: bool,
    channels: Vec<String>,
    orders: i64,
    first_at: Timestamp,
    last_at: Timestamp,
    matched_at: Timestamp,
    matched: OrderId,
    sums: sqlx::types::Json<Vec<Sum>>,
    identities: i64,
    last_order: OrderId,
}

/// The place of a row: the newest order that was found.
pub type After = (Timestamp, OrderId);

/// One page, who bought last first. `text` is a part of a name, telephone number, e-mail address or of what was bought.
pub async fn page(tx: &mut TenantTx, _: Permit<ReadCustomers>, text: Option<&str>, after: Option<After>, limit: PageLimit) -> Result<Page<Customer, After>, sqlx::Error> {
    let text = text.map(folded).filter(|text| !text.is_empty()).map(|text| {
        // A telephone number is kept as digits alone, however it was written.
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        if digits.len() >= 7 && text.chars().all(|c| c.is_ascii_digit() || " +-.()".contains(c)) { digits } else { text }
    });
    let rows = rows(tx, None, text, after, limit.rows() + 1).await?;
    let page = Page::from_fetched(rows, limit, |row: &Row| (row.matched_at, row.matched));
    Ok(Page { rows: page.rows.into_iter().map(Customer::from).collect(), next: page.next })
}

/// One customer, by any of their identities; `None` when the tenant has no such.
pub async fn find(tx: &mut TenantTx, _: Permit<ReadCustomers>, id: CustomerId) -> Result<Option<Customer>, sqlx::Error> {
    let identities = identities(tx, id).await?;
    Ok(rows(tx, Some(&identities), None, None, 1).await?.pop().map(Customer::from))
}

/// All identities of the customer that the id belongs to, the one others were merged into first.
pub async fn identities(tx: &mut TenantTx, id: CustomerId) -> Result<Vec<Uuid>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        r#"with root as (select coalesce((select l.customer from tenant.customer_links l where l.tenant_id = $1 and l.identity = $2), $2) as id)
           select r.id as "id!" from root r union all select l.identity from root r join tenant.customer_links l on l.tenant_id = $1 and l.customer = r.id"#,
        tx.tenant(),
        id.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

async fn rows(tx: &mut TenantTx, only: Option<&[Uuid]>, text: Option<String>, after: Option<After>, limit: i64) -> Result<Vec<Row>, sqlx::Error> {
    let (after_at, after_id) = after.map(|(at, id)| (at, id.uuid())).unzip();
    sqlx::query_as!(
        Row,
        r#"with newest as (
             select o.id, o.placed_at, w.identities
             from tenant.orders o
             left join tenant.customer_links k on k.tenant_id = $1 and k.identity = o.customer
             cross join lateral (select array(
               select coalesce(k.customer, o.customer) union all select l.identity from tenant.customer_links l where l.tenant_id = $1 and l.customer = coalesce(k.customer, o.customer)) as identities) w
             where o.tenant_id = $1 and o.customer is not null and o.voided_at is null and not o.test and o.same_sale_as is null
               and ($2::uuid[] is null or o.customer = any($2)) and ($3::text is null or strpos(o.search_text, $3) > 0)
               and ($4::timestamptz is null or (o.placed_at, o.id) < ($4, $5::uuid))
               and not exists (
                 select from tenant.orders n
                 where n.tenant_id = $1 and n.customer = any(w.identities) and (n.placed_at, n.id) > (o.placed_at, o.id)
                   and n.voided_at is null and not n.test and n.same_sale_as is null and ($3::text is null or strpos(n.search_text, $3) > 0))
             order by o.placed_at desc, o.id desc limit $6
           )
           select w.identities[1] as "id!: CustomerId", h.buyer_name as "name?", h.buyer_phone as "phone?", h.buyer_email as "email?", h.company as "company?", h.buyer_masked as "masked!",
             f.channels as "channels!", f.orders as "orders!", f.first_at as "first_at!", f.last_at as "last_at!", w.placed_at as "matched_at!", w.id as "matched!: OrderId",
             f.sums as "sums!: sqlx::types::Json<Vec<Sum>>", cardinality(w.identities)::int8 as "identities!", h.id as "last_order!: OrderId"
           from newest w
           cross join lateral (
             select (select array_agg(distinct c.channel_kind order by c.channel_kind) from tenant.orders c
                     where c.tenant_id = $1 and c.customer = any(w.identities) and c.voided_at is null and not c.test and c.same_sale_as is null) as channels,
               sum(s.orders)::int8 as orders, min(s.first_at) as first_at, max(s.last_at) as last_at,
               jsonb_agg(jsonb_build_object('currency', s.currency, 'orders', s.orders, 'total', s.total::text, 'outstanding', s.outstanding::text) order by s.currency) as sums
             from (select o.currency::text as currency, count(*) as orders, sum(o.total) as total, sum(o.outstanding) as outstanding, min(o.placed_at) as first_at, max(o.placed_at) as last_at
                   from tenant.orders o
                   where o.tenant_id = $1 and o.customer = any(w.identities) and o.voided_at is null and not o.test and o.same_sale_as is null group by o.currency) s) f
           cross join lateral (
             select o.id, o.buyer_name, o.buyer_phone, o.buyer_email, o.company, o.buyer_masked from tenant.orders o
             where o.tenant_id = $1 and o.customer = any(w.identities) and o.voided_at is null and not o.test and o.same_sale_as is null order by o.placed_at desc, o.id desc limit 1) h
           order by w.placed_at desc, w.id desc"#,
        tx.tenant(),
        only as Option<&[Uuid]>,
        text,
        after_at,
        after_id,
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

impl From<Row> for Customer {
    fn from(row: Row) -> Self {
        let Row { id, name, phone, email, company, masked, channels, orders, first_at, last_at, sums, identities, last_order, .. } = row;
        Self { id, name, phone, email, company, masked, channels, orders, first_at, last_at, sums: sums.0, identities, last_order }
    }
}

/// By what orders were told to be this customer's.
#[derive(Clone, Debug, PartialEq)]
pub struct IdentityOf {
    pub id: CustomerId,
    /// `phone`, `email` or `buyer`: an account's own id of them
    pub kind: String,
    pub name: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub masked: bool,
    /// The account of the newest order.
    pub account: ChannelAccountId,
    pub account_name: String,
    pub orders: i64,
    pub reason: Option<String>,
    pub linked_by: Option<String>,
    pub linked_at: Option<Timestamp>,
}

/// The identities of a customer with how they came together, the one others were merged into first.
pub async fn known_by(tx: &mut TenantTx, _: Permit<ReadCustomers>, id: CustomerId) -> Result<Vec<IdentityOf>, sqlx::Error> {
    let all = identities(tx, id).await?;
    sqlx::query_as!(
        IdentityOf,
        r#"select i.id as "id!: CustomerId", case when h.key like 'phone %' then 'phone' when h.key like 'email %' then 'email' else 'buyer' end as "kind!",
             h.buyer_name as "name?", h.buyer_phone as "phone?", h.buyer_email as "email?", h.buyer_masked as "masked!", h.account as "account!: ChannelAccountId", h.account_name as "account_name!", h.orders as "orders!",
             l.reason as "reason?", l.linked_by as "linked_by?", l.linked_at as "linked_at?"
           from unnest($2::uuid[]) with ordinality as i(id, place)
           left join tenant.customer_links l on l.tenant_id = $1 and l.identity = i.id
           cross join lateral (
             select o.buyer_name, o.buyer_phone, o.buyer_email, o.buyer_masked, a.id as account, a.name as account_name, count(*) over () as orders,
               tenant.customer_key(o.channel_account_id, o.buyer_key, o.buyer_masked, o.buyer_phone, o.buyer_email, o.ship_to ->> 'country', o.currency::text) as key
             from tenant.orders o join tenant.channel_accounts a on a.tenant_id = $1 and a.id = o.channel_account_id
             where o.tenant_id = $1 and o.customer = i.id and o.voided_at is null and not o.test and o.same_sale_as is null order by o.placed_at desc, o.id desc limit 1) h
           order by i.place"#,
        tx.tenant(),
        &all,
    )
    .fetch_all(tx.conn())
    .await
}

/// What a customer bought in one account.
#[derive(Clone, Debug, PartialEq)]
pub struct InAccount {
    pub account: ChannelAccountId,
    pub account_name: String,
    pub channel_kind: String,
    pub currency: String,
    pub orders: i64,
    pub total: Decimal,
    pub outstanding: Decimal,
    pub last_at: Timestamp,
}

/// Account by account and currency.
pub async fn by_account(tx: &mut TenantTx, _: Permit<ReadCustomers>, id: CustomerId) -> Result<Vec<InAccount>, sqlx::Error> {
    let all = identities(tx, id).await?;
    sqlx::query_as!(
        InAccount,
        r#"select a.id as "account!: ChannelAccountId", a.name as "account_name!", a.kind as "channel_kind!", o.currency::text as "currency!", count(*) as "orders!",
             sum(o.total) as "total!", sum(o.outstanding) as "outstanding!", max(o.placed_at) as "last_at!"
           from tenant.orders o join tenant.channel_accounts a on a.tenant_id = $1 and a.id = o.channel_account_id
           where o.tenant_id = $1 and o.customer = any($2) and o.voided_at is null and not o.test and o.same_sale_as is null
           group by a.id, a.name, a.kind, o.currency order by a.name, o.currency"#,
        tx.tenant(),
        &all,
    )
    .fetch_all(tx.conn())
    .await
}

/// Whose an order is.
pub async fn of_order(tx: &mut TenantTx, order: OrderId) -> Result<Option<CustomerId>, sqlx::Error> {
    let found = sqlx::query_scalar!(
        r#"select coalesce((select l.customer from tenant.customer_links l where l.tenant_id = $1 and l.identity = o.customer), o.customer) as "customer?: CustomerId"
           from tenant.orders o where o.tenant_id = $1 and o.id = $2"#,
        tx.tenant(),
        order.uuid(),
    );
    Ok(found.fetch_optional(tx.conn()).await?.flatten())
}
