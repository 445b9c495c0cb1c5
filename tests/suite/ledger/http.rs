//! People and money over HTTP: tenders with change, voids, refunds, packages and holds, settlements, the journal, periods,
//! settings, exports; every wrong wish a clear problem with nothing half done.

use kit::{Answer, Client, Server, server::Merchant};
use reqwest::Method;
use serde_json::{Value, json};

pub(super) struct Desk {
    pub server: Server,
    merchant: Merchant,
    account: String,
}

impl Desk {
    pub async fn open(kind: &str) -> Self {
        let server = Server::start().await;
        let merchant = server.merchant("ledger").await;
        let account = merchant.owner.post("/api/v1/channel-accounts", json!({"kind": kind, "name": "Desk"})).await.expect(201).json()["id"].as_str().unwrap().to_owned();
        Self { server, merchant, account }
    }
    pub fn owner(&self) -> &Client {
        &self.merchant.owner
    }
    pub async fn order(&self, body: Value) -> Value {
        let mut body = body;
        body["channel_account_id"] = self.account.clone().into();
        self.owner().post("/api/v1/orders", body).await.expect(201).json()
    }
    /// An order of 2 shirts at 165,000, VAT inside.
    pub async fn shirts(&self) -> String {
        let tax = json!([{"name": "VAT", "rate": "10", "amount": "30000", "included": true}]);
        self.order(json!({"lines": [{"id": "a", "quantity": "2", "unit_price": "165000", "taxes": tax}]})).await["id"].as_str().unwrap().to_owned()
    }
    pub async fn write(&self, order: &str, what: &str, version: i64, body: Value) -> Answer {
        let request = self.owner().request(Method::POST, &format!("/api/v1/orders/{order}/{what}")).header("if-match", format!("\"{version}\"")).json(&body);
        self.owner().send(request).await
    }
    /// `cash:main 5` sorted.
    pub async fn balances(&self, order: &str) -> Vec<String> {
        let ledger = self.owner().get(&format!("/api/v1/orders/{order}/ledger")).await.expect(200).json();
        ledger["balances"].as_array().unwrap().iter().map(|b| format!("{} {}", b["account"].as_str().unwrap(), b["balance"]["amount"].as_str().unwrap())).collect()
    }
}

#[tokio::test]
async fn p1_over_http_is_the_trial_balance_to_the_unit() {
    let desk = Desk::open("pos").await;
    let settings = desk.owner().get("/api/v1/finance/settings").await.expect(200);
    assert_eq!((settings.header("etag"), settings.json()["chart"].as_str(), settings.json()["time_zone"].as_str()), (Some("\"1\""), Some("vn"), Some("Asia/Ho_Chi_Minh")));
    let change = desk.owner().request(Method::PATCH, "/api/v1/finance/settings").header("if-match", "\"1\"").json(&json!({"points_carrying_ratio": "0.8", "default_tax_rate": "10"}));
    desk.owner().send(change).await.expect(200);
    let order = desk
        .order(json!({
            "lines": [{"quantity": "2", "unit_price": "550000", "components": [{"kind": "marketing_discount", "funded_by": "tenant", "amount": "110000"}, {"kind": "promo_voucher", "funded_by": "tenant", "amount": "55000"}],
                       "taxes": [{"name": "VAT", "rate": "10", "amount": "85000", "included": true}]}],
            "tenders": [{"method": "cash", "amount": "400000"}, {"method": "bank_transfer", "amount": "500000"}, {"method": "points", "amount": "35000"}],
        }))
        .await;
    let ledger = desk.owner().get(&format!("/api/v1/orders/{}/ledger", order["id"].as_str().unwrap())).await.expect(200).json();
    assert_eq!(ledger["entries"].as_array().unwrap().len(), 1);
    let expected = ["bank_clearing 500000", "cash:main 400000", "contra_marketing 100000", "contra_points_diff 7000", "contra_voucher 50000", "loyalty 28000", "sales -1000000", "vat_out -85000"];
    assert_eq!(desk.balances(order["id"].as_str().unwrap()).await, expected);
    let trial = desk.owner().get("/api/v1/ledger/trial-balance").await.expect(200).json();
    assert_eq!((trial["totals"][0]["debit"]["amount"].as_str(), trial["totals"][0]["credit"]["amount"].as_str()), (Some("1085000"), Some("1085000")));
    let cash = trial["data"].as_array().unwrap().iter().find(|row| row["account"] == "cash:main").unwrap().clone();
    assert_eq!((cash["number"].as_str(), cash["kind"].as_str(), cash["balance"]["amount"].as_str()), (Some("111"), Some("asset"), Some("400000")));
    let before = desk.owner().get("/api/v1/ledger/trial-balance?as_of=2020-01-01T00:00:00Z").await.expect(200).json();
    assert_eq!(before["data"], json!([]));
    let held = desk.owner().get("/api/v1/ledger/cash-locator").await.expect(200).json();
    let held: Vec<String> = held["totals"].as_array().unwrap().iter().map(|t| format!("{} {}", t["holder"].as_str().unwrap(), t["amount"]["amount"].as_str().unwrap())).collect();
    assert_eq!(held, ["drawer 400000", "in_transit_to_bank 500000"]);
    let orders = desk.owner().get("/api/v1/ledger/cash-locator/orders?account=cash:main&currency=VND").await.expect(200).json();
    assert_eq!((orders["data"][0]["order_id"].as_str(), orders["data"][0]["amount"]["amount"].as_str()), (order["id"].as_str(), Some("400000")));
    desk.server.verify().await;
}

