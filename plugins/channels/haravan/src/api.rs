//! Asking the shop: the Omni API over REST. The token travels in a header. A shop may be asked 80 times at once, then four times
//! a second; a list gives 50 orders a page.

use crate::document;
use switchyard_sdk::{
    Document, Fetched, PluginError, Pulled, Reference, Window, ask,
    http::{Auth, Insertion, Method, Place},
    json::Json,
    read::Node,
    time,
};

const API: &str = "https://apis.haravan.com/com";
const REFERENCES_MAX: usize = 50;
const PAGE_MAX: u32 = 50;

pub fn call(method: Method, path: &str, body: Option<String>) -> Result<Vec<u8>, PluginError> {
    let token = ask::secret("access_token")?;
    let insertion = Insertion { secret: &token, place: Place::Header("authorization".into()), prefix: "Bearer ".into() };
    Ok(ask::send(method, format!("{API}{path}"), body, Auth { insertions: vec![insertion], hmac: None }, refusal)?.body)
}

fn refusal(body: &[u8]) -> Option<PluginError> {
    let json = match Json::parse(body) {
        Ok(json) => json,
        Err(problem) => return Some(PluginError::Permanent(format!("haravan's answer is {problem}"))),
    };
    crate::said(&Node::root(&json).ok()?).map(PluginError::Permanent)
}

pub fn parsed(body: &[u8]) -> Result<Json, PluginError> {
    Json::parse(body).map_err(|problem| PluginError::Permanent(format!("haravan's answer is {problem}")))
}

pub fn is_number(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
}

pub fn fetch(references: &[Reference]) -> Result<Fetched, PluginError> {
    if references.len() > REFERENCES_MAX {
        return Err(PluginError::InvalidInput(format!("at most {REFERENCES_MAX} references a call are wanted")));
    }
    if let Some(other) = references.iter().find(|reference| reference.kind != "order" || !is_number(&reference.id)) {
        return Err(PluginError::Unsupported(format!("Haravan has no {} {}", other.kind, other.id)));
    }
    let mut fetched = Fetched { facts: Vec::new(), documents: Vec::new() };
    let ids: Vec<&str> = references.iter().map(|reference| reference.id.as_str()).collect();
    let Some(first) = ids.first() else { return Ok(fetched) };
    let pairs = [("ids", ids.join(",")), ("limit", PAGE_MAX.to_string()), ("status", "any".into())];
    take(&mut fetched, first, call(Method::Get, &format!("/orders.json?{}", ask::query(&pairs)), None)?)?;
    match ids.iter().find(|id| !fetched.facts.iter().any(|fact| fact.order == **id)) {
        Some(gone) => Err(PluginError::Permanent(format!("the shop has no order {gone}"))),
        None => Ok(fetched),
    }
}

/// Orders by the time they last changed, oldest first. Pages are numbered, and an order that changes while they are read leaves
/// its page: so a full page is followed by the first page from where it ended, and by the next number only where all of it
/// changed in one moment. The cursor is the time and the number.
pub fn pull(window: &Window) -> Result<Pulled, PluginError> {
    let (since, page) = place(window).ok_or_else(|| PluginError::InvalidInput("the cursor is not one of this connector's".into()))?;
    let limit = window.limit.clamp(1, PAGE_MAX);
    let pairs = [
        ("limit", limit.to_string()),
        ("page", page.to_string()),
        ("status", "any".into()),
        ("order", "updated_at asc".into()),
        ("updated_at_min", since.clone()),
        ("updated_at_max", window.until.clone()),
    ];
    let body = call(Method::Get, &format!("/orders.json?{}", ask::query(&pairs)), None)?;
    let changed = changed(&body)?;
    let mut fetched = Fetched { facts: Vec::new(), documents: Vec::new() };
    take(&mut fetched, &window.since, body)?;
    let next_cursor = if changed.len() < limit as usize { None } else { Some(following(&since, page, changed.last())) };
    Ok(Pulled { fetched, next_cursor, until: window.until.clone() })
}

fn place(window: &Window) -> Option<(String, u32)> {
    let Some(cursor) = &window.cursor else { return Some((window.since.clone(), 1)) };
    let (since, page) = cursor.split_once('|')?;
    time::epoch_seconds(since)?;
    Some((since.to_owned(), page.parse().ok()?))
}

/// When each order of a page last changed.
fn changed(body: &[u8]) -> Result<Vec<String>, PluginError> {
    let json = parsed(body)?;
    let read = || Node::root(&json)?.listed("orders")?.iter().map(|order| Ok(order.moment("updated_at")?.unwrap_or_default())).collect::<Result<Vec<_>, _>>();
    read().map_err(ask::unreadable)
}

/// A second before the last, since "after" may mean "later than".
fn following(since: &str, page: u32, last: Option<&String>) -> String {
    let last = last.and_then(|last| time::epoch_seconds(last)).map(|seconds| seconds - 1);
    match last.filter(|last| time::epoch_seconds(since).is_some_and(|since| *last > since)).and_then(time::from_epoch_seconds) {
        Some(from) => format!("{from}|1"),
        None => format!("{since}|{}", page + 1),
    }
}

fn take(fetched: &mut Fetched, id: &str, body: Vec<u8>) -> Result<(), PluginError> {
    fetched.facts.extend(document(&body).map_err(ask::unreadable)?.facts);
    fetched.documents.push(Document { kind: "order".into(), id: id.to_owned(), body });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_page_is_followed_from_where_it_ended() {
        let since = "2026-11-23T10:00:00Z";
        assert_eq!(following(since, 1, Some(&"2026-11-23T10:30:00.500Z".into())), "2026-11-23T10:29:59Z|1");
        assert_eq!(following(since, 3, Some(&"2026-11-23T10:00:01Z".into())), "2026-11-23T10:00:00Z|4", "all of it changed in one moment");
        let window = |cursor: Option<&str>| Window { since: since.into(), until: "2026-11-23T11:00:00Z".into(), cursor: cursor.map(Into::into), limit: 50 };
        assert_eq!(place(&window(None)), Some((since.into(), 1)));
        assert_eq!(place(&window(Some("2026-11-23T10:29:59Z|2"))), Some(("2026-11-23T10:29:59Z".into(), 2)));
        assert!(["2", "x|2", "2026-11-23T10:29:59Z|x"].iter().all(|cursor| place(&window(Some(cursor))).is_none()));
        assert_eq!(changed(br#"{"orders":[{"updated_at":"2026-11-23T10:30:00.5Z"},{}]}"#).unwrap(), ["2026-11-23T10:30:00.500Z", ""]);
    }

    #[test]
    fn errors_are_told() {
        assert!(refusal(br#"{"orders":[]}"#).is_none());
        assert!(matches!(refusal(br#"{"errors":"Not found"}"#), Some(PluginError::Permanent(text)) if text == "Not found"));
        assert!(matches!(refusal(br#"{"errors":{"tracking_number":["is invalid"]}}"#), Some(PluginError::Permanent(text)) if text == "tracking_number"));
        assert!(matches!(refusal(b"<html>"), Some(PluginError::Permanent(_))));
    }
}
