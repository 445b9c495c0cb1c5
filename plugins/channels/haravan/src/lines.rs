//! Lines of an order: goods and shipping. What discounts come to in all is what the goods cost less `subtotal_price`; lines name
//! their part in `total_discount`, and what no line names is shared over them.

use switchyard_sdk::{
    Decimal, Problem,
    facts::{Line, Tax, line, reduce, share},
    read::Node,
};

pub fn digits(currency: &str) -> u32 {
    if matches!(currency, "VND" | "JPY" | "KRW") { 0 } else { 2 }
}

/// An amount without zeros that say nothing: Haravan writes 600000.0000.
pub fn amount(node: &Node<'_>, key: &str) -> Result<Option<Decimal>, Problem> {
    Ok(node.sum(key)?.map(|amount| amount.normalize()))
}

/// A time; one that is not set, which Haravan may write as the year 1, is unknown.
pub fn when(node: &Node<'_>, key: &str) -> Option<String> {
    node.moment(key).ok().flatten()
}

/// A voucher of the order: its code, and what it is for.
struct Code {
    code: Option<String>,
    amount: Decimal,
    on_shipping: bool,
}

pub fn lines(order: &Node<'_>, currency: &str) -> Result<Vec<Line>, Problem> {
    let mut lines = Vec::new();
    let mut taxes = Vec::new();
    // What the lines' own prices come to, before any discount.
    let mut priced = Decimal::ZERO;
    for (index, item) in order.listed("line_items")?.into_iter().enumerate() {
        let quantity = amount(&item, "quantity")?.unwrap_or(Decimal::ONE);
        if quantity <= Decimal::ZERO {
            continue;
        }
        let price = amount(&item, "price")?.ok_or_else(|| item.missing("price"))?;
        priced += price * quantity;
        // A price that was lowered shows the old one: that is the list price, and the difference a discount.
        let list = amount(&item, "price_original")?.filter(|list| *list > price).unwrap_or(price);
        let id = item.name_of("id")?.unwrap_or_else(|| format!("line-{}", index + 1));
        let mut goods = line(id, "product", quantity, list, currency);
        goods.sku = item.code("sku")?;
        goods.name = item.word("name")?.or(item.word("title")?);
        goods.gift = price.is_zero();
        reduce(&mut goods, "marketing_discount", "tenant", (list - price) * quantity, None);
        own_discount(&item, &mut goods)?;
        taxes.extend(own_taxes(&item)?.into_iter().map(|tax| (lines.len(), tax)));
        lines.push(goods);
    }
    let codes = codes(order)?;
    goods_discount(order, &mut lines, priced, &codes, currency)?;
    for (index, shipping) in order.listed("shipping_lines")?.into_iter().enumerate() {
        let (price, title) = (amount(&shipping, "price")?.unwrap_or_default(), shipping.word("title")?);
        if price.is_zero() && title.is_none() {
            continue;
        }
        let id = shipping.name_of("id")?.map_or_else(|| format!("shipping-{}", index + 1), |id| format!("shipping-{id}"));
        let mut carried = line(id, "shipping", Decimal::ONE, price, currency);
        carried.name = title;
        taxes.extend(own_taxes(&shipping)?.into_iter().map(|tax| (lines.len(), tax)));
        lines.push(carried);
    }
    shipping_discount(order, &mut lines, &codes)?;
    tax(order, &mut lines, taxes, currency)?;
    Ok(lines)
}

/// `applied_discounts` names each; `total_discount`, which is for the whole line, is what counts.
fn own_discount(item: &Node<'_>, goods: &mut Line) -> Result<(), Problem> {
    let mut named = Decimal::ZERO;
    for discount in item.listed("applied_discounts")? {
        let off = amount(&discount, "amount")?.unwrap_or_default();
        let name = discount.word("description")?.or(discount.word("code")?);
        reduce(goods, "marketing_discount", "tenant", off, name.as_deref());
        named += off;
    }
    if let Some(total) = amount(item, "total_discount")?.filter(|total| *total != named) {
        reduce(goods, "marketing_discount", "tenant", total - named, None);
    }
    Ok(())
}

fn codes(order: &Node<'_>) -> Result<Vec<Code>, Problem> {
    let mut codes = Vec::new();
    for code in order.listed("discount_codes")? {
        let on_shipping = code.word("type")?.is_some_and(|kind| kind.to_ascii_lowercase().contains("shipping"));
        codes.push(Code { code: code.code("code")?, amount: amount(&code, "amount")?.unwrap_or_default(), on_shipping });
    }
    Ok(codes)
}

