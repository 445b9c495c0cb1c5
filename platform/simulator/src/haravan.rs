//! A sale in Haravan's words: the REST order with its transactions, fulfilments and refunds. SPEC.md section 9.
//! Webhooks carry the whole order. Amounts are numbers; statuses stand apart; a payment is first pending, then captured.

pub(crate) mod answers;

use crate::{sale::{Sale, Step}, shopify::allocations};
use chrono::{DateTime, SecondsFormat, Utc};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde_json::{Value, json};

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Haravan writes dong with a point: 600000.0.
fn number(amount: Decimal) -> Value {
    json!(amount.to_f64())
}

/// Haravan's ids are numbers.
fn id(sale: &Sale) -> u64 {
    sale.id.parse().unwrap_or_default()
}

fn financial_status(sale: &Sale) -> &'static str {
    let past = &sale.past;
    match (past.paid, past.refunded, past.cancelled) {
        (Some(_), Some(_), Some(_)) => "refunded",
        (Some(_), Some(_), None) if sale.shipping_paid().is_zero() => "refunded",
        (Some(_), Some(_), None) => "partially_refunded",
        (Some(_), None, _) => "paid",
        (None, _, Some(_)) => "voided",
        (None, _, None) => "pending",
    }
}

fn gateway(sale: &Sale) -> (&'static str, &'static str) {
    match sale.payment {
        "Cash on Delivery" => ("Thanh toán khi giao hàng (COD)", "COD"),
        "Bank Transfer" => ("Chuyển khoản qua ngân hàng", "bankdeposit"),
        other => (other, "onepay"),
    }
}

fn transaction(sale: &Sale, place: u64, kind: &str, amount: Decimal, parent: Option<u64>, at: DateTime<Utc>) -> Value {
    json!({"id": id(sale) * 10 + place, "amount": number(amount), "kind": kind, "parent_id": parent, "gateway": gateway(sale).0, "status": null, "order_id": id(sale),
        "currency": null, "created_at": instant(at), "is_cod_gateway": sale.cash_on_delivery, "external_transaction_id": null})
}

fn transactions(sale: &Sale) -> Vec<Value> {
    let mut all = vec![transaction(sale, 1, "pending", sale.total(), None, sale.placed_at)];
    let first = Some(id(sale) * 10 + 1);
    if let Some(at) = sale.past.paid {
        all.push(transaction(sale, 2, "capture", sale.total(), first, at));
    } else if let Some(at) = sale.past.cancelled {
        all.push(transaction(sale, 3, "void", sale.total(), first, at));
    }
    if let Some((at, amount)) = given_back(sale) {
        all.push(transaction(sale, 4, "refund", -amount, Some(id(sale) * 10 + 2), at));
    }
    all
}

fn given_back(sale: &Sale) -> Option<(DateTime<Utc>, Decimal)> {
    let amount = sale.refund_amount();
    sale.past.refunded.filter(|_| !amount.is_zero()).map(|at| (at, amount))
}

fn refund(sale: &Sale) -> Option<Value> {
    let (at, amount) = given_back(sale)?;
    let lines: Vec<Value> = sale.lines.iter().map(|line| json!({"id": line.id + 5, "line_item_id": line.id, "quantity": line.quantity})).collect();
    Some(json!({"id": id(sale) + 3, "order_id": id(sale), "created_at": instant(at), "note": "khách trả hàng", "restock": !sale.keeps_goods(), "refund_line_items": lines,
        "transactions": [transaction(sale, 4, "refund", -amount, Some(id(sale) * 10 + 2), at)]}))
}

pub fn fulfillment(sale: &Sale) -> Option<Value> {
    let past = &sale.past;
    let at = past.packed.or(past.shipped)?;
    let (code, changed) = match () {
        _ if past.delivered.is_some() => ("delivered", past.delivered),
        _ if past.shipped.is_some() => ("delivering", past.shipped),
        _ => ("readytopick", past.packed),
    };
    let lines: Vec<Value> = sale.lines.iter().map(|line| json!({"id": line.id, "quantity": line.quantity, "sku": line.goods.sku})).collect();
    Some(json!({"id": id(sale) + 2, "order_id": id(sale), "status": "success", "tracking_company": sale.carrier, "tracking_number": sale.tracking, "carrier_status_code": code,
        "carrier_cod_status_code": if sale.cash_on_delivery { "codpending" } else { "none" }, "cod_amount": number(if sale.cash_on_delivery { sale.total() } else { Decimal::ZERO }),
        "created_at": instant(at), "updated_at": instant(changed.unwrap_or(at)), "delivered_date": past.delivered.map(instant), "delivering_date": past.shipped.map(instant), "line_items": lines}))
}

