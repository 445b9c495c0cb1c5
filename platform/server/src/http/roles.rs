//! Roles and the rights they are made of.

use super::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::{Acting, Allowed, Visiting},
    body::{Json, Path},
    page::List,
    problem::Problem,
};
use crate::app::App;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kernel::RoleId;
use serde::{Deserialize, Serialize};
use tenants::{
    Right,
    rights::{ManageRoles, ReadPeople},
    roles::{self, Role},
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(edit, remove)).routes(routes!(rights))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Role)]
struct RoleView {
    #[schema(value_type = String)]
    id: RoleId,
    name: String,
    built_in: bool,
    rights: Vec<&'static str>,
    /// How many people have it.
    people: i64,
}

impl From<Role> for RoleView {
    fn from(Role { row, people }: Role) -> Self {
        Self { id: row.id, built_in: row.built_in, rights: row.rights().iter().map(Right::word).collect(), name: row.name, people }
    }
}

/// Every role of the tenant, built-in ones first. At most 100 exist, so there is one page.
#[utoipa::path(get, path = "/roles", tag = "people", responses((status = 200, body = List<RoleView>), Guarded))]
async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadPeople>) -> Result<axum::Json<List<RoleView>>, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let roles = roles::list(&mut tx, permit).await?;
    Ok(axum::Json(List { data: roles.into_iter().map(RoleView::from).collect(), next_cursor: None, has_more: false }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRole {
    #[schema(min_length = 1, max_length = 60)]
    name: String,
    rights: Vec<String>,
}

/// A role of the tenant's own. Nobody puts in rights they lack: 403 `beyond_own_rights`.
#[utoipa::path(post, path = "/roles", tag = "people", request_body = NewRole, responses((status = 201, body = RoleView), Guarded, Written, Conflicting))]
async fn create(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageRoles>, Visiting(visit): Visiting, Json(form): Json<NewRole>) -> Result<Response, Problem> {
    let role = roles::create(&app.identity, &actor, permit, &form.name, &form.rights, visit.at).await?;
    Ok((StatusCode::CREATED, axum::Json(RoleView::from(role))).into_response())
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RolePatch {
    name: Option<String>,
    rights: Option<Vec<String>>,
}

/// Changes a role of the tenant's own.
#[utoipa::path(patch, path = "/roles/{id}", tag = "people", params(("id" = String, Path)), request_body = RolePatch, responses((status = 200, body = RoleView), Guarded, Written, Absent, Conflicting))]
async fn edit(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageRoles>, Visiting(visit): Visiting, Path(id): Path<RoleId>, Json(patch): Json<RolePatch>) -> Result<axum::Json<RoleView>, Problem> {
    let role = roles::edit(&app.identity, &actor, permit, id, patch.name.as_deref(), patch.rights.as_deref(), visit.at).await?;
    Ok(axum::Json(role.into()))
}

/// Removes a role nobody has.
#[utoipa::path(delete, path = "/roles/{id}", tag = "people", params(("id" = String, Path)), responses((status = 204, description = "removed"), Guarded, Absent, Conflicting))]
async fn remove(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageRoles>, Visiting(visit): Visiting, Path(id): Path<RoleId>) -> Result<StatusCode, Problem> {
    roles::remove(&app.identity, &actor, permit, id, visit.at).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Every right there is.
#[utoipa::path(get, path = "/rights", tag = "people", responses((status = 200, body = List<String>), Guarded))]
async fn rights(_: Acting) -> axum::Json<List<&'static str>> {
    axum::Json(List { data: Right::ALL.iter().map(|right| right.word()).collect(), next_cursor: None, has_more: false })
}
