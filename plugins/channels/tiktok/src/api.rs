//! Asking TikTok Shop. Signed are secret + path + the query's pairs in order of their keys + body + secret; the token travels
//! in a header (SPEC §1, §4). HTTP 200 may carry an error inside.

use crate::{document, settlement};
use std::cell::OnceCell;
use switchyard_sdk::{
    Document, Fetched, PluginError, Problem, Pulled, Reference, Window,
    ask::{self, Content},
    config,
    errand::{self, Answer, No},
    http::{Auth, Hmac, Insertion, Method, Piece, Place, Response},
    json::Json,
    read::Node,
    signing::Encoding,
    time,
};

const HOST: &str = "https://open-api.tiktokglobalshop.com";
/// The shops that let this app in.
const SHOPS: &str = "/authorization/202309/shops";
const REFERENCES_MAX: usize = 50;
const PAGE_MAX: u32 = 50;
/// A statement of more pages than this is told as far as it was read, with an error.
const STATEMENT_PAGES_MAX: usize = 50;

pub fn call(method: Method, path: &str, pairs: &[(&str, String)], body: Option<String>) -> Result<Vec<u8>, PluginError> {
    Ok(signed(method, path, pairs, body, &refusal)?.body)
}

/// Asks for an act. What TikTok Shop refuses is told apart from what did not reach it.
pub fn act(path: &str, pairs: &[(&str, String)], body: Option<String>) -> Result<Answer, PluginError> {
    errand::hear(no, sort, |refusal| signed(Method::Post, path, pairs, body, refusal))
}

fn signed(
    method: Method,
    path: &str,
    pairs: &[(&str, String)],
    body: Option<String>,
    refusal: &dyn Fn(&[u8]) -> Option<PluginError>,
) -> Result<Response, PluginError> {
    let (app_key, at) = (ask::setting("app_key")?, ask::now_seconds().to_string());
    let (secret, token) = (ask::secret("app_secret")?, ask::secret("access_token")?);
    let mut query = vec![("app_key", app_key), ("timestamp", at)];
    if path != SHOPS {
        query.push(("shop_cipher", cipher()?));
    }
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
    ask::send_content(method, url, body.map(Content::json), Auth { insertions: vec![insertion], hmac: Some(hmac) }, refusal)
}

thread_local! {
    /// A plugin lives for one call, and so does this.
    static CIPHER: OnceCell<String> = const { OnceCell::new() };
}

/// Which shop is spoken to: the setting, or what the authorized-shops call says. It is no secret and no part of the tokens.
fn cipher() -> Result<String, PluginError> {
    if let Some(set) = config::get("shop_cipher").filter(|cipher| !cipher.is_empty()).or_else(|| CIPHER.with(|known| known.get().cloned())) {
        return Ok(set);
    }
    let json = Json::parse(&call(Method::Get, SHOPS, &[], None)?).map_err(PluginError::Permanent)?;
    let found = chosen(&json, config::get("shop_id").filter(|shop| !shop.is_empty()).as_deref()).map_err(ask::unreadable)?;
    Ok(CIPHER.with(|known| known.get_or_init(|| found).clone()))
}

/// The cipher of the shop that is meant among those that let us in.
fn chosen(answer: &Json, shop: Option<&str>) -> Result<String, Problem> {
    let mut known = Vec::new();
    for listed in Node::root(answer)?.require_child("data")?.children("shops")?.unwrap_or_default() {
        known.push((listed.require_id("id")?, listed.require_id("cipher")?));
    }
    let meant: Vec<&(String, String)> = known.iter().filter(|(id, _)| shop.is_none_or(|shop| shop == id)).collect();
    match (meant.as_slice(), shop) {
        ([(_, cipher)], _) => Ok(cipher.clone()),
        ([], Some(shop)) => Err(Problem::InvalidConfig(format!("shop_id: the shop {shop} has not let this app in"))),
        ([], None) => Err(Problem::InvalidConfig("no shop has let this app in".into())),
        _ => Err(Problem::InvalidConfig("shop_id is not set, and several shops have let this app in".into())),
    }
}

/// What stands between the two secrets.
fn to_sign(path: &str, query: &[(&str, String)], body: Option<&str>) -> String {
    let mut sorted: Vec<&(&str, String)> = query.iter().collect();
    sorted.sort();
    let pairs: String = sorted.iter().map(|(key, value)| format!("{key}{value}")).collect();
    format!("{path}{pairs}{}", body.unwrap_or_default())
}

fn refusal(body: &[u8]) -> Option<PluginError> {
    match no(body) {
        Err(problem) => Some(problem),
        Ok(no) => no.map(|no| sort(&no)),
    }
}

/// The error inside an answer.
fn no(body: &[u8]) -> Result<Option<No>, PluginError> {
    let json = Json::parse(body).map_err(|problem| PluginError::Permanent(format!("tiktok's answer is {problem}")))?;
    let Some(Json::Number(code)) = json.get("code") else { return Err(PluginError::Permanent("tiktok's answer has no code".into())) };
    let message: String = match json.get("message") {
        Some(Json::Text(text)) => text.chars().take(200).collect(),
        _ => String::new(),
    };
    Ok((code != "0").then(|| No::new(code, message)))
}

/// What helps (codes of SPEC §4).
fn sort(no: &No) -> PluginError {
    let said = no.words();
    match no.code.as_str() {
        "105002" | "105005" | "101000" => PluginError::Unauthorized(said),
        "106001" => PluginError::InvalidConfig(format!("app_key or app_secret is wrong: {said}")),
        "106013" => PluginError::InvalidConfig(format!("shop_cipher is missing: {said}")),
        "36009002" | "36009003" | "36009007" => PluginError::Retryable(said),
        // The code of a clock that is off is not published [U]; its words are plain. What was asked waits until it is put right.
        _ if no.has(&["timestamp"]) => PluginError::Retryable(format!("the clock of this server is off: {said}")),
        _ => PluginError::Permanent(said),
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
pub fn orders(ids: &[String], fetched: &mut Fetched) -> Result<(), PluginError> {
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

pub fn listed(key: &str, ids: &[String]) -> String {
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
        assert!(matches!(refusal(br#"{"code":106002,"message":"timestamp is out of the window"}"#), Some(PluginError::Retryable(_))));
        assert!(refusal(b"{}").is_some() && refusal(b"<html>").is_some());
    }

    #[test]
    fn the_shop_that_is_meant_is_found() {
        let of = |shops: &str, shop: Option<&str>| chosen(&Json::parse(format!(r#"{{"code":0,"data":{{"shops":{shops}}}}}"#).as_bytes()).unwrap(), shop);
        let two = r#"[{"id":"74","cipher":"GCP_a","region":"VN"},{"id":"75","cipher":"GCP_b"}]"#;
        assert_eq!(of(r#"[{"id":"74","cipher":"GCP_a"}]"#, None).unwrap(), "GCP_a");
        assert_eq!(of(two, Some("75")).unwrap(), "GCP_b");
        for (shops, shop, says) in [(two, None, "several shops"), (two, Some("76"), "shop 76"), ("[]", None, "no shop"), ("null", None, "no shop")] {
            assert!(matches!(of(shops, shop), Err(Problem::InvalidConfig(text)) if text.contains(says)), "{shops}");
        }
    }

    #[test]
    fn ids_are_listed_as_texts() {
        assert_eq!(listed("order_ids", &["12".into(), "3\"4".into()]), r#"{"order_ids":["12","34"]}"#);
    }
}
