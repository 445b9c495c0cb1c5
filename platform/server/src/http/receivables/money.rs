//! Money of companies: received, applied, taken back, offset; what is given up.

use crate::app::App;
use crate::http::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path},
    once,
    orders::views::{MoneyView, money},
    problem::Problem,
};
use axum::{
    Extension,
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use kernel::{CompanyId, OrderId};
use serde::{Deserialize, Serialize};
use switchyard_core::receivables::apply::{self, Wish};
use tenants::{
    Caller,
    rights::{ManageReceivables, PostFinance, ReadOrders, WriteOffReceivables},
};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewReceipt)]
struct ReceiptForm {
    amount: String,
    currency: Option<String>,
    /// Where it came in: `bank`, `bank_clearing`, `cash:…`
    received_in: String,
    /// What the payer wrote.
    reference: String,
}

#[derive(Serialize, ToSchema)]
struct ReceiptView {
    claim_id: String,
    entry_id: String,
}

/// Takes money of a company in that is for no order yet.
#[utoipa::path(post, path = "/receivables/companies/{id}/receipts", tag = "receivables", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = ReceiptForm,
    responses((status = 201, description = "where it stands", body = ReceiptView), Guarded, Written, Absent, Conflicting))]
pub async fn receive(State(app): State<App>, Allowed { actor, permit }: Allowed<PostFinance>, Extension(caller): Extension<Caller>, Path(id): Path<CompanyId>, request: Request) -> Result<Response, Problem> {
    let (form, key) = once::read::<ReceiptForm>(request, &app, &actor, &format!("POST /receivables/companies/{id}/receipts")).await?;
    let (currency, amount, account) = (once::currency(&caller, form.currency.as_deref())?, once::amount("/amount", &form.amount)?, once::account("/received_in", &form.received_in)?);
    let mut tx = app.directory.begin(&actor).await?;
    let done = apply::receive(&mut tx, permit, id, amount, currency, account, &form.reference).await;
    let done = done.map(|(claim, entry)| ReceiptView { claim_id: claim.to_string(), entry_id: entry.to_string() }).map_err(Problem::from);
    once::finish(&app, &actor, tx, key, StatusCode::CREATED, done).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewApplicationPart)]
struct WishForm {
    order_id: String,
    /// All it owes when left out, as far as there is money.
    amount: Option<String>,
    /// Take the discount for paying early off it.
    #[serde(default)]
    discount: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewApplication)]
struct ApplyForm {
    currency: Option<String>,
    orders: Vec<WishForm>,
}

#[derive(Serialize, ToSchema)]
struct AppliedView {
    order_id: String,
    applied: MoneyView,
    discount: MoneyView,
    tender_ids: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct AppliedList {
    data: Vec<AppliedView>,
}

/// Applies what a company has on account to its orders.
#[utoipa::path(post, path = "/receivables/companies/{id}/applications", tag = "receivables", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = ApplyForm,
    responses((status = 201, description = "what was settled", body = AppliedList), Guarded, Written, Absent, Conflicting))]
pub async fn apply(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageReceivables>, Extension(caller): Extension<Caller>, Path(id): Path<CompanyId>, request: Request) -> Result<Response, Problem> {
    let (form, key) = once::read::<ApplyForm>(request, &app, &actor, &format!("POST /receivables/companies/{id}/applications")).await?;
    let currency = once::currency(&caller, form.currency.as_deref())?;
    let mut wishes = Vec::new();
    for (index, wish) in form.orders.iter().enumerate().take(apply::ORDERS_MAX + 1) {
        let at = |field: &str| format!("/orders/{index}/{field}");
        wishes.push(Wish {
            order: wish.order_id.parse().map_err(|_| Problem::field(at("order_id"), "invalid_value", "must be the id of an order"))?,
            amount: wish.amount.as_deref().map(|text| once::amount(&at("amount"), text)).transpose()?,
            discount: wish.discount,
        });
    }
    let read = actor.may::<ReadOrders>()?;
    let mut tx = app.directory.begin(&actor).await?;
    let done = apply::apply(&mut tx, permit, read, id, currency, &wishes).await.map_err(Problem::from);
    let done = done.map(|settled| AppliedList {
        data: settled
            .into_iter()
            .map(|one| AppliedView { order_id: one.order.to_string(), applied: money(one.applied, currency.code()), discount: money(one.discount, currency.code()), tender_ids: one.tenders })
            .collect(),
    });
    once::finish(&app, &actor, tx, key, StatusCode::CREATED, done).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TakeBack)]
