//! A sale in Square's words: orders, payments, refunds, payouts. SPEC.md sections 1, 2 and 8.
//! Events about orders are thin; payments and refunds carry the object. Money is whole minor units. Every second sale is one over
//! the counter, without a fulfilment; every fourth is paid with two tenders.

pub(crate) mod answers;

use crate::{
    sale::{Sale, Step, scale_of},
    shopify::{allocations, taxes},
};
use chrono::{DateTime, SecondsFormat, Utc};
use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde_json::{Value, json};

pub(crate) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Whole minor units.
fn money(amount: Decimal, currency: &str) -> Value {
    let mut minor = amount;
    minor.rescale(scale_of(currency));
    json!({"amount": minor.mantissa().to_i64(), "currency": currency})
}

pub fn is_counter(sale: &Sale) -> bool {
    sale.number % 2 == 0
}

fn is_mixed(sale: &Sale) -> bool {
    sale.number % 4 == 0 && !sale.ahead.iter().any(|(_, step)| *step == Step::Refunded)
}

/// How often the order changed.
fn version(sale: &Sale) -> usize {
    let past = &sale.past;
    1 + [past.paid, past.packed, past.shipped, past.delivered, past.completed, past.cancelled].iter().flatten().count()
}

fn state(sale: &Sale) -> &'static str {
    let past = &sale.past;
    match () {
        _ if past.cancelled.is_some() => "CANCELED",
        _ if is_counter(sale) && past.paid.is_some() => "COMPLETED",
        _ if past.completed.is_some() || past.delivered.is_some() => "COMPLETED",
        _ => "OPEN",
    }
}

/// Payments: id, type and amount.
pub fn payments(sale: &Sale) -> Vec<(String, &'static str, Decimal)> {
    let total = sale.total();
    if sale.past.paid.is_none() {
        return Vec::new();
    }
    if is_mixed(sale) {
        let first = (total * Decimal::new(4, 1)).round_dp_with_strategy(scale_of(&sale.currency), RoundingStrategy::ToZero);
        return vec![(format!("{}PA", sale.id), "CASH", first), (format!("{}PB", sale.id), "CARD", total - first)];
    }
    vec![(format!("{}PA", sale.id), if is_counter(sale) && sale.number % 3 == 0 { "CASH" } else { "CARD" }, total)]
}

/// 2.6 % and ten cents.
fn fee(amount: Decimal, currency: &str) -> Decimal {
    (amount * Decimal::new(26, 3) + Decimal::new(1, 1)).round_dp_with_strategy(scale_of(currency), RoundingStrategy::MidpointAwayFromZero)
}

pub fn location(shop: &str) -> String {
    format!("L{shop}")
}

