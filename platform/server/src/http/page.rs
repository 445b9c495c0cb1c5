//! Lists: one page at a time, found again by a signed cursor.
//! Invariant PAGE-1: a cursor works for the list and the tenant it was made for and nowhere else; a changed one is 422.

use super::problem::Problem;
use crate::app::App;
use axum::{
    http::{HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use kernel::{PageLimit, TenantId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::Sha256;

/// The two parameters every list takes.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Rows of a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl PageQuery {
    pub fn limit(&self) -> Result<PageLimit, Problem> {
        limit(self.limit)
    }
}

pub fn limit(rows: Option<u16>) -> Result<PageLimit, Problem> {
    match rows {
        None => Ok(PageLimit::DEFAULT),
        Some(rows) => PageLimit::new(rows).ok_or_else(|| Problem::field("query:limit", "invalid_value", "must be 1 to 200")),
    }
}

/// One page.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct List<T> {
    pub data: Vec<T>,
    /// Where the next page begins; null on the last.
    pub next_cursor: Option<String>,
    pub has_more: bool,
}

const SIGNATURE_BYTES: usize = 16;
/// No cursor of ours is longer.
const CURSOR_CHARS_MAX: usize = 1_000;

/// The list and the tenant a cursor belongs to.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    pub list: &'a str,
    pub tenant: TenantId,
}

/// Signs the key of the last row.
pub fn write_cursor<K: Serialize>(app: &App, scope: Scope<'_>, key: &K) -> Result<String, Problem> {
    let payload = serde_json::to_vec(key).map_err(Problem::internal)?;
    let mut bytes = signature(app, scope, &payload).to_vec();
    bytes.extend_from_slice(&payload);
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Reads a cursor we wrote for this list and tenant.
pub fn read_cursor<K: DeserializeOwned>(app: &App, scope: Scope<'_>, cursor: Option<&str>) -> Result<Option<K>, Problem> {
    let Some(text) = cursor else { return Ok(None) };
    let wrong = || Problem::field("query:cursor", "invalid_value", "must be the next_cursor of the page before, unchanged, in the same list");
    if text.len() > CURSOR_CHARS_MAX {
        return Err(wrong());
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
    let (given, payload) = bytes.split_at_checked(SIGNATURE_BYTES).ok_or_else(wrong)?;
    if !bool::from(subtle::ConstantTimeEq::ct_eq(given, &signature(app, scope, payload)[..])) {
        return Err(wrong());
    }
    serde_json::from_slice(payload).map(Some).map_err(|_| wrong())
}

fn signature(app: &App, scope: Scope<'_>, payload: &[u8]) -> [u8; SIGNATURE_BYTES] {
    let mut mac = Hmac::<Sha256>::new_from_slice(&app.config.master_key.0).expect("HMAC takes a key of any length");
    mac.update(b"switchyard cursor 1 ");
    mac.update(scope.list.as_bytes());
    mac.update(&[0]);
    mac.update(scope.tenant.uuid().as_bytes());
    mac.update(payload);
    let full: [u8; 32] = mac.finalize().into_bytes().into();
    *full.first_chunk().expect("32 bytes hold 16")
}

/// The page as an answer, with `Link: <…>; rel="next"` (RFC 8288) when more rows follow.
pub fn answer<T: Serialize, K: Serialize>(app: &App, scope: Scope<'_>, uri: &Uri, data: Vec<T>, next: Option<K>) -> Result<Response, Problem> {
    let next_cursor = next.map(|key| write_cursor(app, scope, &key)).transpose()?;
    let link = next_cursor.as_deref().map(|cursor| link(app, uri, cursor));
    let mut response = axum::Json(List { data, has_more: next_cursor.is_some(), next_cursor }).into_response();
    if let Some(link) = link.and_then(|text| HeaderValue::from_str(&text).ok()) {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

fn link(app: &App, uri: &Uri, cursor: &str) -> String {
    let kept = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).filter(|(name, _)| name != "cursor");
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).append_pair("cursor", cursor).finish();
    format!("<{}{}?{query}>; rel=\"next\"", app.config.public_url, uri.path())
}
