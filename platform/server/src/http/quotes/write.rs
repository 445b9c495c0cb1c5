//! Quotes written, sent, accepted and declined.

use super::read::{currency, detail};
use super::views::QuoteDetail;
use crate::app::App;
use crate::http::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path},
    companies::today,
    orders::read::seen_version,
    problem::{Problem, ProblemBody},
};
use axum::{
    extract::{Extension, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use chrono::NaiveDate;
use kernel::{ChannelAccountId, CompanyId, QuoteId};
use serde::Deserialize;
use switchyard_core::quotes::{
    accept,
    draft::{self, NewDeposit, NewLine, NewQuote},
};
use tenants::{
    Caller,
    rights::{CreateOrders, ManageCompanies, ReadPrices, WriteQuotes},
};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewQuoteLine)]
pub struct LineForm {
    /// The line's id, in the order as well; its place when left out.
    line_id: Option<String>,
    sku: String,
    name: Option<String>,
    quantity: String,
    /// Decimal text; the list's when left out.
    unit_price: Option<String>,
    /// Why it is what it is: told to who approves.
    reason: Option<String>,
}

pub(super) fn lines(lines: Vec<LineForm>) -> Vec<NewLine> {
    lines.into_iter().map(|LineForm { line_id, sku, name, quantity, unit_price, reason }| NewLine { line_id, sku, name, quantity, unit_price, reason }).collect()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDepositTerms)]
struct DepositForm {
    /// A percent or an amount, as decimal text.
    percent: Option<String>,
    amount: Option<String>,
    /// Null: before the order is confirmed.
    due_on: Option<NaiveDate>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewQuote)]
pub struct QuoteForm {
    #[schema(value_type = String)]
    company_id: CompanyId,
    /// Where its order is placed: an account without a connector.
    #[schema(value_type = String)]
    channel_account_id: ChannelAccountId,
    /// The tenant's own when left out.
    currency: Option<String>,
    valid_until: NaiveDate,
    note: Option<String>,
    deposit: Option<DepositForm>,
    lines: Vec<LineForm>,
}

impl QuoteForm {
    fn read(self, caller: &Caller) -> Result<NewQuote, Problem> {
        let deposit = self.deposit.map(|DepositForm { percent, amount, due_on }| NewDeposit { percent, amount, due_on });
        Ok(NewQuote { company: self.company_id, account: self.channel_account_id, currency: currency(caller, self.currency.as_deref())?, valid_until: self.valid_until, note: self.note, deposit, lines: lines(self.lines) })
    }
}

/// A new draft, priced as of now.
#[utoipa::path(post, path = "/quotes", tag = "prices", request_body = QuoteForm, responses((status = 201, description = "the quote", body = QuoteDetail, headers(("ETag" = String))), Guarded, Written))]
pub async fn create(State(app): State<App>, Allowed { actor, permit }: Allowed<WriteQuotes>, Extension(caller): Extension<Caller>, Json(form): Json<QuoteForm>) -> Result<Response, Problem> {
    let new = form.read(&caller)?;
    let (today, read) = (today(&app, &actor).await?, actor.may::<ReadPrices>()?);
    let mut tx = app.directory.begin(&actor).await?;
    let id = draft::create(&mut tx, permit, read, &new, actor.may::<ManageCompanies>().is_ok(), today).await?;
    tx.commit().await?;
    detail(&app, &actor, id, StatusCode::CREATED).await
}

