//! Saved views of the order list: what a person keeps, and what the tenant shares.

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
use kernel::{PersonId, SavedViewId};
use serde::{Deserialize, Serialize};
use switchyard_core::orders::saved_views::{self, SavedView};
use tenants::{Actor, Who, rights::ReadOrders};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, save)).routes(routes!(remove))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SavedView)]
struct ViewView {
    id: String,
    name: String,
    shared: bool,
    /// Yours; others' shared views cannot be removed by you.
    own: bool,
    query: String,
    columns: Vec<String>,
    created_at: DateTime<Utc>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct ViewList {
    data: Vec<ViewView>,
}

fn view(view: SavedView, person: PersonId) -> ViewView {
    ViewView { id: view.id.to_string(), name: view.name, shared: view.shared, own: view.owner == person, query: view.query, columns: view.columns, created_at: view.created_at }
}

/// Views belong to people.
fn person(actor: &Actor) -> Result<PersonId, Problem> {
    match actor.who {
        Who::Person(person) => Ok(person),
        _ => Err(Problem::new(StatusCode::FORBIDDEN, "people_only", "saved views belong to people; log in")),
    }
}

/// One's own views and the shared ones.
#[utoipa::path(get, path = "/saved-views", tag = "orders", responses((status = 200, description = "views by name", body = ViewList), Guarded))]
async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadOrders>) -> Result<Response, Problem> {
    let person = person(&actor)?;
    let mut tx = app.directory.begin(&actor).await?;
    let data = saved_views::list(&mut tx, permit, person).await?.into_iter().map(|v| view(v, person)).collect();
    Ok(axum::Json(ViewList { data }).into_response())
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewView {
    name: String,
    #[serde(default)]
    shared: bool,
    /// The list's query string.
    query: String,
    #[serde(default)]
    columns: Vec<String>,
}

/// Keeps a view under a name.
#[utoipa::path(post, path = "/saved-views", tag = "orders", request_body = NewView, responses((status = 201, description = "the view", body = ViewView), Guarded, Written, Conflicting))]
async fn save(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadOrders>, Json(new): Json<NewView>) -> Result<Response, Problem> {
    let person = person(&actor)?;
    let mut tx = app.directory.begin(&actor).await?;
    let saved = saved_views::save(&mut tx, permit, person, &new.name, new.shared, &new.query, &new.columns).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, axum::Json(view(saved, person))).into_response())
}

/// Forgets one's own view.
#[utoipa::path(delete, path = "/saved-views/{id}", tag = "orders", params(("id" = String, Path)), responses((status = 204, description = "gone"), Guarded, Absent))]
async fn remove(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadOrders>, Path(id): Path<SavedViewId>) -> Result<StatusCode, Problem> {
    let person = person(&actor)?;
    let mut tx = app.directory.begin(&actor).await?;
    if !saved_views::remove(&mut tx, permit, person, id).await? {
        return Err(Problem::not_found());
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
