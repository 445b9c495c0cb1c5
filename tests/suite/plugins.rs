//! Plugins in the catalogue and as tenants install them.

use crate::hostile_guest::{Module, config, delivery};
use kernel::{ChannelAccountId, TenantId};
use kit::Database;
use serde_json::json;
use std::collections::BTreeMap;
use switchyard_host::{Grants, Host, catalogue::UploadError, installation::{self, InstallError}};
use tenants::{Actor, Databases, Directory, RightSet, plugins, rights::*};

struct Shop {
    host: Host,
    directory: Directory,
    _cache: tempfile::TempDir,
    database: Database,
}

async fn shop() -> Shop {
    kit::server::tls_provider();
    let database = Database::fresh().await;
    let directory = Directory::connect(&Databases::single(&database.url)).await.expect("the database answers");
    let cache = tempfile::tempdir().expect("a folder");
    let host = Host::start(switchyard_host::HostConfig { directory: Some(directory.clone()), ..config(cache.path()) }).expect("the host starts");
    Shop { host, directory, _cache: cache, database }
}

impl Shop {
    /// An owner of a tenant that exists.
    async fn owner(&self) -> Actor {
        let tenant = TenantId::new();
        let slug = format!("t-{}", &tenant.uuid().simple().to_string()[20..]);
        sqlx::query("insert into control.tenants (id, slug, name, shard, country, currency, time_zone, locale) values ($1, $2, 'x', 'main', 'VN', 'VND', 'UTC', 'en')")
            .bind(tenant.uuid())
            .bind(slug)
            .execute(&mut self.database.owner().await)
            .await
            .expect("a tenant");
        Actor::system(tenant, "test", RightSet::all())
    }
}

fn manifest() -> Vec<u8> {
    json!({
        "kind": "channel-connector", "name": "friendly", "version": "1.0.0",
        "declares": {"hosts": ["api.example.com", "*.shop.example.com"], "secrets": [{"name": "key", "title": "Key", "required": true}], "config": [{"key": "region", "title": "Region"}], "kv_bytes": 4096}
    })
    .to_string()
    .into_bytes()
}

