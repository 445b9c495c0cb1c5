//! What companies promised to pay, and when. While a promise is kept nobody writes to them about what it is for.

use super::{ReceivableError, ageing, text, wrong};
use chrono::NaiveDate;
use kernel::{CompanyId, Currency, Decimal, OrderId, PromiseId, Timestamp};
use serde_json::json;
use tenants::rights::{ManageReceivables, ReadFinance};
use tenants::{Permit, TenantTx, audit};

/// Promises of one company shown, newest first.
pub const SHOWN_MAX: i64 = 200;
/// How far a promise may reach.
const DAYS_MAX: i64 = 365;

#[derive(Clone, Debug, PartialEq)]
pub struct Promise {
    pub id: PromiseId,
    pub order: Option<OrderId>,
    pub currency: String,
    pub amount: Decimal,
    pub promised_on: NaiveDate,
    pub note: String,
    pub made_at: Timestamp,
    pub made_by: String,
    pub withdrawn_at: Option<Timestamp>,
}

impl Promise {
    /// `open` until its day is over, `over` afterwards, `withdrawn`.
    pub fn state(&self, today: NaiveDate) -> &'static str {
        match self.withdrawn_at {
            Some(_) => "withdrawn",
            None if self.promised_on < today => "over",
            None => "open",
        }
    }
}

pub async fn of_company(tx: &mut TenantTx, _: Permit<ReadFinance>, company: CompanyId) -> Result<Vec<Promise>, ReceivableError> {
    sqlx::query_scalar!("select id from tenant.companies where tenant_id = $1 and id = $2", tx.tenant(), company.uuid()).fetch_optional(tx.conn()).await?.ok_or(ReceivableError::UnknownCompany)?;
    let promises = sqlx::query_as!(
        Promise,
        r#"select id as "id: PromiseId", order_id as "order: OrderId", currency as "currency!", amount, promised_on, note, made_at, made_by, withdrawn_at from tenant.payment_promises
           where tenant_id = $1 and company_id = $2 order by made_at desc, id desc limit $3"#,
        tx.tenant(),
        company.uuid(),
        SHOWN_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(promises)
}

#[derive(Clone, Debug)]
pub struct NewPromise {
    pub order: Option<OrderId>,
    pub currency: Currency,
    pub amount: Decimal,
    pub promised_on: NaiveDate,
    pub note: String,
}

/// Notes a promise.
pub async fn note(tx: &mut TenantTx, _: Permit<ManageReceivables>, read: Permit<ReadFinance>, company: CompanyId, new: &NewPromise) -> Result<PromiseId, ReceivableError> {
    of_company(tx, read, company).await?;
    let (today, _) = ageing::today(tx).await?;
    let note = text("/note", &new.note, 500)?;
    if new.amount <= Decimal::ZERO || new.amount.normalize().scale() > new.currency.exponent() {
        return wrong("/amount", "a positive amount with the decimals of its currency");
    }
    if new.promised_on < today || (new.promised_on - today).num_days() > DAYS_MAX {
        return wrong("/promised_on", "a day from today on, within a year");
    }
    if let Some(order) = new.order {
        let theirs = sqlx::query_scalar!("select id from tenant.orders where tenant_id = $1 and id = $2 and company_id = $3", tx.tenant(), order.uuid(), company.uuid()).fetch_optional(tx.conn()).await?;
        if theirs.is_none() {
            return wrong("/order_id", "an order of the company");
        }
    }
    let (id, tenant, now, by) = (PromiseId::new(), tx.tenant(), tx.now(), tx.actor().who.to_string());
    sqlx::query!(
        "insert into tenant.payment_promises (tenant_id, id, company_id, order_id, currency, amount, promised_on, note, made_at, made_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        tenant,
        id.uuid(),
        company.uuid(),
        new.order.map(OrderId::uuid),
        new.currency.code(),
        new.amount,
        new.promised_on,
        note,
        now,
        by,
    )
    .execute(tx.conn())
    .await?;
    audit::write(tx, "receivables.promised", Some(&company), json!({"amount": new.amount, "promised_on": new.promised_on})).await?;
    Ok(id)
}

/// Takes a promise back: it counts no more.
pub async fn withdraw(tx: &mut TenantTx, _: Permit<ManageReceivables>, id: PromiseId) -> Result<(), ReceivableError> {
    let (tenant, now, by) = (tx.tenant(), tx.now(), tx.actor().who.to_string());
    let gone = sqlx::query!("update tenant.payment_promises set withdrawn_at = $3, withdrawn_by = $4 where tenant_id = $1 and id = $2 and withdrawn_at is null", tenant, id.uuid(), now, by).execute(tx.conn()).await?;
    if gone.rows_affected() == 0 { Err(ReceivableError::Unknown) } else { Ok(()) }
}
