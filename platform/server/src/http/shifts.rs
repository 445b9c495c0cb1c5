//! Drawers and shifts over HTTP: open with a count, pay in and out, close with a count, the report.

use super::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path, Query},
    once,
    orders::views::{MoneyView, money},
    page::{self, List, Scope},
    problem::Problem,
};
use crate::app::App;
use axum::{
    Extension,
    extract::{OriginalUri, Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::{Decimal, DrawerId, ShiftId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use switchyard_core::finance::{
    Account, Role,
    drawers::{self, Drawer, DrawerError},
    shifts::{self, Movement, Shift, ShiftError},
};
use tenants::{
    Caller,
    rights::{ManageDrawers, WorkShifts},
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_drawers, create_drawer)).routes(routes!(list, open)).routes(routes!(get)).routes(routes!(pay)).routes(routes!(close))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CashDrawer)]
struct DrawerView {
    /// The `account` of cash tenders that go there.
    id: String,
    name: String,
    branch: Option<String>,
    currency: String,
    created_at: DateTime<Utc>,
    open_shift_id: Option<String>,
}

impl From<Drawer> for DrawerView {
    fn from(drawer: Drawer) -> Self {
        Self { id: drawer.id.to_string(), name: drawer.name, branch: drawer.branch, currency: drawer.currency, created_at: drawer.created_at, open_shift_id: drawer.shift.map(|id| id.to_string()) }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
struct DrawerList {
    data: Vec<DrawerView>,
}

/// All drawers by name.
#[utoipa::path(get, path = "/drawers", tag = "shifts", responses((status = 200, description = "at most 1,000 drawers", body = DrawerList), Guarded))]
async fn list_drawers(State(app): State<App>, Allowed { actor, permit }: Allowed<WorkShifts>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    Ok(axum::Json(DrawerList { data: drawers::list(&mut tx, permit).await?.into_iter().map(DrawerView::from).collect() }).into_response())
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCashDrawer)]
struct DrawerForm {
    name: String,
    branch: Option<String>,
    currency: Option<String>,
}

/// Makes a drawer.
#[utoipa::path(post, path = "/drawers", tag = "shifts", request_body = DrawerForm, responses((status = 201, description = "the drawer", body = DrawerView), Guarded, Written, Conflicting))]
async fn create_drawer(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageDrawers>, Extension(caller): Extension<Caller>, Json(form): Json<DrawerForm>) -> Result<Response, Problem> {
    let currency = once::currency(&caller, form.currency.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    let id = drawers::create(&mut tx, permit, &form.name, form.branch.as_deref(), currency).await?;
    let now = tx.now();
    tx.commit().await?;
    let branch = form.branch.map(|branch| branch.trim().to_owned()).filter(|branch| !branch.is_empty());
    let made = DrawerView { id: id.to_string(), name: form.name.trim().to_owned(), branch, currency: currency.code().to_owned(), created_at: now, open_shift_id: None };
    Ok((StatusCode::CREATED, axum::Json(made)).into_response())
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CashShift)]
struct ShiftView {
    id: String,
    drawer_id: String,
    drawer: String,
    branch: Option<String>,
    /// `open`, `closed`
    state: &'static str,
    opened_at: DateTime<Utc>,
    opened_by: String,
    float: MoneyView,
    closed_at: Option<DateTime<Utc>>,
    closed_by: Option<String>,
    /// What the books held when it was closed.
    expected: Option<MoneyView>,
    counted: Option<MoneyView>,
    /// Counted less expected: over is positive.
    difference: Option<MoneyView>,
    note: Option<String>,
}

fn view(shift: Shift) -> ShiftView {
    let currency = shift.currency.clone();
    let sum = |amount: Option<Decimal>| amount.map(|amount| money(amount, &currency));
    ShiftView {
        state: if shift.closed_at.is_some() { "closed" } else { "open" },
        difference: sum(shift.counted.zip(shift.expected).map(|(counted, expected)| counted - expected)),
        expected: sum(shift.expected),
        counted: sum(shift.counted),
        float: money(shift.opening, &currency),
        id: shift.id.to_string(),
        drawer_id: shift.drawer.to_string(),
        drawer: shift.drawer_name,
        branch: shift.branch,
        opened_at: shift.opened_at,
        opened_by: shift.opened_by,
        closed_at: shift.closed_at,
        closed_by: shift.closed_by,
        note: shift.note,
    }
}

#[derive(Serialize, utoipa::ToSchema)]
struct ShiftMovement {
    entry_id: String,
    /// `shift_float`, `sale`, `tender`, `refund`, `paid_in`, `paid_out`, `cash_over_short`, …
    kind: String,
    /// Into the drawer is positive.
    amount: MoneyView,
    memo: Option<String>,
    order_id: Option<String>,
    order_number: Option<i64>,
    at: DateTime<Utc>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct KindSum {
    kind: String,
    amount: MoneyView,
}

/// A shift with what moved.
#[derive(Serialize, utoipa::ToSchema)]
struct ShiftReport {
    #[serde(flatten)]
    shift: ShiftView,
    /// What the drawer should hold.
    should_hold: MoneyView,
    sums: Vec<KindSum>,
    movements: Vec<ShiftMovement>,
}

fn report((shift, movements, holds): (Shift, Vec<Movement>, Decimal)) -> axum::Json<ShiftReport> {
    let currency = shift.currency.clone();
    let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
    for movement in &movements {
        *sums.entry(movement.kind.clone()).or_default() += movement.amount;
    }
    axum::Json(ShiftReport {
        should_hold: money(holds, &currency),
        sums: sums.into_iter().map(|(kind, amount)| KindSum { kind, amount: money(amount, &currency) }).collect(),
        movements: movements
            .into_iter()
            .map(|m| ShiftMovement { entry_id: m.entry.to_string(), kind: m.kind, amount: money(m.amount, &currency), memo: m.memo, order_id: m.order.map(|id| id.to_string()), order_number: m.order_number, at: m.at })
            .collect(),
        shift: view(shift),
    })
}

#[derive(Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct ShiftQuery {
    /// The id of a drawer.
    drawer: Option<String>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// Shifts, newest first.
#[utoipa::path(get, path = "/shifts", tag = "shifts", params(ShiftQuery), responses((status = 200, description = "one page", body = List<ShiftView>), Guarded))]
async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<WorkShifts>, OriginalUri(uri): OriginalUri, Query(query): Query<ShiftQuery>) -> Result<Response, Problem> {
    let drawer: Option<DrawerId> = query.drawer.as_deref().map(|id| id.parse().map_err(|_| Problem::field("query:drawer", "invalid_value", "must be the id of a drawer"))).transpose()?;
    let limit = page::limit(query.limit)?;
    let scope = Scope { list: "shifts", tenant: actor.tenant };
    let before: Option<(DateTime<Utc>, ShiftId)> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    let found = shifts::page(&mut tx, permit, None, drawer, before, limit).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(view).collect(), found.next)
}

