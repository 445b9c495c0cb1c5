//! The slow reconciliation poll: asks every connected account what changed since it was last asked. No channel guarantees
//! delivery, so this always runs; what webhooks told already changes nothing again (INT-1).

use super::{accounts::Ready, fetch, tokens};
use crate::app::App;
use kernel::TenantId;
use std::time::Duration;
use switchyard_core::channels::{
    account,
    polls::{self, Poll, PollError, Progress},
};
use switchyard_host::{CallFailure, Window};
use tenants::{Actor, RightSet};
use tokio_util::sync::CancellationToken;

/// Accounts of one tenant polled in one round.
const CLAIM_MAX: i64 = 20;
/// Orders asked for on a page.
const PAGE: u32 = 50;
/// Pages read of one account before others have their turn.
const PAGES_A_TURN: usize = 50;

/// Works until told to stop.
pub async fn run(app: App, stop: CancellationToken) {
    let look = Duration::from_secs(app.config.poll_seconds.clamp(1, 30));
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(look) => {}
        }
        match super::rounds::all_tenants(&app).await {
            Ok(tenants) => {
                for tenant in tenants {
                    if stop.is_cancelled() {
                        return;
                    }
                    if let Err(error) = round(&app, tenant).await {
                        tracing::warn!(tenant.id = %tenant, error = format!("{error:#}"), "polling for tenant {tenant} failed");
                    }
                }
            }
            Err(error) => tracing::debug!(error = %error, "the poll could not look through the tenants"),
        }
    }
}

fn every(app: &App) -> i64 {
    i64::try_from(app.config.poll_seconds).unwrap_or(i64::MAX)
}

/// Polls the accounts of a tenant that are due. Returns the pages read.
pub async fn round(app: &App, tenant: TenantId) -> anyhow::Result<usize> {
    let actor = Actor::system(tenant, "poll", RightSet::default());
    let mut tx = app.directory.begin(&actor).await?;
    let due = polls::claim(&mut tx, every(app), CLAIM_MAX).await?;
    tx.commit().await?;
    let mut pages = 0;
    for poll in due {
        pages += work_through(app, &actor, poll).await?;
    }
    Ok(pages)
}

async fn work_through(app: &App, actor: &Actor, mut poll: Poll) -> anyhow::Result<usize> {
    let Some(mut ready) = app.accounts.of_tenant(app, actor.tenant, poll.account).await? else { return Ok(0) };
    for page in 0..PAGES_A_TURN {
        let Some(context) = &ready.context else { return Ok(page) };
        let window = Window { since: poll.since, until: poll.until, cursor: poll.cursor.clone(), limit: PAGE };
        let mut told = app.host.pull(context, window.clone()).await;
        for newer in 0.. {
            let Some(renewed) = tokens::newer_if_refused(app, actor.tenant, &ready, &mut told, newer).await? else { break };
            if let Some(context) = &renewed.context {
                told = app.host.pull(context, window.clone()).await;
            }
            ready = renewed;
        }
        let pulled = match told {
            Ok(pulled) => pulled,
            Err(failure) => return give_up(app, actor, &ready, &poll, failure).await.map(|()| page),
        };
        let mut tx = app.directory.begin(actor).await?;
        fetch::keep_and_apply(&mut tx, &ready, &pulled.fetched).await?;
        match polls::advance(&mut tx, &poll, pulled.next_cursor, pulled.until, every(app)).await {
            Ok(progress) => {
                tx.commit().await?;
                fetch::answered(app, actor, poll.account).await?;
                match progress {
                    Progress::Next(next) => poll = next,
                    Progress::Done => return Ok(page + 1),
                }
            }
            Err(PollError::Database(error)) => return Err(error.into()),
            // What the page told counts; the window begins anew later.
            Err(error) => {
                polls::failed(&mut tx, &poll, &error.to_string(), true).await?;
                account::note_error(&mut tx, poll.account, &error.to_string()).await?;
                tx.commit().await?;
                return Ok(page + 1);
            }
        }
    }
    Ok(PAGES_A_TURN)
}

/// The poll waits for another try; the account's health says why.
async fn give_up(app: &App, actor: &Actor, ready: &Ready, poll: &Poll, failure: CallFailure) -> anyhow::Result<()> {
    fetch::silent(app, actor, poll.account, &failure).await?;
    let mut tx = app.directory.begin(actor).await?;
    polls::failed(&mut tx, poll, &failure.to_string(), failure.code == "plugin.invalid_input").await?;
    // A busy server or a connector that cannot be asked says nothing about the shop.
    let blames = !matches!(failure.code, "host.busy" | "host.unavailable" | "plugin.unsupported" | "suspended");
    fetch::note(app, actor, tx, ready.account.id, &failure, blames).await
}
