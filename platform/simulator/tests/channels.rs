//! The simulator seen from outside: what it sends and what its endpoints answer.

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use chrono::{DateTime, Duration, TimeZone, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use simulator::{Assortment, Channel, Desk, Faults, Market, Pace, Path, Shop, Simulation, World, sign, shopee, shopify, tiktok};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

fn hook(channel: Channel, shop: &str, currency: &str) -> Shop {
    let market = match currency {
        "VND" => Market::Vietnam,
        "USD" => Market::America,
        _ => Market::Europe,
    };
    Shop {
        path: Path::Hook { channel, shop: shop.into(), app: "app-77".into(), secret: format!("secret of {shop}"), access_token: format!("token of {shop}"), url: "http://127.0.0.1:9/hooks/x".into() },
        market,
        assortment: if market == Market::Vietnam { Assortment::Retail } else { Assortment::Brand },
        currency: currency.into(),
        weight: 3,
        sources: vec!["glow-with-linh"],
    }
}

fn shops() -> Vec<Shop> {
    let direct = |desk, currency: &str| Shop {
        path: Path::Direct { desk, channel_account_id: "cha_1".into(), api_key: "sy_live_x".into(), url: "http://127.0.0.1:9/api/v1/orders".into() },
        assortment: if desk == Desk::Wholesale { Assortment::Wholesale } else { Assortment::Retail },
        ..hook(Channel::Shopee, "", currency)
    };
    vec![
        hook(Channel::Shopee, "336094210", "VND"),
        hook(Channel::Tiktok, "7494726673780148744", "VND"),
        hook(Channel::Shopify, "lotus-us.myshopify.com", "USD"),
        hook(Channel::Shopify, "lotus-eu.myshopify.com", "EUR"),
        direct(Desk::Till, "VND"),
        direct(Desk::Wholesale, "VND"),
    ]
}

fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 20, 12, 0, 0).unwrap()
}

fn lived_world(seed: u64, orders: usize) -> World {
    let mut world = World::new(seed, shops(), Faults::NONE);
    for n in 0..orders {
        world.sell(noon() + Duration::minutes(n as i64), 1.0);
    }
    world
}

#[test]
fn sim_1_what_the_buyer_pays_is_the_sum_of_its_parts_in_every_channels_words() {
    let mut world = lived_world(11, 400);
    world.advance(noon() + Duration::days(60));
    let amount = |value: &Value| -> Decimal {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text.parse().unwrap_or_else(|_| panic!("{text} is no amount"))
    };
    let mut seen = [0; 3];
    for sale in world.sales() {
        match world.shops[sale.shop].channel() {
            Some(Channel::Shopee) => {
                let order = shopee::order(sale);
                let goods: Decimal = order["item_list"].as_array().unwrap().iter().map(|item| amount(&item["model_discounted_price"]) * amount(&item["model_quantity_purchased"])).sum();
                let income = &shopee::escrow(sale)["order_income"];
                let vouchers: Decimal = ["voucher_from_seller", "voucher_from_shopee", "coins"].iter().map(|name| amount(&income[*name])).sum();
                assert_eq!(amount(&order["total_amount"]), goods + amount(&income["buyer_paid_shipping_fee"]) - vouchers, "{}", sale.id);
                seen[0] += 1;
            }
            Some(Channel::Tiktok) => {
                let order = tiktok::order(sale);
                let lines: Decimal = order["line_items"].as_array().unwrap().iter().map(|line| amount(&line["sale_price"])).sum();
                assert_eq!(amount(&order["payment"]["sub_total"]), lines, "{}", sale.id);
                assert_eq!(amount(&order["payment"]["total_amount"]), lines + amount(&order["payment"]["shipping_fee"]), "{}", sale.id);
                seen[1] += 1;
            }
            Some(Channel::Shopify) => {
                let order = shopify::order(sale);
                let mut sum = Decimal::ZERO;
                let mut taxes = Decimal::ZERO;
                for line in order["line_items"].as_array().unwrap() {
                    sum += amount(&line["price"]) * amount(&line["quantity"]);
                    sum -= line["discount_allocations"].as_array().unwrap().iter().map(|one| amount(&one["amount"])).sum::<Decimal>();
                    taxes += line["tax_lines"].as_array().unwrap().iter().map(|one| amount(&one["price"])).sum::<Decimal>();
                }
                assert_eq!(taxes, amount(&order["total_tax"]), "{}", sale.id);
                sum += amount(&order["shipping_lines"][0]["price"]);
                if order["taxes_included"] == false {
                    sum += taxes;
                }
                assert_eq!(amount(&order["total_price"]), sum, "{}", sale.id);
                seen[2] += 1;
            }
            // These have a file of their own.
            Some(Channel::Lazada | Channel::Woo) | None => assert!(sale.total() > Decimal::ZERO),
        }
        assert!(sale.total() > Decimal::ZERO, "{}", sale.id);
    }
    assert!(seen.iter().all(|count| *count > 20), "{seen:?}");
}

