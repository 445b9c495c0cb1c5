//! Statements: taking a file in, finding them, saying which bank line is their payout.

use super::views::{self, ImportView, StatementDetailView, StatementView};
use crate::app::App;
use crate::http::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path, Query},
    page::{self, List, Scope},
    problem::Problem,
};
use axum::{
    extract::{FromRequest, Multipart, OriginalUri, Request, State, multipart::Field},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::{BankLineId, ChannelAccountId, Currency, StatementId, money::parse_decimal};
use serde::Deserialize;
use switchyard_core::settlement::{
    file::{Columns, FILE_BYTES_MAX, FileError},
    import::{self, NewStatement},
    pay, statements,
};
use tenants::rights::{PostFinance, ReadFinance};
use utoipa::{IntoParams, ToSchema};

/// The other parts of the form.
const PART_BYTES_MAX: usize = 16 * 1024;

#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct StatementQuery {
    /// The id of a shop's channel account.
    shop: Option<String>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// Statements of all shops, newest first.
#[utoipa::path(get, path = "/settlement/statements", tag = "settlement", params(StatementQuery), responses((status = 200, description = "one page", body = List<StatementView>), Guarded))]
pub async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, OriginalUri(uri): OriginalUri, Query(query): Query<StatementQuery>) -> Result<Response, Problem> {
    let limit = page::limit(query.limit)?;
    let shop = query.shop.as_deref().map(|id| id.parse::<ChannelAccountId>().map_err(|_| Problem::field("query:shop", "invalid_value", "must be the id of a channel account"))).transpose()?;
    let scope = Scope { list: "settlement-statements", tenant: actor.tenant };
    let before: Option<(DateTime<Utc>, StatementId)> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let may_post = actor.may::<PostFinance>().is_ok();
    let mut tx = app.directory.begin(&actor).await?;
    let found = statements::list(&mut tx, permit, None, shop, before, limit).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(|row| views::statement(row, may_post)).collect(), found.next)
}

/// One statement, with the bank lines that may be its payout.
#[utoipa::path(get, path = "/settlement/statements/{id}", tag = "settlement", params(("id" = String, Path)), responses((status = 200, description = "the statement", body = StatementDetailView), Guarded, Absent))]
pub async fn get(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, Path(id): Path<StatementId>) -> Result<Response, Problem> {
    let may_post = actor.may::<PostFinance>().is_ok();
    let mut tx = app.directory.begin(&actor).await?;
    let statement = statements::get(&mut tx, permit, id).await?.ok_or_else(Problem::not_found)?;
    let candidates = if statement.paid || statement.payout.is_zero() { vec![] } else { statements::candidates(&mut tx, permit, &statement).await? };
    Ok(axum::Json(views::detail(statement, candidates, may_post)).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SettlementPay)]
pub struct PayForm {
    bank_line_id: String,
    /// What speaks for it.
    why: String,
    /// When the line's day is closed: book it on the first open day.
    #[serde(default)]
    book_later: bool,
}

/// Says that a bank line is the payout of the statement. `POST /bank/lines/{id}/unmatch` takes it back.
#[utoipa::path(post, path = "/settlement/statements/{id}/pay", tag = "settlement", params(("id" = String, Path)), request_body = PayForm, responses((status = 200, description = "the statement", body = StatementDetailView), Guarded, Written, Absent, Conflicting))]
pub async fn pay(State(app): State<App>, Allowed { actor, permit }: Allowed<PostFinance>, Path(id): Path<StatementId>, Json(form): Json<PayForm>) -> Result<Response, Problem> {
    let read = actor.may::<ReadFinance>()?;
    let mut tx = app.directory.begin(&actor).await?;
    statements::get(&mut tx, read, id).await?.ok_or_else(Problem::not_found)?;
    let unknown = || Problem::field("/bank_line_id", "unknown", "must be the id of a bank line");
    let line: BankLineId = form.bank_line_id.parse().map_err(|_| unknown())?;
    pay::pay(&mut tx, permit, id, line, &form.why, form.book_later).await.map_err(|error| match error {
        pay::PayError::Match(switchyard_core::bank::matching::MatchError::UnknownLine) => unknown(),
        other => other.into(),
    })?;
    let statement = statements::get(&mut tx, read, id).await?.ok_or_else(Problem::not_found)?;
    tx.commit().await?;
    Ok(axum::Json(views::detail(statement, vec![], true)).into_response())
}

