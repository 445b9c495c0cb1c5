//! From what a guest asks for to a request that may be sent.

use crate::{
    contract::imports::http as wire,
    guest::{self, GuestState},
    hosts,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{
    Method,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use std::time::Duration;
use url::Url;

const HEADERS_MAX: usize = 32;
const HEADER_BYTES_MAX: usize = 8 << 10;
const NAME_BYTES_MAX: usize = 100;
const BODY_BYTES_MAX: usize = 4 << 20;
const PIECES_MAX: usize = 64;
const INSERTIONS_MAX: usize = 8;

/// What a guest may set. `x-*` besides, unless it speaks about forwarding.
/// `square-version` and `retailer` (the shop at KiotViet) say nothing to anybody but the channel they belong to.
const HEADERS: [&str; 11] = [
    "accept",
    "accept-language",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "if-modified-since",
    "prefer",
    "retailer",
    "square-version",
    "user-agent",
];
/// Where a secret may go besides `x-*`.
const SECRET_HEADERS: [&str; 2] = ["authorization", "api-key"];

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refusal {
    #[error(transparent)]
    Host(#[from] hosts::HostError),
    #[error("the header {0:?} may not be set")]
    Header(String),
    #[error("the header {0:?} has a value that HTTP does not allow")]
    HeaderValue(String),
    #[error("the body takes no field {0:?}: {1}")]
    Field(String, &'static str),
    #[error("{0:?} is not the name of a user")]
    User(String),
    #[error("{what}: at most {limit}")]
    TooMuch { what: &'static str, limit: usize },
}

pub struct Prepared {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub wait: Duration,
}

fn at_most(what: &'static str, count: usize, limit: usize) -> Result<(), Refusal> {
    if count > limit { Err(Refusal::TooMuch { what, limit }) } else { Ok(()) }
}

fn header(name: &str, value: &[u8], secret: bool) -> Result<(HeaderName, HeaderValue), Refusal> {
    let short = || crate::text::line(name, 100);
    let lower = name.to_ascii_lowercase();
    let forwarding = lower.starts_with("x-forwarded") || lower.starts_with("x-real") || lower.starts_with("x-original") || lower.starts_with("x-http-method");
    let listed = if secret { SECRET_HEADERS.as_slice() } else { HEADERS.as_slice() };
    if !listed.contains(&lower.as_str()) && (!lower.starts_with("x-") || forwarding) {
        return Err(Refusal::Header(short()));
    }
    if value.len() > HEADER_BYTES_MAX {
        return Err(Refusal::TooMuch { what: "bytes in a header", limit: HEADER_BYTES_MAX });
    }
    let name = HeaderName::from_bytes(lower.as_bytes()).map_err(|_| Refusal::Header(short()))?;
    // No CR, LF or NUL passes here: nothing can be smuggled behind a value.
    let mut value = HeaderValue::from_bytes(value).map_err(|_| Refusal::HeaderValue(short()))?;
    value.set_sensitive(secret);
    Ok((name, value))
}

/// The outer error is the guest's misuse of a handle: it traps.
pub fn prepare(guest: &GuestState, request: wire::Request, auth: wire::Auth) -> wasmtime::Result<Result<Prepared, Refusal>> {
    let mut prepared = match unsigned(&guest.account.grants.hosts, request) {
        Ok(prepared) => prepared,
        Err(refusal) => return Ok(Err(refusal)),
    };
    for limit in [at_most("secrets in a request", auth.insertions.len(), INSERTIONS_MAX), at_most("pieces to sign", auth.hmac.as_ref().map_or(0, |h| h.pieces.len()), PIECES_MAX)] {
        if let Err(refusal) = limit {
            return Ok(Err(refusal));
        }
    }
    let mut placed: Vec<(wire::Place, Vec<u8>)> = Vec::new();
    for insertion in &auth.insertions {
        let mut value = insertion.prefix.clone().into_bytes();
        value.extend_from_slice(newest(guest, &insertion.secret)?);
        placed.push((insertion.place.clone(), value));
    }
    if let Some(hmac) = &auth.hmac {
        let mut pieces: Vec<&[u8]> = Vec::new();
        for piece in &hmac.pieces {
            pieces.push(match piece {
                wire::Piece::Text(text) => text.as_bytes(),
                wire::Piece::Secret(secret) => newest(guest, secret)?,
            });
        }
        let digest = guest::hmac_sha256(newest(guest, &hmac.key)?, pieces)?;
        placed.push((hmac.place.clone(), guest::encode(&digest, hmac.encoding).into_bytes()));
    }
    Ok(placed.into_iter().try_for_each(|(place, value)| put(&mut prepared, place, &value)).map(|()| prepared))
}

/// The same for a request of the host's own, made of what a plugin told: its secrets are read already.
pub fn prepare_own(granted: &[String], request: wire::Request, placed: Vec<(wire::Place, Vec<u8>)>) -> Result<Prepared, Refusal> {
    let mut prepared = unsigned(granted, request)?;
    at_most("secrets in a request", placed.len(), INSERTIONS_MAX + 1)?;
    placed.into_iter().try_for_each(|(place, value)| put(&mut prepared, place, &value))?;
    Ok(prepared)
}

fn newest<'a>(guest: &'a GuestState, handle: &wasmtime::component::Resource<guest::SecretHandle>) -> wasmtime::Result<&'a [u8]> {
    Ok(guest.secret(handle)?.values.first().map_or(&[], |value| value.expose()))
}

fn put(prepared: &mut Prepared, place: wire::Place, value: &[u8]) -> Result<(), Refusal> {
    match place {
        wire::Place::Header(name) => {
            let (name, value) = header(&name, value, true)?;
            prepared.headers.insert(name, value);
        }
        wire::Place::Query(name) => {
            let text = String::from_utf8_lossy(value);
            prepared.url.query_pairs_mut().append_pair(&name, &text);
        }
        wire::Place::Field(name) => prepared.body = with_field(&prepared.headers, &prepared.body, &name, value)?,
        wire::Place::PasswordOf(user) => {
            if user.is_empty() || user.len() > NAME_BYTES_MAX || user.contains(':') || user.chars().any(char::is_control) {
                return Err(Refusal::User(crate::text::line(&user, 100)));
            }
            let pair = STANDARD.encode([user.as_bytes(), b":", value].concat());
            let (name, value) = header("authorization", format!("Basic {pair}").as_bytes(), true)?;
            prepared.headers.insert(name, value);
        }
    }
    Ok(())
}

/// The body with one more member: a JSON object or a form, as its content type says. The rest stays as the guest wrote it.
fn with_field(headers: &HeaderMap, body: &[u8], name: &str, value: &[u8]) -> Result<Vec<u8>, Refusal> {
    let wrong = |why| Refusal::Field(crate::text::line(name, 100), why);
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
        return Err(wrong("expected a name of 1 to 100 bytes"));
    }
    let value = std::str::from_utf8(value).map_err(|_| wrong("the value is not text"))?;
    let body = std::str::from_utf8(body).map_err(|_| wrong("the body is not text"))?;
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let whole = match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/json" => {
            let body = if body.trim().is_empty() { "{}" } else { body.trim() };
            let members: serde_json::Map<String, serde_json::Value> = serde_json::from_str(body).map_err(|_| wrong("the body is not a JSON object"))?;
            if members.contains_key(name) {
                return Err(wrong("it is there already"));
            }
            // Written behind the last member: numbers and order of the guest's own text stay as they are.
            let open = body.strip_suffix('}').ok_or_else(|| wrong("the body is not a JSON object"))?;
            let (name, value) = (serde_json::Value::from(name), serde_json::Value::from(value));
            format!("{open}{}{name}:{value}}}", if members.is_empty() { "" } else { "," })
        }
        "application/x-www-form-urlencoded" => {
            if url::form_urlencoded::parse(body.as_bytes()).any(|(known, _)| known == name) {
                return Err(wrong("it is there already"));
            }
            let pair = url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
            if body.is_empty() { pair } else { format!("{body}&{pair}") }
        }
        _ => return Err(wrong("the body is neither application/json nor application/x-www-form-urlencoded")),
    };
    at_most("bytes in a request's body", whole.len(), BODY_BYTES_MAX)?;
    Ok(whole.into_bytes())
}

