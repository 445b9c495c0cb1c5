//! Backfills: a period of the past comes in from the channel, whole and once, whatever breaks on the way.

use crate::polls::{SHOPS, connect, external_ids, shop};
use chrono::{DateTime, Duration, SubsecRound as _, Utc};
use kernel::{BackfillId, ChannelAccountId, TenantId};
use kit::{Client, Server};
use serde_json::{Value, json};
use simulator::{Faults, Simulation};
use std::{collections::BTreeSet, str::FromStr, sync::Arc};
use switchyard_core::{
    channels::{
        backfills::{self, DAYS_BACK_MAX, LEASE_SECONDS, Progress},
        polls,
        windows::Brought,
    },
    orders::{self, Arrival},
};
use switchyard_host::Window;
use switchyard_server::flows;
use tenants::{Actor, RightSet, TenantTx};
use tokio::time::Instant;

const ORDERS: u32 = 120;
const DAYS_SOLD: u32 = 16;
/// Which of [`SHOPS`] are asked: Shopee, TikTok Shop and Shopify.
const ASKED: usize = 3;
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);

/// A merchant whose shops sold for days and told nobody; the poll has its first turn long after the test.
struct Past {
    simulation: Arc<Simulation>,
    server: Server,
    owner: Client,
    tenant: TenantId,
    accounts: Vec<ChannelAccountId>,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl Past {
    async fn open(test: &str) -> Self {
        let (seed, now) = (kit::seed(test), Utc::now());
        let simulation = Simulation::new(seed, SHOPS.map(shop).into(), Faults { duplicate: 0.0, delay: 0.0, lose: 0.0 }).expect("the simulation starts");
        let _ = simulation.history(ORDERS, DAYS_SOLD, seed, now);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(Arc::clone(&simulation).serve(listener));
        let overrides = SHOPS.map(|(.., host, _)| format!("{host}={address}")).join(" ");
        let server = Server::start_with(&[("SWITCHYARD_ENDPOINT_OVERRIDES", &overrides), ("SWITCHYARD_POLL_SECONDS", "86400")]).await;
        let merchant = server.merchant("backfill").await;
        let mut accounts = Vec::new();
        for (_, kind, shop, _, app) in &SHOPS[..ASKED] {
            let account = connect(&merchant.owner, kind, shop, app).await;
            accounts.push(ChannelAccountId::from_str(account["id"].as_str().expect("an id")).expect("an id"));
        }
        let tenant = TenantId::from_str(&merchant.id).expect("an id");
        let (from, until) = ((now - Duration::days(12)).trunc_subsecs(0), (now - Duration::days(2)).trunc_subsecs(0));
        Self { simulation, server, owner: merchant.owner, tenant, accounts, from, until }
    }

    /// What a shop, or all that are asked, sold in the period by its last change; and whatever they sold at all.
    fn sold(&self, only: Option<usize>) -> (BTreeSet<String>, BTreeSet<String>) {
        let world = self.simulation.world();
        let of = |sale: &&simulator::Sale| only.map_or(sale.shop < ASKED, |shop| sale.shop == shop);
        let ever = world.sales().iter().filter(of).map(|sale| sale.id.clone()).collect();
        // The end itself belongs to the period at some channels, and not at others.
        let within = world.sales().iter().filter(of).filter(|sale| sale.updated_at >= self.from && sale.updated_at < self.until).map(|sale| sale.id.clone()).collect();
        (within, ever)
    }

    fn at(&self, shop: usize) -> String {
        format!("/api/v1/channel-accounts/{}/backfills", self.accounts[shop])
    }

    async fn ask(&self, shop: usize) -> Value {
        self.owner.post(&self.at(shop), json!({"from": self.from, "until": self.until})).await.expect(202).json()
    }

    /// The backfill once it is over, which it has to be well.
    async fn done(&self, shop: usize, asked: &Value) -> Value {
        let path = format!("{}/{}", self.at(shop), asked["id"].as_str().expect("an id"));
        let end = Instant::now() + PATIENCE;
        loop {
            let seen = self.owner.get(&path).await.expect(200).json();
            match seen["state"].as_str() {
                Some("done") => return seen,
                Some("queued" | "running") => assert!(Instant::now() < end, "not done: {seen}"),
                _ => panic!("{seen}"),
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    }

    async fn begin(&self) -> TenantTx {
        self.server.app.directory.begin(&Actor::system(self.tenant, "test", RightSet::all())).await.expect("a transaction")
    }

    async fn sql(&self, statement: &'static str) {
        let mut db = self.server.database.owner().await;
        sqlx::query(statement).execute(&mut db).await.expect(statement);
    }
}

fn number(of: &Value, name: &str) -> i64 {
    of[name].as_i64().unwrap_or_else(|| panic!("no {name} in {of}"))
}

/// What changed in the period comes in though no webhook told of it, and once; asking again changes nothing.
#[tokio::test]
async fn backfill_1_a_period_comes_in_whole_and_once() {
    let past = Past::open("backfill_1_a_period_comes_in_whole_and_once").await;
    let (within, ever) = past.sold(None);
    assert!(within.len() > 20 && within.len() < ever.len(), "{} of {} sales", within.len(), ever.len());
    assert_eq!(external_ids(&past.owner).await, BTreeSet::new(), "nobody told of anything");

    let mut asked = Vec::new();
    for shop in 0..ASKED {
        asked.push(past.ask(shop).await);
    }
    let mut new = 0;
    for (shop, asked) in asked.iter().enumerate() {
        let done = past.done(shop, asked).await;
        assert_eq!((&done["reached"], &done["error"], &done["actions"]), (&done["until"], &Value::Null, &json!([])), "{done}");
        // At least a page for each day of the period.
        assert!(number(&done, "pages") >= (past.until - past.from).num_days() && number(&done, "facts") > 0, "{done}");
        new += number(&done, "orders_new");
    }
    let brought = external_ids(&past.owner).await;
    assert!(brought.is_superset(&within), "missing: {:?}", within.difference(&brought).collect::<Vec<_>>());
    assert!(brought.is_subset(&ever) && brought.len() < ever.len(), "the period is not all there is: {} of {}", brought.len(), ever.len());
    assert_eq!(usize::try_from(new).expect("a count"), brought.len(), "each was new once");

    let versions = async || -> Vec<Value> {
        let page = past.owner.get("/api/v1/orders?limit=200").await.expect(200).json();
        page["data"].as_array().expect("a list").iter().map(|row| json!([row["id"], row["version"]])).collect()
    };
    let before = versions().await;
    let again = past.ask(0).await;
    let again = past.done(0, &again).await;
    assert_eq!(number(&again, "orders_new"), 0, "{again}");
    assert_eq!(versions().await, before, "what was known changes nothing");
    let list = past.owner.get(&past.at(0)).await.expect(200).json();
    assert_eq!(list["data"].as_array().map(|rows| rows.iter().map(|row| row["id"].clone()).collect::<Vec<_>>()), Some(vec![again["id"].clone(), asked[0]["id"].clone()]), "newest first");
    past.server.verify().await;
}

/// A worker that dies in the middle is relieved when its lease ends; the other goes on with the page the first did not finish,
/// and nothing of what was read is read or counted again.
#[tokio::test]
async fn backfill_2_a_worker_that_dies_is_relieved_at_its_page() {
    let past = Past::open("backfill_2_a_worker_that_dies_is_relieved_at_its_page").await;
    let app = &past.server.app;
    let account = past.accounts[0];
    let ready = app.accounts.of_tenant(app, past.tenant, account).await.expect("loaded").expect("known");
    let context = ready.context.as_ref().expect("a connector");

    let mut tx = past.begin().await;
    let permit = tx.actor().may().expect("the right");
    let id: BackfillId = backfills::ask(&mut tx, permit, account, past.from, past.until).await.expect("asked");
    let mut claimed = backfills::claim(&mut tx, 10).await.expect("claimed").pop().expect("a backfill");
    tx.commit().await.expect("committed");
    for page in 0..6 {
        let reading = claimed.reading.clone();
        let pulled = app.host.pull(context, Window { since: reading.since, until: reading.until, cursor: reading.cursor, limit: 50 }).await.expect("the channel answers");
        let facts = pulled.fetched.facts;
        let mut tx = past.begin().await;
        let told = i64::try_from(facts.len()).expect("a count");
        let applied = orders::apply_all(&mut tx, vec![Arrival { source: ready.account.source(), facts, cause: format!("page {page}"), actor: "test".into() }]).await.expect("applied");
        let (orders, orders_new) = (applied.len(), applied.iter().filter(|order| order.created).count());
        let brought = Brought { orders: i64::try_from(orders).expect("a count"), orders_new: i64::try_from(orders_new).expect("a count"), facts: told };
        let next = match backfills::advance(&mut tx, &claimed, pulled.next_cursor, pulled.until, brought).await.expect("it goes on") {
            Progress::Next(next) => next,
            other => panic!("{other:?} after page {page}"),
        };
        // It dies over the last page: what it had applied of it goes with it.
        if page < 5 {
            tx.commit().await.expect("committed");
            claimed = next;
        }
    }
    let at = format!("{}/{id}", past.at(0));
    let left = past.owner.get(&at).await.expect(200).json();
    assert_eq!((left["state"].as_str(), number(&left, "pages")), (Some("running"), 5), "{left}");
    assert_eq!(flows::backfill::round(app, past.tenant).await.expect("nothing breaks"), 0, "its lease stands");

    past.sql("update tenant.backfills set due_at = now() - interval '1 second'").await;
    app.backfills.ring(past.tenant);
    let done = past.done(0, &json!({"id": id.to_string()})).await;
    // What the dead one would write after all is not written.
    let mut tx = past.begin().await;
    let late = backfills::advance(&mut tx, &claimed, None, claimed.reading.until, Brought { orders: 1, orders_new: 1, facts: 1 }).await.expect("nothing breaks");
    assert_eq!(late, Progress::Lost);
    drop(tx);

    let (within, ever) = past.sold(Some(0));
    let brought = external_ids(&past.owner).await;
    assert!(brought.is_superset(&within) && brought.is_subset(&ever), "missing: {:?}", within.difference(&brought).collect::<Vec<_>>());
    assert_eq!(usize::try_from(number(&done, "orders_new")).expect("a count"), brought.len(), "{done}");
    // One that nobody disturbed reads and counts the same.
    let whole = past.ask(0).await;
    let whole = past.done(0, &whole).await;
    for name in ["pages", "orders", "facts"] {
        assert_eq!(done[name], whole[name], "{name}: {done} and {whole}");
    }
    past.server.verify().await;
}

/// What cannot be asked for is refused with its reason and its field; an account has one open backfill, until somebody calls it off.
#[tokio::test]
async fn backfill_3_one_open_for_each_account_and_periods_within_limits() {
    // A channel nobody answers for: what is asked stays open.
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let server = Server::start_with(&[("SWITCHYARD_ENDPOINT_OVERRIDES", &format!("partner.shopeemobile.com={nobody}"))]).await;
    let owner = server.merchant("limits").await.owner;
    let (_, kind, shop, _, app) = SHOPS[0];
    let account = connect(&owner, kind, shop, app).await;
    let path = format!("/api/v1/channel-accounts/{}", account["id"].as_str().expect("an id"));
    let at = format!("{path}/backfills");
    let now = Utc::now();
    let days = |days: i64| now - Duration::days(days);
    let good = json!({"from": days(9), "until": days(8)});

    for (body, pointer) in [
        (json!({"from": days(8), "until": days(8)}), "/from"),
        (json!({"from": days(8), "until": days(9)}), "/from"),
        (json!({"from": days(8), "until": now + Duration::hours(1)}), "/until"),
        (json!({"from": days(DAYS_BACK_MAX + 1), "until": days(8)}), "/from"),
        (json!({"from": "yesterday", "until": days(8)}), "/from"),
    ] {
        let refused = owner.post(&at, body.clone()).await.expect(422).json();
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{body}: {refused}");
    }
    owner.post(&at, json!({"from": days(9)})).await.expect(422);
    owner.post(&at, json!({"from": days(9), "until": days(8), "orders": 5})).await.expect(422);
    let unknown = format!("/api/v1/channel-accounts/cha_{}/backfills", uuid::Uuid::now_v7().simple());
    owner.post(&unknown, good.clone()).await.expect(404);
    let web = owner.post("/api/v1/channel-accounts", json!({"kind": "web", "name": "Web", "currency": "VND"})).await.expect(201).json();
    let refused = owner.post(&format!("/api/v1/channel-accounts/{}/backfills", web["id"].as_str().expect("an id")), good.clone()).await.expect(409);
    assert_eq!(refused.code(), "no_connector");
    owner.patch(&path, json!({"state": "paused"})).await.expect(200);
    assert_eq!(owner.post(&at, good.clone()).await.expect(409).code(), "account_inactive");
    owner.patch(&path, json!({"state": "active"})).await.expect(200);

    let first = owner.post(&at, good.clone()).await.expect(202).json();
    assert_eq!((first["state"].as_str(), &first["reached"], &first["actions"]), (Some("queued"), &first["from"], &json!(["cancel"])), "{first}");
    assert_eq!(owner.post(&at, good.clone()).await.expect(409).code(), "asked_already");
    // It says why it does not come on.
    let one = format!("{at}/{}", first["id"].as_str().expect("an id"));
    let end = Instant::now() + PATIENCE;
    loop {
        let seen = owner.get(&one).await.expect(200).json();
        if !seen["error"].is_null() {
            assert_eq!((seen["state"].as_str(), seen["pages"].as_i64()), (Some("running"), Some(0)), "{seen}");
            break;
        }
        assert!(Instant::now() < end, "{seen}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    let cancelled = owner.post(&format!("{one}/cancel"), json!({})).await.expect(200).json();
    assert_eq!((cancelled["state"].as_str(), &cancelled["actions"], cancelled["ended_at"].is_null()), (Some("cancelled"), &json!([]), false), "{cancelled}");
    assert_eq!(owner.post(&format!("{one}/cancel"), json!({})).await.expect(409).code(), "ended");

    // The next may be asked for; an account that is disconnected ends it.
    let second = owner.post(&at, good).await.expect(202).json();
    owner.delete(&path).await.expect(204);
    let ended = owner.get(&format!("{at}/{}", second["id"].as_str().expect("an id"))).await.expect(200).json();
    assert_eq!((ended["state"].as_str(), ended["error_code"].as_str(), &ended["due_at"]), (Some("failed"), Some("disconnected"), &Value::Null), "{ended}");
    let page = owner.get(&format!("{at}?limit=1")).await.expect(200).json();
    assert_eq!((page["data"][0]["id"].clone(), page["has_more"].as_bool()), (second["id"].clone(), Some(true)), "{page}");
    let rest = owner.get(&format!("{at}?limit=1&cursor={}", page["next_cursor"].as_str().expect("a cursor"))).await.expect(200).json();
    assert_eq!((rest["data"][0]["id"].clone(), rest["has_more"].as_bool()), (first["id"].clone(), Some(false)), "{rest}");
}

/// While the poll of an account is due its backfill waits; two workers never hold the same one.
#[tokio::test]
async fn backfill_4_the_poll_goes_first() {
    let past = Past::open("backfill_4_the_poll_goes_first").await;
    // All in one transaction that is never committed: no worker sees any of it.
    let mut tx = past.begin().await;
    let permit = tx.actor().may().expect("the right");
    backfills::ask(&mut tx, permit, past.accounts[0], past.from, past.until).await.expect("asked");
    // Every account has its poll from now on.
    polls::claim(&mut tx, 0, 20).await.expect("claimed");
    let due = async |tx: &mut TenantTx, seconds: i64| {
        let at = tx.now() + Duration::seconds(seconds);
        sqlx::query("update tenant.polls set due_at = $1").bind(at).execute(tx.conn()).await.expect("written");
        backfills::claim(tx, 10).await.expect("claimed").len()
    };
    assert_eq!(due(&mut tx, 0).await, 0, "the poll is due");
    assert_eq!(due(&mut tx, 60).await, 1, "the poll is not");
    assert_eq!(due(&mut tx, 60).await, 0, "it is leased for {LEASE_SECONDS} s");
}
