//! A channel of the tests' own with its connector: the guest is written by hand, the channel is a real server on loopback
//! that checks tokens, does each errand once by its id, and hands out tokens that can be traded once.

use crate::hostile_guest::Module;
use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

pub const HOST: &str = "courier.example.com";
/// Where the guest's own data lies: above what `Module` uses, below its heap.
const BASE: u32 = 4_096;
const FACT_BYTES: usize = 640;

/// Data of a guest, laid out by the canonical ABI.
struct Data(Vec<u8>);

impl Data {
    fn put(&mut self, bytes: &[u8]) -> u32 {
        while !self.0.len().is_multiple_of(4) {
            self.0.push(0);
        }
        let at = BASE + u32::try_from(self.0.len()).expect("small");
        self.0.extend_from_slice(bytes);
        at
    }
    /// Address and length.
    fn text(&mut self, text: &str) -> [u32; 2] {
        [self.put(text.as_bytes()), u32::try_from(text.len()).expect("short")]
    }
    fn words(&mut self, words: &[u32]) -> u32 {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.put(&bytes)
    }
    fn texts(&mut self, texts: &[&str]) -> Vec<u32> {
        texts.iter().flat_map(|text| self.text(text)).collect()
    }
    /// `ok(some(exchange))`: JSON to `/token`, with the renewing token as a field when `renews`.
    fn exchange(&mut self, body: &str, renews: bool) -> u32 {
        let [url, url_len] = self.text(&format!("https://{HOST}/token"));
        let header = self.texts(&["content-type", "application/json"]);
        let header = self.words(&header);
        let [body, body_len] = self.text(body);
        let refresh = self.text("refresh_token");
        let place = self.words(&[refresh[0], refresh[1], 2, refresh[0], refresh[1], 4, 0]);
        let keeps = self.texts(&["/access_token", "access_token", "/refresh_token", "refresh_token"]);
        let keeps = self.words(&keeps);
        let settings = self.texts(&["shop_id", "/shop_id"]);
        let settings = self.words(&settings);
        let [error, error_len] = self.text("/error");
        let [life, life_len] = self.text("/expire_in");
        let mut words = vec![0, 1, 1, url, url_len, header, 1, body, body_len, 0, 0, 0, 0];
        words.extend([place, u32::from(renews)]);
        words.extend([0; 9]); // no signature
        words.extend([1, error, error_len, 4, 0]); // success: absent or empty
        words.extend([keeps, 2]);
        words.extend([1, 0, life, life_len, 0, 0, 0, 0]);
        words.extend([settings, 1]);
        self.words(&words)
    }
    fn wat(&self) -> String {
        let text: String = self.0.iter().map(|byte| format!("\\{byte:02x}")).collect();
        format!("(data (i32.const {BASE}) \"{text}\")")
    }
}

