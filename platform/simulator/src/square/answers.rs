//! Square's interface, as far as connectors call it: orders, refunds, payments, payouts, stock and tokens.

use super::*;
use crate::{
    World,
    endpoints::{Answer, Call},
    shop::{Channel, Path},
};
use axum::http::{Method, StatusCode};
use std::collections::BTreeMap;

const RETRIEVED_MAX: usize = 100;
const SEARCHED_MAX: usize = 1_000;
const LISTED_MAX: usize = 100;

fn fail(status: StatusCode, code: &str, detail: &str) -> Answer {
    (status, json!({"errors": [{"category": "INVALID_REQUEST_ERROR", "code": code, "detail": detail}]}), None)
}

fn good(body: Value) -> Answer {
    (StatusCode::OK, body, None)
}

/// A list, or nothing at all where it is empty, as Square does; with a cursor to the rest.
fn page(name: &str, all: Vec<Value>, limit: usize, cursor: &str) -> Answer {
    let skip: usize = cursor.strip_prefix("at-").and_then(|at| at.parse().ok()).unwrap_or(0);
    let total = all.len();
    let part: Vec<Value> = all.into_iter().skip(skip).take(limit).collect();
    let mut body = if part.is_empty() { json!({}) } else { json!({name: part}) };
    if skip + limit < total {
        body["cursor"] = json!(format!("at-{}", skip + limit));
    }
    good(body)
}

pub(crate) fn answer(call: &Call<'_>, world: &mut World) -> Answer {
    let wish: Value = serde_json::from_slice(call.body).unwrap_or_default();
    if call.path == "/oauth2/token" {
        return token(&wish, world);
    }
    let bearer = call.header("authorization").strip_prefix("Bearer ").unwrap_or_default().to_owned();
    let found = world.shops.iter().enumerate().find_map(|(index, one)| match &one.path {
        Path::Hook { channel: Channel::Square, shop, access_token, .. } if *access_token == bearer => Some((index, shop.clone(), one.currency.clone())),
        _ => None,
    });
    let Some((index, shop, currency)) = found else { return fail(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "This request could not be authorized.") };
    if call.header("square-version").is_empty() {
        return fail(StatusCode::BAD_REQUEST, "BAD_REQUEST", "Square-Version is missing");
    }
    let parts: Vec<&str> = call.path.trim_start_matches("/v2/").split('/').collect();
    if let (&Method::PUT, ["orders", id]) = (call.method, parts.as_slice()) {
        return update(call, world, index, &shop, id, &wish);
    }
    let mine: Vec<&Sale> = world.sales().iter().filter(|sale| sale.shop == index && sale.placed_at <= call.now).collect();
    let orders = || mine.iter().flat_map(|sale| [Some(order(sale, &shop)), refund_order(sale, &shop)]).flatten();
    let refunds = || mine.iter().filter_map(|sale| refund(sale, &shop));
    let paid = || mine.iter().flat_map(|sale| payments(sale).into_iter().map(|(id, kind, amount)| payment(sale, &shop, &id, kind, amount)).collect::<Vec<_>>());
    let within = |at: &Value, from: &str, to: &str| at.as_str().is_some_and(|at| (from.is_empty() || later(at, from)) && (to.is_empty() || later(to, at)));
    match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["locations"]) => good(json!({"locations": [{"id": location(&shop), "status": "ACTIVE", "currency": currency}]})),
        ("POST", ["orders", "batch-retrieve"]) => {
            let wanted: Vec<&str> = wish["order_ids"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            if wanted.is_empty() || wanted.len() > RETRIEVED_MAX {
                return fail(StatusCode::BAD_REQUEST, "INVALID_VALUE", "order_ids takes 1 to 100");
            }
            page("orders", orders().filter(|order| wanted.iter().any(|id| order["id"] == **id)).collect(), RETRIEVED_MAX, "")
        }
        ("POST", ["orders", "search"]) => {
            let (window, sort) = (&wish["query"]["filter"]["date_time_filter"]["updated_at"], &wish["query"]["sort"]["sort_field"]);
            if wish["location_ids"].as_array().is_none_or(|ids| ids.is_empty() || ids.len() > 10) || (window.is_object() && sort != "UPDATED_AT") {
                return fail(StatusCode::BAD_REQUEST, "BAD_REQUEST", "1 to 10 locations, and a sort by what is filtered");
            }
            let text = |key: &str| window[key].as_str().unwrap_or_default();
            let mut hits: Vec<Value> = orders().filter(|order| within(&order["updated_at"], text("start_at"), text("end_at"))).collect();
            hits.retain(|order| wish["location_ids"].as_array().is_some_and(|ids| ids.contains(&order["location_id"])));
            hits.sort_by_key(|order| order["updated_at"].as_str().unwrap_or_default().to_owned());
            let limit = wish["limit"].as_u64().unwrap_or(500).clamp(1, SEARCHED_MAX as u64) as usize;
            page("orders", hits, limit, wish["cursor"].as_str().unwrap_or_default())
        }
        ("GET", ["orders", id]) => one("order", orders().find(|order| order["id"] == **id)),
        ("GET", ["refunds", id]) => one("refund", refunds().find(|refund| refund["id"] == **id)),
        ("GET", ["refunds"]) => {
            let hits = refunds().filter(|refund| within(&refund["updated_at"], call.query("updated_at_begin_time"), call.query("updated_at_end_time")));
            page("refunds", hits.collect(), limit(call), call.query("cursor"))
        }
        ("GET", ["payments", id]) => one("payment", paid().find(|payment| payment["id"] == **id)),
        ("GET", ["payments"]) => {
            let mut hits: Vec<Value> = paid().filter(|payment| within(&payment["created_at"], call.query("begin_time"), call.query("end_time"))).collect();
            hits.sort_by_key(|payment| payment["created_at"].as_str().unwrap_or_default().to_owned());
            if call.query("sort_order") != "ASC" {
                hits.reverse();
            }
            page("payments", hits, limit(call), call.query("cursor"))
        }
        ("GET", ["payouts", rest @ ..]) => payouts(call, &mine, &shop, &currency, rest),
        ("POST", ["inventory", "changes", "batch-create"]) => stock(&wish),
        _ => fail(StatusCode::NOT_FOUND, "NOT_FOUND", "Resource not found."),
    }
}

