//! The catalogue of plugins: components by digest, those bundled with the product and those a tenant uploaded.
//! Invariant CAT-1: a tenant sees what is bundled and what it uploaded itself, nothing of others.
//! Invariant CAT-2: a component never changes: another version is another row.

use crate::{Actor, Directory, Permit, rights::InstallPlugins};
use kernel::{PluginId, Timestamp};
use serde_json::Value;
use uuid::Uuid;

/// What one tenant may keep in the catalogue.
pub const UPLOADS_MAX: i64 = 100;

/// A plugin without its bytes.
#[derive(Clone, Debug)]
pub struct CatalogueRow {
    pub id: PluginId,
    pub digest: Vec<u8>,
    pub kind: String,
    pub name: String,
    pub version: String,
    /// Came with the product.
    pub bundled: bool,
    pub manifest: Value,
    pub created_at: Timestamp,
}

#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    #[error("a tenant keeps at most {UPLOADS_MAX} plugins")]
    TooMany,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// What is put into the catalogue. The caller has checked and compiled it.
#[derive(Clone, Copy, Debug)]
pub struct NewPlugin<'a> {
    pub digest: &'a [u8],
    pub kind: &'a str,
    pub name: &'a str,
    pub version: &'a str,
    pub manifest: &'a Value,
    pub component: &'a [u8],
}

/// Bundled plugins and the tenant's own, by name, newest first within a name.
pub async fn list(directory: &Directory, actor: &Actor) -> Result<Vec<CatalogueRow>, sqlx::Error> {
    sqlx::query_as!(
        CatalogueRow,
        r#"select id as "id: PluginId", digest, kind, name, version, owner_tenant is null as "bundled!", manifest, created_at
           from control.plugins where owner_tenant is null or owner_tenant = $1 order by name, id desc limit 500"#,
        actor.tenant.uuid(),
    )
    .fetch_all(directory.control())
    .await
}

pub async fn find(directory: &Directory, actor: &Actor, id: PluginId) -> Result<Option<CatalogueRow>, sqlx::Error> {
    sqlx::query_as!(
        CatalogueRow,
        r#"select id as "id: PluginId", digest, kind, name, version, owner_tenant is null as "bundled!", manifest, created_at
           from control.plugins where id = $2 and (owner_tenant is null or owner_tenant = $1)"#,
        actor.tenant.uuid(),
        id.uuid(),
    )
    .fetch_optional(directory.control())
    .await
}

/// The newest bundled plugin of a name.
pub async fn bundled(directory: &Directory, name: &str) -> Result<Option<CatalogueRow>, sqlx::Error> {
    sqlx::query_as!(
        CatalogueRow,
        r#"select id as "id: PluginId", digest, kind, name, version, true as "bundled!", manifest, created_at
           from control.plugins where owner_tenant is null and name = $1 order by id desc limit 1"#,
        name,
    )
    .fetch_optional(directory.control())
    .await
}

/// Adds an upload of the actor's tenant; the same bytes again give the row that is there.
pub async fn add(directory: &Directory, actor: &Actor, _: Permit<InstallPlugins>, plugin: NewPlugin<'_>) -> Result<CatalogueRow, UploadError> {
    let kept = sqlx::query_scalar!(r#"select count(*) as "kept!" from control.plugins where owner_tenant = $1"#, actor.tenant.uuid()).fetch_one(directory.control()).await?;
    if kept >= UPLOADS_MAX {
        return Err(UploadError::TooMany);
    }
    Ok(insert(directory, Some(actor), plugin).await?)
}

/// Adds what the product brings along. Run at every start.
pub async fn seed(directory: &Directory, plugin: NewPlugin<'_>) -> Result<CatalogueRow, sqlx::Error> {
    insert(directory, None, plugin).await
}

async fn insert(directory: &Directory, owner: Option<&Actor>, plugin: NewPlugin<'_>) -> Result<CatalogueRow, sqlx::Error> {
    let owner = owner.map(|actor| actor.tenant.uuid());
    // Looked for first: what is there already need not be sent.
    if let Some(there) = of_digest(directory, owner, plugin.digest).await? {
        return Ok(there);
    }
    sqlx::query!(
        "insert into control.plugins (id, digest, kind, name, version, owner_tenant, manifest, component) values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (owner_tenant, digest) do nothing",
        PluginId::new().uuid(),
        plugin.digest,
        plugin.kind,
        plugin.name,
        plugin.version,
        owner,
        plugin.manifest,
        plugin.component,
    )
    .execute(directory.control())
    .await?;
    of_digest(directory, owner, plugin.digest).await?.ok_or(sqlx::Error::RowNotFound)
}

async fn of_digest(directory: &Directory, owner: Option<Uuid>, digest: &[u8]) -> Result<Option<CatalogueRow>, sqlx::Error> {
    sqlx::query_as!(
        CatalogueRow,
        r#"select id as "id: PluginId", digest, kind, name, version, owner_tenant is null as "bundled!", manifest, created_at
           from control.plugins where owner_tenant is not distinct from $1 and digest = $2"#,
        owner,
        digest,
    )
    .fetch_optional(directory.control())
    .await
}

/// The bytes behind a digest, for the host: an installation names its plugin by digest.
pub async fn component(directory: &Directory, digest: &[u8]) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!("select component from control.plugins where digest = $1 limit 1", digest).fetch_optional(directory.control()).await
}
