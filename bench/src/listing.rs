//! P6: the order list over a million orders of 200 tenants, beside the same page by bare SQL.

use crate::Wish;
use crate::cluster::Place;
use crate::load::{self, Client, Round, request};
use crate::server::Server;
use crate::table::{Figure, Goal, Table};
use anyhow::Context;
use kernel::TenantId;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::time::Instant;

const TENANTS: usize = 200;
const DEEP_PAGE: usize = 500;

pub async fn measure(wish: &Wish, table: &mut Table) -> anyhow::Result<()> {
    let seconds = if wish.quick { 1.0 } else { 5.0 };
    let place = Place::open("list").await?;
    let shop = place.shops(1).await?.pop().context("no shop")?;
    // One tenant large enough for a 500th page of 50, the rest shared by the others.
    let (all, large) = (wish.size(1_000_000), wish.size(1_000_000).max(300_000) / 10);
    let begun = Instant::now();
    fill(&place, shop.tenant, all, large).await?;
    println!("{all} orders in {:.0} s", begun.elapsed().as_secs_f64());
    let data = tempfile::tempdir()?;
    let server = Server::start(&wish.binary, &place, data.path()).await?;
    let first = "/api/v1/orders?limit=50".to_owned();
    let deep = deep_page(&server, shop.key(0), &first).await?;
    let (mut http_1, mut http_8, mut bare_1, mut bare_8, mut page_1, mut page_500) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    pages(&server, &shop.keys, &first, 1, 0.5).await?;
    for _ in 0..wish.rounds {
        bare_1.push(bare(&place, shop.tenant, 1, seconds).await?);
        http_1.push(pages(&server, &shop.keys, &first, 1, seconds).await?);
        bare_8.push(bare(&place, shop.tenant, 8, seconds).await?);
        http_8.push(pages(&server, &shop.keys, &first, 8, seconds).await?);
        page_1.push(pages(&server, &shop.keys, &first, 1, seconds).await?);
        page_500.push(pages(&server, &shop.keys, &deep, 1, seconds).await?);
    }
    let at = |rounds: &[Round], percent: usize| Figure(rounds.iter().map(|round| round.percentile(percent)).collect());
    table.add("P6", format!("list of 50 of {all} orders, p50, 1 connection"), "ms", at(&http_1, 50), Some(("bare SQL", at(&bare_1, 50))), Goal::RatioAtMost(2.0));
    table.add("P6", "the same, p99", "ms", at(&http_1, 99), Some(("bare SQL", at(&bare_1, 99))), Goal::RatioAtMost(3.0));
    table.add("P6", "p50, 8 connections", "ms", at(&http_8, 50), Some(("bare SQL", at(&bare_8, 50))), Goal::RatioAtMost(2.0));
    table.add("P6", "p99, 8 connections", "ms", at(&http_8, 99), Some(("bare SQL", at(&bare_8, 99))), Goal::RatioAtMost(3.0));
    table.add("P6", format!("page {DEEP_PAGE}, p50"), "ms", at(&page_500, 50), Some(("page 1", at(&page_1, 50))), Goal::RatioAtMost(1.2));
    table.note(format!("the list is that of a tenant with {large} of the {all} orders; {} tenants share the rest.", TENANTS - 1));
    Ok(())
}

