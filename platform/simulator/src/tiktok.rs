//! A sale in TikTok Shop's words: webhooks, order detail, cancellations, returns. SPEC.md sections 1, 4 and 12.
//! Money is text; lines are single units; in Vietnam the tax is inside the prices and not told.

pub(crate) mod answers;

use crate::sale::{Sale, text};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// The status word of the order API; the webhook says CANCEL where the API says CANCELLED.
pub fn status(sale: &Sale) -> &'static str {
    let past = &sale.past;
    if past.cancelled.is_some() {
        "CANCELLED"
    } else if past.completed.is_some() {
        "COMPLETED"
    } else if past.delivered.is_some() {
        "DELIVERED"
    } else if past.shipped.is_some() {
        "IN_TRANSIT"
    } else if past.packed.is_some() {
        "AWAITING_COLLECTION"
    } else if past.paid.is_some() || sale.cash_on_delivery {
        "AWAITING_SHIPMENT"
    } else {
        "UNPAID"
    }
}

fn envelope(kind: u32, shop: &str, notification: u64, at: DateTime<Utc>, data: Value) -> Value {
    json!({"type": kind, "tts_notification_id": notification.to_string(), "shop_id": shop, "timestamp": at.timestamp(), "data": data})
}

/// Type 1, ORDER_STATUS_CHANGE.
pub fn status_change(sale: &Sale, shop: &str, notification: u64) -> Value {
    let word = if status(sale) == "CANCELLED" { "CANCEL" } else { status(sale) };
    let data = json!({"is_on_hold_order": false, "order_id": sale.id, "order_status": word, "update_time": sale.updated_at.timestamp()});
    envelope(1, shop, notification, sale.updated_at, data)
}

/// Type 11, CANCELLATION_STATUS_CHANGE.
pub fn cancellation_change(sale: &Sale, shop: &str, notification: u64) -> Value {
    let data = json!({
        "order_id": sale.id, "cancellations_role": canceller(sale), "cancel_status": cancel_status(sale), "cancel_id": cancel_id(sale),
        "create_time": sale.past.cancel_asked.unwrap_or(sale.updated_at).timestamp(),
    });
    envelope(11, shop, notification, sale.updated_at, data)
}

/// Type 12, RETURN_STATUS_CHANGE.
pub fn return_change(sale: &Sale, shop: &str, notification: u64) -> Value {
    let data = json!({
        "order_id": sale.id, "return_role": "BUYER", "return_type": return_type(sale), "return_status": return_status(sale), "return_id": return_id(sale),
        "create_time": sale.past.return_asked.unwrap_or(sale.updated_at).timestamp(), "update_time": sale.updated_at.timestamp(),
    });
    envelope(12, shop, notification, sale.updated_at, data)
}

/// Type 67, REFUND_SUCCESS: the only one that carries money.
pub fn refund_success(sale: &Sale, shop: &str, notification: u64) -> Value {
    let data = json!({
        "aftersales_request_id": if sale.past.cancelled.is_some() { cancel_id(sale) } else { return_id(sale) },
        "line_items": sale.lines.iter().map(|line| json!({"main_order_id": sale.id, "return_line_item_id": format!("{}", line.id + 7),
            "sku_id": line.id.to_string(), "sku_return_request_id": return_id(sale)})).collect::<Vec<_>>(),
        "refund_currency": sale.currency, "refund_status": "REFUND_SUCCESS",
        "refund_timestamp": sale.past.refunded.unwrap_or(sale.updated_at).timestamp(), "refund_total": text(sale.refund_amount(), &sale.currency),
        "rma_id": return_id(sale),
    });
    envelope(67, shop, notification, sale.updated_at, data)
}

