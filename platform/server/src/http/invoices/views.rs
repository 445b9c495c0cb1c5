//! Tax invoices as the interface shows them.

use crate::http::orders::views::{MoneyView, money};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::Decimal;
use serde::{Deserialize, Serialize};
use switchyard_core::invoices::{
    Kind, Regime,
    document::{DocumentLine, Party, RateTotal},
    life::{Event, State},
    list::{Document, Row},
};
use switchyard_core::orders::errands::Errand;
use tenants::Actor;
use tenants::rights::IssueInvoices;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = TaxInvoiceRow)]
pub struct RowView {
    id: String,
    /// `invoice`, `adjustment`, `replacement`, `credit_note`
    kind: String,
    regime: String,
    number: String,
    /// The document it corrects.
    of: Option<String>,
    reason: Option<String>,
    issued_at: DateTime<Utc>,
    /// The day of issue in the tenant's zone.
    issued_on: NaiveDate,
    issued_by: String,
    buyer_name: String,
    buyer_tax_code: Option<String>,
    base: MoneyView,
    tax: MoneyView,
    total: MoneyView,
    order_count: i32,
    /// `issued`, `sent`, `accepted`, `rejected`, `adjusted`, `replaced`, `credited`
    state: String,
    state_at: DateTime<Utc>,
}

impl From<Row> for RowView {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.to_string(),
            kind: row.kind,
            regime: row.regime,
            number: row.number,
            of: row.of.map(|of| of.to_string()),
            reason: row.reason,
            issued_at: row.issued_at,
            issued_on: row.issued_on,
            issued_by: row.issued_by,
            buyer_name: row.buyer_name,
            buyer_tax_code: row.buyer_tax_code,
            base: money(row.base, &row.currency),
            tax: money(row.tax, &row.currency),
            total: money(row.total, &row.currency),
            order_count: row.order_count,
            state: row.state,
            state_at: row.state_at,
        }
    }
}

/// Who sells or buys.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InvoiceParty)]
pub struct PartyView {
    name: String,
    tax_code: Option<String>,
    address: Option<String>,
    city: Option<String>,
    postcode: Option<String>,
    /// ISO 3166-1, two letters.
    country: Option<String>,
    email: Option<String>,
}

impl From<Party> for PartyView {
    fn from(party: Party) -> Self {
        let Party { name, tax_code, address, city, postcode, country, email } = party;
        Self { name, tax_code, address, city, postcode, country, email }
    }
}
impl From<PartyView> for Party {
    fn from(party: PartyView) -> Self {
        let filled = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let PartyView { name, tax_code, address, city, postcode, country, email } = party;
        Self { name: name.trim().to_owned(), tax_code: filled(tax_code), address: filled(address), city: filled(city), postcode: filled(postcode), country: filled(country), email: filled(email) }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = InvoiceAmount)]
struct NamedAmount {
    /// Of allowances `marketing_discount`, `promo_voucher`, `price_override`, `shipping_discount`, `points`; of payments
    /// `paid`, `points`, `paid_voucher`, `others`.
    kind: String,
    amount: MoneyView,
}

#[derive(Serialize, ToSchema)]
#[schema(as = InvoiceLine)]
struct LineView {
    /// The order's number, where a document covers several.
    order: Option<i64>,
    name: String,
    sku: Option<String>,
    quantity: String,
    /// Net of tax, before allowances.
    gross: MoneyView,
    allowances: Vec<NamedAmount>,
    base: MoneyView,
    tax: MoneyView,
    /// Percent.
    rate: String,
    category: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = InvoiceRate)]
struct RateView {
    category: String,
    rate: String,
    base: MoneyView,
    tax: MoneyView,
    reason: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = InvoiceStep)]
struct StepView {
    state: String,
    at: DateTime<Utc>,
    actor: String,
    provider: Option<String>,
    reference: Option<String>,
    note: Option<String>,
}

/// How the document's way to its provider stands.
#[derive(Serialize, ToSchema)]
#[schema(as = InvoiceSending)]
struct SendingView {
    errand_id: String,
    account_id: String,
    /// `queued`, `sending`, `retrying`, `done`, `refused`, `gave_up`, `unsupported`, `dropped`
    state: String,
    attempts: i32,
    /// When it is asked next, while it is not over.
    due_at: Option<DateTime<Utc>>,
    /// `authority.waiting`: the provider has it. Else what hindered it last.
    code: Option<String>,
    detail: Option<String>,
}

