//! Selling to companies over HTTP: price lists, quotes, prices that are approved, deposits.

mod approvals;
mod deposits;
mod lists;
mod quotes;
mod wrong;

pub use crate::credit::{Desk, codes, confirm_as, id};
use kit::{Answer, Client};
use reqwest::Method;
use serde_json::{Value, json};

pub const STANDARD: &str = "sku,price,min_quantity,floor,cost\nA,100000,1,80000,60000\nA,90000,10,80000,60000\nB,50000,1,,\n";

pub fn day(days: i64) -> String {
    (chrono::Utc::now() + chrono::TimeDelta::days(days)).date_naive().to_string()
}

/// A list for everybody, tax of 10 % on top.
pub async fn list(desk: &Desk, name: &str, csv: &str) -> Value {
    desk.owner().post("/api/v1/price-lists", json!({"name": name, "currency": "VND", "prices": {"valid_from": day(-30), "tax_rate": "10", "csv": csv}})).await.expect(201).json()
}

/// Sends a body under the version the caller sees.
pub async fn under(client: &Client, method: Method, seen: &str, path: &str, body: Value) -> Answer {
    let etag = client.get(seen).await.expect(200).header("etag").expect("a version").to_owned();
    client.send(client.request(method, path).header("if-match", etag).json(&body)).await
}

pub fn body(desk: &Desk, company: &str, lines: Value, more: Value) -> Value {
    let mut body = json!({"company_id": company, "channel_account_id": desk.account, "valid_until": day(14), "lines": lines});
    body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    body
}

pub async fn quote(client: &Client, desk: &Desk, company: &str, lines: Value, more: Value) -> String {
    id(&client.post("/api/v1/quotes", body(desk, company, lines, more)).await.expect(201).json())
}

pub async fn step(client: &Client, quote: &str, step: &str) -> Answer {
    let path = format!("/api/v1/quotes/{quote}");
    under(client, Method::POST, &path, &format!("{path}/{step}"), json!({})).await
}

/// Sent and accepted: the order's id.
pub async fn ordered(client: &Client, quote: &str) -> String {
    step(client, quote, "send").await.expect(200);
    step(client, quote, "accept").await.expect(200).json()["order"]["id"].as_str().expect("an order").to_owned()
}

pub async fn decide(client: &Client, request: &str, body: Value) -> Answer {
    let path = format!("/api/v1/approvals/{request}");
    under(client, Method::POST, &path, &format!("{path}/decide"), body).await
}

/// What waits for everybody's decision of this query.
pub async fn waiting(client: &Client, query: &str) -> Vec<Value> {
    client.get(&format!("/api/v1/approvals?{query}")).await.expect(200).json()["data"].as_array().unwrap().clone()
}

pub async fn role(desk: &Desk, name: &str) -> Value {
    let roles = desk.owner().get("/api/v1/roles").await.expect(200).json();
    roles["data"].as_array().unwrap().iter().find(|r| r["name"] == name).unwrap()["id"].clone()
}

pub async fn matrix(desk: &Desk, matrix: Value) -> Value {
    under(desk.owner(), Method::PUT, "/api/v1/price-matrix", "/api/v1/price-matrix", matrix).await.expect(200).json()
}

/// A write about an order under its version. A review may take the order on between seeing and writing: then it is seen again.
pub async fn on(client: &Client, order: &str, method: Method, what: &str, body: Value) -> Answer {
    let path = format!("/api/v1/orders/{order}");
    for _ in 0..20 {
        let answer = under(client, method.clone(), &path, &format!("{path}/{what}"), body.clone()).await;
        if answer.status != 412 {
            return answer;
        }
    }
    panic!("{order} never came to rest");
}
