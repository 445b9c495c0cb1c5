//! Goods, shipping and fees. Amounts of lines are net of tax, also in shops whose prices include it (SPEC §7); `total` of the
//! order is gross.
//!
//! Where prices include tax, lines are told as the buyer saw them: net and tax together, the tax inside. Elsewhere the tax is
//! on top, in the digits of `taxes[].total`: shops round at the order, and the sum of rounded lines may be a cent off. What is
//! still missing to `total` then is rounding too, and stands where it is largest.

use crate::meta::{self, plain};
use switchyard_sdk::{
    Decimal, Problem,
    facts::{Line, Tax, line, reduce},
    read::Node,
};

/// Keys under which plugins for free gifts mark a line. [U]
const GIFT: [&str; 5] = ["_is_gift", "is_gift", "_free_gift", "free_gift", "_wc_free_gift"];

/// A tax of the shop: its id, its name and percent.
struct Rate {
    id: String,
    name: String,
    percent: Option<String>,
}

pub fn lines(order: &Node<'_>, currency: &str, stated: Option<Decimal>) -> Result<Vec<Line>, Problem> {
    let included = order.switch("prices_include_tax")?.unwrap_or(false);
    let rates = rates(order)?;
    let coupons = coupons(order)?;
    let mut lines = Vec::new();
    for item in order.listed("line_items")? {
        lines.extend(goods(&item, currency, included, &rates, coupons.as_deref())?);
    }
    for (index, shipping) in order.listed("shipping_lines")?.into_iter().enumerate() {
        let id = shipping.name_of("id")?.map_or_else(|| format!("shipping-{}", index + 1), |id| format!("shipping-{id}"));
        let amounts = Amounts::of(&shipping, included, "total", &rates)?;
        let mut carried = line(id, "shipping", Decimal::ONE, amounts.paid, currency);
        carried.name = shipping.word("method_title")?.map(|name| plain(&name));
        carried.taxes = amounts.taxes;
        lines.push(carried);
    }
    for (index, fee) in order.listed("fee_lines")?.into_iter().enumerate() {
        let id = fee.name_of("id")?.map_or_else(|| format!("fee-{}", index + 1), |id| format!("fee-{id}"));
        lines.push(charged(&fee, id, currency, included, &rates)?);
    }
    if let Some(stated) = stated {
        round(&mut lines, stated, included);
    }
    Ok(lines)
}

/// What a line comes to, and its taxes.
struct Amounts {
    paid: Decimal,
    taxes: Vec<Tax>,
}

impl Amounts {
    fn of(node: &Node<'_>, included: bool, key: &str, rates: &[Rate]) -> Result<Amounts, Problem> {
        let net = amount(node, key)?.ok_or_else(|| node.missing(key))?;
        let tax = amount(node, &format!("{key}_tax"))?.unwrap_or_default();
        let mut taxes = taxes(node, key, included, rates)?;
        if taxes.is_empty() && !tax.is_zero() {
            taxes.push(Tax { name: "tax".into(), rate: None, amount: tax.to_string(), included });
        }
        // Inside the price the tax of the line as it is rounded counts: it makes the price the buyer saw.
        if let ([only], true) = (taxes.as_mut_slice(), included && !tax.is_zero()) {
            only.amount = tax.to_string();
        }
        Ok(Amounts { paid: if included { net + tax } else { net }, taxes })
    }
}

/// An amount of a line. Shops calculate with more digits than there are coins, some with more than the contract carries: what
/// is beyond a millionth is cut here, and [`round`] puts it back.
fn amount(node: &Node<'_>, key: &str) -> Result<Option<Decimal>, Problem> {
    const DIGITS: u32 = 6;
    match node.sum(key) {
        Err(problem) => match node.word(key)?.and_then(|text| text.parse::<Decimal>().ok()) {
            Some(fine) if fine.scale() > DIGITS && fine.abs() < Decimal::from(100_000_000_000_000_i64) => Ok(Some(fine.round_dp(DIGITS))),
            _ => Err(problem),
        },
        told => told,
    }
}

fn goods(item: &Node<'_>, currency: &str, included: bool, rates: &[Rate], coupons: Option<&str>) -> Result<Option<Line>, Problem> {
    let amounts = Amounts::of(item, included, "total", rates)?;
    let before = match amount(item, "subtotal")? {
        Some(net) => net + if included { amount(item, "subtotal_tax")?.unwrap_or_default() } else { Decimal::ZERO },
        None => amounts.paid,
    };
    let quantity = item.sum("quantity")?.ok_or_else(|| item.missing("quantity"))?;
    if quantity.is_sign_negative() {
        return Err(item.problem("quantity", &format!("a quantity of 0 or more is wanted, {quantity} is told")));
    }
    let id = item.require_id("id")?;
    let mut goods = if quantity.is_zero() {
        if before.is_zero() && amounts.paid.is_zero() {
            return Ok(None);
        }
        // Nothing is bought, yet money is asked for.
        line(id, "adjustment", Decimal::ONE, before, currency)
    } else {
        let each = each(before, quantity);
        let mut goods = line(id, "product", quantity, each, currency);
        reduce(&mut goods, "price_override", "tenant", each * quantity - before, Some("rounding"));
        goods
    };
    goods.sku = item.code("sku")?;
    goods.name = item.word("name")?.map(|name| plain(&name));
    goods.gift = meta::is_yes(item, &GIFT)?;
    let less = before - amounts.paid;
    if less.is_sign_negative() {
        reduce(&mut goods, "price_override", "tenant", less, None);
    } else {
        // Every coupon is the seller's. Which of several took how much of a line is not told.
        reduce(&mut goods, "marketing_discount", "tenant", less, coupons);
    }
    goods.taxes = amounts.taxes;
    Ok(Some(goods))
}

