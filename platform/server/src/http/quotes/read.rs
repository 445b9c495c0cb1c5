//! Quotes read: the list, one, and what lines would cost now.

use super::views::{self, OfferView, QuoteDetail, QuoteView};
use super::write::{LineForm, lines};
use crate::app::App;
use crate::flows::judging;
use crate::printing::{self, invoice::Look};
use crate::http::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path, Query},
    companies::{answer, today},
    invoices::PaperQuery,
    page::{self, List, Scope},
    problem::Problem,
};
use axum::{
    extract::{Extension, OriginalUri, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use chrono::Utc;
use kernel::{CompanyId, Currency, QuoteId};
use paper::{Language, Sheet};
use serde::Deserialize;
use switchyard_core::{
    invoices::settings,
    parties::companies,
    quotes::{
        Quote, draft,
        quote::{self, Filter, State as QuoteState},
    },
};
use tenants::{Actor, Caller, rights::ReadPrices};
use utoipa::ToSchema;

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct QuoteQuery {
    /// `draft`, `sent`, `accepted`, `declined`, `expired`
    state: Option<String>,
    company: Option<String>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// Quotes, newest first.
#[utoipa::path(get, path = "/quotes", tag = "prices", params(QuoteQuery), responses((status = 200, description = "one page", body = List<QuoteView>), Guarded))]
pub async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadPrices>, OriginalUri(uri): OriginalUri, Query(query): Query<QuoteQuery>) -> Result<Response, Problem> {
    let wrong = |name: &str, detail: &str| Problem::field(format!("query:{name}"), "invalid_value", detail);
    let limit = page::limit(query.limit)?;
    let state = query.state.as_deref().map(|word| QuoteState::from_word(word).ok_or_else(|| wrong("state", "must be draft, sent, accepted, declined or expired"))).transpose()?;
    let company = query.company.as_deref().map(|id| id.parse().map_err(|_| wrong("company", "must be the id of a company"))).transpose()?;
    let scope = Scope { list: "quotes", tenant: actor.tenant };
    let after: Option<i64> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let today = today(&app, &actor).await?;
    let mut tx = app.directory.begin(&actor).await?;
    let found = quote::page(&mut tx, permit, &Filter { state, company }, after, limit, today).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(|q| views::quote(&actor, q)).collect(), found.next)
}

/// One quote with its lines, as an answer.
pub(super) async fn detail(app: &App, actor: &Actor, id: QuoteId, status: StatusCode) -> Result<Response, Problem> {
    let today = today(app, actor).await?;
    let mut tx = app.directory.begin(actor).await?;
    let quote = quote::find(&mut tx, id, today).await?.ok_or_else(Problem::not_found)?;
    let (_, lines) = draft::judged(&mut tx, &quote, today).await?;
    let (version, currency) = (quote.version, quote.currency.clone());
    let lines = lines.into_iter().map(|(judged, approved)| views::line(actor, judged, approved, &currency)).collect();
    Ok(answer(status, version, QuoteDetail { quote: views::quote(actor, quote), lines }))
}

/// One quote with its lines.
#[utoipa::path(get, path = "/quotes/{id}", tag = "prices", params(("id" = String, Path)), responses((status = 200, description = "the quote", body = QuoteDetail, headers(("ETag" = String))), Guarded, Absent))]
pub async fn get(State(app): State<App>, Allowed { actor, .. }: Allowed<ReadPrices>, Path(id): Path<QuoteId>) -> Result<Response, Problem> {
    detail(&app, &actor, id, StatusCode::OK).await
}

/// The quote, and as a sheet of paper.
pub(super) async fn on_paper(app: &App, actor: &Actor, caller: &Caller, id: QuoteId, language: Option<Language>) -> Result<(Quote, Sheet), Problem> {
    let zone = judging::zone(app, actor.tenant).await?;
    let today = Utc::now().with_timezone(&zone).date_naive();
    let mut tx = app.directory.begin(actor).await?;
    let quote = quote::find(&mut tx, id, today).await?.ok_or_else(Problem::not_found)?;
    let lines = quote::lines(&mut tx, id).await?;
    let company = companies::find(&mut tx, quote.company).await?;
    let settings = settings::letterhead(&mut tx).await?;
    drop(tx);
    let is_vietnamese = caller.tenant().is_some_and(|tenant| tenant.locale.starts_with("vi"));
    let language = language.or(settings.as_ref().map(|settings| printing::invoice::language(settings.regime.word()))).unwrap_or(if is_vietnamese { Language::Vi } else { Language::En });
    let tenant = caller.tenant().map(|tenant| tenant.name.as_str()).unwrap_or_default();
    let seller = printing::quote::seller(settings.as_ref(), tenant, language);
    let look = settings.map(|settings| Look { colour: settings.paper_colour, footer: settings.paper_footer }).unwrap_or_default();
    let on = quote.sent_at.unwrap_or(quote.created_at).with_timezone(&zone).date_naive();
    let sheet = printing::quote::sheet(&quote, &lines, seller, company.as_ref().and_then(|company| company.tax_code.as_deref()), on, &look, language);
    Ok((quote, sheet))
}

pub(super) fn file_name(quote: &Quote) -> String {
    format!("quote-{}", quote.number)
}

/// The quote on paper.
#[utoipa::path(get, path = "/quotes/{id}/pdf", tag = "prices", params(("id" = String, Path), PaperQuery, ("If-None-Match" = Option<String>, Header, description = "the ETag of the PDF you have")),
    responses((status = 200, description = "the PDF", body = String, content_type = "application/pdf", headers(("ETag" = String))), (status = 304, description = "you have it"), Guarded, Absent, Conflicting))]
pub async fn pdf(State(app): State<App>, Allowed { actor, .. }: Allowed<ReadPrices>, Extension(caller): Extension<Caller>, Path(id): Path<QuoteId>, Query(query): Query<PaperQuery>, headers: HeaderMap) -> Result<Response, Problem> {
    let (quote, sheet) = on_paper(&app, &actor, &caller, id, query.language()?).await?;
    app.press.answer(&headers, sheet, &file_name(&quote)).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OfferQuestion)]
pub struct OfferForm {
    #[schema(value_type = String)]
    company_id: CompanyId,
    /// The tenant's own when left out.
    currency: Option<String>,
    lines: Vec<LineForm>,
}

/// The caller's currency, unless another is told.
pub(super) fn currency(caller: &Caller, told: Option<&str>) -> Result<Currency, Problem> {
    let own = caller.tenant().map(|t| t.currency.as_str()).unwrap_or_default();
    told.unwrap_or(own).parse().map_err(|_| Problem::field("/currency", "invalid_value", "must be an ISO 4217 code such as VND"))
}

/// What lines would cost a company now, and what of them would ask for approval. Nothing is kept.
#[utoipa::path(post, path = "/price-offers", tag = "prices", request_body = OfferForm, responses((status = 200, description = "the lines with their prices", body = OfferView), Guarded, Written))]
pub async fn offer(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadPrices>, Extension(caller): Extension<Caller>, Json(form): Json<OfferForm>) -> Result<Response, Problem> {
    let currency = currency(&caller, form.currency.as_deref())?;
    let today = today(&app, &actor).await?;
    let mut tx = app.directory.begin(&actor).await?;
    let offer = draft::offer(&mut tx, permit, form.company_id, currency, &lines(form.lines), today).await?;
    Ok(axum::Json(views::offer(&actor, offer, currency.code())).into_response())
}
