//! What plugins were asked and what it cost.

use crate::{account::ComponentDigest, failure::CallFailure, guest::Function};
use kernel::{InstallationId, TenantId};

#[derive(Clone, Copy, Debug)]
pub struct Cost {
    pub fuel: u64,
    pub peak_memory: usize,
    pub micros: u128,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Run {
    pub tenant: TenantId,
    pub installation: InstallationId,
    pub digest: ComponentDigest,
    pub config_version: i32,
    pub function: Function,
    pub input: [u8; 32],
    pub failure: Option<CallFailure>,
    pub cost: Cost,
    pub log: Option<String>,
}

#[derive(Default)]
pub struct Runs;

impl Runs {
    pub fn record(&self, run: Run) {
        let outcome = run.failure.as_ref().map_or("ok", |f| f.code);
        tracing::debug!(plugin.installation = %run.installation, outcome, fuel = run.cost.fuel, micros = run.cost.micros as u64, "plugin {}", run.function.word());
    }
}
