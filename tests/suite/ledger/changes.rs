//! Orders that change: edits with their money shown before, orders called off, goods that come back.

use super::http::Desk;
use kit::Answer;
use rand::{Rng, SeedableRng, rngs::StdRng};
use reqwest::Method;
use serde_json::{Value, json};

async fn look(desk: &Desk, order: &str) -> Value {
    desk.owner().get(&format!("/api/v1/orders/{order}")).await.expect(200).json()
}
async fn write(desk: &Desk, order: &str, what: &str, body: Value) -> Answer {
    let version = look(desk, order).await["version"].as_i64().unwrap();
    desk.write(order, what, version, body).await
}
fn posted(effect: &Value) -> Vec<String> {
    effect["postings"].as_array().unwrap().iter().map(|p| format!("{} {}", p["account"].as_str().unwrap(), p["balance"]["amount"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn edit_1_what_the_preview_shows_is_what_the_edit_does() {
    let desk = Desk::open("manual").await;
    let order = desk.shirts().await;
    write(&desk, &order, "shipments", json!({"state": "handed_over", "lines": [{"line_id": "a", "quantity": "1"}]})).await.expect(201);
    let change = json!({
        "reason": "one more, and a cap", "lines": [{"line_id": "a", "quantity": "3"}], "add": [{"id": "cap", "name": "Cap", "quantity": "1", "unit_price": "55000", "taxes": [{"name": "VAT", "rate": "10", "amount": "5000"}]}],
        "discount": {"kind": "price_override", "funded_by": "tenant", "amount": "55000"},
    });
    let preview = write(&desk, &order, "changes/preview", change.clone()).await.expect(200).json();
    assert_eq!((preview["before"]["total"]["amount"].as_str(), preview["after"]["total"]["amount"].as_str(), preview["difference"]["amount"].as_str()), (Some("330000"), Some("495000"), Some("165000")));
    // 55,000 over 495,000 and 55,000: 49,500 and 5,500; VAT inside follows both.
    let after: Vec<&str> = preview["after"]["lines"].as_array().unwrap().iter().map(|l| l["total"]["amount"].as_str().unwrap()).collect();
    assert_eq!(after, ["445500", "49500"]);
    assert_eq!(preview["after"]["tax"]["amount"], "45000");
    let untouched = look(&desk, &order).await;
    assert_eq!((&untouched["version"], &untouched["total"]["amount"], untouched["lines"].as_array().unwrap().len()), (&json!(2), &json!("330000"), 1));
    let answer = write(&desk, &order, "changes", change).await.expect(200);
    assert_eq!((answer.header("etag"), &answer.json()["effect"]), (Some("\"3\""), &preview));
    let order_now = look(&desk, &order).await;
    assert_eq!((&order_now["total"]["amount"], &order_now["outstanding"]["amount"]), (&json!("495000"), &json!("495000")));
    // One of three shirts is out: a third of its price, of its discount and of its tax.
    assert_eq!(desk.balances(&order).await, ["ar:none 148500", "contra_price_override 15000", "sales -150000", "vat_out -13500"]);
    assert_eq!(posted(&preview), ["ar:none -16500", "vat_out 1500", "contra_price_override 15000"]);
    let moments = desk.owner().get(&format!("/api/v1/orders/{order}/timeline")).await.expect(200).json();
    assert!(moments["data"].as_array().unwrap().iter().any(|m| m["summary"] == "changed: one more, and a cap"), "{moments}");
    desk.server.verify().await;
}

#[tokio::test]
async fn a_stated_total_and_the_tenders_stay_what_they_are() {
    let desk = Desk::open("manual").await;
    let order = desk.order(json!({"lines": [{"id": "a", "quantity": "2", "unit_price": "50000"}], "stated_total": "99000", "tenders": [{"method": "cash", "amount": "99000"}]})).await["id"].as_str().unwrap().to_owned();
    let changed = write(&desk, &order, "changes", json!({"reason": "only one", "lines": [{"line_id": "a", "quantity": "1"}]})).await.expect(200).json();
    let order_now = &changed["order"];
    assert_eq!((&order_now["totals"]["stated_total"]["amount"], &order_now["totals"]["difference"]["amount"]), (&json!("49000"), &json!("-1000")));
    assert_eq!((&order_now["payment_track"], &order_now["outstanding"]["amount"], &order_now["tendered"]["amount"]), (&json!("overpaid"), &json!("-50000"), &json!("99000")));
    desk.server.verify().await;
}

#[tokio::test]
async fn edit_2_and_3_closed_periods_packages_and_wrong_wishes() {
    let desk = Desk::open("manual").await;
    let order = desk.shirts().await;
    for (body, pointer) in [
        (json!({"reason": "x"}), "/lines"),
        (json!({"reason": "", "remove": ["a"]}), "/reason"),
        (json!({"reason": "x", "remove": ["a"]}), "/remove"),
        (json!({"reason": "x", "remove": ["zz"]}), "/remove/0"),
        (json!({"reason": "x", "lines": [{"line_id": "zz"}]}), "/lines/0/line_id"),
        (json!({"reason": "x", "lines": [{"line_id": "a", "quantity": "1"}, {"line_id": "a", "quantity": "2"}]}), "/lines/1/line_id"),
        (json!({"reason": "x", "lines": [{"line_id": "a", "quantity": "0"}]}), "/lines/0/quantity"),
        (json!({"reason": "x", "lines": [{"line_id": "a", "unit_price": "-1"}]}), "/lines/0/unit_price"),
        (json!({"reason": "x", "lines": [{"line_id": "a", "unit_price": "99999999999999", "quantity": "9999"}]}), "/lines"),
        (json!({"reason": "x", "add": [{"id": "a", "quantity": "1", "unit_price": "1"}]}), "/add/0/id"),
        (json!({"reason": "x", "add": [{"quantity": "1", "unit_price": "1e3"}]}), "/add/0/unit_price"),
        (json!({"reason": "x", "discount": {"kind": "price_override", "funded_by": "tenant", "amount": "330001"}}), "/discount/amount"),
        (json!({"reason": "x", "discount": {"kind": "price_override", "funded_by": "tenant", "amount": "-1"}}), "/discount/amount"),
    ] {
        let problem = write(&desk, &order, "changes", body.clone()).await.expect(422).json();
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}: {problem}");
    }
    write(&desk, &order, "shipments", json!({"state": "handed_over", "at": "2026-01-10T03:00:00Z"})).await.expect(201);
    assert_eq!(write(&desk, &order, "changes", json!({"reason": "x", "lines": [{"line_id": "a", "quantity": "1"}]})).await.expect(409).code(), "packed_already");
    let cheaper = json!({"reason": "a promise", "lines": [{"line_id": "a", "unit_price": "110000"}]});
    desk.owner().post("/api/v1/ledger/periods", json!({"through": "2026-01-31"})).await.expect(201);
    for path in ["changes/preview", "changes"] {
        assert_eq!(write(&desk, &order, path, cheaper.clone()).await.expect(409).code(), "period_closed");
    }
    assert_eq!(desk.balances(&order).await, ["ar:none 330000", "sales -300000", "vat_out -30000"]);
    // What is added goes into an open day: it is another package.
    let more = json!({"reason": "more", "add": [{"id": "b", "quantity": "1", "unit_price": "1000"}]});
    let refused_or_done = write(&desk, &order, "changes", more).await.expect(200).json();
    assert_eq!(refused_or_done["effect"]["postings"], json!([]), "not shipped yet");
    assert_eq!(refused_or_done["order"]["delivery_track"], "partially_shipped");
    desk.server.verify().await;
}

#[tokio::test]
async fn ret_2_an_order_is_called_off_while_it_is_here_and_its_money_waits_for_the_refund() {
    let desk = Desk::open("manual").await;
    let order = desk.shirts().await;
    write(&desk, &order, "tenders", json!({"method": "deposit", "amount": "100000"})).await.expect(201);
    write(&desk, &order, "shipments", json!({"state": "ready"})).await.expect(201);
    write(&desk, &order, "cancellations", json!({"reason": ""})).await.expect(422);
    let off = write(&desk, &order, "cancellations", json!({"reason": "the buyer changed their mind"})).await.expect(201).json();
    assert_eq!((&off["delivery_track"], &off["shipments"][0]["state"], &off["outstanding"]["amount"]), (&json!("cancelled"), &json!("cancelled"), &json!("0")), "nothing is asked for any more");
    assert_eq!(desk.balances(&order).await, ["bank 100000", "customer_deposits -100000"]);
    assert_eq!(write(&desk, &order, "cancellations", json!({"reason": "x"})).await.expect(409).code(), "called_off");
    assert_eq!(write(&desk, &order, "changes", json!({"reason": "x", "remove": ["a"]})).await.expect(409).code(), "called_off");
    write(&desk, &order, "refunds", json!({"amount": "100000", "reason": "called off"})).await.expect(201);
    assert_eq!(desk.balances(&order).await, [""; 0]);
    let sent = desk.shirts().await;
    write(&desk, &sent, "shipments", json!({"state": "handed_over"})).await.expect(201);
    assert_eq!(write(&desk, &sent, "cancellations", json!({"reason": "x"})).await.expect(409).code(), "has_left");
    write(&desk, &sent, "shipments", json!({"id": "s1", "state": "returned"})).await.expect(201);
    write(&desk, &sent, "cancellations", json!({"reason": "the carrier brought it back"})).await.expect(201);
    assert_eq!(desk.balances(&sent).await, [""; 0]);
    desk.server.verify().await;
}

#[tokio::test]
async fn ret_1_no_more_comes_back_than_left_and_it_settles_to_the_last_unit() {
    let desk = Desk::open("manual").await;
    let order = desk.shirts().await;
    let one = json!([{"line_id": "a", "quantity": "1"}]);
    let nothing_out = write(&desk, &order, "returns", json!({"state": "requested", "reason": "too small"})).await.expect(422).json();
    assert_eq!(nothing_out["errors"][0]["pointer"], "/lines");
    write(&desk, &order, "tenders", json!({"method": "cash", "amount": "330000"})).await.expect(201);
    write(&desk, &order, "shipments", json!({"state": "delivered"})).await.expect(201);
    let asked = write(&desk, &order, "returns", json!({"state": "requested", "reason": "too small", "lines": one})).await.expect(201).json();
    assert_eq!((&asked["return"]["id"], &asked["order"]["delivery_track"]), (&json!("b1"), &json!("delivered")), "asking moves nothing");
    assert_eq!(write(&desk, &order, "returns", json!({"state": "requested", "reason": "x", "lines": [{"line_id": "a", "quantity": "2"}]})).await.expect(409).code(), "above_left");
    write(&desk, &order, "returns", json!({"id": "b1", "state": "received"})).await.expect(201);
    assert_eq!(desk.balances(&order).await, ["cash:main 330000", "refund_payable -165000", "sales -300000", "sales_returns 150000", "vat_out -15000"]);
    assert_eq!(write(&desk, &order, "returns", json!({"id": "b1", "state": "withdrawn"})).await.expect(409).code(), "ended_already");
    write(&desk, &order, "returns", json!({"id": "b1", "state": "received", "lines": one})).await.expect(422);
    write(&desk, &order, "refunds", json!({"amount": "165000", "reason": "too small"})).await.expect(201);
    // The rest, whatever it is.
    let rest = write(&desk, &order, "returns", json!({"state": "received", "reason": "both"})).await.expect(201).json();
    assert_eq!((&rest["return"]["lines"], &rest["order"]["delivery_track"]), (&one, &json!("returned")));
    write(&desk, &order, "refunds", json!({"amount": "165000", "reason": "both"})).await.expect(201);
    assert_eq!(desk.balances(&order).await, ["sales -300000", "sales_returns 300000"]);
    write(&desk, &order, "returns", json!({"state": "received", "reason": "x"})).await.expect(422);
    // On credit: what comes back before it is due is owed no more.
    let credit = desk.shirts().await;
    write(&desk, &credit, "shipments", json!({"state": "handed_over"})).await.expect(201);
    write(&desk, &credit, "returns", json!({"state": "received", "reason": "damaged", "lines": one})).await.expect(201);
    assert_eq!(desk.balances(&credit).await, ["ar:none 165000", "sales -300000", "sales_returns 150000", "vat_out -15000"]);
    desk.server.verify().await;
}

/// Any sequence of edits, tenders, refunds, packages, returns and cancellations conserves money: whatever is refused or
/// done, the books sum to zero, hold what was paid less what was given back, and are what the facts ask for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_sequence_of_edits_tenders_shipments_and_cancels_conserves_money() {
    let seed = std::env::var("SWITCHYARD_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(rand::random::<u64>);
    println!("SWITCHYARD_SEED={seed}");
    let mut dice = StdRng::seed_from_u64(seed);
    let desk = Desk::open("manual").await;
    let (mut done, mut refused) = (0, 0);
    for _ in 0..8 {
        let tax = json!([{"name": "VAT", "rate": "10", "amount": "9090", "included": true}]);
        let order = desk.order(json!({"lines": [{"id": "a", "quantity": "3", "unit_price": "33333", "taxes": tax}, {"id": "b", "quantity": "2", "unit_price": "12345", "components": [{"kind": "promo_voucher", "funded_by": "tenant", "amount": "1000"}]}]})).await["id"].as_str().unwrap().to_owned();
        for _ in 0..14 {
            let amount = dice.random_range(1..60_000).to_string();
            let line = ["a", "b"][dice.random_range(0..2)];
            let quantity = dice.random_range(1..5).to_string();
            let (what, body) = match dice.random_range(0..10) {
                0 => ("changes", json!({"reason": "x", "lines": [{"line_id": line, "quantity": quantity}]})),
                1 => ("changes", json!({"reason": "x", "lines": [{"line_id": line, "unit_price": amount}]})),
                2 => ("changes", json!({"reason": "x", "discount": {"kind": "marketing_discount", "funded_by": "tenant", "amount": amount}})),
                3 => ("changes", json!({"reason": "x", "add": [{"quantity": quantity, "unit_price": amount}]})),
                4 | 5 => ("tenders", json!({"method": (["cash", "bank_transfer", "points", "deposit"][dice.random_range(0..4)]), "amount": amount})),
                6 => ("shipments", json!({"state": "handed_over", "lines": [{"line_id": line, "quantity": "1"}]})),
                7 => ("returns", json!({"state": "received", "reason": "x", "lines": [{"line_id": line, "quantity": "1"}]})),
                8 => ("refunds", json!({"amount": amount, "reason": "x"})),
                _ => ("cancellations", json!({"reason": "x"})),
            };
            let shown = if what == "changes" { Some(write(&desk, &order, "changes/preview", body.clone()).await) } else { None };
            let answer = write(&desk, &order, what, body.clone()).await;
            assert!(answer.status.is_success() || answer.status == 409 || answer.status == 422, "{what} {body}: {}", answer.text());
            if answer.status.is_success() { done += 1 } else { refused += 1 }
            if let Some(shown) = shown {
                let same = if answer.status == 200 { answer.json()["effect"] == shown.json() } else { shown.status == answer.status };
                assert!(same, "EDIT-1: {what} {body}: {} but {}", shown.text(), answer.text());
            }
            let (seen, ledger) = (look(&desk, &order).await, desk.owner().get(&format!("/api/v1/orders/{order}/ledger")).await.expect(200).json());
            let number = |value: &Value| value["amount"].as_str().unwrap().parse::<kernel::Decimal>().unwrap();
            let of = |roles: &[&str]| ledger["balances"].as_array().unwrap().iter().filter(|b| roles.is_empty() || roles.contains(&b["role"].as_str().unwrap())).map(|b| number(&b["balance"])).sum::<kernel::Decimal>();
            assert_eq!(of(&[]), kernel::Decimal::ZERO, "{what} {body}");
            let held = of(&["cash", "bank", "bank_clearing", "loyalty", "contra_points_diff"]);
            assert_eq!(held, number(&seen["tendered"]) - number(&seen["refunded"]) - points_given_back(&ledger), "{what} {body}: {}", ledger["balances"]);
        }
    }
    println!("{done} done, {refused} refused");
    assert!(done > 30 && refused > 5);
    desk.server.verify().await;
}

/// Points that returns gave back: no money, so no refund tells of them.
fn points_given_back(ledger: &Value) -> kernel::Decimal {
    let returns = ledger["entries"].as_array().unwrap().iter().filter(|entry| entry["kind"] == "return" || entry["kind"] == "reversal" && entry["cause"].as_str().is_some_and(|cause| cause.contains("/return/")));
    let lines = returns.flat_map(|entry| entry["lines"].as_array().unwrap()).filter(|line| line["role"] == "loyalty" || line["role"] == "contra_points_diff");
    let side = |line: &Value, side: &str| line[side]["amount"].as_str().map_or(kernel::Decimal::ZERO, |amount| amount.parse().unwrap());
    lines.map(|line| side(line, "credit") - side(line, "debit")).sum()
}

#[tokio::test]
async fn one_key_one_change_and_orders_of_connectors_are_not_edited() {
    let desk = Desk::open("manual").await;
    let order = desk.shirts().await;
    let body = json!({"reason": "x", "lines": [{"line_id": "a", "quantity": "1"}]});
    let send = async || desk.owner().send(desk.owner().request(Method::POST, &format!("/api/v1/orders/{order}/changes")).header("if-match", "\"1\"").header("idempotency-key", "edit-1").json(&body)).await;
    let (first, again) = (send().await.expect(200), send().await.expect(200));
    assert_eq!((first.body, Some("true")), (again.body.clone(), again.header("idempotent-replayed")));
    assert_eq!(desk.write(&order, "changes", 1, body).await.expect(412).code(), "stale");
    let actions = look(&desk, &order).await["actions"].clone();
    assert!(["change", "call_off"].iter().all(|action| actions.as_array().unwrap().contains(&json!(action))) && !actions.as_array().unwrap().contains(&json!("take_back")), "{actions}");
}