fn later(at: &str, than: &str) -> bool {
    let read = |text: &str| DateTime::parse_from_rfc3339(text).ok();
    read(at).zip(read(than)).is_some_and(|(at, than)| at >= than)
}

fn limit(call: &Call<'_>) -> usize {
    match call.number("limit") {
        0 => LISTED_MAX,
        limit => (limit.max(1) as usize).min(LISTED_MAX),
    }
}

fn one(name: &str, found: Option<Value>) -> Answer {
    found.map_or_else(|| fail(StatusCode::NOT_FOUND, "NOT_FOUND", &format!("{name} not found")), |object| good(json!({name: object})))
}

/// A day's card payments, less its refunds, the next morning.
fn payouts(call: &Call<'_>, mine: &[&Sale], shop: &str, currency: &str, rest: &[&str]) -> Answer {
    let mut days: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for sale in mine {
        for entry in entries(sale) {
            days.entry(format!("po_{}", entry.5.format("%Y%m%d"))).or_default().push(entry);
        }
    }
    let morning = |id: &str| chrono::NaiveDate::parse_from_str(id.trim_start_matches("po_"), "%Y%m%d").ok().and_then(|day| day.succ_opt()).and_then(|day| day.and_hms_opt(3, 0, 0)).map(|at| at.and_utc());
    days.retain(|id, _| morning(id).is_some_and(|at| at <= call.now));
    let told = |id: &str, entries: &Vec<(&'static str, String, Option<String>, Decimal, Decimal, DateTime<Utc>)>| {
        let net: Decimal = entries.iter().map(|entry| entry.3 - entry.4).sum();
        payout(id, shop, morning(id).unwrap_or(call.now), net, currency)
    };
    match rest {
        [] => {
            let within = |payout: &Value| {
                let at = payout["created_at"].as_str().unwrap_or_default();
                (call.query("begin_time").is_empty() || later(at, call.query("begin_time"))) && (call.query("end_time").is_empty() || later(call.query("end_time"), at))
            };
            page("payouts", days.iter().map(|(id, entries)| told(id, entries)).filter(within).collect(), limit(call), call.query("cursor"))
        }
        [id] => one("payout", days.get(*id).map(|entries| told(id, entries))),
        [id, "payout-entries"] => {
            let all = days.get(*id).into_iter().flatten().enumerate().map(|(index, told)| entry(id, index, told, currency)).collect();
            page("payout_entries", all, limit(call), call.query("cursor"))
        }
        _ => fail(StatusCode::NOT_FOUND, "NOT_FOUND", "Resource not found."),
    }
}

