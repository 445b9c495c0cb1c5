//! A message comes in: its connector verifies and translates it, the grouped commit writes it, the channel gets the
//! acknowledgement its connector chose.
//! Invariant REC-1: whatever arrives at a live hook leaves an entry, or (forged, in a flood) a count; it is never dropped.

use super::{
    accounts::Ready,
    intake::{Outcome, SubmitError, Submission},
};
use crate::app::App;
use kernel::{InboxId, TenantId, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use switchyard_core::channels::{
    fetches::FetchRef,
    inbox::{self, BODY_BYTES_MAX, CUT_BYTES, Message, Verdict},
};
use switchyard_host::{
    CallFailure, Delivery, Method, Origin,
    answer::{AccountEventKind, Acknowledgement, Problem, Reception},
};
use tenants::{Actor, RightSet};

/// Headers of a message that are kept, and given to the connector.
const HEADERS_MAX: usize = 64;
const HEADER_BYTES_MAX: usize = 4_096;

/// A message before anyone looked into it.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub origin: Origin,
    pub method: Method,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub received_at: Timestamp,
}

/// What a connector made of a message, and how the channel is to be answered.
pub struct Understood {
    pub submission: Submission,
    pub acknowledgement: Acknowledgement,
}

/// Why a message could not be taken at all: nothing is written, the sender comes again.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    #[error("the connector is busy: {0}")]
    Busy(CallFailure),
    #[error(transparent)]
    Submit(#[from] SubmitError),
}

/// The headers worth keeping: not those of the transport, no cookies.
pub fn kept_headers(headers: &axum::http::HeaderMap) -> Vec<(String, String)> {
    let dull = ["cookie", "connection", "host", "accept", "accept-encoding", "content-length", "transfer-encoding", "x-forwarded-for", "x-real-ip", "forwarded"];
    let kept = headers.iter().filter(|(name, _)| !dull.contains(&name.as_str())).filter_map(|(name, value)| {
        let value = value.to_str().ok().filter(|v| v.len() <= HEADER_BYTES_MAX)?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    kept.take(HEADERS_MAX).collect()
}

fn headers_json(headers: &[(String, String)]) -> Value {
    headers.iter().map(|(name, value)| json!([name, value])).collect()
}

pub fn headers_of(stored: &Value) -> Vec<(String, String)> {
    let pair = |pair: &Value| Some((pair[0].as_str()?.to_owned(), pair[1].as_str()?.to_owned()));
    stored.as_array().into_iter().flatten().filter_map(pair).collect()
}

fn origin_word(origin: Origin) -> &'static str {
    match origin {
        Origin::Webhook => "webhook",
        Origin::Document => "uploaded",
    }
}

/// Asks the connector what a message says. Outside of any transaction.
pub async fn understand(app: &App, ready: &Ready, arrived: Arrived) -> Result<Understood, ReceiveError> {
    let digest = hex::encode(Sha256::digest(&arrived.body));
    let (headers, received_at, origin) = (headers_json(&arrived.headers), arrived.received_at, arrived.origin);
    let body = arrived.body.clone();
    let message = |key: String, verdict: Verdict| Message {
        id: InboxId::new(),
        account: ready.account.id,
        origin: origin_word(origin),
        key,
        received_at,
        headers: headers.clone(),
        body_bytes: i64::try_from(body.len()).unwrap_or(i64::MAX),
        body: body.clone(),
        verdict,
    };
    let held = |key: String, code: &'static str, reason: String, unverified: bool, acknowledgement: Acknowledgement| Understood {
        submission: Submission { message: message(key, Verdict::Quarantined { code, reason }), source: ready.account.source(), facts: Vec::new(), fetch: Vec::new(), revoked: None, unverified },
        acknowledgement,
    };
    let Some(context) = &ready.context else {
        let reason = "the account has no active connector: install or resume it, then replay".to_owned();
        return Ok(held(format!("sha256:{digest}"), "no_connector", reason, origin == Origin::Webhook, accepted()));
    };
    let delivery = Delivery { origin, method: arrived.method, url: arrived.url, headers: arrived.headers, body: arrived.body, received_at };
    let reception = match app.host.receive(context, delivery).await {
        Ok(Ok(reception)) => reception,
        Ok(Err(rejection)) => {
            let forged = rejection.problem == Problem::BadSignature;
            let key = format!("{}:{digest}", rejection.problem.word());
            return Ok(held(key, rejection.problem.word(), rejection.detail, forged, rejection.acknowledgement));
        }
        // Too much at once here: nothing is wrong with the message, and the channel comes again.
        Err(failure) if matches!(failure.code, "host.busy" | "host.unavailable") => return Err(ReceiveError::Busy(failure)),
        Err(failure) => return Ok(held(format!("sha256:{digest}"), "plugin_failed", failure.to_string(), origin == Origin::Webhook, accepted())),
    };
    let Reception { message_id, shop, facts, fetch, account, ignored, acknowledgement } = reception;
    let key = message_id.map_or_else(|| format!("sha256:{digest}"), |id| format!("id:{id}"));
    if let (Some(named), Some(connected)) = (&shop, &ready.account.shop)
        && named != connected
    {
        let reason = format!("the message is of the shop {named:?}, this account is the shop {connected:?}");
        return Ok(held(format!("shop:{named}:{digest}"), "wrong_shop", reason, false, acknowledgement));
    }
    let revoked = account.iter().find(|event| event.kind == AccountEventKind::AuthorizationRevoked).map(|event| format!("the channel withdrew its authorization: {}", event.detail));
    let nothing = facts.is_empty() && fetch.is_empty() && account.is_empty();
    let verdict = match ignored {
        Some(reason) if nothing => Verdict::Ignored { reason },
        _ => Verdict::Applied,
    };
    let fetch = fetch.into_iter().map(|r| FetchRef { account: ready.account.id, kind: r.kind.word().to_owned(), reference: r.id }).collect();
    Ok(Understood { submission: Submission { message: message(key, verdict), source: ready.account.source(), facts, fetch, revoked, unverified: false }, acknowledgement })
}

