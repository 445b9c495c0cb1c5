//! Customers: the orders of one buyer over all channels, found by themselves, merged and split by people.

use kernel::{ChannelAccountId, Currency, Money, TenantId};
use kit::{Client, Server, server::Merchant};
use serde_json::{Value, json};
use switchyard_core::orders::{self, ChannelKind, Source, fact::*};
use tenants::{Actor, RightSet};

struct Shop {
    server: Server,
    merchant: Merchant,
    web: String,
    app: String,
}

impl Shop {
    async fn open() -> Shop {
        let server = Server::start().await;
        let merchant = server.merchant("customers").await;
        let account = |kind: &'static str| merchant.owner.post("/api/v1/channel-accounts", json!({"kind": kind, "name": kind, "currency": "VND"}));
        let [web, app] = [account("web").await, account("app").await].map(|made| id(&made.expect(201).json()));
        Shop { server, merchant, web, app }
    }
    fn owner(&self) -> &Client {
        &self.merchant.owner
    }
    /// An order of a buyer; its customer.
    async fn bought(&self, account: &str, buyer: Value, amount: &str) -> Value {
        let order = self.owner().post("/api/v1/orders", json!({"channel_account_id": account, "buyer": buyer, "lines": [{"sku": "A", "quantity": "1", "unit_price": amount}]})).await.expect(201).json();
        self.customer_of(&id(&order)).await
    }
    async fn customer_of(&self, order: &str) -> Value {
        self.owner().get(&format!("/api/v1/orders/{order}/resolved")).await.expect(200).json()["customer_id"].clone()
    }
    /// Two Shopee shops.
    async fn marketplaces(&self) -> [Source; 2] {
        let mut sources = Vec::new();
        for shop in ["77", "78"] {
            let market = json!({"kind": "shopee", "name": format!("Market {shop}"), "shop": shop, "currency": "VND", "settings": {"partner_id": "1", "shop_id": shop, "currency": "VND"}, "secrets": {"partner_key": "hush", "access_token": "token"}});
            let made = self.owner().post("/api/v1/channel-accounts", market).await.expect(201).json();
            sources.push(Source { account: id(&made).parse::<ChannelAccountId>().unwrap(), kind: ChannelKind::Shopee });
        }
        [sources[0], sources[1]]
    }
    /// What a marketplace tells of an order.
    async fn told(&self, source: Source, order: &str, buyer: Buyer) -> Value {
        let line = Line { id: "1".into(), kind: LineKind::Product, sku: Some("A".into()), name: None, quantity: "1".parse().unwrap(), unit_price: Money::new(1000.into(), Currency::VND), components: vec![], taxes: vec![], gift: false };
        let at = "2026-11-01T03:00:00Z".parse().unwrap();
        let what = What::Described(Description { lines: Some(vec![line]), currency: Some(Currency::VND), placed_at: Some(at), buyer: Some(buyer), ..Description::default() });
        let actor = Actor::system(self.merchant.id.parse::<TenantId>().unwrap(), "test", RightSet::all());
        let mut tx = self.server.app.directory.begin(&actor).await.unwrap();
        let applied = orders::apply(&mut tx, source, vec![Fact { order: order.into(), revision: 1, occurred_at: at, what }], "test").await.unwrap();
        tx.commit().await.unwrap();
        self.customer_of(&applied[0].order_id.to_string()).await
    }
    async fn see(&self, customer: &Value) -> Value {
        self.owner().get(&format!("/api/v1/customers/{}", customer.as_str().unwrap())).await.expect(200).json()
    }
    async fn list(&self, query: &str) -> Vec<Value> {
        self.owner().get(&format!("/api/v1/customers{query}")).await.expect(200).json()["data"].as_array().unwrap().clone()
    }
    async fn act(&self, customer: &Value, act: &str, body: Value) -> kit::Answer {
        self.owner().post(&format!("/api/v1/customers/{}/{act}", customer.as_str().unwrap()), body).await
    }
    async fn orders_of(&self, customer: &Value) -> i64 {
        self.owner().get(&format!("/api/v1/orders/counts?customer={}", customer.as_str().unwrap())).await.expect(200).json()["total"].as_i64().unwrap()
    }
}