/// The price of one. Where the whole does not divide it is cut to the whole's own digits, and the rest is a rounding.
fn each(whole: Decimal, quantity: Decimal) -> Decimal {
    let exact = (whole / quantity).round_dp(6).normalize();
    if exact * quantity == whole { exact } else { (whole / quantity).round_dp(whole.normalize().scale().max(2)).normalize() }
}

/// A fee; a negative one is a discount of the seller (SPEC §12).
fn charged(fee: &Node<'_>, id: String, currency: &str, included: bool, rates: &[Rate]) -> Result<Line, Problem> {
    let amounts = Amounts::of(fee, included, "total", rates)?;
    let name = match fee.word("name")? {
        Some(name) => Some(name),
        None => fee.word("title")?,
    };
    let name = name.map(|name| plain(&name));
    let mut charged = if amounts.paid.is_sign_negative() && !amounts.paid.is_zero() {
        let mut less = line(id, "adjustment", Decimal::ONE, Decimal::ZERO, currency);
        reduce(&mut less, "marketing_discount", "tenant", -amounts.paid, name.as_deref());
        less
    } else {
        line(id, "fee", Decimal::ONE, amounts.paid, currency)
    };
    charged.name = name;
    charged.taxes = amounts.taxes;
    Ok(charged)
}

fn taxes(node: &Node<'_>, key: &str, included: bool, rates: &[Rate]) -> Result<Vec<Tax>, Problem> {
    let mut taxes = Vec::new();
    for tax in node.listed("taxes")? {
        let amount = amount(&tax, key)?.unwrap_or_default();
        if amount.is_zero() {
            continue;
        }
        let id = tax.name_of("id")?;
        let rate = rates.iter().find(|rate| Some(&rate.id) == id.as_ref());
        taxes.push(Tax { name: rate.map_or_else(|| "tax".into(), |rate| rate.name.clone()), rate: rate.and_then(|rate| rate.percent.clone()), amount: amount.to_string(), included });
    }
    Ok(taxes)
}

fn rates(order: &Node<'_>) -> Result<Vec<Rate>, Problem> {
    let mut rates = Vec::new();
    for tax in order.listed("tax_lines")? {
        let Some(id) = tax.name_of("rate_id")? else { continue };
        let name = [tax.word("label")?, tax.word("title")?, tax.word("rate_code")?, tax.word("code")?].into_iter().flatten().next();
        rates.push(Rate { id, name: plain(&name.unwrap_or_else(|| "tax".into())), percent: tax.sum("rate_percent")?.map(|percent| percent.normalize().to_string()) });
    }
    Ok(rates)
}

fn coupons(order: &Node<'_>) -> Result<Option<String>, Problem> {
    let mut codes = Vec::new();
    for coupon in order.listed("coupon_lines")? {
        codes.extend(coupon.word("code")?);
    }
    Ok(Some(codes.join(", ")).filter(|codes| !codes.is_empty()))
}

/// A difference of less than a cent a line is rounding; a larger one is no rounding and stays to be seen (WOO-1).
fn round(lines: &mut [Line], stated: Decimal, included: bool) {
    let of = |text: &str| text.parse::<Decimal>().unwrap_or_default();
    let paid = |line: &Line| of(&line.unit_price.amount) * of(&line.quantity) - line.components.iter().map(|component| of(&component.amount)).sum::<Decimal>();
    let on_top = |line: &Line| line.taxes.iter().filter(|tax| !tax.included).map(|tax| of(&tax.amount)).sum::<Decimal>();
    let missing = stated - lines.iter().map(|line| paid(line) + on_top(line)).sum::<Decimal>();
    if missing.is_zero() || missing.abs() >= Decimal::new(1, 2) * Decimal::from(lines.len() + 1) {
        return;
    }
    let taxes = lines.iter_mut().flat_map(|line| &mut line.taxes).filter(|tax| !tax.included);
    if let (false, Some(tax)) = (included, taxes.max_by_key(|tax| of(&tax.amount))) {
        tax.amount = (of(&tax.amount) + missing).normalize().to_string();
    } else if let Some(line) = lines.iter_mut().max_by_key(|line| paid(line)) {
        reduce(line, "price_override", "tenant", -missing, Some("rounding"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_digits_than_are_carried_are_cut_and_put_back() {
        let order = br#"{"total":"1.01","line_items":[{"id":1,"quantity":1,"subtotal":"0.333333333","total":"0.333333333","taxes":[{"id":5,"total":"0.003333333333","subtotal":"0"}]},
            {"id":2,"quantity":1,"subtotal":0.6666666667,"total":0.6666666667,"taxes":[{"id":5,"total":"0.006666666667","subtotal":"0"}]}]}"#;
        let json = switchyard_sdk::json::Json::parse(order).unwrap();
        let order = Node::root(&json).unwrap();
        let lines = lines(&order, "EUR", order.sum("total").unwrap()).unwrap();
        let sum: Decimal = lines.iter().map(|line| line.unit_price.amount.parse::<Decimal>().unwrap() + line.taxes[0].amount.parse::<Decimal>().unwrap()).sum();
        assert_eq!(sum, Decimal::new(101, 2));
        let json = switchyard_sdk::json::Json::parse(br#"{"a":"many"}"#).unwrap();
        assert!(amount(&Node::root(&json).unwrap(), "a").is_err());
    }

    #[test]
    fn a_price_that_does_not_divide_keeps_its_quantity() {
        let of = |whole: &str, quantity: i64| each(whole.parse().unwrap(), Decimal::from(quantity)).to_string();
        assert_eq!((of("300000", 3), of("6.00", 2), of("100.00", 3), of("0", 3), of("1", 8)), ("100000".into(), "3".into(), "33.33".into(), "0".into(), "0.125".into()));
    }
}
