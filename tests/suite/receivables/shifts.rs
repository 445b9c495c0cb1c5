//! Drawers and shifts: counted, posted, closed.

use super::*;
use std::sync::Arc;

async fn drawer(desk: &Desk, name: &str) -> String {
    id(&desk.owner().post("/api/v1/drawers", json!({"name": name, "branch": "Hà Nội"})).await.expect(201).json())
}
async fn counter(desk: &Desk) -> String {
    id(&desk.owner().post("/api/v1/channel-accounts", json!({"kind": "pos", "name": "Counter"})).await.expect(201).json())
}
fn sale(counter: &str, amount: &str, drawer: &str) -> Value {
    json!({"channel_account_id": counter, "lines": [{"quantity": "1", "unit_price": amount}], "tenders": [{"method": "cash", "amount": amount, "account": drawer}]})
}

#[tokio::test]
async fn shift_1_and_2_a_shift_holds_what_its_drawer_comes_to_and_short_is_posted() {
    let desk = Desk::open().await;
    let (drawer, counter) = (drawer(&desk, "Till 1").await, counter(&desk).await);
    let owner = desk.owner();
    assert_eq!(owner.post("/api/v1/orders", sale(&counter, "300", &drawer)).await.expect(409).code(), "no_shift", "SHIFT-1");
    let shift = owner.post("/api/v1/shifts", json!({"drawer_id": drawer, "float": "500"})).await.expect(201).json();
    assert_eq!(owner.post("/api/v1/shifts", json!({"drawer_id": drawer, "float": "0"})).await.expect(409).code(), "open_already", "SHIFT-3");
    owner.post("/api/v1/orders", sale(&counter, "300", &drawer)).await.expect(201);
    let path = format!("/api/v1/shifts/{}", id(&shift));
    let pay = async |direction: &str, amount: &str, status: u16| owner.post(&format!("{path}/payments"), json!({"direction": direction, "amount": amount, "account": "suspense:coffee", "reason": "coffee"})).await.expect(status);
    pay("out", "40", 201).await;
    pay("in", "15", 201).await;
    assert_eq!(pay("out", "776", 422).await.json()["errors"][0]["code"], "not_there");
    let report = owner.get(&path).await.expect(200).json();
    assert_eq!(report["should_hold"]["amount"], "775");
    let sums: Vec<(&str, &str)> = report["sums"].as_array().unwrap().iter().map(|s| (s["kind"].as_str().unwrap(), s["amount"]["amount"].as_str().unwrap())).collect();
    assert_eq!(sums, [("paid_in", "15"), ("paid_out", "-40"), ("sale", "300"), ("shift_float", "500")]);
    let closed = owner.post(&format!("{path}/close"), json!({"counted": "770", "note": "five short"})).await.expect(200).json();
    assert_eq!((closed["state"].as_str(), closed["expected"]["amount"].as_str(), closed["difference"]["amount"].as_str()), (Some("closed"), Some("775"), Some("-5")));
    assert_eq!((desk.role("cash_over_short").await, desk.role("cash").await), (5, 270), "drawer 770, safe -500");
    assert_eq!(owner.post(&format!("{path}/close"), json!({"counted": "770"})).await.expect(409).code(), "closed_already");
    assert_eq!(owner.post("/api/v1/orders", sale(&counter, "300", &drawer)).await.expect(409).code(), "no_shift", "a closed shift takes no tender");
    assert_eq!(pay("in", "1", 409).await.code(), "closed_already");
    // The next is opened with a count that is over: what is more came from the safe.
    let next = owner.post("/api/v1/shifts", json!({"drawer_id": drawer, "float": "770"})).await.expect(201).json();
    assert_eq!(next["movements"], json!([]), "the same as was counted");
    owner.post(&format!("/api/v1/shifts/{}/close", id(&next)), json!({"counted": "771"})).await.expect(200);
    assert_eq!(desk.role("cash_over_short").await, 4, "one over");
    assert_eq!(owner.get("/api/v1/shifts").await.expect(200).json()["data"].as_array().unwrap().len(), 2);
    desk.server.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shift_1_sales_and_a_closing_at_once_leave_every_note_in_a_shift() {
    let desk = Arc::new(Desk::open().await);
    let (drawer, counter) = (drawer(&desk, "Till 1").await, counter(&desk).await);
    let shift = id(&desk.owner().post("/api/v1/shifts", json!({"drawer_id": drawer, "float": "0"})).await.expect(201).json());
    let sales: Vec<_> = (0..24)
        .map(|_| {
            let (desk, counter, drawer) = (desk.clone(), counter.clone(), drawer.clone());
            tokio::spawn(async move { desk.owner().post("/api/v1/orders", sale(&counter, "10", &drawer)).await.status.as_u16() })
        })
        .collect();
    let closed = desk.owner().post(&format!("/api/v1/shifts/{shift}/close"), json!({"counted": "0"})).await.expect(200).json();
    let mut sold = 0;
    for sale in sales {
        let status = sale.await.unwrap();
        assert!([201, 409].contains(&status), "{status}");
        sold += if status == 201 { 10 } else { 0 };
    }
    assert_eq!(closed["expected"]["amount"], sold.to_string(), "what was sold before it closed, and nothing after");
    assert_eq!(desk.role("cash").await, 0);
    desk.server.verify().await;
}
