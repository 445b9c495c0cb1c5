//! What waits for somebody's decision: prices to approve and holds to release, in one list; and decisions about prices.

use super::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path, Query},
    companies::{NamedCompany, answer, today},
    holds::{self, HoldItemView, NamedPerson},
    orders::{
        read::seen_version,
        views::{MoneyView, decimal, money},
    },
    page::{self, List, Scope},
    problem::{Problem, ProblemBody},
    quotes::views::{ProvenanceView, provenance},
};
use crate::{app::App, flows::judging};
use axum::{
    extract::{OriginalUri, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{OrderId, PersonId, PriceRequestId, QuoteId, RoleId, money::parse_decimal};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use switchyard_core::{
    orders::{holds::Released, reviews},
    pricing::requests::{self, Answer, Request},
    quotes::{
        inbox::{self, After, Filter, Waiting, Whose},
        quote,
    },
};
use tenants::{
    Actor,
    rights::{ApprovePrices, ReadOrders, ReadPrices, SeeMargins},
};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(decide)).routes(routes!(assign)).routes(routes!(delegation, delegate))
}

#[derive(Serialize, ToSchema)]
#[schema(as = PriceDecision)]
struct DecisionView {
    step: i32,
    /// `approve`, `counter`, `reject`
    decision: String,
    price: String,
    reason: Option<String>,
    by: String,
    at: DateTime<Utc>,
}

/// A price that waits for its approval, or had its answer.
#[derive(Serialize, ToSchema)]
#[schema(as = PriceRequest)]
struct RequestView {
    #[schema(value_type = String)]
    id: PriceRequestId,
    /// Of a quote, or of an order.
    #[schema(value_type = Option<String>)]
    quote_id: Option<QuoteId>,
    #[schema(value_type = Option<String>)]
    order_id: Option<OrderId>,
    number: i64,
    line_id: String,
    company: NamedCompany,
    sku: String,
    name: Option<String>,
    quantity: String,
    asked_price: MoneyView,
    /// What stands to be approved, or was.
    price: MoneyView,
    value: MoneyView,
    list: Option<ProvenanceView>,
    discount_percent: Option<String>,
    /// With `prices:margin` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    margin_percent: Option<String>,
    /// `below_floor`, `discount`, `margin`, `unlisted`
    why: Vec<String>,
    reason: String,
    /// `asked`, `approved`, `countered`, `rejected`, `withdrawn`, `expired`
    state: String,
    matrix_version: i32,
    steps: i32,
    steps_done: i32,
    /// The role whose signature is next; null: whoever has the right.
    next_role: Option<String>,
    decisions: Vec<DecisionView>,
    requested_by: String,
    requested_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    /// The last day of the approved price.
    frozen_until: Option<NaiveDate>,
    decided_at: Option<DateTime<Utc>>,
    version: i64,
    may_decide: bool,
}

fn request(actor: &Actor, r: Request, roles: &BTreeSet<RoleId>, now: DateTime<Utc>) -> RequestView {
    let may_decide = actor.may::<ApprovePrices>().is_ok() && r.awaits(&actor.who.to_string(), roles, now);
    RequestView {
        may_decide,
        state: r.state_at(now).to_owned(),
        asked_price: money(r.asked_price, &r.currency),
        price: money(r.price, &r.currency),
        value: money(r.judgement.value, &r.currency),
        list: r.inputs.list.clone().map(|l| provenance(actor, l)),
        discount_percent: r.judgement.discount_percent.map(decimal),
        margin_percent: r.judgement.margin_percent.filter(|_| actor.may::<SeeMargins>().is_ok()).map(decimal),
        why: r.judgement.reasons,
        id: r.id,
        quote_id: r.quote,
        order_id: r.order,
        number: r.number,
        line_id: r.line_id,
        company: NamedCompany { id: r.company, name: r.company_name },
        sku: r.sku,
        name: r.name,
        quantity: decimal(r.quantity),
        reason: r.reason,
        matrix_version: r.matrix_version,
        steps: r.steps,
        steps_done: r.steps_done,
        next_role: r.next_role_name,
        decisions: r.decisions.into_iter().map(|d| DecisionView { step: d.step, decision: d.decision, price: decimal(d.price), reason: d.reason, by: d.by, at: d.at }).collect(),
        requested_by: r.requested_by,
        requested_at: r.requested_at,
        expires_at: r.expires_at,
        frozen_until: r.frozen_until,
        decided_at: r.decided_at,
        version: r.version,
    }
}

