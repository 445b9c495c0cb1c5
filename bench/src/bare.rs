//! What the database alone can do: the rows of an order, written by one statement in one transaction, without any product
//! around it. Row security on, as the server's role, `tenant_id` named in every statement.

use crate::cluster::Place;
use crate::load::Round;
use kernel::{ChannelAccountId, TenantId};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::time::Instant;

/// Which row accompanies an order: its request's answer, or the message it came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    IdempotencyKey,
    Inbox,
}

/// What every order of the round holds: taken from an order the product wrote, so that rows are of one size.
#[derive(Clone, Debug)]
pub struct Pattern {
    pub body: Value,
    pub search_text: String,
    pub kept_answer: Vec<u8>,
    pub message: Vec<u8>,
}

/// $1 tenant, $2 account, $3 ids, $4 external ids, $5 fact body, $6 search text, $7 bytes kept beside, $8 fact ids, $9 event ids.
fn statement(beside: Beside) -> String {
    let beside = match beside {
        Beside::IdempotencyKey => {
            "insert into tenant.idempotency_keys (tenant_id, key, actor, request_hash, status, headers, body)
             select $1, i.external_id, 'bench', sha256(i.external_id::bytea), 201, '{}', $7 from input i"
        }
        Beside::Inbox => {
            "insert into tenant.inbox (tenant_id, id, channel_account_id, origin, message_key, received_at, headers, body, body_bytes, state)
             select $1, i.event, $2, 'webhook', i.external_id, now(), '{\"x-shopify-topic\": \"orders/create\"}', $7, length($7), 'applied' from input i"
        }
    };
    format!(
        "with input as (
           select * from unnest($3::uuid[], $4::text[], $8::uuid[], $9::uuid[]) with ordinality as i(id, external_id, fact, event, place)
         ), counted as (
           insert into tenant.counters as c (tenant_id, series, last_value) values ($1, 'orders', cardinality($3))
           on conflict (tenant_id, series) do update set last_value = c.last_value + excluded.last_value returning last_value
         ), made as (
           insert into tenant.orders (tenant_id, id, number, channel_account_id, channel_kind, external_id, external_number, placed_at, currency, described,
             buyer_name, buyer_phone, gross, discount_tenant, discount_others, tax_on_top, tax_included, total, tendered, refunded, outstanding,
             payment_track, delivery_track, invoice_track, line_count, units, search_text, created_at, updated_at)
           select $1, i.id, c.last_value - cardinality($3) + i.place, $2, 'web', i.external_id, i.external_id, now(), 'USD', true,
             'Jane Doe', '0900000000', 60, 0, 0, 0, 0, 60, 0, 0, 60, 'unpaid', 'unfulfilled', 'none', 3, 3, $6, now(), now()
           from input i cross join counted c
         ), lines as (
           insert into tenant.order_lines (tenant_id, order_id, position, external_id, kind, sku, name, quantity, unit_price, gross,
             discount_tenant, discount_others, tax_on_top, tax_included, total)
           select $1, i.id, p, p::text, 'product', 'SKU-' || p, 'A thing of the bench', 1, 20, 20, 0, 0, 0, 0, 20 from input i cross join generate_series(1, 3) p
         ), facts as (
           insert into tenant.order_facts (tenant_id, id, order_id, kind, subject, revision, digest, body, actor, cause, occurred_at, recorded_at)
           select $1, i.fact, i.id, 'described', 'order', 1, sha256(i.external_id::bytea), $5, 'bench', 'bench', now(), now() from input i
         ), beside as ({beside})
         insert into tenant.outbox (tenant_id, id, topic, subject, payload) select $1, i.event, 'order.created', i.id, '{{\"number\": 1}}' from input i"
    )
}

/// `clients` at once, each on its own connection, writing `at_once` orders in each transaction.
pub async fn drive(place: &Place, shops: &[(TenantId, ChannelAccountId)], clients: usize, at_once: usize, beside: Beside, pattern: &Pattern, for_seconds: f64) -> anyhow::Result<Round> {
    let sql = statement(beside);
    let mut connections = Vec::with_capacity(clients);
    for _ in 0..clients {
        connections.push(place.app().await?);
    }
    let begun = Instant::now();
    let one = |(client, mut connection): (usize, PgConnection)| {
        let sql = &sql;
        async move {
            let mut latencies = Vec::new();
            let mut turn = 0;
            while begun.elapsed().as_secs_f64() < for_seconds {
                let sent = Instant::now();
                if let Some((tenant, account)) = shops.get((client + turn * clients) % shops.len()) {
                    write(&mut connection, sql, *tenant, *account, at_once, beside, pattern).await?;
                }
                // Of a group, each order waited as long as the group.
                latencies.extend(std::iter::repeat_n(sent.elapsed(), at_once));
                turn += 1;
            }
            connection.close().await?;
            anyhow::Ok(latencies)
        }
    };
    let all = futures_util::future::try_join_all(connections.into_iter().enumerate().map(one)).await?;
    Ok(Round::of(all.into_iter().flatten().collect(), begun.elapsed()))
}

async fn write(connection: &mut PgConnection, sql: &str, tenant: TenantId, account: ChannelAccountId, at_once: usize, beside: Beside, pattern: &Pattern) -> anyhow::Result<()> {
    let new = || (0..at_once).map(|_| uuid::Uuid::now_v7()).collect::<Vec<_>>();
    let (ids, facts, events) = (new(), new(), new());
    let names: Vec<String> = ids.iter().map(|id| id.simple().to_string()).collect();
    let kept = if beside == Beside::Inbox { &pattern.message } else { &pattern.kept_answer };
    // Hex digits and dashes only, as the product's own transaction does.
    connection.execute(AssertSqlSafe(format!("begin; set local app.tenant = '{}'", tenant.uuid()))).await?;
    sqlx::query(AssertSqlSafe(sql.to_owned()))
        .bind(tenant.uuid())
        .bind(account.uuid())
        .bind(&ids)
        .bind(&names)
        .bind(&pattern.body)
        .bind(&pattern.search_text)
        .bind(kept)
        .bind(&facts)
        .bind(&events)
        .execute(&mut *connection)
        .await?;
    connection.execute("commit").await?;
    Ok(())
}
