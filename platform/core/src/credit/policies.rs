//! Credit policies as versions: written, tried on past orders, activated at a time.
//! Invariant POLICY-1: a version that was activated never changes; the next change begins a new one.
//! Invariant POLICY-2: in force is the version whose instant came last; all policies of a segment are asked.

use kernel::{PluginId, PolicyId, Timestamp};
use serde_json::{Value, json};
use tenants::rights::ConfigureCredit;
use tenants::{Permit, TenantTx, audit};

pub const PER_TENANT_MAX: i64 = 20;
pub const VERSIONS_MAX: i32 = 500;
pub const CONFIG_BYTES_MAX: usize = 64 << 10;

/// A policy that is asked now.
#[derive(Clone, Debug, PartialEq)]
pub struct InForce {
    pub policy: PolicyId,
    pub name: String,
    pub version: i32,
    pub plugin_name: String,
    pub plugin_version: String,
    pub digest: Vec<u8>,
    pub config: Value,
}

#[derive(Clone, Debug)]
pub struct Policy {
    pub id: PolicyId,
    pub name: String,
    pub segment: String,
    pub enabled: bool,
    pub version: i64,
    /// Newest first.
    pub versions: Vec<Version>,
}

#[derive(Clone, Debug)]
pub struct Version {
    pub version: i32,
    pub plugin: PluginId,
    pub plugin_name: String,
    pub plugin_version: String,
    pub digest: Vec<u8>,
    pub config: Value,
    pub active_from: Option<Timestamp>,
    pub activated_by: Option<String>,
    pub created_by: String,
    pub created_at: Timestamp,
}

impl Policy {
    /// `draft`, `scheduled`, `active`, `superseded`
    pub fn state_of(&self, version: &Version, now: Timestamp) -> &'static str {
        let Some(from) = version.active_from else { return "draft" };
        let in_force = self.versions.iter().filter(|v| v.active_from.is_some_and(|at| at <= now)).max_by_key(|v| (v.active_from, v.version));
        match in_force {
            _ if from > now => "scheduled",
            Some(newest) if newest.version == version.version => "active",
            _ => "superseded",
        }
    }
}

/// The component a version runs.
#[derive(Clone, Debug)]
pub struct Component {
    pub plugin: PluginId,
    pub name: String,
    pub version: String,
    pub digest: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error("the policy is not known")]
    Unknown,
    #[error("the policy has no such version")]
    UnknownVersion,
    #[error("{field}: {wrong}")]
    Field { field: &'static str, wrong: String },
    #[error("another policy has this name")]
    NameTaken,
    #[error("a tenant has at most {PER_TENANT_MAX} credit policies, each of at most {VERSIONS_MAX} versions")]
    TooMany,
    #[error("the policy was changed meanwhile: it is at version {0} now")]
    Stale(i64),
    #[error("this version was activated already: change the policy to begin the next one")]
    ActivatedAlready,
    #[error(transparent)]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for PolicyError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(|e| e.constraint()) {
            Some("credit_policies_tenant_id_name_key") => Self::NameTaken,
            _ => Self::Database(error),
        }
    }
}

/// The policies asked about orders of a segment (POLICY-2).
pub async fn in_force(tx: &mut TenantTx, segment: &str) -> Result<Vec<InForce>, sqlx::Error> {
    sqlx::query_as!(
        InForce,
        r#"select distinct on (p.id) p.id as "policy: PolicyId", p.name, v.version, v.plugin_name, v.plugin_version, v.digest, v.config
           from tenant.credit_policies p join tenant.credit_policy_versions v on v.tenant_id = p.tenant_id and v.policy_id = p.id
           where p.tenant_id = $1 and p.enabled and p.segment in ($2, 'all') and v.active_from <= $3
           order by p.id, v.active_from desc, v.version desc"#,
        tx.tenant(),
        segment,
        tx.now(),
    )
    .fetch_all(tx.conn())
    .await
}

