//! A shop's REST API: a key's two halves as user and password, pages of at most 100, their number in headers; what is changed is
//! a status, a note, or a level of stock.

use super::{order, refund, status};
use crate::{
    World,
    endpoints::Call,
    sale::{Sale, Step},
    shop::{Channel, Path},
};
use axum::{
    http::{HeaderValue, Method, StatusCode},
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

pub(crate) fn answer(call: &Call<'_>, world: &mut World) -> Response {
    let host = call.host().to_owned();
    let found = world.shops.iter().enumerate().find_map(|(index, one)| match &one.path {
        Path::Hook { channel: Channel::Woo, shop, app, .. } if *shop == host => Some((index, app.clone())),
        _ => None,
    });
    let Some((index, key)) = found else { return refuse(StatusCode::NOT_FOUND, "rest_no_route", "No route was found matching the URL and request method.") };
    // The two halves of a key as user and password.
    let basic = call.header("authorization").strip_prefix("Basic ").and_then(|basic| STANDARD.decode(basic).ok()).and_then(|basic| String::from_utf8(basic).ok()).unwrap_or_default();
    let secret = basic.strip_prefix(&key).and_then(|rest| rest.strip_prefix(':')).unwrap_or_default();
    if secret.is_empty() || world.holder(Channel::Woo, secret, call.now) != Some(index) {
        return refuse(StatusCode::UNAUTHORIZED, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.");
    }
    let rest = call.path.split_once(API).map_or("", |(_, rest)| rest);
    let parts: Vec<&str> = rest.split('/').collect();
    let named = |id: &str| world.sale(index, id).filter(|sale| sale.placed_at <= call.now);
    let unknown = || refuse(StatusCode::NOT_FOUND, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.");
    match (call.method, parts.as_slice()) {
        (&Method::GET, ["orders"]) => {
            let mine: Vec<&Sale> = world.sales().iter().filter(|sale| sale.shop == index && sale.placed_at <= call.now).collect();
            listed(call, &mine, &host)
        }
        (&Method::GET, ["orders", id]) => named(id).map_or_else(unknown, |sale| axum::Json(order(sale, &host)).into_response()),
        (&Method::GET, ["orders", id, "refunds"]) => named(id).map_or_else(unknown, |sale| axum::Json(refund(sale, &host).into_iter().collect::<Vec<Value>>()).into_response()),
        (&Method::GET, ["orders", id, "notes"]) => named(id).map_or_else(unknown, |sale| {
            axum::Json(sale.notes.iter().enumerate().map(|(place, note)| json!({"id": place + 1, "note": note, "customer_note": true})).collect::<Vec<Value>>()).into_response()
        }),
        (&Method::POST, ["orders", id, "notes"]) => {
            let wish = call.wish();
            match (world.sale_mut(index, id), wish["note"].as_str()) {
                (None, _) => unknown(),
                (_, None) => refuse(StatusCode::BAD_REQUEST, "rest_missing_callback_param", "Missing parameter(s): note"),
                (Some(sale), Some(note)) => {
                    sale.notes.push(note.to_owned());
                    (StatusCode::CREATED, axum::Json(json!({"id": sale.notes.len(), "note": note, "customer_note": wish["customer_note"]}))).into_response()
                }
            }
        }
        (&Method::PUT, ["orders", id]) => change(call, world, index, id, &host),
        (&Method::POST, ["products", "batch"]) => stock(call, world, index, None),
        (&Method::POST, ["products", product, "variations", "batch"]) => stock(call, world, index, Some(product)),
        _ => refuse(StatusCode::NOT_FOUND, "rest_no_route", "No route was found matching the URL and request method."),
    }
}

/// A status is set, whichever it is; the shop itself forbids none.
fn change(call: &Call<'_>, world: &mut World, index: usize, id: &str, host: &str) -> Response {
    let unknown = || refuse(StatusCode::NOT_FOUND, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.");
    let Some(sale) = world.sale(index, id) else { return unknown() };
    let wish = call.wish();
    let step = match wish["status"].as_str() {
        Some("completed") => Step::Delivered,
        Some("cancelled") => Step::Cancelled,
        Some("processing") => Step::Paid,
        _ => return refuse(StatusCode::BAD_REQUEST, "rest_invalid_param", "Invalid parameter(s): status"),
    };
    if wish["status"] != status(sale) {
        world.act(index, id, step, None, call.now);
    }
    world.sale(index, id).map_or_else(unknown, |sale| axum::Json(order(sale, host)).into_response())
}

/// At most 100 of a call, each with its own outcome. A number that ends in 3 names nothing.
fn stock(call: &Call<'_>, world: &mut World, index: usize, product: Option<&str>) -> Response {
    let wish = call.wish();
    let asked = wish["update"].as_array().cloned().unwrap_or_default();
    if !(1..=PAGE_MAX as usize).contains(&asked.len()) {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "woocommerce_rest_request_entity_too_large", "Unable to accept more than 100 items for this request.");
    }
    let mut done = Vec::new();
    for one in asked {
        match (one["id"].as_u64().filter(|id| id % 10 != 3), one["stock_quantity"].as_i64()) {
            (Some(id), Some(units)) => {
                let listing = product.map_or_else(|| id.to_string(), |product| format!("{product}-{id}"));
                world.stock_is(index, &listing, units);
                done.push(json!({"id": id, "manage_stock": true, "stock_quantity": units}));
            }
            _ => done.push(json!({"id": one["id"], "error": {"code": "woocommerce_rest_product_invalid_id", "message": "Invalid ID.", "data": {"status": 400}}})),
        }
    }
    axum::Json(json!({"update": done})).into_response()
}

/// Bounds are exclusive, and GMT where that is asked for.
fn listed(call: &Call<'_>, mine: &[&Sale], host: &str) -> Response {
    let invalid = |name: &str| refuse(StatusCode::BAD_REQUEST, "rest_invalid_param", &format!("Invalid parameter(s): {name}"));
    let size = if call.query("per_page").is_empty() { PAGE_USUAL } else { call.number("per_page") };
    if !(1..=PAGE_MAX).contains(&size) {
        return invalid("per_page");
    }
    let page = if call.query("page").is_empty() || call.repeats_pages { 1 } else { call.number("page") };
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
