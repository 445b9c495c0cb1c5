//! Square, KiotViet and Haravan as the simulator plays them: sums, signatures, and what their interfaces answer and refuse.

use chrono::{DateTime, Duration, TimeZone, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use simulator::{Assortment, Channel, Faults, Market, Path, Shop, Simulation, World, haravan, kiotviet, sign, square};
use std::collections::HashSet;

fn shop(channel: Channel, name: &str, currency: &str) -> Shop {
    let market = if currency == "VND" { Market::Vietnam } else { Market::America };
    Shop {
        path: Path::Hook { channel, shop: name.into(), app: format!("client of {name}"), secret: format!("secret of {name}"), access_token: format!("token of {name}"), url: "http://127.0.0.1:9/hooks/x".into() },
        market,
        assortment: if market == Market::Vietnam { Assortment::Retail } else { Assortment::Brand },
        currency: currency.into(),
        weight: 1,
        sources: vec![],
    }
}

fn shops() -> Vec<Shop> {
    vec![shop(Channel::Square, "MLOTUS", "USD"), shop(Channel::Kiotviet, "hoamoc", "VND"), shop(Channel::Haravan, "200000777", "VND")]
}

fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 20, 12, 0, 0).unwrap()
}

fn lived(orders: usize) -> World {
    let mut world = World::new(17, shops(), Faults::NONE);
    for n in 0..orders {
        world.sell_at(n % 3, noon() + Duration::minutes(n as i64), 1.0);
    }
    world
}

fn amount(value: &Value) -> Decimal {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.parse().unwrap_or_else(|_| panic!("{text} is no amount"))
}

