//! Acts of ours at channels: each once, in order, whatever breaks in between; and the tokens that let us in.

use crate::{
    courier::{self, Courier, HOST},
    plugins_http::upload,
};
use kernel::{ChannelAccountId, Currency, Decimal, Money, TenantId};
use kit::{Client, Server, server::Merchant};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection, Row};
use std::{str::FromStr, time::Duration};
use switchyard_core::{
    channels::lanes,
    orders::{
        self, ChannelKind, Source,
        fact::{Description, Fact, Line, LineKind, What},
    },
};
use switchyard_host::Errand;
use switchyard_server::flows;
use tenants::{Actor, RightSet};
use tokio::time::Instant;

struct Shop {
    server: Server,
    merchant: Merchant,
    courier: Courier,
    account: ChannelAccountId,
    tenant: TenantId,
}

impl Shop {
    /// A merchant whose shop is connected with the tokens that are good at the moment.
    async fn open(name: &str) -> Self {
        let (courier, address) = Courier::open().await;
        let server = Server::start_with(&[("SWITCHYARD_ENDPOINT_OVERRIDES", &format!("{HOST}={address}"))]).await;
        let merchant = server.merchant(name).await;
        let owner = &merchant.owner;
        let plugin = upload(owner, &[("manifest", &courier::manifest()), ("component", &courier::connector().component())]).await.expect(201).json();
        let grants = json!({"hosts": [HOST], "secrets": ["access_token", "refresh_token"]});
        let installed = owner.post("/api/v1/installations", json!({"plugin_id": plugin["id"], "grants": grants, "config": {}})).await.expect(201).json();
        let secrets = courier.with(|channel| json!({"access_token": channel.access(), "refresh_token": channel.refresh()}));
        let account = json!({"kind": "woo", "name": "Courier", "shop": "77", "currency": "VND", "installation_id": installed["id"], "secrets": secrets});
        let account = owner.post("/api/v1/channel-accounts", account).await.expect(201).json();
        let account = ChannelAccountId::from_str(account["id"].as_str().expect("an id")).expect("an id");
        let tenant = TenantId::from_str(&merchant.id).expect("an id");
        Self { server, merchant, courier, account, tenant }
    }

    fn owner(&self) -> &Client {
        &self.merchant.owner
    }

    /// An order as the channel told it; its id here.
    async fn order(&self, external_id: &str) -> String {
        let line = Line {
            id: "1".into(),
            kind: LineKind::Product,
            sku: Some("A".into()),
            name: None,
            quantity: Decimal::TWO.try_into().expect("a quantity"),
            unit_price: Money::new(50_000.into(), Currency::VND),
            components: vec![],
            taxes: vec![],
            gift: false,
        };
        let description = Description { currency: Some(Currency::VND), lines: Some(vec![line]), placed_at: Some(chrono::Utc::now()), cash_on_delivery: Some(true), ..Description::default() };
        let fact = Fact { order: external_id.to_owned(), revision: 1, occurred_at: chrono::Utc::now(), what: What::Described(description) };
        let mut tx = self.server.app.directory.begin(&Actor::system(self.tenant, "test", RightSet::default())).await.expect("a transaction");
        let applied = orders::apply(&mut tx, Source { account: self.account, kind: ChannelKind::Woo }, vec![fact], "test").await.expect("the order arrives");
        tx.commit().await.expect("committed");
        applied[0].order_id.to_string()
    }

    async fn ship(&self, order: &str, tracking: &str) -> kit::Answer {
        let path = format!("/api/v1/orders/{order}");
        let etag = self.owner().get(&path).await.expect(200).header("etag").expect("an ETag").to_owned();
        let body = json!({"state": "handed_over", "carrier": "GHN", "tracking": tracking});
        self.owner().send(self.owner().request(Method::POST, &format!("{path}/shipments")).header("if-match", etag).json(&body)).await
    }

