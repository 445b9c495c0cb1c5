//! The settlement workbench over HTTP: statements matched to orders (P11), what belongs to no order explained by a person, the
//! payout seen in the bank, and the clearing account of the shop at zero or explained to the unit.

use kernel::{ChannelAccountId, Currency, Money, Timestamp};
use kit::{Answer, Client, Server, server::Merchant};
use rand::{Rng, SeedableRng, rngs::StdRng};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use switchyard_core::orders::{self, ChannelKind, Source, fact::*};
use tenants::{Actor, RightSet};

struct Desk {
    server: Server,
    merchant: Merchant,
    shop: String,
    bank: String,
}

impl Desk {
    async fn open() -> Self {
        let server = Server::start().await;
        let merchant = server.merchant("settle").await;
        let body = json!({"kind": "shopee", "name": "Shop", "shop": "77", "currency": "VND", "settings": {"partner_id": "1", "shop_id": "77", "currency": "VND"}, "secrets": {"partner_key": "hush", "access_token": "token"}});
        let shop = merchant.owner.post("/api/v1/channel-accounts", body).await.expect(201).json()["id"].as_str().unwrap().to_owned();
        let bank = merchant.owner.post("/api/v1/bank/accounts", json!({"name": "Main", "number": "007", "currency": "VND"})).await.expect(201).json()["id"].as_str().unwrap().to_owned();
        Self { server, merchant, shop, bank }
    }
    fn owner(&self) -> &Client {
        &self.merchant.owner
    }
    /// An order that has left the house: the marketplace owes `amount` for it. Returns its id.
    async fn sell(&self, name: &str, amount: i64, currency: Currency) -> String {
        let at: Timestamp = "2026-11-10T03:00:00Z".parse().unwrap();
        let line = Line {
            id: "1".into(),
            kind: LineKind::Product,
            sku: None,
            name: None,
            quantity: "1".parse().unwrap(),
            unit_price: Money::new(amount.into(), currency),
            components: vec![],
            taxes: vec![],
            gift: false,
        };
        let described = What::Described(Description { lines: Some(vec![line]), currency: Some(currency), placed_at: Some(at), status: Some("SHIPPED".into()), ..Description::default() });
        let shipped = What::Shipped(Shipment { id: "p".into(), state: ShipmentState::InTransit, carrier: None, tracking: None, lines: vec![], at: Some(at) });
        self.tell(name, vec![described, shipped]).await
    }
    async fn tell(&self, name: &str, whats: Vec<What>) -> String {
        let actor = Actor::system(self.merchant.id.parse().unwrap(), "test", RightSet::all());
        let source = Source { account: self.shop.parse::<ChannelAccountId>().unwrap(), kind: ChannelKind::Shopee };
        let at: Timestamp = "2026-11-10T03:00:00Z".parse().unwrap();
        let facts = whats.into_iter().map(|what| Fact { order: name.into(), revision: 1, occurred_at: at, what }).collect();
        let mut tx = self.server.app.directory.begin(&actor).await.unwrap();
        let applied = orders::apply(&mut tx, source, facts, "inb_test").await.unwrap();
        tx.commit().await.unwrap();
        applied[0].order_id.to_string()
    }
    async fn take_in(&self, reference: &str, file: &str, more: &[(&str, &str)]) -> Answer {
        let fields: Vec<(&str, &str)> = [("reference", reference)].into_iter().chain(more.iter().copied()).collect();
        self.owner().upload(&format!("/api/v1/settlement/shops/{}/statements", self.shop), "statement.csv", file.as_bytes(), &fields).await
    }
    async fn bank_line(&self, day: u32, amount: i64) -> String {
        let file = format!("date,amount,text\n2026-11-{day:02},{amount},payout {day}\n");
        let taken = self.owner().upload(&format!("/api/v1/bank/accounts/{}/statements", self.bank), "bank.csv", file.as_bytes(), &[]).await;
        assert!(taken.status.is_success(), "{}", taken.text());
        self.owner().get(&format!("/api/v1/bank/lines?from=2026-11-{day:02}&to=2026-11-{day:02}")).await.expect(200).json()["data"][0]["id"].as_str().unwrap().to_owned()
    }
    async fn pay(&self, statement: &str, line: &str) -> Answer {
        self.owner().post(&format!("/api/v1/settlement/statements/{statement}/pay"), json!({"bank_line_id": line, "why": "the payout"})).await
    }
    async fn statement(&self, id: &str) -> Value {
        self.owner().get(&format!("/api/v1/settlement/statements/{id}")).await.expect(200).json()
    }
    async fn lines(&self, statement: &str, state: &str) -> Vec<Value> {
        self.owner().get(&format!("/api/v1/settlement/statements/{statement}/lines?state={state}&limit=200")).await.expect(200).json()["data"].as_array().unwrap().clone()
    }
    async fn resolve(&self, line: &Value, body: Value) -> Answer {
        self.owner().post(&format!("/api/v1/settlement/statement-lines/{}/resolve", line["id"].as_str().unwrap()), body).await
    }
    /// `state open` of each order, by its name.
    async fn orders(&self) -> BTreeMap<String, String> {
        let orders = self.owner().get(&format!("/api/v1/settlement/shops/{}/orders?limit=200", self.shop)).await.expect(200).json();
        orders["data"].as_array().unwrap().iter().map(|o| (o["external_id"].as_str().unwrap().to_owned(), format!("{} {}", o["state"].as_str().unwrap(), o["open"]["amount"].as_str().unwrap()))).collect()
    }
    /// `account amount`, without zeros; the shop and the bank by their part.
    async fn balances(&self) -> BTreeMap<String, String> {
        let trial = self.owner().get("/api/v1/ledger/trial-balance").await.expect(200).json();
        let name = |row: &Value| row["account"].as_str().unwrap().replace(&self.bank, "seen").replace(&self.shop, "shop");
        let rows = trial["data"].as_array().unwrap().iter().map(|row| (name(row), row["balance"]["amount"].as_str().unwrap().to_owned()));
        rows.filter(|(_, amount)| amount != "0").collect()
    }
    async fn shop(&self) -> Value {
        self.owner().get("/api/v1/settlement/shops").await.expect(200).json()["data"][0].clone()
    }
}

