//! Whom a worker attends to next: the tenants its bell was rung for, and now and then all of them, for what other servers
//! left behind and what waits for its next try.

use crate::app::App;
use kernel::TenantId;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::task::JoinSet;
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

    /// Attends to one tenant after another, `at_once` of them beside each other, until told to stop: what hangs at one does not hold up
    /// the others. `doing` says in the log what failed.
    pub async fn attend<W, F>(mut self, app: &App, bell: &Bell, at_once: usize, stop: &CancellationToken, doing: &'static str, work: W)
    where
        W: Fn(App, TenantId) -> F,
        F: Future<Output = anyhow::Result<usize>> + Send + 'static,
    {
        let mut busy = JoinSet::new();
        while let Some(waiting) = self.tenants(app, bell, stop).await {
            for tenant in waiting {
                while busy.len() >= at_once {
                    let _ = busy.join_next().await;
                }
                if stop.is_cancelled() {
                    return;
                }
                let attended = work(app.clone(), tenant);
                busy.spawn(async move {
                    if let Err(error) = attended.await {
                        tracing::warn!(tenant.id = %tenant, error = format!("{error:#}"), "{doing} tenant {tenant} failed");
                    }
                });
            }
            while busy.try_join_next().is_some() {}
        }
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
