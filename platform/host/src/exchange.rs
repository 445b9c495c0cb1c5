//! Trading a code or an old token for new ones. A connector says how, as data; the host sends the request, and what comes
//! back goes to the vault. No guest runs while tokens are about.
//!
//! Invariant TOKEN-2: a token is in no log, no record of a run, no setting and no guest's memory.
//! Invariant TOKEN-3: the request goes to a granted host by the rules of every plugin's request; only granted secrets are
//! used, and only granted secrets are written.
//! Invariant TOKEN-4: once the channel has said yes, nothing that is odd about the rest of its answer loses the tokens.

use crate::{
    Host,
    account::{AccountContext, Grants, SecretBytes},
    contract::{imports::http as http_wire, wire},
    failure::CallFailure,
    guest, hosts,
    http::request,
    text,
    translate::{Checked, InvalidOutput, at_most, each, wrong},
};
use kernel::Timestamp;
use serde_json::Value;
use switchyard_core::orders::errands::Action;
use url::Url;

const PARTS_MAX: usize = 64;
const PLACES_MAX: usize = 8;
const KEEPS_MAX: usize = 8;
const SETTINGS_MAX: usize = 20;
const POINTER_BYTES_MAX: usize = 200;
const SETTING_CHARS_MAX: usize = 500;
const TOKEN_BYTES_MAX: usize = 16 << 10;
const FIXED_SECONDS_MAX: u32 = 10 * 366 * 86_400;
/// A duration of 30 years is none: it is an instant (SPEC §3, `expire_in` may be either).
const DURATION_SECONDS_MAX: i64 = 1_000_000_000;
/// What a channel calls the reason of a no. Nothing else of its answer is ever told: it may be a token.
const REASONS: [&str; 8] = ["error", "error_code", "errcode", "code", "error_description", "message", "msg", "error_msg"];

/// What a channel says when it is not itself, whatever its status: asked again later, it may say yes. Losing an account to such
/// an answer costs a person's way to the channel; asking once too often costs a request.
const LATER: [&str; 17] = [
    "try again", "try later", "busy", "timeout", "timed out", "timestamp", "server_error", "error_server", "error_inner", "error_network", "system error", "systemerror", "internal error",
    "temporarily", "unavailable", "rate_limit", "calllimit",
];

/// The name of the secret whose life `access` tells.
pub const ACCESS_TOKEN: &str = "access_token";
pub const REFRESH_TOKEN: &str = "refresh_token";

/// A checked exchange.
#[derive(Clone)]
pub struct Exchange {
    request: wire::Request,
    places: Vec<wire::Placed>,
    signature: Option<wire::Signature>,
    success: Option<wire::Success>,
    keeps: Vec<wire::Kept>,
    access: Option<wire::Lifetime>,
    refresh: Option<wire::Lifetime>,
    /// Setting, pointer.
    settings: Vec<(String, String)>,
}

/// What came of it. Debug output of the secrets is redacted by their type.
#[derive(Debug)]
pub struct Tokens {
    pub secrets: Vec<(String, SecretBytes)>,
    pub access_until: Option<Timestamp>,
    pub refresh_until: Option<Timestamp>,
    pub settings: Vec<(String, String)>,
}

/// A checked link.
pub struct Link {
    url: Url,
    signature: Option<wire::Signature>,
}

fn pointer(field: &str, pointer: &str) -> Checked<()> {
    let form = pointer.starts_with('/') && pointer.len() <= POINTER_BYTES_MAX && !pointer.chars().any(char::is_control);
    let escapes = pointer.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    if form && escapes { Ok(()) } else { wrong(field, format!("{:?} is not a JSON Pointer such as /data/access_token", text::line(pointer, 60))) }
}

fn granted(field: &str, secret: &str, grants: &Grants) -> Checked<()> {
    if grants.secrets.iter().any(|known| known == secret) { Ok(()) } else { wrong(field, format!("the secret {:?} is not granted", text::line(secret, 60))) }
}

