//! The channels' own interfaces, as far as connectors call them: SPEC.md sections 1 and 3 to 9.
//! Lazada, WooCommerce, Square, KiotViet and Haravan answer in `answers` beside their words.
//! Every call is checked as the channel checks it: signature, token, time window.

use crate::{Simulation, haravan, kiotviet, lazada, sale::Sale, shop::{Channel, Path, Shop}, shopee, shopify, sign, square, tiktok, woo};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc};

const SHOPEE_DETAILS_MAX: usize = 50;
/// The one call of Shopee that is a POST: escrows of up to 50 orders named in the body.
const SHOPEE_ESCROWS: &str = "/api/v2/payment/get_escrow_detail_batch";
const SHOPEE_WINDOW_SECONDS_MAX: i64 = 15 * 24 * 3600;
const TIMESTAMP_SECONDS_OFF_MAX: i64 = 300;
const PAGE_MAX: usize = 100;

pub fn router(simulation: Arc<Simulation>) -> Router {
    Router::new().fallback(answer).with_state(simulation)
}

/// What was asked, taken apart.
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) query: &'a HashMap<String, String>,
    headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) now: DateTime<Utc>,
}

impl Call<'_> {
    pub(crate) fn query(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }
    pub(crate) fn number(&self, name: &str) -> i64 {
        self.query(name).parse().unwrap_or_default()
    }
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
    fn is_timely(&self) -> bool {
        (self.number("timestamp") - self.now.timestamp()).abs() <= TIMESTAMP_SECONDS_OFF_MAX
    }
}

async fn answer(State(simulation): State<Arc<Simulation>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let query = parse(uri.query().unwrap_or_default());
    let call = Call { method: &method, path: uri.path(), query: &query, headers: &headers, body: &body, now: Utc::now() };
    let mut world = simulation.world();
    let (status, body, link) = if call.path.starts_with("/api/v2/") && (method == Method::GET || call.path == SHOPEE_ESCROWS) {
        shopee_answer(&call, &world.shops, world.sales())
    } else if call.path.starts_with("/admin/api/") && method == Method::GET {
        shopify_answer(&call, &world.shops, world.sales())
    } else if ["/order/", "/return_refund/"].iter().any(|begin| call.path.starts_with(begin)) {
        tiktok_answer(&call, &world.shops, world.sales())
    } else if call.path.starts_with("/v2/") || call.path == "/oauth2/token" {
        square::answers::answer(&call, &mut world)
    } else if call.path == "/connect/token" {
        // id.kiotviet.vn and accounts.haravan.com have the same path.
        if String::from_utf8_lossy(&body).contains("scopes=") { kiotviet::answers::token(&call, &world) } else { haravan::answers::token(&call, &world) }
    } else if call.path.starts_with("/com/") {
        haravan::answers::answer(&call, &mut world)
    } else if ["/invoices", "/orders", "/returns", "/listupdatedproducts"].iter().any(|begin| call.path.starts_with(begin)) {
        kiotviet::answers::answer(&call, &mut world)
    } else if call.path.starts_with("/rest/") {
        lazada::answers::answer(&call, &world.shops, world.sales())
    } else if call.path.contains(woo::answers::API) && method == Method::GET {
        return woo::answers::answer(&call, &world.shops, world.sales());
    } else {
        (StatusCode::NOT_FOUND, json!({"error": "no such path"}), None)
    };
    drop(world);
    let mut response = (status, axum::Json(body)).into_response();
    if let Some(link) = link.and_then(|link| link.parse().ok()) {
        response.headers_mut().insert("link", link);
    }
    response
}

pub(crate) type Answer = (StatusCode, Value, Option<String>);