pub fn order(sale: &Sale, shop: &str) -> Value {
    let currency = sale.currency.as_str();
    let money = |amount: Decimal| money(amount, currency);
    let (vouchers, shares) = (allocations(sale), taxes(sale));
    let mut season = Decimal::ZERO;
    let mut lines = Vec::new();
    for ((line, voucher), tax) in sale.lines.iter().zip(vouchers).zip(&shares) {
        let quantity = Decimal::from(line.quantity);
        let (gross, own) = (line.price * quantity, line.seller_discount * quantity);
        season += own;
        let mut applied = Vec::new();
        for (uid, amount) in [("season", own), ("code", voucher)] {
            if !amount.is_zero() {
                applied.push(json!({"uid": format!("{}-{uid}", line.id), "discount_uid": uid, "applied_money": money(amount)}));
            }
        }
        let on_top = if sale.tax_included { Decimal::ZERO } else { *tax };
        let mut told = json!({
            "uid": line.id.to_string(), "catalog_object_id": format!("VAR{}", line.goods.sku), "catalog_version": 1, "name": line.goods.name,
            "variation_name": line.goods.variant, "quantity": line.quantity.to_string(), "item_type": "ITEM", "base_price_money": money(line.price),
            "gross_sales_money": money(gross), "variation_total_price_money": money(gross), "total_discount_money": money(own + voucher),
            "total_tax_money": money(*tax), "total_money": money(gross - own - voucher + on_top), "total_service_charge_money": money(Decimal::ZERO),
        });
        if !applied.is_empty() {
            told["applied_discounts"] = json!(applied);
        }
        if !tax.is_zero() {
            told["applied_taxes"] = json!([{"uid": format!("{}-tax", line.id), "tax_uid": "tax", "applied_money": money(*tax)}]);
        }
        lines.push(told);
    }
    let mut order = json!({
        "id": sale.id, "location_id": location(shop), "reference_id": format!("till-{}", sale.number), "customer_id": format!("CUS{}", sale.buyer.id),
        "source": {"name": if is_counter(sale) { "Square Point of Sale" } else { "Square Online" }}, "state": state(sale), "version": version(sale),
        "created_at": instant(sale.placed_at), "updated_at": instant(sale.updated_at), "line_items": lines,
        "total_money": money(sale.total()), "total_discount_money": money(season + sale.voucher_seller), "total_tax_money": money(sale.tax()),
        "total_tip_money": money(Decimal::ZERO), "total_service_charge_money": money(sale.shipping),
        "net_amounts": {"total_money": money(sale.total()), "tax_money": money(sale.tax())},
    });
    let discounts: Vec<Value> = [("season", "Season sale", "LINE_ITEM", season), ("code", "Voucher", "ORDER", sale.voucher_seller)]
        .into_iter()
        .filter(|(.., amount)| !amount.is_zero())
        .map(|(uid, name, scope, amount)| json!({"uid": uid, "name": name, "type": "FIXED_AMOUNT", "scope": scope, "applied_money": money(amount)}))
        .collect();
    if !discounts.is_empty() {
        order["discounts"] = json!(discounts);
    }
    if !sale.tax().is_zero() {
        let percentage = (sale.tax_rate * Decimal::ONE_HUNDRED).normalize().to_string();
        let kind = if sale.tax_included { "INCLUSIVE" } else { "ADDITIVE" };
        order["taxes"] = json!([{"uid": "tax", "name": "Sales tax", "percentage": percentage, "type": kind, "scope": "ORDER", "applied_money": money(sale.tax())}]);
    }
    if !sale.shipping.is_zero() {
        order["service_charges"] = json!([{"uid": "shipping", "name": "Shipping", "applied_money": money(sale.shipping), "total_money": money(sale.shipping), "type": "CUSTOM"}]);
    }
    let tenders: Vec<Value> = payments(sale).iter().map(|(id, kind, amount)| tender(sale, id, kind, *amount)).collect();
    if !tenders.is_empty() {
        order["tenders"] = json!(tenders);
    }
    if !is_counter(sale) {
        order["fulfillments"] = json!([fulfillment(sale)]);
    }
    if state(sale) != "OPEN" {
        order["closed_at"] = json!(instant(sale.updated_at));
    }
    order
}

fn tender(sale: &Sale, id: &str, kind: &str, amount: Decimal) -> Value {
    let at = sale.past.paid.unwrap_or(sale.updated_at);
    let mut tender = json!({"id": id, "payment_id": id, "type": kind, "amount_money": money(amount, &sale.currency), "created_at": instant(at)});
    if kind == "CARD" {
        tender["card_details"] = json!({"status": "CAPTURED", "card": {"card_brand": "VISA", "last_4": "1111"}});
    }
    tender
}

