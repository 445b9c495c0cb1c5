//! Tax documents carried to the authority by a connected provider, which the simulator plays on loopback.

use super::{Office, goods, id};
use kernel::{ChannelAccountId, TenantId};
use kit::Client;
use serde_json::{Value, json};
use simulator::einvoice::Provider;
use sqlx::Executor;
use std::{sync::Arc, time::Duration};
use switchyard_core::{
    channels::lanes,
    invoices::provider,
    orders::errands::Action,
};
use switchyard_host::Errand;
use switchyard_server::flows;
use tenants::{Actor, RightSet};
use tokio::time::Instant;

const HOST: &str = "api.provider.example";
const OTHER_HOST: &str = "api.other.example";
const CLOSED: &str = "0101243150";

/// A provider on loopback: where it is.
async fn serve(provider: &Arc<Provider>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = provider.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address.to_string()
}

async fn connect(client: &Client, host: &str, key: &str) -> String {
    let account = json!({"kind": "einvoice", "name": "Nhà cung cấp", "settings": {"api_host": host}, "secrets": {"api_key": key}});
    id(&client.post("/api/v1/channel-accounts", account).await.expect(201).json())
}

struct Desk {
    office: Office,
    provider: Arc<Provider>,
    account: String,
}

impl Desk {
    /// Everything issued goes to a provider whose authority answers at the put of that number.
    async fn open(answers_at: u64) -> Self {
        Self::beside(Provider::new("k-1", &[CLOSED], answers_at), "").await
    }
    async fn beside(provider: Arc<Provider>, more: &str) -> Self {
        let overrides = format!("{HOST}={}{more}", serve(&provider).await);
        let office = Office::open("VN", "VND", &[("SWITCHYARD_ENDPOINT_OVERRIDES", &overrides)]).await;
        let account = connect(office.owner(), HOST, "k-1").await;
        office.set(json!({"provider_account_id": account})).await.expect(200);
        Self { office, provider, account }
    }
    async fn issue(&self, tax_code: &str) -> Value {
        let order = self.office.sale(json!([goods("a", "1", "110000", "10", "10000")]), json!({"buyer": {"company": "Biển Đông", "tax_code": tax_code}})).await;
        self.office.issued(&[&order]).await
    }
    /// Time passes for what waits, and the provider is tried at once.
    async fn later(&self) {
        let mut owner = self.office.server.database.owner().await;
        owner.execute("update tenant.errands set due_at = now() - interval '1 second' where state = 'retrying'").await.unwrap();
        owner.execute("update tenant.errand_lanes set opens_at = now() - interval '1 second'").await.unwrap();
        self.office.server.app.errands.ring(self.tenant());
    }
    fn tenant(&self) -> TenantId {
        self.office.merchant.id.parse().unwrap()
    }
    async fn until(&self, invoice: &Value, state: &str) -> Value {
        let end = Instant::now() + Duration::from_secs(40);
        loop {
            let seen = self.office.see(invoice).await;
            if seen["state"] == state {
                return seen;
            }
            assert!(Instant::now() < end, "not {state}: {} {}", seen["state"], seen["sending"]);
            self.later().await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

#[tokio::test]
async fn send_2_what_the_authority_says_moves_the_document_and_its_order() {
    let desk = Desk::open(3).await;
    let invoice = desk.issue("0100109106").await;
    let order = invoice["orders"][0]["id"].as_str().unwrap().to_owned();
    let sent = desk.until(&invoice, "sent").await;
    assert_eq!((sent["sending"]["code"].as_str(), desk.office.track(&order).await.as_str()), (Some(flows::sending::WAITING), "sent"), "{sent}");
    let accepted = desk.until(&invoice, "accepted").await;
    let steps: Vec<&str> = accepted["steps"].as_array().unwrap().iter().map(|step| step["state"].as_str().unwrap()).collect();
    assert_eq!(steps, ["issued", "sent", "accepted"], "asked three times, told once each");
    assert_eq!((accepted["steps"][2]["provider"].as_str(), accepted["sending"]["state"].as_str()), (Some("Nhà cung cấp"), Some("done")));
    let code = accepted["steps"][2]["reference"].as_str().unwrap();
    assert!(code.starts_with("00") && code.len() == 34, "{code}");
    assert_eq!((desk.office.track(&order).await.as_str(), accepted["actions"].to_string().contains("submit")), ("accepted", false));
    assert_eq!(desk.office.act(&invoice, "submit", json!({})).await.expect(409).code(), "not_now");
    // What the provider has is what was issued, under the errand's id.
    let documents = desk.provider.documents();
    let (key, document) = documents.iter().next().unwrap();
    assert_eq!((documents.len(), key.as_str(), document.puts, &document.xml), (1, accepted["sending"]["errand_id"].as_str().unwrap(), 3, &desk.office.xml(&invoice).await));
    desk.office.server.verify().await;
}

#[tokio::test]
async fn send_2_a_rejection_is_seen_with_its_reason_and_a_replacement_goes_out() {
    let desk = Desk::open(2).await;
    let invoice = desk.issue(CLOSED).await;
    let rejected = desk.until(&invoice, "rejected").await;
    let step = rejected["steps"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((step["reference"].as_str(), step["note"].as_str()), (Some("MST_CLOSED"), Some("Mã số thuế người mua đã ngừng hoạt động")));
    assert_eq!((rejected["sending"]["state"].as_str(), rejected["sending"]["code"].as_str()), (Some("refused"), Some("MST_CLOSED")));
    let replacement = desk.office.act(&invoice, "replace", json!({"reason": "Sai mã số thuế", "buyer": {"name": "Biển Tây", "tax_code": "0100109106"}})).await.expect(201).json();
    desk.until(&replacement, "accepted").await;
    assert_eq!(desk.office.see(&invoice).await["state"], "replaced");
    assert_eq!(desk.provider.documents().len(), 2);
    desk.office.server.verify().await;
}

#[tokio::test]
async fn send_1_a_carrier_that_dies_after_handing_over_submits_nothing_twice() {
    let desk = Desk::open(1).await;
    desk.provider.set_down(true);
    let invoice = desk.issue("0100109106").await;
    let end = Instant::now() + Duration::from_secs(20);
    while desk.office.see(&invoice).await["sending"]["state"] != "retrying" {
        assert!(Instant::now() < end, "nobody tried");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (app, account) = (&desk.office.server.app, desk.account.parse::<ChannelAccountId>().unwrap());
    let actor = Actor::system(desk.tenant(), "errands", RightSet::default());
    // Another server has the lane.
    let lane = lanes::Lane { account, holder: uuid::Uuid::new_v4() };
    let sql = async |text: String| desk.office.server.database.owner().await.execute(sqlx::AssertSqlSafe(text)).await.unwrap();
    sql(format!("update tenant.errand_lanes set opens_at = now() - interval '1 second', holder = '{}', held_until = now() + interval '3 minutes'", lane.holder)).await;
    sql("update tenant.errands set due_at = now() - interval '1 second'".into()).await;
    desk.provider.set_down(false);
    let mut tx = app.directory.begin(&actor).await.unwrap();
    let carried = lanes::next(&mut tx, lane).await.unwrap().unwrap();
    let Action::Document(document) = &carried.action else { panic!("{carried:?}") };
    let copy = provider::copy(&mut tx, document).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let ready = app.accounts.of_tenant(app, desk.tenant(), account).await.unwrap().unwrap();
    let told = app.host.push(ready.context.as_ref().unwrap(), &Errand { id: carried.id.to_string(), order: carried.external_id.clone(), action: Action::Invoice(copy) }).await.unwrap();
    assert!(told.reference.is_some(), "the authority has a code for it");
    // It dies here: nothing of it is written, and nobody else carries while its lease stands.
    assert_eq!(flows::errands::work(app, desk.tenant()).await.unwrap(), 0);
    assert_eq!(desk.office.see(&invoice).await["state"], "issued");
    sql(format!("update tenant.errand_lanes set holder = '{}', held_until = now() - interval '1 second'", uuid::Uuid::new_v4())).await;
    sql("update tenant.errands set due_at = now() - interval '1 second' where state = 'sending'".into()).await;
    let accepted = desk.until(&invoice, "accepted").await;
    let documents = desk.provider.documents();
    assert_eq!((documents.len(), accepted["steps"][2]["reference"].as_str()), (1, told.reference.as_deref()), "{documents:?}");
    assert!(documents.values().next().unwrap().puts >= 2, "it was put again under its id");
    // Asked for by hand it is not submitted again either.
    assert_eq!(desk.office.act(&invoice, "submit", json!({})).await.expect(409).code(), "not_now");
    desk.office.server.verify().await;
}

#[tokio::test]
async fn send_3_while_a_provider_is_down_documents_wait_and_other_tenants_do_not() {
    let other = Provider::new("k-2", &[], 1);
    let more = format!(" {OTHER_HOST}={}", serve(&other).await);
    let desk = Desk::beside(Provider::new("k-1", &[], 1), &more).await;
    desk.provider.set_down(true);
    let mut waiting = Vec::new();
    for _ in 0..3 {
        waiting.push(desk.issue("0100109106").await);
    }
    let end = Instant::now() + Duration::from_secs(20);
    while desk.provider.refused_while_down() == 0 {
        assert!(Instant::now() < end, "nobody tried");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Another tenant of the same server, with a provider that is well.
    let second = desk.office.server.merchant_in("other", "VN", "VND").await;
    let till = id(&second.owner.post("/api/v1/channel-accounts", json!({"kind": "pos", "name": "pos", "currency": "VND"})).await.expect(201).json());
    let account = connect(&second.owner, OTHER_HOST, "k-2").await;
    let settings = json!({"legal_name": "Khác", "tax_id": "0100109106", "address": "1", "city": "Huế", "country": "VN", "regime": "vn-2026-07", "series": "CTBB", "issue_on": "manual", "provider_account_id": account});
    second.owner.send(second.owner.request(reqwest::Method::PUT, "/api/v1/invoice-settings").header("if-match", "\"0\"").json(&settings)).await.expect(200);
    let order = id(&second.owner.post("/api/v1/orders", json!({"channel_account_id": till, "lines": [goods("a", "1", "110000", "10", "10000")]})).await.expect(201).json());
    let theirs = id(&second.owner.post("/api/v1/invoices", json!({"order_ids": [order]})).await.expect(201).json());
    let end = Instant::now() + Duration::from_secs(20);
    while second.owner.get(&format!("/api/v1/invoices/{theirs}")).await.expect(200).json()["state"] != "accepted" {
        assert!(Instant::now() < end, "the other tenant's document waits too");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // An account of another tenant is nobody's provider here.
    assert_eq!(desk.office.set(json!({"provider_account_id": account})).await.expect(422).json()["errors"][0]["pointer"], "/provider_account_id");
    for invoice in &waiting {
        let seen = desk.office.see(invoice).await;
        assert_eq!((seen["state"].as_str(), seen["sending"]["state"].as_str().is_some_and(|state| state != "done")), (Some("issued"), true), "{}", seen["sending"]);
    }
    assert_eq!((desk.provider.documents().len(), other.documents().len()), (0, 1));
    desk.provider.set_down(false);
    for invoice in &waiting {
        desk.until(invoice, "accepted").await;
    }
    assert_eq!(desk.provider.documents().len(), 3);
    desk.office.server.verify().await;
}

#[tokio::test]
async fn send_3_what_the_provider_does_not_take_stays_issued_and_may_be_asked_again() {
    let desk = Desk::open(1).await;
    // A key that is wrong pauses the account until a person sets it anew.
    let path = format!("/api/v1/channel-accounts/{}", desk.account);
    let refused = desk.office.owner().send(desk.office.owner().request(reqwest::Method::PUT, &format!("{path}/secrets/api_key")).json(&json!({"value": "wrong"}))).await;
    assert!(refused.status.is_success(), "{}", refused.text());
    let invoice = desk.issue("0100109106").await;
    let end = Instant::now() + Duration::from_secs(20);
    while desk.office.owner().get(&path).await.expect(200).json()["state"] != "paused" {
        assert!(Instant::now() < end, "the account goes on with a wrong key");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let seen = desk.office.see(&invoice).await;
    assert_eq!((seen["state"].as_str(), seen["sending"]["code"].as_str()), (Some("issued"), Some("plugin.unauthorized")), "{seen}");
    let set = desk.office.owner().send(desk.office.owner().request(reqwest::Method::PUT, &format!("{path}/secrets/api_key")).json(&json!({"value": "k-1"}))).await;
    assert!(set.status.is_success(), "{}", set.text());
    desk.office.owner().send(desk.office.owner().request(reqwest::Method::PATCH, &path).json(&json!({"state": "active"}))).await.expect(200);
    desk.until(&invoice, "accepted").await;
    // Issued without a provider, sent when there is one.
    desk.office.set(json!({"provider_account_id": null})).await.expect(200);
    let by_hand = desk.issue("0100109106").await;
    assert_eq!((&by_hand["sending"], desk.office.act(&by_hand, "submit", json!({})).await.expect(409).code().as_str()), (&Value::Null, "no_provider"));
    desk.office.set(json!({"provider_account_id": desk.account})).await.expect(200);
    assert!(desk.office.see(&by_hand).await["actions"].to_string().contains("submit"));
    desk.office.act(&by_hand, "submit", json!({})).await.expect(202);
    desk.until(&by_hand, "accepted").await;
    desk.office.server.verify().await;
}
