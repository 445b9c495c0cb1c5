//! Prices that somebody approves: who, in how many steps, and what it holds until then.

use super::*;

/// A sales person's quote for one line below its list, sent and accepted.
async fn below(desk: &Desk, sales: &Client, company: &str, price: &str) -> (String, String) {
    let quoted = quote(sales, desk, company, json!([{"sku": "A", "quantity": "1", "unit_price": price, "reason": "they buy every week"}]), json!({})).await;
    (ordered(sales, &quoted).await, quoted)
}

#[tokio::test]
async fn price_4_no_order_with_a_price_that_nobody_approved_is_confirmed() {
    let desk = Desk::open().await;
    let company = desk.company("A", Some("100000000"), json!({})).await;
    list(&desk, "All", STANDARD).await;
    let ((sales, _), (finance, finance_id)) = (desk.member("sales", "sales").await, desk.member("finance", "finance").await);
    let (order, quoted) = below(&desk, &sales, &company, "85000").await;
    let outcome = confirm_as(&sales, &order).await.expect(200).json();
    assert_eq!((outcome["decision"].as_str(), codes(&outcome), outcome["holds"][0]["type"].as_str()), (Some("held"), vec!["price_not_approved"], Some("price_approval")));
    // Nobody lets the whole order pass: its lines are decided.
    let release = desk.owner().post(&format!("/api/v1/holds/{}/release", id(&outcome["holds"][0])), json!({"reason": "let it go"})).await;
    assert_eq!(release.expect(409).code(), "decided_by_line");
    let mine = waiting(&finance, "kind=price").await;
    assert_eq!((mine.len(), mine[0]["owner"]["id"].as_str(), mine[0]["may_decide"].as_bool(), mine[0]["price"]["quote_id"].as_str()), (1, Some(finance_id.as_str()), Some(true), Some(quoted.as_str())));
    assert!(mine[0]["age_seconds"].as_i64().unwrap() >= 0);
    assert_eq!((mine[0]["price"]["why"].clone(), mine[0]["price"]["discount_percent"].as_str(), mine[0]["price"]["margin_percent"].as_str(), mine[0]["price"]["reason"].as_str()), (json!(["discount"]), Some("15"), Some("29.4118"), Some("they buy every week")));
    let decided = decide(&finance, &id(&mine[0]), json!({"decision": "approve"})).await.expect(200).json();
    assert_eq!((decided["price"]["state"].as_str(), decided["replay_identical"].as_bool()), (Some("approved"), Some(true)));
    let freed = desk.until(&order, "the approval releases the hold and confirms", |o| o["confirmed_at"].is_string()).await;
    assert_eq!(freed["holds"], json!([]));
    assert_eq!(waiting(&finance, "owner=all").await, Vec::<Value>::new());
    desk.server.verify().await;
}

#[tokio::test]
async fn approve_1_the_requester_never_decides_and_two_steps_are_two_people() {
    let desk = Desk::open().await;
    let company = desk.company("A", Some("100000000"), json!({})).await;
    list(&desk, "All", STANDARD).await;
    let (finance, admin) = (role(&desk, "finance").await, role(&desk, "admin").await);
    matrix(&desk, json!({"allowed_discount": "5", "rules": [{"below_floor": true, "steps": [finance, admin]}, {"discount_above": "5", "steps": [finance]}]})).await;
    let ((sales, _), (one, one_id), (chief, _)) = (desk.member("sales", "sales").await, desk.member("one", "finance").await, desk.member("chief", "admin").await);
    let (order, _) = below(&desk, &sales, &company, "70000").await;
    confirm_as(&sales, &order).await.expect(200);
    let request = id(&waiting(desk.owner(), "owner=all&kind=price").await[0]);
    assert_eq!(decide(&sales, &request, json!({"decision": "approve"})).await.expect(403).code(), "missing_right");
    assert_eq!(decide(&chief, &request, json!({"decision": "approve"})).await.expect(403).code(), "beyond_authority", "the first signature is of finance");
    let first = decide(&one, &request, json!({"decision": "approve", "frozen_until": day(3)})).await.expect(200).json();
    assert_eq!((first["price"]["state"].as_str(), first["price"]["steps_done"].as_i64(), first["price"]["next_role"].as_str()), (Some("asked"), Some(1), Some("admin")));
    assert_eq!(decide(&one, &request, json!({"decision": "approve"})).await.expect(409).code(), "approved_already");
    assert_eq!(desk.see(&order).await["confirmed_at"], Value::Null);
    let second = decide(&chief, &request, json!({"decision": "approve", "frozen_until": day(20)})).await.expect(200).json();
    assert_eq!((second["price"]["state"].as_str(), second["price"]["frozen_until"].as_str()), (Some("approved"), Some(day(3).as_str())), "the sooner day holds");
    desk.until(&order, "both signatures release it", |o| o["confirmed_at"].is_string()).await;

    // Who asks with the right to approve asks somebody else.
    let own = quote(desk.owner(), &desk, &company, json!([{"sku": "A", "quantity": "1", "unit_price": "90000"}]), json!({})).await;
    step(desk.owner(), &own, "send").await.expect(200);
    let asked = waiting(desk.owner(), "owner=all&kind=price").await[0].clone();
    assert_eq!((asked["owner"]["id"].as_str(), asked["may_decide"].as_bool()), (Some(one_id.as_str()), Some(false)));
    assert_eq!(decide(desk.owner(), &id(&asked), json!({"decision": "approve"})).await.expect(403).code(), "own_request");
    desk.server.verify().await;
}

