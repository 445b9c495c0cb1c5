//! Asking the shop: the Admin API over REST, version 2026-07. The token goes into a header, by the host (SPEC §6).

use crate::document;
use switchyard_sdk::{
    Document, Fetched, PluginError, Pulled, Reference, Window,
    ask::{self, Content},
    errand::{self, Answer, No},
    http::{Auth, Insertion, Method, Place, Response},
    json::Json,
};

pub const API: &str = "/admin/api/2026-07";
const REFERENCES_MAX: usize = 50;
const PAGE_MAX: u32 = 250;

/// The shop's address. Its domain is checked, since it decides where secrets are sent.
pub fn base(shop: &str) -> Result<String, PluginError> {
    let name = shop.strip_suffix(".myshopify.com").unwrap_or_default();
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        return Err(PluginError::InvalidConfig("shop: a domain such as my-shop.myshopify.com is wanted".into()));
    }
    Ok(format!("https://{shop}"))
}

pub fn get(path: &str) -> Result<Response, PluginError> {
    call(Method::Get, path, None, &|_| None)
}

/// Asks for an act. What Shopify refuses is told apart from what did not reach it.
pub fn act(path: &str, body: Json) -> Result<Answer, PluginError> {
    errand::hear(no, sort, |refusal| call(Method::Post, path, Some(Content::json(body)), refusal))
}

fn call(method: Method, path: &str, content: Option<Content>, refusal: &dyn Fn(&[u8]) -> Option<PluginError>) -> Result<Response, PluginError> {
    let url = format!("{}{API}{path}", base(&ask::setting("shop")?)?);
    let token = ask::secret("access_token")?;
    let insertion = Insertion { secret: &token, place: Place::Header("x-shopify-access-token".into()), prefix: String::new() };
    ask::send_content(method, url, content, Auth { insertions: vec![insertion], hmac: None }, refusal)
}

/// `errors` is a text, a list of texts, or texts by the field they are about; some calls say `error`.
fn no(body: &[u8]) -> Result<Option<No>, PluginError> {
    fn texts(json: &Json) -> Vec<String> {
        match json {
            Json::Text(text) => vec![text.clone()],
            Json::List(items) => items.iter().flat_map(texts).collect(),
            Json::Object(members) => match json.get("message") {
                Some(message) => texts(message),
                None => members.iter().flat_map(|(_, value)| texts(value)).collect(),
            },
            _ => Vec::new(),
        }
    }
    // A body that is no JSON says nothing; the status does.
    let Ok(json) = Json::parse(body) else { return Ok(None) };
    Ok(["errors", "error"].iter().find_map(|key| json.get(key).map(|told| (*key, told))).and_then(|(key, told)| {
        let code = match told {
            Json::Object(members) => members.first().map_or(key, |(field, _)| field.as_str()),
            _ => key,
        };
        let said = texts(told).join("; ");
        (!said.is_empty()).then(|| No::new(code, said))
    }))
}

fn sort(no: &No) -> PluginError {
    if no.has(&["throttled", "exceeded", "try again", "currently being"]) { PluginError::Retryable(no.words()) } else { PluginError::Permanent(no.words()) }
}

pub fn fetch(references: &[Reference]) -> Result<Fetched, PluginError> {
    if references.len() > REFERENCES_MAX {
        return Err(PluginError::InvalidInput(format!("at most {REFERENCES_MAX} references a call are wanted")));
    }
    for reference in references {
        if reference.kind != "order" || reference.id.is_empty() || !reference.id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PluginError::Unsupported(format!("Shopify has no {} {}", reference.kind, reference.id)));
        }
    }
    let mut fetched = Fetched { facts: Vec::new(), documents: Vec::new() };
    let ids: Vec<&str> = references.iter().map(|reference| reference.id.as_str()).collect();
    let Some(first) = ids.first() else { return Ok(fetched) };
    // One call for all: a shop may be asked twice a second only.
    let pairs = [("ids", ids.join(",")), ("limit", REFERENCES_MAX.to_string()), ("status", "any".into())];
    let response = get(&format!("/orders.json?{}", ask::query(&pairs)))?;
    take(&mut fetched, first, response.body)?;
    match ids.iter().find(|id| !fetched.facts.iter().any(|fact| fact.order == **id)) {
        Some(gone) => Err(PluginError::Permanent(format!("the shop has no order {gone}"))),
        None => Ok(fetched),
    }
}

