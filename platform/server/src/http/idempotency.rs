//! `Idempotency-Key`: the first answer to a key is kept in the transaction of its effect and replayed to every repeat.
//! Invariant IDEM-1: of any number of requests with one key, also at the same instant, one has an effect.
//! Invariant IDEM-2: the same key with another request is an error, never an effect.
//!
//! Nothing is looked up first: the work is done, then the key is taken in the same transaction. Who finds it taken rolls
//! back and replays. So a first request costs one statement more, and not two.

use super::problem::Problem;
use crate::app::App;
use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};
use tenants::{Actor, TenantTx};

const KEY_CHARS_MAX: usize = 255;

/// One keyed request.
#[derive(Clone)]
pub struct Keyed {
    key: String,
    actor: String,
    request_hash: [u8; 32],
}

/// The key of a request, with what the request asks; `None` when it carries no key.
pub fn keyed(headers: &HeaderMap, actor: &Actor, call: &str, body: &[u8]) -> Result<Option<Keyed>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > KEY_CHARS_MAX {
        return Err(Problem::field("header:Idempotency-Key", "invalid_value", format!("must have 1 to {KEY_CHARS_MAX} printable ASCII characters")));
    }
    let request_hash = Sha256::new().chain_update(call).chain_update([0]).chain_update(body).finalize().into();
    Ok(Some(Keyed { key: key.to_owned(), actor: actor.who.to_string(), request_hash }))
}

/// An answer to be kept under a key.
pub struct Keeping<'a> {
    pub key: &'a Keyed,
    pub status: StatusCode,
    pub etag: &'a str,
    pub body: &'a [u8],
}

/// Keeps answers under their keys, in one statement. False when any key is taken: roll back and [`Keyed::replay`].
pub async fn keep_all(tx: &mut TenantTx, answers: &[Keeping<'_>]) -> Result<bool, sqlx::Error> {
    if answers.is_empty() {
        return Ok(true);
    }
    let kept = sqlx::query!(
        "insert into tenant.idempotency_keys (tenant_id, key, actor, request_hash, status, headers, body, created_at)
         select $1, k.key, k.actor, k.request_hash, k.status, jsonb_build_object('etag', k.etag), k.body, $2
         from unnest($3::text[], $4::text[], $5::bytea[], $6::int2[], $7::text[], $8::bytea[]) as k(key, actor, request_hash, status, etag, body)
         on conflict (tenant_id, actor, key) do nothing",
        tx.tenant(),
        tx.now(),
        &answers.iter().map(|a| a.key.key.clone()).collect::<Vec<_>>(),
        &answers.iter().map(|a| a.key.actor.clone()).collect::<Vec<_>>(),
        &answers.iter().map(|a| a.key.request_hash.to_vec()).collect::<Vec<_>>(),
        &answers.iter().map(|a| i16::try_from(a.status.as_u16()).unwrap_or(200)).collect::<Vec<_>>(),
        &answers.iter().map(|a| a.etag.to_owned()).collect::<Vec<_>>(),
        &answers.iter().map(|a| a.body.to_vec()).collect::<Vec<_>>(),
    )
    .execute(tx.conn())
    .await?;
    Ok(usize::try_from(kept.rows_affected()).is_ok_and(|kept| kept == answers.len()))
}

impl Keyed {
    /// Whether two requests carry one key of one actor.
    pub fn is_same_key(&self, other: &Keyed) -> bool {
        self.key == other.key && self.actor == other.actor
    }

    /// Keeps the answer under the key. False when the key is taken: roll back and [`Keyed::replay`].
    pub async fn keep(&self, tx: &mut TenantTx, status: StatusCode, etag: &str, body: &[u8]) -> Result<bool, sqlx::Error> {
        keep_all(tx, &[Keeping { key: self, status, etag, body }]).await
    }

    /// The answer the key was given first, if any.
    pub async fn replay(&self, app: &App, actor: &Actor) -> Result<Option<Response>, Problem> {
        let mut tx = app.directory.begin(actor).await?;
        let first = sqlx::query!(
            "select request_hash, status, headers, body from tenant.idempotency_keys where tenant_id = $1 and actor = $2 and key = $3",
            tx.tenant(),
            self.actor,
            self.key,
        )
        .fetch_optional(tx.conn())
        .await?;
        let Some(first) = first else { return Ok(None) };
        if first.request_hash != self.request_hash {
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_mismatch", "this Idempotency-Key was used for another request"));
        }
        let status = u16::try_from(first.status).ok().and_then(|s| StatusCode::from_u16(s).ok()).unwrap_or(StatusCode::OK);
        let mut response = answer(status, first.headers["etag"].as_str().unwrap_or_default(), first.body);
        response.headers_mut().insert(HeaderName::from_static("idempotent-replayed"), HeaderValue::from_static("true"));
        Ok(Some(response))
    }
}

/// JSON bytes as an answer with their `ETag`.
pub fn answer(status: StatusCode, etag: &str, body: Vec<u8>) -> Response {
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    if let Ok(etag) = HeaderValue::from_str(etag)
        && !etag.is_empty()
    {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}
