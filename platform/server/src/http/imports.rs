//! Imports of orders from files: upload, dry run, start, cancel, undo, the rows that failed.

use super::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Path, Query},
    page::{self, List, PageQuery, Scope},
    problem::Problem,
};
use crate::{app::App, flows};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, FromRequest, Multipart, OriginalUri, Request, State, multipart::Field},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::{ChannelAccountId, ImportId};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use switchyard_core::imports::{
    Limits,
    dry_run::{self, DryRun},
    errors_csv,
    import::{self, Import},
    mapping::Mapping,
    undo,
    upload::{self, NewImport},
};
use tenants::{
    Caller,
    rights::{ReadImports, RunImports},
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// A mapping as JSON.
const MAPPING_BYTES_MAX: usize = 256 * 1024;
/// Beside the file: the other parts and their headers.
const MULTIPART_EXTRA_BYTES: usize = 1024 * 1024;

pub fn routes() -> OpenApiRouter<App> {
    let body_max = usize::try_from(Limits::default().file_bytes).unwrap_or(usize::MAX).saturating_add(MULTIPART_EXTRA_BYTES);
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read))
        .routes(routes!(try_out))
        .routes(routes!(start))
        .routes(routes!(cancel))
        .routes(routes!(take_back))
        .routes(routes!(errors))
        .layer(DefaultBodyLimit::max(body_max))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Import)]
struct ImportView {
    #[schema(value_type = String)]
    id: ImportId,
    #[schema(value_type = String)]
    channel_account_id: ChannelAccountId,
    file_name: String,
    /// `csv` or `xlsx`.
    format: String,
    /// What each column means; see docs/imports.md.
    #[schema(value_type = Object)]
    mapping: Mapping,
    /// The names in the header row.
    columns: Vec<String>,
    /// `uploaded`, `running`, `done`, `failed`, `cancelled`, `undoing` or `undone`.
    state: &'static str,
    rows_total: Option<i64>,
    rows_done: i64,
    orders_done: i64,
    orders_new: i64,
    orders_changed: i64,
    rows_failed: i64,
    /// What is odd but right, counted: `several_times`, `several_values`, `repeated_rows`, `repeated_row_groups`.
    remarks: BTreeMap<String, i64>,
    message: Option<String>,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

impl From<Import> for ImportView {
    fn from(import: Import) -> Self {
        Self {
            id: import.id,
            channel_account_id: import.account,
            file_name: import.file_name,
            format: import.format,
            mapping: import.mapping,
            columns: import.columns,
            state: import.state.word(),
            rows_total: import.rows_total,
            rows_done: import.rows_done,
            orders_done: import.orders_done,
            orders_new: import.orders_new,
            orders_changed: import.orders_changed,
            rows_failed: import.rows_failed,
            remarks: import.remarks,
            message: import.message,
            created_at: import.created_at,
            finished_at: import.finished_at,
        }
    }
}

/// The tenant's imports, newest first.
#[utoipa::path(get, path = "/imports", tag = "imports", params(PageQuery), responses((status = 200, body = List<ImportView>), Guarded))]
async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadImports>, OriginalUri(uri): OriginalUri, Query(query): Query<PageQuery>) -> Result<Response, Problem> {
    let scope = Scope { list: "imports", tenant: actor.tenant };
    let after = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    let page = import::list(&mut tx, permit, query.limit()?, after).await?;
    page::answer(&app, scope, &uri, page.rows.into_iter().map(ImportView::from).collect(), page.next)
}

#[derive(utoipa::ToSchema)]
#[allow(dead_code)] // it describes the parts of the form
struct ImportForm {
    /// CSV or XLSX, at most 200 MiB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    channel_account_id: String,
    /// JSON; guessed from the header row when absent.
    #[schema(value_type = Option<String>)]
    mapping: Option<String>,
}

/// Takes in a file. Nothing of it is an order before it is started.
#[utoipa::path(
    post, path = "/imports", tag = "imports", request_body(content = ImportForm, content_type = "multipart/form-data"),
    responses((status = 201, body = ImportView), Guarded, Written)
)]
async fn create(State(app): State<App>, Allowed { actor, permit }: Allowed<RunImports>, Extension(caller): Extension<Caller>, request: Request) -> Result<Response, Problem> {
    let form = Multipart::from_request(request, &app).await.map_err(|_| Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_multipart", "send the file as multipart/form-data"))?;
    let Parts { file, file_name, account, mapping } = parts(form).await?;
    let tenant = caller.tenant().ok_or_else(Problem::not_found)?;
    let new = NewImport { account, file_name, mapping, time_zone: tenant.time_zone.parse().unwrap_or(chrono_tz::UTC), currency: tenant.currency.parse().ok() };
    let mut tx = app.directory.begin(&actor).await?;
    let import = upload::upload(&mut tx, permit, new, file, Limits::default()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, axum::Json(ImportView::from(import))).into_response())
}