fn id(of: &Value) -> String {
    of["id"].as_str().unwrap_or_else(|| panic!("no id in {of}")).to_owned()
}
fn masked(id: Option<&str>, phone: &str) -> Buyer {
    Buyer { id: id.map(Into::into), name: Some("N***n".into()), phone: Some(phone.into()), masked: true, ..Buyer::default() }
}

#[tokio::test]
async fn cust_2_orders_of_one_number_are_one_customers_over_all_channels() {
    let shop = Shop::open().await;
    let lan = shop.bought(&shop.web, json!({"name": "Lan", "phone": "0901 234 567"}), "100000").await;
    for (account, phone) in [(&shop.app, "+84901234567"), (&shop.web, "84 901 234 567"), (&shop.app, "0084901234567")] {
        assert_eq!(shop.bought(account, json!({"name": "Nguyễn Thị Lan", "phone": phone, "email": "lan@example.com"}), "50000").await, lan, "{phone}");
    }
    let other = shop.bought(&shop.web, json!({"name": "Minh", "email": "Minh@Example.com"}), "7000").await;
    assert_eq!(shop.bought(&shop.app, json!({"name": "Minh", "email": "minh@example.com "}), "3000").await, other);
    assert_ne!(lan, other);
    assert_eq!(shop.bought(&shop.web, json!({"name": "Somebody"}), "1").await, Value::Null, "nothing tells who it is");
    let seen = shop.see(&lan).await;
    assert_eq!((seen["name"].as_str(), seen["orders"].as_i64(), seen["channels"].clone(), seen["sums"][0]["total"]["amount"].as_str(), seen["sums"][0]["outstanding"]["amount"].as_str()), (Some("Nguyễn Thị Lan"), Some(4), json!(["app", "web"]), Some("250000"), Some("250000")));
    assert_eq!(seen["accounts"].as_array().unwrap().iter().map(|a| (a["channel_kind"].as_str().unwrap(), a["orders"].as_i64().unwrap(), a["total"]["amount"].as_str().unwrap())).collect::<Vec<_>>(), [("app", 2, "100000"), ("web", 2, "150000")]);
    let all = shop.list("").await;
    assert_eq!(all.iter().map(|c| c["name"].as_str().unwrap()).collect::<Vec<_>>(), ["Minh", "Nguyễn Thị Lan"], "who bought last comes first");
    assert_eq!(shop.list("?text=nguyen%20thi").await.len(), 1);
    assert_eq!((shop.list("?text=090%201234").await.len(), shop.list("?text=90%20123%204567").await.len()), (1, 1), "a number is found however it is written");
    assert_eq!((shop.orders_of(&lan).await, shop.orders_of(&other).await), (4, 2), "the facet has exactly the customer's orders");
    shop.server.verify().await;
}

#[tokio::test]
async fn cust_2_copies_and_tests_add_to_no_sum_and_currencies_stay_apart() {
    let shop = Shop::open().await;
    let buyer = json!({"name": "Lan", "phone": "+84901234567"});
    let lan = shop.bought(&shop.web, buyer.clone(), "100000").await;
    let order = |more: Value| {
        let mut body = json!({"channel_account_id": shop.web, "buyer": buyer, "lines": [{"sku": "A", "quantity": "1", "unit_price": "25"}]});
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        shop.owner().post("/api/v1/orders", body)
    };
    order(json!({"test": true})).await.expect(201);
    order(json!({"currency": "USD"})).await.expect(201);
    let seen = shop.see(&lan).await;
    let sums: Vec<(&str, i64, &str)> = seen["sums"].as_array().unwrap().iter().map(|s| (s["currency"].as_str().unwrap(), s["orders"].as_i64().unwrap(), s["total"]["amount"].as_str().unwrap())).collect();
    assert_eq!((seen["orders"].as_i64(), sums), (Some(2), vec![("USD", 1, "25.00"), ("VND", 1, "100000")]));
}