impl From<Errand> for SendingView {
    fn from(errand: Errand) -> Self {
        Self { errand_id: errand.id.to_string(), account_id: errand.account.to_string(), due_at: errand.ended_at.is_none().then_some(errand.due_at), state: errand.state, attempts: errand.attempts, code: errand.error_code, detail: errand.error }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = InvoicedOrder)]
struct OrderView {
    id: String,
    number: i64,
    /// What was sold stands in the books otherwise now: the document is to be replaced.
    outdated: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TaxInvoice)]
pub struct DocumentView {
    #[serde(flatten)]
    row: RowView,
    seller: PartyView,
    buyer: PartyView,
    lines: Vec<LineView>,
    rates: Vec<RateView>,
    payments: Vec<NamedAmount>,
    payable: MoneyView,
    delivered_on: Option<NaiveDate>,
    due_on: Option<NaiveDate>,
    steps: Vec<StepView>,
    orders: Vec<OrderView>,
    /// Documents that correct this one, newest first.
    corrections: Vec<RowView>,
    /// Its way to the provider; null: nobody was asked.
    sending: Option<SendingView>,
    /// What may be done with it now: `submit`, `send`, `accept`, `reject`, `correct`, `replace`.
    actions: Vec<&'static str>,
}

/// What the actor may do with a document in its state.
fn actions(actor: &Actor, of: &Document) -> Vec<&'static str> {
    let row = &of.row;
    let (Some(state), true) = (State::of_word(&row.state), actor.may::<IssueInvoices>().is_ok()) else { return Vec::new() };
    let mut actions: Vec<&'static str> = [Event::Send, Event::Accept, Event::Reject].into_iter().filter(|event| state.after(*event).is_some()).map(Event::word).collect();
    let asked = of.sending.as_ref().is_some_and(Errand::stands);
    if of.has_provider && state == State::Issued && !asked {
        actions.insert(0, "submit");
    }
    let sells = [Kind::Invoice, Kind::Replacement].iter().any(|kind| kind.word() == row.kind);
    let correction = Regime::of_word(&row.regime).and_then(|regime| Event::of_correction(regime.rules().correction));
    if sells && correction.is_some_and(|event| state.after(event).is_some()) {
        actions.push("correct");
    }
    if sells && state.after(Event::Replace).is_some() {
        actions.push("replace");
    }
    actions
}

pub fn document(actor: &Actor, of: Document) -> DocumentView {
    let actions = actions(actor, &of);
    let Document { row, content, steps, orders, corrections, sending, .. } = of;
    let currency = row.currency.clone();
    let named = |kind: String, amount: Decimal| NamedAmount { kind, amount: money(amount, &currency) };
    let line = |line: DocumentLine| LineView {
        order: line.order,
        name: line.name,
        sku: line.sku,
        quantity: line.quantity.normalize().to_string(),
        gross: money(line.gross, &currency),
        allowances: line.allowances.into_iter().map(|allowance| named(allowance.kind, allowance.amount)).collect(),
        base: money(line.base, &currency),
        tax: money(line.tax, &currency),
        rate: line.rate.normalize().to_string(),
        category: line.category,
    };
    let rate = |rate: RateTotal| RateView { category: rate.category, rate: rate.rate.normalize().to_string(), base: money(rate.base, &currency), tax: money(rate.tax, &currency), reason: rate.reason };
    DocumentView {
        actions,
        sending: sending.map(SendingView::from),
        row: row.into(),
        seller: content.seller.into(),
        buyer: content.buyer.into(),
        lines: content.lines.into_iter().map(line).collect(),
        rates: content.rates.into_iter().map(rate).collect(),
        payments: content.payments.into_iter().map(|payment| named(payment.kind, payment.amount)).collect(),
        payable: money(content.payable, &currency),
        delivered_on: content.delivered_on,
        due_on: content.due_on,
        steps: steps.into_iter().map(|step| StepView { state: step.state, at: step.at, actor: step.actor, provider: step.provider, reference: step.reference, note: step.note }).collect(),
        orders: orders.into_iter().map(|order| OrderView { id: order.order.to_string(), number: order.number, outdated: order.outdated }).collect(),
        corrections: corrections.into_iter().map(RowView::from).collect(),
    }
}
