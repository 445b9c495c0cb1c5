//! The policy on its own, without the host: what it says of one question.
use super::*;
use switchyard_credit_kit::{Company, Group, History, Order};

fn open(total: &str, overdue: &str, days: u32) -> Exposure {
    let zero = || "0".to_owned();
    Exposure { currency: "VND".into(), open_ar: zero(), unbilled_shipped: zero(), confirmed_unshipped: zero(), this_order: "40".into(), deposits: zero(), unapplied_credits: zero(), total: total.into(), overdue: overdue.into(), overdue_days: days }
}

fn question(limit: Option<&str>, exposure: Exposure) -> Question {
    Question {
        today: "2026-11-23".into(),
        order: Order {
            id: "ord_1".into(), number: "1".into(), segment: "b2b".into(), channel: "manual".into(), placed_on: "2026-11-23".into(), currency: "VND".into(), total: "40".into(),
            paid: "0".into(), outstanding: "40".into(), cash_on_delivery: false, payment_method: String::new(), region: String::new(), country: String::new(),
        },
        lines: vec![],
        company: Some(Company { id: "com_1".into(), name: "A".into(), status: "active".into(), age_days: 30, credit_limit: limit.map(|l| Amount { amount: l.into(), currency: "VND".into() }), terms: String::new() }),
        exposure: vec![exposure],
        group: None,
        history: History { orders: 0, delivered: 0, refused: 0, cancelled: 0, orders_lately: 0, value_lately: "0".into(), first_order_on: None },
    }
}

fn shown(question: &Question, settings: &str) -> String {
    match LimitTerms::assess(question.clone(), settings.into()) {
        Ok(Verdict::Approve) => "approve".into(),
        Ok(Verdict::Deposit(d)) => format!("deposit {}", d.amount),
        Ok(Verdict::Hold(h)) => format!("hold {}{}", h.reasons.iter().map(|r| r.code.as_str()).collect::<Vec<_>>().join(" "), h.approver.map(|a| format!(" for {a}")).unwrap_or_default()),
        Err(error) => format!("error {error}"),
    }
}

#[test]
fn the_policy_on_one_page() {
    for (limit, total, overdue, days, settings, expected) in [
        (Some("100"), "100", "0", 0, "{}", "approve"),
        (Some("100"), "101", "0", 0, "{}", "hold over_limit"),
        (Some("100"), "105", "0", 0, r#"{"tolerance_percent":"5"}"#, "approve"),
        (Some("100"), "106", "0", 0, r#"{"tolerance_percent":"5"}"#, "hold over_limit"),
        (None, "40", "0", 0, "{}", "hold no_credit"),
        (Some("100"), "50", "10", 3, "{}", "hold overdue"),
        (Some("100"), "50", "10", 3, r#"{"grace_days":3}"#, "approve"),
        (Some("100"), "50", "10", 4, r#"{"grace_days":3}"#, "hold overdue"),
        (Some("100"), "50", "10", 4, r#"{"overdue_ignored_below":"10"}"#, "approve"),
        (Some("100"), "60", "0", 0, r#"{"new_customer_days":31,"new_customer_percent":"50"}"#, "hold new_customer"),
        (Some("100"), "60", "0", 0, r#"{"new_customer_days":30,"new_customer_percent":"50"}"#, "approve"),
        (Some("100"), "101", "0", 0, r#"{"deposit_percent":"30"}"#, "deposit 12"),
        (Some("100"), "101", "10", 9, r#"{"deposit_percent":"30"}"#, "hold over_limit overdue"),
        (Some("100"), "101", "0", 0, r#"{"approvers":[{"up_to":"39","name":"clerk"},{"name":"chief"}]}"#, "hold over_limit for chief"),
        (Some("100"), "101", "0", 0, r#"{"approvers":[{"up_to":"40","name":"clerk"},{"name":"chief"}]}"#, "hold over_limit for clerk"),
    ] {
        assert_eq!(shown(&question(limit, open(total, overdue, days)), settings), expected, "{limit:?} {total} {overdue} {settings}");
    }
    assert!(shown(&question(Some("100"), open("1", "0", 0)), r#"{"colour":"red"}"#).starts_with("error"));
    assert!(shown(&question(Some("1e9"), open("x", "0", 0)), "{}").starts_with("error"));
}

#[test]
fn the_group_counts_unless_told_otherwise() {
    let mut grouped = question(Some("100"), open("40", "0", 0));
    grouped.group = Some(Group { name: "G".into(), credit_limit: Some(Amount { amount: "30".into(), currency: "VND".into() }), exposure: vec![open("40", "0", 0)] });
    assert_eq!(shown(&grouped, "{}"), "hold over_limit");
    assert_eq!(shown(&grouped, r#"{"respect_group_limit":false}"#), "approve");
    grouped.order.outstanding = "0".into();
    assert_eq!(shown(&grouped, "{}"), "approve", "what is paid needs no credit");
}
