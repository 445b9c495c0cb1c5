//! Looks for what the invariants of mapping forbid: a listing mapped to nothing, an order that should wait and does not.

use tenants::TenantTx;

/// Findings of a kind that are told.
const SHOWN_MAX: i64 = 100;

/// Each in one line; none on books only this code wrote.
pub async fn differences(tx: &mut TenantTx) -> Result<Vec<String>, sqlx::Error> {
    let empty = sqlx::query_scalar!(
        "select l.listing from tenant.listings l where l.tenant_id = $1
           and not exists (select from tenant.listing_parts p where p.tenant_id = $1 and p.channel_account_id = l.channel_account_id and p.listing = l.listing) limit $2",
        tx.tenant(),
        SHOWN_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    // A hold that a person released stays released (HOLD-3): it was placed, and that is what counts here.
    let free = sqlx::query!(
        r#"with asked as (
             select o.id, o.number, o.channel_account_id as account from tenant.mapping_settings s
             join tenant.orders o on o.tenant_id = $1 and o.created_at >= s.required_since and o.voided_at is null and o.same_sale_as is null where s.tenant_id = $1
           ), named as (
             select a.id, a.number, a.account, l.external_id, tenant.listing_of(l.sku, l.name) as listing from asked a join tenant.order_lines l on l.tenant_id = $1 and l.order_id = a.id and l.kind = 'product'
           ), listed as materialized (select distinct account, listing from named
           ), missing as materialized (select account, listing from listed where not tenant.is_mapped($1, account, listing))
           select n.number as "number!", n.external_id as "external_id!" from missing m join named n on n.account = m.account and n.listing = m.listing
           where not exists (select from tenant.holds h where h.tenant_id = $1 and h.order_id = n.id and h.type = 'mapping' and h.scope in ('order', 'line:' || n.external_id))
           limit $2"#,
        tx.tenant(),
        SHOWN_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    let stuck = sqlx::query!(
        r#"select o.number, h.scope from tenant.holds h join tenant.orders o on o.tenant_id = $1 and o.id = h.order_id
           where h.tenant_id = $1 and h.state = 'placed' and h.type = 'mapping' and h.scope like 'line:%'
             and not exists (select from jsonb_array_elements(h.evidence -> 'problems') p where p ->> 'field' <> 'listing')
             and not exists (select from tenant.order_lines l where l.tenant_id = $1 and l.order_id = o.id and h.scope = 'line:' || l.external_id
               and not tenant.is_mapped($1, o.channel_account_id, tenant.listing_of(l.sku, l.name)))
             and not exists (select from tenant.mapping_settings s where s.tenant_id = $1 and s.settle_at is not null)
           limit $2"#,
        tx.tenant(),
        SHOWN_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    let empty = empty.into_iter().map(|listing| format!("listing {listing}: stored without parts, computed at least one"));
    let free = free.into_iter().map(|row| format!("order {} line {}: stored free, computed held for its mapping", row.number, row.external_id));
    let stuck = stuck.into_iter().map(|row| format!("order {} {}: stored held for its mapping, computed mapped", row.number, row.scope));
    Ok(empty.chain(free).chain(stuck).collect())
}
