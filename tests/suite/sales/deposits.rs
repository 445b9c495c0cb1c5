//! Deposits: asked for, paid, used up, given back, kept; the books are summed after each.

use super::*;
use kernel::Decimal;

async fn deposit(desk: &Desk, order: &str) -> Value {
    desk.owner().get(&format!("/api/v1/orders/{order}/deposit")).await.expect(200).json()
}

async fn pay(desk: &Desk, order: &str, amount: &str) {
    on(desk.owner(), order, Method::POST, "tenders", json!({"method": "bank_transfer", "amount": amount})).await.expect(201);
}

/// What stands on the liability account of the whole tenant, from the ledger's own balances.
async fn liability(desk: &Desk) -> Decimal {
    let mut db = desk.server.database.owner().await;
    sqlx::query_scalar("select coalesce(-sum(l.amount), 0) from tenant.ledger_entries e cross join lateral unnest(e.accounts, e.amounts) as l(account, amount) where split_part(l.account, ':', 1) = 'customer_deposits'").fetch_one(&mut db).await.unwrap()
}

fn parts(of: &Value) -> [String; 6] {
    ["asked", "paid", "applied", "refunded", "forfeited", "left"].map(|part| of[part]["amount"].as_str().unwrap_or_else(|| panic!("{part} of {of}")).to_owned())
}

async fn is(desk: &Desk, order: &str, expected: [&str; 6]) {
    let seen = parts(&deposit(desk, order).await);
    assert_eq!(seen, expected.map(str::to_owned), "asked, paid, applied, refunded, forfeited, left");
    let number = |text: &str| text.parse::<Decimal>().unwrap();
    let left = number(&seen[1]) - number(&seen[2]) - number(&seen[3]) - number(&seen[4]);
    assert_eq!((left, liability(desk).await), (number(&seen[5]), left), "the liability account for the order is paid - applied - refunded - forfeited");
    desk.server.verify().await;
}

#[tokio::test]
async fn dep_2_the_liability_account_for_the_order_is_paid_less_applied_less_refunded() {
    let desk = Desk::open().await;
    let company = desk.company("Hòa Bình", Some("100000000"), json!({"deposit": {"percent": "30"}})).await;
    list(&desk, "All", "sku,price\nA,2000000\n").await;
    let quoted = quote(desk.owner(), &desk, &company, json!([{"sku": "A", "quantity": "10"}]), json!({})).await;
    let order = ordered(desk.owner(), &quoted).await;
    // P4: 30 % of 22,000,000.
    is(&desk, &order, ["6600000", "0", "0", "0", "0", "0"]).await;
    let outcome = desk.confirm(&order).await;
    assert_eq!((outcome["decision"].as_str(), codes(&outcome)), (Some("held"), vec!["deposit_unpaid"]));
    assert_eq!(outcome["minimal_changes"].as_array().unwrap().iter().find(|c| c["kind"] == "pay").unwrap()["amount"]["amount"], "6600000");
    pay(&desk, &order, "6000000").await;
    assert_eq!(desk.see(&order).await["confirmed_at"], Value::Null, "a part is not the whole");
    pay(&desk, &order, "600000").await;
    let confirmed = desk.until(&order, "the deposit releases its hold and confirms", |o| o["confirmed_at"].is_string()).await;
    assert_eq!(confirmed["holds"], json!([]));
    is(&desk, &order, ["6600000", "6600000", "0", "0", "0", "6600000"]).await;
    // P5: half of the goods leave, then the other half.
    on(desk.owner(), &order, Method::POST, "shipments", json!({"state": "handed_over", "lines": [{"line_id": "1", "quantity": "3"}]})).await.expect(201);
    is(&desk, &order, ["6600000", "6600000", "6600000", "0", "0", "0"]).await;
    on(desk.owner(), &order, Method::POST, "shipments", json!({"state": "handed_over", "lines": [{"line_id": "1", "quantity": "7"}]})).await.expect(201);
    is(&desk, &order, ["6600000", "6600000", "6600000", "0", "0", "0"]).await;
    let owed = desk.see(&order).await;
    assert_eq!(owed["outstanding"]["amount"], "15400000", "AR due on terms");
    // DEP-3: the company's terms change; the order keeps its own.
    desk.edit_company(&company, json!({"deposit": {"percent": "90"}})).await;
    is(&desk, &order, ["6600000", "6600000", "6600000", "0", "0", "0"]).await;
}

#[tokio::test]
async fn an_over_deposit_stays_a_liability_also_when_an_edit_lowers_the_total_below_it() {
    let desk = Desk::open().await;
    let company = desk.company("A", Some("100000000"), json!({})).await;
    let order = desk.order(Some(&company), "1000", json!({"lines": [{"id": "1", "sku": "A", "quantity": "10", "unit_price": "100"}]})).await;
    on(desk.owner(), &order, Method::PUT, "deposit", json!({"amount": "600"})).await.expect(200);
    pay(&desk, &order, "700").await;
    is(&desk, &order, ["600", "700", "0", "0", "0", "700"]).await;
    on(desk.owner(), &order, Method::POST, "changes", json!({"reason": "fewer", "lines": [{"line_id": "1", "quantity": "4"}]})).await.expect(200);
    is(&desk, &order, ["400", "700", "0", "0", "0", "700"]).await;
    assert_eq!(desk.confirm(&order).await["decision"], "confirmed");
    on(desk.owner(), &order, Method::POST, "shipments", json!({"state": "handed_over"})).await.expect(201);
    is(&desk, &order, ["400", "700", "400", "0", "0", "300"]).await;
    on(desk.owner(), &order, Method::POST, "refunds", json!({"amount": "300", "reason": "paid too much"})).await.expect(201);
    is(&desk, &order, ["400", "700", "400", "300", "0", "0"]).await;
}

