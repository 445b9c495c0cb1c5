//! Asking KiotViet. The token travels in a header, the shop's name in another. Lists are read by offset, 100 at a time; a shop
//! has 5,000 GETs an hour (SPEC §9).

use crate::{currency, document, told};
use switchyard_sdk::{
    Document, Fetched, PluginError, Pulled, Reference, Window, ask,
    http::{Auth, Insertion, Method, Place},
    json::Json,
    read::Node,
};

const HOST: &str = "https://public.kiotapi.com";
/// Each is a GET of its own, and the host lets 40 through at once: more are asked for one by one.
const REFERENCES_MAX: usize = 30;
const PAGE_MAX: u32 = 100;

pub fn call(method: Method, path: &str, body: Option<String>) -> Result<Vec<u8>, PluginError> {
    let (retailer, token) = (ask::setting("retailer")?, ask::secret("access_token")?);
    let insertion = Insertion { secret: &token, place: Place::Header("authorization".into()), prefix: "Bearer ".into() };
    let auth = Auth { insertions: vec![insertion], hmac: None };
    Ok(ask::send_with(method, format!("{HOST}{path}"), &[("retailer", retailer)], body, auth, refusal)?.body)
}

/// The error inside an answer: `{"responseStatus": {"errorCode", "message"}}`.
fn refusal(body: &[u8]) -> Option<PluginError> {
    let json = match Json::parse(body) {
        Ok(json) => json,
        Err(problem) => return Some(PluginError::Permanent(format!("kiotviet's answer is {problem}"))),
    };
    let status = Node::root(&json).ok()?.maybe("responseStatus").map(told::Told)?;
    let code = status.word("errorCode").ok().flatten()?;
    let said: String = format!("{code}: {}", status.word("message").ok().flatten().unwrap_or_default()).chars().take(300).collect();
    let has = |words: &[&str]| words.iter().any(|word| code.to_lowercase().contains(word));
    Some(match () {
        _ if has(&["token", "unauthori"]) => PluginError::Unauthorized(said),
        _ if has(&["limit", "throttl", "timeout"]) => PluginError::Retryable(said),
        _ => PluginError::Permanent(said),
    })
}

/// `invoice-57730529` -> `invoices`, `57730529`.
pub fn named(key: &str) -> Option<(&'static str, &str)> {
    let (kind, id) = key.split_once('-')?;
    let room = match kind {
        "order" => "orders",
        "invoice" => "invoices",
        _ => return None,
    };
    (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())).then_some((room, id))
}

pub fn fetch(references: &[Reference]) -> Result<Fetched, PluginError> {
    if references.len() > REFERENCES_MAX {
        return Err(PluginError::InvalidInput(format!("at most {REFERENCES_MAX} references a call are wanted")));
    }
    let mut paths = Vec::new();
    for reference in references {
        let path = match (reference.kind.as_str(), named(&reference.id)) {
            ("order", Some((room, id))) => format!("/{room}/{id}"),
            ("return", _) if !reference.id.is_empty() && reference.id.bytes().all(|byte| byte.is_ascii_digit()) => format!("/returns/{}", reference.id),
            _ => return Err(PluginError::Unsupported(format!("KiotViet has no {} {}", reference.kind, reference.id))),
        };
        paths.push(path);
    }
    let mut fetched = Fetched { facts: Vec::new(), documents: Vec::new() };
    for (reference, path) in references.iter().zip(paths) {
        take(&mut fetched, &reference.kind, &reference.id, call(Method::Get, &path, None)?)?;
    }
    Ok(fetched)
}

/// What `pull` walks through, one after the other: the cursor says which, and how many were read, e.g. `orders:200`.
const ROOMS: [(&str, &str, &str); 3] = [
    ("invoices", "order", "includePayment=true&includeInvoiceDelivery=true&SaleChannel=true"),
    ("orders", "order", "includePayment=true&includeOrderDelivery=true"),
    ("returns", "return", "includePayment=true"),
];

fn place(cursor: Option<&str>) -> Option<(usize, usize)> {
    let Some(cursor) = cursor else { return Some((0, 0)) };
    let (name, offset) = cursor.split_once(':')?;
    Some((ROOMS.iter().position(|room| room.0 == name)?, offset.parse().ok()?))
}

