//! What a seller does at Lazada: packages, cancellations, stock. Each part of a batch has its own outcome, with 200 and a
//! `success` for the whole; an order is packed and handed over whole here.

use super::{id, reverse_id, status, units};
use crate::{
    World,
    endpoints::{Answer, Call},
    sale::{Sale, Step},
};
use axum::http::StatusCode;
use serde_json::{Value, json};

const BATCH_MAX: usize = 20;

fn result(data: Value) -> Answer {
    (StatusCode::OK, json!({"code": "0", "result": {"data": data, "success": true, "errorCode": null, "errorMsg": null}, "request_id": "simulated"}), None)
}

fn failed(code: &str, message: &str) -> Answer {
    (StatusCode::OK, json!({"code": "0", "result": {"data": null, "success": false, "error_code": code, "error_msg": message}, "request_id": "simulated"}), None)
}

fn data(data: Value) -> Answer {
    (StatusCode::OK, json!({"code": "0", "data": data, "request_id": "simulated"}), None)
}

fn refuse(code: &str, message: &str) -> Answer {
    (StatusCode::OK, json!({"code": code, "type": "ISP", "message": message, "request_id": "simulated"}), None)
}

/// None: this path is no act.
pub(super) fn answer(call: &Call<'_>, path: &str, world: &mut World, index: usize) -> Option<Answer> {
    let asked = |name: &str| serde_json::from_str::<Value>(call.query(name)).unwrap_or_default();
    Some(match path {
        "/order/shipment/providers/get" => match asked("getShipmentProvidersReq")["orders"].as_array() {
            Some(orders) if (1..=BATCH_MAX).contains(&orders.len()) => result(json!({"platform_default": 1, "shipment_providers": [], "shipping_allocate_type": "TFS"})),
            _ => failed("700022", "batch size out of limit"),
        },
        "/order/fulfill/pack" => pack(call, world, index, &asked("packReq")),
        "/order/package/rts" => hand_over(call, world, index, &asked("readyToShipReq")),
        "/order/reverse/cancel/validate" => validate(call, world, index),
        "/order/reverse/cancel/create" => cancel(call, world, index),
        "/order/reverse/cancel/seller/decide" => decide(call, world, index),
        "/product/stock/sellable/update" => stock(call.query("payload"), world, index),
        _ => return None,
    })
}

fn pack(call: &Call<'_>, world: &mut World, index: usize, wish: &Value) -> Answer {
    let orders = wish["pack_order_list"].as_array().cloned().unwrap_or_default();
    if !(1..=BATCH_MAX).contains(&orders.len()) {
        return failed("700022", "batch size out of limit");
    }
    if wish["delivery_type"] != "dropship" || wish["shipping_allocate_type"] != "TFS" || wish["shipment_provider_code"].is_string() {
        return failed("700004", "param illegal");
    }
    let mut packed = Vec::new();
    for asked in orders {
        let order = asked["order_id"].to_string();
        let items = asked["order_item_list"].as_array().cloned().unwrap_or_default();
        let (code, message) = match world.sale(index, &order) {
            None => ("700021", "order not found"),
            Some(sale) if !units(sale).iter().all(|unit| items.iter().any(|item| *item == unit.id)) => ("700013", "operation is no support"),
            Some(sale) if status(sale) != "pending" => ("700026", "item current status not allow to pack"),
            Some(_) => ("0", "success"),
        };
        if code == "0" {
            world.act(index, &order, Step::Boxed, None, call.now);
        }
        let told = |item: &Value| {
            let (package, tracking, carrier) = world.sale(index, &order).filter(|_| code == "0").map_or((String::new(), "", ""), |sale| (package(sale), sale.tracking.as_str(), sale.carrier));
            json!({"order_item_id": item, "msg": message, "item_err_code": code, "tracking_number": tracking, "shipment_provider": carrier, "package_id": package, "retry": false})
        };
        packed.push(json!({"order_id": asked["order_id"], "order_item_list": items.iter().map(told).collect::<Vec<_>>()}));
    }
    result(json!({"pack_order_list": packed}))
}

fn package(sale: &Sale) -> String {
    format!("FP{}", sale.package)
}

