//! Price lists and their versions.

use super::problems;
use crate::app::App;
use crate::http::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path, Query},
    companies::{NamedCompany, answer, today, told},
    orders::{read::seen_version, views::decimal},
    page::{self, List, PageQuery, Scope},
    problem::{Problem, ProblemBody},
    quotes::views::sees_floors,
};
use axum::{
    extract::{OriginalUri, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{CompanyId, Currency, Decimal, PriceListId, money::parse_decimal};
use serde::{Deserialize, Serialize};
use switchyard_core::pricing::{
    lists::{self, Head, PriceList, Validity, Version},
    price::{Break, margin_percent},
    sheet::{self, Prices},
};
use tenants::{
    Actor,
    rights::{ManagePrices, ReadPrices, SeeMargins},
};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = PriceListVersion)]
pub struct VersionView {
    version: i32,
    valid_from: NaiveDate,
    valid_until: Option<NaiveDate>,
    prices_include_tax: bool,
    /// Percent; null: the tenant's default.
    tax_rate: Option<String>,
    /// How many it has.
    prices: i32,
    note: Option<String>,
    made_by: String,
    made_at: DateTime<Utc>,
}

impl From<Version> for VersionView {
    fn from(v: Version) -> Self {
        Self { version: v.version, valid_from: v.valid_from, valid_until: v.valid_until, prices_include_tax: v.tax_included, tax_rate: v.tax_rate.map(decimal), prices: v.prices, note: v.note, made_by: v.made_by, made_at: v.made_at }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = PriceList)]
pub struct ListView {
    #[schema(value_type = String)]
    id: PriceListId,
    name: String,
    currency: String,
    /// `b2b`, `b2c` or null for everybody, while no company is named
    segment: Option<String>,
    companies: Vec<NamedCompany>,
    archived_at: Option<DateTime<Utc>>,
    newest: VersionView,
    version: i64,
    updated_at: DateTime<Utc>,
}

impl From<PriceList> for ListView {
    fn from(l: PriceList) -> Self {
        let companies = l.companies.into_iter().map(|(id, name)| NamedCompany { id, name }).collect();
        Self { id: l.id, name: l.name, currency: l.currency, segment: l.segment, companies, archived_at: l.archived_at, newest: l.newest.into(), version: l.version, updated_at: l.updated_at }
    }
}

/// Price lists by name.
#[utoipa::path(get, path = "/price-lists", tag = "prices", params(PageQuery), responses((status = 200, description = "one page", body = List<ListView>), Guarded))]
pub async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadPrices>, OriginalUri(uri): OriginalUri, Query(query): Query<PageQuery>) -> Result<Response, Problem> {
    let limit = page::limit(query.limit)?;
    let scope = Scope { list: "price-lists", tenant: actor.tenant };
    let after: Option<(String, PriceListId)> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    let found = lists::page(&mut tx, permit, after, limit).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(ListView::from).collect(), found.next)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPriceListVersion)]
pub struct VersionForm {
    /// Today when left out.
    valid_from: Option<NaiveDate>,
    valid_until: Option<NaiveDate>,
    #[serde(default)]
    prices_include_tax: bool,
    /// Percent as decimal text.
    tax_rate: Option<String>,
    note: Option<String>,
    /// Columns `sku`, `price` and, when there, `min_quantity`, `floor`, `cost`, `name`. Left out: the prices stay.
    csv: Option<String>,
}

impl VersionForm {
    fn read(self, today: NaiveDate) -> Result<(Validity, Option<Prices>), Problem> {
        let tax_rate = self.tax_rate.as_deref().map(parse_decimal).transpose().map_err(|e| Problem::field("/tax_rate", "invalid_value", e.to_string()))?;
        let prices = self.csv.as_deref().map(sheet::read).transpose().map_err(problems::rows)?;
        let note = self.note.map(|n| n.trim().to_owned()).filter(|n| !n.is_empty());
        Ok((Validity { from: self.valid_from.unwrap_or(today), until: self.valid_until, tax_included: self.prices_include_tax, tax_rate, note }, prices))
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPriceList)]
pub struct NewListForm {
    name: String,
    currency: String,
    segment: Option<String>,
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    company_ids: Vec<CompanyId>,
    prices: VersionForm,
}

/// A new price list with its first version.
#[utoipa::path(post, path = "/price-lists", tag = "prices", request_body = NewListForm, responses((status = 201, description = "the list", body = ListView, headers(("ETag" = String))), Guarded, Written, Conflicting))]
pub async fn create(State(app): State<App>, Allowed { actor, permit }: Allowed<ManagePrices>, Json(form): Json<NewListForm>) -> Result<Response, Problem> {
    let currency: Currency = form.currency.parse().map_err(|_| Problem::field("/currency", "invalid_value", "must be an ISO 4217 code such as VND"))?;
    let (validity, prices) = form.prices.read(today(&app, &actor).await?)?;
    let prices = prices.ok_or_else(|| Problem::field("/prices/csv", "missing", "a list has prices"))?;
    let head = Head { name: form.name, segment: form.segment, companies: form.company_ids, archived: false };
    let mut tx = app.directory.begin(&actor).await?;
    let list = lists::create(&mut tx, permit, head, currency, &validity, &prices).await?;
    tx.commit().await?;
    Ok(answer(StatusCode::CREATED, list.version, ListView::from(list)))
}

/// One price list.
#[utoipa::path(get, path = "/price-lists/{id}", tag = "prices", params(("id" = String, Path)), responses((status = 200, description = "the list", body = ListView, headers(("ETag" = String))), Guarded, Absent))]
pub async fn get(State(app): State<App>, Allowed { actor, .. }: Allowed<ReadPrices>, Path(id): Path<PriceListId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let list = lists::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    Ok(answer(StatusCode::OK, list.version, ListView::from(list)))
}

