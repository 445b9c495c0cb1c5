//! G9: what one merchant feels of another whose connector loops: the p99 of placing an order beside a flood of messages through
//! a connector that burns its time in a loop, beside the same without the flood, in the same run.

use crate::Wish;
use crate::cluster::Place;
use crate::load::{Client, Round, drive, request};
use crate::server::Server;
use crate::table::{Figure, Goal, Table};
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

const CLIENTS: usize = 4;
const FLOOD: usize = 16;
/// Rounds of the loop: some tens of milliseconds of a core a message, and still within the limits of a call.
const LOOPS: u32 = 12_000_000;
const BOUNDARY: &str = "bench-parts";

/// Never twice the same order.
static NUMBER: AtomicU64 = AtomicU64::new(9_000_000);

pub async fn measure(wish: &Wish, table: &mut Table) -> anyhow::Result<()> {
    let seconds = if wish.quick { 3.0 } else { 10.0 };
    let place = Place::open("neighbour").await?;
    let data = tempfile::tempdir()?;
    let server = Server::start(&wish.binary, &place, data.path()).await?;
    let shops = place.shops(2).await?;
    let [quiet, loud] = shops.as_slice() else { anyhow::bail!("two merchants are wanted") };
    let web = server.call(quiet.key(0), "POST", "/api/v1/channel-accounts", &json!({"kind": "web", "name": "Web", "currency": "USD", "settings": {}, "secrets": {}})).await?;
    let hook = loop_at(&server, loud.key(0), &wish.project).await?;
    let place_orders = || {
        drive(&server.address, CLIENTS, seconds, 201, |client, turn| {
            let bearer = format!("Bearer {}", quiet.key(client + turn));
            let body = order(&web["id"]);
            request("POST", "/api/v1/orders", &[("authorization", &bearer), ("content-type", "application/json"), ("idempotency-key", body["external_id"].as_str().unwrap_or_default())], body.to_string().as_bytes())
        })
    };
    place_orders().await?;
    let (mut alone, mut beside, mut looped) = (Vec::new(), Vec::new(), 0);
    for round in 0..wish.rounds {
        alone.push(place_orders().await?);
        // The flood stops with the round.
        let noisy = tokio::select! {
            placed = place_orders() => placed?,
            never = flood(&server.address, &hook, &mut looped) => return never,
        };
        beside.push(noisy);
        let tail = |rounds: &[Round]| rounds.last().map_or(f64::NAN, |round| round.percentile(99));
        println!("round {}: p99 alone {:.1} ms, beside the loop {:.1} ms; {} messages looped so far", round + 1, tail(&alone), tail(&beside), looped);
    }
    ensure!(looped > 0, "no message went through the loop");
    let tail = |rounds: &[Round]| Figure(rounds.iter().map(|round| round.percentile(99)).collect());
    let rate = |rounds: &[Round]| Figure(rounds.iter().map(|round| round.per_second).collect());
    table.add("G9", format!("p99 of placing an order, {CLIENTS} clients, while {FLOOD} senders flood another merchant's looping connector"), "ms", tail(&beside), Some(("the same without the flood", tail(&alone))), Goal::RatioAtMost(1.5));
    table.add("G9", "orders placed meanwhile", "/s", rate(&beside), Some(("the same without the flood", rate(&alone))), Goal::None);
    table.note(format!("{looped} messages went through the looping connector ({LOOPS} rounds each); no order of the other merchant was refused."));
    Ok(())
}

fn order(account: &Value) -> Value {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed).to_string();
    json!({"channel_account_id": account, "external_id": number, "number": number, "currency": "USD", "buyer": {"name": "Jane Doe", "phone": "0900000000"},
        "lines": [{"id": "1", "sku": "SKU-1", "name": "A thing of the bench", "quantity": "1", "unit_price": "20"}]})
}

