//! The channels' own interfaces, as far as connectors call them: SPEC.md sections 1 and 3 to 9, and the channels' pages about
//! shipping, cancelling, stock and tokens. Each channel answers in `answers` beside its words.
//! Every call is checked as the channel checks it: signature, token, time window. What befalls a request on its way is drawn
//! by `weather` before it is looked at.

use crate::{Asked, Fate, Simulation, World, haravan, kiotviet, lazada, shopee, shopify, square, tiktok, woo};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc};

const TIMESTAMP_SECONDS_OFF_MAX: i64 = 300;

pub fn router(simulation: Arc<Simulation>) -> Router {
    Router::new().fallback(answer).with_state(simulation)
}

/// What was asked, taken apart.
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) query: &'a HashMap<String, String>,
    headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) now: DateTime<Utc>,
    /// What the channel's own clock shows.
    pub(crate) clock: DateTime<Utc>,
    /// Lists name the same page again instead of the next.
    pub(crate) repeats_pages: bool,
}

impl Call<'_> {
    pub(crate) fn query(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }
    pub(crate) fn number(&self, name: &str) -> i64 {
        self.query(name).parse().unwrap_or_default()
    }
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
    pub(crate) fn host(&self) -> &str {
        self.header("host").split(':').next().unwrap_or_default()
    }
    pub(crate) fn is_timely(&self) -> bool {
        (self.number("timestamp") - self.clock.timestamp()).abs() <= TIMESTAMP_SECONDS_OFF_MAX
    }
    /// The body, which is JSON where the channel takes JSON.
    pub(crate) fn wish(&self) -> Value {
        serde_json::from_slice(self.body).unwrap_or_default()
    }
    pub(crate) fn form(&self) -> HashMap<String, String> {
        parse(&String::from_utf8_lossy(self.body))
    }
}

async fn answer(State(simulation): State<Arc<Simulation>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let query = parse(uri.query().unwrap_or_default());
    let now = Utc::now();
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default().split(':').next().unwrap_or_default().to_owned();
    let (fate, ahead, repeats_pages) = {
        let mut sky = simulation.sky();
        (sky.fate(&host, method.as_str(), uri.path()), chrono::Duration::milliseconds(sky.ahead_ms), sky.repeats_pages)
    };
    let call = Call { method: &method, path: uri.path(), query: &query, headers: &headers, body: &body, now, clock: now + ahead, repeats_pages };
    let response = match fate {
        Fate::Down => (StatusCode::SERVICE_UNAVAILABLE, "<html>maintenance</html>").into_response(),
        Fate::Fails => (StatusCode::BAD_GATEWAY, "<html>bad gateway</html>").into_response(),
        Fate::Stumbles => stumbled(&call),
        Fate::Fine => answered(&call, &mut simulation.world()),
        Fate::Unheard => {
            // It is done all the same.
            drop(answered(&call, &mut simulation.world()));
            (StatusCode::GATEWAY_TIMEOUT, "<html>gateway timeout</html>").into_response()
        }
    };
    let asked = Asked { at: now, host, method: method.to_string(), path: uri.path().to_owned(), status: response.status().as_u16(), fate };
    simulation.sky().log.push(asked);
    response
}

/// Whose call it is, by its path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Face {
    Shopee,
    Tiktok,
    Shopify,
    Square,
    /// id.kiotviet.vn and accounts.haravan.com have the same path.
    Accounts,
    Haravan,
    Kiotviet,
    Lazada,
    Woo,
    Nobody,
}