fn signature(told: Option<wire::Signature>, grants: &Grants) -> Checked<Option<wire::Signature>> {
    if let Some(told) = &told {
        granted("signature.key", &told.key, grants)?;
        at_most("signature.parts", told.parts.len(), PARTS_MAX)?;
        for part in &told.parts {
            if let wire::Part::Secret(secret) = part {
                granted("signature.parts", secret, grants)?;
            }
        }
    }
    Ok(told)
}

pub(crate) fn exchange(told: wire::Exchange, grants: &Grants) -> Checked<Exchange> {
    let settings: Vec<(String, String)> = each("settings", told.settings, SETTINGS_MAX, |pair| {
        pointer("value", &pair.value)?;
        let named = pair.value.to_ascii_lowercase();
        // A setting is shown to people and to the guest: it is never read off where a token stands (TOKEN-2).
        if ["token", "secret", "password", "credential"].iter().any(|word| named.contains(word)) {
            return wrong("value", "a setting is not read from where a secret stands");
        }
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.');
        if !(1..=60).contains(&pair.key.len()) || !pair.key.chars().all(word) {
            return wrong("key", "expected 1 to 60 of a-z, 0-9, '_', '-' and '.'");
        }
        Ok((pair.key, pair.value))
    })?;
    let keeps = each("keeps", told.keeps, KEEPS_MAX, |kept| {
        pointer("pointer", &kept.pointer)?;
        granted("secret", &kept.secret, grants)?;
        Ok(kept)
    })?;
    if keeps.is_empty() {
        return wrong("keeps", "empty: an exchange brings a token");
    }
    let places = each("places", told.places, PLACES_MAX, |placed| granted("secret", &placed.secret, grants).map(|()| placed))?;
    for (field, lifetime) in [("access", &told.access), ("refresh", &told.refresh)] {
        match lifetime {
            Some(wire::Lifetime::InSeconds(at) | wire::Lifetime::AtSecond(at)) => pointer(field, at)?,
            Some(wire::Lifetime::FixedSeconds(seconds)) if !(60..=FIXED_SECONDS_MAX).contains(seconds) => return wrong(field, "expected a minute to ten years"),
            _ => {}
        }
    }
    if let Some(success) = &told.success {
        pointer("success.pointer", &success.pointer)?;
        at_most("success.values", success.values.len(), PARTS_MAX)?;
    }
    hosts::check_url(&told.request.url, &grants.hosts).or_else(|e| wrong("request.url", e))?;
    Ok(Exchange { request: told.request, places, signature: signature(told.signature, grants)?, success: told.success, keeps, access: told.access, refresh: told.refresh, settings })
}

pub(crate) fn link(told: wire::Link, grants: &Grants) -> Checked<Link> {
    // People are sent there: a connector sends them to its channel and nowhere else.
    let url = hosts::check_url(&told.url, &grants.hosts).or_else(|e| wrong("url", e))?;
    let signature = signature(told.signature, grants)?;
    match signature.as_ref().map(|s| &s.place) {
        None | Some(http_wire::Place::Query(_)) => Ok(Link { url, signature }),
        Some(_) => Err(InvalidOutput { field: "signature.place".into(), problem: "a link is signed in its query".into() }),
    }
}

/// The newest value of a secret.
fn newest<'a>(account: &'a AccountContext, name: &str) -> Result<&'a [u8], CallFailure> {
    let values = account.secrets.get(name).filter(|_| account.grants.secrets.iter().any(|known| known == name));
    values.and_then(|values| values.first()).map(SecretBytes::expose).ok_or_else(|| CallFailure::new("plugin.invalid_config", format!("the secret {name} is not set")))
}