/// The report of one shift.
#[utoipa::path(get, path = "/shifts/{id}", tag = "shifts", params(("id" = String, Path)), responses((status = 200, description = "the shift with its movements", body = ShiftReport), Guarded, Absent))]
async fn get(State(app): State<App>, Allowed { actor, permit }: Allowed<WorkShifts>, Path(id): Path<ShiftId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    Ok(report(shifts::report(&mut tx, permit, id).await?.ok_or_else(Problem::not_found)?).into_response())
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OpenShift)]
struct OpenForm {
    drawer_id: String,
    /// Counted in the drawer.
    float: String,
    /// Where what is more than the books say came from (or went); `cash:safe` when left out.
    float_account: Option<String>,
}

/// Opens a shift with what is counted in its drawer.
#[utoipa::path(post, path = "/shifts", tag = "shifts", params(("Idempotency-Key" = Option<String>, Header)), request_body = OpenForm, responses((status = 201, description = "the shift", body = ShiftReport), Guarded, Written, Conflicting))]
async fn open(State(app): State<App>, Allowed { actor, permit }: Allowed<WorkShifts>, request: Request) -> Result<Response, Problem> {
    let (form, key) = once::read::<OpenForm>(request, &app, &actor, "POST /shifts").await?;
    let drawer: DrawerId = form.drawer_id.parse().map_err(|_| Problem::field("/drawer_id", "invalid_value", "must be the id of a drawer"))?;
    let float = once::decimal("/float", &form.float)?;
    let account = match &form.float_account {
        None => Account::new(Role::Cash, Some("safe")),
        Some(text) => once::account("/float_account", text)?,
    };
    let mut tx = app.directory.begin(&actor).await?;
    let done = async {
        let id = shifts::open(&mut tx, permit, drawer, float, &account).await.map_err(|error| match error {
            ShiftError::UnknownDrawer => Problem::field("/drawer_id", "unknown", "there is no such drawer"),
            error => error.into(),
        })?;
        Ok(report(shifts::report(&mut tx, permit, id).await?.ok_or_else(Problem::not_found)?).0)
    }
    .await;
    once::finish(&app, &actor, tx, key, StatusCode::CREATED, done).await
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ShiftPayment)]
struct PayForm {
    /// `in` or `out`
    direction: String,
    amount: String,
    /// Where it comes from or goes to, such as `cash:safe`, `bank` or `suspense:coffee`.
    account: String,
    reason: String,
}

