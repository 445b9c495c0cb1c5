//! Receivables: what the entries of each order come to on its debtor's account.
//! Invariant AR-1: the receivables account is the sum of its orders' receivables and of the entries that name no order.

use super::entry::Entry;
use super::account::Role;
use kernel::OrderId;
use tenants::TenantTx;
use uuid::Uuid;

/// Differences one look tells.
const DIFFERENCES_MAX: i64 = 1_000;

/// Computes the receivables of the orders that the entries move again. The orders are locked by this transaction.
pub(super) async fn follow(tx: &mut TenantTx, entries: &[Entry]) -> Result<(), sqlx::Error> {
    let moved = entries.iter().filter(|entry| entry.lines().iter().any(|line| line.account.role == Role::Ar));
    let mut orders: Vec<Uuid> = moved.filter_map(|entry| entry.head().order).map(OrderId::uuid).collect();
    orders.sort_unstable();
    orders.dedup();
    if orders.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "with sums as (
           select e.order_id, l.account, e.currency, sum(l.amount) as amount, min(e.occurred_at) as since
           from tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount)
           where e.tenant_id = $1 and e.order_id = any($2) and tenant.is_receivable(l.account)
           group by e.order_id, l.account, e.currency having sum(l.amount) <> 0
         ), gone as (
           delete from tenant.receivables i where i.tenant_id = $1 and i.order_id = any($2)
             and not exists (select from sums s where s.order_id = i.order_id and s.account = i.account and s.currency = i.currency)
         )
         insert into tenant.receivables (tenant_id, order_id, account, currency, amount, since)
         select $1, order_id, account, currency, amount, since from sums
         on conflict (tenant_id, order_id, account, currency) do update set amount = excluded.amount, since = excluded.since
           where receivables.amount <> excluded.amount or receivables.since <> excluded.since",
        tx.tenant(),
        &orders,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Receivables that are not what the ledger says, in words. There are none (AR-1); `verify` asks.
pub async fn differences(tx: &mut TenantTx) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"with sums as (
             select e.order_id, l.account, e.currency, sum(l.amount) as amount
             from tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount)
             where e.tenant_id = $1 and e.order_id is not null and tenant.is_receivable(l.account)
             group by e.order_id, l.account, e.currency having sum(l.amount) <> 0
           ), stored as (select i.order_id, i.account, i.currency, i.amount from tenant.receivables i where i.tenant_id = $1)
           select coalesce(s.order_id, i.order_id) as "order_id!", coalesce(s.account, i.account) as "account!", coalesce(i.amount, 0) as "stored!", coalesce(s.amount, 0) as "computed!"
           from sums s full join stored i on i.order_id = s.order_id and i.account = s.account and i.currency = s.currency
           where s.amount is distinct from i.amount limit $2"#,
        tx.tenant(),
        DIFFERENCES_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| format!("receivable of {} on {}: stored {}, computed {}", OrderId(row.order_id), row.account, row.stored.normalize(), row.computed.normalize())).collect())
}
