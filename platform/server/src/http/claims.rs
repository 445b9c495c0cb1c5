//! Vouchers, points, store credit and money on account over HTTP: making them, what is left, what moved, their end.

use super::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path, Query},
    once,
    orders::{
        read::{etag, seen_version},
        views::{MoneyView, decimal, money},
    },
    page::{self, List, Scope},
    problem::{Problem, ProblemBody},
};
use crate::app::App;
use axum::{
    Extension,
    extract::{OriginalUri, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{ClaimId, Decimal, OrderId};
use serde::{Deserialize, Serialize};
use switchyard_core::finance::claims::{
    Kind, end,
    issue::{self, NewClaim},
    list::{self, Filter, Movement, Row},
    points,
    program::{self, Program},
};
use tenants::{
    Actor, Caller, Permit, RightSet, TenantTx,
    rights::{CloseFinance, PostFinance, ReadFinance, Right, TenderOrders},
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(page_of))
        .routes(routes!(get))
        .routes(routes!(sums))
        .routes(routes!(sell_voucher))
        .routes(routes!(give_credit))
        .routes(routes!(join))
        .routes(routes!(earn))
        .routes(routes!(end_claim))
        .routes(routes!(get_program, set_program))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Claim)]
struct ClaimView {
    id: String,
    /// `voucher`, `points`, `store_credit`, `on_account`
    kind: String,
    /// The `account` of the tender that pays with it; the id does as well.
    code: String,
    holder: Option<String>,
    company_id: Option<String>,
    /// As the books carry it.
    balance: MoneyView,
    /// What it pays.
    face: MoneyView,
    /// How many points that are.
    points: Option<String>,
    #[schema(value_type = Option<String>, format = Date)]
    expires_on: Option<NaiveDate>,
    created_at: DateTime<Utc>,
    created_by: String,
}

fn view(row: Row) -> ClaimView {
    ClaimView {
        points: row.unit_value.map(|value| decimal((row.face / value).normalize())),
        balance: money(row.balance, &row.currency),
        face: money(row.face, &row.currency),
        id: row.id.to_string(),
        kind: row.kind,
        code: row.code,
        holder: row.holder,
        company_id: row.company.map(|id| id.to_string()),
        expires_on: row.expires_on,
        created_at: row.created_at,
        created_by: row.created_by,
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ClaimMovement)]
struct MovementView {
    entry_id: String,
    kind: String,
    carrying: MoneyView,
    face: MoneyView,
    order_id: Option<String>,
    order_number: Option<i64>,
    at: DateTime<Utc>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct ClaimDetail {
    #[serde(flatten)]
    claim: ClaimView,
    /// At most 500, newest first.
    movements: Vec<MovementView>,
}

#[derive(Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct ClaimQuery {
    /// `voucher`, `points`, `store_credit`, `on_account`
    kind: Option<String>,
    /// A part of the code or the holder's name.
    text: Option<String>,
    /// Only those with something left.
    with_balance: Option<bool>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// What customers hold against us, newest first.
#[utoipa::path(get, path = "/claims", tag = "claims", params(ClaimQuery), responses((status = 200, description = "one page", body = List<ClaimView>), Guarded))]
async fn page_of(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, OriginalUri(uri): OriginalUri, Query(query): Query<ClaimQuery>) -> Result<Response, Problem> {
    let wrong = |name: &str, detail: &str| Problem::field(format!("query:{name}"), "invalid_value", detail);
    let kind = match query.kind.as_deref() {
        None => None,
        Some(word) => Some(Kind::of_word(word).ok_or_else(|| wrong("kind", "must be voucher, points, store_credit or on_account"))?),
    };
    if query.text.as_ref().is_some_and(|text| text.chars().count() > 100 || text.contains('\0')) {
        return Err(wrong("text", "must have at most 100 characters"));
    }
    let limit = page::limit(query.limit)?;
    let scope = Scope { list: "claims", tenant: actor.tenant };
    let before: Option<(DateTime<Utc>, ClaimId)> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let filter = Filter { id: None, kind, text: query.text.filter(|text| !text.trim().is_empty()), with_balance: query.with_balance.unwrap_or(false) };
    let mut tx = app.directory.begin(&actor).await?;
    let found = list::page(&mut tx, permit, &filter, before, limit).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(view).collect(), found.next)
}

async fn detail(tx: &mut TenantTx, permit: Permit<ReadFinance>, id: ClaimId) -> Result<ClaimDetail, Problem> {
    let row = list::get(tx, permit, id).await?.ok_or_else(Problem::not_found)?;
    let currency = row.currency.clone();
    let movements = list::movements(tx, permit, id).await?.into_iter().map(|m: Movement| MovementView {
        entry_id: m.entry.to_string(),
        kind: m.kind,
        carrying: money(m.carrying, &currency),
        face: money(m.face, &currency),
        order_id: m.order.map(|id| id.to_string()),
        order_number: m.order_number,
        at: m.at,
    });
    Ok(ClaimDetail { movements: movements.collect(), claim: view(row) })
}