fn sign(account: &AccountContext, signature: &wire::Signature) -> Result<String, CallFailure> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in &signature.parts {
        parts.push(match part {
            wire::Part::Text(text) => text.as_bytes(),
            wire::Part::Secret(name) => newest(account, name)?,
        });
    }
    let digest = guest::hmac_sha256(newest(account, &signature.key)?, parts).map_err(|e| CallFailure::new("host.failed", e.to_string()))?;
    Ok(guest::encode(&digest, signature.encoding))
}

impl Link {
    pub(crate) fn signed(mut self, account: &AccountContext) -> Result<String, CallFailure> {
        if let Some(signature) = &self.signature
            && let http_wire::Place::Query(name) = &signature.place
        {
            let made = sign(account, signature)?;
            self.url.query_pairs_mut().append_pair(name, &made);
        }
        Ok(self.url.into())
    }
}

impl Host {
    /// Sends an exchange on behalf of an account and reads the tokens off the answer. `plugin.unauthorized`: the channel
    /// said no; `plugin.retryable`: it said nothing, or asked to come later.
    pub async fn carry_out(&self, account: &AccountContext, exchange: &Exchange) -> Result<Tokens, CallFailure> {
        let mut placed = Vec::with_capacity(exchange.places.len() + 1);
        for place in &exchange.places {
            placed.push((place.place.clone(), [place.prefix.as_bytes(), newest(account, &place.secret)?].concat()));
        }
        if let Some(signature) = &exchange.signature {
            placed.push((signature.place.clone(), sign(account, signature)?.into_bytes()));
        }
        let prepared = request::prepare_own(&account.grants.hosts, exchange.request.clone(), placed).map_err(|e| CallFailure::new("plugin.permanent", e.to_string()))?;
        let answer = self.outside.http.send(account.installation, prepared).await.map_err(|e| CallFailure::new("plugin.retryable", unsent(&e)))?;
        read(exchange, &answer, chrono::Utc::now())
    }
}

fn unsent(error: &http_wire::HttpError) -> &'static str {
    use http_wire::HttpError;
    match error {
        HttpError::NotAllowed(_) => "the channel's address is not allowed",
        HttpError::BlockedAddress => "the channel's name leads to no public address",
        HttpError::TooManyRequests => "too many requests of this plugin at once",
        HttpError::Timeout => "the channel did not answer in time",
        HttpError::BodyTooLarge => "the channel's answer is too large",
        HttpError::Tls => "the channel's certificate is not good",
        HttpError::Transport(_) => "the channel could not be reached",
    }
}