pub async fn list(tx: &mut TenantTx, _: Permit<ConfigureCredit>) -> Result<Vec<Policy>, sqlx::Error> {
    let ids = sqlx::query_scalar!(r#"select id as "id: PolicyId" from tenant.credit_policies where tenant_id = $1 order by name limit $2"#, tx.tenant(), PER_TENANT_MAX)
        .fetch_all(tx.conn())
        .await?;
    let mut policies = Vec::with_capacity(ids.len());
    for id in ids {
        policies.extend(find(tx, id).await?);
    }
    Ok(policies)
}

pub async fn find(tx: &mut TenantTx, id: PolicyId) -> Result<Option<Policy>, sqlx::Error> {
    let Some(row) = sqlx::query!("select name, segment, enabled, version from tenant.credit_policies where tenant_id = $1 and id = $2", tx.tenant(), id.uuid())
        .fetch_optional(tx.conn())
        .await?
    else {
        return Ok(None);
    };
    let versions = sqlx::query_as!(
        Version,
        r#"select version, plugin_id as "plugin: PluginId", plugin_name, plugin_version, digest, config, active_from, activated_by, created_by, created_at
           from tenant.credit_policy_versions where tenant_id = $1 and policy_id = $2 order by version desc limit $3"#,
        tx.tenant(),
        id.uuid(),
        i64::from(VERSIONS_MAX),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Some(Policy { id, name: row.name, segment: row.segment, enabled: row.enabled, version: row.version, versions }))
}

fn checked_name(name: &str) -> Result<String, PolicyError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 120 || name.chars().any(char::is_control) {
        return Err(PolicyError::Field { field: "name", wrong: "1 to 120 characters without control characters".into() });
    }
    Ok(name.to_owned())
}

