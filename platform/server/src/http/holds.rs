//! The queue of holds over HTTP, and who may release what.

use super::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path, Query},
    companies::NamedCompany,
    orders::{
        confirm::ChangeView,
        views::{ApprovalView, MoneyView, money},
    },
    page::{self, List, Scope},
    problem::Problem,
};
use crate::{app::App, flows::judging};
use axum::{
    extract::{OriginalUri, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::{CompanyId, Decimal, HoldId, Money, OrderId, PersonId, RoleId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use switchyard_core::{
    credit::question::Change,
    orders::{
        authority::{self, Limit},
        hold_queue::{self, After, AssignError, Filter, Item, OwnerFilter, Sort},
        holds,
    },
};
use tenants::{
    Actor, Who,
    rights::{HoldOrders, ManageRoles, ReadOrders, ReleaseOrders},
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(assign)).routes(routes!(release)).routes(routes!(reject)).routes(routes!(limits, set_limits))
}

#[derive(Serialize, utoipa::ToSchema)]
struct HeldOrder {
    #[schema(value_type = String)]
    id: OrderId,
    number: i64,
    placed_at: DateTime<Utc>,
    /// The company or person who buys.
    buyer: Option<String>,
    segment: String,
}

#[derive(Clone, Serialize, utoipa::ToSchema)]
pub struct NamedPerson {
    #[schema(value_type = String)]
    pub id: PersonId,
    pub name: String,
}

#[derive(Serialize, utoipa::ToSchema)]
struct NamedRole {
    #[schema(value_type = String)]
    id: RoleId,
    name: String,
}

#[derive(Serialize, utoipa::ToSchema)]
struct HoldReason {
    code: String,
    detail: String,
}

/// A hold in the queue.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = HoldItem)]
pub struct HoldItemView {
    #[schema(value_type = String)]
    id: HoldId,
    r#type: String,
    scope: String,
    blocks: Vec<String>,
    state: String,
    reason: String,
    reasons: Vec<HoldReason>,
    /// The least that would release it.
    minimal_changes: Vec<ChangeView>,
    evidence: Value,
    /// What the order comes to.
    value: MoneyView,
    order: HeldOrder,
    company: Option<NamedCompany>,
    owner: Option<NamedPerson>,
    escalation: i16,
    /// Whose work it is while nobody owns it.
    role: Option<NamedRole>,
    age_seconds: i64,
    requested_by: Option<String>,
    placed_by: String,
    placed_at: DateTime<Utc>,
    /// Its end confirms the order, when nothing else stands against it.
    confirms: bool,
    approvals: Vec<ApprovalView>,
    approvals_needed: u8,
    /// Whether you may release it (or sign for it) now.
    may_release: bool,
    ended_by: Option<String>,
    ended_at: Option<DateTime<Utc>>,
    end_reason: Option<String>,
}

impl HoldItemView {
    /// Whether the actor it was made for may release it now.
    pub fn may_release(&self) -> bool {
        self.may_release
    }
}

/// Holds as the actor sees them: with names, and what the actor may do.
pub async fn views(app: &App, actor: &Actor, items: Vec<Item>) -> Result<Vec<HoldItemView>, Problem> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = app.directory.begin(actor).await?;
    let (limits, roles, alone) = (authority::limits(&mut tx).await?, authority::own_roles(&mut tx).await?, authority::is_alone(&mut tx).await?);
    drop(tx);
    let owners: Vec<PersonId> = items.iter().filter_map(|i| i.owner).collect();
    let names = if owners.is_empty() { Default::default() } else { app.directory.names(actor.tenant, &owners).await? };
    let (now, who, releases) = (Utc::now(), actor.who.to_string(), actor.may::<ReleaseOrders>().is_ok());
    Ok(items
        .into_iter()
        .map(|item| {
            let signatures = authority::signatures(&limits, &roles, &item.r#type, item.value, &item.currency);
            let signed = item.approvals.iter().any(|a| a.by == who);
            let own = authority::is_own_request(item.requested_by.as_deref(), &item.r#type, &who) && !alone;
            HoldItemView {
                approvals_needed: authority::signatures_needed(&limits, &item.r#type, item.value, &item.currency),
                may_release: releases && item.state == "placed" && signatures.is_some() && !signed && !own && !holds::is_decided_by_line(&item.r#type, &item.evidence),
                reasons: read(&item.evidence["reasons"]).into_iter().map(|r: HoldReasonRead| HoldReason { code: r.code, detail: r.detail }).collect(),
                minimal_changes: read(&item.evidence["minimal_changes"]).into_iter().map(|c: Change| ChangeView::from(c)).collect(),
                value: money(item.value, &item.currency),
                order: HeldOrder { id: item.order_id, number: item.number, placed_at: item.order_placed_at, buyer: item.buyer, segment: item.segment },
                company: item.company_id.zip(item.company_name).map(|(id, name)| NamedCompany { id, name }),
                owner: item.owner.map(|id| NamedPerson { name: names.get(&id).cloned().unwrap_or_default(), id }),
                age_seconds: (item.ended_at.unwrap_or(now) - item.placed_at).num_seconds().max(0),
                approvals: item.approvals.0.into_iter().map(ApprovalView::from).collect(),
                id: item.id,
                r#type: item.r#type,
                scope: item.scope,
                blocks: item.blocks,
                state: item.state,
                reason: item.reason,
                evidence: item.evidence,
                escalation: item.escalation,
                role: item.role_id.zip(item.role_name).map(|(id, name)| NamedRole { id, name }),
                requested_by: item.requested_by,
                placed_by: item.placed_by,
                placed_at: item.placed_at,
                confirms: item.confirms,
                ended_by: item.ended_by,
                ended_at: item.ended_at,
                end_reason: item.end_reason,
            }
        })
        .collect())
}

#[derive(Deserialize)]
struct HoldReasonRead {
    code: String,
    detail: String,
}

/// A list inside evidence; evidence of other kinds of holds has none.
fn read<T: serde::de::DeserializeOwned>(list: &Value) -> Vec<T> {
    list.as_array().into_iter().flatten().filter_map(|one| serde_json::from_value(one.clone()).ok()).collect()
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct HoldQuery {
    r#type: Vec<String>,
    /// `me` (mine, and what is the work of my roles while nobody owns it), `none`, or a person's id
    owner: Option<String>,
    company: Option<String>,
    currency: Option<String>,
    /// `-value` (default: by currency, highest first), `value`, `-age` (oldest first), `age`
    sort: Option<String>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// The holds that stand.
#[utoipa::path(get, path = "/holds", tag = "credit", params(HoldQuery), responses((status = 200, description = "one page", body = List<HoldItemView>), Guarded))]
async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadOrders>, OriginalUri(uri): OriginalUri, Query(query): Query<HoldQuery>) -> Result<Response, Problem> {
    let wrong = |name: &str, detail: &str| Problem::field(format!("query:{name}"), "invalid_value", detail);
    if query.r#type.len() > authority::HOLD_TYPES.len() || query.r#type.iter().any(|t| !authority::HOLD_TYPES.contains(&t.as_str())) {
        return Err(wrong("type", "must be credit, risk, price_approval, deposit, mapping, duplicate, manual or plugin"));
    }
    let owner = match (query.owner.as_deref(), actor.who) {
        (None, _) => None,
        (Some("none"), _) => Some(OwnerFilter::Nobody),
        (Some("me"), Who::Person(me)) => Some(OwnerFilter::Mine(me)),
        (Some(id), _) => Some(OwnerFilter::Person(id.parse().map_err(|_| wrong("owner", "must be me (for people), none, or a person's id"))?)),
    };
    let company: Option<CompanyId> = query.company.as_deref().map(|id| id.parse().map_err(|_| wrong("company", "must be the id of a company"))).transpose()?;
    if query.currency.as_deref().is_some_and(|c| c.parse::<kernel::Currency>().is_err()) {
        return Err(wrong("currency", "must be an ISO 4217 code"));
    }
    let (sort, name) = match query.sort.as_deref() {
        None | Some("-value") => (Sort::HighestFirst, "holds-value-down"),
        Some("value") => (Sort::LowestFirst, "holds-value-up"),
        Some("-age") => (Sort::OldestFirst, "holds-oldest"),
        Some("age") => (Sort::NewestFirst, "holds-newest"),
        Some(_) => return Err(wrong("sort", "must be -value, value, -age or age")),
    };
    let limit = page::limit(query.limit)?;
    let scope = Scope { list: name, tenant: actor.tenant };
    let after: Option<After> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let filter = Filter { types: query.r#type, owner, company, currency: query.currency };
    let mut tx = app.directory.begin(&actor).await?;
    let found = hold_queue::page(&mut tx, permit, &filter, sort, after, limit).await?;
    drop(tx);
    page::answer(&app, scope, &uri, views(&app, &actor, found.rows).await?, found.next)
}

async fn one(app: &App, actor: &Actor, id: HoldId) -> Result<HoldItemView, Problem> {
    let read = actor.may::<ReadOrders>()?;
    let mut tx = app.directory.begin(actor).await?;
    let item = hold_queue::find(&mut tx, read, id).await?.ok_or_else(Problem::not_found)?;
    drop(tx);
    views(app, actor, vec![item]).await?.pop().ok_or_else(Problem::not_found)
}

/// One hold, standing or ended.
#[utoipa::path(get, path = "/holds/{id}", tag = "credit", params(("id" = String, Path)), responses((status = 200, description = "the hold", body = HoldItemView), Guarded, Absent))]
async fn get(State(app): State<App>, Allowed { actor, .. }: Allowed<ReadOrders>, Path(id): Path<HoldId>) -> Result<axum::Json<HoldItemView>, Problem> {
    Ok(axum::Json(one(&app, &actor, id).await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Assignment {
    /// Null: nobody.
    #[schema(value_type = Option<String>)]
    owner_id: Option<PersonId>,
    #[schema(minimum = 0, maximum = 3)]
    escalation: Option<i16>,
}

/// Says whose the hold is, and how urgent.
#[utoipa::path(post, path = "/holds/{id}/assign", tag = "credit", params(("id" = String, Path)), request_body = Assignment, responses((status = 200, description = "the hold", body = HoldItemView), Guarded, Written, Absent, Conflicting))]
async fn assign(State(app): State<App>, Allowed { actor, permit }: Allowed<HoldOrders>, Path(id): Path<HoldId>, Json(Assignment { owner_id, escalation }): Json<Assignment>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    hold_queue::assign(&mut tx, permit, id, owner_id, escalation).await?;
    tx.commit().await?;
    Ok(axum::Json(one(&app, &actor, id).await?).into_response())
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HoldRelease)]
struct ReleaseForm {
    reason: String,
}

/// Releases a hold, or gives the first of two signatures.
#[utoipa::path(post, path = "/holds/{id}/release", tag = "credit", params(("id" = String, Path)), request_body = ReleaseForm, responses((status = 200, description = "the hold", body = HoldItemView), Guarded, Written, Absent, Conflicting))]
async fn release(State(app): State<App>, Allowed { actor, permit }: Allowed<ReleaseOrders>, Path(id): Path<HoldId>, Json(ReleaseForm { reason }): Json<ReleaseForm>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let order = hold_queue::order_of(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let released = holds::release(&mut tx, permit, order, id, &reason).await?;
    tx.commit().await?;
    judging::after_release(&app, &actor, order, released).await;
    Ok(axum::Json(one(&app, &actor, id).await?).into_response())
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HoldRejection)]
struct RejectForm {
    reason: String,
    /// `call_off`: the order is called off; `stay`: it stays as it is, held by hand
    order: String,
}

/// Rejects what a hold stops: the order is called off, or stays held.
#[utoipa::path(post, path = "/holds/{id}/reject", tag = "credit", params(("id" = String, Path)), request_body = RejectForm, responses((status = 200, description = "the hold", body = HoldItemView), Guarded, Written, Absent, Conflicting))]
async fn reject(State(app): State<App>, Allowed { actor, permit }: Allowed<ReleaseOrders>, Path(id): Path<HoldId>, Json(RejectForm { reason, order: fate }): Json<RejectForm>) -> Result<Response, Problem> {
    let fate = match fate.as_str() {
        "call_off" => holds::Fate::CalledOff,
        "stay" => holds::Fate::Stays,
        _ => return Err(Problem::field("/order", "invalid_value", "must be call_off or stay")),
    };
    let mut tx = app.directory.begin(&actor).await?;
    let order = hold_queue::order_of(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    holds::reject(&mut tx, permit, order, id, &reason, fate).await?;
    tx.commit().await?;
    app.judging.ring(actor.tenant);
    Ok(axum::Json(one(&app, &actor, id).await?).into_response())
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ApprovalLimit)]
struct LimitView {
    #[schema(value_type = String)]
    role_id: RoleId,
    role_name: String,
    hold_type: String,
    currency: String,
    /// Null: any amount.
    amount: Option<MoneyView>,
    /// Null: one person is enough.
    two_people_above: Option<MoneyView>,
}

impl From<Limit> for LimitView {
    fn from(limit: Limit) -> Self {
        let sum = |amount: Option<Decimal>| amount.map(|a| money(a, &limit.currency));
        Self { amount: sum(limit.amount), two_people_above: sum(limit.two_people_above), role_id: limit.role, role_name: limit.role_name, hold_type: limit.hold_type, currency: limit.currency }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
struct LimitList {
    data: Vec<LimitView>,
}

/// Up to which order value which role releases holds of a type. Types without any limit are released by whoever has the right.
#[utoipa::path(get, path = "/approval-limits", tag = "credit", responses((status = 200, description = "all limits", body = LimitList), Guarded))]
async fn limits(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadOrders>) -> Result<axum::Json<LimitList>, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    Ok(axum::Json(LimitList { data: authority::list(&mut tx, permit).await?.into_iter().map(LimitView::from).collect() }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewApprovalLimit)]
struct LimitForm {
    #[schema(value_type = String)]
    role_id: RoleId,
    hold_type: String,
    /// Of the amounts; the tenant's own when left out.
    currency: Option<String>,
    #[schema(value_type = Option<MoneyView>)]
    amount: Option<Money>,
    #[schema(value_type = Option<MoneyView>)]
    two_people_above: Option<Money>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct LimitForms {
    limits: Vec<LimitForm>,
}

/// Replaces all limits.
#[utoipa::path(put, path = "/approval-limits", tag = "credit", request_body = LimitForms, responses((status = 200, description = "all limits", body = LimitList), Guarded, Written))]
async fn set_limits(
    State(app): State<App>,
    Allowed { actor, permit }: Allowed<ManageRoles>,
    axum::extract::Extension(caller): axum::extract::Extension<tenants::Caller>,
    Json(LimitForms { limits }): Json<LimitForms>,
) -> Result<Response, Problem> {
    let own = caller.tenant().map(|t| t.currency.clone()).unwrap_or_default();
    let mut wanted = Vec::with_capacity(limits.len().min(authority::LIMITS_MAX + 1));
    for (index, limit) in limits.into_iter().enumerate().take(authority::LIMITS_MAX + 1) {
        let mut told = [limit.amount, limit.two_people_above].into_iter().flatten().map(|m| m.currency.code().to_owned()).chain(limit.currency);
        let currency = told.next().unwrap_or_else(|| own.clone());
        if told.any(|other| other != currency) {
            return Err(Problem::field(format!("/limits/{index}/amount"), "invalid_value", "one currency a limit"));
        }
        wanted.push(Limit { role: limit.role_id, role_name: String::new(), hold_type: limit.hold_type, currency, amount: limit.amount.map(|m| m.amount), two_people_above: limit.two_people_above.map(|m| m.amount) });
    }
    let mut tx = app.directory.begin(&actor).await?;
    let data = authority::set(&mut tx, permit, &wanted).await?.into_iter().map(LimitView::from).collect();
    tx.commit().await?;
    Ok((StatusCode::OK, axum::Json(LimitList { data })).into_response())
}

impl From<AssignError> for Problem {
    fn from(error: AssignError) -> Self {
        match error {
            AssignError::NoPerson => Self::field("/owner_id", "unknown", error.to_string()),
            AssignError::Escalation => Self::field("/escalation", "invalid_value", error.to_string()),
            AssignError::Hold(error) => error.into(),
        }
    }
}
