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
/// Whole months are read from the kept balances (LEDGER-8), what is left at both ends from the entries.
pub async fn trial(tx: &mut TenantTx, _: Permit<ReadFinance>, from: Option<Timestamp>, until: Timestamp) -> Result<Vec<Row>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"with span as (
             select coalesce($2::timestamptz, '-infinity') as begins, $3::timestamptz as ends,
               -- the first month that begins in the span, and the one in which it ends
               case when $2::timestamptz is null then '-infinity'::timestamptz
                 else date_trunc('month', ($2::timestamptz - interval '1 microsecond') at time zone 'UTC') at time zone 'UTC' + interval '1 month' end as months_from,
               date_trunc('month', $3::timestamptz at time zone 'UTC') at time zone 'UTC' as months_until
           ), parts as (
             select b.account, b.currency, b.debit, b.credit from tenant.ledger_balances b, span s
             where b.tenant_id = $1 and b.month::timestamp at time zone 'UTC' >= s.months_from and b.month::timestamp at time zone 'UTC' < s.months_until
             union all
             select l.account, e.currency, greatest(l.amount, 0), greatest(-l.amount, 0)
             from span s, tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount)
             where e.tenant_id = $1 and e.booked_at >= s.begins and e.booked_at < s.ends
               and (e.booked_at < s.months_from or e.booked_at >= greatest(s.months_until, s.months_from))
           ), sums as (
             select account, currency, sum(debit) as debit, sum(credit) as credit from parts group by account, currency
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

/// What an account comes to now. Call [`super::settings::open_books`] before when it must not move.
pub async fn of_account(tx: &mut TenantTx, account: &Account, currency: &str) -> Result<Decimal, sqlx::Error> {
    let sum = sqlx::query_scalar!(
        r#"select coalesce(sum(debit - credit), 0) as "sum!" from tenant.ledger_balances where tenant_id = $1 and account = $2 and currency = $3"#,
        tx.tenant(),
        account.to_string(),
        currency,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(sum.normalize())
}

/// What all accounts of a role come to now, by currency.
pub async fn of_role(tx: &mut TenantTx, role: super::Role) -> Result<Vec<(String, Decimal)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select currency as "currency!", sum(debit - credit) as "sum!" from tenant.ledger_balances where tenant_id = $1 and split_part(account, ':', 1) = $2
           group by currency having sum(debit - credit) <> 0 order by currency"#,
        tx.tenant(),
        role.word(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.currency, row.sum.normalize())).collect())
}

/// Months whose kept balances are not what their entries sum to, in words. There are none (LEDGER-8); `verify` asks.
pub async fn differences(tx: &mut TenantTx) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"with summed as (
             select l.account, e.currency, date_trunc('month', e.booked_at at time zone 'UTC')::date as month,
               coalesce(sum(l.amount) filter (where l.amount > 0), 0) as debit, coalesce(-sum(l.amount) filter (where l.amount < 0), 0) as credit
             from tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount) where e.tenant_id = $1 group by 1, 2, 3
           ), kept as (
             select account, currency, month, sum(debit) as debit, sum(credit) as credit from tenant.ledger_balances where tenant_id = $1 group by 1, 2, 3
           )
           select coalesce(s.account, k.account) as "account!", coalesce(s.month, k.month) as "month!",
             coalesce(k.debit, 0) as "debit!", coalesce(k.credit, 0) as "credit!", coalesce(s.debit, 0) as "summed_debit!", coalesce(s.credit, 0) as "summed_credit!"
           from summed s full join kept k on k.account = s.account and k.currency = s.currency and k.month = s.month
           where s.debit is distinct from k.debit or s.credit is distinct from k.credit limit 1000"#,
        tx.tenant(),
    )
    .fetch_all(tx.conn())
    .await?;
    let two = |debit: Decimal, credit: Decimal| format!("{} / {}", debit.normalize(), credit.normalize());
    Ok(rows.into_iter().map(|row| format!("balance of {} in {}: stored {}, computed {}", row.account, row.month, two(row.debit, row.credit), two(row.summed_debit, row.summed_credit))).collect())
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
        r#"select distinct account as "account!" from tenant.ledger_balances where tenant_id = $1 and account like '%:%' order by 1 limit $2"#,
        tx.tenant(),
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(accounts.iter().filter_map(|account| account.parse().ok()).collect())
}
