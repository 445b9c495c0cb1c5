//! What each line of an order moves in the books when it is sold: revenue, reductions by kind, tax, and what others pay.
//! Invariant POST-1: the parts of a line and what the buyer owes for it sum to zero, to the last digit.
//!
//! Reductions that the tenant gives lower the taxed price and stand in accounts of their own, net of tax (P1). What others
//! give lowers what the buyer pays, not the revenue (P11a). Vouchers sold and points are payments, not reductions (P7);
//! points are a reduction where the tenant says so.

use crate::finance::{Account, Role, Settings};
use crate::orders::fact::*;
use crate::orders::project::Projection;
use crate::orders::totals::LineTotals;
use kernel::{Currency, Decimal, allocate};
use std::collections::BTreeMap;

/// Amounts by account, debit positive.
pub type Parts = BTreeMap<Account, Decimal>;

/// One line as the books see it.
#[derive(Clone, Debug)]
pub struct Goods {
    pub line_id: String,
    /// Shipping, fees and adjustments go with the first goods that leave.
    pub product: bool,
    pub quantity: Decimal,
    /// Everything but what the buyer owes; sums to `-due`.
    pub parts: Parts,
    pub due: Decimal,
}

/// Where amounts of others' promotions are claimed: the marketplace that holds the sale, or the partner.
pub type FunderAccount<'a> = &'a dyn Fn(Funder) -> Account;

/// The lines of an order that count, in their order.
pub fn of_order(projection: &Projection, settings: &Settings, funder: FunderAccount<'_>) -> Vec<Goods> {
    let currency = projection.currency;
    let counted: Vec<(&Line, LineTotals)> =
        projection.lines.iter().filter(|(line, part)| line.unit_price.currency == currency && *part != LineTotals::default()).map(|(line, part)| (line, *part)).collect();
    let taxed: Vec<Decimal> = counted.iter().map(|(line, part)| taxed_price(line, part, settings)).collect();
    let taxes = inner_taxes(&counted, &taxed, settings, currency);
    counted.iter().zip(taxed).zip(taxes).map(|(((line, part), taxed), tax)| goods(line, part, taxed, tax, settings, currency, funder)).collect()
}

/// Whether a component is the tenant's own reduction of the taxed price.
fn reduces(component: &Component, settings: &Settings) -> bool {
    component.funded_by == Funder::Tenant
        && match component.kind {
            ComponentKind::PaidVoucher => false,
            ComponentKind::Points => settings.points_discount,
            ComponentKind::MarketingDiscount | ComponentKind::PromoVoucher | ComponentKind::PriceOverride | ComponentKind::ShippingDiscount => true,
        }
}

/// List price less the tenant's own reductions; tax inside it included.
pub fn taxed_price(line: &Line, part: &LineTotals, settings: &Settings) -> Decimal {
    part.gross - line.components.iter().filter(|c| reduces(c, settings)).map(|c| c.amount).sum::<Decimal>()
}

/// Tax inside the price of each line: as told, else at the tenant's default rate, rounded by line or by document.
fn inner_taxes(lines: &[(&Line, LineTotals)], taxed: &[Decimal], settings: &Settings, currency: Currency) -> Vec<Decimal> {
    let told: Vec<Option<Decimal>> = lines.iter().map(|(line, part)| if line.taxes.is_empty() { None } else { Some(part.tax_included) }).collect();
    let rate = settings.default_tax_rate.filter(|rate| settings.tax_included && !rate.is_zero());
    let Some(rate) = rate else { return told.into_iter().map(Option::unwrap_or_default).collect() };
    let inside = |price: Decimal| settings.rounding.share(price, rate, Decimal::ONE_HUNDRED + rate, currency.exponent());
    if !settings.round_document {
        return told.into_iter().zip(taxed).map(|(told, price)| told.unwrap_or_else(|| inside(*price))).collect();
    }
    let weights: Vec<Decimal> = told.iter().zip(taxed).filter(|(told, _)| told.is_none()).map(|(_, price)| *price).collect();
    // Signed lines: shares of the positive and of the negative ones, so that each keeps its sign.
    let of_sign = |negative: bool| -> Vec<Decimal> { weights.iter().map(|w| if w.is_sign_negative() == negative { *w } else { Decimal::ZERO }).collect() };
    let mut shared = vec![Decimal::ZERO; weights.len()];
    for negative in [false, true] {
        let own = of_sign(negative);
        let sum: Decimal = own.iter().sum();
        if !sum.is_zero() {
            shared.iter_mut().zip(allocate(inside(sum), &own, currency.exponent())).for_each(|(all, part)| *all += part);
        }
    }
    let mut shared = shared.into_iter();
    told.into_iter().map(|told| told.unwrap_or_else(|| shared.next().unwrap_or_default())).collect()
}

