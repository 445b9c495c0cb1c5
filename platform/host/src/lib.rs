//! The plugin host: loads and calls sandboxed components. The only crate that links wasmtime.
//!
//! Invariant HOST-1: no code of a guest is compiled, and no unchecked native code is loaded, in this process.
//! Invariant HOST-2: whatever a guest does, the next call of any other guest works.

pub mod account;
mod acknowledge;
mod admission;
pub mod answer;
mod breaker;
mod cache;
pub mod compile;
pub mod connector;
mod contract;
pub mod engine;
pub mod failure;
pub mod gate;
mod guest;
pub mod limits;
mod outside;
mod runs;
pub mod text;
mod translate;

pub use account::{AccountContext, ComponentDigest, Grants, SecretBytes};
pub use answer::{Delivery, Origin, Reception, Reference, ReferenceKind, Rejection, Window};
pub use failure::CallFailure;

use crate::{
    compile::CompileError,
    connector::LoadedConnector,
    contract::v0_1::{ChannelConnector, ChannelConnectorPre},
    engine::{EngineKind, EpochTicker, Fingerprint},
    guest::{Guest, GuestState},
};
use moka::future::Cache;
use std::{path::PathBuf, sync::Arc};
use wasmtime::{
    Engine,
    component::{Component, Linker},
};

/// Components kept ready: a few hundred KiB each.
const LOADED_MAX: u64 = 500;

#[derive(Clone, Debug)]
pub struct HostConfig {
    /// The executable that has the hidden subcommand [`compile::SUBCOMMAND`]: this server's own.
    pub compiler: PathBuf,
    /// Where compiled components are kept.
    pub cache_directory: PathBuf,
    /// Makes the MACs of the cache.
    pub cache_key: [u8; 32],
    /// Threads guests run on.
    pub threads: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error(transparent)]
    Engine(#[from] engine::EngineError),
    #[error("the plugin host cannot start: {0}")]
    Io(#[from] std::io::Error),
    #[error("the plugin host cannot link its functions: {0}")]
    Link(String),
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum LoadError {
    /// What is wrong with it, for the person who uploaded it.
    #[error("{0}")]
    InvalidComponent(String),
    #[error("the component {0} is not known here")]
    Unknown(ComponentDigest),
    #[error("{0}")]
    Host(String),
}

/// Loads and calls plugins. One per process; share it in an `Arc`.
pub struct Host {
    config: HostConfig,
    connector_engine: Engine,
    fingerprint: Fingerprint,
    linker: Linker<GuestState>,
    cache: cache::CompiledCache,
    connectors: Cache<ComponentDigest, LoadedConnector>,
    breakers: breaker::Breakers,
    admission: admission::Admission,
    outside: outside::Outside,
    runs: runs::Runs,
    guests: tokio::runtime::Handle,
    _runtime: GuestRuntime,
    _ticker: EpochTicker,
}

/// Shut down without waiting: a runtime may not block on another's thread when it is dropped there.
struct GuestRuntime(Option<tokio::runtime::Runtime>);
impl Drop for GuestRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Host {
    pub fn start(config: HostConfig) -> Result<Self, HostError> {
        let engine = engine::running_engine(EngineKind::Connector)?;
        let mut linker = Linker::new(&engine);
        ChannelConnector::add_to_linker::<_, Guest>(&mut linker, |state| state).map_err(|e| HostError::Link(format!("{e:#}")))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(config.threads.max(1))
            .thread_name("plugin")
            .enable_all()
            .build()?;
        Ok(Self {
            fingerprint: engine::fingerprint(&engine),
            linker,
            cache: cache::CompiledCache::open(&config.cache_directory, config.cache_key)?,
            connectors: Cache::new(LOADED_MAX),
            breakers: breaker::Breakers::default(),
            admission: admission::Admission::default(),
            outside: outside::Outside,
            runs: runs::Runs,
            guests: runtime.handle().clone(),
            _runtime: GuestRuntime(Some(runtime)),
            _ticker: EpochTicker::start(vec![engine.clone()])?,
            connector_engine: engine,
            config,
        })
    }

    /// Checks, compiles (unless that was done before) and links a connector; afterwards it can be called by its digest.
    pub async fn load_connector(&self, component: &[u8]) -> Result<ComponentDigest, LoadError> {
        let digest = ComponentDigest::of(component);
        let load = async {
            let compiled = match self.cache.load(&self.connector_engine, digest, &self.fingerprint) {
                Some(compiled) => compiled,
                None => self.compile(digest, component).await?,
            };
            self.link(&compiled)
        };
        self.connectors.try_get_with(digest, load).await.map_err(|e| LoadError::clone(&e))?;
        Ok(digest)
    }

    async fn compile(&self, digest: ComponentDigest, component: &[u8]) -> Result<Component, LoadError> {
        let code = compile::compile(&self.config.compiler, EngineKind::Connector, component).await.map_err(|e| match e {
            CompileError::Refused(_) | CompileError::TooCostly => LoadError::InvalidComponent(e.to_string()),
            CompileError::Host(_) => LoadError::Host(e.to_string()),
        })?;
        self.cache.store(digest, &self.fingerprint, &code).map_err(|e| LoadError::Host(format!("the compiled plugin cannot be kept: {e}")))?;
        self.cache
            .load(&self.connector_engine, digest, &self.fingerprint)
            .ok_or_else(|| LoadError::Host("the compiled plugin does not load".into()))
    }

    fn link(&self, component: &Component) -> Result<LoadedConnector, LoadError> {
        let invalid = |what: String| LoadError::InvalidComponent(text::line(&what, 400));
        let needs = component.resources_required().ok_or_else(|| invalid("imports core modules".into()))?;
        if needs.num_memories > engine::MEMORIES_PER_COMPONENT {
            return Err(invalid(format!("{} memories: at most {} are accepted", needs.num_memories, engine::MEMORIES_PER_COMPONENT)));
        }
        if needs.num_tables > engine::TABLES_PER_COMPONENT {
            return Err(invalid(format!("{} tables: at most {} are accepted", needs.num_tables, engine::TABLES_PER_COMPONENT)));
        }
        let pre = self.linker.instantiate_pre(component).map_err(|e| invalid(format!("does not fit the host: {e:#}")))?;
        let pre = ChannelConnectorPre::new(pre).map_err(|e| invalid(format!("is not a channel connector: {e:#}")))?;
        Ok(LoadedConnector { pre: Arc::new(pre) })
    }

    async fn connector(&self, digest: ComponentDigest) -> Result<LoadedConnector, CallFailure> {
        self.connectors.get(&digest).await.ok_or_else(|| CallFailure::new("host.unavailable", LoadError::Unknown(digest).to_string()))
    }
}