    async fn errands(&self, order: &str) -> Vec<Value> {
        let list = self.owner().get(&format!("/api/v1/orders/{order}/errands")).await.expect(200).json();
        list["data"].as_array().expect("a list").clone()
    }

    async fn account(&self) -> Value {
        self.owner().get(&format!("/api/v1/channel-accounts/{}", self.account)).await.expect(200).json()
    }

    /// Waits until the newest errand of an order is in a state.
    async fn until(&self, order: &str, state: &str, seconds: u64) -> Value {
        let end = Instant::now() + Duration::from_secs(seconds);
        loop {
            let newest = self.errands(order).await.into_iter().next().expect("an errand");
            if newest["state"] == state {
                return newest;
            }
            assert!(Instant::now() < end, "not {state}: {newest}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn sql(&self, statement: String) {
        self.server.database.owner().await.execute(sqlx::AssertSqlSafe(statement)).await.expect("the statement runs");
    }
}

#[tokio::test]
async fn errand_1_an_act_is_carried_once_and_what_the_channel_says_comes_in() {
    let shop = Shop::open("errands").await;
    let order = shop.order("W-1").await;
    let before = shop.owner().get(&format!("/api/v1/orders/{order}")).await.expect(200).json();
    assert_eq!((&before["synced"], before["actions"].as_array().expect("a list").contains(&json!("ask_ship"))), (&Value::Null, true), "{before}");
    let asked = shop.ship(&order, "GHN-1").await.expect(201).json();
    assert_eq!((&asked["shipment"], asked["errand"]["state"].as_str(), asked["order"]["synced"].as_str()), (&Value::Null, Some("queued"), Some("waiting")));
    let done = shop.until(&order, "done", 20).await;
    assert_eq!((done["attempts"].as_i64(), done["reference"].as_str(), done["action"]["tracking"].as_str()), (Some(1), Some("done"), Some("GHN-1")), "{done}");
    // The channel's own fact moved the order; nothing was written before it said so (REMOTE-1).
    let after = shop.owner().get(&format!("/api/v1/orders/{order}")).await.expect(200).json();
    assert_eq!((after["synced"].as_str(), after["shipments"][0]["tracking"].as_str(), after["shipments"][0]["state"].as_str()), (Some("synced"), Some("GHN-1"), Some("handed_over")));
    assert_eq!(shop.ship(&order, "GHN-1").await.expect(409).code(), "asked_already");
    shop.courier.with(|channel| {
        assert_eq!((channel.acts.len(), channel.acts[0].kind.as_str(), channel.acts[0].order.as_str()), (1, "2", "W-1"));
        assert_eq!(Some(channel.acts[0].id.as_str()), done["id"].as_str(), "the channel knows the errand by its id");
    });
    shop.server.verify().await;
}

#[tokio::test]
async fn errand_4_a_carrier_that_dies_after_sending_repeats_the_same_errand() {
    let shop = Shop::open("errands").await;
    let order = shop.order("W-2").await;
    let app = &shop.server.app;
    let actor = Actor::system(shop.tenant, "errands", RightSet::default());
    shop.courier.with(|channel| channel.answers = Some(503));
    shop.ship(&order, "GHN-2").await.expect(201);
    shop.until(&order, "retrying", 20).await;
    shop.courier.with(|channel| channel.answers = None);
    // Another server has the lane, and sends.
    let lane = lanes::Lane { account: shop.account, holder: uuid::Uuid::new_v4() };
    shop.sql(format!("update tenant.errand_lanes set opens_at = now() - interval '1 second', holder = '{}', held_until = now() + interval '3 minutes'", lane.holder)).await;
    shop.sql("update tenant.errands set due_at = now() - interval '1 second'".into()).await;
    let mut tx = app.directory.begin(&actor).await.expect("a transaction");
    let carried = lanes::next(&mut tx, lane).await.expect("held").expect("an errand");
    tx.commit().await.expect("committed");
    let ready = app.accounts.of_tenant(app, shop.tenant, shop.account).await.expect("loaded").expect("known");
    let errand = Errand { id: carried.id.to_string(), order: carried.external_id.clone(), action: carried.action.clone() };
    app.host.push(ready.context.as_ref().expect("a connector"), &errand).await.expect("the channel did it");
    // It dies here. Nobody else carries while its lease stands (LANE-1).
    assert_eq!(flows::errands::work(app, shop.tenant).await.expect("nothing breaks"), 0);
    // What the dead one would write after all is not written once another has taken over.
    shop.sql(format!("update tenant.errand_lanes set holder = '{}', held_until = now() - interval '1 second'", uuid::Uuid::new_v4())).await;
    let mut tx = app.directory.begin(&actor).await.expect("a transaction");
    let late = lanes::settle(&mut tx, lane, &carried, &lanes::Outcome::Done { reference: None, refusals: vec![] }).await;
    assert!(matches!(late, Err(lanes::LaneError::Lost)), "{late:?}");
    drop(tx);
    shop.sql("update tenant.errands set due_at = now() - interval '1 second' where state = 'sending'".into()).await;
    app.errands.ring(shop.tenant);
    let done = shop.until(&order, "done", 30).await;
    shop.courier.with(|channel| {
        let ids: std::collections::BTreeSet<&str> = channel.acts.iter().map(|act| act.id.as_str()).collect();
        assert_eq!((ids.len(), channel.done.len()), (1, 1), "one id, one effect: {:?}", channel.acts);
        assert!(channel.acts.iter().filter(|act| act.status == 200).count() >= 2, "it was sent again: {:?}", channel.acts);
    });
    assert_eq!(done["reference"], "done before");
    shop.server.verify().await;
}

/// A channel is down for a while: one request in five seconds at most, and everything goes out once it is back.
#[tokio::test]
async fn lane_2_an_outage_is_met_with_patience_and_drained_afterwards() {
    const ORDERS: usize = 25;
    let shop = Shop::open("outage").await;
    shop.courier.with(|channel| channel.answers = Some(503));
    let mut ids = Vec::new();
    for number in 0..ORDERS {
        let order = shop.order(&format!("W-{number}")).await;
        shop.ship(&order, &format!("T-{number}")).await.expect(201);
        ids.push(order);
    }
    tokio::time::sleep(Duration::from_secs(24)).await;
    let account = shop.account().await;
    assert_eq!((account["errands"]["breaker"].as_str(), account["errands"]["waiting"].as_i64()), (Some("open"), Some(ORDERS as i64)), "{account}");
    let during: Vec<_> = shop.courier.with(|channel| {
        channel.answers = None;
        channel.acts.iter().map(|act| act.at).collect()
    });
    let gaps: Vec<f64> = during.windows(2).map(|two| (two[1] - two[0]).as_secs_f64()).collect();
    // A first silence is asked about once more, by one.
    assert!(during.len() >= 3 && gaps.iter().skip(1).all(|gap| *gap >= 5.0), "{gaps:?}");
    let back = Instant::now();
    for order in &ids {
        shop.until(order, "done", 90).await;
    }
    println!("{} requests in the outage, gaps {gaps:?}; {ORDERS} errands out {:.1} s after it", during.len(), back.elapsed().as_secs_f64());
    shop.courier.with(|channel| assert_eq!(channel.done.len(), ORDERS));
    assert_eq!(shop.account().await["errands"]["breaker"], "closed");
    shop.server.verify().await;
}

#[tokio::test]
async fn what_a_channel_will_not_do_is_seen_and_is_a_persons_to_settle() {
    let shop = Shop::open("refusals").await;
    for (answer, state, code) in [(422, "refused", "no_such_parcel"), (409, "refused", "plugin.permanent"), (404, "unsupported", "plugin.unsupported")] {
        shop.courier.with(|channel| channel.answers = Some(answer));
        let order = shop.order(&format!("R-{answer}")).await;
        shop.ship(&order, "T").await.expect(201);
        let ended = shop.until(&order, state, 20).await;
        assert_eq!((ended["error_code"].as_str(), ended["error"].as_str()), (Some(code), Some("the courier said no")), "{ended}");
        assert_eq!(shop.owner().get(&format!("/api/v1/orders/{order}")).await.json()["synced"], "failed");
        assert_eq!(ended["actions"], json!(["retry", "drop"]));
        let at = format!("/api/v1/errands/{}", ended["id"].as_str().expect("an id"));
        shop.courier.with(|channel| channel.answers = None);
        if answer == 422 {
            shop.owner().post(&format!("{at}/retry"), json!({})).await.expect(200);
            let done = shop.until(&order, "done", 20).await;
            assert_eq!(done["attempts"], 1, "as a new one");
            assert_eq!(shop.owner().post(&format!("{at}/retry"), json!({})).await.expect(409).code(), "ended");
        } else {
            assert_eq!(shop.owner().post(&format!("{at}/drop"), json!({"reason": " "})).await.expect(422).json()["errors"][0]["pointer"], "/reason");
            assert_eq!(shop.owner().post(&format!("{at}/drop"), json!({"reason": "sent by hand"})).await.expect(200).json()["state"], "dropped");
        }
    }
    let audit = shop.owner().get("/api/v1/audit-log").await.text();
    assert!(audit.contains("errand.retried") && audit.contains("errand.dropped") && audit.contains("sent by hand"), "{audit}");
    // What the manifest does not name is not even queued (ERRAND-3).
    let order = shop.order("R-pack").await;
    let etag = shop.owner().get(&format!("/api/v1/orders/{order}")).await.header("etag").expect("an ETag").to_owned();
    let pack = shop.owner().request(Method::POST, &format!("/api/v1/orders/{order}/shipments")).header("if-match", etag).json(&json!({"state": "ready"}));
    assert_eq!(shop.owner().send(pack).await.expect(409).code(), "not_carried");
    assert_eq!(shop.errands(&order).await.len(), 0);
    let listed = shop.owner().get(&format!("/api/v1/channel-accounts/{}/errands?limit=2", shop.account)).await.expect(200).json();
    assert_eq!((listed["data"].as_array().map(Vec::len), listed["has_more"].as_bool()), (Some(2), Some(true)));
    let open = shop.owner().get(&format!("/api/v1/channel-accounts/{}/errands?open=true", shop.account)).await.expect(200).json();
    assert_eq!(open["data"], json!([]));
    // Stock levels belong to no order.
    let levels = json!({"levels": [{"listing": "L1", "available": "12"}]});
    let told = shop.owner().post(&format!("/api/v1/channel-accounts/{}/stock-levels", shop.account), levels).await.expect(202).json()["data"][0].clone();
    assert_eq!((told["kind"].as_str(), &told["order_id"], &told["action"][0]["listing"]), (Some("stock"), &Value::Null, &json!("L1")));
    // Many levels are cut into errands, each with its own end.
    let levels: Vec<Value> = (0..120).map(|number| json!({"listing": format!("M{number}"), "available": "1"})).collect();
    let told = shop.owner().post(&format!("/api/v1/channel-accounts/{}/stock-levels", shop.account), json!({"levels": levels})).await.expect(202).json();
    let sizes: Vec<usize> = told["data"].as_array().expect("a list").iter().map(|errand| errand["action"].as_array().expect("levels").len()).collect();
    assert_eq!(sizes, [50, 50, 20]);
}

/// Sixteen callers on two servers find the same token refused: the channel is asked for a new one once.
#[tokio::test]
async fn token_1_one_renewal_at_a_time() {
    let shop = Shop::open("tokens").await;
    let override_ = shop.server.app.config.endpoint_overrides.iter().map(|(host, at)| format!("{host}={at}")).collect::<Vec<_>>().join(" ");
    let second = Server::start_with(&[("DATABASE_URL", &shop.server.database.url), ("SWITCHYARD_ENDPOINT_OVERRIDES", &override_)]).await;
    shop.courier.with(|channel| {
        channel.revoke_access();
        channel.slow = Duration::from_millis(400);
    });
    let callers = (0..16).map(|number| {
        let app = if number % 2 == 0 { shop.server.app.clone() } else { second.app.clone() };
        let (tenant, account) = (shop.tenant, shop.account);
        tokio::spawn(async move { flows::tokens::renew(&app, tenant, account, 0).await.expect("nothing breaks") })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.expect("no panic").expect("a new token is there");
    }
    assert_eq!(shop.courier.with(|channel| (channel.exchanges, channel.refused_exchanges)), (1, 0));
    // Both servers send with the new one; an errand that meets an old one renews it, once.
    let order = shop.order("T-1").await;
    shop.ship(&order, "T").await.expect(201);
    shop.until(&order, "done", 20).await;
    shop.courier.with(|channel| channel.revoke_access());
    let order = shop.order("T-2").await;
    shop.ship(&order, "T").await.expect(201);
    let done = shop.until(&order, "done", 20).await;
    assert_eq!((done["attempts"].as_i64(), shop.courier.with(|channel| channel.exchanges)), (Some(1), 2));
    let account = shop.account().await;
    assert_eq!((account["tokens"]["needs_reconnecting"].as_bool(), account["settings"]["shop_id"].as_str(), account["state"].as_str()), (Some(false), Some("77"), Some("active")), "{account}");
    assert!(account["tokens"]["renews_at"].is_string() && account["secrets"].as_array().expect("a list").iter().all(|secret| secret["versions"].as_i64() >= Some(2)), "{account}");
    // TOKEN-2: no table holds a token, no answer shows one.
    let mut owner = shop.server.database.owner().await;
    for (token, found) in [("canary-access", holding(&mut owner, "canary-access").await), ("canary-refresh", holding(&mut owner, "canary-refresh").await)] {
        assert_eq!(found, [""; 0], "{token} lies open");
    }
    let seen = [account.to_string(), shop.owner().get("/api/v1/audit-log").await.text(), shop.owner().get("/api/v1/installations").await.text()].join("\n");
    assert!(!seen.contains("canary-"), "{seen}");
}

/// A channel whose tokens are not to be had for a while is waited for; nobody has to connect anything again.
#[tokio::test]
async fn a_renewal_that_has_to_wait_pauses_nothing() {
    let shop = Shop::open("waiting").await;
    shop.courier.with(|channel| {
        channel.revoke_access();
        channel.token_answers = Some(503);
    });
    let order = shop.order("A-1").await;
    shop.ship(&order, "T").await.expect(201);
    let waiting = shop.until(&order, "retrying", 20).await;
    assert!(waiting["error"].as_str().is_some_and(|error| error.contains("the channel answered 503")), "{waiting}");
    let account = shop.account().await;
    assert_eq!((account["state"].as_str(), account["tokens"]["needs_reconnecting"].as_bool()), (Some("active"), Some(false)), "{account}");
    shop.courier.with(|channel| channel.token_answers = None);
    shop.until(&order, "done", 60).await;
    assert_eq!(shop.courier.with(|channel| channel.exchanges), 1);
}

/// Tables with a row that holds the text.
async fn holding(db: &mut PgConnection, text: &str) -> Vec<String> {
    let tables = sqlx::query("select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('control', 'tenant')").fetch_all(&mut *db).await.expect("the catalogue answers");
    let mut found = Vec::new();
    for table in tables.iter().map(|row| row.get::<String, _>(0)) {
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table} t where t::text like $1"))).bind(format!("%{text}%")).fetch_one(&mut *db).await.expect("the table answers");
        if count > 0 {
            found.push(table);
        }
    }
    found
}

/// A channel that takes its word back: the account says so, and a person connects it again.
#[tokio::test]
async fn an_account_is_connected_again_by_a_person_who_goes_to_the_channel() {
    let shop = Shop::open("connect").await;
    shop.courier.with(|channel| {
        channel.revoke_access();
        channel.refresh_generation += 10;
    });
    let order = shop.order("C-1").await;
    shop.ship(&order, "T").await.expect(201);
    let end = Instant::now() + Duration::from_secs(20);
    let account = loop {
        let account = shop.account().await;
        if account["state"] == "paused" {
            break account;
        }
        assert!(Instant::now() < end, "{account}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert_eq!((account["tokens"]["needs_reconnecting"].as_bool(), account["errands"]["waiting"].as_i64()), (Some(true), Some(1)), "{account}");
    assert!(account["state_reason"].as_str().is_some_and(|reason| reason.contains("connect the account again")), "{account}");

    let path = format!("/api/v1/channel-accounts/{}/authorization", shop.account);
    let link = shop.owner().post(&path, json!({})).await.expect(200).json();
    let url = url::Url::parse(link["url"].as_str().expect("a link")).expect("a link");
    let state = url.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
    assert_eq!(url.host_str(), Some(HOST));
    let back = format!("/connect/callback?state={state}&code=c0de");
    // Nobody, and somebody else, bring nothing.
    shop.server.stranger().get(&back).await.expect(401);
    let other = shop.server.merchant("other").await.owner;
    assert_eq!(other.get(&back).await.expect(303).header("location"), Some("/channels?connected=unknown_state"));
    let page = format!("/channels/{}?connected=yes", shop.account);
    assert_eq!(shop.owner().get(&back).await.expect(303).header("location"), Some(page.as_str()));
    assert_eq!(shop.owner().get(&back).await.expect(303).header("location"), Some("/channels?connected=unknown_state"), "once");
    let account = shop.account().await;
    assert_eq!((account["state"].as_str(), account["tokens"]["needs_reconnecting"].as_bool()), (Some("active"), Some(false)), "{account}");
    // What waited goes out.
    shop.until(&order, "done", 30).await;
    // A link that is too old, and a key that is no person.
    let link = shop.owner().post(&path, json!({})).await.expect(200).json();
    let state = link["url"].as_str().expect("a link").rsplit('=').next().expect("a state").to_owned();
    shop.sql("update control.connects set expires_at = now() - interval '1 minute'".into()).await;
    assert_eq!(shop.owner().get(&format!("/connect/callback?state={state}")).await.expect(303).header("location"), Some("/channels?connected=unknown_state"));
    shop.server.verify().await;
}

#[tokio::test]
async fn a_channel_asks_whether_the_address_is_ours() {
    let shop = Shop::open("hooks").await;
    let hook = shop.account().await["hook_url"].as_str().expect("a hook").to_owned();
    let path = hook.strip_prefix(&shop.server.url).expect("ours");
    let stranger = shop.server.stranger();
    let question = format!("{path}?hub.mode=subscribe&hub.challenge=x%20y");
    let answer = stranger.send(stranger.bare(Method::GET, &question)).await.expect(202);
    assert_eq!(answer.text(), format!("{}{question}", shop.server.url), "the connector sees the whole address and answers");
    let too_long = format!("{path}?q={}", "x".repeat(9_000));
    assert_eq!(stranger.send(stranger.bare(Method::GET, &too_long)).await.expect(414).code(), "too_large");
    stranger.send(stranger.bare(Method::GET, "/hooks/hook_00000000000000000000000000000000?a=1")).await.expect(404);
    let mut owner = PgConnection::connect(&shop.server.database.url).await.expect("connect as owner");
    let kept: i64 = sqlx::query_scalar("select count(*) from tenant.inbox").fetch_one(&mut owner).await.expect("the table answers");
    assert_eq!(kept, 0, "a question changes nothing");
}
