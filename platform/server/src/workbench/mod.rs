//! A plugin on its maker's own machine: found, packed, granted what its manifest declares, and asked in the real host.
//!
//! Invariant WORKBENCH-1: no database, no server and no master key is needed; nothing is kept but compiled components.
//! Invariant WORKBENCH-2: what is said here a server says too: the same gate, compiler, budgets and checks, the same facts.

pub mod cases;
pub mod compare;
pub mod found;
pub mod granted;
pub mod inspect;
pub mod show;
pub mod starter;
pub mod told;

use crate::flows::reception;
use found::{Found, Usage};
use kernel::TenantId;
use std::{collections::BTreeMap, net::SocketAddr, path::{Path, PathBuf}};
use switchyard_core::credit::decisions::Asked;
use switchyard_host::{
    AccountContext, CallFailure, ComponentDigest, Delivery, Host, HostConfig, LoadError, Reception, Reference, Rejection, Window,
    answer::{Fetched, Pulled},
    http::HttpSettings,
    manifest::{Manifest, PluginKind},
    policy::Assessed,
    runs::{Cost, Run},
};
use tokio::sync::watch;

/// The URL a message is said to have come to, unless another is given.
pub const URL: &str = "https://hooks.example/hooks/hok_1";

/// A plugin that can be asked.
pub struct Plugin {
    pub manifest: Manifest,
    pub digest: ComponentDigest,
}

/// An answer, what it cost, and what the plugin wrote into its log. No cost: it was not run.
pub struct Asking<T> {
    pub answer: T,
    pub cost: Option<Cost>,
    pub log: Option<String>,
}

/// The host with nothing around it.
pub struct Workbench {
    pub host: Host,
    runs: watch::Receiver<Option<Run>>,
    _cache: Option<tempfile::TempDir>,
}

impl Workbench {
    /// Compiles with this very program; `overrides` are hosts that a server on loopback answers for.
    pub fn open(overrides: BTreeMap<String, SocketAddr>) -> anyhow::Result<Self> {
        let (cache_directory, cache_key, cache) = match kept_cache() {
            Some((folder, key)) => (folder, key, None),
            None => {
                let folder = tempfile::tempdir()?;
                (folder.path().to_owned(), rand::random(), Some(folder))
            }
        };
        let config = HostConfig {
            compiler: std::env::current_exe()?,
            cache_directory,
            cache_key,
            threads: 2,
            directory: None,
            http: HttpSettings { endpoint_overrides: overrides, ..HttpSettings::default() },
        };
        Ok(Self { _cache: cache, ..Self::on(Host::start(config)?) })
    }

    /// On a host that was started already.
    pub fn on(host: Host) -> Self {
        Self { runs: host.watch_runs(), host, _cache: None }
    }

    /// Reads the manifest, packs a core module, compiles and links: as at an upload.
    pub async fn load(&self, found: &Found) -> Result<Plugin, Usage> {
        let (manifest, component) = (found.manifest()?, found.component()?);
        let loaded = match manifest.kind {
            PluginKind::ChannelConnector => self.host.load_connector(&component).await,
            PluginKind::CreditPolicy => self.host.load_policy(&component).await,
            PluginKind::CommissionRule => return Err(Usage(format!("{}: plugins of the kind {} are not run by this version", found.what, manifest.kind.word()))),
        };
        match loaded {
            Ok(digest) => Ok(Plugin { manifest, digest }),
            Err(LoadError::InvalidComponent(reason)) => Err(Usage(format!("{} is refused: {reason}; `switchyard plugin check` says more", found.what))),
            Err(other) => Err(Usage(format!("{} cannot be loaded: {other}", found.what))),
        }
    }

    /// One message, with its headers as a server would hand them on.
    pub async fn receive(&mut self, account: &AccountContext, delivery: Delivery) -> Asking<Result<Result<Reception, Rejection>, CallFailure>> {
        self.runs.mark_unchanged();
        let answer = self.host.receive(account, delivery).await;
        self.costed(answer)
    }

    pub async fn fetch(&mut self, account: &AccountContext, references: &[Reference]) -> Asking<Result<Fetched, CallFailure>> {
        self.runs.mark_unchanged();
        let answer = self.host.fetch(account, references).await;
        self.costed(answer)
    }

    pub async fn pull(&mut self, account: &AccountContext, window: Window) -> Asking<Result<Pulled, CallFailure>> {
        self.runs.mark_unchanged();
        let answer = self.host.pull(account, window).await;
        self.costed(answer)
    }

    pub async fn assess(&self, plugin: &Plugin, asked: &Asked) -> Assessed {
        self.host.ask_policy(TenantId::new(), plugin.digest, asked).await
    }

    fn costed<T>(&mut self, answer: T) -> Asking<T> {
        let ran = self.runs.has_changed().unwrap_or(false);
        let run = if ran { self.runs.borrow_and_update().clone() } else { None };
        let (cost, log) = run.map_or((None, None), |run| (Some(run.cost), run.log));
        Asking { answer, cost, log }
    }
}

/// Headers as they reach a connector: named in lower case, without those of the transport.
pub fn headers(given: &[(String, String)]) -> Result<Vec<(String, String)>, Usage> {
    let mut map = axum::http::HeaderMap::new();
    for (name, value) in given {
        let name = axum::http::HeaderName::try_from(name.trim()).map_err(|_| Usage(format!("{name:?} is no name of a header")))?;
        let value = axum::http::HeaderValue::try_from(value.trim()).map_err(|_| Usage(format!("the value of the header {name} cannot stand in a header")))?;
        map.append(name, value);
    }
    Ok(reception::kept_headers(&map))
}

/// Where compiled components stay between two commands, with the key that proves they are ours: a folder only this user
/// can read. None: there is no home, so each command compiles anew.
fn kept_cache() -> Option<(PathBuf, [u8; 32])> {
    let home = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = home("XDG_CACHE_HOME").or_else(|| home("HOME").map(|home| home.join(".cache")))?.join("switchyard/plugins");
    let key = cache_key(&folder).ok()?;
    Some((folder, key))
}

fn cache_key(folder: &Path) -> std::io::Result<[u8; 32]> {
    use std::{io::Write, os::unix::fs::PermissionsExt};
    std::fs::create_dir_all(folder)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    let path = folder.join("key");
    if !path.exists() {
        // Written beside and linked: of two commands at once one makes the key, and nobody reads half of it.
        let mut made = tempfile::NamedTempFile::new_in(folder)?;
        made.write_all(&rand::random::<[u8; 32]>())?;
        if let Err(refused) = made.persist_noclobber(&path)
            && refused.error.kind() != std::io::ErrorKind::AlreadyExists
        {
            return Err(refused.error);
        }
    }
    std::fs::read(&path)?.try_into().map_err(|_| std::io::Error::other("the key of the cache is damaged"))
}
