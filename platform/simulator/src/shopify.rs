//! A sale in Shopify's words: the REST order, refunds, fulfilments. SPEC.md section 6.
//! Webhooks carry the whole object. Money is text; discounts are the seller's; tax is inside in Europe and on top in America.

pub(crate) mod answers;

use crate::sale::{Line, Sale, scale_of, text};
use chrono::{DateTime, SecondsFormat, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Each line's share of the order's voucher; the odd cent goes to the last line.
pub(crate) fn allocations(sale: &Sale) -> Vec<Decimal> {
    let whole = sale.goods_paid();
    let mut left = sale.voucher_seller;
    let last = sale.lines.len().saturating_sub(1);
    sale.lines
        .iter()
        .enumerate()
        .map(|(index, line)| {
            let share = if index == last || whole.is_zero() {
                left
            } else {
                let paid = line.paid_unit() * Decimal::from(line.quantity);
                (sale.voucher_seller * paid / whole).round_dp_with_strategy(scale_of(&sale.currency), RoundingStrategy::ToZero)
            };
            left -= share;
            share
        })
        .collect()
}

fn money_set(amount: Decimal, currency: &str) -> Value {
    let money = json!({"amount": text(amount, currency), "currency_code": currency});
    json!({"shop_money": money, "presentment_money": money})
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

fn line_json(sale: &Sale, line: &Line, allocated: Decimal, taxed: Decimal) -> Value {
    let money = |amount: Decimal| text(amount, &sale.currency);
    let quantity = Decimal::from(line.quantity);
    let reduced = line.seller_discount * quantity + allocated;
    let mut allocations = Vec::new();
    if !(line.seller_discount.is_zero()) {
        allocations.push((line.seller_discount * quantity, 0));
    }
    if !allocated.is_zero() {
        allocations.push((allocated, 1));
    }
    json!({
        "id": line.id, "admin_graphql_api_id": format!("gid://shopify/LineItem/{}", line.id), "title": line.goods.name, "variant_title": line.goods.variant,
        "name": format!("{} - {}", line.goods.name, line.goods.variant), "sku": line.goods.sku, "quantity": line.quantity,
        "current_quantity": if sale.past.cancelled.is_some() { 0 } else { line.quantity },
        "fulfillable_quantity": if sale.past.shipped.is_some() { 0 } else { line.quantity }, "fulfillment_service": "manual",
        "fulfillment_status": if sale.past.shipped.is_some() { json!("fulfilled") } else { Value::Null }, "gift_card": false, "grams": 200,
        "price": money(line.price), "price_set": money_set(line.price, &sale.currency), "product_exists": true, "product_id": line.id / 100,
        "variant_id": line.id / 10, "requires_shipping": true, "taxable": true, "total_discount": "0.00", "vendor": "Sen Lotus", "properties": [], "duties": [],
        "discount_allocations": allocations.iter().map(|(amount, index)| json!({"amount": money(*amount), "amount_set": money_set(*amount, &sale.currency),
            "discount_application_index": index})).collect::<Vec<_>>(),
        "tax_lines": if taxed.is_zero() { json!([]) } else { json!([tax_line(sale, taxed)]) },
        "total_discount_set": money_set(Decimal::ZERO, &sale.currency), "pre_tax_price": money(line.price * quantity - reduced),
    })
}

fn tax_line(sale: &Sale, amount: Decimal) -> Value {
    json!({"title": if sale.tax_included { "VAT" } else { "State tax" }, "rate": sale.tax_rate, "price": text(amount, &sale.currency),
        "price_set": money_set(amount, &sale.currency), "channel_liable": false})
}

/// The order's tax shared over its lines; the odd cent goes to the last.
pub(crate) fn taxes(sale: &Sale) -> Vec<Decimal> {
    let vouchers = allocations(sale);
    let whole = sale.goods_paid() - sale.voucher_seller;
    let mut left = sale.tax();
    let last = sale.lines.len().saturating_sub(1);
    sale.lines
        .iter()
        .zip(vouchers)
        .enumerate()
        .map(|(index, (line, voucher))| {
            let share = if index == last || whole.is_zero() {
                left
            } else {
                let paid = line.paid_unit() * Decimal::from(line.quantity) - voucher;
                (sale.tax() * paid / whole).round_dp_with_strategy(scale_of(&sale.currency), RoundingStrategy::ToZero)
            };
            left -= share;
            share
        })
        .collect()
}

pub fn order(sale: &Sale) -> Value {
    let past = &sale.past;
    let currency = sale.currency.as_str();
    let money = |amount: Decimal| text(amount, currency);
    let discounts = sale.seller_discount() + sale.voucher_seller;
    let subtotal = sale.goods_list() - discounts;
    let (vouchers, taxes) = (allocations(sale), taxes(sale));
    let lines: Vec<Value> = sale.lines.iter().zip(vouchers).zip(&taxes).map(|((line, voucher), tax)| line_json(sale, line, voucher, *tax)).collect();
    let outstanding = if past.paid.is_some() || past.cancelled.is_some() { Decimal::ZERO } else { sale.total() };
    // The current amounts are those after refunds (all goods are refunded, or none).
    let given_back = if past.refunded.is_some() { sale.refund_amount() } else { Decimal::ZERO };
    let of_goods_left = |amount: Decimal| if past.refunded.is_some() { Decimal::ZERO } else { amount };
    let code = format!("LOTUS{}", sale.buyer.id % 90 + 10);
    let mut applications = vec![json!({"target_type": "line_item", "type": "automatic", "value_type": "percentage", "value": "10.0",
        "allocation_method": "across", "target_selection": "entitled", "title": "Season sale"})];
    if !sale.voucher_seller.is_zero() {
        applications.push(json!({"target_type": "line_item", "type": "discount_code", "value_type": "percentage", "value": "8.0",
            "allocation_method": "across", "target_selection": "all", "code": code}));
    }
    json!({
        "id": id(sale), "admin_graphql_api_id": format!("gid://shopify/Order/{}", sale.id), "name": format!("#{}", 1000 + sale.number),
        "number": sale.number, "order_number": 1000 + sale.number, "confirmed": true, "test": false, "currency": currency, "presentment_currency": currency,
        "created_at": instant(sale.placed_at), "processed_at": instant(sale.placed_at), "updated_at": instant(sale.updated_at),
        "cancelled_at": past.cancelled.map(instant), "cancel_reason": past.cancelled.map(|_| "customer"), "closed_at": past.completed.map(instant),
        "financial_status": financial_status(sale), "fulfillment_status": past.shipped.map(|_| "fulfilled"),
        "email": sale.buyer.email, "contact_email": sale.buyer.email, "phone": sale.buyer.phone, "note": null, "note_attributes": [], "tags": "",
        "source_name": "web", "landing_site": sale.source.map(|source| format!("/?ref={source}&utm_source=affiliate&utm_campaign={source}")),
        "referring_site": sale.source.map(|source| format!("https://{source}.example.com/")),
        "taxes_included": sale.tax_included, "total_line_items_price": money(sale.goods_list()), "total_discounts": money(discounts),
        "subtotal_price": money(subtotal), "total_tax": money(sale.tax()), "total_price": money(sale.total()), "total_outstanding": money(outstanding),
        "total_line_items_price_set": money_set(sale.goods_list(), currency), "total_discounts_set": money_set(discounts, currency),
        "subtotal_price_set": money_set(subtotal, currency), "total_tax_set": money_set(sale.tax(), currency), "total_price_set": money_set(sale.total(), currency),
        "total_shipping_price_set": money_set(sale.shipping, currency), "current_total_price": money(sale.total() - given_back), "current_subtotal_price": money(of_goods_left(subtotal)),
        "current_total_tax": money(of_goods_left(sale.tax())), "current_total_discounts": money(of_goods_left(discounts)), "total_tip_received": "0.00",
        "tax_lines": if sale.tax().is_zero() { json!([]) } else { json!([tax_line(sale, sale.tax())]) },
        "discount_codes": if sale.voucher_seller.is_zero() { json!([]) } else { json!([{"code": code, "amount": money(sale.voucher_seller), "type": "percentage"}]) },
        "discount_applications": applications, "line_items": lines, "payment_gateway_names": [sale.payment],
        "shipping_lines": [{"id": id(sale) + 1, "title": "Standard", "code": "Standard", "price": money(sale.shipping), "discounted_price": money(sale.shipping),
            "price_set": money_set(sale.shipping, currency), "discount_allocations": [], "tax_lines": []}],
        "customer": {"id": sale.buyer.id, "email": sale.buyer.email, "first_name": sale.buyer.first, "last_name": sale.buyer.last, "phone": null, "tags": ""},
        "shipping_address": address(sale), "billing_address": address(sale),
        "fulfillments": if past.shipped.is_some() { json!([fulfillment(sale)]) } else { json!([]) },
        "refunds": if past.refunded.is_some() { json!([refund(sale)]) } else { json!([]) },
    })
}

fn address(sale: &Sale) -> Value {
    let buyer = &sale.buyer;
    json!({"first_name": buyer.first, "last_name": buyer.last, "name": buyer.name(), "address1": buyer.street, "address2": null, "city": buyer.city,
        "province": buyer.region, "zip": buyer.postcode, "country": buyer.country_name, "country_code": buyer.country, "phone": buyer.phone, "company": null})
}

pub fn fulfillment(sale: &Sale) -> Value {
    let at = sale.past.shipped.unwrap_or(sale.updated_at);
    json!({
        "id": id(sale) + 2, "order_id": id(sale), "status": "success", "created_at": instant(at), "updated_at": instant(sale.past.delivered.unwrap_or(at)),
        "tracking_company": sale.carrier, "tracking_number": sale.tracking, "tracking_numbers": [sale.tracking],
        "shipment_status": if sale.past.delivered.is_some() { json!("delivered") } else { json!("in_transit") }, "name": format!("#{}.1", 1000 + sale.number),
        "line_items": sale.lines.iter().map(|line| json!({"id": line.id, "quantity": line.quantity, "sku": line.goods.sku})).collect::<Vec<_>>(),
    })
}

/// Money in `transactions`, goods in `refund_line_items`.
pub fn refund(sale: &Sale) -> Value {
    let at = sale.past.refunded.unwrap_or(sale.updated_at);
    let amount = sale.refund_amount();
    let (vouchers, taxes) = (allocations(sale), taxes(sale));
    let restock = if sale.past.cancelled.is_some() { "cancel" } else if sale.keeps_goods() { "no_restock" } else { "return" };
    json!({
        "id": id(sale) + 3, "order_id": id(sale), "created_at": instant(at), "processed_at": instant(at), "note": "customer asked", "restock": restock != "no_restock",
        "duties": [], "order_adjustments": [], "refund_shipping_lines": [],
        "refund_line_items": sale.lines.iter().zip(vouchers).zip(taxes).map(|((line, voucher), tax)| {
            let subtotal = line.paid_unit() * Decimal::from(line.quantity) - voucher;
            json!({"id": line.id + 5, "line_item_id": line.id, "quantity": line.quantity, "restock_type": restock, "subtotal": text(subtotal, &sale.currency),
                "total_tax": text(tax, &sale.currency), "subtotal_set": money_set(subtotal, &sale.currency), "total_tax_set": money_set(tax, &sale.currency)})
        }).collect::<Vec<_>>(),
        "transactions": [{"id": id(sale) + 4, "order_id": id(sale), "kind": "refund", "gateway": sale.payment, "status": "success", "created_at": instant(at),
            "processed_at": instant(at), "amount": text(amount, &sale.currency), "currency": sale.currency, "test": false, "parent_id": id(sale) + 6}],
    })
}

/// Shopify's ids are numbers.
fn id(sale: &Sale) -> u64 {
    sale.id.parse().unwrap_or_default()
}
