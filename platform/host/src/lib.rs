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
pub mod catalogue;
pub mod child;
pub mod compile;
pub mod connector;
mod contract;
pub mod describe;
pub mod engine;
pub mod exchange;
pub mod failure;
pub mod gate;
mod guest;
pub mod hosts;
pub mod http;
pub mod installation;
mod kv;
pub mod limits;
pub mod manifest;
mod outside;
pub mod policy;
pub mod runs;
mod strange_money;
pub mod text;
mod translate;

pub use account::{AccountContext, ComponentDigest, Grants, SecretBytes};
pub use answer::{Delivery, Errand, Method, Origin, Pushed, Reception, Reference, ReferenceKind, Rejection, Window};
pub use exchange::{Exchange, Tokens};
pub use failure::CallFailure;

use crate::{
    compile::CompileError,
    connector::LoadedConnector,
    contract::v0_1::{ChannelConnector, ChannelConnectorPre},
    engine::{EngineKind, EpochTicker, Fingerprint},
    guest::{Guest, GuestState},
};
use moka::future::Cache;
use kernel::InstallationId;
use std::{path::PathBuf, sync::Arc};
use tenants::Directory;
use wasmtime::{
    Engine,
    component::{Component, Linker},
};

/// Components kept ready: a few hundred KiB each.
const LOADED_MAX: u64 = 500;

#[derive(Clone)]
pub struct HostConfig {
    /// The executable that has the hidden subcommand [`compile::SUBCOMMAND`]: this server's own.
    pub compiler: PathBuf,
    /// Where compiled components are kept.
    pub cache_directory: PathBuf,
    /// Makes the MACs of the cache.
    pub cache_key: [u8; 32],
    /// Threads guests run on.
    pub threads: usize,
    /// Where components, stored keys and runs are. Without it only what is loaded by hand can be called: a check of a
    /// plugin on a partner's machine needs no database.
    pub directory: Option<Directory>,
    pub http: http::HttpSettings,
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
    rules: policy::Rules,
    policies: Cache<ComponentDigest, policy::LoadedPolicy>,
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
    /// Inside the server's runtime, which does the input and output for guests.
    pub fn start(config: HostConfig) -> Result<Self, HostError> {
        let here = tokio::runtime::Handle::try_current().map_err(std::io::Error::other)?;
        let engine = engine::running_engine(EngineKind::Connector)?;
        let rules = engine::running_engine(EngineKind::Rule)?;
        let mut linker = Linker::new(&engine);
        ChannelConnector::add_to_linker::<_, Guest>(&mut linker, |state| state).map_err(|e| HostError::Link(format!("{e:#}")))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(config.threads.max(1))
            .thread_name("plugin")
            .enable_all()
            .build()?;
        Ok(Self {
            fingerprint: engine::fingerprint(&engine),
            policies: Cache::new(LOADED_MAX),
            linker,
            cache: cache::CompiledCache::open(&config.cache_directory, config.cache_key)?,
            connectors: Cache::new(LOADED_MAX),
            breakers: breaker::Breakers::default(),
            admission: admission::Admission::default(),
            outside: outside::Outside { http: Arc::new(http::Client::new(config.http.clone())), directory: config.directory.clone(), runtime: here.clone() },
            runs: runs::Runs::start(config.directory.clone(), &here),
            guests: runtime.handle().clone(),
            _runtime: GuestRuntime(Some(runtime)),
            _ticker: EpochTicker::start(vec![engine.clone(), rules.clone()])?,
            rules: policy::Rules { fingerprint: engine::fingerprint(&rules), engine: rules },
            connector_engine: engine,
            config,
        })
    }

    /// Checks, compiles (unless that was done before) and links a connector; afterwards it can be called by its digest.
    pub async fn load_connector(&self, component: &[u8]) -> Result<ComponentDigest, LoadError> {
        let digest = ComponentDigest::of(component);
        self.loaded(digest, async { Ok(component.to_vec()) }).await?;
        Ok(digest)
    }

    /// From memory, else from the compiled cache, else from its bytes. Many callers at once compile it once.
    async fn loaded(&self, digest: ComponentDigest, bytes: impl Future<Output = Result<Vec<u8>, LoadError>>) -> Result<LoadedConnector, LoadError> {
        let load = async {
            let compiled = match self.cache.load(&self.connector_engine, digest, &self.fingerprint) {
                Ok(Some(compiled)) => compiled,
                Ok(None) | Err(_) => self.compile(EngineKind::Connector, &self.connector_engine, &self.fingerprint, digest, &bytes.await?).await?,
            };
            self.link(&compiled)
        };
        self.connectors.try_get_with(digest, load).await.map_err(|e| LoadError::clone(&e))
    }

    async fn compile(&self, kind: EngineKind, engine: &Engine, fingerprint: &Fingerprint, digest: ComponentDigest, component: &[u8]) -> Result<Component, LoadError> {
        let code = compile::compile(&self.config.compiler, kind, component).await.map_err(|e| match e {
            CompileError::Refused(_) | CompileError::TooCostly => LoadError::InvalidComponent(e.to_string()),
            CompileError::Host(_) => LoadError::Host(e.to_string()),
        })?;
        self.cache.store(digest, fingerprint, &code).map_err(|e| LoadError::Host(format!("the compiled plugin cannot be kept: {e}")))?;
        // The engine refuses what its pool cannot hold, such as too many memories.
        match self.cache.load(engine, digest, fingerprint) {
            Ok(Some(compiled)) => Ok(compiled),
            Ok(None) => Err(LoadError::Host("the compiled plugin is gone from the cache".into())),
            Err(reason) => Err(LoadError::InvalidComponent(text::line(&format!("does not fit the host: {reason}"), 400))),
        }
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
        if let Some(loaded) = self.connectors.get(&digest).await {
            return Ok(loaded);
        }
        self.loaded(digest, self.from_catalogue(digest)).await.map_err(|e| CallFailure::new("host.unavailable", e.to_string()))
    }

    /// The component's bytes, as the catalogue has them.
    async fn from_catalogue(&self, digest: ComponentDigest) -> Result<Vec<u8>, LoadError> {
        let directory = self.config.directory.as_ref().ok_or(LoadError::Unknown(digest))?;
        let component = tenants::plugins::component(directory, &digest.0).await.map_err(|e| LoadError::Host(e.to_string()))?;
        let component = component.ok_or(LoadError::Unknown(digest))?;
        if ComponentDigest::of(&component) == digest { Ok(component) } else { Err(LoadError::Host(format!("the stored component {digest} is damaged"))) }
    }

    /// What compiled components of a kind must match to load.
    pub fn fingerprint_of(&self, kind: manifest::PluginKind) -> Fingerprint {
        match describe::engine_of(kind) {
            EngineKind::Connector => self.fingerprint,
            EngineKind::Rule => self.rules.fingerprint,
        }
    }

    /// Every call of a connector with what it cost, the last one at a time.
    pub fn watch_runs(&self) -> tokio::sync::watch::Receiver<Option<runs::Run>> {
        self.runs.watch()
    }

    /// Why an installation's calls are stopped at the moment, when they are.
    pub fn breaker_reason(&self, installation: InstallationId) -> Option<String> {
        self.breakers.reason(installation)
    }

    /// A person resumes it: the next call runs.
    pub fn reset_breaker(&self, installation: InstallationId) {
        self.breakers.reset(installation);
    }
}
