//! Orders as the interface shows them: money with its currency, decimals as text.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{CompanyId, Currency, Decimal, Money, PersonId};
use serde::Serialize;
use serde_json::Value;
use switchyard_core::orders::{detail::Order, fact, holds::{Approval, Hold}, list::OrderRow, same_sale::Linked};

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Money)]
pub struct MoneyView {
    /// Decimal text.
    amount: String,
    currency: String,
}

pub fn money(amount: Decimal, currency: &str) -> MoneyView {
    MoneyView { amount: amount_text(amount, currency), currency: currency.to_owned() }
}

/// Decimal text with the currency's minor unit at least, and no zeros beyond it: `1106.70` USD, `1250000` VND.
fn amount_text(amount: Decimal, currency: &str) -> String {
    let exponent = currency.parse::<Currency>().map_or(0, Currency::exponent);
    let mut amount = amount.normalize();
    if amount.scale() < exponent {
        amount.rescale(exponent);
    }
    amount.to_string()
}

/// Decimal text without zeros at its end.
pub fn decimal(amount: Decimal) -> String {
    amount.normalize().to_string()
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct AccountName {
    id: String,
    name: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct BuyerName {
    name: Option<String>,
    phone: Option<String>,
    /// The channel hides the person.
    masked: bool,
    company: Option<String>,
}

/// One order as the list shows it.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = OrderRow)]
pub struct RowView {
    pub id: String,
    pub number: i64,
    channel_kind: String,
    channel_account: AccountName,
    external_id: String,
    external_number: Option<String>,
    channel_status: Option<String>,
    segment: String,
    placed_at: DateTime<Utc>,
    currency: String,
    described: bool,
    test: bool,
    buyer: BuyerName,
    staff: Option<String>,
    source_tag: Option<String>,
    payment_method: Option<String>,
    cash_on_delivery: bool,
    total: MoneyView,
    tendered: MoneyView,
    refunded: MoneyView,
    outstanding: MoneyView,
    payment_track: String,
    delivery_track: String,
    invoice_track: String,
    holds: Vec<String>,
    line_count: i32,
    units: String,
    tags: Vec<String>,
    updated_at: DateTime<Utc>,
    version: i64,
    #[schema(value_type = Option<String>)]
    company_id: Option<CompanyId>,
    /// By a person, or for consumers by the rule.
    confirmed_at: Option<DateTime<Utc>>,
    /// The day the next payment is due.
    due_on: Option<NaiveDate>,
    /// A copy: another order counts for the sale.
    is_copy: bool,
}

impl From<OrderRow> for RowView {
    fn from(row: OrderRow) -> Self {
        let sum = |amount| money(amount, &row.currency);
        Self {
            id: row.id.to_string(),
            number: row.number,
            channel_account: AccountName { id: row.channel_account_id.to_string(), name: row.account_name },
            total: sum(row.total),
            tendered: sum(row.tendered),
            refunded: sum(row.refunded),
            outstanding: sum(row.outstanding),
            channel_kind: row.channel_kind,
            external_id: row.external_id,
            external_number: row.external_number,
            channel_status: row.channel_status,
            segment: row.segment,
            placed_at: row.placed_at,
            described: row.described,
            test: row.test,
            buyer: BuyerName { name: row.buyer_name, phone: row.buyer_phone, masked: row.buyer_masked, company: row.company },
            staff: row.staff,
            source_tag: row.source_tag,
            payment_method: row.payment_method,
            cash_on_delivery: row.cash_on_delivery,
            payment_track: row.payment_track,
            delivery_track: row.delivery_track,
            invoice_track: row.invoice_track,
            holds: row.hold_types,
            line_count: row.line_count,
            units: decimal(row.units),
            tags: row.tags,
            updated_at: row.updated_at,
            version: row.version,
            company_id: row.company_id,
            confirmed_at: row.confirmed_at,
            due_on: row.due_on,
            is_copy: row.same_sale_as.is_some(),
            currency: row.currency,
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ComponentView {
    kind: Value,
    funded_by: Value,
    amount: MoneyView,
    code: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct TaxView {
    name: String,
    /// Percent.
    rate: Option<String>,
    amount: MoneyView,
    included: bool,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct LineView {
    position: usize,
    external_id: String,
    kind: String,
    sku: Option<String>,
    name: Option<String>,
    quantity: String,
    unit_price: MoneyView,
    gross: MoneyView,
    components: Vec<ComponentView>,
    taxes: Vec<TaxView>,
    tax_on_top: MoneyView,
    total: MoneyView,
    gift: bool,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ComponentSum {
    kind: Value,
    funded_by: Value,
    amount: MoneyView,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct TotalsView {
    gross: MoneyView,
    discount_tenant: MoneyView,
    discount_others: MoneyView,
    tax_on_top: MoneyView,
    tax_included: MoneyView,
    total: MoneyView,
    /// What the channel says the buyer pays.
    stated_total: Option<MoneyView>,
    /// Stated less computed, when they differ by more than one minor unit.
    difference: Option<MoneyView>,
    by_component: Vec<ComponentSum>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct HoldView {
    id: String,
    r#type: String,
    scope: String,
    blocks: Vec<String>,
    state: String,
    reason: String,
    evidence: Value,
    placed_by: String,
    placed_at: DateTime<Utc>,
    ended_by: Option<String>,
    ended_at: Option<DateTime<Utc>>,
    end_reason: Option<String>,
    #[schema(value_type = Option<String>)]
    owner_id: Option<PersonId>,
    escalation: i16,
    requested_by: Option<String>,
    /// Its end confirms the order, when nothing else stands against it.
    confirms: bool,
    approvals: Vec<ApprovalView>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = HoldApproval)]
pub struct ApprovalView {
    pub by: String,
    pub at: DateTime<Utc>,
    pub reason: String,
}

impl From<Approval> for ApprovalView {
    fn from(Approval { by, at, reason }: Approval) -> Self {
        Self { by, at, reason }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = OrderConfirmation)]
pub struct ConfirmationView {
    at: DateTime<Utc>,
    /// `person` (or a key), or `rule`: the consumers' fast path
    by: &'static str,
    terms: Option<Value>,
    due_from: Option<&'static str>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = OrderDue)]
pub struct DueView {
    due_on: NaiveDate,
    amount: MoneyView,
}

impl From<Hold> for HoldView {
    fn from(hold: Hold) -> Self {
        let Hold { id, r#type, scope, blocks, state, reason, evidence, placed_by, placed_at, ended_by, ended_at, end_reason, owner, escalation, requested_by, confirms, approvals, .. } = hold;
        Self { id: id.to_string(), r#type, scope, blocks, state, reason, evidence, placed_by, placed_at, ended_by, ended_at, end_reason, owner_id: owner, escalation, requested_by, confirms, approvals: approvals.into_iter().map(ApprovalView::from).collect() }
    }
}

/// Another order of the same sale.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = LinkedOrder)]
pub struct LinkedView {
    id: String,
    number: i64,
    channel_kind: String,
    /// As its channel calls it.
    external_number: String,
}

impl From<Linked> for LinkedView {
    fn from(Linked { id, number, kind, external_number }: Linked) -> Self {
        Self { id: id.to_string(), number, channel_kind: kind, external_number }
    }
}

/// A whole order.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Order)]
pub struct OrderView {
    #[serde(flatten)]
    pub row: RowView,
    lines: Vec<LineView>,
    totals: TotalsView,
    /// `{id, method, state, amount, holder, reference, at}`
    tenders: Vec<Value>,
    /// `{id, state, carrier, tracking, lines, at}`; no lines means the whole order
    shipments: Vec<Value>,
    cancellations: Vec<Value>,
    refunds: Vec<Value>,
    returns: Vec<Value>,
    invoice_request: Option<Value>,
    settlement: Vec<Value>,
    ship_to: Option<Value>,
    note: Option<String>,
    source_evidence: Option<String>,
    branch: Option<String>,
    hold_list: Vec<HoldView>,
    confirmation: Option<ConfirmationView>,
    /// What of the whole is due when; empty before the event the terms count from.
    due_schedule: Vec<DueView>,
    /// The order that counts for the sale instead of this one.
    same_sale_as: Option<LinkedView>,
    /// Orders of other channels for this sale, which count nothing; at most 100, the oldest first.
    copies: Vec<LinkedView>,
    /// How far its channel has done what it was asked: `synced`, `waiting`, `failed`; null when it was asked nothing.
    synced: Option<&'static str>,
    /// What the caller may do with the order now.
    actions: Vec<&'static str>,
}

/// A part of an order as JSON: its amounts are money already, its decimals text.
fn parts<'a, T: Serialize + 'a>(parts: impl Iterator<Item = &'a T>) -> Vec<Value> {
    parts.map(part).collect()
}
fn part<T: Serialize>(part: &T) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}

pub fn order(order: Order, actions: Vec<&'static str>) -> OrderView {
    let Order { row, state, projection, holds, links, synced, .. } = order;
    let currency = row.currency.clone();
    let sum = |amount| money(amount, &currency);
    let totals = &projection.totals;
    OrderView {
        lines: projection.lines.iter().enumerate().map(|(index, (line, part))| line_view(index, line, part)).collect(),
        totals: TotalsView {
            gross: sum(totals.sum.gross),
            discount_tenant: sum(totals.sum.discount_tenant),
            discount_others: sum(totals.sum.discount_others),
            tax_on_top: sum(totals.sum.tax_on_top),
            tax_included: sum(totals.sum.tax_included),
            total: sum(totals.sum.total),
            stated_total: totals.stated.map(sum),
            difference: totals.difference.map(sum),
            by_component: totals.by_component.iter().map(|((kind, funded_by), amount)| ComponentSum { kind: part(kind), funded_by: part(funded_by), amount: sum(*amount) }).collect(),
        },
        tenders: parts(state.tenders.values()),
        shipments: parts(state.shipments.values()),
        cancellations: parts(state.cancellations.values()),
        refunds: parts(state.refunds.values()),
        returns: parts(state.returns.values()),
        invoice_request: state.invoice.as_ref().map(part),
        settlement: parts(state.settlement.values()),
        ship_to: projection.ship_to.as_ref().map(part),
        note: projection.note,
        source_evidence: projection.source_evidence,
        branch: projection.branch,
        confirmation: projection.confirmed_at.map(|at| ConfirmationView {
            at,
            by: if state.confirmation.is_some() { "person" } else { "rule" },
            terms: state.confirmation.as_ref().and_then(|c| c.terms.as_ref()).map(part),
            due_from: state.confirmation.as_ref().filter(|c| c.terms.is_some()).map(|c| c.due_from.word()),
        }),
        due_schedule: projection.due_schedule.iter().flatten().map(|d| DueView { due_on: d.due_on, amount: sum(d.amount) }).collect(),
        same_sale_as: links.same_sale_as.map(LinkedView::from),
        copies: links.copies.into_iter().map(LinkedView::from).collect(),
        hold_list: holds.into_iter().map(HoldView::from).collect(),
        synced,
        actions,
        row: row.into(),
    }
}

fn line_view(index: usize, line: &fact::Line, totals: &switchyard_core::orders::totals::LineTotals) -> LineView {
    let currency: Currency = line.unit_price.currency;
    let sum = |amount| money(amount, currency.code());
    let Money { amount, .. } = line.unit_price;
    LineView {
        position: index + 1,
        external_id: line.id.clone(),
        kind: line.kind.word().to_owned(),
        sku: line.sku.clone(),
        name: line.name.clone(),
        quantity: line.quantity.to_string(),
        unit_price: sum(amount),
        gross: sum(totals.gross),
        components: line.components.iter().map(|c| ComponentView { kind: part(&c.kind), funded_by: part(&c.funded_by), amount: sum(c.amount), code: c.code.clone() }).collect(),
        taxes: line.taxes.iter().map(|t| TaxView { name: t.name.clone(), rate: t.rate.map(decimal), amount: sum(t.amount), included: t.included }).collect(),
        tax_on_top: sum(totals.tax_on_top),
        total: sum(totals.total),
        gift: line.gift,
    }
}
