//! Guests written by hand: a core module in text, wrapped into a component of the connector world.
//!
//! `receive` of the friendly one answers 200 with nothing in it; a hostile one puts its own code there.

use kernel::{ChannelAccountId, InstallationId, TenantId};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};
use switchyard_host::{AccountContext, ComponentDigest, Delivery, Grants, Host, HostConfig, Method, Origin};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

/// Parts of a core module. `receive` is the body of `(param i32 x 11) (result i32)`: origin, method, url, headers, body,
/// received-at (all but the first as pointer and length), answering with the address of the result.
pub struct Module {
    pub imports: &'static str,
    pub memory: &'static str,
    pub extra: String,
    pub receive: String,
    /// The body of `(param i32 i32) (result i32)`: a list of references.
    pub fetch: String,
    /// The body of `(param i32) (result i32)`: the address of an errand.
    pub push: String,
    /// The body of `(result i32)`.
    pub renewal: String,
    /// The body of `(param i32 i32 i32 i32) (result i32)`: redirect, state.
    pub authorization: String,
    /// The body of `(param i32 i32) (result i32)`: a list of pairs.
    pub authorized: String,
    /// The body of `cabi_realloc (param $old i32) (param $old_size i32) (param $align i32) (param $size i32)`.
    pub realloc: &'static str,
    pub encoding: StringEncoding,
}

/// A bump allocator that grows the memory.
pub const BUMP: &str = "
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
    (global.set $heap (i32.add (local.get $at) (local.get $size)))
    (block $fits
      (br_if $fits (i32.le_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))))
      (drop (memory.grow (i32.add (i32.div_u (local.get $size) (i32.const 65536)) (i32.const 1)))))
    (local.get $at)";

impl Default for Module {
    fn default() -> Self {
        Self {
            imports: "",
            memory: r#"(memory (export "memory") 2)"#,
            extra: String::new(),
            receive: "(call $answer (i32.const 200))".into(),
            fetch: "unreachable".into(),
            push: "unreachable".into(),
            renewal: "unreachable".into(),
            authorization: "unreachable".into(),
            authorized: "unreachable".into(),
            realloc: BUMP,
            encoding: StringEncoding::UTF8,
        }
    }
}

impl Module {
    pub fn receive(body: impl Into<String>) -> Self {
        Self { receive: body.into(), ..Self::default() }
    }

    /// The core module. `$answer STATUS` writes an accepted, empty reception at 1024; its acknowledgement's status
    /// is at 1024 + 64, `ignored` at 1024 + 52.
    pub fn core(&self) -> Vec<u8> {
        let Self { imports, memory, extra, receive, fetch, push, renewal, authorization, authorized, realloc, .. } = self;
        let text = format!(
            r#"(module
  {imports}
  {memory}
  (global $heap (mut i32) (i32.const 8192))
  {extra}
  (func $answer (param $status i32) (result i32)
    (memory.fill (i32.const 1024) (i32.const 0) (i32.const 128))
    (i32.store16 (i32.const 1088) (local.get $status))
    (i32.const 1024))
  (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32) {realloc})
  (func (export "switchyard:plugin/connector@0.1.0#receive") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) {receive})
  (func (export "switchyard:plugin/connector@0.1.0#fetch") (param i32 i32) (result i32) {fetch})
  (func (export "switchyard:plugin/connector@0.1.0#pull") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32) unreachable)
  (func (export "switchyard:plugin/connector@0.1.0#push") (param i32) (result i32) {push})
  (func (export "switchyard:plugin/connector@0.1.0#renewal") (result i32) {renewal})
  (func (export "switchyard:plugin/connector@0.1.0#authorization") (param i32 i32 i32 i32) (result i32) {authorization})
  (func (export "switchyard:plugin/connector@0.1.0#authorized") (param i32 i32) (result i32) {authorized})
)"#
        );
        wat::parse_str(&text).unwrap_or_else(|e| panic!("{e}\n{text}"))
    }

    pub fn component(&self) -> Vec<u8> {
        let wit = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../wit/v0.1.0");
        let mut resolve = wit_parser::Resolve::default();
        let (package, _) = resolve.push_path(wit).expect("the contract parses");
        let world = resolve.select_world(&[package], Some("channel-connector")).expect("the world is there");
        let mut core = self.core();
        embed_component_metadata(&mut core, &resolve, world, self.encoding).expect("the world is embedded");
        ComponentEncoder::default().module(&core).expect("the module fits the world").encode().expect("the component is encoded")
    }
}

pub struct Plugins {
    pub host: Arc<Host>,
    /// Lives as long as the host that compiles into it.
    _cache: tempfile::TempDir,
    canary: AccountContext,
}

/// Where the bundled plugins are compiled to once for all tests: [`config`] has one key.
pub fn bundled_cache() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bundled-plugins")
}

pub fn config(cache: &std::path::Path) -> HostConfig {
    HostConfig { compiler: env!("CARGO_BIN_EXE_plugin-compiler").into(), cache_directory: cache.into(), cache_key: [7; 32], threads: 2, directory: None, http: Default::default() }
}

pub fn account(digest: ComponentDigest) -> AccountContext {
    AccountContext {
        tenant: TenantId::new(),
        installation: InstallationId::new(),
        account: ChannelAccountId::new(),
        digest,
        config_version: 1,
        grants: Arc::new(Grants::default()),
        settings: Arc::new(BTreeMap::new()),
        secrets: Arc::new(BTreeMap::new()),
    }
}

pub fn delivery(body: &[u8]) -> Delivery {
    Delivery { origin: Origin::Webhook, method: Method::Post, url: "https://hooks.example/hooks/1".into(), headers: vec![], body: body.to_vec(), received_at: chrono::Utc::now() }
}

impl Plugins {
    pub async fn start() -> Self {
        let cache = tempfile::tempdir().expect("a folder for the cache");
        let host = Arc::new(Host::start(config(cache.path())).expect("the host starts"));
        let canary = account(host.load_connector(&Module::default().component()).await.expect("the friendly guest loads"));
        Self { host, _cache: cache, canary }
    }

    pub async fn load(&self, module: &Module) -> AccountContext {
        account(self.host.load_connector(&module.component()).await.expect("the guest loads"))
    }

    /// The code of the failure a guest's `receive` ends in; then the invariant of every case: the canary still works.
    pub async fn code_of(&self, account: &AccountContext) -> &'static str {
        let failure = self.host.receive(account, delivery(b"{}")).await.expect_err("a hostile guest gets no answer");
        self.canary_works().await;
        assert!(!failure.message.chars().any(char::is_control), "guest text is cleaned: {failure}");
        failure.code
    }

    /// Loads, calls while the canary calls too, and calls the canary again.
    pub async fn case(&self, module: Module) -> &'static str {
        let account = self.load(&module).await;
        let (code, ()) = tokio::join!(self.code_of(&account), self.canary_works());
        code
    }

    pub async fn canary_works(&self) {
        let answer = self.host.receive(&self.canary, delivery(b"{}")).await.expect("the canary's call works").expect("and is accepted");
        assert_eq!(answer.acknowledgement.status, 200);
    }
}
