//! Wrong answers of every kind, and the field that is named for each.

use super::*;
use crate::contract::plugin_types::types::Money as ToldMoney;

fn told(amount: &str, currency: &str) -> ToldMoney {
    ToldMoney { amount: amount.into(), currency: currency.into() }
}

fn a_line() -> from::Line {
    from::Line {
        id: "1".into(),
        kind: "product".into(),
        sku: Some("A".into()),
        name: None,
        quantity: "2".into(),
        unit_price: told("10.50", "USD"),
        components: vec![from::Component { kind: "promo_voucher".into(), funded_by: "marketplace".into(), amount: "1".into(), code: None }],
        taxes: vec![from::Tax { name: "VAT".into(), rate: Some("8".into()), amount: "0.78".into(), included: true }],
        gift: false,
    }
}

fn described(change: impl FnOnce(&mut from::Description)) -> from::Fact {
    let mut description = from::Description {
        number: None,
        placed_at: Some("2026-11-23T17:15:00Z".into()),
        currency: Some("USD".into()),
        status: Some("READY".into()),
        lines: Some(vec![a_line()]),
        stated_total: Some("20".into()),
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
    };
    change(&mut description);
    from::Fact { order: "X1".into(), revision: "7".into(), occurred_at: "2026-11-23T17:15:00.5Z".into(), what: from::What::Described(description) }
}

fn line_with(change: impl FnOnce(&mut from::Line)) -> from::Fact {
    described(|d| change(&mut d.lines.as_mut().unwrap()[0]))
}

fn fact_with(change: impl FnOnce(&mut from::Fact)) -> from::Fact {
    let mut told = described(|_| ());
    change(&mut told);
    told
}

#[test]
fn output_1_the_first_wrong_field_is_named() {
    assert!(fact(described(|_| ())).is_ok());
    for (wrong, field) in [
        (fact_with(|f| f.order.clear()), "order"),
        (fact_with(|f| f.order = "a\u{1b}b".into()), "order"),
        (fact_with(|f| f.order = "x".repeat(256)), "order"),
        (fact_with(|f| f.revision = "-1".into()), "revision"),
        (fact_with(|f| f.revision = "99999999999999999999".into()), "revision"),
        (fact_with(|f| f.revision = "٣".into()), "revision"),
        (fact_with(|f| f.occurred_at = "2026-11-23 17:15".into()), "occurred-at"),
        (fact_with(|f| f.occurred_at = "2026-11-23T17:15:00+07:00".into()), "occurred-at"),
        (fact_with(|f| f.occurred_at = "9999-01-01T00:00:00Z".into()), "occurred-at"),
        (described(|d| d.stated_total = Some("1e9".into())), "described.stated-total"),
        (described(|d| d.stated_total = Some("NaN".into())), "described.stated-total"),
        (described(|d| d.placed_at = Some("yesterday".into())), "described.placed-at"),
        (line_with(|l| l.quantity = "٣".into()), "described.lines[0].quantity"),
        (line_with(|l| l.kind = "Product".into()), "described.lines[0].kind"),
        (line_with(|l| l.unit_price.amount = "1".repeat(40)), "described.lines[0].unit-price.amount"),
        (line_with(|l| l.components[0].kind = "gift".into()), "described.lines[0].components[0].kind"),
        (line_with(|l| l.components[0].funded_by = "nobody".into()), "described.lines[0].components[0].funded-by"),
        (line_with(|l| l.taxes[0].amount = "0,78".into()), "described.lines[0].taxes[0].amount"),
        (
            fact_with(|f| {
                f.what = from::What::Tendered(from::Tender { id: "t".into(), method: "cash".into(), state: "captured".into(), amount: told("1", "XXZ"), holder: "tenant".into(), reference: None, at: None });
            }),
            "tendered.amount.currency",
        ),
    ] {
        assert_eq!(fact(wrong).unwrap_err().field, field);
    }
}

#[test]
fn output_2_counts_are_bounded_and_prose_is_cut() {
    let many = |count: usize| described(|d| d.lines = Some(vec![a_line(); count]));
    assert!(fact(many(LINES_MAX)).is_ok());
    assert_eq!(fact(many(LINES_MAX + 1)).unwrap_err().field, "described.lines");
    assert_eq!(fact(line_with(|l| l.taxes = vec![l.taxes[0].clone(); PARTS_OF_A_LINE_MAX + 1])).unwrap_err().field, "described.lines[0].taxes");
    assert_eq!(facts(vec![described(|_| ()); FACTS_MAX + 1]).unwrap_err().field, "facts");
    let What::Described(long) = fact(described(|d| d.note = Some("ờ\u{0}".repeat(5_000)))).unwrap().what else { panic!("a description") };
    let note = long.note.unwrap();
    assert!(note.len() <= PROSE_BYTES_MAX && note.ends_with('…') && !note.contains('\0'));
}

#[test]
fn unreadable_currencies_leave_a_visible_order() {
    let What::Described(unknown) = fact(described(|d| d.currency = Some("QQQ".into()))).unwrap().what else { panic!("a description") };
    assert_eq!((unknown.currency, unknown.unmapped.unwrap()[0].value.as_str()), (None, "QQQ"));
    let What::Described(two) = fact(line_with(|l| l.unit_price.currency = "VND".into())).unwrap().what else { panic!("a description") };
    assert!(two.lines.is_none(), "an order has one currency");
    assert_eq!(two.unmapped.unwrap()[0].field, "line 1 currency");
    let What::Described(silent) = fact(described(|d| (d.currency, d.lines) = (None, None))).unwrap().what else { panic!("a description") };
    assert_eq!(silent.unmapped, None, "what says nothing of currencies clears no note");
}
