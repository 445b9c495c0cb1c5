//! Where each tenant's rows live: one control database and one or more shards, each with its own pool.

use crate::{Actor, TenantTx, secrets::Vault, transaction::Plans};
use kernel::{TenantId, Timestamp};
use moka::future::Cache;
use sqlx::{PgPool, postgres::{PgConnectOptions, PgPoolOptions}};
use std::{collections::BTreeMap, str::FromStr, sync::Arc, time::Duration};

/// The shard every tenant lives on unless the configuration names more.
pub const DEFAULT_SHARD: &str = "main";

/// Connection settings: one control database, shards by name.
#[derive(Clone, Debug)]
pub struct Databases {
    pub control: String,
    pub shards: BTreeMap<String, String>,
    /// Connections a pool may hold.
    pub connections_max: u32,
}

impl Databases {
    /// Control and the default shard on one database.
    pub fn single(url: &str) -> Self {
        Self { control: url.into(), shards: [(DEFAULT_SHARD.to_owned(), url.to_owned())].into(), connections_max: 16 }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    #[error("the tenant is not known")]
    UnknownTenant,
    #[error("the shard {0:?} is not configured: add it to SWITCHYARD_SHARDS")]
    UnknownShard(String),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Pools and the tenant -> shard map. Cheap to clone.
#[derive(Clone)]
pub struct Directory {
    control: PgPool,
    shards: BTreeMap<String, PgPool>,
    placement: Cache<TenantId, PgPool>,
    vault: Option<Arc<Vault>>,
}

impl Directory {
    /// Opens the pools. Connections act as the roles `switchyard_control` and `switchyard_app`, whoever they log in as.
    pub async fn connect(databases: &Databases) -> Result<Self, DirectoryError> {
        let control = pool(&databases.control, "switchyard_control", databases.connections_max).await?;
        let mut shards = BTreeMap::new();
        for (name, url) in &databases.shards {
            shards.insert(name.clone(), pool(url, "switchyard_app", databases.connections_max).await?);
        }
        let placement = Cache::builder().max_capacity(100_000).time_to_live(Duration::from_secs(60)).build();
        Ok(Self { control, shards, placement, vault: None })
    }

    /// The same with the keys that seal secrets. Without them every other thing works and secrets answer `NoMasterKey`.
    pub fn with_vault(self, vault: Vault) -> Self {
        Self { vault: Some(Arc::new(vault)), ..self }
    }

    pub(crate) fn vault(&self) -> Option<&Arc<Vault>> {
        self.vault.as_ref()
    }

    /// Ends every connection, once what runs on it is done.
    pub async fn close(&self) {
        self.control.close().await;
        for shard in self.shards.values() {
            shard.close().await;
        }
    }

    /// Begins a transaction in which only the actor's tenant exists.
    pub async fn begin(&self, actor: &Actor) -> Result<TenantTx, DirectoryError> {
        self.begin_at(actor, chrono::Utc::now()).await
    }

    /// The same at a given instant: imports, replays and tests say when they are.
    pub async fn begin_at(&self, actor: &Actor, now: Timestamp) -> Result<TenantTx, DirectoryError> {
        let shard = self.shard_of(actor.tenant).await?;
        Ok(TenantTx::begin(&shard, actor.clone(), now, self.vault.clone(), Plans::AsPostgresChooses).await?)
    }

    /// The same for work that comes many times a second: its statements are planned once a connection.
    pub async fn begin_often(&self, actor: &Actor) -> Result<TenantTx, DirectoryError> {
        let shard = self.shard_of(actor.tenant).await?;
        Ok(TenantTx::begin(&shard, actor.clone(), chrono::Utc::now(), self.vault.clone(), Plans::Once).await?)
    }

    /// The pool of the control schema: for this crate's own rooms.
    pub(crate) fn control(&self) -> &PgPool {
        &self.control
    }

    /// Active tenants by id, after `after`: for work that goes through all of them.
    pub async fn active_tenants(&self, after: Option<TenantId>, limit: i64) -> Result<Vec<TenantId>, sqlx::Error> {
        sqlx::query_scalar!(
            r#"select id as "id: TenantId" from control.tenants where state = 'active' and ($1::uuid is null or id > $1) order by id limit $2"#,
            after.map(TenantId::uuid) as Option<uuid::Uuid>,
            limit,
        )
        .fetch_all(&self.control)
        .await
    }

    /// The tenant's own calendar, e.g. `Asia/Ho_Chi_Minh`.
    pub async fn time_zone(&self, tenant: TenantId) -> Result<String, DirectoryError> {
        let zone = sqlx::query_scalar!("select time_zone from control.tenants where id = $1", tenant.uuid()).fetch_optional(&self.control).await?;
        zone.ok_or(DirectoryError::UnknownTenant)
    }

    /// Names of members, for lists that only know their ids.
    pub async fn names(&self, tenant: TenantId, people: &[kernel::PersonId]) -> Result<std::collections::BTreeMap<kernel::PersonId, String>, sqlx::Error> {
        let ids: Vec<uuid::Uuid> = people.iter().map(|p| p.uuid()).collect();
        let rows = sqlx::query!(
            "select p.id, p.name from control.people p join control.memberships m on m.person_id = p.id where m.tenant_id = $1 and p.id = any($2)",
            tenant.uuid(),
            &ids,
        )
        .fetch_all(&self.control)
        .await?;
        Ok(rows.into_iter().map(|row| (kernel::PersonId(row.id), row.name)).collect())
    }

    pub fn shard_names(&self) -> impl Iterator<Item = &str> {
        self.shards.keys().map(String::as_str)
    }

    /// Both kinds of database answer.
    pub async fn ready(&self) -> Result<(), DirectoryError> {
        sqlx::query("select 1").execute(&self.control).await?;
        for shard in self.shards.values() {
            sqlx::query("select 1").execute(shard).await?;
        }
        Ok(())
    }

    /// The configured shard with the fewest tenants: where a new one goes.
    pub(crate) async fn emptiest_shard(&self) -> Result<String, DirectoryError> {
        let names: Vec<String> = self.shards.keys().cloned().collect();
        let shard = sqlx::query_scalar!(
            r#"select name as "name!" from unnest($1::text[]) as s (name)
               order by (select count(*) from control.tenants t where t.shard = s.name), name limit 1"#,
            &names
        )
        .fetch_optional(&self.control)
        .await?;
        shard.ok_or_else(|| DirectoryError::UnknownShard(DEFAULT_SHARD.to_owned()))
    }

    async fn shard_of(&self, tenant: TenantId) -> Result<PgPool, DirectoryError> {
        if let Some(pool) = self.placement.get(&tenant).await {
            return Ok(pool);
        }
        let shard = sqlx::query_scalar!("select shard from control.tenants where id = $1", tenant.uuid())
            .fetch_optional(&self.control)
            .await?
            .ok_or(DirectoryError::UnknownTenant)?;
        let pool = self.shards.get(&shard).ok_or(DirectoryError::UnknownShard(shard))?.clone();
        self.placement.insert(tenant, pool.clone()).await;
        Ok(pool)
    }
}

async fn pool(url: &str, role: &'static str, connections_max: u32) -> Result<PgPool, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?
        .application_name("switchyard")
        .options([("statement_timeout", "15s"), ("idle_in_transaction_session_timeout", "30s"), ("role", role), ("citus.propagate_set_commands", "local"), ("timezone", "UTC")]);
    PgPoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(Duration::from_secs(5))
        .connect_with(options)
        .await
}