const P11: &str = "Order ID,Type,Amount\nA,sale,190000\nA,Commission Fee,-7600\nA,Payment fee,-3800\nA,Service fee,-5700\nA,Affiliate commission,-4000\nA,Shipping fee,-2000\nA,Withholding tax,-2850\n";

#[tokio::test]
async fn p11_a_statement_settles_its_order_and_the_bank_line_clears_the_payout() {
    let desk = Desk::open().await;
    desk.sell("A", 190_000, Currency::VND).await;
    desk.sell("B", 50_000, Currency::VND).await;
    assert_eq!(desk.orders().await, [("A".into(), "not_yet_released 190000".into()), ("B".into(), "not_yet_released 50000".into())].into());
    let rates = json!({"rates": [{"kind": "mkt_commission", "percent": "4"}, {"kind": "mkt_payment_fee", "percent": "1.5"}]});
    let put = desk.owner().request(Method::PUT, &format!("/api/v1/settlement/shops/{}/rates", desk.shop)).json(&rates);
    assert_eq!(desk.owner().send(put).await.expect(200).json(), rates);
    let refused = desk.take_in("S-1", P11, &[("payout", "164000")]).await.expect(422).json();
    assert!(refused["errors"][0]["detail"].as_str().unwrap().ends_with("the difference is -50"), "{refused}");
    let taken = desk.take_in("S-1", P11, &[("payout", "164050"), ("at", "2026-11-20T00:00:00Z")]).await.expect(201).json();
    assert_eq!((taken["lines_new"].as_i64(), taken["lines_matched"].as_i64(), taken["payout"]["amount"].as_str()), (Some(7), Some(7), Some("164050")));
    let balances = desk.balances().await;
    for (account, amount) in [("marketplace_clearing:shop", "50000"), ("bank", "164050"), ("mkt_commission", "7600"), ("mkt_payment_fee", "3800"), ("mkt_service_fee", "5700"), ("mkt_affiliate", "4000"), ("mkt_shipping", "2000"), ("withholding_tax", "2850")] {
        assert_eq!(balances.get(account).map(String::as_str), Some(amount), "{account}: {balances:?}");
    }
    assert_eq!(desk.orders().await["A"], "matched 0");
    let order = desk.owner().get(&format!("/api/v1/settlement/shops/{}/orders?state=matched", desk.shop)).await.expect(200).json()["data"][0].clone();
    let fee = |kind: &str| order["fees"].as_array().unwrap().iter().find(|fee| fee["kind"] == kind).map(|fee| format!("{} {}", fee["actual"]["amount"].as_str().unwrap(), fee["expected"]["amount"].as_str().unwrap_or("-"))).unwrap();
    assert_eq!((order["claim"]["amount"].as_str(), fee("mkt_commission"), fee("mkt_payment_fee"), fee("mkt_shipping")), (Some("190000"), "7600 7600".into(), "3800 2850".into(), "2000 -".into()));
    // The same file twice changes nothing.
    let again = desk.take_in("S-1", P11, &[]).await.expect(200).json();
    assert_eq!((again["lines_new"].as_i64(), again["lines_known"].as_i64()), (Some(0), Some(7)));
    assert_eq!(desk.balances().await, balances);
    desk.server.verify().await;
    // The bank shows the payout, once.
    let id = taken["statement_id"].as_str().unwrap();
    let line = desk.bank_line(21, 164_050).await;
    assert_eq!(desk.statement(id).await["bank_lines"][0]["bank_line_id"], line.as_str());
    let other = desk.bank_line(22, 164_051).await;
    assert_eq!(desk.pay(id, &other).await.expect(422).json()["errors"][0]["code"], "difference");
    assert_eq!(desk.pay(id, &line).await.expect(200).json()["paid"], true);
    assert_eq!(desk.pay(id, &line).await.expect(409).code(), "paid_already");
    assert_eq!(desk.take_in("S-1", "Order ID,Type,Amount\nB,sale,1\n", &[]).await.expect(409).code(), "paid_already");
    let balances = desk.balances().await;
    assert_eq!((balances.get("bank:seen").map(String::as_str), balances.get("bank")), (Some("164050"), None));
    desk.server.verify().await;
    desk.owner().post(&format!("/api/v1/bank/lines/{line}/unmatch"), json!({"reason": "the wrong one"})).await.expect(200);
    assert_eq!(desk.statement(id).await["paid"], false);
    desk.server.verify().await;
    desk.pay(id, &line).await.expect(200);
    desk.server.verify().await;
}

