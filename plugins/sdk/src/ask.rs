//! Asking a channel over HTTPS. The host dials, signs and inserts tokens; a plugin only says where they belong.
//!
//! What went wrong is told apart by what helps: later, another authorization, another setting, or nothing.

use crate::{
    PluginError, clock, config,
    http::{self, Auth, HttpError, Method, Request, Response},
    time,
};
use std::fmt::Write as _;

const TIMEOUT_MS: u32 = 20_000;

/// A setting that must be there.
pub fn setting(key: &str) -> Result<String, PluginError> {
    config::get(key).filter(|value| !value.is_empty()).ok_or_else(|| PluginError::InvalidConfig(format!("{key} is not set")))
}

/// A secret that must be there, as a handle.
pub fn secret(name: &str) -> Result<config::Secret, PluginError> {
    config::open_secret(name).ok_or_else(|| PluginError::InvalidConfig(format!("the secret {name} is not set")))
}

pub fn now_seconds() -> i64 {
    time::epoch_seconds(&clock::now()).unwrap_or_default()
}

/// Sends a request; any answer but 2xx is an error of the right sort. `refusal` reads the channel's own error out of a body:
/// some channels send it with 200, some with 4xx.
pub fn send(
    method: Method,
    url: String,
    body: Option<String>,
    auth: Auth<'_>,
    refusal: impl Fn(&[u8]) -> Option<PluginError>,
) -> Result<Response, PluginError> {
    send_with(method, url, &[], body, auth, refusal)
}

/// The same with headers of the channel's own, e.g. the version of its API.
pub fn send_with(
    method: Method,
    url: String,
    own: &[(&str, String)],
    body: Option<String>,
    auth: Auth<'_>,
    refusal: impl Fn(&[u8]) -> Option<PluginError>,
) -> Result<Response, PluginError> {
    let header_of = |name: &str, value: &str| http::Header { name: name.to_owned(), value: value.to_owned() };
    let typed = body.iter().map(|_| header_of("content-type", "application/json"));
    let headers = typed.chain(own.iter().map(|(name, value)| header_of(name, value))).collect();
    let request = Request { method, url, headers, body: body.unwrap_or_default().into_bytes(), idempotency_key: None, timeout_ms: TIMEOUT_MS };
    let response = http::send(&request, &auth).map_err(unsent)?;
    match sorted(problem(response.status, header(&response, "retry-after")), || refusal(&response.body)) {
        Some(problem) => Err(problem),
        None => Ok(response),
    }
}

pub fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value.as_str())
}

/// The body of a request that need not be JSON.
pub struct Content {
    pub media_type: String,
    pub bytes: Vec<u8>,
}

impl Content {
    pub fn json(body: impl std::fmt::Display) -> Self {
        Self { media_type: "application/json".into(), bytes: body.to_string().into_bytes() }
    }
}

/// Sends a request with a body of any kind; answers are sorted as by [`send`].
pub fn send_content(
    method: Method,
    url: String,
    content: Option<Content>,
    auth: Auth<'_>,
    refusal: impl Fn(&[u8]) -> Option<PluginError>,
) -> Result<Response, PluginError> {
    let headers = content.iter().map(|content| http::Header { name: "content-type".into(), value: content.media_type.clone() }).collect();
    let body = content.map(|content| content.bytes).unwrap_or_default();
    let response = http::send(&Request { method, url, headers, body, idempotency_key: None, timeout_ms: TIMEOUT_MS }, &auth).map_err(unsent)?;
    let told = sorted(problem(response.status, header(&response, "retry-after")), || refusal(&response.body));
    told.map_or(Ok(response), Err)
}

