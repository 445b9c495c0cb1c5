//! Quotes as they are answered.

use crate::http::{
    companies::NamedCompany,
    orders::views::{MoneyView, decimal, money},
    problem::{FieldError, Problem},
};
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{ChannelAccountId, OrderId, PriceListId, QuoteId};
use serde::Serialize;
use switchyard_core::{
    parties::deposit::{DepositTerms, Share},
    pricing::price::Priced,
    quotes::{
        Quote, QuoteError,
        draft::{Judged, Offer},
        quote::{State, Step},
    },
};
use tenants::{
    Actor,
    rights::{ApprovePrices, CreateOrders, ManagePrices, SeeMargins, WriteQuotes},
};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = DepositTerms)]
pub struct TermsView {
    percent: Option<String>,
    amount: Option<MoneyView>,
    /// Null: before the order is confirmed.
    due_on: Option<NaiveDate>,
}

pub fn terms(terms: DepositTerms, currency: &str) -> TermsView {
    let (percent, amount) = match terms.share {
        Share::Percent(percent) => (Some(decimal(percent)), None),
        Share::Amount(amount) => (None, Some(money(amount, currency))),
    };
    TermsView { percent, amount, due_on: terms.due_on }
}

#[derive(Serialize, ToSchema)]
pub struct NamedAccount {
    #[schema(value_type = String)]
    id: ChannelAccountId,
    name: String,
}

#[derive(Serialize, ToSchema)]
pub struct NumberedOrder {
    #[schema(value_type = String)]
    id: OrderId,
    number: i64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = QuoteRow)]
pub struct QuoteView {
    #[schema(value_type = String)]
    id: QuoteId,
    number: i64,
    company: NamedCompany,
    account: NamedAccount,
    currency: String,
    /// `draft`, `sent`, `accepted`, `declined`, `expired`
    state: &'static str,
    /// The last day of its prices.
    valid_until: NaiveDate,
    note: Option<String>,
    deposit: Option<TermsView>,
    total: MoneyView,
    order: Option<NumberedOrder>,
    /// Why it was declined.
    reason: Option<String>,
    made_by: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    sent_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    version: i64,
    /// Prices that wait for their approval.
    waiting: i64,
    /// What you may do with it now: `edit`, `send`, `ask_prices`, `accept`, `decline`
    actions: Vec<&'static str>,
}

pub fn quote(actor: &Actor, q: Quote) -> QuoteView {
    let (writes, places) = (actor.may::<WriteQuotes>().is_ok(), actor.may::<CreateOrders>().is_ok());
    let steps = [("edit", Step::Edit, writes), ("send", Step::Send, writes), ("accept", Step::Accept, writes && places), ("decline", Step::Decline, writes)];
    let mut actions: Vec<&'static str> = steps.into_iter().filter(|(_, step, may)| *may && q.state.after(*step).is_some()).map(|(word, ..)| word).collect();
    if writes && matches!(q.state, State::Draft | State::Sent) {
        actions.push("ask_prices");
    }
    QuoteView {
        id: q.id,
        number: q.number,
        company: NamedCompany { id: q.company, name: q.company_name },
        account: NamedAccount { id: q.account, name: q.account_name },
        state: q.state.word(),
        valid_until: q.valid_until,
        note: q.note,
        deposit: q.deposit.map(|d| terms(d, &q.currency)),
        total: money(q.total, &q.currency),
        order: q.order.zip(q.order_number).map(|(id, number)| NumberedOrder { id, number }),
        reason: q.reason,
        made_by: q.made_by,
        created_at: q.created_at,
        updated_at: q.updated_at,
        sent_at: q.sent_at,
        ended_at: q.ended_at,
        version: q.version,
        waiting: q.waiting,
        currency: q.currency,
        actions,
    }
}

