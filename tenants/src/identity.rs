//! What the rooms of this crate share: pools, hashing, mail, caches. The server makes one and hands it around.

use crate::{
    Directory, authenticate::Authenticator, hooks::Hooks, mail::{MailError, MailSettings, Mailer}, oidc::Outside, password::{PasswordError, Passwords}, policy::Policies,
    rate_limit::{Quotas, RateLimits},
};
use kernel::Timestamp;
use std::net::IpAddr;
use url::Url;

/// Where and when a request came from. Rules take the instant from here and never look at a clock.
#[derive(Clone, Debug)]
pub struct Visit {
    pub at: Timestamp,
    pub address: Option<IpAddr>,
    pub user_agent: Option<String>,
}

#[derive(Clone, Debug)]
pub struct IdentitySettings {
    /// Where people reach the product: links in mails and the address identity providers return to are made from it.
    pub public_url: Url,
    pub mail: MailSettings,
    pub quotas: Quotas,
    /// Password hashes that may run at once.
    pub hashes_at_once: usize,
    /// Development only: identity providers on plain http at a loopback address.
    pub loopback_issuers: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error(transparent)]
    Mail(#[from] MailError),
    #[error(transparent)]
    Password(#[from] PasswordError),
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Identity {
    pub directory: Directory,
    pub authenticator: Authenticator,
    pub policies: Policies,
    pub hooks: Hooks,
    pub limits: RateLimits,
    pub mailer: Mailer,
    pub(crate) passwords: Passwords,
    pub(crate) outside: Outside,
    pub(crate) settings: std::sync::Arc<IdentitySettings>,
}

impl Identity {
    pub fn new(directory: Directory, settings: IdentitySettings) -> Result<Self, IdentityError> {
        let policies = Policies::new(directory.clone());
        Ok(Self {
            authenticator: Authenticator::new(directory.clone(), policies.clone()),
            policies,
            hooks: Hooks::new(directory.clone()),
            limits: RateLimits::new(settings.quotas),
            mailer: Mailer::new(&settings.mail, &settings.public_url)?,
            passwords: Passwords::new(settings.hashes_at_once)?,
            outside: Outside::new(settings.loopback_issuers),
            settings: std::sync::Arc::new(settings),
            directory,
        })
    }
    pub fn public_url(&self) -> &Url {
        &self.settings.public_url
    }
}
