//! Companies over HTTP: terms, limits, exposure.

use super::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path, Query},
    orders::{
        read::{etag, seen_version},
        views::{MoneyView, decimal, money},
    },
    page::{self, List, Scope},
    problem::{Problem, ProblemBody},
};
use crate::{app::App, flows::judging};
use axum::{
    extract::{OriginalUri, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{CompanyId, Money, OrderId, money::parse_decimal};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use switchyard_core::{
    credit::exposure::{self, Exposure},
    orders::{list, reviews},
    parties::{
        companies::{self, Company, CompanyError, Draft, Filter},
        deposit::CompanyDeposit,
        terms::{DueFrom, Terms},
    },
};
use tenants::{
    Actor,
    rights::{ManageCompanies, ReadCompanies, ReadOrders},
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// Orders a company shows at most.
const ORDERS_SHOWN_MAX: u16 = 50;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, edit))
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct NamedCompany {
    #[schema(value_type = String)]
    pub id: CompanyId,
    pub name: String,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Company)]
struct CompanyView {
    #[schema(value_type = String)]
    id: CompanyId,
    name: String,
    tax_code: Option<String>,
    parent: Option<NamedCompany>,
    /// `{kind: net|end_of_month|instalments, …}`
    terms: Value,
    due_from: &'static str,
    /// Null: no credit is given.
    credit_limit: Option<MoneyView>,
    /// What its orders are asked for ahead.
    deposit: Option<DepositView>,
    status: String,
    since: NaiveDate,
    note: Option<String>,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CompanyDeposit)]
struct DepositView {
    percent: String,
    /// Days after the order; null: before it is confirmed.
    days: Option<i32>,
}

