//! A sale in Lazada's words: pushes, orders, items, reverse orders, transactions. SPEC.md sections 1, 2, 5 and 12.
//! One item is one unit; `price` is text and vouchers are numbers, as real answers have them; coins are the platform's voucher.
//! Reverse orders count in cents, but for Vietnam.

mod acts;
pub(crate) mod answers;

use crate::sale::{Sale, Step, scale_of, text};
use chrono::{DateTime, FixedOffset, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

const HOURS_EAST: i32 = 7;

/// `2018-10-31 10:18:27 +0700`
fn clock(at: DateTime<Utc>) -> String {
    let local = FixedOffset::east_opt(HOURS_EAST * 3600).map_or_else(|| at.fixed_offset(), |zone| at.with_timezone(&zone));
    local.format("%Y-%m-%d %H:%M:%S %z").to_string()
}

/// A number as real answers write it.
fn number(amount: Decimal, sale: &Sale) -> Value {
    let mut amount = amount;
    amount.rescale(scale_of(&sale.currency).max(2));
    serde_json::from_str(&amount.to_string()).unwrap_or_default()
}

/// One unit of the sale.
pub struct Unit {
    pub id: u64,
    pub line: usize,
    pub price: Decimal,
    pub voucher_seller: Decimal,
    pub voucher_platform: Decimal,
}

impl Unit {
    pub fn paid(&self) -> Decimal {
        self.price - self.voucher_seller - self.voucher_platform
    }
}

/// Vouchers shared over the units by price; what is left goes to the last.
pub fn units(sale: &Sale) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    for (index, line) in sale.lines.iter().enumerate() {
        for unit in 0..u64::from(line.quantity) {
            units.push(Unit { id: line.id * 100 + unit, line: index, price: line.paid_unit(), voucher_seller: Decimal::ZERO, voucher_platform: Decimal::ZERO });
        }
    }
    let (whole, last) = (sale.goods_paid(), units.len().saturating_sub(1));
    let (mut seller, mut platform) = (sale.voucher_seller, platform_voucher(sale));
    for (index, unit) in units.iter_mut().enumerate() {
        let part = |of: Decimal| if whole.is_zero() { Decimal::ZERO } else { (of * unit.price / whole).round_dp_with_strategy(scale_of(&sale.currency), RoundingStrategy::ToZero) };
        let (own, theirs) = if index == last { (seller, platform) } else { (part(sale.voucher_seller), part(platform_voucher(sale))) };
        (unit.voucher_seller, unit.voucher_platform) = (own, theirs);
        seller -= own;
        platform -= theirs;
    }
    units
}

fn platform_voucher(sale: &Sale) -> Decimal {
    sale.voucher_platform + sale.coins
}

pub fn status(sale: &Sale) -> &'static str {
    let past = &sale.past;
    if past.cancelled.is_some() {
        "canceled"
    } else if past.return_accepted.is_some() && !sale.keeps_goods() {
        "returned"
    } else if past.delivered.is_some() {
        "delivered"
    } else if past.shipped.is_some() {
        "shipped"
    } else if past.packed.is_some() {
        "ready_to_ship"
    } else if past.boxed.is_some() {
        "packed"
    } else if past.paid.is_some() || sale.cash_on_delivery {
        "pending"
    } else {
        "unpaid"
    }
}

fn method(sale: &Sale) -> &str {
    if sale.cash_on_delivery { "COD" } else { sale.payment }
}

fn id(sale: &Sale) -> u64 {
    sale.id.parse().unwrap_or_default()
}

pub fn order(sale: &Sale) -> Value {
    let buyer = &sale.buyer;
    let address = json!({"first_name": buyer.masked_name(), "last_name": "", "phone": format!("84{}", buyer.masked_phone()), "phone2": "", "address1": "******",
        "address2": "", "address3": buyer.region, "address4": buyer.city, "address5": buyer.district, "city": buyer.city, "country": buyer.country_name,
        "post_code": buyer.postcode, "customer_email": ""});
    json!({
        "order_id": id(sale), "order_number": id(sale), "created_at": clock(sale.placed_at), "updated_at": clock(sale.updated_at),
        "price": text(sale.goods_paid(), &sale.currency), "voucher": number(sale.voucher_seller + platform_voucher(sale), sale),
        "voucher_seller": number(sale.voucher_seller, sale), "voucher_platform": number(platform_voucher(sale), sale), "voucher_code": "",
        "shipping_fee": number(sale.shipping_paid(), sale), "shipping_fee_original": number(sale.shipping, sale), "shipping_fee_discount_seller": 0,
        "shipping_fee_discount_platform": number(sale.shipping_platform_discount, sale), "payment_method": method(sale), "items_count": units(sale).len(),
        "statuses": [status(sale)], "customer_first_name": buyer.masked_name(), "customer_last_name": "", "remarks": "", "buyer_note": "", "gift_option": false,
        "gift_message": "", "delivery_info": "", "promised_shipping_times": "", "national_registration_number": "", "branch_number": "",
        "tax_code": if sale.number % 9 == 0 { "0312345678" } else { "" }, "warehouse_code": "dropshipping",
        "extra_attributes": json!({"TaxInvoiceRequested": sale.number % 9 == 0}).to_string(), "address_shipping": address, "address_billing": address,
    })
}

