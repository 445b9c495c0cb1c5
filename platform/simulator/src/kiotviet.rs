//! A sale in KiotViet's words: invoices and returns. SPEC.md sections 1, 2 and 9.
//! Webhooks write PascalCase and numbers with a point, REST answers camelCase and whole numbers. Times are those of Vietnam, seven
//! digits, without an offset. The discount of a line is for one unit; a voucher is a way to pay.

pub(crate) mod answers;

use crate::sale::Sale;
use chrono::{DateTime, Duration, Utc};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde_json::{Map, Value, json};

/// What a voucher is worth where one is used.
const VOUCHER: i64 = 50_000;

pub(crate) fn local(at: DateTime<Utc>) -> String {
    (at + Duration::hours(7)).format("%Y-%m-%dT%H:%M:%S%.3f0000").to_string()
}

/// Counter sales have no delivery; what is paid at the door or bears an odd number is delivered.
pub fn is_counter(sale: &Sale) -> bool {
    !sale.cash_on_delivery && sale.number % 2 == 0
}

/// The number of the invoice, which is not the code people see.
pub fn id(sale: &Sale) -> u64 {
    sale.id.parse().unwrap_or_default()
}

pub fn return_id(sale: &Sale) -> u64 {
    id(sale) + 5_000_000_000
}

/// Whole dong.
fn number(amount: Decimal) -> Value {
    json!(amount.to_i64())
}

/// 1 done, 2 cancelled, 3 processing, 5 not delivered.
fn status(sale: &Sale) -> (u8, &'static str) {
    let past = &sale.past;
    match () {
        _ if past.cancelled.is_some() => (2, "Đã hủy"),
        _ if is_counter(sale) && past.paid.is_some() => (1, "Hoàn thành"),
        _ if past.delivered.is_some() || past.completed.is_some() => (1, "Hoàn thành"),
        _ => (3, "Đang xử lý"),
    }
}

/// Payments: how and how much; what was paid of a cancelled invoice is cancelled with it.
pub fn payments(sale: &Sale) -> Vec<(&'static str, Decimal)> {
    if sale.past.paid.is_none() {
        return Vec::new();
    }
    let (total, voucher) = (sale.total(), Decimal::from(VOUCHER));
    let method = match sale.payment {
        "Cash" | "Cash on Delivery" => "Cash",
        "Card" => "Card",
        _ => "Transfer",
    };
    if sale.number % 5 == 0 && !sale.cash_on_delivery && total > voucher { vec![("Voucher", voucher), (method, total - voucher)] } else { vec![(method, total)] }
}

/// REST: camelCase, whole numbers.
pub fn invoice(sale: &Sale) -> Value {
    let (status, word) = status(sale);
    let past = &sale.past;
    let details: Vec<Value> = sale
        .lines
        .iter()
        .map(|line| {
            let net = (line.price - line.seller_discount) * Decimal::from(line.quantity);
            json!({"productId": line.id, "productCode": line.goods.sku, "productName": format!("{} - {}", line.goods.name, line.goods.variant), "quantity": line.quantity,
                "price": number(line.price), "discount": number(line.seller_discount), "usePoint": false, "subTotal": number(net), "serialNumbers": "", "returnQuantity": 0})
        })
        .collect();
    let paid_at = past.paid.unwrap_or(sale.updated_at);
    let cancelled = past.cancelled.is_some();
    let payments: Vec<Value> = payments(sale)
        .into_iter()
        .enumerate()
        .map(|(index, (method, amount))| {
            json!({"id": id(sale) * 10 + index as u64, "code": format!("TT{}-{}", code(sale), index + 1), "amount": number(amount), "method": method,
                "status": u8::from(cancelled), "statusValue": if cancelled { "Đã hủy" } else { "Đã thanh toán" }, "transDate": local(paid_at)})
        })
        .collect();
    let received: Decimal = if cancelled { Decimal::ZERO } else { self::payments(sale).iter().map(|(_, amount)| *amount).sum() };
    let mut invoice = json!({
        "id": id(sale), "uuid": format!("W{}", sale.package), "code": code(sale), "purchaseDate": local(sale.placed_at), "branchId": 12_961, "branchName": "Chi nhánh trung tâm",
        "soldById": 31_767, "soldByName": "Nhân viên quầy", "customerId": sale.buyer.id, "customerCode": format!("KH{:06}", sale.buyer.id % 1_000_000), "customerName": sale.buyer.name(),
        "orderCode": "", "total": number(sale.total()), "totalPayment": number(received), "discount": number(sale.voucher_seller), "status": status, "statusValue": word,
        "description": "", "usingCod": sale.cash_on_delivery, "pricingMode": 1, "totalTax": number(sale.tax()), "createdDate": local(sale.placed_at),
        "modifiedDate": local(sale.updated_at), "payments": payments, "invoiceDetails": details,
    });
    if !sale.shipping.is_zero() {
        invoice["invoiceOrderSurcharges"] = json!([{"id": 1, "surchargeId": 7, "surchargeName": "Phí giao hàng", "surValue": number(sale.shipping), "price": number(sale.shipping)}]);
    }
    if !is_counter(sale) {
        invoice["invoiceDelivery"] = delivery(sale);
    }
    invoice
}

