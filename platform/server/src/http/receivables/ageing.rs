//! Reading what is owed: the board, the items behind a number, a company's statement (also as CSV).

use crate::app::App;
use crate::http::{
    answers::{Absent, Guarded},
    auth::Allowed,
    body::{Path, Query},
    orders::views::{MoneyView, decimal, money},
    page::{self, List, Scope},
    problem::Problem,
};
use axum::{
    Extension,
    extract::{OriginalUri, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use kernel::{CompanyId, Currency};
use serde::{Deserialize, Serialize};
use switchyard_core::receivables::{
    ageing::{self, BUCKETS, Buckets, Filter},
    statement::{self, Statement},
};
use tenants::{Caller, rights::ReadFinance};
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
struct BucketView {
    /// `current`, `1-30`, `31-60`, `61-90`, `90+`: days overdue
    bucket: &'static str,
    amount: MoneyView,
}

fn buckets(of: &Buckets, currency: &str) -> Vec<BucketView> {
    BUCKETS.iter().zip(of).map(|(bucket, amount)| BucketView { bucket, amount: money(*amount, currency) }).collect()
}

#[derive(Serialize, ToSchema)]
struct DebtorView {
    /// A company's id, a buyer's key, or `none`.
    debtor: String,
    company_id: Option<String>,
    name: Option<String>,
    buckets: Vec<BucketView>,
    total: MoneyView,
    oldest_days: i32,
    #[schema(value_type = Option<String>, format = Date)]
    promised_on: Option<NaiveDate>,
    dunning_level: Option<i16>,
}

#[derive(Serialize, ToSchema)]
struct AgeingSum {
    currency: String,
    buckets: Vec<BucketView>,
    /// The sum of the buckets.
    total: MoneyView,
    /// The receivables account: the same.
    ledger: MoneyView,
    /// Received and not applied yet.
    unapplied: MoneyView,
    allowance: MoneyView,
}

#[derive(Serialize, ToSchema)]
pub struct AgeingView {
    #[schema(value_type = String, format = Date)]
    today: NaiveDate,
    sums: Vec<AgeingSum>,
    data: Vec<DebtorView>,
}

/// What every debtor owes, by how long it is overdue.
#[utoipa::path(get, path = "/receivables/ageing", tag = "receivables", responses((status = 200, description = "at most 1,000 debtors; the sums are of all", body = AgeingView), Guarded))]
pub async fn board(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let board = ageing::board(&mut tx, permit).await?;
    let sums = board.sums.iter().map(|sum| AgeingSum {
        buckets: buckets(&sum.buckets, &sum.currency),
        total: money(sum.buckets.iter().sum(), &sum.currency),
        ledger: money(sum.ledger, &sum.currency),
        unapplied: money(sum.unapplied, &sum.currency),
        allowance: money(sum.allowance, &sum.currency),
        currency: sum.currency.clone(),
    });
    let data = board.debtors.iter().map(|debtor| DebtorView {
        buckets: buckets(&debtor.buckets, &debtor.currency),
        total: money(debtor.buckets.iter().sum(), &debtor.currency),
        debtor: debtor.debtor.clone(),
        company_id: debtor.company.map(|id| id.to_string()),
        name: debtor.name.clone(),
        oldest_days: debtor.oldest_days,
        promised_on: debtor.promised_on,
        dunning_level: debtor.dunning_level,
    });
    Ok(axum::Json(AgeingView { today: board.today, sums: sums.collect(), data: data.collect() }).into_response())
}

#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ItemQuery {
    /// As the board names it.
    debtor: Option<String>,
    currency: Option<String>,
    /// `current`, `1-30`, `31-60`, `61-90`, `90+`
    bucket: Option<String>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ReceivableItem)]
pub struct ItemView {
    order_id: Option<String>,
    order_number: Option<i64>,
    /// Of the order, for If-Match.
    version: Option<i64>,
    debtor: String,
    #[schema(value_type = String, format = Date)]
    due_on: NaiveDate,
    /// Overdue by; 0 when not yet due.
    days: i32,
    amount: MoneyView,
}

/// The items behind the board, the earliest due first.
#[utoipa::path(get, path = "/receivables/items", tag = "receivables", params(ItemQuery), responses((status = 200, description = "one page", body = List<ItemView>), Guarded))]
pub async fn items(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, OriginalUri(uri): OriginalUri, Query(query): Query<ItemQuery>) -> Result<Response, Problem> {
    let wrong = |name: &str, detail: &str| Problem::field(format!("query:{name}"), "invalid_value", detail);
    if query.debtor.as_ref().is_some_and(|debtor| debtor.len() > 200 || debtor.contains('\0')) {
        return Err(wrong("debtor", "must be a debtor as the board names it"));
    }
    if query.currency.as_ref().is_some_and(|code| code.parse::<Currency>().is_err()) {
        return Err(wrong("currency", "must be an ISO 4217 code"));
    }
    let bucket = match query.bucket.as_deref() {
        None => None,
        Some(word) => Some(BUCKETS.iter().position(|bucket| *bucket == word).ok_or_else(|| wrong("bucket", "must be current, 1-30, 31-60, 61-90 or 90+"))?),
    };
    let limit = page::limit(query.limit)?;
    let scope = Scope { list: "receivables", tenant: actor.tenant };
    let after: Option<(NaiveDate, String)> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    let found = ageing::items(&mut tx, permit, &Filter { debtor: query.debtor, currency: query.currency, bucket }, after, limit).await?;
    let rows = found.rows.into_iter().map(|item| ItemView {
        order_id: item.order.map(|id| id.to_string()),
        order_number: item.order_number,
        version: item.version,
        debtor: item.debtor,
        due_on: item.due_on,
        days: item.days,
        amount: money(item.amount, &item.currency),
    });
    page::answer(&app, scope, &uri, rows.collect(), found.next)
}

