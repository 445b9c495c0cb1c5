//! Intake over real HTTP with the bundled connectors: signed webhooks, documents, quarantine, and every kind of bad input.

use hmac::{Hmac, KeyInit, Mac};
use kit::{Answer, Client, Server, server::Merchant};
use reqwest::Method;
use serde_json::{Value, json};

const CLIENT_SECRET: &str = "shpss_test";
const PARTNER_KEY: &str = "partner-key";

struct Shop {
    server: Server,
    merchant: Merchant,
    account: String,
    hook: String,
    secret: &'static str,
}

impl Shop {
    async fn shopify() -> Shop {
        let server = Server::start().await;
        let merchant = server.merchant("intake").await;
        Shop::on(server, merchant, "shopify").await
    }

    async fn on(server: Server, merchant: Merchant, kind: &str) -> Shop {
        let (account, hook) = connect(&merchant.owner, kind).await;
        Shop { server, merchant, account, hook, secret: if kind == "shopify" { CLIENT_SECRET } else { PARTNER_KEY } }
    }

    fn owner(&self) -> &Client {
        &self.merchant.owner
    }

    /// A Shopify webhook signed as SPEC.md §1 says.
    async fn push(&self, id: &str, body: &[u8]) -> Answer {
        self.push_signed(id, body, self.secret).await
    }

    async fn push_signed(&self, id: &str, body: &[u8], secret: &str) -> Answer {
        use base64::Engine as _;
        let signature = base64::engine::general_purpose::STANDARD.encode(hmac(secret, &[body]));
        let stranger = self.server.stranger();
        let request = stranger.bare(Method::POST, &self.hook).header("content-type", "application/json").header("x-shopify-topic", "orders/updated").header("x-shopify-webhook-id", id);
        stranger.send(request.header("x-shopify-hmac-sha256", signature).body(body.to_vec())).await
    }

    async fn orders(&self) -> Vec<Value> {
        self.owner().get("/api/v1/orders?limit=200").await.expect(200).json()["data"].as_array().unwrap().clone()
    }

    async fn quarantine(&self) -> Vec<Value> {
        self.owner().get("/api/v1/quarantine").await.expect(200).json()["data"].as_array().unwrap().clone()
    }

    async fn document(&self, body: &[u8]) -> Value {
        let request = self.owner().request(Method::POST, &format!("/api/v1/channel-accounts/{}/documents", self.account)).header("content-type", "application/json").body(body.to_vec());
        self.owner().send(request).await.expect(200).json()
    }
}