pub fn code(sale: &Sale) -> String {
    format!("HD{:06}", sale.number)
}

fn delivery(sale: &Sale) -> Value {
    let (past, buyer) = (&sale.past, &sale.buyer);
    let (status, word) = match () {
        _ if past.cancelled.is_some() => (6, "Đã hủy"),
        _ if past.delivered.is_some() => (3, "Đã giao hàng"),
        _ if past.shipped.is_some() => (2, "Đang giao hàng"),
        _ => (1, "Chưa giao hàng"),
    };
    json!({"deliveryCode": past.packed.map(|_| sale.tracking.clone()), "status": status, "statusValue": word, "type": 0, "price": number(sale.shipping), "receiver": buyer.name(),
        "contactNumber": buyer.phone, "address": buyer.street, "locationName": format!("{} - {}", buyer.city, buyer.district), "usingPriceCod": sale.cash_on_delivery,
        "priceCodPayment": if sale.cash_on_delivery { number(sale.total()) } else { json!(0) }, "partnerDelivery": {"code": "DT01", "name": sale.carrier}})
}

/// Goods over the counter again; what was given back. None: nothing came back.
pub fn goods_return(sale: &Sale) -> Option<Value> {
    let at = sale.past.refunded.filter(|_| sale.past.cancelled.is_none())?;
    let amount = sale.refund_amount();
    let details: Vec<Value> = sale
        .lines
        .iter()
        .map(|line| json!({"productId": line.id, "productCode": line.goods.sku, "quantity": line.quantity, "price": number(line.price - line.seller_discount), "usePoint": false}))
        .collect();
    Some(json!({
        "id": return_id(sale), "code": format!("TH{:06}", sale.number), "invoiceId": id(sale), "returnDate": local(at), "branchId": 12_961, "receivedById": 31_767,
        "returnTotal": number(amount), "returnDiscount": 0, "returnFee": 0, "totalPayment": number(amount), "status": 1, "statusValue": "Đã trả", "createdDate": local(at),
        "modifiedDate": local(at), "payments": [{"id": id(sale) * 10 + 9, "code": format!("TTTH{:06}", sale.number), "amount": number(-amount), "method": "Cash", "status": 0, "transDate": local(at)}],
        "returnDetails": details,
    }))
}

/// A webhook of one invoice.
pub fn hook(sale: &Sale, message: u64) -> Value {
    json!({"Id": format!("{message:032x}"), "Attempt": 1, "Notifications": [{"Action": "invoice.update", "Data": [pascal(invoice(sale))]}]})
}

/// The same with the first letter of every key large and every amount with a point; what is empty is left out.
fn pascal(value: Value) -> Value {
    const AMOUNTS: [&str; 8] = ["Total", "TotalPayment", "Discount", "Price", "SubTotal", "Amount", "SurValue", "Quantity"];
    match value {
        Value::Object(members) => {
            let mut renamed = Map::new();
            for (name, value) in members {
                let mut letters = name.chars();
                let name: String = letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect();
                let value = pascal(value);
                let value = if AMOUNTS.contains(&name.as_str()) { value.as_f64().map_or(value, |amount| json!(amount)) } else { value };
                renamed.insert(name, value);
            }
            Value::Object(renamed)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(pascal).collect()),
        other => other,
    }
}
