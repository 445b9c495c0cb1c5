//! Lines of an order: goods with their modifiers, service charges, tip and rounding.
//!
//! A line's `gross_sales_money` is base price and modifiers times quantity, as Square rounded it; what its own parts differ from
//! it (goods sold by weight) is told as a price override, so that the sum is Square's to the cent.

use crate::money;
use switchyard_sdk::{
    Decimal, Problem,
    facts::{Line, Tax, line, reduce, share},
    read::Node,
};

pub fn lines(order: &Node<'_>, currency: &str) -> Result<Vec<Line>, Problem> {
    let discounts = order.listed("discounts")?;
    let taxes = order.listed("taxes")?;
    let mut lines = Vec::new();
    for (index, item) in order.listed("line_items")?.into_iter().enumerate() {
        let quantity = item.sum("quantity")?.unwrap_or(Decimal::ONE);
        if quantity.is_zero() {
            continue;
        }
        let id = item.name_of("uid")?.unwrap_or_else(|| format!("line-{}", index + 1));
        let (unit, gross) = price(&item, quantity, currency)?;
        let mut goods = line(id, "product", quantity, unit, currency);
        // Orders of Square carry no SKU: the catalogue's id of the variation is what names a listing.
        goods.sku = item.code("catalog_object_id")?;
        goods.name = name(&item)?;
        reduce(&mut goods, "price_override", "tenant", unit * quantity - gross, None);
        let off = reductions(&item, &mut goods, &discounts, currency)?;
        goods.taxes = applied_taxes(&item, gross - off, &taxes, currency)?;
        lines.push(goods);
    }
    for (index, charge) in order.listed("service_charges")?.into_iter().enumerate() {
        let amount = match money::maybe(&charge, "applied_money", currency)? {
            Some(amount) => amount,
            None => money::value(&charge, "amount_money", currency)?,
        };
        if amount.is_zero() {
            continue;
        }
        let name = charge.word("name")?;
        let carries = name.as_deref().is_some_and(|name| ["shipping", "delivery"].iter().any(|word| name.to_lowercase().contains(word)));
        let id = charge.name_of("uid")?.unwrap_or_else(|| format!("charge-{}", index + 1));
        let mut fee = line(id, if carries { "shipping" } else { "fee" }, Decimal::ONE, amount, currency);
        fee.name = name;
        fee.taxes = applied_taxes(&charge, amount, &taxes, currency)?;
        lines.push(fee);
    }
    let tip = money::value(order, "total_tip_money", currency)?;
    if !tip.is_zero() {
        lines.push(line("tip", "fee", Decimal::ONE, tip, currency));
    }
    undistributed(order, &mut lines, &taxes, currency)?;
    Ok(lines)
}

/// List price of one unit, and what Square says the units come to before discounts.
fn price(item: &Node<'_>, quantity: Decimal, currency: &str) -> Result<(Decimal, Decimal), Problem> {
    let mut unit = money::maybe(item, "base_price_money", currency)?;
    for modifier in item.listed("modifiers")? {
        let each = money::value(&modifier, "base_price_money", currency)?;
        let count = modifier.sum("quantity")?.unwrap_or(Decimal::ONE);
        unit = unit.map(|unit| unit + each * count);
    }
    let gross = money::maybe(item, "gross_sales_money", currency)?;
    let (Some(unit), Some(gross)) = (unit, gross) else {
        let gross = gross.or(money::maybe(item, "variation_total_price_money", currency)?);
        return match (unit, gross) {
            (Some(unit), None) => Ok((unit, (unit * quantity).round_dp(money::exponent(currency)))),
            (None, Some(gross)) => Ok(((gross / quantity).round_dp(6), gross)),
            _ => Err(item.missing("base_price_money")),
        };
    };
    // A price that differs from the line's parts but divides evenly is the price.
    let even = (gross / quantity).round_dp(money::exponent(currency));
    Ok((if unit * quantity != gross && even * quantity == gross { even } else { unit }, gross))
}

fn name(item: &Node<'_>) -> Result<Option<String>, Problem> {
    let parts = [item.word("name")?, item.word("variation_name")?];
    let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" - ");
    Ok(Some(name).filter(|name| !name.is_empty()))
}

/// What each discount took off this line, under the discount's name. All of them are the seller's; what a loyalty reward
/// takes off is redeemed points (SPEC §12). Returns the sum.
fn reductions(item: &Node<'_>, goods: &mut Line, discounts: &[Node<'_>], currency: &str) -> Result<Decimal, Problem> {
    let mut off = Decimal::ZERO;
    for applied in item.listed("applied_discounts")? {
        let uid = applied.name_of("discount_uid")?;
        let discount = discounts.iter().find(|discount| uid.is_some() && discount.name_of("uid").ok().flatten() == uid);
        let amount = money::value(&applied, "applied_money", currency)?;
        let name = discount.map_or(Ok(None), |discount| discount.word("name"))?.or(uid);
        let reward = discount.is_some_and(|discount| discount.listed("reward_ids").is_ok_and(|ids| !ids.is_empty()) || discount.texts("reward_ids").is_ok_and(|ids| !ids.is_empty()));
        reduce(goods, if reward { "points" } else { "marketing_discount" }, "tenant", amount, name.as_deref());
        off += amount;
    }
    let rest = money::maybe(item, "total_discount_money", currency)?.map_or(Decimal::ZERO, |told| told - off);
    reduce(goods, "marketing_discount", "tenant", rest, None);
    Ok(off + rest)
}

