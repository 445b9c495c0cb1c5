//! The deposit of an order: asked for, read off the ledger, kept.

use super::money::{Write, finish, order_of, view, write};
use super::views::{self, MoneyView, OrderView};
use crate::app::App;
use crate::flows::judging;
use crate::http::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::Path,
    problem::{Problem, ProblemBody},
    quotes::views::{TermsView, terms},
};
use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::NaiveDate;
use kernel::{Decimal, OrderId, money::parse_decimal};
use serde::{Deserialize, Serialize};
use switchyard_core::{
    orders::deposits::{self, Deposit},
    parties::deposit::{DepositTerms, Share},
};
use tenants::rights::{PostFinance, ReadOrders};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = OrderDeposit)]
pub struct DepositView {
    terms: Option<TermsView>,
    /// The terms are the order's own, not its company's.
    own: bool,
    asked: MoneyView,
    /// Paid for the order and not given back: counts against what is asked.
    received: MoneyView,
    missing: MoneyView,
    /// Into the liability account, before goods left.
    paid: MoneyView,
    /// Used up by what left.
    applied: MoneyView,
    refunded: MoneyView,
    forfeited: MoneyView,
    /// On the liability account: paid - applied - refunded - forfeited.
    left: MoneyView,
}

fn deposit_view(deposit: Deposit) -> DepositView {
    let money = |amount: Decimal| views::money(amount, &deposit.currency);
    DepositView {
        terms: deposit.terms.map(|t| terms(t, &deposit.currency)),
        own: deposit.own,
        asked: money(deposit.asked),
        received: money(deposit.received),
        missing: money(deposit.missing()),
        paid: money(deposit.paid),
        applied: money(deposit.applied),
        refunded: money(deposit.refunded),
        forfeited: money(deposit.forfeited),
        left: money(deposit.left),
    }
}

/// What is asked for ahead of an order, and what became of it.
#[utoipa::path(get, path = "/orders/{id}/deposit", tag = "money", params(("id" = String, Path)), responses((status = 200, description = "the deposit", body = DepositView), Guarded, Absent))]
pub async fn get(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadOrders>, Path(id): Path<OrderId>) -> Result<Response, Problem> {
    let zone = judging::zone(&app, actor.tenant).await?;
    let mut tx = app.directory.begin(&actor).await?;
    let deposit = deposits::of_order(&mut tx, permit, id, zone).await?.ok_or_else(Problem::not_found)?;
    Ok(axum::Json(deposit_view(deposit)).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DepositRequest)]
pub struct AskForm {
    /// A percent of the order or an amount, as decimal text.
    percent: Option<String>,
    amount: Option<String>,
    /// Null: before the order is confirmed.
    due_on: Option<NaiveDate>,
}

/// Asks for a deposit: the order is held while it is due and not paid.
#[utoipa::path(put, path = "/orders/{id}/deposit", tag = "money", params(("id" = String, Path), ("If-Match" = String, Header, description = "the order's ETag"), ("Idempotency-Key" = Option<String>, Header)), request_body = AskForm,
    responses((status = 200, description = "the order", body = OrderView, headers(("ETag" = String))), (status = 412, description = "the order was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written, Absent, Conflicting))]
pub async fn ask(State(app): State<App>, Allowed { actor, permit }: Allowed<PostFinance>, Path(id): Path<OrderId>, request: Request) -> Result<Response, Problem> {
    let Write { form, seen, key } = write::<AskForm>(request, &app, &actor, &format!("PUT /orders/{id}/deposit")).await?;
    let read = |field: &str, text: &str| parse_decimal(text).map_err(|e| Problem::field(format!("/{field}"), "invalid_value", e.to_string()));
    let share = match (form.percent.as_deref(), form.amount.as_deref()) {
        (Some(percent), None) => Share::Percent(read("percent", percent)?),
        (None, Some(amount)) => Share::Amount(read("amount", amount)?),
        _ => return Err(Problem::field("", "invalid_value", "a percent or an amount")),
    };
    let mut tx = app.directory.begin(&actor).await?;
    let done = async {
        deposits::ask(&mut tx, permit, id, seen, DepositTerms { share, due_on: form.due_on }).await?;
        let order = order_of(&mut tx, &actor, id).await?;
        Ok((order.row.version, view(&actor, order)))
    }
    .await;
    finish(&app, &actor, tx, key, StatusCode::OK, done).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DepositForfeit)]
pub struct ForfeitForm {
    amount: String,
    reason: String,
}

/// Keeps what is left of the deposit of an order that was called off: it becomes other income.
#[utoipa::path(post, path = "/orders/{id}/deposit/forfeit", tag = "money", params(("id" = String, Path), ("If-Match" = String, Header, description = "the order's ETag"), ("Idempotency-Key" = Option<String>, Header)), request_body = ForfeitForm,
    responses((status = 201, description = "the order", body = OrderView, headers(("ETag" = String))), (status = 412, description = "the order was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written, Absent, Conflicting))]
pub async fn forfeit(State(app): State<App>, Allowed { actor, permit }: Allowed<PostFinance>, Path(id): Path<OrderId>, request: Request) -> Result<Response, Problem> {
    let Write { form, seen, key } = write::<ForfeitForm>(request, &app, &actor, &format!("POST /orders/{id}/deposit/forfeit")).await?;
    let mut tx = app.directory.begin(&actor).await?;
    let done = async {
        deposits::forfeit(&mut tx, permit, id, seen, &form.amount, &form.reason).await?;
        let order = order_of(&mut tx, &actor, id).await?;
        Ok((order.row.version, view(&actor, order)))
    }
    .await;
    finish(&app, &actor, tx, key, StatusCode::CREATED, done).await
}