fn unsent(error: HttpError) -> PluginError {
    match error {
        HttpError::NotAllowed(what) => PluginError::Permanent(format!("the host does not allow this call: {what}")),
        HttpError::BlockedAddress => PluginError::Permanent("the channel's address is not a public one".into()),
        HttpError::BodyTooLarge => PluginError::Permanent("the channel's answer is too large".into()),
        HttpError::TooManyRequests => PluginError::Retryable("too many calls at once".into()),
        HttpError::Timeout => PluginError::Retryable("the channel did not answer in time".into()),
        HttpError::Tls => PluginError::Retryable("no secure connection to the channel".into()),
        HttpError::Transport(what) => PluginError::Retryable(format!("the channel was not reached: {what}")),
    }
}

/// The status decides about "later"; otherwise the channel's own words say more than the status.
fn sorted(by_status: Option<PluginError>, refusal: impl Fn() -> Option<PluginError>) -> Option<PluginError> {
    match by_status {
        None => refusal(),
        Some(PluginError::Retryable(text)) => Some(PluginError::Retryable(text)),
        Some(PluginError::Permanent(text)) => refusal().or(Some(PluginError::Permanent(text))),
        Some(other) => refusal().filter(|told| !matches!(told, PluginError::Permanent(_))).or(Some(other)),
    }
}

fn problem(status: u16, retry_after: Option<&str>) -> Option<PluginError> {
    match status {
        200..=299 => None,
        429 => Some(PluginError::Retryable(format!("the channel limits calls; retry after {} s", retry_after.unwrap_or("?")))),
        401 | 403 => Some(PluginError::Unauthorized(format!("the channel answered {status}"))),
        408 | 500..=599 => Some(PluginError::Retryable(format!("the channel answered {status}"))),
        _ => Some(PluginError::Permanent(format!("the channel answered {status}"))),
    }
}

/// A value as it stands in a query (RFC 3986: everything but unreserved characters is escaped).
pub fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            _ => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

/// `a=1&b=2` of pairs.
pub fn query(pairs: &[(&str, String)]) -> String {
    pairs.iter().map(|(key, value)| format!("{key}={}", escaped(value))).collect::<Vec<_>>().join("&")
}

/// A problem found in an answer, for `fetch` and `pull`.
pub fn unreadable(problem: crate::Problem) -> PluginError {
    match problem {
        crate::Problem::InvalidConfig(text) => PluginError::InvalidConfig(text),
        crate::Problem::Malformed(text) | crate::Problem::Unsupported(text) | crate::Problem::BadSignature(text) => PluginError::Permanent(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_escaped() {
        assert_eq!(query(&[("ids", "1,2".into()), ("q", "a b&c=ở".into())]), "ids=1%2C2&q=a%20b%26c%3D%E1%BB%9F");
    }

    #[test]
    fn the_channels_own_words_say_more_than_the_status() {
        let told = |text: &str| Some(PluginError::Permanent(text.into()));
        let later = || Some(PluginError::Retryable("busy".into()));
        assert!(sorted(None, || None).is_none());
        assert!(matches!(sorted(None, || told("inside")), Some(PluginError::Permanent(text)) if text == "inside"));
        assert!(matches!(sorted(problem(400, None), || told("inside")), Some(PluginError::Permanent(text)) if text == "inside"));
        assert!(matches!(sorted(problem(503, None), || told("<html>")), Some(PluginError::Retryable(_))));
        assert!(matches!(sorted(problem(401, None), || told("<html>")), Some(PluginError::Unauthorized(_))));
        assert!(matches!(sorted(problem(403, None), later), Some(PluginError::Retryable(text)) if text == "busy"));
    }

    #[test]
    fn answers_are_sorted_by_what_helps() {
        assert!(problem(200, None).is_none());
        assert!(matches!(problem(429, Some("7")), Some(PluginError::Retryable(text)) if text.contains("7 s")));
        assert!(matches!(problem(503, None), Some(PluginError::Retryable(_))));
        assert!(matches!(problem(401, None), Some(PluginError::Unauthorized(_))));
        assert!(matches!(problem(302, None), Some(PluginError::Permanent(_))));
        assert!(matches!(unsent(HttpError::TooManyRequests), PluginError::Retryable(_)));
        assert!(matches!(unsent(HttpError::NotAllowed("x".into())), PluginError::Permanent(_)));
    }
}