/// The connector: errands go to `/act/{kind}` with their id as the idempotency key and the order as the body. 200 is done
/// (a parcel that was shipped is told as a fact), 422 refused, 404 unsupported, 409 permanent, 401 unauthorized, the rest later.
pub fn connector() -> Module {
    let mut data = Data(Vec::new());
    let [url, url_len] = data.text(&format!("https://{HOST}/act/0"));
    let [secret, secret_len] = data.text("access_token");
    let [header, header_len] = data.text("authorization");
    let [bearer, bearer_len] = data.text("Bearer ");
    let [why, why_len] = data.text("the courier said no");
    let code = data.text("no_such_parcel");
    let refusal = data.words(&[0, 0, code[0], code[1], why, why_len]);
    let [revision, revision_len] = data.text("9999999999999");
    let [at, at_len] = data.text("2026-11-24T00:00:00Z");
    let [parcel, parcel_len] = data.text("p1");
    let [left, left_len] = data.text("handed_over");
    let mut fact = vec![0, 0, revision, revision_len, at, at_len, 2, parcel, parcel_len, left, left_len, 0, 0, 0, 0, 0, 0, 4, 0, 0];
    fact.resize(FACT_BYTES / 4, 0);
    let fact = data.words(&fact);
    let [go, go_len] = data.text(&format!("https://{HOST}/go?state="));
    let renewal = data.exchange("{}", true);
    let authorized = data.exchange(r#"{"grant":"code"}"#, false);
    let push = format!(
        r#"
      (local $status i32) (local $error i32)
      (memory.fill (i32.const 2048) (i32.const 0) (i32.const 256))
      (i32.store8 (i32.const {kind_at}) (i32.add (i32.const 48) (i32.load8_u offset=20 (local.get 0))))
      (i32.store8 (i32.const 2048) (i32.const 1))
      (i32.store (i32.const 2052) (i32.const {url})) (i32.store (i32.const 2056) (i32.const {url_len}))
      (i32.store (i32.const 2060) (i32.const 4))
      (i32.store (i32.const 2068) (i32.const 4))
      (if (i32.load8_u offset=8 (local.get 0)) (then
        (i32.store (i32.const 2068) (i32.load offset=12 (local.get 0))) (i32.store (i32.const 2072) (i32.load offset=16 (local.get 0)))))
      (i32.store8 (i32.const 2076) (i32.const 1))
      (i32.store (i32.const 2080) (i32.load (local.get 0))) (i32.store (i32.const 2084) (i32.load offset=4 (local.get 0)))
      (i32.store (i32.const 2088) (i32.const 5000))
      (i32.store (i32.const 2092) (i32.const 4))
      (call $open (i32.const {secret}) (i32.const {secret_len}) (i32.const 2400))
      (if (i32.load8_u (i32.const 2400)) (then
        (i32.store (i32.const 2092) (i32.const 2500)) (i32.store (i32.const 2096) (i32.const 1))
        (i32.store (i32.const 2500) (i32.load (i32.const 2404)))
        (i32.store8 (i32.const 2504) (i32.const 0)) (i32.store (i32.const 2508) (i32.const {header})) (i32.store (i32.const 2512) (i32.const {header_len}))
        (i32.store (i32.const 2516) (i32.const {bearer})) (i32.store (i32.const 2520) (i32.const {bearer_len}))))
      (call $send (i32.const 2048) (i32.const 2300))
      (memory.fill (i32.const 1024) (i32.const 0) (i32.const 128))
      (local.set $error (i32.const 3))
      (if (i32.eqz (i32.load8_u (i32.const 2300))) (then
        (local.set $status (i32.load16_u (i32.const 2304)))
        (if (i32.eq (local.get $status) (i32.const 401)) (then (local.set $error (i32.const 5))))
        (if (i32.eq (local.get $status) (i32.const 404)) (then (local.set $error (i32.const 2))))
        (if (i32.eq (local.get $status) (i32.const 409)) (then (local.set $error (i32.const 4))))
        (if (i32.or (i32.eq (local.get $status) (i32.const 200)) (i32.eq (local.get $status) (i32.const 422))) (then
          (i32.store8 (i32.const 1028) (i32.const 1))
          (i32.store (i32.const 1032) (i32.load (i32.const 2316))) (i32.store (i32.const 1036) (i32.load (i32.const 2320)))
          (i32.store (i32.const 1040) (i32.const 4)) (i32.store (i32.const 1048) (i32.const 4)) (i32.store (i32.const 1056) (i32.const 4))
          (if (i32.eq (local.get $status) (i32.const 422)) (then
            (i32.store (i32.const {refusal}) (i32.load offset=12 (local.get 0))) (i32.store offset=4 (i32.const {refusal}) (i32.load offset=16 (local.get 0)))
            (i32.store (i32.const 1056) (i32.const {refusal})) (i32.store (i32.const 1060) (i32.const 1))
            (return (i32.const 1024))))
          (if (i32.eq (i32.load8_u offset=20 (local.get 0)) (i32.const 2)) (then
            (i32.store (i32.const {fact}) (i32.load offset=12 (local.get 0))) (i32.store offset=4 (i32.const {fact}) (i32.load offset=16 (local.get 0)))
            (memory.copy (i32.const {tracking}) (i32.add (local.get 0) (i32.const 36)) (i32.const 12))
            (i32.store (i32.const 1040) (i32.const {fact})) (i32.store (i32.const 1044) (i32.const 1))))
          (return (i32.const 1024))))))
      (i32.store8 (i32.const 1024) (i32.const 1)) (i32.store8 (i32.const 1028) (local.get $error))
      (i32.store (i32.const 1032) (i32.const {why})) (i32.store (i32.const 1036) (i32.const {why_len}))
      (i32.const 1024)"#,
        kind_at = url + url_len - 1,
        tracking = fact + 56,
    );
    let authorization = format!(
        r#"
      (memory.fill (i32.const 1024) (i32.const 0) (i32.const 128))
      (memory.copy (i32.const 3000) (i32.const {go}) (i32.const {go_len}))
      (memory.copy (i32.const {behind}) (local.get 2) (local.get 3))
      (i32.store8 (i32.const 1028) (i32.const 1))
      (i32.store (i32.const 1032) (i32.const 3000)) (i32.store (i32.const 1036) (i32.add (i32.const {go_len}) (local.get 3)))
      (i32.const 1024)"#,
        behind = 3_000 + go_len,
    );
    assert!(data.0.len() < 4_096, "{} bytes lie below the heap", data.0.len());
    Module {
        imports: r#"
          (import "switchyard:host/http@0.1.0" "send" (func $send (param i32 i32)))
          (import "switchyard:host/config@0.1.0" "open-secret" (func $open (param i32 i32 i32)))"#,
        extra: data.wat(),
        // A question is answered with its address; anything else with 200.
        receive: r#"
          (if (i32.ne (local.get 2) (i32.const 3)) (then (return (call $answer (i32.const 200)))))
          (drop (call $answer (i32.const 202)))
          (i32.store (i32.const 1100) (local.get 3)) (i32.store (i32.const 1104) (local.get 4))
          (i32.const 1024)"#
            .into(),
        push,
        renewal: format!("(i32.const {renewal})"),
        authorization,
        authorized: format!("(i32.const {authorized})"),
        ..Module::default()
    }
}

pub fn manifest() -> Vec<u8> {
    json!({
        "kind": "channel-connector", "name": "courier", "version": "1.0.0", "channel": "woo", "pushes": ["confirm", "ship", "cancel", "stock"],
        "declares": {
            "hosts": [HOST],
            "secrets": [{"name": "access_token", "title": "Token"}, {"name": "refresh_token", "title": "Renewing token"}],
            "config": [{"key": "shop_id", "title": "Shop"}]
        }
    })
    .to_string()
    .into_bytes()
}

/// What reached the channel.
#[derive(Clone, Debug)]
pub struct Act {
    pub at: Instant,
    pub kind: String,
    pub id: String,
    pub order: String,
    pub status: u16,
}

#[derive(Default)]
pub struct Channel {
    pub acts: Vec<Act>,
    /// Ids of errands that were done: each once.
    pub done: BTreeSet<String>,
    /// What every act is answered with, instead of being done.
    pub answers: Option<u16>,
    /// Which tokens are good at the moment.
    pub access_generation: u32,
    pub refresh_generation: u32,
    pub exchanges: u32,
    pub refused_exchanges: u32,
    /// What every trade is answered with.
    pub token_answers: Option<u16>,
    /// How long a trade takes.
    pub slow: Duration,
}

impl Channel {
    pub fn access(&self) -> String {
        format!("canary-access-{}-of-the-courier", self.access_generation)
    }
    pub fn refresh(&self) -> String {
        format!("canary-refresh-{}-of-the-courier", self.refresh_generation)
    }
    /// The tokens handed out end now; only the renewing one is good.
    pub fn revoke_access(&mut self) {
        self.access_generation += 1;
    }
}

#[derive(Clone, Default)]
pub struct Courier(pub Arc<Mutex<Channel>>);

impl Courier {
    pub async fn open() -> (Self, SocketAddr) {
        let courier = Self::default();
        let router = Router::new().route("/act/{kind}", post(act)).route("/token", post(token)).with_state(courier.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        (courier, address)
    }
    pub fn with<T>(&self, look: impl FnOnce(&mut Channel) -> T) -> T {
        look(&mut self.0.lock().expect("nobody died with it"))
    }
}

async fn act(State(courier): State<Courier>, Path(kind): Path<String>, headers: HeaderMap, order: String) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (id, bearer) = (header("idempotency-key"), header("authorization"));
    courier.with(|channel| {
        let status = match channel.answers {
            Some(status) => status,
            None if bearer != format!("Bearer {}", channel.access()) => 401,
            None => 200,
        };
        let first = status == 200 && channel.done.insert(id.clone());
        channel.acts.push(Act { at: Instant::now(), kind, id, order, status });
        let status = StatusCode::from_u16(status).expect("a status");
        (status, if first { "done" } else { "done before" }).into_response()
    })
}

async fn token(State(courier): State<Courier>, Json(asked): Json<Value>) -> Response {
    let slow = courier.with(|channel| channel.slow);
    tokio::time::sleep(slow).await;
    courier.with(|channel| {
        if let Some(status) = channel.token_answers {
            return StatusCode::from_u16(status).expect("a status").into_response();
        }
        // A renewing token is good once: the next one comes with its answer.
        let good = asked["grant"] == "code" || asked["refresh_token"] == channel.refresh();
        if !good {
            channel.refused_exchanges += 1;
            return Json(json!({"error": "invalid_refresh_token"})).into_response();
        }
        channel.exchanges += 1;
        channel.access_generation += 1;
        channel.refresh_generation += 1;
        Json(json!({"error": "", "access_token": channel.access(), "refresh_token": channel.refresh(), "expire_in": 3600, "shop_id": 77})).into_response()
    })
}