fn shopee_answer(call: &Call<'_>, shops: &[Shop], sales: &[Sale]) -> Answer {
    let refuse = |error: &str, message: &str| (StatusCode::FORBIDDEN, json!({"error": error, "message": message, "request_id": "simulated"}), None);
    let found = shops.iter().enumerate().find_map(|(index, one)| match &one.path {
        Path::Hook { channel: Channel::Shopee, shop, app, secret, access_token, .. } if shop == call.query("shop_id") => Some((index, app, secret, access_token)),
        _ => None,
    });
    let Some((index, partner, key, token)) = found else { return refuse("error_auth", "There is no such shop.") };
    let signed = [call.query("partner_id"), call.path, call.query("timestamp"), call.query("access_token"), call.query("shop_id")].concat();
    if call.query("partner_id") != partner || sign::hex_of(key, &[signed.as_bytes()]) != call.query("sign") {
        return refuse("error_sign", "Wrong sign.");
    }
    if !call.is_timely() {
        return refuse("error_auth", "Request timestamp is expired.");
    }
    if call.query("access_token") != token {
        return refuse("invalid_acceess_token", "Invalid access_token.");
    }
    let mine: Vec<&Sale> = sales.iter().filter(|sale| sale.shop == index && sale.placed_at <= call.now).collect();
    let good = |response: Value| (StatusCode::OK, json!({"error": "", "message": "", "request_id": "simulated", "response": response}), None);
    let wrong = |message: &str| (StatusCode::OK, json!({"error": "error_param", "message": message, "request_id": "simulated"}), None);
    match call.path {
        "/api/v2/order/get_order_detail" => {
            let wanted: Vec<&str> = call.query("order_sn_list").split(',').collect();
            if wanted.len() > SHOPEE_DETAILS_MAX {
                return wrong("order_sn_list takes 1 to 50");
            }
            let optional = call.query("response_optional_fields");
            good(json!({"order_list": mine.iter().filter(|sale| wanted.contains(&sale.id.as_str())).map(|sale| only_named(shopee::order(sale), optional)).collect::<Vec<_>>()}))
        }
        "/api/v2/order/get_order_list" => {
            let (from, to) = (call.number("time_from"), call.number("time_to"));
            if to - from > SHOPEE_WINDOW_SECONDS_MAX {
                return wrong("the window is at most 15 days");
            }
            let at = |sale: &Sale| if call.query("time_range_field") == "create_time" { sale.placed_at.timestamp() } else { sale.updated_at.timestamp() };
            let hits: Vec<&&Sale> = mine.iter().filter(|sale| (from..=to).contains(&at(sale))).collect();
            let size = (call.number("page_size").max(1) as usize).min(PAGE_MAX);
            let skip = call.query("cursor").parse::<usize>().unwrap_or(0);
            let page: Vec<Value> = hits.iter().skip(skip).take(size).map(|sale| json!({"order_sn": sale.id})).collect();
            let more = skip + page.len() < hits.len();
            good(json!({"more": more, "next_cursor": if more { (skip + page.len()).to_string() } else { String::new() }, "order_list": page}))
        }
        "/api/v2/payment/get_escrow_detail" => match mine.iter().find(|sale| sale.id == call.query("order_sn")) {
            Some(sale) => good(shopee::escrow(sale)),
            None => wrong("order_sn is unknown"),
        },
        SHOPEE_ESCROWS => {
            let wish: Value = serde_json::from_slice(call.body).unwrap_or_default();
            let named: Vec<&str> = wish["order_sn_list"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            if named.is_empty() || named.len() > SHOPEE_DETAILS_MAX {
                return wrong("order_sn_list takes 1 to 50");
            }
            good(mine.iter().filter(|sale| named.contains(&sale.id.as_str())).map(|sale| json!({"escrow_detail": shopee::escrow(sale)})).collect())
        }
        "/api/v2/returns/get_return_detail" => match mine.iter().find(|sale| sale.past.return_asked.is_some() && shopee::return_sn(sale) == call.query("return_sn")) {
            Some(sale) => good(shopee::return_detail(sale)),
            None => wrong("return_sn is unknown"),
        },
        "/api/v2/returns/get_return_list" => {
            let size = (call.number("page_size").max(1) as usize).min(PAGE_MAX);
            let skip = call.number("page_no").max(0) as usize * size;
            let (from, to) = match call.number("update_time_to") {
                0 => (call.number("create_time_from"), call.number("create_time_to")),
                to => (call.number("update_time_from"), to),
            };
            let within = |sale: &Sale| to == 0 || (from..=to).contains(&sale.updated_at.timestamp());
            let hits: Vec<Value> = mine.iter().filter(|sale| sale.past.return_asked.is_some() && within(sale)).map(|sale| shopee::return_detail(sale)).collect();
            good(json!({"more": skip + size < hits.len(), "return": hits.into_iter().skip(skip).take(size).collect::<Vec<_>>()}))
        }
        _ => (StatusCode::NOT_FOUND, json!({"error": "error_not_found", "message": "no such path", "request_id": "simulated"}), None),
    }
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

fn tiktok_answer(call: &Call<'_>, shops: &[Shop], sales: &[Sale]) -> Answer {
    let refuse = |code: u32, message: &str| (StatusCode::UNAUTHORIZED, json!({"code": code, "message": message, "request_id": "simulated"}), None);
    let found = shops.iter().enumerate().find_map(|(index, one)| match &one.path {
        Path::Hook { channel: Channel::Tiktok, app, secret, access_token, .. } if access_token == call.header("x-tts-access-token") => Some((index, app, secret)),
        _ => None,
    });
    let Some((index, app, secret)) = found else { return refuse(105_002, "Expired credentials") };
    let query: Vec<(String, String)> = call.query.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    if call.query("app_key") != app || sign::tiktok_request(secret, call.path, &query, call.body) != call.query("sign") {
        return refuse(106_001, "Invalid sign");
    }
    if !call.is_timely() {
        return refuse(106_002, "timestamp is out of the window");
    }
    if call.query("shop_cipher").is_empty() {
        return refuse(106_013, "shop_cipher is required");
    }
    let wish: Value = serde_json::from_slice(call.body).unwrap_or_default();
    let mine: Vec<&Sale> = sales.iter().filter(|sale| sale.shop == index && sale.placed_at <= call.now).collect();
    let good = |data: Value| (StatusCode::OK, json!({"code": 0, "data": data, "message": "Success", "request_id": "simulated"}), None);
    let within = |sale: &&&Sale| {
        let at = sale.updated_at.timestamp();
        wish["update_time_ge"].as_i64().is_none_or(|from| at >= from) && wish["update_time_lt"].as_i64().is_none_or(|to| at < to)
    };
    let named = |list: &str, id: &str| wish[list].as_array().is_none_or(|ids| ids.iter().any(|one| one == id));
    let page = |name: &str, all: Vec<Value>| {
        let size = (call.number("page_size").max(1) as usize).min(PAGE_MAX);
        let skip = call.query("page_token").parse::<usize>().unwrap_or(0);
        let next = if skip + size < all.len() { (skip + size).to_string() } else { String::new() };
        let total = all.len();
        good(json!({name: all.into_iter().skip(skip).take(size).collect::<Vec<_>>(), "next_page_token": next, "total_count": total}))
    };
    match call.path {
        "/order/202309/orders" => {
            let wanted: Vec<&str> = call.query("ids").split(',').collect();
            good(json!({"orders": mine.iter().filter(|sale| wanted.contains(&sale.id.as_str())).map(|sale| tiktok::order(sale)).collect::<Vec<_>>()}))
        }
        "/order/202309/orders/search" => page("orders", mine.iter().filter(within).map(|sale| tiktok::order(sale)).collect()),
        "/return_refund/202309/returns/search" => {
            let hits = mine.iter().filter(within).filter(|sale| sale.past.return_asked.is_some());
            let hits = hits.map(|sale| tiktok::goods_return(sale)).filter(|one| {
                named("order_ids", one["order_id"].as_str().unwrap_or_default()) && named("return_ids", one["return_id"].as_str().unwrap_or_default())
            });
            page("return_orders", hits.collect())
        }
        "/return_refund/202309/cancellations/search" => {
            let hits = mine.iter().filter(within).filter(|sale| sale.past.cancel_asked.is_some());
            let hits = hits.map(|sale| tiktok::cancellation(sale)).filter(|one| {
                named("order_ids", one["order_id"].as_str().unwrap_or_default()) && named("cancel_ids", one["cancel_id"].as_str().unwrap_or_default())
            });
            page("cancellations", hits.collect())
        }
        _ => (StatusCode::NOT_FOUND, json!({"code": 40_006, "message": "no such path", "request_id": "simulated"}), None),
    }
}

fn shopify_answer(call: &Call<'_>, shops: &[Shop], sales: &[Sale]) -> Answer {
    let host = call.header("host").split(':').next().unwrap_or_default().to_owned();
    let found = shops.iter().enumerate().find_map(|(index, one)| match &one.path {
        Path::Hook { channel: Channel::Shopify, shop, access_token, .. } if *shop == host => Some((index, access_token)),
        _ => None,
    });
    let Some((index, token)) = found else { return (StatusCode::NOT_FOUND, json!({"errors": "Not Found"}), None) };
    if call.header("x-shopify-access-token") != token {
        return (StatusCode::UNAUTHORIZED, json!({"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}), None);
    }
    let mine: Vec<&Sale> = sales.iter().filter(|sale| sale.shop == index && sale.placed_at <= call.now).collect();
    let parts: Vec<&str> = call.path.trim_start_matches("/admin/api/").split('/').collect();
    match parts.as_slice() {
        [_, "orders.json"] => {
            let since = DateTime::parse_from_rfc3339(call.query("updated_at_min")).map_or(i64::MIN, |at| at.timestamp());
            let until = DateTime::parse_from_rfc3339(call.query("updated_at_max")).map_or(i64::MAX, |at| at.timestamp());
            let size = match call.number("limit") {
                0 => 50,
                limit => (limit.max(1) as usize).min(250),
            };
            let skip = call.query("page_info").parse::<usize>().unwrap_or(0);
            let ids = call.query("ids");
            let named = |sale: &Sale| ids.is_empty() || ids.split(',').any(|id| id == sale.id);
            let hits: Vec<&&Sale> = mine.iter().filter(|sale| named(sale) && (since..=until).contains(&sale.updated_at.timestamp())).collect();
            let link = (skip + size < hits.len()).then(|| format!("<https://{host}{}?limit={size}&page_info={}>; rel=\"next\"", call.path, skip + size));
            (StatusCode::OK, json!({"orders": hits.iter().skip(skip).take(size).map(|sale| shopify::order(sale)).collect::<Vec<_>>()}), link)
        }
        [_, "orders", file] => match mine.iter().find(|sale| Some(sale.id.as_str()) == file.strip_suffix(".json")) {
            Some(sale) => (StatusCode::OK, json!({"order": shopify::order(sale)}), None),
            None => (StatusCode::NOT_FOUND, json!({"errors": "Not Found"}), None),
        },
        _ => (StatusCode::NOT_FOUND, json!({"errors": "Not Found"}), None),
    }
}

/// `a=b&c=d` with percent signs undone.
pub(crate) fn parse(query: &str) -> HashMap<String, String> {
    let plain = |text: &str| {
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text.as_bytes();
        while let [first, tail @ ..] = rest {
            let code = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok()).and_then(|two| u8::from_str_radix(two, 16).ok());
            match (first, code) {
                (b'%', Some(code)) => {
                    bytes.push(code);
                    rest = &tail[2..];
                }
                (b'+', _) => {
                    bytes.push(b' ');
                    rest = tail;
                }
                (other, _) => {
                    bytes.push(*other);
                    rest = tail;
                }
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(key, value)| (plain(key), plain(value))).collect()
}
