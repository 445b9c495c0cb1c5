//! Asking the shop: the REST API of version 3, with the two halves of a key as user and password, put in by the host (SPEC §7).

use crate::document;
use switchyard_sdk::{
    Document, Fetched, PluginError, Pulled, Reference, Window, ask, config,
    http::{Auth, Insertion, Method, Place, Response},
    json::Json,
    log,
    read::Node,
    time,
};

const API: &str = "/wp-json/wc/v3";
const REFERENCES_MAX: usize = 50;
const PAGE_MAX: u32 = 100;
/// Orders with refunds whose own records are asked for in one call; calls are rationed.
const REFUNDS_OF_MAX: usize = 20;

/// The address of the API. It decides where the key is sent, so nothing but a host and a path passes.
fn base(shop: &str) -> Result<String, PluginError> {
    let wrong = || PluginError::InvalidConfig("shop: an address such as shop.example.com or example.com/shop is wanted, over https".into());
    let plain = shop.trim();
    let plain = plain.strip_prefix("https://").unwrap_or(plain).trim_end_matches('/');
    let (host, path) = plain.split_once('/').unwrap_or((plain, ""));
    let label = |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let segment = |segment: &str| !segment.is_empty() && !segment.starts_with('.') && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if !host.contains('.') || !host.split('.').all(label) || !(path.is_empty() || path.split('/').all(segment)) {
        return Err(wrong());
    }
    let path = if path.is_empty() { String::new() } else { format!("/{path}") };
    Ok(format!("https://{}{path}{API}", host.to_ascii_lowercase()))
}

pub fn call(method: Method, path: &str, body: Option<String>) -> Result<Response, PluginError> {
    let url = format!("{}{path}", base(&ask::setting("shop")?)?);
    let (key, secret) = (ask::setting("consumer_key")?, ask::secret("consumer_secret")?);
    let insertion = Insertion { secret: &secret, place: Place::PasswordOf(key), prefix: String::new() };
    ask::send(method, url, body, Auth { insertions: vec![insertion], hmac: None }, refusal)
}

pub fn get(path: &str, pairs: &[(&str, String)]) -> Result<Response, PluginError> {
    let query = if pairs.is_empty() { String::new() } else { format!("?{}", ask::query(pairs)) };
    call(Method::Get, &format!("{path}{query}"), None)
}

/// The shop's own error: `{"code": "woocommerce_rest_…", "message": "…", "data": {"status": 404}}`.
fn refusal(body: &[u8]) -> Option<PluginError> {
    let json = Json::parse(body).ok()?;
    let text = |key: &str| match json.get(key) {
        Some(Json::Text(text)) => Some(text.chars().take(200).collect::<String>()),
        _ => None,
    };
    let code = text("code").filter(|_| json.get("id").is_none())?;
    let said = format!("{code}: {}", text("message").unwrap_or_default());
    Some(if code.contains("authentication") || code.contains("cannot_") || code.contains("forbidden") {
        PluginError::Unauthorized(said)
    } else if code.contains("rest_no_route") || code.contains("no_route") {
        PluginError::InvalidConfig(format!("shop: there is no WooCommerce at this address: {said}"))
    } else {
        PluginError::Permanent(said)
    })
}

pub fn is_number(id: &str) -> bool {
    !id.is_empty() && id.len() <= 20 && id.bytes().all(|byte| byte.is_ascii_digit())
}

fn currency() -> Option<String> {
    config::get("currency").filter(|currency| !currency.is_empty())
}

