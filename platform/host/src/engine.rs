//! The two engines guests run in, and the clock that interrupts them.
//!
//! Connectors and rules need different settings (plugins.md §2), and compiled code loads only in an engine with the
//! settings it was compiled for. One function builds both the server's and the compiler's settings, so they agree.
//! Invariant ENGINE-1: everything a guest can make the machine do costs fuel, growth of memory included.
//! Invariant ENGINE-2: the epoch advances on a plain thread, so a stalled executor cannot stop interruption.

use sha2::{Digest, Sha256};
use std::{
    hash::{Hash, Hasher},
    sync::{Arc, atomic::{AtomicBool, Ordering}},
    time::Duration,
};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, OperatorCost, PoolingAllocationConfig, WasmFeatures};

/// How often running guests may be looked at.
pub const EPOCH_TICK: Duration = Duration::from_millis(10);
/// Component instances the pool holds at once. Calls are admitted below this number, see `admission`.
pub const POOL_INSTANCES: u32 = 256;
/// Memories and tables one component may have: QuickJS guests need three memories.
pub const MEMORIES_PER_COMPONENT: u32 = 4;
pub const TABLES_PER_COMPONENT: u32 = 8;
pub const TABLE_ELEMENTS: usize = 20_000;
const MIB: usize = 1 << 20;
const KIB: usize = 1 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// Channel connectors: fuel, epochs, host calls.
    Connector,
    /// Commission rules and credit policies: no imports, and the same verdict, fuel included, on every replay.
    Rule,
}

impl EngineKind {
    pub fn word(self) -> &'static str {
        match self {
            EngineKind::Connector => "connector",
            EngineKind::Rule => "rule",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        [EngineKind::Connector, EngineKind::Rule].into_iter().find(|kind| kind.word() == word)
    }
    /// The largest one memory may be. The sum over a call is limited by its budget.
    pub const fn memory_bytes_max(self) -> usize {
        match self {
            EngineKind::Connector => 128 * MIB,
            EngineKind::Rule => 64 * MIB,
        }
    }
}

/// Settings that decide what compiled code looks like: the same in the server and in the compiler.
fn compile_settings(kind: EngineKind) -> Config {
    let mut config = Config::new();
    // Fuel gives the same verdict on every run; the epoch is the wall-clock backstop.
    config.consume_fuel(true).epoch_interruption(true);
    // `memory.grow` is free by default. Part of the fingerprint: changing it changes what a run costs.
    let mut cost = OperatorCost::new();
    cost.variable.memory_grow_per_page = 255;
    config.operator_cost(cost);
    config.cranelift_nan_canonicalization(kind == EngineKind::Rule);
    // By name, since the methods for some of them are compiled out with the proposals themselves.
    let off = WasmFeatures::RELAXED_SIMD
        | WasmFeatures::THREADS
        | WasmFeatures::MEMORY64
        | WasmFeatures::TAIL_CALL
        | WasmFeatures::FUNCTION_REFERENCES
        | WasmFeatures::GC
        | WasmFeatures::EXCEPTIONS;
    config.wasm_features(off, false);
    // Fused adapters of the component model need it: with it off, compiling some components panics and aborts the
    // process. The gate refuses guests' own modules that use it.
    config.wasm_multi_memory(true);
    config.concurrency_support(false);
    // The rest of the async stack is for host functions: an overflow there would abort the process.
    config.max_wasm_stack(512 * 1024).async_stack_size(2 * MIB);
    // Pooled stacks cross tenants.
    config.async_stack_zeroing(true);
    config.memory_init_cow(true);
    config.wasm_backtrace_max_frames(None).generate_address_map(false).native_unwind_info(false);
    config
}

/// What a compiled component must match to load: engine version, settings, CPU features.
pub type Fingerprint = [u8; 32];

#[derive(Debug, thiserror::Error)]
#[error("the {kind} engine cannot start: {reason}")]
pub struct EngineError {
    kind: &'static str,
    reason: String,
}

/// An engine for the compiler process: same code, no pool.
pub fn compiler_engine(kind: EngineKind) -> Result<Engine, EngineError> {
    Engine::new(&compile_settings(kind)).map_err(|e| EngineError { kind: kind.word(), reason: format!("{e:#}") })
}

/// An engine that runs guests, with the pooling allocator where the address space allows it.
pub fn running_engine(kind: EngineKind) -> Result<Engine, EngineError> {
    let mut config = compile_settings(kind);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(kind)));
    match Engine::new(&config) {
        Ok(engine) => Ok(engine),
        // A pool reserves some TiB of address space, which a container's limit may forbid.
        Err(why) => {
            tracing::warn!(engine = kind.word(), "plugins run without the pooling allocator, which is slower: {why:#}");
            compiler_engine(kind)
        }
    }
}

fn pool(kind: EngineKind) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(POOL_INSTANCES)
        .total_memories(1024)
        .total_tables(1024)
        .total_stacks(POOL_INSTANCES)
        .total_core_instances(16_384)
        .max_core_instances_per_component(128)
        .max_memories_per_component(MEMORIES_PER_COMPONENT)
        .max_tables_per_component(TABLES_PER_COMPONENT)
        .max_memory_size(kind.memory_bytes_max())
        .table_elements(TABLE_ELEMENTS)
        .max_unused_warm_slots(32)
        // A slot is wiped in place for the next guest: giving its pages back would cost a system call and a fault a page.
        .table_keep_resident(16 * KIB)
        .async_stack_keep_resident(64 * KIB);
    // Linux 6.7 tells which pages were written, so that only those are wiped. Elsewhere all of what is kept is.
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        pool.pagemap_scan(Enabled::Yes).linear_memory_keep_resident(2 * MIB);
    } else {
        pool.linear_memory_keep_resident(256 * KIB);
    }
    pool
}

pub fn fingerprint(engine: &Engine) -> Fingerprint {
    // The standard library's hasher may change between compilers and is short; SHA-256 is neither.
    struct ShaHasher(Sha256);
    impl Hasher for ShaHasher {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut hasher = ShaHasher(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.finalize().into()
}

/// Advances the epoch of the engines until dropped.
pub struct EpochTicker {
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl EpochTicker {
    pub fn start(engines: Vec<Engine>) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::Builder::new().name("epoch-ticker".into()).spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                std::thread::sleep(EPOCH_TICK);
                engines.iter().for_each(Engine::increment_epoch);
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for EpochTicker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compiler_and_runner_agree_and_kinds_differ() {
        for kind in [EngineKind::Connector, EngineKind::Rule] {
            let (compiler, runner) = (compiler_engine(kind).unwrap(), running_engine(kind).unwrap());
            assert_eq!(fingerprint(&compiler), fingerprint(&runner), "{}", kind.word());
            assert_eq!(EngineKind::from_word(kind.word()), Some(kind));
        }
        let connector = fingerprint(&compiler_engine(EngineKind::Connector).unwrap());
        assert_ne!(connector, fingerprint(&compiler_engine(EngineKind::Rule).unwrap()));
    }
}
