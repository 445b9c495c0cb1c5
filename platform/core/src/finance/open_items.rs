//! Open items: the money of each order that is under way, by the account it waits on: told to be transferred, held by a
//! processor, a marketplace or a carrier, or paid out and not seen by the bank.
//! Invariant OPEN-1: an open item is what the entries of its order come to on its account; nothing has no row. So a
//! clearing account is the sum of its open items and of the entries that name no order.

use super::account::{Account, Role};
use super::entry::Entry;
use kernel::{Decimal, OrderId, Timestamp};
use tenants::TenantTx;
use uuid::Uuid;

/// Differences one look tells.
const DIFFERENCES_MAX: i64 = 1_000;

/// Money of one order that waits on one account; negative is owed by us.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenItem {
    pub order: OrderId,
    pub account: Account,
    pub currency: String,
    pub amount: Decimal,
    pub since: Timestamp,
}

fn is_under_way(role: Role) -> bool {
    matches!(role, Role::BankClearing | Role::ProcessorClearing | Role::MarketplaceClearing | Role::CodCarrier | Role::Bank)
}

/// Computes the open items of the orders that the entries move again. The orders are locked by this transaction.
pub(super) async fn follow(tx: &mut TenantTx, entries: &[Entry]) -> Result<(), sqlx::Error> {
    let moved = entries.iter().filter(|entry| entry.lines().iter().any(|line| is_under_way(line.account.role)));
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
           where e.tenant_id = $1 and e.order_id = any($2) and tenant.is_under_way(l.account)
           group by e.order_id, l.account, e.currency having sum(l.amount) <> 0
         ), gone as (
           delete from tenant.open_items i where i.tenant_id = $1 and i.order_id = any($2)
             and not exists (select from sums s where s.order_id = i.order_id and s.account = i.account and s.currency = i.currency)
         )
         insert into tenant.open_items (tenant_id, order_id, account, currency, amount, since)
         select $1, order_id, account, currency, amount, since from sums
         on conflict (tenant_id, order_id, account, currency) do update set amount = excluded.amount, since = excluded.since
           where open_items.amount <> excluded.amount or open_items.since <> excluded.since",
        tx.tenant(),
        &orders,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The open items of an order, locked with it until the transaction ends.
pub async fn of_orders(tx: &mut TenantTx, orders: &[OrderId]) -> Result<Vec<OpenItem>, sqlx::Error> {
    let ids: Vec<Uuid> = orders.iter().map(|order| order.uuid()).collect();
    sqlx::query!("select id from tenant.orders where tenant_id = $1 and id = any($2) order by id for update", tx.tenant(), &ids).fetch_all(tx.conn()).await?;
    let rows = sqlx::query!(
        "select order_id, account, currency, amount, since from tenant.open_items where tenant_id = $1 and order_id = any($2) order by order_id, account, currency",
        tx.tenant(),
        &ids,
    )
    .fetch_all(tx.conn())
    .await?;
    let read = |account: &str| account.parse().unwrap_or_else(|_| Account::new(Role::Suspense, Some(account)));
    Ok(rows.into_iter().map(|row| OpenItem { order: OrderId(row.order_id), account: read(&row.account), currency: row.currency, amount: row.amount.normalize(), since: row.since }).collect())
}

/// Open items that are not what the ledger says, in words. There are none (OPEN-1); `verify` asks.
pub async fn differences(tx: &mut TenantTx) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"with sums as (
             select e.order_id, l.account, e.currency, sum(l.amount) as amount
             from tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount)
             where e.tenant_id = $1 and e.order_id is not null and tenant.is_under_way(l.account)
             group by e.order_id, l.account, e.currency having sum(l.amount) <> 0
           ), stored as (select i.order_id, i.account, i.currency, i.amount from tenant.open_items i where i.tenant_id = $1)
           select coalesce(s.order_id, i.order_id) as "order_id!", coalesce(s.account, i.account) as "account!", coalesce(i.amount, 0) as "stored!", coalesce(s.amount, 0) as "computed!"
           from sums s full join stored i on i.order_id = s.order_id and i.account = s.account and i.currency = s.currency
           where s.amount is distinct from i.amount limit $2"#,
        tx.tenant(),
        DIFFERENCES_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| format!("open item of {} on {}: stored {}, computed {}", OrderId(row.order_id), row.account, row.stored.normalize(), row.computed.normalize())).collect())
}