/// Where a price came from.
#[derive(Serialize, ToSchema)]
#[schema(as = PriceProvenance)]
pub struct ProvenanceView {
    #[schema(value_type = String)]
    list_id: PriceListId,
    list: String,
    version: i32,
    /// The break that the quantity reached.
    min_quantity: String,
    price: String,
    /// With `prices:manage` or `prices:approve` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    floor: Option<String>,
    /// With `prices:margin` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<String>,
}

/// How low a price may go is known to those who decide it: a buyer's first offer would be the floor else.
pub fn sees_floors(actor: &Actor) -> bool {
    actor.may::<ManagePrices>().is_ok() || actor.may::<ApprovePrices>().is_ok()
}

pub fn provenance(actor: &Actor, p: Priced) -> ProvenanceView {
    ProvenanceView {
        list_id: p.list,
        list: p.list_name,
        version: p.version,
        min_quantity: decimal(p.min_quantity),
        price: decimal(p.price),
        floor: p.floor.filter(|_| sees_floors(actor)).map(decimal),
        cost: p.cost.filter(|_| actor.may::<SeeMargins>().is_ok()).map(decimal),
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = QuoteLine)]
pub struct LineView {
    line_id: String,
    sku: String,
    name: Option<String>,
    quantity: String,
    unit_price: String,
    tax_included: bool,
    tax_rate: Option<String>,
    /// Null: no list has the SKU.
    list: Option<ProvenanceView>,
    total: MoneyView,
    reason: Option<String>,
    discount_percent: Option<String>,
    /// With `prices:margin` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    margin_percent: Option<String>,
    /// Why the price needs an approval: `below_floor`, `discount`, `margin`, `unlisted`
    needs_approval: Vec<String>,
    /// An approval covers it.
    approved: bool,
}

pub fn line(actor: &Actor, Judged { line, judgement }: Judged, approved: bool, currency: &str) -> LineView {
    LineView {
        margin_percent: judgement.margin_percent.filter(|_| actor.may::<SeeMargins>().is_ok()).map(decimal),
        discount_percent: judgement.discount_percent.map(decimal),
        needs_approval: judgement.reasons,
        approved,
        line_id: line.line_id,
        sku: line.sku,
        name: line.name,
        quantity: decimal(line.quantity),
        unit_price: decimal(line.unit_price),
        tax_included: line.tax_included,
        tax_rate: line.tax_rate.map(decimal),
        list: line.list.map(|l| provenance(actor, l)),
        total: money(line.total, currency),
        reason: line.reason,
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Quote)]
pub struct QuoteDetail {
    #[serde(flatten)]
    pub quote: QuoteView,
    pub lines: Vec<LineView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Offer)]
pub struct OfferView {
    lines: Vec<LineView>,
    total: MoneyView,
    matrix_version: i32,
}

pub fn offer(actor: &Actor, offer: Offer, currency: &str) -> OfferView {
    OfferView { lines: offer.lines.into_iter().map(|judged| line(actor, judged, false, currency)).collect(), total: money(offer.total, currency), matrix_version: offer.matrix.version }
}

impl From<QuoteError> for Problem {
    fn from(error: QuoteError) -> Self {
        match error {
            QuoteError::Unknown => Self::not_found(),
            QuoteError::Fields(fields) => Self::fields(fields.into_iter().map(|w| FieldError { pointer: w.pointer, code: "invalid_value".into(), detail: format!("expected {}", w.expected) }).collect()),
            QuoteError::Stale(_) => Self::new(StatusCode::PRECONDITION_FAILED, "stale", error.to_string()),
            QuoteError::State(State::Expired) => Self::conflict("quote_expired", error.to_string()),
            QuoteError::State(_) => Self::conflict("quote_state", error.to_string()),
            QuoteError::AccountInactive(_) => Self::conflict("account_inactive", error.to_string()),
            QuoteError::Request(error) => error.into(),
            QuoteError::Place(error) => error.into(),
            QuoteError::Intake(error) => error.into(),
            QuoteError::Database(error) => Self::internal(error),
        }
    }
}
