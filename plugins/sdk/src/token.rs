//! Describing how tokens are come by. The host sends the request, puts the secrets in and keeps what comes back: a plugin
//! names secrets and the places they stand, and never sees one.

use crate::{
    Exchange, Kept, Pair, Placed, PluginError,
    http::{Header, Method, Place, Request},
    json::Json,
};

const TIMEOUT_MS: u32 = 20_000;

/// An exchange that keeps nothing yet. A body is JSON.
pub fn exchange(method: Method, url: String, body: Option<Json>) -> Exchange {
    let headers = body.iter().map(|_| Header { name: "content-type".into(), value: "application/json".into() }).collect();
    let body = body.map(|body| body.to_string()).unwrap_or_default().into_bytes();
    Exchange {
        request: Request { method, url, headers, body, idempotency_key: None, timeout_ms: TIMEOUT_MS },
        places: Vec::new(),
        signature: None,
        success: None,
        keeps: Vec::new(),
        access: None,
        refresh: None,
        settings: Vec::new(),
    }
}

/// A secret put into the request as it is.
pub fn placed(secret: &str, place: Place) -> Placed {
    Placed { secret: secret.to_owned(), place, prefix: String::new() }
}

/// A value of the answer that is kept as a secret.
pub fn kept(pointer: &str, secret: &str) -> Kept {
    Kept { pointer: pointer.to_owned(), secret: secret.to_owned() }
}

/// What came back with the person.
pub fn told<'a>(answer: &'a [Pair], key: &str) -> Option<&'a str> {
    answer.iter().find(|pair| pair.key == key).map(|pair| pair.value.as_str()).filter(|value| !value.is_empty())
}

/// The code to be traded, or why there is none: channels send `error` where a person said no.
pub fn code<'a>(answer: &'a [Pair], key: &str) -> Result<&'a str, PluginError> {
    told(answer, key).ok_or_else(|| match told(answer, "error_description").or(told(answer, "error")) {
        Some(error) => PluginError::Unauthorized(format!("the channel sent the person back without a code: {}", error.chars().take(200).collect::<String>())),
        None => PluginError::InvalidInput(format!("the channel's answer has no {key}")),
    })
}
