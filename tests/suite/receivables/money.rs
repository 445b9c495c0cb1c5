//! Money on account, discounts for paying early, offsets, losses, write-offs and their way back.

use super::*;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ar_3_money_on_account_is_applied_once_from_32_connections() {
    let desk = Arc::new(Desk::open().await);
    let company = desk.debtor("A", json!({"kind": "net", "days": 30})).await;
    let mut orders = Vec::new();
    for _ in 0..32 {
        orders.push(desk.sold(&company, "100", 1).await);
    }
    desk.receive(&company, "1000").await;
    let tasks: Vec<_> = orders
        .iter()
        .cloned()
        .map(|order| {
            let (desk, path) = (desk.clone(), format!("/api/v1/receivables/companies/{company}/applications"));
            tokio::spawn(async move { desk.owner().post(&path, json!({"orders": [{"order_id": order, "amount": "100"}]})).await.status.as_u16() })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    assert_eq!(answers.iter().filter(|status| **status == 201).count(), 10, "{answers:?}");
    assert!(answers.iter().all(|status| [201, 422, 409].contains(status)), "{answers:?}");
    assert_eq!((desk.role("ar").await, desk.role("customer_deposits").await), (2_200, 0));
    desk.server.verify().await;
}

#[tokio::test]
async fn money_on_account_is_applied_taken_back_and_counts_in_the_exposure() {
    let desk = Desk::open().await;
    let company = desk.debtor("A", json!({"kind": "net", "days": 30})).await;
    let order = desk.sold(&company, "1000", 1).await;
    desk.receive(&company, "1500").await;
    assert_eq!(desk.board().await["sums"][0]["unapplied"]["amount"], "1500");
    let exposure = desk.owner().get(&format!("/api/v1/companies/{company}")).await.expect(200).json()["exposure"].clone();
    assert_eq!((exposure["by_currency"][0]["unapplied_credits"].as_str(), exposure["by_currency"][0]["total"].as_str()), (Some("1500"), Some("-500")), "{exposure:#}");
    let path = format!("/api/v1/receivables/companies/{company}/applications");
    let applied = desk.owner().post(&path, json!({"orders": [{"order_id": order}]})).await.expect(201).json();
    assert_eq!(applied["data"][0]["applied"]["amount"], "1000");
    assert_eq!(desk.see(&order).await["payment_track"], "paid");
    assert_eq!((desk.role("ar").await, desk.role("customer_deposits").await), (0, -500));
    let tender = applied["data"][0]["tender_ids"][0].as_str().unwrap();
    let back = format!("/api/v1/receivables/orders/{order}/applications/{tender}/take-back");
    desk.owner().post(&back, json!({"reason": "wrong order"})).await.expect(204);
    assert_eq!((desk.role("ar").await, desk.role("customer_deposits").await), (1_000, -1_500));
    assert_eq!(desk.see(&order).await["payment_track"], "unpaid");
    assert_eq!(desk.owner().post(&back, json!({"reason": "again"})).await.expect(409).code(), "not_captured");
    desk.server.verify().await;
}

#[tokio::test]
async fn a_discount_for_paying_early_is_given_until_its_day_and_posted() {
    let desk = Desk::open().await;
    let terms = json!({"kind": "discount", "days": 30, "discount_days": 10, "percent": "2"});
    let company = desk.debtor("A", terms).await;
    let (early, late) = (desk.sold(&company, "1000", 5).await, desk.sold(&company, "1000", 11).await);
    desk.receive(&company, "2000").await;
    let path = format!("/api/v1/receivables/companies/{company}/applications");
    let wish = |order: &str, amount: Option<&str>| json!({"orders": [{"order_id": order, "amount": amount, "discount": true}]});
    assert_eq!(desk.owner().post(&path, wish(&late, None)).await.expect(409).code(), "no_discount");
    assert_eq!(desk.owner().post(&path, wish(&early, Some("500"))).await.expect(409).code(), "no_discount");
    let applied = desk.owner().post(&path, wish(&early, None)).await.expect(201).json();
    assert_eq!((applied["data"][0]["applied"]["amount"].as_str(), applied["data"][0]["discount"]["amount"].as_str()), (Some("980"), Some("20")));
    let order = desk.see(&early).await;
    assert_eq!((order["payment_track"].as_str(), desk.role("early_payment_discount").await, desk.role("ar").await), (Some("paid"), 20, 1_000));
    assert_eq!(desk.books(&early).await, ["customer_deposits 980", "early_payment_discount 20", "sales -1000"]);
    desk.server.verify().await;
}

#[tokio::test]
async fn a_credit_note_is_offset_against_another_order() {
    let desk = Desk::open().await;
    let company = desk.debtor("A", json!({"kind": "net", "days": 30})).await;
    let (paid, open) = (desk.sold(&company, "1000", 2).await, desk.sold(&company, "700", 1).await);
    desk.act(&paid, "tenders", json!({"method": "bank", "amount": "1000"}), 201).await;
    desk.act(&paid, "returns", json!({"state": "received", "reason": "broken", "lines": []}), 201).await;
    assert_eq!(desk.role("refund_payable").await, -1_000);
    let path = format!("/api/v1/receivables/orders/{paid}/offset");
    assert_eq!(desk.owner().post(&path, json!({"amount": "1001", "reason": "credit note"})).await.expect(422).code(), "above_open");
    desk.owner().post(&path, json!({"reason": "credit note"})).await.expect(201);
    let applied = desk.owner().post(&format!("/api/v1/receivables/companies/{company}/applications"), json!({"orders": [{"order_id": open}]})).await.expect(201).json();
    assert_eq!(applied["data"][0]["applied"]["amount"], "700");
    assert_eq!((desk.role("refund_payable").await, desk.role("ar").await, desk.role("customer_deposits").await), (0, 0, -300));
    desk.server.verify().await;
}

#[tokio::test]
async fn p14_a_loss_is_expected_written_off_and_written_back() {
    let desk = Desk::open().await;
    let company = desk.debtor("A", json!({"kind": "net", "days": 30})).await;
    let (old, new) = (desk.sold(&company, "1000000", 150).await, desk.sold(&company, "500000", 1).await);
    let rates = desk.owner().request(Method::PUT, "/api/v1/receivables/loss").header("if-match", "\"0\"").json(&json!({"percents": ["0", "1", "5", "20", "10"]}));
    let needs = desk.owner().send(rates).await.expect(200).json();
    assert_eq!((needs["data"][0]["needed"]["amount"].as_str(), needs["data"][0]["held"]["amount"].as_str()), (Some("100000"), Some("0")));
    let posted = desk.owner().post("/api/v1/receivables/loss/post", json!({"memo": "November"})).await.expect(201).json();
    assert_eq!((posted["entry_ids"].as_array().unwrap().len(), desk.role("bad_debt").await, desk.role("ar_allowance").await), (1, 100_000, -100_000), "P14");
    assert_eq!(desk.owner().post("/api/v1/receivables/loss/post", json!({"memo": "again"})).await.expect(201).json()["entry_ids"], json!([]), "LOSS-1");
    let path = format!("/api/v1/receivables/orders/{old}/write-off");
    let (sales, _) = desk.member("sales", "sales").await;
    assert_eq!(sales.post(&path, json!({"reason": "gone"})).await.expect(403).code(), "missing_right");
    assert_eq!(desk.owner().post(&path, json!({"reason": "gone", "amount": "1000001"})).await.expect(422).code(), "above_open");
    let gone = desk.owner().post(&path, json!({"reason": "the company is bankrupt"})).await.expect(201).json();
    assert_eq!(desk.see(&old).await["payment_track"], "written_off");
    assert_eq!((desk.role("ar").await, desk.role("ar_allowance").await), (500_000, 900_000), "P14: Dr ARAllowance Cr AR");
    let audit = desk.owner().get("/api/v1/audit-log").await.expect(200).json();
    assert!(audit["data"].as_array().unwrap().iter().any(|a| a["act"] == "receivables.written_off" && a["detail"]["reason"] == "the company is bankrupt"));
    assert_eq!(desk.owner().post(&path, json!({"reason": "again"})).await.expect(422).code(), "above_open");
    let back = format!("/api/v1/receivables/orders/{old}/write-offs/{}/take-back", gone["tender_id"].as_str().unwrap());
    desk.owner().post(&back, json!({"reason": "they paid after all"})).await.expect(204);
    assert_eq!((desk.role("ar").await, desk.role("ar_allowance").await, desk.see(&old).await["payment_track"].as_str()), (1_500_000, -100_000, Some("unpaid")));
    // A part of it: what is left is still owed.
    desk.owner().post(&format!("/api/v1/receivables/orders/{new}/write-off"), json!({"reason": "agreed", "amount": "100000"})).await.expect(201);
    desk.act(&new, "tenders", json!({"method": "bank", "amount": "400000"}), 201).await;
    assert_eq!((desk.see(&new).await["payment_track"].as_str(), desk.role("ar").await), (Some("written_off"), 1_000_000));
    desk.server.verify().await;
}
