//! Reading the ledger: accounts, trial balance, where the cash is, one order's entries, journals to download.

use super::views::{self, AccountView, BalanceView, EntryView, HeldView, OrderBalanceView, OrderHeldView};
use crate::app::App;
use crate::http::{
    answers::{Absent, Guarded},
    auth::Allowed,
    body::{Path, Query},
    orders::{
        read::in_range,
        views::{MoneyView, money},
    },
    page::{self, List, Scope},
    problem::Problem,
};
use axum::{
    extract::{OriginalUri, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Currency, Decimal, OrderId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use switchyard_core::{
    finance::{
        Account, Role, balance,
        export::{self, ExportError, Format, Span},
        journal, locator, settings,
    },
    orders::list,
};
use tenants::rights::ReadFinance;
use utoipa::{IntoParams, ToSchema};

/// Sub-accounts listed at most.
const SUB_ACCOUNTS_MAX: i64 = 5_000;
/// Entries one download has at most.
const EXPORT_ENTRIES_MAX: i64 = 100_000;

/// The instant just after `as_of`; the database keeps microseconds.
fn until(as_of: DateTime<Utc>) -> DateTime<Utc> {
    as_of + TimeDelta::microseconds(1)
}

#[derive(Serialize, ToSchema)]
pub struct ChartView {
    /// `vn`, `generic`
    chart: String,
    data: Vec<AccountView>,
}

/// The accounts: every role of the chart, then each sub-account in use.
#[utoipa::path(get, path = "/ledger/accounts", tag = "ledger", responses((status = 200, description = "the chart", body = ChartView), Guarded))]
pub async fn accounts(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let chart = settings::get(&mut tx, permit).await?.chart;
    let used = balance::accounts_in_use(&mut tx, permit, SUB_ACCOUNTS_MAX).await?;
    let roles = Role::ALL.iter().map(|role| Account::from(*role));
    let data = roles.chain(used).map(|account| views::account(&account, chart)).collect();
    Ok(axum::Json(ChartView { chart: chart.word().to_owned(), data }).into_response())
}

#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct SpanQuery {
    /// Inclusive; now when left out.
    as_of: Option<DateTime<Utc>>,
    /// Inclusive; since the beginning when left out.
    from: Option<DateTime<Utc>>,
}

#[derive(Serialize, ToSchema)]
pub struct SumView {
    currency: String,
    debit: MoneyView,
    credit: MoneyView,
}

#[derive(Serialize, ToSchema)]
pub struct TrialBalanceView {
    from: Option<DateTime<Utc>>,
    as_of: DateTime<Utc>,
    totals: Vec<SumView>,
    data: Vec<BalanceView>,
}

/// What every account comes to.
#[utoipa::path(get, path = "/ledger/trial-balance", tag = "ledger", params(SpanQuery), responses((status = 200, description = "the balances", body = TrialBalanceView), Guarded))]
pub async fn trial_balance(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, Query(query): Query<SpanQuery>) -> Result<Response, Problem> {
    let (from, as_of) = (in_range("from", query.from)?, in_range("as_of", query.as_of)?);
    let mut tx = app.directory.begin(&actor).await?;
    let as_of = as_of.unwrap_or(tx.now());
    let chart = settings::get(&mut tx, permit).await?.chart;
    let rows = balance::trial(&mut tx, permit, from, until(as_of)).await?;
    let mut sums: BTreeMap<&str, (Decimal, Decimal)> = BTreeMap::new();
    for row in &rows {
        let sum = sums.entry(&row.currency).or_default();
        *sum = (sum.0 + row.debit, sum.1 + row.credit);
    }
    let totals = sums.into_iter().map(|(currency, (debit, credit))| SumView { currency: currency.to_owned(), debit: money(debit, currency), credit: money(credit, currency) }).collect();
    Ok(axum::Json(TrialBalanceView { from, as_of, totals, data: rows.iter().map(|row| views::balance(row, chart)).collect() }).into_response())
}

#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct AsOfQuery {
    /// Inclusive; now when left out.
    as_of: Option<DateTime<Utc>>,
}

#[derive(Serialize, ToSchema)]
pub struct HolderSum {
    holder: String,
    amount: MoneyView,
}

#[derive(Serialize, ToSchema)]
pub struct LocatorView {
    as_of: DateTime<Utc>,
    data: Vec<HeldView>,
    totals: Vec<HolderSum>,
}