/// A new policy with its first draft. The caller has checked the configuration against the component's schema.
pub async fn create(tx: &mut TenantTx, _: Permit<ConfigureCredit>, name: &str, segment: &str, component: &Component, config: &Value) -> Result<Policy, PolicyError> {
    let name = checked_name(name)?;
    if !["b2b", "b2c", "all"].contains(&segment) {
        return Err(PolicyError::Field { field: "segment", wrong: "expected b2b, b2c or all".into() });
    }
    let kept = sqlx::query_scalar!(r#"select count(*) as "n!" from tenant.credit_policies where tenant_id = $1"#, tx.tenant()).fetch_one(tx.conn()).await?;
    if kept >= PER_TENANT_MAX {
        return Err(PolicyError::TooMany);
    }
    let id = PolicyId::new();
    sqlx::query!("insert into tenant.credit_policies (tenant_id, id, name, segment, created_at) values ($1, $2, $3, $4, $5)", tx.tenant(), id.uuid(), name, segment, tx.now())
        .execute(tx.conn())
        .await?;
    write_version(tx, id, 1, component, config).await?;
    audit::write(tx, "credit_policy.created", Some(&id), json!({"name": name, "plugin": component.name})).await?;
    find(tx, id).await?.ok_or(PolicyError::Unknown)
}

async fn write_version(tx: &mut TenantTx, id: PolicyId, version: i32, component: &Component, config: &Value) -> Result<(), sqlx::Error> {
    let by = tx.actor().who.to_string();
    sqlx::query!(
        "insert into tenant.credit_policy_versions (tenant_id, policy_id, version, plugin_id, plugin_name, plugin_version, digest, config, created_by, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (tenant_id, policy_id, version) do update set plugin_id = excluded.plugin_id, plugin_name = excluded.plugin_name,
           plugin_version = excluded.plugin_version, digest = excluded.digest, config = excluded.config, created_by = excluded.created_by, created_at = excluded.created_at",
        tx.tenant(),
        id.uuid(),
        version,
        component.plugin.uuid(),
        component.name,
        component.version,
        component.digest,
        config,
        by,
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What to change; a component or a configuration changes the draft, or begins the next (POLICY-1).
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub name: Option<String>,
    pub enabled: Option<bool>,
    pub content: Option<(Component, Value)>,
}

pub async fn change(tx: &mut TenantTx, _: Permit<ConfigureCredit>, id: PolicyId, seen: i64, change: Change) -> Result<Policy, PolicyError> {
    let name = change.name.as_deref().map(checked_name).transpose()?;
    let now_at = lock(tx, id).await?;
    if now_at != seen {
        return Err(PolicyError::Stale(now_at));
    }
    if let Some((component, config)) = &change.content {
        let newest = sqlx::query!("select version, active_from from tenant.credit_policy_versions where tenant_id = $1 and policy_id = $2 order by version desc limit 1", tx.tenant(), id.uuid())
            .fetch_one(tx.conn())
            .await?;
        let tried = sqlx::query_scalar!(r#"select exists(select from tenant.credit_backtests where tenant_id = $1 and policy_id = $2 and version = $3) as "tried!""#, tx.tenant(), id.uuid(), newest.version)
            .fetch_one(tx.conn())
            .await?;
        // What a back-test told of stays what it was.
        let version = if newest.active_from.is_some() || tried { newest.version + 1 } else { newest.version };
        if version > VERSIONS_MAX {
            return Err(PolicyError::TooMany);
        }
        write_version(tx, id, version, component, config).await?;
    }
    sqlx::query!(
        "update tenant.credit_policies set name = coalesce($3, name), enabled = coalesce($4, enabled), version = version + 1 where tenant_id = $1 and id = $2",
        tx.tenant(),
        id.uuid(),
        name,
        change.enabled,
    )
    .execute(tx.conn())
    .await?;
    audit::write(tx, "credit_policy.changed", Some(&id), json!({"name": name, "enabled": change.enabled, "content": change.content.is_some()})).await?;
    find(tx, id).await?.ok_or(PolicyError::Unknown)
}

async fn lock(tx: &mut TenantTx, id: PolicyId) -> Result<i64, PolicyError> {
    sqlx::query_scalar!("select version from tenant.credit_policies where tenant_id = $1 and id = $2 for update", tx.tenant(), id.uuid())
        .fetch_optional(tx.conn())
        .await?
        .ok_or(PolicyError::Unknown)
}

/// Puts a version in force at an instant, now at the earliest.
pub async fn activate(tx: &mut TenantTx, _: Permit<ConfigureCredit>, id: PolicyId, version: i32, at: Option<Timestamp>) -> Result<Policy, PolicyError> {
    lock(tx, id).await?;
    // A request takes its time: a minute ago is now.
    let at = at.unwrap_or(tx.now());
    if at < tx.now() - chrono::Duration::minutes(1) || at > tx.now() + chrono::Duration::days(3660) {
        return Err(PolicyError::Field { field: "at", wrong: "now, or an instant to come within ten years".into() });
    }
    let found = sqlx::query_scalar!("select active_from from tenant.credit_policy_versions where tenant_id = $1 and policy_id = $2 and version = $3", tx.tenant(), id.uuid(), version)
        .fetch_optional(tx.conn())
        .await?
        .ok_or(PolicyError::UnknownVersion)?;
    if found.is_some() {
        return Err(PolicyError::ActivatedAlready);
    }
    let (by, tenant) = (tx.actor().who.to_string(), tx.tenant());
    sqlx::query!("update tenant.credit_policy_versions set active_from = $4, activated_by = $5 where tenant_id = $1 and policy_id = $2 and version = $3", tenant, id.uuid(), version, at, by)
        .execute(tx.conn())
        .await?;
    sqlx::query!("update tenant.credit_policies set version = version + 1 where tenant_id = $1 and id = $2", tx.tenant(), id.uuid()).execute(tx.conn()).await?;
    audit::write(tx, "credit_policy.activated", Some(&id), json!({"version": version, "at": at})).await?;
    find(tx, id).await?.ok_or(PolicyError::Unknown)
}
