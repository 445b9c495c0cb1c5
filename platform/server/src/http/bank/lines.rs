//! Bank lines: finding them, saying what they are, taking that back.

use super::{
    statements::account_id,
    views::{self, LineDetailView, LineView},
};
use crate::app::App;
use crate::http::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path, Query},
    page::{self, List, Scope},
    problem::Problem,
};
use axum::{
    extract::{OriginalUri, State},
    response::{IntoResponse, Response},
};
use chrono::NaiveDate;
use kernel::{BankLineId, Decimal, OrderId, money::parse_decimal};
use serde::Deserialize;
use switchyard_core::bank::{
    lines::{self, Filter, TEXT_CHARS_MAX},
    matching::{self, Booking, How, Part, Wish},
};
use switchyard_core::finance::Account;
use tenants::rights::{PostFinance, ReadFinance};
use utoipa::{IntoParams, ToSchema};

#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct LineQuery {
    /// The id of a bank account.
    account: Option<String>,
    /// The id of a statement.
    statement: Option<String>,
    /// `open` or `matched`
    state: Option<String>,
    /// In reference, counterparty or text; at most 100 characters.
    text: Option<String>,
    /// Booked on that day or later.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<NaiveDate>,
    /// Booked on that day or earlier.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<NaiveDate>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

impl LineQuery {
    fn filter(&self) -> Result<Filter, Problem> {
        let wrong = |name: &str, detail: &str| Problem::field(format!("query:{name}"), "invalid_value", detail);
        if self.text.as_ref().is_some_and(|text| text.chars().count() > TEXT_CHARS_MAX || text.contains('\0')) {
            return Err(wrong("text", "must have at most 100 characters"));
        }
        let in_range = |name: &str, day: Option<NaiveDate>| match day {
            Some(day) if !(1..=9999).contains(&chrono::Datelike::year(&day)) => Err(wrong(name, "must be a day of the years 1 to 9999")),
            day => Ok(day),
        };
        Ok(Filter {
            id: None,
            account: account_id(self.account.as_deref())?,
            statement: self.statement.as_deref().map(|id| id.parse().map_err(|_| wrong("statement", "must be the id of a bank statement"))).transpose()?,
            matched: match self.state.as_deref() {
                None => None,
                Some("open") => Some(false),
                Some("matched") => Some(true),
                Some(_) => return Err(wrong("state", "must be open or matched")),
            },
            text: self.text.clone().filter(|text| !text.trim().is_empty()),
            from: in_range("from", self.from)?,
            to: in_range("to", self.to)?,
        })
    }
}

/// Lines of all accounts, newest first.
#[utoipa::path(get, path = "/bank/lines", tag = "bank", params(LineQuery), responses((status = 200, description = "one page", body = List<LineView>), Guarded))]
pub async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, OriginalUri(uri): OriginalUri, Query(query): Query<LineQuery>) -> Result<Response, Problem> {
    let (filter, limit) = (query.filter()?, page::limit(query.limit)?);
    let scope = Scope { list: "bank-lines", tenant: actor.tenant };
    let before: Option<(NaiveDate, BankLineId)> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let may_post = actor.may::<PostFinance>().is_ok();
    let mut tx = app.directory.begin(&actor).await?;
    let found = lines::list(&mut tx, permit, &filter, before, limit).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(|line| views::line(line, may_post)).collect(), found.next)
}

/// One line: what it was matched to, or what it may be.
#[utoipa::path(get, path = "/bank/lines/{id}", tag = "bank", params(("id" = String, Path)), responses((status = 200, description = "the line", body = LineDetailView), Guarded, Absent))]
pub async fn get(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, Path(id): Path<BankLineId>) -> Result<Response, Problem> {
    let may_post = actor.may::<PostFinance>().is_ok();
    let mut tx = app.directory.begin(&actor).await?;
    let (line, parts, suggestions) = lines::get(&mut tx, permit, id).await?.ok_or_else(Problem::not_found)?;
    Ok(axum::Json(views::detail(line, parts, suggestions, may_post)).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewBankMatchPart)]
struct PartForm {
    order_id: String,
    /// Where the order's money waits, e.g. `bank_clearing`.
    account: String,
    /// All that waits there when left out.
    amount: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewBankBooking)]
