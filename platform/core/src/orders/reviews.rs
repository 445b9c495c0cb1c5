//! Orders to be judged again, since something they were judged by has changed: a payment, a limit, their own lines.
//! Invariant REV-1: a change and the wish to judge again commit together; a claim is a lease, so a worker that dies loses nothing.
//! Invariant REV-3: a transaction that asks for many asks once, in the order of `placed_at` and id, so no two wait for each other.
//! Invariant REV-2: a review that keeps failing is tried later and later, and stays visible in its row.

use kernel::{CompanyId, OrderId, Timestamp};
use tenants::TenantTx;
use uuid::Uuid;

pub const LEASE_SECONDS: i64 = 60;
/// Orders one change asks for at most; the daily round brings the rest.
pub const AT_ONCE_MAX: i64 = 5_000;

/// Asks for the orders named.
pub async fn ask(tx: &mut TenantTx, orders: &[Uuid], why: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into tenant.credit_reviews as r (tenant_id, order_id, why, asked_at, due_at) select $1, id, $3, $4, $4 from unnest($2::uuid[]) as wanted(id)
         on conflict (tenant_id, order_id) do update set why = excluded.why, asked_at = excluded.asked_at, due_at = least(r.due_at, excluded.due_at), attempts = 0",
        tx.tenant(),
        orders,
        why,
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Asks for the orders of a company's group that can still be stopped: held ones, and confirmed ones not paid.
pub async fn ask_group(tx: &mut TenantTx, company: CompanyId, why: &str) -> Result<(), sqlx::Error> {
    ask_groups(tx, &[], &[company.uuid()], why).await
}

/// Asks for orders and for their companies' groups, in one statement (REV-3).
pub async fn ask_groups(tx: &mut TenantTx, orders: &[Uuid], companies: &[Uuid], why: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "with wanted as (
           select named.id from unnest($2::uuid[]) as named(id)
           union
           (select g.id from tenant.orders g
            where g.tenant_id = $1 and g.voided_at is null and g.delivery_track in ('unallocated', 'packed', 'partially_shipped')
              and (g.hold_types && array['credit', 'deposit', 'plugin', 'risk'] or g.confirmed_at is not null and g.outstanding > 0)
              and g.company_id in (
                select c.id from tenant.companies c, tenant.companies mine
                where c.tenant_id = $1 and mine.tenant_id = $1 and mine.id = any($3)
                  and coalesce(c.parent_id, c.id) = coalesce(mine.parent_id, mine.id))
            order by g.placed_at, g.id limit $6)
         )
         insert into tenant.credit_reviews as r (tenant_id, order_id, why, asked_at, due_at)
         select $1, o.id, $4, $5, $5 from tenant.orders o join wanted w on w.id = o.id
         where o.tenant_id = $1 order by o.placed_at, o.id
         on conflict (tenant_id, order_id) do update set why = excluded.why, asked_at = excluded.asked_at, due_at = least(r.due_at, excluded.due_at), attempts = 0",
        tx.tenant(),
        orders,
        companies,
        why,
        tx.now(),
        AT_ONCE_MAX,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Asks for everything that is held by a policy, or confirmed for a company and still here: the rules changed.
pub async fn ask_all(tx: &mut TenantTx, why: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into tenant.credit_reviews as r (tenant_id, order_id, why, asked_at, due_at)
         select $1, o.id, $2, $3, $3 from tenant.orders o
         where o.tenant_id = $1 and o.voided_at is null and o.delivery_track in ('unallocated', 'packed', 'partially_shipped')
           and (o.hold_types && array['credit', 'deposit', 'plugin', 'risk', 'price_approval'] or o.company_id is not null and o.confirmed_at is not null and o.outstanding > 0)
         order by o.placed_at, o.id limit $4
         on conflict (tenant_id, order_id) do update set why = excluded.why, asked_at = excluded.asked_at, due_at = least(r.due_at, excluded.due_at), attempts = 0",
        tx.tenant(),
        why,
        tx.now(),
        AT_ONCE_MAX,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The daily round: days pass too, and with them what is due.
pub async fn ask_overdue(tx: &mut TenantTx, today: chrono::NaiveDate) -> Result<u64, sqlx::Error> {
    let asked = sqlx::query!(
        "insert into tenant.credit_reviews as r (tenant_id, order_id, why, asked_at, due_at)
         select $1, o.id, 'overdue', $2, $2 from tenant.orders o
         where o.tenant_id = $1 and o.company_id is not null and o.voided_at is null and o.delivery_track in ('unallocated', 'packed', 'partially_shipped')
           and o.outstanding > 0 and (o.confirmed_at is not null or 'credit' = any(o.hold_types))
           and exists (select from tenant.orders d where d.tenant_id = $1 and d.company_id = o.company_id and d.due_on < $3 and d.outstanding > 0)
         order by o.placed_at, o.id limit $4
         on conflict (tenant_id, order_id) do nothing",
        tx.tenant(),
        tx.now(),
        today,
        AT_ONCE_MAX,
    )
    .execute(tx.conn())
    .await?;
    Ok(asked.rows_affected())
}

/// The daily round: orders whose deposit should have come by now.
pub async fn ask_deposits(tx: &mut TenantTx, today: chrono::NaiveDate) -> Result<u64, sqlx::Error> {
    let asked = sqlx::query!(
        "insert into tenant.credit_reviews as r (tenant_id, order_id, why, asked_at, due_at)
         select $1, o.id, 'deposit due', $2, $2 from tenant.order_deposits d join tenant.orders o on o.tenant_id = $1 and o.id = d.order_id
         where d.tenant_id = $1 and d.due_on < $3 and o.voided_at is null and o.outstanding > 0 and o.confirmed_at is not null
           and o.delivery_track in ('unallocated', 'packed', 'partially_shipped') and not 'deposit' = any(o.hold_types)
         order by d.due_on, o.id limit $4
         on conflict (tenant_id, order_id) do nothing",
        tx.tenant(),
        tx.now(),
        today,
        AT_ONCE_MAX,
    )
    .execute(tx.conn())
    .await?;
    Ok(asked.rows_affected())
}

/// A claimed review. `asked_at` tells whether it was asked for again meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Claimed {
    pub order: OrderId,
    pub asked_at: Timestamp,
    pub attempts: i32,
}

/// Takes what is due, for [`LEASE_SECONDS`] (REV-1).
pub async fn claim(tx: &mut TenantTx, limit: i64) -> Result<Vec<Claimed>, sqlx::Error> {
    let until = tx.now() + chrono::Duration::seconds(LEASE_SECONDS);
    sqlx::query_as!(
        Claimed,
        r#"with due as materialized (select order_id from tenant.credit_reviews where tenant_id = $1 and due_at <= $2 order by due_at limit $4 for update skip locked)
           update tenant.credit_reviews r set due_at = $3, attempts = r.attempts + 1
           from due
           where r.tenant_id = $1 and r.order_id = due.order_id
           returning r.order_id as "order: OrderId", r.asked_at, r.attempts"#,
        tx.tenant(),
        tx.now(),
        until,
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

/// The review is done, unless it was asked for again meanwhile.
pub async fn done(tx: &mut TenantTx, claimed: Claimed) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from tenant.credit_reviews where tenant_id = $1 and order_id = $2 and asked_at = $3", tx.tenant(), claimed.order.uuid(), claimed.asked_at)
        .execute(tx.conn())
        .await?;
    sqlx::query!("update tenant.credit_reviews set due_at = $3 where tenant_id = $1 and order_id = $2 and due_at > $3", tx.tenant(), claimed.order.uuid(), tx.now())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Tried again later (REV-2).
pub async fn failed(tx: &mut TenantTx, claimed: Claimed, why: &str) -> Result<(), sqlx::Error> {
    let wait = chrono::Duration::seconds(5i64 << claimed.attempts.clamp(0, 10));
    sqlx::query!(
        "update tenant.credit_reviews set due_at = $3, why = $4 where tenant_id = $1 and order_id = $2",
        tx.tenant(),
        claimed.order.uuid(),
        tx.now() + wait,
        why.chars().take(300).collect::<String>(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
