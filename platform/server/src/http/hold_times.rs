//! Whose holds are by their age, how long they stand, and which combinations of tracks are forbidden.

use super::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path},
    problem::Problem,
};
use crate::app::App;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::{RoleId, TrackRuleId};
use serde::{Deserialize, Serialize};
use switchyard_core::orders::{
    hold_clock::{self, Expiry, Step},
    track_rules::{self, Rule, RuleError},
};
use tenants::rights::{ManageRoles, ReadOrders};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(times, set_times)).routes(routes!(rules, add_rule)).routes(routes!(remove_rule))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = HoldStep)]
struct StepView {
    hold_type: String,
    step: i16,
    role_id: String,
    role_name: String,
    /// Minutes of age from which the hold is this role's work.
    after_minutes: i32,
}

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HoldExpiry)]
struct ExpiryView {
    hold_type: String,
    after_minutes: i32,
    /// The order is called off with it; else the hold lets it go.
    calls_off: bool,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = HoldTimes)]
struct TimesView {
    steps: Vec<StepView>,
    expiries: Vec<ExpiryView>,
}

fn shown((steps, expiries): (Vec<Step>, Vec<Expiry>)) -> axum::Json<TimesView> {
    let step = |step: Step| StepView { hold_type: step.hold_type, step: step.step, role_id: step.role.to_string(), role_name: step.role_name, after_minutes: step.after_minutes };
    let expiry = |expiry: Expiry| ExpiryView { hold_type: expiry.hold_type, after_minutes: expiry.after_minutes, calls_off: expiry.calls_off };
    axum::Json(TimesView { steps: steps.into_iter().map(step).collect(), expiries: expiries.into_iter().map(expiry).collect() })
}

/// Whose holds are by their age, and how long they stand.
#[utoipa::path(get, path = "/hold-times", tag = "credit", responses((status = 200, description = "all steps and expiries", body = TimesView), Guarded))]
async fn times(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadOrders>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    Ok(shown(hold_clock::list(&mut tx, permit).await?).into_response())
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewHoldStep)]
struct StepForm {
    hold_type: String,
    #[schema(value_type = String)]
    role_id: RoleId,
    after_minutes: i32,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewHoldTimes)]
struct TimesForm {
    #[serde(default)]
    steps: Vec<StepForm>,
    #[serde(default)]
    expiries: Vec<ExpiryView>,
}

/// Replaces all steps and expiries.
#[utoipa::path(put, path = "/hold-times", tag = "credit", request_body = TimesForm, responses((status = 200, description = "all steps and expiries", body = TimesView), Guarded, Written))]
async fn set_times(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageRoles>, Json(form): Json<TimesForm>) -> Result<Response, Problem> {
    let read = actor.may::<ReadOrders>()?;
    let steps: Vec<Step> = form.steps.into_iter().map(|step| Step { hold_type: step.hold_type, step: 0, role: step.role_id, role_name: String::new(), after_minutes: step.after_minutes }).collect();
    let expiries: Vec<Expiry> = form.expiries.into_iter().map(|expiry| Expiry { hold_type: expiry.hold_type, after_minutes: expiry.after_minutes, calls_off: expiry.calls_off }).collect();
    let mut tx = app.directory.begin(&actor).await?;
    hold_clock::set(&mut tx, permit, &steps, &expiries).await?;
    hold_clock::escalate(&mut tx).await?;
    let all = hold_clock::list(&mut tx, read).await?;
    tx.commit().await?;
    Ok(shown(all).into_response())
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = TrackRule)]
struct RuleView {
    id: String,
    /// Null is any state.
    payment: Option<String>,
    delivery: Option<String>,
    invoice: Option<String>,
    reason: String,
    made_at: DateTime<Utc>,
    made_by: String,
}

fn rule_view(rule: Rule) -> RuleView {
    RuleView { id: rule.id.to_string(), payment: rule.payment, delivery: rule.delivery, invoice: rule.invoice, reason: rule.reason, made_at: rule.made_at, made_by: rule.made_by }
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = TrackRules)]
struct RuleList {
    data: Vec<RuleView>,
}

/// Combinations of tracks that no act may lead to.
#[utoipa::path(get, path = "/track-rules", tag = "orders", responses((status = 200, description = "at most 100 rules", body = RuleList), Guarded))]
async fn rules(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadOrders>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    Ok(axum::Json(RuleList { data: track_rules::list(&mut tx, permit).await?.into_iter().map(rule_view).collect() }).into_response())
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTrackRule)]
struct RuleForm {
    payment: Option<String>,
    delivery: Option<String>,
    invoice: Option<String>,
    reason: String,
}

/// Forbids a combination from now on.
#[utoipa::path(post, path = "/track-rules", tag = "orders", request_body = RuleForm, responses((status = 201, description = "the rule", body = RuleView), Guarded, Written, Conflicting))]
async fn add_rule(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageRoles>, Json(form): Json<RuleForm>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let rule = track_rules::add(&mut tx, permit, form.payment.as_deref(), form.delivery.as_deref(), form.invoice.as_deref(), &form.reason).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, axum::Json(rule_view(rule))).into_response())
}

/// Allows the combination again.
#[utoipa::path(delete, path = "/track-rules/{id}", tag = "orders", params(("id" = String, Path)), responses((status = 204, description = "it is gone"), Guarded, Absent))]
async fn remove_rule(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageRoles>, Path(id): Path<TrackRuleId>) -> Result<StatusCode, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    track_rules::remove(&mut tx, permit, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<RuleError> for Problem {
    fn from(error: RuleError) -> Self {
        let text = error.to_string();
        match error {
            RuleError::Unknown => Self::not_found(),
            RuleError::Field { field, expected } => Self::field(format!("/{field}"), "invalid_value", format!("must be {expected}")),
            RuleError::TooMany => Self::conflict("too_many", text),
            RuleError::Database(error) => error.into(),
        }
    }
}
