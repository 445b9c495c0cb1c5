//! Vouchers, points and store credit as tenders: never spent twice, their balances the ledger's.

use super::*;
use std::sync::Arc;

async fn counter(desk: &Desk) -> String {
    id(&desk.owner().post("/api/v1/channel-accounts", json!({"kind": "pos", "name": "Counter"})).await.expect(201).json())
}
/// A sale of 330,000 with 30,000 tax inside.
fn sale(counter: &str, tenders: Value) -> Value {
    let tax = json!([{"name": "VAT", "rate": "10", "amount": "30000", "included": true}]);
    json!({"channel_account_id": counter, "lines": [{"id": "a", "quantity": "1", "unit_price": "330000", "taxes": tax}], "tenders": tenders})
}

#[tokio::test]
async fn p7_a_voucher_is_sold_used_and_expires() {
    let desk = Desk::open().await;
    let counter = counter(&desk).await;
    let sold = json!({"code": "gv 17", "amount": "500000", "received_in": "cash:main", "reason": "gift", "holder": "An"});
    let voucher = desk.owner().post("/api/v1/claims/vouchers", sold.clone()).await.expect(201).json();
    assert_eq!((voucher["code"].as_str(), voucher["balance"]["amount"].as_str()), (Some("GV17"), Some("500000")));
    assert_eq!(desk.owner().post("/api/v1/claims/vouchers", sold).await.expect(409).code(), "code_taken");
    assert_eq!((desk.role("cash").await, desk.role("voucher_paid").await), (500_000, -500_000), "P7");
    let order = desk.owner().post("/api/v1/orders", sale(&counter, json!([{"method": "paid_voucher", "amount": "330000", "account": "gv17"}]))).await.expect(201).json();
    assert_eq!(desk.books(order["id"].as_str().unwrap()).await, ["sales -300000", "vat_out -30000", "voucher_paid 330000"]);
    let path = format!("/api/v1/claims/{}", id(&voucher));
    let left = desk.owner().get(&path).await.expect(200).json();
    assert_eq!((left["face"]["amount"].as_str(), left["movements"].as_array().unwrap().len()), (Some("170000"), 2));
    assert_eq!(desk.owner().post("/api/v1/orders", sale(&counter, json!([{"method": "paid_voucher", "amount": "330000", "account": "GV17"}]))).await.expect(422).json()["errors"][0]["pointer"], "/tenders/0/amount");
    assert_eq!(desk.owner().post(&format!("{path}/end"), json!({})).await.expect(409).code(), "not_expired");
    desk.owner().post(&format!("{path}/end"), json!({"reason": "lost and found"})).await.expect(200);
    assert_eq!((desk.role("voucher_paid").await, desk.role("breakage").await), (0, -170_000), "P7");
    assert_eq!(desk.owner().post(&format!("{path}/end"), json!({"reason": "again"})).await.expect(409).code(), "empty");
    desk.server.verify().await;
}

