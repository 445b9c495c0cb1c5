//! Tax invoices: issued by hand and by themselves, corrected and replaced, judged by rules nobody here wrote.

mod automatic;
mod life;
pub mod paper;
mod rules;
mod sending;
mod series;
mod vietnam;

use chrono::Utc;
use kernel::{Currency, Money};
use kit::{Answer, Client, Server, server::Merchant};
use reqwest::Method;
use serde_json::{Value, json};
use switchyard_core::orders::{self, fact::*};
use tenants::{Actor, RightSet, TenantTx};

/// A merchant who issues.
pub struct Office {
    pub server: Server,
    pub merchant: Merchant,
    /// Sold when it is told.
    pub counter: String,
    /// Sold when it leaves.
    pub desk: String,
    pub currency: &'static str,
}

impl Office {
    pub async fn european() -> Self {
        Self::open("DE", "EUR", &[]).await
    }
    pub async fn vietnamese() -> Self {
        Self::open("VN", "VND", &[]).await
    }
    pub async fn open(country: &'static str, currency: &'static str, settings: &[(&str, &str)]) -> Self {
        let server = Server::start_with(settings).await;
        let merchant = server.merchant_in("invoices", country, currency).await;
        let account = async |kind: &str| id(&merchant.owner.post("/api/v1/channel-accounts", json!({"kind": kind, "name": kind, "currency": currency})).await.expect(201).json());
        let (counter, desk) = (account("pos").await, account("manual").await);
        let office = Self { server, merchant, counter, desk, currency };
        office.set(json!({})).await.expect(200);
        office
    }
    pub fn owner(&self) -> &Client {
        &self.merchant.owner
    }
    /// Settings of the country, with what is named instead.
    pub async fn set(&self, more: Value) -> Answer {
        let mut settings = match self.currency {
            "VND" => json!({"legal_name": "Công ty TNHH Sông Hồng", "tax_id": "0100109106", "address": "1 Trần Hưng Đạo", "city": "Hà Nội", "country": "VN", "regime": "vn-2026-07", "series": "CTAA", "issue_on": "manual"}),
            _ => json!({"legal_name": "Nordlicht Handel GmbH", "tax_id": "DE123456789", "address": "Hauptstraße 1", "city": "Hamburg", "postcode": "20095", "country": "DE", "regime": "eu-en16931", "series": "INV", "credit_series": "CN", "issue_on": "manual"}),
        };
        settings.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        let seen = self.owner().get("/api/v1/invoice-settings").await.expect(200);
        self.owner().send(self.owner().request(Method::PUT, "/api/v1/invoice-settings").header("if-match", seen.header("etag").unwrap()).json(&settings)).await
    }
    pub async fn order(&self, account: &str, lines: Value, more: Value) -> String {
        let mut body = json!({"channel_account_id": account, "lines": lines});
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        id(&self.owner().post("/api/v1/orders", body).await.expect(201).json())
    }
    /// An order over the counter: it is sold.
    pub async fn sale(&self, lines: Value, more: Value) -> String {
        self.order(&self.counter, lines, more).await
    }
    pub async fn issue(&self, orders: &[&str]) -> Answer {
        self.owner().post("/api/v1/invoices", json!({"order_ids": orders})).await
    }
    pub async fn issued(&self, orders: &[&str]) -> Value {
        self.issue(orders).await.expect(201).json()
    }
    pub async fn see(&self, invoice: &Value) -> Value {
        self.owner().get(&format!("/api/v1/invoices/{}", id(invoice))).await.expect(200).json()
    }
    pub async fn xml(&self, invoice: &Value) -> String {
        self.owner().get(&format!("/api/v1/invoices/{}/xml", id(invoice))).await.expect(200).text()
    }
    pub async fn act(&self, invoice: &Value, what: &str, body: Value) -> Answer {
        self.owner().post(&format!("/api/v1/invoices/{}/{what}", id(invoice)), body).await
    }
    pub async fn step(&self, invoice: &Value, step: &str) -> Answer {
        self.act(invoice, "steps", json!({"step": step, "provider": "MISA", "reference": "M1"})).await
    }
    pub async fn seen_order(&self, order: &str) -> Value {
        self.owner().get(&format!("/api/v1/orders/{order}")).await.expect(200).json()
    }
    pub async fn track(&self, order: &str) -> String {
        self.seen_order(order).await["invoice_track"].as_str().unwrap().to_owned()
    }
    /// `kind number state`, newest first.
    pub async fn documents(&self, query: &str) -> Vec<String> {
        let list = self.owner().get(&format!("/api/v1/invoices?{query}")).await.expect(200).json();
        list["data"].as_array().unwrap().iter().map(|row| format!("{} {} {}", row["kind"].as_str().unwrap(), row["number"].as_str().unwrap(), row["state"].as_str().unwrap())).collect()
    }
    pub async fn ship(&self, order: &str, lines: Value) {
        self.ship_at(order, lines, Utc::now()).await;
    }
    pub async fn ship_at(&self, order: &str, lines: Value, at: chrono::DateTime<Utc>) {
        let seen = self.owner().get(&format!("/api/v1/orders/{order}")).await.expect(200);
        let request = self.owner().request(Method::POST, &format!("/api/v1/orders/{order}/shipments")).header("if-match", seen.header("etag").unwrap()).json(&json!({"state": "handed_over", "lines": lines, "at": at}));
        self.owner().send(request).await.expect(201);
    }
    pub async fn pay(&self, order: &str, amount: &str) {
        let seen = self.owner().get(&format!("/api/v1/orders/{order}")).await.expect(200);
        let request = self.owner().request(Method::POST, &format!("/api/v1/orders/{order}/tenders")).header("if-match", seen.header("etag").unwrap()).json(&json!({"method": "cash", "amount": amount}));
        self.owner().send(request).await.expect(201);
    }
    pub async fn begin(&self) -> TenantTx {
        let actor = Actor::system(self.merchant.id.parse().unwrap(), "test", RightSet::all());
        self.server.app.directory.begin(&actor).await.unwrap()
    }
    /// A fact as a channel would tell it.
    pub async fn tell(&self, order: &str, what: What) {
        let mut tx = self.begin().await;
        let row = orders::list::row(&mut tx, order.parse().unwrap()).await.unwrap().unwrap();
        let source = orders::Source { account: row.channel_account_id, kind: row.channel_kind.parse().unwrap() };
        let fact = Fact { order: row.external_id.clone(), revision: 1, occurred_at: tx.now(), what };
        orders::apply(&mut tx, source, vec![fact], "test").await.unwrap();
        tx.commit().await.unwrap();
    }
    /// Goods came back; no lines are all of them.
    pub async fn returned(&self, order: &str, lines: &[(&str, &str)]) {
        let lines = lines.iter().map(|(line, quantity)| LineQuantity { line_id: (*line).into(), quantity: quantity.parse().unwrap() }).collect();
        let back = GoodsReturn { id: uuid::Uuid::now_v7().to_string(), state: ReturnState::Received, reason: None, goods_back: true, exchange: false, refund: None, lines, at: Some(Utc::now()) };
        self.tell(order, What::Returned(back)).await;
    }
    /// The price is lowered and the money given back.
    pub async fn given_back(&self, order: &str, amount: &str) {
        let currency: Currency = self.currency.parse().unwrap();
        let refund = Refund { id: uuid::Uuid::now_v7().to_string(), state: RefundState::Executed, amount: Some(Money::parse(amount, currency).unwrap()), method: None, account: None, reason: None, lines: vec![], at: Some(Utc::now()) };
        self.tell(order, What::Refunded(refund)).await;
    }
}

pub fn id(of: &Value) -> String {
    of["id"].as_str().unwrap_or_else(|| panic!("no id in {of}")).to_owned()
}

/// One line whose price holds its tax.
pub fn goods(line: &str, quantity: &str, unit_price: &str, rate: &str, tax: &str) -> Value {
    json!({"id": line, "sku": format!("SKU-{line}"), "name": format!("Goods {line}"), "quantity": quantity, "unit_price": unit_price, "taxes": [{"name": "VAT", "rate": rate, "amount": tax, "included": true}]})
}

/// The same with reductions of the tenant's own.
pub fn reduced(mut line: Value, components: &[(&str, &str)]) -> Value {
    line["components"] = components.iter().map(|(kind, amount)| json!({"kind": kind, "funded_by": "tenant", "amount": amount})).collect();
    line
}