fn goods(line: &Line, part: &LineTotals, taxed: Decimal, inner_tax: Decimal, settings: &Settings, currency: Currency, funder: FunderAccount<'_>) -> Goods {
    let round = |amount: Decimal| settings.rounding.round(amount, currency.exponent());
    let rate = inner_rate(line, taxed, inner_tax, settings);
    let without_tax = |amount: Decimal| if rate.is_zero() { amount } else { round(amount / (Decimal::ONE + rate)) };
    let mut parts = Parts::new();
    let mut add = |account: Account, amount: Decimal| *parts.entry(account).or_default() += amount;
    for component in &line.components {
        let Component { kind, funded_by, amount, .. } = component;
        if *funded_by != Funder::Tenant {
            add(funder(*funded_by), *amount);
            continue;
        }
        match kind {
            ComponentKind::MarketingDiscount => add(Role::ContraMarketing.into(), without_tax(*amount)),
            ComponentKind::PromoVoucher => add(Role::ContraVoucher.into(), without_tax(*amount)),
            ComponentKind::PriceOverride => add(Role::ContraPriceOverride.into(), without_tax(*amount)),
            ComponentKind::ShippingDiscount => add(Role::ContraShipping.into(), without_tax(*amount)),
            ComponentKind::PaidVoucher => add(Role::VoucherPaid.into(), *amount),
            ComponentKind::Points => {
                let carrying = round(*amount * settings.points_carrying_ratio);
                let worth = if settings.points_discount { without_tax(*amount) } else { *amount };
                add(Role::Loyalty.into(), carrying);
                add(Role::ContraPointsDiff.into(), worth - carrying);
            }
        }
    }
    add(Role::VatOut.into(), -(inner_tax + part.tax_on_top));
    let rest: Decimal = parts.values().sum::<Decimal>() + part.total;
    // Lines that take back are returns, not negative sales.
    let revenue = if line.quantity.get().is_sign_negative() { Role::SalesReturns } else { Role::Sales };
    *parts.entry(revenue.into()).or_default() -= rest;
    parts.retain(|_, amount| !amount.is_zero());
    Goods { line_id: line.id.clone(), product: line.kind == LineKind::Product, quantity: line.quantity.get(), parts, due: part.total }
}

/// The rate by which reductions hold tax: as the taxes name it, else as they come out, else the tenant's default.
fn inner_rate(line: &Line, taxed: Decimal, inner_tax: Decimal, settings: &Settings) -> Decimal {
    let included: Vec<&Tax> = line.taxes.iter().filter(|tax| tax.included).collect();
    if line.taxes.is_empty() {
        return settings.default_tax_rate.filter(|_| settings.tax_included).unwrap_or_default() / Decimal::ONE_HUNDRED;
    }
    match included.iter().map(|tax| tax.rate).sum::<Option<Decimal>>() {
        Some(rate) if rate >= Decimal::ZERO => rate / Decimal::ONE_HUNDRED,
        _ => inner_tax.checked_div(taxed - inner_tax).filter(|rate| *rate >= Decimal::ZERO).unwrap_or_default(),
    }
}
