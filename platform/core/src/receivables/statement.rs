//! A company's statement: what moved its account over a span of days, and what is left at the end.
//! Invariant STATEMENT-1: the opening balance and the rows sum to the closing balance.

use super::ReceivableError;
use crate::finance::{period, settings};
use crate::parties::companies;
use chrono::{Days, NaiveDate};
use kernel::{CompanyId, Decimal, OrderId, Timestamp};
use tenants::rights::ReadFinance;
use tenants::{Permit, TenantTx};

/// Rows of one statement.
pub const ROWS_MAX: i64 = 5_000;

#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub at: Timestamp,
    pub day: NaiveDate,
    pub kind: String,
    pub order: Option<OrderId>,
    pub order_number: Option<i64>,
    pub memo: Option<String>,
    /// Positive: the company owes so much more.
    pub amount: Decimal,
    pub balance: Decimal,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub company: CompanyId,
    pub name: String,
    pub currency: String,
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub opening: Decimal,
    pub rows: Vec<Row>,
    pub closing: Decimal,
}

/// What a company owed on the day before `from`, what moved until the end of `to`, and what it owes then. Deposits and money on
/// account lower it.
pub async fn of(tx: &mut TenantTx, _: Permit<ReadFinance>, company: CompanyId, currency: &str, from: NaiveDate, to: NaiveDate) -> Result<Statement, ReceivableError> {
    let zone = settings::open_books(tx).await?.newest().time_zone;
    let before = from.checked_sub_days(Days::new(1)).and_then(|day| period::end_of(day, zone));
    let (Some(begins), Some(ends), true) = (before, period::end_of(to, zone), from <= to) else { return super::wrong("query:from", "a day, not after the last one") };
    let name = companies::find(tx, company).await.map_err(|_| ReceivableError::UnknownCompany)?.ok_or(ReceivableError::UnknownCompany)?.name;
    let rows = sqlx::query!(
        r#"with mine as (
             select e.id, e.booked_at, e.kind, e.order_id, e.memo, sum(l.amount) as amount
             from tenant.ledger_entries e left join tenant.orders o on o.tenant_id = $1 and o.id = e.order_id, unnest(e.accounts, e.amounts) as l(account, amount)
             where e.tenant_id = $1 and e.currency = $3 and e.booked_at < $5
               and (l.account = 'ar:com_' || replace($2::uuid::text, '-', '') or l.account = 'customer_deposits' and o.company_id = $2
                 or l.account in (select 'customer_deposits:clm_' || replace(c.id::text, '-', '') from tenant.claims c where c.tenant_id = $1 and c.company_id = $2 and c.kind = 'on_account'))
             group by e.id, e.booked_at, e.kind, e.order_id, e.memo having sum(l.amount) <> 0
           )
           select null::timestamptz as booked_at, '' as "kind!", null::uuid as "order: OrderId", null::bigint as number, null::text as memo, coalesce(sum(amount), 0) as "amount!", null::uuid as id
           from mine where booked_at < $4
           union all
           (select m.booked_at, m.kind, m.order_id, o.number, m.memo, m.amount, m.id from mine m left join tenant.orders o on o.tenant_id = $1 and o.id = m.order_id
            where m.booked_at >= $4 order by m.booked_at, m.id limit $6)
           order by booked_at nulls first, id"#,
        tx.tenant(),
        company.uuid(),
        currency,
        begins,
        ends,
        ROWS_MAX + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    if rows.len() > usize::try_from(ROWS_MAX).unwrap_or(usize::MAX) + 1 {
        return super::wrong("query:from", "a span with at most 5000 rows");
    }
    let mut statement = Statement { company, name, currency: currency.to_owned(), from, to, opening: Decimal::ZERO, rows: Vec::with_capacity(rows.len()), closing: Decimal::ZERO };
    for row in rows {
        statement.closing += row.amount;
        match row.booked_at {
            None => statement.opening = row.amount.normalize(),
            Some(at) => statement.rows.push(Row {
                at,
                day: at.with_timezone(&zone).date_naive(),
                kind: row.kind,
                order: row.order,
                order_number: row.number,
                memo: row.memo,
                amount: row.amount.normalize(),
                balance: statement.closing.normalize(),
            }),
        }
    }
    statement.closing = statement.closing.normalize();
    Ok(statement)
}