#[tokio::test]
async fn approve_2_an_approval_counts_for_its_line_alone() {
    let desk = Desk::open().await;
    let company = desk.company("A", Some("100000000"), json!({})).await;
    list(&desk, "All", STANDARD).await;
    let ((sales, _), (finance, _)) = (desk.member("sales", "sales").await, desk.member("finance", "finance").await);
    let lines = json!([{"line_id": "x", "sku": "A", "quantity": "1", "unit_price": "85000"}, {"line_id": "y", "sku": "B", "quantity": "1", "unit_price": "40000"}]);
    let quoted = quote(&sales, &desk, &company, lines, json!({})).await;
    let order = ordered(&sales, &quoted).await;
    assert_eq!(codes(&confirm_as(&sales, &order).await.expect(200).json()), ["price_not_approved", "price_not_approved"]);
    let of = |line: &'static str| {
        let finance = finance.clone();
        async move { id(waiting(&finance, "owner=all&kind=price").await.iter().find(|w| w["price"]["line_id"] == line).unwrap()) }
    };
    // Line by line: one is approved, the other refused; the order waits for the refused one.
    decide(&finance, &of("x").await, json!({"decision": "approve"})).await.expect(200);
    decide(&finance, &of("y").await, json!({"decision": "reject", "reason": "too cheap"})).await.expect(200);
    let held = desk.see(&order).await;
    assert_eq!((held["holds"].clone(), held["confirmed_at"].clone()), (json!(["price_approval"]), Value::Null));
    assert_eq!(codes(&confirm_as(&sales, &order).await.expect(200).json()), ["price_not_approved"]);
    assert_eq!(waiting(&finance, "owner=all&kind=price").await.len(), 0, "what was refused is not asked for again");
    // The refused line gets its list price: nothing is left to approve, and what was wanted confirmed is.
    let change = json!({"reason": "at the list price", "lines": [{"line_id": "y", "components": []}]});
    on(&sales, &order, Method::POST, "changes", change).await.expect(200);
    desk.until(&order, "at the list price it goes on", |o| o["confirmed_at"].is_string()).await;
    // Afterwards a lower price needs a new approval: the confirmed order does not ship.
    let change = json!({"reason": "lower", "lines": [{"line_id": "x", "unit_price": "70000", "components": []}]});
    on(&sales, &order, Method::POST, "changes", change).await.expect(200);
    desk.until(&order, "the new price holds it", |o| o["holds"] == json!(["price_approval"])).await;
    assert_eq!(on(&sales, &order, Method::POST, "shipments", json!({"state": "handed_over"})).await.expect(409).code(), "held");
    let asked = waiting(&finance, "owner=all&kind=price").await;
    assert_eq!((asked.len(), asked[0]["price"]["order_id"].as_str(), asked[0]["price"]["asked_price"]["amount"].as_str()), (1, Some(order.as_str()), Some("70000")));
    decide(&finance, &id(&asked[0]), json!({"decision": "approve"})).await.expect(200);
    desk.until(&order, "approved, it ships", |o| o["holds"] == json!([])).await;
    desk.server.verify().await;
}

