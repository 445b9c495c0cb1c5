//! kill -9 of the server and of PostgreSQL while orders arrive over HTTP (failures.md G1).
//! KILL-1: what was acknowledged is there. KILL-2: nothing is there twice. KILL-3: a sender that repeats loses nothing.
//!
//! The server is the real program as a child process; the database is a durable cluster of this test's own. Senders
//! behave as channels do: they repeat a message, byte for byte, until it is acknowledged.

use crate::program::Program;
use kit::{Canary, Client};
use postgres_cluster::{Cluster, Settings};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;
use simulator::{Assortment, Channel, Desk, Faults, Market, Message, Path, Shop, World};
use sqlx::{Connection, Executor, PgConnection};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

const SENDERS: usize = 8;
const SIGNING: &str = "the signing secret of the killed shop";

/// A merchant with a Shopify shop and a web shop, made over HTTP.
async fn shops(program: &Program) -> Vec<Shop> {
    let owner = Client::new(&program.url, Canary::default());
    let body = json!({
        "tenant_name": "Killed often", "slug": "killed-often", "country": "US", "currency": "USD", "time_zone": "UTC", "locale": "en",
        "name": "Patient Owner", "email": "owner@killed.example", "password": "correct horse battery",
    });
    owner.post("/api/v1/sign-up", body).await.expect(201);
    let key = owner.post("/api/v1/api-keys", json!({"name": "shop", "scopes": ["orders:create", "orders:read"]})).await.expect(201).json();
    let web = owner.post("/api/v1/channel-accounts", json!({"kind": "web", "name": "Web", "currency": "USD", "settings": {}, "secrets": {}})).await.expect(201).json();
    let domain = "killed-often.myshopify.com";
    let shopify = json!({"kind": "shopify", "name": "Shopify", "shop": domain, "currency": "USD", "settings": {"shop": domain}, "secrets": {"client_secret": SIGNING}});
    let shopify = owner.post("/api/v1/channel-accounts", shopify).await.expect(201).json();
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    let shop = |path| Shop { path, market: Market::America, assortment: Assortment::Brand, currency: "USD".into(), weight: 1, sources: vec![] };
    vec![
        shop(Path::Hook { channel: Channel::Shopify, shop: domain.into(), app: String::new(), secret: SIGNING.into(), access_token: String::new(), url: text(&shopify["hook_url"]) }),
        shop(Path::Direct { desk: Desk::Web, channel_account_id: text(&web["id"]), api_key: text(&key["secret"]), url: format!("{}/api/v1/orders", program.url) }),
    ]
}

