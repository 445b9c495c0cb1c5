//! Shopee's interface: signature, a time within five minutes of its own, token; an error may come with 200.
//! Requests and answers are those of Shopee's pages; only a package that waits is arranged, and only once.

use super::*;
use crate::{
    World,
    endpoints::{Answer, Call, sent_on},
    sale::Step,
    shop::{Channel, Path},
    sign,
};
use axum::http::{Method, StatusCode};
use chrono::Duration;
use std::collections::BTreeMap;

const DETAILS_MAX: usize = 50;
const MODELS_MAX: usize = 50;
const PAGE_MAX: usize = 100;
const WINDOW_SECONDS_MAX: i64 = 15 * 24 * 3600;
const TOKEN_HOURS: i64 = 4;

fn refuse(error: &str, message: &str) -> Answer {
    (StatusCode::FORBIDDEN, json!({"error": error, "message": message, "request_id": "simulated"}), None)
}

fn wrong(error: &str, message: &str) -> Answer {
    (StatusCode::OK, json!({"error": error, "message": message, "request_id": "simulated"}), None)
}

fn good(response: Value) -> Answer {
    (StatusCode::OK, json!({"error": "", "message": "", "request_id": "simulated", "response": response}), None)
}

/// Partner and key of the app that asks.
fn app_of(world: &World, partner: &str) -> Option<(String, String)> {
    world.shops.iter().find_map(|one| match &one.path {
        Path::Hook { channel: Channel::Shopee, app, secret, .. } if app == partner => Some((app.clone(), secret.clone())),
        _ => None,
    })
}

fn shop_of(world: &World, id: &str) -> Option<usize> {
    world.shops.iter().position(|one| matches!(&one.path, Path::Hook { channel: Channel::Shopee, shop, .. } if shop == id))
}

pub(crate) fn answer(call: &Call<'_>, world: &mut World) -> Answer {
    let Some((partner, key)) = app_of(world, call.query("partner_id")) else { return refuse("error_auth", "partner_id is invalid") };
    let public = call.path.starts_with("/api/v2/auth/") || call.path == "/api/v2/shop/auth_partner";
    let own = if public { String::new() } else { [call.query("access_token"), call.query("shop_id")].concat() };
    if sign::hex_of(&key, &[[partner.as_str(), call.path, call.query("timestamp"), &own].concat().as_bytes()]) != call.query("sign") {
        return refuse("error_sign", "Wrong sign.");
    }
    if !call.is_timely() {
        return refuse("error_param", "Timestamp is expired.");
    }
    match call.path {
        "/api/v2/shop/auth_partner" => {
            // A shop of the app's: the person picks it on Shopee's own page.
            let Some(index) = world.shops.iter().position(|one| matches!(&one.path, Path::Hook { channel: Channel::Shopee, app, .. } if *app == partner)) else { return refuse("error_auth", "no shop") };
            let code = world.keys(index).code(call.now);
            let Path::Hook { shop, .. } = &world.shops[index].path else { return refuse("error_auth", "no shop") };
            return sent_on(call.query("redirect"), &[("code", code.as_str()), ("shop_id", shop.as_str())]);
        }
        path if path.starts_with("/api/v2/auth/") => {
            let wish = call.wish();
            let Some(index) = shop_of(world, &wish["shop_id"].to_string()).filter(|_| wish["partner_id"].to_string() == partner) else { return wrong("error_auth", "Invalid partner_id or shopid.") };
            return token(call, world, index, &wish);
        }
        _ => {}
    }
    let Some(index) = shop_of(world, call.query("shop_id")) else { return refuse("error_auth", "Invalid partner_id or shopid.") };
    if world.holder(Channel::Shopee, call.query("access_token"), call.now) != Some(index) {
        return refuse("invalid_acceess_token", "Invalid access_token, please have a check.");
    }
    if call.method == Method::POST && call.path != "/api/v2/payment/get_escrow_detail_batch" {
        return act(call, world, index);
    }
    told(call, world, index)
}