#[tokio::test]
async fn p7_what_expires_ends_by_itself() {
    let desk = Desk::open().await;
    let today = Utc::now().with_timezone(&chrono_tz::Asia::Ho_Chi_Minh).date_naive();
    let sold = json!({"code": "OLD", "amount": "500", "received_in": "bank", "reason": "gift", "expires_on": today});
    desk.owner().post("/api/v1/claims/vouchers", sold).await.expect(201);
    let tenant = desk.merchant.id.parse().unwrap();
    let work = async |days: u64| switchyard_server::flows::holding::work(&desk.server.app, tenant, Utc::now() + Days::new(days)).await.unwrap();
    assert_eq!(work(0).await.expired, 0, "its last day");
    assert_eq!(work(2).await.expired, 1);
    assert_eq!(work(3).await.expired, 0);
    assert_eq!((desk.role("voucher_paid").await, desk.role("breakage").await), (0, -500));
    let refused = desk.owner().post("/api/v1/orders", json!({"channel_account_id": desk.account, "lines": [{"quantity": "1", "unit_price": "500"}], "tenders": [{"method": "paid_voucher", "amount": "1", "account": "OLD"}]})).await.expect(422);
    assert_eq!(refused.json()["errors"][0]["pointer"], "/tenders/0/amount");
    desk.server.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claim_2_a_voucher_is_never_spent_twice_from_32_connections() {
    let desk = Arc::new(Desk::open().await);
    let counter = counter(&desk).await;
    let sold = json!({"code": "ONCE", "amount": "1000", "received_in": "bank", "reason": "gift"});
    desk.owner().post("/api/v1/claims/vouchers", sold).await.expect(201);
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let (desk, counter) = (desk.clone(), counter.clone());
            tokio::spawn(async move {
                let order = json!({"channel_account_id": counter, "lines": [{"quantity": "1", "unit_price": "150"}], "tenders": [{"method": "paid_voucher", "amount": "150", "account": "ONCE"}]});
                desk.owner().post("/api/v1/orders", order).await.status.as_u16()
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    assert_eq!(answers.iter().filter(|status| **status == 201).count(), 6, "six times 150 of 1,000: {answers:?}");
    assert!(answers.iter().all(|status| [201, 409, 422].contains(status)), "{answers:?}");
    assert_eq!(desk.role("voucher_paid").await, -100);
    desk.server.verify().await;
}

#[tokio::test]
async fn p2_p8c_points_are_earned_redeemed_and_taken_back() {
    let desk = Desk::open().await;
    let counter = counter(&desk).await;
    assert_eq!(desk.owner().post("/api/v1/claims/members", json!({"code": "0901"})).await.expect(409).code(), "no_program");
    let program = json!({"point_value": "20", "spend_per_point": "850", "redeemed_percent": "85"});
    desk.owner().send(desk.owner().request(Method::PUT, "/api/v1/loyalty-program").header("if-match", "\"0\"").json(&program)).await.expect(200);
    assert_eq!(desk.owner().send(desk.owner().request(Method::PUT, "/api/v1/loyalty-program").header("if-match", "\"0\"").json(&program)).await.expect(412).code(), "stale");
    let member = desk.owner().post("/api/v1/claims/members", json!({"code": "0901", "holder": "An"})).await.expect(201).json();
    // 850,000 net of tax.
    let tax = json!([{"name": "VAT", "rate": "10", "amount": "85000", "included": true}]);
    let order = desk.owner().post("/api/v1/orders", json!({"channel_account_id": counter, "lines": [{"id": "a", "quantity": "2", "unit_price": "467500", "taxes": tax}], "tenders": [{"method": "cash", "amount": "935000"}]})).await.expect(201).json();
    let path = format!("/api/v1/claims/{}", id(&member));
    let earned = desk.owner().post(&format!("{path}/earn"), json!({"order_id": order["id"]})).await.expect(201).json();
    assert_eq!((earned["points"].as_str(), earned["face"]["amount"].as_str(), earned["balance"]["amount"].as_str()), (Some("1000"), Some("20000"), Some("16667")), "P2");
    assert_eq!((desk.role("contra_loyalty_deferred").await, desk.role("loyalty").await), (16_667, -16_667));
    assert_eq!(desk.owner().post(&format!("{path}/earn"), json!({"order_id": order["id"]})).await.expect(409).code(), "earned_already", "POINTS-1");
    // Half comes back: half of the points with it (P8c).
    desk.act(order["id"].as_str().unwrap(), "returns", json!({"state": "received", "reason": "size", "lines": [{"line_id": "a", "quantity": "1"}]}), 201).await;
    let half = desk.owner().get(&path).await.expect(200).json();
    assert_eq!((half["points"].as_str(), half["balance"]["amount"].as_str()), (Some("500"), Some("8334")), "P8c: 8,333 taken back");
    // Redeemed at face; what the books carry for them is given up, the rest lowers revenue (P1).
    let paid = desk.owner().post("/api/v1/orders", json!({"channel_account_id": counter, "lines": [{"quantity": "1", "unit_price": "10000"}], "tenders": [{"method": "points", "amount": "10000", "account": "0901"}]})).await.expect(201).json();
    assert_eq!(desk.books(paid["id"].as_str().unwrap()).await, ["contra_points_diff 1666", "loyalty 8334", "sales -10000"]);
    let spent = desk.owner().get(&path).await.expect(200).json();
    assert_eq!((spent["face"]["amount"].as_str(), spent["balance"]["amount"].as_str()), (Some("0"), Some("0")));
    // Given back with the goods, as what they were.
    desk.act(paid["id"].as_str().unwrap(), "returns", json!({"state": "received", "reason": "size"}), 201).await;
    let back = desk.owner().get(&path).await.expect(200).json();
    assert_eq!((back["points"].as_str(), back["balance"]["amount"].as_str()), (Some("500"), Some("8334")));
    desk.server.verify().await;
}

#[tokio::test]
async fn p9_store_credit_is_given_for_goods_and_used() {
    let desk = Desk::open().await;
    let counter = counter(&desk).await;
    let order = id(&desk.owner().post("/api/v1/orders", sale(&counter, json!([{"method": "cash", "amount": "330000"}]))).await.expect(201).json());
    desk.act(&order, "returns", json!({"state": "received", "reason": "size"}), 201).await;
    desk.act(&order, "refunds", json!({"amount": "330000", "method": "store_credit", "account": "sc-1", "reason": "instead of cash"}), 201).await;
    assert_eq!((desk.role("store_credit").await, desk.role("refund_payable").await), (-330_000, 0), "P9");
    let used = desk.owner().post("/api/v1/orders", json!({"channel_account_id": counter, "lines": [{"quantity": "1", "unit_price": "100000"}]})).await.expect(201).json();
    let used = id(&used);
    assert_eq!(desk.act(&used, "tenders", json!({"method": "store_credit", "amount": "330001", "account": "SC-1"}), 422).await["errors"][0]["code"], "above_balance");
    assert_eq!(desk.act(&used, "tenders", json!({"method": "store_credit", "amount": "5", "account": "nobody"}), 422).await["errors"][0]["code"], "unknown");
    let taken = desk.act(&used, "tenders", json!({"method": "store_credit", "amount": "100000", "account": "SC-1"}), 201).await;
    assert_eq!(desk.role("store_credit").await, -230_000);
    desk.act(&used, &format!("tenders/{}/void", taken["tender"]["id"].as_str().unwrap()), json!({"reason": "wrong card"}), 200).await;
    assert_eq!(desk.role("store_credit").await, -330_000);
    desk.server.verify().await;
}

#[tokio::test]
async fn claim_1_the_balances_of_each_kind_are_its_ledger_account() {
    let desk = Desk::open().await;
    let company = desk.debtor("A", json!({"kind": "net", "days": 30})).await;
    desk.receive(&company, "700").await;
    desk.owner().post("/api/v1/claims/vouchers", json!({"amount": "500", "received_in": "bank", "reason": "gift"})).await.expect(201);
    desk.owner().post("/api/v1/claims/credits", json!({"amount": "90", "reason": "late parcel"})).await.expect(201);
    let sums = desk.owner().get("/api/v1/claim-sums").await.expect(200).json();
    let seen: Vec<(&str, &str, &str)> = sums["data"].as_array().unwrap().iter().map(|s| (s["kind"].as_str().unwrap(), s["balance"]["amount"].as_str().unwrap(), s["ledger"]["amount"].as_str().unwrap())).collect();
    assert_eq!(seen, [("voucher", "500", "500"), ("store_credit", "90", "90"), ("on_account", "700", "700")]);
    assert_eq!(desk.owner().get("/api/v1/claims?kind=voucher&with_balance=true").await.expect(200).json()["data"].as_array().unwrap().len(), 1);
    desk.server.verify().await;
}
