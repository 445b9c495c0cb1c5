//! Lazada's interface: signature, token and a time within two hours of ours; success is `code` "0", errors come with 200.

use super::{acts, has_reverse, items, order, reverse, reverse_id, reversed_at, transactions};
use crate::{
    World,
    endpoints::{Answer, Call, sent_on},
    sale::Sale,
    shop::{Channel, Path},
    sign,
};
use axum::http::StatusCode;
use chrono::{DateTime, Duration, NaiveDate};
use serde_json::{Value, json};

const TIMESTAMP_MS_OFF_MAX: i64 = 7_200_000;
const LIMIT_MAX: i64 = 100;
const OFFSET_MAX: i64 = 5_000;
const ITEMS_OF_MAX: usize = 50;
const ROWS_MAX: i64 = 500;
const WINDOW_DAYS_MAX: i64 = 180;
const TOKEN_DAYS: i64 = 30;
const REFRESH_DAYS: i64 = 180;

fn refuse(code: &str, kind: &str, message: &str) -> Answer {
    (StatusCode::OK, json!({"code": code, "type": kind, "message": message, "request_id": "simulated"}), None)
}

pub(crate) fn answer(call: &Call<'_>, world: &mut World) -> Answer {
    let path = call.path.trim_start_matches("/rest");
    let wanted = if path == "/oauth/authorize" { call.query("client_id") } else { call.query("app_key") };
    let found = world.shops.iter().enumerate().find_map(|(index, one)| match &one.path {
        Path::Hook { channel: Channel::Lazada, app, secret, .. } if app == wanted => Some((index, secret.clone())),
        _ => None,
    });
    let Some((first, secret)) = found else { return refuse("InvalidAppKey", "ISV", "the app_key is unknown") };
    if path == "/oauth/authorize" {
        let code = world.keys(first).code(call.now);
        return sent_on(call.query("redirect_uri"), &[("code", code.as_str()), ("state", call.query("state"))]);
    }
    if call.query("sign_method") != "sha256" || sign::lazada_request(&secret, path, call.query.iter()) != call.query("sign") {
        return refuse("IncompleteSignature", "ISV", "The request signature does not conform to platform standards");
    }
    if (call.number("timestamp") - call.clock.timestamp_millis()).abs() > TIMESTAMP_MS_OFF_MAX {
        return refuse("IllegalTimestamp", "ISV", "the timestamp is more than 7200 seconds off");
    }
    if path.starts_with("/auth/token/") {
        return token(call, path, world, first);
    }
    // One app serves several sellers: the token says which.
    let Some(index) = world.holder(Channel::Lazada, call.query("access_token"), call.now) else {
        return refuse("IllegalAccessToken", "ISV", "The specified access token is invalid or expired");
    };
    acts::answer(call, path, world, index).unwrap_or_else(|| told(call, path, world, index))
}

/// A token answer has no wrapper; a page shows the sellers of an app as a list, another as an object by country.
fn token(call: &Call<'_>, path: &str, world: &mut World, index: usize) -> Answer {
    let Path::Hook { shop, .. } = &world.shops[index].path else { return refuse("InvalidAppKey", "ISV", "the app_key is unknown") };
    let seller = json!({"country": "vn", "seller_id": shop, "user_id": shop, "short_code": "VN10ABCDEF"});
    let (keys, usual) = (world.keys(index), Duration::days(TOKEN_DAYS));
    let (given, list) = match path {
        "/auth/token/create" => (keys.trade_code(call.query("code"), usual, call.now), "country_user_info"),
        "/auth/token/refresh" => (keys.trade_refresh(call.query("refresh_token"), usual, call.now), "country_user_info_list"),
        _ => return refuse("InvalidApiPath", "ISP", "The specified API path is invalid"),
    };
    match given {
        Some(given) => {
            let told = json!({"code": "0", "request_id": "simulated", "access_token": given.access, "refresh_token": given.refresh, "expires_in": given.lives.num_seconds(),
                "refresh_expires_in": Duration::days(REFRESH_DAYS).num_seconds(), "country": "vn", list: [seller], "account_platform": "seller_center", "account": "seller@example.vn", "account_id": null});
            (StatusCode::OK, told, None)
        }
        None if path.ends_with("create") => refuse("InvalidCode", "ISV", "Invalid authorization code"),
        None => refuse("IllegalRefreshToken", "ISV", "The specified refresh token is invalid or expired"),
    }
}