#[tokio::test]
async fn settle_3_and_4_what_belongs_to_no_order_is_visible_until_a_person_says_what_it_is() {
    let desk = Desk::open().await;
    let order = desk.sell("A", 100_000, Currency::VND).await;
    let file = "Order ID,Type,Amount,Description\nA,sale,100000,\nGHOST,Commission Fee,-500,of an order nobody knows\n,Adjustment,-300,storage\n,moon toll,-200,what is this\n";
    let taken = desk.take_in("S-1", file, &[]).await.expect(201).json();
    let id = taken["statement_id"].as_str().unwrap().to_owned();
    assert_eq!((taken["lines_matched"].as_i64(), taken["lines_open"].as_i64()), (Some(1), Some(3)));
    let shop = desk.shop().await;
    assert_eq!((shop["lines_open"].as_i64(), shop["lines"]["amount"].as_str(), shop["clearing"]["amount"].as_str()), (Some(3), Some("-1000"), Some("0")));
    // The bank pays what the whole statement comes to: what is not explained stands open in the shop's clearing.
    let line = desk.bank_line(21, 99_000).await;
    desk.pay(&id, &line).await.expect(200);
    assert_eq!(desk.balances().await["marketplace_clearing:shop"], "1000");
    assert_eq!(desk.shop().await["clearing"]["amount"], "1000");
    desk.server.verify().await;
    let open = desk.lines(&id, "open").await;
    let of = |text: &str| open.iter().find(|line| line["text"] == text).unwrap().clone();
    let [ghost, storage, toll] = ["of an order nobody knows", "storage", "what is this"].map(of);
    assert_eq!(desk.resolve(&storage, json!({"action": "book", "account": "bank", "reason": "storage of October"})).await.expect(422).json()["errors"][0]["pointer"], "/account");
    assert_eq!(desk.resolve(&storage, json!({"action": "book", "account": "mkt_adjustment", "reason": ""})).await.expect(422).json()["errors"][0]["pointer"], "/reason");
    desk.resolve(&storage, json!({"action": "book", "account": "mkt_adjustment", "reason": "storage of October"})).await.expect(204);
    assert_eq!(desk.resolve(&storage, json!({"action": "dispute", "reason": "again"})).await.expect(409).code(), "resolved_already");
    desk.resolve(&toll, json!({"action": "dispute", "reason": "asked the marketplace"})).await.expect(204);
    assert_eq!(desk.resolve(&ghost, json!({"action": "match", "order_id": format!("ord_{}", uuid::Uuid::now_v7().simple()), "reason": "x"})).await.expect(422).json()["errors"][0]["pointer"], "/order_id");
    desk.resolve(&ghost, json!({"action": "match", "order_id": order, "reason": "a typing error of theirs"})).await.expect(204);
    let balances = desk.balances().await;
    assert_eq!((balances["marketplace_clearing:shop"].as_str(), balances["mkt_adjustment"].as_str(), balances["mkt_commission"].as_str()), ("200", "300", "500"));
    assert!(!balances.contains_key("suspense:statement") && balances["bank:seen"] == "99000", "{balances:?}");
    desk.server.verify().await;
    // Only the dispute is left: won, it is booked as what it was.
    let disputed = desk.lines(&id, "disputed").await[0].clone();
    desk.resolve(&disputed, json!({"action": "book", "account": "mkt_other_fee", "reason": "they explained"})).await.expect(204);
    assert!(!desk.balances().await.contains_key("marketplace_clearing:shop"));
    // Taken back and said again, the payout is what it was.
    desk.owner().post(&format!("/api/v1/bank/lines/{line}/unmatch"), json!({"reason": "look again"})).await.expect(200);
    desk.server.verify().await;
    desk.pay(&id, &line).await.expect(200);
    assert!(!desk.balances().await.contains_key("marketplace_clearing:shop"));
    desk.server.verify().await;
}

