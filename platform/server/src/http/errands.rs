//! What channels were asked to do: seen by order and by account, tried again and dropped by hand.

use super::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path, Query},
    page::{self, List, Scope},
    problem::Problem,
};
use crate::app::App;
use axum::{
    extract::{OriginalUri, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::{ChannelAccountId, ErrandId, OrderId, Quantity};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use switchyard_core::{
    channels::account,
    orders::{
        errands::{self, Errand, ErrandError, Level},
        list,
    },
};
use tenants::{
    Actor, audit,
    rights::{EditOrders, ReadChannels, ReadOrders},
};
use utoipa_axum::{router::OpenApiRouter, routes};

const LEVELS_MAX: usize = 500;
const LISTING_CHARS_MAX: usize = 200;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(of_order))
        .routes(routes!(of_account))
        .routes(routes!(retry))
        .routes(routes!(give_up))
        .routes(routes!(stock))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ErrandRefusal)]
struct RefusalView {
    /// The order, line or listing the channel refused.
    subject: String,
    code: String,
    detail: String,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Errand)]
pub struct ErrandView {
    /// The channel is told the same id on every attempt.
    id: String,
    channel_account_id: String,
    order_id: Option<String>,
    /// `confirm`, `pack`, `ship`, `cancel`, `stock`, `invoice`, `document` (a tax document for its provider)
    kind: String,
    /// `queued`, `sending`, `retrying`, `done`, `refused`, `gave_up`, `unsupported`, `dropped`
    state: String,
    /// What is asked: carrier, tracking, lines, reason, levels.
    action: Value,
    attempts: i32,
    /// When it is tried next.
    due_at: Option<DateTime<Utc>>,
    asked_by: String,
    asked_at: DateTime<Utc>,
    sent_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    /// The channel's name for what it did.
    reference: Option<String>,
    refusals: Vec<RefusalView>,
    error_code: Option<String>,
    error: Option<String>,
    /// What the caller may do with it now: `retry`, `drop`.
    actions: Vec<&'static str>,
}

pub fn view(actor: &Actor, errand: Errand) -> ErrandView {
    let waits = matches!(errand.state.as_str(), "queued" | "retrying");
    let failed = matches!(errand.state.as_str(), "refused" | "gave_up" | "unsupported");
    let may = actor.may::<EditOrders>().is_ok();
    let actions = [("retry", may && (failed || errand.state == "retrying")), ("drop", may && (failed || waits))];
    ErrandView {
        id: errand.id.to_string(),
        channel_account_id: errand.account.to_string(),
        order_id: errand.order.map(|order| order.to_string()),
        kind: errand.kind,
        due_at: waits.then_some(errand.due_at),
        state: errand.state,
        action: errand.action,
        attempts: errand.attempts,
        asked_by: errand.asked_by,
        asked_at: errand.asked_at,
        sent_at: errand.sent_at,
        ended_at: errand.ended_at,
        reference: errand.reference,
        refusals: errand.refusals.into_iter().map(|r| RefusalView { subject: r.subject, code: r.code, detail: r.detail }).collect(),
        error_code: errand.error_code,
        error: errand.error,
        actions: actions.into_iter().filter(|(_, may)| *may).map(|(action, _)| action).collect(),
    }
}

#[derive(Serialize, utoipa::ToSchema)]
struct ErrandList {
    data: Vec<ErrandView>,
}

/// What the channel of an order was asked to do, newest first.
#[utoipa::path(get, path = "/orders/{id}/errands", tag = "orders", params(("id" = String, Path)), responses((status = 200, description = "at most 200", body = ErrandList), Guarded, Absent))]
async fn of_order(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadOrders>, Path(id): Path<OrderId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    list::row(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let data = errands::of_order(&mut tx, permit, id).await?.into_iter().map(|errand| view(&actor, errand)).collect();
    Ok(axum::Json(ErrandList { data }).into_response())
}

#[derive(Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct AccountErrandQuery {
    /// Only what is not done and not dropped.
    open: Option<bool>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// What the channel of an account was asked to do, newest first.
#[utoipa::path(get, path = "/channel-accounts/{id}/errands", tag = "channels", params(("id" = String, Path), AccountErrandQuery), responses((status = 200, description = "one page", body = List<ErrandView>), Guarded, Absent))]
async fn of_account(
    State(app): State<App>,
    Allowed { actor, permit }: Allowed<ReadChannels>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<ChannelAccountId>,
    Query(query): Query<AccountErrandQuery>,
) -> Result<Response, Problem> {
    let limit = page::limit(query.limit)?;
    let scope = Scope { list: "account-errands", tenant: actor.tenant };
    let after: Option<ErrandId> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    account::get(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let found = errands::of_account(&mut tx, permit, id, query.open.unwrap_or(false), limit, after).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(|errand| view(&actor, errand)).collect(), found.next)
}

/// Has an errand tried again, now and as often as a new one.
#[utoipa::path(post, path = "/errands/{id}/retry", tag = "orders", params(("id" = String, Path)), responses((status = 200, description = "the errand", body = ErrandView), Guarded, Absent, Conflicting))]
async fn retry(State(app): State<App>, Allowed { actor, permit }: Allowed<EditOrders>, Path(id): Path<ErrandId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let errand = errands::retry(&mut tx, permit, id).await?;
    tx.commit().await?;
    app.errands.ring(actor.tenant);
    Ok(axum::Json(view(&actor, errand)).into_response())
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ErrandDrop)]
struct DropForm {
    reason: String,
}

