//! The ageing board: what each debtor owes, by how long it is overdue (AR-2); and the items behind a number.

use crate::finance::{balance, settings, Role};
use chrono::NaiveDate;
use kernel::{CompanyId, Decimal, OrderId, Page, PageLimit};
use std::collections::BTreeMap;
use tenants::rights::ReadFinance;
use tenants::{Permit, TenantTx};

/// Debtors one board shows; the sums are of all.
pub const DEBTORS_MAX: i64 = 1_000;
pub const BUCKETS: [&str; 5] = ["current", "1-30", "31-60", "61-90", "90+"];

/// What is due later, and overdue by 1-30, 31-60, 61-90 and more days.
pub type Buckets = [Decimal; 5];

#[derive(Clone, Debug, PartialEq)]
pub struct Debtor {
    /// As the account names it: a company's id, a buyer's key, `none`.
    pub debtor: String,
    pub company: Option<CompanyId>,
    pub name: Option<String>,
    pub currency: String,
    pub buckets: Buckets,
    pub oldest_days: i32,
    /// The earliest day a promise that is kept so far is for.
    pub promised_on: Option<NaiveDate>,
    pub dunning_level: Option<i16>,
}

/// All that is owed in one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Sum {
    pub currency: String,
    pub buckets: Buckets,
    /// What the receivables account comes to: the same.
    pub ledger: Decimal,
    /// Received and not applied to an order yet.
    pub unapplied: Decimal,
    pub allowance: Decimal,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    pub today: NaiveDate,
    pub debtors: Vec<Debtor>,
    pub sums: Vec<Sum>,
}

/// Today in the books' calendar, and its zone.
pub async fn today(tx: &mut TenantTx) -> Result<(NaiveDate, String), sqlx::Error> {
    let zone = settings::open_books(tx).await?.newest().time_zone;
    Ok((tx.now().with_timezone(&zone).date_naive(), zone.name().to_owned()))
}

/// What every debtor owes on the day, those who owe most first.
pub async fn board(tx: &mut TenantTx, _: Permit<ReadFinance>) -> Result<Board, sqlx::Error> {
    let (today, zone) = today(tx).await?;
    let rows = sqlx::query!(
        r#"with rows as (select r.account, r.currency, r.amount, $2::date - r.due_on as days from tenant.receivable_rows($1, $3) r),
           debtors as (
             select account, currency, coalesce(sum(amount) filter (where days <= 0), 0) as current, coalesce(sum(amount) filter (where days between 1 and 30), 0) as to_30,
               coalesce(sum(amount) filter (where days between 31 and 60), 0) as to_60, coalesce(sum(amount) filter (where days between 61 and 90), 0) as to_90,
               coalesce(sum(amount) filter (where days > 90), 0) as more, greatest(coalesce(max(days) filter (where amount > 0), 0), 0) as oldest, sum(amount) as total
             from rows group by account, currency
           ), named as (
             select d.*, c.id as company_id, c.name from debtors d
             left join tenant.companies c on c.tenant_id = $1 and d.account = 'ar:com_' || replace(c.id::text, '-', '')
           )
           select n.account as "account!", n.currency as "currency!", n.current as "current!", n.to_30 as "to_30!", n.to_60 as "to_60!", n.to_90 as "to_90!", n.more as "more!", n.oldest as "oldest!",
             n.company_id as "company?: CompanyId", n.name as "name?",
             (select min(p.promised_on) from tenant.payment_promises p where p.tenant_id = $1 and p.company_id = n.company_id and p.currency = n.currency and p.withdrawn_at is null and p.promised_on >= $2) as promised_on,
             (select max(l.level) from tenant.dunning_letters l where l.tenant_id = $1 and l.company_id = n.company_id and l.currency = n.currency and l.state in ('sent', 'recorded')) as level
           from named n where n.total <> 0 or n.current <> 0 or n.to_30 <> 0 or n.to_60 <> 0 or n.to_90 <> 0 or n.more <> 0
           order by n.currency, n.total desc, n.account"#,
        tx.tenant(),
        today,
        zone,
    )
    .fetch_all(tx.conn())
    .await?;
    let ledger = balance::of_role(tx, Role::Ar).await?;
    let allowance = balance::of_role(tx, Role::ArAllowance).await?;
    let unapplied = sqlx::query!(r#"select currency as "currency!", sum(balance) as "sum!" from tenant.claims where tenant_id = $1 and kind = 'on_account' group by 1 having sum(balance) > 0"#, tx.tenant()).fetch_all(tx.conn()).await?;
    let mut sums: BTreeMap<String, Buckets> = BTreeMap::new();
    let currencies = ledger.iter().chain(&allowance).map(|(currency, _)| currency.clone()).chain(unapplied.iter().map(|row| row.currency.clone()));
    currencies.for_each(|currency| {
        sums.entry(currency).or_default();
    });
    let mut debtors = Vec::with_capacity(rows.len());
    for row in rows {
        let buckets: Buckets = [row.current, row.to_30, row.to_60, row.to_90, row.more].map(|amount| amount.normalize());
        let sum = sums.entry(row.currency.clone()).or_default();
        sum.iter_mut().zip(buckets).for_each(|(sum, amount)| *sum += amount);
        let debtor = row.account.split_once(':').map_or("", |(_, debtor)| debtor).to_owned();
        debtors.push(Debtor { debtor, company: row.company, name: row.name, currency: row.currency, buckets, oldest_days: row.oldest, promised_on: row.promised_on, dunning_level: row.level });
    }
    debtors.truncate(usize::try_from(DEBTORS_MAX).unwrap_or(usize::MAX));
    let of = |of: &[(String, Decimal)], currency: &str| of.iter().find(|(code, _)| code == currency).map_or(Decimal::ZERO, |(_, amount)| *amount);
    let sums = sums
        .into_iter()
        .map(|(currency, buckets)| Sum {
            ledger: of(&ledger, &currency),
            allowance: -of(&allowance, &currency),
            unapplied: unapplied.iter().find(|row| row.currency == currency).map_or(Decimal::ZERO, |row| row.sum.normalize()),
            buckets: buckets.map(|amount| amount.normalize()),
            currency,
        })
        .collect();
    Ok(Board { today, debtors, sums })
}

/// One row of what is owed: an order's, or what names no order.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub order: Option<OrderId>,
    pub order_number: Option<i64>,
    pub version: Option<i64>,
    pub debtor: String,
    pub currency: String,
    pub due_on: NaiveDate,
    pub days: i32,
    pub amount: Decimal,
}