#[tokio::test]
async fn wrong_files_and_mixed_currencies_are_refused_whole() {
    let desk = Desk::open().await;
    desk.sell("D", 10, Currency::USD).await;
    let refused = async |file: &str, more: &[(&str, &str)]| {
        let answer = desk.take_in("S-1", file, more).await.expect(422).json();
        format!("{} {}", answer["errors"][0]["pointer"].as_str().unwrap(), answer["errors"][0]["code"].as_str().unwrap())
    };
    assert_eq!(refused("Order ID,Type,Amount\nD,sale,10\n", &[]).await, "/currency currency_mixed");
    assert_eq!(refused("Order ID,Type,Amount\nD,sale,x\n", &[]).await, "/file invalid_value");
    assert_eq!(refused("", &[]).await, "/file invalid_value");
    assert_eq!(refused("Order ID,Type,Amount\nD,sale,1\n", &[("colour", "1")]).await, "/colour unknown_field");
    assert_eq!(refused("Order ID,Type,Amount\nD,sale,1\n", &[("currency", "XXXX")]).await, "/currency invalid_value");
    assert_eq!(desk.take_in(" ", "Order ID,Type,Amount\nD,sale,1\n", &[]).await.expect(422).json()["errors"][0]["pointer"], "/reference");
    assert_eq!(desk.take_in("S-1", &"x".repeat(16 * 1024 * 1024 + 1), &[]).await.expect(413).code(), "too_large");
    assert_eq!(desk.owner().get("/api/v1/settlement/statements").await.expect(200).json()["data"], json!([]));
    // A shop is a marketplace's account.
    let web = desk.owner().post("/api/v1/channel-accounts", json!({"kind": "web", "name": "Web"})).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    desk.owner().get(&format!("/api/v1/settlement/shops/{web}/orders")).await.expect(404);
    for rates in [json!([{"kind": "moon", "percent": "1"}]), json!([{"kind": "mkt_commission", "percent": "101"}]), json!([{"kind": "mkt_commission", "percent": "1"}, {"kind": "mkt_commission", "percent": "2"}])] {
        let put = desk.owner().request(Method::PUT, &format!("/api/v1/settlement/shops/{}/rates", desk.shop)).json(&json!({"rates": rates}));
        desk.owner().send(put).await.expect(422);
    }
    // In the statement's own currency it fits.
    desk.take_in("S-1", "Order ID,Type,Amount\nD,sale,10\nD,Commission Fee,-0.50\n", &[("currency", "USD")]).await.expect(201);
    assert_eq!(desk.orders().await["D"], "matched 0.00");
    desk.server.verify().await;
}

