//! A shop's Admin API: REST for orders and fulfilments, GraphQL for stock, OAuth for letting an app in.

use super::*;
use crate::{
    World,
    endpoints::{Answer, Call, escaped, sent_on},
    sale::Step,
    shop::{Channel, Path},
    sign,
};
use axum::http::{Method, StatusCode};

const LIMIT_MAX: usize = 250;
const LOCATION: u64 = 655_441_491;

fn fail(status: StatusCode, errors: impl Into<Value>) -> Answer {
    (status, json!({"errors": errors.into()}), None)
}

fn good(status: StatusCode, body: Value) -> Answer {
    (status, body, None)
}

pub(crate) fn answer(call: &Call<'_>, world: &mut World) -> Answer {
    let found = world.shops.iter().enumerate().find_map(|(index, one)| match &one.path {
        Path::Hook { channel: Channel::Shopify, shop, app, secret, .. } if shop == call.host() => Some((index, shop.clone(), app.clone(), secret.clone())),
        _ => None,
    });
    let Some((index, shop, app, secret)) = found else { return fail(StatusCode::NOT_FOUND, "Not Found") };
    match call.path {
        "/admin/oauth/authorize" => {
            let code = world.keys(index).code(call.now);
            let pairs = [("code", code), ("shop", shop), ("state", call.query("state").to_owned()), ("timestamp", call.now.timestamp().to_string())];
            // What is sent back is signed, in order of its keys.
            let message: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}={}", escaped(value))).collect();
            let signature = sign::hex_of(&secret, &[message.join("&").as_bytes()]);
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(key, value)| (*key, value.as_str())).chain([("hmac", signature.as_str())]).collect();
            return sent_on(call.query("redirect_uri"), &pairs);
        }
        "/admin/oauth/access_token" => {
            let wish = call.wish();
            if wish["client_id"] != app.as_str() || wish["client_secret"] != secret.as_str() {
                return good(StatusCode::UNAUTHORIZED, json!({"error": "application_cannot_be_found"}));
            }
            // Tokens of an installed app do not end.
            return match world.keys(index).trade_code(wish["code"].as_str().unwrap_or_default(), chrono::Duration::days(36_500), call.now) {
                Some(given) => good(StatusCode::OK, json!({"access_token": given.access, "scope": "read_orders,write_orders"})),
                None => good(StatusCode::BAD_REQUEST, json!({"error": "invalid_request", "error_description": "The authorization code was not found or was already used"})),
            };
        }
        _ => {}
    }
    let token = call.header("x-shopify-access-token");
    if token.is_empty() || world.holder(Channel::Shopify, token, call.now) != Some(index) {
        return fail(StatusCode::UNAUTHORIZED, "[API] Invalid API key or access token (unrecognized login or wrong password)");
    }
    let parts: Vec<&str> = call.path.trim_start_matches("/admin/api/").split('/').collect();
    match (call.method, parts.as_slice()) {
        (&Method::GET, [_, "orders.json"]) => listed(call, world, index),
        (&Method::GET, [_, "locations.json"]) => good(StatusCode::OK, json!({"locations": [{"id": LOCATION, "name": "Shop", "active": true}]})),
        (&Method::GET, [_, "orders", id, "fulfillment_orders.json"]) => match world.sale(index, id) {
            Some(sale) => good(StatusCode::OK, json!({"fulfillment_orders": [fulfillment_order(sale)]})),
            None => fail(StatusCode::NOT_FOUND, "Not Found"),
        },
        (&Method::GET, [_, "orders", file]) => match world.sale(index, file.trim_end_matches(".json")).filter(|sale| sale.placed_at <= call.now) {
            Some(sale) => good(StatusCode::OK, json!({"order": order(sale)})),
            None => fail(StatusCode::NOT_FOUND, "Not Found"),
        },
        (&Method::POST, [_, "fulfillments.json"]) => fulfil(call, world, index),
        (&Method::POST, [_, "fulfillments", id, "update_tracking.json"]) => track(call, world, index, id),
        (&Method::POST, [_, "orders", id, "cancel.json"]) => cancel(call, world, index, id),
        (&Method::POST, [_, "graphql.json"]) => graphql(call, world, index),
        _ => fail(StatusCode::NOT_FOUND, "Not Found"),
    }
}

