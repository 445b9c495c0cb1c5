//! Writing facts down. `None` is unknown, and an unknown field leaves what is known alone, so a connector tells only what
//! its channel told.

use crate::{Decimal, Money};

pub use crate::bindings::switchyard::plugin::facts::{
    Address, Buyer, Cancellation, Component, Description, Fact, GoodsReturn, InvoiceRequest, Line, LineQuantity, Refund, SettlementLine, Shipment, Tax, Tender,
    What,
};

/// What one message tells about one order: all its facts share the order, the revision and the time.
#[derive(Clone, Debug)]
pub struct Telling {
    pub order: String,
    /// Higher is newer, see the connector for what it counts.
    pub revision: i64,
    pub occurred_at: String,
}

impl Telling {
    pub fn fact(&self, what: What) -> Fact {
        Fact { order: self.order.clone(), revision: self.revision.max(0).to_string(), occurred_at: self.occurred_at.clone(), what }
    }
}

pub fn money(amount: Decimal, currency: &str) -> Money {
    Money { amount: amount.to_string(), currency: currency.to_owned() }
}

/// A description that knows nothing yet.
pub fn description() -> Description {
    Description {
        number: None,
        placed_at: None,
        currency: None,
        status: None,
        lines: None,
        stated_total: None,
        buyer: None,
        ship_to: None,
        payment_method: None,
        cash_on_delivery: None,
        business: None,
        staff: None,
        branch: None,
        note: None,
        test: None,
        source: None,
    }
}

/// A line without components, taxes or names. `kind`: product, shipping, fee, adjustment.
pub fn line(id: impl Into<String>, kind: &str, quantity: Decimal, unit_price: Decimal, currency: &str) -> Line {
    Line {
        id: id.into(),
        kind: kind.to_owned(),
        sku: None,
        name: None,
        quantity: quantity.to_string(),
        unit_price: money(unit_price, currency),
        components: Vec::new(),
        taxes: Vec::new(),
        gift: false,
    }
}

/// Adds a component unless it is nothing. `kind` and `funded_by` are the contract's words.
pub fn reduce(line: &mut Line, kind: &str, funded_by: &str, amount: Decimal, code: Option<&str>) {
    if !amount.is_zero() {
        let code = code.map(str::to_owned);
        line.components.push(Component { kind: kind.to_owned(), funded_by: funded_by.to_owned(), amount: amount.to_string(), code });
    }
}

/// Shares an amount over weights so that the shares sum to it exactly: each share is cut to `decimals`, and what is left goes
/// to the heaviest weight (the first of equals). Without any weight the first takes all.
pub fn share(amount: Decimal, weights: &[Decimal], decimals: u32) -> Vec<Decimal> {
    let total: Decimal = weights.iter().sum();
    let part = |weight: &Decimal| if total.is_zero() { Decimal::ZERO } else { (amount * *weight / total).trunc_with_scale(decimals) };
    let mut shares: Vec<Decimal> = weights.iter().map(part).collect();
    let left = amount - shares.iter().sum::<Decimal>();
    let mut heaviest = 0;
    for (index, weight) in weights.iter().enumerate() {
        if *weight > weights[heaviest] {
            heaviest = index;
        }
    }
    if let Some(share) = shares.get_mut(heaviest) {
        *share += left;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Vec<Decimal> {
        text.split_whitespace().map(|number| number.parse().unwrap()).collect()
    }

    #[test]
    fn shares_sum_to_the_whole() {
        for (amount, weights, shares) in [("10", "1 1 1", "4 3 3"), ("100", "1 2", "33 67"), ("7", "0 0", "7 0"), ("-5", "3 1", "-4 -1"), ("0", "1", "0")] {
            let told = share(amount.parse().unwrap(), &numbers(weights), 0);
            assert_eq!(told, numbers(shares), "{amount} over {weights}");
        }
        assert!(share(Decimal::ONE, &[], 0).is_empty());
    }

    #[test]
    fn nothing_is_no_component() {
        let mut shipping = line("shipping", "shipping", Decimal::ONE, Decimal::TEN, "VND");
        reduce(&mut shipping, "shipping_discount", "marketplace", Decimal::ZERO, None);
        assert!(shipping.components.is_empty());
        reduce(&mut shipping, "shipping_discount", "marketplace", Decimal::ONE, Some("FREESHIP"));
        assert_eq!(shipping.components[0].code.as_deref(), Some("FREESHIP"));
    }
}
