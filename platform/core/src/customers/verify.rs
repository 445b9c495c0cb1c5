//! Looks for what the invariants of customers forbid.

use tenants::TenantTx;

const SHOWN_MAX: i64 = 100;

/// Links that lead further than one step (CUST-4). Each in one line. One whose orders name another buyer by now is none of them.
pub async fn differences(tx: &mut TenantTx) -> Result<Vec<String>, sqlx::Error> {
    let chained = sqlx::query_scalar!(
        "select l.identity from tenant.customer_links l join tenant.customer_links k on k.tenant_id = $1 and k.identity = l.customer where l.tenant_id = $1 limit $2",
        tx.tenant(),
        SHOWN_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    let chained = chained.into_iter().map(|id| format!("customer {}: stored merged into one that is merged itself, computed into the last", kernel::CustomerId(id)));
    Ok(chained.collect())
}