impl From<Company> for CompanyView {
    fn from(c: Company) -> Self {
        Self {
            id: c.id,
            name: c.name,
            tax_code: c.tax_code,
            parent: c.parent.zip(c.parent_name).map(|(id, name)| NamedCompany { id, name }),
            terms: serde_json::to_value(&c.terms).unwrap_or_default(),
            due_from: c.due_from.word(),
            credit_limit: c.credit_limit.map(|(amount, currency)| money(amount, currency.code())),
            deposit: c.deposit.map(|d| DepositView { percent: decimal(d.percent), days: d.days }),
            status: c.status,
            since: c.since,
            note: c.note,
            version: c.version,
            created_at: c.created_at,
            updated_at: c.updated_at,
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
struct CompanyRow {
    #[serde(flatten)]
    company: CompanyView,
    /// What is open, in the limit's currency; null when it is in several.
    exposure: Option<MoneyView>,
    overdue: Option<MoneyView>,
    held_orders: i64,
}

#[derive(Serialize, utoipa::ToSchema)]
struct CompanyDetail {
    #[serde(flatten)]
    company: CompanyView,
    exposure: ExposureView,
    members: Vec<NamedCompany>,
    /// The newest 50 that are not paid or not delivered.
    open_orders: Vec<OpenOrder>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct OpenOrder {
    #[schema(value_type = String)]
    id: OrderId,
    number: i64,
    placed_at: DateTime<Utc>,
    currency: String,
    total: MoneyView,
    outstanding: MoneyView,
    due_on: Option<NaiveDate>,
    delivery_track: String,
    payment_track: String,
    holds: Vec<String>,
    confirmed_at: Option<DateTime<Utc>>,
}

/// What is open beside the limit, as decimal texts.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Exposure)]
pub struct ExposureView {
    limit: Option<MoneyView>,
    limit_of: NamedCompany,
    /// Null without a limit, or with something open in another currency.
    available: Option<MoneyView>,
    by_currency: Vec<OpenView>,
    #[schema(no_recursion)]
    group: Option<Box<ExposureView>>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ExposureIn)]
struct OpenView {
    currency: String,
    open_ar: String,
    unbilled_shipped: String,
    confirmed_unshipped: String,
    this_order: String,
    deposits: String,
    unapplied_credits: String,
    total: String,
    overdue: String,
    overdue_days: u32,
}

impl ExposureView {
    pub fn of(exposure: &Exposure) -> Self {
        let code = exposure.limit.map(|(_, currency)| currency.code());
        Self {
            limit: exposure.limit.map(|(amount, currency)| money(amount, currency.code())),
            limit_of: NamedCompany { id: exposure.company, name: exposure.name.clone() },
            available: exposure.available().zip(code).map(|(amount, code)| money(amount, code)),
            by_currency: exposure
                .by_currency
                .iter()
                .map(|(currency, open)| OpenView {
                    currency: currency.clone(),
                    open_ar: decimal(open.open_ar),
                    unbilled_shipped: decimal(open.unbilled_shipped),
                    confirmed_unshipped: decimal(open.confirmed_unshipped),
                    this_order: decimal(open.this_order),
                    deposits: decimal(open.deposits),
                    unapplied_credits: decimal(open.unapplied_credits),
                    total: decimal(open.total()),
                    overdue: decimal(open.overdue),
                    overdue_days: open.overdue_days,
                })
                .collect(),
            group: exposure.group.as_ref().map(|g| Box::new(Self::of(g))),
        }
    }
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct CompanyQuery {
    /// A part of the name or tax code.
    text: Option<String>,
    /// `active`, `blocked` or `closed`
    status: Option<String>,
    /// Members of this group.
    parent: Option<String>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// Companies by name, each with what it has open.
#[utoipa::path(get, path = "/companies", tag = "credit", params(CompanyQuery), responses((status = 200, description = "one page", body = List<CompanyRow>), Guarded))]
async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadCompanies>, OriginalUri(uri): OriginalUri, Query(query): Query<CompanyQuery>) -> Result<Response, Problem> {
    let limit = page::limit(query.limit)?;
    let wrong = |name: &str, detail: &str| Problem::field(format!("query:{name}"), "invalid_value", detail);
    if query.text.as_deref().is_some_and(|t| t.chars().count() > 100 || t.contains('\0')) {
        return Err(wrong("text", "at most 100 characters"));
    }
    if query.status.as_deref().is_some_and(|s| !companies::STATUSES.contains(&s)) {
        return Err(wrong("status", "must be active, blocked or closed"));
    }
    let parent = query.parent.as_deref().map(|id| id.parse().map_err(|_| wrong("parent", "must be the id of a company"))).transpose()?;
    let filter = Filter { text: query.text, status: query.status, parent };
    let scope = Scope { list: "companies", tenant: actor.tenant };
    let after: Option<(String, CompanyId)> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let today = today(&app, &actor).await?;
    let mut tx = app.directory.begin(&actor).await?;
    let found = companies::page(&mut tx, permit, &filter, after, limit).await?;
    let ids: Vec<uuid::Uuid> = found.rows.iter().map(|c| c.id.uuid()).collect();
    let mut open = exposure::open(&mut tx, &ids, None, today).await?;
    let held: BTreeMap<CompanyId, i64> = exposure::held(&mut tx, &ids).await?;
    let rows = found.rows.into_iter().map(|company| {
        let by_currency = open.remove(&company.id).unwrap_or_default();
        let code = match (company.credit_limit, by_currency.keys().collect::<Vec<_>>().as_slice()) {
            (Some((_, currency)), []) => Some(currency.code().to_owned()),
            (Some((_, currency)), [only]) if *only == currency.code() => Some((*only).clone()),
            (None, [only]) => Some((*only).clone()),
            _ => None,
        };
        let open = code.as_ref().map(|code| by_currency.get(code).cloned().unwrap_or_default());
        let sum = |of: fn(&exposure::Open) -> kernel::Decimal| open.as_ref().zip(code.as_deref()).map(|(open, code)| money(of(open), code));
        CompanyRow { exposure: sum(exposure::Open::total), overdue: sum(|o| o.overdue), held_orders: held.get(&company.id).copied().unwrap_or(0), company: company.into() }
    });
    page::answer(&app, scope, &uri, rows.collect(), found.next)
}

pub fn told<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct LimitForm {
    amount: String,
    currency: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCompanyDeposit)]
struct DepositForm {
    percent: String,
    days: Option<i32>,
}

/// The fields of a company; one left out stays as it is, null clears.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CompanyForm {
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<String>, max_length = 40)]
    tax_code: Option<Option<String>>,
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<String>)]
    parent_id: Option<Option<CompanyId>>,
    /// `{kind: net|end_of_month, days}` or `{kind: instalments, parts: [{percent, days}]}`
    #[schema(value_type = Option<Object>)]
    terms: Option<Terms>,
    /// `order`, `shipment`, `invoice`, `delivery`
    due_from: Option<String>,
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<LimitForm>)]
    credit_limit: Option<Option<LimitForm>>,
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<DepositForm>)]
    deposit: Option<Option<DepositForm>>,
    /// `active`, `blocked`, `closed`
    status: Option<String>,
    since: Option<NaiveDate>,
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<String>, max_length = 2000)]
    note: Option<Option<String>>,
}