#[tokio::test]
async fn p2_p3_p7_by_hand_and_taken_back() {
    let desk = Desk::open("pos").await;
    let post = async |body: Value| desk.owner().post("/api/v1/ledger/entries", body).await;
    let lines = |entry: &Value| -> Vec<String> {
        entry["lines"].as_array().unwrap().iter().map(|l| format!("{} {}", l["account"].as_str().unwrap(), l["debit"]["amount"].as_str().map_or_else(|| format!("-{}", l["credit"]["amount"].as_str().unwrap()), str::to_owned))).collect()
    };
    let earned = post(json!({"kind": "points_earned", "memo": "points of October", "net": "850000", "points_value": "17000"})).await.expect(201).json();
    assert_eq!(lines(&earned), ["contra_loyalty_deferred 16667", "loyalty -16667"]);
    let cost = post(json!({"kind": "cost_of_sale", "memo": "goods", "amount": "600000"})).await.expect(201).json();
    assert_eq!(lines(&cost), ["cogs 600000", "inventory -600000"]);
    let sold = post(json!({"kind": "voucher_sold", "memo": "voucher 17", "amount": "500000", "received_in": "cash:main"})).await.expect(201).json();
    assert_eq!(lines(&sold), ["cash:main 500000", "voucher_paid -500000"]);
    let used = desk.order(json!({"lines": [{"quantity": "1", "unit_price": "330000", "taxes": [{"name": "VAT", "rate": "10", "amount": "30000", "included": true}]}], "tenders": [{"method": "paid_voucher", "amount": "330000"}]})).await;
    assert_eq!(desk.balances(used["id"].as_str().unwrap()).await, ["sales -300000", "vat_out -30000", "voucher_paid 330000"]);
    post(json!({"kind": "voucher_expired", "memo": "voucher 17", "amount": "170000"})).await.expect(201);
    let trial = desk.owner().get("/api/v1/ledger/trial-balance").await.expect(200).json();
    let voucher = trial["data"].as_array().unwrap().iter().find(|row| row["role"] == "voucher_paid").unwrap().clone();
    assert_eq!(voucher["balance"]["amount"], "0");
    let id = cost["id"].as_str().unwrap();
    let reversal = desk.owner().post(&format!("/api/v1/ledger/entries/{id}/reverse"), json!({"memo": "wrong goods"})).await.expect(201).json();
    assert_eq!((reversal["reverses"].as_str(), lines(&reversal)), (Some(id), vec!["cogs -600000".into(), "inventory 600000".into()]));
    assert_eq!(desk.owner().post(&format!("/api/v1/ledger/entries/{id}/reverse"), json!({"memo": "again"})).await.expect(409).code(), "reversed_already");
    assert_eq!(desk.owner().get(&format!("/api/v1/ledger/entries/{id}")).await.expect(200).json()["reversed_by"], reversal["id"]);
    let manual = |debit: &str, credit: &str| json!({"kind": "manual", "memo": "rent", "lines": [{"account": "suspense:rent", "debit": debit}, {"account": "bank", "credit": credit}]});
    assert_eq!(post(manual("5", "4")).await.expect(422).code(), "unbalanced");
    for wrong in [json!({"kind": "x", "memo": "x"}), json!({"kind": "manual", "memo": ""}), json!({"kind": "manual", "memo": "x", "lines": [{"account": "gold", "debit": "1"}]}), json!({"kind": "cost_of_sale", "memo": "x", "amount": "-1"}), json!({"kind": "manual", "memo": "x", "currency": "VNDD"}), json!({"kind": "manual", "memo": "x", "tenant_id": "x"})] {
        post(wrong.clone()).await.expect(422);
    }
    let keyed = async || desk.owner().send(desk.owner().request(Method::POST, "/api/v1/ledger/entries").header("idempotency-key", "rent-1").json(&manual("5", "5"))).await;
    let (first, again) = (keyed().await.expect(201), keyed().await.expect(201));
    assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &first.body));
    let journal = desk.owner().get("/api/v1/ledger/entries?role=suspense").await.expect(200).json();
    assert_eq!(journal["data"].as_array().unwrap().len(), 1);
    let (mut seen, mut path) = (0, "/api/v1/ledger/entries?limit=2".to_owned());
    loop {
        let page = desk.owner().get(&path).await.expect(200).json();
        seen += page["data"].as_array().unwrap().len();
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/ledger/entries?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, 7);
    for wrong in ["limit=0", "limit=201", "order=x", "from=x", "cursor=x", "unknown=1"] {
        desk.owner().get(&format!("/api/v1/ledger/entries?{wrong}")).await.expect(422);
    }
    desk.server.verify().await;
}

