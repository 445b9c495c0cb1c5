//! Haravan's Omni interface, as far as connectors call it: orders and what is done with them, stock, tokens.

use super::*;
use crate::{
    World,
    endpoints::{Answer, Call, parse},
    shop::{Channel, Path},
};
use axum::http::StatusCode;

const PAGE_MAX: usize = 50;
const ADJUSTED_MAX: usize = 200;

fn fail(status: StatusCode, said: &str) -> Answer {
    (status, json!({"errors": said}), None)
}

fn good(body: Value) -> Answer {
    (StatusCode::OK, body, None)
}

/// A code or a refresh token for the shop's tokens.
pub(crate) fn token(call: &Call<'_>, world: &World) -> Answer {
    let form = parse(&String::from_utf8_lossy(call.body));
    let of = |name: &str| form.get(name).map_or("", String::as_str);
    let found = world.shops.iter().find_map(|one| match &one.path {
        Path::Hook { channel: Channel::Haravan, shop, app, secret, access_token, .. } if app == of("client_id") && secret == of("client_secret") => Some((shop, access_token)),
        _ => None,
    });
    let known = |shop: &str| match of("grant_type") {
        "authorization_code" => of("code") == format!("code of {shop}") && !of("redirect_uri").is_empty(),
        "refresh_token" => of("refresh_token") == format!("refresh of {shop}"),
        _ => false,
    };
    match found.filter(|(shop, _)| known(shop)) {
        Some((shop, token)) => good(json!({"access_token": token, "refresh_token": format!("refresh of {shop}"), "expires_in": 86_400, "token_type": "Bearer"})),
        None => (StatusCode::BAD_REQUEST, json!({"error": "invalid_grant"}), None),
    }
}

pub(crate) fn answer(call: &Call<'_>, world: &mut World) -> Answer {
    let bearer = call.header("authorization").strip_prefix("Bearer ").unwrap_or_default().to_owned();
    let found = world.shops.iter().position(|one| matches!(&one.path, Path::Hook { channel: Channel::Haravan, access_token, .. } if *access_token == bearer));
    let Some(index) = found else { return fail(StatusCode::UNAUTHORIZED, "Unauthorized") };
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
            if (1..=ADJUSTED_MAX).contains(&lines) && whole { good(json!({"inventory": wish["inventory"]})) } else { fail(StatusCode::UNPROCESSABLE_ENTITY, "line_items") }
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
    let skip = (call.number("page").max(1) as usize - 1) * limit;
    good(json!({"orders": hits.into_iter().skip(skip).take(limit).map(order).collect::<Vec<_>>()}))
}

fn change(call: &Call<'_>, world: &mut World, index: usize, id: &str, act: &str, wish: &Value) -> Answer {
    let Some(sale) = world.sale_mut(index, id) else { return fail(StatusCode::NOT_FOUND, "Not Found") };
    match act {
        "confirm" => good(json!({"order": order(sale)})),
        "cancel" if sale.past.shipped.is_none() => {
            sale.take(Step::Cancelled, call.now);
            good(json!({"order": order(sale)}))
        }
        "fulfillments" if sale.past.shipped.is_none() && sale.past.cancelled.is_none() => {
            if let Some(tracking) = wish["fulfillment"]["tracking_number"].as_str() {
                sale.tracking = tracking.to_owned();
            }
            sale.take(Step::Packed, call.now);
            good(json!({"fulfillment": fulfillment(sale)}))
        }
        _ => fail(StatusCode::UNPROCESSABLE_ENTITY, "the order does not allow it"),
    }
}