#[derive(utoipa::ToSchema)]
#[allow(dead_code)] // it describes the parts of the form
#[schema(as = SettlementStatementForm)]
pub struct StatementForm {
    /// CSV, at most 16 MiB and 50,000 amounts: a row for each amount, or a row for each order.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// The statement's own name: the same name is the same statement.
    reference: String,
    /// The tenant's when left out.
    currency: Option<String>,
    /// What the statement says is paid out: then its lines must come to it.
    payout: Option<String>,
    /// When it was made; now when left out.
    at: Option<String>,
    /// JSON: which column says what; what is left out is guessed.
    columns: Option<String>,
}

/// Takes a statement's file in, whole or not at all.
#[utoipa::path(
    post, path = "/settlement/shops/{id}/statements", tag = "settlement", params(("id" = String, Path)), request_body(content = StatementForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "nothing of the file is new", body = ImportView), (status = 201, description = "taken in", body = ImportView), Guarded, Written, Absent, Conflicting)
)]
pub async fn take_in(
    State(app): State<App>,
    Allowed { actor, permit }: Allowed<PostFinance>,
    Path(id): Path<ChannelAccountId>,
    axum::Extension(caller): axum::Extension<tenants::Caller>,
    request: Request,
) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    import::shop(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    drop(tx);
    let form = Multipart::from_request(request, &app).await.map_err(|_| Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_multipart", "send the file as multipart/form-data"))?;
    let currency = caller.tenant().map(|tenant| tenant.currency.clone()).unwrap_or_default();
    let parts = parts(form, &currency).await?;
    let new = NewStatement { shop: id, reference: parts.reference, currency: parts.currency, payout: parts.payout, at: parts.at };
    let mut tx = app.directory.begin(&actor).await?;
    let imported = import::import(&mut tx, permit, &new, &parts.file, &parts.columns).await?;
    tx.commit().await?;
    let status = if imported.lines_new == 0 { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, axum::Json(views::imported(&imported, new.currency.code()))).into_response())
}

struct Parts {
    file: Vec<u8>,
    reference: String,
    currency: Currency,
    payout: Option<kernel::Decimal>,
    at: Option<DateTime<Utc>>,
    columns: Columns,
}

async fn parts(mut form: Multipart, tenant_currency: &str) -> Result<Parts, Problem> {
    let wrong = |pointer: &str, detail: &str| Problem::field(pointer, "invalid_value", detail);
    let currency_of = |text: &str| text.parse::<Currency>().map_err(|_| wrong("/currency", "must be an ISO 4217 code such as VND"));
    let (mut file, mut reference) = (None, None);
    let (mut currency, mut payout, mut at, mut columns) = (None, None, None, Columns::default());
    while let Some(part) = form.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        if name == "file" {
            file = Some(bytes(part, FILE_BYTES_MAX).await?);
            continue;
        }
        let pointer = format!("/{name}");
        let text = String::from_utf8(bytes(part, PART_BYTES_MAX).await?).map_err(|_| wrong(&pointer, "is not UTF-8"))?;
        let text = text.trim();
        match name.as_str() {
            "reference" => reference = Some(text.to_owned()),
            _ if !["currency", "payout", "at", "columns"].contains(&name.as_str()) => return Err(Problem::field(pointer, "unknown_field", "is not a part of this form: expected file, reference, currency, payout, at, columns")),
            _ if text.is_empty() => {}
            "currency" => currency = Some(currency_of(text)?),
            "payout" => payout = Some(parse_decimal(text).map_err(|_| wrong("/payout", "must be an amount such as 1250000"))?),
            "at" => at = crate::http::orders::read::in_range("at", Some(text.parse().map_err(|_| wrong("/at", "must be an instant such as 2026-11-23T00:00:00Z"))?))?,
            _ => columns = serde_json::from_str(text).map_err(|error| wrong("/columns", &error.to_string()))?,
        }
    }
    let missing = |name: &str| Problem::field(format!("/{name}"), "missing", "is missing");
    Ok(Parts {
        file: file.ok_or_else(|| missing("file"))?,
        reference: reference.ok_or_else(|| missing("reference"))?,
        currency: currency.map_or_else(|| currency_of(tenant_currency), Ok)?,
        payout,
        at,
        columns,
    })
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