fn face(call: &Call<'_>) -> Face {
    let begins = |list: &[&str]| list.iter().any(|begin| call.path.starts_with(begin));
    match () {
        () if begins(&["/api/v2/token/", "/open/authorize", "/order/", "/return_refund/", "/fulfillment/", "/product/", "/logistics/", "/authorization/"]) => Face::Tiktok,
        () if call.path == "/oauth/authorize" => if call.query("app_key").is_empty() { Face::Lazada } else { Face::Tiktok },
        () if begins(&["/api/v2/"]) => Face::Shopee,
        () if begins(&["/admin/"]) => Face::Shopify,
        () if begins(&["/v2/", "/oauth2/"]) => Face::Square,
        () if begins(&["/connect/"]) => Face::Accounts,
        () if begins(&["/com/"]) => Face::Haravan,
        () if begins(&["/invoices", "/orders", "/returns", "/listupdatedproducts"]) => Face::Kiotviet,
        () if begins(&["/rest/"]) => Face::Lazada,
        () if call.path.contains(woo::answers::API) => Face::Woo,
        () => Face::Nobody,
    }
}

fn answered(call: &Call<'_>, world: &mut World) -> Response {
    let (status, body, link) = match face(call) {
        Face::Shopee => shopee::answers::answer(call, world),
        Face::Tiktok => tiktok::answers::answer(call, world),
        Face::Shopify => shopify::answers::answer(call, world),
        Face::Square => square::answers::answer(call, world),
        Face::Accounts if String::from_utf8_lossy(call.body).contains("scopes=") => kiotviet::answers::token(call, world),
        Face::Accounts => haravan::answers::token(call, world),
        Face::Haravan => haravan::answers::answer(call, world),
        Face::Kiotviet => kiotviet::answers::answer(call, world),
        Face::Lazada => lazada::answers::answer(call, world),
        Face::Woo => return woo::answers::answer(call, world),
        Face::Nobody => (StatusCode::NOT_FOUND, json!({"error": "no such path"}), None),
    };
    let mut response = (status, axum::Json(body)).into_response();
    if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
        // A person is sent on; a list names its next page.
        response.headers_mut().insert(if status.is_redirection() { header::LOCATION } else { header::LINK }, link);
    }
    response
}

/// "Later", in the channel's own words: with 200 where it says so inside.
fn stumbled(call: &Call<'_>) -> Response {
    let (status, body) = match face(call) {
        Face::Shopee => (StatusCode::OK, json!({"error": "error_server", "message": "Something wrong. Please try later.", "request_id": "simulated"})),
        Face::Tiktok => (StatusCode::OK, json!({"code": 36_009_003, "message": "Internal error. Please try again.", "request_id": "simulated"})),
        Face::Lazada => (StatusCode::OK, json!({"code": "ServiceTimeout", "type": "SYSTEM", "message": "The service timed out", "request_id": "simulated"})),
        Face::Square => (StatusCode::TOO_MANY_REQUESTS, json!({"errors": [{"category": "RATE_LIMIT_ERROR", "code": "RATE_LIMITED", "detail": "rate limited"}]})),
        Face::Shopify => (StatusCode::TOO_MANY_REQUESTS, json!({"errors": "Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service."})),
        _ => (StatusCode::TOO_MANY_REQUESTS, json!({"message": "too many requests"})),
    };
    let mut response = (status, axum::Json(body)).into_response();
    if status == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}

pub(crate) type Answer = (StatusCode, Value, Option<String>);

/// Sends a person on to where they came from.
pub(crate) fn sent_on(to: &str, pairs: &[(&str, &str)]) -> Answer {
    let query: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}={}", escaped(value))).collect();
    let join = if to.contains('?') { '&' } else { '?' };
    (StatusCode::FOUND, Value::Null, Some(format!("{to}{join}{}", query.join("&"))))
}

/// Everything but unreserved characters with percent signs.
pub(crate) fn escaped(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// `a=b&c=d` with percent signs undone.
pub(crate) fn parse(query: &str) -> HashMap<String, String> {
    let plain = |text: &str| {
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text.as_bytes();
        while let [first, tail @ ..] = rest {
            let code = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok()).and_then(|two| u8::from_str_radix(two, 16).ok());
            match (first, code) {
                (b'%', Some(code)) => {
                    bytes.push(code);
                    rest = &tail[2..];
                }
                (b'+', _) => {
                    bytes.push(b' ');
                    rest = tail;
                }
                (other, _) => {
                    bytes.push(*other);
                    rest = tail;
                }
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(key, value)| (plain(key), plain(value))).collect()
}