#[tokio::test]
async fn dep_4_of_an_order_called_off_the_deposit_is_given_back_or_kept_and_never_both() {
    let desk = Desk::open().await;
    let company = desk.company("A", Some("100000000"), json!({})).await;
    let order = desk.order(Some(&company), "1000", json!({})).await;
    on(desk.owner(), &order, Method::PUT, "deposit", json!({"percent": "50"})).await.expect(200);
    pay(&desk, &order, "500").await;
    assert_eq!(on(desk.owner(), &order, Method::POST, "deposit/forfeit", json!({"amount": "500", "reason": "x"})).await.expect(409).code(), "not_called_off");
    on(desk.owner(), &order, Method::POST, "cancellations", json!({"reason": "they changed their mind"})).await.expect(201);
    is(&desk, &order, ["500", "500", "0", "0", "0", "500"]).await;
    on(desk.owner(), &order, Method::POST, "refunds", json!({"amount": "200", "reason": "as agreed"})).await.expect(201);
    assert_eq!(on(desk.owner(), &order, Method::POST, "deposit/forfeit", json!({"amount": "301", "reason": "x"})).await.expect(422).code(), "forfeit_above_left");
    on(desk.owner(), &order, Method::POST, "deposit/forfeit", json!({"amount": "250", "reason": "costs of the cancellation"})).await.expect(201);
    is(&desk, &order, ["500", "500", "0", "200", "250", "50"]).await;
    // What was kept is not given back, and the payment behind it is not voided.
    assert_eq!(on(desk.owner(), &order, Method::POST, "refunds", json!({"amount": "51", "reason": "x"})).await.expect(422).code(), "refund_above_paid");
    assert_eq!(on(desk.owner(), &order, Method::POST, "tenders/t1/void", json!({"reason": "x"})).await.expect(409).code(), "refunded_already");
    on(desk.owner(), &order, Method::POST, "refunds", json!({"amount": "50", "reason": "the rest"})).await.expect(201);
    is(&desk, &order, ["500", "500", "0", "250", "250", "0"]).await;
    let mut db = desk.server.database.owner().await;
    let kept: Decimal = sqlx::query_scalar("select -sum(l.amount) from tenant.ledger_entries e cross join lateral unnest(e.accounts, e.amounts) as l(account, amount) where l.account = 'breakage'").fetch_one(&mut db).await.unwrap();
    assert_eq!(kept, Decimal::from(250), "other income");
}

#[tokio::test]
async fn a_deposit_due_by_a_day_lets_the_order_be_confirmed_and_holds_it_after_that_day() {
    let desk = Desk::open().await;
    let company = desk.company("A", Some("100000000"), json!({})).await;
    let order = desk.order(Some(&company), "1000", json!({})).await;
    on(desk.owner(), &order, Method::PUT, "deposit", json!({"percent": "50", "due_on": day(5)})).await.expect(200);
    assert_eq!(desk.confirm(&order).await["decision"], "confirmed");
    on(desk.owner(), &order, Method::PUT, "deposit", json!({"percent": "50", "due_on": day(-2)})).await.expect(200);
    desk.until(&order, "what should be here and is not holds it", |o| o["holds"] == json!(["deposit"])).await;
    assert_eq!(on(desk.owner(), &order, Method::POST, "shipments", json!({"state": "handed_over"})).await.expect(409).code(), "held");
    pay(&desk, &order, "500").await;
    desk.until(&order, "paid, it goes on", |o| o["holds"] == json!([])).await;
    desk.server.verify().await;
}

#[tokio::test]
async fn a_quote_asks_for_no_less_than_the_company_does_unless_its_writer_may_change_companies() {
    let desk = Desk::open().await;
    let company = desk.company("A", None, json!({"deposit": {"percent": "30", "days": null}})).await;
    list(&desk, "All", STANDARD).await;
    let (sales, _) = desk.member("sales", "sales").await;
    let with = |deposit: Value| body(&desk, &company, json!([{"sku": "A", "quantity": "1"}]), json!({"deposit": deposit}));
    for deposit in [json!({"percent": "29"}), json!({"amount": "100"}), json!({"percent": "30", "due_on": day(3)})] {
        let refused = sales.post("/api/v1/quotes", with(deposit)).await.expect(422).json();
        assert_eq!(refused["errors"][0]["pointer"], "/deposit");
    }
    sales.post("/api/v1/quotes", with(json!({"percent": "40"}))).await.expect(201);
    let lower = desk.owner().post("/api/v1/quotes", with(json!({"percent": "10"}))).await.expect(201).json();
    assert_eq!(lower["deposit"]["percent"], "10");
    let order = ordered(desk.owner(), &id(&lower)).await;
    assert_eq!(deposit(&desk, &order).await["asked"]["amount"], "11000");
}
