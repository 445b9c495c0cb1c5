//! A sale in WooCommerce's words: the REST order of version 3 and its refunds. SPEC.md section 7.
//! Amounts of lines are net of tax whether prices include it or not; a webhook carries the whole order.

pub(crate) mod answers;

use crate::sale::{Line, Sale, scale_of, text};
use chrono::{DateTime, Duration, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

/// The shop's own clock is ahead of UTC.
const HOURS_EAST: i64 = 2;
const RATE: u64 = 1;

fn gmt(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

fn local(at: DateTime<Utc>) -> String {
    gmt(at + Duration::hours(HOURS_EAST))
}

fn id(sale: &Sale) -> u64 {
    sale.id.parse().unwrap_or_default()
}

pub fn status(sale: &Sale) -> &'static str {
    let past = &sale.past;
    match () {
        _ if past.refunded.is_some() && sale.refund_amount() == sale.total() => "refunded",
        _ if past.cancelled.is_some() => "cancelled",
        _ if past.delivered.is_some() => "completed",
        _ if past.paid.is_some() || sale.cash_on_delivery => "processing",
        _ if sale.payment == "bacs" => "on-hold",
        _ => "pending",
    }
}

/// Shares an amount by what each line costs; what is left goes to the last.
fn shares(sale: &Sale, amount: Decimal, weights: &[Decimal]) -> Vec<Decimal> {
    let whole: Decimal = weights.iter().sum();
    let mut left = amount;
    let last = weights.len().saturating_sub(1);
    weights
        .iter()
        .enumerate()
        .map(|(index, weight)| {
            let share = if index == last || whole.is_zero() { left } else { (amount * *weight / whole).round_dp_with_strategy(scale_of(&sale.currency), RoundingStrategy::ToZero) };
            left -= share;
            share
        })
        .collect()
}

fn line_item(sale: &Sale, line: &Line, coupon: Decimal, tax: Decimal) -> Value {
    let money = |amount: Decimal| text(amount, &sale.currency);
    let quantity = Decimal::from(line.quantity);
    let (list, paid) = (line.price * quantity, line.paid_unit() * quantity - coupon);
    let of = |amount: Decimal| {
        let tax = if sale.tax_included { amount * sale.tax_rate / (Decimal::ONE + sale.tax_rate) } else { amount * sale.tax_rate };
        tax.round_dp_with_strategy(scale_of(&sale.currency), RoundingStrategy::MidpointAwayFromZero)
    };
    let list_tax = of(list);
    let net = |amount: Decimal, tax: Decimal| if sale.tax_included { amount - tax } else { amount };
    let taxes = if tax.is_zero() { json!([]) } else { json!([{"id": RATE, "total": money(tax), "subtotal": money(list_tax)}]) };
    // A number with sixteen decimals, as the shop divides it.
    let each: Value = serde_json::from_str(&(net(paid, tax) / quantity).round_dp(16).to_string()).unwrap_or_default();
    json!({
        "id": line.id, "name": format!("{} &ndash; {}", line.goods.name, line.goods.variant), "product_id": line.id / 1_000, "variation_id": 0, "quantity": line.quantity,
        "tax_class": "", "subtotal": money(net(list, list_tax)), "subtotal_tax": money(list_tax), "total": money(net(paid, tax)), "total_tax": money(tax),
        "taxes": taxes, "meta_data": [], "sku": line.goods.sku, "price": each, "parent_name": null,
    })
}

pub fn order(sale: &Sale, shop: &str) -> Value {
    let past = &sale.past;
    let money = |amount: Decimal| text(amount, &sale.currency);
    let paid: Vec<Decimal> = sale.lines.iter().map(|line| line.paid_unit() * Decimal::from(line.quantity)).collect();
    let coupons = shares(sale, sale.voucher_seller, &paid);
    let after: Vec<Decimal> = paid.iter().zip(&coupons).map(|(paid, coupon)| *paid - *coupon).collect();
    let taxes = shares(sale, sale.tax(), &after);
    let lines: Vec<Value> = sale.lines.iter().zip(&coupons).zip(&taxes).map(|((line, coupon), tax)| line_item(sale, line, *coupon, *tax)).collect();
    let buyer = &sale.buyer;
    let address = json!({"first_name": buyer.first, "last_name": buyer.last, "company": "", "address_1": buyer.street, "address_2": buyer.district, "city": buyer.city,
        "state": buyer.region, "postcode": buyer.postcode, "country": buyer.country, "email": buyer.email, "phone": buyer.phone});
    let (method, title) = if sale.cash_on_delivery { ("cod", "Cash on delivery") } else { (sale.payment, sale.payment) };
    json!({
        "id": id(sale), "parent_id": 0, "number": sale.id, "order_key": format!("wc_order_{}", sale.id), "created_via": "checkout", "version": "9.4.1",
        "status": status(sale), "currency": sale.currency, "prices_include_tax": sale.tax_included, "customer_id": buyer.id % 10_000, "customer_note": "",
        "date_created": local(sale.placed_at), "date_created_gmt": gmt(sale.placed_at), "date_modified": local(sale.updated_at), "date_modified_gmt": gmt(sale.updated_at),
        "date_paid": past.paid.map(local), "date_paid_gmt": past.paid.map(gmt), "date_completed": past.delivered.map(local), "date_completed_gmt": past.delivered.map(gmt),
        "discount_total": money(sale.voucher_seller), "discount_tax": "0", "shipping_total": money(sale.shipping_paid()), "shipping_tax": "0",
        "cart_tax": money(sale.tax()), "total": money(sale.total()), "total_tax": money(sale.tax()), "billing": address, "shipping": address,
        "payment_method": method, "payment_method_title": title, "transaction_id": if past.paid.is_some() { format!("tx_{}", sale.package) } else { String::new() },
        "line_items": lines, "fee_lines": [],
        "tax_lines": if sale.tax().is_zero() { json!([]) } else { json!([{"id": id(sale) + 5, "rate_code": "TAX-1", "rate_id": RATE, "label": "Tax", "compound": false,
            "tax_total": money(sale.tax()), "shipping_tax_total": "0", "rate_percent": sale.tax_rate * Decimal::ONE_HUNDRED, "meta_data": []}]) },
        "shipping_lines": [{"id": id(sale) + 1, "method_title": "Flat rate", "method_id": "flat_rate", "total": money(sale.shipping_paid()), "total_tax": "0", "taxes": [], "meta_data": []}],
        "coupon_lines": if sale.voucher_seller.is_zero() { json!([]) } else { json!([{"id": id(sale) + 2, "code": "lotus8", "discount": money(sale.voucher_seller), "discount_tax": "0", "meta_data": []}]) },
        "refunds": if past.refunded.is_some() { json!([{"id": refund_id(sale), "reason": "customer asked", "total": format!("-{}", money(sale.refund_amount()))}]) } else { json!([]) },
        "meta_data": sale.source.map_or_else(|| json!([]), |source| json!([{"id": 1, "key": "_wc_order_attribution_utm_source", "value": source}])),
        "_links": {"self": [{"href": format!("https://{shop}/wp-json/wc/v3/orders/{}", sale.id)}]},
    })
}

fn refund_id(sale: &Sale) -> u64 {
    id(sale) + 3
}

/// The record of a refund: a positive amount, lines in the negative.
pub fn refund(sale: &Sale, shop: &str) -> Option<Value> {
    let at = sale.past.refunded?;
    let line = |line: &Line| {
        json!({"id": line.id + 9, "name": line.goods.name, "product_id": line.id / 1_000, "quantity": -i64::from(line.quantity), "subtotal": "0", "total": "0",
            "total_tax": "0", "taxes": [], "meta_data": [{"id": 1, "key": "_refunded_item_id", "value": line.id.to_string()}]})
    };
    Some(json!({
        "id": refund_id(sale), "parent_id": id(sale), "date_created": local(at), "date_created_gmt": gmt(at), "amount": text(sale.refund_amount(), &sale.currency),
        "reason": "customer asked", "refunded_by": 1, "refunded_payment": false, "meta_data": [], "line_items": sale.lines.iter().map(line).collect::<Vec<_>>(),
        "_links": {"up": [{"href": format!("https://{shop}/wp-json/wc/v3/orders/{}", sale.id)}]},
    }))
}