pub fn items(sale: &Sale) -> Vec<Value> {
    let past = &sale.past;
    let packed = past.packed.or(past.boxed).is_some();
    let tax = |paid: Decimal| (paid * sale.tax_rate / (Decimal::ONE + sale.tax_rate)).round_dp(2);
    let item = |unit: &Unit| {
        let goods = &sale.lines[unit.line].goods;
        json!({
            "order_item_id": unit.id, "order_id": id(sale), "name": goods.name, "variation": goods.variant, "sku": goods.sku, "status": status(sale),
            "shop_sku": format!("{}_VNAMZ-{}", unit.id / 1_000, unit.id / 100), "product_id": (unit.id / 1_000).to_string(), "sku_id": (unit.id / 100).to_string(),
            "item_price": number(unit.price, sale), "paid_price": number(unit.paid(), sale), "tax_amount": number(tax(unit.paid()), sale),
            "voucher_amount": number(unit.voucher_seller + unit.voucher_platform, sale), "voucher_seller": number(unit.voucher_seller, sale),
            "voucher_platform": number(unit.voucher_platform, sale), "voucher_seller_lpi": 0, "voucher_platform_lpi": 0, "wallet_credits": 0,
            "voucher_code": "", "voucher_code_seller": if unit.voucher_seller.is_zero() { "" } else { "LOTUS8" }, "voucher_code_platform": "",
            "shipping_amount": 0, "currency": sale.currency, "created_at": clock(sale.placed_at), "updated_at": clock(sale.updated_at),
            "payment_time": past.paid.map_or(0, |at| at.timestamp_millis()), "package_id": if packed { format!("FP{}", sale.package) } else { String::new() },
            "tracking_code": if packed { sale.tracking.as_str() } else { "" }, "shipment_provider": if packed { sale.carrier } else { "" },
            "reason": if past.cancelled.is_some() { "Change of mind" } else { "" }, "reason_detail": "", "invoice_number": "",
            "cancel_return_initiator": match past.cancelled { Some(_) if past.by_seller => "cancellation-seller", Some(_) => "cancellation-customer", None => "null-null" }, "is_digital": 0, "extra_attributes": "",
            "need_cancel_confirm": past.cancel_asked.is_some() && past.cancelled.is_none(), "delivery_option_sof": 0, "buyer_id": sale.buyer.id,
            "reverse_order_id": if has_reverse(sale) { json!(reverse_id(sale)) } else { json!("") },
        })
    };
    units(sale).iter().map(item).collect()
}

pub fn has_reverse(sale: &Sale) -> bool {
    sale.past.cancel_asked.is_some() || sale.past.by_seller || sale.past.return_asked.is_some()
}

pub fn reverse_id(sale: &Sale) -> u64 {
    id(sale) + 100_000_000_000_000
}

/// When the reverse order last moved.
pub fn reversed_at(sale: &Sale) -> DateTime<Utc> {
    let past = &sale.past;
    [past.cancel_asked, past.cancelled, past.return_asked, past.return_accepted, past.refunded].into_iter().flatten().max().unwrap_or(sale.updated_at)
}

/// What goes back in all: of a return the goods, of a cancellation the shipping too, with the last unit.
fn given_back(sale: &Sale, unit: &Unit, is_last: bool) -> Decimal {
    let shipping = if is_last && sale.past.cancelled.is_some() { sale.shipping_paid() } else { Decimal::ZERO };
    unit.paid() + shipping
}

