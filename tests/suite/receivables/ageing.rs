//! The board, the items behind it, statements, terms in instalments.

use super::*;

#[tokio::test]
async fn ar_2_the_buckets_sum_to_the_receivables_account() {
    let desk = Desk::open().await;
    let net = json!({"kind": "net", "days": 30});
    let (a, b) = (desk.debtor("A", net.clone()).await, desk.debtor("B", net).await);
    for (amount, days_ago) in [("1000", 0), ("200", 40), ("30", 75), ("4", 100), ("50000", 150)] {
        desk.sold(&a, amount, days_ago).await;
    }
    desk.sold(&b, "7", 31).await;
    let paid = desk.sold(&b, "600000", 45).await;
    desk.act(&paid, "tenders", json!({"method": "bank", "amount": "600000"}), 201).await;
    // What names no order is owed too.
    desk.owner().post("/api/v1/ledger/entries", json!({"kind": "manual", "memo": "opening balance", "lines": [{"account": format!("ar:{b}"), "debit": "90"}, {"account": "suspense:opening", "credit": "90"}]})).await.expect(201);
    let board = desk.board().await;
    let sum = &board["sums"][0];
    assert_eq!(amounts(&sum["buckets"]), ["1090", "207", "30", "4", "50000"]);
    assert_eq!((sum["total"]["amount"].as_str(), sum["ledger"]["amount"].as_str()), (Some("51331"), Some("51331")), "AR-2");
    assert_eq!(desk.role("ar").await, 51_331);
    let debtors: Vec<(&str, &str, i64)> = board["data"].as_array().unwrap().iter().map(|d| (d["name"].as_str().unwrap(), d["total"]["amount"].as_str().unwrap(), d["oldest_days"].as_i64().unwrap())).collect();
    assert_eq!(debtors, [("A", "51234", 120), ("B", "97", 1)]);
    let items = async |query: String| { desk.owner().get(&format!("/api/v1/receivables/items?{query}")).await.expect(200).json()["data"].as_array().unwrap().clone() };
    let late = items(format!("debtor={a}&bucket=61-90")).await;
    assert_eq!((late.len(), late[0]["amount"]["amount"].as_str(), late[0]["days"].as_i64()), (1, Some("4"), Some(70)));
    assert_eq!(items(format!("debtor={b}")).await.len(), 2);
    let (mut seen, mut path) = (0, "limit=2".to_owned());
    loop {
        let page = desk.owner().get(&format!("/api/v1/receivables/items?{path}")).await.expect(200).json();
        seen += page["data"].as_array().unwrap().len();
        let Some(next) = page["next_cursor"].as_str() else { break };
        path = format!("limit=2&cursor={next}");
    }
    assert_eq!(seen, 7);
    desk.server.verify().await;
}

