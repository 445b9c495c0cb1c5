//! Balances: what every account comes to, over a span of booked time.
//! Invariant LEDGER-6: the balances of each currency sum to zero, at every instant.

use super::account::Account;
use kernel::{Decimal, Timestamp};
use tenants::rights::ReadFinance;
use tenants::{Permit, TenantTx};

/// Accounts a trial balance shows; beyond, sub-accounts of a role are summed into it.
pub const ACCOUNTS_MAX: i64 = 20_000;

#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub account: Account,
    pub currency: String,
    pub debit: Decimal,
    pub credit: Decimal,
}

impl Row {
    pub fn balance(&self) -> Decimal {
        self.debit - self.credit
    }
}

/// What was booked from `from` (inclusive; since the beginning when `None`) to `until` (exclusive), by account and currency.
pub async fn trial(tx: &mut TenantTx, _: Permit<ReadFinance>, from: Option<Timestamp>, until: Timestamp) -> Result<Vec<Row>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"with sums as (
             select l.account, e.currency, sum(l.amount) filter (where l.amount > 0) as debit, -sum(l.amount) filter (where l.amount < 0) as credit
             from tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount)
             where e.tenant_id = $1 and ($2::timestamptz is null or e.booked_at >= $2) and e.booked_at < $3
             group by l.account, e.currency
           ), many as (select count(*) > $4 as too_many from sums)
           select case when too_many then split_part(account, ':', 1) else account end as "account!", currency as "currency!",
             coalesce(sum(debit), 0) as "debit!", coalesce(sum(credit), 0) as "credit!"
           from sums, many group by 1, 2 order by 1, 2"#,
        tx.tenant(),
        from,
        until,
        ACCOUNTS_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut found: Vec<Row> = rows
        .into_iter()
        .map(|row| {
            let account = row.account.parse().unwrap_or_else(|_| Account::new(super::Role::Suspense, Some(&row.account)));
            Row { account, currency: row.currency, debit: row.debit.normalize(), credit: row.credit.normalize() }
        })
        .collect();
    found.sort_by(|a, b| (&a.account, &a.currency).cmp(&(&b.account, &b.currency)));
    Ok(found)
}

/// Currencies whose entries do not sum to zero. There are none (LEDGER-6); `verify` asks.
pub async fn unbalanced(tx: &mut TenantTx) -> Result<Vec<(String, Decimal)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select e.currency as "currency!", sum(l.amount) as "sum!" from tenant.ledger_entries e, unnest(e.amounts) as l(amount)
           where e.tenant_id = $1 group by e.currency having sum(l.amount) <> 0"#,
        tx.tenant(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.currency, row.sum)).collect())
}

/// The sub-accounts in use, by their texts.
pub async fn accounts_in_use(tx: &mut TenantTx, _: Permit<ReadFinance>, limit: i64) -> Result<Vec<Account>, sqlx::Error> {
    let accounts = sqlx::query_scalar!(
        r#"select distinct account as "account!" from tenant.ledger_entries e, unnest(e.accounts) as l(account) where e.tenant_id = $1 and account like '%:%' order by 1 limit $2"#,
        tx.tenant(),
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(accounts.iter().filter_map(|account| account.parse().ok()).collect())
}
