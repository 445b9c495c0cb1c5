//! Backfills: what changed at a channel in a period somebody chose is brought in, seen on its way, and called off.

use super::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path, Query},
    page::{self, List, PageQuery, Scope},
    problem::Problem,
};
use crate::app::App;
use axum::{
    extract::{OriginalUri, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::{BackfillId, ChannelAccountId};
use serde::{Deserialize, Serialize};
use switchyard_core::channels::{
    account,
    backfills::{self, Backfill, BackfillError},
};
use tenants::{
    Actor, audit,
    rights::{ManageChannels, ReadChannels},
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(of_account, ask)).routes(routes!(get)).routes(routes!(cancel))
}

impl From<BackfillError> for Problem {
    fn from(error: BackfillError) -> Self {
        let text = error.to_string();
        match error {
            BackfillError::Unknown => Self::not_found(),
            BackfillError::NotActive(_) => Self::conflict("account_inactive", text),
            BackfillError::NothingToAsk => Self::conflict("no_connector", text),
            BackfillError::Backwards | BackfillError::TooFarBack => Self::field("/from", "invalid_value", text),
            BackfillError::InTheFuture => Self::field("/until", "invalid_value", text),
            BackfillError::AskedAlready => Self::conflict("asked_already", text),
            BackfillError::Ended(_) => Self::conflict("ended", text),
            BackfillError::Database(error) => Self::internal(error),
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Backfill)]
struct BackfillView {
    id: String,
    channel_account_id: String,
    /// The period: what changed at the channel between the two is brought in.
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    /// Everything of the period before was read.
    reached: DateTime<Utc>,
    /// `queued`, `running`, `done`, `cancelled`, `failed`
    state: String,
    /// Pages of the channel's lists read so far.
    pages: i64,
    /// Orders these told of; one that two pages told of counts twice.
    orders: i64,
    /// Of these, the orders that were not known before.
    orders_new: i64,
    /// What was told of them.
    facts: i64,
    /// Tries since the last page.
    attempts: i32,
    /// When it is gone on with; null once it ended.
    due_at: Option<DateTime<Utc>>,
    asked_by: String,
    asked_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    /// Of the last try, while it failed.
    error_code: Option<String>,
    error: Option<String>,
    /// What the caller may do with it now: `cancel`.
    actions: Vec<&'static str>,
}

fn view(actor: &Actor, of: Backfill) -> BackfillView {
    let open = of.state.is_open();
    BackfillView {
        id: of.id.to_string(),
        channel_account_id: of.account.to_string(),
        from: of.since,
        until: of.until,
        reached: of.reached,
        state: of.state.word().to_owned(),
        pages: of.pages,
        orders: of.brought.orders,
        orders_new: of.brought.orders_new,
        facts: of.brought.facts,
        attempts: of.attempts,
        due_at: open.then_some(of.due_at),
        asked_by: of.asked_by,
        asked_at: of.asked_at,
        ended_at: of.ended_at,
        error_code: of.error_code,
        error: of.error,
        actions: if open && actor.may::<ManageChannels>().is_ok() { vec!["cancel"] } else { Vec::new() },
    }
}

/// The backfills of a channel account, newest first.
#[utoipa::path(get, path = "/channel-accounts/{id}/backfills", tag = "channels", params(("id" = String, Path), PageQuery), responses((status = 200, description = "one page", body = List<BackfillView>), Guarded, Absent))]
async fn of_account(
    State(app): State<App>,
    Allowed { actor, permit }: Allowed<ReadChannels>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<ChannelAccountId>,
    Query(query): Query<PageQuery>,
) -> Result<Response, Problem> {
    let limit = query.limit()?;
    let scope = Scope { list: "account-backfills", tenant: actor.tenant };
    let after: Option<BackfillId> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    account::get(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let found = backfills::of_account(&mut tx, permit, id, limit, after).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(|backfill| view(&actor, backfill)).collect(), found.next)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BackfillPeriod)]
struct PeriodForm {
    /// At most 731 days ago.
    from: DateTime<Utc>,
    /// At most now.
    until: DateTime<Utc>,
}

/// Brings in what changed at the channel in a period. An account has one open backfill.
#[utoipa::path(post, path = "/channel-accounts/{id}/backfills", tag = "channels", params(("id" = String, Path)), request_body = PeriodForm, responses((status = 202, description = "the backfill", body = BackfillView), Guarded, Written, Absent, Conflicting))]
async fn ask(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageChannels>, Path(id): Path<ChannelAccountId>, Json(form): Json<PeriodForm>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let asked = backfills::ask(&mut tx, permit, id, form.from, form.until).await?;
    audit::write(&mut tx, "channel.backfill_asked", Some(&id), serde_json::json!({"backfill": asked, "from": form.from, "until": form.until})).await?;
    let found = backfills::managed(&mut tx, permit, id, asked).await?.ok_or_else(Problem::not_found)?;
    tx.commit().await?;
    app.backfills.ring(actor.tenant);
    Ok((StatusCode::ACCEPTED, axum::Json(view(&actor, found))).into_response())
}

/// One backfill: how far it is, and what it brought.
#[utoipa::path(get, path = "/channel-accounts/{id}/backfills/{backfill}", tag = "channels", params(("id" = String, Path), ("backfill" = String, Path)), responses((status = 200, description = "the backfill", body = BackfillView), Guarded, Absent))]
async fn get(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadChannels>, Path((id, backfill)): Path<(ChannelAccountId, BackfillId)>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let found = backfills::get(&mut tx, permit, id, backfill).await?.ok_or_else(Problem::not_found)?;
    Ok(axum::Json(view(&actor, found)).into_response())
}

/// Calls a backfill off. What it brought stays.
#[utoipa::path(post, path = "/channel-accounts/{id}/backfills/{backfill}/cancel", tag = "channels", params(("id" = String, Path), ("backfill" = String, Path)), responses((status = 200, description = "the backfill", body = BackfillView), Guarded, Absent, Conflicting))]
async fn cancel(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageChannels>, Path((id, backfill)): Path<(ChannelAccountId, BackfillId)>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let cancelled = backfills::cancel(&mut tx, permit, id, backfill).await?;
    audit::write(&mut tx, "channel.backfill_cancelled", Some(&id), serde_json::json!({"backfill": backfill, "reached": cancelled.reached})).await?;
    tx.commit().await?;
    Ok(axum::Json(view(&actor, cancelled)).into_response())
}
