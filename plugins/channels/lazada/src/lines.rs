//! What the buyer buys and pays. One item is one unit (SPEC §5), vouchers and bonuses stand at the item with their payer
//! (SPEC §12), shipping stands at the order, or at its items where the order itself is not told.

use switchyard_sdk::{
    Decimal, Problem,
    facts::{Line, Tax, line, reduce},
    read::Node,
};

/// The code under which a Lazada Bonus is told, since it has none of its own.
const BONUS: &str = "lazada_bonus";

#[derive(Default)]
pub struct Bought {
    pub lines: Vec<Line>,
    /// What the buyer pays for each item, in the order of the items.
    pub paid: Vec<Decimal>,
    pub shipping: Decimal,
    /// What the items' vouchers come to, bonuses that stand inside them included.
    vouchers: Decimal,
    /// Bonuses and credits that lower `paid_price` beside the vouchers.
    beside: Decimal,
}

impl Bought {
    pub fn total(&self) -> Decimal {
        self.paid.iter().sum::<Decimal>() + self.shipping
    }
}

pub fn bought(order: Option<&Node<'_>>, items: &[Node<'_>], currency: &str) -> Result<Bought, Problem> {
    let mut bought = Bought::default();
    for item in items {
        goods(item, currency, &mut bought)?;
    }
    let carried = shipping(order, items, currency)?;
    bought.shipping = carried.as_ref().map_or(Decimal::ZERO, paid);
    bought.lines.extend(carried);
    Ok(bought)
}

fn goods(item: &Node<'_>, currency: &str, bought: &mut Bought) -> Result<(), Problem> {
    let listed = item.require_decimal("item_price")?;
    let mut unit = line(item.require_id("order_item_id")?, "product", Decimal::ONE, listed, currency);
    unit.sku = item.code("sku")?.or(item.code("seller_sku")?).or(item.code("shop_sku")?);
    let name: Vec<String> = [item.word("name")?, item.word("variation")?].into_iter().flatten().collect();
    unit.name = Some(name.join(" / ")).filter(|name| !name.is_empty());
    // No field says so: what has no price is given away. [U]
    unit.gift = listed.is_zero();
    let reductions = Reductions::of(item)?;
    reductions.tell(listed, item.sum("paid_price")?, &mut unit, bought);
    let tax = item.sum_or_zero("tax_amount")?;
    if !tax.is_zero() {
        // Inside the price: 6.48 of 99.00 is the GST of Singapore at 7 % in it.
        unit.taxes.push(Tax { name: "tax".into(), rate: None, amount: tax.to_string(), included: true });
    }
    bought.paid.push(paid(&unit));
    bought.lines.push(unit);
    Ok(())
}

/// What an item says it is reduced by.
struct Reductions {
    seller: Decimal,
    platform: Decimal,
    seller_bonus: Decimal,
    platform_bonus: Decimal,
    credits: Decimal,
    seller_code: Option<String>,
    platform_code: Option<String>,
}

impl Reductions {
    fn of(item: &Node<'_>) -> Result<Reductions, Problem> {
        let code = item.word("voucher_code")?;
        let (seller, platform) = (item.sum("voucher_seller")?, item.sum("voucher_platform")?);
        // Old answers do not say who pays for the voucher: it counts as the seller's.
        let seller = match (seller, platform) {
            (None, None) => item.sum_or_zero("voucher_amount")?,
            (seller, _) => seller.unwrap_or_default(),
        };
        Ok(Reductions {
            seller,
            platform: platform.unwrap_or_default(),
            seller_bonus: item.sum_or_zero("voucher_seller_lpi")?,
            platform_bonus: item.sum_or_zero("voucher_platform_lpi")?,
            credits: item.sum_or_zero("wallet_credits")?,
            seller_code: item.word("voucher_code_seller")?.or(code.clone()),
            platform_code: item.word("voucher_code_platform")?.or(code),
        })
    }

