//! Credit policies: versions, back-tests, what they decide, hostile ones, and decisions asked again.

use super::{Desk, codes, id};
use crate::plugins_http;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

async fn bundled(desk: &Desk, name: &str) -> String {
    let plugins = desk.owner().get("/api/v1/plugins").await.expect(200).json();
    id(plugins["data"].as_array().unwrap().iter().find(|p| p["name"] == name).unwrap_or_else(|| panic!("no plugin {name}")))
}

async fn policy(desk: &Desk, plugin: &str, segment: &str, config: Value) -> String {
    let made = desk.owner().post("/api/v1/credit-policies", json!({"name": format!("{segment} {plugin}"), "plugin_id": plugin, "segment": segment, "config": config})).await.expect(201).json();
    assert_eq!(made["versions"][0]["state"], "draft");
    id(&made)
}

async fn activate(desk: &Desk, policy: &str, version: i64) -> Value {
    desk.owner().post(&format!("/api/v1/credit-policies/{policy}/activate"), json!({"version": version})).await.expect(200).json()
}

async fn change(desk: &Desk, policy: &str, body: Value) -> Value {
    let seen = desk.owner().get(&format!("/api/v1/credit-policies/{policy}")).await.expect(200);
    let request = desk.owner().request(Method::PATCH, &format!("/api/v1/credit-policies/{policy}")).header("if-match", seen.header("etag").unwrap()).json(&body);
    desk.owner().send(request).await.expect(200).json()
}

#[tokio::test]
async fn dec_1_a_verdict_is_kept_whole_and_asked_again_to_the_byte() {
    let desk = Desk::open().await;
    let limit_terms = bundled(&desk, "limit-terms").await;
    let policy = policy(&desk, &limit_terms, "b2b", json!({"tolerance_percent": "10", "approvers": [{"up_to": "1000", "name": "clerk"}, {"name": "chief"}]})).await;
    assert_eq!(activate(&desk, &policy, 1).await["versions"][0]["state"], "active");
    let company = desk.company("A", Some("1000"), json!({})).await;
    let (within, beyond) = (desk.order(Some(&company), "1100", json!({})).await, desk.order(Some(&company), "1", json!({})).await);
    assert_eq!(desk.confirm(&within).await["decision"], "confirmed", "the tolerance lets it pass");
    let held = desk.confirm(&beyond).await;
    assert_eq!((codes(&held), held["holds"][0]["evidence"]["approver"].as_str()), (vec!["over_limit"], Some("clerk")));
    let listed = desk.owner().get(&format!("/api/v1/decisions?policy={policy}")).await.expect(200).json();
    // A confirmed order is judged again in the background, since it now counts itself.
    assert_eq!(listed["data"].as_array().unwrap().iter().filter(|row| row["cause"] == "confirm").count(), 2);
    for row in listed["data"].as_array().unwrap() {
        let decision = desk.owner().get(&format!("/api/v1/decisions/{}", id(row))).await.expect(200).json();
        assert_eq!((decision["config"]["tolerance_percent"].as_str(), decision["plugin"]["name"].as_str()), (Some("10"), Some("limit-terms")));
        assert!(decision["fuel"].as_i64().unwrap() > 0 && decision["input"]["company"]["name"] == "A");
        let replay = desk.owner().post(&format!("/api/v1/decisions/{}/replay", id(row)), json!({})).await.expect(200).json();
        assert_eq!(replay["identical"], true, "{replay:#}");
        assert_eq!(replay["output"], replay["recorded_output"]);
    }
    // The command line comes to the same, in a process of its own that has never seen the component.
    let replayed = |decision: &str| {
        let cache = tempfile::tempdir().unwrap();
        let program = std::process::Command::new(env!("CARGO_BIN_EXE_switchyard-program"))
            .args(["plugin", "replay", decision, "--tenant", &desk.merchant.slug])
            .env_clear()
            .env("DATABASE_URL", &desk.server.database.url)
            .env("PUBLIC_URL", &desk.server.url)
            .env("SWITCHYARD_MASTER_KEY", "5a".repeat(32))
            .env("SWITCHYARD_DATA_DIR", cache.path())
            .env("SWITCHYARD_CONNECTIONS", "4")
            .output()
            .unwrap();
        (program.status.code(), format!("{}{}", String::from_utf8_lossy(&program.stdout), String::from_utf8_lossy(&program.stderr)))
    };
    let (code, printed) = replayed(listed["data"][0]["id"].as_str().unwrap());
    assert!(code == Some(0) && printed.ends_with("identical\n"), "{code:?} {printed}");
    let (code, printed) = replayed("dec_00000000000000000000000000000000");
    assert!(code == Some(1) && printed.contains("there is no decision"), "{code:?} {printed}");
    // A decision of the product's own rule is replayed too.
    change(&desk, &policy, json!({"enabled": false})).await;
    let own = desk.order(Some(&company), "2", json!({})).await;
    let decided = desk.confirm(&own).await["decision_ids"][0].as_str().unwrap().to_owned();
    assert_eq!(desk.owner().get(&format!("/api/v1/decisions/{decided}")).await.expect(200).json()["plugin"]["name"], "own-rule");
    assert_eq!(desk.owner().post(&format!("/api/v1/decisions/{decided}/replay"), json!({})).await.expect(200).json()["identical"], true);
    desk.server.verify().await;
}

