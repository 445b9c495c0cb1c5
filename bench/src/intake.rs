//! P1, P3, P13: orders over HTTP beside the bare database, in the same run on the same cluster.

use crate::Wish;
use crate::bare::{self, Beside, Pattern};
use crate::cluster::{Place, Shop};
use crate::load::{self, Round, request};
use crate::server::Server;
use crate::table::{Figure, Goal, Table};
use anyhow::Context;
use kernel::{ChannelAccountId, TenantId};
use serde_json::{Value, json};
use sqlx::Row;
use std::sync::atomic::{AtomicU64, Ordering};

const SHOPS: usize = 32;
/// Shops that also sell on the simulated channel.
const HOOKED: usize = 4;
const SECRET: &str = "bench-secret-of-the-channel";
/// Where what an order leaves is counted.
const TABLES: [&str; 6] = ["orders", "order_lines", "order_facts", "outbox", "idempotency_keys", "inbox"];

/// Never twice the same order.
static NUMBER: AtomicU64 = AtomicU64::new(1_000_000);

struct Desk {
    shop: Shop,
    account: ChannelAccountId,
}

pub async fn measure(wish: &Wish, table: &mut Table) -> anyhow::Result<()> {
    let seconds = if wish.quick { 2.0 } else { 8.0 };
    let place = Place::open("intake").await?;
    let data = tempfile::tempdir()?;
    let server = Server::start(&wish.binary, &place, data.path()).await?;
    let mut desks = Vec::new();
    for shop in place.shops(SHOPS).await? {
        let made = server.call(shop.key(0), "POST", "/api/v1/channel-accounts", &json!({"kind": "web", "name": "Web", "currency": "USD", "settings": {}, "secrets": {}})).await?;
        desks.push(Desk { account: id_of(&made)?, shop });
    }
    let mut hooks = Vec::new();
    for (number, desk) in desks.iter().take(HOOKED).enumerate() {
        let shop = format!("bench-{number}.myshopify.com");
        let body = json!({"kind": "shopify", "name": "Shopify", "shop": shop, "currency": "USD", "settings": {"shop": shop}, "secrets": {"client_secret": SECRET}});
        let made = server.call(desk.shop.key(0), "POST", "/api/v1/channel-accounts", &body).await?;
        let url = made["hook_url"].as_str().context("no hook_url")?;
        hooks.push((shop, url.get(url.find("/hooks/").context("no /hooks/ in hook_url")?..).unwrap_or_default().to_owned()));
    }
    let pattern = pattern(&place, &server, desks.first().context("no desk")?).await?;
    let shops: Vec<(TenantId, ChannelAccountId)> = desks.iter().map(|desk| (desk.shop.tenant, desk.account)).collect();
    let (mut bare_8, mut bare_32, mut bare_50) = (Vec::new(), Vec::new(), Vec::new());
    let (mut spread_8, mut spread_32, mut one_32, mut hooked) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // A warm cache on both sides before the first round.
    bare::drive(&place, &shops, 8, 1, Beside::IdempotencyKey, &pattern, 1.0).await?;
    orders(&server, &desks, 8, 1.0).await?;
    // As autovacuum does within minutes: what is measured is a database that knows its own tables.
    place.analyze().await?;
    let mut left = String::new();
    for round in 0..wish.rounds {
        bare_8.push(bare::drive(&place, &shops, 8, 1, Beside::IdempotencyKey, &pattern, seconds).await?);
        spread_8.push(orders(&server, &desks, 8, seconds).await?);
        let before = rows(&place).await?;
        bare_32.push(bare::drive(&place, &shops, 32, 1, Beside::IdempotencyKey, &pattern, seconds).await?);
        let between = rows(&place).await?;
        spread_32.push(orders(&server, &desks, 32, seconds).await?);
        let after = rows(&place).await?;
        one_32.push(orders(&server, desks.get(..1).unwrap_or_default(), 32, seconds).await?);
        bare_50.push(bare::drive(&place, &shops, 8, 50, Beside::Inbox, &pattern, seconds).await?);
        hooked.push(messages(&server, &hooks, 32, seconds).await?);
        left = format!("rows an order leaves, bare: {}; over HTTP: {}", per_order(&before, &between), per_order(&between, &after));
        println!("round {}: bare 32 {:.0}/s, HTTP 32 {:.0}/s; {left}", round + 1, last(&bare_32), last(&spread_32));
    }
    let rate = |rounds: &[Round]| Figure(rounds.iter().map(|round| round.per_second).collect());
    let tail = |rounds: &[Round]| Figure(rounds.iter().map(|round| round.percentile(99)).collect());
    table.add("P1", format!("orders over HTTP, 32 clients, {SHOPS} tenants"), "/s", rate(&spread_32), Some(("one statement an order, 32 clients", rate(&bare_32))), Goal::RatioAtLeast(0.6));
    table.add("P1", format!("orders over HTTP, 8 clients, {SHOPS} tenants"), "/s", rate(&spread_8), Some(("one statement an order, 8 clients", rate(&bare_8))), Goal::None);
    table.add("P5", "p99 of an order, 8 clients", "ms", tail(&spread_8), Some(("one statement an order, 8 clients", tail(&bare_8))), Goal::None);
    table.add("P13", "orders over HTTP, 32 clients, one tenant", "/s", rate(&one_32), Some(("one statement an order, 32 clients", rate(&bare_32))), Goal::RatioAtLeast(1.5));
    table.add("P3", format!("channel messages over HTTP, 32 clients, {HOOKED} tenants, each verified in the sandbox"), "/s", rate(&hooked), Some(("50 orders a transaction, 8 clients", rate(&bare_50))), Goal::RatioAtLeast(0.6));
    table.note(format!("{left}."));
    table.note(format!("peak memory of the server under this load: {:.0} MiB resident, {:.0} MiB its own share at the end.", server.peak_rss_mebibytes()?, server.pss_mebibytes()?));
    table.note(format!("PostgreSQL {}, fsync and synchronous_commit on; server, database and load share all cores (load: one thread, plain sockets; server: one worker a core).", place.version()));
    Ok(())
}

