//! Tax invoices that are issued by themselves: orders whose books moved are looked at again, tenant by tenant.
//! Invariant INVOICE-4 holds below: an order is looked at under its lock, so that a claim attended twice issues once.

use super::rounds::Rounds;
use crate::app::App;
use kernel::TenantId;
use std::time::Duration;
use switchyard_core::{
    invoices::{automatic, issue::IssueError},
    orders::invoicing::{self, Claimed},
};
use tenants::{Actor, DirectoryError, RightSet};
use tokio_util::sync::CancellationToken;

/// How often all tenants are looked through.
const ROUND_EVERY: Duration = Duration::from_secs(5);
const CLAIM_MAX: i64 = 200;

#[derive(Debug, thiserror::Error)]
pub enum InvoicingError {
    #[error(transparent)]
    Issue(#[from] IssueError),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Issues what is due, until told to stop.
pub async fn run(app: App, stop: CancellationToken) {
    let mut rounds = Rounds::new(ROUND_EVERY);
    while let Some(waiting) = rounds.tenants(&app, &app.invoicing, &stop).await {
        for tenant in waiting {
            if stop.is_cancelled() {
                return;
            }
            if let Err(error) = work(&app, tenant).await {
                tracing::warn!(tenant.id = %tenant, "issuing tax invoices of tenant {tenant} failed and is tried again: {error}");
            }
        }
    }
}

/// Issues what is due of one tenant. Returns how many documents.
pub async fn work(app: &App, tenant: TenantId) -> Result<usize, InvoicingError> {
    let actor = Actor::system(tenant, "invoices", RightSet::default());
    let mut issued = 0;
    loop {
        let mut tx = app.directory.begin(&actor).await?;
        let claimed = invoicing::claim(&mut tx, CLAIM_MAX).await?;
        tx.commit().await?;
        if claimed.is_empty() {
            return Ok(issued);
        }
        let mut tx = app.directory.begin(&actor).await?;
        let groups = automatic::groups(&mut tx, &claimed).await?;
        drop(tx);
        for group in groups {
            issued += attend(app, &actor, &group).await?;
        }
    }
}

/// One group; one that cannot be issued together is tried order by order, and what fails alone waits with its reason.
async fn attend(app: &App, actor: &Actor, group: &[Claimed]) -> Result<usize, InvoicingError> {
    match try_group(app, actor, group).await {
        Ok(issued) => Ok(issued),
        Err(_) if group.len() > 1 => {
            let mut issued = 0;
            for claimed in group {
                issued += Box::pin(attend(app, actor, std::slice::from_ref(claimed))).await?;
            }
            Ok(issued)
        }
        Err(error) => {
            let mut tx = app.directory.begin(actor).await?;
            for claimed in group {
                tracing::debug!(order.id = %claimed.order, "a tax invoice waits for another try: {error}");
                invoicing::failed(&mut tx, *claimed, &error.to_string()).await?;
            }
            tx.commit().await?;
            Ok(0)
        }
    }
}

async fn try_group(app: &App, actor: &Actor, group: &[Claimed]) -> Result<usize, InvoicingError> {
    let mut tx = app.directory.begin(actor).await?;
    let issued = automatic::attend(&mut tx, group).await?;
    tx.commit().await?;
    Ok(issued.len())
}
