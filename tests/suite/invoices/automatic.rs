//! Issued by themselves: when goods leave, when they are paid, when the day is over; what came back corrects.

use super::{Office, goods};
use serde_json::json;
use std::time::Duration;

fn one() -> serde_json::Value {
    json!([goods("a", "2", "59.50", "19", "19.00")])
}

impl Office {
    /// Waits for the worker: it looks every few seconds.
    async fn until(&self, order: &str, track: &str) {
        for _ in 0..200 {
            if self.track(order).await == track {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let why: Vec<String> = sqlx::query_scalar("select format('due %s, tried %s: %s', due_at, attempts, why) from tenant.invoice_queue").fetch_all(&mut self.server.database.owner().await).await.unwrap();
        panic!("{order} is {}, not {track}: {why:?}", self.track(order).await);
    }
    /// Time passes for what waits.
    async fn later(&self) {
        sqlx::query("update tenant.invoice_queue set due_at = now() - interval '1 second'").execute(&mut self.server.database.owner().await).await.unwrap();
    }
    async fn queued(&self) -> i64 {
        sqlx::query_scalar("select count(*) from tenant.invoice_queue").fetch_one(&mut self.server.database.owner().await).await.unwrap()
    }
}

#[tokio::test]
async fn at_shipment_each_part_once_and_what_came_back_is_credited() {
    let office = Office::european().await;
    let before = office.sale(one(), json!({})).await;
    office.set(json!({"issue_on": "ship", "correct_returns": true})).await.expect(200);
    let order = office.order(&office.desk, one(), json!({})).await;
    office.ship(&order, json!([{"line_id": "a", "quantity": "1"}])).await;
    office.until(&order, "issued").await;
    assert_eq!(office.documents("").await.len(), 1);
    office.ship(&order, json!([{"line_id": "a", "quantity": "1"}])).await;
    for _ in 0..100 {
        if office.documents("").await.len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(office.documents("").await.len(), 2, "the second part by itself");
    office.returned(&order, &[("a", "1")]).await;
    office.until(&order, "credited").await;
    assert_eq!(office.documents("kind=credit_note").await.len(), 1);
    // Looked at again and again, nothing more comes; what was sold before is issued by hand.
    let tenant = office.merchant.id.parse().unwrap();
    assert_eq!(switchyard_server::flows::invoicing::work(&office.server.app, tenant).await.unwrap(), 0);
    assert_eq!((office.track(&before).await.as_str(), office.queued().await), ("not_required", 0));
    office.issued(&[&before]).await;
    office.server.verify().await;
}

#[tokio::test]
async fn at_payment_when_all_is_paid() {
    let office = Office::european().await;
    office.set(json!({"issue_on": "pay"})).await.expect(200);
    let order = office.order(&office.desk, one(), json!({})).await;
    office.ship(&order, json!([])).await;
    office.pay(&order, "100").await;
    let tenant = office.merchant.id.parse().unwrap();
    switchyard_server::flows::invoicing::work(&office.server.app, tenant).await.unwrap();
    assert_eq!(office.track(&order).await, "not_required");
    office.pay(&order, "19").await;
    office.until(&order, "issued").await;
    let invoice = office.owner().get("/api/v1/invoices").await.expect(200).json()["data"][0].clone();
    assert_eq!(office.see(&invoice).await["payable"]["amount"], "0.00");
    office.server.verify().await;
}

/// Consumers of a day share one document; who asked for an invoice or has a tax code gets one of their own.
#[tokio::test]
async fn at_the_end_of_the_day_consumers_together() {
    let office = Office::european().await;
    let yesterday = chrono::Utc::now() - chrono::TimeDelta::days(2);
    let sold = async |buyer: serde_json::Value| {
        let order = office.order(&office.desk, one(), json!({"placed_at": yesterday, "buyer": buyer})).await;
        office.ship_at(&order, json!([]), yesterday).await;
        order
    };
    let mut consumers = Vec::new();
    for name in ["Anna", "Ben", "Cem"] {
        consumers.push(sold(json!({"name": name})).await);
    }
    let business = sold(json!({"company": "Kontor AG", "tax_code": "DE811907980"})).await;
    let today = office.sale(one(), json!({})).await;
    // Issuing by itself began before those sales, and all of them wait for the end of their day.
    office.set(json!({"issue_on": "day_end"})).await.expect(200);
    let mut owner = office.server.database.owner().await;
    sqlx::query("update tenant.invoice_settings set automatic_since = now() - interval '5 days' where issue_on = 'day_end'").execute(&mut owner).await.unwrap();
    sqlx::query("insert into tenant.invoice_queue (tenant_id, order_id, asked_at, due_at) select tenant_id, id, now(), now() from tenant.orders").execute(&mut owner).await.unwrap();
    for order in consumers.iter().chain([&business]) {
        office.until(order, "issued").await;
    }
    let mut counts: Vec<i64> = office.owner().get("/api/v1/invoices").await.expect(200).json()["data"].as_array().unwrap().iter().map(|row| row["order_count"].as_i64().unwrap()).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 3]);
    assert_eq!((office.track(&today).await.as_str(), office.queued().await), ("not_required", 1), "the day is not over");
    office.server.verify().await;
}

/// An order that cannot be issued waits with its reason and does not stop the others.
#[tokio::test]
async fn what_fails_waits_with_its_reason() {
    let office = Office::european().await;
    office.set(json!({"issue_on": "ship"})).await.expect(200);
    let odd = office.sale(json!([goods("a", "1", "119.00", "19", "5.00")]), json!({})).await;
    let good = office.sale(one(), json!({})).await;
    office.until(&good, "issued").await;
    let mut owner = office.server.database.owner().await;
    let why = async |owner: &mut sqlx::PgConnection| -> Option<String> { sqlx::query_scalar("select why from tenant.invoice_queue").fetch_one(owner).await.unwrap() };
    for _ in 0..100 {
        if why(&mut owner).await.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(why(&mut owner).await.is_some_and(|why| why.contains("correct the taxes")));
    // And people can read it.
    for query in [String::new(), format!("?order={odd}")] {
        let queue = office.owner().get(&format!("/api/v1/invoice-queue{query}")).await.expect(200).json();
        assert_eq!((queue["data"][0]["order_id"].as_str(), queue["data"][0]["why"].as_str().map(|why| why.contains("correct the taxes"))), (Some(odd.as_str()), Some(true)));
    }
    assert_eq!(office.owner().get(&format!("/api/v1/invoice-queue?order={good}")).await.expect(200).json()["data"], json!([]));
    office.owner().get("/api/v1/invoice-queue?order=x").await.expect(422);
    assert_eq!(office.track(&odd).await, "not_required");
    office.later().await;
    let tenant = office.merchant.id.parse().unwrap();
    assert_eq!(switchyard_server::flows::invoicing::work(&office.server.app, tenant).await.unwrap(), 0);
    assert_eq!(office.queued().await, 1);
    office.server.verify().await;
}

/// With the authority, what came back waits; its answer brings the correction.
#[tokio::test]
async fn a_correction_waits_for_the_answer_of_the_authority() {
    let office = Office::european().await;
    office.set(json!({"issue_on": "ship", "correct_returns": true})).await.expect(200);
    let order = office.sale(one(), json!({})).await;
    office.until(&order, "issued").await;
    let invoice = office.owner().get("/api/v1/invoices").await.expect(200).json()["data"][0].clone();
    office.step(&invoice, "send").await.expect(200);
    office.returned(&order, &[("a", "1")]).await;
    let tenant = office.merchant.id.parse().unwrap();
    switchyard_server::flows::invoicing::work(&office.server.app, tenant).await.unwrap();
    assert_eq!(office.track(&order).await, "sent");
    office.step(&invoice, "accept").await.expect(200);
    office.until(&order, "credited").await;
    office.server.verify().await;
}

#[tokio::test]
async fn track_rule_1_what_would_issue_itself_waits_with_the_rules_reason() {
    let office = Office::european().await;
    office.set(json!({"issue_on": "ship"})).await.expect(200);
    let reason = "invoices are written when something is paid";
    office.owner().post("/api/v1/track-rules", json!({"payment": "unpaid", "invoice": "issued", "reason": reason})).await.expect(201);
    let order = office.sale(one(), json!({})).await;
    let mut waiting = json!(null);
    for _ in 0..200 {
        waiting = office.owner().get(&format!("/api/v1/invoice-queue?order={order}")).await.expect(200).json()["data"].clone();
        if waiting[0]["why"].is_string() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(waiting[0]["why"].as_str().unwrap_or_default().contains(reason), "{waiting}");
    assert_eq!(office.documents("").await.len(), 0);
    office.pay(&order, "119").await;
    office.until(&order, "issued").await;
    office.server.verify().await;
}
