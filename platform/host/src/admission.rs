//! How many calls run at once: fewer than the pool holds, and no tenant takes more than a quarter.
//!
//! Instantiating beyond the pool is an error in wasmtime, so callers wait here instead.
//! Invariant ADMISSION-1: admitted calls never exceed the pool; one tenant never exceeds its share.

use crate::{engine::POOL_INSTANCES, failure::CallFailure};
use kernel::TenantId;
use moka::sync::Cache;
use std::{sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Half of the pool: a component may need more slots than one.
pub const CALLS_MAX: usize = POOL_INSTANCES as usize / 2;
pub const CALLS_PER_TENANT_MAX: usize = CALLS_MAX / 4;
/// Longer than this is not waited for: the channel sends again, a job runs again.
const PATIENCE: Duration = Duration::from_secs(5);

/// Held while a call runs.
pub struct Admitted {
    _share: OwnedSemaphorePermit,
    _slot: OwnedSemaphorePermit,
}

pub struct Admission {
    slots: Arc<Semaphore>,
    shares: Cache<TenantId, Arc<Semaphore>>,
    patience: Duration,
}

impl Default for Admission {
    fn default() -> Self {
        // An idle tenant's semaphore has nothing in it and may go.
        let shares = Cache::builder().max_capacity(100_000).time_to_idle(Duration::from_secs(600)).build();
        Self { slots: Arc::new(Semaphore::new(CALLS_MAX)), shares, patience: PATIENCE }
    }
}

impl Admission {
    /// Waits for the tenant's share first, so that a crowd of one tenant does not stand in the common queue.
    pub async fn admit(&self, tenant: TenantId) -> Result<Admitted, CallFailure> {
        let share = self.shares.get_with(tenant, || Arc::new(Semaphore::new(CALLS_PER_TENANT_MAX)));
        let wait = async { Ok::<_, tokio::sync::AcquireError>(Admitted { _share: share.acquire_owned().await?, _slot: self.slots.clone().acquire_owned().await? }) };
        match tokio::time::timeout(self.patience, wait).await {
            Ok(Ok(admitted)) => Ok(admitted),
            _ => Err(CallFailure::new("host.busy", "too many plugin calls at once")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn admission_1_a_tenant_takes_its_share_and_no_more() {
        let admission = Admission { patience: Duration::from_millis(20), ..Admission::default() };
        let (greedy, modest) = (TenantId::new(), TenantId::new());
        let mut held = Vec::new();
        for _ in 0..CALLS_PER_TENANT_MAX {
            held.push(admission.admit(greedy).await.unwrap());
        }
        assert_eq!(admission.admit(greedy).await.err().unwrap().code, "host.busy");
        assert!(admission.admit(modest).await.is_ok());
        held.pop();
        assert!(admission.admit(greedy).await.is_ok());
    }
}
