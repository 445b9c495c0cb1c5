//! Plugins: the catalogue, and what a tenant installs of it, grants, configures, suspends and looks at.

use super::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path, Query},
    page::{self, List, PageQuery, Scope},
    problem::Problem,
};
use crate::app::App;
use axum::{
    extract::{DefaultBodyLimit, FromRequest, Multipart, OriginalUri, Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::{InstallationId, PluginId, RunId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use switchyard_host::{
    Grants,
    catalogue::UploadError,
    gate::COMPONENT_BYTES_MAX,
    installation::{self, InstallError, Installation, manifest_of},
    manifest::{Declares, ManifestError},
    runs::{self, RunRow},
};
use tenants::{
    Actor,
    plugins::{self, CatalogueRow},
    rights::{ConfigurePlugins, GrantPlugins, InstallPlugins, ReadPlugins, SuspendPlugins},
};
use utoipa_axum::{router::OpenApiRouter, routes};

const MANIFEST_BYTES_MAX: usize = 64 << 10;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, upload))
        .layer(DefaultBodyLimit::max(COMPONENT_BYTES_MAX + MANIFEST_BYTES_MAX + 8192))
        .routes(routes!(installations, install))
        .routes(routes!(installation_by_id))
        .routes(routes!(grant))
        .routes(routes!(configure))
        .routes(routes!(suspend))
        .routes(routes!(resume))
        .routes(routes!(runs_of))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Plugin)]
struct PluginView {
    #[schema(value_type = String)]
    id: PluginId,
    /// SHA-256 of the component.
    digest: String,
    kind: String,
    name: String,
    title: String,
    version: String,
    bundled: bool,
    declares: DeclaresView,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = PluginDeclares)]
struct DeclaresView {
    hosts: Vec<String>,
    secrets: Vec<DeclaredView>,
    config: Vec<DeclaredView>,
    kv_bytes: u64,
    /// Classes of personal data it handles.
    data: Vec<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = PluginDeclared)]
struct DeclaredView {
    name: String,
    title: String,
    required: bool,
}

impl From<Declares> for DeclaresView {
    fn from(declares: Declares) -> Self {
        Self {
            hosts: declares.hosts,
            secrets: declares.secrets.into_iter().map(|s| DeclaredView { name: s.name, title: s.title, required: s.required }).collect(),
            config: declares.config.into_iter().map(|s| DeclaredView { name: s.key, title: s.title, required: s.required }).collect(),
            kv_bytes: declares.kv_bytes,
            data: declares.data,
        }
    }
}

fn plugin_view(row: &CatalogueRow) -> Result<PluginView, Problem> {
    let manifest = manifest_of(row)?;
    Ok(PluginView {
        id: row.id,
        digest: hex::encode(&row.digest),
        kind: row.kind.clone(),
        name: row.name.clone(),
        title: if manifest.title.is_empty() { row.name.clone() } else { manifest.title },
        version: row.version.clone(),
        bundled: row.bundled,
        declares: manifest.declares.into(),
    })
}

/// Bundled plugins and the tenant's own uploads; a tenant keeps at most 100, so there is one page.
#[utoipa::path(get, path = "/plugins", tag = "plugins", responses((status = 200, body = List<PluginView>), Guarded))]
async fn list(State(app): State<App>, Allowed { actor, .. }: Allowed<ReadPlugins>) -> Result<axum::Json<List<PluginView>>, Problem> {
    let rows = plugins::list(&app.directory, &actor).await?;
    let data = rows.iter().map(plugin_view).collect::<Result<_, _>>()?;
    Ok(axum::Json(List { data, next_cursor: None, has_more: false }))
}

#[derive(utoipa::ToSchema)]
#[allow(dead_code)] // it describes the form; the parts are read one by one
struct PluginUpload {
    /// JSON: kind, name, version, what it declares.
    manifest: String,
    /// The WebAssembly component, at most 20 MiB.
    #[schema(format = Binary, value_type = String)]
    component: Vec<u8>,
}