/// Lets an errand be: the channel is not asked any more.
#[utoipa::path(post, path = "/errands/{id}/drop", tag = "orders", params(("id" = String, Path)), request_body = DropForm, responses((status = 200, description = "the errand", body = ErrandView), Guarded, Written, Absent, Conflicting))]
async fn give_up(State(app): State<App>, Allowed { actor, permit }: Allowed<EditOrders>, Path(id): Path<ErrandId>, Json(form): Json<DropForm>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let errand = errands::give_up(&mut tx, permit, id, &form.reason).await?;
    tx.commit().await?;
    Ok(axum::Json(view(&actor, errand)).into_response())
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StockLevel)]
struct LevelForm {
    /// The channel's id of the listing.
    listing: String,
    sku: Option<String>,
    /// Decimal text: how many may still be sold.
    available: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StockLevels)]
struct StockForm {
    levels: Vec<LevelForm>,
}

/// Tells a channel how many of its listings may still be sold.
#[utoipa::path(post, path = "/channel-accounts/{id}/stock-levels", tag = "channels", params(("id" = String, Path)), request_body = StockForm, responses((status = 202, description = "the errands that carry it, 50 levels each", body = ErrandList), Guarded, Written, Absent, Conflicting))]
async fn stock(State(app): State<App>, Allowed { actor, .. }: Allowed<EditOrders>, Path(id): Path<ChannelAccountId>, Json(form): Json<StockForm>) -> Result<Response, Problem> {
    if form.levels.is_empty() || form.levels.len() > LEVELS_MAX {
        return Err(Problem::field("/levels", "invalid_value", format!("1 to {LEVELS_MAX} levels")));
    }
    let mut levels = Vec::with_capacity(form.levels.len());
    for (index, LevelForm { listing, sku, available }) in form.levels.into_iter().enumerate() {
        let plain = |text: &str| (1..=LISTING_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if !plain(&listing) || sku.as_deref().is_some_and(|sku| !plain(sku)) {
            return Err(Problem::field(format!("/levels/{index}/listing"), "invalid_value", "1 to 200 characters without control characters"));
        }
        let available = available.parse::<Quantity>().ok().filter(|available| *available >= Quantity::ZERO);
        let available = available.ok_or_else(|| Problem::field(format!("/levels/{index}/available"), "invalid_value", "a quantity such as 12, not below zero"))?;
        levels.push(Level { listing, sku, available });
    }
    let mut tx = app.directory.begin(&actor).await?;
    account::get(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let count = levels.len();
    let asked = errands::ask_stock(&mut tx, id, levels).await?;
    audit::write(&mut tx, "channel.stock_told", Some(&id), serde_json::json!({"errands": asked, "levels": count})).await?;
    let mut data = Vec::with_capacity(asked.len());
    for errand in asked {
        data.push(view(&actor, errands::get(&mut tx, errand).await?));
    }
    tx.commit().await?;
    app.errands.ring(actor.tenant);
    Ok((StatusCode::ACCEPTED, axum::Json(ErrandList { data })).into_response())
}

impl From<ErrandError> for Problem {
    fn from(error: ErrandError) -> Self {
        let text = error.to_string();
        match error {
            ErrandError::Unknown => Self::not_found(),
            ErrandError::NotCarried(_) => Self::conflict("not_carried", text),
            ErrandError::AskedAlready(..) => Self::conflict("asked_already", text),
            ErrandError::Ended(..) => Self::conflict("ended", text),
            ErrandError::BadReason => Self::field("/reason", "invalid_value", text),
            ErrandError::Json(error) => Self::internal(error),
            ErrandError::Database(error) => Self::internal(error),
        }
    }
}
