//! Money of companies: received on account, applied to what their orders owe, taken back, moved from an order that is owed
//! something (AR-3); discounts for paying early; receivables that are given up (P14).

use super::{ReceivableError, text, wrong};
use crate::finance::{Account, claims, settings};
use crate::orders::{confirm, detail, detail::{DetailError, Order}, money};
use kernel::{ClaimId, CompanyId, Currency, Decimal, EntryId, Money, OrderId};
use serde_json::json;
use tenants::rights::{ManageReceivables, PostFinance, ReadOrders, WriteOffReceivables};
use tenants::{Permit, TenantTx, audit};

/// Orders one application settles at most.
pub const ORDERS_MAX: usize = 200;
pub const REASON_CHARS_MAX: usize = 500;

/// An order to be settled, with the version seen; all it owes when no amount is said.
#[derive(Clone, Debug)]
pub struct Wish {
    pub order: OrderId,
    pub amount: Option<Decimal>,
    /// Take the discount for paying early off it.
    pub discount: bool,
}

/// What was settled of one order.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    pub order: OrderId,
    pub applied: Decimal,
    pub discount: Decimal,
    pub tenders: Vec<String>,
}

/// Takes money of a company in, for no order yet.
pub async fn receive(tx: &mut TenantTx, permit: Permit<PostFinance>, company: CompanyId, amount: Decimal, currency: Currency, received_in: Account, reference: &str) -> Result<(ClaimId, EntryId), ReceivableError> {
    known(tx, company).await?;
    Ok(claims::issue::receive(tx, permit, company, currency, amount, received_in, reference).await?)
}

async fn known(tx: &mut TenantTx, company: CompanyId) -> Result<(), ReceivableError> {
    sqlx::query_scalar!("select id from tenant.companies where tenant_id = $1 and id = $2", tx.tenant(), company.uuid()).fetch_optional(tx.conn()).await?.map(|_| ()).ok_or(ReceivableError::UnknownCompany)
}

/// The order as it stands, locked until the transaction ends.
async fn lock(tx: &mut TenantTx, permit: Permit<ReadOrders>, id: OrderId) -> Result<Order, ReceivableError> {
    let locked = sqlx::query_scalar!("select id from tenant.orders where tenant_id = $1 and id = $2 and voided_at is null for update", tx.tenant(), id.uuid()).fetch_optional(tx.conn()).await?;
    locked.ok_or(ReceivableError::Unknown)?;
    detail::get(tx, permit, id).await.map_err(|error| match error {
        DetailError::Unknown => ReceivableError::Unknown,
        other => ReceivableError::Unreadable(other.to_string()),
    })
}

/// Applies what a company has on account to its orders, in the order named.
pub async fn apply(tx: &mut TenantTx, _: Permit<ManageReceivables>, read: Permit<ReadOrders>, company: CompanyId, currency: Currency, wishes: &[Wish]) -> Result<Vec<Settled>, ReceivableError> {
    known(tx, company).await?;
    if !(1..=ORDERS_MAX).contains(&wishes.len()) {
        return wrong("/orders", format!("1 to {ORDERS_MAX} orders"));
    }
    let zone = settings::open_books(tx).await?.newest().time_zone;
    let today = tx.now().with_timezone(&zone).date_naive();
    let mut ids: Vec<uuid::Uuid> = wishes.iter().map(|wish| wish.order.uuid()).collect();
    ids.sort_unstable();
    sqlx::query!("select id from tenant.orders where tenant_id = $1 and id = any($2) order by id for update", tx.tenant(), &ids).fetch_all(tx.conn()).await?;
    let claim = claims::issue::on_account(tx, company, currency).await?;
    let mut settled = Vec::with_capacity(wishes.len());
    for (index, wish) in wishes.iter().enumerate() {
        let at = |field: &str| format!("/orders/{index}/{field}");
        let order = match lock(tx, read, wish.order).await {
            Err(ReceivableError::Unknown) => return wrong(&at("order_id"), "the id of an order"),
            order => order?,
        };
        if order.projection.company_id != Some(company) || order.projection.currency != currency {
            return wrong(&at("order_id"), "an order of the company, in the currency of the money");
        }
        let owed = order.projection.outstanding;
        if owed <= Decimal::ZERO {
            return wrong(&at("order_id"), "an order that still owes something");
        }
        let discount = if wish.discount { early(&order, today)? } else { Decimal::ZERO };
        let held = claims::lock(tx, claims::Kind::OnAccount, &claim.to_string()).await?.map_or(Decimal::ZERO, |claim| claim.face);
        let amount = wish.amount.unwrap_or_else(|| (owed - discount).min(held));
        if amount <= Decimal::ZERO || amount.normalize().scale() > currency.exponent() {
            return wrong(&at("amount"), "a positive amount with the decimals of its currency");
        }
        let money = |amount: Decimal| Money::new(amount, currency);
        if amount > held {
            return Err(ReceivableError::Above { pointer: at("amount"), asked: money(amount), left: money(held) });
        }
        if amount + discount > owed {
            return Err(ReceivableError::Above { pointer: at("amount"), asked: money(amount), left: money(owed - discount) });
        }
        if wish.discount && amount + discount != owed {
            return Err(ReceivableError::NoDiscount("it is given when the whole rest is paid"));
        }
        let mut parts = vec![("on_account", amount, Some(claim.to_string()), "applied from account".to_owned())];
        if discount > Decimal::ZERO {
            parts.push(("early_discount", discount, None, "paid early".to_owned()));
        }
        let tenders = money::settle_open(tx, wish.order, order.row.version, &parts).await?;
        settled.push(Settled { order: wish.order, applied: amount, discount, tenders });
    }
    audit::write(tx, "receivables.applied", Some(&company), json!({"orders": settled.len()})).await?;
    Ok(settled)
}