fn listed(call: &Call<'_>, world: &World, index: usize) -> Answer {
    let at = |name: &str, otherwise: i64| DateTime::parse_from_rfc3339(call.query(name)).map_or(otherwise, |at| at.timestamp());
    let (since, until) = (at("updated_at_min", i64::MIN), at("updated_at_max", i64::MAX));
    let size = match call.number("limit") {
        0 => 50,
        limit => (limit.max(1) as usize).min(LIMIT_MAX),
    };
    let skip = if call.repeats_pages { 0 } else { call.query("page_info").parse::<usize>().unwrap_or(0) };
    let ids = call.query("ids");
    let named = |sale: &Sale| ids.is_empty() || ids.split(',').any(|id| id == sale.id);
    let mine = world.sales().iter().filter(|sale| sale.shop == index && sale.placed_at <= call.now);
    let hits: Vec<&Sale> = mine.filter(|sale| named(sale) && (since..=until).contains(&sale.updated_at.timestamp())).collect();
    let link = (skip + size < hits.len()).then(|| format!("<https://{}{}?limit={size}&page_info={}>; rel=\"next\"", call.host(), call.path, skip + size));
    (StatusCode::OK, json!({"orders": hits.into_iter().skip(skip).take(size).map(order).collect::<Vec<_>>()}), link)
}

/// Goods of one location that wait, or nothing of them once they left.
fn fulfillment_order(sale: &Sale) -> Value {
    let (gone, off) = (sale.past.shipped.is_some(), sale.past.cancelled.is_some());
    let left = |line: &Line| if gone || off { 0 } else { line.quantity };
    json!({
        "id": id(sale) + 7, "order_id": id(sale), "assigned_location_id": LOCATION, "request_status": "unsubmitted",
        "status": match (gone, off) { (true, _) => "closed", (_, true) => "cancelled", _ => "open" },
        "line_items": sale.lines.iter().map(|line| json!({"id": line.id + 11, "fulfillment_order_id": id(sale) + 7, "line_item_id": line.id, "quantity": line.quantity,
            "fulfillable_quantity": left(line), "variant_id": line.id / 10})).collect::<Vec<_>>(),
    })
}

/// Fulfils all that waits; a part of it is not what these shops do.
fn fulfil(call: &Call<'_>, world: &mut World, index: usize) -> Answer {
    let wish = call.wish();
    let group = &wish["fulfillment"]["line_items_by_fulfillment_order"][0];
    let Some(sale) = world.sales().iter().find(|sale| sale.shop == index && group["fulfillment_order_id"] == id(sale) + 7) else { return fail(StatusCode::NOT_FOUND, "Not Found") };
    let asked = group["fulfillment_order_line_items"].as_array().map_or(&[][..], Vec::as_slice);
    let whole = sale.lines.iter().all(|line| asked.iter().any(|one| one["id"] == line.id + 11 && one["quantity"] == line.quantity));
    if sale.past.shipped.is_some() || sale.past.cancelled.is_some() {
        return fail(StatusCode::UNPROCESSABLE_ENTITY, json!(["The fulfillment order is not in an open state."]));
    }
    if !asked.is_empty() && !whole {
        return fail(StatusCode::UNPROCESSABLE_ENTITY, json!(["Fulfillment order line items must be fulfilled together."]));
    }
    let (order, tracking) = (sale.id.clone(), wish["fulfillment"]["tracking_info"]["number"].as_str().map(str::to_owned));
    world.act(index, &order, Step::Shipped, tracking.as_deref(), call.now);
    match world.sale(index, &order) {
        Some(sale) => good(StatusCode::CREATED, json!({"fulfillment": fulfillment(sale)})),
        None => fail(StatusCode::NOT_FOUND, "Not Found"),
    }
}