/// A token answer has no wrapper.
fn token(call: &Call<'_>, world: &mut World, index: usize, wish: &Value) -> Answer {
    let (keys, usual) = (world.keys(index), Duration::hours(TOKEN_HOURS));
    let given = match call.path {
        "/api/v2/auth/token/get" => keys.trade_code(wish["code"].as_str().unwrap_or_default(), usual, call.now),
        "/api/v2/auth/access_token/get" => keys.trade_refresh(wish["refresh_token"].as_str().unwrap_or_default(), usual, call.now),
        _ => return wrong("error_not_found", "no such path"),
    };
    match given {
        Some(given) => {
            let told = json!({"access_token": given.access, "refresh_token": given.refresh, "expire_in": given.lives.num_seconds(), "request_id": "simulated", "error": "", "message": ""});
            (StatusCode::OK, told, None)
        }
        None if call.path.ends_with("/token/get") && !call.path.contains("access") => wrong("error_auth", "Invalid code"),
        None => wrong("error_auth", "Invalid refresh_token."),
    }
}

fn told(call: &Call<'_>, world: &World, index: usize) -> Answer {
    let mine: Vec<&Sale> = world.sales().iter().filter(|sale| sale.shop == index && sale.placed_at <= call.now).collect();
    let page = |size: usize, at: usize| (size.clamp(1, PAGE_MAX), if call.repeats_pages { 0 } else { at });
    match call.path {
        "/api/v2/order/get_order_detail" => {
            let wanted: Vec<&str> = call.query("order_sn_list").split(',').collect();
            if wanted.len() > DETAILS_MAX {
                return wrong("error_param", "order_sn_list takes 1 to 50");
            }
            let optional = call.query("response_optional_fields");
            good(json!({"order_list": mine.iter().filter(|sale| wanted.contains(&sale.id.as_str())).map(|sale| only_named(order(sale), optional)).collect::<Vec<_>>()}))
        }
        "/api/v2/order/get_order_list" => {
            let (from, to) = (call.number("time_from"), call.number("time_to"));
            if to - from > WINDOW_SECONDS_MAX {
                return wrong("error_param", "the window is at most 15 days");
            }
            let at = |sale: &Sale| if call.query("time_range_field") == "create_time" { sale.placed_at.timestamp() } else { sale.updated_at.timestamp() };
            let hits: Vec<&&Sale> = mine.iter().filter(|sale| (from..=to).contains(&at(sale))).collect();
            let (size, skip) = page(call.number("page_size").max(1) as usize, call.query("cursor").parse::<usize>().unwrap_or(0));
            let shown: Vec<Value> = hits.iter().skip(skip).take(size).map(|sale| json!({"order_sn": sale.id})).collect();
            let more = skip + shown.len() < hits.len();
            good(json!({"more": more, "next_cursor": if more { (skip + shown.len()).to_string() } else { String::new() }, "order_list": shown}))
        }
        "/api/v2/payment/get_escrow_detail" => match mine.iter().find(|sale| sale.id == call.query("order_sn")) {
            Some(sale) => good(escrow(sale)),
            None => wrong("error_param", "order_sn is unknown"),
        },
        // The one call of reading that is a POST: escrows of up to 50 orders named in the body.
        "/api/v2/payment/get_escrow_detail_batch" => {
            let wish = call.wish();
            let named: Vec<&str> = wish["order_sn_list"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            if named.is_empty() || named.len() > DETAILS_MAX {
                return wrong("error_param", "order_sn_list takes 1 to 50");
            }
            good(mine.iter().filter(|sale| named.contains(&sale.id.as_str())).map(|sale| json!({"escrow_detail": escrow(sale)})).collect())
        }
        "/api/v2/returns/get_return_detail" => match mine.iter().find(|sale| sale.past.return_asked.is_some() && return_sn(sale) == call.query("return_sn")) {
            Some(sale) => good(return_detail(sale)),
            None => wrong("error_param", "return_sn is unknown"),
        },
        "/api/v2/returns/get_return_list" => {
            let (size, number) = page(call.number("page_size").max(1) as usize, call.number("page_no").max(0) as usize);
            let (from, to) = match call.number("update_time_to") {
                0 => (i64::MIN, i64::MAX),
                to => (call.number("update_time_from"), to),
            };
            let asked: Vec<&&Sale> = mine.iter().filter(|sale| sale.past.return_asked.is_some() && (from..=to).contains(&sale.updated_at.timestamp())).collect();
            let shown: Vec<Value> = asked.iter().skip(number * size).take(size).map(|sale| return_detail(sale)).collect();
            good(json!({"more": (number + 1) * size < asked.len(), "return": shown}))
        }
        "/api/v2/logistics/get_shipping_parameter" => match mine.iter().find(|sale| sale.id == call.query("order_sn")) {
            None => wrong("error_not_found", "Wrong parameters, detail: the order is not found."),
            Some(sale) if sale.past.cancelled.is_some() => wrong("error_status", "The order has been cancelled."),
            Some(sale) if logistics(sale) != "LOGISTICS_READY" => wrong("error_param", "Shipping parameters can only be obtained when package is ready to be shipped"),
            Some(_) => good(shipping_parameter()),
        },
        _ => (StatusCode::NOT_FOUND, json!({"error": "error_not_found", "message": "no such path", "request_id": "simulated"}), None),
    }
}

const ADDRESS: i64 = 234;
const SLOT: &str = "1793260800";

/// Pick-up at one of two addresses, or drop-off without anything.
fn shipping_parameter() -> Value {
    let address = |id: i64, flags: Value, slots: Value| {
        json!({"address_id": id, "region": "VN", "state": "", "city": "", "district": "", "town": "", "address": "", "zipcode": "", "address_flag": flags, "time_slot_list": slots})
    };
    let slots = json!([{"date": 1_793_174_400, "time_text": "", "pickup_time_id": "1793174400", "flags": []}, {"date": 1_793_260_800, "time_text": "", "pickup_time_id": SLOT, "flags": ["recommended"]}]);
    json!({
        "info_needed": {"dropoff": [], "pickup": ["address_id", "pickup_time_id"]}, "dropoff": null,
        "pickup": {"address_list": [address(123, json!(["default_address", "return_address"]), Value::Null), address(ADDRESS, json!(["pickup_address"]), slots)]},
    })
}

/// What a seller does.
fn act(call: &Call<'_>, world: &mut World, index: usize) -> Answer {
    let wish = call.wish();
    if call.path == "/api/v2/product/update_stock" {
        return update_stock(world, index, &wish);
    }
    let id = wish["order_sn"].as_str().unwrap_or_default().to_owned();
    let Some(sale) = world.sale(index, &id) else { return wrong("error_not_found", "Wrong parameters, detail: the order is not found.") };
    let now = call.now;
    match call.path {
        "/api/v2/logistics/ship_order" => {
            let pickup = &wish["pickup"];
            let asked = wish["dropoff"].is_object() || (pickup["address_id"] == ADDRESS && pickup["pickup_time_id"] == SLOT);
            match status(sale) {
                "READY_TO_SHIP" if asked => {}
                "READY_TO_SHIP" => return wrong("logistics.error_pickup_time", "Pickup time is invalid. Please check the pick up time."),
                "PROCESSED" | "SHIPPED" | "TO_CONFIRM_RECEIVE" | "COMPLETED" => return wrong("logistics.error_param", "Order has been shipped."),
                _ => return wrong("logistics.error_param", "The order status is not ready to ship."),
            }
            world.act(index, &id, Step::Packed, None, now);
            (StatusCode::OK, json!({"error": "", "message": "", "request_id": "simulated"}), None)
        }
        "/api/v2/order/cancel_order" => {
            let reason = wish["cancel_reason"].as_str().unwrap_or_default();
            if !["OUT_OF_STOCK", "CUSTOMER_REQUEST", "UNDELIVERABLE_AREA", "COD_NOT_SUPPORTED"].contains(&reason) {
                return wrong("error_param", "Wrong parameters, detail: cancel_reason.");
            }
            let named = wish["item_list"].as_array().map_or(&[][..], Vec::as_slice);
            let known = named.iter().all(|item| sale.lines.iter().any(|line| item["item_id"] == line.id / 10 && item["model_id"] == line.id));
            if !known || (reason == "OUT_OF_STOCK" && named.is_empty()) {
                return wrong("error_param", "Wrong parameters, detail: item_list.");
            }
            if !matches!(status(sale), "UNPAID" | "READY_TO_SHIP") {
                return wrong("order.error_limit", "Can not cancel this order");
            }
            world.act(index, &id, Step::Cancelled, None, now);
            good(json!({"update_time": now.timestamp()}))
        }
        "/api/v2/order/handle_buyer_cancellation" => {
            if status(sale) != "IN_CANCEL" {
                return wrong("order.cancel_order_invalid_status", "Invalid order_status.The order status should be IN_CANCEL.");
            }
            if wish["operation"] != "ACCEPT" {
                return wrong("error_param", "Wrong parameters, detail: operation.");
            }
            world.act(index, &id, Step::Cancelled, None, now);
            good(json!({"update_time": now.timestamp()}))
        }
        _ => (StatusCode::NOT_FOUND, json!({"error": "error_not_found", "message": "no such path", "request_id": "simulated"}), None),
    }
}

/// One item with 1 to 50 of its models. A model whose number ends in 3 is reserved for a promotion.
fn update_stock(world: &mut World, index: usize, wish: &Value) -> Answer {
    let models = wish["stock_list"].as_array().cloned().unwrap_or_default();
    let Some(item) = wish["item_id"].as_u64().filter(|_| (1..=MODELS_MAX).contains(&models.len())) else { return wrong("error_param", "Parameter is not match the constraints, stock_list.") };
    let mut wanted: BTreeMap<u64, i64> = BTreeMap::new();
    for model in &models {
        let (Some(id), Some(units)) = (model["model_id"].as_u64(), model["seller_stock"][0]["stock"].as_i64()) else { return wrong("error_param", "Wrong model_id.") };
        if wanted.insert(id, units).is_some() {
            return wrong("error_param", "Repeat model_id.");
        }
    }
    let (mut failed, mut done) = (Vec::new(), Vec::new());
    for (model, units) in wanted {
        if model % 10 == 3 {
            failed.push(json!({"model_id": model, "failed_reason": "Total stock must be more than reserved stock."}));
        } else {
            world.stock_is(index, &format!("{item}-{model}"), units);
            done.push(json!({"model_id": model, "location_id": "", "stock": units}));
        }
    }
    let answer = json!({"failure_list": failed, "success_list": done});
    if done.is_empty() {
        let told = json!({"error": "error_busi_update_stock_failed", "message": "Update stock failed, please check failure_list for detailed reason", "warning": "", "request_id": "simulated", "response": answer});
        return (StatusCode::OK, told, None);
    }
    good(answer)
}

/// Shopee leaves most fields out unless they are asked for by name.
fn only_named(mut order: Value, optional: &str) -> Value {
    const ALWAYS: [&str; 10] =
        ["order_sn", "region", "currency", "cod", "order_status", "message_to_seller", "create_time", "update_time", "days_to_ship", "ship_by_date"];
    if let Some(fields) = order.as_object_mut() {
        fields.retain(|name, _| ALWAYS.contains(&name.as_str()) || optional.split(',').any(|wanted| wanted.trim() == name));
    }
    order
}