#[test]
fn sim_2_the_same_seed_gives_the_same_messages() {
    let story = |seed| {
        let mut world = World::new(seed, shops(), Faults { duplicate: 0.2, delay: 0.2, lose: 0.1 });
        let mut out = Vec::new();
        for minute in 0..200 {
            world.sell(noon() + Duration::minutes(minute), 0.01);
            out.extend(world.advance(noon() + Duration::minutes(minute)));
        }
        out
    };
    assert_eq!(story(5), story(5));
    assert_ne!(story(5), story(6));
}

#[test]
fn webhooks_are_signed_as_each_channel_signs_and_lives_are_whole() {
    let mut world = lived_world(3, 300);
    let messages = world.advance(noon() + Duration::days(60));
    let mut words = HashSet::new();
    for message in &messages {
        let header = |name: &str| message.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
        let Path::Hook { channel, app, secret, url, .. } = &world.shops[message.shop].path else {
            assert!(header("authorization").starts_with("Bearer sy_live_") && !header("idempotency-key").is_empty());
            continue;
        };
        let body: Value = serde_json::from_slice(&message.body).unwrap();
        match channel {
            Channel::Shopee => {
                assert_eq!(header("authorization"), sign::hex_of(secret, &[format!("{url}|").as_bytes(), &message.body]));
                words.insert(body["data"]["status"].as_str().unwrap().to_owned());
            }
            Channel::Tiktok => {
                assert_eq!(header("authorization"), sign::hex_of(secret, &[app.as_bytes(), &message.body]));
                words.insert(format!("type {}", body["type"]));
            }
            Channel::Shopify => {
                assert_eq!(header("x-shopify-hmac-sha256"), sign::base64_of(secret, &[&message.body]));
                words.insert(header("x-shopify-topic").to_owned());
            }
            Channel::Lazada | Channel::Woo => panic!("these have a file of their own"),
        }
    }
    for word in ["UNPAID", "READY_TO_SHIP", "SHIPPED", "COMPLETED", "CANCELLED", "TO_RETURN", "type 1", "type 11", "type 12", "type 67", "orders/create", "orders/cancelled", "refunds/create", "fulfillments/create"] {
        assert!(words.contains(word), "{word} never happened: {words:?}");
    }
}

#[test]
fn faults_happen_and_lose_nothing_that_was_not_meant_to_be_lost() {
    let mut calm = World::new(9, shops(), Faults::NONE);
    let mut rough = World::new(9, shops(), Faults { duplicate: 0.3, delay: 0.3, lose: 0.0 });
    let mut told = [HashSet::new(), HashSet::new()];
    let mut count = [0, 0];
    for (index, world) in [&mut calm, &mut rough].into_iter().enumerate() {
        for n in 0..50 {
            world.sell_at(0, noon() + Duration::minutes(n), 1.0);
        }
        for day in 0..90 {
            for message in world.advance(noon() + Duration::days(day)) {
                count[index] += 1;
                told[index].insert(message.body);
            }
        }
        assert_eq!(world.next_due(), None);
    }
    assert_eq!(told[0].len(), count[0]);
    assert!(count[1] > told[1].len(), "some came twice");
}

