//! Statements: taking a file in, and what was taken in.

use super::views::{self, ImportView, StatementView};
use crate::app::App;
use crate::http::{
    answers::{Absent, Guarded, Written},
    auth::Allowed,
    body::{Path, Query},
    page::{self, List, Scope},
    problem::Problem,
};
use axum::{
    extract::{FromRequest, Multipart, OriginalUri, Request, State, multipart::Field},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kernel::{BankAccountId, BankStatementId};
use serde::Deserialize;
use switchyard_core::bank::{
    account,
    csv::Columns,
    file::{FILE_BYTES_MAX, FileError},
    import,
};
use tenants::rights::{PostFinance, ReadFinance};
use utoipa::IntoParams;

/// The columns of a CSV as JSON.
const COLUMNS_BYTES_MAX: usize = 16 * 1024;

#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct StatementQuery {
    /// The id of a bank account.
    account: Option<String>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

pub fn account_id(text: Option<&str>) -> Result<Option<BankAccountId>, Problem> {
    text.map(|text| text.parse().map_err(|_| Problem::field("query:account", "invalid_value", "must be the id of a bank account"))).transpose()
}

/// The statements taken in, newest first.
#[utoipa::path(get, path = "/bank/statements", tag = "bank", params(StatementQuery), responses((status = 200, description = "one page", body = List<StatementView>), Guarded))]
pub async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, OriginalUri(uri): OriginalUri, Query(query): Query<StatementQuery>) -> Result<Response, Problem> {
    let (account, limit) = (account_id(query.account.as_deref())?, page::limit(query.limit)?);
    let scope = Scope { list: "bank-statements", tenant: actor.tenant };
    let before: Option<BankStatementId> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    let found = import::statements(&mut tx, permit, account, before, limit).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(views::statement).collect(), found.next)
}

#[derive(utoipa::ToSchema)]
#[allow(dead_code)] // it describes the parts of the form
#[schema(as = BankStatementForm)]
pub struct StatementForm {
    /// CSV, MT940 or CAMT.053, at most 8 MiB and 20,000 lines; the format is seen from the file.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// For CSV, as JSON: which column says what, `date_format`, and `opening` and `closing` where the file says none.
    #[schema(value_type = Option<String>)]
    columns: Option<String>,
}

/// Takes a bank's file in, whole or not at all. What the rule is certain of is matched at once.
#[utoipa::path(
    post, path = "/bank/accounts/{id}/statements", tag = "bank", params(("id" = String, Path)), request_body(content = StatementForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "the file was taken in before", body = ImportView), (status = 201, description = "taken in", body = ImportView), Guarded, Written, Absent)
)]
pub async fn take_in(State(app): State<App>, Allowed { actor, permit }: Allowed<PostFinance>, Path(id): Path<BankAccountId>, request: Request) -> Result<Response, Problem> {
    let read = actor.may::<ReadFinance>()?;
    let mut tx = app.directory.begin(&actor).await?;
    account::get(&mut tx, read, id).await?;
    drop(tx);
    let form = Multipart::from_request(request, &app).await.map_err(|_| Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_multipart", "send the file as multipart/form-data"))?;
    let Parts { file, file_name, columns } = parts(form).await?;
    let mut tx = app.directory.begin(&actor).await?;
    let imported = import::import(&mut tx, permit, id, &file_name, &file, &columns).await?;
    tx.commit().await?;
    let status = if imported.repeated { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, axum::Json(views::imported(&imported))).into_response())
}

struct Parts {
    file: Vec<u8>,
    file_name: String,
    columns: Columns,
}

async fn parts(mut form: Multipart) -> Result<Parts, Problem> {
    let (mut file, mut columns) = (None, Columns::default());
    while let Some(part) = form.next_field().await.map_err(broken)? {
        match part.name() {
            Some("file") => {
                let name = part.file_name().unwrap_or_default().to_owned();
                file = Some((bytes(part, FILE_BYTES_MAX).await?, name));
            }
            Some("columns") => {
                let bytes = bytes(part, COLUMNS_BYTES_MAX).await?;
                if !bytes.trim_ascii().is_empty() {
                    columns = serde_json::from_slice(&bytes).map_err(|error| Problem::field("/columns", "invalid_value", error.to_string()))?;
                }
            }
            other => return Err(Problem::field(format!("/{}", other.unwrap_or_default()), "unknown_field", "is not a part of this form: expected file, columns")),
        }
    }
    let (file, file_name) = file.ok_or_else(|| Problem::field("/file", "missing", "is missing"))?;
    Ok(Parts { file, file_name, columns })
}

async fn bytes(mut part: Field<'_>, bytes_max: usize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(piece) = part.chunk().await.map_err(broken)? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > bytes_max {
            return Err(FileError::TooLarge.into());
        }
    }
    Ok(bytes)
}

fn broken(error: axum::extract::multipart::MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => FileError::TooLarge.into(),
        _ => Problem::new(StatusCode::BAD_REQUEST, "unreadable_body", "the form broke off or is not multipart/form-data"),
    }
}
