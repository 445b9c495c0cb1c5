//! What is not expected to come in.

use crate::app::App;
use crate::http::{
    answers::{Conflicting, Guarded, Written},
    auth::Allowed,
    body::Json,
    once,
    orders::{
        read::{etag, seen_version},
        views::{MoneyView, money},
    },
    problem::{Problem, ProblemBody},
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use switchyard_core::receivables::loss;
use tenants::rights::{CloseFinance, PostFinance, ReadFinance};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = LossNeed)]
struct NeedView {
    needed: MoneyView,
    held: MoneyView,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ExpectedLoss)]
pub struct LossView {
    /// Percent of current, 1-30, 31-60, 61-90 and more days overdue.
    percents: Vec<String>,
    version: i32,
    data: Vec<NeedView>,
}

async fn view(tx: &mut tenants::TenantTx, permit: tenants::Permit<ReadFinance>) -> Result<Response, Problem> {
    let rates = loss::rates(tx, permit).await?;
    let needs = loss::needs(tx, permit).await?;
    let view = LossView {
        percents: rates.percents.iter().map(|percent| percent.normalize().to_string()).collect(),
        version: rates.version,
        data: needs.into_iter().map(|need| NeedView { needed: money(need.needed, &need.currency), held: money(need.held, &need.currency) }).collect(),
    };
    Ok(([(header::ETAG, etag(rates.version.into()))], axum::Json(view)).into_response())
}

/// The rates by age, and what they ask for now beside the allowance in the books.
#[utoipa::path(get, path = "/receivables/loss", tag = "receivables", responses((status = 200, description = "rates and needs", body = LossView, headers(("ETag" = String))), Guarded))]
pub async fn needs(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    view(&mut tx, permit).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLossRates)]
pub struct RatesForm {
    percents: Vec<String>,
}

/// Sets the rates.
#[utoipa::path(put, path = "/receivables/loss", tag = "receivables", params(("If-Match" = String, Header, description = "the ETag seen")), request_body = RatesForm,
    responses((status = 200, description = "rates and needs", body = LossView, headers(("ETag" = String))), (status = 412, description = "they were changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written))]
pub async fn set_rates(State(app): State<App>, Allowed { actor, permit }: Allowed<CloseFinance>, headers: HeaderMap, Json(form): Json<RatesForm>) -> Result<Response, Problem> {
    let seen = seen_version(&headers)?;
    let percents = form.percents.iter().enumerate().map(|(index, text)| once::decimal(&format!("/percents/{index}"), text)).collect::<Result<Vec<_>, _>>()?;
    let percents = percents.try_into().map_err(|_| Problem::field("/percents", "invalid_value", "must be five percentages"))?;
    let read = actor.may::<ReadFinance>()?;
    let mut tx = app.directory.begin(&actor).await?;
    loss::set_rates(&mut tx, permit, read, i32::try_from(seen).unwrap_or(-1), percents).await?;
    let answer = view(&mut tx, read).await?;
    tx.commit().await?;
    Ok(answer)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PostLoss)]
pub struct PostForm {
    memo: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PostedLoss)]
pub struct PostedView {
    entry_ids: Vec<String>,
}

/// Brings the allowance to what is needed.
#[utoipa::path(post, path = "/receivables/loss/post", tag = "receivables", request_body = PostForm, responses((status = 201, description = "the entries posted; none when it is there already", body = PostedView), Guarded, Written, Conflicting))]
pub async fn post(State(app): State<App>, Allowed { actor, permit }: Allowed<PostFinance>, Json(form): Json<PostForm>) -> Result<Response, Problem> {
    let read = actor.may::<ReadFinance>()?;
    let mut tx = app.directory.begin(&actor).await?;
    let entries = loss::post_needed(&mut tx, permit, read, &form.memo).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, axum::Json(PostedView { entry_ids: entries.iter().map(|id| id.to_string()).collect() })).into_response())
}