/// Writes a quote anew: it becomes a draft again, priced as of now.
#[utoipa::path(put, path = "/quotes/{id}", tag = "prices", params(("id" = String, Path), ("If-Match" = String, Header, description = "the ETag seen")), request_body = QuoteForm,
    responses((status = 200, description = "the quote", body = QuoteDetail, headers(("ETag" = String))), (status = 412, description = "the quote was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written, Absent, Conflicting))]
pub async fn edit(State(app): State<App>, Allowed { actor, permit }: Allowed<WriteQuotes>, Extension(caller): Extension<Caller>, headers: HeaderMap, Path(id): Path<QuoteId>, Json(form): Json<QuoteForm>) -> Result<Response, Problem> {
    let seen = seen_version(&headers)?;
    let new = form.read(&caller)?;
    let (today, read) = (today(&app, &actor).await?, actor.may::<ReadPrices>()?);
    let mut tx = app.directory.begin(&actor).await?;
    draft::edit(&mut tx, permit, read, id, seen, &new, actor.may::<ManageCompanies>().is_ok(), today).await?;
    tx.commit().await?;
    detail(&app, &actor, id, StatusCode::OK).await
}

/// Offers the quote to its company. Prices that need approval are asked for.
#[utoipa::path(post, path = "/quotes/{id}/send", tag = "prices", params(("id" = String, Path), ("If-Match" = String, Header, description = "the ETag seen")),
    responses((status = 200, description = "the quote", body = QuoteDetail, headers(("ETag" = String))), (status = 412, description = "the quote was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Absent, Conflicting))]
pub async fn send(State(app): State<App>, Allowed { actor, permit }: Allowed<WriteQuotes>, headers: HeaderMap, Path(id): Path<QuoteId>) -> Result<Response, Problem> {
    let (seen, today) = (seen_version(&headers)?, today(&app, &actor).await?);
    let mut tx = app.directory.begin(&actor).await?;
    draft::send(&mut tx, permit, id, seen, today).await?;
    tx.commit().await?;
    detail(&app, &actor, id, StatusCode::OK).await
}

/// Asks for the approval of the quote's prices before it is sent.
#[utoipa::path(post, path = "/quotes/{id}/price-requests", tag = "prices", params(("id" = String, Path), ("If-Match" = String, Header, description = "the ETag seen")),
    responses((status = 200, description = "the quote", body = QuoteDetail, headers(("ETag" = String))), (status = 412, description = "the quote was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Absent, Conflicting))]
pub async fn ask_prices(State(app): State<App>, Allowed { actor, permit }: Allowed<WriteQuotes>, headers: HeaderMap, Path(id): Path<QuoteId>) -> Result<Response, Problem> {
    let (seen, today) = (seen_version(&headers)?, today(&app, &actor).await?);
    let mut tx = app.directory.begin(&actor).await?;
    draft::ask_prices(&mut tx, permit, id, seen, today).await?;
    tx.commit().await?;
    detail(&app, &actor, id, StatusCode::OK).await
}

/// The company takes the offer: its order is placed. Who accepts again gets the same order.
#[utoipa::path(post, path = "/quotes/{id}/accept", tag = "prices", params(("id" = String, Path), ("If-Match" = String, Header, description = "the ETag seen")),
    responses((status = 200, description = "the quote with its order", body = QuoteDetail, headers(("ETag" = String))), (status = 412, description = "the quote was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Absent, Conflicting))]
pub async fn accept(State(app): State<App>, Allowed { actor, permit }: Allowed<WriteQuotes>, headers: HeaderMap, Path(id): Path<QuoteId>) -> Result<Response, Problem> {
    let (seen, today, create) = (seen_version(&headers)?, today(&app, &actor).await?, actor.may::<CreateOrders>()?);
    let mut tx = app.directory.begin(&actor).await?;
    accept::accept(&mut tx, permit, create, id, seen, today).await?;
    tx.commit().await?;
    detail(&app, &actor, id, StatusCode::OK).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuoteRefusal)]
pub struct DeclineForm {
    reason: String,
}

/// The company does not want it, or it is withdrawn.
#[utoipa::path(post, path = "/quotes/{id}/decline", tag = "prices", params(("id" = String, Path), ("If-Match" = String, Header, description = "the ETag seen")), request_body = DeclineForm,
    responses((status = 200, description = "the quote", body = QuoteDetail, headers(("ETag" = String))), (status = 412, description = "the quote was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written, Absent, Conflicting))]
pub async fn decline(State(app): State<App>, Allowed { actor, permit }: Allowed<WriteQuotes>, headers: HeaderMap, Path(id): Path<QuoteId>, Json(form): Json<DeclineForm>) -> Result<Response, Problem> {
    let (seen, today) = (seen_version(&headers)?, today(&app, &actor).await?);
    let mut tx = app.directory.begin(&actor).await?;
    draft::decline(&mut tx, permit, id, seen, &form.reason, today).await?;
    tx.commit().await?;
    detail(&app, &actor, id, StatusCode::OK).await
}