/// What the lines do not name themselves: vouchers under their codes as far as they go, the rest without a name. All of it is
/// the seller's.
fn goods_discount(order: &Node<'_>, lines: &mut [Line], priced: Decimal, codes: &[Code], currency: &str) -> Result<(), Problem> {
    let on_shipping: Decimal = codes.iter().filter(|code| code.on_shipping).map(|code| code.amount).sum();
    let off = match amount(order, "subtotal_price")? {
        Some(subtotal) => priced - subtotal,
        None => amount(order, "total_discounts")?.map_or(Decimal::ZERO, |total| total - on_shipping),
    };
    let after: Vec<Decimal> = lines.iter().map(paid).collect();
    let mut rest = off - (priced - after.iter().sum::<Decimal>());
    let weights: Vec<Decimal> = after.iter().map(|paid| (*paid).max(Decimal::ZERO)).collect();
    let mut take = |kind: &str, part: Decimal, code: Option<&str>| {
        let scale = digits(currency).max(part.normalize().scale());
        for (line, part) in lines.iter_mut().zip(share(part, &weights, scale)) {
            reduce(line, kind, "tenant", part, code);
        }
    };
    for code in codes.iter().filter(|code| !code.on_shipping) {
        let part = code.amount.min(rest);
        if part > Decimal::ZERO {
            take("promo_voucher", part, code.code.as_deref());
            rest -= part;
        }
    }
    if !rest.is_zero() {
        take("marketing_discount", rest, None);
    }
    Ok(())
}

/// A voucher on shipping lowers the shipping where the total says that it did: whether a shipping line's price has it taken off
/// already is not stated [U].
fn shipping_discount(order: &Node<'_>, lines: &mut [Line], codes: &[Code]) -> Result<(), Problem> {
    let total = amount(order, "total_price")?;
    let sum: Decimal = lines.iter().map(paid).sum();
    let taxes = [Decimal::ZERO, amount(order, "total_tax")?.unwrap_or_default()];
    for code in codes.iter().filter(|code| code.on_shipping && !code.amount.is_zero()) {
        let Some(carried) = lines.iter_mut().find(|line| line.kind == "shipping") else { continue };
        let off = code.amount.min(paid(carried));
        if taxes.iter().any(|tax| total == Some(sum - off + *tax)) {
            reduce(carried, "shipping_discount", "tenant", off, code.code.as_deref());
        }
    }
    Ok(())
}

type Told = (String, Option<String>, Decimal);

fn own_taxes(node: &Node<'_>) -> Result<Vec<Told>, Problem> {
    let mut taxes = Vec::new();
    for tax in node.listed("tax_lines")? {
        // 0.1 is told where 10 percent is meant; a rate above 1 is in percent already.
        let rate = amount(&tax, "rate").ok().flatten().map(|rate| if rate <= Decimal::ONE { rate * Decimal::ONE_HUNDRED } else { rate });
        let rate = rate.map(|rate| rate.normalize().to_string());
        taxes.push((tax.word("title")?.unwrap_or_else(|| "VAT".into()), rate, amount(&tax, "price")?.unwrap_or_default()));
    }
    Ok(taxes)
}

/// `taxes_included` may be null: then the total says where the tax is. Taxes that no line names stand on a line of their own.
fn tax(order: &Node<'_>, lines: &mut Vec<Line>, own: Vec<(usize, Told)>, currency: &str) -> Result<(), Problem> {
    let whole = own_taxes(order)?;
    let of_lines: Decimal = own.iter().map(|(_, tax)| tax.2).sum();
    let told = amount(order, "total_tax")?.unwrap_or(if of_lines.is_zero() { whole.iter().map(|tax| tax.2).sum() } else { of_lines });
    if told.is_zero() {
        return Ok(());
    }
    let sum: Decimal = lines.iter().map(paid).sum();
    let included = match amount(order, "total_price")? {
        Some(total) if total == sum + told => false,
        Some(total) if total == sum => true,
        _ => order.switch("taxes_included")?.unwrap_or(true),
    };
    let tax = |(name, rate, amount): Told| Tax { name, rate, amount: amount.to_string(), included };
    if of_lines == told {
        for (index, told) in own.into_iter().filter(|(_, told)| !told.2.is_zero()) {
            lines[index].taxes.push(tax(told));
        }
        return Ok(());
    }
    let mut adjustment = line("tax", "adjustment", Decimal::ONE, Decimal::ZERO, currency);
    let named: Decimal = whole.iter().map(|tax| tax.2).sum();
    if named == told {
        adjustment.taxes.extend(whole.into_iter().filter(|told| !told.2.is_zero()).map(tax));
    } else {
        adjustment.taxes.push(tax(("VAT".into(), None, told)));
    }
    lines.push(adjustment);
    Ok(())
}

/// What the buyer pays for a line, before tax on top.
fn paid(line: &Line) -> Decimal {
    let of = |text: &str| text.parse::<Decimal>().unwrap_or_default();
    of(&line.unit_price.amount) * of(&line.quantity) - line.components.iter().map(|part| of(&part.amount)).sum::<Decimal>()
}
