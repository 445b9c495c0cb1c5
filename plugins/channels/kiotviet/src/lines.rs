//! Lines of an order or an invoice: goods, surcharges and taxes. What KiotViet calls total is what the buyer has to pay.
//!
//! The discount of a line is for one unit (SPEC §9); the discount of the whole is shared over the lines by what they cost.

use crate::told::Told;
use std::collections::BTreeMap;
use switchyard_sdk::{
    Decimal, Problem,
    facts::{Line, Tax, line, reduce, share},
    json::Json,
};

pub fn digits(currency: &str) -> u32 {
    if matches!(currency, "VND" | "JPY" | "KRW") { 0 } else { 2 }
}

/// `details`: `invoiceDetails` or `orderDetails`.
pub fn lines(sale: &Told<'_>, details: &str, currency: &str) -> Result<Vec<Line>, Problem> {
    let mut lines: Vec<Line> = Vec::new();
    let mut taxes: Vec<Vec<(Option<i64>, Decimal)>> = Vec::new();
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for (index, item) in sale.list(details)?.into_iter().enumerate() {
        let quantity = item.rough("quantity")?.unwrap_or(Decimal::ONE);
        if quantity.is_zero() {
            continue;
        }
        let price = match (item.sum("price")?, item.sum("subTotal")?) {
            (Some(price), _) => price,
            // What the line came to, by its units.
            (None, Some(net)) => (net / quantity).round_dp(6).normalize(),
            (None, None) => return Err(item.missing("price")),
        };
        let product = item.id("productId")?.or(item.code("productCode")?).unwrap_or_else(|| format!("line-{}", index + 1));
        // One product may stand on several lines; returns name the product.
        let time = times.entry(product.clone()).and_modify(|time| *time += 1).or_insert(1);
        let id = if *time == 1 { product } else { format!("{product}#{time}") };
        let mut goods = line(id, "product", quantity, price, currency);
        goods.sku = item.code("productCode")?;
        goods.name = item.word("productName")?;
        reduce(&mut goods, "marketing_discount", "tenant", reduction(&item, price, quantity, currency)?, None);
        lines.push(goods);
        taxes.push(taxes_of(&item)?);
    }
    share_discount(sale, &mut lines, currency)?;
    for (index, surcharge) in surcharges(sale)?.into_iter().enumerate() {
        let amount = match surcharge.sum("price")? {
            Some(price) => price,
            None => surcharge.amount("surValue")?,
        };
        if !amount.is_zero() {
            let id = surcharge.id("surchargeId")?.or(surcharge.id("id")?).unwrap_or_else(|| (index + 1).to_string());
            let mut fee = line(format!("surcharge-{id}"), "fee", Decimal::ONE, amount, currency);
            fee.name = surcharge.word("surchargeName")?.or(surcharge.word("name")?);
            lines.push(fee);
        }
    }
    tax(sale, &mut lines, taxes, currency)?;
    Ok(lines)
}

/// What a line is reduced by in all. `subTotal`, where it is told, says how the discount is meant.
fn reduction(item: &Told<'_>, price: Decimal, quantity: Decimal, currency: &str) -> Result<Decimal, Problem> {
    let (gross, discount) = (price * quantity, item.amount("discount")?);
    let ratio = item.rough("discountRatio")?.unwrap_or_default();
    let per_unit = match (discount.is_zero(), ratio.is_zero()) {
        (true, false) => (price * ratio / Decimal::ONE_HUNDRED).round_dp(digits(currency)),
        _ => discount,
    };
    let each = per_unit * quantity;
    Ok(match item.sum("subTotal")? {
        Some(net) if gross - net == discount => discount,
        _ => each,
    })
}

/// The discount of the whole order: an amount, or a share of what the lines come to.
fn share_discount(sale: &Told<'_>, lines: &mut [Line], currency: &str) -> Result<(), Problem> {
    let paid: Vec<Decimal> = lines.iter().map(|line| paid(line).max(Decimal::ZERO)).collect();
    let (discount, ratio) = (sale.amount("discount")?, sale.rough("discountRatio")?.unwrap_or_default());
    let discount = match (discount.is_zero(), ratio.is_zero()) {
        (true, false) => (paid.iter().sum::<Decimal>() * ratio / Decimal::ONE_HUNDRED).round_dp(digits(currency)),
        _ => discount,
    };
    if !discount.is_zero() {
        let scale = digits(currency).max(discount.normalize().scale());
        for (line, part) in lines.iter_mut().zip(share(discount, &paid, scale)) {
            reduce(line, "marketing_discount", "tenant", part, None);
        }
    }
    Ok(())
}