/// What a connector told of an order is not told again by a file; the connector's own statements are rows too.
#[tokio::test]
async fn settle_2_what_the_connector_told_stands_and_is_listed() {
    let desk = Desk::open().await;
    desk.sell("A", 100_000, Currency::VND).await;
    let settled = |kind: &str, amount: i64| What::Settled(SettlementLine { id: kind.into(), kind: kind.into(), amount: Money::new(amount.into(), Currency::VND), statement: Some("W-47".into()), at: None });
    desk.tell("A", vec![settled("commission_fee", 4_000), settled("escrow_amount", 96_000)]).await;
    assert_eq!(desk.orders().await["A"], "not_yet_released 96000");
    let list = desk.owner().get("/api/v1/settlement/statements").await.expect(200).json();
    assert_eq!((list["data"][0]["reference"].as_str(), list["data"][0]["source"].as_str(), list["data"][0]["payout"]["amount"].as_str()), (Some("W-47"), Some("channel"), Some("0")));
    let id = list["data"][0]["id"].as_str().unwrap().to_owned();
    let lines = desk.lines(&id, "matched").await;
    assert_eq!(lines.iter().map(|l| l["kind"].as_str().unwrap()).collect::<Vec<_>>(), ["commission_fee", "escrow_amount"]);
    let taken = desk.take_in("W-47", "Order ID,Type,Amount\nA,sale,100000\nA,Commission Fee,-4000\n", &[]).await.expect(201).json();
    assert_eq!((taken["lines_new"].as_i64(), taken["statement_id"].as_str()), (Some(2), Some(id.as_str())));
    assert_eq!(desk.lines(&id, "told").await.len(), 2);
    assert_eq!(desk.balances().await["mkt_commission"], "4000");
    // An order that is known by its settlement alone.
    desk.tell("LATER", vec![settled("commission_fee", 1)]).await;
    assert_eq!(desk.orders().await["LATER"], "unknown_order 0");
    desk.server.verify().await;
}

/// SETTLE-4 over random orders and statements: in any order, repeated, in parts, with later corrections.
#[tokio::test]
async fn settle_4_clearing_is_the_sum_of_open_items_after_random_statements() {
    let mut random = StdRng::seed_from_u64(kit::seed("settle_4_clearing_is_the_sum_of_open_items_after_random_statements"));
    let desk = Desk::open().await;
    let mut files: Vec<(String, String)> = Vec::new();
    let mut known: Vec<String> = Vec::new();
    for step in 0..if kit::long() { 200 } else { 30 } {
        match random.random_range(0..6) {
            0 | 1 => {
                let name = format!("O{step}");
                known.push(desk.sell(&name, random.random_range(1..9) * 10_000, Currency::VND).await);
            }
            2 | 3 => {
                let order = random.random_range(0..=step);
                let file = format!("Order ID,Type,Amount\nO{order},sale,{}\nO{order},Commission Fee,-{}\n,Adjustment,{}\n", random.random_range(1..9) * 10_000, random.random_range(1..900), random.random_range(-500..500) * 2 + 1);
                files.push((format!("S{}", random.random_range(0..4)), file));
                let (name, file) = files.last().unwrap();
                let answer = desk.take_in(name, file, &[]).await;
                assert!([200, 201, 409].contains(&answer.status.as_u16()), "{}", answer.text());
            }
            4 if !files.is_empty() => {
                let (name, file) = &files[random.random_range(0..files.len())];
                let answer = desk.take_in(name, file, &[]).await;
                assert!([200, 201, 409].contains(&answer.status.as_u16()), "{}", answer.text());
            }
            _ => {
                let statements = desk.owner().get("/api/v1/settlement/statements").await.expect(200).json()["data"].as_array().unwrap().clone();
                let Some(statement) = statements.get(random.random_range(0..4)) else { continue };
                let id = statement["id"].as_str().unwrap();
                if let Some(line) = desk.lines(id, "open").await.first() {
                    let body = match (random.random_range(0..3), known.last()) {
                        (0, _) => json!({"action": "dispute", "reason": "random"}),
                        (1, Some(order)) => json!({"action": "match", "order_id": order, "reason": "random"}),
                        _ => json!({"action": "book", "account": "mkt_adjustment", "reason": "random"}),
                    };
                    desk.resolve(line, body).await.expect(204);
                } else if statement["paid"] == false && statement["payout"]["amount"] != "0" {
                    let line = desk.bank_line(step % 28 + 1, statement["payout"]["amount"].as_str().unwrap().parse().unwrap()).await;
                    desk.pay(id, &line).await;
                }
            }
        }
        if step % 6 == 5 {
            desk.server.verify().await;
        }
    }
    desk.server.verify().await;
    let clearing = desk.balances().await.get("marketplace_clearing:shop").cloned().unwrap_or_else(|| "0".into());
    assert_eq!(desk.shop().await["clearing"]["amount"].as_str().unwrap_or("0"), clearing);
}