pub fn fetch(references: &[Reference]) -> Result<Fetched, PluginError> {
    if references.len() > REFERENCES_MAX {
        return Err(PluginError::InvalidInput(format!("at most {REFERENCES_MAX} references a call are wanted")));
    }
    for reference in references {
        if reference.kind != "order" || !is_number(&reference.id) {
            return Err(PluginError::Unsupported(format!("WooCommerce has no {} {}", reference.kind, reference.id)));
        }
    }
    let mut fetched = Fetched { facts: Vec::new(), documents: Vec::new() };
    let ids: Vec<&str> = references.iter().map(|reference| reference.id.as_str()).collect();
    let Some(first) = ids.first() else { return Ok(fetched) };
    let pairs = [("include", ids.join(",")), ("per_page", REFERENCES_MAX.to_string()), ("status", "any".into())];
    let response = get("/orders", &pairs)?;
    take(&mut fetched, first, response.body)?;
    for gone in ids.iter().filter(|id| !fetched.facts.iter().any(|fact| fact.order == **id)) {
        // It was deleted, or lies in the bin: what is known of it stays.
        log::write(log::Level::Warn, &format!("the shop shows no order {gone}"));
    }
    Ok(fetched)
}

/// Orders by the time they last changed, oldest first. The cursor is a second and a page: a list goes on from the last order's
/// second, since an order that changes meanwhile leaves the list and would move the others up past a page's end. Only where a
/// page is all of one second it is the next page that follows.
pub fn pull(window: &Window) -> Result<Pulled, PluginError> {
    let seconds = |text: &str| time::epoch_seconds(text).ok_or_else(|| PluginError::InvalidInput(format!("{text:?} is no time")));
    let (from, to) = (seconds(&window.since)?, seconds(&window.until)?);
    let (since, page) = match window.cursor.as_deref() {
        None => (from, 1),
        Some(cursor) => cursor_of(cursor).ok_or_else(|| PluginError::InvalidInput("the cursor is not one of this connector's".into()))?,
    };
    let limit = window.limit.clamp(1, PAGE_MAX);
    let pairs = [
        // Both bounds are exclusive.
        ("modified_after", gmt(since - 1)),
        ("modified_before", gmt(to + 1)),
        ("dates_are_gmt", "true".into()),
        ("orderby", "modified".into()),
        ("order", "asc".into()),
        ("status", "any".into()),
        ("per_page", limit.to_string()),
        ("page", page.to_string()),
    ];
    let response = get("/orders", &pairs)?;
    let pages = ask::header(&response, "x-wp-totalpages").and_then(|pages| pages.trim().parse::<u32>().ok());
    let (count, last) = extent(&response.body)?;
    let mut fetched = Fetched { facts: Vec::new(), documents: Vec::new() };
    take(&mut fetched, &format!("{}+{page}", gmt(since)), response.body)?;
    let more = pages.map_or(count >= limit as usize, |pages| page < pages) && count > 0;
    let next_cursor = more.then(|| match last.filter(|last| *last > since) {
        Some(last) => format!("{last}:1"),
        None => format!("{since}:{}", page + 1),
    });
    Ok(Pulled { fetched, next_cursor, until: window.until.clone() })
}

fn cursor_of(cursor: &str) -> Option<(i64, u32)> {
    let (since, page) = cursor.split_once(':')?;
    Some((since.parse().ok()?, page.parse().ok().filter(|page| *page > 0)?))
}

/// `2026-11-23T10:00:00`: with `dates_are_gmt` no zone is written.
fn gmt(seconds: i64) -> String {
    time::from_epoch_seconds(seconds.max(0)).unwrap_or_default().trim_end_matches('Z').to_owned()
}

/// How many orders a page has, and the second in which the last of them changed.
fn extent(body: &[u8]) -> Result<(usize, Option<i64>), PluginError> {
    let Json::List(orders) = Json::parse(body).map_err(PluginError::Permanent)? else {
        return Err(PluginError::Permanent("a list of orders is wanted, the shop answered something else".into()));
    };
    let last = match orders.last() {
        Some(order) => {
            let order = Node::root(order).map_err(ask::unreadable)?;
            let at = order.moment("date_modified_gmt").map_err(ask::unreadable)?;
            at.as_deref().and_then(time::epoch_seconds)
        }
        None => None,
    };
    Ok((orders.len(), last))
}

