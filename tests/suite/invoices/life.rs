//! Issuing, correcting, replacing, sending: the life of documents, the track of their orders, and every wrong wish.

use super::{Office, goods, id};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn invoice_5_the_track_follows_the_documents_of_the_order() {
    let office = Office::european().await;
    let order = office.sale(json!([goods("a", "2", "59.50", "19", "19.00"), goods("b", "1", "10.70", "7", "0.70")]), json!({"tenders": [{"method": "cash", "amount": "100"}]})).await;
    assert_eq!(office.track(&order).await, "not_required");
    let invoice = office.issued(&[&order]).await;
    assert_eq!((invoice["kind"].as_str(), invoice["state"].as_str(), invoice["total"]["amount"].as_str()), (Some("invoice"), Some("issued"), Some("129.70")));
    assert_eq!((invoice["payments"][0]["kind"].as_str(), invoice["payments"][0]["amount"]["amount"].as_str(), invoice["payable"]["amount"].as_str()), (Some("paid"), Some("100.00"), Some("29.70")));
    assert_eq!(invoice["rates"].as_array().unwrap().iter().map(|r| format!("{} {}: {} {}", r["category"].as_str().unwrap(), r["rate"].as_str().unwrap(), r["base"]["amount"].as_str().unwrap(), r["tax"]["amount"].as_str().unwrap())).collect::<Vec<_>>(), ["S 19: 100.00 19.00", "S 7: 10.00 0.70"]);
    assert_eq!(invoice["actions"], json!(["send", "correct", "replace"]));
    assert_eq!(office.track(&order).await, "issued");
    for (step, track, actions) in [("send", "sent", json!(["accept", "reject"])), ("reject", "rejected", json!(["send", "replace"])), ("send", "sent", json!(["accept", "reject"])), ("accept", "accepted", json!(["correct", "replace"]))] {
        let seen = office.step(&invoice, step).await.expect(200).json();
        assert_eq!((seen["state"].as_str(), &seen["actions"]), (Some(track), &actions));
        assert_eq!(office.track(&order).await, track);
        office.server.verify().await;
    }
    let steps = office.see(&invoice).await["steps"].clone();
    assert_eq!((steps.as_array().unwrap().len(), steps[1]["provider"].as_str(), steps[1]["reference"].as_str()), (5, Some("MISA"), Some("M1")));
    // Half comes back: a credit note for it, and no second one for the same goods.
    office.returned(&order, &[("a", "1")]).await;
    let credit = office.act(&invoice, "correct", json!({"reason": "one came back"})).await.expect(201).json();
    assert_eq!((credit["kind"].as_str(), credit["of"].as_str(), credit["total"]["amount"].as_str()), (Some("credit_note"), invoice["id"].as_str(), Some("59.50")));
    assert!(credit["number"].as_str().unwrap().starts_with("CN-"));
    assert_eq!(office.track(&order).await, "credited");
    assert_eq!(office.act(&invoice, "correct", json!({"reason": "again"})).await.expect(409).code(), "nothing_to_correct");
    assert_eq!(office.see(&invoice).await["corrections"][0]["id"], credit["id"]);
    // The buyer's name was wrong: replaced, with the same goods.
    let right = office.act(&invoice, "replace", json!({"reason": "name", "buyer": {"name": "Rechte GmbH", "tax_code": "DE811907980", "address": "Weg 2", "city": "Kiel", "postcode": "24103", "country": "DE"}})).await.expect(201).json();
    assert_eq!((right["kind"].as_str(), right["buyer"]["name"].as_str(), right["total"]["amount"].as_str(), right["payable"]["amount"].as_str()), (Some("replacement"), Some("Rechte GmbH"), Some("129.70"), Some("29.70")));
    assert_eq!(office.see(&invoice).await["actions"], json!([]));
    assert_eq!(office.act(&invoice, "replace", json!({"reason": "again"})).await.expect(409).code(), "not_now");
    assert_eq!(office.act(&credit, "correct", json!({"reason": "x"})).await.expect(409).code(), "not_an_invoice");
    let of_order = office.owner().get(&format!("/api/v1/orders/{order}/invoices")).await.expect(200).json();
    assert_eq!(of_order["data"].as_array().unwrap().len(), 3);
    let timeline = office.owner().get(&format!("/api/v1/orders/{order}/timeline")).await.expect(200).text();
    assert!(timeline.contains("credit note CN-"), "{timeline}");
    office.server.verify().await;
}

