//! The tenant's own data and its audit log.

use super::{
    answers::{Guarded, Written},
    auth::{Acting, Allowed, Visiting},
    body::{Json, Query},
    page::{self, List, PageQuery, Scope},
    problem::Problem,
    session::TenantView,
};
use crate::app::App;
use axum::{
    Extension,
    extract::{OriginalUri, State},
    response::Response,
};
use chrono::{DateTime, Utc};
use kernel::AuditId;
use serde::{Deserialize, Serialize};
use switchyard_core::finance::settings;
use tenants::{
    Caller, audit,
    rights::{ManageTenant, ReadAudit},
    tenant::{self, TenantEdit},
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read, edit)).routes(routes!(audit_log))
}

/// The tenant that is entered.
#[utoipa::path(get, path = "/tenant", tag = "tenant", responses((status = 200, body = TenantView), Guarded))]
async fn read(_: Acting, Extension(caller): Extension<Caller>) -> Result<axum::Json<TenantView>, Problem> {
    let tenant = caller.tenant().cloned().ok_or_else(Problem::not_found)?;
    Ok(axum::Json(tenant.into()))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct TenantPatch {
    name: Option<String>,
    /// IANA name.
    time_zone: Option<String>,
    /// `en` or `vi`.
    locale: Option<String>,
}

/// Changes the tenant's name, time zone or language.
#[utoipa::path(patch, path = "/tenant", tag = "tenant", request_body = TenantPatch, responses((status = 200, body = TenantView), Guarded, Written))]
async fn edit(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageTenant>, Visiting(visit): Visiting, Json(patch): Json<TenantPatch>) -> Result<axum::Json<TenantView>, Problem> {
    let TenantPatch { name, time_zone, locale } = patch;
    // The books follow when the edit stands; if this ends between the two, saying it again mends both.
    let mut books = None;
    if let Some(zone) = time_zone.as_deref().and_then(|zone| zone.parse::<chrono_tz::Tz>().ok()) {
        let mut tx = app.directory.begin_at(&actor, visit.at).await?;
        settings::follow_zone(&mut tx, permit, zone).await?;
        books = Some(tx);
    }
    let tenant = tenant::edit(&app.identity, &actor, permit, TenantEdit { name, time_zone, locale }, visit.at).await?;
    if let Some(tx) = books {
        tx.commit().await?;
    }
    Ok(axum::Json(tenant.into()))
}

/// One security-relevant act.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = AuditEntry)]
struct AuditView {
    #[schema(value_type = String)]
    id: AuditId,
    at: DateTime<Utc>,
    actor: String,
    act: String,
    subject: Option<String>,
    #[schema(value_type = Object)]
    detail: serde_json::Value,
}

/// Who did what, newest first.
#[utoipa::path(get, path = "/audit-log", tag = "tenant", params(PageQuery), responses((status = 200, body = List<AuditView>), Guarded))]
async fn audit_log(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadAudit>, OriginalUri(uri): OriginalUri, Query(query): Query<PageQuery>) -> Result<Response, Problem> {
    let scope = Scope { list: "audit-log", tenant: actor.tenant };
    let after = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    let page = audit::list(&mut tx, permit, query.limit()?, after).await?;
    let rows = page.rows.into_iter().map(|row| AuditView { id: row.id, at: row.at, actor: row.actor, act: row.act, subject: row.subject, detail: row.detail });
    page::answer(&app, scope, &uri, rows.collect(), page.next)
}