/// One thing that waits.
#[derive(Serialize, ToSchema)]
#[schema(as = Approval)]
struct WaitingView {
    /// `price` or `hold`
    kind: &'static str,
    id: String,
    owner: Option<NamedPerson>,
    since: DateTime<Utc>,
    age_seconds: i64,
    may_decide: bool,
    price: Option<RequestView>,
    hold: Option<HoldItemView>,
}

async fn views(app: &App, actor: &Actor, waiting: Vec<Waiting>) -> Result<Vec<WaitingView>, Problem> {
    let now = Utc::now();
    let today = today(app, actor).await?;
    let mut tx = app.directory.begin(actor).await?;
    let roles = requests::acting_roles(&mut tx, today).await?;
    drop(tx);
    let owners: Vec<PersonId> = waiting.iter().filter_map(|w| match w {
        Waiting::Price(r) => r.owner,
        Waiting::Hold(h) => h.owner,
    }).collect();
    let names = if owners.is_empty() { Default::default() } else { app.directory.names(actor.tenant, &owners).await? };
    let named = |id: Option<PersonId>| id.map(|id| NamedPerson { name: names.get(&id).cloned().unwrap_or_default(), id });
    let mut seen = Vec::with_capacity(waiting.len());
    for one in waiting {
        seen.push(match one {
            Waiting::Price(r) => {
                let (owner, since) = (named(r.owner), r.requested_at);
                let until = r.decided_at.unwrap_or(now);
                let view = request(actor, *r, &roles, now);
                WaitingView { kind: "price", id: view.id.to_string(), owner, since, age_seconds: (until - since).num_seconds().max(0), may_decide: view.may_decide, price: Some(view), hold: None }
            }
            Waiting::Hold(h) => {
                let (owner, since, id) = (named(h.owner), h.placed_at, h.id.to_string());
                let view = holds::views(app, actor, vec![*h]).await?.pop();
                let may_decide = view.as_ref().is_some_and(HoldItemView::may_release);
                WaitingView { kind: "hold", id, owner, since, age_seconds: (now - since).num_seconds().max(0), may_decide, price: None, hold: view }
            }
        });
    }
    Ok(seen)
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct InboxQuery {
    /// `me` (default: what I own, and what nobody owns that I may decide), `all`, `none`, or a person's id
    owner: Option<String>,
    /// `price` or `hold`
    kind: Option<String>,
    quote: Option<String>,
    order: Option<String>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// What waits for a decision, oldest first: prices to approve and holds to release.
#[utoipa::path(get, path = "/approvals", tag = "prices", params(InboxQuery), responses((status = 200, description = "one page", body = List<WaitingView>), Guarded))]
async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadPrices>, OriginalUri(uri): OriginalUri, Query(query): Query<InboxQuery>) -> Result<Response, Problem> {
    let wrong = |name: &str, detail: &str| Problem::field(format!("query:{name}"), "invalid_value", detail);
    let orders = actor.may::<ReadOrders>()?;
    let whose = match query.owner.as_deref() {
        None | Some("me") => Whose::Mine,
        Some("all") => Whose::All,
        Some("none") => Whose::Nobody,
        Some(id) => Whose::Person(id.parse().map_err(|_| wrong("owner", "must be me, all, none, or a person's id"))?),
    };
    let (prices, holds) = match query.kind.as_deref() {
        None => (true, true),
        Some("price") => (true, false),
        Some("hold") => (false, true),
        Some(_) => return Err(wrong("kind", "must be price or hold")),
    };
    let quote = query.quote.as_deref().map(|id| id.parse().map_err(|_| wrong("quote", "must be the id of a quote"))).transpose()?;
    let order = query.order.as_deref().map(|id| id.parse().map_err(|_| wrong("order", "must be the id of an order"))).transpose()?;
    let limit = page::limit(query.limit)?;
    let scope = Scope { list: "approvals", tenant: actor.tenant };
    let after: Option<After> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let today = today(&app, &actor).await?;
    let mut tx = app.directory.begin(&actor).await?;
    let found = inbox::page(&mut tx, permit, orders, &Filter { whose, prices, holds, quote, order }, after, limit, today).await?;
    drop(tx);
    page::answer(&app, scope, &uri, views(&app, &actor, found.rows).await?, found.next)
}

#[derive(Serialize, ToSchema)]
#[schema(as = ApprovalDetail)]
struct RequestDetail {
    #[serde(flatten)]
    waiting: WaitingView,
    /// Judged again by what was kept, it says the same.
    replay_identical: bool,
}

async fn detail(app: &App, actor: &Actor, id: PriceRequestId) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(actor).await?;
    let found = requests::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let replay_identical = requests::replay(&mut tx, &found).await?;
    drop(tx);
    let version = found.version;
    let waiting = views(app, actor, vec![Waiting::Price(Box::new(found))]).await?.pop().ok_or_else(Problem::not_found)?;
    Ok(answer(StatusCode::OK, version, RequestDetail { waiting, replay_identical }))
}

