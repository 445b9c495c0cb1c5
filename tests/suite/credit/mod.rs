//! Selling on credit over HTTP: companies, confirming, exposure, holds with authority, policies and their decisions.

mod authority;
mod confirm;
mod exposure;
mod policies;

use kit::{Answer, Client, Server, server::Merchant};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// A wholesaler with a sales desk.
pub struct Desk {
    pub server: Server,
    pub merchant: Merchant,
    pub account: String,
}

impl Desk {
    pub async fn open() -> Self {
        let server = Server::start().await;
        let merchant = server.merchant("wholesale").await;
        let account = merchant.owner.post("/api/v1/channel-accounts", json!({"kind": "manual", "name": "Sales desk"})).await.expect(201).json();
        Self { account: id(&account), server, merchant }
    }
    pub fn owner(&self) -> &Client {
        &self.merchant.owner
    }
    /// A company in VND with 30 days net from the order.
    pub async fn company(&self, name: &str, limit: Option<&str>, more: Value) -> String {
        let mut body = json!({"name": name, "terms": {"kind": "net", "days": 30}, "due_from": "order", "credit_limit": limit.map(|amount| json!({"amount": amount, "currency": "VND"}))});
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        id(&self.owner().post("/api/v1/companies", body).await.expect(201).json())
    }
    pub async fn order(&self, company: Option<&str>, amount: &str, more: Value) -> String {
        let mut body = json!({"channel_account_id": self.account, "company_id": company, "segment": company.map(|_| "b2b"), "lines": [{"sku": "A", "quantity": "1", "unit_price": amount}]});
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        id(&self.owner().post("/api/v1/orders", body).await.expect(201).json())
    }
    pub async fn confirm(&self, order: &str) -> Value {
        confirm_as(self.owner(), order).await.expect(200).json()
    }
    pub async fn see(&self, order: &str) -> Value {
        self.owner().get(&format!("/api/v1/orders/{order}")).await.expect(200).json()
    }
    pub async fn edit_company(&self, company: &str, change: Value) -> Value {
        let seen = self.owner().get(&format!("/api/v1/companies/{company}")).await.expect(200);
        let request = self.owner().request(Method::PATCH, &format!("/api/v1/companies/{company}")).header("if-match", seen.header("etag").unwrap()).json(&change);
        self.owner().send(request).await.expect(200).json()
    }
    /// Waits until the order is as wanted: the worker judges again within seconds.
    pub async fn until(&self, order: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..200 {
            let order = self.see(order).await;
            if wanted(&order) {
                return order;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{what}: {:#}", self.see(order).await);
    }
    /// Tells of money that came for an order, as a channel would: a new fact.
    pub async fn paid(&self, order: &str, amount: i64) {
        use kernel::{Currency, Money};
        use switchyard_core::orders::{self, fact::*};
        let order: kernel::OrderId = order.parse().unwrap();
        let tenant: kernel::TenantId = self.merchant.id.parse().unwrap();
        let actor = tenants::Actor::system(tenant, "test", tenants::RightSet::all());
        let mut tx = self.server.app.directory.begin(&actor).await.unwrap();
        let row = orders::list::row(&mut tx, order).await.unwrap().unwrap();
        let tender = Tender { id: uuid::Uuid::now_v7().to_string(), method: "bank_transfer".into(), state: TenderState::Captured, amount: Money::new(amount.into(), Currency::VND), holder: Holder::Tenant, reference: None, account: None, carrying: None, at: Some(tx.now()) };
        let fact = Fact { order: row.external_id.clone(), revision: 1, occurred_at: tx.now(), what: What::Tendered(tender) };
        let source = orders::Source { account: row.channel_account_id, kind: row.channel_kind.parse().unwrap() };
        orders::apply(&mut tx, source, vec![fact], "test").await.unwrap();
        tx.commit().await.unwrap();
    }
    /// A member with a role of the tenant.
    pub async fn member(&self, name: &str, role: &str) -> (Client, String) {
        let roles = self.owner().get("/api/v1/roles").await.expect(200).json();
        let role = roles["data"].as_array().unwrap().iter().find(|r| r["name"] == role).expect("the role")["id"].clone();
        let email = format!("{name}-{}@example.com", self.merchant.slug);
        self.owner().post("/api/v1/invitations", json!({"email": email, "role_ids": [role]})).await.expect(201);
        let token = kit::server::mail_token(&self.merchant.data_dir, &email, "invitation");
        let person = self.owner().stranger().belonging_to(self.owner().canary().clone());
        let session = person.post("/api/v1/invitations/accept", json!({"token": token, "name": name, "password": "correct horse battery"})).await.expect(200).json();
        (person, session["person"]["id"].as_str().unwrap().to_owned())
    }
}

pub async fn confirm_as(client: &Client, order: &str) -> Answer {
    let seen = client.get(&format!("/api/v1/orders/{order}")).await.expect(200);
    client.send(client.request(Method::POST, &format!("/api/v1/orders/{order}/confirm")).header("if-match", seen.header("etag").unwrap())).await
}

pub fn id(of: &Value) -> String {
    of["id"].as_str().unwrap_or_else(|| panic!("no id in {of}")).to_owned()
}

pub fn codes(outcome: &Value) -> Vec<&str> {
    outcome["reasons"].as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap()).collect()
}
