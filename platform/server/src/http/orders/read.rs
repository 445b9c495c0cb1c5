//! Reading orders: the list, its counts, one order, its story and its raw payloads.

use super::views::{self, MoneyView, OrderView, RowView};
use crate::app::App;
use crate::http::{
    answers::{Absent, Guarded},
    auth::{Acting, Allowed},
    body::{Path, Query},
    page::{self, List, Scope},
    problem::Problem,
};
use axum::{
    extract::{OriginalUri, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use kernel::{OrderId, money::parse_decimal};
use serde::{Deserialize, Serialize};
use switchyard_core::{
    channels::inbox,
    customers,
    orders::{
        detail::{self, Moment},
        fact::ShipmentState,
        list::{self, After, Filter, Sort, TEXT_CHARS_MAX},
    },
};
use tenants::{
    Actor, TenantTx,
    rights::{EditOrders, HoldOrders, PostFinance, ReadOrders, ReleaseOrders, TenderOrders},
};

/// Raw messages one order shows at most.
const RAW_MAX: i64 = 50;
/// Words one filter takes at most.
const WORDS_MAX: usize = 20;

/// What to list. Repeatable ones join with "or", different ones with "and".
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct OrderQuery {
    /// Kind of channel.
    channel: Vec<String>,
    /// A channel account.
    account: Option<String>,
    /// `b2b` or `b2c`
    segment: Option<String>,
    payment: Vec<String>,
    delivery: Vec<String>,
    invoice: Vec<String>,
    /// A hold type, or `any`.
    hold: Option<String>,
    source: Option<String>,
    staff: Option<String>,
    branch: Option<String>,
    /// Payment method.
    tender: Option<String>,
    placed_from: Option<DateTime<Utc>>,
    /// Exclusive.
    placed_to: Option<DateTime<Utc>>,
    /// Decimal text.
    total_min: Option<String>,
    /// Decimal text.
    total_max: Option<String>,
    currency: Option<String>,
    returned: Option<bool>,
    tag: Option<String>,
    /// Test orders instead of real ones.
    test: Option<bool>,
    /// Number, phone, name, SKU or tracking number.
    text: Option<String>,
    /// The company that buys.
    company: Option<String>,
    confirmed: Option<bool>,
    /// Copies of other orders only, or none of them.
    copy: Option<bool>,
    /// Whose they are.
    customer: Option<String>,
    /// `-placed_at` (default) or `placed_at`
    sort: Option<String>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

impl OrderQuery {
    fn filter(&self) -> Result<Filter, Problem> {
        let wrong = |name: &str, detail: &str| Problem::field(format!("query:{name}"), "invalid_value", detail);
        let decimal = |name: &str, text: &Option<String>| text.as_deref().map(|t| parse_decimal(t).map_err(|e| wrong(name, &e.to_string()))).transpose();
        let texts = [&self.source, &self.staff, &self.branch, &self.tender, &self.currency, &self.tag, &self.text, &self.hold];
        let words = [&self.channel, &self.payment, &self.delivery, &self.invoice];
        let all = texts.into_iter().flatten().chain(words.into_iter().flatten());
        if all.into_iter().any(|text| text.chars().count() > TEXT_CHARS_MAX || text.contains('\0')) {
            return Err(wrong("text", "a filter has at most 100 characters"));
        }
        if words.into_iter().any(|list| list.len() > WORDS_MAX) {
            return Err(wrong("channel", "a filter is repeated at most 20 times"));
        }
        if self.segment.as_deref().is_some_and(|s| !matches!(s, "b2b" | "b2c")) {
            return Err(wrong("segment", "must be b2b or b2c"));
        }
        Ok(Filter {
            channels: self.channel.iter().map(|k| k.parse().map_err(|e: switchyard_core::orders::source::UnknownChannelKind| wrong("channel", &e.to_string()))).collect::<Result<_, _>>()?,
            account: self.account.as_deref().map(|id| id.parse().map_err(|_| wrong("account", "must be the id of a channel account"))).transpose()?,
            segment: self.segment.clone(),
            payment: self.payment.clone(),
            delivery: self.delivery.clone(),
            invoice: self.invoice.clone(),
            hold: self.hold.clone(),
            source: self.source.clone(),
            staff: self.staff.clone(),
            branch: self.branch.clone(),
            tender: self.tender.clone(),
            placed_from: in_range("placed_from", self.placed_from)?,
            placed_to: in_range("placed_to", self.placed_to)?,
            total_min: decimal("total_min", &self.total_min)?,
            total_max: decimal("total_max", &self.total_max)?,
            currency: self.currency.clone(),
            returned: self.returned,
            tag: self.tag.clone(),
            test: self.test.unwrap_or(false),
            text: self.text.clone(),
            company: self.company.as_deref().map(|id| id.parse().map_err(|_| wrong("company", "must be the id of a company"))).transpose()?,
            confirmed: self.confirmed,
            copy: self.copy,
            customer: None,
        })
    }
    /// The filter with the identities of the customer it names.
    async fn filter_in(&self, tx: &mut TenantTx) -> Result<Filter, Problem> {
        let mut filter = self.filter()?;
        if let Some(customer) = &self.customer {
            let id = customer.parse().map_err(|_| Problem::field("query:customer", "invalid_value", "must be the id of a customer"))?;
            filter.customer = Some(customers::list::identities(tx, id).await?);
        }
        Ok(filter)
    }
    fn sort(&self) -> Result<Sort, Problem> {
        match self.sort.as_deref() {
            None | Some("-placed_at") => Ok(Sort::NewestFirst),
            Some("placed_at") => Ok(Sort::OldestFirst),
            Some(_) => Err(Problem::field("query:sort", "invalid_value", "must be -placed_at or placed_at")),
        }
    }
}

/// The database's calendar is narrower than chrono's.
pub fn in_range(name: &str, at: Option<DateTime<Utc>>) -> Result<Option<DateTime<Utc>>, Problem> {
    let sane = at.is_none_or(|at| (1900..3000).contains(&chrono::Datelike::year(&at)));
    if sane { Ok(at) } else { Err(Problem::field(format!("query:{name}"), "invalid_value", "must be an instant between 1900 and 3000")) }
}

/// The list of orders.
#[utoipa::path(get, path = "/orders", tag = "orders", params(OrderQuery), responses((status = 200, description = "one page", body = List<RowView>), Guarded))]
pub async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadOrders>, OriginalUri(uri): OriginalUri, Query(query): Query<OrderQuery>) -> Result<Response, Problem> {
    let (sort, limit) = (query.sort()?, page::limit(query.limit)?);
    let scope = Scope { list: if sort == Sort::NewestFirst { "orders" } else { "orders-oldest" }, tenant: actor.tenant };
    let after: Option<(DateTime<Utc>, OrderId)> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    let filter = query.filter_in(&mut tx).await?;
    let found = list::page(&mut tx, permit, &filter, sort, after.map(|(placed_at, id)| After { placed_at, id }), limit).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(RowView::from).collect(), found.next.map(|after| (after.placed_at, after.id)))
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct CurrencySum {
    currency: String,
    total: MoneyView,
    outstanding: MoneyView,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct CountsView {
    total: i64,
    /// False: counting stopped at 10,000, the rest of this answer is of the newest 10,000.
    total_is_exact: bool,
    sums: Vec<CurrencySum>,
    by_payment: std::collections::BTreeMap<String, i64>,
    by_delivery: std::collections::BTreeMap<String, i64>,
    /// `b2b` and `b2c`
    by_segment: std::collections::BTreeMap<String, i64>,
    by_invoice: std::collections::BTreeMap<String, i64>,
    held: i64,
    by_channel: std::collections::BTreeMap<String, i64>,
}

/// How many orders the filters find and what they come to.
#[utoipa::path(get, path = "/orders/counts", tag = "orders", params(OrderQuery), responses((status = 200, description = "counts", body = CountsView), Guarded))]
pub async fn counts(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadOrders>, Query(query): Query<OrderQuery>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let filter = query.filter_in(&mut tx).await?;
    let counts = list::counts(&mut tx, permit, &filter).await?;
    let sum = |(currency, total, outstanding): (String, _, _)| CurrencySum { total: views::money(total, &currency), outstanding: views::money(outstanding, &currency), currency };
    let view = CountsView {
        total: counts.total,
        total_is_exact: counts.total_is_exact,
        sums: counts.sums.into_iter().map(sum).collect(),
        by_payment: counts.by_payment.into_iter().collect(),
        by_delivery: counts.by_delivery.into_iter().collect(),
        by_segment: counts.by_segment.into_iter().collect(),
        by_invoice: counts.by_invoice.into_iter().collect(),
        held: counts.held,
        by_channel: counts.by_channel.into_iter().collect(),
    };
    Ok(axum::Json(view).into_response())
}

/// What the actor may do with an order.
pub fn actions(actor: &Actor, order: &detail::Order) -> Vec<&'static str> {
    let standing = |kind: Option<&str>| order.holds.iter().any(|h| h.state == "placed" && kind.is_none_or(|kind| h.r#type == kind));
    let direct = order.row.channel_kind.parse().is_ok_and(switchyard_core::orders::ChannelKind::is_direct);
    let left = order.state.shipments.values().any(|s| s.state.has_left() && s.state != ShipmentState::Returned);
    let may = [
        ("hold", actor.may::<HoldOrders>().is_ok() && !standing(Some("manual"))),
        ("release", actor.may::<ReleaseOrders>().is_ok() && standing(None)),
        ("edit", actor.may::<EditOrders>().is_ok()),
        ("tender", direct && actor.may::<TenderOrders>().is_ok()),
        ("refund", direct && actor.may::<PostFinance>().is_ok() && order.projection.tendered > order.projection.refunded),
        ("ship", direct && actor.may::<EditOrders>().is_ok() && !order.state.is_cancelled()),
        // Its channel makes the packages: it is asked to.
        ("ask_ship", order.carries.ship && actor.may::<EditOrders>().is_ok() && !order.state.is_cancelled() && !left),
        ("ask_pack", order.carries.pack && actor.may::<EditOrders>().is_ok() && !order.state.is_cancelled() && !left),
        ("change", direct && actor.may::<EditOrders>().is_ok() && order.projection.described && !order.state.is_cancelled()),
        ("call_off", (direct || order.carries.cancel) && actor.may::<EditOrders>().is_ok() && !order.state.is_cancelled() && !left),
        ("take_back", direct && actor.may::<EditOrders>().is_ok() && left),
    ];
    may.into_iter().filter(|(_, may)| *may).map(|(action, _)| action).collect()
}

/// An order as an answer with its version as `ETag`.
pub fn answer(status: StatusCode, actor: &Actor, order: detail::Order) -> Response {
    let etag = etag(order.row.version);
    let actions = actions(actor, &order);
    let mut response = (status, axum::Json(views::order(order, actions))).into_response();
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// The version `If-Match` names. 428 without one: an edit says what it saw.
pub fn seen_version(headers: &HeaderMap) -> Result<i64, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, "if_match_missing", "send If-Match with the ETag you saw"));
    };
    let version = value.to_str().ok().and_then(|text| text.trim().trim_start_matches("W/").strip_prefix('"')?.strip_suffix('"')?.parse().ok());
    version.ok_or_else(|| Problem::new(StatusCode::PRECONDITION_FAILED, "stale", "If-Match is not an ETag of this order"))
}

/// One order with everything known of it.
#[utoipa::path(get, path = "/orders/{id}", tag = "orders", params(("id" = String, Path, description = "`ord_…`")), responses((status = 200, description = "the order", body = OrderView, headers(("ETag" = String))), Guarded, Absent))]
pub async fn get(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadOrders>, Path(id): Path<OrderId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let order = detail::get(&mut tx, permit, id).await?;
    Ok(answer(StatusCode::OK, &actor, order))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = TimelineEntry)]
