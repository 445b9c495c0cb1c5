//! Confirming with a credit policy in a fresh store, a policy asked alone, and a back-test, beside the same rule compiled
//! natively.

use crate::Wish;
use crate::cluster::{Place, Shop};
use crate::load::{Client, Round, request};
use crate::server::Server;
use crate::table::{Figure, Goal, Table};
use anyhow::{Context, bail, ensure};
use kernel::TenantId;
use serde_json::{Value, json};
use std::hint::black_box;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use switchyard_core::credit::decisions::Asked;
use switchyard_host::{Host, HostConfig, catalogue};

const BACKTEST_WITHIN: Duration = Duration::from_secs(900);
const REVIEWED_WITHIN: Duration = Duration::from_secs(300);

pub async fn measure(wish: &Wish, table: &mut Table) -> anyhow::Result<()> {
    let place = Place::open("credit").await?;
    let data = tempfile::tempdir()?;
    let server = Server::start(&wish.binary, &place, data.path()).await?;
    let shop = place.shops(1).await?.pop().context("no shop")?;
    let desk = Desk::open(&server, &shop).await?;
    let orders = wish.size(500);
    let (mut own_50, mut own_99, mut with_50, mut with_99) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    desk.confirmed(orders / 10).await?;
    let mut policy = String::new();
    for round in 0..wish.rounds {
        desk.enable(&policy, false).await?;
        let own = desk.confirmed(orders).await?;
        if round == 0 {
            policy = desk.policy().await?;
        }
        desk.enable(&policy, true).await?;
        let with = desk.confirmed(orders).await?;
        own_50.push(own.percentile(50));
        own_99.push(own.percentile(99));
        with_50.push(with.percentile(50));
        with_99.push(with.percentile(99));
    }
    table.add("-", "an order confirmed with a credit policy, fresh store, p50", "ms", Figure(with_50), Some(("the product's own rule, natively", Figure(own_50))), Goal::None);
    table.add("-", "the same, p99", "ms", Figure(with_99), Some(("the product's own rule, natively", Figure(own_99))), Goal::None);
    let asked = asked(&place).await?;
    alone(wish, table, shop.tenant, &asked).await?;
    let all = wish.size(100_000);
    multiply(&place, shop.tenant, all).await?;
    let (mut ours, mut natively) = (Vec::new(), Vec::new());
    for _ in 0..wish.rounds {
        ours.push(desk.backtest(&policy, all).await?);
        natively.push(1e6 / native(wish, &asked, all)?);
    }
    table.add("-", format!("back-test over {all} orders, from what was asked of them"), "/s", Figure(ours), Some(("the same rule natively, on the question alone", Figure(natively))), Goal::None);
    Ok(())
}

/// A wholesaler's desk over HTTP.
struct Desk<'a> {
    server: &'a Server,
    shop: &'a Shop,
    account: String,
    company: String,
}

impl<'a> Desk<'a> {
    async fn open(server: &'a Server, shop: &'a Shop) -> anyhow::Result<Self> {
        let id = |made: &Value| made["id"].as_str().map(str::to_owned).context("no id");
        let account = id(&server.call(shop.key(0), "POST", "/api/v1/channel-accounts", &json!({"kind": "manual", "name": "Sales desk", "currency": "USD"})).await?)?;
        let company = json!({"name": "Buyer", "terms": {"kind": "net", "days": 30}, "due_from": "order", "credit_limit": {"amount": "1000000000", "currency": "USD"}});
        let company = id(&server.call(shop.key(0), "POST", "/api/v1/companies", &company).await?)?;
        Ok(Self { server, shop, account, company })
    }

    /// The bundled policy by limit and terms, active.
    async fn policy(&self) -> anyhow::Result<String> {
        let plugins = self.server.call(self.shop.key(0), "GET", "/api/v1/plugins", &Value::Null).await?;
        let plugin = plugins["data"].as_array().into_iter().flatten().find(|plugin| plugin["name"] == "limit-terms").context("limit-terms is not bundled")?["id"].clone();
        let made = self.server.call(self.shop.key(0), "POST", "/api/v1/credit-policies", &json!({"name": "Limit", "plugin_id": plugin, "segment": "b2b"})).await?;
        let policy = made["id"].as_str().context("no id")?.to_owned();
        self.server.call(self.shop.key(0), "POST", &format!("/api/v1/credit-policies/{policy}/activate"), &json!({"version": 1})).await?;
        Ok(policy)
    }

