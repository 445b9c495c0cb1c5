//! Haravan's Omni interface, as far as connectors call it: orders and what is done with them, stock, tokens.

use super::*;
use crate::{
    World,
    endpoints::{Answer, Call, sent_on},
    shop::{Channel, Path},
};
use axum::http::StatusCode;
use chrono::Duration;

const PAGE_MAX: usize = 50;
const ADJUSTED_MAX: usize = 200;

fn fail(status: StatusCode, said: &str) -> Answer {
    (status, json!({"errors": said}), None)
}

fn good(body: Value) -> Answer {
    (StatusCode::OK, body, None)
}

/// A code or a refresh token for the shop's tokens; the page where a person lets an app in has the same beginning.
pub(crate) fn token(call: &Call<'_>, world: &mut World) -> Answer {
    let form = if call.path == "/connect/authorize" { call.query.clone() } else { call.form() };
    let of = |name: &str| form.get(name).map_or("", String::as_str);
    let index = world.shops.iter().position(|one| matches!(&one.path, Path::Hook { channel: Channel::Haravan, app, .. } if app == of("client_id")));
    let Some(index) = index else { return (StatusCode::BAD_REQUEST, json!({"error": "invalid_client"}), None) };
    if call.path == "/connect/authorize" {
        let code = world.keys(index).code(call.now);
        return sent_on(of("redirect_uri"), &[("code", code.as_str()), ("state", of("state"))]);
    }
    let knows = matches!(&world.shops[index].path, Path::Hook { secret, .. } if secret == of("client_secret"));
    let (keys, usual) = (world.keys(index), Duration::days(1));
    let given = match of("grant_type") {
        "authorization_code" if knows && !of("redirect_uri").is_empty() => keys.trade_code(of("code"), usual, call.now),
        "refresh_token" if knows => keys.trade_again(of("refresh_token"), usual, call.now),
        _ => None,
    };
    match given {
        Some(given) => good(json!({"access_token": given.access, "refresh_token": given.refresh, "expires_in": given.lives.num_seconds(), "token_type": "Bearer"})),
        None => (StatusCode::BAD_REQUEST, json!({"error": "invalid_grant"}), None),
    }
}

pub(crate) fn answer(call: &Call<'_>, world: &mut World) -> Answer {
    let bearer = call.header("authorization").strip_prefix("Bearer ").unwrap_or_default().to_owned();
    let Some(index) = world.holder(Channel::Haravan, &bearer, call.now) else { return fail(StatusCode::UNAUTHORIZED, "Unauthorized") };
    let wish: Value = serde_json::from_slice(call.body).unwrap_or_default();
    let parts: Vec<&str> = call.path.trim_start_matches("/com/").trim_end_matches(".json").split('/').collect();
    match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["orders"]) => orders(call, world, index),
        ("GET", ["orders", id]) => match world.sale(index, id) {
            Some(sale) => good(json!({"order": order(sale)})),
            None => fail(StatusCode::NOT_FOUND, "Not Found"),
        },
        ("POST", ["orders", id, act]) => change(call, world, index, id, act, &wish),
        ("POST", ["inventories", "adjustorset"]) => {
            let lines = wish["inventory"]["line_items"].as_array().map_or(0, Vec::len);
            let whole = wish["inventory"]["location_id"].is_u64() && wish["inventory"]["line_items"].as_array().is_some_and(|lines| lines.iter().all(|line| line["product_id"].is_u64() && line["product_variant_id"].is_u64()));
            if !(1..=ADJUSTED_MAX).contains(&lines) || !whole {
                return fail(StatusCode::UNPROCESSABLE_ENTITY, "line_items");
            }
            for line in wish["inventory"]["line_items"].as_array().into_iter().flatten() {
                world.stock_is(index, &line["product_variant_id"].to_string(), line["quantity"].as_i64().unwrap_or_default());
            }
            good(json!({"inventory": wish["inventory"]}))
        }
        ("GET", ["variants", id]) => match id.parse::<u64>() {
            Ok(number) => good(json!({"variant": {"id": number, "product_id": number / 10}})),
            Err(_) => fail(StatusCode::NOT_FOUND, "Not Found"),
        },
        _ => fail(StatusCode::NOT_FOUND, "Not Found"),
    }
}

/// By numbered pages, within a window of update times.
fn orders(call: &Call<'_>, world: &World, index: usize) -> Answer {
    let at = |name: &str| DateTime::parse_from_rfc3339(call.query(name)).ok();
    let (since, until, ids) = (at("updated_at_min"), at("updated_at_max"), call.query("ids"));
    let mut hits: Vec<&Sale> = world
        .sales()
        .iter()
        .filter(|sale| sale.shop == index && sale.placed_at <= call.now)
        .filter(|sale| since.is_none_or(|since| sale.updated_at >= since) && until.is_none_or(|until| sale.updated_at <= until))
        .filter(|sale| ids.is_empty() || ids.split(',').any(|id| id == sale.id))
        .collect();
    if call.query("order") == "updated_at asc" {
        hits.sort_by_key(|sale| sale.updated_at);
    }
    let limit = match call.number("limit") {
        0 => PAGE_MAX,
        limit => (limit.max(1) as usize).min(PAGE_MAX),
    };
    let skip = if call.repeats_pages { 0 } else { (call.number("page").max(1) as usize - 1) * limit };
    good(json!({"orders": hits.into_iter().skip(skip).take(limit).map(order).collect::<Vec<_>>()}))
}

fn change(call: &Call<'_>, world: &mut World, index: usize, id: &str, act: &str, wish: &Value) -> Answer {
    let Some(sale) = world.sale(index, id) else { return fail(StatusCode::NOT_FOUND, "Not Found") };
    let (step, tracking) = match act {
        "confirm" => return good(json!({"order": order(sale)})),
        "cancel" if sale.past.shipped.is_none() && sale.past.cancelled.is_none() => (Step::Cancelled, None),
        "fulfillments" if sale.past.packed.is_none() && sale.past.cancelled.is_none() => (Step::Packed, wish["fulfillment"]["tracking_number"].as_str()),
        _ => return fail(StatusCode::UNPROCESSABLE_ENTITY, "the order does not allow it"),
    };
    world.act(index, id, step, tracking, call.now);
    let Some(sale) = world.sale(index, id) else { return fail(StatusCode::NOT_FOUND, "Not Found") };
    if step == Step::Packed { good(json!({"fulfillment": fulfillment(sale)})) } else { good(json!({"order": order(sale)})) }
}