/// A webhook from beginning to end.
pub async fn receive(app: &App, tenant: TenantId, ready: &Arc<Ready>, arrived: Arrived) -> Result<(Outcome, Acknowledgement), ReceiveError> {
    let Understood { submission, acknowledgement } = understand(app, ready, arrived).await?;
    let revoked = submission.revoked.is_some();
    let outcome = app.intake.submit(app, tenant, submission).await?;
    if revoked {
        app.accounts.forget(tenant, ready.account.id).await;
    }
    Ok((outcome, acknowledgement))
}

/// A channel asks whether the address is ours. What its connector answers is sent back; a question changes nothing, and one
/// that is refused is counted.
pub async fn handshake(app: &App, tenant: TenantId, ready: &Ready, arrived: Arrived) -> Result<Acknowledgement, ReceiveError> {
    let failed = |error: anyhow::Error| ReceiveError::Submit(SubmitError::Failed(Arc::new(error)));
    let Some(context) = &ready.context else { return Ok(Acknowledgement { status: 404, headers: Vec::new(), body: Vec::new() }) };
    let delivery = Delivery { origin: arrived.origin, method: arrived.method, url: arrived.url, headers: arrived.headers, body: arrived.body, received_at: arrived.received_at };
    let (reason, acknowledgement) = match app.host.receive(context, delivery).await {
        Ok(Ok(reception)) => return Ok(reception.acknowledgement),
        Ok(Err(rejection)) => (format!("a handshake was refused: {}", rejection.detail), rejection.acknowledgement),
        Err(failure) if matches!(failure.code, "host.busy" | "host.unavailable") => return Err(ReceiveError::Busy(failure)),
        Err(failure) => (format!("a handshake failed: {failure}"), Acknowledgement { status: 404, headers: Vec::new(), body: Vec::new() }),
    };
    let mut tx = app.directory.begin(&Actor::system(tenant, "intake", RightSet::default())).await.map_err(|e| failed(e.into()))?;
    inbox::count_rejected(&mut tx, ready.account.id, 1, &reason).await.map_err(|e| failed(e.into()))?;
    tx.commit().await.map_err(|e| failed(e.into()))?;
    // A refusal that says 2xx would be a yes.
    Ok(if (200..300).contains(&acknowledgement.status) { Acknowledgement { status: 403, headers: Vec::new(), body: Vec::new() } } else { acknowledgement })
}

/// A body beyond [`BODY_BYTES_MAX`]: its beginning is kept with its size and digest, and it is refused.
pub async fn too_large(app: &App, tenant: TenantId, ready: &Ready, headers: &[(String, String)], body: &[u8], received_at: Timestamp) -> Result<Outcome, ReceiveError> {
    let digest = hex::encode(Sha256::digest(body));
    let reason = format!("the body has at least {} bytes, at most {BODY_BYTES_MAX} are taken; sha256 of what was read: {digest}", body.len());
    let message = Message {
        id: InboxId::new(),
        account: ready.account.id,
        origin: "webhook",
        key: format!("too_large:{digest}"),
        received_at,
        headers: headers_json(headers),
        body: body[..CUT_BYTES.min(body.len())].to_vec(),
        body_bytes: i64::try_from(body.len()).unwrap_or(i64::MAX),
        verdict: Verdict::Quarantined { code: "too_large", reason },
    };
    let submission = Submission { message, source: ready.account.source(), facts: Vec::new(), fetch: Vec::new(), revoked: None, unverified: true };
    Ok(app.intake.submit(app, tenant, submission).await?)
}

/// We hold the message; the channel need not send it again.
fn accepted() -> Acknowledgement {
    Acknowledgement { status: 200, headers: Vec::new(), body: Vec::new() }
}
