//! Quarantine: what was not understood, to look at, replay or discard.

use super::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path, Query},
    channels::ReceptionView,
    orders::read::{content_type, readable},
    page::{self, List, Scope},
    problem::Problem,
};
use crate::{
    app::App,
    flows::reception::{self, Arrived, ReceiveError, Understood},
};
use axum::{
    extract::{OriginalUri, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::{ChannelAccountId, InboxId};
use serde::{Deserialize, Serialize};
use switchyard_core::{
    channels::{
        fetches,
        inbox::Verdict,
        quarantine::{self, Entry, QuarantineError, WholeEntry},
    },
    orders::{self, Arrival},
};
use switchyard_host::{Method, Origin};
use tenants::{
    Actor, Permit, Who,
    rights::{ReadQuarantine, SettleQuarantine},
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(replay)).routes(routes!(discard))
}

impl From<QuarantineError> for Problem {
    fn from(error: QuarantineError) -> Self {
        match error {
            QuarantineError::Unknown => Self::not_found(),
            QuarantineError::Settled(_) => Self::conflict("settled", error.to_string()),
            QuarantineError::BadReason => Self::field("/reason", "invalid_value", error.to_string()),
            QuarantineError::Database(error) => Self::internal(error),
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
struct QuarantineAccount {
    id: String,
    name: String,
    kind: String,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = QuarantineEntry)]
struct EntryView {
    id: String,
    channel_account: QuarantineAccount,
    origin: String,
    received_at: DateTime<Utc>,
    /// bad_signature, malformed, unsupported, invalid_config, too_large, plugin_failed, no_connector, wrong_shop, not_applicable
    reason_code: Option<String>,
    reason: Option<String>,
    body_bytes: i64,
    deliveries: i32,
    /// quarantined, replayed, discarded, applied, ignored
    state: String,
}

impl From<Entry> for EntryView {
    fn from(entry: Entry) -> Self {
        let Entry { id, account, account_name, account_kind, origin, received_at, reason_code, reason, body_bytes, deliveries, state } = entry;
        let channel_account = QuarantineAccount { id: account.to_string(), name: account_name, kind: account_kind };
        Self { id: id.to_string(), channel_account, origin, received_at, reason_code, reason, body_bytes, deliveries, state }
    }
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct QuarantineQuery {
    /// Of one channel account.
    account: Option<String>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// What stands in quarantine, newest first.
#[utoipa::path(get, path = "/quarantine", tag = "quarantine", params(QuarantineQuery), responses((status = 200, description = "one page", body = List<EntryView>), Guarded))]
async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadQuarantine>, OriginalUri(uri): OriginalUri, Query(query): Query<QuarantineQuery>) -> Result<Response, Problem> {
    let scope = Scope { list: "quarantine", tenant: actor.tenant };
    let account: Option<ChannelAccountId> = query.account.as_deref().map(|id| id.parse().map_err(|_| Problem::field("query:account", "invalid_value", "must be the id of a channel account"))).transpose()?;
    let limit = page::limit(query.limit)?;
    let after: Option<InboxId> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    let found = quarantine::list(&mut tx, permit, account, limit, after).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(EntryView::from).collect(), found.next)
}

#[derive(Serialize, utoipa::ToSchema)]
struct WholeEntryView {
    #[serde(flatten)]
    entry: EntryView,
    headers: serde_json::Value,
    content_type: Option<String>,
    body: String,
    body_is_base64: bool,
    /// Only the beginning of the body was kept: it cannot be replayed.
    cut: bool,
}

/// One entry with its bytes.
#[utoipa::path(get, path = "/quarantine/{id}", tag = "quarantine", params(("id" = String, Path)), responses((status = 200, description = "the entry", body = WholeEntryView), Guarded, Absent))]
async fn get(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadQuarantine>, Path(id): Path<InboxId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let whole = quarantine::get(&mut tx, permit, id).await?;
    let (cut, content_type) = (whole.is_cut(), content_type(&whole.headers));
    let WholeEntry { entry, headers, body, .. } = whole;
    let (body, body_is_base64) = readable(body);
    Ok(axum::Json(WholeEntryView { entry: entry.into(), headers, content_type, body, body_is_base64, cut }).into_response())
}

/// Asks the connector again. A message whose signature was wrong is verified again.
#[utoipa::path(post, path = "/quarantine/{id}/replay", tag = "quarantine", params(("id" = String, Path)), responses((status = 200, description = "what became of it", body = ReceptionView), Guarded, Absent, Conflicting))]
async fn replay(State(app): State<App>, Allowed { actor, permit }: Allowed<SettleQuarantine>, Path(id): Path<InboxId>) -> Result<Response, Problem> {
    let read: Permit<ReadQuarantine> = actor.may()?;
    let mut tx = app.directory.begin(&actor).await?;
    let whole = quarantine::get(&mut tx, read, id).await?;
    drop(tx);
    if whole.entry.state != "quarantined" {
        return Err(QuarantineError::Settled(whole.entry.state).into());
    }
    if whole.is_cut() {
        return Err(Problem::conflict("cut", "only the beginning of this message was kept; ask the channel to send it again"));
    }
    // A person just changed something, or would not ask again.
    app.accounts.forget(actor.tenant, whole.entry.account).await;
    let ready = app.accounts.get(&app, &actor, whole.entry.account).await.map_err(Problem::internal)?.ok_or_else(Problem::not_found)?;
    let hook = ready.account.hook.map(|hook| hook.to_string()).unwrap_or_default();
    let arrived = Arrived {
        origin: if whole.entry.origin == "webhook" { Origin::Webhook } else { Origin::Document },
        method: Method::Post,
        url: format!("{}/hooks/{hook}", app.config.public_url),
        headers: reception::headers_of(&whole.headers),
        body: whole.body,
        received_at: whole.entry.received_at,
    };
    let understood = reception::understand(&app, &ready, arrived).await.map_err(busy)?;
    let view = settle(&app, &actor, permit, id, understood).await?;
    Ok(axum::Json(view).into_response())
}

pub fn busy(error: ReceiveError) -> Problem {
    tracing::debug!(error = %error, "a message could not be taken");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "the connector or the database is busy; try again").header(axum::http::header::RETRY_AFTER, "2")
}

/// Writes what the connector says now, in one transaction.
async fn settle(app: &App, actor: &Actor, permit: Permit<SettleQuarantine>, id: InboxId, understood: Understood) -> Result<ReceptionView, Problem> {
    let submission = understood.submission;
    let mut tx = app.directory.begin(actor).await?;
    if let Verdict::Quarantined { code, reason } = submission.message.verdict {
        quarantine::failed_again(&mut tx, permit, id, code, &reason).await?;
        tx.commit().await?;
        return Ok(ReceptionView::new(Some(id), "quarantined", Some(code), Some(reason), &[]));
    }
    quarantine::replayed(&mut tx, permit, id).await?;
    let teller = Who::Channel(submission.source.account).to_string();
    let applied = orders::apply_all(&mut tx, vec![Arrival { source: submission.source, facts: submission.facts, cause: id.to_string(), actor: teller }]).await?;
    fetches::ask(&mut tx, &submission.fetch).await?;
    tx.commit().await?;
    let orders: Vec<_> = applied.into_iter().map(|a| a.order_id).collect();
    let (state, reason) = match submission.message.verdict {
        Verdict::Ignored { reason } => ("ignored", Some(reason)),
        _ => ("applied", None),
    };
    Ok(ReceptionView::new(Some(id), state, None, reason, &orders))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Discard {
    reason: String,
}

/// Nothing will be made of it. Its bytes stay.
#[utoipa::path(post, path = "/quarantine/{id}/discard", tag = "quarantine", params(("id" = String, Path)), request_body = Discard, responses((status = 204, description = "discarded"), Guarded, Written, Absent, Conflicting))]
async fn discard(State(app): State<App>, Allowed { actor, permit }: Allowed<SettleQuarantine>, Path(id): Path<InboxId>, Json(Discard { reason }): Json<Discard>) -> Result<StatusCode, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    quarantine::discard(&mut tx, permit, id, &reason).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
