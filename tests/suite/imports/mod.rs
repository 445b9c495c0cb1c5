//! Imports, from the file to the tables: small files for every rule, the whole Online Retail data for exactness, a killed
//! process for resumption.

mod http;
mod kill;
mod online_retail;
mod rules;

use kernel::{ChannelAccountId, ImportId, TenantId};
use kit::Database;
use sqlx::{Connection, PgConnection};
use std::io::Write;
use switchyard_core::imports::import::Import;
use switchyard_core::imports::mapping::Mapping;
use switchyard_core::imports::run::RunError;
use switchyard_core::imports::upload::{NewImport, UploadError};
use switchyard_core::imports::{Limits, import, run, undo, upload};
use tenants::{Actor, Databases, Directory, RightSet};

/// A tenant with one account for imports.
pub struct Shop {
    pub database: Database,
    pub directory: Directory,
    pub actor: Actor,
    pub account: ChannelAccountId,
}

impl Shop {
    pub async fn open() -> Self {
        let database = Database::fresh().await;
        let (tenant, account) = (TenantId::new(), ChannelAccountId::new());
        let mut owner = database.owner().await;
        sqlx::query("insert into control.tenants (id, slug, name, shard, country, currency, time_zone, locale) values ($1, $2, 'Giftware', 'main', 'GB', 'GBP', 'UTC', 'en')")
            .bind(tenant.uuid())
            .bind(format!("gift-{}", &tenant.uuid().simple().to_string()[20..]))
            .execute(&mut owner)
            .await
            .unwrap();
        sqlx::query("insert into tenant.channel_accounts (tenant_id, id, kind, name, currency) values ($1, $2, 'import', 'Archive', 'GBP')")
            .bind(tenant.uuid())
            .bind(account.uuid())
            .execute(&mut owner)
            .await
            .unwrap();
        owner.close().await.unwrap();
        Self::at(database, tenant, account).await
    }

    pub async fn at(database: Database, tenant: TenantId, account: ChannelAccountId) -> Self {
        let directory = Directory::connect(&Databases::single(&database.url)).await.unwrap();
        let actor = Actor::system(tenant, "test", RightSet::all());
        Self { database, directory, actor, account }
    }

    pub async fn upload(&self, content: &[u8], mapping: Option<Mapping>) -> Result<Import, UploadError> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        let mut tx = self.directory.begin(&self.actor).await.unwrap();
        let new = NewImport { account: self.account, file_name: "orders.csv".into(), mapping, time_zone: chrono_tz::UTC, currency: None };
        let import = upload::upload(&mut tx, self.actor.may().unwrap(), new, file, Limits::default()).await?;
        tx.commit().await.unwrap();
        Ok(import)
    }

    pub async fn start(&self, id: ImportId) {
        let mut tx = self.directory.begin(&self.actor).await.unwrap();
        import::start(&mut tx, self.actor.may().unwrap(), id).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn run(&self, id: ImportId) -> Result<Import, RunError> {
        self.start(id).await;
        run::run(&self.directory, &self.actor, id, Limits::default(), |_| {}).await
    }

    /// Uploads and runs; the file must be right.
    pub async fn import(&self, content: &str) -> Import {
        let import = self.upload(content.as_bytes(), None).await.unwrap();
        self.run(import.id).await.unwrap()
    }

    pub async fn undo(&self, id: ImportId) -> Import {
        let mut tx = self.directory.begin(&self.actor).await.unwrap();
        undo::begin(&mut tx, self.actor.may().unwrap(), id).await.unwrap();
        tx.commit().await.unwrap();
        undo::undo(&self.directory, &self.actor, id, |_| {}).await.unwrap()
    }

    pub async fn get(&self, id: ImportId) -> Import {
        let mut tx = self.directory.begin(&self.actor).await.unwrap();
        import::get(&mut tx, self.actor.may().unwrap(), id).await.unwrap()
    }

    pub async fn owner(&self) -> PgConnection {
        self.database.owner().await
    }

    pub async fn facts(&self) -> i64 {
        sqlx::query_scalar("select count(*) from tenant.order_facts").fetch_one(&mut self.owner().await).await.unwrap()
    }

    /// Every order of the list with its lines, as text: what a merchant would see.
    pub async fn orders(&self) -> Vec<String> {
        let found: Vec<(String,)> = sqlx::query_as(
            "select o.external_id || ' ' || trim_scale(o.total) || ' ' || coalesce(o.channel_status, '-') || ' ' || coalesce(o.ship_to->>'country', '-') || ' ['
                    || coalesce(string_agg(coalesce(l.sku, '') || ' ' || trim_scale(l.quantity) || 'x' || trim_scale(l.unit_price), ', ' order by l.position), '') || ']'
             from tenant.orders o left join tenant.order_lines l on l.tenant_id = o.tenant_id and l.order_id = o.id
             where o.voided_at is null group by o.tenant_id, o.id order by o.external_id",
        )
        .fetch_all(&mut self.owner().await)
        .await
        .unwrap();
        found.into_iter().map(|(text,)| text).collect()
    }
}
