//! Receivables, claims, drawers, holds by time and rules over tracks, over HTTP; the books are summed after every one.

mod ageing;
mod bad_input;
mod claims;
mod dunning;
mod holds;
mod money;
mod shifts;
mod tracks;

use crate::credit::{Desk, id};
use chrono::{Days, Utc};
use reqwest::Method;
use serde_json::{Value, json};

impl Desk {
    /// A company with a limit that nothing here reaches, and its terms.
    pub async fn debtor(&self, name: &str, terms: Value) -> String {
        self.company(name, Some("1000000000"), json!({"terms": terms})).await
    }
    /// An order of so many days ago that was confirmed and has left: a receivable.
    pub async fn sold(&self, company: &str, amount: &str, days_ago: u64) -> String {
        let order = self.order(Some(company), amount, json!({"placed_at": (Utc::now() - Days::new(days_ago)).to_rfc3339()})).await;
        // What is overdue holds the next: whoever is alone lets it go.
        for hold in self.confirm(&order).await["holds"].as_array().unwrap() {
            self.owner().post(&format!("/api/v1/holds/{}/release", id(hold)), json!({"reason": "known for years"})).await.expect(200);
        }
        self.act(&order, "shipments", json!({"state": "handed_over"}), 201).await;
        order
    }
    /// An act on an order at its version.
    pub async fn act(&self, order: &str, what: &str, body: Value, status: u16) -> Value {
        let seen = self.owner().get(&format!("/api/v1/orders/{order}")).await.expect(200);
        let request = self.owner().request(Method::POST, &format!("/api/v1/orders/{order}/{what}")).header("if-match", seen.header("etag").unwrap()).json(&body);
        self.owner().send(request).await.expect(status).json()
    }
    /// `account balance` of what an order has in the books, sorted.
    pub async fn books(&self, order: &str) -> Vec<String> {
        let ledger = self.owner().get(&format!("/api/v1/orders/{order}/ledger")).await.expect(200).json();
        ledger["balances"].as_array().unwrap().iter().map(|b| format!("{} {}", b["role"].as_str().unwrap(), b["balance"]["amount"].as_str().unwrap())).collect()
    }
    /// What all accounts of a role come to.
    pub async fn role(&self, role: &str) -> i64 {
        // Also what a worker that was told a later day has posted.
        let far = (Utc::now() + Days::new(400)).format("%Y-%m-%dT00:00:00Z");
        let trial = self.owner().get(&format!("/api/v1/ledger/trial-balance?as_of={far}")).await.expect(200).json();
        let of = trial["data"].as_array().unwrap().iter().filter(|row| row["role"] == role);
        of.map(|row| row["balance"]["amount"].as_str().unwrap().parse::<i64>().unwrap()).sum()
    }
    pub async fn receive(&self, company: &str, amount: &str) {
        let receipt = json!({"amount": amount, "received_in": "bank", "reference": "FT 26"});
        self.owner().post(&format!("/api/v1/receivables/companies/{company}/receipts"), receipt).await.expect(201);
    }
    pub async fn board(&self) -> Value {
        self.owner().get("/api/v1/receivables/ageing").await.expect(200).json()
    }
}

/// The amounts of a list of buckets.
fn amounts(buckets: &Value) -> Vec<&str> {
    buckets.as_array().unwrap().iter().map(|b| b["amount"]["amount"].as_str().unwrap()).collect()
}
