//! A durable database of the bench's own, and merchants on it, made by the product's real sign-up.

use anyhow::Context;
use kernel::{PersonId, TenantId};
use postgres_cluster::{Cluster, Settings};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::path::PathBuf;
use std::sync::Arc;
use tenants::{
    Actor, Databases, Directory, Identity, IdentitySettings, Right, RightSet, Visit, Who,
    api_keys::{self, NewKey},
    mail::{MailSettings, MailTransport},
    rate_limit::Quotas,
    sign_up::{self, SignUp},
};

pub struct Place {
    cluster: Option<Cluster>,
    folder: PathBuf,
    pub url: String,
}

impl Place {
    /// A fresh cluster with fsync on and one migrated database.
    pub async fn open(part: &str) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("switchyard-bench-{part}-{}", std::process::id()));
        let cluster = Cluster::start(Settings::durable(folder.clone()))?;
        let mut admin = PgConnection::connect(&cluster.url("postgres")).await?;
        admin.execute("create database bench").await?;
        admin.close().await?;
        let url = cluster.url("bench");
        tenants::migrate(&Databases::single(&url)).await?;
        Ok(Self { cluster: Some(cluster), folder, url })
    }

    /// As the owner of everything.
    pub async fn owner(&self) -> anyhow::Result<PgConnection> {
        Ok(PgConnection::connect(&self.url).await?)
    }

    /// As the server runs on tenant rows: row security counts.
    pub async fn app(&self) -> anyhow::Result<PgConnection> {
        let mut connection = self.owner().await?;
        connection.execute("set role switchyard_app").await?;
        Ok(connection)
    }

    pub fn version(&self) -> u32 {
        self.cluster.as_ref().map_or(0, Cluster::major)
    }

    /// Merchants with an API key that may do everything.
    pub async fn shops(&self, count: usize) -> anyhow::Result<Vec<Shop>> {
        let directory = Directory::connect(&Databases::single(&self.url)).await?;
        let mails = self.folder.with_extension("mail");
        std::fs::create_dir_all(&mails)?;
        let mail = MailSettings { transport: MailTransport::Folder(mails.clone()), from: "Bench <bench@localhost>".to_owned() };
        let settings = IdentitySettings { public_url: "http://127.0.0.1".parse()?, mail, quotas: Quotas::default(), hashes_at_once: 2, loopback_issuers: false };
        let identity = Identity::new(directory, settings)?;
        let mut shops = Vec::with_capacity(count);
        for number in 0..count {
            shops.push(shop(&identity, number).await?);
        }
        std::fs::remove_dir_all(&mails)?;
        Ok(shops)
    }

    /// What the planner knows of the tables is of now.
    pub async fn analyze(&self) -> anyhow::Result<()> {
        self.owner().await?.execute("vacuum analyze").await?;
        Ok(())
    }

    pub async fn count(&self, table: &'static str) -> anyhow::Result<i64> {
        // `table` is one of our own words.
        Ok(sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from tenant.{table}"))).fetch_one(&mut self.owner().await?).await?)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(cluster) = self.cluster.take() {
            cluster.stop();
        }
        for ending in ["", "log", "lock"] {
            let path = if ending.is_empty() { self.folder.clone() } else { self.folder.with_extension(ending) };
            let _ = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        }
    }
}

#[derive(Clone, Debug)]
pub struct Shop {
    pub tenant: TenantId,
    pub slug: String,
    /// Several, since a key has its own quota.
    pub keys: Vec<String>,
}

impl Shop {
    pub fn key(&self, turn: usize) -> &str {
        self.keys.get(turn % self.keys.len().max(1)).map_or("", String::as_str)
    }
}

async fn shop(identity: &Identity, number: usize) -> anyhow::Result<Shop> {
    let slug = format!("bench-{number}");
    let visit = Visit { at: chrono::Utc::now(), address: None, user_agent: None };
    let form = SignUp {
        tenant_name: format!("Bench {number}"),
        slug: Some(slug.clone()),
        country: "US".to_owned(),
        currency: "USD".to_owned(),
        time_zone: "UTC".to_owned(),
        locale: "en".to_owned(),
        name: "Owner".to_owned(),
        email: format!("owner{number}@example.com"),
        password: SecretString::from("correct horse battery".to_owned()),
    };
    let signed_up = sign_up::sign_up(identity, form, &visit).await.with_context(|| format!("sign up {slug}"))?;
    let mut keys = Vec::new();
    for _ in 0..4 {
        keys.push(key(identity, signed_up.tenant, signed_up.person).await?);
    }
    Ok(Shop { tenant: signed_up.tenant, slug, keys })
}

async fn key(identity: &Identity, tenant: TenantId, person: PersonId) -> anyhow::Result<String> {
    let actor = Actor { tenant, who: Who::Person(person), rights: Arc::new(RightSet::all()) };
    let new = NewKey { name: "bench".to_owned(), scopes: Right::ALL.iter().map(|right| right.word().to_owned()).collect(), expires_at: None };
    let (_, secret) = api_keys::create(identity, &actor, actor.may()?, new, chrono::Utc::now()).await?;
    Ok(secret.expose_secret().to_owned())
}
