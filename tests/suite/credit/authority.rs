//! The queue of holds, and who may release what.

use super::{Desk, confirm_as, id};
use serde_json::{Value, json};

async fn role(desk: &Desk, name: &str) -> Value {
    let roles = desk.owner().get("/api/v1/roles").await.expect(200).json();
    roles["data"].as_array().unwrap().iter().find(|r| r["name"] == name).unwrap()["id"].clone()
}

async fn limits(desk: &Desk, of: &[(&str, Option<&str>, Option<&str>)]) {
    let mut limits = Vec::new();
    let vnd = |amount: &Option<&str>| amount.map(|amount| json!({"amount": amount, "currency": "VND"}));
    for (name, amount, two) in of {
        limits.push(json!({"role_id": role(desk, name).await, "hold_type": "credit", "amount": vnd(amount), "two_people_above": vnd(two)}));
    }
    desk.owner().put("/api/v1/approval-limits", json!({"limits": limits})).await.expect(200);
}

#[tokio::test]
async fn auth_1_nobody_approves_what_they_asked_for() {
    let desk = Desk::open().await;
    let company = desk.company("A", Some("100"), json!({})).await;
    let (finance, _) = desk.member("finance", "finance").await;
    let order = desk.order(Some(&company), "500", json!({})).await;
    let outcome = desk.confirm(&order).await;
    let hold = id(&outcome["holds"][0]);
    assert_eq!((outcome["holds"][0]["may_release"].as_bool(), outcome["holds"][0]["confirms"].as_bool()), (Some(false), Some(true)));
    let path = format!("/api/v1/holds/{hold}/release");
    assert_eq!(desk.owner().post(&path, json!({"reason": "mine"})).await.expect(403).code(), "own_request");
    assert_eq!(finance.get(&format!("/api/v1/holds/{hold}")).await.expect(200).json()["may_release"], true);
    let released = finance.post(&path, json!({"reason": "good customer"})).await.expect(200).json();
    assert_eq!((released["state"].as_str(), released["end_reason"].as_str()), (Some("released"), Some("good customer")));
    let order = desk.see(&order).await;
    assert!(order["confirmed_at"].is_string() && order["holds"] == json!([]), "the release confirms the order: {order:#}");
    assert_eq!(finance.post(&path, json!({"reason": "again"})).await.expect(409).code(), "ended_already");
    desk.server.verify().await;
}

#[tokio::test]
async fn auth_2_above_a_limit_two_people_sign() {
    let desk = Desk::open().await;
    let company = desk.company("A", Some("100"), json!({})).await;
    limits(&desk, &[("finance", Some("10000"), Some("1000")), ("owner", None, Some("1000"))]).await;
    let ((one, _), (two, _), (sales, _)) = (desk.member("one", "finance").await, desk.member("two", "finance").await, desk.member("sales", "sales").await);
    let order = desk.order(Some(&company), "5000", json!({})).await;
    let outcome = confirm_as(&sales, &order).await.expect(200).json();
    let hold = &outcome["holds"][0];
    assert_eq!((hold["approvals_needed"].as_i64(), hold["may_release"].as_bool()), (Some(2), Some(false)));
    let path = format!("/api/v1/holds/{}/release", id(hold));
    let first = one.post(&path, json!({"reason": "I know them"})).await.expect(200).json();
    assert_eq!((first["state"].as_str(), first["approvals"].as_array().unwrap().len()), (Some("placed"), 1));
    assert_eq!(one.post(&path, json!({"reason": "again"})).await.expect(409).code(), "approved_already");
    assert_eq!(desk.see(&order).await["confirmed_at"], Value::Null);
    let second = two.post(&path, json!({"reason": "me too"})).await.expect(200).json();
    assert_eq!(second["state"], "released");
    assert!(desk.see(&order).await["confirmed_at"].is_string());
    desk.server.verify().await;
}

#[tokio::test]
async fn auth_3_authority_ends_at_the_amount() {
    let desk = Desk::open().await;
    let company = desk.company("A", Some("100"), json!({})).await;
    limits(&desk, &[("finance", Some("1000"), None)]).await;
    let (finance, _) = desk.member("finance", "finance").await;
    let (small, large) = (desk.order(Some(&company), "1000", json!({})).await, desk.order(Some(&company), "1001", json!({})).await);
    for (order, status, code) in [(&small, 200, ""), (&large, 403, "beyond_authority")] {
        let hold = id(&desk.confirm(order).await["holds"][0]);
        let answer = finance.post(&format!("/api/v1/holds/{hold}/release"), json!({"reason": "x"})).await.expect(status);
        if status != 200 {
            assert_eq!(answer.code(), code);
        }
    }
    let shown = desk.owner().get("/api/v1/approval-limits").await.expect(200).json();
    assert_eq!((shown["data"][0]["role_name"].as_str(), shown["data"][0]["amount"]["amount"].as_str()), (Some("finance"), Some("1000")));
    let wrong = desk.owner().put("/api/v1/approval-limits", json!({"limits": [{"role_id": role(&desk, "finance").await, "hold_type": "mood"}]})).await.expect(422).json();
    assert_eq!(wrong["errors"][0]["pointer"], "/limits/0/hold_type");
}

#[tokio::test]
async fn queue_1_by_value_currency_by_currency_and_by_age_page_by_page() {
    let desk = Desk::open().await;
    let company = desk.company("A", Some("1"), json!({})).await;
    let mut placed = Vec::new();
    for (amount, currency) in [("30", "VND"), ("7", "USD"), ("20", "VND"), ("9", "USD"), ("40", "VND")] {
        let order = desk.order(Some(&company), amount, json!({"currency": currency})).await;
        desk.confirm(&order).await;
        placed.push(amount);
    }
    for (sort, expected) in [("-value", ["9.00", "7.00", "40", "30", "20"]), ("value", ["7.00", "9.00", "20", "30", "40"]), ("-age", ["30", "7.00", "20", "9.00", "40"]), ("age", ["40", "9.00", "20", "7.00", "30"])] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = desk.owner().get(&format!("/api/v1/holds?sort={sort}&limit=2{cursor}")).await.expect(200).json();
            seen.extend(page["data"].as_array().unwrap().iter().map(|h| h["value"]["amount"].as_str().unwrap().to_owned()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, expected, "{sort}");
    }
    let queue = desk.owner().get("/api/v1/holds?type=credit&owner=none&currency=USD").await.expect(200).json();
    assert_eq!(queue["data"].as_array().unwrap().len(), 2);
    let hold = id(&queue["data"][0]);
    let (_, person) = desk.member("finance", "finance").await;
    let mine = desk.owner().post(&format!("/api/v1/holds/{hold}/assign"), json!({"owner_id": person, "escalation": 2})).await.expect(200).json();
    assert_eq!((mine["owner"]["name"].as_str(), mine["escalation"].as_i64()), (Some("finance"), Some(2)));
    assert_eq!(desk.owner().get(&format!("/api/v1/holds?owner={person}")).await.expect(200).json()["data"].as_array().unwrap().len(), 1);
    assert_eq!(desk.owner().post(&format!("/api/v1/holds/{hold}/assign"), json!({"owner_id": null, "escalation": 4})).await.expect(422).code(), "invalid");
    assert_eq!(desk.owner().get("/api/v1/holds?type=mood").await.expect(422).code(), "invalid");
}