pub fn order(sale: &Sale) -> Value {
    let past = &sale.past;
    let money = |amount: Decimal| text(amount, &sale.currency);
    let units = sale.lines.iter().flat_map(|line| (0..u64::from(line.quantity)).map(move |unit| (line, line.id * 100 + unit)));
    let items: Vec<Value> = units
        .map(|(line, id)| {
            json!({
                "id": id.to_string(), "product_id": (line.id / 10).to_string(), "product_name": line.goods.name, "sku_id": line.id.to_string(),
                "sku_name": line.goods.variant, "seller_sku": line.goods.sku, "currency": sale.currency, "original_price": money(line.price),
                "sale_price": money(line.paid_unit()), "seller_discount": money(line.seller_discount),
                "platform_discount": money(line.platform_discount), "is_gift": false, "display_status": status(sale),
                "package_id": sale.package.to_string(), "package_status": if past.packed.is_some() { "PROCESSING" } else { "TO_FULFILL" },
                "tracking_number": if past.packed.is_some() { sale.tracking.as_str() } else { "" }, "shipping_provider_name": sale.carrier,
                "cancel_reason": if past.cancelled.is_some() { "No longer needed" } else { "" },
                "cancel_user": if past.cancelled.is_some() { canceller(sale) } else { "" },
            })
        })
        .collect();
    let seller = sale.seller_discount() + sale.voucher_seller;
    let platform = sale.platform_discount() + sale.voucher_platform + sale.coins;
    let mut order = json!({
        "id": sale.id, "status": status(sale), "create_time": sale.placed_at.timestamp(), "update_time": sale.updated_at.timestamp(),
        "buyer_email": format!("v4b{}@scs2.tiktok.com", sale.buyer.id), "buyer_message": "", "user_id": (7_494_690_000_000_000_000 + sale.buyer.id).to_string(),
        "commerce_platform": "TIKTOK_SHOP", "delivery_type": "HOME_DELIVERY", "delivery_option_name": "Standard shipping",
        "fulfillment_type": "FULFILLMENT_BY_SELLER", "has_updated_recipient_address": false, "is_cod": sale.cash_on_delivery, "is_on_hold_order": false,
        "is_replacement_order": false, "is_sample_order": false, "order_type": "NORMAL", "shipping_type": "TIKTOK", "shipping_provider": sale.carrier,
        "payment_method_name": sale.payment, "need_upload_invoice": if sale.number % 9 == 0 { "NEED_INVOICE" } else { "NO_NEED" },
        "tracking_number": if past.packed.is_some() { sale.tracking.as_str() } else { "" }, "packages": [{"id": sale.package.to_string()}],
        "line_items": items,
        "payment": {
            "currency": sale.currency, "original_total_product_price": money(sale.goods_list()), "seller_discount": money(seller),
            "platform_discount": money(platform), "sub_total": money(sale.goods_list() - seller - platform),
            "original_shipping_fee": money(sale.shipping), "shipping_fee": money(sale.shipping_paid()),
            "shipping_fee_platform_discount": money(sale.shipping_platform_discount), "shipping_fee_seller_discount": "0",
            "shipping_fee_cofunded_discount": "0", "tax": "0", "product_tax": "0", "total_amount": money(sale.total()),
        },
        "recipient_address": {
            "name": sale.buyer.masked_name(), "phone_number": format!("(+84){}", sale.buyer.masked_phone()), "region_code": "VN", "postal_code": "",
            "full_address": format!("Việt Nam, {}, {}, ******", sale.buyer.city, sale.buyer.district), "address_detail": "******",
            "district_info": [
                {"address_level": "L0", "address_level_name": "Country", "address_name": "Việt Nam", "iso_code": "VN"},
                {"address_level": "L1", "address_level_name": "Province", "address_name": sale.buyer.city},
                {"address_level": "L2", "address_level_name": "District", "address_name": sale.buyer.district},
            ],
        },
    });
    if past.cancel_asked.is_some() && past.cancelled.is_none() {
        order["is_buyer_request_cancel"] = json!(true);
    }
    // Times that have not come are absent, not zero.
    let times = [("paid_time", past.paid), ("rts_time", past.packed), ("collection_time", past.shipped), ("delivery_time", past.delivered), ("cancel_time", past.cancelled)];
    for (name, at) in times {
        if let Some(at) = at {
            order[name] = json!(at.timestamp());
        }
    }
    if past.cancelled.is_some() {
        order["cancel_reason"] = json!("No longer needed");
        order["cancellation_initiator"] = json!(canceller(sale));
    }
    order
}

pub fn cancellation(sale: &Sale) -> Value {
    json!({
        "role": canceller(sale), "order_id": sale.id, "cancel_id": cancel_id(sale), "cancel_type": if sale.past.by_seller { "CANCEL" } else { "BUYER_CANCEL" }, "cancel_status": cancel_status(sale),
        "create_time": sale.past.cancel_asked.unwrap_or(sale.updated_at).timestamp(), "update_time": sale.updated_at.timestamp(),
        "cancel_reason": "ecom_order_to_ship_canceled_reason_no_longer_needed", "cancel_reason_text": "No longer needed", "should_replenish_stock": true,
        "cancel_line_items": sale.lines.iter().flat_map(|line| (0..u64::from(line.quantity)).map(move |unit| json!({
            "order_line_item_id": (line.id * 100 + unit).to_string(), "cancel_line_item_id": (line.id * 100 + unit + 50).to_string(),
            "sku_id": line.id.to_string(), "sku_name": line.goods.variant, "product_name": line.goods.name,
        }))).collect::<Vec<_>>(),
    })
}

pub fn goods_return(sale: &Sale) -> Value {
    json!({
        "return_id": return_id(sale), "order_id": sale.id, "role": "BUYER", "return_type": return_type(sale), "return_status": return_status(sale),
        "create_time": sale.past.return_asked.unwrap_or(sale.updated_at).timestamp(), "update_time": sale.updated_at.timestamp(),
        "return_reason": "ecom_return_reason_wrong_item", "return_reason_text": "Wrong item",
        "refund_amount": {"currency": sale.currency, "refund_total": text(sale.refund_amount(), &sale.currency), "refund_tax": "0"},
        "return_line_items": sale.lines.iter().flat_map(|line| (0..u64::from(line.quantity)).map(move |unit| json!({
            "return_line_item_id": (line.id * 100 + unit + 70).to_string(), "order_line_item_id": (line.id * 100 + unit).to_string(),
            "sku_id": line.id.to_string(), "seller_sku": line.goods.sku, "sku_name": line.goods.variant, "product_name": line.goods.name,
        }))).collect::<Vec<_>>(),
    })
}

fn canceller(sale: &Sale) -> &'static str {
    if sale.past.by_seller { "SELLER" } else { "BUYER" }
}
fn cancel_id(sale: &Sale) -> String {
    format!("4{}", &sale.id[1..])
}
fn return_id(sale: &Sale) -> String {
    format!("403{}", &sale.id[3..])
}
fn cancel_status(sale: &Sale) -> &'static str {
    if sale.past.cancelled.is_some() { "CANCELLATION_REQUEST_COMPLETE" } else { "CANCELLATION_REQUEST_PENDING" }
}
fn return_type(sale: &Sale) -> &'static str {
    if sale.keeps_goods() { "REFUND" } else { "RETURN_AND_REFUND" }
}
fn return_status(sale: &Sale) -> &'static str {
    match (sale.past.return_accepted, sale.past.refunded) {
        (_, Some(_)) => "RETURN_OR_REFUND_REQUEST_COMPLETE",
        (Some(_), None) => "RETURN_OR_REFUND_REQUEST_SUCCESS",
        _ => "RETURN_OR_REFUND_REQUEST_PENDING",
    }
}