#[tokio::test]
async fn what_was_shipped_is_invoiced_and_the_rest_later() {
    let office = Office::european().await;
    let order = office.order(&office.desk, json!([goods("a", "3", "11.90", "19", "5.70")]), json!({})).await;
    assert_eq!(office.issue(&[&order]).await.expect(409).code(), "nothing_to_invoice");
    office.ship(&order, json!([{"line_id": "a", "quantity": "1"}])).await;
    let first = office.issued(&[&order]).await;
    assert_eq!((first["lines"][0]["quantity"].as_str(), first["total"]["amount"].as_str()), (Some("1"), Some("11.90")));
    assert_eq!(office.issue(&[&order]).await.expect(409).code(), "nothing_to_invoice");
    office.ship(&order, json!([{"line_id": "a", "quantity": "2"}])).await;
    let second = office.issued(&[&order]).await;
    assert_eq!((second["lines"][0]["quantity"].as_str(), second["total"]["amount"].as_str()), (Some("2"), Some("23.80")));
    office.server.verify().await;
}

#[tokio::test]
async fn orders_of_one_buyer_share_a_document_and_those_of_several_do_not() {
    let office = Office::european().await;
    let company = id(&office.owner().post("/api/v1/companies", json!({"name": "Kontor AG", "tax_code": "DE811907980"})).await.expect(201).json());
    let line = || json!([goods("a", "1", "11.90", "19", "1.90")]);
    let of_company = async || {
        let order = office.order(&office.desk, line(), json!({"company_id": company})).await;
        office.ship(&order, json!([])).await;
        order
    };
    let (one, two) = (of_company().await, of_company().await);
    let consumer = office.sale(line(), json!({"buyer": {"name": "Anna"}})).await;
    let other = office.sale(line(), json!({"buyer": {"name": "Ben"}})).await;
    assert_eq!(office.issue(&[&one, &consumer]).await.expect(409).code(), "mixed_buyers");
    let together = office.issued(&[&one, &two]).await;
    assert_eq!((together["buyer"]["name"].as_str(), together["buyer"]["tax_code"].as_str(), together["order_count"].as_i64(), together["lines"].as_array().unwrap().len()), (Some("Kontor AG"), Some("DE811907980"), Some(2), 2));
    // Consumers together: goods of a kind are one line, and nobody is named.
    let consumers = office.issued(&[&consumer, &other]).await;
    assert_eq!((consumers["buyer"]["name"].as_str(), consumers["lines"].as_array().unwrap().len(), consumers["lines"][0]["quantity"].as_str()), (Some("Consumer"), 1, Some("2")));
    assert_eq!(office.track(&other).await, "issued");
    office.server.verify().await;
}

#[tokio::test]
async fn every_wrong_wish_is_a_clear_problem_and_changes_nothing() {
    let office = Office::european().await;
    let order = office.sale(json!([goods("a", "1", "11.90", "19", "1.90")]), json!({})).await;
    let pointer = |answer: kit::Answer| answer.expect(422).json()["errors"][0]["pointer"].as_str().unwrap().to_owned();
    let post = async |body: Value| office.owner().post("/api/v1/invoices", body).await;
    assert_eq!(pointer(post(json!({"order_ids": []})).await), "/order_ids");
    assert_eq!(pointer(post(json!({"order_ids": ["x"]})).await), "/order_ids/0");
    assert_eq!(pointer(post(json!({"order_ids": vec![order.clone(); 1], "buyer": {"name": " "}})).await), "/buyer/name");
    assert_eq!(pointer(post(json!({"order_ids": [order], "buyer": {"name": "X", "country": "Germany"}})).await), "/buyer/country");
    assert_eq!(pointer(post(json!({"order_ids": [format!("ord_{}", uuid::Uuid::now_v7().simple())]})).await), "/order_ids");
    post(json!({"order_ids": [order], "tenant_id": "x"})).await.expect(422);
    let many: Vec<String> = (0..501).map(|_| format!("ord_{}", uuid::Uuid::now_v7().simple())).collect();
    assert_eq!(pointer(post(json!({"order_ids": many})).await), "/order_ids");
    // A tax that is not of its rate is said, not printed.
    let odd = office.sale(json!([goods("a", "1", "119.00", "19", "5.00")]), json!({})).await;
    assert_eq!(office.issue(&[&odd]).await.expect(409).code(), "tax_not_of_rate");
    // A channel's tax without a rate: the round rate it comes to, or none.
    let told = async |amount: &str| office.sale(json!([{"id": "a", "quantity": "1", "unit_price": "118000.00", "taxes": [{"name": "tax", "amount": amount, "included": true}]}]), json!({})).await;
    assert_eq!(office.issue(&[&told("6958.00").await]).await.expect(409).code(), "unknown_rate");
    let dollars = office.sale(json!([goods("a", "1", "11.90", "19", "1.90")]), json!({"currency": "USD"})).await;
    assert_eq!(office.issue(&[&order, &dollars]).await.expect(409).code(), "mixed_currencies");
    assert_eq!(office.documents("").await, [""; 0]);
    let round = office.issued(&[&told("5619.05").await]).await;
    assert_eq!((round["rates"][0]["rate"].as_str(), round["rates"].as_array().unwrap().len()), (Some("5"), 1));
    let invoice = office.issued(&[&order]).await;
    assert_eq!(pointer(office.act(&invoice, "correct", json!({"reason": ""})).await), "/reason");
    assert_eq!(pointer(office.act(&invoice, "steps", json!({"step": "burn"})).await), "/step");
    assert_eq!(pointer(office.act(&invoice, "steps", json!({"step": "send", "note": "x".repeat(1_001)})).await), "/note");
    assert_eq!(office.step(&invoice, "accept").await.expect(409).code(), "not_now");
    for wrong in ["kind=x", "state=x", "order=x", "from=x", "limit=0", "limit=201", "cursor=x", "unknown=1"] {
        office.owner().get(&format!("/api/v1/invoices?{wrong}")).await.expect(422);
    }
    let number = invoice["number"].as_str().unwrap();
    for (query, count) in [(format!("number={number}"), 1), ("number=nothing".into(), 0), (format!("order={order}"), 1), ("kind=credit_note".into(), 0), ("state=issued".into(), 2), ("from=2999-01-01T00:00:00Z".into(), 0), ("to=2999-01-01T00:00:00Z".into(), 2)] {
        assert_eq!(office.documents(&query).await.len(), count, "{query}");
    }
    // Settings: each field by its name, and nobody overwrites what they have not seen.
    assert_eq!(pointer(office.set(json!({"tax_id": "12"})).await), "/tax_id");
    assert_eq!(pointer(office.set(json!({"series": "inv"})).await), "/series");
    assert_eq!(pointer(office.set(json!({"zero_rate": "E"})).await), "/exemption_reason");
    let settings = json!({"legal_name": "X", "tax_id": "DE123456789", "address": "X", "city": "X", "country": "DE", "regime": "eu-en16931", "series": "INV", "issue_on": "manual"});
    let put = |etag: Option<&'static str>| {
        let mut request = office.owner().request(Method::PUT, "/api/v1/invoice-settings").json(&settings);
        if let Some(etag) = etag {
            request = request.header("if-match", etag);
        }
        office.owner().send(request)
    };
    assert_eq!(put(Some("\"0\"")).await.expect(412).code(), "stale");
    put(None).await.expect(428);
    office.server.verify().await;
}

