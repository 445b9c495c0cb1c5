//! Whether orders wait for their listings to be mapped.

use crate::app::App;
use crate::flows::mapping;
use crate::http::{
    answers::{Guarded, Written},
    auth::Allowed,
    body::Json,
    companies::answer,
    orders::read::seen_version,
    problem::{Problem, ProblemBody},
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use switchyard_core::{
    orders::lacking,
    products::settings::{self, MappingSettings},
};
use tenants::rights::{ManageProducts, ReadProducts};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = MappingSettings)]
pub struct SettingsView {
    /// Orders with a listing that is not mapped stand on hold.
    required: bool,
    /// Orders made from then on.
    required_since: Option<DateTime<Utc>>,
    /// 0: nobody said anything yet.
    version: i64,
}

impl From<MappingSettings> for SettingsView {
    fn from(MappingSettings { required_since, version }: MappingSettings) -> Self {
        Self { required: required_since.is_some(), required_since, version }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewMappingSettings)]
pub struct SettingsForm {
    required: bool,
}

/// Whether orders wait for their mapping.
#[utoipa::path(get, path = "/mapping-settings", tag = "products", responses((status = 200, description = "the settings", body = SettingsView, headers(("ETag" = String))), Guarded))]
pub async fn get(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadProducts>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let settings = settings::get(&mut tx, permit).await?;
    Ok(answer(StatusCode::OK, settings.version, SettingsView::from(settings)))
}

/// Turns the waiting on, for orders from now on, or off: orders that wait for nothing else go on.
#[utoipa::path(put, path = "/mapping-settings", tag = "products", params(("If-Match" = String, Header, description = "the ETag seen")), request_body = SettingsForm,
    responses((status = 200, description = "the settings", body = SettingsView, headers(("ETag" = String))), (status = 412, description = "they were changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written))]
pub async fn set(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageProducts>, headers: HeaderMap, Json(form): Json<SettingsForm>) -> Result<Response, Problem> {
    let seen = seen_version(&headers)?;
    let mut tx = app.directory.begin(&actor).await?;
    lacking::pause(&mut tx).await?;
    let settings = settings::set(&mut tx, permit, seen, form.required, Utc::now()).await?;
    tx.commit().await?;
    mapping::settle_now(&app, actor.tenant).await;
    Ok(answer(StatusCode::OK, settings.version, SettingsView::from(settings)))
}