/// Orders by the time they last changed, oldest first. The next page is named by the `Link` header.
pub fn pull(window: &Window) -> Result<Pulled, PluginError> {
    let limit = window.limit.clamp(1, PAGE_MAX).to_string();
    let pairs = match &window.cursor {
        // A page carries its own filters; Shopify refuses any other beside it.
        Some(page) => vec![("limit", limit), ("page_info", page.clone())],
        None => vec![
            ("limit", limit),
            ("status", "any".into()),
            ("order", "updated_at asc".into()),
            ("updated_at_min", window.since.clone()),
            ("updated_at_max", window.until.clone()),
        ],
    };
    let response = get(&format!("/orders.json?{}", ask::query(&pairs)))?;
    let next_cursor = ask::header(&response, "link").and_then(next_page);
    let mut fetched = Fetched { facts: Vec::new(), documents: Vec::new() };
    take(&mut fetched, &window.since, response.body)?;
    Ok(Pulled { fetched, next_cursor, until: window.until.clone() })
}

fn take(fetched: &mut Fetched, id: &str, body: Vec<u8>) -> Result<(), PluginError> {
    fetched.facts.extend(document(&body).map_err(ask::unreadable)?.facts);
    fetched.documents.push(Document { kind: "order".into(), id: id.to_owned(), body });
    Ok(())
}

/// `<https://shop/admin/api/…?limit=50&page_info=abc>; rel="next"` -> `abc`.
fn next_page(link: &str) -> Option<String> {
    let next = link.split(',').find(|part| part.contains("rel=\"next\""))?;
    let query = next.split_once('?')?.1.split_once('>')?.0;
    query.split('&').find_map(|pair| pair.strip_prefix("page_info=")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_in_the_link() {
        let link = r#"<https://a.myshopify.com/admin/api/2026-07/orders.json?limit=2&page_info=prev1>; rel="previous", <https://a.myshopify.com/admin/api/2026-07/orders.json?limit=2&page_info=next1>; rel="next""#;
        assert_eq!(next_page(link).as_deref(), Some("next1"));
        assert_eq!(next_page(r#"<https://a.myshopify.com/o.json?page_info=prev1>; rel="previous""#), None);
    }

    #[test]
    fn errors_have_many_forms() {
        let of = |body: &str| no(body.as_bytes()).unwrap().map(|no| no.words());
        assert_eq!(of(r#"{"errors":"Not Found"}"#).unwrap(), "errors: Not Found");
        assert_eq!(of(r#"{"errors":["a","b"]}"#).unwrap(), "errors: a; b");
        assert_eq!(of(r#"{"errors":{"base":["is fulfilled"],"order":["is closed"]}}"#).unwrap(), "base: is fulfilled; is closed");
        assert_eq!(of(r#"{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]}"#).unwrap(), "errors: Throttled");
        assert_eq!(of(r#"{"error":"Cannot cancel a paid order"}"#).unwrap(), "error: Cannot cancel a paid order");
        assert!(of(r#"{"order":{"id":1}}"#).is_none() && of("<html>").is_none());
        assert!(matches!(sort(&No::new("errors", "Exceeded 2 calls per second")), PluginError::Retryable(_)));
    }

    #[test]
    fn tokens_go_to_shops_only() {
        assert_eq!(base("my-shop.myshopify.com").unwrap(), "https://my-shop.myshopify.com");
        for shop in ["evil.com", ".myshopify.com", "a/b.myshopify.com", "evil.com#.myshopify.com", "user@x.myshopify.com", ""] {
            assert!(matches!(base(shop), Err(PluginError::InvalidConfig(_))), "{shop}");
        }
    }
}