impl CompanyForm {
    /// What it changes of a draft.
    fn read(self) -> Result<impl FnOnce(&mut Draft), Problem> {
        let limit = match self.credit_limit {
            None => None,
            Some(None) => Some(None),
            Some(Some(LimitForm { amount, currency })) => {
                let currency = currency.parse().map_err(|_| Problem::field("/credit_limit/currency", "invalid_value", "an ISO 4217 code such as VND or USD"))?;
                let money = Money::parse(&amount, currency).map_err(|e| Problem::field("/credit_limit/amount", "invalid_value", e.to_string()))?;
                Some(Some((money.amount, currency)))
            }
        };
        let deposit = match self.deposit {
            None => None,
            Some(None) => Some(None),
            Some(Some(DepositForm { percent, days })) => {
                let percent = parse_decimal(&percent).map_err(|e| Problem::field("/deposit/percent", "invalid_value", e.to_string()))?;
                Some(Some(CompanyDeposit { percent, days }))
            }
        };
        let due_from = match self.due_from.as_deref() {
            None => None,
            Some(word) => Some(DueFrom::from_word(word).ok_or_else(|| Problem::field("/due_from", "invalid_value", "must be order, shipment, invoice or delivery"))?),
        };
        Ok(move |draft: &mut Draft| {
            fn set<T>(place: &mut T, told: Option<T>) {
                if let Some(told) = told {
                    *place = told;
                }
            }
            set(&mut draft.name, self.name);
            set(&mut draft.tax_code, self.tax_code);
            set(&mut draft.parent, self.parent_id);
            set(&mut draft.terms, self.terms);
            set(&mut draft.due_from, due_from);
            set(&mut draft.credit_limit, limit);
            set(&mut draft.deposit, deposit);
            set(&mut draft.status, self.status);
            set(&mut draft.note, self.note);
            draft.since = self.since.or(draft.since);
        })
    }
}