struct Parts {
    file: File,
    file_name: String,
    account: ChannelAccountId,
    mapping: Option<Mapping>,
}

async fn parts(mut form: Multipart) -> Result<Parts, Problem> {
    let broken = |error: axum::extract::multipart::MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => Problem::new(StatusCode::BAD_REQUEST, "unreadable_body", "the form broke off or is not multipart/form-data"),
    };
    let (mut file, mut account, mut mapping) = (None, None, None);
    while let Some(part) = form.next_field().await.map_err(broken)? {
        match part.name() {
            Some("file") => {
                let name = part.file_name().unwrap_or_default().to_owned();
                file = Some((spool(part).await?, name));
            }
            Some("channel_account_id") => {
                let text = text(part, 100, "/channel_account_id").await?;
                account = Some(text.parse().map_err(|error: kernel::id::IdError| Problem::field("/channel_account_id", "invalid_value", error.to_string()))?);
            }
            Some("mapping") => {
                let text = text(part, MAPPING_BYTES_MAX, "/mapping").await?;
                if !text.trim().is_empty() {
                    let json = serde_json::from_str(&text).map_err(|error| Problem::field("/mapping", "invalid_value", format!("is not JSON: {error}")))?;
                    mapping = Some(Mapping::parse(&json).map_err(|error| Problem::field("/mapping", "invalid_value", error.to_string()))?);
                }
            }
            other => return Err(Problem::field(format!("/{}", other.unwrap_or_default()), "unknown_field", "is not a part of this form: expected file, channel_account_id, mapping")),
        }
    }
    let missing = |name: &str| Problem::field(format!("/{name}"), "missing", "is missing");
    let (file, file_name) = file.ok_or_else(|| missing("file"))?;
    Ok(Parts { file, file_name, account: account.ok_or_else(|| missing("channel_account_id"))?, mapping })
}

fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", format!("the file may be {} MiB at most: split it", Limits::default().file_bytes / (1024 * 1024)))
}

/// The part in a temporary file: it may be larger than what we want in memory.
async fn spool(mut part: Field<'_>) -> Result<File, Problem> {
    let mut file = tempfile::tempfile().map_err(Problem::internal)?;
    let mut left = Limits::default().file_bytes;
    while let Some(piece) = next(&mut part).await? {
        left = left.checked_sub(piece.len() as u64).ok_or_else(too_large)?;
        file.write_all(&piece).map_err(Problem::internal)?;
    }
    Ok(file)
}

async fn text(mut part: Field<'_>, bytes_max: usize, pointer: &'static str) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(piece) = next(&mut part).await? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > bytes_max {
            return Err(Problem::field(pointer, "too_long", format!("may be {bytes_max} bytes at most")));
        }
    }
    String::from_utf8(bytes).map_err(|_| Problem::field(pointer, "invalid_value", "is not UTF-8"))
}

async fn next(part: &mut Field<'_>) -> Result<Option<Bytes>, Problem> {
    part.chunk().await.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => Problem::new(StatusCode::BAD_REQUEST, "unreadable_body", "the form broke off"),
    })
}

/// One import, with how far it is.
#[utoipa::path(get, path = "/imports/{id}", tag = "imports", params(("id" = String, Path)), responses((status = 200, body = ImportView), Guarded, Absent))]
async fn read(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadImports>, Path(id): Path<ImportId>) -> Result<axum::Json<ImportView>, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    Ok(axum::Json(import::get(&mut tx, permit, id).await?.into()))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = DryRun)]
struct DryRunView {
    rows_total: u64,
    orders_new: u64,
    orders_changed: u64,
    orders_same: u64,
    rows_failed: u64,
    remarks: BTreeMap<String, i64>,
    /// The first changed orders.
    sample: Vec<ChangedOrderView>,
    /// The first rows that are wrong.
    errors: Vec<RowErrorView>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ImportedChange)]
struct ChangedOrderView {
    external_id: String,
    change: Vec<ChangeView>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ImportedFieldChange)]
struct ChangeView {
    /// A path such as `status` or `lines.2.quantity`.
    field: String,
    before: Option<String>,
    after: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ImportRowError)]
