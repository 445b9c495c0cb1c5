//! Companies, groups and what they have open.

use super::Desk;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn exp_1_every_order_is_in_one_part_of_the_exposure() {
    let desk = Desk::open().await;
    let head = desk.company("Head", Some("10000"), json!({})).await;
    let member = desk.company("Member", Some("9000"), json!({"parent_id": head})).await;
    let deposit = desk.order(Some(&member), "1000", json!({"tenders": [{"method": "deposit", "amount": "300"}]})).await;
    let overpaid = desk.order(Some(&head), "100", json!({"tenders": [{"method": "bank", "amount": "150"}]})).await;
    let unconfirmed = desk.order(Some(&head), "5000", json!({})).await;
    for order in [&deposit, &overpaid] {
        assert_eq!(desk.confirm(order).await["decision"], "confirmed");
    }
    let detail = desk.owner().get(&format!("/api/v1/companies/{member}")).await.expect(200).json();
    let part = &detail["exposure"]["by_currency"][0];
    assert_eq!((part["confirmed_unshipped"].as_str(), part["deposits"].as_str(), part["total"].as_str()), (Some("1000"), Some("300"), Some("700")));
    assert_eq!((detail["exposure"]["available"]["amount"].as_str(), detail["open_orders"].as_array().unwrap().len()), (Some("8300"), 1));
    let group = &detail["exposure"]["group"];
    assert_eq!((group["limit_of"]["name"].as_str(), group["by_currency"][0]["total"].as_str(), group["by_currency"][0]["unapplied_credits"].as_str()), (Some("Head"), Some("650"), Some("50")));
    let listed = desk.owner().get("/api/v1/companies?text=mem").await.expect(200).json();
    assert_eq!((listed["data"][0]["name"].as_str(), listed["data"][0]["exposure"]["amount"].as_str()), (Some("Member"), Some("700")));
    let of_company = desk.owner().get(&format!("/api/v1/orders?company={head}&confirmed=false")).await.expect(200).json();
    assert_eq!((of_company["data"].as_array().unwrap().len(), of_company["data"][0]["id"].as_str()), (1, Some(unconfirmed.as_str())));
    desk.server.verify().await;
}

#[tokio::test]
async fn company_1_a_group_has_two_levels() {
    let desk = Desk::open().await;
    let head = desk.company("Head", None, json!({})).await;
    let member = desk.company("Member", None, json!({"parent_id": head})).await;
    let third = desk.owner().post("/api/v1/companies", json!({"name": "Third", "parent_id": member})).await.expect(409);
    assert_eq!(third.code(), "parent_has_parent");
    let upward = desk.owner().send(desk.owner().request(Method::PATCH, &format!("/api/v1/companies/{head}")).header("if-match", "\"1\"").json(&json!({"parent_id": member}))).await.expect(409);
    assert_eq!(upward.code(), "parent_has_parent");
    let other = desk.company("Other", None, json!({})).await;
    let under = desk.owner().send(desk.owner().request(Method::PATCH, &format!("/api/v1/companies/{head}")).header("if-match", "\"1\"").json(&json!({"parent_id": other}))).await.expect(409);
    assert_eq!(under.code(), "has_members");
    assert_eq!(desk.edit_company(&member, json!({"parent_id": null})).await["parent"], Value::Null);
}

#[tokio::test]
async fn company_2_the_loser_of_a_race_changes_nothing_and_wrong_fields_are_named() {
    let desk = Desk::open().await;
    let company = desk.company("A", Some("5"), json!({"tax_code": "0101"})).await;
    let patch = |etag: &str, body: Value| desk.owner().send(desk.owner().request(Method::PATCH, &format!("/api/v1/companies/{company}")).header("if-match", etag.to_owned()).json(&body));
    patch("\"1\"", json!({"name": "B"})).await.expect(200);
    assert_eq!(patch("\"1\"", json!({"name": "C"})).await.expect(412).code(), "stale");
    for (body, pointer) in [
        (json!({"name": " "}), "/name"),
        (json!({"status": "gone"}), "/status"),
        (json!({"credit_limit": {"amount": "-1", "currency": "VND"}}), "/credit_limit"),
        (json!({"credit_limit": {"amount": "1e9", "currency": "VND"}}), "/credit_limit/amount"),
        (json!({"credit_limit": {"amount": "1", "currency": "VNDX"}}), "/credit_limit/currency"),
        (json!({"terms": {"kind": "instalments", "parts": [{"percent": "50", "days": 0}]}}), "/terms"),
        (json!({"due_from": "birth"}), "/due_from"),
    ] {
        assert_eq!(patch("\"2\"", body).await.expect(422).json()["errors"][0]["pointer"], pointer);
    }
    assert_eq!(desk.owner().post("/api/v1/companies", json!({"name": "Twin", "tax_code": "0101"})).await.expect(409).code(), "tax_code_taken");
    assert_eq!(desk.owner().post("/api/v1/companies", json!({"tax_code": "7"})).await.expect(422).json()["errors"][0]["pointer"], "/name");
}