#[tokio::test]
async fn policy_1_a_version_in_force_never_changes_and_wrong_configurations_name_their_field() {
    let desk = Desk::open().await;
    let limit_terms = bundled(&desk, "limit-terms").await;
    for (config, pointer) in [(json!({"grace_days": "three"}), "/config/grace_days"), (json!({"approvers": [{"name": ""}]}), "/config/approvers/0/name"), (json!({"colour": "red"}), "/config")] {
        let body = json!({"name": "x", "plugin_id": limit_terms, "segment": "b2b", "config": config});
        assert_eq!(desk.owner().post("/api/v1/credit-policies", body).await.expect(422).json()["errors"][0]["pointer"], pointer);
    }
    let shopify = bundled(&desk, "shopify").await;
    let connector = json!({"name": "x", "plugin_id": shopify, "segment": "b2b"});
    assert_eq!(desk.owner().post("/api/v1/credit-policies", connector).await.expect(422).json()["errors"][0]["pointer"], "/plugin_id");
    let policy = policy(&desk, &limit_terms, "b2b", json!({"grace_days": 1})).await;
    let drafted = change(&desk, &policy, json!({"config": {"grace_days": 2}})).await;
    assert_eq!((drafted["versions"].as_array().unwrap().len(), drafted["versions"][0]["config"]["grace_days"].as_i64()), (1, Some(2)), "a draft changes in place");
    activate(&desk, &policy, 1).await;
    let path = format!("/api/v1/credit-policies/{policy}/activate");
    assert_eq!(desk.owner().post(&path, json!({"version": 1})).await.expect(409).code(), "activated_already");
    let next = change(&desk, &policy, json!({"config": {"grace_days": 3}})).await;
    let states: Vec<_> = next["versions"].as_array().unwrap().iter().map(|v| (v["version"].as_i64().unwrap(), v["state"].as_str().unwrap(), v["config"]["grace_days"].as_i64().unwrap())).collect();
    assert_eq!(states, [(2, "draft", 3), (1, "active", 2)]);
    assert_eq!(desk.owner().post(&path, json!({"version": 2, "at": "2020-01-01T00:00:00Z"})).await.expect(422).json()["errors"][0]["pointer"], "/at");
    let scheduled = desk.owner().post(&path, json!({"version": 2, "at": (chrono::Utc::now() + chrono::Duration::days(1))})).await.expect(200).json();
    assert_eq!((scheduled["versions"][0]["state"].as_str(), scheduled["versions"][1]["state"].as_str()), (Some("scheduled"), Some("active")));
    assert_eq!(desk.owner().send(desk.owner().request(Method::PATCH, &format!("/api/v1/credit-policies/{policy}")).header("if-match", "\"1\"").json(&json!({"name": "y"}))).await.expect(412).code(), "stale");
}

#[tokio::test]
async fn a_deposit_stands_in_for_a_hold_and_its_payment_confirms() {
    let desk = Desk::open().await;
    let policy = policy(&desk, &bundled(&desk, "limit-terms").await, "b2b", json!({"deposit_percent": "30"})).await;
    activate(&desk, &policy, 1).await;
    let company = desk.company("A", Some("100"), json!({})).await;
    let order = desk.order(Some(&company), "1000", json!({})).await;
    let outcome = desk.confirm(&order).await;
    assert_eq!((outcome["holds"][0]["type"].as_str(), outcome["minimal_changes"][0]["amount"]["amount"].as_str()), (Some("deposit"), Some("300")));
    desk.paid(&order, 200).await;
    let still = desk.until(&order, "judged again", |o| o["hold_list"][0]["evidence"]["minimal_changes"][0]["amount"]["amount"] == "100").await;
    assert_eq!(still["holds"], json!(["deposit"]));
    desk.paid(&order, 100).await;
    desk.until(&order, "the deposit confirms the order", |o| o["confirmed_at"].is_string() && o["holds"] == json!([])).await;
    desk.server.verify().await;
}