#[tokio::test]
async fn p4_p5_p6_a_manual_order_from_deposit_to_zero() {
    let desk = Desk::open("manual").await;
    let order = desk.order(json!({"lines": [{"id": "a", "quantity": "10", "unit_price": "2200000", "taxes": [{"name": "VAT", "rate": "10", "amount": "2000000", "included": true}]}]})).await["id"].as_str().unwrap().to_owned();
    let paid = desk.write(&order, "tenders", 1, json!({"method": "deposit", "amount": "6600000"})).await.expect(201);
    assert_eq!((paid.header("etag"), paid.json()["order"]["payment_track"].as_str(), paid.json()["tender"]["id"].as_str()), (Some("\"2\""), Some("deposit_paid"), Some("t1")));
    assert_eq!(desk.balances(&order).await, ["bank 6600000", "customer_deposits -6600000"]);
    desk.write(&order, "shipments", 2, json!({"state": "handed_over", "carrier": "GHN"})).await.expect(201);
    assert_eq!(desk.balances(&order).await, ["ar:none 15400000", "bank 6600000", "sales -20000000", "vat_out -2000000"]);
    desk.write(&order, "tenders", 3, json!({"method": "bank", "amount": "15400000", "reference": "FT26"})).await.expect(201);
    desk.write(&order, "shipments", 4, json!({"id": "s1", "state": "delivered"})).await.expect(201);
    assert_eq!(desk.balances(&order).await, ["bank 22000000", "sales -20000000", "vat_out -2000000"]);
    let ledger = desk.owner().get(&format!("/api/v1/orders/{order}/ledger")).await.expect(200).json();
    let kinds: Vec<&str> = ledger["entries"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["tender", "sale", "tender"], "delivered later: nothing was posted twice");
    let actions = desk.owner().get(&format!("/api/v1/orders/{order}")).await.expect(200).json()["actions"].clone();
    assert!(["tender", "refund", "ship"].iter().all(|action| actions.as_array().unwrap().contains(&json!(action))), "{actions}");
    desk.server.verify().await;
}

