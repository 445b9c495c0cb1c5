//! The product's own rule: what no policy may overrule, and what holds while a tenant has no policy in force.
//! Invariant RULE-1: a limit in another currency than what it limits is no limit: the order is held and says so.

use super::question::*;
use kernel::Decimal;

/// What stands above every policy: closed and blocked companies, currencies that do not compare. `None`: go on and ask.
pub fn first(question: &Question) -> Option<Verdict> {
    let company = question.company.as_ref()?;
    if question.order.outstanding <= Decimal::ZERO {
        return None;
    }
    let mut reasons = Vec::new();
    if company.status != "active" {
        reasons.push(Reason::new(&format!("company_{}", company.status), format!("{} is {}", company.name, company.status), &[]));
    }
    let group = question.group.as_ref();
    for (name, limit, exposure) in [(&company.name, &company.credit_limit, &question.exposure)].into_iter().chain(group.map(|g| (&g.name, &g.credit_limit, &g.exposure))) {
        let Some(limit) = limit else { continue };
        let foreign: Vec<&str> = exposure.iter().filter(|e| e.currency != limit.currency && !e.total.is_zero()).map(|e| e.currency.as_str()).collect();
        if !foreign.is_empty() {
            let detail = format!("the limit of {name} is in {}, and {} is open too: the two are not compared", limit.currency, foreign.join(", "));
            reasons.push(Reason::new("currency_mismatch", detail, &[("limit_currency", limit.currency.clone()), ("open_currencies", foreign.join(","))]));
        }
    }
    held(reasons, vec![approve()])
}

/// The rule while no policy is in force: within the limit, the group's too, and nothing overdue.
pub fn limits(question: &Question) -> Verdict {
    let Some(company) = &question.company else { return Verdict::Approve };
    let order = &question.order;
    if order.outstanding <= Decimal::ZERO {
        return Verdict::Approve;
    }
    let (mut reasons, mut changes) = (Vec::new(), Vec::new());
    if company.credit_limit.is_none() {
        reasons.push(Reason::new("no_credit", format!("{} has no credit limit: it pays ahead", company.name), &[]));
        changes.push(Change { kind: "pay".into(), amount: Some(MoneyPart::new(order.outstanding, &order.currency)), detail: "pay the order ahead".into() });
    }
    let group = question.group.as_ref();
    for (name, limit, exposure) in [(&company.name, &company.credit_limit, &question.exposure)].into_iter().chain(group.map(|g| (&g.name, &g.credit_limit, &g.exposure))) {
        let Some(limit) = limit else { continue };
        let Some(open) = exposure.iter().find(|e| e.currency == limit.currency) else { continue };
        let beyond = open.total - limit.amount;
        if beyond > Decimal::ZERO {
            let detail = format!("{} {} open, this order included, with a limit of {} for {name}", open.total.normalize(), limit.currency, limit.amount.normalize());
            reasons.push(Reason::new("over_limit", detail, &[("total", open.total.normalize().to_string()), ("limit", limit.amount.normalize().to_string()), ("beyond", beyond.normalize().to_string())]));
            let beyond = MoneyPart::new(beyond, &limit.currency);
            changes.push(Change { kind: "pay".into(), amount: Some(beyond.clone()), detail: format!("pay {} {} of what is open", beyond.amount, beyond.currency) });
            changes.push(Change { kind: "raise_limit".into(), amount: Some(MoneyPart::new(open.total, &limit.currency)), detail: format!("raise the limit of {name} to {} {}", open.total.normalize(), limit.currency) });
            if beyond.amount < order.outstanding {
                changes.push(Change { kind: "reduce_order".into(), amount: Some(beyond), detail: "take so much off the order".into() });
            }
        }
    }
    for open in question.exposure.iter().filter(|e| e.overdue > Decimal::ZERO) {
        let detail = format!("{} {} has been due for {} days", open.overdue.normalize(), open.currency, open.overdue_days);
        reasons.push(Reason::new("overdue", detail, &[("overdue", open.overdue.normalize().to_string()), ("days", open.overdue_days.to_string())]));
        let overdue = MoneyPart::new(open.overdue, &open.currency);
        changes.push(Change { kind: "pay".into(), amount: Some(overdue), detail: "pay what is overdue".into() });
    }
    changes.push(approve());
    held(reasons, changes).unwrap_or(Verdict::Approve)
}

