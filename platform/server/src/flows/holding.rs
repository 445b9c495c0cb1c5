//! What time does to holds and claims: holds are handed on by their age and end when nobody decides; claims expire.

use crate::app::App;
use kernel::{TenantId, Timestamp};
use std::time::Duration;
use switchyard_core::{
    finance::claims::{end, issue::ClaimError},
    orders::{hold_clock, money::MoneyError},
};
use tenants::{
    Actor, DirectoryError, RightSet,
    rights::{PostFinance, Right},
};
use tokio_util::sync::CancellationToken;

/// How often all tenants are looked through.
const ROUND_EVERY: Duration = Duration::from_secs(30);

#[derive(Debug, thiserror::Error)]
pub enum HoldingError {
    #[error(transparent)]
    Money(#[from] MoneyError),
    #[error(transparent)]
    Claim(#[from] ClaimError),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Right(#[from] tenants::Forbidden),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// What one look at a tenant did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    pub handed_on: u64,
    pub ended: usize,
    pub expired: usize,
}

/// Looks after all tenants until told to stop.
pub async fn run(app: App, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(ROUND_EVERY) => {}
        }
        let tenants = match super::rounds::all_tenants(&app).await {
            Ok(tenants) => tenants,
            Err(error) => {
                tracing::debug!(error = %error, "the worker of holds could not look through the tenants");
                continue;
            }
        };
        for tenant in tenants {
            if stop.is_cancelled() {
                return;
            }
            if let Err(error) = work(&app, tenant, chrono::Utc::now()).await {
                tracing::warn!(tenant.id = %tenant, "looking after the holds of tenant {tenant} failed and is tried again: {error}");
            }
        }
    }
}

/// One tenant, at an instant.
pub async fn work(app: &App, tenant: TenantId, now: Timestamp) -> Result<Done, HoldingError> {
    let actor = Actor::system(tenant, "holds", RightSet::from_iter([Right::PostFinance]));
    let mut tx = app.directory.begin_at(&actor, now).await?;
    let handed_on = hold_clock::escalate(&mut tx).await?;
    let due = hold_clock::due(&mut tx).await?;
    tx.commit().await?;
    let mut done = Done { handed_on, ..Done::default() };
    for (hold, order, calls_off) in due {
        let mut tx = app.directory.begin_at(&actor, now).await?;
        match hold_clock::expire(&mut tx, hold, order, calls_off).await {
            Ok(ended) => {
                tx.commit().await?;
                done.ended += usize::from(ended);
            }
            Err(error) => {
                drop(tx);
                let mut tx = app.directory.begin_at(&actor, now).await?;
                hold_clock::keep(&mut tx, hold, &error.to_string()).await?;
                tx.commit().await?;
            }
        }
    }
    let permit = actor.may::<PostFinance>()?;
    let mut tx = app.directory.begin_at(&actor, now).await?;
    done.expired = end::end_expired(&mut tx, permit).await?;
    tx.commit().await?;
    if done.ended > 0 {
        app.judging.ring(tenant);
    }
    Ok(done)
}
