//! Lines of an order: goods, shipping, tip, duties and fees, in the shop's currency. Quantities and prices are those of the
//! sale; what was taken back since arrives as refunds and cancellations.

use rust_decimal::Decimal;
use switchyard_sdk::{
    Problem,
    facts::{Line, Tax, line, reduce},
    read::Node,
};

pub fn lines(order: &Node<'_>, currency: &str) -> Result<Vec<Line>, Problem> {
    let included = order.flag("taxes_included")?.unwrap_or(false);
    let applications = order.children("discount_applications")?.unwrap_or_default();
    let mut codes = Vec::new();
    for code in order.children("discount_codes")?.unwrap_or_default() {
        codes.extend(code.text("code")?);
    }
    let mut lines = Vec::new();
    for item in order.children("line_items")?.ok_or_else(|| order.missing("line_items"))? {
        let mut goods = line(item.require_id("id")?, "product", item.require_quantity("quantity")?, item.require_decimal("price")?, currency);
        goods.sku = item.short("sku")?;
        goods.name = item.text("name")?.or(item.text("title")?);
        discounts(&item, &mut goods, &applications, &codes, "marketing_discount")?;
        goods.taxes = taxes(&item, included)?;
        lines.push(goods);
    }
    for (index, shipping) in order.children("shipping_lines")?.unwrap_or_default().into_iter().enumerate() {
        if shipping.flag("is_removed")? == Some(true) {
            continue;
        }
        let id = shipping.id("id")?.map_or_else(|| format!("shipping-{}", index + 1), |id| format!("shipping-{id}"));
        let mut carried = line(id, "shipping", Decimal::ONE, shipping.require_decimal("price")?, currency);
        carried.name = shipping.text("title")?;
        discounts(&shipping, &mut carried, &applications, &codes, "shipping_discount")?;
        carried.taxes = taxes(&shipping, included)?;
        lines.push(carried);
    }
    for (id, amount) in [
        ("tip", order.amount("total_tip_received")?),
        ("duties", shop_money(order, "original_total_duties_set")?),
        ("additional-fees", shop_money(order, "original_total_additional_fees_set")?),
    ] {
        if !amount.is_zero() {
            lines.push(line(id, "fee", Decimal::ONE, amount, currency));
        }
    }
    // Old orders tell their taxes for the whole order only.
    if lines.iter().all(|line| line.taxes.is_empty()) && !order.amount("total_tax")?.is_zero() {
        let mut adjustment = line("tax", "adjustment", Decimal::ONE, Decimal::ZERO, currency);
        adjustment.taxes = taxes(order, included)?;
        lines.push(adjustment);
    }
    Ok(lines)
}

/// Every discount of Shopify is the seller's. One that came by a code is a voucher, any other a marketing discount (SPEC §12);
/// on shipping both are shipping discounts. Allocations are exact to the cent; `total_discount` counts where there are none.
fn discounts(item: &Node<'_>, line: &mut Line, applications: &[Node<'_>], codes: &[String], otherwise: &str) -> Result<(), Problem> {
    let allocations = item.children("discount_allocations")?.unwrap_or_default();
    if allocations.is_empty() {
        reduce(line, otherwise, "tenant", item.amount("total_discount")?, None);
    }
    for allocation in allocations {
        let application = allocation.whole("discount_application_index")?.and_then(|index| applications.get(usize::try_from(index).ok()?));
        let named = |key: &str| application.map_or(Ok(None), |application| application.text(key));
        let code = named("code")?.or(named("title")?);
        let by_code = named("type")?.as_deref() == Some("discount_code") || code.as_ref().is_some_and(|code| codes.contains(code));
        let kind = if by_code && otherwise == "marketing_discount" { "promo_voucher" } else { otherwise };
        reduce(line, kind, "tenant", allocation.require_decimal("amount")?, code.as_deref());
    }
    Ok(())
}

fn taxes(node: &Node<'_>, included: bool) -> Result<Vec<Tax>, Problem> {
    let mut taxes = Vec::new();
    for tax in node.children("tax_lines")?.unwrap_or_default() {
        // 0.06 is told, 6 percent is meant.
        let rate = tax.decimal("rate")?.map(|rate| (rate * Decimal::ONE_HUNDRED).normalize().to_string());
        taxes.push(Tax { name: tax.text("title")?.unwrap_or_else(|| "tax".into()), rate, amount: tax.require_decimal("price")?.to_string(), included });
    }
    Ok(taxes)
}

fn shop_money(order: &Node<'_>, key: &str) -> Result<Decimal, Problem> {
    let Some(set) = order.child(key)? else { return Ok(Decimal::ZERO) };
    set.child("shop_money")?.map_or(Ok(Decimal::ZERO), |money| money.amount("amount"))
}
