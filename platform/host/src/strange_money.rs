//! Money in a currency nobody knows, beside an order that is described: the sale must be seen, so the amount is set aside
//! and noted on the order, which is then held for a person. The message itself is kept as it came.

use crate::contract::plugin_types::facts as from;
use kernel::Currency;
use std::{collections::HashSet, str::FromStr};
use switchyard_core::orders::fact::Unmapped;

/// Takes amounts in unknown currencies out of facts about orders that are described in the same answer: a payment or a fee
/// goes as a whole, a refund or a return stays without its amount. Returns what was set aside, by order.
pub fn set_aside(told: &mut Vec<from::Fact>) -> Vec<(String, Unmapped)> {
    let described: HashSet<String> = told.iter().filter(|fact| matches!(fact.what, from::What::Described(_))).map(|fact| fact.order.clone()).collect();
    let mut noted = Vec::new();
    told.retain_mut(|fact| {
        if !described.contains(&fact.order) {
            return true;
        }
        let strange = |money: &crate::contract::plugin_types::types::Money| Currency::from_str(&money.currency).is_err();
        let (field, value, stays) = match &mut fact.what {
            from::What::Tendered(tender) if strange(&tender.amount) => ("payment currency", tender.amount.currency.clone(), false),
            from::What::Settled(line) if strange(&line.amount) => ("settlement currency", line.amount.currency.clone(), false),
            from::What::Refunded(refund) if refund.amount.as_ref().is_some_and(strange) => ("refund currency", refund.amount.take().map(|m| m.currency).unwrap_or_default(), true),
            from::What::Returned(back) if back.refund.as_ref().is_some_and(strange) => ("return currency", back.refund.take().map(|m| m.currency).unwrap_or_default(), true),
            _ => return true,
        };
        noted.push((fact.order.clone(), Unmapped { field: field.to_owned(), value: crate::text::line(&value, 40) }));
        stays
    });
    noted
}
