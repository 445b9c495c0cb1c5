//! The journal: listing entries, making them by hand, taking those back.

use super::views::{self, EntryView};
use crate::app::App;
use crate::http::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{JSON_BODY_BYTES_MAX, Json, Path, Query, body_bytes, parse_json},
    idempotency::{self, keyed},
    orders::read::in_range,
    page::{self, List, Scope},
    problem::Problem,
};
use axum::{
    extract::{Extension, OriginalUri, Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::{Currency, Decimal, EntryId, OrderId, money::parse_decimal};
use serde::Deserialize;
use switchyard_core::finance::{
    Account, Line, Settings,
    entry::EntryError,
    events,
    journal::{self, ByHand, Filter, JournalError},
    post::PostError,
    settings,
};
use tenants::{
    Caller,
    rights::{PostFinance, ReadFinance},
};
use utoipa::{IntoParams, ToSchema};

/// The longest filter.
const FILTER_CHARS_MAX: usize = 200;

#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct EntryQuery {
    role: Option<String>,
    account: Option<String>,
    /// The id of an order.
    order: Option<String>,
    kind: Option<String>,
    /// Booked then or later.
    from: Option<DateTime<Utc>>,
    /// Exclusive.
    to: Option<DateTime<Utc>>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

impl EntryQuery {
    fn filter(&self) -> Result<Filter, Problem> {
        let wrong = |name: &str, detail: &str| Problem::field(format!("query:{name}"), "invalid_value", detail);
        for (name, text) in [("role", &self.role), ("account", &self.account), ("kind", &self.kind)] {
            if text.as_ref().is_some_and(|text| text.chars().count() > FILTER_CHARS_MAX || text.contains('\0')) {
                return Err(wrong(name, "must have at most 200 characters"));
            }
        }
        Ok(Filter {
            id: None,
            role: self.role.clone(),
            account: self.account.clone(),
            order: self.order.as_deref().map(|id| id.parse::<OrderId>().map_err(|_| wrong("order", "must be the id of an order"))).transpose()?,
            kind: self.kind.clone(),
            from: in_range("from", self.from)?,
            to: in_range("to", self.to)?,
        })
    }
}

/// The journal, newest first.
#[utoipa::path(get, path = "/ledger/entries", tag = "ledger", params(EntryQuery), responses((status = 200, description = "one page", body = List<EntryView>), Guarded))]
pub async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, OriginalUri(uri): OriginalUri, Query(query): Query<EntryQuery>) -> Result<Response, Problem> {
    let (filter, limit) = (query.filter()?, page::limit(query.limit)?);
    let scope = Scope { list: "ledger", tenant: actor.tenant };
    let before: Option<(DateTime<Utc>, EntryId)> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    let chart = settings::get(&mut tx, permit).await?.chart;
    let found = journal::list(&mut tx, permit, &filter, before, limit).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(|entry| views::entry(entry, chart)).collect(), found.next)
}

