//! A plugin as one tenant installed it: granted, configured, suspended, resumed.
//!
//! Invariant INSTALL-1: what is granted is declared by the manifest; the rest is refused by name.
//! Invariant INSTALL-2: every configuration that was ever in force is kept with its version; runs name the version.
//! Invariant INSTALL-3: an installation is pinned to one component by digest.

use crate::{
    account::{AccountContext, ComponentDigest, Grants, SecretBytes},
    hosts,
    manifest::{Manifest, ManifestError, PluginKind},
    text,
};
use kernel::{ChannelAccountId, InstallationId, PluginId, Timestamp};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};
use tenants::{
    Permit, TenantTx, audit,
    plugins::CatalogueRow,
    rights::{ConfigurePlugins, GrantPlugins, InstallPlugins, SuspendPlugins},
    secrets::OpenSecret,
};

/// What one tenant may install.
pub const INSTALLATIONS_MAX: i64 = 100;

#[derive(Clone, Debug)]
pub struct Installation {
    pub id: InstallationId,
    pub plugin: PluginId,
    pub digest: ComponentDigest,
    pub kind: String,
    pub name: String,
    pub version: String,
    /// `installed`, `active`, `suspended`, `removed`
    pub state: String,
    pub suspended_reason: Option<String>,
    pub grants: Grants,
    pub config: BTreeMap<String, String>,
    pub config_version: i32,
    pub installed_at: Timestamp,
}

