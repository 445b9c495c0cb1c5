//! Reading tax invoices.

use super::views::{self, DocumentView, RowView};
use crate::app::App;
use crate::printing::{self, invoice::Look};
use crate::http::{
    answers::{Absent, Conflicting, Guarded},
    auth::Allowed,
    body::{Path, Query},
    orders::read::in_range,
    page::{self, List, Scope},
    problem::Problem,
};
use axum::{
    extract::{OriginalUri, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::{OrderId, TaxInvoiceId};
use paper::Language;
use serde::{Deserialize, Serialize};
use switchyard_core::invoices::{
    Kind,
    issue::IssueError,
    life::State as Life,
    list::{self, Filter},
    settings,
};
use tenants::rights::ReadFinance;
use utoipa::{IntoParams, ToSchema};

/// The longest filter.
const FILTER_CHARS_MAX: usize = 200;

#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct InvoiceQuery {
    /// `invoice`, `adjustment`, `replacement`, `credit_note`
    kind: Option<String>,
    /// `issued`, `sent`, `accepted`, `rejected`, `adjusted`, `replaced`, `credited`
    state: Option<String>,
    /// A whole number, or the buyer's tax code.
    number: Option<String>,
    /// The id of an order.
    order: Option<String>,
    /// Issued then or later.
    from: Option<DateTime<Utc>>,
    /// Exclusive.
    to: Option<DateTime<Utc>>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

impl InvoiceQuery {
    fn filter(&self) -> Result<Filter, Problem> {
        let wrong = |name: &str, detail: &str| Problem::field(format!("query:{name}"), "invalid_value", detail);
        if self.kind.as_ref().is_some_and(|word| !Kind::ALL.iter().any(|kind| kind.word() == word)) {
            return Err(wrong("kind", "must be invoice, adjustment, replacement or credit_note"));
        }
        if self.state.as_ref().is_some_and(|word| Life::of_word(word).is_none()) {
            return Err(wrong("state", "must be issued, sent, accepted, rejected, adjusted, replaced or credited"));
        }
        if self.number.as_ref().is_some_and(|text| text.chars().count() > FILTER_CHARS_MAX || text.contains('\0')) {
            return Err(wrong("number", "must have at most 200 characters"));
        }
        Ok(Filter {
            id: None,
            kind: self.kind.clone(),
            state: self.state.clone(),
            number: self.number.as_deref().map(|number| number.trim().to_owned()),
            order: self.order.as_deref().map(|id| id.parse::<OrderId>().map_err(|_| wrong("order", "must be the id of an order"))).transpose()?,
            of: None,
            from: in_range("from", self.from)?,
            to: in_range("to", self.to)?,
        })
    }
}

/// Tax invoices, newest first.
#[utoipa::path(get, path = "/invoices", tag = "invoices", params(InvoiceQuery), responses((status = 200, description = "one page", body = List<RowView>), Guarded))]
pub async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, OriginalUri(uri): OriginalUri, Query(query): Query<InvoiceQuery>) -> Result<Response, Problem> {
    let (filter, limit) = (query.filter()?, page::limit(query.limit)?);
    let scope = Scope { list: "invoices", tenant: actor.tenant };
    let before: Option<(DateTime<Utc>, TaxInvoiceId)> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    let found = list::page(&mut tx, permit, &filter, before, limit).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(RowView::from).collect(), found.next)
}

/// One document with its lines, totals by rate, steps and corrections.
#[utoipa::path(get, path = "/invoices/{id}", tag = "invoices", params(("id" = String, Path)), responses((status = 200, description = "the document", body = DocumentView), Guarded, Absent))]
pub async fn get(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, Path(id): Path<TaxInvoiceId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let document = list::get(&mut tx, permit, id).await?;
    Ok(axum::Json(views::document(&actor, document)).into_response())
}

/// The document as XML: UBL 2.1 (EN 16931) or the Vietnamese structure, unsigned.
#[utoipa::path(get, path = "/invoices/{id}/xml", tag = "invoices", params(("id" = String, Path)), responses((status = 200, description = "the XML as issued", body = String, content_type = "application/xml"), Guarded, Absent))]
pub async fn xml(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, Path(id): Path<TaxInvoiceId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let (number, xml) = list::xml(&mut tx, permit, id).await?;
    let mut response = xml.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml; charset=utf-8"));
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{number}.xml\"")) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct PaperQuery {
    /// `en`, `vi`; the regime's own when left out.
    language: Option<String>,
}