fn track(call: &Call<'_>, world: &mut World, index: usize, fulfilment: &str) -> Answer {
    let found = world.sales().iter().find(|sale| sale.shop == index && (id(sale) + 2).to_string() == fulfilment && sale.past.shipped.is_some());
    let Some(order) = found.map(|sale| sale.id.clone()) else { return fail(StatusCode::NOT_FOUND, "Not Found") };
    let Some(sale) = world.sale_mut(index, &order) else { return fail(StatusCode::NOT_FOUND, "Not Found") };
    if let Some(number) = call.wish()["fulfillment"]["tracking_info"]["number"].as_str() {
        sale.tracking = number.to_owned();
    }
    good(StatusCode::OK, json!({"fulfillment": fulfillment(sale)}))
}

/// Money stays where it is: a refund is asked for apart.
fn cancel(call: &Call<'_>, world: &mut World, index: usize, order_id: &str) -> Answer {
    let Some(sale) = world.sale(index, order_id) else { return fail(StatusCode::NOT_FOUND, "Not Found") };
    if !["customer", "inventory", "fraud", "declined", "other"].contains(&call.wish()["reason"].as_str().unwrap_or("other")) {
        return good(StatusCode::UNPROCESSABLE_ENTITY, json!({"errors": {"reason": ["is not included in the list"]}}));
    }
    if sale.past.cancelled.is_some() || sale.past.shipped.is_some() {
        return good(StatusCode::UNPROCESSABLE_ENTITY, json!({"error": "Cannot cancel this order"}));
    }
    world.act(index, order_id, Step::Cancelled, None, call.now);
    match world.sale(index, order_id) {
        Some(sale) => good(StatusCode::OK, json!({"order": order(sale)})),
        None => fail(StatusCode::NOT_FOUND, "Not Found"),
    }
}

/// The two questions of stock: variants' inventory items, and levels set. Errors come with 200. An item whose number ends in 3 is
/// stocked nowhere; one error fails all of a call.
fn graphql(call: &Call<'_>, world: &mut World, index: usize) -> Answer {
    let wish = call.wish();
    let (query, variables) = (wish["query"].as_str().unwrap_or_default(), &wish["variables"]);
    if query.contains("nodes(ids:") {
        let node = |gid: &Value| {
            let variant = gid.as_str().and_then(|gid| gid.strip_prefix("gid://shopify/ProductVariant/")).and_then(|id| id.parse::<u64>().ok()).filter(|id| *id >= 1_000);
            variant.map_or(Value::Null, |id| json!({"legacyResourceId": id.to_string(), "inventoryItem": {"legacyResourceId": (id + 1_000_000).to_string()}}))
        };
        return good(StatusCode::OK, json!({"data": {"nodes": variables["ids"].as_array().into_iter().flatten().map(node).collect::<Vec<_>>()}}));
    }
    if !query.contains("inventorySetQuantities") || !query.contains("@idempotent") || variables["key"].as_str().is_none_or(str::is_empty) {
        return good(StatusCode::OK, json!({"errors": [{"message": "Field or argument is missing", "extensions": {"code": "argumentNotAccepted"}}]}));
    }
    let quantities = variables["input"]["quantities"].as_array().cloned().unwrap_or_default();
    let item = |one: &Value| one["inventoryItemId"].as_str().and_then(|gid| gid.rsplit('/').next()).and_then(|id| id.parse::<u64>().ok());
    let strange = |one: &Value| item(one).is_none_or(|id| id % 10 == 3) || one["locationId"] != format!("gid://shopify/Location/{LOCATION}").as_str();
    let errors: Vec<Value> = quantities
        .iter()
        .enumerate()
        .filter(|(_, one)| strange(one))
        .map(|(place, _)| json!({"code": "ITEM_NOT_STOCKED_AT_LOCATION", "field": ["input", "quantities", place.to_string(), "locationId"], "message": "The item is not stocked at the location."}))
        .collect();
    if errors.is_empty() {
        for one in &quantities {
            if let (Some(item), Some(units)) = (item(one), one["quantity"].as_i64()) {
                world.stock_is(index, &(item - 1_000_000).to_string(), units);
            }
        }
    }
    good(StatusCode::OK, json!({"data": {"inventorySetQuantities": {"userErrors": errors}}}))
}
