//! A tenant's connections to identity providers.

use super::Outside;
use crate::{
    Actor, DirectoryError, Identity, Permit, audit,
    fields::{self, FieldError},
    rights::ManageTenant,
    roles,
    secrets::{Place, Vault, VaultError},
};
use kernel::{OidcConnectionId, TenantId, Timestamp};
use secrecy::{SecretSlice, SecretString, ExposeSecret as _};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use url::Url;
use uuid::Uuid;

/// Connections of a tenant; domains and groups of one connection.
pub const PER_TENANT_MAX: i64 = 10;
pub const DOMAINS_MAX: usize = 50;
pub const GROUPS_MAX: usize = 100;

#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    #[error(transparent)]
    Field(#[from] FieldError),
    #[error("there is no such connection")]
    NotFound,
    #[error("a tenant has at most {PER_TENANT_MAX} connections: remove one first")]
    TooMany,
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// A connection as its tenant sees it: without the client secret.
#[derive(Clone, Debug)]
pub struct Connection {
    pub id: OidcConnectionId,
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    pub has_client_secret: bool,
    pub join_domains: Vec<String>,
    pub groups_claim: Option<String>,
    pub group_roles: Value,
    pub default_role: Option<String>,
    pub enabled: bool,
}

/// Everything that can be said about one. In an edit `client_secret: None` keeps the stored one.
#[derive(Clone, Debug)]
pub struct ConnectionDraft {
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Option<SecretString>,
    pub join_domains: Vec<String>,
    pub groups_claim: Option<String>,
    pub group_roles: BTreeMap<String, String>,
    pub default_role: Option<String>,
    pub enabled: bool,
}

/// The tenant's connections, oldest first. At most [`PER_TENANT_MAX`] exist.
pub async fn list(identity: &Identity, actor: &Actor, _: Permit<ManageTenant>) -> Result<Vec<Connection>, sqlx::Error> {
    sqlx::query_as!(
        Connection,
        r#"select id as "id: OidcConnectionId", name, issuer, client_id, client_secret is not null as "has_client_secret!", join_domains, groups_claim, group_roles, default_role, enabled
           from control.oidc_connections where tenant_id = $1 order by id limit $2"#,
        actor.tenant.uuid(),
        PER_TENANT_MAX
    )
    .fetch_all(identity.directory.control())
    .await
}

/// What anybody may know, for the log-in page: the names of the tenant's enabled connections.
pub async fn list_public(identity: &Identity, slug: &str) -> Result<Vec<(OidcConnectionId, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select c.id as "id: OidcConnectionId", c.name from control.oidc_connections c join control.tenants t on t.id = c.tenant_id
           where t.slug = $1 and t.state = 'active' and c.enabled order by c.id limit $2"#,
        slug,
        PER_TENANT_MAX
    )
    .fetch_all(identity.directory.control())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

pub async fn create(identity: &Identity, actor: &Actor, permit: Permit<ManageTenant>, draft: ConnectionDraft, now: Timestamp) -> Result<Connection, ConnectionError> {
    let draft = check(identity, actor, draft).await?;
    let count = list(identity, actor, permit).await?.len();
    if i64::try_from(count).unwrap_or(i64::MAX) >= PER_TENANT_MAX {
        return Err(ConnectionError::TooMany);
    }
    let id = OidcConnectionId::new();
    tell(identity, actor, "oidc_connection.created", id, &draft, now).await?;
    write(identity, actor, id, draft, now).await
}

/// Replaces what is said about a connection.
pub async fn edit(identity: &Identity, actor: &Actor, permit: Permit<ManageTenant>, id: OidcConnectionId, draft: ConnectionDraft, now: Timestamp) -> Result<Connection, ConnectionError> {
    if list(identity, actor, permit).await?.iter().all(|known| known.id != id) {
        return Err(ConnectionError::NotFound);
    }
    let draft = check(identity, actor, draft).await?;
    tell(identity, actor, "oidc_connection.changed", id, &draft, now).await?;
    write(identity, actor, id, draft, now).await
}

pub async fn remove(identity: &Identity, actor: &Actor, permit: Permit<ManageTenant>, id: OidcConnectionId, now: Timestamp) -> Result<(), ConnectionError> {
    if list(identity, actor, permit).await?.iter().all(|known| known.id != id) {
        return Err(ConnectionError::NotFound);
    }
    let mut tx = identity.directory.begin_at(actor, now).await?;
    audit::write(&mut tx, "oidc_connection.removed", Some(&id), json!({})).await?;
    tx.commit().await?;
    let mut tx = identity.directory.control().begin().await?;
    sqlx::query!("delete from control.oidc_logins where connection_id = $1", id.uuid()).execute(&mut *tx).await?;
    sqlx::query!("delete from control.oidc_connections where id = $1 and tenant_id = $2", id.uuid(), actor.tenant.uuid()).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}

async fn tell(identity: &Identity, actor: &Actor, act: &'static str, id: OidcConnectionId, draft: &ConnectionDraft, now: Timestamp) -> Result<(), ConnectionError> {
    let mut tx = identity.directory.begin_at(actor, now).await?;
    let detail = json!({
        "issuer": &draft.issuer, "client_id": &draft.client_id, "client_secret_set": draft.client_secret.is_some(), "join_domains": &draft.join_domains,
        "groups_claim": &draft.groups_claim, "group_roles": &draft.group_roles, "default_role": &draft.default_role, "enabled": draft.enabled,
    });
    audit::write(&mut tx, act, Some(&id), detail).await?;
    tx.commit().await?;
    Ok(())
}

async fn write(identity: &Identity, actor: &Actor, id: OidcConnectionId, draft: ConnectionDraft, now: Timestamp) -> Result<Connection, ConnectionError> {
    let sealed = match &draft.client_secret {
        None => None,
        Some(secret) => {
            let vault = identity.directory.vault().ok_or(VaultError::NoMasterKey)?;
            let value: SecretSlice<u8> = secret.expose_secret().as_bytes().to_vec().into();
            Some(vault.seal(&place(actor.tenant, id), &value)?)
        }
    };
    let connection = sqlx::query_as!(
        Connection,
        r#"insert into control.oidc_connections as c (id, tenant_id, name, issuer, client_id, client_secret, join_domains, groups_claim, group_roles, default_role, enabled, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
           on conflict (id) do update set name = excluded.name, issuer = excluded.issuer, client_id = excluded.client_id,
             client_secret = coalesce(excluded.client_secret, c.client_secret), join_domains = excluded.join_domains, groups_claim = excluded.groups_claim,
             group_roles = excluded.group_roles, default_role = excluded.default_role, enabled = excluded.enabled
             where c.tenant_id = excluded.tenant_id
           returning id as "id: OidcConnectionId", name, issuer, client_id, client_secret is not null as "has_client_secret!", join_domains, groups_claim, group_roles, default_role, enabled"#,
        id.uuid(),
        actor.tenant.uuid(),
        draft.name,
        draft.issuer,
        draft.client_id,
        sealed,
        &draft.join_domains,
        draft.groups_claim,
        json!(draft.group_roles),
        draft.default_role,
        draft.enabled,
        now
    )
    .fetch_one(identity.directory.control())
    .await?;
    Ok(connection)
}

async fn check(identity: &Identity, actor: &Actor, draft: ConnectionDraft) -> Result<ConnectionDraft, ConnectionError> {
    let ConnectionDraft { name, issuer, client_id, client_secret, join_domains, groups_claim, group_roles, default_role, enabled } = draft;
    let issuer = issuer_of(&identity.outside, &issuer)?;
    if join_domains.len() > DOMAINS_MAX {
        return Err(FieldError::new("join_domains", format!("must name at most {DOMAINS_MAX} domains")).into());
    }
    let join_domains = join_domains.iter().map(|domain| domain_of(domain)).collect::<Result<Vec<_>, _>>()?;
    if group_roles.len() > GROUPS_MAX {
        return Err(FieldError::new("group_roles", format!("must name at most {GROUPS_MAX} groups")).into());
    }
    if client_secret.as_ref().is_some_and(|secret| secret.expose_secret().is_empty() || secret.expose_secret().len() > 1_000) {
        return Err(FieldError::new("client_secret", "must have 1 to 1000 characters, or be left out").into());
    }
    let mut tx = identity.directory.begin(actor).await?;
    let known = roles::rows(&mut tx).await?;
    let is_role = |name: &String| known.iter().any(|role| role.name == *name);
    if let Some(missing) = group_roles.values().find(|name| !is_role(name)) {
        return Err(FieldError::new("group_roles", format!("must name roles of this tenant; there is no role {missing:?}")).into());
    }
    if default_role.as_ref().is_some_and(|name| !is_role(name)) {
        return Err(FieldError::new("default_role", "must be the name of a role of this tenant").into());
    }
    Ok(ConnectionDraft {
        name: fields::name("name", &name, 60)?,
        client_id: fields::name("client_id", &client_id, 200)?,
        groups_claim: groups_claim.as_deref().map(|claim| fields::name("groups_claim", claim, 60)).transpose()?,
        issuer,
        client_secret,
        join_domains,
        group_roles,
        default_role,
        enabled,
    })
}

/// The issuer as written: it is compared letter by letter (OpenID Connect Core, section 3.1.3.7).
fn issuer_of(outside: &Outside, text: &str) -> Result<String, FieldError> {
    let wrong = || FieldError::new("issuer", "must be an https address of a public host, such as https://id.example.com, without query and fragment");
    let url: Url = text.parse().map_err(|_| wrong())?;
    if outside.check(&url).is_err() || url.query().is_some() || url.fragment().is_some() || text.len() > 300 {
        return Err(wrong());
    }
    Ok(text.to_owned())
}

fn domain_of(text: &str) -> Result<String, FieldError> {
    let domain = text.trim().trim_start_matches('@').to_ascii_lowercase();
    fields::email("join_domains", &format!("someone@{domain}")).map_err(|_| FieldError::new("join_domains", "must name domains such as example.com"))?;
    Ok(domain)
}

fn place(tenant: TenantId, id: OidcConnectionId) -> Place<'static> {
    Place { tenant: tenant.uuid(), owner_kind: "oidc_connection", owner: id.uuid(), name: "client_secret", version: 1 }
}

