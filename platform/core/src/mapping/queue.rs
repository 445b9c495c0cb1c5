//! Listings that are mapped to nothing, with the orders that have them, the most wanted first.
//! Invariant QUEUE-MAP-1: every order on a mapping hold for a listing is counted under that listing.

use super::suggest::{self, Suggestion};
use kernel::{ChannelAccountId, Decimal, Page, PageLimit, Timestamp};
use tenants::rights::ReadProducts;
use tenants::{Permit, TenantTx};

/// How far back orders are looked through that wait for nothing.
pub const RECENT_DAYS: i64 = 30;

/// Whose listings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Orders on a mapping hold.
    Held,
    /// All orders of the last [`RECENT_DAYS`] days: what would wait, before a tenant asks for mapping.
    Recent,
}

/// A listing that is mapped to nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Unmapped {
    pub account: ChannelAccountId,
    pub account_name: String,
    pub channel_kind: String,
    pub listing: String,
    /// As the newest order has it.
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
             select o.id, o.channel_account_id as account, o.currency::text as currency, o.placed_at, l.quantity, l.total, l.name, tenant.listing_of(l.sku, l.name) as listing
             from tenant.orders o join tenant.order_lines l on l.tenant_id = $1 and l.order_id = o.id and l.kind = 'product'
             where o.tenant_id = $1 and o.voided_at is null and o.same_sale_as is null and ($3::uuid is null or o.channel_account_id = $3)
               and case when $2::timestamptz is null then o.hold_types <> '{}' and 'mapping' = any(o.hold_types) else o.placed_at >= $2 end
           ), named as (
             select account, listing, count(distinct id) as orders, sum(quantity) as units, min(placed_at) as oldest, (array_agg(name order by placed_at desc))[1] as name from found group by account, listing
           ), page as (
             select n.* from named n where not tenant.is_mapped($1, n.account, n.listing)
               and ($4::int8 is null or n.orders < $4 or (n.orders = $4 and (n.account, n.listing) > ($5::uuid, $6::text)))
             order by n.orders desc, n.account, n.listing limit $7
           )
           select p.account as "account!: ChannelAccountId", a.name as "account_name!", a.kind as "channel_kind!", p.listing as "listing!", p.name as "name?", p.orders as "orders!", p.units as "units!", p.oldest as "oldest!",
             (select jsonb_agg(jsonb_build_array(s.currency, s.total::text) order by s.currency)
              from (select f.currency, sum(f.total) as total from found f where f.account = p.account and f.listing = p.listing group by f.currency) s) as "value!: sqlx::types::Json<Vec<(String, Decimal)>>"
           from page p join tenant.channel_accounts a on a.tenant_id = $1 and a.id = p.account
           order by p.orders desc, p.account, p.listing"#,
        tx.tenant(),
        since,
        account.map(ChannelAccountId::uuid),
        after_orders,
        after_account,
        after_listing,
        limit.rows() + 1,
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