/// Orders by set-based inserts, as the owner: the list reads orders and accounts, so no lines are made.
async fn fill(place: &Place, own: TenantId, all: usize, large: usize) -> anyhow::Result<()> {
    let mut owner = place.owner().await?;
    sqlx::query(
        "create temporary table shops as select row_number() over () as place, t.id as tenant, gen_random_uuid() as account
         from (select $1::uuid as id union all select gen_random_uuid() from generate_series(2, $2)) t",
    )
    .bind(own.uuid())
    .bind(i32::try_from(TENANTS)?)
    .execute(&mut owner)
    .await?;
    sqlx::query("update shops set place = 0 where tenant = $1").bind(own.uuid()).execute(&mut owner).await?;
    owner.execute("insert into tenant.channel_accounts (tenant_id, id, kind, name, currency) select tenant, account, 'web', 'Web', 'USD' from shops").await?;
    let others = i32::try_from((all - large) / (TENANTS - 1))?;
    // Spread over two years, tenants interleaved as they would arrive.
    sqlx::query(
        "insert into tenant.orders (tenant_id, id, number, channel_account_id, channel_kind, external_id, external_number, placed_at, currency, described, buyer_name, buyer_phone,
           gross, discount_tenant, discount_others, tax_on_top, tax_included, total, tendered, refunded, outstanding, payment_track, delivery_track, invoice_track, hold_types,
           line_count, units, search_text, created_at, updated_at)
         select s.tenant, gen_random_uuid(), n, s.account, 'web', n::text, n::text, timestamptz '2026-11-23Z' - n * interval '63 seconds', 'USD', true, 'Jane Doe', '0900000000',
           60, 0, 0, 0, 0, 60, 0, 0, 60, (array['unpaid', 'paid', 'partially_paid'])[1 + n % 3], (array['unallocated', 'shipped', 'delivered'])[1 + n % 3], 'not_required',
           case when n % 50 = 0 then '{manual}'::text[] else '{}' end, 3, 3, n::text, now(), now()
         from shops s cross join lateral generate_series(1, case when s.tenant = $1 then $2 else $3 end) as g(n) order by g.n",
    )
    .bind(own.uuid())
    .bind(i32::try_from(large)?)
    .bind(others)
    .execute(&mut owner)
    .await?;
    owner.execute("vacuum analyze tenant.orders").await?;
    owner.execute("analyze tenant.channel_accounts").await?;
    owner.close().await?;
    Ok(())
}

async fn pages(server: &Server, keys: &[String], path: &str, clients: usize, seconds: f64) -> anyhow::Result<Round> {
    load::drive(&server.address, clients, seconds, 200, |client, turn| {
        let bearer = format!("Bearer {}", keys.get((client + turn) % keys.len()).map_or("", String::as_str));
        request("GET", path, &[("authorization", &bearer)], b"")
    })
    .await
}

/// Where the 500th page begins: found as a person would, page by page.
async fn deep_page(server: &Server, key: &str, first: &str) -> anyhow::Result<String> {
    let bearer = format!("Bearer {key}");
    let mut client = Client::connect(&server.address).await?;
    let mut path = first.to_owned();
    for page in 1..DEEP_PAGE {
        let answer = client.send(&request("GET", &path, &[("authorization", &bearer)], b"")).await?;
        let list: Value = serde_json::from_slice(&answer.body)?;
        let cursor = list["next_cursor"].as_str().with_context(|| format!("page {page} is the last: {}", String::from_utf8_lossy(&answer.body).chars().take(300).collect::<String>()))?;
        path = format!("{first}&cursor={cursor}");
    }
    Ok(path)
}

/// The same page by SQL alone: the same columns, row security on, transaction as the product's.
async fn bare(place: &Place, tenant: TenantId, clients: usize, seconds: f64) -> anyhow::Result<Round> {
    let mut connections = Vec::new();
    for _ in 0..clients {
        connections.push(place.app().await?);
    }
    let begun = Instant::now();
    let one = |mut connection: PgConnection| async move {
        let mut latencies = Vec::new();
        while begun.elapsed().as_secs_f64() < seconds {
            let sent = Instant::now();
            connection.execute(AssertSqlSafe(format!("begin; set local app.tenant = '{}'", tenant.uuid()))).await?;
            let rows = sqlx::query(
                "select o.id, o.number, o.channel_kind, o.channel_account_id, a.name as account_name, o.external_id, o.external_number, o.channel_status, o.segment,
                   o.placed_at, o.currency, o.described, o.test, o.buyer_name, o.buyer_phone, o.buyer_masked, o.company, o.staff, o.source_tag, o.payment_method,
                   o.cash_on_delivery, o.total, o.tendered, o.refunded, o.outstanding, o.payment_track, o.delivery_track, o.invoice_track, o.hold_types, o.line_count,
                   o.units, o.tags, o.updated_at, o.version
                 from tenant.orders o join tenant.channel_accounts a on a.tenant_id = o.tenant_id and a.id = o.channel_account_id
                 where o.tenant_id = $1 and o.voided_at is null and o.test = false order by o.placed_at desc, o.id desc limit 51",
            )
            .bind(tenant.uuid())
            .fetch_all(&mut connection)
            .await?;
            connection.execute("commit").await?;
            anyhow::ensure!(rows.len() == 51, "the bare list has {} rows", rows.len());
            latencies.push(sent.elapsed());
        }
        connection.close().await?;
        Ok(latencies)
    };
    let all = futures_util::future::try_join_all(connections.into_iter().map(one)).await?;
    Ok(Round::of(all.into_iter().flatten().collect(), begun.elapsed()))
}
