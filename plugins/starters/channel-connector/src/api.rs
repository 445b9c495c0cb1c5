//! Asking the channel over https. The host dials, and puts the token in: this code never sees it.

use crate::translate;
use switchyard_sdk::{
    Document, Fetched, PluginError, Pulled, Reference, Window, ask,
    http::{Auth, Insertion, Method, Place, Response},
    json::Json,
    read::{Node, malformed},
};

/// Among the manifest's `declares.hosts`.
const API: &str = "https://api.example.com/v1";

fn get(path: &str) -> Result<Response, PluginError> {
    let token = ask::secret("access_token")?;
    let insertion = Insertion { secret: &token, place: Place::Header("authorization".into()), prefix: "Bearer ".into() };
    ask::send(Method::Get, format!("{API}{path}"), None, Auth { insertions: vec![insertion], hmac: None }, |_| None)
}

/// What a webhook only named: `{"order": {...}}`, one call for each.
pub fn fetch(references: &[Reference]) -> Result<Fetched, PluginError> {
    let mut fetched = Fetched { facts: Vec::new(), documents: Vec::new() };
    for reference in references {
        if reference.kind != "order" {
            return Err(PluginError::Unsupported(format!("this channel has no {}", reference.kind)));
        }
        take(&mut fetched, &reference.id, get(&format!("/orders/{}", ask::escaped(&reference.id)))?.body)?;
    }
    Ok(fetched)
}

/// What changed in a window, page by page: `{"orders": [{"id": ...}, ...], "next": "..."}` names them, then each is fetched.
pub fn pull(window: &Window) -> Result<Pulled, PluginError> {
    let mut pairs = vec![("updated_since", window.since.clone()), ("updated_until", window.until.clone()), ("limit", window.limit.clamp(1, 50).to_string())];
    pairs.extend(window.cursor.clone().map(|cursor| ("cursor", cursor)));
    let page = get(&format!("/orders?{}", ask::query(&pairs)))?;
    let (ids, next_cursor) = named(&page.body).map_err(ask::unreadable)?;
    let references: Vec<Reference> = ids.into_iter().map(|id| Reference { kind: "order".into(), id }).collect();
    Ok(Pulled { fetched: fetch(&references)?, next_cursor, until: window.until.clone() })
}

fn named(body: &[u8]) -> Result<(Vec<String>, Option<String>), switchyard_sdk::Problem> {
    let json = Json::parse(body).map_err(malformed)?;
    let page = Node::root(&json)?;
    let ids = page.children("orders")?.unwrap_or_default().iter().map(|order| order.require_id("id")).collect::<Result<_, _>>()?;
    Ok((ids, page.text("next")?))
}

/// The answer is kept as evidence beside the facts read from it.
fn take(fetched: &mut Fetched, id: &str, body: Vec<u8>) -> Result<(), PluginError> {
    fetched.facts.extend(translate(&body).map_err(ask::unreadable)?.facts);
    fetched.documents.push(Document { kind: "order".into(), id: id.to_owned(), body });
    Ok(())
}
