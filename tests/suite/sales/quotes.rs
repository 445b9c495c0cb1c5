//! Quotes: offered, accepted once, expired, declined.

use super::*;

#[tokio::test]
async fn a_quote_becomes_an_order_with_its_prices() {
    let desk = Desk::open().await;
    let company = desk.company("Hòa Bình", Some("100000000"), json!({})).await;
    list(&desk, "All", STANDARD).await;
    matrix(&desk, json!({"allowed_discount": "5"})).await;
    let lines = json!([{"sku": "A", "quantity": "10", "unit_price": "88000", "name": "Carton"}, {"sku": "B", "quantity": "2"}, {"sku": "Z", "quantity": "1", "unit_price": "7000"}]);
    let quoted = quote(desk.owner(), &desk, &company, lines, json!({"note": "as talked about"})).await;
    let seen = desk.owner().get(&format!("/api/v1/quotes/{quoted}")).await.expect(200).json();
    // 10 x 88,000 and 2 x 50,000, each with 10 % on top; what no list has is as it was said.
    assert_eq!((seen["total"]["amount"].as_str(), seen["number"].as_i64(), seen["state"].as_str()), (Some("1085000"), Some(1), Some("draft")));
    assert_eq!(seen["lines"].as_array().unwrap().iter().map(|l| l["needs_approval"].clone()).collect::<Vec<_>>(), [json!([]), json!([]), json!([])]);
    assert_eq!((seen["lines"][0]["list"]["min_quantity"].as_str(), seen["lines"][0]["discount_percent"].as_str()), (Some("10"), Some("2.2222")));
    assert_eq!(step(desk.owner(), &quoted, "accept").await.expect(409).code(), "quote_state");
    let order = ordered(desk.owner(), &quoted).await;
    let placed = desk.see(&order).await;
    assert_eq!((placed["segment"].as_str(), placed["company"]["id"].as_str().or(placed["company_id"].as_str()), placed["total"]["amount"].as_str()), (Some("b2b"), Some(company.as_str()), Some("1085000")));
    // The reduction stands in the books as one: list price less an override.
    assert_eq!((placed["lines"][0]["unit_price"]["amount"].as_str(), placed["lines"][0]["components"][0]["kind"].as_str(), placed["lines"][0]["components"][0]["amount"]["amount"].as_str().or(placed["lines"][0]["components"][0]["amount"].as_str())), (Some("90000"), Some("price_override"), Some("20000")));
    assert_eq!(placed["confirmed_at"], Value::Null, "CONFIRM-1: nobody confirmed it yet");
    assert_eq!(desk.confirm(&order).await["decision"], "confirmed");
    desk.server.verify().await;
}

#[tokio::test]
async fn quote_1_accepted_from_16_connections_it_is_one_order() {
    let desk = Desk::open().await;
    let company = desk.company("A", None, json!({})).await;
    list(&desk, "All", STANDARD).await;
    let quoted = quote(desk.owner(), &desk, &company, json!([{"sku": "A", "quantity": "1"}]), json!({})).await;
    step(desk.owner(), &quoted, "send").await.expect(200);
    let tries = (0..16).map(|_| {
        let (client, path) = (desk.owner().clone(), format!("/api/v1/quotes/{quoted}/accept"));
        tokio::spawn(async move { client.send(client.request(Method::POST, &path).header("if-match", "\"2\"").json(&json!({}))).await.expect(200).json()["order"]["id"].clone() })
    });
    let mut orders = std::collections::BTreeSet::new();
    for one in tries.collect::<Vec<_>>() {
        orders.insert(one.await.unwrap().as_str().unwrap().to_owned());
    }
    assert_eq!(orders.len(), 1, "{orders:?}");
    assert_eq!(desk.owner().get("/api/v1/orders/counts").await.expect(200).json()["total"], 1);
    desk.server.verify().await;
}

#[tokio::test]
async fn quote_2_editing_what_was_sent_makes_it_a_draft_with_the_prices_of_now() {
    let desk = Desk::open().await;
    let company = desk.company("A", None, json!({})).await;
    let list = list(&desk, "All", STANDARD).await;
    let quoted = quote(desk.owner(), &desk, &company, json!([{"sku": "A", "quantity": "1"}]), json!({})).await;
    step(desk.owner(), &quoted, "send").await.expect(200);
    let path = format!("/api/v1/price-lists/{}", id(&list));
    under(desk.owner(), Method::POST, &path, &format!("{path}/versions"), json!({"csv": "sku,price\nA,120000\n"})).await.expect(201);
    let path = format!("/api/v1/quotes/{quoted}");
    let edited = under(desk.owner(), Method::PUT, &path, &path, body(&desk, &company, json!([{"sku": "A", "quantity": "1"}]), json!({}))).await.expect(200).json();
    assert_eq!((edited["state"].as_str(), edited["version"].as_i64(), edited["lines"][0]["unit_price"].as_str(), edited["lines"][0]["list"]["version"].as_i64()), (Some("draft"), Some(3), Some("120000"), Some(2)));
    let stale = desk.owner().send(desk.owner().request(Method::POST, &format!("{path}/send")).header("if-match", "\"1\"").json(&json!({}))).await;
    assert_eq!(stale.expect(412).code(), "stale");
    let other = desk.company("B", None, json!({})).await;
    let moved = under(desk.owner(), Method::PUT, &path, &path, body(&desk, &other, json!([{"sku": "A", "quantity": "1"}]), json!({}))).await.expect(422).json();
    assert_eq!(moved["errors"][0]["pointer"], "/company_id");
    desk.server.verify().await;
}

