//! From what a guest asks for to a request that may be sent.

use crate::{
    contract::imports::http as wire,
    guest::{self, GuestState},
    hosts,
};
use reqwest::{
    Method,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use std::time::Duration;
use url::Url;

const HEADERS_MAX: usize = 32;
const HEADER_BYTES_MAX: usize = 8 << 10;
const BODY_BYTES_MAX: usize = 4 << 20;
const PIECES_MAX: usize = 64;
const INSERTIONS_MAX: usize = 8;

/// What a guest may set. `x-*` besides, unless it speaks about forwarding.
const HEADERS: [&str; 9] =
    ["accept", "accept-language", "content-type", "idempotency-key", "if-match", "if-none-match", "if-modified-since", "user-agent", "prefer"];
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
        wire::Place::Field(name) | wire::Place::PasswordOf(name) => return Err(Refusal::Header(name)),
    }
    Ok(())
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
        assert!(header("Content-Type", b"application/json", false).is_ok());
        assert!(header("X-Shopify-Access-Token", b"t", true).unwrap().1.is_sensitive());
        assert!(header("host", b"t", true).is_err());
        assert!(header("x-big", &[b'a'; HEADER_BYTES_MAX + 1], false).is_err());
    }
}