/// Sends until acknowledged. Says how often that took.
async fn deliver(client: &reqwest::Client, message: &Message, until: Instant) -> u32 {
    for attempt in 1.. {
        let mut request = client.post(&message.url).body(message.body.clone());
        for (name, value) in &message.headers {
            request = request.header(name, value);
        }
        match request.send().await {
            Ok(answer) if answer.status().is_success() => return attempt,
            Ok(answer) if answer.status().is_client_error() && answer.status() != 409 && answer.status() != 429 => {
                panic!("{} refused {}: {}", message.url, message.order, answer.text().await.unwrap_or_default())
            }
            // Not reached, cut off, 503, or another attempt of the same key still under way.
            _ => assert!(Instant::now() < until, "{} was never acknowledged", message.order),
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    unreachable!()
}

async fn stored(url: &str) -> Vec<String> {
    let mut owner = PgConnection::connect(url).await.unwrap();
    let ids = sqlx::query_scalar("select external_id from tenant.orders order by external_id").fetch_all(&mut owner).await.unwrap();
    owner.close().await.unwrap();
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_1_kill_2_kill_3_nothing_lost_nothing_doubled() {
    kit::server::tls_provider();
    let (cycles, orders_per_cycle) = if kit::long() { (500, 200) } else { (20, 100) };
    let seed = kit::seed("kill");
    let mut rng = StdRng::seed_from_u64(seed);
    let folder = tempfile::Builder::new().prefix("switchyard-kill").tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let cluster = Cluster::start(Settings::durable(folder.path().join("database"))).unwrap();
    let mut admin = PgConnection::connect(&cluster.url("postgres")).await.unwrap();
    admin.execute("create database killed").await.unwrap();
    admin.close().await.unwrap();
    let database = cluster.url("killed");
    let mut cluster = Some(cluster);
    let key = "7c".repeat(32);
    let mut program = Program::new(&database, folder.path(), &[("SWITCHYARD_MASTER_KEY", &key)]);
    program.wait_ready().await;
    let mut world = World::new(seed, shops(&program).await, Faults { duplicate: 0.05, delay: 0.0, lose: 0.0 });
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap();

    let (mut sent, mut repeats) = (BTreeSet::new(), 0);
    // The shops' clock stands still: on a slow machine an order would go on to its next step, and be told again rightly.
    let now = chrono::Utc::now();
    for cycle in 0..cycles {
        for _ in 0..orders_per_cycle {
            sent.insert(world.sell(now, 1.0).id.clone());
        }
        let messages = Arc::new(Mutex::new(world.advance(now)));
        let acknowledged: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let until = Instant::now() + Duration::from_secs(180);
        let senders: Vec<_> = (0..SENDERS)
            .map(|_| {
                let (client, messages, acknowledged) = (client.clone(), messages.clone(), acknowledged.clone());
                tokio::spawn(async move {
                    let mut repeats = 0;
                    loop {
                        let Some(message) = messages.lock().unwrap().pop() else { return repeats };
                        repeats += deliver(&client, &message, until).await - 1;
                        acknowledged.lock().unwrap().insert(message.order);
                    }
                })
            })
            .collect();
        // Somewhere in the middle of the work.
        let moment = rng.random_range(5..orders_per_cycle * 4 / 5);
        while acknowledged.lock().unwrap().len() < moment {
            assert!(Instant::now() < until, "cycle {cycle}: only {} acknowledged", acknowledged.lock().unwrap().len());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        if cycle % 2 == 0 {
            program.kill_and_restart().await;
        } else {
            let mut killed = cluster.take().unwrap();
            killed.kill();
            // Acknowledged before the database died, so it must be there when it is back.
            let promised = acknowledged.lock().unwrap().clone();
            cluster = Some(tokio::task::spawn_blocking(move || killed.restart().map(|()| killed)).await.unwrap().unwrap());
            let there: BTreeSet<String> = stored(&database).await.into_iter().collect();
            assert!(promised.is_subset(&there), "cycle {cycle}: lost {:?}", promised.difference(&there).collect::<Vec<_>>());
            program.wait_ready().await;
        }
        for sender in senders {
            repeats += sender.await.unwrap();
        }
        let there = stored(&database).await;
        let distinct: BTreeSet<String> = there.iter().cloned().collect();
        assert_eq!(there.len(), distinct.len(), "cycle {cycle}: an order is there twice");
        assert_eq!(distinct, sent, "cycle {cycle}: not exactly what was sent");
    }
    assert!(repeats > 0, "the kills hit nobody");

    // One description and one set of lines each, whatever was repeated.
    let mut owner = PgConnection::connect(&database).await.unwrap();
    let doubled: i64 = sqlx::query_scalar(
        "select count(*) from (select order_id from tenant.order_facts where kind = 'described' group by tenant_id, order_id having count(*) <> 1) twice",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    assert_eq!(doubled, 0);
    let numbers: (i64, i64, i64) = sqlx::query_as("select count(*), count(distinct number), max(number) from tenant.orders").fetch_one(&mut owner).await.unwrap();
    assert_eq!((numbers.0, numbers.1), (sent.len() as i64, sent.len() as i64), "every order has its own number");
    owner.close().await.unwrap();
    println!("{cycles} kills, {} orders, {repeats} repeats: 0 lost, 0 doubled", sent.len());
    drop(program);
    drop(cluster);
}
