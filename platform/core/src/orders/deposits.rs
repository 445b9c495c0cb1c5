//! Deposits of orders: what is asked for, what came, what the goods used up, what went back or was kept.
//! Invariant DEP-2: the liability account for the order is paid - applied - refunded - forfeited: read off the ledger, entry by entry.
//! Invariant DEP-3: an order keeps the terms it was confirmed on, whatever becomes of the company's.
//! Invariant DEP-4: only what is left of the deposit of an order that was called off is kept, and what is kept is not given back.

use super::fact::{Forfeit, What};
use super::money::{Check, MoneyError, Open};
use crate::finance::Role;
use crate::parties::companies;
use crate::parties::deposit::{DepositTerms, Share};
use chrono::NaiveDate;
use chrono_tz::Tz;
use kernel::{CompanyId, Currency, Decimal, Money, OrderId};
use serde_json::json;
use tenants::rights::{PostFinance, ReadOrders};
use tenants::{Permit, TenantTx, audit};

/// The deposit of one order.
#[derive(Clone, Debug, PartialEq)]
pub struct Deposit {
    pub terms: Option<DepositTerms>,
    /// The terms are the order's own, not its company's.
    pub own: bool,
    pub currency: String,
    pub asked: Decimal,
    /// What the buyer has paid for the order and not got back: this counts against what is asked.
    pub received: Decimal,
    /// Into the liability account, before goods left.
    pub paid: Decimal,
    /// Used up by what left.
    pub applied: Decimal,
    pub refunded: Decimal,
    pub forfeited: Decimal,
    /// On the liability account.
    pub left: Decimal,
}

impl Deposit {
    pub fn missing(&self) -> Decimal {
        (self.asked - self.received).max(Decimal::ZERO)
    }
}

