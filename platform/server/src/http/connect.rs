//! Connecting a shop at its channel: a person is sent there, and comes back with what is traded for tokens.
//! Invariant CONNECT-1 holds below; CONNECT-2: what the channel sent back is told to the account's own connector alone, and
//! the tokens it is traded for go from the channel to the vault.

use super::{
    answers::{Absent, Conflicting, Guarded},
    auth::{Allowed, Signed},
    body::Path,
    problem::Problem,
};
use crate::{
    app::App,
    flows::tokens as flow,
};
use axum::{
    extract::{OriginalUri, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::ChannelAccountId;
use serde::Serialize;
use switchyard_core::channels::{connect, tokens};
use switchyard_host::{CallFailure, Tokens};
use tenants::{
    Actor, audit,
    authenticate::SessionCaller,
    connects::{self, ConnectsError},
    rights::ManageChannels,
};
use utoipa_axum::{router::OpenApiRouter, routes};

const CALLBACK: &str = "/connect/callback";
const ANSWERS_MAX: usize = 30;
const ANSWER_BYTES_MAX: usize = 4_000;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(depart))
}

/// Stands outside of `/api/v1`: channels keep the address people come back to in their consoles.
pub fn callback_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(callback))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ChannelLink)]
struct LinkView {
    /// Where the person goes, in the browser they are logged in with.
    url: String,
    expires_at: DateTime<Utc>,
}

/// Where to go to let us into the shop. The link is good once, for the person who asked for it.
#[utoipa::path(post, path = "/channel-accounts/{id}/authorization", tag = "channels", params(("id" = String, Path)),
    responses((status = 200, description = "the link", body = LinkView), (status = 502, description = "the connector gave no link", body = super::problem::ProblemBody, content_type = "application/problem+json"), Guarded, Absent, Conflicting))]
async fn depart(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageChannels>, Path(id): Path<ChannelAccountId>) -> Result<Response, Problem> {
    let ready = app.accounts.get(&app, &actor, id).await.map_err(Problem::internal)?.ok_or_else(Problem::not_found)?;
    let Some(context) = &ready.context else { return Err(Problem::conflict("no_connector", "the account has no active connector")) };
    let (state, expires_at) = connects::depart(&app.directory, &actor, permit, id, Utc::now()).await?;
    let redirect = format!("{}{CALLBACK}", app.config.public_url);
    let link = app.host.authorization(context, &redirect, state.expose()).await.map_err(|failure| match failure.code {
        "plugin.invalid_config" => Problem::conflict("invalid_config", failure.message),
        _ => Problem::new(StatusCode::BAD_GATEWAY, "connector_failed", failure.to_string()),
    })?;
    let Some(url) = link else { return Err(Problem::conflict("no_link", "this channel is connected by typing in its keys")) };
    Ok(axum::Json(LinkView { url, expires_at }).into_response())
}

/// Where a channel sends people back to.
#[utoipa::path(get, path = "/connect/callback", tag = "channels", params(("state" = Option<String>, Query, description = "as it was sent along")),
    responses((status = 303, description = "to the account, which says what became of it"), Guarded))]
async fn callback(State(app): State<App>, Signed(session): Signed, OriginalUri(uri): OriginalUri) -> Result<Response, Problem> {
    let told: Vec<(String, String)> = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    if told.len() > ANSWERS_MAX || told.iter().any(|(name, value)| name.len() + value.len() > ANSWER_BYTES_MAX) {
        return Err(Problem::field("query", "invalid_value", "more than a channel sends along"));
    }
    let state = told.iter().find(|(name, _)| name == "state").map(|(_, value)| value.clone()).unwrap_or_default();
    // The spent state stays among what was told: a channel that signs its answer (Shopify) signed it too.
    let Some(arrived) = connects::arrive(&app.directory, session.person.id, &state, Utc::now()).await? else {
        return Ok(back("/channels", "unknown_state"));
    };
    let page = format!("/channels/{}", arrived.account);
    match finish(&app, &session, arrived, told).await {
        Ok(()) => Ok(back(&page, "yes")),
        Err(Outcome::Said(code)) => Ok(back(&page, code)),
        Err(Outcome::Problem(problem)) => Err(problem),
    }
}

enum Outcome {
    /// A word for the page.
    Said(&'static str),
    Problem(Problem),
}

impl From<Problem> for Outcome {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

async fn finish(app: &App, session: &SessionCaller, arrived: connects::Arrived, told: Vec<(String, String)>) -> Result<(), Outcome> {
    // The rights of now: whoever lost them on the way connects nothing.
    let actor: &Actor = session.actor.as_ref().filter(|actor| actor.tenant == arrived.tenant).ok_or(Outcome::Said("other_tenant"))?;
    actor.may::<ManageChannels>().map_err(|_| Outcome::Said("forbidden"))?;
    let ready = app.accounts.get(app, actor, arrived.account).await.map_err(Problem::internal)?.ok_or_else(Problem::not_found)?;
    let context = ready.context.as_ref().ok_or(Outcome::Said("no_connector"))?;
    let said = |failure: CallFailure| {
        tracing::warn!(channel.account = %arrived.account, "connecting {} failed: {failure}", arrived.account);
        Outcome::Said(match failure.code {
            "plugin.unauthorized" => "refused",
            "plugin.invalid_config" => "invalid_config",
            code if code == "plugin.retryable" || failure.is_passing() => "away",
            _ => "failed",
        })
    };
    let exchange = app.host.authorized(context, told).await.map_err(said)?;
    let tokens = match &exchange {
        Some(exchange) => Some(app.host.carry_out(context, exchange).await.map_err(said)?),
        None => None,
    };
    write(app, actor, arrived.account, tokens.as_ref()).await?;
    app.accounts.forget(arrived.tenant, arrived.account).await;
    app.errands.ring(arrived.tenant);
    Ok(())
}

/// Tokens, settings and the account that goes on, in one transaction.
async fn write(app: &App, actor: &Actor, account: ChannelAccountId, told: Option<&Tokens>) -> Result<(), Problem> {
    let mut tx = app.directory.begin(actor).await?;
    if let Some(told) = told {
        flow::keep(&mut tx, account, told).await.map_err(Problem::internal)?;
    }
    let (access, refresh) = told.map_or((None, None), |told| (told.access_until, told.refresh_until));
    tokens::connected(&mut tx, account, access, refresh).await?;
    connect::resume(&mut tx, account).await?;
    audit::write(&mut tx, "channel.authorized", Some(&account), serde_json::json!({"access_until": access, "refresh_until": refresh})).await?;
    tx.commit().await?;
    Ok(())
}

/// To a page of ours. Nothing of what the channel sent stays in the address.
fn back(page: &str, word: &str) -> Response {
    let to = HeaderValue::from_str(&format!("{page}?connected={word}")).unwrap_or(HeaderValue::from_static("/channels"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

impl From<ConnectsError> for Problem {
    fn from(error: ConnectsError) -> Self {
        match error {
            ConnectsError::NotAPerson => Self::conflict("not_a_person", error.to_string()),
            ConnectsError::Database(error) => Self::internal(error),
        }
    }
}
