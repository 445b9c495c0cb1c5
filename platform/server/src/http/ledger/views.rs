//! The ledger as the interface shows it.

use crate::http::orders::views::{MoneyView, money};
use chrono::{DateTime, Utc};
use kernel::Decimal;
use serde::Serialize;
use switchyard_core::finance::{
    Account, Holder,
    account::sides,
    balance::Row,
    chart::Chart,
    journal::Posted,
    locator::{Held, OrderHeld},
};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct AccountView {
    /// Role, and the sub-account after a colon.
    account: String,
    role: String,
    sub_account: Option<String>,
    number: String,
    name: String,
    /// `asset`, `liability`, `income`, `expense`
    kind: String,
    /// `debit`, `credit`
    normal: String,
}

pub fn account(account: &Account, chart: Chart) -> AccountView {
    AccountView {
        account: account.to_string(),
        role: account.role.word().to_owned(),
        sub_account: account.sub().map(str::to_owned),
        number: chart.number(account.role).to_owned(),
        name: chart.account_name(account),
        kind: account.role.kind().word().to_owned(),
        normal: account.role.normal().to_owned(),
    }
}

#[derive(Serialize, ToSchema)]
pub struct BalanceView {
    #[serde(flatten)]
    account: AccountView,
    debit: MoneyView,
    credit: MoneyView,
    /// Debit less credit.
    balance: MoneyView,
}

pub fn balance(row: &Row, chart: Chart) -> BalanceView {
    BalanceView {
        account: account(&row.account, chart),
        debit: money(row.debit, &row.currency),
        credit: money(row.credit, &row.currency),
        balance: money(row.balance(), &row.currency),
    }
}

#[derive(Serialize, ToSchema)]
pub struct EntryLineView {
    account: String,
    role: String,
    sub_account: Option<String>,
    name: String,
    debit: Option<MoneyView>,
    credit: Option<MoneyView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = LedgerEntry)]
pub struct EntryView {
    id: String,
    cause: String,
    kind: String,
    order_id: Option<String>,
    order_number: Option<i64>,
    reverses: Option<String>,
    reversed_by: Option<String>,
    currency: String,
    occurred_at: DateTime<Utc>,
    /// When it counts in the books.
    booked_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    actor: String,
    memo: Option<String>,
    lines: Vec<EntryLineView>,
}

pub fn entry(entry: Posted, chart: Chart) -> EntryView {
    let currency = entry.currency.clone();
    let lines = entry.lines.iter().map(|line| {
        let (debit, credit) = sides(line.amount);
        EntryLineView {
            account: line.account.to_string(),
            role: line.account.role.word().to_owned(),
            sub_account: line.account.sub().map(str::to_owned),
            name: chart.account_name(&line.account),
            debit: debit.map(|amount| money(amount, &currency)),
            credit: credit.map(|amount| money(amount, &currency)),
        }
    });
    EntryView {
        lines: lines.collect(),
        id: entry.id.to_string(),
        cause: entry.cause,
        kind: entry.kind,
        order_id: entry.order.map(|order| order.to_string()),
        order_number: entry.order_number,
        reverses: entry.reverses.map(|id| id.to_string()),
        reversed_by: entry.reversed_by.map(|id| id.to_string()),
        currency: entry.currency,
        occurred_at: entry.occurred_at,
        booked_at: entry.booked_at,
        recorded_at: entry.recorded_at,
        actor: entry.actor,
        memo: entry.memo,
    }
}

#[derive(Serialize, ToSchema)]
pub struct HeldView {
    #[serde(flatten)]
    account: AccountView,
    /// `drawer`, `bank`, `in_transit_to_bank`, `processor`, `marketplace`, `carrier`, `customer`, `partner`, `owed_to_customer`
    holder: String,
    amount: MoneyView,
    orders: i64,
}

pub fn held(held: &Held, chart: Chart) -> HeldView {
    HeldView {
        account: account(&held.account, chart),
        holder: held.account.role.holder().map(Holder::word).unwrap_or_default().to_owned(),
        amount: money(held.amount, &held.currency),
        orders: held.orders,
    }
}

#[derive(Serialize, ToSchema)]
pub struct OrderHeldView {
    order_id: String,
    number: i64,
    amount: MoneyView,
    since: DateTime<Utc>,
}

pub fn order_held(held: OrderHeld, currency: &str) -> OrderHeldView {
    OrderHeldView { order_id: held.order.to_string(), number: held.number, amount: money(held.amount, currency), since: held.since }
}

#[derive(Serialize, ToSchema)]
pub struct OrderBalanceView {
    account: String,
    role: String,
    sub_account: Option<String>,
    name: String,
    balance: MoneyView,
}

pub fn order_balance(account: &Account, currency: &str, amount: Decimal, chart: Chart) -> OrderBalanceView {
    OrderBalanceView {
        account: account.to_string(),
        role: account.role.word().to_owned(),
        sub_account: account.sub().map(str::to_owned),
        name: chart.account_name(account),
        balance: money(amount, currency),
    }
}