#[tokio::test]
async fn terms_1_instalments_sum_to_the_receivable_and_what_is_paid_covers_the_first() {
    let desk = Desk::open().await;
    let parts = json!([{"percent": "30", "days": 0}, {"percent": "30", "days": 30}, {"percent": "40", "days": 60}]);
    let company = desk.debtor("A", json!({"kind": "instalments", "parts": parts})).await;
    let order = desk.sold(&company, "100001", 45).await;
    let rows = async || {
        let items = desk.owner().get(&format!("/api/v1/receivables/items?debtor={company}")).await.expect(200).json();
        items["data"].as_array().unwrap().iter().map(|i| (i["amount"]["amount"].as_str().unwrap().to_owned(), i["days"].as_i64().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(rows().await, [("30000".to_owned(), 45), ("30000".to_owned(), 15), ("40001".to_owned(), 0)]);
    desk.act(&order, "tenders", json!({"method": "bank", "amount": "45000"}), 201).await;
    assert_eq!(rows().await, [("15000".to_owned(), 15), ("40001".to_owned(), 0)]);
    let exposure = desk.owner().get(&format!("/api/v1/companies/{company}")).await.expect(200).json();
    let open = &exposure["exposure"]["by_currency"][0];
    assert_eq!((open["overdue"].as_str(), open["overdue_days"].as_i64()), (Some("15000"), Some(15)), "overdue feeds the exposure");
    assert_eq!(amounts(&desk.board().await["sums"][0]["buckets"]), ["40001", "15000", "0", "0", "0"]);
    desk.server.verify().await;
}

#[tokio::test]
async fn statement_1_the_rows_lead_from_the_opening_to_the_closing_balance() {
    let desk = Desk::open().await;
    let company = desk.debtor("=Minh An, \"Ltd\"", json!({"kind": "net", "days": 30})).await;
    let order = desk.sold(&company, "1000", 3).await;
    desk.receive(&company, "400").await;
    let today = Utc::now().date_naive();
    let span = format!("from={}&to={}", today - Days::new(1), today + Days::new(1));
    let path = format!("/api/v1/receivables/companies/{company}/statement");
    let statement = desk.owner().get(&format!("{path}?{span}")).await.expect(200).json();
    let rows: Vec<(&str, &str)> = statement["rows"].as_array().unwrap().iter().map(|r| (r["amount"]["amount"].as_str().unwrap(), r["balance"]["amount"].as_str().unwrap())).collect();
    assert_eq!((statement["opening"]["amount"].as_str(), rows, statement["closing"]["amount"].as_str()), (Some("0"), vec![("1000", "1000"), ("-400", "600")], Some("600")));
    // Applying it changes nothing of what is owed in all.
    let wish = json!({"orders": [{"order_id": order}]});
    desk.owner().post(&format!("/api/v1/receivables/companies/{company}/applications"), wish).await.expect(201);
    let later = format!("from={}&to={}", today + Days::new(2), today + Days::new(3));
    let after = desk.owner().get(&format!("{path}?{later}")).await.expect(200).json();
    assert_eq!((after["opening"]["amount"].as_str(), after["closing"]["amount"].as_str()), (Some("600"), Some("600")));
    let csv = desk.owner().get(&format!("{path}.csv?{span}")).await.expect(200);
    assert!(csv.header("content-type").unwrap().starts_with("text/csv"));
    let text = csv.text();
    assert!(text.starts_with("day,what,order,memo,amount,balance,currency\r\n") && text.contains("\"'=Minh An, \"\"Ltd\"\"\"") && text.trim_end().ends_with("closing,,,,600,VND"), "{text}");
    assert_eq!(desk.owner().get(&format!("{path}?from={today}&to={}", today - Days::new(1))).await.expect(422).code(), "invalid");
    desk.server.verify().await;
}

#[tokio::test]
async fn ledger_8_a_trial_balance_of_any_span_is_the_sum_of_its_entries() {
    let desk = Desk::open().await;
    let post = async |at: &str, amount: &str| {
        desk.owner().post("/api/v1/ledger/entries", json!({"kind": "cost_of_sale", "memo": "goods", "amount": amount, "at": at})).await.expect(201);
    };
    for (at, amount) in [("2026-08-31T23:59:59Z", "1"), ("2026-09-01T00:00:00Z", "10"), ("2026-09-30T12:00:00Z", "100"), ("2026-10-01T00:00:00Z", "1000"), ("2026-11-05T00:00:00Z", "10000")] {
        post(at, amount).await;
    }
    for (span, expected) in [
        ("as_of=2026-08-31T23:59:59.999999Z", "1"),
        ("as_of=2026-09-01T00:00:00Z", "11"),
        ("as_of=2026-10-31T00:00:00Z", "1111"),
        ("from=2026-09-01T00:00:00Z&as_of=2026-09-30T23:59:59Z", "110"),
        ("from=2026-09-01T00:00:01Z&as_of=2026-09-30T23:59:59Z", "100"),
        ("from=2026-09-15T00:00:00Z&as_of=2026-11-05T00:00:00Z", "11100"),
        ("from=2026-08-01T00:00:00Z", "11111"),
    ] {
        let trial = desk.owner().get(&format!("/api/v1/ledger/trial-balance?{span}")).await.expect(200).json();
        let cogs = trial["data"].as_array().unwrap().iter().find(|row| row["role"] == "cogs").map(|row| row["balance"]["amount"].as_str().unwrap().to_owned());
        assert_eq!(cogs.as_deref(), Some(expected), "{span}");
    }
    desk.server.verify().await;
}

#[tokio::test]
async fn a_changed_time_zone_reaches_the_books() {
    let desk = Desk::open().await;
    desk.owner().patch("/api/v1/tenant", json!({"time_zone": "Europe/Berlin"})).await.expect(200);
    let settings = desk.owner().get("/api/v1/finance/settings").await.expect(200).json();
    assert_eq!((settings["time_zone"].as_str(), settings["version"].as_i64()), (Some("Europe/Berlin"), Some(2)));
    desk.owner().patch("/api/v1/tenant", json!({"time_zone": "Europe/Berlin", "name": "Wholesale"})).await.expect(200);
    assert_eq!(desk.owner().get("/api/v1/finance/settings").await.expect(200).json()["version"], 2, "the same again changes nothing");
    desk.owner().patch("/api/v1/tenant", json!({"time_zone": "Mars/Base"})).await.expect(422);
    desk.server.verify().await;
}

#[tokio::test]
async fn exp_2_of_what_left_in_parts_only_the_part_is_owed() {
    let desk = Desk::open().await;
    let company = desk.debtor("A", json!({"kind": "net", "days": 30})).await;
    let order = desk.order(Some(&company), "0", json!({"lines": [{"id": "a", "quantity": "4", "unit_price": "250"}]})).await;
    desk.confirm(&order).await;
    desk.act(&order, "shipments", json!({"state": "handed_over", "lines": [{"line_id": "a", "quantity": "1"}]}), 201).await;
    let exposure = desk.owner().get(&format!("/api/v1/companies/{company}")).await.expect(200).json()["exposure"].clone();
    let open = &exposure["by_currency"][0];
    assert_eq!((open["unbilled_shipped"].as_str(), open["confirmed_unshipped"].as_str(), open["total"].as_str()), (Some("250"), Some("750"), Some("1000")), "{exposure:#}");
    desk.server.verify().await;
}

#[tokio::test]
async fn terms_2_what_is_due_from_the_invoice_counts_from_its_day() {
    let desk = Desk::open().await;
    let company = desk.company("A", Some("1000000000"), json!({"terms": {"kind": "net", "days": 30}, "due_from": "invoice"})).await;
    let order = desk.order(Some(&company), "1000", json!({"placed_at": (Utc::now() - Days::new(20)).to_rfc3339()})).await;
    desk.confirm(&order).await;
    desk.act(&order, "shipments", json!({"state": "handed_over", "at": (Utc::now() - Days::new(10)).to_rfc3339()}), 201).await;
    assert!(desk.see(&order).await["due_on"].is_null(), "no invoice yet");
    let settings = json!({"legal_name": "Seller", "tax_id": "0100109106", "address": "1 Trần Hưng Đạo", "city": "Hà Nội", "country": "VN", "regime": "vn-2026-07", "series": "CTAA", "issue_on": "manual"});
    desk.owner().send(desk.owner().request(Method::PUT, "/api/v1/invoice-settings").header("if-match", "\"0\"").json(&settings)).await.expect(200);
    desk.owner().post("/api/v1/invoices", json!({"order_ids": [order]})).await.expect(201);
    let today = Utc::now().with_timezone(&chrono_tz::Asia::Ho_Chi_Minh).date_naive();
    assert_eq!(desk.see(&order).await["due_on"], (today + Days::new(30)).to_string());
    desk.server.verify().await;
}
