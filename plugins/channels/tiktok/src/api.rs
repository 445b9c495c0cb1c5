//! Asking TikTok Shop. Signed are secret + path + the query's pairs in order of their keys + body + secret; the token travels
//! in a header (SPEC §1, §4). HTTP 200 may carry an error inside.

use crate::{document, settlement};
use switchyard_sdk::{
    Document, Fetched, PluginError, Pulled, Reference, Window, ask, config,
    http::{Auth, Hmac, Insertion, Method, Piece, Place},
    json::Json,
    read::Node,
    signing::Encoding,
    time,
};

const HOST: &str = "https://open-api.tiktokglobalshop.com";
const REFERENCES_MAX: usize = 50;
const PAGE_MAX: u32 = 50;
/// A statement of more pages than this is told as far as it was read, with an error.
const STATEMENT_PAGES_MAX: usize = 50;

fn call(method: Method, path: &str, pairs: &[(&str, String)], body: Option<String>) -> Result<Vec<u8>, PluginError> {
    let (app_key, at) = (ask::setting("app_key")?, ask::now_seconds().to_string());
    let (secret, token) = (ask::secret("app_secret")?, ask::secret("access_token")?);
    let mut query = vec![("app_key", app_key), ("timestamp", at)];
    query.extend(config::get("shop_cipher").filter(|cipher| !cipher.is_empty()).map(|cipher| ("shop_cipher", cipher)));
    query.extend(pairs.iter().filter(|(_, value)| !value.is_empty()).cloned());
    let message = to_sign(path, &query, body.as_deref());
    let hmac = Hmac {
        key: &secret,
        pieces: vec![Piece::Secret(&secret), Piece::Text(message), Piece::Secret(&secret)],
        encoding: Encoding::HexLower,
        place: Place::Query("sign".into()),
    };
    let insertion = Insertion { secret: &token, place: Place::Header("x-tts-access-token".into()), prefix: String::new() };
    let url = format!("{HOST}{path}?{}", ask::query(&query));
    Ok(ask::send(method, url, body, Auth { insertions: vec![insertion], hmac: Some(hmac) }, refusal)?.body)
}

/// What stands between the two secrets.
fn to_sign(path: &str, query: &[(&str, String)], body: Option<&str>) -> String {
    let mut sorted: Vec<&(&str, String)> = query.iter().collect();
    sorted.sort();
    let pairs: String = sorted.iter().map(|(key, value)| format!("{key}{value}")).collect();
    format!("{path}{pairs}{}", body.unwrap_or_default())
}

/// The error inside an answer, sorted by what helps (codes of SPEC §4).
fn refusal(body: &[u8]) -> Option<PluginError> {
    let json = match Json::parse(body) {
        Ok(json) => json,
        Err(problem) => return Some(PluginError::Permanent(format!("tiktok's answer is {problem}"))),
    };
    let Some(Json::Number(code)) = json.get("code") else { return Some(PluginError::Permanent("tiktok's answer has no code".into())) };
    let message: String = match json.get("message") {
        Some(Json::Text(text)) => text.chars().take(200).collect(),
        _ => String::new(),
    };
    let said = format!("{code}: {message}");
    match code.as_str() {
        "0" => None,
        "105002" | "105005" | "101000" => Some(PluginError::Unauthorized(said)),
        "106001" => Some(PluginError::InvalidConfig(format!("app_key or app_secret is wrong: {said}"))),
        "106013" => Some(PluginError::InvalidConfig(format!("shop_cipher is missing: {said}"))),
        "36009002" | "36009003" | "36009007" => Some(PluginError::Retryable(said)),
        _ => Some(PluginError::Permanent(said)),
    }
}