#[tokio::test]
async fn mon_1_2_change_voids_refunds_and_their_limits() {
    let desk = Desk::open("manual").await;
    let order = desk.shirts().await;
    for (body, pointer) in [
        (json!({"method": "gold", "amount": "1"}), "/method"),
        (json!({"method": "cash", "amount": "1e3"}), "/amount"),
        (json!({"method": "cash", "amount": "-5"}), "/amount"),
        (json!({"method": "cash"}), "/amount"),
        (json!({"method": "card", "amount": "1", "given": "5"}), "/given"),
        (json!({"method": "cash", "amount": "5", "given": "4"}), "/given"),
        (json!({"method": "cash", "amount": "5", "at": "2999-01-01T00:00:00Z"}), "/at"),
    ] {
        let problem = desk.write(&order, "tenders", 1, body.clone()).await.expect(422).json();
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
    }
    assert_eq!(desk.owner().post(&format!("/api/v1/orders/{order}/tenders"), json!({"method": "cash", "amount": "1"})).await.expect(428).code(), "if_match_missing");
    let cash = desk.write(&order, "tenders", 1, json!({"method": "cash", "amount": "130000", "account": "till 2"})).await.expect(201);
    assert_eq!(cash.json()["change_due"]["amount"], "0");
    assert_eq!(desk.write(&order, "tenders", 1, json!({"method": "cash", "amount": "1"})).await.expect(412).code(), "stale");
    let rest = desk.write(&order, "tenders", 2, json!({"method": "cash", "given": "500000"})).await.expect(201).json();
    assert_eq!((rest["tender"]["amount"]["amount"].as_str(), rest["change_due"]["amount"].as_str(), rest["order"]["payment_track"].as_str()), (Some("200000"), Some("300000"), Some("paid")));
    desk.write(&order, "tenders", 3, json!({"method": "cash", "given": "5"})).await.expect(422);
    let above = desk.write(&order, "refunds", 3, json!({"amount": "330001", "reason": "all"})).await.expect(422);
    assert_eq!(above.code(), "refund_above_paid");
    assert_eq!(desk.owner().get(&format!("/api/v1/orders/{order}")).await.expect(200).header("etag"), Some("\"3\""), "nothing was written");
    let refund = desk.write(&order, "refunds", 3, json!({"amount": "330000", "reason": "changed their mind", "lines": [{"line_id": "a", "quantity": "2"}]})).await.expect(201).json();
    assert_eq!((refund["refund"]["state"].as_str(), refund["order"]["payment_track"].as_str()), (Some("executed"), Some("refunded")));
    assert_eq!(desk.balances(&order).await, [""; 0], "what came in went out of the drawer it came to");
    assert_eq!(desk.write(&order, "tenders/t1/void", 4, json!({"reason": "x"})).await.expect(409).code(), "refunded_already");
    desk.write(&order, "tenders/t9/void", 4, json!({"reason": "x"})).await.expect(404);
    let other = desk.shirts().await;
    desk.write(&other, "tenders", 1, json!({"method": "bank_transfer", "amount": "330000"})).await.expect(201);
    let voided = desk.write(&other, "tenders/t1/void", 2, json!({"reason": "never arrived"})).await.expect(200).json();
    assert_eq!(voided["tenders"][0]["state"], "voided");
    assert_eq!((&voided["payment_track"], &voided["outstanding"]["amount"]), (&json!("unpaid"), &json!("330000")), "a payment that never was leaves the debt");
    assert_eq!(desk.write(&other, "tenders/t1/void", 3, json!({"reason": "x"})).await.expect(409).code(), "not_captured");
    assert_eq!(desk.balances(&other).await, [""; 0]);
    let entries = desk.owner().get(&format!("/api/v1/orders/{other}/ledger")).await.expect(200).json();
    assert_eq!((entries["entries"].as_array().unwrap().len(), entries["entries"][1]["kind"].as_str(), &entries["entries"][1]["reverses"]), (2, Some("reversal"), &entries["entries"][0]["id"]));
    desk.server.verify().await;
}