/// One entry.
#[utoipa::path(get, path = "/ledger/entries/{id}", tag = "ledger", params(("id" = String, Path)), responses((status = 200, description = "the entry", body = EntryView), Guarded, Absent))]
pub async fn get(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, Path(id): Path<EntryId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let chart = settings::get(&mut tx, permit).await?.chart;
    let entry = journal::get(&mut tx, permit, id).await?;
    Ok(axum::Json(views::entry(entry, chart)).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LineForm {
    account: String,
    /// Positive decimal text; either this or `credit`.
    debit: Option<String>,
    credit: Option<String>,
}

/// Which fields a kind takes is said beside them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewEntry)]
pub struct EntryForm {
    /// `manual`, `points_earned`, `points_expired`, `cost_of_sale`, `voucher_sold`, `voucher_expired`
    kind: String,
    at: Option<DateTime<Utc>>,
    memo: String,
    order_id: Option<String>,
    /// The tenant's currency when left out.
    currency: Option<String>,
    /// `manual`
    #[serde(default)]
    lines: Vec<LineForm>,
    /// `points_earned`: what the sale came to without tax.
    net: Option<String>,
    /// `points_earned`: what the points are expected to be redeemed for.
    points_value: Option<String>,
    /// `points_expired`
    carrying: Option<String>,
    /// `cost_of_sale`, `voucher_sold`, `voucher_expired`
    amount: Option<String>,
    /// `voucher_sold`: the account the money came to.
    received_in: Option<String>,
}

fn positive(pointer: &str, text: Option<&str>) -> Result<Decimal, Problem> {
    text.and_then(|text| parse_decimal(text).ok()).filter(|amount| *amount > Decimal::ZERO).ok_or_else(|| Problem::field(pointer, "invalid_value", "must be a positive amount such as 1250000 or 12.50"))
}

fn account(pointer: &str, text: &str) -> Result<Account, Problem> {
    text.parse().map_err(|error: switchyard_core::finance::account::UnknownAccount| Problem::field(pointer, "invalid_value", error.to_string()))
}

impl EntryForm {
    fn by_hand(&self, settings: &Settings, tenant_currency: &str) -> Result<ByHand, Problem> {
        let wrong = |pointer: &str, detail: &str| Problem::field(pointer, "invalid_value", detail);
        let code = self.currency.as_deref().unwrap_or(tenant_currency);
        let currency: Currency = code.parse().map_err(|_| wrong("/currency", "must be an ISO 4217 code such as VND"))?;
        let order = self.order_id.as_deref().map(|id| id.parse().map_err(|_| wrong("/order_id", "must be the id of an order"))).transpose()?;
        let amount = || positive("/amount", self.amount.as_deref());
        let (kind, lines) = match self.kind.as_str() {
            "manual" => ("manual", self.lines.iter().take(switchyard_core::finance::entry::LINES_MAX + 1).enumerate().map(|(index, line)| line.read(index)).collect::<Result<Vec<Line>, Problem>>()?),
            "points_earned" => (
                "points_earned",
                events::points_earned(positive("/net", self.net.as_deref())?, positive("/points_value", self.points_value.as_deref())?, settings.rounding, currency),
            ),
            "points_expired" => ("points_expired", events::points_expired(positive("/carrying", self.carrying.as_deref())?)),
            "cost_of_sale" => ("cost_of_sale", events::cost_of_sale(amount()?)),
            "voucher_sold" => ("voucher_sold", events::voucher_sold(amount()?, account("/received_in", self.received_in.as_deref().unwrap_or_default())?)),
            "voucher_expired" => ("voucher_expired", events::voucher_expired(amount()?)),
            _ => return Err(wrong("/kind", "must be manual, points_earned, points_expired, cost_of_sale, voucher_sold or voucher_expired")),
        };
        Ok(ByHand { kind, at: in_range("at", self.at)?, memo: self.memo.clone(), order, currency, lines })
    }
}

impl LineForm {
    fn read(&self, index: usize) -> Result<Line, Problem> {
        let at = |field: &str| format!("/lines/{index}/{field}");
        let account = account(&at("account"), &self.account)?;
        match (&self.debit, &self.credit) {
            (Some(debit), None) => Ok(Line::debit(account, positive(&at("debit"), Some(debit))?)),
            (None, Some(credit)) => Ok(Line::credit(account, positive(&at("credit"), Some(credit))?)),
            _ => Err(Problem::field(at("debit"), "invalid_value", "must be there, or credit, but not both")),
        }
    }
}

/// Posts an entry by hand; a closed period refuses it.
#[utoipa::path(post, path = "/ledger/entries", tag = "ledger", params(("Idempotency-Key" = Option<String>, Header, description = "the first answer is kept and replayed")), request_body = EntryForm,
    responses((status = 201, description = "the entry", body = EntryView), Guarded, Written, Conflicting))]
