//! The circuit breaker of an installation.
//!
//! Kept in memory: a restart closes it, and a plugin that still traps opens it again after five calls.
//! Invariant BREAKER-1: five traps within a minute open it; no call runs while it is open.
//! Invariant BREAKER-2: after five minutes one call probes; its success closes, its failure opens it again.

use kernel::InstallationId;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

const TRAPS_MAX: usize = 5;
const WINDOW: Duration = Duration::from_secs(60);
const OPEN_FOR: Duration = Duration::from_secs(300);
/// Installations that never trap have no entry; beyond this many the oldest closed ones are forgotten.
const ENTRIES_MAX: usize = 50_000;

#[derive(Default)]
struct Circuit {
    traps: VecDeque<Instant>,
    open: Option<Open>,
}

struct Open {
    since: Instant,
    reason: String,
    probing: bool,
}

#[derive(Default)]
pub struct Breakers(Mutex<HashMap<InstallationId, Circuit>>);

impl Breakers {
    fn with<T>(&self, act: impl FnOnce(&mut HashMap<InstallationId, Circuit>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// May a call run? While open: no, with the reason.
    pub fn admit(&self, installation: InstallationId, now: Instant) -> Result<(), String> {
        self.with(|circuits| match circuits.get_mut(&installation).and_then(|c| c.open.as_mut()) {
            None => Ok(()),
            Some(open) if !open.probing && now.duration_since(open.since) >= OPEN_FOR => {
                open.probing = true;
                Ok(())
            }
            Some(open) => Err(open.reason.clone()),
        })
    }

    /// The call ended well, or in a way that is not the plugin's fault.
    pub fn succeeded(&self, installation: InstallationId) {
        self.with(|circuits| {
            // Traps of the last minute still count when the circuit was closed: every fifth call trapping is no health.
            if circuits.get(&installation).is_some_and(|c| c.open.is_some()) {
                circuits.remove(&installation);
            }
        });
    }

    /// Neither: the probe did not get to run.
    pub fn not_run(&self, installation: InstallationId) {
        self.with(|circuits| {
            if let Some(open) = circuits.get_mut(&installation).and_then(|c| c.open.as_mut()) {
                open.probing = false;
            }
        });
    }

    /// The call trapped. True when this opened the breaker.
    pub fn trapped(&self, installation: InstallationId, code: &str, now: Instant) -> bool {
        self.with(|circuits| {
            if circuits.len() >= ENTRIES_MAX {
                circuits.retain(|_, c| c.open.is_some() || c.traps.back().is_some_and(|at| now.duration_since(*at) < WINDOW));
            }
            let circuit = circuits.entry(installation).or_default();
            circuit.traps.push_back(now);
            while circuit.traps.front().is_some_and(|at| now.duration_since(*at) >= WINDOW) {
                circuit.traps.pop_front();
            }
            let probe_failed = circuit.open.as_ref().is_some_and(|open| open.probing);
            if !probe_failed && (circuit.open.is_some() || circuit.traps.len() < TRAPS_MAX) {
                return false;
            }
            let reason = format!("stopped after {TRAPS_MAX} failures within a minute, the last {code}; tried again after {} minutes", OPEN_FOR.as_secs() / 60);
            circuit.open = Some(Open { since: now, reason, probing: false });
            circuit.traps.clear();
            true
        })
    }

    /// Why it is open, when it is.
    pub fn reason(&self, installation: InstallationId) -> Option<String> {
        self.with(|circuits| circuits.get(&installation).and_then(|c| c.open.as_ref()).map(|open| open.reason.clone()))
    }

    /// A person says: try again now.
    pub fn reset(&self, installation: InstallationId) {
        self.with(|circuits| circuits.remove(&installation));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaker_1_five_traps_in_a_minute_open_it() {
        let (breakers, id, start) = (Breakers::default(), InstallationId::new(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        // Five traps over more than a minute do not.
        for second in [0, 20, 40, 61, 82] {
            assert!(!breakers.trapped(id, "trap.memory", at(second)));
        }
        assert!(breakers.admit(id, at(82)).is_ok());
        assert!(!breakers.trapped(id, "trap.memory", at(83)));
        assert!(breakers.trapped(id, "trap.memory", at(84)));
        assert!(breakers.admit(id, at(85)).unwrap_err().contains("trap.memory"));
        assert!(breakers.admit(InstallationId::new(), at(85)).is_ok(), "another installation is not touched");
    }

    #[test]
    fn breaker_2_one_probe_after_five_minutes() {
        let (breakers, id, start) = (Breakers::default(), InstallationId::new(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!((0..5).filter(|_| breakers.trapped(id, "limit.fuel", start)).count(), 1, "suspended once");
        assert!(breakers.admit(id, at(299)).is_err());
        assert!(breakers.admit(id, at(300)).is_ok(), "the probe");
        assert!(breakers.admit(id, at(300)).is_err(), "one only");
        assert!(breakers.trapped(id, "limit.fuel", at(300)), "the probe failed");
        assert!(breakers.admit(id, at(301)).is_err());
        assert!(breakers.admit(id, at(600)).is_ok());
        breakers.succeeded(id);
        assert!(breakers.admit(id, at(600)).is_ok() && breakers.reason(id).is_none());
    }
}