struct RowErrorView {
    /// As a spreadsheet numbers it: the header is row 1.
    row: u64,
    field: &'static str,
    message: String,
}

impl From<DryRun> for DryRunView {
    fn from(told: DryRun) -> Self {
        let change = |c: switchyard_core::imports::effect::Change| ChangeView { field: c.field, before: c.before, after: c.after };
        Self {
            rows_total: told.rows_total,
            orders_new: told.orders_new,
            orders_changed: told.orders_changed,
            orders_same: told.orders_same,
            rows_failed: told.rows_failed,
            remarks: told.remarks,
            sample: told.sample.into_iter().map(|order| ChangedOrderView { external_id: order.external_id, change: order.change.into_iter().map(change).collect() }).collect(),
            errors: told.errors.into_iter().map(|error| RowErrorView { row: error.row, field: error.field, message: error.message }).collect(),
        }
    }
}

/// What the import would do. Writes nothing.
#[utoipa::path(post, path = "/imports/{id}/dry-run", tag = "imports", params(("id" = String, Path)), responses((status = 200, body = DryRunView), Guarded, Absent, Conflicting))]
async fn try_out(State(app): State<App>, Allowed { actor, .. }: Allowed<ReadImports>, Path(id): Path<ImportId>) -> Result<axum::Json<DryRunView>, Problem> {
    Ok(axum::Json(dry_run::dry_run(&app.directory, &actor, id, Limits::default()).await?.into()))
}

/// Starts an import, or goes on with one that stopped. It runs behind this answer: look again for its progress.
#[utoipa::path(post, path = "/imports/{id}/start", tag = "imports", params(("id" = String, Path)), responses((status = 202, body = ImportView), Guarded, Absent, Conflicting))]
async fn start(State(app): State<App>, Allowed { actor, permit }: Allowed<RunImports>, Path(id): Path<ImportId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let import = import::start(&mut tx, permit, id).await?;
    tx.commit().await?;
    flows::imports::work(&app, &actor, id, import.state);
    Ok((StatusCode::ACCEPTED, axum::Json(ImportView::from(import))).into_response())
}

/// Stops an import after the orders it is at.
#[utoipa::path(post, path = "/imports/{id}/cancel", tag = "imports", params(("id" = String, Path)), responses((status = 202, body = ImportView), Guarded, Absent, Conflicting))]
async fn cancel(State(app): State<App>, Allowed { actor, permit }: Allowed<RunImports>, Path(id): Path<ImportId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let import = import::cancel(&mut tx, permit, id).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, axum::Json(ImportView::from(import))).into_response())
}

/// Takes an import back: orders it made leave the list, orders it changed are as they were.
#[utoipa::path(post, path = "/imports/{id}/undo", tag = "imports", params(("id" = String, Path)), responses((status = 202, body = ImportView), Guarded, Absent, Conflicting))]
async fn take_back(State(app): State<App>, Allowed { actor, permit }: Allowed<RunImports>, Path(id): Path<ImportId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let import = undo::begin(&mut tx, permit, id).await?;
    tx.commit().await?;
    flows::imports::work(&app, &actor, id, import.state);
    Ok((StatusCode::ACCEPTED, axum::Json(ImportView::from(import))).into_response())
}

/// The rows that were not imported, with their reasons: put right, the same file can be imported again.
#[utoipa::path(
    get, path = "/imports/{id}/errors", tag = "imports", params(("id" = String, Path)),
    responses((status = 200, description = "the failed rows as CSV", content_type = "text/csv", body = String), Guarded, Absent)
)]
async fn errors(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadImports>, Path(id): Path<ImportId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let import = import::get(&mut tx, permit, id).await?;
    tx.commit().await?;
    let head = Bytes::from(errors_csv::header(&import));
    // Page by page, each in a transaction of its own: a slow reader holds none open.
    let pages = futures_util::stream::try_unfold(Some(0), move |after| {
        let (app, actor, import) = (app.clone(), actor.clone(), import.clone());
        async move {
            let Some(after) = after else { return Ok(None) };
            let mut tx = app.directory.begin(&actor).await?;
            let (text, more) = errors_csv::page(&mut tx, permit, &import, after).await?;
            tx.commit().await?;
            Ok::<_, anyhow::Error>(Some((Bytes::from(text), more)))
        }
    });
    let whole = futures_util::StreamExt::chain(futures_util::stream::once(async move { Ok(head) }), pages);
    let mut response = Body::from_stream(whole).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    response.headers_mut().insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"import-errors.csv\""));
    Ok(response)
}