pub async fn post(State(app): State<App>, Allowed { actor, permit }: Allowed<PostFinance>, Extension(caller): Extension<Caller>, request: Request) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let kind = headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().unwrap_or_default().trim() != "application/json" {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", "send the body as application/json"));
    }
    let bytes = body_bytes(request, &app, JSON_BODY_BYTES_MAX).await?;
    let key = keyed(&headers, &actor, "POST /ledger/entries", &bytes)?;
    let form: EntryForm = parse_json(&bytes)?;
    let currency = caller.tenant().map(|tenant| tenant.currency.clone()).unwrap_or_default();
    let read = actor.may::<ReadFinance>()?;
    let mut tx = app.directory.begin(&actor).await?;
    let settings = settings::get(&mut tx, read).await?;
    let posted = async {
        let id = journal::post_by_hand(&mut tx, permit, form.by_hand(&settings, &currency)?).await?;
        let entry = journal::get(&mut tx, read, id).await?;
        serde_json::to_vec(&views::entry(entry, settings.chart)).map_err(Problem::internal)
    }
    .await;
    let Some(key) = key else {
        let body = posted?;
        tx.commit().await?;
        return Ok(idempotency::answer(StatusCode::CREATED, "", body));
    };
    let problem = match posted {
        Ok(body) if key.keep(&mut tx, StatusCode::CREATED, "", &body).await? => {
            tx.commit().await?;
            return Ok(idempotency::answer(StatusCode::CREATED, "", body));
        }
        Ok(_) => Problem::conflict("busy", "the same request is being answered; try again"),
        Err(problem) => problem,
    };
    drop(tx);
    key.replay(&app, &actor).await?.ok_or(problem)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReverseForm {
    memo: String,
}

/// Takes an entry made by hand back, today.
#[utoipa::path(post, path = "/ledger/entries/{id}/reverse", tag = "ledger", params(("id" = String, Path)), request_body = ReverseForm, responses((status = 201, description = "the reversal", body = EntryView), Guarded, Written, Absent, Conflicting))]
pub async fn reverse(State(app): State<App>, Allowed { actor, permit }: Allowed<PostFinance>, Path(id): Path<EntryId>, Json(ReverseForm { memo }): Json<ReverseForm>) -> Result<Response, Problem> {
    let read = actor.may::<ReadFinance>()?;
    let mut tx = app.directory.begin(&actor).await?;
    let reversal = journal::reverse(&mut tx, permit, read, id, &memo).await?;
    let chart = settings::get(&mut tx, read).await?.chart;
    let entry = journal::get(&mut tx, read, reversal).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, axum::Json(views::entry(entry, chart))).into_response())
}

impl From<JournalError> for Problem {
    fn from(error: JournalError) -> Self {
        let text = error.to_string();
        match error {
            JournalError::Unknown => Self::not_found(),
            JournalError::UnknownOrder => Self::field("/order_id", "unknown", "there is no such order"),
            JournalError::NotManual => Self::conflict("not_manual", text),
            JournalError::ReversedAlready => Self::conflict("reversed_already", text),
            JournalError::BadMemo => Self::field("/memo", "invalid_value", "must have 1 to 500 characters without control characters"),
            JournalError::Entry(error) => error.into(),
            JournalError::Post(error) => error.into(),
            JournalError::Database(error) => error.into(),
        }
    }
}

impl From<EntryError> for Problem {
    fn from(error: EntryError) -> Self {
        match error {
            EntryError::Unbalanced(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unbalanced", error.to_string()),
            other => Self::field("/lines", "invalid_value", other.to_string()),
        }
    }
}

impl From<PostError> for Problem {
    fn from(error: PostError) -> Self {
        match error {
            PostError::PeriodClosed { .. } => Self::conflict("period_closed", error.to_string()),
            PostError::UnknownClaim(_) => Self::conflict("unknown_claim", error.to_string()),
            PostError::NotCovered => Self::conflict("not_covered", error.to_string()),
            PostError::NoShift(_) => Self::conflict("no_shift", error.to_string()),
            PostError::Entry(error) => error.into(),
            PostError::Database(error) => error.into(),
        }
    }
}