/// One price request, with whether judging it again says the same.
#[utoipa::path(get, path = "/approvals/{id}", tag = "prices", params(("id" = String, Path)), responses((status = 200, description = "the request", body = RequestDetail, headers(("ETag" = String))), Guarded, Absent))]
async fn get(State(app): State<App>, Allowed { actor, .. }: Allowed<ReadPrices>, Path(id): Path<PriceRequestId>) -> Result<Response, Problem> {
    detail(&app, &actor, id).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPriceDecision)]
struct DecisionForm {
    /// `approve`, `counter`, `reject`
    decision: String,
    /// Of a counter: above what is asked for.
    price: Option<String>,
    /// The last day of the price; the matrix' number of days when left out.
    frozen_until: Option<NaiveDate>,
    /// A refusal has one.
    reason: Option<String>,
}

/// Approves a price, answers with another, or refuses; with two steps the first signature leaves it waiting for the second.
#[utoipa::path(post, path = "/approvals/{id}/decide", tag = "prices", params(("id" = String, Path), ("If-Match" = String, Header, description = "the ETag seen")), request_body = DecisionForm,
    responses((status = 200, description = "the request", body = RequestDetail, headers(("ETag" = String))), (status = 412, description = "the request was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written, Absent, Conflicting))]
async fn decide(State(app): State<App>, Allowed { actor, permit }: Allowed<ApprovePrices>, headers: HeaderMap, Path(id): Path<PriceRequestId>, Json(form): Json<DecisionForm>) -> Result<Response, Problem> {
    let seen = seen_version(&headers)?;
    let wrong = |field: &str, detail: &str| Problem::field(format!("/{field}"), "invalid_value", detail);
    let told = match (form.decision.as_str(), form.price.as_deref()) {
        ("approve", None) => Answer::Approve { frozen_until: form.frozen_until },
        ("counter", Some(price)) => Answer::Counter { price: parse_decimal(price).map_err(|e| wrong("price", &e.to_string()))?, frozen_until: form.frozen_until },
        ("counter", None) => return Err(wrong("price", "a counter names its price")),
        ("reject", None) if form.frozen_until.is_none() => Answer::Reject,
        ("approve" | "reject", _) => return Err(wrong("price", "only a counter names a price, and a refusal no day")),
        _ => return Err(wrong("decision", "must be approve, counter or reject")),
    };
    let today = today(&app, &actor).await?;
    let mut tx = app.directory.begin(&actor).await?;
    let decided = requests::decide(&mut tx, permit, id, seen, &told, form.reason.as_deref(), today).await?;
    let order = match decided.quote {
        Some(quote) => quote::order_of(&mut tx, quote).await?,
        None => decided.order,
    };
    if let Some(order) = order {
        reviews::ask(&mut tx, &[order.uuid()], "price decided").await?;
    }
    tx.commit().await?;
    app.judging.ring(actor.tenant);
    if let Some(order) = order {
        // An approved price lets its order go on at once.
        judging::after_release(&app, &actor, order, Released { ended: decided.state != "asked", confirms: true }).await;
    }
    detail(&app, &actor, id).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PriceAssignment)]
struct AssignForm {
    /// Null: nobody.
    #[schema(value_type = Option<String>)]
    person_id: Option<PersonId>,
}

/// Says whose a price request is.
#[utoipa::path(post, path = "/approvals/{id}/assign", tag = "prices", params(("id" = String, Path)), request_body = AssignForm, responses((status = 200, description = "the request", body = RequestDetail), Guarded, Written, Absent, Conflicting))]
async fn assign(State(app): State<App>, Allowed { actor, permit }: Allowed<ApprovePrices>, Path(id): Path<PriceRequestId>, Json(AssignForm { person_id }): Json<AssignForm>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    requests::assign(&mut tx, permit, id, person_id).await?;
    tx.commit().await?;
    detail(&app, &actor, id).await
}

#[derive(Serialize, ToSchema)]
#[schema(as = ApprovalDelegation)]
struct DelegationView {
    /// Who decides in your place; null: nobody.
    delegate: Option<NamedPerson>,
    until: Option<NaiveDate>,
}

async fn delegation_view(app: &App, actor: &Actor) -> Result<Response, Problem> {
    let today = today(app, actor).await?;
    let mut tx = app.directory.begin(actor).await?;
    let found = requests::delegation(&mut tx, today).await?;
    drop(tx);
    let Some((person, until)) = found else { return Ok(axum::Json(DelegationView { delegate: None, until: None }).into_response()) };
    let name = app.directory.names(actor.tenant, &[person]).await?.remove(&person).unwrap_or_default();
    Ok(axum::Json(DelegationView { delegate: Some(NamedPerson { id: person, name }), until: Some(until) }).into_response())
}

/// Who decides in your place.
#[utoipa::path(get, path = "/approval-delegation", tag = "prices", responses((status = 200, description = "who, until when", body = DelegationView), Guarded))]
async fn delegation(State(app): State<App>, Allowed { actor, .. }: Allowed<ApprovePrices>) -> Result<Response, Problem> {
    delegation_view(&app, &actor).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewApprovalDelegation)]
struct DelegateForm {
    /// Null ends it.
    #[schema(value_type = Option<String>)]
    person_id: Option<PersonId>,
    until: Option<NaiveDate>,
}

/// Has somebody decide in your place until a day, with your roles beside their own. What waits for you waits for them.
#[utoipa::path(put, path = "/approval-delegation", tag = "prices", request_body = DelegateForm, responses((status = 200, description = "who, until when", body = DelegationView), Guarded, Written))]
async fn delegate(State(app): State<App>, Allowed { actor, permit }: Allowed<ApprovePrices>, Json(form): Json<DelegateForm>) -> Result<Response, Problem> {
    let to = match (form.person_id, form.until) {
        (None, _) => None,
        (Some(person), Some(until)) => Some((person, until)),
        (Some(_), None) => return Err(Problem::field("/until", "missing", "the last day of it")),
    };
    let today = today(&app, &actor).await?;
    let mut tx = app.directory.begin(&actor).await?;
    requests::delegate(&mut tx, permit, to, today).await?;
    tx.commit().await?;
    delegation_view(&app, &actor).await
}