/// Without settings nothing is issued, and orders show what they showed before there were tax invoices here.
#[tokio::test]
async fn a_tenant_without_settings_issues_nothing() {
    let server = kit::Server::start().await;
    let merchant = server.merchant("quiet").await;
    let account = id(&merchant.owner.post("/api/v1/channel-accounts", json!({"kind": "pos", "name": "Counter"})).await.expect(201).json());
    let order = merchant.owner.post("/api/v1/orders", json!({"channel_account_id": account, "lines": [{"quantity": "1", "unit_price": "5"}]})).await.expect(201).json();
    assert_eq!(order["invoice_track"], "not_required");
    let state = merchant.owner.get("/api/v1/invoice-settings").await.expect(200);
    assert_eq!((state.header("etag"), state.json()["settings"].clone(), state.json()["regimes"].as_array().unwrap().len()), (Some("\"0\""), Value::Null, 2));
    assert_eq!(merchant.owner.post("/api/v1/invoices", json!({"order_ids": [order["id"]]})).await.expect(409).code(), "not_configured");
    let tenant = merchant.id.parse().unwrap();
    assert_eq!(switchyard_server::flows::invoicing::work(&server.app, tenant).await.unwrap(), 0);
    server.verify().await;
}

#[tokio::test]
async fn track_rule_1_no_invoice_is_issued_into_a_combination_that_a_rule_forbids() {
    let office = Office::european().await;
    let rule = json!({"payment": "unpaid", "invoice": "issued", "reason": "invoices are written when something is paid"});
    let rule = office.owner().post("/api/v1/track-rules", rule).await.expect(201).json();
    let order = office.sale(json!([goods("a", "1", "119", "19", "19.00")]), json!({})).await;
    let refused = office.issue(&[&order]).await.expect(409);
    assert!(refused.code() == "track_forbidden" && refused.text().contains("invoices are written when something is paid"), "{}", refused.text());
    assert_eq!((office.documents("").await.len(), office.track(&order).await.as_str()), (0, "not_required"), "nothing was written");
    office.pay(&order, "119").await;
    // The number that was rolled back is given again (INVOICE-1).
    assert!(office.issued(&[&order]).await["number"].as_str().unwrap().ends_with("000001"));
    let second = office.sale(json!([goods("a", "1", "119", "19", "19.00")]), json!({})).await;
    office.owner().delete(&format!("/api/v1/track-rules/{}", id(&rule))).await.expect(204);
    office.issued(&[&second]).await;
    office.server.verify().await;
}
