//! Plugins in the catalogue and as tenants install them.

use crate::hostile_guest::{Module, config, delivery};
use kernel::{ChannelAccountId, TenantId};
use kit::Database;
use serde_json::json;
use std::collections::BTreeMap;
use switchyard_host::{Grants, Host, catalogue::{self, UploadError}, installation::{self, InstallError}};
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
    let first = catalogue::seed(&shop.directory).await.unwrap();
    let second = catalogue::seed(&shop.directory).await.unwrap();
    assert_eq!(first.iter().map(|p| p.id).collect::<Vec<_>>(), second.iter().map(|p| p.id).collect::<Vec<_>>());
    shop.host.warm().await.expect("every bundled connector compiles and fits");
    let actor = shop.owner().await;
    assert_eq!(plugins::list(&shop.directory, &actor).await.unwrap().len(), first.len());
}

/// `fetch` writes the key `k` three hundred times and says how often that went well.
fn writer() -> Module {
    Module {
        imports: r#"(import "switchyard:host/kv@0.1.0" "put" (func $put (param i32 i32 i32 i32 i32 i32 i32 i32)))"#,
        extra: r#"(data (i32.const 16) "k")"#.into(),
        fetch: r#"
          (local $left i32) (local $written i32) (local.set $left (i32.const 300))
          (loop $again
            (call $put (i32.const 16) (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 2048))
            (local.set $written (i32.add (local.get $written) (i32.eqz (i32.load8_u (i32.const 2048)))))
            (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
          (i32.store8 (i32.const 2600) (i32.add (i32.const 48) (i32.div_u (local.get $written) (i32.const 100))))
          (i32.store8 (i32.const 2601) (i32.add (i32.const 48) (i32.rem_u (i32.div_u (local.get $written) (i32.const 10)) (i32.const 10))))
          (i32.store8 (i32.const 2602) (i32.add (i32.const 48) (i32.rem_u (local.get $written) (i32.const 10))))
          (memory.fill (i32.const 1024) (i32.const 0) (i32.const 128))
          (i32.store8 (i32.const 1024) (i32.const 1)) (i32.store8 (i32.const 1028) (i32.const 4))
          (i32.store (i32.const 1032) (i32.const 2600)) (i32.store (i32.const 1036) (i32.const 3))
          (i32.const 1024)"#
            .into(),
        ..Module::default()
    }
}

impl Shop {
    /// A module as a new tenant's installation, everything granted.
    async fn installed(&self, module: &Module) -> (Actor, switchyard_host::AccountContext) {
        let actor = self.owner().await;
        let plugin = self.host.upload(&self.directory, &actor, actor.may().unwrap(), &manifest(), &module.component()).await.expect("the upload is accepted");
        let mut tx = self.directory.begin(&actor).await.unwrap();
        let grants = installation::manifest_of(&plugin).unwrap().all_grants();
        let installed = installation::install(&mut tx, actor.may().unwrap(), &plugin, &grants, &BTreeMap::new()).await.unwrap();
        tx.commit().await.unwrap();
        let context = installed.context(actor.tenant, ChannelAccountId::new(), BTreeMap::new(), vec![]).unwrap();
        (actor, context)
    }

    /// The records of an installation, once there are so many.
    async fn runs(&self, actor: &Actor, context: &switchyard_host::AccountContext, at_least: usize) -> Vec<switchyard_host::runs::RunRow> {
        for _ in 0..200 {
            let mut tx = self.directory.begin(actor).await.unwrap();
            let rows = switchyard_host::runs::list(&mut tx, context.installation, kernel::PageLimit::default(), None).await.unwrap().rows;
            if rows.len() >= at_least {
                return rows;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("{at_least} records of calls never came");
    }
}

#[tokio::test]
async fn kv_1_and_kv_2_stores_are_apart_and_rationed() {
    let shop = shop().await;
    let (one, other) = (shop.installed(&writer()).await, shop.installed(&writer()).await);
    for (_, context) in [&one, &other] {
        let failure = shop.host.fetch(context, &[]).await.expect_err("it says how often it wrote");
        assert_eq!((failure.code, failure.message.as_str()), ("plugin.permanent", "200"), "200 operations a call");
    }
    let rows: Vec<(uuid::Uuid, uuid::Uuid, i64)> = sqlx::query_as("select tenant_id, installation_id, version from tenant.plugin_kv order by tenant_id").fetch_all(&mut shop.database.owner().await).await.unwrap();
    let mut expected = [&one, &other].map(|(actor, context)| (actor.tenant.uuid(), context.installation.uuid(), 200));
    expected.sort();
    assert_eq!(rows, expected, "each wrote its own");
    let mut ungranted = one.1.clone();
    ungranted.grants = std::sync::Arc::new(Grants::default());
    assert_eq!(shop.host.fetch(&ungranted, &[]).await.unwrap_err().message, "000", "without the grant there is no store");
}

#[tokio::test]
async fn run_1_failures_are_recorded_and_successes_sampled() {
    let shop = shop().await;
    let (actor, context) = shop.installed(&Module { fetch: "unreachable".into(), ..Module::default() }).await;
    for _ in 0..10 {
        shop.host.receive(&context, delivery(b"{}")).await.unwrap().unwrap();
    }
    for _ in 0..3 {
        assert_eq!(shop.host.fetch(&context, &[]).await.unwrap_err().code, "trap.unreachable");
    }
    let runs = shop.runs(&actor, &context, 4).await;
    let count = |function: &str, outcome: &str| runs.iter().filter(|run| run.function == function && run.outcome == outcome).count();
    assert_eq!((runs.len(), count("receive", "ok"), count("fetch", "trap.unreachable")), (4, 1, 3));
    assert!(runs.iter().all(|run| run.fuel > 0 && run.digest == context.digest.0 && run.config_version == 1));
    assert!(runs.iter().any(|run| run.peak_memory == 2 * 65_536));
}

#[tokio::test]
async fn hostile_12_a_storm_of_traps_opens_the_breaker() {
    let shop = shop().await;
    let (actor, context) = shop.installed(&Module::receive("unreachable")).await;
    let mut codes = Vec::new();
    for _ in 0..200 {
        codes.push(shop.host.receive(&context, delivery(b"{}")).await.unwrap_err().code);
    }
    assert!(codes[..5].iter().all(|code| *code == "trap.unreachable") && codes[5..].iter().all(|code| *code == "suspended"), "{codes:?}");
    assert!(shop.host.breaker_reason(context.installation).unwrap().contains("trap.unreachable"));
    assert_eq!(shop.runs(&actor, &context, 5).await.len(), 5);
    shop.host.reset_breaker(context.installation);
    assert_eq!(shop.host.receive(&context, delivery(b"{}")).await.unwrap_err().code, "trap.unreachable", "a person may try again at once");
}

#[tokio::test]
async fn hostile_13_a_flood_of_log_lines_is_cut() {
    let shop = shop().await;
    let flood = Module {
        imports: r#"(import "switchyard:host/log@0.1.0" "write" (func $log (param i32 i32 i32)))"#,
        extra: r#"(data (i32.const 16) "\1b[31mred\n<script>")"#.into(),
        ..Module::receive("(local $n i32) (loop $more (call $log (i32.const 1) (i32.const 16) (i32.const 17)) (br_if $more (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 20000)))) (call $answer (i32.const 200))")
    };
    let (actor, context) = shop.installed(&flood).await;
    shop.host.receive(&context, delivery(b"{}")).await.unwrap().unwrap();
    let log = shop.runs(&actor, &context, 1).await[0].log.clone().expect("what it logged");
    assert!(log.len() <= 65 << 10 && log.contains("more messages dropped"), "{} bytes", log.len());
    assert!(!log.chars().any(|c| c.is_control() && c != '\n'));
}
