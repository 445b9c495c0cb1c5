//! Square's interface, as far as connectors call it: orders, refunds, payments, payouts, stock and tokens.

use super::*;
use crate::{
    World,
    endpoints::{Answer, Call, sent_on},
    shop::{Channel, Path},
};
use axum::http::{Method, StatusCode};
use chrono::Duration;
use std::collections::BTreeMap;

const RETRIEVED_MAX: usize = 100;
const SEARCHED_MAX: usize = 1_000;
const LISTED_MAX: usize = 100;
const TOKEN_DAYS: i64 = 30;

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
        return token(call, &wish, world);
    }
    if call.path == "/oauth2/authorize" {
        let found = world.shops.iter().position(|one| matches!(&one.path, Path::Hook { channel: Channel::Square, app, .. } if app == call.query("client_id")));
        let Some(index) = found else { return fail(StatusCode::NOT_FOUND, "NOT_FOUND", "no such application") };
        let code = world.keys(index).code(call.now);
        let registered = if call.query("redirect_uri").is_empty() { world.registered.clone() } else { call.query("redirect_uri").to_owned() };
        return sent_on(&registered, &[("code", code.as_str()), ("response_type", "code"), ("state", call.query("state"))]);
    }
    let bearer = call.header("authorization").strip_prefix("Bearer ").unwrap_or_default().to_owned();
    let found = world.holder(Channel::Square, &bearer, call.now).and_then(|index| match &world.shops[index].path {
        Path::Hook { shop, .. } => Some((index, shop.clone(), world.shops[index].currency.clone())),
        Path::Direct { .. } => None,
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
        ("POST", ["inventory", "changes", "batch-create"]) => stock(&wish, world, index),
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
    let Some(sale) = world.sale(index, id) else { return fail(StatusCode::NOT_FOUND, "NOT_FOUND", "Order not found") };
    if wish["order"]["version"].as_u64() != Some(version(sale) as u64) {
        return fail(StatusCode::CONFLICT, "VERSION_MISMATCH", "the order has changed");
    }
    if wish["idempotency_key"].as_str().is_none_or(str::is_empty) {
        return fail(StatusCode::BAD_REQUEST, "MISSING_REQUIRED_PARAMETER", "idempotency_key");
    }
    let moved = &wish["order"]["fulfillments"][0];
    let (step, tracking) = match (wish["order"]["state"].as_str(), moved["state"].as_str()) {
        (Some("CANCELED"), _) if sale.past.paid.is_none() => (Step::Cancelled, None),
        (Some("CANCELED"), _) => return fail(StatusCode::BAD_REQUEST, "BAD_REQUEST", "a paid order is not canceled"),
        _ if sale.past.cancelled.is_some() => return fail(StatusCode::BAD_REQUEST, "BAD_REQUEST", "the order is canceled"),
        (_, Some("PREPARED")) => (Step::Packed, None),
        (_, Some("COMPLETED")) => (Step::Shipped, moved["shipment_details"]["tracking_number"].as_str()),
        _ => return fail(StatusCode::BAD_REQUEST, "BAD_REQUEST", "nothing to change"),
    };
    world.act(index, id, step, tracking, call.now);
    one("order", world.sale(index, id).map(|sale| order(sale, shop)))
}

/// Takes counts of variations it knows; one it does not know refuses the batch.
fn stock(wish: &Value, world: &mut World, index: usize) -> Answer {
    let changes = wish["changes"].as_array().cloned().unwrap_or_default();
    if changes.is_empty() || changes.len() > RETRIEVED_MAX {
        return fail(StatusCode::BAD_REQUEST, "INVALID_VALUE", "changes takes 1 to 100");
    }
    let strange = changes.iter().find(|change| !change["physical_count"]["catalog_object_id"].as_str().unwrap_or_default().starts_with("VAR"));
    if strange.is_some() {
        return fail(StatusCode::BAD_REQUEST, "NOT_FOUND", "catalog object not found");
    }
    for change in &changes {
        let count = &change["physical_count"];
        let units = count["quantity"].as_str().and_then(|units| units.parse().ok()).unwrap_or_default();
        world.stock_is(index, count["catalog_object_id"].as_str().unwrap_or_default(), units);
    }
    good(json!({"counts": changes.iter().map(|change| change["physical_count"].clone()).collect::<Vec<_>>()}))
}

/// Trades a code or a refresh token for the shop's access token. A refresh token of the code flow stays as it is.
fn token(call: &Call<'_>, wish: &Value, world: &mut World) -> Answer {
    let found = world.shops.iter().enumerate().find_map(|(index, one)| match &one.path {
        Path::Hook { channel: Channel::Square, shop, app, secret, .. } if wish["client_id"] == app.as_str() && wish["client_secret"] == secret.as_str() => Some((index, shop.clone())),
        _ => None,
    });
    let Some((index, shop)) = found else { return fail(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "client authentication failed") };
    let (keys, usual) = (world.keys(index), Duration::days(TOKEN_DAYS));
    let text = |name: &str| wish[name].as_str().unwrap_or_default();
    let given = match text("grant_type") {
        "authorization_code" => keys.trade_code(text("code"), usual, call.now),
        "refresh_token" => keys.trade_again(text("refresh_token"), usual, call.now),
        _ => None,
    };
    let Some(given) = given else { return fail(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "the grant is not valid") };
    good(json!({"access_token": given.access, "token_type": "bearer", "expires_at": instant(call.now + given.lives), "merchant_id": shop, "refresh_token": given.refresh, "short_lived": false}))
}