/// The discount for paying the whole rest today.
fn early(order: &Order, today: chrono::NaiveDate) -> Result<Decimal, ReceivableError> {
    let (percent, last_day) = confirm::early_discount(&order.state, &order.projection).ok_or(ReceivableError::NoDiscount("the terms of the order give none"))?;
    if today > last_day {
        return Err(ReceivableError::NoDiscount("its last day is over"));
    }
    if order.state.tenders.values().any(|tender| tender.method == "early_discount" && tender.state == crate::orders::fact::TenderState::Captured) {
        return Err(ReceivableError::NoDiscount("it was given already"));
    }
    let due = order.projection.totals.due(order.projection.described).unwrap_or_default();
    Ok(crate::finance::rounding::Rounding::HalfUp.round(due * percent / Decimal::ONE_HUNDRED, order.projection.currency.exponent()))
}

/// Takes an application or an early discount back: the money is on account again, the order owes again.
pub async fn take_back(tx: &mut TenantTx, _: Permit<ManageReceivables>, read: Permit<ReadOrders>, order: OrderId, tender: &str, reason: &str) -> Result<(), ReceivableError> {
    undo(tx, read, order, tender, reason, &["on_account", "early_discount"]).await
}

async fn undo(tx: &mut TenantTx, read: Permit<ReadOrders>, id: OrderId, tender: &str, reason: &str, methods: &[&str]) -> Result<(), ReceivableError> {
    let order = lock(tx, read, id).await?;
    if !order.state.tenders.get(tender).is_some_and(|known| methods.contains(&known.method.as_str())) {
        return Err(ReceivableError::Unknown);
    }
    Ok(money::undo(tx, id, order.row.version, tender, reason, true).await?)
}

/// Moves what an order owes its buyer to the company's account (a credit note, an overpayment), to be applied to others.
pub async fn offset(tx: &mut TenantTx, _: Permit<ManageReceivables>, read: Permit<ReadOrders>, from: OrderId, amount: Option<Decimal>, reason: &str) -> Result<(ClaimId, Decimal), ReceivableError> {
    let reason = text("/reason", reason, REASON_CHARS_MAX)?;
    settings::open_books(tx).await?;
    let order = lock(tx, read, from).await?;
    let Some(company) = order.projection.company_id else { return wrong("/order_id", "an order of a company") };
    let currency = order.projection.currency;
    let owed = sqlx::query_scalar!(
        r#"select coalesce(-sum(l.amount), 0) as "owed!" from tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount)
           where e.tenant_id = $1 and e.order_id = $2 and e.currency = $3 and l.account in ('refund_payable', 'customer_deposits')"#,
        tx.tenant(),
        from.uuid(),
        currency.code(),
    )
    .fetch_one(tx.conn())
    .await?
    .normalize();
    let amount = amount.unwrap_or(owed);
    if amount <= Decimal::ZERO || amount > owed {
        return Err(ReceivableError::Above { pointer: "/amount".into(), asked: Money::new(amount, currency), left: Money::new(owed.max(Decimal::ZERO), currency) });
    }
    let claim = claims::issue::on_account(tx, company, currency).await?;
    money::refund_to_account(tx, from, order.row.version, amount, &claim.to_string(), &reason).await?;
    audit::write(tx, "receivables.offset", Some(&from), json!({"amount": amount, "currency": currency.code()})).await?;
    Ok((claim, amount))
}

/// Gives up what an order owes (P14): against the allowance, for a reason.
pub async fn write_off(tx: &mut TenantTx, _: Permit<WriteOffReceivables>, read: Permit<ReadOrders>, id: OrderId, amount: Option<Decimal>, reason: &str) -> Result<(String, Decimal), ReceivableError> {
    let reason = text("/reason", reason, REASON_CHARS_MAX)?;
    settings::open_books(tx).await?;
    let order = lock(tx, read, id).await?;
    let currency = order.projection.currency;
    let owed = sqlx::query_scalar!(r#"select coalesce(sum(amount), 0) as "owed!" from tenant.receivables where tenant_id = $1 and order_id = $2 and currency = $3"#, tx.tenant(), id.uuid(), currency.code())
        .fetch_one(tx.conn())
        .await?
        .normalize();
    let owed = owed.min(order.projection.outstanding).max(Decimal::ZERO);
    let amount = amount.unwrap_or(owed);
    if amount.normalize().scale() > currency.exponent() || amount < Decimal::ZERO {
        return wrong("/amount", "a positive amount with the decimals of its currency");
    }
    if amount > owed || amount.is_zero() {
        return Err(ReceivableError::Above { pointer: "/amount".into(), asked: Money::new(amount, currency), left: Money::new(owed, currency) });
    }
    let tenders = money::settle_open(tx, id, order.row.version, &[("write_off", amount, None, reason.clone())]).await?;
    audit::write(tx, "receivables.written_off", Some(&id), json!({"amount": amount, "currency": currency.code(), "reason": reason})).await?;
    Ok((tenders.into_iter().next().unwrap_or_default(), amount))
}

/// Takes a write-off back: it is owed again.
pub async fn write_back(tx: &mut TenantTx, _: Permit<WriteOffReceivables>, read: Permit<ReadOrders>, id: OrderId, tender: &str, reason: &str) -> Result<(), ReceivableError> {
    undo(tx, read, id, tender, reason, &["write_off"]).await?;
    audit::write(tx, "receivables.written_back", Some(&id), json!({"tender": tender, "reason": reason})).await?;
    Ok(())
}
