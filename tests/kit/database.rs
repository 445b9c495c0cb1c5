//! A database for one test: a clone of a migrated template on the test cluster.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::{str::FromStr, sync::OnceLock};

/// Dropped by name when the cluster is thrown away.
pub struct Database {
    pub url: String,
}

impl Database {
    /// A fresh clone of the template.
    pub async fn fresh() -> Self {
        let template = template().await;
        let name = format!("t_{}", uuid::Uuid::now_v7().simple());
        let mut admin = admin().await;
        // Another test may be cloning at this moment; the template tolerates no other session meanwhile.
        lock(&mut admin).await;
        admin.execute(AssertSqlSafe(format!("create database {name} template {template}"))).await.expect("clone the template");
        admin.close().await.expect("close");
        Self { url: url_of(&name) }
    }

    /// A fresh database without any schema.
    pub async fn empty() -> Self {
        let name = format!("e_{}", uuid::Uuid::now_v7().simple());
        let mut admin = admin().await;
        admin.execute(AssertSqlSafe(format!("create database {name}"))).await.expect("create a database");
        admin.close().await.expect("close");
        Self { url: url_of(&name) }
    }

    /// A connection as the owner of everything: for looking behind the product's back.
    pub async fn owner(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.expect("connect as owner")
    }

    /// Orders made of others behind the product's back: `changes` is SQL for a JSON object of the columns that differ.
    pub async fn copy_orders(&self, changes: &str, from: &str) {
        let mut owner = self.owner().await;
        // What the database computes itself cannot be written.
        let columns: String = sqlx::query_scalar("select string_agg(quote_ident(column_name), ', ') from information_schema.columns where table_schema = 'tenant' and table_name = 'orders' and is_generated = 'NEVER'")
            .fetch_one(&mut owner)
            .await
            .expect("the columns of orders");
        let copy = format!("insert into tenant.orders ({columns}) select {columns} from (select (jsonb_populate_record(o, {changes})).* from tenant.orders o {from}) copies");
        sqlx::query(sqlx::AssertSqlSafe(copy)).execute(&mut owner).await.expect("orders are copied");
    }
}

/// The cluster's maintenance database: SWITCHYARD_TEST_DATABASE_URL (`cargo xtask test` sets it), or a throwaway cluster of this process.
fn cluster_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| {
        if let Ok(url) = std::env::var("SWITCHYARD_TEST_DATABASE_URL") {
            return url;
        }
        let folder = std::env::temp_dir().join(format!("switchyard-test-{}", std::process::id()));
        let cluster = postgres_cluster::Cluster::start(postgres_cluster::Settings::throwaway(folder)).expect("a PostgreSQL for the tests");
        let url = cluster.url("postgres");
        // It ends with this process (PG-1).
        std::mem::forget(cluster);
        url
    })
}

async fn admin() -> PgConnection {
    PgConnection::connect(cluster_url()).await.expect("the test cluster answers")
}

fn url_of(database: &str) -> String {
    let mut url = url::Url::from_str(cluster_url()).expect("a URL");
    url.set_path(&format!("/{database}"));
    url.into()
}

async fn lock(admin: &mut PgConnection) {
    sqlx::query("select pg_advisory_lock(7001)").execute(admin).await.expect("lock");
}

/// Migrated, with the bundled plugins in it; made once per state of both, shared by all test processes.
async fn template() -> String {
    static NAME: OnceLock<String> = OnceLock::new();
    let name = NAME.get_or_init(|| format!("template_{}", digest_of_contents())).clone();
    let mut admin = admin().await;
    lock(&mut admin).await;
    let there: bool = sqlx::query_scalar("select exists(select from pg_database where datname = $1)").bind(&name).fetch_one(&mut admin).await.expect("look for the template");
    if !there {
        let scratch = format!("making_{}", uuid::Uuid::now_v7().simple());
        admin.execute(AssertSqlSafe(format!("create database {scratch}"))).await.expect("create the template");
        let databases = tenants::Databases::single(&url_of(&scratch));
        tenants::migrate(&databases).await.expect("migrations run");
        let directory = tenants::Directory::connect(&databases).await.expect("the template answers");
        switchyard_host::catalogue::seed(&directory).await.expect("the bundled plugins are seeded");
        directory.close().await;
        admin.execute(AssertSqlSafe(format!("alter database {scratch} rename to {name}"))).await.expect("name the template");
    }
    admin.close().await.expect("close");
    name
}

fn digest_of_contents() -> String {
    use sha2::Digest;
    let mut files: Vec<_> = ["control", "tenant"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(crate::project().join("migrations").join(folder)).expect("migrations").map(|entry| entry.expect("entry").path()))
        .collect();
    files.push(crate::project().join("plugins/built/lock.json"));
    files.sort();
    let mut hash = sha2::Sha256::new();
    for file in files {
        hash.update(std::fs::read(file).expect("read a migration"));
    }
    hex::encode(&hash.finalize()[..6])
}