fn approve() -> Change {
    Change { kind: "approve".into(), amount: None, detail: "someone with the authority releases it".into() }
}

fn held(reasons: Vec<Reason>, changes: Vec<Change>) -> Option<Verdict> {
    (!reasons.is_empty()).then(|| Verdict::Hold(HoldPart { kind: "credit".into(), reasons, changes, approver: None }))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn question(limit: Option<(i64, &str)>, total: i64, overdue: i64) -> Question {
        let day = "2026-11-23".parse().unwrap();
        let open = ExposurePart {
            currency: "VND".into(),
            open_ar: (total - 40).into(),
            unbilled_shipped: Decimal::ZERO,
            confirmed_unshipped: Decimal::ZERO,
            this_order: 40.into(),
            deposits: Decimal::ZERO,
            unapplied_credits: Decimal::ZERO,
            total: total.into(),
            overdue: overdue.into(),
            overdue_days: if overdue > 0 { 9 } else { 0 },
        };
        Question {
            today: day,
            order: OrderPart {
                id: "ord_1".into(),
                number: "1".into(),
                segment: "b2b".into(),
                channel: "manual".into(),
                placed_on: day,
                currency: "VND".into(),
                total: 40.into(),
                paid: Decimal::ZERO,
                outstanding: 40.into(),
                cash_on_delivery: false,
                payment_method: String::new(),
                region: String::new(),
                country: String::new(),
            },
            lines: vec![],
            company: Some(CompanyPart { id: "com_1".into(), name: "A".into(), status: "active".into(), age_days: 100, credit_limit: limit.map(|(a, c)| MoneyPart::new(a.into(), c)), terms: "30 days net".into() }),
            exposure: vec![open],
            group: None,
            history: History::default(),
        }
    }
    fn codes(verdict: &Verdict) -> Vec<&str> {
        verdict.reasons().iter().map(|r| r.code.as_str()).collect()
    }

    #[test]
    fn rule_1_currencies_are_never_guessed() {
        let verdict = first(&question(Some((100, "USD")), 40, 0)).unwrap();
        assert_eq!(codes(&verdict), ["currency_mismatch"]);
        assert!(first(&question(Some((100, "VND")), 40, 0)).is_none());
    }

    #[test]
    fn the_rule_without_a_policy() {
        for (limit, total, overdue, expected) in [
            (Some((100, "VND")), 100, 0, vec![]),
            (Some((100, "VND")), 101, 0, vec!["over_limit"]),
            (Some((100, "VND")), 90, 5, vec!["overdue"]),
            (None, 40, 0, vec!["no_credit"]),
        ] {
            assert_eq!(codes(&limits(&question(limit, total, overdue))), expected);
        }
        let mut paid = question(None, 40, 9);
        paid.order.outstanding = Decimal::ZERO;
        assert_eq!(limits(&paid), Verdict::Approve, "what is paid needs no credit");
        let mut blocked = question(Some((100, "VND")), 40, 0);
        blocked.company.as_mut().unwrap().status = "blocked".into();
        assert_eq!(codes(&first(&blocked).unwrap()), ["company_blocked"]);
        let mut grouped = question(Some((100, "VND")), 40, 0);
        grouped.group = Some(GroupPart { name: "Head".into(), credit_limit: Some(MoneyPart::new(30.into(), "VND")), exposure: grouped.exposure.clone() });
        assert_eq!(codes(&limits(&grouped)), ["over_limit"]);
    }
}
