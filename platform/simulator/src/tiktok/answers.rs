//! TikTok Shop's interface: token in a header, signature over path, query and body; an error may come with 200.
//! Packages are whole orders here; they are released to TikTok's own carriers, once.

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

const PAGE_MAX: usize = 100;
const IDS_MAX: usize = 50;
const TOKEN_DAYS: i64 = 7;
const SHOPS: &str = "/authorization/202309/shops";
const WAREHOUSE: &str = "7230001112223334445";
const REASONS: [&str; 7] = [
    "seller_cancel_reason_out_of_stock", "seller_cancel_unpaid_reason_out_of_stock", "seller_cancel_reason_wrong_price", "seller_cancel_unpaid_reason_wrong_price",
    "seller_cancel_paid_reason_buyer_requested_cancellation", "seller_cancel_unpaid_reason_buyer_requested_cancellation", "seller_cancel_paid_reason_address_not_deliver",
];

fn refuse(code: u32, message: &str) -> Answer {
    (StatusCode::UNAUTHORIZED, json!({"code": code, "message": message, "request_id": "simulated"}), None)
}

/// No to one request, with 200. The numbers of these are not published in one place; whoever asks goes by what they know.
fn wrong(code: u32, message: &str) -> Answer {
    (StatusCode::OK, json!({"code": code, "message": message, "data": {}, "request_id": "simulated"}), None)
}

fn good(data: Value) -> Answer {
    (StatusCode::OK, json!({"code": 0, "data": data, "message": "Success", "request_id": "simulated"}), None)
}

fn app_of(world: &World, wanted: &str) -> Option<(usize, String, String)> {
    world.shops.iter().enumerate().find_map(|(index, one)| match &one.path {
        Path::Hook { channel: Channel::Tiktok, app, secret, .. } if app == wanted => Some((index, app.clone(), secret.clone())),
        _ => None,
    })
}

pub(crate) fn answer(call: &Call<'_>, world: &mut World) -> Answer {
    if call.path.ends_with("/authorize") {
        // The page of the app's service names no app key; where people are sent back to is registered with the app.
        let index = world.shops.iter().position(|one| matches!(&one.path, Path::Hook { channel: Channel::Tiktok, app, .. } if call.query("app_key").is_empty() || app == call.query("app_key")));
        let Some(index) = index else { return wrong(36_004_001, "unknown app") };
        let code = world.keys(index).code(call.now);
        return sent_on(&world.registered, &[("app_key", call.query("app_key")), ("code", code.as_str()), ("state", call.query("state")), ("locale", "en")]);
    }
    let Some((first, app, secret)) = app_of(world, call.query("app_key")) else { return refuse(106_001, "Invalid app_key") };
    if call.path.starts_with("/api/v2/token/") {
        return if call.query("app_secret") == secret { token(call, world, first) } else { wrong(36_004_003, "Invalid client secret") };
    }
    let Some(index) = world.holder(Channel::Tiktok, call.header("x-tts-access-token"), call.now) else { return refuse(105_002, "Expired credentials") };
    let query: Vec<(String, String)> = call.query.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    if sign::tiktok_request(&secret, call.path, &query, call.body) != call.query("sign") || call.query("app_key") != app {
        return refuse(106_001, "Invalid sign");
    }
    if !call.is_timely() {
        return refuse(106_002, "timestamp is out of the window");
    }
    if call.path == SHOPS {
        let Path::Hook { shop, .. } = &world.shops[index].path else { return refuse(105_002, "Expired credentials") };
        return good(json!({"shops": [{"id": shop, "name": "Shop", "region": "VN", "seller_type": "LOCAL", "cipher": format!("GCP_{shop}"), "code": "VNLC"}]}));
    }
    if call.query("shop_cipher").is_empty() {
        return refuse(106_013, "shop_cipher is required");
    }
    let parts: Vec<&str> = call.path.trim_start_matches('/').split('/').collect();
    match (call.method, parts.as_slice()) {
        (&Method::POST, ["fulfillment", _, "packages", package, "ship"]) => ship(call, world, index, package),
        (&Method::POST, ["return_refund", _, "cancellations"]) => cancel(call, world, index),
        (&Method::POST, ["return_refund", _, "cancellations", request, "approve"]) => approve(call, world, index, request),
        (&Method::POST, ["product", _, "inventory", "search"]) => inventory(call),
        (&Method::POST, ["product", _, "products", product, "inventory", "update"]) => update_inventory(call, world, index, product),
        _ => told(call, world, index),
    }
}