/// Moves a fulfilment on, or calls an order off; only on the version that is current.
fn update(call: &Call<'_>, world: &mut World, index: usize, shop: &str, id: &str, wish: &Value) -> Answer {
    let Some(sale) = world.sale_mut(index, id) else { return fail(StatusCode::NOT_FOUND, "NOT_FOUND", "Order not found") };
    if wish["order"]["version"].as_u64() != Some(version(sale) as u64) {
        return fail(StatusCode::CONFLICT, "VERSION_MISMATCH", "the order has changed");
    }
    if wish["idempotency_key"].as_str().is_none_or(str::is_empty) {
        return fail(StatusCode::BAD_REQUEST, "MISSING_REQUIRED_PARAMETER", "idempotency_key");
    }
    let moved = &wish["order"]["fulfillments"][0];
    match (wish["order"]["state"].as_str(), moved["state"].as_str()) {
        (Some("CANCELED"), _) if sale.past.paid.is_none() => sale.take(Step::Cancelled, call.now),
        (Some("CANCELED"), _) => return fail(StatusCode::BAD_REQUEST, "BAD_REQUEST", "a paid order is not canceled"),
        (_, Some("PREPARED")) => sale.take(Step::Packed, call.now),
        (_, Some("COMPLETED")) => {
            if let Some(tracking) = moved["shipment_details"]["tracking_number"].as_str() {
                sale.tracking = tracking.to_owned();
            }
            sale.take(Step::Shipped, call.now);
        }
        _ => return fail(StatusCode::BAD_REQUEST, "BAD_REQUEST", "nothing to change"),
    }
    good(json!({"order": order(sale, shop)}))
}

/// Takes counts of variations it knows; one it does not know refuses the batch.
fn stock(wish: &Value) -> Answer {
    let changes = wish["changes"].as_array().cloned().unwrap_or_default();
    if changes.is_empty() || changes.len() > RETRIEVED_MAX {
        return fail(StatusCode::BAD_REQUEST, "INVALID_VALUE", "changes takes 1 to 100");
    }
    let strange = changes.iter().find(|change| !change["physical_count"]["catalog_object_id"].as_str().unwrap_or_default().starts_with("VAR"));
    match strange {
        Some(_) => fail(StatusCode::BAD_REQUEST, "NOT_FOUND", "catalog object not found"),
        None => good(json!({"counts": changes.iter().map(|change| change["physical_count"].clone()).collect::<Vec<_>>()})),
    }
}

/// Trades a code or a refresh token for the shop's access token.
fn token(wish: &Value, world: &World) -> Answer {
    let found = world.shops.iter().find_map(|one| match &one.path {
        Path::Hook { channel: Channel::Square, shop, app, secret, access_token, .. } if wish["client_id"] == app.as_str() && wish["client_secret"] == secret.as_str() => Some((shop, access_token)),
        _ => None,
    });
    let Some((shop, token)) = found else { return fail(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "client authentication failed") };
    let refresh = format!("refresh of {shop}");
    let known = match wish["grant_type"].as_str() {
        Some("authorization_code") => wish["code"] == format!("code of {shop}").as_str(),
        Some("refresh_token") => wish["refresh_token"] == refresh.as_str(),
        _ => false,
    };
    if !known {
        return fail(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "the grant is not valid");
    }
    good(json!({"access_token": token, "token_type": "bearer", "merchant_id": shop, "refresh_token": refresh, "short_lived": false}))
}
