//! Risk of consumers' orders: cash on delivery refused before, many orders or much value at once, a first order of high
//! value. Signals add up to a score; at the threshold the order is held, and each signal is a reason.

use switchyard_credit_kit::{
    Hold, Policy, Question, Reason, Verdict, change, config, decimal, reason,
    rust_decimal::Decimal,
    serde::{self, Deserialize},
};

#[derive(Deserialize)]
#[serde(crate = "switchyard_credit_kit::serde", default, deny_unknown_fields)]
struct Config {
    /// The score at which an order is held.
    threshold: u32,
    /// For each earlier order refused at the door.
    refused_points: u32,
    /// More orders than these since yesterday.
    velocity_orders: u32,
    velocity_points: u32,
    /// More value than this since yesterday, this order included; empty: not looked at.
    velocity_value: String,
    /// An order above this; empty: not looked at.
    high_value: String,
    high_value_points: u32,
    /// A first order, to be paid on delivery.
    first_order_points: u32,
    /// Orders paid in full are not looked at.
    trust_paid: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { threshold: 100, refused_points: 50, velocity_orders: 5, velocity_points: 60, velocity_value: String::new(), high_value: String::new(), high_value_points: 60, first_order_points: 40, trust_paid: true }
    }
}

pub struct Risk;

impl Policy for Risk {
    fn assess(question: Question, text: String) -> Result<Verdict, String> {
        assess(&question, &config(&text)?)
    }
}

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "the canonical ABI passes pointers; this code is generated")]
mod exported {
    use super::Risk;
    switchyard_credit_kit::bindings::export!(Risk with_types_in switchyard_credit_kit::bindings);
}

fn assess(question: &Question, config: &Config) -> Result<Verdict, String> {
    let (order, history) = (&question.order, &question.history);
    let (total, outstanding) = (decimal("total", &order.total)?, decimal("outstanding", &order.outstanding)?);
    if config.trust_paid && outstanding <= Decimal::ZERO {
        return Ok(Verdict::Approve);
    }
    let limit = |field, text: &str| if text.is_empty() { Ok(None) } else { decimal(field, text).map(Some) };
    let mut score: u32 = 0;
    let mut reasons: Vec<Reason> = Vec::new();
    let mut signal = |points: u32, code: &str, detail: String| {
        if points > 0 {
            score = score.saturating_add(points);
            reasons.push(reason(code, detail, &[("points", points.to_string())]));
        }
    };
    if history.refused > 0 {
        signal(config.refused_points.saturating_mul(history.refused), "refused_before", format!("{} of {} earlier orders were refused at the door", history.refused, history.orders));
    }
    if history.orders_lately > config.velocity_orders {
        signal(config.velocity_points, "many_orders", format!("{} orders since yesterday", history.orders_lately));
    }
    let lately = decimal("value_lately", &history.value_lately)?.checked_add(total).ok_or("value_lately is out of range")?;
    if limit("velocity_value", &config.velocity_value)?.is_some_and(|most| lately > most) {
        signal(config.velocity_points, "much_value", format!("{} {} since yesterday", lately.normalize(), order.currency));
    }
    if limit("high_value", &config.high_value)?.is_some_and(|most| total > most) {
        signal(config.high_value_points, "high_value", format!("an order of {} {}", order.total, order.currency));
    }
    if history.orders == 0 && order.cash_on_delivery {
        signal(config.first_order_points, "first_order", "a first order, to be paid on delivery".into());
    }
    if score < config.threshold {
        return Ok(Verdict::Approve);
    }
    let changes = vec![change("pay", Some(switchyard_credit_kit::amount(outstanding, &order.currency)), "pay the order ahead".into()), change("approve", None, "someone looks at it and releases it".into())];
    Ok(Verdict::Hold(Hold { kind: "risk".into(), reasons, changes, approver: None }))
}

#[cfg(test)]
mod tests;