fn unsigned(granted: &[String], request: wire::Request) -> Result<Prepared, Refusal> {
    let url = hosts::check_url(&request.url, granted)?;
    at_most("bytes in a request's body", request.body.len(), BODY_BYTES_MAX)?;
    at_most("headers", request.headers.len(), HEADERS_MAX)?;
    let mut headers = HeaderMap::new();
    let own = request.idempotency_key.map(|value| wire::Header { name: "idempotency-key".into(), value });
    for wire::Header { name, value } in request.headers.into_iter().chain(own) {
        let (name, value) = header(&name, value.as_bytes(), false)?;
        headers.append(name, value);
    }
    Ok(Prepared {
        method: match request.method {
            wire::Method::Get => Method::GET,
            wire::Method::Post => Method::POST,
            wire::Method::Put => Method::PUT,
            wire::Method::Patch => Method::PATCH,
            wire::Method::Delete => Method::DELETE,
        },
        url,
        headers,
        body: request.body,
        wait: Duration::from_millis(request.timeout_ms.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_21_headers_that_smuggle() {
        for (name, value) in [
            ("host", "evil.example"), ("Content-Length", "0"), ("transfer-encoding", "chunked"), ("connection", "upgrade"), ("cookie", "a=b"), ("authorization", "Bearer x"),
            ("proxy-authorization", "x"), ("x-forwarded-for", "127.0.0.1"), ("x-real-ip", "127.0.0.1"), ("x-a\r\nhost", "x"), ("x-a", "b\r\ncontent-length: 0"), ("x-a", "b\0"), ("", "x"), ("x a", "b"),
            ("x-http-method-override", "DELETE"),
        ] {
            assert!(header(name, value.as_bytes(), false).is_err(), "{name:?}: {value:?}");
        }
        for (name, value) in [("Content-Type", "application/json"), ("Square-Version", "2025-01-23"), ("Retailer", "hoamoc")] {
            assert!(header(name, value.as_bytes(), false).is_ok(), "{name:?}");
        }
        assert!(header("X-Shopify-Access-Token", b"t", true).unwrap().1.is_sensitive());
        assert!(header("host", b"t", true).is_err());
        assert!(header("x-big", &[b'a'; HEADER_BYTES_MAX + 1], false).is_err());
    }

    fn request(kind: &str, body: &str) -> wire::Request {
        wire::Request {
            method: wire::Method::Post,
            url: "https://api.example.com/token".into(),
            headers: vec![wire::Header { name: "content-type".into(), value: kind.into() }],
            body: body.into(),
            idempotency_key: None,
            timeout_ms: 0,
        }
    }
    fn placed(kind: &str, body: &str, place: wire::Place, value: &str) -> Result<Prepared, Refusal> {
        prepare_own(&["api.example.com".to_owned()], request(kind, body), vec![(place, value.into())])
    }

    #[test]
    fn a_secret_becomes_a_field_of_the_body() {
        let field = |kind: &str, body: &str, name: &str| placed(kind, body, wire::Place::Field(name.into()), "s\"3&=ü").map(|p| String::from_utf8(p.body).unwrap());
        for (kind, body, whole) in [
            ("application/json", r#"{"n":1.50, "a":{"b":"}"}} "#, r#"{"n":1.50, "a":{"b":"}"},"token":"s\"3&=ü"}"#),
            ("application/json; charset=utf-8", "", r#"{"token":"s\"3&=ü"}"#),
            ("Application/JSON", "{ }", r#"{ "token":"s\"3&=ü"}"#),
            ("application/x-www-form-urlencoded", "grant=x", "grant=x&token=s%223%26%3D%C3%BC"),
            ("application/x-www-form-urlencoded", "", "token=s%223%26%3D%C3%BC"),
        ] {
            assert_eq!(field(kind, body, "token").unwrap(), whole, "{kind} {body}");
        }
        for (kind, body, name) in [
            ("text/plain", "", "token"), ("application/json", "[]", "token"), ("application/json", "{", "token"), ("application/json", r#"{"token":1}"#, "token"),
            ("application/json", r#"{"\u0074oken":1}"#, "token"), ("application/x-www-form-urlencoded", "a=b&%74oken=c", "token"), ("application/json", "{}", ""), ("application/json", "{}", "a\n"),
        ] {
            assert!(field(kind, body, name).is_err(), "{kind} {body} {name:?}");
        }
    }

    #[test]
    fn a_secret_becomes_a_password() {
        let basic = |user: &str| placed("application/json", "", wire::Place::PasswordOf(user.into()), "s3cret");
        let value = basic("ck_1").unwrap().headers["authorization"].clone();
        assert_eq!((value.to_str().unwrap(), value.is_sensitive()), ("Basic Y2tfMTpzM2NyZXQ=", true));
        for user in ["", "a:b", "a\r\nx: y", &"a".repeat(101)] {
            assert!(basic(user).is_err(), "{user:?}");
        }
    }
}