pub fn fetch(references: &[Reference]) -> Result<Fetched, PluginError> {
    if references.len() > REFERENCES_MAX {
        return Err(PluginError::InvalidInput(format!("at most {REFERENCES_MAX} references a call are wanted")));
    }
    let mut fetched = Fetched { facts: Vec::new(), documents: Vec::new() };
    let of = |kind: &str| references.iter().filter(|reference| reference.kind == kind).map(|reference| reference.id.clone()).collect::<Vec<_>>();
    if let Some(other) = references.iter().find(|reference| !matches!(reference.kind.as_str(), "order" | "return" | "settlement")) {
        return Err(PluginError::Unsupported(format!("TikTok Shop has no {} to fetch", other.kind)));
    }
    orders(&of("order"), &mut fetched)?;
    let returns = of("return");
    if !returns.is_empty() {
        let body = call(Method::Post, "/return_refund/202309/returns/search", &[("page_size", PAGE_MAX.to_string())], Some(listed("return_ids", &returns)))?;
        take(&mut fetched, "return", &returns[0], body)?;
    }
    for statement in of("settlement") {
        transactions(&statement, &mut fetched)?;
    }
    Ok(fetched)
}

/// Orders in full; where units were cancelled or a buyer asks for it, the cancellations too: they name units and reasons.
fn orders(ids: &[String], fetched: &mut Fetched) -> Result<(), PluginError> {
    if ids.is_empty() {
        return Ok(());
    }
    let body = call(Method::Get, "/order/202309/orders", &[("ids", ids.join(","))], None)?;
    let cancelled = cancelled(&body)?;
    take(fetched, "order", &ids[0], body)?;
    if !cancelled.is_empty() {
        let path = "/return_refund/202309/cancellations/search";
        let body = call(Method::Post, path, &[("page_size", PAGE_MAX.to_string())], Some(listed("order_ids", &cancelled)))?;
        take(fetched, "refund", &cancelled[0], body)?;
    }
    Ok(())
}

fn cancelled(body: &[u8]) -> Result<Vec<String>, PluginError> {
    let json = Json::parse(body).map_err(PluginError::Permanent)?;
    let read = || {
        let mut ids = Vec::new();
        for order in Node::root(&json)?.require_child("data")?.children("orders")?.unwrap_or_default() {
            if order.text("status")?.as_deref() == Some("CANCELLED") || order.flag("is_buyer_request_cancel")? == Some(true) {
                ids.push(order.require_id("id")?);
            }
        }
        Ok(ids)
    };
    read().map_err(ask::unreadable)
}

fn transactions(statement: &str, fetched: &mut Fetched) -> Result<(), PluginError> {
    let path = format!("/finance/202309/statements/{}/statement_transactions", ask::escaped(statement));
    let mut token = String::new();
    for _ in 0..STATEMENT_PAGES_MAX {
        let pairs = [("page_size", PAGE_MAX.to_string()), ("page_token", token.clone()), ("sort_field", "order_create_time".into())];
        let body = call(Method::Get, &path, &pairs, None)?;
        let json = Json::parse(&body).map_err(PluginError::Permanent)?;
        let data = Node::root(&json).and_then(|root| root.require_child("data")).map_err(ask::unreadable)?;
        for item in data.children("statement_transactions").map_err(ask::unreadable)?.unwrap_or_default() {
            fetched.facts.extend(settlement::transaction(&item, Some(statement)).map_err(ask::unreadable)?);
        }
        token = next_page(&data);
        fetched.documents.push(Document { kind: "settlement".into(), id: statement.to_owned(), body });
        if token.is_empty() {
            return Ok(());
        }
    }
    Err(PluginError::Permanent(format!("the statement {statement} has more than {STATEMENT_PAGES_MAX} pages of {PAGE_MAX}")))
}

/// What `pull` walks through, one after the other: the cursor says which and where, e.g. `returns:TOKEN`.
const ROOMS: [(&str, &str, &str); 3] = [
    ("orders", "/order/202309/orders/search", "order"),
    ("cancellations", "/return_refund/202309/cancellations/search", "refund"),
    ("returns", "/return_refund/202309/returns/search", "return"),
];

