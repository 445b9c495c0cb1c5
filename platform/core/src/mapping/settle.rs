//! Lets orders go on whose listings are mapped by now (MAP-2).
//!
//! A round walks through the orders that stand on a mapping hold for a listing, by id, and computes those anew whose hold
//! stands for nothing any more. Each step is a transaction of its own; a round that is broken off is begun again.

use crate::orders::{self, intake::IntakeError, lacking::FIELD, reviews};
use kernel::OrderId;
use tenants::TenantTx;
use uuid::Uuid;

/// Orders one step lets go on.
pub const STEP: i64 = 100;

/// One step after `after`. Returns the last order it let go on; `None` when none was left.
pub async fn step(tx: &mut TenantTx, after: Option<OrderId>) -> Result<Option<OrderId>, IntakeError> {
    let found = sqlx::query!(
        r#"select h.order_id as "order!", bool_or(h.confirms) as "confirms!" from tenant.holds h join tenant.orders o on o.tenant_id = $1 and o.id = h.order_id
           where h.tenant_id = $1 and h.state = 'placed' and h.type = 'mapping' and ($2::uuid is null or h.order_id > $2)
             and exists (select from jsonb_array_elements(h.evidence -> 'problems') p where p ->> 'field' = $4)
             and (coalesce(o.created_at < (select s.required_since from tenant.mapping_settings s where s.tenant_id = $1), true) or not exists (
               select from tenant.order_lines l where l.tenant_id = $1 and l.order_id = o.id and l.kind = 'product' and h.scope in ('order', 'line:' || l.external_id)
                 and not tenant.is_mapped($1, o.channel_account_id, tenant.listing_of(l.sku, l.name))))
           group by h.order_id order by h.order_id limit $3"#,
        tx.tenant(),
        after.map(OrderId::uuid),
        STEP,
        FIELD,
    )
    .fetch_all(tx.conn())
    .await?;
    let orders: Vec<OrderId> = found.iter().map(|row| OrderId(row.order)).collect();
    if orders.is_empty() {
        return Ok(None);
    }
    orders::refold(tx, &orders).await?;
    // What somebody wanted confirmed is judged again, and confirmed when nothing else stands against it.
    let wanted: Vec<Uuid> = found.iter().filter(|row| row.confirms).map(|row| row.order).collect();
    if !wanted.is_empty() {
        reviews::ask(tx, &wanted, "mapped").await?;
    }
    Ok(orders.last().copied())
}