/// The ends of tokens are absolute seconds.
fn token(call: &Call<'_>, world: &mut World, index: usize) -> Answer {
    let (keys, usual) = (world.keys(index), Duration::days(TOKEN_DAYS));
    let given = match (call.path, call.query("grant_type")) {
        ("/api/v2/token/get", "authorized_code") => keys.trade_code(call.query("auth_code"), usual, call.now),
        ("/api/v2/token/refresh", "refresh_token") => keys.trade_refresh(call.query("refresh_token"), usual, call.now),
        _ => return wrong(36_004_002, "grant_type is invalid"),
    };
    match given {
        Some(given) => good(json!({"access_token": given.access, "access_token_expire_in": (call.now + given.lives).timestamp(), "refresh_token": given.refresh,
            "refresh_token_expire_in": (call.now + Duration::days(365)).timestamp(), "open_id": "7010736057180325637", "seller_name": "Shop", "seller_base_region": "VN", "user_type": 0})),
        None => wrong(36_004_004, "The code or the refresh token is invalid or was used"),
    }
}

fn told(call: &Call<'_>, world: &World, index: usize) -> Answer {
    let wish = call.wish();
    let mine: Vec<&Sale> = world.sales().iter().filter(|sale| sale.shop == index && sale.placed_at <= call.now).collect();
    let within = |sale: &&&Sale| {
        let at = sale.updated_at.timestamp();
        wish["update_time_ge"].as_i64().is_none_or(|from| at >= from) && wish["update_time_lt"].as_i64().is_none_or(|to| at < to)
    };
    let named = |list: &str, id: &str| wish[list].as_array().is_none_or(|ids| ids.iter().any(|one| one == id));
    let page = |name: &str, all: Vec<Value>| {
        let size = (call.number("page_size").max(1) as usize).min(PAGE_MAX);
        let skip = if call.repeats_pages { 0 } else { call.query("page_token").parse::<usize>().unwrap_or(0) };
        let next = if skip + size < all.len() { (skip + size).to_string() } else { String::new() };
        let total = all.len();
        good(json!({name: all.into_iter().skip(skip).take(size).collect::<Vec<_>>(), "next_page_token": next, "total_count": total}))
    };
    match call.path {
        "/order/202309/orders" => {
            let wanted: Vec<&str> = call.query("ids").split(',').collect();
            if wanted.len() > IDS_MAX {
                return wrong(36_009_001, "ids takes 1 to 50");
            }
            good(json!({"orders": mine.iter().filter(|sale| wanted.contains(&sale.id.as_str())).map(|sale| order(sale)).collect::<Vec<_>>()}))
        }
        "/order/202309/orders/search" => page("orders", mine.iter().filter(within).map(|sale| order(sale)).collect()),
        "/return_refund/202309/returns/search" => {
            let hits = mine.iter().filter(within).filter(|sale| sale.past.return_asked.is_some());
            let hits = hits.map(|sale| goods_return(sale)).filter(|one| {
                named("order_ids", one["order_id"].as_str().unwrap_or_default()) && named("return_ids", one["return_id"].as_str().unwrap_or_default())
            });
            page("return_orders", hits.collect())
        }
        "/return_refund/202309/cancellations/search" => {
            let hits = mine.iter().filter(within).filter(|sale| sale.past.cancel_asked.is_some() || sale.past.by_seller);
            let hits = hits.map(|sale| cancellation(sale)).filter(|one| {
                named("order_ids", one["order_id"].as_str().unwrap_or_default()) && named("cancel_ids", one["cancel_id"].as_str().unwrap_or_default())
            });
            page("cancellations", hits.collect())
        }
        _ => (StatusCode::NOT_FOUND, json!({"code": 40_006, "message": "no such path", "request_id": "simulated"}), None),
    }
}

