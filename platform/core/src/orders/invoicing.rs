//! Orders whose documents of tax may have to follow what was posted: a sale, a return, a payment.
//! Invariant QUEUE-1: a posting and the wish to look at its documents commit together; a claim is a lease, so a worker that
//! dies loses nothing. Tenants who issue by hand get no rows.

use kernel::{OrderId, Timestamp};
use tenants::TenantTx;
use uuid::Uuid;

pub const LEASE_SECONDS: i64 = 60;
const WHY_CHARS_MAX: usize = 300;

/// Asks for the orders named, while the tenant's settings issue by themselves.
pub(crate) async fn ask(tx: &mut TenantTx, orders: &[Uuid]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into tenant.invoice_queue as q (tenant_id, order_id, asked_at, due_at) select $1, id, $3, $3 from unnest($2::uuid[]) as wanted(id)
         where (select s.issue_on <> 'manual' from tenant.invoice_settings s where s.tenant_id = $1 order by s.version desc limit 1)
         on conflict (tenant_id, order_id) do update set asked_at = excluded.asked_at, due_at = excluded.due_at, attempts = 0",
        tx.tenant(),
        orders,
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A claimed order.
#[derive(Clone, Copy, Debug)]
pub struct Claimed {
    pub order: OrderId,
    pub attempts: i32,
}

/// Takes what is due, for [`LEASE_SECONDS`].
pub async fn claim(tx: &mut TenantTx, limit: i64) -> Result<Vec<Claimed>, sqlx::Error> {
    let until = tx.now() + chrono::Duration::seconds(LEASE_SECONDS);
    sqlx::query_as!(
        Claimed,
        r#"with due as materialized (select order_id from tenant.invoice_queue where tenant_id = $1 and due_at <= $2 order by due_at limit $4 for update skip locked)
           update tenant.invoice_queue q set due_at = $3, attempts = q.attempts + 1
           from due
           where q.tenant_id = $1 and q.order_id = due.order_id
           returning q.order_id as "order: OrderId", q.attempts"#,
        tx.tenant(),
        tx.now(),
        until,
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

/// Nothing is left to do for the order. The caller holds the order locked since before it looked: whoever asks again holds
/// that lock too, and so asks after this.
pub async fn done(tx: &mut TenantTx, claimed: Claimed) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from tenant.invoice_queue where tenant_id = $1 and order_id = $2", tx.tenant(), claimed.order.uuid()).execute(tx.conn()).await?;
    Ok(())
}

/// To be looked at again at an instant.
pub async fn wait(tx: &mut TenantTx, claimed: Claimed, until: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!("update tenant.invoice_queue set due_at = $3, attempts = 0, why = null where tenant_id = $1 and order_id = $2", tx.tenant(), claimed.order.uuid(), until)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Tried again later and later; the reason stays readable.
pub async fn failed(tx: &mut TenantTx, claimed: Claimed, why: &str) -> Result<(), sqlx::Error> {
    let wait = chrono::Duration::seconds(30i64 << claimed.attempts.clamp(0, 11));
    sqlx::query!(
        "update tenant.invoice_queue set due_at = $3, why = $4 where tenant_id = $1 and order_id = $2",
        tx.tenant(),
        claimed.order.uuid(),
        tx.now() + wait,
        why.chars().take(WHY_CHARS_MAX).collect::<String>(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
