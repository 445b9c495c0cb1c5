//! What an order comes to: from its signed lines and their components, in exact decimals.
//!
//! Invariant TOT-1: `total` is the sum of the lines' totals and what the *buyer* pays: list price less every component,
//! whoever funds it, plus tax on top.
//! Invariant TOT-2: a component that someone else funds lowers what the buyer pays, never the tenant's revenue.

use super::fact::{Component, ComponentKind, Funder, Line};
use kernel::{Currency, Decimal};
use rust_decimal::RoundingStrategy;
use std::collections::BTreeMap;

/// Amounts at or beyond this fit no column; the line is shown and held instead.
fn limit() -> Decimal {
    Decimal::from(100_000_000_000_000_i64)
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineTotals {
    /// quantity x unit price
    pub gross: Decimal,
    pub discount_tenant: Decimal,
    pub discount_others: Decimal,
    pub tax_on_top: Decimal,
    pub tax_included: Decimal,
    /// what the buyer pays for the line
    pub total: Decimal,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub sum: LineTotals,
    /// what the channel says the buyer pays in all
    pub stated: Option<Decimal>,
    /// stated less total, when lines are known and the two differ by more than one minor unit
    pub difference: Option<Decimal>,
    /// reductions by kind and funder
    pub by_component: BTreeMap<(ComponentKind, Funder), Decimal>,
}

impl Totals {
    /// What the tenant earns, tax inside the price included: list price less what the tenant itself gives away (TOT-2).
    pub fn revenue(&self) -> Decimal {
        self.sum.gross - self.sum.discount_tenant
    }
    /// What the buyer owes: as the channel states it, since only the channel knows every promotion; else by the lines.
    pub fn due(&self, lines_known: bool) -> Option<Decimal> {
        self.stated.or(lines_known.then_some(self.sum.total))
    }
}

/// `None` when an amount leaves the range the books hold.
pub fn of_line(line: &Line) -> Option<LineTotals> {
    let funded = |by_tenant: bool| {
        line.components.iter().filter(|c| (c.funded_by == Funder::Tenant) == by_tenant).try_fold(Decimal::ZERO, |sum, c| sum.checked_add(c.amount))
    };
    let taxed = |included: bool| line.taxes.iter().filter(|t| t.included == included).try_fold(Decimal::ZERO, |sum, t| sum.checked_add(t.amount));
    // Six decimals is what the books hold: a weight of 0.125 kg at 3.333333 has more.
    let gross = line.quantity.get().checked_mul(line.unit_price.amount)?.round_dp_with_strategy(6, RoundingStrategy::MidpointAwayFromZero);
    let (discount_tenant, discount_others) = (funded(true)?, funded(false)?);
    let (tax_on_top, tax_included) = (taxed(false)?, taxed(true)?);
    let total = gross.checked_sub(discount_tenant)?.checked_sub(discount_others)?.checked_add(tax_on_top)?;
    let fits = |amount: Decimal| amount.abs() < limit();
    [gross, discount_tenant, discount_others, tax_on_top, tax_included, total].into_iter().all(fits).then_some(LineTotals {
        gross,
        discount_tenant,
        discount_others,
        tax_on_top,
        tax_included,
        total,
    })
}

/// The sum over lines that count. `None` when a sum leaves the range.
pub fn of_order<'a>(lines: impl Iterator<Item = (&'a Line, LineTotals)>, lines_known: bool, currency: Currency, stated: Option<Decimal>) -> Option<Totals> {
    let mut totals = Totals { stated, ..Totals::default() };
    let sum = &mut totals.sum;
    for (line, part) in lines {
        for (whole, part) in [
            (&mut sum.gross, part.gross),
            (&mut sum.discount_tenant, part.discount_tenant),
            (&mut sum.discount_others, part.discount_others),
            (&mut sum.tax_on_top, part.tax_on_top),
            (&mut sum.tax_included, part.tax_included),
            (&mut sum.total, part.total),
        ] {
            *whole = whole.checked_add(part).filter(|amount| amount.abs() < limit())?;
        }
        for Component { kind, funded_by, amount, .. } in &line.components {
            *totals.by_component.entry((*kind, *funded_by)).or_default() += *amount;
        }
    }
    let minor_unit = Decimal::new(1, currency.exponent());
    totals.difference = stated.filter(|_| lines_known).map(|stated| stated - totals.sum.total).filter(|difference| difference.abs() > minor_unit);
    Some(totals)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::fact::{LineKind, Tax};
    use kernel::Money;

    fn line(quantity: &str, price: &str, currency: Currency) -> Line {
        Line {
            id: "1".into(),
            kind: LineKind::Product,
            sku: None,
            name: None,
            quantity: quantity.parse().unwrap(),
            unit_price: Money::parse(price, currency).unwrap(),
            components: vec![],
            taxes: vec![],
            gift: false,
        }
    }
    fn component(kind: ComponentKind, funded_by: Funder, amount: i64) -> Component {
        Component { kind, funded_by, amount: amount.into(), code: None }
    }
    fn sum(lines: &[Line], currency: Currency, stated: Option<Decimal>) -> Totals {
        of_order(lines.iter().map(|l| (l, of_line(l).unwrap())), true, currency, stated).unwrap()
    }

    #[test]
    fn tot_1_total_is_what_the_buyer_pays() {
        let mut shirt = line("2", "100000", Currency::VND);
        shirt.components = vec![component(ComponentKind::MarketingDiscount, Funder::Tenant, 30_000), component(ComponentKind::PromoVoucher, Funder::Marketplace, 20_000)];
        shirt.taxes = vec![
            Tax { name: "VAT".into(), rate: None, amount: 15_000.into(), included: false },
            Tax { name: "inside".into(), rate: None, amount: 9_000.into(), included: true },
        ];
        let credit = line("-0.5", "100000", Currency::VND);
        let totals = sum(&[shirt, credit], Currency::VND, None);
        assert_eq!(totals.sum.gross, 150_000.into());
        assert_eq!(totals.sum.total, 115_000.into());
        assert_eq!(totals.sum.tax_included, 9_000.into());
        assert_eq!(totals.due(true), Some(115_000.into()));
    }

    #[test]
    fn tot_2_what_others_fund_is_still_revenue() {
        let mut shirt = line("1", "100000", Currency::VND);
        shirt.components = vec![component(ComponentKind::PromoVoucher, Funder::Marketplace, 20_000)];
        let before = sum(std::slice::from_ref(&shirt), Currency::VND, None);
        shirt.components.push(component(ComponentKind::Points, Funder::Tenant, 5_000));
        let after = sum(&[shirt], Currency::VND, None);
        assert_eq!((before.revenue(), before.sum.total), (100_000.into(), 80_000.into()));
        assert_eq!((after.revenue(), after.sum.total), (95_000.into(), 75_000.into()));
        assert_eq!(after.by_component.len(), 2);
    }

    #[test]
    fn a_stated_total_shows_its_difference_beyond_one_minor_unit() {
        let lines = [line("3", "3.335", Currency::USD)];
        let stated = |text: &str| sum(&lines, Currency::USD, Some(text.parse().unwrap())).difference;
        assert_eq!(stated("10.01"), None);
        assert_eq!(stated("10.00"), None);
        assert_eq!(stated("9.50"), Some("-0.505".parse().unwrap()));
    }

    #[test]
    fn amounts_beyond_the_books_are_refused_not_wrapped() {
        assert!(of_line(&line("999999999999", "99999999999999", Currency::VND)).is_none());
        assert!(of_line(&line("1", "99999999999999.999999", Currency::VND)).is_some());
        let big = line("1", "99999999999999", Currency::VND);
        let part = of_line(&big).unwrap();
        assert!(of_order([(&big, part), (&big, part)].into_iter(), true, Currency::VND, None).is_none());
    }
}
