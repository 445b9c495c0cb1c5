//! Listings that are mapped to nothing, with the orders that have them, the most wanted first.
//! Invariant QUEUE-MAP-1: every order on a mapping hold for a listing is counted under that listing.

use super::suggest::{self, Suggestion};
use kernel::{ChannelAccountId, Decimal, Page, PageLimit, Timestamp};
use tenants::rights::ReadProducts;
use tenants::{Permit, TenantTx};

/// How far back orders are looked through that wait for nothing.
pub const RECENT_DAYS: i64 = 30;
/// The newest so many of them.
pub const RECENT_ORDERS_MAX: i64 = 20_000;

/// Whose listings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Orders on a mapping hold.
    Held,
    /// Orders of the last [`RECENT_DAYS`] days: what would wait, before a tenant asks for mapping.
    Recent,
}

/// A listing that is mapped to nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Unmapped {
    pub account: ChannelAccountId,
    pub account_name: String,
    pub channel_kind: String,
    pub listing: String,
    /// One its lines have.
    pub name: Option<String>,
    pub orders: i64,
    pub units: Decimal,
    /// What buyers pay for its lines, by currency.
    pub value: Vec<(String, Decimal)>,
    pub oldest: Timestamp,
    pub suggestion: Option<Suggestion>,
}

/// The place of a row: orders, account, listing.
pub type After = (i64, ChannelAccountId, String);

/// One page of the queue.
pub async fn page(tx: &mut TenantTx, _: Permit<ReadProducts>, of: Of, account: Option<ChannelAccountId>, after: Option<After>, limit: PageLimit) -> Result<Page<Unmapped, After>, sqlx::Error> {
    let since = (of == Of::Recent).then(|| tx.now() - chrono::Duration::days(RECENT_DAYS));
    let (after_orders, after_account, after_listing) = match after {
        Some((orders, account, listing)) => (Some(orders), Some(account.uuid()), Some(listing)),
        None => (None, None, None),
    };
    let rows = sqlx::query!(
        r#"with found as (
             select o.id, o.channel_account_id as account, o.currency, tenant.listing_of(l.sku, l.name) as listing, min(o.placed_at) as placed_at, sum(l.quantity) as units, sum(l.total) as total, max(l.name) as name
             from (
               select h.* from tenant.orders h where $2::timestamptz is null and h.tenant_id = $1 and h.hold_types <> '{}' and 'mapping' = any(h.hold_types)
               union all (select r.* from tenant.orders r where r.tenant_id = $1 and r.placed_at >= $2 order by r.placed_at desc, r.id desc limit $8)) o
             join tenant.order_lines l on l.tenant_id = $1 and l.order_id = o.id and l.kind = 'product'
             where o.voided_at is null and o.same_sale_as is null and ($3::uuid is null or o.channel_account_id = $3)
             group by o.id, o.channel_account_id, o.currency, 4
           ), by_currency as (
             select account, listing, currency, count(*) as orders, sum(units) as units, sum(total) as total, min(placed_at) as oldest, max(name) as name from found group by account, listing, currency
           ), named as materialized (
             select account, listing, sum(orders)::int8 as orders, sum(units) as units, min(oldest) as oldest, max(name) as name, jsonb_agg(jsonb_build_array(currency, total::text) order by currency) as value
             from by_currency group by account, listing
           ), page as (
             select n.* from named n where not tenant.is_mapped($1, n.account, n.listing)
               and ($4::int8 is null or n.orders < $4 or (n.orders = $4 and (n.account, n.listing) > ($5::uuid, $6::text)))
             order by n.orders desc, n.account, n.listing limit $7
           )
           select p.account as "account!: ChannelAccountId", a.name as "account_name!", a.kind as "channel_kind!", p.listing as "listing!", p.name as "name?", p.orders as "orders!", p.units as "units!", p.oldest as "oldest!",
             p.value as "value!: sqlx::types::Json<Vec<(String, Decimal)>>"
           from page p join tenant.channel_accounts a on a.tenant_id = $1 and a.id = p.account
           order by p.orders desc, p.account, p.listing"#,
        tx.tenant(),
        since,
        account.map(ChannelAccountId::uuid),
        after_orders,
        after_account,
        after_listing,
        limit.rows() + 1,
        RECENT_ORDERS_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    let rows = rows.into_iter().map(|row| Unmapped {
        account: row.account,
        account_name: row.account_name,
        channel_kind: row.channel_kind,
        listing: row.listing,
        name: row.name,
        orders: row.orders,
        units: row.units.normalize(),
        value: row.value.0,
        oldest: row.oldest,
        suggestion: None,
    });
    let mut page = Page::from_fetched(rows.collect(), limit, |row: &Unmapped| (row.orders, row.account, row.listing.clone()));
    suggest::suggest(tx, &mut page.rows).await?;
    Ok(page)
}