#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    #[error(transparent)]
    Invalid(#[from] ManifestError),
    #[error("a tenant installs at most {INSTALLATIONS_MAX} plugins")]
    TooMany,
    #[error("the installation is not found")]
    NotFound,
    #[error("the stored installation cannot be read: {0}")]
    Corrupt(String),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

struct Row {
    id: InstallationId,
    plugin: PluginId,
    digest: Vec<u8>,
    kind: String,
    name: String,
    version: String,
    state: String,
    suspended_reason: Option<String>,
    grants: Value,
    config: Value,
    config_version: i32,
    installed_at: Timestamp,
}

impl TryFrom<Row> for Installation {
    type Error = InstallError;
    fn try_from(row: Row) -> Result<Self, InstallError> {
        let corrupt = |what: &dyn std::fmt::Display| InstallError::Corrupt(what.to_string());
        Ok(Self {
            id: row.id,
            plugin: row.plugin,
            digest: row.digest.as_slice().try_into().map_err(|e| corrupt(&e))?,
            kind: row.kind,
            name: row.name,
            version: row.version,
            state: row.state,
            suspended_reason: row.suspended_reason,
            grants: serde_json::from_value(row.grants).map_err(|e| corrupt(&e))?,
            config: serde_json::from_value(row.config).map_err(|e| corrupt(&e))?,
            config_version: row.config_version,
            installed_at: row.installed_at,
        })
    }
}

/// Reads the manifest of a catalogue row.
pub fn manifest_of(plugin: &CatalogueRow) -> Result<Manifest, InstallError> {
    serde_json::from_value(plugin.manifest.clone()).map_err(|e| InstallError::Corrupt(e.to_string()))
}

/// Installs a plugin of the catalogue; it is active at once.
pub async fn install(tx: &mut TenantTx, _: Permit<InstallPlugins>, plugin: &CatalogueRow, grants: &Grants, config: &BTreeMap<String, String>) -> Result<Installation, InstallError> {
    let manifest = manifest_of(plugin)?;
    if manifest.kind != PluginKind::ChannelConnector {
        let problem = format!("a {} is not installed: it becomes a policy of its own", manifest.kind.word());
        return Err(ManifestError { field: "plugin_id".into(), problem }.into());
    }
    let grants = &manifest.effective(grants)?;
    manifest.check_config(config)?;
    let (tenant, now, actor) = (tx.tenant(), tx.now(), tx.actor().who.to_string());
    let installed = sqlx::query_scalar!(r#"select count(*) as "count!" from tenant.plugin_installations where tenant_id = $1 and state <> 'removed'"#, tenant)
        .fetch_one(tx.conn())
        .await?;
    if installed >= INSTALLATIONS_MAX {
        return Err(InstallError::TooMany);
    }
    let id = InstallationId::new();
    sqlx::query!(
        "insert into tenant.plugin_installations (tenant_id, id, plugin_id, digest, kind, name, version, state, grants, config, installed_at)
         values ($1, $2, $3, $4, $5, $6, $7, 'active', $8, $9, $10)",
        tenant,
        id.uuid(),
        plugin.id.uuid(),
        plugin.digest,
        plugin.kind,
        plugin.name,
        plugin.version,
        json!(grants),
        json!(config),
        now,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "insert into tenant.plugin_configs (tenant_id, installation_id, version, config, set_by, set_at) values ($1, $2, 1, $3, $4, $5)",
        tenant,
        id.uuid(),
        json!(config),
        actor,
        now,
    )
    .execute(tx.conn())
    .await?;
    audit::write(tx, "plugin.installed", Some(&id), json!({"name": plugin.name, "version": plugin.version, "digest": hex::encode(&plugin.digest), "grants": grants})).await?;
    find(tx, id).await
}

/// The tenant's own active installation of a bundled connector, installed with all it declares when there is none yet.
pub async fn bundled(tx: &mut TenantTx, permit: Permit<InstallPlugins>, plugin: &CatalogueRow) -> Result<Installation, InstallError> {
    let tenant = tx.tenant();
    let there = sqlx::query_scalar!(
        r#"select id as "id: InstallationId" from tenant.plugin_installations where tenant_id = $1 and digest = $2 and state = 'active' order by id limit 1"#,
        tenant,
        plugin.digest,
    )
    .fetch_optional(tx.conn())
    .await?;
    match there {
        Some(id) => find(tx, id).await,
        None => {
            let grants = manifest_of(plugin)?.all_grants();
            install(tx, permit, plugin, &grants, &BTreeMap::new()).await
        }
    }
}

pub async fn list(tx: &mut TenantTx) -> Result<Vec<Installation>, InstallError> {
    let tenant = tx.tenant();
    let rows = sqlx::query_as!(
        Row,
        r#"select id as "id: InstallationId", plugin_id as "plugin: PluginId", digest, kind, name, version, state, suspended_reason, grants, config, config_version, installed_at
           from tenant.plugin_installations where tenant_id = $1 and state <> 'removed' order by id desc limit $2"#,
        tenant,
        INSTALLATIONS_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Installation::try_from).collect()
}

pub async fn find(tx: &mut TenantTx, id: InstallationId) -> Result<Installation, InstallError> {
    let tenant = tx.tenant();
    let row = sqlx::query_as!(
        Row,
        r#"select id as "id: InstallationId", plugin_id as "plugin: PluginId", digest, kind, name, version, state, suspended_reason, grants, config, config_version, installed_at
           from tenant.plugin_installations where tenant_id = $1 and id = $2 and state <> 'removed'"#,
        tenant,
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.ok_or(InstallError::NotFound)?.try_into()
}

pub async fn grant(tx: &mut TenantTx, _: Permit<GrantPlugins>, manifest: &Manifest, id: InstallationId, grants: &Grants) -> Result<Installation, InstallError> {
    let grants = &manifest.effective(grants)?;
    let before = find(tx, id).await?.grants;
    let tenant = tx.tenant();
    sqlx::query!("update tenant.plugin_installations set grants = $3 where tenant_id = $1 and id = $2", tenant, id.uuid(), json!(grants))
        .execute(tx.conn())
        .await?;
    audit::write(tx, "plugin.granted", Some(&id), json!({"before": before, "after": grants})).await?;
    find(tx, id).await
}

pub async fn configure(
    tx: &mut TenantTx,
    _: Permit<ConfigurePlugins>,
    manifest: &Manifest,
    id: InstallationId,
    config: &BTreeMap<String, String>,
) -> Result<Installation, InstallError> {
    manifest.check_config(config)?;
    let (tenant, now, actor) = (tx.tenant(), tx.now(), tx.actor().who.to_string());
    let version = sqlx::query_scalar!(
        "update tenant.plugin_installations set config = $3, config_version = config_version + 1
         where tenant_id = $1 and id = $2 and state <> 'removed' returning config_version",
        tenant,
        id.uuid(),
        json!(config),
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or(InstallError::NotFound)?;
    sqlx::query!(
        "insert into tenant.plugin_configs (tenant_id, installation_id, version, config, set_by, set_at) values ($1, $2, $3, $4, $5, $6)",
        tenant,
        id.uuid(),
        version,
        json!(config),
        actor,
        now,
    )
    .execute(tx.conn())
    .await?;
    let keys: Vec<&String> = config.keys().collect();
    audit::write(tx, "plugin.configured", Some(&id), json!({"version": version, "keys": keys})).await?;
    find(tx, id).await
}

pub async fn suspend(tx: &mut TenantTx, permit: Permit<SuspendPlugins>, id: InstallationId, reason: &str) -> Result<Installation, InstallError> {
    set_state(tx, permit, id, "suspended", Some(&text::line(reason, 500))).await
}

/// The caller also closes the breaker: see `Host::reset_breaker`.
pub async fn resume(tx: &mut TenantTx, permit: Permit<SuspendPlugins>, id: InstallationId) -> Result<Installation, InstallError> {
    set_state(tx, permit, id, "active", None).await
}

async fn set_state(tx: &mut TenantTx, _: Permit<SuspendPlugins>, id: InstallationId, state: &str, reason: Option<&str>) -> Result<Installation, InstallError> {
    let tenant = tx.tenant();
    let changed = sqlx::query!(
        "update tenant.plugin_installations set state = $3, suspended_reason = $4 where tenant_id = $1 and id = $2 and state <> 'removed'",
        tenant,
        id.uuid(),
        state,
        reason,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if changed == 0 {
        return Err(InstallError::NotFound);
    }
    let act = if state == "active" { "plugin.resumed" } else { "plugin.suspended" };
    audit::write(tx, act, Some(&id), json!({"reason": reason})).await?;
    find(tx, id).await
}

impl Installation {
    /// What a call on behalf of a channel account needs. The account's settings win over the installation's; `None`
    /// while the installation is not active.
    pub fn context(&self, tenant: kernel::TenantId, account: ChannelAccountId, settings: BTreeMap<String, String>, secrets: Vec<OpenSecret>) -> Option<AccountContext> {
        if self.state != "active" {
            return None;
        }
        let mut all = self.config.clone();
        all.extend(settings);
        let mut by_name: BTreeMap<String, Vec<SecretBytes>> = BTreeMap::new();
        for secret in secrets {
            by_name.entry(secret.name).or_default().push(SecretBytes::new(secret.value.expose_secret().to_vec()));
        }
        Some(AccountContext {
            tenant,
            installation: self.id,
            account,
            digest: self.digest,
            config_version: self.config_version,
            grants: Arc::new(Grants { hosts: hosts::of_account(&self.grants.hosts, |key| all.get(key).map(String::as_str)), ..self.grants.clone() }),
            settings: Arc::new(all),
            secrets: Arc::new(by_name),
        })
    }
}
