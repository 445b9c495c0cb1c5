//! Imports over HTTP: a file in, a dry run, a start, the errors out, an undo; and what each wrong request is told.

use kernel::{ChannelAccountId, TenantId};
use kit::server::Merchant;
use kit::{Answer, Server};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const BOUNDARY: &str = "a-boundary-that-is-in-no-file";

fn form(parts: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file_name, content) in parts {
        let file_name = file_name.map(|file_name| format!("; filename=\"{file_name}\"")).unwrap_or_default();
        body.extend_from_slice(format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"{file_name}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

async fn post_form(merchant: &Merchant, parts: &[(&str, Option<&str>, &[u8])]) -> Answer {
    let request = merchant.owner.request(Method::POST, "/api/v1/imports").header("content-type", format!("multipart/form-data; boundary={BOUNDARY}")).body(form(parts));
    merchant.owner.send(request).await
}

/// An account for imports, made behind the product's back: accounts have tests of their own.
async fn account(server: &Server, merchant: &Merchant) -> String {
    let (tenant, account): (TenantId, ChannelAccountId) = (merchant.id.parse().unwrap(), ChannelAccountId::new());
    sqlx::query("insert into tenant.channel_accounts (tenant_id, id, kind, name) values ($1, $2, 'import', 'Archive')").bind(tenant.uuid()).bind(account.uuid()).execute(&mut server.database.owner().await).await.unwrap();
    account.to_string()
}

async fn until(merchant: &Merchant, id: &str, state: &str) -> Value {
    for _ in 0..600 {
        let import = merchant.owner.get(&format!("/api/v1/imports/{id}")).await.expect(200).json();
        if import["state"] == state {
            return import;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the import {id} did not become {state}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_becomes_orders_and_is_taken_back() {
    let server = Server::start().await;
    let merchant = server.merchant("archive").await;
    let account = account(&server, &merchant).await;
    let canary = merchant.owner.canary().marker().to_owned();
    let file = format!("Mã đơn hàng,Mã hàng,Số lượng,Đơn giá,Ngày tạo\n1,{canary},2,12500,23/11/2026 08:00\n2,B,x,1,23/11/2026 08:00\n");
    let import = post_form(&merchant, &[("channel_account_id", None, account.as_bytes()), ("file", Some("đơn.csv"), file.as_bytes())]).await.expect(201).json();
    assert_eq!((&import["state"], &import["format"], &import["file_name"]), (&json!("uploaded"), &json!("csv"), &json!("đơn.csv")));
    assert_eq!(import["mapping"]["currency"], "VND", "the tenant's own");
    assert_eq!(import["mapping"]["time_zone"], "Asia/Ho_Chi_Minh", "the tenant's own");
    assert_eq!(import["mapping"]["columns"]["order"], "Mã đơn hàng");
    let id = import["id"].as_str().unwrap();
    let told = merchant.owner.post(&format!("/api/v1/imports/{id}/dry-run"), json!({})).await.expect(200).json();
    assert_eq!((&told["orders_new"], &told["rows_failed"], &told["errors"][0]["row"]), (&json!(1), &json!(1), &json!(3)));
    merchant.owner.post(&format!("/api/v1/imports/{id}/start"), json!({})).await.expect(202);
    let done = until(&merchant, id, "done").await;
    assert_eq!((&done["rows_done"], &done["orders_new"], &done["rows_failed"]), (&json!(2), &json!(1), &json!(1)));
    let orders: Vec<(String, String)> = sqlx::query_as("select trim_scale(total)::text, to_char(placed_at at time zone 'UTC', 'HH24:MI') from tenant.orders where voided_at is null").fetch_all(&mut server.database.owner().await).await.unwrap();
    assert_eq!(orders, [("25000".to_owned(), "01:00".to_owned())]);
    let errors = merchant.owner.get(&format!("/api/v1/imports/{id}/errors")).await.expect(200);
    assert_eq!(errors.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(errors.text().lines().count(), 2, "{}", errors.text());
    let twice = merchant.owner.post(&format!("/api/v1/imports/{id}/start"), json!({})).await.expect(409);
    assert_eq!(twice.code(), "wrong_state");
    merchant.owner.post(&format!("/api/v1/imports/{id}/undo"), json!({})).await.expect(202);
    until(&merchant, id, "undone").await;
    let left: i64 = sqlx::query_scalar("select count(*) from tenant.orders where voided_at is null").fetch_one(&mut server.database.owner().await).await.unwrap();
    assert_eq!(left, 0);
    let listed = merchant.owner.get("/api/v1/imports").await.expect(200).json();
    assert_eq!(listed["data"][0]["id"], id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_upload_is_told_what_is_wrong() {
    let server = Server::start().await;
    let merchant = server.merchant("archive").await;
    let account = account(&server, &merchant).await;
    let good = b"order_id,quantity,unit_price\n1,1,1\n".as_slice();
    let refused = |answer: Answer, status: u16| {
        let problem = answer.expect(status).json();
        format!("{} {}", problem["errors"][0]["pointer"].as_str().unwrap_or_default(), problem["detail"].as_str().unwrap_or_default())
    };
    let for_account = ("channel_account_id", None, account.as_bytes());
    for (parts, status, expected) in [
        (vec![for_account], 422, "/file: is missing"),
        (vec![("file", Some("a.csv"), good)], 422, "/channel_account_id: is missing"),
        (vec![for_account, ("file", Some("a.csv"), good), ("extra", None, b"1".as_slice())], 422, "is not a part of this form"),
        (vec![("channel_account_id", None, b"cha_1".as_slice()), ("file", Some("a.csv"), good)], 422, "cha_ and 32 hex digits"),
        (vec![for_account, ("file", Some("a.pdf"), b"%PDF-1.7".as_slice())], 422, "/file"),
        (vec![for_account, ("file", Some("a.csv"), b"foo,bar\n1,2\n".as_slice())], 422, "mapping.columns.order is missing"),
        (vec![for_account, ("file", Some("a.csv"), good), ("mapping", None, b"{\"columns\":{\"order\":\"nr\"}}".as_slice())], 422, "names the column \"nr\""),
        (vec![for_account, ("file", Some("a.csv"), good), ("mapping", None, b"{".as_slice())], 422, "is not JSON"),
    ] {
        let told = refused(post_form(&merchant, &parts).await, status);
        assert!(told.contains(expected), "{told}: expected {expected}");
    }
    let other = server.merchant("other").await;
    let foreign = post_form(&other, &[for_account, ("file", Some("a.csv"), good)]).await;
    assert!(refused(foreign, 422).contains("there is no such channel account"));
    let import = post_form(&merchant, &[for_account, ("file", Some("a.csv"), good)]).await.expect(201).json();
    let id = import["id"].as_str().unwrap();
    other.owner.get(&format!("/api/v1/imports/{id}")).await.expect(404);
    other.owner.post(&format!("/api/v1/imports/{id}/start"), json!({})).await.expect(404);
    let not_a_form = merchant.owner.post("/api/v1/imports", json!({})).await.expect(415);
    assert_eq!(not_a_form.code(), "not_multipart");
}
