//! Shops: what their marketplaces hold, how each order stands, what should be kept of a sale.

use super::views::{self, OrderView, ShopView};
use crate::app::App;
use crate::http::{
    answers::{Absent, Guarded, Written},
    auth::Allowed,
    body::{Json, Path, Query},
    page::{self, List, Scope},
    problem::Problem,
};
use axum::{
    extract::{OriginalUri, State},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::{ChannelAccountId, OrderId, money::parse_decimal};
use serde::{Deserialize, Serialize};
use switchyard_core::settlement::{
    import,
    rates::{self, Rate},
    shops,
};
use tenants::rights::{PostFinance, ReadFinance};
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
pub struct SettlementShopList {
    data: Vec<ShopView>,
}

/// The shops on marketplaces by name, one row for each currency.
#[utoipa::path(get, path = "/settlement/shops", tag = "settlement", responses((status = 200, description = "at most 500 rows", body = SettlementShopList), Guarded))]
pub async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let shops = shops::list(&mut tx, permit).await?;
    Ok(axum::Json(SettlementShopList { data: shops.into_iter().map(views::shop).collect() }).into_response())
}

#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct OrderQuery {
    /// `not_yet_released`, `matched`, `short_paid`, `over_paid` or `unknown_order`
    state: Option<String>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// The orders of a shop that its marketplace holds money of, paid out, or named: newest first.
#[utoipa::path(get, path = "/settlement/shops/{id}/orders", tag = "settlement", params(("id" = String, Path), OrderQuery), responses((status = 200, description = "one page", body = List<OrderView>), Guarded, Absent))]
pub async fn orders(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, Path(id): Path<ChannelAccountId>, OriginalUri(uri): OriginalUri, Query(query): Query<OrderQuery>) -> Result<Response, Problem> {
    let limit = page::limit(query.limit)?;
    if query.state.as_deref().is_some_and(|state| !shops::STATES.contains(&state)) {
        return Err(Problem::field("query:state", "invalid_value", format!("must be one of {}", shops::STATES.join(", "))));
    }
    let scope = Scope { list: "settlement-orders", tenant: actor.tenant };
    let before: Option<(DateTime<Utc>, OrderId)> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    import::shop(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let found = shops::orders(&mut tx, permit, id, query.state.as_deref(), before, limit).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(views::order).collect(), found.next)
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SettlementRate)]
pub struct RateForm {
    /// The account a fee is posted to, e.g. `mkt_commission`.
    kind: String,
    /// Decimal text, 0 to 100.
    percent: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SettlementRates)]
pub struct RateList {
    /// At most one for each kind.
    rates: Vec<RateForm>,
}

impl RateList {
    fn of(rates: Vec<Rate>) -> Self {
        Self { rates: rates.into_iter().map(|rate| RateForm { kind: rate.kind, percent: rate.percent.normalize().to_string() }).collect() }
    }
}

/// What the marketplace should keep of a sale.
#[utoipa::path(get, path = "/settlement/shops/{id}/rates", tag = "settlement", params(("id" = String, Path)), responses((status = 200, description = "the rates", body = RateList), Guarded, Absent))]
pub async fn rates(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, Path(id): Path<ChannelAccountId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    import::shop(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    Ok(axum::Json(RateList::of(rates::list(&mut tx, permit, id).await?)).into_response())
}

/// Replaces the rates of the shop.
#[utoipa::path(put, path = "/settlement/shops/{id}/rates", tag = "settlement", params(("id" = String, Path)), request_body = RateList, responses((status = 200, description = "the rates", body = RateList), Guarded, Written, Absent))]
pub async fn set_rates(State(app): State<App>, Allowed { actor, permit }: Allowed<PostFinance>, Path(id): Path<ChannelAccountId>, Json(form): Json<RateList>) -> Result<Response, Problem> {
    let read = actor.may::<ReadFinance>()?;
    let mut tx = app.directory.begin(&actor).await?;
    import::shop(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    if form.rates.len() > rates::KINDS.len() {
        return Err(Problem::field("/rates", "too_many", format!("may be {} at most: one for each kind", rates::KINDS.len())));
    }
    let mut wanted = Vec::new();
    for (index, rate) in form.rates.into_iter().enumerate() {
        let percent = parse_decimal(&rate.percent).map_err(|_| Problem::field(format!("/rates/{index}/percent"), "invalid_value", "must be decimal text from 0 to 100"))?;
        wanted.push(Rate { kind: rate.kind, percent });
    }
    rates::set(&mut tx, permit, id, &wanted).await?;
    let kept = rates::list(&mut tx, read, id).await?;
    tx.commit().await?;
    Ok(axum::Json(RateList::of(kept)).into_response())
}
