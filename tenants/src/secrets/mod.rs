//! A tenant's secrets: tokens and signing keys of its channel accounts, plugins and webhooks, sealed at rest.
//! Invariant SEC-1: a value opens only in the place it was sealed for (tenant, owner, name, version).
//! Invariant SEC-2: values never print: not in errors, logs, audit rows or debug output.
//! Invariant SEC-3: while a secret is rotated the old versions stay live until their retirement, and no longer.

mod vault;

pub use vault::{MasterKey, Place, Vault, VaultError};

use crate::{TenantTx, audit};
use chrono::TimeDelta;
use kernel::{ChannelAccountId, InstallationId, Timestamp};
use secrecy::{ExposeSecret as _, SecretSlice};
use serde_json::json;
use std::fmt;
use uuid::Uuid;

/// The largest value, the most names an owner has, and the most versions of one name that live at once.
pub const VALUE_BYTES_MAX: usize = 16 * 1024;
pub const NAMES_MAX: i64 = 50;
pub const LIVE_VERSIONS_MAX: i64 = 5;

/// What a secret belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    ChannelAccount(ChannelAccountId),
    Installation(InstallationId),
    /// An outbound webhook endpoint.
    Webhook(Uuid),
}

impl Owner {
    fn kind(self) -> &'static str {
        match self {
            Owner::ChannelAccount(_) => "channel_account",
            Owner::Installation(_) => "installation",
            Owner::Webhook(_) => "webhook",
        }
    }
    fn id(self) -> Uuid {
        match self {
            Owner::ChannelAccount(id) => id.uuid(),
            Owner::Installation(id) => id.uuid(),
            Owner::Webhook(id) => id,
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Owner::ChannelAccount(id) => id.fmt(f),
            Owner::Installation(id) => id.fmt(f),
            Owner::Webhook(id) => write!(f, "webhook:{id}"),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("the secret's name must be 1 to 60 of a-z, 0-9, '_', '-' and '.'")]
    Name,
    #[error("the secret's value must have 1 to {VALUE_BYTES_MAX} bytes")]
    Value,
    #[error("an owner has at most {NAMES_MAX} secrets")]
    TooManyNames,
    #[error("at most {LIVE_VERSIONS_MAX} versions of a secret live at once: wait until one retires, or keep none")]
    TooManyVersions,
    #[error("another change of the same secret came first: try again")]
    Raced,
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Seals a new version. Older versions stay live for `keep_old` more, or retire now.
pub async fn put(tx: &mut TenantTx, owner: Owner, name: &str, value: &SecretSlice<u8>, keep_old: Option<TimeDelta>) -> Result<(), SecretError> {
    check(name, value)?;
    let vault = tx.vault().ok_or(VaultError::NoMasterKey)?;
    let (tenant, now) = (tx.tenant(), tx.now());
    let seen = sqlx::query!(
        r#"select count(distinct name) filter (where name <> $4) as "others!",
                  count(*) filter (where name = $4 and (retired_at is null or retired_at > $5)) as "live!",
                  coalesce(max(version) filter (where name = $4), 0) as "newest!"
           from tenant.secrets where tenant_id = $1 and owner_kind = $2 and owner_id = $3"#,
        tenant,
        owner.kind(),
        owner.id(),
        name,
        now,
    )
    .fetch_one(tx.conn())
    .await?;
    if seen.others >= NAMES_MAX {
        return Err(SecretError::TooManyNames);
    }
    if keep_old.is_some() && seen.live >= LIVE_VERSIONS_MAX {
        return Err(SecretError::TooManyVersions);
    }
    let version = seen.newest + 1;
    let retires = now + keep_old.unwrap_or(TimeDelta::zero());
    sqlx::query!(
        "update tenant.secrets set retired_at = $5 where tenant_id = $1 and owner_kind = $2 and owner_id = $3 and name = $4
         and (retired_at is null or retired_at > $5)",
        tenant,
        owner.kind(),
        owner.id(),
        name,
        retires,
    )
    .execute(tx.conn())
    .await?;
    let sealed = vault.seal(&Place { tenant, owner_kind: owner.kind(), owner: owner.id(), name, version }, value)?;
    let written = sqlx::query!(
        "insert into tenant.secrets (tenant_id, id, owner_kind, owner_id, name, version, sealed, key_id, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (tenant_id, owner_kind, owner_id, name, version) do nothing",
        tenant,
        Uuid::now_v7(),
        owner.kind(),
        owner.id(),
        name,
        version,
        sealed,
        vault.key_id(),
        now,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if written == 0 {
        return Err(SecretError::Raced);
    }
    audit::write(tx, "secret.set", Some(&owner), json!({"name": name, "version": version})).await?;
    Ok(())
}

/// A secret made readable. Debug output is redacted by its type.
#[derive(Debug)]
pub struct OpenSecret {
    pub name: String,
    pub version: i32,
    pub value: SecretSlice<u8>,
}

/// Every live version of every secret of the owner, newest first within a name.
pub async fn open_all_live(tx: &mut TenantTx, owner: Owner) -> Result<Vec<OpenSecret>, SecretError> {
    let vault = tx.vault().ok_or(VaultError::NoMasterKey)?;
    let (tenant, now) = (tx.tenant(), tx.now());
    let rows = sqlx::query!(
        "select name, version, sealed from tenant.secrets where tenant_id = $1 and owner_kind = $2 and owner_id = $3
         and (retired_at is null or retired_at > $4) order by name, version desc",
        tenant,
        owner.kind(),
        owner.id(),
        now,
    )
    .fetch_all(tx.conn())
    .await?;
    let open = |row: (String, i32, Vec<u8>)| {
        let (name, version, sealed) = row;
        let value = vault.open(&Place { tenant, owner_kind: owner.kind(), owner: owner.id(), name: &name, version }, &sealed)?;
        Ok(OpenSecret { name, version, value })
    };
    rows.into_iter().map(|row| open((row.name, row.version, row.sealed))).collect()
}

/// What may be shown of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretInfo {
    pub name: String,
    pub live_versions: i64,
    pub set_at: Timestamp,
}

/// Names, live versions and dates, never values.
pub async fn list(tx: &mut TenantTx, owner: Owner) -> Result<Vec<SecretInfo>, sqlx::Error> {
    let (tenant, now) = (tx.tenant(), tx.now());
    sqlx::query_as!(
        SecretInfo,
        r#"select name, count(*) as "live_versions!", max(created_at) as "set_at!" from tenant.secrets
           where tenant_id = $1 and owner_kind = $2 and owner_id = $3 and (retired_at is null or retired_at > $4) group by name order by name"#,
        tenant,
        owner.kind(),
        owner.id(),
        now,
    )
    .fetch_all(tx.conn())
    .await
}

/// Retires every version of the owner's secrets: the owner is gone.
pub async fn retire_all(tx: &mut TenantTx, owner: Owner) -> Result<(), sqlx::Error> {
    let (tenant, now) = (tx.tenant(), tx.now());
    sqlx::query!(
        "update tenant.secrets set retired_at = $4 where tenant_id = $1 and owner_kind = $2 and owner_id = $3 and (retired_at is null or retired_at > $4)",
        tenant,
        owner.kind(),
        owner.id(),
        now,
    )
    .execute(tx.conn())
    .await?;
    audit::write(tx, "secret.retired", Some(&owner), json!({})).await
}

fn check(name: &str, value: &SecretSlice<u8>) -> Result<(), SecretError> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.');
    if name.is_empty() || name.len() > 60 || !name.bytes().all(plain) {
        return Err(SecretError::Name);
    }
    if value.expose_secret().is_empty() || value.expose_secret().len() > VALUE_BYTES_MAX {
        return Err(SecretError::Value);
    }
    Ok(())
}