pub fn pull(window: &Window) -> Result<Pulled, PluginError> {
    let (room, token) = match window.cursor.as_deref() {
        None => (0, ""),
        Some(cursor) => {
            let found = cursor.split_once(':').and_then(|(name, token)| Some((ROOMS.iter().position(|room| room.0 == name)?, token)));
            found.ok_or_else(|| PluginError::InvalidInput("the cursor is not one of this connector's".into()))?
        }
    };
    let seconds = |text: &str| time::epoch_seconds(text).ok_or_else(|| PluginError::InvalidInput(format!("{text:?} is no time")));
    let filter = format!("{{\"update_time_ge\":{},\"update_time_lt\":{}}}", seconds(&window.since)?, seconds(&window.until)?);
    let pairs = [
        ("page_size", window.limit.clamp(1, PAGE_MAX).to_string()),
        ("page_token", token.to_owned()),
        ("sort_field", "update_time".into()),
        ("sort_order", "ASC".into()),
    ];
    let (_, path, kind) = ROOMS[room];
    let body = call(Method::Post, path, &pairs, Some(filter))?;
    let json = Json::parse(&body).map_err(PluginError::Permanent)?;
    let next = Node::root(&json).and_then(|root| root.require_child("data")).map(|data| next_page(&data)).map_err(ask::unreadable)?;
    let mut fetched = Fetched { facts: Vec::new(), documents: Vec::new() };
    take(&mut fetched, kind, &window.since, body)?;
    let next_cursor = match next.is_empty() {
        false => Some(format!("{}:{next}", ROOMS[room].0)),
        true => ROOMS.get(room + 1).map(|room| format!("{}:", room.0)),
    };
    Ok(Pulled { fetched, next_cursor, until: window.until.clone() })
}

/// The token of the next page; empty, absent or not a text where there is none.
fn next_page(data: &Node<'_>) -> String {
    data.text("next_page_token").ok().flatten().unwrap_or_default()
}

fn listed(key: &str, ids: &[String]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("\"{}\"", id.replace(|c: char| !c.is_ascii_alphanumeric(), ""))).collect();
    format!("{{\"{key}\":[{}]}}", ids.join(","))
}

/// An answer with an empty list is an answer: nothing of that kind is known.
fn take(fetched: &mut Fetched, kind: &str, id: &str, body: Vec<u8>) -> Result<(), PluginError> {
    let json = Json::parse(&body).map_err(PluginError::Permanent)?;
    let empty = json.get("data").is_none_or(|data| !["orders", "cancellations", "return_orders"].iter().any(|list| data.get(list).is_some()));
    if !empty {
        fetched.facts.extend(document(&body).map_err(ask::unreadable)?.facts);
    }
    fetched.documents.push(Document { kind: kind.to_owned(), id: id.to_owned(), body });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_signed_in_order_of_their_keys() {
        let query = [("timestamp", "1623812664".to_owned()), ("app_key", "29a39d".into()), ("ids", "1,2".into())];
        assert_eq!(to_sign("/order/202309/orders", &query, None), "/order/202309/ordersapp_key29a39dids1,2timestamp1623812664");
        assert_eq!(to_sign("/p", &query[..1], Some("{}")), "/ptimestamp1623812664{}");
    }

    #[test]
    fn errors_inside_an_answer_are_sorted() {
        let of = |code: u32| refusal(format!(r#"{{"code":{code},"message":"m","data":{{}}}}"#).as_bytes());
        assert!(of(0).is_none());
        assert!(matches!(of(105_002), Some(PluginError::Unauthorized(_))));
        assert!(matches!(of(106_001), Some(PluginError::InvalidConfig(_))));
        assert!(matches!(of(106_013), Some(PluginError::InvalidConfig(text)) if text.contains("shop_cipher")));
        assert!(matches!(of(36_009_003), Some(PluginError::Retryable(_))));
        assert!(matches!(of(1), Some(PluginError::Permanent(text)) if text == "1: m"));
        assert!(refusal(b"{}").is_some() && refusal(b"<html>").is_some());
    }

    #[test]
    fn ids_are_listed_as_texts() {
        assert_eq!(listed("order_ids", &["12".into(), "3\"4".into()]), r#"{"order_ids":["12","34"]}"#);
    }
}
