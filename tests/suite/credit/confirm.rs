//! Confirming: on credit, held, again, at the same instant, and the consumers' fast path.

use super::{Desk, codes, confirm_as};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn an_order_within_the_limit_is_confirmed_on_its_terms_and_one_beyond_is_held() {
    let desk = Desk::open().await;
    let company = desk.company("Hòa Bình", Some("1000000"), json!({})).await;
    let (first, second) = (desk.order(Some(&company), "700000", json!({})).await, desk.order(Some(&company), "400000", json!({})).await);
    assert_eq!(desk.see(&first).await["segment"], "b2b");
    let outcome = desk.confirm(&first).await;
    assert_eq!((outcome["decision"].as_str(), codes(&outcome)), (Some("confirmed"), vec![]));
    assert_eq!(outcome["exposure"]["by_currency"][0]["this_order"], "700000");
    let order = desk.see(&first).await;
    assert_eq!((order["confirmation"]["by"].as_str(), order["confirmation"]["terms"]["days"].as_i64()), (Some("person"), Some(30)));
    assert_eq!(order["due_schedule"][0]["amount"]["amount"], "700000");
    assert!(order["due_on"].is_string());
    assert_eq!(confirm_as(desk.owner(), &first).await.expect(409).code(), "confirmed_already");

    let outcome = desk.confirm(&second).await;
    assert_eq!((outcome["decision"].as_str(), codes(&outcome)), (Some("held"), vec!["over_limit"]));
    let by = outcome["exposure"]["by_currency"][0].clone();
    assert_eq!((by["confirmed_unshipped"].as_str(), by["this_order"].as_str(), by["total"].as_str()), (Some("700000"), Some("400000"), Some("1100000")));
    let pay = outcome["minimal_changes"].as_array().unwrap().iter().find(|c| c["kind"] == "pay").unwrap();
    assert_eq!(pay["amount"]["amount"], "100000");
    let held = desk.see(&second).await;
    assert_eq!((held["holds"].clone(), held["confirmed_at"].clone()), (json!(["credit"]), Value::Null));
    assert_eq!(held["hold_list"][0]["blocks"], json!(["release", "ship"]));

    // The limit is raised: the hold goes and the order is confirmed without anybody asking again.
    desk.edit_company(&company, json!({"credit_limit": {"amount": "1100000", "currency": "VND"}})).await;
    let freed = desk.until(&second, "the raised limit frees the order", |o| o["confirmed_at"].is_string()).await;
    assert_eq!((freed["holds"].clone(), freed["hold_list"][0]["end_reason"].as_str()), (json!([]), Some("its cause is gone")));
    desk.server.verify().await;
}

#[tokio::test]
async fn credit_1_two_orders_that_fit_alone_but_not_together_from_32_connections() {
    let desk = Desk::open().await;
    let head = desk.company("Group", Some("1000"), json!({})).await;
    let member = desk.company("Member", Some("900"), json!({"parent_id": head})).await;
    let orders = [desk.order(Some(&head), "600", json!({})).await, desk.order(Some(&member), "600", json!({})).await];
    let tries = (0..32).map(|n| {
        let (client, order) = (desk.owner().clone(), orders[n % 2].clone());
        tokio::spawn(async move { client.send(client.request(Method::POST, &format!("/api/v1/orders/{order}/confirm")).header("if-match", "\"1\"")).await })
    });
    let mut statuses = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        statuses.push(one.await.unwrap().status.as_u16());
    }
    assert!(statuses.iter().all(|s| [200, 409, 412].contains(s)), "{statuses:?}");
    let seen = [desk.see(&orders[0]).await, desk.see(&orders[1]).await];
    assert_eq!(seen.iter().filter(|o| o["confirmed_at"].is_string()).count(), 1, "exactly one passes: {statuses:?}");
    assert_eq!(seen.iter().filter(|o| o["holds"] == json!(["credit"])).count(), 1, "the other is held");
    desk.server.verify().await;
}