async fn listen(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

#[tokio::test]
async fn detail_calls_are_checked_as_the_channel_checks_them() {
    let simulation = Simulation::new(21, shops(), Faults::NONE).unwrap();
    simulation.history(120, 20, 4, Utc::now());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(simulation.clone().serve(listener));
    let client = reqwest::Client::new(); // after Simulation::new, which installs the TLS provider
    let id_of = |shop: usize| simulation.world().sales().iter().find(|sale| sale.shop == shop).unwrap().id.clone();

    let (sn, at) = (id_of(0), Utc::now().timestamp());
    let path = "/api/v2/order/get_order_detail";
    let signature = sign::hex_of("secret of 336094210", &[format!("app-77{path}{at}token of 336094210336094210").as_bytes()]);
    let url = |signature: &str| format!("{base}{path}?partner_id=app-77&timestamp={at}&access_token=token%20of%20336094210&shop_id=336094210&sign={signature}&order_sn_list={sn}&response_optional_fields=item_list,total_amount");
    let answer: Value = client.get(url(&signature)).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["response"]["order_list"][0]["order_sn"], sn.as_str());
    assert!(answer["response"]["order_list"][0]["item_list"].is_array());
    assert!(answer["response"]["order_list"][0].get("package_list").is_none(), "only what is asked for by name");
    let refused: Value = client.get(url("00")).send().await.unwrap().json().await.unwrap();
    assert_eq!(refused["error"], "error_sign");

    let id = id_of(1);
    let query: Vec<(String, String)> = [("app_key", "app-77"), ("timestamp", &at.to_string()), ("shop_cipher", "c"), ("ids", &id)].map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
    let signature = sign::tiktok_request("secret of 7494726673780148744", "/order/202309/orders", &query, b"");
    let url = format!("{base}/order/202309/orders?app_key=app-77&timestamp={at}&shop_cipher=c&ids={id}&sign=");
    let ask = |signature: String| client.get(format!("{url}{signature}")).header("x-tts-access-token", "token of 7494726673780148744").send();
    let answer: Value = ask(signature).await.unwrap().json().await.unwrap();
    assert_eq!(answer["data"]["orders"][0]["id"], id.as_str());
    let refused: Value = ask("00".into()).await.unwrap().json().await.unwrap();
    assert_eq!(refused["code"], 106_001);

    let id = id_of(2);
    let ask = |token: &'static str| client.get(format!("{base}/admin/api/2026-07/orders/{id}.json")).header("host", "lotus-us.myshopify.com").header("x-shopify-access-token", token).send();
    let answer: Value = ask("token of lotus-us.myshopify.com").await.unwrap().json().await.unwrap();
    assert_eq!(answer["order"]["id"].to_string(), id);
    assert_eq!(ask("wrong").await.unwrap().status(), 401);
}

#[tokio::test]
async fn sim_3_unacknowledged_messages_come_again_and_orders_keep_coming() {
    type Seen = Arc<Mutex<Vec<(String, Bytes)>>>;
    async fn receive(State(seen): State<Seen>, headers: HeaderMap, body: Bytes) -> axum::http::StatusCode {
        let mut seen = seen.lock().unwrap();
        let first = !seen.iter().any(|(_, other)| *other == body);
        seen.push((headers["authorization"].to_str().unwrap().to_owned(), body));
        // The first delivery of each is not acknowledged.
        if first { axum::http::StatusCode::SERVICE_UNAVAILABLE } else { axum::http::StatusCode::OK }
    }
    let seen: Seen = Arc::default();
    let base = listen(Router::new().route("/hooks/one", post(receive)).with_state(seen.clone())).await;
    let mut shop = hook(Channel::Tiktok, "7494726673780148744", "VND");
    if let Path::Hook { url, .. } = &mut shop.path {
        *url = format!("{base}/hooks/one");
    }
    let simulation = Simulation::new(8, vec![shop], Faults::NONE).unwrap();
    let running = tokio::spawn(simulation.clone().run(Pace { orders_per_minute: 600.0, haste: 0.000_05 }, 8));
    let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while simulation.counts().acknowledged < 10 {
        assert!(std::time::Instant::now() < until, "{:?}", simulation.counts());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    running.abort();
    let counts = simulation.counts();
    assert!(counts.repeated >= 10 && counts.given_up == 0, "{counts:?}");
    assert!(seen.lock().unwrap().len() as u64 >= counts.acknowledged + counts.repeated);
}