#[tokio::test]
async fn a_counter_is_an_approval_of_its_own_price() {
    let desk = Desk::open().await;
    let company = desk.company("A", Some("100000000"), json!({})).await;
    list(&desk, "All", STANDARD).await;
    let ((sales, _), (finance, _)) = (desk.member("sales", "sales").await, desk.member("finance", "finance").await);
    let quoted = quote(&sales, &desk, &company, json!([{"sku": "A", "quantity": "1", "unit_price": "75000"}]), json!({})).await;
    step(&sales, &quoted, "price-requests").await.expect(200);
    let request = id(&waiting(&finance, "kind=price").await[0]);
    assert_eq!(decide(&finance, &request, json!({"decision": "counter", "price": "75000"})).await.expect(422).json()["errors"][0]["pointer"], "/price");
    let countered = decide(&finance, &request, json!({"decision": "counter", "price": "88000", "reason": "not below 88"})).await.expect(200).json();
    assert_eq!((countered["price"]["state"].as_str(), countered["price"]["price"]["amount"].as_str()), (Some("countered"), Some("88000")));
    let path = format!("/api/v1/quotes/{quoted}");
    let edited = under(&sales, Method::PUT, &path, &path, body(&desk, &company, json!([{"sku": "A", "quantity": "1", "unit_price": "88000"}]), json!({}))).await.expect(200).json();
    assert_eq!((edited["lines"][0]["approved"].as_bool(), edited["lines"][0]["needs_approval"].clone()), (Some(true), json!(["discount"])));
    let order = ordered(&sales, &quoted).await;
    assert_eq!(confirm_as(&sales, &order).await.expect(200).json()["decision"], "confirmed");
    assert_eq!(waiting(&finance, "owner=all").await.len(), 0);
    desk.server.verify().await;
}