/// One element of `getreverseordersforseller`.
pub fn reverse(sale: &Sale) -> Value {
    let past = &sale.past;
    let (kind, word) = match (past.cancel_asked.or(past.cancelled), past.refunded) {
        (Some(_), _) if past.cancelled.is_some() => ("CANCEL", "CANCEL_SUCCESS"),
        (Some(_), _) => ("CANCEL", "REQUEST_INITIATE"),
        (None, Some(_)) => (returned(sale), "REFUND_SUCCESS"),
        (None, None) if past.return_accepted.is_some() => (returned(sale), "REFUND_PENDING"),
        (None, None) => (returned(sale), "REQUEST_INITIATE"),
    };
    let cents = if sale.currency == "VND" { Decimal::ONE } else { Decimal::ONE_HUNDRED };
    let (all, paid) = (units(sale), past.paid.is_some());
    let line = |(index, unit): (usize, &Unit)| {
        let amount = if paid { (given_back(sale, unit, index + 1 == all.len()) * cents).normalize() } else { Decimal::ZERO };
        let amount: Value = serde_json::from_str(&amount.to_string()).unwrap_or_default();
        json!({"reverse_order_line_id": unit.id + 5, "trade_order_line_id": unit.id, "reverse_status": word, "refund_amount": amount, "item_unit_price": amount,
            "is_need_refund": paid, "reason_text": "Change of mind", "reason_code": 10, "ofc_status": "", "whqc_decision": null, "tracking_number": "",
            "return_order_line_gmt_create": past.cancel_asked.or(past.return_asked).unwrap_or(sale.updated_at).timestamp_millis(),
            "return_order_line_gmt_modified": reversed_at(sale).timestamp_millis(), "is_dispute": false, "buyer": {"buyer_id": sale.buyer.id}})
    };
    json!({"reverse_order_id": reverse_id(sale), "trade_order_id": id(sale), "request_type": kind, "is_rtm": true, "shipping_type": "DEFAULT",
        "reverse_order_lines": all.iter().enumerate().map(line).collect::<Vec<_>>()})
}

fn returned(sale: &Sale) -> &'static str {
    if sale.keeps_goods() { "ONLY_REFUND" } else { "RETURN" }
}

/// Item by item what is credited and charged once the sale is done: the price, 5 % commission, 2 % for the payment.
pub fn transactions(sale: &Sale) -> Vec<Value> {
    let Some(at) = sale.past.completed else { return Vec::new() };
    let row = |unit: &Unit, number: u64, name: &str, amount: Decimal| {
        json!({"transaction_number": format!("VNSIM-{}", unit.id * 10 + number), "order_no": sale.id, "orderItem_no": unit.id.to_string(), "fee_name": name,
            "transaction_type": format!("Orders-{name}"), "transaction_date": at.format("%d %b %Y").to_string(), "amount": text(amount, &sale.currency),
            "VAT_in_amount": "0.00", "WHT_amount": "0.00", "WHT_included_in_amount": "No", "paid_status": "Yes",
            "statement": format!("{} - {}", at.format("%d %b %Y"), at.format("%d %b %Y")), "seller_sku": sale.lines[unit.line].goods.sku})
    };
    let percent = |of: Decimal, percent: i64| -(of * Decimal::new(percent, 2)).round_dp(scale_of(&sale.currency));
    units(sale)
        .iter()
        .flat_map(|unit| [row(unit, 1, "Item Price Credit", unit.price), row(unit, 2, "Commission", percent(unit.price, 5)), row(unit, 3, "Payment Fee", percent(unit.price, 2))])
        .collect()
}

/// What a step makes Lazada push: one message an item.
pub(crate) fn pushes(sale: &Sale, seller: &str, step: Step) -> Vec<Value> {
    let envelope = |kind: u32, data: Value| {
        json!({"seller_id": seller, "message_type": kind, "data": data, "timestamp": sale.updated_at.timestamp_millis(), "site": "lazada_vn"})
    };
    let at = sale.updated_at.timestamp();
    let reverse = |key: &'static str| {
        units(sale).into_iter().map(move |unit| {
            json!({"reverse_order_id": reverse_id(sale), "reverse_status": key, "trade_order_id": id(sale), "trade_order_line_id": unit.id,
                "reverse_order_line_id": unit.id + 5, "buyer_id": sale.buyer.id, "extraParams": {}, "status_update_time": at})
        })
    };
    let key = match step {
        Step::CancelAsked => "CANCEL_INIT",
        Step::ReturnAsked if sale.keeps_goods() => "REFUND_INIT",
        Step::ReturnAsked => "RTM_INIT",
        Step::ReturnAccepted if sale.keeps_goods() => "REFUND_PENDING",
        Step::ReturnAccepted => "RTM_RECEIVE_ITEM",
        Step::Refunded if sale.past.refunded.is_none() => return Vec::new(),
        Step::Refunded if sale.past.cancelled.is_some() => "CANCEL_REFUND_ISSUED",
        // Money back for goods that came back is not pushed.
        Step::Refunded if !sale.keeps_goods() => return Vec::new(),
        Step::Refunded => "REFUND_SUCCESS",
        Step::Completed => return Vec::new(),
        _ => {
            let told = |unit: Unit| {
                json!({"order_status": status(sale), "trade_order_id": sale.id, "trade_order_line_id": unit.id.to_string(), "status_update_time": at})
            };
            return units(sale).into_iter().map(|unit| envelope(0, told(unit))).collect();
        }
    };
    reverse(key).map(|data| envelope(10, data)).collect()
}