impl PaperQuery {
    pub fn language(&self) -> Result<Option<Language>, Problem> {
        Self::named(self.language.as_deref()).ok_or_else(|| Problem::field("query:language", "invalid_value", "must be en or vi"))
    }
    /// The outer `None`: no language has that name.
    pub fn named(word: Option<&str>) -> Option<Option<Language>> {
        match word {
            None => Some(None),
            Some("en") => Some(Some(Language::En)),
            Some("vi") => Some(Some(Language::Vi)),
            Some(_) => None,
        }
    }
}

/// The document on paper: PDF/A-3b with the XML attached.
#[utoipa::path(get, path = "/invoices/{id}/pdf", tag = "invoices", params(("id" = String, Path), PaperQuery, ("If-None-Match" = Option<String>, Header, description = "the ETag of the PDF you have")),
    responses((status = 200, description = "the PDF", body = String, content_type = "application/pdf", headers(("ETag" = String))), (status = 304, description = "you have it"), Guarded, Absent, Conflicting))]
pub async fn pdf(State(app): State<App>, Allowed { actor, .. }: Allowed<ReadFinance>, Path(id): Path<TaxInvoiceId>, Query(query): Query<PaperQuery>, headers: HeaderMap) -> Result<Response, Problem> {
    let told = query.language()?;
    let mut tx = app.directory.begin(&actor).await?;
    let document = list::get(&mut tx, actor.may()?, id).await?;
    let (number, xml) = list::xml(&mut tx, actor.may()?, id).await?;
    let look = settings::get(&mut tx, actor.may()?).await?.map(|settings| Look { colour: settings.paper_colour, footer: settings.paper_footer }).unwrap_or_default();
    drop(tx);
    let language = told.unwrap_or_else(|| printing::invoice::language(&document.row.regime));
    app.press.answer(&headers, printing::invoice::sheet(&document, xml, &look, language), &number).await
}

#[derive(Serialize, ToSchema)]
#[schema(as = InvoicesOfOrder)]
pub struct OfOrderView {
    data: Vec<RowView>,
}

/// The tax invoices of an order.
#[utoipa::path(get, path = "/orders/{id}/invoices", tag = "invoices", params(("id" = String, Path)), responses((status = 200, description = "at most 200, newest first", body = OfOrderView), Guarded, Absent))]
pub async fn of_order(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, Path(id): Path<OrderId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let rows = list::of_order(&mut tx, permit, id).await.map_err(|error| match error {
        IssueError::UnknownOrder => Problem::not_found(),
        other => other.into(),
    })?;
    Ok(axum::Json(OfOrderView { data: rows.into_iter().map(RowView::from).collect() }).into_response())
}

#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct QueueQuery {
    /// The id of an order.
    order: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WaitingInvoice)]
struct WaitingView {
    order_id: String,
    number: i64,
    /// When it is tried next.
    due_at: DateTime<Utc>,
    /// Why the last try failed; null while it only waits for its time.
    why: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = InvoiceQueue)]
pub struct QueueView {
    data: Vec<WaitingView>,
}

/// Orders that wait to be issued by themselves; those that failed first.
#[utoipa::path(get, path = "/invoice-queue", tag = "invoices", params(QueueQuery), responses((status = 200, description = "at most 200", body = QueueView), Guarded))]
pub async fn waiting(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, Query(query): Query<QueueQuery>) -> Result<Response, Problem> {
    let order = query.order.as_deref().map(|id| id.parse::<OrderId>().map_err(|_| Problem::field("query:order", "invalid_value", "must be the id of an order"))).transpose()?;
    let mut tx = app.directory.begin(&actor).await?;
    let rows = list::waiting(&mut tx, permit, order).await?;
    let data = rows.into_iter().map(|row| WaitingView { order_id: row.order.to_string(), number: row.number, due_at: row.due_at, why: row.why }).collect();
    Ok(axum::Json(QueueView { data }).into_response())
}
