//! What one call may use, and the limiter that keeps count over the whole store.
//!
//! Wasmtime's own `StoreLimits` bounds each memory by itself: forty core instances under "16 MiB" take 640 MiB.
//! Invariant LIMIT-1: memories and tables are summed over the store; the sum stays within the budget.

use std::time::Duration;
use wasmtime::ResourceLimiter;

const MIB: usize = 1 << 20;

/// Limits of one call of one guest.
#[derive(Clone, Debug)]
pub struct Budget {
    pub fuel: u64,
    /// Bytes of all memories and tables together.
    pub memory_bytes: usize,
    /// Wall clock, waiting for the network included.
    pub wall: Duration,
    /// Bytes a guest may hand to the host in one go, its result included ("hostcall fuel").
    pub transfer_bytes: usize,
    pub handles: usize,
    pub log_bytes: usize,
    pub kv_operations: u32,
}

impl Budget {
    /// A webhook: translation and nothing else. The transfer limit is above the usual 1 MiB since a body of up to
    /// 1 MiB is handed back for its signature check and becomes facts of some times its size.
    ///
    /// Fuel grows with what there is to translate: an endless loop over a small body ends within some 20 ms. Translating a
    /// large order takes some 370 a byte, reading an object of nothing but keys some 470 (measured: 2,000 lines, 50,000 keys).
    pub fn receive(body_bytes: usize) -> Self {
        Self {
            fuel: 10_000_000 + 1_024 * body_bytes as u64,
            memory_bytes: 64 * MIB,
            wall: Duration::from_secs(2),
            transfer_bytes: 8 * MIB,
            handles: 1024,
            log_bytes: 64 * 1024,
            kv_operations: 200,
        }
    }
    /// A document handed in or fetched may be larger than a webhook (a page of 100 orders).
    pub fn document(body_bytes: usize) -> Self {
        Self { fuel: 100_000_000 + 256 * body_bytes as u64, ..Self::receive(body_bytes) }
    }
    /// `fetch`, `pull` and `push`: up to 50 answers of 4 MiB at most come back as documents.
    pub fn calling_out() -> Self {
        Self { fuel: 4_000_000_000, memory_bytes: 96 * MIB, wall: Duration::from_secs(60), transfer_bytes: 32 * MIB, ..Self::receive(0) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitExceeded {
    #[error("more than {0} bytes of memory and tables")]
    Memory(usize),
    #[error("longer than {} ms", .0.as_millis())]
    Wall(Duration),
    #[error("more than {0} comparisons with secrets")]
    Comparisons(u32),
}

/// Counts what a store holds.
#[derive(Debug)]
pub struct SummingLimiter {
    limit: usize,
    used: usize,
    peak: usize,
}

impl SummingLimiter {
    pub fn new(limit: usize) -> Self {
        Self { limit, used: 0, peak: 0 }
    }
    pub fn peak(&self) -> usize {
        self.peak
    }
    fn grow(&mut self, current: usize, desired: usize) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        let sum = self.used.saturating_add(more);
        if sum > self.limit {
            // An error traps, where `false` would let the guest go on and try again for ever.
            return Err(wasmtime::Error::new(LimitExceeded::Memory(self.limit)));
        }
        self.used = sum;
        self.peak = self.peak.max(sum);
        Ok(true)
    }
}

impl ResourceLimiter for SummingLimiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.grow(current, desired)
    }
    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        const ELEMENT: usize = size_of::<usize>();
        self.grow(current.saturating_mul(ELEMENT), desired.saturating_mul(ELEMENT))
    }
    fn instances(&self) -> usize {
        128
    }
    fn tables(&self) -> usize {
        crate::engine::TABLES_PER_COMPONENT as usize
    }
    fn memories(&self) -> usize {
        crate::engine::MEMORIES_PER_COMPONENT as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_1_memories_and_tables_are_summed() {
        let mut limiter = SummingLimiter::new(100 * 64 * 1024);
        for _ in 0..4 {
            assert!(limiter.memory_growing(0, 20 * 64 * 1024, None).unwrap());
        }
        assert!(limiter.table_growing(0, 1000, None).unwrap());
        let error = limiter.memory_growing(0, 20 * 64 * 1024, None).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&LimitExceeded::Memory(100 * 64 * 1024)));
        assert_eq!(limiter.peak(), 80 * 64 * 1024 + 8000);
        assert!(limiter.table_growing(0, usize::MAX, None).is_err());
    }
}
