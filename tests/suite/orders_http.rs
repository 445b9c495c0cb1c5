//! Orders over HTTP: placing with `Idempotency-Key`, editing under a version, holds, pages, saved views, the live list.

use kit::{Answer, Client, Server, server::Merchant};
use reqwest::Method;
use serde_json::{Value, json};

async fn shop() -> (Server, Merchant, String) {
    let server = Server::start().await;
    let merchant = server.merchant("orders").await;
    let account = merchant.owner.post("/api/v1/channel-accounts", json!({"kind": "web", "name": "Web shop"})).await.expect(201).json();
    assert_eq!(account["hook_url"], Value::Null);
    (server, merchant, account["id"].as_str().unwrap().to_owned())
}

fn form(account: &str, external_id: &str) -> Value {
    json!({
        "channel_account_id": account, "external_id": external_id, "segment": "b2c", "payment_method": "card", "tags": ["vip"], "source_tag": "web",
        "buyer": {"name": "Nguyễn Thị Ánh", "phone": "0901 234 567"},
        "lines": [
            {"sku": "AD-1", "name": "Áo dài", "quantity": "2", "unit_price": "450000", "components": [{"kind": "marketing_discount", "funded_by": "tenant", "amount": "50000"}]},
            {"kind": "shipping", "name": "Giao hàng", "quantity": "1", "unit_price": "30000"},
        ],
        "tenders": [{"method": "card", "amount": "880000"}],
    })
}

async fn place(client: &Client, key: Option<&str>, body: &Value) -> Answer {
    let mut request = client.request(Method::POST, "/api/v1/orders").json(body);
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    client.send(request).await
}

#[tokio::test]
async fn an_order_is_placed_and_its_figures_add_up() {
    let (_server, merchant, account) = shop().await;
    let placed = place(&merchant.owner, None, &form(&account, "w-1")).await.expect(201);
    assert_eq!(placed.header("etag"), Some("\"1\""));
    let placed = placed.json();
    assert_eq!((placed["total"]["amount"].as_str(), placed["outstanding"]["amount"].as_str(), placed["payment_track"].as_str()), (Some("880000"), Some("0"), Some("paid")));
    assert_eq!((placed["number"].as_i64(), placed["units"].as_str(), placed["tags"][0].as_str()), (Some(1), Some("2"), Some("vip")));
    let got = merchant.owner.get(&format!("/api/v1/orders/{}", placed["id"].as_str().unwrap())).await.expect(200).json();
    assert_eq!(got, placed, "what is answered is what is stored");
    assert_eq!(place(&merchant.owner, None, &form(&account, "w-1")).await.expect(409).code(), "already_placed");
    let counts = merchant.owner.get("/api/v1/orders/counts").await.expect(200).json();
    assert_eq!((counts["total"].as_i64(), counts["by_payment"]["paid"].as_i64(), counts["sums"][0]["total"]["amount"].as_str()), (Some(1), Some(1), Some("880000")));
}