pub fn answer<T: Serialize>(status: StatusCode, version: i64, view: T) -> Response {
    let mut response = (status, axum::Json(view)).into_response();
    if let Ok(value) = HeaderValue::from_str(&etag(version)) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

/// The day it is where the tenant is.
pub async fn today(app: &App, actor: &Actor) -> Result<NaiveDate, Problem> {
    Ok(Utc::now().with_timezone(&judging::zone(app, actor.tenant).await?).date_naive())
}

/// A new company.
#[utoipa::path(post, path = "/companies", tag = "credit", request_body = CompanyForm, responses((status = 201, description = "the company", body = CompanyView, headers(("ETag" = String))), Guarded, Written, Conflicting))]
async fn create(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageCompanies>, Json(form): Json<CompanyForm>) -> Result<Response, Problem> {
    if form.name.is_none() {
        return Err(Problem::field("/name", "missing", "a company has a name"));
    }
    let mut draft = Draft { name: String::new(), tax_code: None, parent: None, terms: Terms::default(), due_from: DueFrom::default(), credit_limit: None, deposit: None, status: "active".into(), since: Some(today(&app, &actor).await?), note: None };
    form.read()?(&mut draft);
    let mut tx = app.directory.begin(&actor).await?;
    let company = companies::create(&mut tx, permit, draft).await?;
    tx.commit().await?;
    Ok(answer(StatusCode::CREATED, company.version, CompanyView::from(company)))
}

async fn detail(app: &App, actor: &Actor, id: CompanyId) -> Result<Response, Problem> {
    let today = today(app, actor).await?;
    let mut tx = app.directory.begin(actor).await?;
    let company = companies::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let exposure = exposure::of(&mut tx, id, None, today).await?.ok_or_else(Problem::not_found)?;
    let head = company.parent.unwrap_or(id);
    let members = companies::members(&mut tx, head).await?.into_iter().map(|(id, name)| NamedCompany { id, name }).collect();
    // Whoever may not see orders sees what is open, not the orders.
    let open_orders = match actor.may::<ReadOrders>() {
        Ok(permit) => list::open_of(&mut tx, permit, id, ORDERS_SHOWN_MAX).await?,
        Err(_) => Vec::new(),
    };
    let open_orders = open_orders
        .into_iter()
        .map(|o| OpenOrder {
            id: o.id,
            number: o.number,
            placed_at: o.placed_at,
            total: money(o.total, &o.currency),
            outstanding: money(o.outstanding, &o.currency),
            currency: o.currency,
            due_on: o.due_on,
            delivery_track: o.delivery_track,
            payment_track: o.payment_track,
            holds: o.hold_types,
            confirmed_at: o.confirmed_at,
        })
        .collect();
    let version = company.version;
    Ok(answer(StatusCode::OK, version, CompanyDetail { company: company.into(), exposure: ExposureView::of(&exposure), members, open_orders }))
}

/// One company with what it has open and its open orders.
#[utoipa::path(get, path = "/companies/{id}", tag = "credit", params(("id" = String, Path)), responses((status = 200, description = "the company", body = CompanyDetail, headers(("ETag" = String))), Guarded, Absent))]
async fn get(State(app): State<App>, Allowed { actor, .. }: Allowed<ReadCompanies>, Path(id): Path<CompanyId>) -> Result<Response, Problem> {
    detail(&app, &actor, id).await
}

/// Changes a company under the version the person saw. Its group's held and open orders are judged again within seconds.
#[utoipa::path(patch, path = "/companies/{id}", tag = "credit", params(("id" = String, Path), ("If-Match" = String, Header, description = "the ETag seen")), request_body = CompanyForm,
    responses((status = 200, description = "the company", body = CompanyDetail, headers(("ETag" = String))), (status = 412, description = "the company was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written, Absent, Conflicting))]
async fn edit(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageCompanies>, headers: HeaderMap, Path(id): Path<CompanyId>, Json(form): Json<CompanyForm>) -> Result<Response, Problem> {
    let seen = seen_version(&headers)?;
    let change = form.read()?;
    let mut tx = app.directory.begin(&actor).await?;
    companies::change(&mut tx, permit, id, seen, change).await?;
    reviews::ask_group(&mut tx, id, "the company changed").await?;
    tx.commit().await?;
    app.judging.ring(actor.tenant);
    detail(&app, &actor, id).await
}

impl From<CompanyError> for Problem {
    fn from(error: CompanyError) -> Self {
        match error {
            CompanyError::Unknown => Self::not_found(),
            CompanyError::Field { field, wrong } => Self::field(format!("/{field}"), "invalid_value", wrong),
            CompanyError::Stale(_) => Self::new(StatusCode::PRECONDITION_FAILED, "stale", error.to_string()),
            CompanyError::TaxCodeTaken => Self::conflict("tax_code_taken", error.to_string()),
            CompanyError::ParentHasParent => Self::conflict("parent_has_parent", error.to_string()),
            CompanyError::HasMembers => Self::conflict("has_members", error.to_string()),
            CompanyError::TooMany => Self::conflict("too_many", error.to_string()),
            other => Self::internal(other),
        }
    }
}
