//! What every handler shares: configuration, databases, and the rooms that hold state.

use crate::{
    config::Config,
    flows::{accounts::Accounts, intake::Intake, rounds::Bell},
    http::orders::placing::Placing,
    printing::{self, Press},
};
use sha2::{Digest, Sha256};
use std::{num::NonZeroU32, ops::Deref, sync::Arc};
use switchyard_host::{Host, HostConfig, catalogue, http::HttpSettings};
use tenants::{
    Directory, Identity, IdentitySettings,
    mail::{MailSettings, MailTransport},
    rate_limit::Quotas,
    secrets::{MasterKey, Vault},
};

/// Cheap to clone; handlers take it as axum's state.
#[derive(Clone)]
pub struct App(Arc<Shared>);

pub struct Shared {
    pub config: Config,
    pub directory: Directory,
    pub identity: Identity,
    pub host: Host,
    pub accounts: Accounts,
    pub intake: Intake,
    pub errands: Bell,
    pub backfills: Bell,
    pub placing: Placing,
    pub judging: Bell,
    pub invoicing: Bell,
    pub mapping: Bell,
    pub press: Press,
}

impl Deref for App {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    /// Opens the pools. The databases must be migrated.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        let vault = Vault::new(MasterKey::from_bytes(config.master_key.0), Vec::new());
        let directory = Directory::connect(&config.databases()).await?.with_vault(vault);
        let identity = Identity::new(directory.clone(), identity_settings(&config)?)?;
        let host = Host::start(host_config(&config, &directory)?)?;
        let press = Press::new(printing::program(config.printer.as_deref())?);
        catalogue::seed(&directory).await?;
        Ok(Self(Arc::new(Shared { config, directory, identity, host, accounts: Accounts::default(), intake: Intake::default(), errands: Bell::default(), backfills: Bell::default(), placing: Placing::default(), judging: Bell::default(), invoicing: Bell::default(), mapping: Bell::default(), press })))
    }
}

fn host_config(config: &Config, directory: &Directory) -> anyhow::Result<HostConfig> {
    Ok(HostConfig {
        compiler: match &config.plugin_compiler {
            Some(program) => program.clone(),
            None => std::env::current_exe()?,
        },
        cache_directory: config.data_dir.join("plugins"),
        cache_key: Sha256::new().chain_update(b"switchyard plugin cache 1 ").chain_update(config.master_key.0).finalize().into(),
        threads: std::thread::available_parallelism().map_or(2, usize::from),
        directory: Some(directory.clone()),
        http: HttpSettings { endpoint_overrides: config.endpoint_overrides.clone(), ..HttpSettings::default() },
    })
}

fn identity_settings(config: &Config) -> anyhow::Result<IdentitySettings> {
    let transport = match &config.smtp_url {
        Some(url) => MailTransport::Smtp(url.clone().into()),
        None => MailTransport::Folder(config.data_dir.join("mail")),
    };
    let tenant_per_minute = NonZeroU32::new(config.requests_per_minute).unwrap_or(NonZeroU32::MIN);
    Ok(IdentitySettings {
        public_url: config.public_url.parse()?,
        mail: MailSettings { transport, from: config.mail_from.clone() },
        quotas: Quotas { tenant_per_minute, ..Quotas::default() },
        hashes_at_once: std::thread::available_parallelism().map_or(2, usize::from),
        loopback_issuers: config.loopback_issuers,
    })
}
