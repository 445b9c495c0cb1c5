//! KiotViet's public interface, as far as connectors call it: invoices, orders, returns, stock and tokens.

use super::*;
use crate::{
    World,
    endpoints::{Answer, Call},
    sale::Step,
    shop::{Channel, Path},
};
use axum::http::StatusCode;

const PAGE_DEFAULT: usize = 20;
const PAGE_MAX: usize = 100;

fn fail(status: StatusCode, code: &str, message: &str) -> Answer {
    (status, json!({"responseStatus": {"errorCode": code, "message": message, "errors": []}}), None)
}

fn good(body: Value) -> Answer {
    (StatusCode::OK, body, None)
}

/// Client credentials in a form; the token lives a day.
pub(crate) fn token(call: &Call<'_>, world: &mut World) -> Answer {
    let form = call.form();
    let of = |name: &str| form.get(name).map_or("", String::as_str);
    let found = world.shops.iter().position(|one| matches!(&one.path, Path::Hook { channel: Channel::Kiotviet, app, secret, .. } if app == of("client_id") && secret == of("client_secret")));
    match found.filter(|_| of("grant_type") == "client_credentials" && of("scopes") == "PublicApi.Access") {
        Some(index) => {
            let given = world.keys(index).give(Duration::days(1), call.now);
            good(json!({"access_token": given.access, "expires_in": given.lives.num_seconds(), "token_type": "Bearer"}))
        }
        None => (StatusCode::BAD_REQUEST, json!({"error": "invalid_client"}), None),
    }
}

pub(crate) fn answer(call: &Call<'_>, world: &mut World) -> Answer {
    let bearer = call.header("authorization").strip_prefix("Bearer ").unwrap_or_default().to_owned();
    let named = |index: &usize| matches!(&world.shops[*index].path, Path::Hook { shop, .. } if shop == call.header("retailer"));
    let found = world.holder(Channel::Kiotviet, &bearer, call.now).filter(named);
    let Some(index) = found else { return fail(StatusCode::UNAUTHORIZED, "TokenException", "Token or Retailer is wrong") };
    let wish: Value = serde_json::from_slice(call.body).unwrap_or_default();
    let parts: Vec<&str> = call.path.trim_matches('/').split('/').collect();
    match (call.method.as_str(), parts.as_slice()) {
        ("PUT", ["invoices", id]) => change(call, world, index, id, &wish),
        ("DELETE", ["invoices"]) => change(call, world, index, &wish["id"].to_string(), &json!({"status": 2})),
        ("PUT", ["listupdatedproducts"]) => match wish["listProducts"].as_array() {
            Some(products) if (1..=PAGE_MAX).contains(&products.len()) && products.iter().all(|one| one["id"].is_u64() && one["inventories"][0]["branchId"].is_u64()) => {
                for one in products {
                    world.stock_is(index, &one["id"].to_string(), one["inventories"][0]["onHand"].as_i64().unwrap_or_default());
                }
                good(json!({"message": "Cập nhật danh sách hàng hóa thành công"}))
            }
            _ => fail(StatusCode::BAD_REQUEST, "KvValidateException", "listProducts"),
        },
        ("GET", ["invoices"]) => page(call, mine(world, index, call).map(|sale| (sale.placed_at, sale.updated_at, invoice(sale))).collect()),
        ("GET", ["orders"]) => page(call, Vec::new()),
        ("GET", ["returns"]) => page(call, mine(world, index, call).filter_map(|sale| Some((sale.past.refunded?, sale.past.refunded?, goods_return(sale)?))).collect()),
        ("GET", ["invoices", wanted]) => one(mine(world, index, call).find(|sale| sale.id == *wanted).map(invoice)),
        ("GET", ["invoices", "code", wanted]) => one(mine(world, index, call).find(|sale| code(sale) == *wanted).map(invoice)),
        ("GET", ["returns", wanted]) => one(mine(world, index, call).find(|sale| return_id(sale).to_string() == *wanted).and_then(goods_return)),
        _ => fail(StatusCode::NOT_FOUND, "NotFound", "no such path"),
    }
}

fn mine<'w>(world: &'w World, index: usize, call: &Call<'_>) -> impl Iterator<Item = &'w Sale> {
    let now = call.now;
    world.sales().iter().filter(move |sale| sale.shop == index && sale.placed_at <= now)
}

fn one(found: Option<Value>) -> Answer {
    found.map_or_else(|| fail(StatusCode::NOT_FOUND, "NotFound", "not found"), good)
}

/// By offset, in the order things were made; payments only where they are asked for.
fn page(call: &Call<'_>, mut all: Vec<(DateTime<Utc>, DateTime<Utc>, Value)>) -> Answer {
    let since = chrono::NaiveDateTime::parse_from_str(call.query("lastModifiedFrom"), "%Y-%m-%dT%H:%M:%S").map(|at| at.and_utc() - Duration::hours(7));
    all.retain(|(_, changed, _)| since.is_ok_and(|since| *changed >= since) || call.query("lastModifiedFrom").is_empty());
    all.sort_by_key(|(made, _, _)| *made);
    let size = match call.number("pageSize") {
        0 => PAGE_DEFAULT,
        size => (size.max(1) as usize).min(PAGE_MAX),
    };
    let (total, skip) = (all.len(), if call.repeats_pages { 0 } else { call.number("currentItem").max(0) as usize });
    let data: Vec<Value> = all
        .into_iter()
        .skip(skip)
        .take(size)
        .map(|(_, _, mut one)| {
            if call.query("includePayment") != "true" {
                one.as_object_mut().map(|members| members.remove("payments"));
            }
            one
        })
        .collect();
    good(json!({"total": total, "pageSize": size, "data": data}))
}

/// Sends an invoice off, or calls it off.
fn change(call: &Call<'_>, world: &mut World, index: usize, id: &str, wish: &Value) -> Answer {
    let Some(sale) = world.sale(index, id) else { return fail(StatusCode::NOT_FOUND, "NotFound", "not found") };
    if wish["status"] == 2 {
        if sale.past.cancelled.is_none() {
            world.act(index, id, Step::Cancelled, None, call.now);
        }
    } else if wish["deliveryDetail"]["status"] == 2 && !is_counter(sale) && sale.past.cancelled.is_none() {
        if let Some(sale) = world.sale_mut(index, id) {
            sale.take(Step::Packed, call.now);
        }
        world.act(index, id, Step::Shipped, wish["deliveryDetail"]["deliveryCode"].as_str(), call.now);
    } else {
        return fail(StatusCode::BAD_REQUEST, "KvValidateException", "nothing to change");
    }
    one(world.sale(index, id).map(invoice))
}