#[tokio::test]
async fn consumers_orders_are_judged_by_risk() {
    let desk = Desk::open().await;
    let policy = policy(&desk, &bundled(&desk, "risk").await, "b2c", json!({"threshold": 40, "first_order_points": 40, "high_value": "500000", "high_value_points": 20})).await;
    activate(&desk, &policy, 1).await;
    let cod = |phone: &str| json!({"cash_on_delivery": true, "buyer": {"name": "Anh", "phone": phone}});
    let first = desk.order(None, "600000", cod("0901234567")).await;
    let held = desk.until(&first, "the first order is held", |o| o["holds"] == json!(["risk"])).await;
    assert_eq!(held["hold_list"][0]["evidence"]["codes"], json!(["first_order", "high_value"]));
    let hold = id(&held["hold_list"][0]);
    desk.owner().post(&format!("/api/v1/holds/{hold}/release"), json!({"reason": "called"})).await.expect(200);
    assert_eq!(desk.see(&first).await["holds"], json!([]));
    let second = desk.order(None, "600000", cod("0901234567")).await;
    let decisions = format!("/api/v1/decisions?order={second}&outcome=approve");
    for _ in 0..200 {
        if desk.owner().get(&decisions).await.expect(200).json()["data"][0].is_object() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(desk.see(&second).await["holds"], json!([]), "20 of 40 points");
    assert_eq!(desk.owner().get(&decisions).await.expect(200).json()["data"][0]["cause"], "review");
    desk.server.verify().await;
}

#[tokio::test]
async fn back_1_a_back_test_tells_what_would_be_held_and_freed() {
    let desk = Desk::open().await;
    let company = desk.company("A", Some("1000"), json!({})).await;
    let (passed, held) = (desk.order(Some(&company), "900", json!({})).await, desk.order(Some(&company), "150", json!({})).await);
    desk.confirm(&passed).await;
    assert_eq!(desk.confirm(&held).await["decision"], "held");
    let never = desk.order(Some(&company), "5000", json!({})).await;
    let limit_terms = bundled(&desk, "limit-terms").await;
    let policy = policy(&desk, &limit_terms, "b2b", json!({"tolerance_percent": "10"})).await;
    let path = format!("/api/v1/credit-policies/{policy}/backtest");
    let started = desk.owner().post(&path, json!({})).await.expect(202).json();
    assert_eq!((started["state"].as_str(), started["orders_total"].as_i64()), (Some("running"), Some(3)));
    let mut done = Value::Null;
    for _ in 0..200 {
        done = desk.owner().get(&format!("{path}s")).await.expect(200).json()["data"][0].clone();
        if done["state"] != "running" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let figures = ["orders_done", "newly_held", "newly_freed", "same", "failed"].map(|name| done[name].as_i64().unwrap());
    assert_eq!((done["state"].as_str(), figures), (Some("done"), [3, 1, 1, 1, 0]), "{done:#}");
    assert_eq!((done["money"][0]["newly_held"]["amount"].as_str(), done["money"][0]["newly_freed"]["amount"].as_str()), (Some("5000"), Some("150")));
    assert!(done["sample"].as_array().unwrap().iter().any(|o| o["order_id"] == never && o["after"] == "held"));
    assert_eq!(change(&desk, &policy, json!({"config": {}})).await["versions"][0]["version"], 2, "what was tried stays what it was");
    assert_eq!(desk.owner().post(&path, json!({"version": 7})).await.expect(422).json()["errors"][0]["pointer"], "/version");
    assert_eq!(desk.owner().post(&path, json!({"orders_max": 100001})).await.expect(422).json()["errors"][0]["pointer"], "/orders_max");
}

/// A policy written by hand: `assess` takes an address and answers with one.
fn guest(assess: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
  (memory (export "memory") 2)
  (global $heap (mut i32) (i32.const 8192))
  (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32) {})
  (func (export "switchyard:plugin/credit@0.1.0#assess") (param i32) (result i32) {assess})
)"#,
        crate::hostile_guest::BUMP
    );
    let mut core = wat::parse_str(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let mut resolve = wit_parser::Resolve::default();
    let (package, _) = resolve.push_path(kit::project().join("wit/v0.1.0")).expect("the contract parses");
    let world = resolve.select_world(&[package], Some("credit-policy")).expect("the world is there");
    embed_component_metadata(&mut core, &resolve, world, StringEncoding::UTF8).expect("the world is embedded");
    ComponentEncoder::default().module(&core).expect("the module fits the world").encode().expect("the component is encoded")
}