fn fulfillment(sale: &Sale) -> Value {
    let (past, buyer) = (&sale.past, &sale.buyer);
    let state = match () {
        _ if past.cancelled.is_some() => "CANCELED",
        _ if past.shipped.is_some() => "COMPLETED",
        _ if past.packed.is_some() => "PREPARED",
        _ if past.paid.is_some() => "RESERVED",
        _ => "PROPOSED",
    };
    let mut details = json!({"recipient": {"display_name": buyer.name(), "email_address": buyer.email, "phone_number": buyer.phone,
        "address": {"address_line_1": buyer.street, "locality": buyer.city, "administrative_district_level_1": buyer.region, "postal_code": buyer.postcode, "country": buyer.country}}});
    if let Some(at) = past.shipped {
        details["carrier"] = json!(sale.carrier);
        details["tracking_number"] = json!(sale.tracking);
        details["shipped_at"] = json!(instant(at));
    }
    json!({"uid": format!("F{}", sale.package), "type": "SHIPMENT", "state": state, "line_item_application": "ALL", "shipment_details": details})
}

pub fn payment(sale: &Sale, shop: &str, id: &str, kind: &str, amount: Decimal) -> Value {
    let at = sale.past.paid.unwrap_or(sale.updated_at);
    let currency = sale.currency.as_str();
    let mut payment = json!({"id": id, "order_id": sale.id, "location_id": location(shop), "status": "COMPLETED", "source_type": kind,
        "amount_money": money(amount, currency), "total_money": money(amount, currency), "receipt_number": id, "created_at": instant(at), "updated_at": instant(at)});
    if kind == "CARD" {
        payment["card_details"] = json!({"status": "CAPTURED", "card": {"card_brand": "VISA", "last_4": "1111"}});
        payment["processing_fee"] = json!([{"type": "INITIAL", "amount_money": money(fee(amount, currency), currency), "effective_at": instant(at)}]);
    }
    payment
}

/// None: nothing was given back.
fn given_back(sale: &Sale) -> Option<(DateTime<Utc>, Decimal)> {
    let amount = sale.refund_amount();
    sale.past.refunded.filter(|_| !amount.is_zero()).map(|at| (at, amount))
}

/// The order Square files a refund under.
pub fn refund_order_id(sale: &Sale) -> String {
    format!("{}RO", sale.id)
}

pub fn refund_id(sale: &Sale) -> String {
    format!("{}PA_{}R", sale.id, sale.id)
}

pub fn refund(sale: &Sale, shop: &str) -> Option<Value> {
    let (at, amount) = given_back(sale)?;
    let currency = sale.currency.as_str();
    let mut refund = json!({"id": refund_id(sale), "payment_id": format!("{}PA", sale.id), "order_id": refund_order_id(sale), "location_id": location(shop),
        "status": "COMPLETED", "amount_money": money(amount, currency), "reason": "customer asked", "created_at": instant(at), "updated_at": instant(at)});
    if payments(sale).iter().any(|(_, kind, _)| *kind == "CARD") {
        refund["processing_fee"] = json!([{"type": "INITIAL", "amount_money": money(-fee(amount, currency), currency), "effective_at": instant(at)}]);
    }
    Some(refund)
}

pub fn refund_order(sale: &Sale, shop: &str) -> Option<Value> {
    let (at, amount) = given_back(sale)?;
    let total = money(amount, &sale.currency);
    // Goods that never left, or that the buyer keeps, are no return of lines.
    let lines: Vec<Value> = if sale.past.cancelled.is_some() || sale.keeps_goods() {
        vec![json!({"uid": "amount", "item_type": "CUSTOM_AMOUNT", "quantity": "1", "total_money": total})]
    } else {
        sale.lines.iter().map(|line| json!({"uid": format!("r{}", line.id), "source_line_item_uid": line.id.to_string(), "quantity": line.quantity.to_string()})).collect()
    };
    Some(json!({
        "id": refund_order_id(sale), "location_id": location(shop), "state": "COMPLETED", "version": 1, "created_at": instant(at), "updated_at": instant(at),
        "closed_at": instant(at), "returns": [{"uid": "back", "source_order_id": sale.id, "return_line_items": lines, "return_amounts": {"total_money": total}}],
        "refunds": [{"id": format!("{}R", sale.id), "tender_id": format!("{}PA", sale.id), "location_id": location(shop), "reason": "customer asked",
            "amount_money": total, "status": "APPROVED", "created_at": instant(at)}],
    }))
}

