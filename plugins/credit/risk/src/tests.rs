//! The policy on its own, without the host: what it says of one question.
use super::*;
use switchyard_credit_kit::{History, Order};

fn question(total: &str, paid: bool, cod: bool, history: (u32, u32, u32, &str)) -> Question {
    let (orders, refused, lately, value) = history;
    Question {
        today: "2026-11-23".into(),
        order: Order {
            id: "ord_1".into(), number: "1".into(), segment: "b2c".into(), channel: "web".into(), placed_on: "2026-11-23".into(), currency: "VND".into(), total: total.into(),
            paid: if paid { total.into() } else { "0".into() }, outstanding: if paid { "0".into() } else { total.into() }, cash_on_delivery: cod, payment_method: "cod".into(), region: String::new(), country: "VN".into(),
        },
        lines: vec![],
        company: None,
        exposure: vec![],
        group: None,
        history: History { orders, delivered: 0, refused, cancelled: 0, orders_lately: lately, value_lately: value.into(), first_order_on: None },
    }
}

#[test]
fn the_policy_on_one_page() {
    for (question, settings, expected) in [
        (question("100", false, true, (3, 1, 1, "0")), "{}", ""),
        (question("100", false, true, (3, 2, 1, "0")), "{}", "refused_before"),
        (question("100", true, true, (3, 2, 1, "0")), "{}", ""),
        (question("100", true, true, (3, 2, 1, "0")), r#"{"trust_paid":false}"#, "refused_before"),
        (question("100", false, true, (0, 0, 6, "0")), "{}", "many_orders first_order"),
        (question("100", false, true, (0, 0, 0, "0")), "{}", ""),
        (question("101", false, true, (0, 0, 0, "0")), r#"{"high_value":"100"}"#, "high_value first_order"),
        (question("100", false, false, (9, 0, 1, "950")), r#"{"velocity_value":"1000","threshold":60}"#, "much_value"),
    ] {
        let shown = match Risk::assess(question, settings.into()).unwrap() {
            Verdict::Approve => String::new(),
            Verdict::Hold(hold) => {
                assert_eq!(hold.kind, "risk");
                hold.reasons.iter().map(|r| r.code.clone()).collect::<Vec<_>>().join(" ")
            }
            Verdict::Deposit(_) => "deposit".into(),
        };
        assert_eq!(shown, expected, "{settings}");
    }
}