    /// Whether bonuses and credits lower the price beside the vouchers is not documented, but the item's own sum says it:
    /// `item_price` less what counts is `paid_price`. Where no sum fits, all of them are told (SPEC §12). [U]
    fn tell(&self, listed: Decimal, paid_price: Option<Decimal>, unit: &mut Line, bought: &mut Bought) {
        let vouchers = self.seller + self.platform;
        let bonus = self.seller_bonus + self.platform_bonus;
        let of = |bonus_too: bool, credits_too: bool| (if bonus_too { bonus } else { Decimal::ZERO }) + if credits_too { self.credits } else { Decimal::ZERO };
        let fits = [(true, true), (true, false), (false, true), (false, false)].into_iter().find(|(b, c)| Some(listed - vouchers - of(*b, *c)) == paid_price);
        let (bonus_beside, credits_too) = fits.unwrap_or((true, true));
        let inside = !bonus_beside && self.seller_bonus <= self.seller && self.platform_bonus <= self.platform;
        let less = |whole: Decimal, part: Decimal| if inside { whole - part } else { whole };
        reduce(unit, "promo_voucher", "tenant", less(self.seller, self.seller_bonus), self.seller_code.as_deref());
        reduce(unit, "promo_voucher", "marketplace", less(self.platform, self.platform_bonus), self.platform_code.as_deref());
        if bonus_beside || inside {
            reduce(unit, "promo_voucher", "tenant", self.seller_bonus, Some(BONUS));
            reduce(unit, "promo_voucher", "marketplace", self.platform_bonus, Some(BONUS));
        }
        if credits_too {
            reduce(unit, "points", "marketplace", self.credits, Some("wallet_credits"));
        }
        bought.vouchers += vouchers;
        if fits.is_some() {
            bought.beside += of(bonus_beside, credits_too);
        }
    }
}

/// Shipping before and after who subsidises it, where original and discounts come to what the buyer pays; else only the latter.
fn shipping(order: Option<&Node<'_>>, items: &[Node<'_>], currency: &str) -> Result<Option<Line>, Problem> {
    let sum = |key: &str| -> Result<Option<Decimal>, Problem> {
        let told = items.iter().filter_map(|item| item.sum(key).transpose()).collect::<Result<Vec<_>, _>>()?;
        Ok((!told.is_empty()).then(|| told.iter().sum()))
    };
    let of = |at_order: &str, at_item: &str| match order.map_or(Ok(None), |order| order.sum(at_order))? {
        None => sum(at_item),
        told => Ok(told),
    };
    let Some(fee) = of("shipping_fee", "shipping_amount")? else { return Ok(None) };
    let original = of("shipping_fee_original", "shipping_fee_original")?.unwrap_or(fee);
    let seller = of("shipping_fee_discount_seller", "shipping_fee_discount_seller")?.unwrap_or_default();
    let platform = of("shipping_fee_discount_platform", "shipping_fee_discount_platform")?.unwrap_or_default();
    let explained = original - seller - platform == fee;
    let mut carried = line("shipping", "shipping", Decimal::ONE, if explained { original } else { fee }, currency);
    if explained {
        reduce(&mut carried, "shipping_discount", "tenant", seller, None);
        reduce(&mut carried, "shipping_discount", "marketplace", platform, None);
    }
    Ok((!fee.is_zero() || !carried.components.is_empty()).then_some(carried))
}

/// Buyer pays = price - voucher + shipping_fee (SPEC §5). Bonuses and credits that the items show to be beside the vouchers
/// lower it too, unless the order's voucher has them inside.
pub fn stated_total(order: &Node<'_>, bought: Option<&Bought>) -> Result<Option<Decimal>, Problem> {
    let Some(price) = order.sum("price")? else { return Ok(None) };
    let of_items = bought.map(|bought| bought.vouchers).unwrap_or_default();
    let voucher = match order.sum("voucher")? {
        Some(voucher) => voucher,
        None if order.has("voucher_seller") || order.has("voucher_platform") => order.sum_or_zero("voucher_seller")? + order.sum_or_zero("voucher_platform")?,
        None => of_items,
    };
    let shipping = match order.sum("shipping_fee")? {
        Some(fee) => fee,
        None => bought.map(|bought| bought.shipping).unwrap_or_default(),
    };
    let beside = bought.map(|bought| bought.beside).unwrap_or_default();
    let inside = (voucher - of_items).max(Decimal::ZERO).min(beside);
    Ok(Some((price - voucher + shipping - (beside - inside)).normalize()))
}

fn paid(line: &Line) -> Decimal {
    let of = |text: &str| text.parse::<Decimal>().unwrap_or_default();
    of(&line.unit_price.amount) * of(&line.quantity) - line.components.iter().map(|component| of(&component.amount)).sum::<Decimal>()
}