#[tokio::test]
async fn quote_3_after_its_last_day_it_is_neither_sent_nor_accepted() {
    let desk = Desk::open().await;
    let company = desk.company("A", None, json!({})).await;
    list(&desk, "All", STANDARD).await;
    let quoted = quote(desk.owner(), &desk, &company, json!([{"sku": "A", "quantity": "1"}]), json!({})).await;
    step(desk.owner(), &quoted, "send").await.expect(200);
    let mut db = desk.server.database.owner().await;
    sqlx::query("update tenant.quotes set valid_until = current_date - 2").execute(&mut db).await.unwrap();
    assert_eq!(step(desk.owner(), &quoted, "accept").await.expect(409).code(), "quote_expired");
    let seen = desk.owner().get("/api/v1/quotes?state=expired").await.expect(200).json();
    assert_eq!((seen["data"][0]["id"].as_str(), seen["data"][0]["actions"].clone()), (Some(quoted.as_str()), json!(["edit", "decline"])));
    assert_eq!(desk.owner().get("/api/v1/quotes?state=sent").await.expect(200).json()["data"], json!([]));
    let path = format!("/api/v1/quotes/{quoted}");
    under(desk.owner(), Method::POST, &path, &format!("{path}/decline"), json!({"reason": "too late"})).await.expect(200);
    let ended = under(desk.owner(), Method::PUT, &path, &path, body(&desk, &company, json!([{"sku": "A", "quantity": "1"}]), json!({}))).await;
    assert_eq!(ended.expect(409).code(), "quote_state");
}

#[tokio::test]
async fn a_quote_is_printed_as_it_stands() {
    let desk = Desk::open().await;
    let company = desk.company("Hòa Bình", None, json!({})).await;
    list(&desk, "All", STANDARD).await;
    let quoted = quote(desk.owner(), &desk, &company, json!([{"sku": "A", "quantity": "10", "name": "Carton #eval(1)"}]), json!({"note": "as talked about"})).await;
    let path = format!("/api/v1/quotes/{quoted}/pdf?language=vi");
    let draft = desk.owner().get(&path).await.expect(200);
    step(desk.owner(), &quoted, "send").await.expect(200);
    let sent = desk.owner().get(&path).await.expect(200);
    assert!(draft.body.starts_with(b"%PDF") && draft.header("etag") != sent.header("etag"));
    let etag = sent.header("etag").unwrap().to_owned();
    desk.owner().send(desk.owner().request(Method::GET, &path).header("if-none-match", etag)).await.expect(304);
    // By mail to whom it is for, as a file of the mail.
    let mail = |to: &str| json!({"to": to, "language": "vi"});
    let at = format!("/api/v1/quotes/{quoted}/mail");
    assert_eq!(desk.owner().post(&at, mail("nobody")).await.expect(422).json()["errors"][0]["pointer"], "/to");
    desk.owner().post(&at, mail("mua@hoabinh.example")).await.expect(204);
    let written: Vec<String> = std::fs::read_dir(desk.server.app.config.data_dir.join("mail")).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    let letter = written.iter().find(|mail| mail.contains("mua@hoabinh.example")).expect("it is in the folder of mails");
    assert!(letter.contains("application/pdf") && letter.contains("filename=\"quote-1.pdf\"") && letter.contains("multipart/mixed"), "{letter}");
    assert!(desk.owner().get("/api/v1/audit-log").await.text().contains("quote.mailed"));
    let Some(read) = crate::invoices::paper::read(&[&draft.body, &sent.body]) else { return };
    let [draft, sent] = [&read[0], &read[1]].map(crate::invoices::paper::text);
    assert!(draft.contains("Bản nháp") && !sent.contains("Bản nháp"), "{draft}");
    // 10 x 90,000 and 10 % on top.
    for wanted in ["Báo giá", "Hòa Bình", "Carton #eval(1)", "90.000", "990.000 ₫", "as talked about"] {
        assert!(sent.contains(wanted), "{wanted} is not in\n{sent}");
    }
}