/// One claim with what moved it.
#[utoipa::path(get, path = "/claims/{id}", tag = "claims", params(("id" = String, Path)), responses((status = 200, description = "the claim", body = ClaimDetail), Guarded, Absent))]
async fn get(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, Path(id): Path<ClaimId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    Ok(axum::Json(detail(&mut tx, permit, id).await?).into_response())
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ClaimSum)]
struct SumView {
    kind: &'static str,
    /// With something left.
    claims: i64,
    balance: MoneyView,
    face: MoneyView,
    /// The liability in the books; what a channel keeps itself and names no claim is in it too.
    ledger: MoneyView,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ClaimSums)]
struct SumList {
    data: Vec<SumView>,
}

/// What all claims come to, beside the books.
#[utoipa::path(get, path = "/claim-sums", tag = "claims", responses((status = 200, description = "by kind and currency", body = SumList), Guarded))]
async fn sums(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let data = list::sums(&mut tx, permit).await?.into_iter().map(|sum| SumView {
        kind: sum.kind.word(),
        claims: sum.claims,
        balance: money(sum.balance, &sum.currency),
        face: money(sum.face, &sum.currency),
        ledger: money(sum.ledger, &sum.currency),
    });
    Ok(axum::Json(SumList { data: data.collect() }).into_response())
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewClaim)]
struct ClaimForm {
    /// Made up when left out.
    code: Option<String>,
    holder: Option<String>,
    amount: String,
    currency: Option<String>,
    #[schema(value_type = Option<String>, format = Date)]
    expires_on: Option<NaiveDate>,
    /// Of a voucher: where the money for it came in, such as `cash:main`, `bank` or a drawer `cash:drw_…`.
    received_in: Option<String>,
    reason: String,
}

impl ClaimForm {
    fn read(&self, caller: &Caller) -> Result<NewClaim, Problem> {
        Ok(NewClaim {
            code: self.code.clone(),
            holder: self.holder.clone(),
            currency: once::currency(caller, self.currency.as_deref())?,
            amount: once::amount("/amount", &self.amount)?,
            expires_on: self.expires_on,
            received_in: self.received_in.as_deref().map(|text| once::account("/received_in", text)).transpose()?,
            reason: self.reason.clone(),
        })
    }
}

/// Sells a voucher.
#[utoipa::path(post, path = "/claims/vouchers", tag = "claims", params(("Idempotency-Key" = Option<String>, Header)), request_body = ClaimForm, responses((status = 201, description = "the voucher", body = ClaimDetail), Guarded, Written, Conflicting))]
async fn sell_voucher(State(app): State<App>, Allowed { actor, permit }: Allowed<TenderOrders>, Extension(caller): Extension<Caller>, request: Request) -> Result<Response, Problem> {
    let (form, key) = once::read::<ClaimForm>(request, &app, &actor, "POST /claims/vouchers").await?;
    let new = form.read(&caller)?;
    let mut tx = app.directory.begin(&actor).await?;
    let done = async {
        let id = issue::sell_voucher(&mut tx, permit, &new).await?;
        made(&mut tx, id).await
    }
    .await;
    once::finish(&app, &actor, tx, key, StatusCode::CREATED, done).await
}

/// Whoever made it sees it, also without the right to see the books.
async fn made(tx: &mut TenantTx, id: ClaimId) -> Result<ClaimDetail, Problem> {
    let reader = Actor::system(tx.tenant_id(), "claims", RightSet::from_iter([Right::ReadFinance]));
    detail(tx, reader.may::<ReadFinance>()?, id).await
}

/// Gives store credit as a kindness; what returns give goes through refunds.
#[utoipa::path(post, path = "/claims/credits", tag = "claims", params(("Idempotency-Key" = Option<String>, Header)), request_body = ClaimForm, responses((status = 201, description = "the credit", body = ClaimDetail), Guarded, Written, Conflicting))]
async fn give_credit(State(app): State<App>, Allowed { actor, permit }: Allowed<PostFinance>, Extension(caller): Extension<Caller>, request: Request) -> Result<Response, Problem> {
    let (form, key) = once::read::<ClaimForm>(request, &app, &actor, "POST /claims/credits").await?;
    let new = form.read(&caller)?;
    let mut tx = app.directory.begin(&actor).await?;
    let done = async {
        let id = issue::give_credit(&mut tx, permit, &new).await?;
        made(&mut tx, id).await
    }
    .await;
    once::finish(&app, &actor, tx, key, StatusCode::CREATED, done).await
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewMember)]
struct MemberForm {
    /// A card or phone number.
    code: String,
    holder: Option<String>,
}

/// Makes an account of points for a member.
#[utoipa::path(post, path = "/claims/members", tag = "claims", request_body = MemberForm, responses((status = 201, description = "the member's points", body = ClaimDetail), Guarded, Written, Conflicting))]
async fn join(State(app): State<App>, Allowed { actor, permit }: Allowed<TenderOrders>, Json(form): Json<MemberForm>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let id = points::join(&mut tx, permit, &form.code, form.holder.as_deref()).await?;
    let view = made(&mut tx, id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, axum::Json(view)).into_response())
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EarnPoints)]
struct EarnForm {
    order_id: String,
}