pub struct MomentView {
    id: String,
    at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    /// A fact's kind, or `held`, `hold_released`.
    kind: String,
    actor: String,
    cause: String,
    summary: String,
    body: serde_json::Value,
}

impl From<Moment> for MomentView {
    fn from(moment: Moment) -> Self {
        let Moment { id, at, recorded_at, kind, actor, cause, summary, body } = moment;
        Self { id: id.simple().to_string(), at, recorded_at, kind: kind.to_owned(), actor, cause, summary, body }
    }
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct TimelineQuery {
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// Everything that happened to an order, newest first.
#[utoipa::path(get, path = "/orders/{id}/timeline", tag = "orders", params(("id" = String, Path), TimelineQuery), responses((status = 200, description = "one page", body = List<MomentView>), Guarded, Absent))]
pub async fn timeline(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadOrders>, OriginalUri(uri): OriginalUri, Path(id): Path<OrderId>, Query(query): Query<TimelineQuery>) -> Result<Response, Problem> {
    let limit = usize::try_from(page::limit(query.limit)?.rows()).unwrap_or(1);
    let scope = Scope { list: "timeline", tenant: actor.tenant };
    let after: Option<(DateTime<Utc>, DateTime<Utc>, uuid::Uuid, String)> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    let moments = detail::timeline(&mut tx, permit, id).await?;
    let key = |m: &Moment| (m.at, m.recorded_at, m.id, m.kind.to_owned());
    let mut rest: Vec<Moment> = moments.into_iter().filter(|m| after.as_ref().is_none_or(|after| key(m) < *after)).collect();
    let more = rest.len() > limit;
    rest.truncate(limit);
    let next = if more { rest.last().map(key) } else { None };
    page::answer(&app, scope, &uri, rest.into_iter().map(MomentView::from).collect(), next)
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RawMessage)]
pub struct RawView {
    inbox_id: String,
    received_at: DateTime<Utc>,
    origin: String,
    message_key: String,
    headers: serde_json::Value,
    content_type: Option<String>,
    /// As text; base64 when the bytes are not UTF-8.
    body: String,
    body_is_base64: bool,
}

/// `[["name", "value"], …]`: the content type among the headers kept.
pub fn content_type(headers: &serde_json::Value) -> Option<String> {
    headers.as_array()?.iter().find_map(|pair| pair[0].as_str()?.eq_ignore_ascii_case("content-type").then(|| pair[1].as_str().map(str::to_owned))?)
}

/// Bytes for people: text where they are text.
pub fn readable(body: Vec<u8>) -> (String, bool) {
    match String::from_utf8(body) {
        Ok(text) => (text, false),
        Err(error) => (STANDARD.encode(error.into_bytes()), true),
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct RawList {
    data: Vec<RawView>,
}

/// The channel's own messages that told of an order, newest first.
#[utoipa::path(get, path = "/orders/{id}/raw", tag = "orders", params(("id" = String, Path)), responses((status = 200, description = "at most 50 messages", body = RawList), Guarded, Absent))]
pub async fn raw(State(app): State<App>, acting: Acting, Path(id): Path<OrderId>) -> Result<Response, Problem> {
    acting.may::<ReadOrders>()?;
    let mut tx = app.directory.begin(&acting).await?;
    list::row(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let messages = inbox::of_order(&mut tx, id, RAW_MAX).await?;
    let data = messages.into_iter().map(|m| {
        let (content_type, (body, body_is_base64)) = (content_type(&m.headers), readable(m.body));
        RawView { inbox_id: m.id.to_string(), received_at: m.received_at, origin: m.origin, message_key: m.key, headers: m.headers, content_type, body, body_is_base64 }
    });
    Ok(axum::Json(RawList { data: data.collect() }).into_response())
}