/// Puts cash into the drawer of an open shift, or takes it out.
#[utoipa::path(post, path = "/shifts/{id}/payments", tag = "shifts", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = PayForm, responses((status = 201, description = "the shift", body = ShiftReport), Guarded, Written, Absent, Conflicting))]
async fn pay(State(app): State<App>, Allowed { actor, permit }: Allowed<WorkShifts>, Path(id): Path<ShiftId>, request: Request) -> Result<Response, Problem> {
    let (form, key) = once::read::<PayForm>(request, &app, &actor, &format!("POST /shifts/{id}/payments")).await?;
    let amount = once::amount("/amount", &form.amount)?;
    let into = match form.direction.as_str() {
        "in" => amount,
        "out" => -amount,
        _ => return Err(Problem::field("/direction", "invalid_value", "must be in or out")),
    };
    let account = once::account("/account", &form.account)?;
    let mut tx = app.directory.begin(&actor).await?;
    let done = async {
        shifts::pay(&mut tx, permit, id, into, &account, &form.reason).await?;
        Ok(report(shifts::report(&mut tx, permit, id).await?.ok_or_else(Problem::not_found)?).0)
    }
    .await;
    once::finish(&app, &actor, tx, key, StatusCode::CREATED, done).await
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CloseShift)]
struct CloseForm {
    counted: String,
    note: Option<String>,
}

/// Closes a shift with what is counted; over and short are posted.
#[utoipa::path(post, path = "/shifts/{id}/close", tag = "shifts", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = CloseForm, responses((status = 200, description = "the shift", body = ShiftReport), Guarded, Written, Absent, Conflicting))]
async fn close(State(app): State<App>, Allowed { actor, permit }: Allowed<WorkShifts>, Path(id): Path<ShiftId>, request: Request) -> Result<Response, Problem> {
    let (form, key) = once::read::<CloseForm>(request, &app, &actor, &format!("POST /shifts/{id}/close")).await?;
    let counted = once::decimal("/counted", &form.counted)?;
    let mut tx = app.directory.begin(&actor).await?;
    let done = async {
        shifts::close(&mut tx, permit, id, counted, form.note.as_deref()).await?;
        Ok(report(shifts::report(&mut tx, permit, id).await?.ok_or_else(Problem::not_found)?).0)
    }
    .await;
    once::finish(&app, &actor, tx, key, StatusCode::OK, done).await
}

impl From<DrawerError> for Problem {
    fn from(error: DrawerError) -> Self {
        let text = error.to_string();
        match error {
            DrawerError::Unknown => Self::not_found(),
            DrawerError::Field(field) => Self::field(format!("/{field}"), "invalid_value", "must have 1 to 80 characters without control characters"),
            DrawerError::Taken => Self::conflict("name_taken", text),
            DrawerError::TooMany => Self::conflict("too_many", text),
            DrawerError::Database(error) => error.into(),
        }
    }
}

impl From<ShiftError> for Problem {
    fn from(error: ShiftError) -> Self {
        let text = error.to_string();
        match error {
            ShiftError::Unknown | ShiftError::UnknownDrawer => Self::not_found(),
            ShiftError::OpenAlready => Self::conflict("open_already", text),
            ShiftError::ClosedAlready => Self::conflict("closed_already", text),
            ShiftError::Field { field, expected } => Self::field(format!("/{field}"), "invalid_value", format!("must be {expected}")),
            ShiftError::NotThere { .. } => Self::field("/amount", "not_there", text),
            ShiftError::Entry(error) => error.into(),
            ShiftError::Post(error) => error.into(),
            ShiftError::Database(error) => error.into(),
        }
    }
}