async fn upload(desk: &Desk, name: &str, component: Vec<u8>) -> kit::Answer {
    let manifest = json!({"kind": "credit-policy", "name": name, "version": "1.0.0"}).to_string();
    plugins_http::upload(desk.owner(), &[("manifest", manifest.as_bytes()), ("component", &component)]).await
}

#[tokio::test]
async fn judge_1_a_hostile_policy_holds_and_never_approves() {
    let desk = Desk::open().await;
    let company = desk.company("A", Some("1000000"), json!({})).await;
    let mut current: Option<String> = None;
    // The result begins with its tag; the verdict's tag is at 4, the hold's texts from 8 on.
    for (name, assess, code) in [
        ("friendly", "(i32.const 4096)", None),
        ("trap", "unreachable", Some("trap.unreachable")),
        ("loop", "(loop $ever (br $ever)) unreachable", Some("limit.fuel")),
        ("greedy", "(loop $more (drop (memory.grow (i32.const 100))) (br $more)) unreachable", Some("limit.memory")),
        ("garbage-tag", "(i32.store8 (i32.const 4100) (i32.const 9)) (i32.const 4096)", Some("trap.abi")),
        ("garbage-words", "(i32.store8 (i32.const 4100) (i32.const 1)) (i32.store (i32.const 4104) (i32.const 64)) (i32.store (i32.const 4108) (i32.const 3)) (i32.const 4096)", Some("invalid.output")),
        ("wild-pointer", "(i32.store8 (i32.const 4100) (i32.const 1)) (i32.store (i32.const 4104) (i32.const -16)) (i32.store (i32.const 4108) (i32.const 64)) (i32.const 4096)", Some("trap.abi")),
        ("says-no", "(i32.store8 (i32.const 4096) (i32.const 1)) (i32.const 4096)", Some("plugin.permanent")),
    ] {
        let plugin = id(&upload(&desk, name, guest(assess)).await.expect(201).json());
        if let Some(before) = current.take() {
            change(&desk, &before, json!({"enabled": false})).await;
        }
        let policy = policy(&desk, &plugin, "b2b", json!({})).await;
        activate(&desk, &policy, 1).await;
        current = Some(policy);
        let order = desk.order(Some(&company), "10", json!({})).await;
        let outcome = desk.confirm(&order).await;
        match code {
            None => assert_eq!(outcome["decision"], "confirmed", "{name}: {outcome:#}"),
            Some(code) => {
                assert_eq!((outcome["decision"].as_str(), codes(&outcome)), (Some("held"), vec![code]), "{name}");
                assert_eq!(desk.see(&order).await["holds"], json!(["plugin"]), "{name}");
                let decision = desk.owner().get(&format!("/api/v1/decisions?order={order}")).await.expect(200).json()["data"][0].clone();
                assert_eq!((decision["outcome"].as_str(), decision["code"].as_str()), (Some("failed"), Some(code)));
                let replay = desk.owner().post(&format!("/api/v1/decisions/{}/replay", id(&decision)), json!({})).await.expect(200).json();
                assert_eq!(replay["identical"], true, "{name}: {replay:#}");
            }
        }
    }
    // The policy is switched off: its holds go, and what was wanted is confirmed.
    change(&desk, &current.unwrap(), json!({"enabled": false})).await;
    for _ in 0..200 {
        if desk.owner().get("/api/v1/holds").await.expect(200).json()["data"] == json!([]) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(desk.owner().get("/api/v1/orders?confirmed=false").await.expect(200).json()["data"], json!([]));
    desk.server.verify().await;
}

#[tokio::test]
async fn a_policy_that_imports_anything_is_refused() {
    let desk = Desk::open().await;
    let connector = crate::hostile_guest::Module::default().component();
    let refused = upload(&desk, "reaching", connector).await.expect(422);
    assert_eq!(refused.code(), "invalid_component", "{}", refused.text());
    let manifest = json!({"kind": "credit-policy", "name": "x", "version": "1.0.0", "declares": {"hosts": ["api.example.com"]}}).to_string();
    plugins_http::upload(desk.owner(), &[("manifest", manifest.as_bytes()), ("component", &guest("unreachable"))]).await.expect(422);
}