/// A member as text: channels write numbers and texts for one another.
fn member(answer: &Value, pointer: &str) -> Option<String> {
    match answer.pointer(pointer)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

fn read(exchange: &Exchange, answer: &http_wire::Response, now: Timestamp) -> Result<Tokens, CallFailure> {
    let status = answer.status;
    if status == 429 || status >= 500 {
        return Err(CallFailure::new("plugin.retryable", format!("the channel answered {status}")));
    }
    let json: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let no = |answer: &Value| {
        let reasons: Vec<&str> = REASONS.iter().filter_map(|name| answer[*name].as_str().filter(|text| !text.is_empty())).collect();
        let said = reasons.first().copied().unwrap_or("no reason given");
        let is_later = LATER.iter().any(|word| reasons.iter().any(|reason| reason.to_lowercase().contains(word)));
        CallFailure::new(if is_later { "plugin.retryable" } else { "plugin.unauthorized" }, format!("the channel answered {status}: {}", text::line(said, 200)))
    };
    let Some(json) = json else {
        return Err(if (400..500).contains(&status) { no(&Value::Null) } else { CallFailure::new("plugin.retryable", format!("the channel answered {status} without JSON")) });
    };
    let yes = match &exchange.success {
        _ if !(200..300).contains(&status) => false,
        None => true,
        Some(wire::Success { pointer, values }) => {
            let told = member(&json, pointer).unwrap_or_default();
            // Without values, absent or empty is a yes.
            if values.is_empty() { told.is_empty() } else { values.contains(&told) }
        }
    };
    if !yes {
        return Err(no(&json));
    }
    let secrets: Vec<(String, SecretBytes)> = exchange
        .keeps
        .iter()
        .filter_map(|kept| Some((kept.secret.clone(), member(&json, &kept.pointer).filter(|value| value.len() <= TOKEN_BYTES_MAX)?)))
        .map(|(name, value)| (name, SecretBytes::new(value.into_bytes())))
        .collect();
    if secrets.is_empty() {
        return Err(CallFailure::new("plugin.permanent", format!("the channel answered {status} without any of the tokens")));
    }
    let is_token = |value: &str| secrets.iter().any(|(_, token)| value.as_bytes() == token.expose());
    let settings = exchange.settings.iter().filter_map(|(key, pointer)| {
        let value = member(&json, pointer).filter(|value| !is_token(value) && value.chars().count() <= SETTING_CHARS_MAX && !value.chars().any(char::is_control))?;
        Some((key.clone(), value))
    });
    Ok(Tokens { settings: settings.collect(), access_until: until(&exchange.access, &json, now), refresh_until: until(&exchange.refresh, &json, now), secrets })
}

/// When a token ends; an unreadable or past end is unknown (TOKEN-4).
fn until(lifetime: &Option<wire::Lifetime>, answer: &Value, now: Timestamp) -> Option<Timestamp> {
    let told = |pointer: &str| member(answer, pointer).and_then(|text| text.parse::<i64>().ok());
    let after = |seconds: i64| now.timestamp().checked_add(seconds);
    let second = match lifetime.as_ref()? {
        wire::Lifetime::FixedSeconds(seconds) => after(i64::from(*seconds)),
        wire::Lifetime::AtSecond(pointer) => told(pointer),
        wire::Lifetime::InSeconds(pointer) => told(pointer).and_then(|seconds| if seconds >= DURATION_SECONDS_MAX { Some(seconds) } else { after(seconds) }),
    }?;
    let latest = now.timestamp() + i64::from(FIXED_SECONDS_MAX);
    Timestamp::from_timestamp(second.min(latest), 0).filter(|end| *end > now)
}

/// An act of ours in the words of the contract; `None`: connectors have no word for it.
pub(crate) fn action(action: Action) -> Option<wire::Action> {
    let lines = |lines: Vec<switchyard_core::orders::fact::LineQuantity>| {
        lines.into_iter().map(|line| crate::contract::plugin_types::facts::LineQuantity { line_id: line.line_id, quantity: line.quantity.to_string() }).collect()
    };
    let parcel = |parcel: switchyard_core::orders::errands::Parcel| wire::Parcel { carrier: parcel.carrier, tracking: parcel.tracking, lines: lines(parcel.lines) };
    Some(match action {
        Action::Confirm => wire::Action::Confirm,
        Action::Pack(goods) => wire::Action::Pack(parcel(goods)),
        Action::Ship(goods) => wire::Action::Ship(parcel(goods)),
        Action::Cancel(wish) => wire::Action::Cancel(wire::WishedCancellation { reason: wish.reason.word().into(), detail: wish.detail, lines: lines(wish.lines) }),
        Action::Stock(levels) => wire::Action::Stock(levels.into_iter().map(|level| wire::Level { listing: level.listing, sku: level.sku, available: level.available.to_string() }).collect()),
        Action::Invoice(copy) => wire::Action::Invoice(wire::InvoiceCopy {
            number: copy.number,
            issued_at: copy.issued_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            total: crate::contract::plugin_types::types::Money { amount: copy.total.amount.to_string(), currency: copy.total.currency.code().into() },
            media_type: copy.media_type,
            body: copy.body,
        }),
        // Handed over as a copy of the invoice.
        Action::Document(_) => return None,
    })
}

#[cfg(test)]
mod tests;
