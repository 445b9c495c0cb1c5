//! A shop's REST API: a key's two halves as user and password, pages of at most 100, their number in headers.

use super::{order, refund};
use crate::{
    endpoints::Call,
    sale::Sale,
    shop::{Channel, Path, Shop},
};
use axum::{
    http::{HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{NaiveDateTime, Utc};
use serde_json::{Value, json};

pub(crate) const API: &str = "/wp-json/wc/v3/";
const PAGE_MAX: i64 = 100;
const PAGE_USUAL: i64 = 10;

fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    (status, axum::Json(json!({"code": code, "message": message, "data": {"status": status.as_u16()}}))).into_response()
}

pub(crate) fn answer(call: &Call<'_>, shops: &[Shop], sales: &[Sale]) -> Response {
    let host = call.header("host").split(':').next().unwrap_or_default().to_owned();
    let found = shops.iter().enumerate().find_map(|(index, one)| match &one.path {
        Path::Hook { channel: Channel::Woo, shop, app, access_token, .. } if *shop == host => Some((index, app, access_token)),
        _ => None,
    });
    let Some((index, key, secret)) = found else { return refuse(StatusCode::NOT_FOUND, "rest_no_route", "No route was found matching the URL and request method.") };
    let basic = format!("Basic {}", STANDARD.encode(format!("{key}:{secret}")));
    if call.header("authorization") != basic {
        return refuse(StatusCode::UNAUTHORIZED, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.");
    }
    let mine: Vec<&Sale> = sales.iter().filter(|sale| sale.shop == index && sale.placed_at <= call.now).collect();
    let rest = call.path.split_once(API).map_or("", |(_, rest)| rest);
    let parts: Vec<&str> = rest.split('/').collect();
    let named = |id: &str| mine.iter().find(|sale| sale.id == id).copied();
    let unknown = || refuse(StatusCode::NOT_FOUND, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.");
    match parts.as_slice() {
        ["orders"] => listed(call, &mine, &host),
        ["orders", id] => named(id).map_or_else(unknown, |sale| axum::Json(order(sale, &host)).into_response()),
        ["orders", id, "refunds"] => named(id).map_or_else(unknown, |sale| axum::Json(refund(sale, &host).into_iter().collect::<Vec<Value>>()).into_response()),
        _ => refuse(StatusCode::NOT_FOUND, "rest_no_route", "No route was found matching the URL and request method."),
    }
}

/// Bounds are exclusive, and GMT where that is asked for.
fn listed(call: &Call<'_>, mine: &[&Sale], host: &str) -> Response {
    let invalid = |name: &str| refuse(StatusCode::BAD_REQUEST, "rest_invalid_param", &format!("Invalid parameter(s): {name}"));
    let size = if call.query("per_page").is_empty() { PAGE_USUAL } else { call.number("per_page") };
    if !(1..=PAGE_MAX).contains(&size) {
        return invalid("per_page");
    }
    let page = if call.query("page").is_empty() { 1 } else { call.number("page") };
    if page < 1 {
        return invalid("page");
    }
    let at = |name: &str| NaiveDateTime::parse_from_str(call.query(name), "%Y-%m-%dT%H:%M:%S").ok().map(|at| at.and_utc());
    let (after, before) = (at("modified_after"), at("modified_before"));
    if [("modified_after", after), ("modified_before", before)].iter().any(|(name, at)| !call.query(name).is_empty() && at.is_none()) {
        return invalid("modified_after");
    }
    if (after.is_some() || before.is_some()) && call.query("dates_are_gmt") != "true" {
        // The shop's own clock would be meant, which no connector knows.
        return invalid("dates_are_gmt");
    }
    let include: Vec<&str> = call.query("include").split(',').filter(|id| !id.is_empty()).collect();
    let second = |sale: &Sale| sale.updated_at.timestamp();
    let bound = |at: Option<chrono::DateTime<Utc>>| at.map(|at| at.timestamp());
    let mut hits: Vec<&Sale> = mine
        .iter()
        .copied()
        .filter(|sale| include.is_empty() || include.contains(&sale.id.as_str()))
        .filter(|sale| bound(after).is_none_or(|after| second(sale) > after) && bound(before).is_none_or(|before| second(sale) < before))
        .collect();
    hits.sort_by_key(|sale| if call.query("orderby") == "modified" { second(sale) } else { sale.placed_at.timestamp() });
    if call.query("order") != "asc" {
        hits.reverse();
    }
    let (total, pages) = (hits.len() as i64, (hits.len() as i64 + size - 1) / size);
    let shown: Vec<Value> = hits.into_iter().skip(((page - 1) * size) as usize).take(size as usize).map(|sale| order(sale, host)).collect();
    let mut response = axum::Json(shown).into_response();
    response.headers_mut().insert("x-wp-total", HeaderValue::from(total));
    response.headers_mut().insert("x-wp-totalpages", HeaderValue::from(pages));
    response
}