/// The terms of an order: its own, else its company's while it is not confirmed (DEP-3).
pub async fn terms(tx: &mut TenantTx, id: OrderId, zone: Tz) -> Result<Option<(DepositTerms, bool)>, sqlx::Error> {
    let own = sqlx::query!("select percent, amount, due_on from tenant.order_deposits where tenant_id = $1 and order_id = $2", tx.tenant(), id.uuid()).fetch_optional(tx.conn()).await?;
    if let Some(row) = own {
        let share = row.percent.map(|p| Share::Percent(p.normalize())).or(row.amount.map(|a| Share::Amount(a.normalize())));
        return Ok(share.map(|share| (DepositTerms { share, due_on: row.due_on }, true)));
    }
    let order = sqlx::query!(r#"select company_id as "company: CompanyId", placed_at, confirmed_at from tenant.orders where tenant_id = $1 and id = $2"#, tx.tenant(), id.uuid())
        .fetch_optional(tx.conn())
        .await?;
    let Some((company, placed_at)) = order.filter(|o| o.confirmed_at.is_none()).and_then(|o| o.company.map(|company| (company, o.placed_at))) else { return Ok(None) };
    let deposit = companies::deposit(tx, company).await?;
    Ok(deposit.map(|deposit| (deposit.of_order_on(placed_at.with_timezone(&zone).date_naive()), false)))
}

/// The deposit of an order as the ledger has it (DEP-2).
pub async fn of_order(tx: &mut TenantTx, _: Permit<ReadOrders>, id: OrderId, zone: Tz) -> Result<Option<Deposit>, sqlx::Error> {
    let Some(order) = sqlx::query!(
        r#"select coalesce(stated_total, total) as "total!", currency as "currency!", tendered, refunded from tenant.orders where tenant_id = $1 and id = $2 and voided_at is null"#,
        tx.tenant(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?
    else {
        return Ok(None);
    };
    let moved = sqlx::query!(
        r#"select coalesce(r.kind, e.kind) as "kind!", -sum(l.amount) as "amount!"
           from tenant.ledger_entries e left join tenant.ledger_entries r on r.tenant_id = $1 and r.id = e.reverses
           cross join lateral unnest(e.accounts, e.amounts) as l(account, amount)
           where e.tenant_id = $1 and e.order_id = $2 and split_part(l.account, ':', 1) = $3 and e.currency = $4
           group by 1"#,
        tx.tenant(),
        id.uuid(),
        Role::CustomerDeposits.word(),
        order.currency,
    )
    .fetch_all(tx.conn())
    .await?;
    let of = |kinds: &[&str]| moved.iter().filter(|m| kinds.contains(&m.kind.as_str())).map(|m| m.amount).sum::<Decimal>().normalize();
    let left: Decimal = moved.iter().map(|m| m.amount).sum();
    let terms = terms(tx, id, zone).await?;
    let currency = order.currency.parse().unwrap_or(Currency::USD);
    Ok(Some(Deposit {
        asked: terms.map_or(Decimal::ZERO, |(terms, _)| terms.asked(order.total, currency)).normalize(),
        received: (order.tendered - order.refunded).max(Decimal::ZERO).normalize(),
        paid: of(&["tender"]),
        applied: -of(&["sale", "return"]),
        refunded: -of(&["refund"]),
        forfeited: -of(&["forfeit"]),
        left: left.normalize(),
        own: terms.is_some_and(|(_, own)| own),
        terms: terms.map(|(terms, _)| terms),
        currency: order.currency,
    }))
}

/// Writes an order's own terms; `None` asks for nothing any more, nor does its company.
pub async fn set(tx: &mut TenantTx, order: OrderId, terms: DepositTerms) -> Result<(), sqlx::Error> {
    let (percent, amount) = match terms.share {
        Share::Percent(percent) => (Some(percent), None),
        Share::Amount(amount) => (None, Some(amount)),
    };
    sqlx::query!(
        "insert into tenant.order_deposits (tenant_id, order_id, percent, amount, due_on, asked_by, asked_at) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (tenant_id, order_id) do update set percent = excluded.percent, amount = excluded.amount, due_on = excluded.due_on, asked_by = excluded.asked_by, asked_at = excluded.asked_at",
        tx.tenant(),
        order.uuid(),
        percent,
        amount,
        terms.due_on,
        tx.actor().who.to_string(),
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Asks for a deposit, under the version of the order that was seen.
pub async fn ask(tx: &mut TenantTx, _: Permit<PostFinance>, id: OrderId, seen: i64, terms: DepositTerms) -> Result<(), MoneyError> {
    let open = Open::lock(tx, id, seen).await?;
    if open.state.is_cancelled() {
        return Err(MoneyError::CalledOff);
    }
    let mut check = Check::default();
    match terms.share {
        Share::Percent(p) if p <= Decimal::ZERO || p > Decimal::ONE_HUNDRED => check.wrong("/percent", "a percentage above 0 and up to 100"),
        Share::Amount(a) if a <= Decimal::ZERO || a > open.projection.totals.due(true).unwrap_or_default() => check.wrong("/amount", "an amount above zero and up to the order's total"),
        _ => {}
    }
    let sane = |day: NaiveDate| (1970..3000).contains(&chrono::Datelike::year(&day));
    if terms.due_on.is_some_and(|day| !sane(day)) {
        check.wrong("/due_on", "a day such as 2026-12-31");
    }
    check.done()?;
    set(tx, id, terms).await?;
    let told = match terms.share {
        Share::Percent(percent) => json!({"percent": percent, "due_on": terms.due_on}),
        Share::Amount(amount) => json!({"amount": amount, "due_on": terms.due_on}),
    };
    audit::write(tx, "deposit.asked", Some(&id), told).await?;
    super::holds::touch(tx, id).await?;
    super::reviews::ask(tx, &[id.uuid()], "deposit asked").await?;
    Ok(())
}

/// Keeps what is left of the deposit of an order that was called off (DEP-4). Returns the forfeit's id.
pub async fn forfeit(tx: &mut TenantTx, _: Permit<PostFinance>, id: OrderId, seen: i64, amount: &str, reason: &str) -> Result<String, MoneyError> {
    let open = Open::lock(tx, id, seen).await?;
    let mut check = Check::default();
    let amount = check.amount("/amount", amount);
    let reason = check.reason(reason);
    check.done()?;
    if !open.state.is_cancelled() {
        return Err(MoneyError::NotCalledOff);
    }
    let left = left_of(tx, id, open.projection.currency).await?;
    if amount > left {
        return Err(MoneyError::ForfeitAboveLeft { asked: open.money(amount), left: open.money(left) });
    }
    let forfeit = Open::next_id(&open.state.forfeits, "f")?;
    let told = Forfeit { id: forfeit.clone(), amount: open.money(amount), reason: Some(reason), at: Some(tx.now()) };
    open.tell(tx, vec![What::Forfeited(told)]).await?;
    Ok(forfeit)
}

/// What stands on the liability account for an order.
pub async fn left_of(tx: &mut TenantTx, id: OrderId, currency: Currency) -> Result<Decimal, sqlx::Error> {
    let left = sqlx::query_scalar!(
        r#"select coalesce(-sum(l.amount), 0) as "left!" from tenant.ledger_entries e cross join lateral unnest(e.accounts, e.amounts) as l(account, amount)
           where e.tenant_id = $1 and e.order_id = $2 and e.currency = $3 and split_part(l.account, ':', 1) = $4"#,
        tx.tenant(),
        id.uuid(),
        currency.code(),
        Role::CustomerDeposits.word(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(left.normalize())
}

/// A deposit that should be here and is not.
#[derive(Clone, Debug, PartialEq)]
pub struct Unpaid {
    pub asked: Money,
    pub missing: Money,
    pub due_on: Option<NaiveDate>,
}

/// What is missing of what is asked for, once it is due.
pub fn unpaid(terms: DepositTerms, total: Decimal, received: Decimal, currency: Currency, today: NaiveDate) -> Option<Unpaid> {
    let asked = terms.asked(total, currency);
    let missing = asked - received;
    (missing > Decimal::ZERO && terms.is_due(today)).then(|| Unpaid { asked: Money::new(asked.normalize(), currency), missing: Money::new(missing.normalize(), currency), due_on: terms.due_on })
}