#[tokio::test]
async fn a_payment_of_another_order_frees_a_held_one() {
    let desk = Desk::open().await;
    let company = desk.company("Thanh Tâm", Some("1000"), json!({})).await;
    let (open, held) = (desk.order(Some(&company), "900", json!({})).await, desk.order(Some(&company), "500", json!({})).await);
    desk.confirm(&open).await;
    assert_eq!(desk.confirm(&held).await["decision"], "held");
    desk.paid(&open, 400).await;
    desk.server.app.judging.ring(desk.merchant.id.parse().unwrap());
    desk.until(&held, "the payment frees the order", |o| o["confirmed_at"].is_string() && o["holds"] == json!([])).await;
    desk.server.verify().await;
}

#[tokio::test]
async fn rule_1_a_limit_in_another_currency_is_no_limit() {
    let desk = Desk::open().await;
    let company = desk.company("Export", Some("1000000"), json!({})).await;
    let order = desk.order(Some(&company), "10", json!({"currency": "USD"})).await;
    let outcome = desk.confirm(&order).await;
    assert_eq!((outcome["decision"].as_str(), codes(&outcome)), (Some("held"), vec!["currency_mismatch"]));
    assert_eq!(outcome["exposure"]["available"], Value::Null);
}

#[tokio::test]
async fn what_cannot_be_confirmed_says_why() {
    let desk = Desk::open().await;
    let company = desk.company("Blocked", Some("1000"), json!({"status": "blocked"})).await;
    let nobody = desk.order(None, "10", json!({"segment": "b2b"})).await;
    assert_eq!(confirm_as(desk.owner(), &nobody).await.expect(409).code(), "no_company");
    let path = format!("/api/v1/orders/{nobody}");
    let with = |method, path: &str, etag: &str, body: Value| desk.owner().send(desk.owner().request(method, path).header("if-match", etag.to_owned()).json(&body));
    with(Method::PATCH, &path, "\"1\"", json!({"company_id": company})).await.expect(200);
    assert_eq!(desk.owner().post(&format!("{path}/confirm"), json!({})).await.expect(428).code(), "if_match_missing");
    assert_eq!(with(Method::POST, &format!("{path}/confirm"), "\"1\"", json!({})).await.expect(412).code(), "stale");
    assert_eq!(codes(&desk.confirm(&nobody).await), ["company_blocked"]);
    let unknown = with(Method::PATCH, &path, "\"9\"", json!({"company_id": "com_00000000000000000000000000000000"})).await.expect(422).json();
    assert_eq!(unknown["errors"][0]["pointer"], "/company_id");
    let b2c = desk.order(None, "10", json!({"segment": "b2c", "tenders": [{"method": "cash", "amount": "10"}]})).await;
    assert_eq!(desk.see(&b2c).await["confirmation"]["by"], "rule", "the consumers' fast path");
    assert_eq!(confirm_as(desk.owner(), &b2c).await.expect(409).code(), "confirmed_already");
    desk.server.verify().await;
}

#[tokio::test]
async fn confirm_1_a_paid_b2b_order_waits_for_a_person() {
    let desk = Desk::open().await;
    let company = desk.company("Prepaid", None, json!({})).await;
    let order = desk.order(Some(&company), "10", json!({"tenders": [{"method": "bank", "amount": "10"}]})).await;
    assert_eq!(desk.see(&order).await["confirmed_at"], Value::Null);
    assert_eq!(desk.confirm(&order).await["decision"], "confirmed", "what is paid needs no credit");
    let unpaid = desk.order(Some(&company), "10", json!({})).await;
    assert_eq!(codes(&desk.confirm(&unpaid).await), ["no_credit"]);
}

#[tokio::test]
async fn a_manual_hold_stands_before_the_confirmation() {
    let desk = Desk::open().await;
    let company = desk.company("Wait", Some("1000"), json!({})).await;
    let order = desk.order(Some(&company), "10", json!({})).await;
    let held = desk.owner().post(&format!("/api/v1/orders/{order}/holds"), json!({"reason": "look at it"})).await.expect(201).json();
    let outcome = desk.confirm(&order).await;
    assert_eq!((outcome["decision"].as_str(), codes(&outcome)), (Some("held"), vec!["held_manual"]));
    let hold = super::id(&held["hold_list"][0]);
    let released = desk.owner().post(&format!("/api/v1/holds/{hold}/release"), json!({"reason": "fine"})).await.expect(200).json();
    assert_eq!(released["state"], "released");
    assert!(desk.see(&order).await["confirmed_at"].is_string(), "the end of the hold confirms what somebody wanted confirmed");
    desk.server.verify().await;
}
