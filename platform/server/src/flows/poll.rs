//! The slow reconciliation poll: asks every connected account what changed since it was last asked. No channel guarantees
//! delivery, so this always runs; what webhooks told already changes nothing again (INT-1).

use super::reading::{self, Course, Stopped, Told};
use crate::app::App;
use kernel::{ChannelAccountId, TenantId};
use std::time::Duration;
use switchyard_core::channels::{
    polls::{self, Poll, PollError, Progress},
    windows::Reading,
};
use tenants::{Actor, RightSet, TenantTx};
use tokio_util::sync::CancellationToken;

/// Accounts of one tenant polled in one round.
const CLAIM_MAX: i64 = 20;
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
        pages += reading::read(app, &actor, &mut Polling { poll, every_seconds: every(app) }, PAGES_A_TURN).await?;
    }
    Ok(pages)
}

/// A poll under way, and when the next is due.
struct Polling {
    poll: Poll,
    every_seconds: i64,
}

impl Course for Polling {
    fn account(&self) -> ChannelAccountId {
        self.poll.account
    }

    fn reading(&self) -> &Reading {
        &self.poll.reading
    }

    async fn advance(&mut self, tx: &mut TenantTx, told: Told) -> Result<bool, Stopped> {
        match polls::advance(tx, &self.poll, told.next, told.until, self.every_seconds).await {
            Ok(Progress::Next(next)) => {
                self.poll = next;
                Ok(true)
            }
            Ok(Progress::Done) => Ok(false),
            Err(PollError::Database(error)) => Err(Stopped::Database(error)),
            Err(PollError::Window(error)) => Err(Stopped::Window(error.to_string())),
        }
    }

    async fn failed(&self, tx: &mut TenantTx, _: &'static str, error: &str, restart: bool) -> Result<(), sqlx::Error> {
        polls::failed(tx, &self.poll, error, restart).await
    }
}