#[tokio::test]
async fn cust_1_whom_a_channel_hides_is_never_merged_by_itself() {
    let shop = Shop::open().await;
    let [first, second] = shop.marketplaces().await;
    let number = "0901234567";
    let real = shop.bought(&shop.web, json!({"name": "Lan", "phone": number}), "1").await;
    let a = shop.told(first, "1", masked(Some("u1"), number)).await;
    let b = shop.told(first, "2", masked(Some("u2"), number)).await;
    let c = shop.told(second, "1", masked(Some("u1"), number)).await;
    assert_eq!(shop.told(first, "3", masked(Some("u1"), "0900000000")).await, a, "the account's own id tells who they are");
    assert_eq!(shop.told(first, "4", masked(None, number)).await, Value::Null);
    let all: std::collections::BTreeSet<String> = [&real, &a, &b, &c].iter().map(|customer| customer.as_str().expect("a customer").to_owned()).collect();
    assert_eq!(all.len(), 4, "one customer per account and id, none by a hidden number");
    let blanked = Buyer { id: Some("u3".into()), phone: Some("******4567".into()), email: Some("l***@example.com".into()), ..Buyer::default() };
    let d = shop.told(first, "5", blanked).await;
    assert!(!all.contains(d.as_str().unwrap()), "a number with parts blanked out is none");
    assert_eq!((shop.see(&a).await["masked"].as_bool(), shop.see(&a).await["identities"][0]["kind"].as_str()), (Some(true), Some("buyer")));
    shop.server.verify().await;
}

#[tokio::test]
async fn cust_3_a_person_merges_and_takes_it_back() {
    let shop = Shop::open().await;
    let phone = shop.bought(&shop.web, json!({"name": "Lan", "phone": "0901234567"}), "100").await;
    let mail = shop.bought(&shop.app, json!({"name": "Lan N.", "email": "lan@example.com"}), "20").await;
    let third = shop.bought(&shop.app, json!({"name": "Lan", "phone": "0987654321"}), "3").await;
    let merged = shop.act(&phone, "merge", json!({"customer_id": mail, "reason": "she said so on the telephone"})).await.expect(200).json();
    assert_eq!((merged["id"].clone(), merged["orders"].as_i64(), merged["sums"][0]["total"]["amount"].as_str(), merged["identity_count"].as_i64()), (phone.clone(), Some(2), Some("120"), Some(2)));
    assert_eq!(merged["identities"].as_array().unwrap().iter().map(|i| (i["kind"].as_str().unwrap(), i["reason"].as_str())).collect::<Vec<_>>(), [("phone", None), ("email", Some("she said so on the telephone"))]);
    assert_eq!(shop.see(&mail).await["id"], phone, "either leads to the one");
    assert_eq!((shop.orders_of(&phone).await, shop.orders_of(&mail).await), (2, 2));
    assert_eq!(shop.list("").await.iter().map(|c| c["orders"].as_i64().unwrap()).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(shop.act(&mail, "merge", json!({"customer_id": phone, "reason": "again"})).await.expect(409).code(), "one_already");
    // Merged into a third: all lead there in one step, and the first can be taken out again.
    shop.act(&third, "merge", json!({"customer_id": mail, "reason": "the same address"})).await.expect(200);
    assert_eq!(shop.see(&phone).await["id"], third);
    let left = shop.act(&phone, "split", json!({"identity_id": third, "reason": "it was her sister"})).await.expect(200).json();
    assert_eq!((left["orders"].as_i64(), left["identity_count"].as_i64()), (Some(2), Some(2)));
    assert_eq!((shop.see(&third).await["orders"].as_i64(), shop.see(&phone).await["orders"].as_i64()), (Some(1), Some(2)));
    assert_eq!(shop.act(&third, "split", json!({"identity_id": third, "reason": "x"})).await.expect(409).code(), "not_merged");
    assert_eq!(shop.act(&third, "split", json!({"identity_id": phone, "reason": "x"})).await.expect(409).code(), "not_merged");
    let acts = shop.owner().get("/api/v1/audit-log").await.expect(200).json();
    let acts: Vec<&str> = acts["data"].as_array().unwrap().iter().filter_map(|a| a["act"].as_str()).filter(|a| a.starts_with("customer.")).collect();
    assert_eq!(acts, ["customer.split", "customer.merged", "customer.merged"]);
    shop.server.verify().await;
}

#[tokio::test]
async fn cust_4_merging_from_many_sides_at_once_makes_no_circle() {
    let shop = Shop::open().await;
    let mut customers = Vec::new();
    for n in 0..6 {
        customers.push(shop.bought(&shop.web, json!({"name": format!("B{n}"), "phone": format!("090123456{n}")}), "10").await);
    }
    let tries = (0..6).map(|n| {
        let (client, path, other) = (shop.owner().clone(), format!("/api/v1/customers/{}/merge", customers[n].as_str().unwrap()), customers[(n + 1) % 6].clone());
        tokio::spawn(async move { client.post(&path, json!({"customer_id": other, "reason": "all at once"})).await.status.as_u16() })
    });
    let mut answers = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        answers.push(one.await.unwrap());
    }
    answers.sort_unstable();
    assert_eq!(answers, [200, 200, 200, 200, 200, 409], "the last would have closed the circle");
    let all = shop.list("").await;
    assert_eq!((all.len(), all[0]["orders"].as_i64(), all[0]["identity_count"].as_i64()), (1, Some(6), Some(6)));
    shop.server.verify().await;
}

