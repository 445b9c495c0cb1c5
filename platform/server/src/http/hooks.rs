//! `POST /hooks/{hook}`: a channel calls. The answer is the channel's own: its connector chose it. `GET`: a channel asks
//! whether the address is ours.
//! Invariant HOOK-2: an unknown hook is 404, whatever is sent; nothing tells whether it ever existed.

use super::problem::Problem;
use crate::{
    app::App,
    flows::reception::{self, Arrived, ReceiveError},
};
use axum::{
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use kernel::HookId;
use switchyard_core::channels::inbox::BODY_BYTES_MAX;
use switchyard_host::{Method, Origin, answer::Acknowledgement};
use utoipa_axum::{router::OpenApiRouter, routes};

/// How much of a body that is too large is still read, for its size and digest.
const READ_BYTES_MAX: usize = 16 * 1024 * 1024;
/// A question stands in the address.
const QUESTION_BYTES_MAX: usize = 8 * 1024;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(receive, handshake))
}

/// A channel's webhook.
#[utoipa::path(post, path = "/hooks/{hook}", tag = "channels", params(("hook" = String, Path, description = "from the account's `hook_url`")), request_body(content = String, content_type = "application/json", description = "whatever the channel sends"),
    responses((status = "2XX", description = "the channel's own acknowledgement"), (status = "4XX", description = "the channel's own refusal; 404 for an unknown hook; 413 beyond 4 MiB"), (status = 503, description = "try again", body = super::problem::ProblemBody, content_type = "application/problem+json")))]
async fn receive(State(app): State<App>, Path(hook): Path<String>, request: Request) -> Result<Response, Problem> {
    let received_at = chrono::Utc::now();
    let hook: HookId = hook.parse().map_err(|_| Problem::not_found())?;
    let target = app.identity.hooks.find(hook).await?.ok_or_else(Problem::not_found)?;
    let ready = app.accounts.of_tenant(&app, target.tenant, target.account).await.map_err(Problem::internal)?.ok_or_else(Problem::not_found)?;
    let url = format!("{}{}", app.config.public_url, request.uri().path_and_query().map_or("", |p| p.as_str()));
    let headers = reception::kept_headers(request.headers());
    let body = read(request.into_body()).await?;
    if body.len() > BODY_BYTES_MAX {
        reception::too_large(&app, target.tenant, &ready, &headers, &body, received_at).await.map_err(refused)?;
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", format!("a message may have {BODY_BYTES_MAX} bytes at most")));
    }
    let arrived = Arrived { origin: Origin::Webhook, method: Method::Post, url, headers, body, received_at };
    let (outcome, acknowledgement) = reception::receive(&app, target.tenant, &ready, arrived).await.map_err(refused)?;
    // Not kept for want of room, and nobody could tell whether it is genuine: the channel is asked to keep it.
    if outcome.inbox.is_none() && outcome.reason_code != Some("bad_signature") {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no_room", "too many messages wait for a person already; try again later").header(header::RETRY_AFTER, "300"));
    }
    Ok(acknowledge(acknowledgement))
}

/// A channel asks whether the address is ours; its question is in the query.
#[utoipa::path(get, path = "/hooks/{hook}", tag = "channels", params(("hook" = String, Path, description = "from the account's `hook_url`")),
    responses((status = "2XX", description = "the channel's own answer"), (status = "4XX", description = "the channel's own refusal; 404 for an unknown hook"), (status = 503, description = "try again", body = super::problem::ProblemBody, content_type = "application/problem+json")))]
async fn handshake(State(app): State<App>, Path(hook): Path<String>, request: Request) -> Result<Response, Problem> {
    let received_at = chrono::Utc::now();
    let hook: HookId = hook.parse().map_err(|_| Problem::not_found())?;
    let target = app.identity.hooks.find(hook).await?.ok_or_else(Problem::not_found)?;
    let ready = app.accounts.of_tenant(&app, target.tenant, target.account).await.map_err(Problem::internal)?.ok_or_else(Problem::not_found)?;
    let question = request.uri().path_and_query().map_or("", |p| p.as_str());
    if question.len() > QUESTION_BYTES_MAX {
        return Err(Problem::new(StatusCode::URI_TOO_LONG, "too_large", format!("a question may have {QUESTION_BYTES_MAX} bytes at most")));
    }
    let url = format!("{}{question}", app.config.public_url);
    let arrived = Arrived { origin: Origin::Webhook, method: Method::Get, url, headers: reception::kept_headers(request.headers()), body: Vec::new(), received_at };
    Ok(acknowledge(reception::handshake(&app, target.tenant, &ready, arrived).await.map_err(refused)?))
}

fn refused(error: ReceiveError) -> Problem {
    match error {
        ReceiveError::Busy(_) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too much at once; try again").header(header::RETRY_AFTER, "2"),
        ReceiveError::Submit(crate::flows::intake::SubmitError::Refused(_)) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too much at once; try again").header(header::RETRY_AFTER, "2"),
        ReceiveError::Submit(crate::flows::intake::SubmitError::Failed(error)) => {
            tracing::warn!(error = format!("{error:#}"), "a message could not be written; the channel was asked to come again");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "database_away", "the message could not be written; try again").header(header::RETRY_AFTER, "2")
        }
    }
}

/// Reads the body, a little beyond what is taken.
async fn read(body: Body) -> Result<Vec<u8>, Problem> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "unreadable_body", "the body broke off"))?;
        bytes.extend_from_slice(&chunk);
        if bytes.len() > READ_BYTES_MAX {
            break;
        }
    }
    Ok(bytes)
}

fn acknowledge(acknowledgement: Acknowledgement) -> Response {
    let Acknowledgement { status, headers, body } = acknowledgement;
    let mut response = (StatusCode::from_u16(status).unwrap_or(StatusCode::OK), body).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