#[tokio::test]
async fn an_upload_is_installed_granted_configured_called_suspended_and_resumed() {
    let shop = shop().await;
    let actor = shop.owner().await;
    let component = Module::default().component();
    let plugin = shop.host.upload(&shop.directory, &actor, actor.may().unwrap(), &manifest(), &component).await.expect("the upload is accepted");
    let again = shop.host.upload(&shop.directory, &actor, actor.may().unwrap(), &manifest(), &component).await.expect("and again");
    assert_eq!(plugin.id, again.id, "the same bytes are one entry");

    let mut tx = shop.directory.begin(&actor).await.unwrap();
    let asked = Grants { hosts: vec!["api.example.com".into()], secrets: vec!["key".into()], ..Grants::default() };
    let installed = installation::install(&mut tx, actor.may().unwrap(), &plugin, &asked, &[("region".into(), "VN".into())].into()).await.unwrap();
    assert_eq!((installed.state.as_str(), installed.config_version, &installed.grants), ("active", 1, &asked));
    // INSTALL-2: each configuration is a version.
    let described = installation::manifest_of(&plugin).unwrap();
    let configured = installation::configure(&mut tx, actor.may().unwrap(), &described, installed.id, &[("region".into(), "TH".into())].into()).await.unwrap();
    assert_eq!(configured.config_version, 2);
    tx.commit().await.unwrap();
    let versions: Vec<String> = sqlx::query_scalar("select config->>'region' from tenant.plugin_configs order by version").fetch_all(&mut shop.database.owner().await).await.unwrap();
    assert_eq!(versions, ["VN", "TH"]);

    let context = configured.context(actor.tenant, ChannelAccountId::new(), [("region".into(), "SG".into())].into(), vec![]).expect("an active installation");
    assert_eq!(context.settings["region"], "SG", "the account's settings win");
    // A host that never saw the bytes finds them in the catalogue by digest.
    let empty = tempfile::tempdir().unwrap();
    let other = Host::start(switchyard_host::HostConfig { directory: Some(shop.directory.clone()), ..config(empty.path()) }).unwrap();
    assert!(other.receive(&context, delivery(b"{}")).await.unwrap().is_ok());

    let mut tx = shop.directory.begin(&actor).await.unwrap();
    let suspended = installation::suspend(&mut tx, actor.may().unwrap(), installed.id, "a \u{1b}[31mtest").await.unwrap();
    assert_eq!((suspended.state.as_str(), suspended.suspended_reason.as_deref()), ("suspended", Some("a  [31mtest")));
    assert!(suspended.context(actor.tenant, ChannelAccountId::new(), BTreeMap::new(), vec![]).is_none());
    assert_eq!(installation::resume(&mut tx, actor.may().unwrap(), installed.id).await.unwrap().state, "active");
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn install_1_nothing_is_granted_that_is_not_declared() {
    let shop = shop().await;
    let actor = shop.owner().await;
    let plugin = shop.host.upload(&shop.directory, &actor, actor.may().unwrap(), &manifest(), &Module::default().component()).await.unwrap();
    let mut tx = shop.directory.begin(&actor).await.unwrap();
    for (asked, field) in [
        (Grants { hosts: vec!["evil.example.net".into()], ..Grants::default() }, "grants.hosts"),
        (Grants { secrets: vec!["other".into()], ..Grants::default() }, "grants.secrets"),
    ] {
        match installation::install(&mut tx, actor.may::<InstallPlugins>().unwrap(), &plugin, &asked, &BTreeMap::new()).await {
            Err(InstallError::Invalid(error)) => assert_eq!(error.field, field),
            other => panic!("{other:?}"),
        }
    }
    let unknown_setting = installation::install(&mut tx, actor.may().unwrap(), &plugin, &Grants::default(), &[("nonsense".into(), "1".into())].into()).await;
    assert!(matches!(unknown_setting, Err(InstallError::Invalid(e)) if e.field == "config.nonsense"));
}

#[tokio::test]
async fn cat_1_a_tenant_sees_its_own_uploads_and_no_others() {
    let shop = shop().await;
    let (one, other) = (shop.owner().await, shop.owner().await);
    let component = Module::default().component();
    let mine = shop.host.upload(&shop.directory, &one, one.may().unwrap(), &manifest(), &component).await.unwrap();
    assert!(plugins::find(&shop.directory, &other, mine.id).await.unwrap().is_none());
    assert!(plugins::list(&shop.directory, &other).await.unwrap().iter().all(|p| p.bundled));
    // The same bytes are the other's own entry, not a door to the first one's.
    let theirs = shop.host.upload(&shop.directory, &other, other.may().unwrap(), &manifest(), &component).await.unwrap();
    assert_ne!(mine.id, theirs.id);
}

#[tokio::test]
async fn wrong_uploads_are_refused_with_the_field() {
    let shop = shop().await;
    let actor = shop.owner().await;
    let friendly = Module::default().component();
    let change = |pointer: &str, value: serde_json::Value| {
        let mut manifest: serde_json::Value = serde_json::from_slice(&manifest()).unwrap();
        *manifest.pointer_mut(pointer).unwrap() = value;
        manifest.to_string().into_bytes()
    };
    for (manifest, field) in [
        (b"{".to_vec(), "manifest"),
        (change("/name", json!("A Name")), "name"),
        (change("/version", json!("1")), "version"),
        (change("/kind", json!("something")), "manifest"),
        (change("/declares/hosts", json!(["*"])), "declares.hosts[0]"),
        (change("/declares/hosts", json!(["ok.example.com", "10.0.0.1"])), "declares.hosts[1]"),
        (change("/declares/kv_bytes", json!(1u64 << 40)), "declares.kv_bytes"),
    ] {
        match shop.host.upload(&shop.directory, &actor, actor.may().unwrap(), &manifest, &friendly).await {
            Err(UploadError::Manifest(error)) => assert_eq!(error.field, field, "{error}"),
            other => panic!("{field}: {other:?}"),
        }
    }
    let refused = shop.host.upload(&shop.directory, &actor, actor.may().unwrap(), &manifest(), b"(component)").await;
    assert!(matches!(refused, Err(UploadError::Component(reason)) if reason.contains("not a WebAssembly component")));
}

#[tokio::test]
async fn bundled_plugins_are_seeded_once_and_compile() {
    let shop = shop().await;
    let first = shop.host.seed(&shop.directory).await.unwrap();
    let second = shop.host.seed(&shop.directory).await.unwrap();
    assert_eq!(first.iter().map(|p| p.id).collect::<Vec<_>>(), second.iter().map(|p| p.id).collect::<Vec<_>>());
    shop.host.warm().await.expect("every bundled connector compiles and fits");
    let actor = shop.owner().await;
    assert_eq!(plugins::list(&shop.directory, &actor).await.unwrap().len(), first.len());
}
