//! Whom a worker attends to next: the tenants its bell was rung for, and now and then all of them, for what other servers
//! left behind and what waits for its next try.

use crate::app::App;
use kernel::TenantId;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

const TENANTS_PAGE: i64 = 500;

/// The bell of one worker.
#[derive(Clone, Default)]
pub struct Bell {
    waiting: Arc<Mutex<HashSet<TenantId>>>,
    rung: Arc<tokio::sync::Notify>,
}

impl Bell {
    /// Something of this tenant waits for the worker.
    pub fn ring(&self, tenant: TenantId) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant);
        self.rung.notify_one();
    }
}

/// The rounds of one worker.
pub struct Rounds {
    every: Duration,
    next: Instant,
}

impl Rounds {
    /// The first round is due at once, the others after `every`.
    pub fn new(every: Duration) -> Self {
        Self { every, next: Instant::now() }
    }

    /// Waits until there is somebody to attend to. `None`: the worker is told to stop.
    pub async fn tenants(&mut self, app: &App, bell: &Bell, stop: &CancellationToken) -> Option<Vec<TenantId>> {
        tokio::select! {
            () = stop.cancelled() => return None,
            () = bell.rung.notified() => {}
            () = tokio::time::sleep(self.next.saturating_duration_since(Instant::now())) => {}
        }
        let mut waiting: Vec<TenantId> = bell.waiting.lock().unwrap_or_else(PoisonError::into_inner).drain().collect();
        if Instant::now() >= self.next {
            match all_tenants(app).await {
                Ok(tenants) => waiting = tenants,
                Err(error) => tracing::debug!(error = %error, "a worker could not look through the tenants"),
            }
            self.next = Instant::now() + self.every;
        }
        Some(waiting)
    }
}

/// Every active tenant.
pub(super) async fn all_tenants(app: &App) -> Result<Vec<TenantId>, sqlx::Error> {
    let mut tenants: Vec<TenantId> = Vec::new();
    loop {
        let page = app.directory.active_tenants(tenants.last().copied(), TENANTS_PAGE).await?;
        let whole = i64::try_from(page.len()).is_ok_and(|n| n < TENANTS_PAGE);
        tenants.extend(page);
        if whole {
            return Ok(tenants);
        }
    }
}