pub struct ReasonForm {
    reason: String,
}

/// Takes an application or an early discount back: the money is on account again.
#[utoipa::path(post, path = "/receivables/orders/{id}/applications/{tender}/take-back", tag = "receivables", params(("id" = String, Path), ("tender" = String, Path)), request_body = ReasonForm,
    responses((status = 204, description = "the order owes again"), Guarded, Written, Absent, Conflicting))]
pub async fn take_back(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageReceivables>, Path((id, tender)): Path<(OrderId, String)>, Json(form): Json<ReasonForm>) -> Result<StatusCode, Problem> {
    let read = actor.may::<ReadOrders>()?;
    let mut tx = app.directory.begin(&actor).await?;
    apply::take_back(&mut tx, permit, read, id, &tender, &form.reason).await?;
    tx.commit().await?;
    app.judging.ring(actor.tenant);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSettlementOfReceivable)]
struct GiveUpForm {
    /// All of it when left out.
    amount: Option<String>,
    reason: String,
}

#[derive(Serialize, ToSchema)]
struct OffsetView {
    claim_id: String,
    amount: String,
}

/// Moves what an order owes its buyer (a credit note, an overpayment) to the company's account.
#[utoipa::path(post, path = "/receivables/orders/{id}/offset", tag = "receivables", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = GiveUpForm,
    responses((status = 201, description = "where it stands", body = OffsetView), Guarded, Written, Absent, Conflicting))]
pub async fn offset(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageReceivables>, Path(id): Path<OrderId>, request: Request) -> Result<Response, Problem> {
    let (form, key) = once::read::<GiveUpForm>(request, &app, &actor, &format!("POST /receivables/orders/{id}/offset")).await?;
    let amount = form.amount.as_deref().map(|text| once::amount("/amount", text)).transpose()?;
    let read = actor.may::<ReadOrders>()?;
    let mut tx = app.directory.begin(&actor).await?;
    let done = apply::offset(&mut tx, permit, read, id, amount, &form.reason).await.map(|(claim, amount)| OffsetView { claim_id: claim.to_string(), amount: amount.to_string() }).map_err(Problem::from);
    once::finish(&app, &actor, tx, key, StatusCode::CREATED, done).await
}

#[derive(Serialize, ToSchema)]
struct WrittenOffView {
    tender_id: String,
    amount: String,
}

/// Gives up what an order owes, for a reason.
#[utoipa::path(post, path = "/receivables/orders/{id}/write-off", tag = "receivables", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = GiveUpForm,
    responses((status = 201, description = "what was given up", body = WrittenOffView), Guarded, Written, Absent, Conflicting))]
pub async fn write_off(State(app): State<App>, Allowed { actor, permit }: Allowed<WriteOffReceivables>, Path(id): Path<OrderId>, request: Request) -> Result<Response, Problem> {
    let (form, key) = once::read::<GiveUpForm>(request, &app, &actor, &format!("POST /receivables/orders/{id}/write-off")).await?;
    let amount = form.amount.as_deref().map(|text| once::amount("/amount", text)).transpose()?;
    let read = actor.may::<ReadOrders>()?;
    let mut tx = app.directory.begin(&actor).await?;
    let done = apply::write_off(&mut tx, permit, read, id, amount, &form.reason).await.map(|(tender_id, amount)| WrittenOffView { tender_id, amount: amount.to_string() }).map_err(Problem::from);
    once::finish(&app, &actor, tx, key, StatusCode::CREATED, done).await
}

/// Takes a write-off back: it is owed again.
#[utoipa::path(post, path = "/receivables/orders/{id}/write-offs/{tender}/take-back", tag = "receivables", params(("id" = String, Path), ("tender" = String, Path)), request_body = ReasonForm,
    responses((status = 204, description = "the order owes again"), Guarded, Written, Absent, Conflicting))]
pub async fn write_back(State(app): State<App>, Allowed { actor, permit }: Allowed<WriteOffReceivables>, Path((id, tender)): Path<(OrderId, String)>, Json(form): Json<ReasonForm>) -> Result<StatusCode, Problem> {
    let read = actor.may::<ReadOrders>()?;
    let mut tx = app.directory.begin(&actor).await?;
    apply::write_back(&mut tx, permit, read, id, &tender, &form.reason).await?;
    tx.commit().await?;
    app.judging.ring(actor.tenant);
    Ok(StatusCode::NO_CONTENT)
}
