//! The reconciliation poll: what no webhook told is found all the same.

use kit::{Client, Server};
use serde_json::{Value, json};
use simulator::{Assortment, Channel, Faults, Market, Path, Shop, Simulation};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// Shops the simulator answers for; backfills ask them too.
pub const SHOPS: [(Channel, &str, &str, &str, &str); 5] = [
    // channel, kind, shop, its host, the app's id
    (Channel::Shopee, "shopee", "88123456", "partner.shopeemobile.com", "2001887"),
    (Channel::Tiktok, "tiktok", "7490001112223334445", "open-api.tiktokglobalshop.com", "6abcde"),
    (Channel::Shopify, "shopify", "hoa-moc.myshopify.com", "hoa-moc.myshopify.com", "unused"),
    (Channel::Lazada, "lazada", "200100300", "api.lazada.vn", "119900"),
    (Channel::Woo, "woo", "hoa-moc.wpcomstaging.com", "hoa-moc.wpcomstaging.com", "ck_x"),
];
const ORDERS: u32 = 60;

pub fn shop((channel, kind, shop, _, app): (Channel, &str, &str, &str, &str)) -> Shop {
    let path = Path::Hook {
        channel,
        shop: shop.into(),
        app: app.into(),
        secret: format!("key of {kind}"),
        access_token: format!("token-of-{kind}"),
        url: format!("https://hooks.example/hooks/{kind}"),
    };
    let (market, assortment, currency) = if kind == "shopify" { (Market::America, Assortment::Brand, "USD") } else { (Market::Vietnam, Assortment::Retail, "VND") };
    Shop { path, market, assortment, currency: currency.into(), weight: 1, sources: vec!["newsletter"] }
}

pub async fn connect(owner: &Client, kind: &str, shop: &str, app: &str) -> Value {
    let (settings, key) = match kind {
        "shopee" => (json!({"partner_id": app, "shop_id": shop, "currency": "VND"}), "partner_key"),
        "tiktok" => (json!({"app_key": app, "shop_cipher": "GCP_x"}), "app_secret"),
        "lazada" => (json!({"app_key": app, "country": "vn"}), "app_secret"),
        "woo" => (json!({"shop": shop, "consumer_key": app}), "webhook_secret"),
        _ => (json!({"shop": shop}), "client_secret"),
    };
    let token = if kind == "woo" { "consumer_secret" } else { "access_token" };
    let secrets = json!({key: format!("key of {kind}"), token: format!("token-of-{kind}")});
    owner.post("/api/v1/channel-accounts", json!({"kind": kind, "name": kind, "shop": shop, "settings": settings, "secrets": secrets})).await.expect(201).json()
}

pub async fn external_ids(owner: &Client) -> BTreeSet<String> {
    let page = owner.get("/api/v1/orders?limit=200").await.expect(200).json();
    page["data"].as_array().expect("a list").iter().map(|row| row["external_id"].as_str().expect("an id").to_owned()).collect()
}

/// The last day's orders of the shops come in though every webhook was lost, and asking again changes nothing.
#[tokio::test]
async fn poll_1_what_no_webhook_told_is_found() {
    let (seed, now) = (kit::seed("poll_1_what_no_webhook_told_is_found"), chrono::Utc::now());
    let simulation = Simulation::new(seed, SHOPS.map(shop).into(), Faults { duplicate: 0.0, delay: 0.0, lose: 0.0 }).expect("the simulation starts");
    // Sold, and told to nobody.
    let _ = simulation.history(ORDERS, 1, seed, now);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(Arc::clone(&simulation).serve(listener));

    let overrides = SHOPS.map(|(.., host, _)| format!("{host}={address}")).join(" ");
    let server = Server::start_with(&[("SWITCHYARD_ENDPOINT_OVERRIDES", &overrides), ("SWITCHYARD_POLL_SECONDS", "1")]).await;
    let owner = server.merchant("poll").await.owner;
    for (_, kind, shop, _, app) in SHOPS {
        connect(&owner, kind, shop, app).await;
    }
    let since = now - chrono::Duration::hours(23);
    let sold: BTreeSet<String> = simulation.world().sales().iter().filter(|sale| sale.updated_at > since).map(|sale| sale.id.clone()).collect();
    assert!(sold.len() > 30, "{} sales", sold.len());
    let end = tokio::time::Instant::now() + Duration::from_secs(60);
    while !external_ids(&owner).await.is_superset(&sold) {
        assert!(tokio::time::Instant::now() < end, "missing: {:?}", sold.difference(&external_ids(&owner).await).collect::<Vec<_>>());
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let versions = async || -> Vec<Value> {
        let page = owner.get("/api/v1/orders?limit=200").await.expect(200).json();
        page["data"].as_array().expect("a list").iter().map(|row| json!([row["id"], row["version"]])).collect()
    };
    let polled = async || -> Vec<String> {
        let accounts = owner.get("/api/v1/channel-accounts").await.expect(200).json();
        accounts["data"].as_array().expect("a list").iter().map(|account| account["health"]["polled_at"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let (before, first) = (versions().await, polled().await);
    let end = tokio::time::Instant::now() + Duration::from_secs(60);
    while polled().await.iter().zip(&first).any(|(now, then)| now == then || now.is_empty()) {
        assert!(tokio::time::Instant::now() < end, "every account is polled again: {}", owner.get("/api/v1/channel-accounts").await.text());
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert_eq!(versions().await, before, "what was known changes nothing");
    server.verify().await;
}

/// A token the channel refuses pauses the account with its reason; nothing is asked again and again.
#[tokio::test]
async fn a_refused_poll_pauses_the_account() {
    let simulation = Simulation::new(7, SHOPS.map(shop).into(), Faults { duplicate: 0.0, delay: 0.0, lose: 0.0 }).expect("the simulation starts");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(Arc::clone(&simulation).serve(listener));
    let overrides = format!("hoa-moc.myshopify.com={address}");
    let server = Server::start_with(&[("SWITCHYARD_ENDPOINT_OVERRIDES", &overrides), ("SWITCHYARD_POLL_SECONDS", "1")]).await;
    let owner = server.merchant("poll").await.owner;
    let account = json!({"kind": "shopify", "name": "Shop", "shop": "hoa-moc.myshopify.com", "settings": {"shop": "hoa-moc.myshopify.com"}, "secrets": {"client_secret": "key of shopify", "access_token": "revoked"}});
    owner.post("/api/v1/channel-accounts", account).await.expect(201);
    let end = tokio::time::Instant::now() + Duration::from_secs(30);
    loop {
        let accounts = owner.get("/api/v1/channel-accounts").await.expect(200).json();
        if accounts["data"][0]["state"] == "paused" {
            assert!(accounts["data"][0]["state_reason"].as_str().is_some_and(|reason| reason.contains("refuses our authorization")), "{accounts}");
            break;
        }
        assert!(tokio::time::Instant::now() < end, "{accounts}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    server.verify().await;
}