/// Uploads a component. It is checked and compiled in a process of its own; 422 `invalid_component` says what is wrong.
#[utoipa::path(post, path = "/plugins", tag = "plugins", request_body(content = PluginUpload, content_type = "multipart/form-data"), responses((status = 201, body = PluginView), Guarded, Written))]
async fn upload(State(app): State<App>, Allowed { actor, permit }: Allowed<InstallPlugins>, request: Request) -> Result<Response, Problem> {
    let other_kind = |_| Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_multipart", "send the parts manifest and component as multipart/form-data");
    let mut form = Multipart::from_request(request, &app).await.map_err(other_kind)?;
    let (mut manifest, mut component) = (None, None);
    while let Some(part) = form.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        let (place, bytes_max) = match name.as_str() {
            "manifest" => (&mut manifest, MANIFEST_BYTES_MAX),
            "component" => (&mut component, COMPONENT_BYTES_MAX),
            _ => return Err(Problem::field("/", "invalid_value", "the parts are manifest and component")),
        };
        let bytes = part.bytes().await.map_err(broken)?;
        if bytes.len() > bytes_max {
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", format!("the part {name} may be {bytes_max} bytes at most")));
        }
        *place = Some(bytes);
    }
    let missing = |name: &'static str| move || Problem::field(format!("/{name}"), "invalid_value", "the part is missing");
    let (manifest, component) = (manifest.ok_or_else(missing("manifest"))?, component.ok_or_else(missing("component"))?);
    let row = app.host.upload(&app.directory, &actor, permit, &manifest, &component).await?;
    Ok((StatusCode::CREATED, axum::Json(plugin_view(&row)?)).into_response())
}

fn broken(error: axum::extract::multipart::MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", format!("a component may be {COMPONENT_BYTES_MAX} bytes at most"));
    }
    Problem::new(StatusCode::BAD_REQUEST, "broken_form", "the form broke off or is not one")
}

/// What a tenant grants of what a plugin declares.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = PluginGrants)]
#[serde(deny_unknown_fields)]
struct GrantsView {
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    secrets: Vec<String>,
    #[serde(default)]
    kv: bool,
}

impl From<GrantsView> for Grants {
    fn from(asked: GrantsView) -> Self {
        Self { hosts: asked.hosts, secrets: asked.secrets, kv: asked.kv, ..Self::default() }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Installation)]
struct InstallationView {
    #[schema(value_type = String)]
    id: InstallationId,
    plugin: PluginView,
    /// `active`, `suspended`, `installed`
    state: String,
    suspended_reason: Option<String>,
    grants: GrantsView,
    config: BTreeMap<String, String>,
    config_version: i32,
    /// `open` while calls are stopped after repeated failures.
    breaker: &'static str,
    installed_at: DateTime<Utc>,
}

fn installation_view(app: &App, installed: Installation, plugin: &CatalogueRow) -> Result<InstallationView, Problem> {
    let stopped = app.host.breaker_reason(installed.id);
    Ok(InstallationView {
        id: installed.id,
        plugin: plugin_view(plugin)?,
        state: installed.state,
        breaker: if stopped.is_some() { "open" } else { "closed" },
        suspended_reason: installed.suspended_reason.or(stopped),
        grants: GrantsView { hosts: installed.grants.hosts, secrets: installed.grants.secrets, kv: installed.grants.kv },
        config: installed.config,
        config_version: installed.config_version,
        installed_at: installed.installed_at,
    })
}

/// The catalogue entry an installation is of.
async fn plugin_of(app: &App, actor: &Actor, installed: &Installation) -> Result<CatalogueRow, Problem> {
    let missing = || Problem::internal(anyhow::anyhow!("the plugin {} of an installation is not in the catalogue", installed.plugin));
    plugins::find(&app.directory, actor, installed.plugin).await?.ok_or_else(missing)
}