/// Everything changed since the window began, in the order it was made: offsets then stay where they are while shops go on
/// selling. What changed after the window ended comes along; a bound there would let records fall out of a list half read.
pub fn pull(window: &Window) -> Result<Pulled, PluginError> {
    let (room, offset) = place(window.cursor.as_deref()).ok_or_else(|| PluginError::InvalidInput("the cursor is not one of this connector's".into()))?;
    let since = told::local(&window.since).ok_or_else(|| PluginError::InvalidInput(format!("{:?} is no time", window.since)))?;
    let (name, kind, includes) = ROOMS[room];
    let pairs = [
        ("lastModifiedFrom", since),
        ("pageSize", window.limit.clamp(1, PAGE_MAX).to_string()),
        ("currentItem", offset.to_string()),
        ("orderBy", "createdDate".into()),
        ("orderDirection", "Asc".into()),
    ];
    let body = call(Method::Get, &format!("/{name}?{}&{includes}", ask::query(&pairs)), None)?;
    let (count, total) = page(&body)?;
    let mut fetched = Fetched { facts: Vec::new(), documents: Vec::new() };
    take(&mut fetched, kind, &window.since, body)?;
    Ok(Pulled { fetched, next_cursor: following(room, offset, count, total), until: window.until.clone() })
}

/// How many records a page has, and how many there are.
fn page(body: &[u8]) -> Result<(usize, usize), PluginError> {
    let json = Json::parse(body).map_err(|problem| PluginError::Permanent(format!("kiotviet's answer is {problem}")))?;
    let read = || {
        let root = told::Told(Node::root(&json)?);
        let total = root.number("total")?.and_then(|total| usize::try_from(total).ok()).unwrap_or_default();
        Ok((root.list("data")?.len(), total))
    };
    read().map_err(ask::unreadable)
}

fn following(room: usize, offset: usize, count: usize, total: usize) -> Option<String> {
    if count > 0 && offset + count < total {
        return Some(format!("{}:{}", ROOMS[room].0, offset + count));
    }
    ROOMS.get(room + 1).map(|room| format!("{}:0", room.0))
}

fn take(fetched: &mut Fetched, kind: &str, id: &str, body: Vec<u8>) -> Result<(), PluginError> {
    fetched.facts.extend(document(&body, &currency()).map_err(ask::unreadable)?.facts);
    fetched.documents.push(Document { kind: kind.to_owned(), id: id.to_owned(), body });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_sorted_by_what_helps() {
        let told = |code: &str| refusal(format!(r#"{{"responseStatus":{{"errorCode":"{code}","message":"words"}}}}"#).as_bytes());
        assert!(refusal(br#"{"total":0,"data":[]}"#).is_none());
        assert!(matches!(told("TokenException"), Some(PluginError::Unauthorized(_))));
        assert!(matches!(told("RateLimited"), Some(PluginError::Retryable(_))));
        assert!(matches!(told("KvValidateException"), Some(PluginError::Permanent(text)) if text == "KvValidateException: words"));
        assert!(matches!(refusal(b"<html>"), Some(PluginError::Permanent(_))));
    }

    #[test]
    fn a_pull_walks_rooms_by_offset() {
        assert_eq!((place(None), place(Some("returns:300")), place(Some("x:1")), place(Some("orders"))), (Some((0, 0)), Some((2, 300)), None, None));
        assert_eq!(page(br#"{"total":"250","pageSize":100,"data":[{},{}]}"#).unwrap(), (2, 250));
        assert_eq!(following(0, 100, 100, 250).as_deref(), Some("invoices:200"));
        assert_eq!(following(0, 200, 50, 250).as_deref(), Some("orders:0"));
        // A total that is wrong does not turn in circles.
        assert_eq!(following(1, 200, 0, 250).as_deref(), Some("returns:0"));
        assert_eq!(following(2, 0, 0, 0), None);
    }

    #[test]
    fn keys_name_rooms() {
        assert_eq!(named("invoice-57730529"), Some(("invoices", "57730529")));
        assert_eq!(named("order-1"), Some(("orders", "1")));
        assert!(["57730529", "invoice-", "order-1/2", "return-1", "order-DH1"].iter().all(|key| named(key).is_none()));
    }
}