/// Messages as fast as they are taken, until it is dropped. Refusals are part of it: the flooding merchant's own.
async fn flood(address: &str, hook: &str, looped: &mut u64) -> anyhow::Result<()> {
    let done = AtomicU64::new(0);
    let one = |sender: usize| {
        let done = &done;
        async move {
            let mut client = Client::connect(address).await?;
            for turn in 0u64.. {
                let answer = client.send(&request("POST", hook, &[("content-type", "application/json")], format!("{{\"message\":\"{sender}-{turn}\"}}").as_bytes())).await?;
                if answer.status == 200 {
                    done.fetch_add(1, Ordering::Relaxed);
                } else {
                    // Asked to come later.
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                }
            }
            anyhow::Ok(())
        }
    };
    let all = futures_util::future::try_join_all((0..FLOOD).map(one));
    // Counted as it goes: the caller drops this when the round is over.
    tokio::pin!(all);
    loop {
        tokio::select! {
            ended = &mut all => return ended.map(|_| ()),
            () = tokio::time::sleep(std::time::Duration::from_millis(50)) => *looped += done.swap(0, Ordering::Relaxed),
        }
    }
}

/// Installs the looping connector for a merchant; the path of its hook.
async fn loop_at(server: &Server, key: &str, project: &Path) -> anyhow::Result<String> {
    let manifest = json!({"kind": "channel-connector", "name": "looping", "version": "1.0.0", "channel": "woo", "declares": {"hosts": [], "secrets": [], "config": []}}).to_string();
    let component = component(project)?;
    let mut body = Vec::new();
    for (name, bytes) in [("manifest", manifest.as_bytes()), ("component", component.as_slice())] {
        body.extend_from_slice(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n\r\n").as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    let (bearer, form) = (format!("Bearer {key}"), format!("multipart/form-data; boundary={BOUNDARY}"));
    let answer = Client::connect(&server.address).await?.send(&request("POST", "/api/v1/plugins", &[("authorization", &bearer), ("content-type", &form)], &body)).await?;
    ensure!(answer.status == 201, "the upload was answered {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
    let plugin: Value = serde_json::from_slice(&answer.body)?;
    let installed = server.call(key, "POST", "/api/v1/installations", &json!({"plugin_id": plugin["id"], "grants": {"hosts": [], "secrets": []}, "config": {}})).await?;
    let account = json!({"kind": "woo", "name": "Looping", "shop": "loop", "currency": "USD", "installation_id": installed["id"], "secrets": {}});
    let account = server.call(key, "POST", "/api/v1/channel-accounts", &account).await?;
    let url = account["hook_url"].as_str().context("no hook_url")?;
    Ok(url.get(url.find("/hooks/").context("no /hooks/ in hook_url")?..).unwrap_or_default().to_owned())
}

/// A connector whose `receive` loops, then takes the message without a word.
fn component(project: &Path) -> anyhow::Result<Vec<u8>> {
    let text = format!(
        r#"(module
  (memory (export "memory") 2)
  (global $heap (mut i32) (i32.const 8192))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
    (global.set $heap (i32.add (local.get $at) (local.get $size)))
    (local.get $at))
  (func (export "switchyard:plugin/connector@0.1.0#receive") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (local $left i32)
    (local.set $left (i32.const {LOOPS}))
    (loop $again
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $again (local.get $left)))
    (memory.fill (i32.const 1024) (i32.const 0) (i32.const 128))
    (i32.store16 (i32.const 1088) (i32.const 200))
    (i32.const 1024))
  (func (export "switchyard:plugin/connector@0.1.0#fetch") (param i32 i32) (result i32) unreachable)
  (func (export "switchyard:plugin/connector@0.1.0#pull") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32) unreachable)
  (func (export "switchyard:plugin/connector@0.1.0#push") (param i32) (result i32) unreachable)
  (func (export "switchyard:plugin/connector@0.1.0#renewal") (result i32) unreachable)
  (func (export "switchyard:plugin/connector@0.1.0#authorization") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "switchyard:plugin/connector@0.1.0#authorized") (param i32 i32) (result i32) unreachable))"#
    );
    let mut resolve = wit_parser::Resolve::default();
    let (package, _) = resolve.push_path(project.join("wit/v0.1.0"))?;
    let world = resolve.select_world(&[package], Some("channel-connector"))?;
    let mut core = wat::parse_str(&text)?;
    embed_component_metadata(&mut core, &resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default().module(&core)?.encode()
}