/// Releases a package to its carrier.
fn ship(call: &Call<'_>, world: &mut World, index: usize, package: &str) -> Answer {
    let Some(sale) = world.sales().iter().find(|sale| sale.shop == index && sale.package.to_string() == package) else { return wrong(21_011_002, "package not found") };
    let method = call.wish()["handover_method"].as_str().map(str::to_owned);
    if method.as_deref().is_some_and(|method| !["PICKUP", "DROP_OFF"].contains(&method)) {
        return wrong(36_009_001, "handover_method is invalid");
    }
    let id = sale.id.clone();
    match status(sale) {
        "AWAITING_SHIPMENT" => {
            world.act(index, &id, Step::Packed, None, call.now);
            good(json!({}))
        }
        "CANCELLED" | "UNPAID" => wrong(21_011_010, "the order's status does not allow to ship its package"),
        _ => wrong(21_011_011, "the package has been shipped"),
    }
}

fn cancel(call: &Call<'_>, world: &mut World, index: usize) -> Answer {
    let wish = call.wish();
    let id = wish["order_id"].as_str().unwrap_or_default().to_owned();
    let Some(sale) = world.sale(index, &id) else { return wrong(21_012_001, "order not found") };
    let unpaid = status(sale) == "UNPAID";
    let reason = wish["cancel_reason"].as_str().unwrap_or_default();
    if !REASONS.contains(&reason) || reason.contains("unpaid") != unpaid {
        return wrong(25_013_004, "cancel_reason is not one of this order's");
    }
    if wish["order_line_item_ids"].is_array() {
        return wrong(25_013_005, "part of an order cannot be cancelled in this market");
    }
    if !matches!(status(sale), "UNPAID" | "AWAITING_SHIPMENT") || sale.past.cancel_asked.is_some() {
        return wrong(25_013_006, "the order's status does not allow to cancel it");
    }
    cancelled(world, index, &id, call)
}

fn approve(call: &Call<'_>, world: &mut World, index: usize, request: &str) -> Answer {
    let Some(sale) = world.sales().iter().find(|sale| sale.shop == index && sale.past.cancel_asked.is_some() && cancel_id(sale) == request) else { return wrong(25_013_001, "request not found") };
    if sale.past.cancelled.is_some() {
        return wrong(25_013_002, "the request is closed");
    }
    let id = sale.id.clone();
    cancelled(world, index, &id, call)
}

fn cancelled(world: &mut World, index: usize, id: &str, call: &Call<'_>) -> Answer {
    world.act(index, id, Step::Cancelled, None, call.now);
    match world.sale(index, id) {
        Some(sale) => good(json!({"cancel_id": cancel_id(sale), "cancel_status": "CANCELLATION_REQUEST_SUCCESS"})),
        None => wrong(21_012_001, "order not found"),
    }
}

/// Where SKUs are kept: one warehouse has them all.
fn inventory(call: &Call<'_>) -> Answer {
    let wish = call.wish();
    let skus: Vec<&str> = wish["sku_ids"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let of = |sku: &&str| sku.parse::<u64>().ok().map(|number| json!({"product_id": (number / 10).to_string(), "skus": [{"id": sku, "seller_sku": "", "total_available_quantity": 1,
        "warehouse_inventory": [{"warehouse_id": WAREHOUSE, "available_quantity": 1, "committed_quantity": 0}]}]}));
    good(json!({"inventory": skus.iter().filter_map(of).collect::<Vec<_>>()}))
}

/// A SKU whose number ends in 3 is kept in no such warehouse.
fn update_inventory(call: &Call<'_>, world: &mut World, index: usize, product: &str) -> Answer {
    let wish = call.wish();
    let mut errors = Vec::new();
    for sku in wish["skus"].as_array().into_iter().flatten() {
        let (id, kept) = (sku["id"].as_str().unwrap_or_default(), &sku["inventory"][0]);
        match kept["quantity"].as_i64().filter(|_| kept["warehouse_id"] == WAREHOUSE && !id.ends_with('3')) {
            Some(units) => world.stock_is(index, &format!("{product}-{id}"), units),
            None => errors.push(json!({"code": 12_019_022, "message": "SKU must contain valid warehouse", "detail": {"sku_id": id, "extra_errors": []}})),
        }
    }
    good(if errors.is_empty() { json!({}) } else { json!({"errors": errors}) })
}