fn hand_over(call: &Call<'_>, world: &mut World, index: usize, wish: &Value) -> Answer {
    let packages = wish["packages"].as_array().cloned().unwrap_or_default();
    if !(1..=BATCH_MAX).contains(&packages.len()) {
        return failed("700022", "batch size out of limit");
    }
    let mut told = Vec::new();
    for asked in packages {
        let found = world.sales().iter().find(|sale| sale.shop == index && asked["package_id"] == package(sale));
        let (code, message, order) = match found {
            None => ("600001", "package not found", None),
            Some(sale) if sale.past.cancelled.is_some() => ("600002", "package already cancelled", None),
            Some(sale) if status(sale) != "packed" => ("700000", "current package status not allow to operation", None),
            Some(sale) => ("0", "success", Some(sale.id.clone())),
        };
        if let Some(order) = order {
            world.act(index, &order, Step::Packed, None, call.now);
        }
        told.push(json!({"msg": message, "item_err_code": code, "package_id": asked["package_id"], "retry": false}));
    }
    result(json!({"packages": told}))
}

/// The order of a cancellation, when it names all of its items and can still be cancelled.
fn cancellable(call: &Call<'_>, world: &World, index: usize) -> Result<String, Answer> {
    let items: Vec<Value> = serde_json::from_str(call.query("order_item_id_list")).unwrap_or_default();
    let Some(sale) = world.sale(index, call.query("order_id")) else { return Err(refuse("122", "E0122: invalid trade order")) };
    if !units(sale).iter().all(|unit| items.iter().any(|item| *item == unit.id)) {
        return Err(refuse("123", "E0123: invalid trade order lines"));
    }
    if !matches!(status(sale), "unpaid" | "pending" | "packed") {
        return Err(data(json!({"tip_type": "error", "tip_content": "The order cannot be cancelled any more."})));
    }
    Ok(sale.id.clone())
}

fn validate(call: &Call<'_>, world: &World, index: usize) -> Answer {
    let reasons = json!([{"reason_name": "Out of Stock", "reason_id": "15"}, {"reason_name": "Wrong Price or Pricing Error", "reason_id": "16"}, {"reason_name": "Other", "reason_id": "10"}]);
    cancellable(call, world, index).map_or_else(|refused| refused, |_| data(json!({"tip_type": "warn", "tip_content": "Cancelling lowers your rating.", "reason_options": reasons})))
}

fn cancel(call: &Call<'_>, world: &mut World, index: usize) -> Answer {
    if !["10", "15", "16"].contains(&call.query("reason_id")) {
        return refuse("104", "E0104: reason is empty or invalid");
    }
    match cancellable(call, world, index) {
        Ok(order) => {
            world.act(index, &order, Step::Cancelled, None, call.now);
            data(json!({"tip_type": "success", "tip_content": ""}))
        }
        Err(refused) => refused,
    }
}

fn decide(call: &Call<'_>, world: &mut World, index: usize) -> Answer {
    let asked = |sale: &&Sale| sale.shop == index && reverse_id(sale).to_string() == call.query("reverse_order_id");
    let open = world.sales().iter().find(asked).filter(|sale| sale.past.cancel_asked.is_some() && sale.past.cancelled.is_none());
    let Some(order) = open.map(|sale| id(sale).to_string()) else { return refuse("131", "E0131: no decision for this reverse order") };
    if call.query("agree_cancel") == "true" {
        world.act(index, &order, Step::Cancelled, None, call.now);
    }
    data(Value::Null)
}

/// `<Sku><ItemId>…</ItemId><SkuId>…</SkuId>…<SellableQuantity>…</SellableQuantity></Sku>`, at most 20. A SKU whose number ends in
/// 3 is not the seller's: one such refuses the batch.
fn stock(payload: &str, world: &mut World, index: usize) -> Answer {
    let member = |sku: &str, name: &str| -> Option<u64> { sku.split_once(&format!("<{name}>"))?.1.split_once('<')?.0.parse().ok() };
    let skus: Vec<Option<(u64, u64, u64)>> = payload.split("<Sku>").skip(1).map(|sku| Some((member(sku, "ItemId")?, member(sku, "SkuId")?, member(sku, "SellableQuantity")?))).collect();
    if !(1..=BATCH_MAX).contains(&skus.len()) {
        return refuse("901", "The request is too large or empty");
    }
    if skus.iter().any(|sku| sku.is_none_or(|(_, sku, _)| sku % 10 == 3)) {
        return refuse("501", "E501: Update product failed");
    }
    for (item, sku, units) in skus.into_iter().flatten() {
        world.stock_is(index, &format!("{item}-{sku}"), i64::try_from(units).unwrap_or(i64::MAX));
    }
    data(json!({}))
}