#[tokio::test]
async fn idem_1_one_key_one_order_also_at_the_same_instant() {
    let (_server, merchant, account) = shop().await;
    let body = form(&account, "w-1");
    let without_id = { let mut body = form(&account, "x"); body.as_object_mut().unwrap().remove("external_id"); body };
    for (key, body) in [("k-1", &body), ("k-2", &without_id)] {
        let answers = futures(8, || place(&merchant.owner, Some(key), body)).await;
        let fresh = answers.iter().filter(|a| a.header("idempotent-replayed").is_none()).count();
        assert_eq!(fresh, 1, "{key}");
        let first = answers[0].clone().expect(201);
        assert!(answers.iter().all(|a| a.status == 201 && a.body == first.body && a.header("etag") == Some("\"1\"")));
        let again = place(&merchant.owner, Some(key), body).await.expect(201);
        assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &first.body));
    }
    assert_eq!(merchant.owner.get("/api/v1/orders").await.expect(200).json()["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn idem_2_the_same_key_with_another_body_is_an_error() {
    let (_server, merchant, account) = shop().await;
    place(&merchant.owner, Some("k"), &form(&account, "w-1")).await.expect(201);
    assert_eq!(place(&merchant.owner, Some("k"), &form(&account, "w-2")).await.expect(422).code(), "idempotency_mismatch");
    assert_eq!(place(&merchant.owner, Some(&"k".repeat(256)), &form(&account, "w-3")).await.expect(422).code(), "invalid");
    assert_eq!(merchant.owner.get("/api/v1/orders").await.expect(200).json()["data"].as_array().unwrap().len(), 1);
}

/// Sixty orders at the same instant, every third already there: the others are placed, committed and numbered without a gap.
#[tokio::test]
async fn plg_1_and_plg_2_orders_placed_together_stand_and_fall_alone() {
    let (server, merchant, account) = shop().await;
    for number in (0..60).step_by(3) {
        place(&merchant.owner, None, &form(&account, &format!("w-{number}"))).await.expect(201);
    }
    let next = std::sync::atomic::AtomicUsize::new(0);
    let answers = futures(60, || {
        let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let (owner, account) = (&merchant.owner, &account);
        async move { place(owner, Some(&format!("key-{number}")), &form(account, &format!("w-{number}"))).await }
    })
    .await;
    for (number, answer) in answers.into_iter().enumerate() {
        if number % 3 == 0 {
            assert_eq!(answer.expect(409).code(), "already_placed", "{number}");
        } else {
            let order = answer.expect(201).json();
            assert_eq!(order["external_id"], format!("w-{number}"));
            let kept = merchant.owner.get(&format!("/api/v1/orders/{}", order["id"].as_str().unwrap())).await.expect(200).json();
            assert_eq!(kept["totals"]["total"], order["totals"]["total"]);
            let again = place(&merchant.owner, Some(&format!("key-{number}")), &form(&account, &format!("w-{number}"))).await.expect(201);
            assert_eq!(again.header("idempotent-replayed"), Some("true"));
        }
    }
    let page = merchant.owner.get("/api/v1/orders?limit=200").await.expect(200).json();
    let mut numbers: Vec<i64> = page["data"].as_array().unwrap().iter().map(|row| row["number"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=60).collect::<Vec<i64>>(), "a number is given once, and none is lost");
    server.verify().await;
}

async fn futures<F: Future<Output = Answer>>(count: usize, make: impl Fn() -> F) -> Vec<Answer> {
    let mut waiting: Vec<_> = (0..count).map(|_| Box::pin(make())).collect();
    let mut done: Vec<Option<Answer>> = (0..count).map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (slot, future) in done.iter_mut().zip(&mut waiting) {
            if slot.is_none()
                && let std::task::Poll::Ready(answer) = future.as_mut().poll(context)
            {
                *slot = Some(answer);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn plc_2_wrong_fields_are_named_and_unknown_ones_refused() {
    let (_server, merchant, account) = shop().await;
    let mut bad = form(&account, "w-1");
    bad["lines"][0]["quantity"] = "1e3".into();
    bad["currency"] = "ZZZ".into();
    let problem = place(&merchant.owner, None, &bad).await.expect(422).json();
    let pointers: Vec<&str> = problem["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/currency", "/lines/0/quantity"]);
    for (field, value) in [("tenant_id", json!("x")), ("total", json!("1")), ("payment_track", json!("paid")), ("id", json!("ord_1"))] {
        let mut bad = form(&account, "w-1");
        bad[field] = value;
        place(&merchant.owner, None, &bad).await.expect(422);
    }
    let mut float = form(&account, "w-1");
    float["lines"][0]["unit_price"] = json!(450000.5);
    place(&merchant.owner, None, &float).await.expect(422);
    assert!(merchant.owner.get("/api/v1/orders").await.expect(200).json()["data"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn edits_and_holds_say_what_they_saw_and_why() {
    let (server, merchant, account) = shop().await;
    let placed = place(&merchant.owner, None, &form(&account, "w-1")).await.expect(201).json();
    let path = format!("/api/v1/orders/{}", placed["id"].as_str().unwrap());
    let edit = async |etag: Option<&str>, body: Value| {
        let mut request = merchant.owner.request(Method::PATCH, &path).json(&body);
        if let Some(etag) = etag {
            request = request.header("if-match", etag);
        }
        merchant.owner.send(request).await
    };
    edit(None, json!({"note": "x"})).await.expect(428);
    let edited = edit(Some("\"1\""), json!({"note": "gọi trước", "tags": ["a", "b"]})).await.expect(200);
    assert_eq!((edited.header("etag"), edited.json()["note"].as_str()), (Some("\"2\""), Some("gọi trước")));
    assert_eq!(edit(Some("\"1\""), json!({"note": "late"})).await.expect(412).code(), "stale");
    edit(Some("\"2\""), json!({"total": "1"})).await.expect(422);
    let held = merchant.owner.post(&format!("{path}/holds"), json!({"type": "manual", "reason": "address?"})).await.expect(201).json();
    assert_eq!((held["holds"][0].as_str(), held["actions"].as_array().unwrap().contains(&json!("release"))), (Some("manual"), true));
    assert_eq!(merchant.owner.post(&format!("{path}/holds"), json!({"reason": "twice"})).await.expect(409).code(), "stands_already");
    let hold = held["hold_list"][0]["id"].as_str().unwrap().to_owned();
    let released = merchant.owner.post(&format!("{path}/holds/{hold}/release"), json!({"reason": "checked"})).await.expect(200).json();
    assert_eq!((released["holds"].as_array().unwrap().len(), released["version"].as_i64()), (0, Some(4)));
    let story = merchant.owner.get(&format!("{path}/timeline?limit=2")).await.expect(200);
    assert!(story.header("link").is_some_and(|link| link.contains("rel=\"next\"")));
    let stranger = server.merchant("other").await;
    for path in [path.clone(), format!("{path}/timeline"), format!("{path}/raw")] {
        stranger.owner.get(&path).await.expect(404);
    }
    stranger.owner.post(&format!("{path}/holds"), json!({"reason": "mine"})).await.expect(404);
}

#[tokio::test]
async fn pages_link_to_the_next_and_cursors_are_ours() {
    let (_server, merchant, account) = shop().await;
    for n in 0..5 {
        place(&merchant.owner, None, &form(&account, &format!("w-{n}"))).await.expect(201);
    }
    let (mut seen, mut path) = (Vec::new(), "/api/v1/orders?limit=2&text=%C3%A1nh&channel=web&channel=pos".to_owned());
    loop {
        let page = merchant.owner.get(&path).await.expect(200);
        seen.extend(page.json()["data"].as_array().unwrap().iter().map(|o| o["number"].as_i64().unwrap()));
        let Some(link) = page.header("link") else { break };
        path = link.trim_start_matches('<').split('>').next().unwrap().strip_prefix(&merchant.owner.base).unwrap().to_owned();
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
    for wrong in ["cursor=abc", "limit=0", "limit=201", "sort=total", "segment=x", "total_min=1e3", "channel=ebay", "unknown=1", "placed_from=+999999-01-01T00:00:00Z"] {
        assert_eq!(merchant.owner.get(&format!("/api/v1/orders?{wrong}")).await.expect(422).code(), "invalid", "{wrong}");
    }
}

#[tokio::test]
async fn saved_views_are_ones_own_or_shared() {
    let (_server, merchant, _) = shop().await;
    let owner = &merchant.owner;
    let saved = owner.post("/api/v1/saved-views", json!({"name": "Unpaid", "shared": true, "query": "payment=unpaid", "columns": ["number", "total"]})).await.expect(201).json();
    assert_eq!(owner.post("/api/v1/saved-views", json!({"name": "Unpaid", "query": ""})).await.expect(409).code(), "name_taken");
    assert_eq!(owner.get("/api/v1/saved-views").await.expect(200).json()["data"][0]["own"], true);
    let path = format!("/api/v1/saved-views/{}", saved["id"].as_str().unwrap());
    owner.delete(&path).await.expect(204);
    owner.delete(&path).await.expect(404);
}

#[tokio::test]
async fn live_1_a_new_order_is_told_and_a_resumed_list_misses_nothing() {
    let (server, merchant, account) = shop().await;
    let first = place(&merchant.owner, None, &form(&account, "w-1")).await.expect(201).json();
    let mut owner = server.database.owner().await;
    let event: uuid::Uuid = sqlx::query_scalar("select id from tenant.outbox order by id limit 1").fetch_one(&mut owner).await.unwrap();
    let second = place(&merchant.owner, None, &form(&account, "w-2")).await.expect(201).json();
    let request = merchant.owner.request(Method::GET, "/api/v1/orders/events").header("accept", "text/event-stream").header("last-event-id", event.to_string());
    let mut stream = request.send().await.unwrap();
    let mut text = String::new();
    while !text.contains("\n\n") {
        let chunk = tokio::time::timeout(std::time::Duration::from_secs(10), stream.chunk()).await.expect("an event in time").unwrap().expect("the list stays open");
        text.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert!(text.contains("event: order.created") && text.contains(second["id"].as_str().unwrap()) && !text.contains(first["id"].as_str().unwrap()), "{text}");
}
