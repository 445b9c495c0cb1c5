//! People's changes of an order: its own data, holds.

use super::read::{self, seen_version};
use super::views::OrderView;
use crate::app::App;
use crate::flows::judging;
use crate::http::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path},
    problem::Problem,
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use kernel::{HoldId, OrderId};
use serde::Deserialize;
use switchyard_core::orders::{annotate, detail, fact::Annotation, holds};
use tenants::rights::{EditOrders, HoldOrders, ReadOrders, ReleaseOrders};

/// What to change; a field left out stays, an empty text clears.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderEdit {
    tags: Option<Vec<String>>,
    note: Option<String>,
    staff: Option<String>,
    source_tag: Option<String>,
    /// Why the source tag is what it is.
    reason: Option<String>,
    /// The company that buys: makes the order B2B; an empty text takes it away.
    company_id: Option<String>,
}

/// Edits the order's own data under the version the person saw.
#[utoipa::path(patch, path = "/orders/{id}", tag = "orders", params(("id" = String, Path), ("If-Match" = String, Header, description = "the ETag seen")), request_body = OrderEdit,
    responses((status = 200, description = "the order after the edit", body = OrderView), (status = 412, description = "the order was changed meanwhile", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"), Guarded, Written, Absent))]
pub async fn edit(State(app): State<App>, Allowed { actor, permit }: Allowed<EditOrders>, headers: HeaderMap, Path(id): Path<OrderId>, Json(edit): Json<OrderEdit>) -> Result<Response, Problem> {
    let seen = seen_version(&headers)?;
    let OrderEdit { tags, note, staff, source_tag, reason, company_id } = edit;
    let company_id = match company_id.as_deref() {
        None => None,
        Some("") => Some(None),
        Some(id) => Some(Some(id.parse().map_err(|_| Problem::field("/company_id", "invalid_value", "must be the id of a company, or empty"))?)),
    };
    let read = actor.may::<ReadOrders>()?;
    let mut tx = app.directory.begin(&actor).await?;
    annotate::annotate(&mut tx, permit, id, seen, Annotation { tags, note, staff, source_tag, source_evidence: reason, company_id }).await?;
    let order = detail::get(&mut tx, read, id).await?;
    tx.commit().await?;
    app.judging.ring(actor.tenant);
    Ok(read::answer(StatusCode::OK, &actor, order))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHold {
    /// `manual`: the other types are placed by the product.
    r#type: Option<String>,
    reason: String,
    /// `release`, `ship`, `invoice`, `pay_out`; all of them when left out.
    #[serde(default)]
    blocks: Vec<String>,
}

/// Stops an order by hand.
#[utoipa::path(post, path = "/orders/{id}/holds", tag = "orders", params(("id" = String, Path)), request_body = NewHold, responses((status = 201, description = "the order with its hold", body = OrderView), Guarded, Written, Absent, Conflicting))]
pub async fn hold(State(app): State<App>, Allowed { actor, permit }: Allowed<HoldOrders>, Path(id): Path<OrderId>, Json(new): Json<NewHold>) -> Result<Response, Problem> {
    if new.r#type.as_deref().is_some_and(|kind| kind != "manual") {
        return Err(Problem::field("/type", "invalid_value", "must be manual"));
    }
    let read = actor.may::<ReadOrders>()?;
    let mut tx = app.directory.begin(&actor).await?;
    holds::place(&mut tx, permit, id, &new.reason, &new.blocks).await?;
    let order = detail::get(&mut tx, read, id).await?;
    tx.commit().await?;
    Ok(read::answer(StatusCode::CREATED, &actor, order))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    reason: String,
}

/// Lets a held order go on, within the authority of one's roles. When two people are needed, the first answer shows the
/// hold still standing with one signature.
#[utoipa::path(post, path = "/orders/{id}/holds/{hold}/release", tag = "orders", params(("id" = String, Path), ("hold" = String, Path)), request_body = Release, responses((status = 200, description = "the order", body = OrderView), Guarded, Written, Absent, Conflicting))]
pub async fn release(State(app): State<App>, Allowed { actor, permit }: Allowed<ReleaseOrders>, Path((id, hold)): Path<(OrderId, HoldId)>, Json(Release { reason }): Json<Release>) -> Result<Response, Problem> {
    let read = actor.may::<ReadOrders>()?;
    let mut tx = app.directory.begin(&actor).await?;
    let released = holds::release(&mut tx, permit, id, hold, &reason).await?;
    tx.commit().await?;
    judging::after_release(&app, &actor, id, released).await;
    let mut tx = app.directory.begin(&actor).await?;
    let order = detail::get(&mut tx, read, id).await?;
    Ok(read::answer(StatusCode::OK, &actor, order))
}