#[tokio::test]
async fn mon_1_one_key_one_payment_also_at_the_same_instant() {
    let desk = Desk::open("manual").await;
    let order = desk.shirts().await;
    let pay = async || {
        let request = desk.owner().request(Method::POST, &format!("/api/v1/orders/{order}/tenders")).header("if-match", "\"1\"").header("idempotency-key", "pay-1").json(&json!({"method": "cash", "amount": "330000"}));
        desk.owner().send(request).await
    };
    let (a, b, c, d) = futures_util::join!(pay(), pay(), pay(), pay());
    let first = a.body.clone();
    assert!([a, b, c, d].iter().all(|answer| answer.status == 201 && answer.body == first));
    assert_eq!(desk.balances(&order).await, ["cash:main 330000", "customer_deposits -330000"]);
    // Without a key the version decides: of many at once one counts.
    let refund = async || desk.write(&order, "refunds", 2, json!({"amount": "330000", "reason": "twice"})).await.status.as_u16();
    let (a, b, c, d) = futures_util::join!(refund(), refund(), refund(), refund());
    let mut statuses = [a, b, c, d];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 412, 412, 412]);
    assert_eq!(desk.balances(&order).await, [""; 0]);
}

#[tokio::test]
async fn mon_3_a_hold_keeps_goods_back_and_packages_hold_no_more_than_was_ordered() {
    let desk = Desk::open("manual").await;
    let order = desk.shirts().await;
    let held = desk.owner().post(&format!("/api/v1/orders/{order}/holds"), json!({"reason": "address?", "blocks": ["ship"]})).await.expect(201).json();
    desk.write(&order, "shipments", 2, json!({"state": "ready"})).await.expect(201);
    let refused = desk.write(&order, "shipments", 3, json!({"id": "s1", "state": "handed_over"})).await.expect(409);
    assert_eq!(refused.code(), "held");
    assert!(refused.text().contains("manual hold") && refused.text().contains("address?"), "{}", refused.text());
    let hold = held["hold_list"][0]["id"].as_str().unwrap();
    desk.owner().post(&format!("/api/v1/orders/{order}/holds/{hold}/release"), json!({"reason": "asked"})).await.expect(200);
    desk.write(&order, "shipments", 4, json!({"id": "s1", "state": "cancelled"})).await.expect(201);
    let one = json!([{"line_id": "a", "quantity": "1"}]);
    desk.write(&order, "shipments", 5, json!({"state": "in_transit", "lines": one})).await.expect(201);
    assert_eq!(desk.balances(&order).await, ["ar:none 165000", "sales -150000", "vat_out -15000"]);
    assert_eq!(desk.write(&order, "shipments", 6, json!({"state": "ready", "lines": [{"line_id": "a", "quantity": "2"}]})).await.expect(409).code(), "above_ordered");
    for wrong in [json!({"state": "gone"}), json!({"state": "ready", "lines": [{"line_id": "zz", "quantity": "1"}]}), json!({"state": "ready", "lines": [{"line_id": "a", "quantity": "0"}]})] {
        desk.write(&order, "shipments", 6, wrong).await.expect(422);
    }
    desk.write(&order, "shipments", 6, json!({"state": "in_transit", "lines": one})).await.expect(201);
    assert_eq!(desk.balances(&order).await, ["ar:none 330000", "sales -300000", "vat_out -30000"]);
    desk.server.verify().await;
}

#[tokio::test]
async fn p13_cash_on_delivery_from_the_door_to_the_bank() {
    let desk = Desk::open("web").await;
    let order = desk.order(json!({"cash_on_delivery": true, "lines": [{"quantity": "1", "unit_price": "330000", "taxes": [{"name": "VAT", "rate": "10", "amount": "30000", "included": true}]}]})).await["id"].as_str().unwrap().to_owned();
    desk.write(&order, "shipments", 1, json!({"state": "in_transit", "carrier": "ghtk"})).await.expect(201);
    assert_eq!(desk.balances(&order).await, [""; 0]);
    desk.write(&order, "shipments", 2, json!({"id": "s1", "state": "delivered"})).await.expect(201);
    desk.write(&order, "tenders", 3, json!({"method": "cod", "amount": "330000"})).await.expect(201);
    assert_eq!(desk.balances(&order).await, ["cod_carrier:ghtk 330000", "sales -300000", "vat_out -30000"]);
    let remitted = desk.write(&order, "settlements", 4, json!({"lines": [{"kind": "payout", "amount": "310000", "statement": "R-7"}, {"kind": "cod_fee", "amount": "20000"}]})).await.expect(201).json();
    assert_eq!(remitted["settlement"].as_array().unwrap().len(), 2);
    assert_eq!(desk.balances(&order).await, ["bank 310000", "cod_fee 20000", "sales -300000", "vat_out -30000"]);
    desk.write(&order, "settlements", 5, json!({"lines": [{"kind": "moon_toll", "amount": "1"}]})).await.expect(201);
    assert!(desk.balances(&order).await.contains(&"suspense:moon_toll 1".to_owned()));
    desk.write(&order, "settlements", 6, json!({"lines": []})).await.expect(422);
    desk.write(&order, "settlements", 6, json!({"lines": [{"id": "l1", "kind": "payout", "amount": "1"}]})).await.expect(422);
    desk.server.verify().await;
}

