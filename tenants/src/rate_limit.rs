//! How many requests a tenant, a key, a person or an address may make. Per process: with several servers, divide the quota.
//! Invariant RATE-1: one subject's limit never touches another's. RATE-2: memory is bounded; idle subjects are forgotten.

use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DashMapStateStore,
};
use kernel::{ApiKeyId, PersonId, TenantId};
use std::{net::IpAddr, num::NonZeroU32, sync::Arc, time::Duration};

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    Tenant(TenantId),
    ApiKey(ApiKeyId),
    Person(PersonId),
    Address(IpAddr),
    /// Sign-ups, log-ins, resets: the few calls that cost a password hash or a mail.
    Door(IpAddr),
}

/// Requests a subject may make at once; they refill evenly over a minute.
#[derive(Clone, Copy, Debug)]
pub struct Quotas {
    pub tenant_per_minute: NonZeroU32,
    pub api_key_per_minute: NonZeroU32,
    pub person_per_minute: NonZeroU32,
    pub address_per_minute: NonZeroU32,
    pub door_per_minute: NonZeroU32,
}

impl Default for Quotas {
    fn default() -> Self {
        let per_minute = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        Self {
            tenant_per_minute: per_minute(60_000),
            api_key_per_minute: per_minute(30_000),
            person_per_minute: per_minute(6_000),
            address_per_minute: per_minute(60_000),
            door_per_minute: per_minute(60),
        }
    }
}

/// What the `RateLimit` headers say (draft-ietf-httpapi-ratelimit-headers).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub limit: u32,
    pub remaining: u32,
    /// Until the whole quota is there again.
    pub reset: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many requests, try again in {} s", retry_after.as_secs().max(1))]
pub struct Limited {
    pub standing: Standing,
    pub retry_after: Duration,
}

type Keyed = RateLimiter<Subject, DashMapStateStore<Subject>, DefaultClock, StateInformationMiddleware>;

/// Subjects remembered per kind before the idle ones are dropped.
const SUBJECTS_MAX: usize = 50_000;

/// One limiter per kind of subject. Cheap to clone.
#[derive(Clone)]
pub struct RateLimits {
    kinds: Arc<[Keyed; 5]>,
    quotas: Quotas,
}

impl RateLimits {
    pub fn new(quotas: Quotas) -> Self {
        let keyed = |n| RateLimiter::dashmap(Quota::per_minute(n)).with_middleware();
        let kinds = [
            keyed(quotas.tenant_per_minute),
            keyed(quotas.api_key_per_minute),
            keyed(quotas.person_per_minute),
            keyed(quotas.address_per_minute),
            keyed(quotas.door_per_minute),
        ];
        Self { kinds: Arc::new(kinds), quotas }
    }

    /// Counts one request.
    pub fn check(&self, subject: Subject) -> Result<Standing, Limited> {
        let (kind, limit) = match subject {
            Subject::Tenant(_) => (0, self.quotas.tenant_per_minute),
            Subject::ApiKey(_) => (1, self.quotas.api_key_per_minute),
            Subject::Person(_) => (2, self.quotas.person_per_minute),
            Subject::Address(_) => (3, self.quotas.address_per_minute),
            Subject::Door(_) => (4, self.quotas.door_per_minute),
        };
        let (limiter, limit) = (&self.kinds[kind], limit.get());
        if limiter.len() > SUBJECTS_MAX {
            limiter.retain_recent();
        }
        let refill = |missing: u32| Duration::from_secs(60) * missing / limit;
        match limiter.check_key(&subject) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                Ok(Standing { limit, remaining, reset: refill(limit.saturating_sub(remaining)) })
            }
            Err(until) => Err(Limited {
                retry_after: until.wait_time_from(limiter.clock().now()),
                standing: Standing { limit, remaining: 0, reset: refill(limit) },
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three_per_minute() -> RateLimits {
        RateLimits::new(Quotas { tenant_per_minute: NonZeroU32::new(3).unwrap(), ..Quotas::default() })
    }

    #[test]
    fn rate_1_a_noisy_tenant_is_stopped_and_its_neighbour_notices_nothing() {
        let limits = three_per_minute();
        let (noisy, quiet) = (Subject::Tenant(TenantId::new()), Subject::Tenant(TenantId::new()));
        let remaining: Vec<u32> = (0..3).map(|_| limits.check(noisy).unwrap().remaining).collect();
        assert_eq!(remaining, [2, 1, 0]);
        let limited = limits.check(noisy).unwrap_err();
        assert!(limited.retry_after > Duration::from_secs(15) && limited.retry_after <= Duration::from_secs(20), "{limited:?}");
        assert_eq!((limited.standing.limit, limited.standing.remaining), (3, 0));
        assert_eq!(limits.check(quiet).unwrap().remaining, 2);
    }

    #[test]
    fn rate_2_idle_subjects_are_forgotten() {
        // 50,000 a minute refill within about a millisecond, so that earlier subjects are idle.
        let limits = RateLimits::new(Quotas { tenant_per_minute: NonZeroU32::new(6_000_000).unwrap(), ..Quotas::default() });
        for _ in 0..(SUBJECTS_MAX + 2_000) {
            limits.check(Subject::Tenant(TenantId::new())).unwrap();
        }
        assert!(limits.kinds[0].len() <= SUBJECTS_MAX + 1, "{}", limits.kinds[0].len());
    }
}
