//! Goods that are not wanted: orders called off, goods that come back.

use super::money::{QuantityForm, Write, finish, order_of, part, quantities, view, write};
use super::views::OrderView;
use crate::app::App;
use crate::http::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::Path,
    problem::{Problem, ProblemBody},
};
use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use chrono::{DateTime, Utc};
use kernel::OrderId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use switchyard_core::orders::{
    errands::CancelReason,
    returns::{self, NewReturn},
};
use tenants::rights::EditOrders;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCancellation)]
pub struct CancellationForm {
    reason: String,
    /// What kind of reason a channel is told: `out_of_stock`, `buyer_asked`, `address`, `price`, `other` (default).
    code: Option<String>,
    at: Option<DateTime<Utc>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewReturn)]
pub struct ReturnForm {
    /// A return that exists is moved on.
    id: Option<String>,
    /// `requested`, `approved`, `shipping_back`, `received`, `closed`, `rejected`, `withdrawn`
    state: String,
    /// For a new return.
    reason: Option<String>,
    /// Empty: everything that left and has not come back.
    #[serde(default)]
    lines: Vec<QuantityForm>,
    at: Option<DateTime<Utc>>,
}

#[derive(Serialize, ToSchema)]
pub struct ReturnAnswer {
    order: OrderView,
    r#return: Value,
}

/// Calls an order off while all of it is here; the channel of an order with a connector is asked to. What was paid stays the buyer's until it is refunded.
#[utoipa::path(post, path = "/orders/{id}/cancellations", tag = "orders", params(("id" = String, Path), ("If-Match" = String, Header, description = "the order's ETag"), ("Idempotency-Key" = Option<String>, Header)), request_body = CancellationForm,
    responses((status = 201, description = "the order", body = OrderView, headers(("ETag" = String))), (status = 412, description = "the order was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written, Absent, Conflicting))]
pub async fn call_off(State(app): State<App>, Allowed { actor, permit }: Allowed<EditOrders>, Path(id): Path<OrderId>, request: Request) -> Result<Response, Problem> {
    let Write { form, seen, key } = write::<CancellationForm>(request, &app, &actor, &format!("POST /orders/{id}/cancellations")).await?;
    let mut tx = app.directory.begin(&actor).await?;
    let done = async {
        let code = form.code.map(|word| serde_json::from_value(Value::String(word))).transpose();
        let code: Option<CancelReason> = code.map_err(|_| Problem::field("/code", "invalid_value", "must be out_of_stock, buyer_asked, address, price or other"))?;
        returns::call_off(&mut tx, permit, id, seen, &form.reason, code.unwrap_or_default(), form.at).await?;
        let order = order_of(&mut tx, &actor, id).await?;
        Ok((order.row.version, view(&actor, order)))
    }
    .await;
    finish(&app, &actor, tx, key, StatusCode::CREATED, done).await
}

/// Takes goods back, or moves a return on. Received goods are posted as returned; giving money back is a refund.
#[utoipa::path(post, path = "/orders/{id}/returns", tag = "orders", params(("id" = String, Path), ("If-Match" = String, Header, description = "the order's ETag"), ("Idempotency-Key" = Option<String>, Header)), request_body = ReturnForm,
    responses((status = 201, description = "the order with its return", body = ReturnAnswer, headers(("ETag" = String))), (status = 412, description = "the order was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written, Absent, Conflicting))]
pub async fn take_back(State(app): State<App>, Allowed { actor, permit }: Allowed<EditOrders>, Path(id): Path<OrderId>, request: Request) -> Result<Response, Problem> {
    let Write { form, seen, key } = write::<ReturnForm>(request, &app, &actor, &format!("POST /orders/{id}/returns")).await?;
    let ReturnForm { id: known, state, reason, lines, at } = form;
    let new = NewReturn { id: known, state, reason, lines: quantities(lines), at };
    let mut tx = app.directory.begin(&actor).await?;
    let done = async {
        let taken = returns::take_back(&mut tx, permit, id, seen, &new).await?;
        let order = order_of(&mut tx, &actor, id).await?;
        let taken = part(order.state.returns.get(&taken));
        Ok((order.row.version, ReturnAnswer { r#return: taken, order: view(&actor, order) }))
    }
    .await;
    finish(&app, &actor, tx, key, StatusCode::CREATED, done).await
}