/// The tenant's installations, newest first. At most 100 exist, so there is one page.
#[utoipa::path(get, path = "/installations", tag = "plugins", responses((status = 200, body = List<InstallationView>), Guarded))]
async fn installations(State(app): State<App>, Allowed { actor, .. }: Allowed<ReadPlugins>) -> Result<axum::Json<List<InstallationView>>, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let installed = installation::list(&mut tx).await?;
    drop(tx);
    let mut known: HashMap<PluginId, CatalogueRow> = plugins::list(&app.directory, &actor).await?.into_iter().map(|row| (row.id, row)).collect();
    let mut data = Vec::with_capacity(installed.len());
    for one in installed {
        if !known.contains_key(&one.plugin) {
            known.insert(one.plugin, plugin_of(&app, &actor, &one).await?);
        }
        data.push(installation_view(&app, one.clone(), &known[&one.plugin])?);
    }
    Ok(axum::Json(List { data, next_cursor: None, has_more: false }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewInstallation {
    #[schema(value_type = String)]
    plugin_id: PluginId,
    grants: GrantsView,
    #[serde(default)]
    config: BTreeMap<String, String>,
}

/// Installs a plugin of the catalogue with what is granted to it.
#[utoipa::path(post, path = "/installations", tag = "plugins", request_body = NewInstallation, responses((status = 201, body = InstallationView), Guarded, Written, Conflicting))]
async fn install(State(app): State<App>, Allowed { actor, permit }: Allowed<InstallPlugins>, Json(form): Json<NewInstallation>) -> Result<Response, Problem> {
    // Whoever installs also grants.
    actor.may::<GrantPlugins>()?;
    let unknown = || Problem::field("/plugin_id", "invalid_value", "there is no such plugin in the catalogue");
    let plugin = plugins::find(&app.directory, &actor, form.plugin_id).await?.ok_or_else(unknown)?;
    let mut tx = app.directory.begin(&actor).await?;
    let installed = installation::install(&mut tx, permit, &plugin, &form.grants.into(), &form.config).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, axum::Json(installation_view(&app, installed, &plugin)?)).into_response())
}

#[utoipa::path(get, path = "/installations/{id}", tag = "plugins", params(("id" = String, Path)), responses((status = 200, body = InstallationView), Guarded, Absent))]
async fn installation_by_id(State(app): State<App>, Allowed { actor, .. }: Allowed<ReadPlugins>, Path(id): Path<InstallationId>) -> Result<axum::Json<InstallationView>, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let installed = installation::find(&mut tx, id).await?;
    drop(tx);
    let plugin = plugin_of(&app, &actor, &installed).await?;
    Ok(axum::Json(installation_view(&app, installed, &plugin)?))
}

/// Replaces what is granted. In force within five seconds.
#[utoipa::path(put, path = "/installations/{id}/grants", tag = "plugins", params(("id" = String, Path)), request_body = GrantsView, responses((status = 200, body = InstallationView), Guarded, Written, Absent))]
async fn grant(State(app): State<App>, Allowed { actor, permit }: Allowed<GrantPlugins>, Path(id): Path<InstallationId>, Json(grants): Json<GrantsView>) -> Result<axum::Json<InstallationView>, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let plugin = plugin_of(&app, &actor, &installation::find(&mut tx, id).await?).await?;
    let installed = installation::grant(&mut tx, permit, &manifest_of(&plugin)?, id, &grants.into()).await?;
    tx.commit().await?;
    Ok(axum::Json(installation_view(&app, installed, &plugin)?))
}

/// Replaces the settings; each set of settings is kept as a version.
#[utoipa::path(put, path = "/installations/{id}/config", tag = "plugins", params(("id" = String, Path)), request_body = BTreeMap<String, String>, responses((status = 200, body = InstallationView), Guarded, Written, Absent))]
async fn configure(State(app): State<App>, Allowed { actor, permit }: Allowed<ConfigurePlugins>, Path(id): Path<InstallationId>, Json(config): Json<BTreeMap<String, String>>) -> Result<axum::Json<InstallationView>, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let plugin = plugin_of(&app, &actor, &installation::find(&mut tx, id).await?).await?;
    let installed = installation::configure(&mut tx, permit, &manifest_of(&plugin)?, id, &config).await?;
    tx.commit().await?;
    Ok(axum::Json(installation_view(&app, installed, &plugin)?))
}

