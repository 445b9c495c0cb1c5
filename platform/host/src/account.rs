//! Whose behalf a connector is called on: the caller opens the secrets, the guest gets handles.

use kernel::{ChannelAccountId, InstallationId, TenantId};
use std::{collections::BTreeMap, fmt, sync::Arc};

/// SHA-256 of a component.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ComponentDigest(pub [u8; 32]);

impl ComponentDigest {
    pub fn of(component: &[u8]) -> Self {
        use sha2::{Digest, Sha256};
        Self(Sha256::digest(component).into())
    }
}
impl fmt::Display for ComponentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}
impl fmt::Debug for ComponentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl TryFrom<&[u8]> for ComponentDigest {
    type Error = std::array::TryFromSliceError;
    fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
        Ok(Self(bytes.try_into()?))
    }
}

/// An opened secret. Never printed; wiped when dropped.
#[derive(Clone)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}
impl Drop for SecretBytes {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}
impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(…)")
    }
}

/// What a tenant granted of what the manifest declares, already reduced to what the platform allows.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Grants {
    /// `partner.shopeemobile.com`, or `*.myshopify.com`: one label in place of the star.
    pub hosts: Vec<String>,
    /// Names of secrets the guest may hold handles of.
    pub secrets: Vec<String>,
    pub kv: bool,
    /// How much the store may hold: what the manifest declares, while `kv` is granted.
    pub kv_bytes: u64,
    /// What of our acts the connector carries to its channel, as its manifest says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pushes: Option<Vec<String>>,
}

/// A channel account as its connector sees it.
#[derive(Clone, Debug)]
pub struct AccountContext {
    pub tenant: TenantId,
    pub installation: InstallationId,
    pub account: ChannelAccountId,
    pub digest: ComponentDigest,
    pub config_version: i32,
    pub grants: Arc<Grants>,
    /// The installation's settings overlaid with the account's.
    pub settings: Arc<BTreeMap<String, String>>,
    /// Live values by name, newest first: during a rotation there are several.
    pub secrets: Arc<BTreeMap<String, Vec<SecretBytes>>>,
}