pub fn order(sale: &Sale) -> Value {
    let (past, buyer) = (&sale.past, &sale.buyer);
    let (name, code) = gateway(sale);
    let discounts = sale.seller_discount() + sale.voucher_seller;
    let subtotal = sale.goods_list() - discounts;
    let lines: Vec<Value> = sale
        .lines
        .iter()
        .map(|line| {
            let own = line.seller_discount * Decimal::from(line.quantity);
            json!({"id": line.id, "price": number(line.price), "price_original": number(line.price), "price_promotion": 0.0, "product_id": line.id / 100, "variant_id": line.id / 10,
                "quantity": line.quantity, "sku": line.goods.sku, "title": line.goods.name, "variant_title": line.goods.variant, "name": format!("{} - {}", line.goods.name, line.goods.variant),
                "tax_lines": null, "total_discount": number(own), "applied_discounts": [], "fulfillable_quantity": if past.packed.is_some() { 0 } else { line.quantity },
                "fulfillment_status": if past.shipped.is_some() { "fulfilled" } else { "notfulfilled" }, "requires_shipping": true})
        })
        .collect();
    let address = json!({"first_name": buyer.first, "last_name": buyer.last, "name": buyer.name(), "phone": buyer.phone, "address1": buyer.street, "ward": null, "district": buyer.district,
        "province": buyer.city, "country": buyer.country_name, "country_code": buyer.country, "company": null, "zip": null});
    let vouchers: Decimal = allocations(sale).iter().sum();
    json!({
        "id": id(sale), "number": id(sale), "order_number": format!("#{}", 100_000 + sale.number), "name": format!("#{}", 100_000 + sale.number), "currency": sale.currency,
        "created_at": instant(sale.placed_at), "updated_at": instant(sale.updated_at), "financial_status": financial_status(sale),
        "fulfillment_status": if past.shipped.is_some() { "fulfilled" } else { "notfulfilled" }, "confirmed_status": if past.paid.is_some() || past.packed.is_some() { "confirmed" } else { "unconfirmed" },
        "cancelled_status": if past.cancelled.is_some() { "cancelled" } else { "uncancelled" }, "cancelled_at": past.cancelled.map(instant), "cancel_reason": past.cancelled.map(|_| "customer"),
        "closed_status": if past.completed.is_some() { "closed" } else { "unclosed" }, "closed_at": past.completed.map(instant), "gateway": name, "gateway_code": code,
        "line_items": lines, "shipping_lines": [{"code": null, "price": number(sale.shipping), "source": null, "title": if sale.shipping.is_zero() { Value::Null } else { json!("Giao hàng") }}],
        "discount_codes": if vouchers.is_zero() { json!([]) } else { json!([{"code": format!("SEN{}", buyer.id % 90 + 10), "amount": number(vouchers), "type": "fixed_amount"}]) },
        "total_line_items_price": number(sale.goods_list()), "total_discounts": number(discounts), "subtotal_price": number(subtotal), "total_tax": 0.0, "tax_lines": null, "taxes_included": null,
        "total_price": number(sale.total()), "transactions": transactions(sale), "refunds": refund(sale).into_iter().collect::<Vec<_>>(), "fulfillments": fulfillment(sale).into_iter().collect::<Vec<_>>(),
        "customer": {"id": buyer.id, "first_name": buyer.first, "last_name": buyer.last, "email": buyer.email, "phone": buyer.phone}, "email": buyer.email, "billing_address": address,
        "shipping_address": address, "note": "", "note_attributes": [], "source_name": "web", "utm_source": sale.source, "location_id": 963_414, "user_id": null,
    })
}

/// The webhook of a step: its topic. The body is the order.
pub fn topic(step: Step) -> Option<&'static str> {
    Some(match step {
        Step::Placed => "orders/create",
        Step::Paid => "orders/paid",
        Step::Cancelled => "orders/cancelled",
        Step::Shipped => "orders/fulfilled",
        Step::Packed | Step::Delivered | Step::Completed | Step::ReturnAccepted | Step::Refunded => "orders/updated",
        Step::CancelAsked | Step::ReturnAsked | Step::Boxed => return None,
    })
}
