//! How often and how many at once an installation may call out.

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};
use tokio::sync::Semaphore;

/// Requests an installation may have under way at once.
pub const AT_ONCE_MAX: usize = 4;

/// A token bucket: so many at once, then so many a second.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    pub burst: u32,
    pub per_second: u32,
}

impl Default for Rate {
    fn default() -> Self {
        Self { burst: 40, per_second: 10 }
    }
}

pub struct Allowance {
    pub at_once: Semaphore,
    rate: Rate,
    /// Thousandths of requests, and when they were counted.
    bucket: Mutex<(u64, Instant)>,
}

impl Allowance {
    pub fn new(rate: Rate, now: Instant) -> Self {
        Self { at_once: Semaphore::new(AT_ONCE_MAX), rate, bucket: Mutex::new((u64::from(rate.burst) * 1000, now)) }
    }

    pub fn take(&self, now: Instant) -> bool {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let grown = u64::try_from(now.duration_since(bucket.1).as_millis()).unwrap_or(u64::MAX).saturating_mul(self.rate.per_second.into());
        let full = u64::from(self.rate.burst) * 1000;
        let there = bucket.0.saturating_add(grown).min(full);
        let enough = there >= 1000;
        *bucket = (if enough { there - 1000 } else { there }, now);
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn http_4_requests_are_rationed() {
        let start = Instant::now();
        let allowance = Allowance::new(Rate { burst: 3, per_second: 2 }, start);
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!([0, 0, 0, 0].map(|ms| allowance.take(at(ms))), [true, true, true, false]);
        assert!(!allowance.take(at(499)));
        assert!(allowance.take(at(500)));
        assert_eq!([10_000, 10_000, 10_000, 10_000].map(|ms| allowance.take(at(ms))), [true, true, true, false]);
    }
}