    async fn enable(&self, policy: &str, enabled: bool) -> anyhow::Result<()> {
        if policy.is_empty() {
            return Ok(());
        }
        let path = format!("/api/v1/credit-policies/{policy}");
        let seen = self.server.call(self.shop.key(0), "GET", &path, &Value::Null).await?;
        let tag = format!("\"{}\"", seen["version"].as_i64().context("no version")?);
        let bearer = format!("Bearer {}", self.shop.key(0));
        let mut client = Client::connect(&self.server.address).await?;
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json"), ("if-match", &tag)];
        let answer = client.send(&request("PATCH", &path, &headers, json!({"enabled": enabled}).to_string().as_bytes())).await?;
        ensure!(answer.status == 200, "PATCH {path} answered {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
        Ok(())
    }

    /// Places orders, then confirms one after the other; the time is that of confirming alone.
    async fn confirmed(&self, orders: usize) -> anyhow::Result<Round> {
        let mut client = Client::connect(&self.server.address).await?;
        let mut latencies = Vec::with_capacity(orders);
        let begun = Instant::now();
        for turn in 0..orders {
            let bearer = format!("Bearer {}", self.shop.key(turn));
            let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
            let order = json!({"channel_account_id": self.account, "company_id": self.company, "segment": "b2b", "lines": [{"sku": "A", "quantity": "2", "unit_price": "10"}, {"sku": "B", "quantity": "1", "unit_price": "40"}]});
            let placed = client.send(&request("POST", "/api/v1/orders", &headers, order.to_string().as_bytes())).await?;
            let placed: Value = serde_json::from_slice(&placed.body)?;
            let path = format!("/api/v1/orders/{}/confirm", placed["id"].as_str().with_context(|| format!("no order: {placed}"))?);
            let tag = format!("\"{}\"", placed["version"].as_i64().context("no version")?);
            let sent = Instant::now();
            let answer = client.send(&request("POST", &path, &[("authorization", bearer.as_str()), ("if-match", &tag)], b"")).await?;
            latencies.push(sent.elapsed());
            let told: Value = serde_json::from_slice(&answer.body)?;
            ensure!(told["decision"] == "confirmed", "the order was not confirmed: {told}");
        }
        Ok(Round::of(latencies, begun.elapsed()))
    }

    /// Orders a second of a back-test, from its request to its end.
    async fn backtest(&self, policy: &str, orders: usize) -> anyhow::Result<f64> {
        let begun = Instant::now();
        self.server.call(self.shop.key(0), "POST", &format!("/api/v1/credit-policies/{policy}/backtest"), &json!({"version": 1, "orders_max": orders})).await?;
        while begun.elapsed() < BACKTEST_WITHIN {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let all = self.server.call(self.shop.key(0), "GET", &format!("/api/v1/credit-policies/{policy}/backtests"), &Value::Null).await?;
            let newest = &all["data"][0];
            if newest["state"] == "done" {
                let done = newest["orders_done"].as_f64().context("no orders_done")?;
                ensure!(newest["failed"] == 0 && done > 0.0, "the back-test failed: {newest}");
                return Ok(done / begun.elapsed().as_secs_f64());
            }
            ensure!(newest["state"] == "running", "the back-test ended: {newest}");
        }
        bail!("the back-test did not end within {} s", BACKTEST_WITHIN.as_secs())
    }
}

/// What the policy was asked last.
async fn asked(place: &Place) -> anyhow::Result<Asked> {
    let input: String = sqlx::query_scalar("select input from tenant.credit_decisions where policy_id is not null order by at desc limit 1").fetch_one(&mut place.owner().await?).await?;
    Ok(serde_json::from_str(&input)?)
}

/// One question, asked of the sandbox and of the rule itself.
async fn alone(wish: &Wish, table: &mut Table, tenant: TenantId, asked: &Asked) -> anyhow::Result<()> {
    let (_, component) = catalogue::bundled().into_iter().find(|(manifest, _)| String::from_utf8_lossy(manifest).contains("\"name\": \"limit-terms\"")).context("limit-terms is not bundled")?;
    let folder = tempfile::tempdir()?;
    let host = Host::start(HostConfig { compiler: wish.binary.clone(), cache_directory: folder.path().to_owned(), cache_key: [7; 32], threads: 1, directory: None, http: switchyard_host::http::HttpSettings::default() })?;
    let digest = host.load_policy(&component).await?;
    let calls = wish.size(20_000);
    let (mut sandboxed, mut natively) = (Vec::new(), Vec::new());
    for _ in 0..wish.rounds {
        let begun = Instant::now();
        for _ in 0..calls {
            let told = host.ask_policy(tenant, digest, asked).await;
            ensure!(told.verdict.is_ok(), "the policy failed: {:?}", told.verdict);
            black_box(&told);
        }
        sandboxed.push(begun.elapsed().as_secs_f64() * 1e6 / calls as f64);
        natively.push(native(wish, asked, calls)?);
    }
    table.add("-", "a credit policy asked once, fresh store, limits on", "us", Figure(sandboxed), Some(("the same rule natively", Figure(natively))), Goal::None);
    Ok(())
}

/// Microseconds a question takes when the rule is compiled for this machine: a program of the plugins' own workspace.
fn native(wish: &Wish, asked: &Asked, calls: usize) -> anyhow::Result<f64> {
    let program = wish.project.join("plugins/target/release/examples/native");
    let mut child = Command::new(&program).arg(calls.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().with_context(|| format!("start {}", program.display()))?;
    child.stdin.take().context("no standard input")?.write_all(&serde_json::to_vec(asked)?)?;
    let told = child.wait_with_output()?;
    ensure!(told.status.success(), "{} ended with {}", program.display(), told.status);
    String::from_utf8_lossy(&told.stdout).trim().parse().context("the native rule's time")
}

/// Copies of a confirmed order with what was asked about it, until there are so many.
async fn multiply(place: &Place, tenant: TenantId, all: usize) -> anyhow::Result<()> {
    let mut owner = place.owner().await?;
    // Each confirmation asked for the company's other orders to be judged again; beside the copies that would never end.
    let confirmed = Instant::now();
    while sqlx::query_scalar::<_, i64>("select count(*) from tenant.credit_reviews").fetch_one(&mut owner).await? > 0 {
        ensure!(confirmed.elapsed() < REVIEWED_WITHIN, "the reviews did not end within {} s", REVIEWED_WITHIN.as_secs());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let there: i64 = sqlx::query_scalar("select count(*) from tenant.orders where tenant_id = $1").bind(tenant.uuid()).fetch_one(&mut owner).await?;
    let columns = |table: &str, but: &str| format!("select string_agg(quote_ident(column_name), ', ') from information_schema.columns where table_schema = 'tenant' and table_name = '{table}' and is_generated = 'NEVER' and column_name not in ({but})");
    let orders: String = sqlx::query_scalar(sqlx::AssertSqlSafe(columns("orders", "'id', 'number', 'external_id', 'placed_at'"))).fetch_one(&mut owner).await?;
    let decisions: String = sqlx::query_scalar(sqlx::AssertSqlSafe(columns("credit_decisions", "'id', 'order_id'"))).fetch_one(&mut owner).await?;
    let pick = "select o.id from tenant.orders o join tenant.credit_decisions d on d.tenant_id = o.tenant_id and d.order_id = o.id and d.policy_id is not null where o.tenant_id = $1 order by o.placed_at limit 1";
    // Column names come from the catalogue, quoted.
    let copy = format!(
        "with model as ({pick}), copies as materialized (select gen_random_uuid() as id, n from generate_series(1, $2::bigint) n), made as (
           insert into tenant.orders (id, number, external_id, placed_at, {orders})
           select c.id, 10000000 + c.n, 'copy-' || c.n, placed_at - c.n * interval '61 seconds', {orders} from tenant.orders o cross join copies c where o.tenant_id = $1 and o.id = (select id from model) returning id
         ) insert into tenant.credit_decisions (id, order_id, {decisions})
           select gen_random_uuid(), m.id, {decisions} from made m cross join lateral (
             select * from tenant.credit_decisions d where d.tenant_id = $1 and d.order_id = (select id from model) and d.policy_id is not null limit 1) d"
    );
    let begun = Instant::now();
    // Their foreign keys point at rows of the same statement.
    sqlx::query(sqlx::AssertSqlSafe(copy)).bind(tenant.uuid()).bind(i64::try_from(all)? - there).execute(&mut owner).await?;
    for table in ["orders", "credit_decisions"] {
        sqlx::query(sqlx::AssertSqlSafe(format!("vacuum analyze tenant.{table}"))).execute(&mut owner).await?;
    }
    println!("{all} orders in {:.0} s", begun.elapsed().as_secs_f64());
    Ok(())
}