fn last(rounds: &[Round]) -> f64 {
    rounds.last().map_or(f64::NAN, |round| round.per_second)
}

fn id_of(made: &Value) -> anyhow::Result<ChannelAccountId> {
    Ok(made["id"].as_str().context("no id")?.parse()?)
}

fn order(account: ChannelAccountId) -> Value {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed).to_string();
    let line = |position: u32| json!({"id": position.to_string(), "sku": format!("SKU-{position}"), "name": "A thing of the bench", "quantity": "1", "unit_price": "20"});
    json!({"channel_account_id": account, "external_id": number, "number": number, "currency": "USD", "buyer": {"name": "Jane Doe", "phone": "0900000000"}, "lines": [line(1), line(2), line(3)]})
}

async fn orders(server: &Server, desks: &[Desk], clients: usize, seconds: f64) -> anyhow::Result<Round> {
    load::drive(&server.address, clients, seconds, 201, |client, turn| {
        let Some(desk) = desks.get((client + turn * clients) % desks.len()) else { return Vec::new() };
        let bearer = format!("Bearer {}", desk.shop.key(client + turn));
        let body = order(desk.account);
        let key = format!("bench-{}", body["external_id"].as_str().unwrap_or_default());
        request("POST", "/api/v1/orders", &[("authorization", &bearer), ("content-type", "application/json"), ("idempotency-key", &key)], body.to_string().as_bytes())
    })
    .await
}

/// An order of three lines as Shopify sends it (SPEC.md section 6).
pub fn message() -> Vec<u8> {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let line = |position: u64| {
        json!({"id": number * 10 + position, "sku": format!("SKU-{position}"), "name": "A thing of the bench", "title": "A thing of the bench", "quantity": 1, "price": "20.00",
               "total_discount": "0.00", "discount_allocations": [], "tax_lines": [], "gift_card": false})
    };
    json!({"id": number, "admin_graphql_api_id": format!("gid://shopify/Order/{number}"), "name": format!("#{number}"), "order_number": number, "created_at": "2026-11-23T10:00:00+00:00",
           "updated_at": "2026-11-23T10:00:00+00:00", "currency": "USD", "financial_status": "pending", "fulfillment_status": null, "cancelled_at": null, "test": false, "taxes_included": false,
           "total_price": "60.00", "subtotal_price": "60.00", "total_tax": "0.00", "total_discounts": "0.00", "customer": {"id": number, "first_name": "Jane", "last_name": "Doe"},
           "line_items": [line(1), line(2), line(3)], "shipping_lines": [], "refunds": [], "fulfillments": [], "payment_gateway_names": []})
    .to_string()
    .into_bytes()
}

async fn messages(server: &Server, hooks: &[(String, String)], clients: usize, seconds: f64) -> anyhow::Result<Round> {
    load::drive(&server.address, clients, seconds, 200, |client, turn| {
        let Some((shop, path)) = hooks.get((client + turn) % hooks.len()) else { return Vec::new() };
        let body = message();
        let signature = simulator::sign::base64_of(SECRET, &[&body]);
        let id = format!("{client}-{turn}-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let headers = [
            ("content-type", "application/json"),
            ("x-shopify-topic", "orders/create"),
            ("x-shopify-shop-domain", shop),
            ("x-shopify-hmac-sha256", &signature),
            ("x-shopify-webhook-id", &id),
            ("x-shopify-triggered-at", "2026-11-23T10:00:00.000Z"),
        ];
        request("POST", path, &headers, &body)
    })
    .await
}

/// One order of the product's, to give the bare rows the same size.
async fn pattern(place: &Place, server: &Server, desk: &Desk) -> anyhow::Result<Pattern> {
    let answer = server.call(desk.shop.key(0), "POST", "/api/v1/orders", &order(desk.account)).await?;
    let row = sqlx::query("select f.body, o.search_text from tenant.orders o join tenant.order_facts f on f.tenant_id = o.tenant_id and f.order_id = o.id limit 1").fetch_one(&mut place.owner().await?).await?;
    Ok(Pattern { body: row.try_get("body")?, search_text: row.try_get("search_text")?, kept_answer: answer.to_string().into_bytes(), message: message() })
}

async fn rows(place: &Place) -> anyhow::Result<Vec<i64>> {
    let mut counts = Vec::new();
    for table in TABLES {
        counts.push(place.count(table).await?);
    }
    Ok(counts)
}

/// `1 orders, 3 order_lines, ...`
fn per_order(before: &[i64], after: &[i64]) -> String {
    let added: Vec<i64> = before.iter().zip(after).map(|(before, after)| after - before).collect();
    let orders = added.first().copied().unwrap_or_default().max(1);
    let each = TABLES.iter().zip(&added).filter(|(_, added)| **added > 0).map(|(table, added)| format!("{:.2} {table}", *added as f64 / orders as f64));
    each.collect::<Vec<_>>().join(", ")
}