#[tokio::test]
async fn periods_settings_and_exports_over_http() {
    let desk = Desk::open("pos").await;
    let owner = desk.owner();
    let closed = owner.post("/api/v1/ledger/periods", json!({"through": "2026-01-31"})).await.expect(201).json();
    assert_eq!(owner.post("/api/v1/ledger/periods", json!({"through": "2026-01-31"})).await.expect(409).code(), "closed_already");
    owner.post("/api/v1/ledger/periods", json!({"through": "2999-01-31"})).await.expect(422);
    owner.post("/api/v1/ledger/periods", json!({"through": "31.1.2026"})).await.expect(422);
    let late = json!({"kind": "cost_of_sale", "memo": "late", "amount": "5", "at": "2026-01-31T16:59:59Z"});
    assert_eq!(owner.post("/api/v1/ledger/entries", late.clone()).await.expect(409).code(), "period_closed");
    let second = owner.post("/api/v1/ledger/periods", json!({"through": "2026-02-28"})).await.expect(201).json();
    let path = |period: &Value| format!("/api/v1/ledger/periods/{}", period["id"].as_str().unwrap());
    assert_eq!(owner.delete(&path(&closed)).await.expect(409).code(), "not_newest");
    owner.delete(&path(&second)).await.expect(204);
    assert_eq!(owner.delete(&path(&second)).await.expect(409).code(), "reopened_already");
    assert_eq!(owner.get("/api/v1/ledger/periods").await.expect(200).json()["closed_through"], "2026-01-31");
    owner.delete(&path(&closed)).await.expect(204);
    owner.post("/api/v1/ledger/entries", late).await.expect(201);
    desk.order(json!({"lines": [{"quantity": "1", "unit_price": "5"}], "tenders": [{"method": "momo", "amount": "5"}]})).await;
    for (format, mark) in [("hledger", "commodity 1000.000000 VND"), ("beancount", "option \"tolerance_multiplier\" \"0\"")] {
        let journal = owner.get(&format!("/api/v1/ledger/export?format={format}")).await.expect(200);
        assert!(journal.header("content-type").is_some_and(|kind| kind.starts_with("text/plain")));
        assert!(journal.text().contains(mark) && journal.text().contains("Income:Sales"), "{}", journal.text());
    }
    let january = owner.get("/api/v1/ledger/export?format=hledger&to=2026-02-01T00:00:00Z").await.expect(200).text();
    assert!(january.contains("cost_of_sale") && !january.contains("Income:Sales"), "{january}");
    owner.get("/api/v1/ledger/export?format=excel").await.expect(422);
    owner.get("/api/v1/ledger/export").await.expect(422);
    let change = async |etag: &str, body: Value| owner.send(owner.request(Method::PATCH, "/api/v1/finance/settings").header("if-match", etag).json(&body)).await;
    for wrong in [json!({"rounding": "up"}), json!({"default_tax_rate": "101"}), json!({"time_zone": "Mars/Base"}), json!({"points_carrying_ratio": "2"}), json!({"chart": "de"}), json!({"x": 1})] {
        change("\"1\"", wrong.clone()).await.expect(422);
    }
    let changed = change("\"1\"", json!({"rounding": "truncate", "default_tax_rate": "8"})).await.expect(200).json();
    assert_eq!((changed["version"].as_i64(), changed["rounding"].as_str(), changed["default_tax_rate"].as_str()), (Some(2), Some("truncate"), Some("8")));
    assert_eq!(change("\"1\"", json!({})).await.expect(412).code(), "stale");
    assert_eq!(change("\"2\"", json!({"default_tax_rate": null})).await.expect(200).json()["default_tax_rate"], Value::Null);
    let chart = owner.get("/api/v1/ledger/accounts").await.expect(200).json();
    assert!(chart["data"].as_array().unwrap().iter().any(|account| account["account"] == "processor_clearing:momo"));
    desk.server.verify().await;
}