fn minor(value: &Value) -> i64 {
    value["amount"].as_i64().unwrap_or_else(|| panic!("{value} is no money"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Lines, less each reduction, plus tax on top and shipping, are what the buyer pays; and the tenders of a paid order too.
#[test]
fn sim_1_sums_hold_in_the_words_of_the_tills() {
    let mut world = lived(450);
    world.advance(noon() + Duration::days(60));
    let mut mixed = 0;
    for sale in world.sales() {
        match world.shops[sale.shop].channel() {
            Some(Channel::Square) => {
                let order = square::order(sale, "MLOTUS");
                let mut sum: i64 = list(&order["service_charges"]).iter().map(|charge| minor(&charge["total_money"])).sum();
                for line in list(&order["line_items"]) {
                    let off: i64 = list(&line["applied_discounts"]).iter().map(|one| minor(&one["applied_money"])).sum();
                    let tax: i64 = list(&line["applied_taxes"]).iter().map(|one| minor(&one["applied_money"])).sum();
                    assert_eq!(minor(&line["gross_sales_money"]), minor(&line["base_price_money"]) * line["quantity"].as_str().unwrap().parse::<i64>().unwrap());
                    assert_eq!(minor(&line["total_money"]), minor(&line["gross_sales_money"]) - off + tax, "{}", sale.id);
                    sum += minor(&line["total_money"]);
                }
                assert_eq!(minor(&order["total_money"]), sum, "{}", sale.id);
                let tenders = list(&order["tenders"]);
                mixed += usize::from(tenders.len() > 1);
                if sale.past.paid.is_some() {
                    assert_eq!(tenders.iter().map(|tender| minor(&tender["amount_money"])).sum::<i64>(), sum, "{}", sale.id);
                }
            }
            Some(Channel::Kiotviet) => {
                let invoice = kiotviet::invoice(sale);
                let mut sum: Decimal = list(&invoice["invoiceOrderSurcharges"]).iter().map(|one| amount(&one["price"])).sum();
                for line in list(&invoice["invoiceDetails"]) {
                    let net = (amount(&line["price"]) - amount(&line["discount"])) * amount(&line["quantity"]);
                    assert_eq!(amount(&line["subTotal"]), net, "a discount is for one unit");
                    sum += net;
                }
                assert_eq!(amount(&invoice["total"]), sum - amount(&invoice["discount"]), "{}", sale.id);
            }
            _ => {
                let order = haravan::order(sale);
                let goods: Decimal = list(&order["line_items"]).iter().map(|line| amount(&line["price"]) * amount(&line["quantity"])).sum();
                assert_eq!(amount(&order["subtotal_price"]), goods - amount(&order["total_discounts"]), "{}", sale.id);
                assert_eq!(amount(&order["total_price"]), amount(&order["subtotal_price"]) + amount(&order["shipping_lines"][0]["price"]), "{}", sale.id);
                let captured: Decimal = list(&order["transactions"]).iter().filter(|one| one["kind"] == "capture").map(|one| amount(&one["amount"])).sum();
                assert_eq!(captured, if sale.past.paid.is_some() { sale.total() } else { Decimal::ZERO }, "{}", sale.id);
            }
        }
    }
    assert!(mixed > 5, "{mixed} sales with two tenders");
}

#[test]
fn webhooks_are_signed_and_lives_are_whole() {
    let mut world = lived(300);
    let mut words = HashSet::new();
    for message in world.advance(noon() + Duration::days(60)) {
        let header = |name: &str| message.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
        let Path::Hook { channel, secret, url, .. } = &world.shops[message.shop].path else { panic!("hooks only") };
        let body: Value = serde_json::from_slice(&message.body).unwrap();
        match channel {
            Channel::Square => {
                assert_eq!(header("x-square-hmacsha256-signature"), sign::base64_of(secret, &[url.as_bytes(), &message.body]));
                words.insert(body["type"].as_str().unwrap().to_owned());
            }
            Channel::Kiotviet => {
                assert_eq!(header("x-hub-signature"), sign::hex_of(secret, &[&message.body]));
                let invoice = &body["Notifications"][0]["Data"][0];
                assert!(invoice["Total"].is_f64() && invoice["PurchaseDate"].as_str().is_some_and(|at| at.len() == 27), "{invoice}");
                words.insert(format!("status {}", invoice["Status"]));
            }
            _ => {
                assert_eq!(header("x-haravan-hmacsha256"), sign::base64_of(secret, &[&message.body]));
                words.insert(header("x-haravan-topic").to_owned());
            }
        }
    }
    let wanted = ["order.created", "order.updated", "order.fulfillment.updated", "payment.updated", "refund.updated", "status 1", "status 2", "status 3"];
    for word in wanted.into_iter().chain(["orders/create", "orders/paid", "orders/cancelled", "orders/fulfilled", "orders/updated"]) {
        assert!(words.contains(word), "{word} never happened: {words:?}");
    }
}

struct Asked {
    base: String,
    client: reqwest::Client,
}

impl Asked {
    async fn of(simulation: &std::sync::Arc<Simulation>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(simulation.clone().serve(listener));
        Self { base, client: reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap() }
    }

    /// A person lets an app in: the code they are sent back with.
    async fn let_in(&self, path: &str) -> String {
        let sent = self.client.get(format!("{}{path}", self.base)).send().await.unwrap();
        let to = sent.headers()["location"].to_str().unwrap();
        let code = to.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).unwrap();
        code.replace("%20", " ")
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> (u16, Value) {
        let mut request = self.client.request(method.parse().unwrap(), format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
    }
}

fn simulation() -> std::sync::Arc<Simulation> {
    let simulation = Simulation::new(23, shops(), Faults::NONE).unwrap();
    simulation.history(360, 20, 4, Utc::now());
    simulation
}

#[tokio::test]
async fn square_answers_with_cursors_and_refuses_what_is_old() {
    let simulation = simulation();
    let asked = Asked::of(&simulation).await;
    let headers = [("authorization", "Bearer token of MLOTUS"), ("square-version", "2025-01-23")];
    assert_eq!(asked.ask("GET", "/v2/locations", &[("authorization", "Bearer wrong")], None).await.0, 401);
    let (_, answer) = asked.ask("GET", "/v2/locations", &headers, None).await;
    assert_eq!(answer["locations"][0]["id"], "LMLOTUS");

    let search = |sort: &str, cursor: Value| {
        let window = json!({"updated_at": {"start_at": "2020-01-01T00:00:00Z", "end_at": "2100-01-01T00:00:00Z"}});
        json!({"location_ids": ["LMLOTUS"], "query": {"filter": {"date_time_filter": window}, "sort": {"sort_field": sort}}, "limit": 40, "cursor": cursor})
    };
    assert_eq!(asked.ask("POST", "/v2/orders/search", &headers, Some(search("CREATED_AT", Value::Null))).await.0, 400);
    let (mut seen, mut cursor, mut back) = (HashSet::new(), Value::Null, None);
    loop {
        let (_, page) = asked.ask("POST", "/v2/orders/search", &headers, Some(search("UPDATED_AT", cursor))).await;
        for order in list(&page["orders"]) {
            assert!(seen.insert(order["id"].as_str().unwrap().to_owned()), "an order comes once");
            back = back.or(order["returns"][0]["source_order_id"].as_str().map(str::to_owned));
        }
        cursor = page["cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    let back = back.expect("some sale was given back");
    assert!(seen.len() > 100 && seen.contains(&back), "{}", seen.len());

    let (_, payouts) = asked.ask("GET", "/v2/payouts", &headers, None).await;
    let payout = &payouts["payouts"][0];
    let (_, entries) = asked.ask("GET", &format!("/v2/payouts/{}/payout-entries", payout["id"].as_str().unwrap()), &headers, None).await;
    assert_eq!(list(&entries["payout_entries"]).iter().map(|entry| minor(&entry["net_amount_money"])).sum::<i64>(), minor(&payout["amount_money"]));

    let open = simulation.world().sales().iter().find(|sale| sale.shop == 0 && !square::is_counter(sale) && sale.past.paid.is_some() && sale.past.shipped.is_none() && sale.past.cancelled.is_none()).map(|sale| sale.id.clone());
    if let Some(id) = open {
        let path = format!("/v2/orders/{id}");
        let (_, order) = asked.ask("GET", &path, &headers, None).await;
        let change = |version: u64| json!({"idempotency_key": "e1", "order": {"location_id": "LMLOTUS", "version": version, "fulfillments": [{"uid": order["order"]["fulfillments"][0]["uid"], "state": "COMPLETED", "shipment_details": {"tracking_number": "9400"}}]}});
        let version = order["order"]["version"].as_u64().unwrap();
        let (status, refused) = asked.ask("PUT", &path, &headers, Some(change(version - 1))).await;
        assert_eq!((status, refused["errors"][0]["code"].as_str()), (409, Some("VERSION_MISMATCH")));
        let (_, shipped) = asked.ask("PUT", &path, &headers, Some(change(version))).await;
        assert_eq!((shipped["order"]["fulfillments"][0]["state"].as_str(), shipped["order"]["fulfillments"][0]["shipment_details"]["tracking_number"].as_str()), (Some("COMPLETED"), Some("9400")));
    }

    let wish = |code: &str| json!({"client_id": "client of MLOTUS", "client_secret": "secret of MLOTUS", "grant_type": "authorization_code", "code": code});
    let code = asked.let_in("/oauth2/authorize?client_id=client%20of%20MLOTUS&state=s.1&redirect_uri=https%3A%2F%2Fus.example%2Fback").await;
    let (_, tokens) = asked.ask("POST", "/oauth2/token", &[], Some(wish(&code))).await;
    assert_eq!((tokens["token_type"].as_str(), tokens["merchant_id"].as_str()), (Some("bearer"), Some("MLOTUS")));
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    assert_eq!(asked.ask("GET", "/v2/locations", &[("authorization", &bearer), ("square-version", "2026-10-15")], None).await.0, 200);
    assert_eq!(asked.ask("GET", "/v2/locations", &headers, None).await.0, 401, "the token before is good no more");
    assert_eq!(asked.ask("POST", "/oauth2/token", &[], Some(wish(&code))).await.0, 401, "a code is good once");
}

#[tokio::test]
async fn kiotviet_answers_by_offset_to_its_retailer() {
    let simulation = simulation();
    let asked = Asked::of(&simulation).await;
    let headers = [("authorization", "Bearer token of hoamoc"), ("retailer", "hoamoc")];
    assert_eq!(asked.ask("GET", "/invoices", &[("authorization", "Bearer token of hoamoc"), ("retailer", "other")], None).await.0, 401);
    let (_, page) = asked.ask("GET", "/invoices?pageSize=1000&includePayment=true", &headers, None).await;
    assert_eq!((list(&page["data"]).len(), page["pageSize"].as_u64()), (100, Some(100)), "at most 100 a page");
    let (_, rest) = asked.ask("GET", "/invoices?pageSize=100&currentItem=100", &headers, None).await;
    assert_eq!(list(&rest["data"]).len() as u64 + 100, page["total"].as_u64().unwrap());
    assert!(rest["data"][0]["payments"].is_null() && page["data"][0]["payments"].is_array(), "payments come when they are asked for");
    let (_, none) = asked.ask("GET", "/invoices?lastModifiedFrom=2100-01-01T00:00:00", &headers, None).await;
    assert_eq!(none["total"], 0);
    let (_, returns) = asked.ask("GET", "/returns", &headers, None).await;
    assert!(returns["total"].as_u64().unwrap() > 0 && returns["data"][0]["invoiceId"].is_u64());

    let form = |secret: &str| format!("scopes=PublicApi.Access&grant_type=client_credentials&client_id=client%20of%20hoamoc&client_secret={secret}");
    let trade = |body: String| asked.client.post(format!("{}/connect/token", asked.base)).body(body).send();
    let tokens: Value = serde_json::from_str(&trade(form("secret%20of%20hoamoc")).await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(tokens["expires_in"], 86_400);
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    assert_eq!(asked.ask("GET", "/invoices", &[("authorization", &bearer), ("retailer", "hoamoc")], None).await.0, 200);
    assert_eq!(trade(form("wrong")).await.unwrap().status(), 400);
}

#[tokio::test]
async fn haravan_answers_fifty_orders_a_page_and_ships_once() {
    let simulation = simulation();
    let asked = Asked::of(&simulation).await;
    let headers = [("authorization", "Bearer token of 200000777")];
    assert_eq!(asked.ask("GET", "/com/orders.json", &[], None).await.0, 401);
    let (_, first) = asked.ask("GET", "/com/orders.json?limit=250&page=1&order=updated_at%20asc", &headers, None).await;
    assert_eq!(list(&first["orders"]).len(), 50, "at most 50 a page");
    let (_, second) = asked.ask("GET", "/com/orders.json?limit=250&page=2&order=updated_at%20asc", &headers, None).await;
    assert!(second["orders"][0]["updated_at"].as_str() >= first["orders"][49]["updated_at"].as_str());
    let id = first["orders"][0]["id"].to_string();
    let (_, named) = asked.ask("GET", &format!("/com/orders.json?ids={id}&status=any"), &headers, None).await;
    assert_eq!((list(&named["orders"]).len(), named["orders"][0]["id"].to_string()), (1, id));

    let open = simulation.world().sales().iter().find(|sale| sale.shop == 2 && sale.past.packed.is_none() && sale.past.cancelled.is_none()).map(|sale| sale.id.clone());
    if let Some(id) = open {
        let wish = json!({"fulfillment": {"tracking_number": "GHN-1", "tracking_company": "GHN"}});
        let (_, made) = asked.ask("POST", &format!("/com/orders/{id}/fulfillments.json"), &headers, Some(wish)).await;
        assert_eq!((made["fulfillment"]["tracking_number"].as_str(), made["fulfillment"]["carrier_status_code"].as_str()), (Some("GHN-1"), Some("readytopick")));
    }
}