#[tokio::test]
async fn customers_of_others_are_not_found() {
    let shop = Shop::open().await;
    let lan = shop.bought(&shop.web, json!({"name": "Lan", "phone": "0901234567"}), "100").await;
    let other = shop.server.merchant("other").await;
    let web = id(&other.owner.post("/api/v1/channel-accounts", json!({"kind": "web", "name": "Web", "currency": "VND"})).await.expect(201).json());
    let order = other.owner.post("/api/v1/orders", json!({"channel_account_id": web, "buyer": {"phone": "0901234567"}, "lines": [{"quantity": "1", "unit_price": "5"}]})).await.expect(201).json();
    let theirs = other.owner.get(&format!("/api/v1/orders/{}/resolved", id(&order))).await.expect(200).json()["customer_id"].clone();
    assert_ne!(theirs, lan, "the same number at another merchant is another customer");
    other.owner.get(&format!("/api/v1/customers/{}", lan.as_str().unwrap())).await.expect(404);
    let merge = other.owner.post(&format!("/api/v1/customers/{}/merge", theirs.as_str().unwrap()), json!({"customer_id": lan, "reason": "x"})).await.expect(422).json();
    assert_eq!(merge["errors"][0]["pointer"], "/customer_id");
    for body in [json!({"customer_id": lan, "reason": " "}), json!({"customer_id": "x", "reason": "x"}), json!({"reason": "x"}), json!({"customer_id": lan, "reason": "x".repeat(501)})] {
        shop.act(&lan, "merge", body).await.expect(422);
    }
    shop.owner().get("/api/v1/orders?customer=nobody").await.expect(422);
    assert_eq!(other.owner.get(&format!("/api/v1/orders?customer={}", lan.as_str().unwrap())).await.expect(200).json()["data"], json!([]));
}

#[tokio::test]
async fn the_list_goes_on_page_by_page_and_shows_each_once() {
    let shop = Shop::open().await;
    for round in 0..3 {
        for n in 0..5 {
            shop.bought(&shop.web, json!({"name": format!("B{n}"), "phone": format!("090123456{n}")}), &format!("{}", round + 1)).await;
        }
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = shop.owner().get(&format!("/api/v1/customers?limit=2{cursor}")).await.expect(200).json();
        seen.extend(page["data"].as_array().unwrap().iter().map(|c| (c["name"].as_str().unwrap().to_owned(), c["orders"].as_i64().unwrap())));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["B4", "B3", "B2", "B1", "B0"].map(|name| (name.to_owned(), 3)));
}