/// Stops every call of the plugin within five seconds; calls under way may end.
#[utoipa::path(post, path = "/installations/{id}/suspend", tag = "plugins", params(("id" = String, Path)), responses((status = 200, body = InstallationView), Guarded, Absent))]
async fn suspend(State(app): State<App>, Allowed { actor, permit }: Allowed<SuspendPlugins>, Path(id): Path<InstallationId>) -> Result<axum::Json<InstallationView>, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let installed = installation::suspend(&mut tx, permit, id, "suspended by a person").await?;
    tx.commit().await?;
    let plugin = plugin_of(&app, &actor, &installed).await?;
    Ok(axum::Json(installation_view(&app, installed, &plugin)?))
}

/// Lets it run again, also when it was stopped after repeated failures.
#[utoipa::path(post, path = "/installations/{id}/resume", tag = "plugins", params(("id" = String, Path)), responses((status = 200, body = InstallationView), Guarded, Absent))]
async fn resume(State(app): State<App>, Allowed { actor, permit }: Allowed<SuspendPlugins>, Path(id): Path<InstallationId>) -> Result<axum::Json<InstallationView>, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let installed = installation::resume(&mut tx, permit, id).await?;
    tx.commit().await?;
    app.host.reset_breaker(id);
    let plugin = plugin_of(&app, &actor, &installed).await?;
    Ok(axum::Json(installation_view(&app, installed, &plugin)?))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = PluginRun)]
struct RunView {
    #[schema(value_type = String)]
    id: RunId,
    at: DateTime<Utc>,
    function: String,
    /// `ok`, or a code such as `limit.fuel`, `trap.stack`, `invalid.output`.
    outcome: String,
    message: Option<String>,
    fuel: i64,
    peak_memory_bytes: i64,
    micros: i64,
    digest: String,
    config_version: i32,
    /// What the plugin wrote to its log.
    log: Option<String>,
}

impl From<RunRow> for RunView {
    fn from(row: RunRow) -> Self {
        Self {
            id: row.id,
            at: row.at,
            function: row.function,
            outcome: row.outcome,
            message: row.message,
            fuel: row.fuel,
            peak_memory_bytes: row.peak_memory,
            micros: row.micros,
            digest: hex::encode(row.digest),
            config_version: row.config_version,
            log: row.log,
        }
    }
}

/// What it was called for lately: every failure, and a sample of what went well.
#[utoipa::path(get, path = "/installations/{id}/runs", tag = "plugins", params(("id" = String, Path), PageQuery), responses((status = 200, body = List<RunView>), Guarded, Absent))]
async fn runs_of(State(app): State<App>, Allowed { actor, .. }: Allowed<ReadPlugins>, Path(id): Path<InstallationId>, OriginalUri(uri): OriginalUri, Query(query): Query<PageQuery>) -> Result<Response, Problem> {
    let list = format!("runs:{id}");
    let scope = Scope { list: &list, tenant: actor.tenant };
    let after = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    installation::find(&mut tx, id).await?;
    let rows = runs::list(&mut tx, id, query.limit()?, after).await?;
    page::answer(&app, scope, &uri, rows.rows.into_iter().map(RunView::from).collect(), rows.next)
}

impl From<ManifestError> for Problem {
    fn from(error: ManifestError) -> Self {
        Problem::field(format!("/{}", error.field.replace(['.', '['], "/").replace(']', "")), "invalid_value", error.problem)
    }
}

impl From<InstallError> for Problem {
    fn from(error: InstallError) -> Self {
        match error {
            InstallError::Invalid(field) => field.into(),
            InstallError::NotFound => Problem::not_found(),
            InstallError::TooMany => Problem::conflict("too_many", error.to_string()),
            InstallError::Database(error) => error.into(),
            InstallError::Corrupt(_) => Problem::internal(error),
        }
    }
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Manifest(field) => Problem::field(format!("/manifest/{}", field.field.replace('.', "/")), "invalid_value", field.problem),
            UploadError::Component(reason) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_component", reason),
            UploadError::Kind(_) => Problem::field("/manifest/kind", "invalid_value", error.to_string()),
            UploadError::Row(plugins::UploadError::TooMany) => Problem::conflict("too_many", error.to_string()),
            UploadError::Row(plugins::UploadError::Database(error)) => error.into(),
            UploadError::Host(_) => Problem::internal(error),
        }
    }
}
