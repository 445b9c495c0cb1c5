//! API keys.

use super::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::{Allowed, Visiting},
    body::{Json, Path, Query},
    page::{self, List, PageQuery, Scope},
    problem::Problem,
};
use crate::app::App;
use axum::{
    extract::{OriginalUri, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::ApiKeyId;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use tenants::{
    api_keys::{self, ApiKey, NewKey},
    rights::ManageKeys,
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(revoke))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ApiKey)]
struct KeyView {
    #[schema(value_type = String)]
    id: ApiKeyId,
    name: String,
    /// The public part, by which a key is recognised.
    prefix: String,
    scopes: Vec<String>,
    created_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
    /// The whole key: in the answer that makes it, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl From<ApiKey> for KeyView {
    fn from(key: ApiKey) -> Self {
        let ApiKey { id, name, prefix, scopes, created_at, last_used_at, expires_at, .. } = key;
        Self { id, name, prefix, scopes, created_at, last_used_at, expires_at, secret: None }
    }
}

/// The tenant's keys, newest first, without their secrets.
#[utoipa::path(get, path = "/api-keys", tag = "people", params(PageQuery), responses((status = 200, body = List<KeyView>), Guarded))]
async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageKeys>, OriginalUri(uri): OriginalUri, Query(query): Query<PageQuery>) -> Result<Response, Problem> {
    let scope = Scope { list: "api-keys", tenant: actor.tenant };
    let after = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let page = api_keys::list(&app.identity, &actor, permit, query.limit()?, after).await?;
    page::answer(&app, scope, &uri, page.rows.into_iter().map(KeyView::from).collect(), page.next)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyForm {
    name: String,
    /// `object:action` words, each a right of yours.
    scopes: Vec<String>,
    expires_at: Option<DateTime<Utc>>,
}

/// Makes a key. Its secret is shown this once.
#[utoipa::path(post, path = "/api-keys", tag = "people", request_body = KeyForm, responses((status = 201, body = KeyView), Guarded, Written, Conflicting))]
async fn create(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageKeys>, Visiting(visit): Visiting, Json(form): Json<KeyForm>) -> Result<Response, Problem> {
    let KeyForm { name, scopes, expires_at } = form;
    let (key, secret) = api_keys::create(&app.identity, &actor, permit, NewKey { name, scopes, expires_at }, visit.at).await?;
    let view = KeyView { secret: Some(secret.expose_secret().to_owned()), ..key.into() };
    Ok((StatusCode::CREATED, axum::Json(view)).into_response())
}

/// Stops a key within seconds.
#[utoipa::path(delete, path = "/api-keys/{id}", tag = "people", params(("id" = String, Path)), responses((status = 204, description = "revoked"), Guarded, Absent))]
async fn revoke(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageKeys>, Visiting(visit): Visiting, Path(id): Path<ApiKeyId>) -> Result<StatusCode, Problem> {
    if api_keys::revoke(&app.identity, &actor, permit, id, visit.at).await? { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}
