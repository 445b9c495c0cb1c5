//! Holds: rejected, handed on by their age, ended by time, released by who is alone.

use super::*;
use switchyard_server::flows::holding;

async fn held(desk: &Desk, amount: &str) -> (String, String) {
    let company = desk.company("A", Some("100"), json!({})).await;
    let order = desk.order(Some(&company), amount, json!({})).await;
    let outcome = desk.confirm(&order).await;
    (order, id(&outcome["holds"][0]))
}

#[tokio::test]
async fn hold_5_a_rejected_hold_calls_the_order_off_or_leaves_it_held() {
    let desk = Desk::open().await;
    let (finance, _) = desk.member("finance", "finance").await;
    let ((off, first), (stays, second)) = (held(&desk, "500").await, held(&desk, "500").await);
    let reject = async |hold: &str, fate: &str, status: u16| finance.post(&format!("/api/v1/holds/{hold}/reject"), json!({"reason": "too risky", "order": fate})).await.expect(status);
    assert_eq!(reject(&first, "maybe", 422).await.json()["errors"][0]["pointer"], "/order");
    assert_eq!(reject(&first, "call_off", 200).await.json()["state"], "rejected");
    assert_eq!(desk.see(&off).await["delivery_track"], "cancelled");
    assert_eq!(reject(&first, "call_off", 409).await.code(), "ended_already");
    reject(&second, "stay", 200).await;
    let order = desk.see(&stays).await;
    assert_eq!((order["confirmed_at"].is_null(), order["holds"][0].as_str().or(order["holds"][0]["type"].as_str())), (true, Some("manual")), "{order:#}");
    assert_eq!(desk.act(&stays, "shipments", json!({"state": "handed_over"}), 409).await["code"], "held", "HOLD-5");
    desk.server.verify().await;
}

#[tokio::test]
async fn assign_says_what_became_of_the_hold() {
    let desk = Desk::open().await;
    let (finance, person) = desk.member("finance", "finance").await;
    let (_, hold) = held(&desk, "500").await;
    finance.post(&format!("/api/v1/holds/{hold}/reject"), json!({"reason": "no", "order": "call_off"})).await.expect(200);
    let answer = desk.owner().post(&format!("/api/v1/holds/{hold}/assign"), json!({"owner_id": person})).await.expect(409);
    assert_eq!(answer.code(), "ended_already");
    assert!(answer.text().contains("rejected"), "{}", answer.text());
}

#[tokio::test]
async fn auth_1_who_is_alone_releases_their_own_with_a_reason_on_record() {
    let desk = Desk::open().await;
    let (order, hold) = held(&desk, "500").await;
    assert_eq!(desk.owner().get(&format!("/api/v1/holds/{hold}")).await.expect(200).json()["may_release"], true, "nobody else could");
    assert_eq!(desk.owner().post(&format!("/api/v1/holds/{hold}/release"), json!({"reason": " "})).await.expect(422).code(), "invalid");
    desk.owner().post(&format!("/api/v1/holds/{hold}/release"), json!({"reason": "I know them for years"})).await.expect(200);
    assert!(desk.see(&order).await["confirmed_at"].is_string());
    let audit = desk.owner().get("/api/v1/audit-log").await.expect(200).json();
    assert!(audit["data"].as_array().unwrap().iter().any(|a| a["act"] == "hold.released_alone" && a["detail"]["reason"] == "I know them for years"));
    // With a second person the rule is as it was.
    desk.member("sales", "sales").await;
    let (_, hold) = held(&desk, "600").await;
    assert_eq!(desk.owner().post(&format!("/api/v1/holds/{hold}/release"), json!({"reason": "mine"})).await.expect(403).code(), "own_request");
    desk.server.verify().await;
}

#[tokio::test]
async fn hold_6_and_7_a_hold_goes_up_its_steps_and_ends_when_nobody_decides() {
    let desk = Desk::open().await;
    let (finance, _) = desk.member("finance", "finance").await;
    let (admin, _) = desk.member("admin", "admin").await;
    let roles = desk.owner().get("/api/v1/roles").await.expect(200).json();
    let role = |name: &str| roles["data"].as_array().unwrap().iter().find(|r| r["name"] == name).unwrap()["id"].clone();
    let (order, hold) = held(&desk, "500").await;
    let times = json!({
        "steps": [{"hold_type": "credit", "role_id": role("finance"), "after_minutes": 0}, {"hold_type": "credit", "role_id": role("admin"), "after_minutes": 60}],
        "expiries": [{"hold_type": "credit", "after_minutes": 1440, "calls_off": true}],
    });
    desk.owner().put("/api/v1/hold-times", times).await.expect(200);
    let mine = async |who: &kit::Client| who.get("/api/v1/holds?owner=me").await.expect(200).json()["data"].as_array().unwrap().len();
    assert_eq!((mine(&finance).await, mine(&admin).await), (1, 0));
    let tenant = desk.merchant.id.parse().unwrap();
    let work = async |minutes: i64| holding::work(&desk.server.app, tenant, Utc::now() + chrono::TimeDelta::minutes(minutes)).await.unwrap();
    assert_eq!(work(59).await, holding::Done::default());
    assert_eq!(work(61).await.handed_on, 1, "HOLD-6");
    assert_eq!((mine(&finance).await, mine(&admin).await), (0, 1));
    let seen = desk.owner().get(&format!("/api/v1/holds/{hold}")).await.expect(200).json();
    assert_eq!((seen["escalation"].as_i64(), seen["role"]["name"].as_str()), (Some(1), Some("admin")));
    assert_eq!(work(62).await.handed_on, 0);
    assert_eq!(work(1441).await.ended, 1, "HOLD-7");
    let seen = desk.owner().get(&format!("/api/v1/holds/{hold}")).await.expect(200).json();
    assert_eq!((seen["state"].as_str(), desk.see(&order).await["delivery_track"].as_str()), (Some("expired"), Some("cancelled")));
    let wrong = json!({"steps": [{"hold_type": "credit", "role_id": role("admin"), "after_minutes": 60}, {"hold_type": "credit", "role_id": role("finance"), "after_minutes": 60}]});
    assert_eq!(desk.owner().put("/api/v1/hold-times", wrong).await.expect(422).json()["errors"][0]["pointer"], "/steps/1/after_minutes");
    desk.server.verify().await;
}