fn hmac(secret: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

async fn connect(owner: &Client, kind: &str) -> (String, String) {
    let form = match kind {
        "shopify" => json!({"kind": kind, "name": "Shop", "shop": "hoa-moc.myshopify.com", "settings": {"shop": "hoa-moc.myshopify.com"}, "secrets": {"client_secret": CLIENT_SECRET}}),
        _ => json!({"kind": kind, "name": "Shop", "shop": "88123456", "settings": {"partner_id": "2001887", "shop_id": "88123456", "currency": "VND"}, "secrets": {"partner_key": PARTNER_KEY}}),
    };
    let account = owner.post("/api/v1/channel-accounts", form).await.expect(201).json();
    let hook = account["hook_url"].as_str().unwrap().strip_prefix(&owner.base).unwrap().to_owned();
    (account["id"].as_str().unwrap().to_owned(), hook)
}

/// A Shopify order in the channel's shape, changed at will.
fn order(id: u64, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let example = std::fs::read(kit::project().join("plugins/conformance/shopify/order-cash-on-delivery/body")).expect("an example");
    let mut body: Value = serde_json::from_slice(&example).expect("JSON");
    body["id"] = id.into();
    body["name"] = format!("#{id}").into();
    change(&mut body);
    serde_json::to_vec(&body).unwrap()
}

#[tokio::test]
async fn a_signed_order_is_in_the_list_with_its_lines_and_its_raw_payload() {
    let shop = Shop::shopify().await;
    let body = order(1, |_| {});
    let answer = shop.push("w-1", &body).await.expect(200);
    assert!(answer.body.is_empty(), "Shopify wants an empty 200");
    let row = shop.orders().await.remove(0);
    assert_eq!((row["channel_kind"].as_str(), row["described"].as_bool(), row["external_id"].as_str()), (Some("shopify"), Some(true), Some("1")));
    let path = format!("/api/v1/orders/{}", row["id"].as_str().unwrap());
    let whole = shop.owner().get(&path).await.expect(200);
    assert_eq!(whole.header("etag"), Some("\"1\""));
    let whole = whole.json();
    assert_eq!(whole["totals"]["difference"], Value::Null, "{}", whole["totals"]);
    assert_eq!(whole["totals"]["total"]["amount"], whole["totals"]["stated_total"]["amount"]);
    assert_eq!(whole["lines"][0]["components"][0]["funded_by"], "tenant");
    let raw = shop.owner().get(&format!("{path}/raw")).await.expect(200).json();
    assert_eq!(raw["data"][0]["body"].as_str().unwrap().as_bytes(), body);
    let story = shop.owner().get(&format!("{path}/timeline")).await.expect(200).json();
    assert!(story["data"].as_array().unwrap().iter().any(|m| m["kind"] == "described" && m["cause"] == raw["data"][0]["inbox_id"]));
}

#[tokio::test]
async fn a_repeated_delivery_changes_nothing_and_is_acknowledged() {
    let shop = Shop::shopify().await;
    let body = order(1, |_| {});
    for _ in 0..3 {
        shop.push("w-1", &body).await.expect(200);
    }
    let row = shop.orders().await.remove(0);
    assert_eq!(row["version"], 1);
    let account = shop.owner().get(&format!("/api/v1/channel-accounts/{}", shop.account)).await.expect(200).json();
    assert_eq!((account["health"]["received"].as_i64(), account["health"]["state"].as_str()), (Some(3), Some("healthy")));
}

/// GRP-1: many at once for one tenant, each twice: every one is there once.
#[tokio::test]
async fn grp_1_what_arrives_together_is_written_once_each() {
    let shop = std::sync::Arc::new(Shop::shopify().await);
    shop.push("warm", &order(1_000, |_| {})).await.expect(200);
    let tasks: Vec<_> = (0..120u64)
        .map(|n| {
            let shop = shop.clone();
            tokio::spawn(async move {
                // Admission may be full for a moment: the channel comes again, as after any 503.
                for _ in 0..50 {
                    let answer = shop.push(&format!("w-{}", n / 2), &order(n / 2 + 1, |_| {})).await;
                    if answer.status != 503 {
                        answer.expect(200);
                        return;
                    }
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
                panic!("never taken");
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let orders = shop.orders().await;
    assert_eq!(orders.len(), 61);
    assert!(orders.iter().all(|o| o["version"] == 1));
    let numbers: std::collections::HashSet<i64> = orders.iter().map(|o| o["number"].as_i64().unwrap()).collect();
    assert_eq!(numbers.len(), 61);
    assert!(shop.quarantine().await.is_empty());
}

#[tokio::test]
async fn a_wrong_signature_is_refused_kept_and_replayed_once_the_secret_is_right() {
    let shop = Shop::shopify().await;
    let body = order(7, |_| {});
    shop.push_signed("w-1", &body, "another").await.expect(401);
    assert!(shop.orders().await.is_empty());
    let entry = shop.quarantine().await.remove(0);
    assert_eq!((entry["reason_code"].as_str(), entry["origin"].as_str()), (Some("bad_signature"), Some("webhook")));
    let path = format!("/api/v1/quarantine/{}", entry["id"].as_str().unwrap());
    let whole = shop.owner().get(&path).await.expect(200).json();
    assert_eq!(whole["body"].as_str().unwrap().as_bytes(), body);
    let again = shop.owner().post(&format!("{path}/replay"), json!({})).await.expect(200).json();
    assert_eq!((again["state"].as_str(), again["reason_code"].as_str()), (Some("quarantined"), Some("bad_signature")));
    let secret = format!("/api/v1/channel-accounts/{}/secrets/client_secret", shop.account);
    shop.owner().put(&secret, json!({"value": "another"})).await.expect(204);
    let replayed = shop.owner().post(&format!("{path}/replay"), json!({})).await.expect(200).json();
    assert_eq!((replayed["state"].as_str(), replayed["orders"].as_array().unwrap().len()), (Some("applied"), 1));
    assert_eq!(shop.owner().post(&format!("{path}/replay"), json!({})).await.expect(409).code(), "settled");
    assert!(shop.quarantine().await.is_empty());
    assert_eq!(shop.orders().await.len(), 1);
}

#[tokio::test]
async fn box_3_a_flood_of_forged_messages_is_counted_not_kept() {
    let shop = Shop::shopify().await;
    for n in 0..130 {
        shop.push_signed("w", format!("{{\"n\":{n}}}").as_bytes(), "forger").await.expect(401);
    }
    let mut owner = shop.server.database.owner().await;
    let (kept, received, rejected): (i64, i64, i64) =
        sqlx::query_as("select (select count(*) from tenant.inbox), received, rejected from tenant.channel_accounts where kind = 'shopify'").fetch_one(&mut owner).await.unwrap();
    assert_eq!((kept, received, rejected), (switchyard_core::channels::inbox::FORGED_PER_HOUR_MAX, 130, 130));
}

#[tokio::test]
async fn authentic_but_unreadable_messages_are_acknowledged_and_kept() {
    let shop = Shop::shopify().await;
    let whole = order(1, |_| {});
    let twice = String::from_utf8(whole.clone()).unwrap().replacen('{', "{\"id\":2,", 1);
    for (name, body) in [("truncated", whole[..whole.len() / 2].to_vec()), ("not-json", b"hello".to_vec()), ("keys-twice", twice.into_bytes()), ("empty", b"".to_vec())] {
        let answer = shop.push(name, &body).await;
        assert!(answer.status.is_success(), "{name}: some channels stop calling after a 4xx: {}", answer.status);
        let entry = shop.quarantine().await.remove(0);
        assert_eq!((entry["reason_code"].as_str(), entry["body_bytes"].as_u64()), (Some("malformed"), Some(body.len() as u64)), "{name}");
    }
    assert_eq!(shop.quarantine().await.len(), 4);
    assert!(shop.orders().await.is_empty());
    let first = shop.quarantine().await.remove(0);
    let path = format!("/api/v1/quarantine/{}/discard", first["id"].as_str().unwrap());
    assert_eq!(shop.owner().post(&path, json!({"reason": " "})).await.expect(422).code(), "invalid");
    shop.owner().post(&path, json!({"reason": "a test of theirs"})).await.expect(204);
    assert_eq!(shop.owner().post(&path, json!({"reason": "again"})).await.expect(409).code(), "settled");
    assert_eq!(shop.quarantine().await.len(), 3);
}

#[tokio::test]
async fn ten_mebibytes_are_refused_with_an_entry_that_says_so() {
    let shop = Shop::shopify().await;
    let body = vec![b'x'; 10 * 1024 * 1024];
    assert_eq!(shop.push("w-1", &body).await.expect(413).code(), "too_large");
    let entry = shop.quarantine().await.remove(0);
    assert_eq!((entry["reason_code"].as_str(), entry["body_bytes"].as_u64()), (Some("too_large"), Some(body.len() as u64)));
    assert!(entry["reason"].as_str().unwrap().contains(&hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&body))));
    let path = format!("/api/v1/quarantine/{}", entry["id"].as_str().unwrap());
    let whole = shop.owner().get(&path).await.expect(200).json();
    assert_eq!((whole["cut"].as_bool(), whole["body"].as_str().unwrap().len()), (Some(true), 64 * 1024));
    assert_eq!(shop.owner().post(&format!("{path}/replay"), json!({})).await.expect(409).code(), "cut");
}

#[tokio::test]
async fn odd_values_make_visible_orders_or_entries_and_lose_nothing() {
    let shop = Shop::shopify().await;
    let set = |field: &'static str, value: Value| move |body: &mut Value| body["line_items"][0][field] = value;
    // What cannot be mapped is an order with a hold.
    shop.push("status", &order(1, |body| body["financial_status"] = "teleported".into())).await.expect(200);
    shop.push("currency", &order(2, |body| body["currency"] = "ZZZ".into())).await.expect(200);
    // Zero and negative quantities are facts of the channel.
    shop.push("zero", &order(3, set("quantity", 0.into()))).await.expect(200);
    shop.push("negative", &order(4, set("quantity", (-1).into()))).await.expect(200);
    // Beyond what a number may be: kept, with the field named.
    shop.push("range", &order(5, set("price", "99999999999999999999".into()))).await.expect(200);
    let held: Vec<Value> = shop.orders().await.into_iter().filter(|o| o["holds"] == json!(["mapping"])).map(|o| o["external_id"].clone()).collect();
    assert!(held.contains(&json!("1")), "{held:?}");
    assert!(held.contains(&json!("2")), "{held:?}");
    let strange = shop.orders().await.into_iter().find(|o| o["external_id"] == "2").unwrap();
    let whole = shop.owner().get(&format!("/api/v1/orders/{}", strange["id"].as_str().unwrap())).await.expect(200).json();
    assert!(whole.to_string().contains("ZZZ"), "the hold names the unknown currency: {whole}");
    let known = shop.orders().await.len() + shop.quarantine().await.len();
    assert_eq!(known, 5, "orders {:?}, quarantine {:?}", shop.orders().await, shop.quarantine().await);
    let entry = shop.quarantine().await.into_iter().find(|e| e["reason"].as_str().unwrap().contains("price"));
    assert!(entry.is_some(), "{:?}", shop.quarantine().await);
}

#[tokio::test]
async fn another_tenants_hook_takes_nothing_of_ours() {
    let shop = Shop::shopify().await;
    let other = shop.server.merchant("other").await;
    let (account, theirs) = connect(&other.owner, "shopify").await;
    let secret = format!("/api/v1/channel-accounts/{account}/secrets/client_secret");
    other.owner.put(&secret, json!({"value": "theirs"})).await.expect(204);
    let body = order(1, |body| body["note"] = shop.owner().canary().marker().into());
    let signature = { use base64::Engine as _; base64::engine::general_purpose::STANDARD.encode(hmac(CLIENT_SECRET, &[&body])) };
    let stranger = shop.server.stranger();
    let request = stranger.bare(Method::POST, &theirs).header("x-shopify-topic", "orders/create").header("x-shopify-hmac-sha256", signature).body(body);
    stranger.send(request).await.expect(401);
    assert!(shop.orders().await.is_empty() && shop.quarantine().await.is_empty());
    for unknown in ["/hooks/hook_00000000000000000000000000000000", "/hooks/x", "/hooks/hook_'--"] {
        stranger.send(stranger.bare(Method::POST, unknown).body("{}")).await.expect(404);
    }
}

#[tokio::test]
async fn a_thin_push_makes_a_visible_order_that_waits_for_its_description() {
    let server = Server::start().await;
    let merchant = server.merchant("thin").await;
    let shop = Shop::on(server, merchant, "shopee").await;
    let body = json!({"msg_id": "m-1", "shop_id": 88123456, "code": 3, "timestamp": 1795400001, "data": {"ordersn": "2611230AAA0001", "status": "READY_TO_SHIP", "completed_scenario": "", "items": [], "update_time": 1795400000}}).to_string();
    let url = format!("{}{}", shop.server.url, shop.hook);
    let signature = hex::encode(hmac(PARTNER_KEY, &[url.as_bytes(), b"|", body.as_bytes()]));
    let stranger = shop.server.stranger();
    let push = || stranger.bare(Method::POST, &shop.hook).header("authorization", &signature).header("content-type", "application/json").body(body.clone());
    let answer = stranger.send(push()).await.expect(200);
    assert!(answer.body.is_empty(), "Shopee counts a JSON acknowledgement as a failure (SPEC.md §3)");
    let row = shop.orders().await.remove(0);
    assert_eq!((row["described"].as_bool(), row["channel_status"].as_str()), (Some(false), Some("READY_TO_SHIP")));
    let account = shop.owner().get(&format!("/api/v1/channel-accounts/{}", shop.account)).await.expect(200).json();
    assert_eq!(account["health"]["pending_fetches"], 1);
    // Another shop's message, rightly signed with the same partner key, is not this account's.
    let foreign = body.replace("88123456", "99999999");
    let signature = hex::encode(hmac(PARTNER_KEY, &[url.as_bytes(), b"|", foreign.as_bytes()]));
    stranger.send(stranger.bare(Method::POST, &shop.hook).header("authorization", signature).body(foreign)).await;
    assert_eq!(shop.quarantine().await[0]["reason_code"], "wrong_shop");
    assert_eq!(shop.orders().await.len(), 1);
}

#[tokio::test]
async fn a_document_handed_in_is_applied_once() {
    let shop = Shop::shopify().await;
    let body = order(9, |_| {});
    let first = shop.document(&body).await;
    assert_eq!((first["state"].as_str(), first["orders"].as_array().unwrap().len()), (Some("applied"), 1));
    assert_eq!(shop.document(&body).await["state"], "duplicate");
    assert_eq!(shop.document(b"{}").await["state"], "quarantined");
}

#[tokio::test]
async fn a_disconnected_account_answers_no_more_and_keeps_its_orders() {
    let shop = Shop::shopify().await;
    shop.push("w-1", &order(1, |_| {})).await.expect(200);
    let path = format!("/api/v1/channel-accounts/{}", shop.account);
    let rotated = shop.owner().post(&format!("{path}/hook/rotate"), json!({})).await.expect(200).json();
    assert_ne!(rotated["hook_url"].as_str().unwrap(), format!("{}{}", shop.server.url, shop.hook));
    shop.push("w-2", &order(2, |_| {})).await.expect(404);
    assert_eq!(shop.owner().post("/api/v1/channel-accounts", json!({"kind": "shopify", "name": "Twice", "shop": "hoa-moc.myshopify.com", "secrets": {"client_secret": "x"}})).await.expect(409).code(), "shop_connected");
    shop.owner().delete(&path).await.expect(204);
    let account = shop.owner().get(&path).await.expect(200).json();
    assert_eq!((account["state"].as_str(), account["secrets"].as_array().unwrap().iter().map(|s| s["versions"].as_i64().unwrap()).sum::<i64>()), (Some("disconnected"), 0));
    assert_eq!(shop.orders().await.len(), 1);
    connect(shop.owner(), "shopify").await;
}
