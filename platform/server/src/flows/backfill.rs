//! The backfill worker: brings in what changed in a period somebody chose, beside the poll and by the same pages.
//! Invariants BACKFILL-1 to BACKFILL-4 hold: see `switchyard_core::channels::backfills`.

use super::{
    reading::{self, Course, Stopped, Told},
    rounds::Rounds,
};
use crate::app::App;
use kernel::{ChannelAccountId, TenantId};
use std::time::Duration;
use switchyard_core::channels::{
    backfills::{self, Claimed, Progress, ReadError},
    windows::Reading,
};
use tenants::{Actor, RightSet, TenantTx};
use tokio_util::sync::CancellationToken;

/// Backfills of one tenant gone on with in one round.
const CLAIM_MAX: i64 = 20;
/// Pages read of one backfill before others, and a poll that has become due, have their turn.
const PAGES_A_TURN: usize = 20;
/// How often all tenants are looked through, for what other servers left behind and what waits for its next try.
const ROUND_EVERY: Duration = Duration::from_secs(5);
/// Tenants attended to at once. Older orders are in no hurry: few, so that the present has the room.
const TENANTS_AT_ONCE: usize = 2;

/// Works until told to stop.
pub async fn run(app: App, stop: CancellationToken) {
    let work = |app: App, tenant| async move { round(&app, tenant).await };
    Rounds::new(ROUND_EVERY).attend(&app, &app.backfills, TENANTS_AT_ONCE, &stop, "bringing in older orders of", work).await;
}

/// One turn of every backfill of a tenant that is due. Returns the pages read.
pub async fn round(app: &App, tenant: TenantId) -> anyhow::Result<usize> {
    let actor = Actor::system(tenant, "backfill", RightSet::default());
    let mut tx = app.directory.begin(&actor).await?;
    let due = backfills::claim(&mut tx, CLAIM_MAX).await?;
    tx.commit().await?;
    let mut pages = 0;
    for claimed in due {
        pages += turn(app, &actor, claimed).await?;
    }
    Ok(pages)
}

/// Reads some pages of a backfill and lets go of it.
async fn turn(app: &App, actor: &Actor, mut claimed: Claimed) -> anyhow::Result<usize> {
    let ready = app.accounts.of_tenant(app, actor.tenant, claimed.account).await?;
    if ready.is_none_or(|ready| ready.context.is_none()) {
        later(app, actor, &claimed, "host.unavailable", "the account has no active connector").await?;
        return Ok(0);
    }
    let read = match reading::read(app, actor, &mut claimed, PAGES_A_TURN).await {
        Ok(pages) => pages,
        Err(error) => {
            // Its trouble is its own: the other backfills have their turn.
            tracing::warn!(channel.account = %claimed.account, error = format!("{error:#}"), "bringing in older orders of {} failed", claimed.account);
            later(app, actor, &claimed, "host.failed", "something went wrong here; it is tried again").await?;
            return Ok(0);
        }
    };
    let mut tx = app.directory.begin(actor).await?;
    let goes_on = backfills::release(&mut tx, &claimed).await?;
    tx.commit().await?;
    if goes_on {
        app.backfills.ring(actor.tenant);
    }
    Ok(read)
}

async fn later(app: &App, actor: &Actor, claimed: &Claimed, code: &'static str, error: &str) -> anyhow::Result<()> {
    let mut tx = app.directory.begin(actor).await?;
    backfills::failed(&mut tx, claimed, code, error, false).await?;
    tx.commit().await?;
    Ok(())
}

impl Course for Claimed {
    fn account(&self) -> ChannelAccountId {
        self.account
    }

    fn reading(&self) -> &Reading {
        &self.reading
    }

    async fn advance(&mut self, tx: &mut TenantTx, told: Told) -> Result<bool, Stopped> {
        match backfills::advance(tx, self, told.next, told.until, told.brought).await {
            Ok(Progress::Next(next)) => {
                *self = next;
                Ok(true)
            }
            Ok(Progress::Done | Progress::Lost) => Ok(false),
            Err(ReadError::Database(error)) => Err(Stopped::Database(error)),
            Err(other) => Err(Stopped::Window(other.to_string())),
        }
    }

    async fn failed(&self, tx: &mut TenantTx, code: &'static str, error: &str, restart: bool) -> Result<(), sqlx::Error> {
        backfills::failed(tx, self, code, error, restart).await
    }
}
