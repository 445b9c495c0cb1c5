//! P8: one message through a connector in a fresh store with every limit on, beside the same component in a bare wasmtime
//! and beside reading the same bytes natively.

use crate::Wish;
use crate::table::{Figure, Goal, Table};
use anyhow::{Context, ensure};
use kernel::{ChannelAccountId, InstallationId, TenantId};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;
use switchyard_host::{AccountContext, Delivery, Grants, Host, HostConfig, Origin, catalogue};
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};

mod contract {
    wasmtime::component::bindgen!({ path: "../wit/v0.1.0", world: "channel-connector" });
}
use contract::exports::switchyard::plugin::connector as wire;

pub async fn measure(wish: &Wish, table: &mut Table) -> anyhow::Result<()> {
    let Some((_, component)) = catalogue::bundled().into_iter().find(|(manifest, _)| String::from_utf8_lossy(manifest).contains("\"name\": \"shopify\"")) else {
        println!("skipped: the bundled Shopify connector is not built into this binary");
        return Ok(());
    };
    let calls = wish.size(20_000);
    let body = crate::intake::message();
    let bytes = body.len();
    let folder = tempfile::tempdir()?;
    let host = Host::start(HostConfig {
        compiler: wish.binary.clone(),
        cache_directory: folder.path().to_owned(),
        cache_key: [7; 32],
        threads: 1,
        directory: None,
        http: switchyard_host::http::HttpSettings::default(),
    })?;
    let digest = host.load_connector(&component).await?;
    let account = AccountContext {
        tenant: TenantId::new(),
        installation: InstallationId::new(),
        account: ChannelAccountId::new(),
        digest,
        config_version: 1,
        grants: Arc::new(Grants::default()),
        settings: Arc::new(BTreeMap::from([("shop".to_owned(), "bench.myshopify.com".to_owned())])),
        secrets: Arc::default(),
    };
    let bare = Bare::new(&component)?;
    let (mut ours, mut beside, mut native) = (Vec::new(), Vec::new(), Vec::new());
    through_host(&host, &account, &body, calls / 10).await?;
    bare.run(&body, calls / 10)?;
    for _ in 0..wish.rounds {
        ours.push(through_host(&host, &account, &body, calls).await?);
        beside.push(bare.run(&body, calls)?);
        native.push(natively(&body, calls)?);
    }
    table.add("P8", format!("one message of {bytes} bytes through the Shopify connector, fresh store, limits on"), "us", Figure(ours.clone()), Some(("bare wasmtime: pooling, fresh store, no limits, no checks", Figure(beside))), Goal::RatioAtMost(1.5));
    table.add("P8", "the same", "us", Figure(ours), Some(("serde_json reading the same bytes natively", Figure(native))), Goal::None);
    Ok(())
}

fn headers() -> Vec<(String, String)> {
    [("x-shopify-topic", "orders/create"), ("x-shopify-shop-domain", "bench.myshopify.com")].map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

fn micros(begun: Instant, calls: usize) -> f64 {
    begun.elapsed().as_secs_f64() * 1e6 / calls.max(1) as f64
}

async fn through_host(host: &Host, account: &AccountContext, body: &[u8], calls: usize) -> anyhow::Result<f64> {
    let begun = Instant::now();
    for _ in 0..calls {
        // A document: nothing to verify, so that both sides do the same work.
        let delivery = Delivery { origin: Origin::Document, method: switchyard_host::answer::Method::Post, url: String::new(), headers: headers(), body: body.to_vec(), received_at: chrono::Utc::now() };
        let told = host.receive(account, delivery).await?;
        ensure!(told.is_ok(), "the connector refused the message: {told:?}");
        black_box(&told);
    }
    Ok(micros(begun, calls))
}

/// The component with nothing of ours around it.
struct Bare {
    engine: Engine,
    pre: contract::ChannelConnectorPre<()>,
}

impl Bare {
    fn new(component: &[u8]) -> anyhow::Result<Self> {
        let mut pool = PoolingAllocationConfig::new();
        pool.linear_memory_keep_resident(256 * 1024).max_unused_warm_slots(32);
        let mut config = Config::new();
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        let engine = Engine::new(&config)?;
        let component = Component::new(&engine, component)?;
        let mut linker = Linker::new(&engine);
        // Reading a document calls nothing outside.
        linker.define_unknown_imports_as_traps(&component)?;
        let pre = contract::ChannelConnectorPre::new(linker.instantiate_pre(&component)?)?;
        Ok(Self { engine, pre })
    }

    fn run(&self, body: &[u8], calls: usize) -> anyhow::Result<f64> {
        let begun = Instant::now();
        for _ in 0..calls {
            let delivery = wire::Delivery {
                origin: wire::Origin::Document,
                method: "POST".into(),
                url: String::new(),
                headers: headers().into_iter().map(|(key, value)| wire::Pair { key, value }).collect(),
                body: body.to_vec(),
                received_at: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            };
            let mut store = Store::new(&self.engine, ());
            let told = self.pre.instantiate(&mut store)?.switchyard_plugin_connector().call_receive(&mut store, &delivery)?;
            ensure!(told.is_ok(), "the connector refused the message");
            black_box(&told);
        }
        Ok(micros(begun, calls))
    }
}

fn natively(body: &[u8], calls: usize) -> anyhow::Result<f64> {
    let begun = Instant::now();
    for _ in 0..calls {
        let value: serde_json::Value = serde_json::from_slice(black_box(body)).context("the message is JSON")?;
        black_box(&value);
    }
    Ok(micros(begun, calls))
}