/// Gives a member the points of an order, once.
#[utoipa::path(post, path = "/claims/{id}/earn", tag = "claims", params(("id" = String, Path)), request_body = EarnForm, responses((status = 201, description = "the member's points", body = ClaimDetail), Guarded, Written, Absent, Conflicting))]
async fn earn(State(app): State<App>, Allowed { actor, permit }: Allowed<TenderOrders>, Path(id): Path<ClaimId>, Json(form): Json<EarnForm>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    made(&mut tx, id).await?;
    let order: OrderId = form.order_id.parse().map_err(|_| Problem::field("/order_id", "invalid_value", "must be the id of an order"))?;
    points::earn(&mut tx, permit, id, order).await?;
    let view = made(&mut tx, id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, axum::Json(view)).into_response())
}

#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = EndClaim)]
struct EndForm {
    /// Why it ends before its last day.
    reason: Option<String>,
}

/// Ends what is left on a claim: it has expired, or for a reason.
#[utoipa::path(post, path = "/claims/{id}/end", tag = "claims", params(("id" = String, Path)), request_body = EndForm, responses((status = 200, description = "the claim", body = ClaimDetail), Guarded, Written, Absent, Conflicting))]
async fn end_claim(State(app): State<App>, Allowed { actor, permit }: Allowed<PostFinance>, Path(id): Path<ClaimId>, Json(form): Json<EndForm>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    end::end(&mut tx, permit, id, form.reason.as_deref()).await?;
    let view = made(&mut tx, id).await?;
    tx.commit().await?;
    Ok(axum::Json(view).into_response())
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = LoyaltyProgram)]
struct ProgramView {
    /// 0: there is none yet.
    version: i32,
    currency: Option<String>,
    point_value: Option<MoneyView>,
    spend_per_point: Option<MoneyView>,
    redeemed_percent: Option<String>,
    valid_days: Option<i32>,
    set_at: Option<DateTime<Utc>>,
    set_by: Option<String>,
}

fn program_view(program: Option<Program>) -> Response {
    let version = program.as_ref().map_or(0, |program| program.version);
    let sum = |of: fn(&Program) -> Decimal| program.as_ref().map(|program| money(of(program), program.currency.code()));
    let view = ProgramView {
        version,
        currency: program.as_ref().map(|program| program.currency.code().to_owned()),
        point_value: sum(|program| program.point_value),
        spend_per_point: sum(|program| program.spend_per_point),
        redeemed_percent: program.as_ref().map(|program| program.redeemed_percent.to_string()),
        valid_days: program.as_ref().and_then(|program| program.valid_days),
        set_at: program.as_ref().map(|program| program.set_at),
        set_by: program.as_ref().map(|program| program.set_by.clone()),
    };
    ([(header::ETAG, etag(version.into()))], axum::Json(view)).into_response()
}

/// What points are worth and how they are earned.
#[utoipa::path(get, path = "/loyalty-program", tag = "claims", responses((status = 200, description = "the program", body = ProgramView, headers(("ETag" = String))), Guarded))]
async fn get_program(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    Ok(program_view(program::get(&mut tx, permit).await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLoyaltyProgram)]
struct ProgramForm {
    currency: Option<String>,
    /// What one point pays.
    point_value: String,
    /// Spent for one point, net of tax.
    spend_per_point: String,
    /// Of a hundred points, how many will be redeemed.
    redeemed_percent: String,
    valid_days: Option<i32>,
}

/// Sets the program, for points earned from now on.
#[utoipa::path(put, path = "/loyalty-program", tag = "claims", params(("If-Match" = String, Header, description = "the ETag seen")), request_body = ProgramForm,
    responses((status = 200, description = "the program", body = ProgramView, headers(("ETag" = String))), (status = 412, description = "it was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written))]
async fn set_program(State(app): State<App>, Allowed { actor, permit }: Allowed<CloseFinance>, Extension(caller): Extension<Caller>, headers: HeaderMap, Json(form): Json<ProgramForm>) -> Result<Response, Problem> {
    let seen = seen_version(&headers)?;
    let wanted = Program {
        version: 0,
        currency: once::currency(&caller, form.currency.as_deref())?,
        point_value: once::amount("/point_value", &form.point_value)?,
        spend_per_point: once::amount("/spend_per_point", &form.spend_per_point)?,
        redeemed_percent: once::amount("/redeemed_percent", &form.redeemed_percent)?,
        valid_days: form.valid_days,
        set_at: Utc::now(),
        set_by: String::new(),
    };
    let mut tx = app.directory.begin(&actor).await?;
    let program = program::set(&mut tx, permit, i32::try_from(seen).unwrap_or(-1), wanted).await?;
    tx.commit().await?;
    Ok(program_view(Some(program)))
}
