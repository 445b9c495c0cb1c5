//! Orders that wait for their listings go on when these are mapped: at once in a first step, the rest by a worker.
//! Invariant SETTLE-MAP-1 holds below: a round is repeated when whatever was under way beside the mapping has ended.

use super::rounds::Rounds;
use crate::app::App;
use kernel::TenantId;
use std::time::Duration;
use switchyard_core::{mapping::settle, orders::intake::IntakeError, products::settings};
use tenants::{Actor, DirectoryError, RightSet};
use tokio_util::sync::CancellationToken;

/// How often all tenants are looked through.
const ROUND_EVERY: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    #[error(transparent)]
    Intake(#[from] IntakeError),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Lets orders go on until told to stop.
pub async fn run(app: App, stop: CancellationToken) {
    let mut rounds = Rounds::new(ROUND_EVERY);
    while let Some(waiting) = rounds.tenants(&app, &app.mapping, &stop).await {
        for tenant in waiting {
            if stop.is_cancelled() {
                return;
            }
            if let Err(error) = work(&app, tenant, chrono::Utc::now()).await {
                tracing::warn!(tenant.id = %tenant, "letting the mapped orders of tenant {tenant} go on failed and is tried again: {error}");
            }
        }
    }
}

/// Right after a mapping: the first orders go on before the answer, the worker looks after the rest.
pub async fn settle_now(app: &App, tenant: TenantId) {
    let first = async {
        let mut tx = app.directory.begin(&worker(tenant)).await?;
        let any = settings::due(&mut tx).await?.is_some() && settle::step(&mut tx, None).await?.is_some();
        tx.commit().await?;
        Ok::<_, MappingError>(any)
    };
    match first.await {
        Ok(true) => app.judging.ring(tenant),
        Ok(false) => {}
        Err(error) => tracing::debug!(tenant.id = %tenant, "mapped orders wait for the worker: {error}"),
    }
    app.mapping.ring(tenant);
}

/// A whole round of one tenant, if one is due at this instant. Returns how many steps let orders go on.
pub async fn work(app: &App, tenant: TenantId, now: kernel::Timestamp) -> Result<usize, MappingError> {
    let actor = worker(tenant);
    let mut tx = app.directory.begin_at(&actor, now).await?;
    let due = settings::due(&mut tx).await?;
    tx.commit().await?;
    let Some(due) = due else { return Ok(0) };
    let (mut steps, mut after) = (0, None);
    loop {
        let mut tx = app.directory.begin_at(&actor, now).await?;
        after = settle::step(&mut tx, after).await?;
        tx.commit().await?;
        if after.is_none() {
            break;
        }
        steps += 1;
    }
    let mut tx = app.directory.begin_at(&actor, now).await?;
    settings::settled(&mut tx, due, now).await?;
    tx.commit().await?;
    if steps > 0 {
        app.judging.ring(tenant);
    }
    Ok(steps)
}

fn worker(tenant: TenantId) -> Actor {
    Actor::system(tenant, "mapping", RightSet::default())
}
