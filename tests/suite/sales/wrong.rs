//! Bad input: each is refused with its exact code and field, and nothing is written.

use super::*;

async fn pointers(answer: Answer) -> (u16, String, Vec<String>) {
    let status = answer.status.as_u16();
    let said = answer.json();
    let pointers = said["errors"].as_array().into_iter().flatten().map(|e| e["pointer"].as_str().unwrap().to_owned()).collect();
    (status, said["code"].as_str().unwrap_or_default().to_owned(), pointers)
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let desk = Desk::open().await;
    let company = desk.company("A", None, json!({})).await;
    let made = list(&desk, "All", STANDARD).await;
    let owner = desk.owner();
    let finance = role(&desk, "finance").await;
    let nobody = "rol_00000000000000000000000000000000";
    let lists = |more: Value| {
        let mut body = json!({"name": "X", "currency": "VND", "prices": {"csv": STANDARD}});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let quotes = |more: Value| {
        let mut quote = body(&desk, &company, json!([{"sku": "A", "quantity": "1"}]), json!({}));
        quote.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        quote
    };
    let shop = id(&owner.post("/api/v1/channel-accounts", json!({"kind": "shopify", "name": "Shop", "shop": "x.myshopify.com", "currency": "USD", "settings": {"shop": "x.myshopify.com"}, "secrets": {"client_secret": "hush", "access_token": "token"}})).await.expect(201).json());
    let (list_path, quote_path, matrix_path) = ("/api/v1/price-lists", "/api/v1/quotes", "/api/v1/price-matrix");
    let table: Vec<(Method, &str, Value, u16, &str, Vec<&str>)> = vec![
        (Method::POST, list_path, lists(json!({"name": " "})), 422, "invalid", vec!["/name"]),
        (Method::POST, list_path, lists(json!({"name": "All"})), 409, "name_taken", vec![]),
        (Method::POST, list_path, lists(json!({"currency": "đồng"})), 422, "invalid", vec!["/currency"]),
        (Method::POST, list_path, lists(json!({"segment": "vip"})), 422, "invalid", vec!["/segment"]),
        (Method::POST, list_path, lists(json!({"company_ids": ["com_00000000000000000000000000000000"]})), 422, "invalid", vec!["/company_ids"]),
        (Method::POST, list_path, lists(json!({"colour": "red"})), 422, "invalid", vec!["/colour"]),
        (Method::POST, list_path, lists(json!({"prices": {}})), 422, "invalid", vec!["/prices/csv"]),
        (Method::POST, list_path, lists(json!({"prices": {"csv": "sku,price\nA,x\n,1\n"}})), 422, "invalid", vec!["/csv/2/price", "/csv/3/sku"]),
        (Method::POST, list_path, lists(json!({"prices": {"csv": STANDARD, "tax_rate": "101"}})), 422, "invalid", vec!["/tax_rate"]),
        (Method::POST, list_path, lists(json!({"prices": {"csv": STANDARD, "valid_from": "2026-02-01", "valid_until": "2026-01-01"}})), 422, "invalid", vec!["/valid_until"]),
        (Method::POST, quote_path, quotes(json!({"lines": []})), 422, "invalid", vec!["/lines"]),
        (Method::POST, quote_path, quotes(json!({"lines": [{"sku": "", "quantity": "0"}, {"sku": "A", "quantity": "1", "unit_price": "1e3"}, {"sku": "Z", "quantity": "1"}]})), 422, "invalid", vec!["/lines/0/sku", "/lines/0/quantity", "/lines/1/unit_price", "/lines/2/unit_price"]),
        (Method::POST, quote_path, quotes(json!({"lines": [{"line_id": "x", "sku": "A", "quantity": "1"}, {"line_id": "x", "sku": "A", "quantity": "1"}]})), 422, "invalid", vec!["/lines/1/line_id"]),
        (Method::POST, quote_path, quotes(json!({"valid_until": day(-1), "channel_account_id": shop})), 422, "invalid", vec!["/channel_account_id", "/valid_until"]),
        (Method::POST, quote_path, quotes(json!({"company_id": "com_00000000000000000000000000000000", "lines": [{"sku": "A", "quantity": "1", "unit_price": "5"}]})), 422, "invalid", vec!["/company_id"]),
        (Method::POST, quote_path, quotes(json!({"deposit": {"percent": "0"}})), 422, "invalid", vec!["/deposit/percent"]),
        (Method::POST, quote_path, quotes(json!({"deposit": {"amount": "110001"}})), 422, "invalid", vec!["/deposit/amount"]),
        (Method::POST, quote_path, quotes(json!({"deposit": {}})), 422, "invalid", vec!["/deposit"]),
        (Method::PUT, matrix_path, json!({"allowed_discount": "101"}), 422, "invalid", vec!["/allowed_discount"]),
        (Method::PUT, matrix_path, json!({"allowed_discount": "5", "answer_days": 0}), 422, "invalid", vec!["/answer_days"]),
        (Method::PUT, matrix_path, json!({"allowed_discount": "5", "rules": [{"steps": []}]}), 422, "invalid", vec!["/rules/0/steps"]),
        (Method::PUT, matrix_path, json!({"allowed_discount": "5", "rules": [{"steps": [finance, nobody]}]}), 422, "invalid", vec!["/rules/0/steps/1"]),
        (Method::PUT, matrix_path, json!({"allowed_discount": "5", "rules": [{"discount_above": "-1", "steps": [finance]}]}), 422, "invalid", vec!["/rules/0/discount_above"]),
        (Method::PUT, "/api/v1/approval-delegation", json!({"person_id": "per_00000000000000000000000000000000", "until": day(1)}), 422, "invalid", vec!["/person_id"]),
        (Method::GET, "/api/v1/quotes?state=lost", Value::Null, 422, "invalid", vec!["query:state"]),
        (Method::GET, "/api/v1/approvals?kind=mood", Value::Null, 422, "invalid", vec!["query:kind"]),
        (Method::GET, "/api/v1/approvals?owner=us", Value::Null, 422, "invalid", vec!["query:owner"]),
    ];
    for (method, path, body, status, code, expected) in table {
        let mut request = owner.request(method.clone(), path).header("if-match", "\"0\"");
        if method != Method::GET {
            request = request.json(&body);
        }
        let said = pointers(owner.send(request).await).await;
        assert_eq!(said, (status, code.to_owned(), expected.into_iter().map(str::to_owned).collect()), "{method} {path} {body}");
    }
    assert_eq!(owner.get(list_path).await.expect(200).json()["data"].as_array().unwrap().len(), 1);
    assert_eq!(owner.get(quote_path).await.expect(200).json()["data"], json!([]));
    assert_eq!(owner.get(matrix_path).await.expect(200).json()["version"], 0);
    let path = format!("{list_path}/{}", id(&made));
    assert_eq!(owner.patch(&path, json!({"name": "Y"})).await.expect(428).code(), "if_match_missing");
    desk.server.verify().await;
}