#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// As the board names it.
    pub debtor: Option<String>,
    pub currency: Option<String>,
    /// An index of [`BUCKETS`].
    pub bucket: Option<usize>,
}

/// One page of items, the earliest due first.
pub async fn items(tx: &mut TenantTx, _: Permit<ReadFinance>, filter: &Filter, after: Option<(NaiveDate, String)>, limit: PageLimit) -> Result<Page<Item, (NaiveDate, String)>, sqlx::Error> {
    let (today, zone) = today(tx).await?;
    let (from, to) = match filter.bucket {
        None => (i32::MIN, i32::MAX),
        Some(0) => (i32::MIN, 0),
        Some(1) => (1, 30),
        Some(2) => (31, 60),
        Some(3) => (61, 90),
        Some(_) => (91, i32::MAX),
    };
    let (after_day, after_key) = after.unzip();
    let rows = sqlx::query!(
        r#"with rows as (
             select r.order_id, r.account, r.currency, r.due_on, sum(r.amount) as amount, coalesce(r.order_id::text, '') || '/' || r.account || '/' || r.currency as key
             from tenant.receivable_rows($1, $2) r group by r.order_id, r.account, r.currency, r.due_on having sum(r.amount) <> 0
           )
           select r.order_id as "order: OrderId", o.number as "number?", o.version as "version?", r.account as "account!", r.currency as "currency!", r.due_on as "due_on!", r.amount as "amount!", r.key as "key!",
             $3::date - r.due_on as "days!"
           from rows r left join tenant.orders o on o.tenant_id = $1 and o.id = r.order_id
           where ($4::text is null or r.account = 'ar:' || $4) and ($5::text is null or r.currency = $5) and $3::date - r.due_on between $6 and $7
             and ($8::date is null or (r.due_on, r.key) > ($8, $9::text))
           order by r.due_on, r.key limit $10"#,
        tx.tenant(),
        zone,
        today,
        filter.debtor,
        filter.currency,
        from,
        to,
        after_day,
        after_key,
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    let rows: Vec<(Item, String)> = rows
        .into_iter()
        .map(|row| {
            let debtor = row.account.split_once(':').map_or("", |(_, debtor)| debtor).to_owned();
            let item = Item { order: row.order, order_number: row.number, version: row.version, debtor, currency: row.currency, due_on: row.due_on, days: row.days.max(0), amount: row.amount.normalize() };
            (item, row.key)
        })
        .collect();
    let page = Page::from_fetched(rows, limit, |(item, key)| (item.due_on, key.clone()));
    Ok(Page { rows: page.rows.into_iter().map(|(item, _)| item).collect(), next: page.next })
}

/// Currencies whose buckets do not sum to the account. There are none (AR-2); `verify` asks.
pub async fn differences(tx: &mut TenantTx) -> Result<Vec<String>, sqlx::Error> {
    let (_, zone) = today(tx).await?;
    let rows = sqlx::query!(
        r#"with aged as (select currency, sum(amount) as amount from tenant.receivable_rows($1, $2) group by currency),
           posted as (
             select e.currency::text as currency, sum(l.amount) as amount from tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount)
             where e.tenant_id = $1 and tenant.is_receivable(l.account) group by e.currency
           )
           select coalesce(a.currency, p.currency) as "currency!", coalesce(a.amount, 0) as "aged!", coalesce(p.amount, 0) as "posted!"
           from aged a full join posted p on p.currency = a.currency where coalesce(a.amount, 0) <> coalesce(p.amount, 0)"#,
        tx.tenant(),
        zone,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| format!("ageing in {}: stored {}, computed {}", row.currency, row.aged.normalize(), row.posted.normalize())).collect())
}
