//! Confirming an order: the tenant binds itself, or the order is held with the reasons and the least that would release it.

use super::read::{self, seen_version};
use crate::app::App;
use crate::flows::judging::{self, JudgeError};
use crate::http::{
    answers::{Absent, Conflicting, Guarded},
    auth::Allowed,
    body::Path,
    companies::ExposureView,
    holds::{self, HoldItemView},
    orders::views::{MoneyView, money},
    problem::{Problem, ProblemBody},
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::OrderId;
use serde::Serialize;
use switchyard_core::credit::{
    case::{CaseError, Occasion},
    question::Change,
};
use tenants::rights::ConfirmOrders;

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ConfirmedOrder)]
struct OrderPart {
    id: String,
    number: i64,
    version: i64,
    confirmed_at: Option<DateTime<Utc>>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ConfirmReason)]
struct ReasonView {
    code: String,
    detail: String,
    hold_type: String,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = MinimalChange)]
pub struct ChangeView {
    /// `pay`, `raise_limit`, `reduce_order`, `approve`, `wait`
    kind: String,
    amount: Option<MoneyView>,
    detail: String,
}

impl From<Change> for ChangeView {
    fn from(change: Change) -> Self {
        Self { kind: change.kind, amount: change.amount.map(|m| money(m.amount, &m.currency)), detail: change.detail }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Confirmation)]
pub struct OutcomeView {
    /// `confirmed` or `held`
    decision: &'static str,
    order: OrderPart,
    reasons: Vec<ReasonView>,
    minimal_changes: Vec<ChangeView>,
    exposure: Option<ExposureView>,
    holds: Vec<HoldItemView>,
    decision_ids: Vec<String>,
}

/// Confirms an order under the version the person saw. Held is an answer, not an error.
#[utoipa::path(post, path = "/orders/{id}/confirm", tag = "credit", params(("id" = String, Path), ("If-Match" = String, Header, description = "the ETag seen")),
    responses((status = 200, description = "confirmed, or held with the reasons", body = OutcomeView, headers(("ETag" = String))),
              (status = 412, description = "the order was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Absent, Conflicting))]
pub async fn confirm(State(app): State<App>, Allowed { actor, permit }: Allowed<ConfirmOrders>, Path(id): Path<OrderId>, headers: HeaderMap) -> Result<Response, Problem> {
    let seen = seen_version(&headers)?;
    let outcome = judging::judge(&app, &actor, id, Occasion::Confirm { permit, seen }).await?.ok_or_else(|| Problem::internal(anyhow::anyhow!("a confirmation without outcome")))?;
    app.errands.ring(actor.tenant);
    let view = OutcomeView {
        decision: if outcome.confirmed { "confirmed" } else { "held" },
        order: OrderPart { id: outcome.order.to_string(), number: outcome.number, version: outcome.version, confirmed_at: outcome.confirmed_at },
        reasons: outcome.reasons.into_iter().map(|(hold_type, reason)| ReasonView { code: reason.code, detail: reason.detail, hold_type }).collect(),
        minimal_changes: outcome.changes.into_iter().map(ChangeView::from).collect(),
        exposure: outcome.exposure.as_ref().map(ExposureView::of),
        holds: holds::views(&app, &actor, outcome.holds).await?,
        decision_ids: outcome.decisions.iter().map(ToString::to_string).collect(),
    };
    let mut response = (StatusCode::OK, axum::Json(view)).into_response();
    if let Ok(etag) = HeaderValue::from_str(&read::etag(outcome.version)) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    Ok(response)
}

impl From<JudgeError> for Problem {
    fn from(error: JudgeError) -> Self {
        match error {
            JudgeError::Busy => Self::conflict("busy", error.to_string()),
            JudgeError::Case(error) => error.into(),
            JudgeError::Directory(error) => error.into(),
            JudgeError::Database(error) => Self::internal(error),
        }
    }
}

impl From<CaseError> for Problem {
    fn from(error: CaseError) -> Self {
        match error {
            CaseError::Unknown => Self::not_found(),
            CaseError::Stale(_) => Self::new(StatusCode::PRECONDITION_FAILED, "stale", error.to_string()),
            CaseError::ConfirmedAlready => Self::conflict("confirmed_already", error.to_string()),
            CaseError::NoCompany => Self::conflict("no_company", error.to_string()),
            CaseError::NotDescribed => Self::conflict("not_described", error.to_string()),
            CaseError::CalledOff => Self::conflict("called_off", error.to_string()),
            CaseError::Intake(error) => error.into(),
            CaseError::Price(error) => error.into(),
            CaseError::Company(error) => error.into(),
            other => Self::internal(other),
        }
    }
}