/// Where the cash is, at any instant.
#[utoipa::path(get, path = "/ledger/cash-locator", tag = "ledger", params(AsOfQuery), responses((status = 200, description = "who holds how much", body = LocatorView), Guarded))]
pub async fn cash_locator(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, Query(query): Query<AsOfQuery>) -> Result<Response, Problem> {
    let as_of = in_range("as_of", query.as_of)?;
    let mut tx = app.directory.begin(&actor).await?;
    let as_of = as_of.unwrap_or(tx.now());
    let chart = settings::get(&mut tx, permit).await?.chart;
    let held = locator::holders(&mut tx, permit, until(as_of)).await?;
    let mut sums: BTreeMap<(&str, &str), Decimal> = BTreeMap::new();
    for held in &held {
        *sums.entry((held.account.role.holder().map(|holder| holder.word()).unwrap_or_default(), &held.currency)).or_default() += held.amount;
    }
    let totals = sums.into_iter().map(|((holder, currency), amount)| HolderSum { holder: holder.to_owned(), amount: money(amount, currency) }).collect();
    Ok(axum::Json(LocatorView { as_of, data: held.iter().map(|held| views::held(held, chart)).collect(), totals }).into_response())
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HeldQuery {
    /// As the cash locator names it.
    account: String,
    currency: String,
    /// Inclusive; now when left out.
    as_of: Option<DateTime<Utc>>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// The orders whose money an account holds.
#[utoipa::path(get, path = "/ledger/cash-locator/orders", tag = "ledger", params(HeldQuery), responses((status = 200, description = "one page", body = List<OrderHeldView>), Guarded))]
pub async fn cash_locator_orders(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, OriginalUri(uri): OriginalUri, Query(query): Query<HeldQuery>) -> Result<Response, Problem> {
    let account: Account = query.account.parse().map_err(|_| Problem::field("query:account", "invalid_value", "must be an account as the cash locator names it"))?;
    let currency: Currency = query.currency.parse().map_err(|_| Problem::field("query:currency", "invalid_value", "must be an ISO 4217 code"))?;
    let (as_of, limit) = (in_range("as_of", query.as_of)?, page::limit(query.limit)?);
    let scope = Scope { list: "cash-locator", tenant: actor.tenant };
    let after: Option<i64> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    let as_of = as_of.unwrap_or(tx.now());
    let found = locator::orders(&mut tx, permit, &account, currency.code(), until(as_of), after, limit).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(|row| views::order_held(row, currency.code())).collect(), found.next)
}

#[derive(Serialize, ToSchema)]
pub struct OrderLedgerView {
    entries: Vec<EntryView>,
    balances: Vec<OrderBalanceView>,
}

/// What is posted for an order, and what of it stands.
#[utoipa::path(get, path = "/orders/{id}/ledger", tag = "ledger", params(("id" = String, Path)), responses((status = 200, description = "at most 1,000 entries, oldest first", body = OrderLedgerView), Guarded, Absent))]
pub async fn of_order(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, Path(id): Path<OrderId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    list::row(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let chart = settings::get(&mut tx, permit).await?.chart;
    let entries = journal::of_order(&mut tx, permit, id).await?;
    let balances = locator::of_order(&mut tx, id.uuid()).await?;
    let view = OrderLedgerView {
        entries: entries.into_iter().map(|entry| views::entry(entry, chart)).collect(),
        balances: balances.iter().map(|(account, currency, amount)| views::order_balance(account, currency, *amount, chart)).collect(),
    };
    Ok(axum::Json(view).into_response())
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `hledger` or `beancount`
    format: String,
    /// Inclusive.
    from: Option<DateTime<Utc>>,
    /// Exclusive.
    to: Option<DateTime<Utc>>,
}

/// The journal for hledger or beancount.
#[utoipa::path(get, path = "/ledger/export", tag = "ledger", params(ExportQuery), responses((status = 200, description = "the journal", body = String, content_type = "text/plain"), Guarded))]
pub async fn export(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, Query(query): Query<ExportQuery>) -> Result<Response, Problem> {
    let format = Format::of_word(&query.format).ok_or_else(|| Problem::field("query:format", "invalid_value", format!("must be {}", Format::WORDS)))?;
    let span = Span { from: in_range("from", query.from)?, until: in_range("to", query.to)? };
    let mut tx = app.directory.begin(&actor).await?;
    let mut journal = Vec::new();
    export::write(&mut tx, permit, format, span, Some(EXPORT_ENTRIES_MAX), &mut journal, |_| {}).await?;
    let mut response = journal.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"ledger.{}\"", format.extension())) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

impl From<ExportError> for Problem {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::TooMany { .. } => Self::new(axum::http::StatusCode::UNPROCESSABLE_ENTITY, "too_many", error.to_string()),
            ExportError::Database(error) => error.into(),
            other => Self::internal(other),
        }
    }
}