/// The events of a step: type, name of the object, and the object.
pub fn events(sale: &Sale, shop: &str, step: Step) -> Vec<(&'static str, &'static str, Value)> {
    let thin = json!({"order_id": sale.id, "location_id": location(shop), "state": state(sale), "version": version(sale),
        "created_at": instant(sale.placed_at), "updated_at": instant(sale.updated_at)});
    match step {
        Step::Placed => vec![("order.created", "order_created", thin)],
        Step::Paid => {
            let mut events: Vec<_> = payments(sale).iter().map(|(id, kind, amount)| ("payment.updated", "payment", payment(sale, shop, id, kind, *amount))).collect();
            events.push(("order.updated", "order_updated", thin));
            events
        }
        Step::Packed | Step::Shipped if !is_counter(sale) => vec![("order.fulfillment.updated", "order_fulfillment_updated", thin)],
        Step::Delivered | Step::Completed | Step::Cancelled => vec![("order.updated", "order_updated", thin)],
        Step::Refunded => {
            let own = json!({"order_id": refund_order_id(sale), "location_id": location(shop), "state": "COMPLETED", "version": 1, "created_at": instant(sale.updated_at)});
            refund(sale, shop).map(|refund| vec![("order.created", "order_created", own), ("refund.updated", "refund", refund)]).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

pub fn event(kind: &str, name: &str, object: Value, merchant: &str, number: u64, at: DateTime<Utc>) -> Value {
    json!({"merchant_id": merchant, "type": kind, "event_id": format!("6a8f5f28-54a1-4eb0-a98a-{number:012x}"), "created_at": instant(at),
        "data": {"type": name, "id": format!("{number}"), "object": {name: object}}})
}

/// What a day's payout has of a sale: (type, payment, refund, gross, fee, when).
pub(crate) fn entries(sale: &Sale) -> Vec<(&'static str, String, Option<String>, Decimal, Decimal, DateTime<Utc>)> {
    let mut entries = Vec::new();
    let Some(paid) = sale.past.paid else { return entries };
    for (id, kind, amount) in payments(sale) {
        if kind == "CARD" {
            entries.push(("CHARGE", id, None, amount, fee(amount, &sale.currency), paid));
        }
    }
    if let Some((at, amount)) = given_back(sale).filter(|_| !entries.is_empty()) {
        entries.push(("REFUND", format!("{}PA", sale.id), Some(refund_id(sale)), -amount, -fee(amount, &sale.currency), at));
    }
    entries
}

pub(crate) fn entry(payout: &str, index: usize, entry: &(&'static str, String, Option<String>, Decimal, Decimal, DateTime<Utc>), currency: &str) -> Value {
    let (kind, payment, refund, gross, fee, at) = entry;
    let mut details = json!({"payment_id": payment});
    if let Some(refund) = refund {
        details["refund_id"] = json!(refund);
    }
    json!({"id": format!("{payout}e{index}"), "payout_id": payout, "type": kind, "effective_at": instant(*at), "gross_amount_money": money(*gross, currency),
        "fee_amount_money": money(*fee, currency), "net_amount_money": money(*gross - *fee, currency), format!("type_{}_details", kind.to_ascii_lowercase()): details})
}

pub(crate) fn payout(id: &str, shop: &str, day: DateTime<Utc>, net: Decimal, currency: &str) -> Value {
    json!({"id": id, "status": "PAID", "location_id": location(shop), "amount_money": money(net, currency), "type": "BATCH",
        "destination": {"type": "BANK_ACCOUNT", "id": "bact:simulated"}, "created_at": instant(day), "updated_at": instant(day), "version": 1})
}
