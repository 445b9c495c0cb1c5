//! Plugins over HTTP: upload, install, grant, configure, suspend, resume, runs; and who may not.

use crate::hostile_guest::Module;
use kit::{Client, Server};
use reqwest::Method;
use serde_json::{Value, json};

const BOUNDARY: &str = "plugin-parts";

fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, bytes) in parts {
        body.extend_from_slice(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n\r\n").as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

pub async fn upload(client: &Client, parts: &[(&str, &[u8])]) -> kit::Answer {
    client.send(client.request(Method::POST, "/api/v1/plugins").header("content-type", format!("multipart/form-data; boundary={BOUNDARY}")).body(form(parts))).await
}

fn manifest(name: &str) -> Vec<u8> {
    json!({
        "kind": "channel-connector", "name": name, "version": "1.0.0",
        "declares": {"hosts": ["api.example.com"], "secrets": [{"name": "key", "title": "Key", "required": true}], "config": [{"key": "region", "title": "Region"}]}
    })
    .to_string()
    .into_bytes()
}

#[tokio::test]
async fn a_plugin_from_upload_to_runs() {
    let server = Server::start().await;
    let merchant = server.merchant("plugins").await;
    let owner = &merchant.owner;
    let plugin = upload(owner, &[("manifest", &manifest("mine")), ("component", &Module::default().component())]).await.expect(201).json();
    assert_eq!((plugin["name"].as_str(), plugin["bundled"].as_bool(), &plugin["declares"]["hosts"]), (Some("mine"), Some(false), &json!(["api.example.com"])));
    let listed = owner.get("/api/v1/plugins").await.expect(200).json();
    let names: Vec<&str> = listed["data"].as_array().unwrap().iter().filter_map(|p| p["name"].as_str()).collect();
    assert!(["mine", "shopee", "shopify", "tiktok"].iter().all(|name| names.contains(name)), "{names:?}");

    let body = json!({"plugin_id": plugin["id"], "grants": {"hosts": ["api.example.com"], "secrets": [], "kv": false}, "config": {"region": "VN"}});
    let installed = owner.post("/api/v1/installations", body).await.expect(201).json();
    assert_eq!((installed["state"].as_str(), installed["breaker"].as_str(), installed["config_version"].as_i64()), (Some("active"), Some("closed"), Some(1)));
    let at = format!("/api/v1/installations/{}", installed["id"].as_str().unwrap());
    let too_much = owner.put(&format!("{at}/grants"), json!({"hosts": ["evil.example.net"]})).await.expect(422).json();
    assert_eq!(too_much["errors"][0]["pointer"], "/grants/hosts");
    assert_eq!(owner.put(&format!("{at}/grants"), json!({"secrets": ["key"]})).await.expect(200).json()["grants"], json!({"hosts": [], "secrets": ["key"], "kv": false}));
    assert_eq!(owner.put(&format!("{at}/config"), json!({"region": "TH"})).await.expect(200).json()["config_version"], 2);
    assert_eq!(owner.put(&format!("{at}/config"), json!({"nonsense": "1"})).await.expect(422).json()["errors"][0]["pointer"], "/config/nonsense");
    assert_eq!(owner.post(&format!("{at}/suspend"), json!({})).await.expect(200).json()["suspended_reason"], "suspended by a person");
    let resumed = owner.post(&format!("{at}/resume"), json!({})).await.expect(200).json();
    assert_eq!((&resumed["state"], &resumed["suspended_reason"]), (&json!("active"), &Value::Null));
    assert_eq!(owner.get(&format!("{at}/runs")).await.expect(200).json()["data"], json!([]));
    assert_eq!(owner.get("/api/v1/installations").await.expect(200).json()["data"][0]["id"], installed["id"]);

    // Another tenant sees none of it.
    let other = server.merchant("other").await.owner;
    other.get(&at).await.expect(404);
    other.post(&format!("{at}/suspend"), json!({})).await.expect(404);
    assert!(!other.get("/api/v1/plugins").await.expect(200).text().contains("\"mine\""));
    let foreign = json!({"plugin_id": plugin["id"], "grants": {}});
    assert_eq!(other.post("/api/v1/installations", foreign).await.expect(422).json()["errors"][0]["pointer"], "/plugin_id");
}

#[tokio::test]
async fn uploads_that_are_wrong_say_why() {
    let server = Server::start().await;
    let owner = server.merchant("plugins").await.owner;
    let component = Module::default().component();
    assert_eq!(upload(&owner, &[("manifest", &manifest("mine")), ("component", b"not wasm")]).await.expect(422).code(), "invalid_component");
    assert_eq!(upload(&owner, &[("manifest", &manifest("mine"))]).await.expect(422).json()["errors"][0]["pointer"], "/component");
    assert_eq!(upload(&owner, &[("manifest", &manifest("A Name")), ("component", &component)]).await.expect(422).json()["errors"][0]["pointer"], "/manifest/name");
    assert_eq!(upload(&owner, &[("other", b"x")]).await.expect(422).code(), "invalid");
    assert_eq!(upload(&owner, &[("manifest", &vec![b' '; 100_000])]).await.expect(413).code(), "too_large");
    assert_eq!(owner.post("/api/v1/plugins", json!({})).await.expect(415).code(), "not_multipart");
}