/// Days one statement spans when only its end is said.
const STATEMENT_DAYS: u64 = 90;

#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct StatementQuery {
    /// 90 days before the end when left out.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<NaiveDate>,
    /// Today when left out.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<NaiveDate>,
    /// The tenant's own when left out.
    currency: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct StatementRow {
    at: DateTime<Utc>,
    #[schema(value_type = String, format = Date)]
    day: NaiveDate,
    kind: String,
    order_id: Option<String>,
    order_number: Option<i64>,
    memo: Option<String>,
    /// Positive: owed so much more.
    amount: MoneyView,
    balance: MoneyView,
}

#[derive(Serialize, ToSchema)]
pub struct StatementView {
    company_id: String,
    name: String,
    #[schema(value_type = String, format = Date)]
    from: NaiveDate,
    #[schema(value_type = String, format = Date)]
    to: NaiveDate,
    opening: MoneyView,
    rows: Vec<StatementRow>,
    closing: MoneyView,
}

async fn find(app: &App, allowed: &Allowed<ReadFinance>, caller: &Caller, company: CompanyId, query: &StatementQuery) -> Result<Statement, Problem> {
    let own = caller.tenant().map(|tenant| tenant.currency.clone()).unwrap_or_default();
    let currency: Currency = query.currency.as_deref().unwrap_or(&own).parse().map_err(|_| Problem::field("query:currency", "invalid_value", "must be an ISO 4217 code"))?;
    let to = query.to.unwrap_or(Utc::now().date_naive());
    let from = query.from.unwrap_or(to.checked_sub_days(Days::new(STATEMENT_DAYS)).unwrap_or(to));
    for (name, day) in [("from", from), ("to", to)] {
        if !(1..=9_998).contains(&chrono::Datelike::year(&day)) {
            return Err(Problem::field(format!("query:{name}"), "invalid_value", "must be a day of the years 1 to 9998"));
        }
    }
    let mut tx = app.directory.begin(&allowed.actor).await?;
    Ok(statement::of(&mut tx, allowed.permit, company, currency.code(), from, to).await?)
}

/// What moved a company's account over a span of days.
#[utoipa::path(get, path = "/receivables/companies/{id}/statement", tag = "receivables", params(("id" = String, Path), StatementQuery), responses((status = 200, description = "at most 5,000 rows", body = StatementView), Guarded, Absent))]
pub async fn statement(State(app): State<App>, allowed: Allowed<ReadFinance>, Extension(caller): Extension<Caller>, Path(id): Path<CompanyId>, Query(query): Query<StatementQuery>) -> Result<Response, Problem> {
    let found = find(&app, &allowed, &caller, id, &query).await?;
    let currency = found.currency.clone();
    let rows = found.rows.into_iter().map(|row| StatementRow {
        at: row.at,
        day: row.day,
        kind: row.kind,
        order_id: row.order.map(|id| id.to_string()),
        order_number: row.order_number,
        memo: row.memo,
        amount: money(row.amount, &currency),
        balance: money(row.balance, &currency),
    });
    let view = StatementView {
        rows: rows.collect(),
        company_id: found.company.to_string(),
        name: found.name,
        from: found.from,
        to: found.to,
        opening: money(found.opening, &currency),
        closing: money(found.closing, &currency),
    };
    Ok(axum::Json(view).into_response())
}

/// Text that a spreadsheet takes as text, whatever it begins with.
fn cell(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text };
    if text.contains(['"', ',', ';']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// The same as CSV (RFC 4180), with its opening and closing balance.
#[utoipa::path(get, path = "/receivables/companies/{id}/statement.csv", tag = "receivables", params(("id" = String, Path), StatementQuery), responses((status = 200, description = "the statement", body = String, content_type = "text/csv"), Guarded, Absent))]
pub async fn statement_csv(State(app): State<App>, allowed: Allowed<ReadFinance>, Extension(caller): Extension<Caller>, Path(id): Path<CompanyId>, Query(query): Query<StatementQuery>) -> Result<Response, Problem> {
    let found = find(&app, &allowed, &caller, id, &query).await?;
    let mut csv = String::from("day,what,order,memo,amount,balance,currency\r\n");
    let code = &found.currency;
    csv.push_str(&format!("{},opening,,{},,{},{code}\r\n", found.from, cell(&found.name), decimal(found.opening)));
    for row in &found.rows {
        let order = row.order_number.map(|number| number.to_string()).unwrap_or_default();
        csv.push_str(&format!("{},{},{order},{},{},{},{code}\r\n", row.day, cell(&row.kind), cell(row.memo.as_deref().unwrap_or_default()), decimal(row.amount), decimal(row.balance)));
    }
    csv.push_str(&format!("{},closing,,,,{},{code}\r\n", found.to, decimal(found.closing)));
    let mut response = csv.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"statement.csv\""));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_cell_is_text_and_no_formula() {
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(cell("a\r\nb"), "a  b");
    }
}