fn told(call: &Call<'_>, path: &str, world: &World, index: usize) -> Answer {
    let mine: Vec<&Sale> = world.sales().iter().filter(|sale| sale.shop == index && sale.placed_at <= call.now).collect();
    let named = |name: &str| mine.iter().find(|sale| sale.id == call.query(name)).copied();
    let data = |data: Value| (StatusCode::OK, json!({"code": "0", "data": data, "request_id": "simulated"}), None);
    match path {
        "/orders/get" => match listed(call, &mine) {
            Ok((page, total)) => data(json!({"count": page.len(), "countTotal": total, "orders": page.into_iter().map(order).collect::<Vec<_>>()})),
            Err((code, message)) => refuse(code, "ISV", message),
        },
        "/order/get" => named("order_id").map_or_else(|| refuse("16", "ISV", "Invalid Order ID"), |sale| data(order(sale))),
        "/order/items/get" => named("order_id").map_or_else(|| refuse("16", "ISV", "Invalid Order ID"), |sale| data(json!(items(sale)))),
        "/orders/items/get" => {
            let wish: Vec<Value> = serde_json::from_str(call.query("order_ids")).unwrap_or_default();
            if wish.is_empty() || wish.len() > ITEMS_OF_MAX {
                return refuse("38", "ISV", "Too many orders were requested");
            }
            let asked = |sale: &&&Sale| wish.iter().any(|id| id.to_string().trim_matches('"') == sale.id);
            let of = |sale: &&Sale| json!({"order_id": sale.id.parse::<u64>().unwrap_or_default(), "order_number": sale.id.parse::<u64>().unwrap_or_default(), "order_items": items(sale)});
            data(mine.iter().filter(asked).map(of).collect())
        }
        "/reverse/getreverseordersforseller" => {
            let (from, to) = (call.number("ReverseOrderLineModifiedTimeRangeStart"), call.number("ReverseOrderLineModifiedTimeRangeEnd"));
            let (page, size) = (call.number("page_no").max(1), call.number("page_size").clamp(1, LIMIT_MAX));
            let within = |sale: &&&Sale| has_reverse(sale) && (to == 0 || (from..=to).contains(&reversed_at(sale).timestamp_millis()));
            let wanted = |sale: &&&Sale| call.query("trade_order_id").is_empty() || call.query("trade_order_id") == sale.id;
            let hits: Vec<Value> = mine.iter().filter(within).filter(wanted).map(|sale| reverse(sale)).collect();
            let total = hits.len();
            let shown: Vec<Value> = hits.into_iter().skip(((page - 1) * size) as usize).take(size as usize).collect();
            (StatusCode::OK, json!({"code": "0", "result": {"success": true, "page_no": page, "page_size": size, "total": total, "items": shown}, "request_id": "simulated"}), None)
        }
        "/order/reverse/return/detail/list" => {
            let asked = |sale: &&&Sale| has_reverse(sale) && reverse_id(sale).to_string() == call.query("reverse_order_id");
            match mine.iter().find(asked) {
                Some(sale) => {
                    // The detail names its lines otherwise than the list.
                    let mut detail = reverse(sale);
                    detail["reverseOrderLineDTOList"] = detail["reverse_order_lines"].take();
                    detail.as_object_mut().map(|detail| detail.remove("reverse_order_lines"));
                    data(detail)
                }
                None => refuse("106", "ISP", "ROC internal error"),
            }
        }
        "/finance/transaction/details/get" => {
            let day = |name: &str| NaiveDate::parse_from_str(call.query(name), "%Y-%m-%d").ok();
            let (Some(from), Some(to)) = (day("start_time"), day("end_time")) else { return refuse("17", "ISV", "Invalid Date Format") };
            if (to - from).num_days() >= WINDOW_DAYS_MAX {
                return refuse("1000012", "ISV", "endTime - startTime must should be less than 180 days");
            }
            let within = |sale: &&&Sale| sale.past.completed.is_some_and(|at| (from..=to).contains(&at.date_naive()));
            let wanted = |sale: &&&Sale| call.query("trade_order_id").is_empty() || call.query("trade_order_id") == sale.id;
            let rows = mine.iter().filter(within).filter(wanted).flat_map(|sale| transactions(sale));
            data(rows.skip(call.number("offset").max(0) as usize).take(call.number("limit").clamp(1, ROWS_MAX) as usize).collect())
        }
        _ => refuse("InvalidApiPath", "ISP", "The specified API path is invalid"),
    }
}

type Refusal = (&'static str, &'static str);

/// A page of what changed or was made in a window, and how many there are in all.
fn listed<'a>(call: &Call<'_>, mine: &[&'a Sale]) -> Result<(Vec<&'a Sale>, usize), Refusal> {
    let at = |name: &str| match call.query(name) {
        "" => Ok(None),
        text => DateTime::parse_from_rfc3339(text).map(|at| Some(at.timestamp())).map_err(|_| ("17", "Invalid Date Format")),
    };
    let (updated, created) = ((at("update_after")?, at("update_before")?), (at("created_after")?, at("created_before")?));
    if updated.0.is_none() && created.0.is_none() {
        return Err(("MissingParameter", "Either created_after or update_after is mandatory"));
    }
    let limit = if call.query("limit").is_empty() { LIMIT_MAX } else { call.number("limit") };
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(("19", "Invalid Limit"));
    }
    let offset = if call.repeats_pages { 0 } else { call.number("offset") };
    if !(0..=OFFSET_MAX).contains(&offset) {
        return Err(("14", "Invalid Offset"));
    }
    let inside = |at: i64, (from, to): (Option<i64>, Option<i64>)| from.is_none_or(|from| at >= from) && to.is_none_or(|to| at <= to);
    let mut hits: Vec<&Sale> = mine.iter().copied().filter(|sale| inside(sale.updated_at.timestamp(), updated) && inside(sale.placed_at.timestamp(), created)).collect();
    hits.sort_by_key(|sale| if call.query("sort_by") == "updated_at" { sale.updated_at } else { sale.placed_at });
    if call.query("sort_direction") != "ASC" {
        hits.reverse();
    }
    let total = hits.len();
    Ok((hits.into_iter().skip(offset as usize).take(limit as usize).collect(), total))
}
