//! Price lists: which one counts, in which version.

use super::*;

async fn costs(desk: &Desk, company: &str, sku: &str, quantity: &str) -> (String, String, i64) {
    let offer = desk.owner().post("/api/v1/price-offers", json!({"company_id": company, "lines": [{"sku": sku, "quantity": quantity}]})).await.expect(200).json();
    let line = &offer["lines"][0];
    (line["unit_price"].as_str().unwrap().to_owned(), line["list"]["list"].as_str().unwrap().to_owned(), line["list"]["version"].as_i64().unwrap())
}

#[tokio::test]
async fn price_1_the_most_particular_list_that_has_the_sku_gives_the_price() {
    let desk = Desk::open().await;
    let (head, other) = (desk.company("Head", None, json!({})).await, desk.company("Other", None, json!({})).await);
    let member = desk.company("Member", None, json!({"parent_id": head})).await;
    list(&desk, "All", STANDARD).await;
    let of = |name: &str, csv: &str, more: Value| {
        let mut body = json!({"name": name, "currency": "VND", "prices": {"valid_from": day(-1), "csv": csv}});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let owner = desk.owner();
    let make = |body: Value| async move { owner.post("/api/v1/price-lists", body).await.expect(201).json() };
    make(of("Trade", "sku,price\nA,95000\n", json!({"segment": "b2b"}))).await;
    make(of("Retail", "sku,price\nA,1\n", json!({"segment": "b2c"}))).await;
    make(of("Group", "sku,price\nA,85000\n", json!({"company_ids": [head]}))).await;
    make(of("Dollars", "sku,price\nA,1\n", json!({"currency": "USD", "company_ids": [head]}))).await;
    for (company, sku, quantity, price, name) in [
        (&other, "A", "1", "95000", "Trade"),
        (&head, "A", "1", "85000", "Group"),
        (&member, "A", "1", "85000", "Group"),
        (&member, "B", "3", "50000", "All"),
    ] {
        let found = costs(&desk, company, sku, quantity).await;
        assert_eq!((found.0.as_str(), found.1.as_str()), (price, name), "{quantity} {sku}");
    }
    // What counts no more gives no price.
    let trade = desk.owner().get("/api/v1/price-lists").await.expect(200).json()["data"].as_array().unwrap().iter().find(|l| l["name"] == "Trade").unwrap().clone();
    let path = format!("/api/v1/price-lists/{}", id(&trade));
    under(desk.owner(), Method::PATCH, &path, &path, json!({"archived": true})).await.expect(200);
    assert_eq!(costs(&desk, &other, "A", "10").await, ("90000".into(), "All".into(), 1), "the break of ten");
}

#[tokio::test]
async fn list_1_a_change_makes_a_version_and_quotes_keep_theirs() {
    let desk = Desk::open().await;
    let company = desk.company("A", Some("100000000"), json!({})).await;
    let list = list(&desk, "All", STANDARD).await;
    let quoted = quote(desk.owner(), &desk, &company, json!([{"sku": "A", "quantity": "2"}]), json!({})).await;
    let path = format!("/api/v1/price-lists/{}", id(&list));
    let renewed = under(desk.owner(), Method::POST, &path, &format!("{path}/versions"), json!({"tax_rate": "10", "valid_from": day(-1), "csv": "sku,price\nA,200000\n", "note": "steel"})).await.expect(201).json();
    assert_eq!((renewed["newest"]["version"].as_i64(), renewed["newest"]["prices"].as_i64(), renewed["version"].as_i64()), (Some(2), Some(1), Some(2)));
    assert_eq!(costs(&desk, &company, "A", "2").await.0, "200000");
    let seen = desk.owner().get(&format!("/api/v1/quotes/{quoted}")).await.expect(200).json();
    assert_eq!((seen["lines"][0]["unit_price"].as_str(), seen["lines"][0]["list"]["version"].as_i64(), seen["total"]["amount"].as_str()), (Some("100000"), Some(1), Some("220000")));
    // Frozen until its day: the order has the old price and needs no approval beside the new one.
    let order = ordered(desk.owner(), &quoted).await;
    assert_eq!(desk.see(&order).await["total"]["amount"], "220000");
    assert_eq!(desk.confirm(&order).await["decision"], "confirmed");
    // A validity alone keeps the prices.
    let renewed = under(desk.owner(), Method::POST, &path, &format!("{path}/versions"), json!({"valid_from": day(0), "valid_until": day(10)})).await.expect(201).json();
    assert_eq!((renewed["newest"]["version"].as_i64(), renewed["newest"]["prices"].as_i64()), (Some(3), Some(1)));
    let old = desk.owner().get(&format!("{path}/prices?version=1&text=a")).await.expect(200).json();
    assert_eq!(old["data"].as_array().unwrap().iter().map(|p| (p["min_quantity"].as_str().unwrap(), p["price"].as_str().unwrap())).collect::<Vec<_>>(), [("1", "100000"), ("10", "90000")]);
    assert_eq!(desk.owner().get(&format!("{path}/versions")).await.expect(200).json()["data"].as_array().unwrap().len(), 3);
    desk.server.verify().await;
}

#[tokio::test]
async fn list_2_the_loser_of_a_race_changes_nothing() {
    let desk = Desk::open().await;
    let list = list(&desk, "All", STANDARD).await;
    let path = format!("/api/v1/price-lists/{}/versions", id(&list));
    let tries = (0..8).map(|n| {
        let (client, path) = (desk.owner().clone(), path.clone());
        tokio::spawn(async move { client.send(client.request(Method::POST, &path).header("if-match", "\"1\"").json(&json!({"csv": format!("sku,price\nA,{n}\n")}))).await.status.as_u16() })
    });
    let mut statuses = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        statuses.push(one.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 412, 412, 412, 412, 412, 412, 412]);
    assert_eq!(desk.owner().get(&path).await.expect(200).json()["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn costs_margins_and_floors_are_seen_with_their_right_only() {
    let desk = Desk::open().await;
    let company = desk.company("A", None, json!({})).await;
    let list = list(&desk, "All", STANDARD).await;
    let (sales, _) = desk.member("sales", "sales").await;
    let (finance, _) = desk.member("finance", "finance").await;
    let quoted = quote(&sales, &desk, &company, json!([{"sku": "A", "quantity": "1", "unit_price": "75000"}]), json!({})).await;
    step(&sales, &quoted, "send").await.expect(200);
    let request = waiting(&finance, "owner=all&kind=price").await[0].clone();
    for path in [format!("/api/v1/price-lists/{}/prices", id(&list)), format!("/api/v1/quotes/{quoted}"), format!("/api/v1/approvals/{}", id(&request)), "/api/v1/approvals?owner=all".to_owned()] {
        let (seen, hidden) = (finance.get(&path).await.expect(200).text(), sales.get(&path).await.expect(200).text());
        assert!(seen.contains("\"margin_percent\":\"20\"") || seen.contains("\"margin_percent\":\"40\""), "{path}: {seen}");
        assert!(!hidden.contains("margin_percent") && !hidden.contains("cost") && !hidden.contains("60000"), "{path}: {hidden}");
        assert!(seen.contains("\"floor\":\"80000\"") && !hidden.contains("\"floor\""), "{path}: {hidden}");
    }
}
