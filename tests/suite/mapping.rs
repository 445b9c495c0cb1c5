//! Products, and what listings of channels are in them: mapped by themselves, by hand, as sets, in other units; orders that
//! wait for it are seen, never dropped, and go on by themselves. The books are verified after each.

use kernel::{ChannelAccountId, Currency, Money, TenantId};
use kit::{Answer, Client, Server, server::Merchant};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use switchyard_core::orders::{self, ChannelKind, Source, fact::*};
use switchyard_server::flows;
use tenants::{Actor, RightSet};

/// A shop that asks for mapping, with two web shops.
struct Shop {
    server: Server,
    merchant: Merchant,
    account: String,
    other: String,
}

impl Shop {
    /// Nobody said anything of mapping yet.
    async fn open() -> Shop {
        let server = Server::start().await;
        let merchant = server.merchant("mapping").await;
        let [account, other] = [web(&merchant, "Web").await, web(&merchant, "App").await];
        Shop { server, merchant, account, other }
    }
    async fn asking() -> Shop {
        let shop = Shop::open().await;
        shop.ask(true).await;
        shop
    }
    fn owner(&self) -> &Client {
        &self.merchant.owner
    }
    async fn ask(&self, required: bool) {
        let seen = self.owner().get("/api/v1/mapping-settings").await.expect(200);
        let request = self.owner().request(Method::PUT, "/api/v1/mapping-settings").header("if-match", seen.header("etag").unwrap()).json(&json!({"required": required}));
        self.owner().send(request).await.expect(200);
    }
    async fn product(&self, sku: &str, name: &str) -> String {
        id(&self.owner().post("/api/v1/products", json!({"sku": sku, "name": name, "unit": "piece"})).await.expect(201).json())
    }
    async fn order(&self, account: &str, lines: Value) -> String {
        id(&self.owner().post("/api/v1/orders", json!({"channel_account_id": account, "lines": lines})).await.expect(201).json())
    }
    async fn see(&self, order: &str) -> Value {
        self.owner().get(&format!("/api/v1/orders/{order}")).await.expect(200).json()
    }
    async fn holds(&self, order: &str) -> Value {
        self.see(order).await["holds"].clone()
    }
    async fn queue(&self, query: &str) -> Vec<Value> {
        self.owner().get(&format!("/api/v1/listings/unmapped{query}")).await.expect(200).json()["data"].as_array().unwrap().clone()
    }
    async fn map(&self, mappings: Value) -> Answer {
        self.owner().post("/api/v1/listings/map", json!({"mappings": mappings})).await
    }
    fn mapping(&self, listing: &str, parts: &[(&str, &str)]) -> Value {
        let parts: Vec<Value> = parts.iter().map(|(sku, quantity)| json!({"sku": sku, "quantity": quantity})).collect();
        json!({"channel_account_id": self.account, "listing": listing, "parts": parts})
    }
    async fn resolved(&self, order: &str) -> Value {
        self.owner().get(&format!("/api/v1/orders/{order}/resolved")).await.expect(200).json()
    }
    /// `sku -> quantity` of what the order is for.
    async fn needed(&self, order: &str) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        self.resolved(order).await["products"].as_array().unwrap().iter().map(|p| (text(&p["sku"]), text(&p["quantity"]))).collect()
    }
    fn tenant(&self) -> TenantId {
        self.merchant.id.parse().unwrap()
    }
    /// What the worker does a minute later, when everything that was under way has ended.
    async fn later(&self) {
        flows::mapping::work(&self.server.app, self.tenant(), chrono::Utc::now() + chrono::TimeDelta::minutes(2)).await.unwrap();
    }
}

