//! Settlement as the interface shows it.

use crate::http::orders::views::{MoneyView, money};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use switchyard_core::bank::lines::BankLine;
use switchyard_core::settlement::{
    import::Imported,
    shops::{Shop, ShopOrder},
    statements::{Statement, StatementLine},
};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = SettlementShop)]
pub struct ShopView {
    id: String,
    name: String,
    /// `shopee`, `tiktok`, `lazada`
    kind: String,
    /// Null while nothing was sold: then there are no amounts.
    currency: Option<String>,
    /// The balance of the clearing account.
    clearing: Option<MoneyView>,
    /// Of it, what waits on orders.
    orders: Option<MoneyView>,
    orders_open: i64,
    /// What nobody has explained yet.
    lines: Option<MoneyView>,
    lines_open: i64,
    statements: i64,
}

pub fn shop(shop: Shop) -> ShopView {
    let amount = |amount| shop.currency.as_deref().map(|currency| money(amount, currency));
    ShopView {
        clearing: amount(shop.clearing),
        orders: amount(shop.orders),
        lines: amount(shop.lines),
        id: shop.id.to_string(),
        name: shop.name,
        kind: shop.kind,
        orders_open: shop.orders_open,
        lines_open: shop.lines_open,
        statements: shop.statements,
        currency: shop.currency.clone(),
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = SettlementFee)]
pub struct FeeView {
    /// The account it is posted to.
    kind: String,
    /// Kept is positive.
    actual: MoneyView,
    /// By the shop's rates; null when there is none for the kind.
    expected: Option<MoneyView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SettlementOrder)]
pub struct OrderView {
    order_id: String,
    order_number: i64,
    external_id: String,
    placed_at: DateTime<Utc>,
    /// `not_yet_released`, `matched`, `short_paid`, `over_paid`, `unknown_order`
    state: String,
    /// What the marketplace owed for it.
    claim: MoneyView,
    paid: MoneyView,
    /// What it still holds; negative is paid too much.
    open: MoneyView,
    fees: Vec<FeeView>,
}

pub fn order(order: ShopOrder) -> OrderView {
    let currency = order.currency;
    OrderView {
        order_id: order.id.to_string(),
        order_number: order.number,
        external_id: order.external_id,
        placed_at: order.placed_at,
        state: order.state,
        claim: money(order.claim, &currency),
        paid: money(order.paid, &currency),
        open: money(order.open, &currency),
        fees: order.fees.into_iter().map(|fee| FeeView { kind: fee.kind, actual: money(fee.actual, &currency), expected: fee.expected.map(|expected| money(expected, &currency)) }).collect(),
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = SettlementStatement)]
pub struct StatementView {
    id: String,
    channel_account_id: String,
    shop: String,
    reference: String,
    currency: String,
    /// `channel`, `file`
    source: String,
    first_at: DateTime<Utc>,
    payout: MoneyView,
    orders: i64,
    lines_open: i64,
    lines_disputed: i64,
    /// What nobody has explained yet.
    open: MoneyView,
    /// A bank line shows the payout.
    paid: bool,
    /// What may be done with it now: `pay`.
    actions: Vec<&'static str>,
}

pub fn statement(statement: Statement, may_post: bool) -> StatementView {
    StatementView {
        id: statement.id.to_string(),
        channel_account_id: statement.shop.to_string(),
        shop: statement.shop_name,
        reference: statement.reference,
        payout: money(statement.payout, &statement.currency),
        open: money(statement.open, &statement.currency),
        currency: statement.currency,
        source: statement.source,
        first_at: statement.first_at,
        orders: statement.orders,
        lines_open: statement.lines_open,
        lines_disputed: statement.lines_disputed,
        paid: statement.paid,
        actions: if may_post && !statement.paid && !statement.payout.is_zero() { vec!["pay"] } else { vec![] },
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = SettlementPayoutLine)]
pub struct CandidateView {
    bank_line_id: String,
    bank_account: String,
    #[schema(value_type = String, format = Date)]
    booked_on: NaiveDate,
    amount: MoneyView,
    reference: Option<String>,
    text: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SettlementStatementDetail)]
pub struct StatementDetailView {
    #[serde(flatten)]
    statement: StatementView,
    /// Open bank lines of the payout's amount, the nearest in time first; at most 10.
    bank_lines: Vec<CandidateView>,
}

pub fn detail(of: Statement, candidates: Vec<BankLine>, may_post: bool) -> StatementDetailView {
    let candidate = |line: BankLine| CandidateView {
        bank_line_id: line.id.to_string(),
        bank_account: line.account_name,
        booked_on: line.booked_on,
        amount: money(line.amount, &line.currency),
        reference: line.reference,
        text: line.text,
    };
    StatementDetailView { statement: statement(of, may_post), bank_lines: candidates.into_iter().map(candidate).collect() }
}

#[derive(Serialize, ToSchema)]
#[schema(as = SettlementImport)]
pub struct ImportView {
    statement_id: String,
    lines_new: usize,
    /// Told by a file before.
    lines_known: usize,
    lines_matched: usize,
    lines_open: usize,
    /// What the file's lines come to.
    payout: MoneyView,
}

pub fn imported(imported: &Imported, currency: &str) -> ImportView {
    ImportView {
        statement_id: imported.statement.to_string(),
        lines_new: imported.lines_new,
        lines_known: imported.lines_known,
        lines_matched: imported.lines_matched,
        lines_open: imported.lines_open,
        payout: money(imported.payout, currency),
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = SettlementLine)]
pub struct LineView {
    /// Null for what the connector told: its order says it.
    id: Option<String>,
    order_id: Option<String>,
    order_number: Option<i64>,
    /// The order as the statement names it.
    order_ref: Option<String>,
    kind: String,
    /// To us is positive.
    amount: MoneyView,
    text: Option<String>,
    /// `matched`, `told` (by the connector already), `open`, `disputed`, `booked`
    state: String,
    /// What it was booked to.
    account: Option<String>,
    reason: Option<String>,
    /// What may be done with it now: `match`, `book`, `dispute`.
    actions: Vec<&'static str>,
}

pub fn line(line: StatementLine, may_post: bool) -> LineView {
    let actions = match line.state.as_str() {
        "open" if may_post => vec!["match", "book", "dispute"],
        "disputed" if may_post => vec!["match", "book"],
        _ => vec![],
    };
    LineView {
        id: line.id.map(|id| id.to_string()),
        order_id: line.order.map(|order| order.to_string()),
        order_number: line.order_number,
        order_ref: line.order_ref,
        kind: line.kind,
        amount: money(line.amount, &line.currency),
        text: line.text,
        state: line.state,
        account: line.account,
        reason: line.reason,
        actions,
    }
}