/// A connection with all a log-in needs.
pub(super) struct Live {
    pub id: OidcConnectionId,
    pub tenant: TenantId,
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Option<SecretString>,
    pub join_domains: Vec<String>,
    pub groups_claim: Option<String>,
    pub group_roles: BTreeMap<String, String>,
    pub default_role: Option<String>,
}

pub(super) async fn live(identity: &Identity, id: Uuid) -> Result<Option<Live>, ConnectionError> {
    let Some(row) = sqlx::query!(
        r#"select c.id as "id: OidcConnectionId", c.tenant_id as "tenant: TenantId", c.issuer, c.client_id, c.client_secret, c.join_domains, c.groups_claim, c.group_roles, c.default_role
           from control.oidc_connections c join control.tenants t on t.id = c.tenant_id where c.id = $1 and c.enabled and t.state = 'active'"#,
        id
    )
    .fetch_optional(identity.directory.control())
    .await?
    else {
        return Ok(None);
    };
    let client_secret = row.client_secret.map(|sealed| open(identity.directory.vault(), row.tenant, row.id, &sealed)).transpose()?;
    Ok(Some(Live {
        id: row.id,
        tenant: row.tenant,
        issuer: row.issuer,
        client_id: row.client_id,
        client_secret,
        join_domains: row.join_domains,
        groups_claim: row.groups_claim,
        group_roles: serde_json::from_value(row.group_roles).unwrap_or_default(),
        default_role: row.default_role,
    }))
}

fn open(vault: Option<&std::sync::Arc<Vault>>, tenant: TenantId, id: OidcConnectionId, sealed: &[u8]) -> Result<SecretString, VaultError> {
    let value = vault.ok_or(VaultError::NoMasterKey)?.open(&place(tenant, id), sealed)?;
    String::from_utf8(value.expose_secret().to_vec()).map(SecretString::from).map_err(|_| VaultError::NotAuthentic)
}