#[tokio::test]
async fn orders_of_connectors_take_no_money_by_hand() {
    let desk = Desk::open("manual").await;
    let account = desk.owner().post("/api/v1/channel-accounts", json!({"kind": "shopify", "name": "Shop", "shop": "l.myshopify.com", "currency": "VND", "settings": {"shop": "l.myshopify.com"}, "secrets": {"client_secret": "hush", "access_token": "token"}})).await.expect(201).json();
    let id = uuid::Uuid::now_v7();
    let order = desk.shirts().await;
    // The same order as if a connector had told it.
    let shop = account["id"].as_str().unwrap().strip_prefix("cha_").unwrap().parse::<uuid::Uuid>().unwrap();
    let direct = order.strip_prefix("ord_").unwrap().parse::<uuid::Uuid>().unwrap();
    let changes = format!("jsonb_build_object('id', '{id}', 'number', 99, 'channel_account_id', '{shop}', 'channel_kind', 'shopify')");
    desk.server.database.copy_orders(&changes, &format!("where o.id = '{direct}'")).await;
    let order = format!("ord_{}", id.simple());
    for (what, body) in [("tenders", json!({"method": "cash", "amount": "1"})), ("refunds", json!({"amount": "1", "reason": "x"})), ("settlements", json!({"lines": [{"kind": "payout", "amount": "1"}]}))] {
        assert_eq!(desk.write(&order, what, 1, body).await.expect(409).code(), "has_connector", "{what}");
    }
    // Its goods are the channel's to move; Shopify has no packing.
    assert_eq!(desk.write(&order, "shipments", 1, json!({"state": "ready"})).await.expect(409).code(), "not_carried");
}

/// `switchyard export ledger` as people call it: a whole file or none, and words for what is wrong.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_writes_the_same_journal() {
    let desk = Desk::open("pos").await;
    desk.order(json!({"lines": [{"quantity": "1", "unit_price": "5000"}], "tenders": [{"method": "cash", "amount": "5000"}]})).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.journal");
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_switchyard-program"));
        command.args(["export", "ledger"]).args(arguments).env_clear().envs([
            ("DATABASE_URL", desk.server.database.url.clone()),
            ("SWITCHYARD_MASTER_KEY", "5a".repeat(32)),
            ("PUBLIC_URL", desk.server.url.clone()),
            ("SWITCHYARD_DATA_DIR", desk.server.data_dir.path().display().to_string()),
        ]);
        let output = command.output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let path = file.to_str().unwrap();
    let (done, said, error) = run(&["--tenant", &desk.merchant.slug, "--format", "hledger", "--out", path, "--json"]);
    assert!(done, "{error}");
    assert_eq!(serde_json::from_str::<Value>(&said).unwrap()["entries"], 1);
    let over_http = desk.owner().get("/api/v1/ledger/export?format=hledger").await.expect(200).text();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), over_http);
    let (done, said, _) = run(&["--tenant", &desk.merchant.slug, "--format", "beancount", "--from", "2026-01-01", "--to", "2026-01-02"]);
    assert!(done && said.contains("option \"title\"") && !said.contains("Income:Sales"), "{said}");
    for (arguments, words) in [(["--tenant", "nobody", "--format", "hledger"], "no tenant"), (["--tenant", &desk.merchant.slug, "--format", "excel"], "hledger or beancount")] {
        let (done, _, error) = run(&arguments);
        assert!(!done && error.contains(words), "{error}");
    }
}
