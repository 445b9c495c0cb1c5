//! The escrow of an order: the only answer that knows vouchers, coins and shipping, and what Shopee will pay out.
//!
//! Buyer: merchant_subtotal + shipping_fee + shopee_voucher(-) + coins(-) + seller_voucher(-) (SPEC §3). An item's
//! `original_price` is for its whole quantity.

use crate::{
    naming::{line_id, telling_now},
    order,
};
use switchyard_sdk::{
    Decimal, Problem,
    facts::{Description, Fact, Line, SettlementLine, Telling, What, description, line, money, reduce, share},
    json::Json,
    read::{Node, decimal},
};

/// Members of `order_income` that are amounts of something else: a rate, a weight, or money of another currency.
const NOT_SETTLED: [&str; 4] = ["exchange_rate", "order_chargeable_weight", "estimated_shipping_fee", "sip_subsidy_pri"];
/// Members that say what the buyer paid or what things cost before promotions; the parts that make up the payout are others.
const NOT_PAYOUT: [&str; 12] = [
    "buyer_total_amount",
    "order_original_price",
    "original_price",
    "order_discounted_price",
    "order_selling_price",
    "cost_of_goods_sold",
    "remaining_voucher",
    "net_commission_fee",
    "net_service_fee",
    "escrow_amount_after_adjustment",
    "order_seller_discount",
    "seller_discount",
];

/// An escrow alone: what was bought and paid, as far as it says, and the settlement. It names no time and no status, so
/// anything else that is known of the order is newer.
pub fn facts(escrow: &Node<'_>, received_at: &str, currency: &str) -> Result<Vec<Fact>, Problem> {
    let now = telling_now(escrow.require_id("order_sn")?, received_at);
    let oldest = Telling { revision: 0, ..now.clone() };
    let income = escrow.require_child("order_income")?;
    let mut told = Description { number: Some(now.order.clone()), currency: Some(currency.to_owned()), ..description() };
    told.lines = income.children("items")?.map(|items| items_as_lines(&items, currency)).transpose()?;
    explain(&mut told, escrow, currency)?;
    let mut facts = vec![oldest.fact(What::Described(told))];
    facts.extend(settlement(escrow, &now, currency)?);
    Ok(facts)
}

fn items_as_lines(items: &[Node<'_>], currency: &str) -> Result<Vec<Line>, Problem> {
    let mut lines = Vec::new();
    for item in items {
        let (quantity, gross) = (item.require_quantity("quantity_purchased")?, item.require_decimal("original_price")?);
        let each = (gross / quantity).round_dp(6).normalize();
        // A subtotal that does not divide stays one line of the whole.
        let (quantity, each) = if each * quantity == gross { (quantity, each) } else { (Decimal::ONE, gross) };
        let mut goods = line(line_id(item)?, "product", quantity, each, currency);
        goods.sku = item.short("model_sku")?.or(item.short("item_sku")?);
        goods.name = order::name(item)?;
        lines.push(goods);
    }
    Ok(lines)
}

/// Replaces what the detail guessed of discounts by what the escrow says of each item, adds vouchers and coins by who funds
/// them, and the shipping the buyer paid.
pub fn explain(told: &mut Description, escrow: &Node<'_>, currency: &str) -> Result<(), Problem> {
    let income = escrow.require_child("order_income")?;
    let Some(lines) = &mut told.lines else { return Ok(()) };
    let items = income.children("items")?.unwrap_or_default();
    let mut unmatched: Vec<&Node<'_>> = items.iter().collect();
    for goods in lines.iter_mut() {
        let same = |item: &&Node<'_>| line_id(item).is_ok_and(|id| goods.id == id || goods.id.starts_with(&format!("{id}-")));
        let Some(found) = unmatched.iter().position(same) else { continue };
        let item = unmatched.remove(found);
        if !item.has("seller_discount") || item.require_decimal("original_price")? != order::gross(goods) {
            // The item tells no discounts, or is told in another currency (cross-border): the detail's own prices stand.
            continue;
        }
        let (seller, platform) = (item.amount("seller_discount")?, item.amount("shopee_discount")?);
        let promotion = goods.components.first().and_then(|component| component.code.clone());
        goods.components.clear();
        reduce(goods, "marketing_discount", "tenant", seller, promotion.as_deref());
        reduce(goods, "marketing_discount", "marketplace", platform, promotion.as_deref());
    }
    let weights: Vec<Decimal> = lines.iter().map(order::gross).collect();
    let code = income.texts("seller_voucher_code")?.into_iter().next();
    for (key, kind, funder, code) in [
        ("voucher_from_seller", "promo_voucher", "tenant", code.as_deref()),
        ("voucher_from_shopee", "promo_voucher", "marketplace", None),
        ("coins", "points", "marketplace", None),
        ("payment_promotion", "marketing_discount", "marketplace", Some("payment_promotion")),
        ("credit_card_promotion", "marketing_discount", "marketplace", Some("credit_card_promotion")),
    ] {
        // Shared to the last digit that the amount itself has: whole dong stay whole.
        let amount = income.amount(key)?.normalize();
        let parts = share(amount, &weights, amount.scale());
        lines.iter_mut().zip(parts).for_each(|(goods, part)| reduce(goods, kind, funder, part, code));
    }
    for (id, kind, key) in [
        ("shipping", "shipping", "buyer_paid_shipping_fee"),
        ("packaging", "fee", "buyer_paid_packaging_fee"),
        ("transaction", "fee", "buyer_transaction_fee"),
        ("cross-border-tax", "fee", "cross_border_tax"),
    ] {
        let amount = income.amount(key)?;
        if !amount.is_zero() {
            lines.push(line(id, kind, Decimal::ONE, amount, currency));
        }
    }
    if told.stated_total.is_none() {
        told.stated_total = income.decimal("buyer_total_amount")?.map(|total| total.to_string());
    }
    Ok(())
}

/// Every amount of `order_income` that is not nothing, under Shopee's own name. `escrow_amount` is the payout; the others
/// are its parts (SPEC §3, net receivable). Amounts in the payout's other currency (`_pri`) are left out.
pub fn settlement(escrow: &Node<'_>, telling: &Telling, currency: &str) -> Result<Vec<Fact>, Problem> {
    let income = escrow.require_child("order_income")?;
    let mut facts = Vec::new();
    for (name, value) in income.members() {
        if NOT_SETTLED.contains(&name) || NOT_PAYOUT.contains(&name) || name.ends_with("_pri") {
            continue;
        }
        let Json::Number(number) = value else { continue };
        let amount = decimal(number).map_err(|wants| income.problem(name, &wants))?;
        if !amount.is_zero() || name == "escrow_amount" {
            let settled = SettlementLine { id: name.to_owned(), kind: name.to_owned(), amount: money(amount, currency), statement: None, at: None };
            facts.push(telling.fact(What::Settled(settled)));
        }
    }
    Ok(facts)
}
