//! What a unit costs: a pure function of the lists that count for a buyer, the SKU, the quantity and the day (PRICE-1).
//!
//! Lists come most particular first: those of the company, of its group's head, of its segment, of everybody. The first
//! list that has the SKU gives the price, at the break that the quantity reaches.

use chrono::NaiveDate;
use kernel::{Currency, Decimal, PriceListId};
use rust_decimal::RoundingStrategy;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A price from a quantity on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    pub min_quantity: Decimal,
    pub name: Option<String>,
    pub price: Decimal,
    pub floor: Option<Decimal>,
    pub cost: Option<Decimal>,
}

/// One version of one list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListVersion {
    pub list: PriceListId,
    pub name: String,
    pub version: i32,
    pub valid_from: NaiveDate,
    pub valid_until: Option<NaiveDate>,
    pub tax_included: bool,
    pub tax_rate: Option<Decimal>,
    /// By SKU.
    pub prices: BTreeMap<String, Vec<Break>>,
}

/// A price with where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Priced {
    pub list: PriceListId,
    pub list_name: String,
    pub version: i32,
    /// The break that the quantity reached.
    pub min_quantity: Decimal,
    pub name: Option<String>,
    pub price: Decimal,
    pub floor: Option<Decimal>,
    pub cost: Option<Decimal>,
    pub tax_included: bool,
    pub tax_rate: Option<Decimal>,
}

/// The price of one unit when `quantity` are bought on `day`; `None` when no list has it.
pub fn price(lists: &[ListVersion], sku: &str, quantity: Decimal, day: NaiveDate) -> Option<Priced> {
    lists.iter().filter(|list| list.valid_from <= day && list.valid_until.is_none_or(|until| day <= until)).find_map(|list| {
        let reached = list.prices.get(sku)?.iter().filter(|b| b.min_quantity <= quantity).max_by_key(|b| b.min_quantity)?;
        Some(Priced {
            list: list.list,
            list_name: list.name.clone(),
            version: list.version,
            min_quantity: reached.min_quantity,
            name: reached.name.clone(),
            price: reached.price,
            floor: reached.floor,
            cost: reached.cost,
            tax_included: list.tax_included,
            tax_rate: list.tax_rate,
        })
    })
}

/// The tax of an amount, rounded to the minor unit: inside it, or on top of it.
pub fn tax_of(amount: Decimal, rate: Decimal, included: bool, currency: Currency) -> Decimal {
    let of = if included { Decimal::ONE_HUNDRED + rate } else { Decimal::ONE_HUNDRED };
    (amount * rate / of).round_dp_with_strategy(currency.exponent(), RoundingStrategy::MidpointAwayFromZero)
}

/// Percent below the list price, rounded to four decimals; negative above it. A list price of zero has nothing below it.
pub fn discount_percent(list: Decimal, price: Decimal) -> Decimal {
    percent(list - price, list)
}

/// Percent of the price without tax that is left after the cost; `None` without a cost.
pub fn margin_percent(price: Decimal, cost: Option<Decimal>, tax_included: bool, tax_rate: Option<Decimal>) -> Option<Decimal> {
    let rate = tax_rate.filter(|_| tax_included).unwrap_or_default();
    let net = price * Decimal::ONE_HUNDRED / (Decimal::ONE_HUNDRED + rate);
    let cost = cost?;
    // Given away: all of the cost is lost.
    if net.is_zero() { Some(if cost.is_zero() { Decimal::ZERO } else { -Decimal::ONE_HUNDRED }) } else { Some(percent(net - cost, net)) }
}

fn percent(part: Decimal, of: Decimal) -> Decimal {
    part.checked_mul(Decimal::ONE_HUNDRED).and_then(|part| part.checked_div(of)).unwrap_or_default().round_dp_with_strategy(4, RoundingStrategy::MidpointAwayFromZero).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }
    fn list(name: &str, prices: &[(&str, i64, i64)]) -> ListVersion {
        let mut by_sku: BTreeMap<String, Vec<Break>> = BTreeMap::new();
        for (sku, from, price) in prices {
            by_sku.entry((*sku).to_owned()).or_default().push(Break { min_quantity: (*from).into(), name: None, price: (*price).into(), floor: None, cost: None });
        }
        ListVersion { list: PriceListId::new(), name: name.into(), version: 1, valid_from: day("2026-01-01"), valid_until: Some(day("2026-06-30")), tax_included: false, tax_rate: None, prices: by_sku }
    }

    #[test]
    fn price_1_a_price_names_its_list_version_and_break() {
        let lists = [list("company", &[("A", 1, 90), ("A", 10, 80), ("A", 100, 70)]), list("all", &[("A", 1, 100), ("B", 5, 50)])];
        let at = |sku: &str, quantity: i64, on: &str| price(&lists, sku, quantity.into(), day(on)).map(|p| (p.list_name, p.min_quantity, p.price));
        let is = |name: &str, from: i64, price: i64| Some((name.to_owned(), Decimal::from(from), Decimal::from(price)));
        for (sku, quantity, on, expected) in [
            ("A", 1, "2026-01-01", is("company", 1, 90)),
            ("A", 9, "2026-03-01", is("company", 1, 90)),
            ("A", 10, "2026-03-01", is("company", 10, 80)),
            ("A", 250, "2026-06-30", is("company", 100, 70)),
            ("A", 1, "2026-07-01", None),
            ("A", 1, "2025-12-31", None),
            ("B", 5, "2026-03-01", is("all", 5, 50)),
            ("B", 4, "2026-03-01", None),
            ("C", 1, "2026-03-01", None),
        ] {
            assert_eq!(at(sku, quantity, on), expected, "{quantity} {sku} on {on}");
        }
    }

    #[test]
    fn discounts_and_margins_in_percent() {
        let d = Decimal::from;
        assert_eq!(discount_percent(d(100), d(85)), d(15));
        assert_eq!(discount_percent(d(100), d(110)), d(-10));
        assert_eq!(discount_percent(d(0), d(10)), d(0));
        assert_eq!(discount_percent(d(3), d(2)), "33.3333".parse().unwrap());
        assert_eq!(margin_percent(d(110), Some(d(80)), true, Some(d(10))), Some(d(20)));
        assert_eq!(margin_percent(d(100), Some(d(120)), false, Some(d(10))), Some(d(-20)));
        assert_eq!((margin_percent(d(0), Some(d(1)), false, None), margin_percent(d(5), None, false, None)), (Some(d(-100)), None));
        assert_eq!((tax_of(d(110_000), d(10), true, Currency::VND), tax_of(d(105), d(10), false, Currency::VND)), (d(10_000), d(11)));
    }

    proptest! {
        #[test]
        fn price_1_more_never_costs_more_by_the_unit_when_breaks_fall(mut prices in proptest::collection::vec(1..1000i64, 1..6), quantity in 1..200i64, more in 0..200i64) {
            prices.sort_unstable_by(|a, b| b.cmp(a));
            let breaks: Vec<(&str, i64, i64)> = prices.iter().enumerate().map(|(index, price)| ("A", 1 + 20 * i64::try_from(index).unwrap(), *price)).collect();
            let lists = [list("x", &breaks)];
            let of = |quantity: i64| price(&lists, "A", quantity.into(), day("2026-02-02")).unwrap().price;
            prop_assert!(of(quantity + more) <= of(quantity));
        }
    }
}