struct BookingForm {
    /// Such as `cod_fee`, `mkt_other_fee` or `suspense:rent`.
    account: String,
    /// To us is positive; what the bank or another took is negative.
    amount: String,
    order_id: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewBankMatch)]
pub struct MatchForm {
    #[serde(default)]
    parts: Vec<PartForm>,
    #[serde(default)]
    bookings: Vec<BookingForm>,
    /// What speaks for it.
    why: String,
    /// When the line's day is closed: book it on the first open day.
    #[serde(default)]
    book_later: bool,
}

impl MatchForm {
    fn wish(&self) -> Result<Wish, Problem> {
        let wrong = |pointer: String, detail: &str| Problem::field(pointer, "invalid_value", detail);
        let order = |pointer: String, text: &str| text.parse::<OrderId>().map_err(|_| wrong(pointer, "must be the id of an order"));
        let account = |pointer: String, text: &str| text.parse::<Account>().map_err(|error| wrong(pointer, &error.to_string()));
        let amount = |pointer: String, text: &str| parse_decimal(text).map_err(|_| wrong(pointer, "must be an amount such as 1250000 or -12.50"));
        let mut wish = Wish { book_later: self.book_later, ..Wish::default() };
        for (index, part) in self.parts.iter().take(matching::PARTS_MAX + 1).enumerate() {
            let at = |field: &str| format!("/parts/{index}/{field}");
            let said: Option<Decimal> = part.amount.as_deref().map(|text| amount(at("amount"), text)).transpose()?;
            wish.parts.push(Part { order: order(at("order_id"), &part.order_id)?, account: account(at("account"), &part.account)?, amount: said });
        }
        for (index, booking) in self.bookings.iter().take(matching::PARTS_MAX + 1).enumerate() {
            let at = |field: &str| format!("/bookings/{index}/{field}");
            wish.bookings.push(Booking {
                account: account(at("account"), &booking.account)?,
                amount: amount(at("amount"), &booking.amount)?,
                order: booking.order_id.as_deref().map(|text| order(at("order_id"), text)).transpose()?,
            });
        }
        Ok(wish)
    }
}

/// Says what a line is: money of orders that was under way, or something booked to an account. The parts sum to the line.
#[utoipa::path(post, path = "/bank/lines/{id}/match", tag = "bank", params(("id" = String, Path)), request_body = MatchForm, responses((status = 200, description = "the line", body = LineDetailView), Guarded, Written, Absent, Conflicting))]
pub async fn match_line(State(app): State<App>, Allowed { actor, permit }: Allowed<PostFinance>, Path(id): Path<BankLineId>, Json(form): Json<MatchForm>) -> Result<Response, Problem> {
    let read = actor.may::<ReadFinance>()?;
    let mut tx = app.directory.begin(&actor).await?;
    // Another tenant's line is absent, whatever else is wrong.
    lines::get(&mut tx, read, id).await?.ok_or_else(Problem::not_found)?;
    matching::match_line(&mut tx, permit, id, &form.wish()?, How::Hand, &form.why).await?;
    let (line, parts, suggestions) = lines::get(&mut tx, read, id).await?.ok_or_else(Problem::not_found)?;
    tx.commit().await?;
    Ok(axum::Json(views::detail(line, parts, suggestions, true)).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BankUnmatch)]
pub struct UnmatchForm {
    reason: String,
}

/// Takes a match back: its entries are reversed today, the line is open again.
#[utoipa::path(post, path = "/bank/lines/{id}/unmatch", tag = "bank", params(("id" = String, Path)), request_body = UnmatchForm, responses((status = 200, description = "the line", body = LineDetailView), Guarded, Written, Absent, Conflicting))]
pub async fn unmatch(State(app): State<App>, Allowed { actor, permit }: Allowed<PostFinance>, Path(id): Path<BankLineId>, Json(UnmatchForm { reason }): Json<UnmatchForm>) -> Result<Response, Problem> {
    let read = actor.may::<ReadFinance>()?;
    let mut tx = app.directory.begin(&actor).await?;
    matching::unmatch(&mut tx, permit, id, &reason).await?;
    let (line, parts, suggestions) = lines::get(&mut tx, read, id).await?.ok_or_else(Problem::not_found)?;
    tx.commit().await?;
    Ok(axum::Json(views::detail(line, parts, suggestions, true)).into_response())
}