/// What orders tell, and the refunds of those that have any by their own records: only these name lines.
fn take(fetched: &mut Fetched, id: &str, body: Vec<u8>) -> Result<(), PluginError> {
    let now = time::from_epoch_seconds(ask::now_seconds()).unwrap_or_default();
    fetched.facts.extend(document(&body, &now, currency().as_deref()).map_err(ask::unreadable)?.facts);
    let refunded = refunded(&body)?;
    fetched.documents.push(Document { kind: "order".into(), id: id.to_owned(), body });
    for (order, currency) in refunded.into_iter().take(REFUNDS_OF_MAX) {
        let body = get(&format!("/orders/{order}/refunds"), &[("per_page", PAGE_MAX.to_string())])?.body;
        fetched.facts.extend(document(&body, &now, Some(&currency)).map_err(ask::unreadable)?.facts);
        fetched.documents.push(Document { kind: "refund".into(), id: order, body });
    }
    Ok(())
}

/// Orders of an answer that have refunds, with their currencies.
fn refunded(body: &[u8]) -> Result<Vec<(String, String)>, PluginError> {
    let Json::List(orders) = Json::parse(body).map_err(PluginError::Permanent)? else { return Ok(Vec::new()) };
    let mut refunded = Vec::new();
    for order in &orders {
        let order = Node::root(order).map_err(ask::unreadable)?;
        if order.listed("refunds").is_ok_and(|refunds| !refunds.is_empty())
            && let (Ok(Some(id)), Ok(Some(currency))) = (order.name_of("id"), order.code("currency"))
        {
            refunded.push((id, currency));
        }
    }
    Ok(refunded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_go_to_the_shop_only() {
        assert_eq!(base("shop.example.com").unwrap(), "https://shop.example.com/wp-json/wc/v3");
        assert_eq!(base("https://Example.com/shop/").unwrap(), "https://example.com/shop/wp-json/wc/v3");
        for shop in ["", "http://shop.example.com", "shop", "user@shop.example.com", "shop.example.com:8080", "shop.example.com?x", "shop.example.com#", "shop.example.com/../x", "shop.example.com//x", "a..b", "shop.example.com/a b"] {
            assert!(matches!(base(shop), Err(PluginError::InvalidConfig(_))), "{shop}");
        }
    }

    #[test]
    fn errors_inside_an_answer_are_sorted() {
        let of = |code: &str| refusal(format!(r#"{{"code":"{code}","message":"m","data":{{"status":400}}}}"#).as_bytes());
        assert!(matches!(of("woocommerce_rest_authentication_error"), Some(PluginError::Unauthorized(_))));
        assert!(matches!(of("woocommerce_rest_cannot_view"), Some(PluginError::Unauthorized(_))));
        assert!(matches!(of("rest_no_route"), Some(PluginError::InvalidConfig(_))));
        assert!(matches!(of("woocommerce_rest_shop_order_invalid_id"), Some(PluginError::Permanent(text)) if text.ends_with(": m")));
        assert!(refusal(br#"[{"id":1}]"#).is_none() && refusal(br#"{"id":1,"code":"x"}"#).is_none() && refusal(b"<html>").is_none());
    }

    #[test]
    fn a_page_ends_at_its_last_second() {
        assert_eq!((cursor_of("1795428000:2"), cursor_of("1795428000:0"), cursor_of("x:1"), cursor_of("1")), (Some((1_795_428_000, 2)), None, None, None));
        assert_eq!(gmt(1_795_428_000), "2026-11-23T10:00:00");
        let body = br#"[{"id":1,"date_modified_gmt":"2026-11-23T09:00:00"},{"id":2,"date_modified_gmt":"2026-11-23T10:00:00","refunds":[{"id":3}],"currency":"VND"}]"#;
        assert_eq!(extent(body).unwrap(), (2, Some(1_795_428_000)));
        assert_eq!(refunded(body).unwrap(), [("2".to_owned(), "VND".to_owned())]);
        assert!(extent(b"{}").is_err());
    }
}