async fn web(merchant: &Merchant, name: &str) -> String {
    id(&merchant.owner.post("/api/v1/channel-accounts", json!({"kind": "web", "name": name, "currency": "VND"})).await.expect(201).json())
}
fn id(of: &Value) -> String {
    of["id"].as_str().unwrap_or_else(|| panic!("no id in {of}")).to_owned()
}
fn line(sku: &str, quantity: &str) -> Value {
    json!({"sku": sku, "name": format!("Name of {sku}"), "quantity": quantity, "unit_price": "50000"})
}
fn pointers(answer: &Value) -> Vec<&str> {
    answer["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn product_1_a_sku_is_one_products_and_never_changes() {
    let shop = Shop::open().await;
    let made = shop.owner().post("/api/v1/products", json!({"sku": " TS-01 ", "name": "Áo thun lụa", "unit": "piece", "barcode": "8931234567890"})).await.expect(201);
    let product = made.json();
    assert_eq!((product["sku"].as_str(), product["active"].as_bool(), made.header("etag")), (Some("TS-01"), Some(true), Some("\"1\"")));
    assert_eq!(shop.owner().post("/api/v1/products", json!({"sku": "TS-01", "name": "x", "unit": "x"})).await.expect(409).code(), "sku_taken");
    assert_eq!(shop.owner().post("/api/v1/products", json!({"sku": "B", "name": "x", "unit": "x", "barcode": "8931234567890"})).await.expect(409).code(), "barcode_taken");
    let path = format!("/api/v1/products/{}", id(&product));
    let patch = |etag: &str, body: Value| shop.owner().send(shop.owner().request(Method::PATCH, &path).header("if-match", etag.to_owned()).json(&body));
    assert_eq!(shop.owner().patch(&path, json!({"name": "x"})).await.expect(428).code(), "if_match_missing");
    patch("\"1\"", json!({"sku": "OTHER"})).await.expect(422);
    let changed = patch("\"1\"", json!({"name": "Áo thun", "barcode": null, "active": false})).await.expect(200).json();
    assert_eq!((changed["sku"].as_str(), changed["name"].as_str(), changed["barcode"].clone(), changed["active"].as_bool(), changed["version"].as_i64()), (Some("TS-01"), Some("Áo thun"), Value::Null, Some(false), Some(2)));
    assert_eq!(patch("\"1\"", json!({"name": "late"})).await.expect(412).code(), "stale");
    for (field, body) in [("/sku", json!({"sku": " ", "name": "x", "unit": "x"})), ("/name", json!({"sku": "C", "name": "", "unit": "x"})), ("/unit", json!({"sku": "C", "name": "x", "unit": "x".repeat(31)})), ("/sku", json!({"sku": "x\u{7}", "name": "x", "unit": "x"}))] {
        assert_eq!(pointers(&shop.owner().post("/api/v1/products", body).await.expect(422).json()), [field]);
    }
    let acts = shop.owner().get("/api/v1/audit-log").await.expect(200).json();
    let acts: Vec<&str> = acts["data"].as_array().unwrap().iter().filter_map(|a| a["act"].as_str()).filter(|a| a.starts_with("product.")).collect();
    assert_eq!(acts, ["product.changed", "product.created"]);
}

#[tokio::test]
async fn products_are_found_page_by_page_without_accents() {
    let shop = Shop::open().await;
    for n in 0..5 {
        shop.product(&format!("A-{n}"), &format!("Khăn lụa đỏ {n}")).await;
    }
    shop.product("B-1", "Cotton towel").await;
    let first = shop.owner().get("/api/v1/products?limit=4&text=khan%20LUA").await.expect(200).json();
    let skus = |page: &Value| page["data"].as_array().unwrap().iter().map(|p| p["sku"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!((skus(&first), first["has_more"].as_bool()), (["A-0", "A-1", "A-2", "A-3"].map(String::from).to_vec(), Some(true)));
    let next = shop.owner().get(&format!("/api/v1/products?limit=4&text=khan%20LUA&cursor={}", first["next_cursor"].as_str().unwrap())).await.expect(200).json();
    assert_eq!((skus(&next), next["has_more"].as_bool()), (vec!["A-4".to_owned()], Some(false)));
    assert_eq!(skus(&shop.owner().get("/api/v1/products?text=b-1").await.expect(200).json()), ["B-1"]);
}

#[tokio::test]
async fn map_1_an_unmapped_line_holds_its_order_and_is_in_the_queue() {
    let shop = Shop::asking().await;
    shop.product("KNOWN", "Known").await;
    let good = shop.order(&shop.account, json!([line("KNOWN", "2")])).await;
    let bad = shop.order(&shop.account, json!([line("KNOWN", "1"), line("NEW", "3")])).await;
    shop.order(&shop.account, json!([line("NEW", "1"), {"name": "Quà tặng", "quantity": "1", "unit_price": "0"}])).await;
    assert_eq!(shop.holds(&good).await, json!([]), "a SKU of a product is mapped by itself");
    let held = shop.see(&bad).await;
    assert_eq!(held["holds"], json!(["mapping"]));
    let hold = &held["hold_list"][0];
    assert_eq!((hold["scope"].as_str(), hold["blocks"].clone(), hold["evidence"]["problems"][0]["value"].as_str()), (Some("line:2"), json!(["release", "ship", "invoice"]), Some("sku:NEW")));
    let queue = shop.queue("").await;
    assert_eq!(queue.iter().map(|l| (l["listing"].as_str().unwrap(), l["orders"].as_i64().unwrap(), l["units"].as_str().unwrap(), l["value"][0]["amount"].as_str().unwrap())).collect::<Vec<_>>(), [("sku:NEW", 2, "4", "200000"), ("name:Quà tặng", 1, "1", "0")]);
    assert_eq!(shop.owner().get("/api/v1/orders/counts?hold=mapping").await.expect(200).json()["total"], 2);
    // An answer to placing says the same as a later look.
    let placed = shop.owner().post("/api/v1/orders", json!({"channel_account_id": shop.account, "lines": [line("NEW", "1")]})).await.expect(201).json();
    assert_eq!((placed["holds"].clone(), placed["hold_list"].as_array().unwrap().len()), (json!(["mapping"]), 1));
    assert_eq!(shop.queue(&format!("?account={}", shop.other)).await, [] as [Value; 0]);
    shop.server.verify().await;
}

#[tokio::test]
async fn map_1_who_does_not_ask_is_not_flooded() {
    let shop = Shop::open().await;
    let before = shop.order(&shop.account, json!([line("OLD", "1")])).await;
    assert_eq!((shop.holds(&before).await, shop.queue("").await.len()), (json!([]), 0));
    assert_eq!(shop.queue("?of=recent").await[0]["listing"], "sku:OLD", "what would wait can be mapped ahead");
    shop.ask(true).await;
    let after = shop.order(&shop.account, json!([line("OLD", "1")])).await;
    // An order of before is taken on as it was, also when something more is told of it.
    shop.owner().send(shop.owner().request(Method::POST, &format!("/api/v1/orders/{before}/tenders")).header("if-match", "\"1\"").json(&json!({"method": "cash", "amount": "1000"}))).await.expect(201);
    assert_eq!((shop.holds(&before).await, shop.holds(&after).await), (json!([]), json!(["mapping"])));
    shop.owner().send(shop.owner().request(Method::POST, &format!("/api/v1/orders/{after}/tenders")).header("if-match", "\"1\"").json(&json!({"method": "cash", "amount": "1000"}))).await.expect(201);
    assert_eq!(shop.holds(&after).await, json!(["mapping"]), "money does not map anything");
    shop.ask(false).await;
    assert_eq!(shop.holds(&after).await, json!([]), "who asks no more lets everything go on");
    shop.server.verify().await;
}

#[tokio::test]
async fn map_2_the_hold_leaves_when_the_mapping_is_made() {
    let shop = Shop::asking().await;
    shop.product("TS", "T-shirt").await;
    shop.product("CAP", "Cap").await;
    let one = shop.order(&shop.account, json!([line("A", "1")])).await;
    let two = shop.order(&shop.account, json!([line("A", "1"), line("B", "1")])).await;
    let elsewhere = shop.order(&shop.other, json!([line("A", "1")])).await;
    assert_eq!(shop.map(json!([shop.mapping("sku:A", &[("TS", "1")])])).await.expect(200).json(), json!({"changed": 1}));
    assert_eq!((shop.holds(&one).await, shop.holds(&two).await), (json!([]), json!(["mapping"])));
    let two_holds = shop.see(&two).await["hold_list"].clone();
    let states: Vec<(&str, &str)> = two_holds.as_array().unwrap().iter().map(|h| (h["scope"].as_str().unwrap(), h["state"].as_str().unwrap())).collect();
    assert!(states.contains(&("line:1", "released")) && states.contains(&("line:2", "placed")), "{states:?}");
    assert_eq!(shop.holds(&elsewhere).await, json!(["mapping"]), "MAP-4: another account's listing is another");
    shop.map(json!([shop.mapping("sku:B", &[("CAP", "1")])])).await.expect(200);
    assert_eq!(shop.holds(&two).await, json!([]));
    // A product with the SKU itself is a mapping, too.
    shop.product("A", "Sold elsewhere").await;
    assert_eq!(shop.holds(&elsewhere).await, json!([]));
    assert_eq!(shop.needed(&one).await, [("TS".to_owned(), "1".to_owned())], "what somebody said for the account counts before the SKU");
    assert_eq!(shop.needed(&elsewhere).await, [("A".to_owned(), "1".to_owned())]);
    shop.server.verify().await;
}

#[tokio::test]
async fn map_2_what_was_wanted_confirmed_is_confirmed() {
    let shop = Shop::asking().await;
    shop.product("TS", "T-shirt").await;
    let company = id(&shop.owner().post("/api/v1/companies", json!({"name": "Hòa Bình", "credit_limit": {"amount": "1000000", "currency": "VND"}})).await.expect(201).json());
    let order = id(&shop.owner().post("/api/v1/orders", json!({"channel_account_id": shop.account, "company_id": company, "lines": [line("A", "1")]})).await.expect(201).json());
    let confirm = shop.owner().send(shop.owner().request(Method::POST, &format!("/api/v1/orders/{order}/confirm")).header("if-match", "\"1\"")).await.expect(200).json();
    assert_ne!(confirm["decision"], "confirmed", "{confirm}");
    assert_eq!(shop.see(&order).await["confirmed_at"], Value::Null);
    shop.map(json!([shop.mapping("sku:A", &[("TS", "1")])])).await.expect(200);
    for _ in 0..200 {
        if !shop.see(&order).await["confirmed_at"].is_null() {
            shop.server.verify().await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never confirmed: {:#}", shop.see(&order).await);
}

#[tokio::test]
async fn map_2_mapping_and_intake_at_once_leave_no_order_behind() {
    let shop = Shop::asking().await;
    for n in 0..10 {
        shop.product(&format!("P{n}"), &format!("Product {n}")).await;
    }
    let source = Source { account: shop.account.parse().unwrap(), kind: ChannelKind::Web };
    let actor = Actor::system(shop.tenant(), "test", RightSet::all());
    let telling = (0..8).map(|teller| {
        let (directory, actor) = (shop.server.app.directory.clone(), actor.clone());
        tokio::spawn(async move {
            for n in 0..20 {
                let mut tx = directory.begin(&actor).await.unwrap();
                orders::apply(&mut tx, source, vec![described(&format!("o{teller}-{n}"), &format!("L{}", (teller + n) % 10), 1)], "test").await.unwrap();
                tx.commit().await.unwrap();
            }
        })
    });
    let telling: Vec<_> = telling.collect();
    let mapping = (0..10).map(|n| {
        let (client, body) = (shop.owner().clone(), json!({"mappings": [shop.mapping(&format!("sku:L{n}"), &[(format!("P{n}").as_str(), "1")])]}));
        tokio::spawn(async move { client.post("/api/v1/listings/map", body).await.expect(200) })
    });
    for one in mapping.collect::<Vec<_>>() {
        one.await.unwrap();
    }
    for one in telling {
        one.await.unwrap();
    }
    shop.later().await;
    assert_eq!(shop.queue("").await, [] as [Value; 0]);
    let counts = shop.owner().get("/api/v1/orders/counts").await.expect(200).json();
    assert_eq!((counts["total"].as_i64(), counts["held"].as_i64()), (Some(160), Some(0)));
    shop.server.verify().await;
}

#[tokio::test]
async fn settle_map_1_an_order_that_came_in_beside_the_mapping_goes_on_later() {
    let shop = Shop::asking().await;
    shop.product("P", "Product").await;
    // An edit is under way when the mapping is made: it saw the listing unmapped, and nobody sees its hold yet.
    let order = shop.order(&shop.account, json!([line("P", "1")])).await;
    let actor = Actor::system(shop.tenant(), "test", RightSet::all());
    let mut tx = shop.server.app.directory.begin(&actor).await.unwrap();
    let row = orders::list::row(&mut tx, order.parse().unwrap()).await.unwrap().unwrap();
    let mut edit = described(&row.external_id, "L", u64::MAX >> 1);
    if let What::Described(description) = &mut edit.what {
        description.reason = Some("the buyer took another".into());
    }
    let source = Source { account: shop.account.parse::<ChannelAccountId>().unwrap(), kind: ChannelKind::Web };
    orders::apply(&mut tx, source, vec![edit], "test").await.unwrap();
    shop.map(json!([shop.mapping("sku:L", &[("P", "1")])])).await.expect(200);
    // The round that follows the mapping at once is over by then.
    tokio::time::sleep(Duration::from_millis(500)).await;
    tx.commit().await.unwrap();
    assert_eq!(shop.holds(&order).await, json!(["mapping"]));
    shop.later().await;
    assert_eq!(shop.holds(&order).await, json!([]));
    shop.server.verify().await;
}

/// An order of one line as a channel tells it.
fn described(order: &str, sku: &str, revision: u64) -> Fact {
    let line = Line {
        id: "1".into(),
        kind: LineKind::Product,
        sku: Some(sku.into()),
        name: None,
        quantity: "1".parse().unwrap(),
        unit_price: Money::new(1000.into(), Currency::VND),
        components: vec![],
        taxes: vec![],
        gift: false,
    };
    let at = "2026-11-01T03:00:00Z".parse().unwrap();
    Fact { order: order.into(), revision, occurred_at: at, what: What::Described(Description { lines: Some(vec![line]), currency: Some(Currency::VND), placed_at: Some(at), ..Description::default() }) }
}

#[tokio::test]
async fn map_2_more_orders_than_one_step_takes_all_go_on() {
    let shop = Shop::asking().await;
    shop.product("P", "Product").await;
    let source = Source { account: shop.account.parse().unwrap(), kind: ChannelKind::Web };
    let actor = Actor::system(shop.tenant(), "test", RightSet::all());
    let many = usize::try_from(switchyard_core::mapping::settle::STEP).unwrap() * 2 + 7;
    let mut tx = shop.server.app.directory.begin(&actor).await.unwrap();
    orders::apply(&mut tx, source, (0..many).map(|n| described(&format!("o{n}"), "L", 1)).collect(), "test").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(shop.queue("").await[0]["orders"], many);
    shop.map(json!([shop.mapping("sku:L", &[("P", "1")])])).await.expect(200);
    for _ in 0..200 {
        if shop.owner().get("/api/v1/orders/counts?hold=mapping").await.expect(200).json()["total"] == 0 {
            shop.later().await;
            shop.server.verify().await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{:?}", shop.queue("").await);
}

#[tokio::test]
async fn hold_3_what_a_person_let_go_without_a_mapping_stays_let_go() {
    let shop = Shop::asking().await;
    let order = shop.order(&shop.account, json!([line("A", "1")])).await;
    let hold = shop.see(&order).await["hold_list"][0]["id"].as_str().unwrap().to_owned();
    shop.owner().post(&format!("/api/v1/orders/{order}/holds/{hold}/release"), json!({"reason": "a gift that nobody keeps in stock"})).await.expect(200);
    let version = shop.see(&order).await["version"].to_string();
    shop.owner().send(shop.owner().request(Method::POST, &format!("/api/v1/orders/{order}/tenders")).header("if-match", format!("\"{version}\"")).json(&json!({"method": "cash", "amount": "1000"}))).await.expect(201);
    assert_eq!(shop.holds(&order).await, json!([]));
    shop.server.verify().await;
}

#[tokio::test]
async fn map_3_sets_and_other_units_come_to_exact_quantities() {
    let shop = Shop::asking().await;
    for (sku, name) in [("TEA", "Tea, box"), ("CUP", "Cup"), ("RICE", "Rice, kg")] {
        shop.product(sku, name).await;
    }
    let order = shop.order(&shop.account, json!([line("GIFT-SET", "3"), line("TEA-CARTON", "2"), line("TEA", "1"), line("RICE-250G", "7")])).await;
    let mappings = json!([shop.mapping("sku:GIFT-SET", &[("TEA", "1"), ("CUP", "4")]), shop.mapping("sku:TEA-CARTON", &[("TEA", "24")]), shop.mapping("sku:RICE-250G", &[("RICE", "0.25")])]);
    assert_eq!(shop.map(mappings.clone()).await.expect(200).json(), json!({"changed": 3}));
    assert_eq!(shop.holds(&order).await, json!([]));
    assert_eq!(shop.needed(&order).await, [("CUP", "12"), ("RICE", "1.75"), ("TEA", "52")].map(|(sku, quantity)| (sku.to_owned(), quantity.to_owned())));
    let lines = shop.resolved(&order).await["lines"].clone();
    assert_eq!((lines[0]["listing"].as_str(), lines[0]["parts"][1]["sku"].as_str(), lines[0]["parts"][1]["quantity"].as_str()), (Some("sku:GIFT-SET"), Some("CUP"), Some("4")));
    // Said again it changes nothing; said otherwise it names the version that was seen.
    assert_eq!(shop.map(mappings).await.expect(200).json(), json!({"changed": 0}));
    let mut other = shop.mapping("sku:TEA-CARTON", &[("TEA", "12")]);
    assert_eq!(shop.map(json!([other.clone()])).await.expect(409).code(), "mapped_already");
    other["version"] = json!(1);
    assert_eq!(shop.map(json!([other.clone()])).await.expect(200).json(), json!({"changed": 1}));
    assert_eq!(shop.map(json!([shop.mapping("sku:TEA-CARTON", &[("TEA", "6")])])).await.expect(409).code(), "mapped_already");
    assert_eq!(shop.needed(&order).await[2], ("TEA".to_owned(), "28".to_owned()));
    let mapped = shop.owner().get("/api/v1/listings?text=carton").await.expect(200).json();
    assert_eq!((mapped["data"][0]["version"].as_i64(), mapped["data"][0]["parts"][0]["quantity"].as_str()), (Some(2), Some("12")));
    shop.server.verify().await;
}

#[tokio::test]
async fn map_5_what_is_wrong_maps_nothing() {
    let shop = Shop::asking().await;
    shop.product("TS", "T-shirt").await;
    let gone = shop.product("GONE", "Not sold any more").await;
    shop.owner().send(shop.owner().request(Method::PATCH, &format!("/api/v1/products/{gone}")).header("if-match", "\"1\"").json(&json!({"active": false}))).await.expect(200);
    let stranger = shop.server.merchant("other").await;
    let theirs = web(&stranger, "Theirs").await;
    let order = shop.order(&shop.account, json!([line("A", "1")])).await;
    let good = shop.mapping("sku:A", &[("TS", "1")]);
    let mut foreign = shop.mapping("sku:B", &[("TS", "1")]);
    foreign["channel_account_id"] = json!(theirs);
    for (mappings, wrong) in [
        (json!([]), "/mappings"),
        (json!([good, shop.mapping("sku:B", &[("NOBODY", "1")])]), "/mappings/1/parts/0/sku"),
        (json!([good, shop.mapping("sku:B", &[("GONE", "1")])]), "/mappings/1/parts/0/sku"),
        (json!([good, shop.mapping("sku:B", &[("TS", "0")])]), "/mappings/1/parts/0/quantity"),
        (json!([good, shop.mapping("sku:B", &[("TS", "-2")])]), "/mappings/1/parts/0/quantity"),
        (json!([good, shop.mapping("sku:B", &[("TS", "1e3")])]), "/mappings/1/parts/0/quantity"),
        (json!([good, shop.mapping("sku:B", &[])]), "/mappings/1/parts"),
        (json!([good, shop.mapping("sku:B", &[("TS", "1"), ("TS", "2")])]), "/mappings/1/parts/1/sku"),
        (json!([good, shop.mapping("sku:A", &[("TS", "2")])]), "/mappings/1/listing"),
        (json!([good, shop.mapping("B", &[("TS", "1")])]), "/mappings/1/listing"),
        (json!([good, foreign]), "/mappings/1/channel_account_id"),
        (Value::Array(vec![good.clone(); 201]), "/mappings"),
    ] {
        assert_eq!(pointers(&shop.map(mappings.clone()).await.expect(422).json()), [wrong], "{mappings}");
    }
    shop.owner().post("/api/v1/listings/map", json!({"mappings": [{"listing": "sku:A", "parts": []}]})).await.expect(422);
    assert_eq!(shop.holds(&order).await, json!(["mapping"]), "the good one beside was not made either");
    assert_eq!(shop.owner().get("/api/v1/listings").await.expect(200).json()["data"], json!([]));
    for query in ["?of=all", "?account=x", "?limit=0", "?cursor=x"] {
        shop.owner().get(&format!("/api/v1/listings/unmapped{query}")).await.expect(422);
    }
    assert_eq!(stranger.owner.get("/api/v1/listings/unmapped?of=recent").await.expect(200).json()["data"], json!([]), "another tenant's listings are not seen");
}

#[tokio::test]
async fn map_4_one_wins_who_map_the_same_listing_at_once() {
    let shop = Shop::asking().await;
    for n in 0..8 {
        shop.product(&format!("P{n}"), "Product").await;
    }
    let tries = (0..8).map(|n| {
        let (client, body) = (shop.owner().clone(), json!({"mappings": [shop.mapping("sku:A", &[(format!("P{n}").as_str(), "1")])]}));
        tokio::spawn(async move { client.post("/api/v1/listings/map", body).await.status.as_u16() })
    });
    let mut answers = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        answers.push(one.await.unwrap());
    }
    answers.sort_unstable();
    assert_eq!(answers, [200, 409, 409, 409, 409, 409, 409, 409]);
    let mapped = shop.owner().get("/api/v1/listings").await.expect(200).json();
    assert_eq!((mapped["data"].as_array().unwrap().len(), mapped["data"][0]["version"].as_i64(), mapped["data"][0]["parts"].as_array().unwrap().len()), (1, Some(1), 1));
    shop.server.verify().await;
}

#[tokio::test]
async fn a_listing_is_suggested_by_sku_barcode_or_name() {
    let shop = Shop::asking().await;
    shop.owner().post("/api/v1/products", json!({"sku": "TS-01-RED", "name": "Áo thun lụa đỏ", "unit": "piece", "barcode": "8930000000001"})).await.expect(201);
    shop.order(&shop.account, json!([
        {"sku": "ts01red", "name": "x", "quantity": "1", "unit_price": "1"}, {"sku": "8930000000001", "name": "x", "quantity": "1", "unit_price": "1"},
        {"name": "ao thun LUA do (L)", "quantity": "1", "unit_price": "1"}, {"sku": "Z", "name": "Nothing of ours", "quantity": "1", "unit_price": "1"},
    ])).await;
    let queue = shop.queue("").await;
    let mut said: Vec<(&str, Option<&str>)> = queue.iter().map(|l| (l["listing"].as_str().unwrap(), l["suggestion"]["why"].as_str())).collect();
    said.sort_unstable();
    assert_eq!(said, [("name:ao thun LUA do (L)", Some("name")), ("sku:8930000000001", Some("barcode")), ("sku:Z", None), ("sku:ts01red", Some("sku"))]);
}

#[tokio::test]
async fn the_queue_goes_on_page_by_page() {
    let shop = Shop::asking().await;
    for (sku, orders) in [("A", 3), ("B", 2), ("C", 2), ("D", 1)] {
        for _ in 0..orders {
            shop.order(&shop.account, json!([line(sku, "1")])).await;
        }
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = shop.owner().get(&format!("/api/v1/listings/unmapped?limit=2{cursor}")).await.expect(200).json();
        seen.extend(page["data"].as_array().unwrap().iter().map(|l| l["listing"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["sku:A", "sku:B", "sku:C", "sku:D"]);
}