/// Taxes of a line, additive or inside the price by the tax they name. `net` is the line after discounts.
fn applied_taxes(item: &Node<'_>, net: Decimal, taxes: &[Node<'_>], currency: &str) -> Result<Vec<Tax>, Problem> {
    let mut told = Vec::new();
    let mut sum = Decimal::ZERO;
    for applied in item.listed("applied_taxes")? {
        let uid = applied.name_of("tax_uid")?;
        let tax = taxes.iter().find(|tax| uid.is_some() && tax.name_of("uid").ok().flatten() == uid);
        let amount = money::value(&applied, "applied_money", currency)?;
        sum += amount;
        let name = tax.map_or(Ok(None), |tax| tax.word("name"))?.or(uid).unwrap_or_else(|| "tax".into());
        let rate = tax.and_then(|tax| tax.sum("percentage").ok().flatten()).map(|rate| rate.normalize().to_string());
        let included = match tax.map_or(Ok(None), |tax| tax.word("type"))?.as_deref() {
            Some("INCLUSIVE") => true,
            Some("ADDITIVE") => false,
            _ => is_inside(item, net, currency)?,
        };
        told.push(Tax { name, rate, amount: amount.to_string(), included });
    }
    let rest = money::maybe(item, "total_tax_money", currency)?.map_or(Decimal::ZERO, |told| told - sum);
    if !rest.is_zero() {
        told.push(Tax { name: "tax".into(), rate: None, amount: rest.to_string(), included: is_inside(item, net, currency)? });
    }
    Ok(told)
}

/// Where no tax says so, the line's own total does: what the buyer pays is its net amount when the tax is inside.
fn is_inside(item: &Node<'_>, net: Decimal, currency: &str) -> Result<bool, Problem> {
    let charged = money::value(item, "total_service_charge_money", currency)?;
    Ok(money::maybe(item, "total_money", currency)?.is_some_and(|total| total == net || total == net + charged))
}

/// What the order tells of itself only: a discount or a tax that no line names, and the rounding of cash.
fn undistributed(order: &Node<'_>, lines: &mut Vec<Line>, taxes: &[Node<'_>], currency: &str) -> Result<(), Problem> {
    let off = money::value(order, "total_discount_money", currency)?;
    if lines.iter().all(|line| line.components.iter().all(|part| part.kind == "price_override")) && !off.is_zero() {
        let weights: Vec<Decimal> = lines.iter().map(|line| if line.kind == "product" { paid(line).max(Decimal::ZERO) } else { Decimal::ZERO }).collect();
        for (line, part) in lines.iter_mut().zip(share(off, &weights, money::exponent(currency))) {
            reduce(line, "marketing_discount", "tenant", part, None);
        }
    }
    let stated = money::maybe(order, "total_money", currency)?;
    let tax = money::value(order, "total_tax_money", currency)?;
    if lines.iter().all(|line| line.taxes.is_empty()) && !tax.is_zero() {
        let sum: Decimal = lines.iter().map(paid).sum();
        let words = taxes.iter().map(|tax| tax.word("type")).collect::<Result<Vec<_>, _>>()?;
        let included = stated == Some(sum) || (stated != Some(sum + tax) && words.iter().flatten().any(|word| word == "INCLUSIVE"));
        let mut adjustment = line("tax", "adjustment", Decimal::ONE, Decimal::ZERO, currency);
        adjustment.taxes.push(Tax { name: "tax".into(), rate: None, amount: tax.to_string(), included });
        lines.push(adjustment);
    }
    // Whether the total has the rounding in it is not stated [U]: it is told where the sum says so.
    if let Some(rounding) = order.child("rounding_adjustment")? {
        let amount = money::value(&rounding, "amount_money", currency)?;
        let sum: Decimal = lines.iter().map(paid).sum();
        if !amount.is_zero() && stated == Some(sum + amount) {
            let mut adjustment = line("rounding", "adjustment", Decimal::ONE, amount, currency);
            adjustment.name = rounding.word("name")?;
            lines.push(adjustment);
        }
    }
    Ok(())
}

/// What the buyer pays for a line.
fn paid(line: &Line) -> Decimal {
    let of = |text: &str| text.parse::<Decimal>().unwrap_or_default();
    let off: Decimal = line.components.iter().map(|part| of(&part.amount)).sum();
    let on_top: Decimal = line.taxes.iter().filter(|tax| !tax.included).map(|tax| of(&tax.amount)).sum();
    of(&line.unit_price.amount) * of(&line.quantity) - off + on_top
}
