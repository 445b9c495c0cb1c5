//! Credit by limit and terms: within the limit (and the group's), nothing overdue beyond a grace, new customers less; a
//! deposit may stand in for a hold, and the amount decides who should approve.

use switchyard_credit_kit::{
    Amount, Change, Exposure, Hold, Policy, Question, Reason, Verdict, amount, change, config, decimal, percent_of,
    reason,
    rust_decimal::Decimal,
    serde::{self, Deserialize},
};

#[derive(Deserialize)]
#[serde(crate = "switchyard_credit_kit::serde", default, deny_unknown_fields)]
struct Config {
    /// How far above the limit is still within it, in percent.
    tolerance_percent: String,
    /// Days something may be overdue.
    grace_days: u32,
    /// What is overdue below this is left alone.
    overdue_ignored_below: String,
    respect_group_limit: bool,
    /// A customer younger than this is new.
    new_customer_days: u32,
    /// Of the limit a new customer may use, in percent.
    new_customer_percent: String,
    /// Beyond the limit this part of the order, in percent, paid ahead is enough; 0: hold.
    deposit_percent: String,
    approvers: Vec<Approver>,
}

#[derive(Deserialize)]
#[serde(crate = "switchyard_credit_kit::serde", deny_unknown_fields)]
struct Approver {
    up_to: Option<String>,
    name: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            tolerance_percent: "0".into(),
            grace_days: 0,
            overdue_ignored_below: "0".into(),
            respect_group_limit: true,
            new_customer_days: 0,
            new_customer_percent: "100".into(),
            deposit_percent: "0".into(),
            approvers: Vec::new(),
        }
    }
}

pub struct LimitTerms;

impl Policy for LimitTerms {
    fn assess(question: Question, text: String) -> Result<Verdict, String> {
        assess(&question, &config(&text)?)
    }
}

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "the canonical ABI passes pointers; this code is generated")]
mod exported {
    use super::LimitTerms;
    switchyard_credit_kit::bindings::export!(LimitTerms with_types_in switchyard_credit_kit::bindings);
}

#[derive(Default)]
struct Against {
    reasons: Vec<Reason>,
    changes: Vec<Change>,
    /// Only reasons a deposit can answer.
    by_limit_alone: bool,
}

fn assess(question: &Question, config: &Config) -> Result<Verdict, String> {
    let order = &question.order;
    let (outstanding, total, paid) = (decimal("outstanding", &order.outstanding)?, decimal("total", &order.total)?, decimal("paid", &order.paid)?);
    let Some(company) = &question.company else { return Ok(Verdict::Approve) };
    if outstanding <= Decimal::ZERO {
        return Ok(Verdict::Approve);
    }
    let mut against = Against { by_limit_alone: true, ..Against::default() };
    let is_new = company.age_days < config.new_customer_days;
    match &company.credit_limit {
        None => {
            against.reasons.push(reason("no_credit", format!("{} has no credit limit: it pays ahead", company.name), &[]));
            against.changes.push(change("pay", Some(amount(outstanding, &order.currency)), "pay the order ahead".into()));
        }
        Some(limit) => {
            let usable = if is_new { decimal("new_customer_percent", &config.new_customer_percent)? } else { Decimal::ONE_HUNDRED };
            within(&mut against, &company.name, limit, usable, is_new, &question.exposure, config, outstanding)?;
        }
    }
    if let Some((group, limit)) = question.group.as_ref().filter(|_| config.respect_group_limit).and_then(|g| Some((g, g.credit_limit.as_ref()?))) {
        within(&mut against, &group.name, limit, Decimal::ONE_HUNDRED, false, &group.exposure, config, outstanding)?;
    }
    let ignored = decimal("overdue_ignored_below", &config.overdue_ignored_below)?;
    for open in &question.exposure {
        let overdue = decimal("overdue", &open.overdue)?;
        if overdue > ignored && open.overdue_days > config.grace_days {
            let detail = format!("{} {} has been due for {} days, {} are granted", open.overdue, open.currency, open.overdue_days, config.grace_days);
            against.reasons.push(reason("overdue", detail, &[("overdue", open.overdue.clone()), ("days", open.overdue_days.to_string())]));
            against.changes.push(change("pay", Some(amount(overdue, &open.currency)), "pay what is overdue".into()));
            against.by_limit_alone = false;
        }
    }
    if against.reasons.is_empty() {
        return Ok(Verdict::Approve);
    }
    let deposit = percent_of(decimal("deposit_percent", &config.deposit_percent)?, total).min(total);
    if against.by_limit_alone && deposit > Decimal::ZERO {
        if paid >= deposit {
            return Ok(Verdict::Approve);
        }
        return Ok(Verdict::Deposit(switchyard_credit_kit::Deposit { amount: deposit.normalize().to_string(), reasons: against.reasons }));
    }
    let mut approver = None;
    for rank in &config.approvers {
        let reaches = match &rank.up_to {
            None => true,
            Some(most) => total <= decimal("approvers.up_to", most)?,
        };
        if reaches {
            approver = Some(rank.name.clone());
            break;
        }
    }
    let who = approver.as_deref().unwrap_or("someone with the authority");
    against.changes.push(change("approve", None, format!("{who} releases it")));
    Ok(Verdict::Hold(Hold { kind: "credit".into(), reasons: against.reasons, changes: against.changes, approver }))
}

#[allow(clippy::too_many_arguments, reason = "one rule, applied to the company and to its group")]
fn within(against: &mut Against, name: &str, limit: &Amount, usable_percent: Decimal, is_new: bool, exposure: &[Exposure], config: &Config, outstanding: Decimal) -> Result<(), String> {
    let Some(open) = exposure.iter().find(|e| e.currency == limit.currency) else { return Ok(()) };
    let (granted, total) = (decimal("credit_limit", &limit.amount)?, decimal("total", &open.total)?);
    let usable = percent_of(usable_percent, granted);
    let most = usable + percent_of(decimal("tolerance_percent", &config.tolerance_percent)?, usable);
    let beyond = total - most;
    if beyond <= Decimal::ZERO {
        return Ok(());
    }
    let code = if is_new && total <= granted { "new_customer" } else { "over_limit" };
    let detail = format!("{} {} open, this order included; {name} may have {}", open.total, open.currency, most.normalize());
    against.reasons.push(reason(code, detail, &[("total", open.total.clone()), ("limit", limit.amount.clone()), ("usable", most.normalize().to_string()), ("beyond", beyond.normalize().to_string())]));
    against.changes.push(change("pay", Some(amount(beyond, &open.currency)), format!("pay {} {} of what is open", beyond.normalize(), open.currency)));
    if usable_percent == Decimal::ONE_HUNDRED {
        against.changes.push(change("raise_limit", Some(amount(total, &open.currency)), format!("raise the limit of {name} to {} {}", open.total, open.currency)));
    } else {
        against.changes.push(change("wait", None, format!("{name} is a new customer")));
    }
    if beyond < outstanding {
        against.changes.push(change("reduce_order", Some(amount(beyond, &open.currency)), "take so much off the order".into()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
