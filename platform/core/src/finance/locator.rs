//! Where the cash is: each amount of each order has one holder, at any instant.
//! Invariant CASH-1: what the locator shows is the balance of the ledger's accounts, split by order.

use super::account::{Account, Role};
use kernel::{Decimal, OrderId, Page, PageLimit, Timestamp};
use tenants::rights::ReadFinance;
use tenants::{Permit, TenantTx};
use uuid::Uuid;

/// What one account holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub account: Account,
    pub currency: String,
    pub amount: Decimal,
    /// Orders whose money that is.
    pub orders: i64,
}

/// One order's money in one account.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderHeld {
    pub order: OrderId,
    pub number: i64,
    pub amount: Decimal,
    pub since: Timestamp,
}

fn holding_roles() -> Vec<String> {
    Role::ALL.iter().filter(|role| role.holder().is_some()).map(|role| role.word().to_owned()).collect()
}

/// Every account that holds money, with what it holds at the instant. Entries of no order count for the amount.
pub async fn holders(tx: &mut TenantTx, _: Permit<ReadFinance>, until: Timestamp) -> Result<Vec<Held>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select account as "account!", currency as "currency!", sum(amount) as "amount!", count(order_id) filter (where amount <> 0) as "orders!"
           from (select l.account, e.currency, e.order_id, sum(l.amount) as amount
                 from tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount)
                 where e.tenant_id = $1 and e.booked_at < $2 and split_part(l.account, ':', 1) = any($3)
                 group by l.account, e.currency, e.order_id) as by_order
           group by account, currency having sum(amount) <> 0 or count(order_id) filter (where amount <> 0) > 0
           order by account, currency limit $4"#,
        tx.tenant(),
        until,
        &holding_roles(),
        super::balance::ACCOUNTS_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut held: Vec<Held> = rows
        .into_iter()
        .filter_map(|row| Some(Held { account: row.account.parse().ok()?, currency: row.currency, amount: row.amount.normalize(), orders: row.orders }))
        .collect();
    held.sort_by(|a, b| (&a.account, &a.currency).cmp(&(&b.account, &b.currency)));
    Ok(held)
}

/// The orders whose money an account holds, oldest number first.
pub async fn orders(tx: &mut TenantTx, _: Permit<ReadFinance>, account: &Account, currency: &str, until: Timestamp, after: Option<i64>, limit: PageLimit) -> Result<Page<OrderHeld, i64>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select o.id, o.number, h.amount as "amount!", h.since as "since!"
           from (select e.order_id, sum(l.amount) as amount, min(e.booked_at) as since
                 from tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount)
                 where e.tenant_id = $1 and e.booked_at < $2 and e.currency = $3 and e.accounts @> array[$4] and l.account = $4 and e.order_id is not null
                 group by e.order_id having sum(l.amount) <> 0) as h
           join tenant.orders o on o.tenant_id = $1 and o.id = h.order_id
           where o.number > $5 order by o.number limit $6"#,
        tx.tenant(),
        until,
        currency,
        account.to_string(),
        after.unwrap_or(0),
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    let rows: Vec<OrderHeld> = rows.into_iter().map(|row| OrderHeld { order: OrderId(row.id), number: row.number, amount: row.amount.normalize(), since: row.since }).collect();
    Ok(Page::from_fetched(rows, limit, |row| row.number))
}

/// What one order has in every account, zeros left out.
pub async fn of_order(tx: &mut TenantTx, order: Uuid) -> Result<Vec<(Account, String, Decimal)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select l.account as "account!", e.currency as "currency!", sum(l.amount) as "amount!"
           from tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount)
           where e.tenant_id = $1 and e.order_id = $2 group by 1, 2 having sum(l.amount) <> 0 order by 1, 2"#,
        tx.tenant(),
        order,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.account.parse().ok()?, row.currency, row.amount.normalize()))).collect())
}