/// The fields of a list; one left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PriceListChange)]
pub struct ChangeForm {
    name: Option<String>,
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<String>)]
    segment: Option<Option<String>>,
    #[schema(value_type = Option<Vec<String>>)]
    company_ids: Option<Vec<CompanyId>>,
    archived: Option<bool>,
}

/// Says for whom a list is, or that it counts no more.
#[utoipa::path(patch, path = "/price-lists/{id}", tag = "prices", params(("id" = String, Path), ("If-Match" = String, Header, description = "the ETag seen")), request_body = ChangeForm,
    responses((status = 200, description = "the list", body = ListView, headers(("ETag" = String))), (status = 412, description = "the list was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written, Absent, Conflicting))]
pub async fn change(State(app): State<App>, Allowed { actor, permit }: Allowed<ManagePrices>, headers: HeaderMap, Path(id): Path<PriceListId>, Json(form): Json<ChangeForm>) -> Result<Response, Problem> {
    let seen = seen_version(&headers)?;
    let ChangeForm { name, segment, company_ids, archived } = form;
    let mut tx = app.directory.begin(&actor).await?;
    let list = lists::change(&mut tx, permit, id, seen, |head| {
        head.name = name.unwrap_or_else(|| std::mem::take(&mut head.name));
        head.segment = segment.unwrap_or_else(|| head.segment.take());
        head.companies = company_ids.unwrap_or_else(|| std::mem::take(&mut head.companies));
        head.archived = archived.unwrap_or(head.archived);
    })
    .await?;
    tx.commit().await?;
    Ok(answer(StatusCode::OK, list.version, ListView::from(list)))
}

#[derive(Serialize, ToSchema)]
pub struct VersionList {
    data: Vec<VersionView>,
}

/// The versions of a list, newest first.
#[utoipa::path(get, path = "/price-lists/{id}/versions", tag = "prices", params(("id" = String, Path)), responses((status = 200, description = "at most 200 versions", body = VersionList), Guarded, Absent))]
pub async fn versions(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadPrices>, Path(id): Path<PriceListId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    lists::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let versions = lists::versions(&mut tx, permit, id).await?;
    Ok(axum::Json(VersionList { data: versions.into_iter().map(VersionView::from).collect() }).into_response())
}

/// Makes the next version of a list's prices. Quotes and orders keep the version they were priced by.
#[utoipa::path(post, path = "/price-lists/{id}/versions", tag = "prices", params(("id" = String, Path), ("If-Match" = String, Header, description = "the list's ETag")), request_body = VersionForm,
    responses((status = 201, description = "the list", body = ListView, headers(("ETag" = String))), (status = 412, description = "the list was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written, Absent, Conflicting))]
pub async fn renew(State(app): State<App>, Allowed { actor, permit }: Allowed<ManagePrices>, headers: HeaderMap, Path(id): Path<PriceListId>, Json(form): Json<VersionForm>) -> Result<Response, Problem> {
    let seen = seen_version(&headers)?;
    let (validity, prices) = form.read(today(&app, &actor).await?)?;
    let mut tx = app.directory.begin(&actor).await?;
    let list = lists::renew(&mut tx, permit, id, seen, &validity, prices.as_ref()).await?;
    tx.commit().await?;
    Ok(answer(StatusCode::CREATED, list.version, ListView::from(list)))
}

#[derive(Serialize, ToSchema)]
#[schema(as = ListPrice)]
pub struct PriceView {
    sku: String,
    name: Option<String>,
    min_quantity: String,
    price: String,
    /// With `prices:manage` or `prices:approve` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    floor: Option<String>,
    /// With `prices:margin` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    margin_percent: Option<String>,
}

fn price(actor: &Actor, (sku, b): (String, Break), tax: (bool, Option<Decimal>)) -> PriceView {
    let sees = actor.may::<SeeMargins>().is_ok();
    PriceView {
        margin_percent: margin_percent(b.price, b.cost, tax.0, tax.1).filter(|_| sees).map(decimal),
        cost: b.cost.filter(|_| sees).map(decimal),
        sku,
        name: b.name,
        min_quantity: decimal(b.min_quantity),
        price: decimal(b.price),
        floor: b.floor.filter(|_| sees_floors(actor)).map(decimal),
    }
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct PriceQuery {
    /// The newest when left out.
    version: Option<i32>,
    /// A part of the SKU or name.
    text: Option<String>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// The prices of one version, by SKU and quantity.
#[utoipa::path(get, path = "/price-lists/{id}/prices", tag = "prices", params(("id" = String, Path), PriceQuery), responses((status = 200, description = "one page", body = List<PriceView>), Guarded, Absent))]
pub async fn prices(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadPrices>, Path(id): Path<PriceListId>, OriginalUri(uri): OriginalUri, Query(query): Query<PriceQuery>) -> Result<Response, Problem> {
    let limit = page::limit(query.limit)?;
    if query.text.as_deref().is_some_and(|t| t.chars().count() > 100 || t.contains('\0')) {
        return Err(Problem::field("query:text", "invalid_value", "at most 100 characters"));
    }
    let scope = Scope { list: "prices", tenant: actor.tenant };
    let after: Option<(String, Decimal)> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    let list = lists::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let tax = (list.newest.tax_included, list.newest.tax_rate);
    let found = lists::prices(&mut tx, permit, id, query.version, query.text.as_deref(), after, limit).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(|row| price(&actor, row, tax)).collect(), found.next)
}
