//! Every wrong wish is a clear problem: its code, the field, and nothing half done.

use super::*;

#[tokio::test]
async fn every_wrong_wish_names_its_field() {
    let desk = Desk::open().await;
    let company = desk.debtor("A", json!({"kind": "net", "days": 30})).await;
    let order = desk.sold(&company, "1000", 1).await;
    let owner = desk.owner();
    let companies = format!("/api/v1/receivables/companies/{company}");
    let table: Vec<(Method, String, Value, &str, &str)> = vec![
        (Method::POST, format!("{companies}/receipts"), json!({"amount": "0", "received_in": "bank", "reference": "x"}), "/amount", "invalid_value"),
        (Method::POST, format!("{companies}/receipts"), json!({"amount": "1.5", "received_in": "bank", "reference": "x"}), "/amount", "invalid_value"),
        (Method::POST, format!("{companies}/receipts"), json!({"amount": "5", "received_in": "sales", "reference": "x"}), "/received_in", "invalid_value"),
        (Method::POST, format!("{companies}/receipts"), json!({"amount": "5", "received_in": "gold", "reference": "x"}), "/received_in", "invalid_value"),
        (Method::POST, format!("{companies}/receipts"), json!({"amount": "5", "received_in": "bank", "reference": ""}), "/reason", "invalid_value"),
        (Method::POST, format!("{companies}/receipts"), json!({"amount": "5", "currency": "VNDD", "received_in": "bank", "reference": "x"}), "/currency", "invalid_value"),
        (Method::POST, format!("{companies}/applications"), json!({"orders": []}), "/orders", "invalid_value"),
        (Method::POST, format!("{companies}/applications"), json!({"orders": [{"order_id": "x"}]}), "/orders/0/order_id", "invalid_value"),
        (Method::POST, format!("{companies}/applications"), json!({"orders": [{"order_id": order, "amount": "-1"}]}), "/orders/0/amount", "invalid_value"),
        (Method::POST, format!("{companies}/applications"), json!({"orders": [{"order_id": order, "amount": "1"}]}), "/orders/0/amount", "above_open"),
        (Method::POST, format!("/api/v1/receivables/orders/{order}/write-off"), json!({"reason": ""}), "/reason", "invalid_value"),
        (Method::POST, format!("/api/v1/receivables/orders/{order}/write-off"), json!({"reason": "x", "amount": "1001"}), "/amount", "above_open"),
        (Method::POST, format!("/api/v1/receivables/orders/{order}/offset"), json!({"reason": "x"}), "/amount", "above_open"),
        (Method::PUT, format!("{companies}/contact"), json!({"email": "nobody", "language": "en"}), "/email", "invalid_value"),
        (Method::PUT, format!("{companies}/contact"), json!({"language": "fr"}), "/language", "invalid_value"),
        (Method::POST, format!("{companies}/promises"), json!({"amount": "5", "promised_on": "2020-01-01", "note": "x"}), "/promised_on", "invalid_value"),
        (Method::POST, format!("{companies}/promises"), json!({"amount": "5", "promised_on": "soon", "note": "x"}), "/promised_on", "invalid_value"),
        (Method::PUT, "/api/v1/receivables/dunning-levels".into(), json!({"levels": [{"days": 0, "subject_en": "x", "text_en": "x", "subject_vi": "x", "text_vi": "x"}]}), "/levels/0/days", "invalid_value"),
        (Method::PUT, "/api/v1/receivables/dunning-levels".into(), json!({"levels": [{"days": 1, "subject_en": "", "text_en": "x", "subject_vi": "x", "text_vi": "x"}]}), "/levels/0/subject_en", "invalid_value"),
        (Method::PUT, "/api/v1/receivables/loss".into(), json!({"percents": ["0", "1", "2", "3"]}), "/percents", "invalid_value"),
        (Method::PUT, "/api/v1/receivables/loss".into(), json!({"percents": ["0", "1", "2", "3", "101"]}), "/percents/4", "invalid_value"),
        (Method::POST, "/api/v1/drawers".into(), json!({"name": ""}), "/name", "invalid_value"),
        (Method::POST, "/api/v1/shifts".into(), json!({"drawer_id": "x", "float": "0"}), "/drawer_id", "invalid_value"),
        (Method::POST, "/api/v1/claims/vouchers".into(), json!({"amount": "5", "reason": "x"}), "/received_in", "invalid_value"),
        (Method::POST, "/api/v1/claims/vouchers".into(), json!({"amount": "5", "received_in": "bank", "reason": "x", "code": "clm_1"}), "/code", "invalid_value"),
        (Method::POST, "/api/v1/claims/vouchers".into(), json!({"amount": "5", "received_in": "bank", "reason": "x", "expires_on": "2020-01-01"}), "/expires_on", "invalid_value"),
        (Method::POST, "/api/v1/claims/credits".into(), json!({"amount": "x", "reason": "x"}), "/amount", "invalid_value"),
        (Method::PUT, "/api/v1/loyalty-program".into(), json!({"point_value": "0.5", "spend_per_point": "1", "redeemed_percent": "50"}), "/point_value", "invalid_value"),
        (Method::PUT, "/api/v1/loyalty-program".into(), json!({"point_value": "1", "spend_per_point": "1", "redeemed_percent": "101"}), "/redeemed_percent", "invalid_value"),
        (Method::POST, "/api/v1/track-rules".into(), json!({"payment": "unpaid", "reason": "x"}), "/delivery", "invalid_value"),
        (Method::POST, "/api/v1/track-rules".into(), json!({"payment": "rich", "delivery": "shipped", "reason": "x"}), "/payment", "invalid_value"),
        (Method::POST, "/api/v1/orders".into(), json!({"channel_account_id": desk.account, "lines": [{"quantity": "1", "unit_price": "5"}], "tenders": [{"method": "write_off", "amount": "5"}]}), "/tenders/0/method", "invalid_value"),
        (Method::POST, "/api/v1/orders".into(), json!({"channel_account_id": desk.account, "lines": [{"quantity": "1", "unit_price": "5"}], "tenders": [{"method": "points", "amount": "5", "account": "nobody"}]}), "/tenders/0/account", "invalid_value"),
    ];
    let before = owner.get("/api/v1/ledger/trial-balance").await.expect(200).json()["data"].clone();
    for (method, path, body, pointer, code) in table {
        let answer = owner.send(owner.request(method, &path).header("if-match", "\"0\"").json(&body)).await;
        let problem = answer.clone().expect(422).json();
        assert_eq!((problem["errors"][0]["pointer"].as_str(), problem["errors"][0]["code"].as_str()), (Some(pointer), Some(code)), "{path} {body}: {problem}");
    }
    for query in ["ageing?x=1", "items?bucket=old", "items?currency=VNDD", "items?limit=0", "items?cursor=x"] {
        let answer = owner.get(&format!("/api/v1/receivables/{query}")).await;
        assert!(answer.status == 422 || query == "ageing?x=1", "{query}: {}", answer.text());
    }
    assert_eq!(owner.get("/api/v1/ledger/trial-balance").await.expect(200).json()["data"], before, "nothing was posted");
    desk.server.verify().await;
}