#[tokio::test]
async fn approve_4_of_two_approvers_at_once_one_counts() {
    let desk = Desk::open().await;
    let company = desk.company("A", Some("100000000"), json!({})).await;
    list(&desk, "All", STANDARD).await;
    let ((sales, _), (one, _), (two, _)) = (desk.member("sales", "sales").await, desk.member("one", "finance").await, desk.member("two", "finance").await);
    let (order, _) = below(&desk, &sales, &company, "85000").await;
    confirm_as(&sales, &order).await.expect(200);
    let request = id(&waiting(&one, "owner=all&kind=price").await[0]);
    let say = |client: &Client, body: Value| {
        let (client, path) = (client.clone(), format!("/api/v1/approvals/{request}/decide"));
        tokio::spawn(async move { client.send(client.request(Method::POST, &path).header("if-match", "\"1\"").json(&body)).await.status.as_u16() })
    };
    let (yes, no) = (say(&one, json!({"decision": "approve"})), say(&two, json!({"decision": "reject", "reason": "no"})));
    let mut statuses = [yes.await.unwrap(), no.await.unwrap()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let decided = one.get(&format!("/api/v1/approvals/{request}")).await.expect(200).json();
    assert_eq!(decided["price"]["decisions"].as_array().unwrap().len(), 1);
    let approved = decided["price"]["state"] == "approved";
    if approved {
        desk.until(&order, "approved", |o| o["confirmed_at"].is_string()).await;
    } else {
        assert_eq!(desk.see(&order).await["holds"], json!(["price_approval"]));
    }
    desk.server.verify().await;
}

#[tokio::test]
async fn an_unanswered_request_expires_and_a_frozen_price_ends_with_its_day() {
    let desk = Desk::open().await;
    let company = desk.company("A", Some("100000000"), json!({})).await;
    list(&desk, "All", STANDARD).await;
    let ((sales, _), (finance, _)) = (desk.member("sales", "sales").await, desk.member("finance", "finance").await);
    let (order, _) = below(&desk, &sales, &company, "85000").await;
    confirm_as(&sales, &order).await.expect(200);
    let request = id(&waiting(&finance, "kind=price").await[0]);
    let mut db = desk.server.database.owner().await;
    sqlx::query("update tenant.price_requests set expires_at = now() - interval '1 hour'").execute(&mut db).await.unwrap();
    assert_eq!(decide(&finance, &request, json!({"decision": "approve"})).await.expect(409).code(), "ended_already");
    assert_eq!(finance.get(&format!("/api/v1/approvals/{request}")).await.expect(200).json()["price"]["state"], "expired");
    // Confirming asks anew, for the order now.
    confirm_as(&sales, &order).await.expect(200);
    let asked = waiting(&finance, "owner=all&kind=price").await;
    assert_eq!(asked[0]["price"]["order_id"].as_str(), Some(order.as_str()));
    decide(&finance, &id(&asked[0]), json!({"decision": "approve", "frozen_until": day(1)})).await.expect(200);
    desk.until(&order, "approved", |o| o["confirmed_at"].is_string()).await;
    desk.server.verify().await;
}

#[tokio::test]
async fn inbox_1_items_have_one_owner_and_go_to_whoever_stands_in() {
    let desk = Desk::open().await;
    let company = desk.company("A", Some("1"), json!({})).await;
    list(&desk, "All", STANDARD).await;
    matrix(&desk, json!({"allowed_discount": "5", "rules": [{"discount_above": "0", "steps": [role(&desk, "finance").await]}]})).await;
    let ((sales, _), (one, one_id), (chief, chief_id)) = (desk.member("sales", "sales").await, desk.member("one", "finance").await, desk.member("chief", "admin").await);
    let (order, _) = below(&desk, &sales, &company, "85000").await;
    confirm_as(&sales, &order).await.expect(200);
    let all = waiting(&one, "owner=all").await;
    let kinds: Vec<_> = all.iter().map(|w| (w["kind"].as_str().unwrap(), w["owner"]["id"].as_str())).collect();
    assert_eq!(kinds, [("price", Some(one_id.as_str())), ("hold", None)], "the price, and the credit hold that nobody owns");
    assert_eq!(waiting(&chief, "kind=price").await.len(), 0, "it is not the chief's");
    let away = one.put("/api/v1/approval-delegation", json!({"person_id": chief_id, "until": day(5)})).await.expect(200).json();
    assert_eq!(away["delegate"]["id"], chief_id.as_str());
    let mine = waiting(&chief, "kind=price").await;
    assert_eq!((mine.len(), mine[0]["owner"]["id"].as_str(), mine[0]["may_decide"].as_bool()), (1, Some(chief_id.as_str()), Some(true)));
    let request = id(&mine[0]);
    let back = chief.post(&format!("/api/v1/approvals/{request}/assign"), json!({"person_id": one_id})).await.expect(200).json();
    assert_eq!(back["owner"]["id"], one_id.as_str());
    decide(&chief, &request, json!({"decision": "approve"})).await.expect(200);
    assert_eq!(one.put("/api/v1/approval-delegation", json!({"person_id": null})).await.expect(200).json()["delegate"], Value::Null);
    assert_eq!(desk.until(&order, "the credit hold stays", |o| o["holds"] == json!(["credit"])).await["confirmed_at"], Value::Null);
    desk.server.verify().await;
}

#[tokio::test]
async fn an_order_placed_without_a_quote_is_judged_by_the_lists_of_its_day() {
    let desk = Desk::open().await;
    let company = desk.company("A", Some("100000000"), json!({})).await;
    let list = list(&desk, "All", STANDARD).await;
    let (sales, sales_id) = desk.member("sales", "sales").await;
    let place = |price: &'static str| desk.order(Some(&company), price, json!({}));
    let (fair, cheap) = (place("100000").await, place("95000").await);
    // A higher list made afterwards does not count for either.
    let path = format!("/api/v1/price-lists/{}", id(&list));
    under(desk.owner(), Method::POST, &path, &format!("{path}/versions"), json!({"csv": "sku,price\nA,300000\n"})).await.expect(201);
    assert_eq!(desk.confirm(&fair).await["decision"], "confirmed");
    assert_eq!(codes(&confirm_as(&sales, &cheap).await.expect(200).json()), ["price_not_approved"]);
    let asked = waiting(&sales, "owner=all&kind=price").await;
    assert_ne!(asked[0]["price"]["requested_by"].as_str(), Some(sales_id.as_str()), "who wrote the price asks, not who confirms");
    assert_eq!(asked[0]["price"]["list"]["price"], "100000");
    desk.server.verify().await;
}