fn surcharges<'a>(sale: &Told<'a>) -> Result<Vec<Told<'a>>, Problem> {
    let mut all = Vec::new();
    // The last is KiotViet's own spelling.
    for key in ["invoiceOrderSurcharges", "orderSurcharges", "surcharges", "surchages"] {
        if all.is_empty() {
            all = sale.list(key)?;
        }
    }
    Ok(all)
}

/// `invoiceDetailTaxs`, `orderDetailTaxs` …: the tax's number and its amount for the line.
fn taxes_of(item: &Told<'_>) -> Result<Vec<(Option<i64>, Decimal)>, Problem> {
    let mut taxes = Vec::new();
    let names = item.0.members().filter(|(name, value)| (name.ends_with("Taxs") || name.ends_with("Taxes")) && matches!(value, Json::List(_)));
    for (name, _) in names {
        for tax in item.0.listed(name)?.into_iter().map(Told) {
            taxes.push((tax.number("taxId")?, tax.amount("detailTax")?));
        }
    }
    Ok(taxes)
}

/// KiotViet's taxes by number: VAT, and the rates of households that pay by revenue, partly with income tax (SPEC §9).
fn tax_name(number: Option<i64>) -> (&'static str, Option<&'static str>) {
    match number {
        Some(1) => ("VAT", Some("0")),
        Some(2) => ("VAT", Some("5")),
        Some(3) => ("VAT", Some("8")),
        Some(4) => ("VAT", Some("10")),
        Some(5) => ("KCT", None),
        Some(12) => ("KKKNT", None),
        Some(6) => ("VAT on revenue", Some("1")),
        Some(7) => ("VAT on revenue", Some("2")),
        Some(8) => ("VAT on revenue", Some("3")),
        Some(9) => ("VAT on revenue", Some("5")),
        Some(64) => ("VAT and PIT on revenue", Some("5")),
        Some(65) => ("VAT and PIT on revenue", Some("1.5")),
        Some(66) => ("VAT and PIT on revenue", Some("2")),
        _ => ("tax", None),
    }
}

/// `pricingMode` 0: prices are before tax; 1: with it; null: tax on revenue, inside. The total has the last word.
fn tax(sale: &Told<'_>, lines: &mut [Line], own: Vec<Vec<(Option<i64>, Decimal)>>, currency: &str) -> Result<(), Problem> {
    let of_lines: Decimal = own.iter().flatten().map(|(_, amount)| *amount).sum();
    let told = sale.sum("totalTax")?.unwrap_or(of_lines);
    if told.is_zero() {
        return Ok(());
    }
    let sum: Decimal = lines.iter().map(paid).sum();
    let total = sale.sum("total")?;
    let included = match total {
        Some(total) if total == sum + told => false,
        Some(total) if total == sum => true,
        _ => sale.number("pricingMode")? != Some(0),
    };
    if of_lines == told {
        for (line, taxes) in lines.iter_mut().zip(own) {
            for (number, amount) in taxes.into_iter().filter(|(_, amount)| !amount.is_zero()) {
                let (name, rate) = tax_name(number);
                line.taxes.push(Tax { name: name.into(), rate: rate.map(str::to_owned), amount: amount.to_string(), included });
            }
        }
        return Ok(());
    }
    let weights: Vec<Decimal> = lines.iter().map(|line| if line.kind == "product" { paid(line).max(Decimal::ZERO) } else { Decimal::ZERO }).collect();
    let scale = digits(currency).max(told.normalize().scale());
    for (line, part) in lines.iter_mut().zip(share(told, &weights, scale)) {
        if !part.is_zero() {
            line.taxes.push(Tax { name: "tax".into(), rate: None, amount: part.to_string(), included });
        }
    }
    Ok(())
}

/// What the buyer pays for a line, before tax on top.
fn paid(line: &Line) -> Decimal {
    let of = |text: &str| text.parse::<Decimal>().unwrap_or_default();
    of(&line.unit_price.amount) * of(&line.quantity) - line.components.iter().map(|part| of(&part.amount)).sum::<Decimal>()
}
