//! The money and packages of an order without a connector: tenders, voids, refunds, packages, settlements.

use super::create::json_bytes;
use super::read::{actions, seen_version};
use super::views::{self, MoneyView, OrderView};
use crate::app::App;
use crate::http::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Path, parse_json},
    errands::{self, ErrandView},
    idempotency::{self, Keyed, keyed},
    problem::{FieldError, Problem, ProblemBody},
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use chrono::{DateTime, Utc};
use kernel::OrderId;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use switchyard_core::orders::{
    detail,
    errands as core_errands,
    money::{self, Act, MoneyError, NewRefund, NewSettlementLine, NewShipment, NewTender},
};
use tenants::{
    Actor, TenantTx,
    rights::{EditOrders, PostFinance, ReadOrders, TenderOrders},
};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPayment)]
pub struct TenderForm {
    /// `cash`, `bank_transfer`, `bank`, `card`, `wallet`, `points`, `paid_voucher`, `store_credit`, `deposit`, `cod`
    method: String,
    /// Decimal text in the order's currency.
    amount: Option<String>,
    /// Cash handed over; without `amount` the tender is what is owed, and the rest is change.
    given: Option<String>,
    reference: Option<String>,
    /// The drawer, bank account, processor or carrier that has it.
    account: Option<String>,
    at: Option<DateTime<Utc>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoidForm {
    reason: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QuantityForm {
    /// `external_id` of the line.
    line_id: String,
    quantity: String,
}

pub(super) fn quantities(lines: Vec<QuantityForm>) -> Vec<(String, String)> {
    lines.into_iter().map(|QuantityForm { line_id, quantity }| (line_id, quantity)).collect()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundForm {
    amount: String,
    /// Left out: as the buyer paid, in proportion.
    method: Option<String>,
    account: Option<String>,
    reason: String,
    #[serde(default)]
    lines: Vec<QuantityForm>,
    at: Option<DateTime<Utc>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShipmentForm {
    /// A package that exists is moved on.
    id: Option<String>,
    /// `ready`, `handed_over`, `in_transit`, `delivered`, `failed`, `returning`, `returned`, `cancelled`, `lost`
    state: String,
    carrier: Option<String>,
    tracking: Option<String>,
    /// Empty: the whole order.
    #[serde(default)]
    lines: Vec<QuantityForm>,
    at: Option<DateTime<Utc>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SettlementLineForm {
    id: Option<String>,
    /// `commission`, `payment_fee`, `service_fee`, `affiliate_commission`, `shipping_fee`, `withholding_tax`, `cod_fee`, `adjustment`, `payout`
    kind: String,
    /// Positive: what was kept, or paid out.
    amount: String,
    statement: Option<String>,
    at: Option<DateTime<Utc>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettlementForm {
    lines: Vec<SettlementLineForm>,
}

#[derive(Serialize, ToSchema)]
pub struct TenderAnswer {
    order: OrderView,
    tender: Value,
    change_due: MoneyView,
}

#[derive(Serialize, ToSchema)]
pub struct RefundAnswer {
    order: OrderView,
    refund: Value,
}

#[derive(Serialize, ToSchema)]
pub struct ShipmentAnswer {
    order: OrderView,
    /// Null when the order's channel was asked: it makes the package.
    shipment: Value,
    /// What the order's channel was asked.
    errand: Option<ErrandView>,
}

/// What the channel was asked, as an answer shows it; the carrier is woken when the answer is kept.
pub(super) async fn asked(tx: &mut TenantTx, actor: &Actor, act: &Act) -> Result<Option<ErrandView>, Problem> {
    match act {
        Act::Done(_) => Ok(None),
        Act::Asked(id) => Ok(Some(errands::view(actor, core_errands::get(tx, *id).await?))),
    }
}

/// One write: what it asks, under which key and version.
pub(super) struct Write<T> {
    pub form: T,
    pub seen: i64,
    pub key: Option<Keyed>,
}

pub(super) async fn write<T: DeserializeOwned>(request: Request, app: &App, actor: &Actor, call: &str) -> Result<Write<T>, Problem> {
    let headers: HeaderMap = request.headers().clone();
    let seen = seen_version(&headers)?;
    let bytes = json_bytes(request, app).await?;
    let key = keyed(&headers, actor, call, &bytes)?;
    Ok(Write { form: parse_json(&bytes)?, seen, key })
}

/// Keeps the answer under its key, commits, and wakes the review of held orders: money that moved may free one. A taken key, or an error behind one, replays the first answer.
pub(super) async fn finish<T: Serialize>(app: &App, actor: &Actor, mut tx: TenantTx, key: Option<Keyed>, status: StatusCode, done: Result<(i64, T), Problem>) -> Result<Response, Problem> {
    let Some(key) = key else {
        let (version, body) = done?;
        tx.commit().await?;
        app.judging.ring(actor.tenant);
        app.errands.ring(actor.tenant);
        return Ok(idempotency::answer(status, &super::read::etag(version), serde_json::to_vec(&body).map_err(Problem::internal)?));
    };
    let problem = match done {
        Ok((version, body)) => {
            let (etag, body) = (super::read::etag(version), serde_json::to_vec(&body).map_err(Problem::internal)?);
            if key.keep(&mut tx, status, &etag, &body).await? {
                tx.commit().await?;
                app.judging.ring(actor.tenant);
                app.errands.ring(actor.tenant);
                return Ok(idempotency::answer(status, &etag, body));
            }
            Problem::conflict("busy", "the same request is being answered; try again")
        }
        Err(problem) => problem,
    };
    drop(tx);
    key.replay(app, actor).await?.ok_or(problem)
}

pub(super) async fn order_of(tx: &mut TenantTx, actor: &Actor, id: OrderId) -> Result<detail::Order, Problem> {
    Ok(detail::get(tx, actor.may::<ReadOrders>()?, id).await?)
}

pub(super) fn view(actor: &Actor, order: detail::Order) -> OrderView {
    let actions = actions(actor, &order);
    views::order(order, actions)
}

pub(super) fn part<T: Serialize>(part: Option<&T>) -> Value {
    part.and_then(|part| serde_json::to_value(part).ok()).unwrap_or_default()
}

/// Takes a payment for an order.
#[utoipa::path(post, path = "/orders/{id}/tenders", tag = "money", params(("id" = String, Path), ("If-Match" = String, Header, description = "the order's ETag"), ("Idempotency-Key" = Option<String>, Header, description = "the first answer is kept and replayed")), request_body = TenderForm,
    responses((status = 201, description = "the order with its tender, and the change", body = TenderAnswer, headers(("ETag" = String))), (status = 412, description = "the order was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written, Absent, Conflicting))]
pub async fn tender(State(app): State<App>, Allowed { actor, permit }: Allowed<TenderOrders>, Path(id): Path<OrderId>, request: Request) -> Result<Response, Problem> {
    let Write { form, seen, key } = write::<TenderForm>(request, &app, &actor, &format!("POST /orders/{id}/tenders")).await?;
    let TenderForm { method, amount, given, reference, account, at } = form;
    let new = NewTender { method, amount, given, reference, account, at };
    let mut tx = app.directory.begin(&actor).await?;
    let done = async {
        let (tender, change) = money::tender(&mut tx, permit, id, seen, &new).await?;
        let order = order_of(&mut tx, &actor, id).await?;
        let tender = part(order.state.tenders.get(&tender));
        Ok((order.row.version, TenderAnswer { tender, change_due: views::money(change.amount, change.currency.code()), order: view(&actor, order) }))
    }
    .await;
    finish(&app, &actor, tx, key, StatusCode::CREATED, done).await
}

/// Voids a payment: it was never made.
#[utoipa::path(post, path = "/orders/{id}/tenders/{tender}/void", tag = "money", params(("id" = String, Path), ("tender" = String, Path), ("If-Match" = String, Header, description = "the order's ETag"), ("Idempotency-Key" = Option<String>, Header)), request_body = VoidForm,
    responses((status = 200, description = "the order", body = OrderView, headers(("ETag" = String))), (status = 412, description = "the order was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written, Absent, Conflicting))]
pub async fn void(State(app): State<App>, Allowed { actor, permit }: Allowed<PostFinance>, Path((id, tender)): Path<(OrderId, String)>, request: Request) -> Result<Response, Problem> {
    let Write { form, seen, key } = write::<VoidForm>(request, &app, &actor, &format!("POST /orders/{id}/tenders/{tender}/void")).await?;
    let mut tx = app.directory.begin(&actor).await?;
    let done = async {
        money::void(&mut tx, permit, id, seen, &tender, &form.reason).await?;
        let order = order_of(&mut tx, &actor, id).await?;
        Ok((order.row.version, view(&actor, order)))
    }
    .await;
    finish(&app, &actor, tx, key, StatusCode::OK, done).await
}

/// Gives money back.
#[utoipa::path(post, path = "/orders/{id}/refunds", tag = "money", params(("id" = String, Path), ("If-Match" = String, Header, description = "the order's ETag"), ("Idempotency-Key" = Option<String>, Header)), request_body = RefundForm,
    responses((status = 201, description = "the order with its refund", body = RefundAnswer, headers(("ETag" = String))), (status = 412, description = "the order was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written, Absent, Conflicting))]
pub async fn refund(State(app): State<App>, Allowed { actor, permit }: Allowed<PostFinance>, Path(id): Path<OrderId>, request: Request) -> Result<Response, Problem> {
    let Write { form, seen, key } = write::<RefundForm>(request, &app, &actor, &format!("POST /orders/{id}/refunds")).await?;
    let RefundForm { amount, method, account, reason, lines, at } = form;
    let new = NewRefund { amount, method, account, reason, lines: quantities(lines), at };
    let mut tx = app.directory.begin(&actor).await?;
    let done = async {
        let refund = money::refund(&mut tx, permit, id, seen, &new).await?;
        let order = order_of(&mut tx, &actor, id).await?;
        let refund = part(order.state.refunds.get(&refund));
        Ok((order.row.version, RefundAnswer { refund, order: view(&actor, order) }))
    }
    .await;
    finish(&app, &actor, tx, key, StatusCode::CREATED, done).await
}

/// Makes a package, or moves one on. A package of an order with a connector is asked of its channel: `ready` packs,
/// `handed_over` notes that it left.
#[utoipa::path(post, path = "/orders/{id}/shipments", tag = "money", params(("id" = String, Path), ("If-Match" = String, Header, description = "the order's ETag"), ("Idempotency-Key" = Option<String>, Header)), request_body = ShipmentForm,
    responses((status = 201, description = "the order with its package", body = ShipmentAnswer, headers(("ETag" = String))), (status = 412, description = "the order was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written, Absent, Conflicting))]
pub async fn ship(State(app): State<App>, Allowed { actor, permit }: Allowed<EditOrders>, Path(id): Path<OrderId>, request: Request) -> Result<Response, Problem> {
    let Write { form, seen, key } = write::<ShipmentForm>(request, &app, &actor, &format!("POST /orders/{id}/shipments")).await?;
    let ShipmentForm { id: shipment, state, carrier, tracking, lines, at } = form;
    let new = NewShipment { id: shipment, state, carrier, tracking, lines: quantities(lines), at };
    let mut tx = app.directory.begin(&actor).await?;
    let done = async {
        let act = money::ship(&mut tx, permit, id, seen, &new).await?;
        let errand = asked(&mut tx, &actor, &act).await?;
        let order = order_of(&mut tx, &actor, id).await?;
        let shipment = match &act {
            Act::Done(shipment) => part(order.state.shipments.get(shipment)),
            Act::Asked(_) => Value::Null,
        };
        Ok((order.row.version, ShipmentAnswer { shipment, errand, order: view(&actor, order) }))
    }
    .await;
    finish(&app, &actor, tx, key, StatusCode::CREATED, done).await
}

/// Notes what a carrier, processor or marketplace kept or paid out for the order.
#[utoipa::path(post, path = "/orders/{id}/settlements", tag = "money", params(("id" = String, Path), ("If-Match" = String, Header, description = "the order's ETag"), ("Idempotency-Key" = Option<String>, Header)), request_body = SettlementForm,
    responses((status = 201, description = "the order", body = OrderView, headers(("ETag" = String))), (status = 412, description = "the order was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written, Absent, Conflicting))]
pub async fn settle(State(app): State<App>, Allowed { actor, permit }: Allowed<PostFinance>, Path(id): Path<OrderId>, request: Request) -> Result<Response, Problem> {
    let Write { form, seen, key } = write::<SettlementForm>(request, &app, &actor, &format!("POST /orders/{id}/settlements")).await?;
    let lines: Vec<NewSettlementLine> =
        form.lines.into_iter().map(|SettlementLineForm { id, kind, amount, statement, at }| NewSettlementLine { id, kind, amount, statement, at }).collect();
    let mut tx = app.directory.begin(&actor).await?;
    let done = async {
        money::settle(&mut tx, permit, id, seen, &lines).await?;
        let order = order_of(&mut tx, &actor, id).await?;
        Ok((order.row.version, view(&actor, order)))
    }
    .await;
    finish(&app, &actor, tx, key, StatusCode::CREATED, done).await
}

impl From<MoneyError> for Problem {
    fn from(error: MoneyError) -> Self {
        let text = error.to_string();
        match error {
            MoneyError::Unknown | MoneyError::UnknownTender => Self::not_found(),
            MoneyError::Stale(_) => Self::new(StatusCode::PRECONDITION_FAILED, "stale", text),
            MoneyError::IsCopy => Self::conflict("is_copy", text),
            MoneyError::HasConnector(_) => Self::conflict("has_connector", text),
            MoneyError::Fields(fields) => Self::fields(fields.into_iter().map(|w| FieldError { pointer: w.pointer, code: "invalid_value".into(), detail: format!("expected {}", w.expected) }).collect()),
            MoneyError::NotCaptured(_) => Self::conflict("not_captured", text),
            MoneyError::RefundedAlready { .. } => Self::conflict("refunded_already", text),
            MoneyError::RefundAbovePaid { .. } => Self {
                errors: vec![FieldError { pointer: "/amount".into(), code: "refund_above_paid".into(), detail: text.clone() }],
                ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "refund_above_paid", text)
            },
            MoneyError::Held { .. } => Self::conflict("held", text),
            MoneyError::AboveOrdered { .. } => Self::conflict("above_ordered", text),
            MoneyError::TooMany => Self::conflict("too_many", text),
            MoneyError::CalledOff => Self::conflict("called_off", text),
            MoneyError::NotCalledOff => Self::conflict("not_called_off", text),
            MoneyError::ForfeitAboveLeft { .. } => Self {
                errors: vec![FieldError { pointer: "/amount".into(), code: "forfeit_above_left".into(), detail: text.clone() }],
                ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "forfeit_above_left", text)
            },
            MoneyError::HasLeft => Self::conflict("has_left", text),
            MoneyError::ReturnEnded(..) => Self::conflict("ended_already", text),
            MoneyError::AboveLeft { .. } => Self::conflict("above_left", text),
            MoneyError::PackedAlready { .. } => Self::conflict("packed_already", text),
            MoneyError::Errand(error) => error.into(),
            MoneyError::PeriodClosed { .. } => Self::conflict("period_closed", text),
            MoneyError::Forbidden { .. } => Self::conflict("track_forbidden", text),
            MoneyError::Till(error) => error.into(),
            MoneyError::Intake(error) => error.into(),
            MoneyError::Database(error) => Self::internal(error),
            other => Self::internal(other),
        }
    }
}
