//! A small key-value store for each installation.
//! Invariant KV-1: the tenant and the installation come from the call, never from the key; row security is a second wall.
//! Invariant KV-2: operations a call, bytes a value and bytes in all are bounded.

use crate::{contract::imports::kv as wire, guest::GuestState};
use sqlx::PgConnection;
use tenants::{Actor, Directory, RightSet, Who};

const KEY_BYTES_MAX: usize = 255;
const VALUE_BYTES_MAX: usize = 64 << 10;
const KEYS_MAX: i64 = 10_000;

type Answer<T> = Result<T, wire::KvError>;

/// Whose store: from the call's own state.
#[derive(Clone, Copy)]
struct Owner {
    tenant: uuid::Uuid,
    installation: uuid::Uuid,
}

impl GuestState {
    /// Counts operations; the store, when this call may use one.
    fn kv(&mut self, operations: usize) -> Answer<(Directory, Actor, Owner)> {
        let left = u32::try_from(operations).ok().and_then(|n| self.kv_operations_left.checked_sub(n));
        self.kv_operations_left = left.ok_or(wire::KvError::QuotaExceeded)?;
        let granted = self.function.may_call_out() && self.account.grants.kv;
        let directory = self.outside.directory.clone().filter(|_| granted).ok_or(wire::KvError::Unavailable)?;
        let (tenant, installation) = (self.account.tenant, self.account.installation);
        let actor = Actor { tenant, who: Who::Plugin(installation), rights: RightSet::default().into() };
        Ok((directory, actor, Owner { tenant: tenant.uuid(), installation: installation.uuid() }))
    }
}

fn is_key(key: &str) -> bool {
    (1..=KEY_BYTES_MAX).contains(&key.len()) && !key.chars().any(char::is_control)
}

fn failed(error: impl std::fmt::Display) -> wire::KvError {
    tracing::warn!("a plugin's key-value store does not answer: {error}");
    wire::KvError::Unavailable
}

impl wire::Host for GuestState {
    async fn get_many(&mut self, keys: Vec<String>) -> wasmtime::Result<Answer<Vec<wire::Entry>>> {
        let (directory, actor, owner) = match self.kv(keys.len().max(1)) {
            Ok(open) => open,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let work = async move {
            let mut tx = directory.begin(&actor).await.map_err(failed)?;
            get_many(tx.conn(), owner, &keys).await.map_err(failed)
        };
        self.outside.elsewhere(work).await
    }

    async fn put(&mut self, key: String, value: Vec<u8>, if_version: Option<String>) -> wasmtime::Result<Answer<String>> {
        let (directory, actor, owner) = match self.kv(1) {
            Ok(open) => open,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if !is_key(&key) || value.len() > VALUE_BYTES_MAX {
            return Ok(Err(wire::KvError::TooLarge));
        }
        let bytes_max = i64::try_from(self.account.grants.kv_bytes).unwrap_or(i64::MAX);
        let work = async move {
            let mut tx = directory.begin(&actor).await.map_err(failed)?;
            let version = put(tx.conn(), owner, &key, &value, if_version.as_deref(), bytes_max).await?;
            tx.commit().await.map_err(failed)?;
            Ok(version.to_string())
        };
        self.outside.elsewhere(work).await
    }

    async fn delete(&mut self, key: String) -> wasmtime::Result<Answer<()>> {
        let (directory, actor, owner) = match self.kv(1) {
            Ok(open) => open,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let work = async move {
            let mut tx = directory.begin(&actor).await.map_err(failed)?;
            sqlx::query!("delete from tenant.plugin_kv where tenant_id = $1 and installation_id = $2 and key = $3", owner.tenant, owner.installation, key)
                .execute(tx.conn())
                .await
                .map_err(failed)?;
            tx.commit().await.map_err(failed)
        };
        self.outside.elsewhere(work).await
    }
}

async fn get_many(conn: &mut PgConnection, owner: Owner, keys: &[String]) -> Result<Vec<wire::Entry>, sqlx::Error> {
    // PostgreSQL takes no NUL in text: such a key was never stored.
    let keys: Vec<String> = keys.iter().filter(|key| is_key(key)).cloned().collect();
    let rows = sqlx::query!(
        "select key, value, version from tenant.plugin_kv where tenant_id = $1 and installation_id = $2 and key = any($3) order by key",
        owner.tenant,
        owner.installation,
        &keys,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| wire::Entry { key: row.key, value: row.value, version: row.version.to_string() }).collect())
}

/// `if_version` none: whatever is there; "0": nothing may be there; else exactly that version.
async fn put(conn: &mut PgConnection, owner: Owner, key: &str, value: &[u8], if_version: Option<&str>, bytes_max: i64) -> Answer<i64> {
    let expected = if_version.map(|v| v.parse::<i64>().map_err(|_| wire::KvError::Conflict)).transpose()?;
    let others = sqlx::query!(
        r#"select coalesce(sum(octet_length(value) + octet_length(key)), 0) as "bytes!", count(*) as "keys!"
           from tenant.plugin_kv where tenant_id = $1 and installation_id = $2 and key <> $3"#,
        owner.tenant,
        owner.installation,
        key,
    )
    .fetch_one(&mut *conn)
    .await
    .map_err(failed)?;
    let size = i64::try_from(value.len() + key.len()).unwrap_or(i64::MAX);
    if others.bytes.saturating_add(size) > bytes_max || others.keys >= KEYS_MAX {
        return Err(wire::KvError::QuotaExceeded);
    }
    let version = match expected {
        None => {
            sqlx::query_scalar!(
                "insert into tenant.plugin_kv (tenant_id, installation_id, key, value, version) values ($1, $2, $3, $4, 1)
                 on conflict (tenant_id, installation_id, key) do update set value = excluded.value, version = plugin_kv.version + 1 returning version",
                owner.tenant,
                owner.installation,
                key,
                value,
            )
            .fetch_optional(conn)
            .await
        }
        Some(0) => {
            sqlx::query_scalar!(
                "insert into tenant.plugin_kv (tenant_id, installation_id, key, value, version) values ($1, $2, $3, $4, 1)
                 on conflict (tenant_id, installation_id, key) do nothing returning version",
                owner.tenant,
                owner.installation,
                key,
                value,
            )
            .fetch_optional(conn)
            .await
        }
        Some(version) => {
            sqlx::query_scalar!(
                "update tenant.plugin_kv set value = $4, version = version + 1
                 where tenant_id = $1 and installation_id = $2 and key = $3 and version = $5 returning version",
                owner.tenant,
                owner.installation,
                key,
                value,
                version,
            )
            .fetch_optional(conn)
            .await
        }
    };
    version.map_err(failed)?.ok_or(wire::KvError::Conflict)
}
