//! Rules of a tenant over its three tracks.

use super::*;

#[tokio::test]
async fn track_rule_1_no_act_leads_into_what_a_rule_forbids() {
    let desk = Desk::open().await;
    let rule = json!({"payment": "unpaid", "delivery": "shipped", "reason": "goods leave when something is paid"});
    let made = desk.owner().post("/api/v1/track-rules", rule).await.expect(201).json();
    let order = desk.order(None, "500", json!({})).await;
    let refused = desk.act(&order, "shipments", json!({"state": "handed_over"}), 409).await;
    assert_eq!((refused["code"].as_str(), refused["detail"].as_str().unwrap().contains("goods leave when something is paid")), (Some("track_forbidden"), true));
    assert_eq!(desk.see(&order).await["delivery_track"], "unallocated", "nothing was written");
    let paid = desk.act(&order, "tenders", json!({"method": "bank", "amount": "100"}), 201).await;
    desk.act(&order, "shipments", json!({"state": "handed_over"}), 201).await;
    let void = format!("tenders/{}/void", paid["tender"]["id"].as_str().unwrap());
    assert_eq!(desk.act(&order, &void, json!({"reason": "typo"}), 409).await["code"], "track_forbidden", "the other way leads there as well");
    desk.owner().delete(&format!("/api/v1/track-rules/{}", id(&made))).await.expect(204);
    desk.act(&order, &void, json!({"reason": "typo"}), 200).await;
    desk.server.verify().await;
}
