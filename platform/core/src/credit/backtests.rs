//! A policy's version tried on past orders: what it would have held that went through, and freed that was held.
//! Invariant BACK-1: a back-test changes nothing but its own row; whichever server stops meanwhile, another goes on from the last step.
//!
//! An order that was judged is asked with the very question of then. One that was not is asked as it was placed: what was
//! paid, open and known by then, under the limit of today.

use super::case::{self, CaseError};
use super::decisions::Asked;
use super::question::Question;
use chrono_tz::Tz;
use kernel::{BacktestId, Decimal, OrderId, PolicyId, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenants::rights::ConfigureCredit;
use tenants::{Permit, TenantTx};
use uuid::Uuid;

pub const ORDERS_MAX: i64 = 100_000;
pub const SHOWN_MAX: i64 = 20;
pub const SAMPLE_MAX: usize = 100;
/// Orders one step asks about.
pub const STEP: i64 = 500;
const LEASE_SECONDS: i64 = 120;

#[derive(Clone, Debug)]
pub struct Backtest {
    pub id: BacktestId,
    pub policy: PolicyId,
    pub version: i32,
    pub state: String,
    pub orders_total: i64,
    pub orders_done: i64,
    pub newly_held: i64,
    pub newly_freed: i64,
    pub same: i64,
    pub failed: i64,
    pub money: Value,
    pub sample: Value,
    pub message: Option<String>,
    pub started_by: String,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    #[error("the policy has no such version")]
    UnknownVersion,
    #[error("a back-test of this policy is running")]
    Running,
    #[error(transparent)]
    Case(#[from] CaseError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

#[derive(Clone, Copy, Debug)]
pub struct Wish {
    pub version: Option<i32>,
    pub placed_from: Option<Timestamp>,
    pub placed_to: Option<Timestamp>,
    pub orders_max: i64,
}

/// Begins a back-test; a worker does it.
pub async fn start(tx: &mut TenantTx, _: Permit<ConfigureCredit>, policy: PolicyId, wish: Wish) -> Result<Backtest, BacktestError> {
    let known = sqlx::query!("select segment from tenant.credit_policies where tenant_id = $1 and id = $2 for update", tx.tenant(), policy.uuid())
        .fetch_optional(tx.conn())
        .await?
        .ok_or(BacktestError::UnknownVersion)?;
    let version = sqlx::query_scalar!(
        "select version from tenant.credit_policy_versions where tenant_id = $1 and policy_id = $2 and ($3::int is null or version = $3) order by version desc limit 1",
        tx.tenant(),
        policy.uuid(),
        wish.version,
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or(BacktestError::UnknownVersion)?;
    let running = sqlx::query_scalar!(r#"select exists(select from tenant.credit_backtests where tenant_id = $1 and policy_id = $2 and state = 'running') as "any!""#, tx.tenant(), policy.uuid())
        .fetch_one(tx.conn())
        .await?;
    if running {
        return Err(BacktestError::Running);
    }
    let to = wish.placed_to.unwrap_or(tx.now());
    let total = sqlx::query_scalar!(
        r#"select count(*) as "n!" from (
             select from tenant.orders o where o.tenant_id = $1 and o.voided_at is null and o.same_sale_as is null and not o.test and o.described and o.placed_at < $3
               and ($2::timestamptz is null or o.placed_at >= $2) and ($4 = 'all' or o.segment = $4) limit $5) counted"#,
        tx.tenant(),
        wish.placed_from,
        to,
        known.segment,
        wish.orders_max.clamp(1, ORDERS_MAX),
    )
    .fetch_one(tx.conn())
    .await?;
    let (id, by) = (BacktestId::new(), tx.actor().who.to_string());
    sqlx::query!(
        "insert into tenant.credit_backtests (tenant_id, id, policy_id, version, state, placed_from, placed_to, orders_total, started_by, created_at)
         values ($1, $2, $3, $4, 'running', $5, $6, $7, $8, $9)",
        tx.tenant(),
        id.uuid(),
        policy.uuid(),
        version,
        wish.placed_from,
        to,
        total,
        by,
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    list(tx, policy).await?.into_iter().find(|b| b.id == id).ok_or(BacktestError::UnknownVersion)
}

/// The newest back-tests of a policy.
pub async fn list(tx: &mut TenantTx, policy: PolicyId) -> Result<Vec<Backtest>, sqlx::Error> {
    sqlx::query_as!(
        Backtest,
        r#"select id as "id: BacktestId", policy_id as "policy: PolicyId", version, state, orders_total, orders_done, newly_held, newly_freed, same, failed, money, sample,
             message, started_by, created_at, finished_at
           from tenant.credit_backtests where tenant_id = $1 and policy_id = $2 order by created_at desc, id desc limit $3"#,
        tx.tenant(),
        policy.uuid(),
        SHOWN_MAX,
    )
    .fetch_all(tx.conn())
    .await
}

/// A back-test taken for a step.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub id: BacktestId,
    pub policy: PolicyId,
    pub version: i32,
    pub digest: Vec<u8>,
    pub config: Value,
    segment: String,
    placed_from: Option<Timestamp>,
    placed_to: Timestamp,
    left: i64,
    last_placed_at: Option<Timestamp>,
    last_order_id: Option<Uuid>,
    money: Value,
    sample: Value,
}

/// Takes a running back-test that nobody works at, for a while (BACK-1).
pub async fn claim(tx: &mut TenantTx) -> Result<Option<Claimed>, sqlx::Error> {
    let until = tx.now() + chrono::Duration::seconds(LEASE_SECONDS);
    sqlx::query_as!(
        Claimed,
        r#"with due as materialized (select id from tenant.credit_backtests where tenant_id = $1 and state = 'running' and (leased_until is null or leased_until < $2)
                   order by created_at limit 1 for update skip locked), taken as (
             update tenant.credit_backtests b set leased_until = $3
             from due
             where b.tenant_id = $1 and b.id = due.id returning b.*)
           select t.id as "id: BacktestId", t.policy_id as "policy: PolicyId", t.version, v.digest, v.config, p.segment, t.placed_from,
             t.placed_to, t.orders_total - t.orders_done as "left!", t.last_placed_at, t.last_order_id, t.money, t.sample
           from taken t join tenant.credit_policies p on p.tenant_id = $1 and p.id = t.policy_id
           join tenant.credit_policy_versions v on v.tenant_id = $1 and v.policy_id = t.policy_id and v.version = t.version"#,
        tx.tenant(),
        tx.now(),
        until,
    )
    .fetch_optional(tx.conn())
    .await
}

/// A past order with the question to ask about it.
#[derive(Clone, Debug)]
pub struct Past {
    pub order: OrderId,
    pub number: i64,
    pub placed_at: Timestamp,
    pub value: Decimal,
    pub currency: String,
    pub was_held: bool,
    pub question: Question,
}

/// The next orders to ask about, newest first.
pub async fn next(tx: &mut TenantTx, claimed: &Claimed, zone: Tz) -> Result<Vec<Past>, BacktestError> {
    let rows = sqlx::query!(
        r#"select o.id as "id: OrderId", o.number, o.placed_at, coalesce(o.stated_total, o.total) as "value!", o.currency as "currency!",
             exists(select from tenant.holds h where h.tenant_id = $1 and h.order_id = o.id and h.type in ('credit', 'risk', 'deposit', 'plugin', 'price_approval')) as "was_held!",
             d.input as "input?", d.outcome as "outcome?"
           from tenant.orders o
           left join lateral (select input, outcome from tenant.credit_decisions d where d.tenant_id = $1 and d.order_id = o.id
             order by (d.policy_id = $2) desc nulls last, d.at, d.id limit 1) d on true
           where o.tenant_id = $1 and o.voided_at is null and o.same_sale_as is null and not o.test and o.described and o.placed_at < $4 and ($3::timestamptz is null or o.placed_at >= $3)
             and ($5 = 'all' or o.segment = $5) and ($6::timestamptz is null or (o.placed_at, o.id) < ($6, $7::uuid))
           order by o.placed_at desc, o.id desc limit $8"#,
        tx.tenant(),
        claimed.policy.uuid(),
        claimed.placed_from,
        claimed.placed_to,
        claimed.segment,
        claimed.last_placed_at,
        claimed.last_order_id,
        claimed.left.min(STEP),
    )
    .fetch_all(tx.conn())
    .await?;
    let mut past = Vec::with_capacity(rows.len());
    for row in rows {
        let asked: Option<Asked> = row.input.as_deref().and_then(|input| serde_json::from_str(input).ok());
        let was_held = row.outcome.as_deref().map_or(row.was_held, |outcome| outcome != "approve");
        let question = match asked {
            Some(asked) => asked.question,
            None => case::as_placed(tx, row.id, zone).await?,
        };
        past.push(Past { order: row.id, number: row.number, placed_at: row.placed_at, value: row.value.normalize(), currency: row.currency, was_held, question });
    }
    Ok(past)
}

/// What the policy said about a past order: the reasons it would hold it for, or why it gave no answer.
#[derive(Clone, Debug)]
pub enum Said {
    Free,
    Held(Vec<String>),
    Failed(String),
}

/// Writes a step down; without orders the back-test is done.
pub async fn advance(tx: &mut TenantTx, claimed: &Claimed, step: &[(Past, Said)]) -> Result<(), sqlx::Error> {
    let mut sample: Vec<Value> = claimed.sample.as_array().cloned().unwrap_or_default();
    let mut money: BTreeMap<String, [Decimal; 2]> = BTreeMap::new();
    for (currency, sums) in claimed.money.as_object().into_iter().flatten() {
        let sum = |name: &str| sums[name].as_str().and_then(|text| text.parse().ok()).unwrap_or_default();
        money.insert(currency.clone(), [sum("newly_held"), sum("newly_freed")]);
    }
    let (mut held, mut freed, mut same, mut failed) = (0i64, 0i64, 0i64, 0i64);
    for (past, said) in step {
        let sums = money.entry(past.currency.clone()).or_default();
        let reasons = match (past.was_held, said) {
            (false, Said::Held(reasons)) => {
                held += 1;
                sums[0] += past.value;
                reasons.clone()
            }
            (true, Said::Free) => {
                freed += 1;
                sums[1] += past.value;
                Vec::new()
            }
            (_, Said::Failed(why)) => {
                failed += 1;
                vec![why.clone()]
            }
            _ => {
                same += 1;
                continue;
            }
        };
        if sample.len() < SAMPLE_MAX {
            let word = |held: bool| if held { "held" } else { "free" };
            let after = if matches!(said, Said::Failed(_)) { "failed" } else { word(matches!(said, Said::Held(_))) };
            sample.push(json!({"order_id": past.order, "number": past.number, "before": word(past.was_held), "after": after, "amount": past.value, "currency": past.currency, "reasons": reasons}));
        }
    }
    let money: serde_json::Map<String, Value> = money.into_iter().map(|(currency, [held, freed])| (currency, json!({"newly_held": held, "newly_freed": freed}))).collect();
    let last = step.last().map(|(past, _)| past);
    let done = i64::try_from(step.len()).unwrap_or(i64::MAX);
    sqlx::query!(
        "update tenant.credit_backtests set orders_done = orders_done + $3, newly_held = newly_held + $4, newly_freed = newly_freed + $5, same = same + $6, failed = failed + $7,
           money = $8, sample = $9, last_placed_at = coalesce($10, last_placed_at), last_order_id = coalesce($11, last_order_id), leased_until = null,
           state = case when $3 = 0 or orders_done + $3 >= orders_total then 'done' else state end,
           finished_at = case when $3 = 0 or orders_done + $3 >= orders_total then $12::timestamptz end
         where tenant_id = $1 and id = $2 and state = 'running'",
        tx.tenant(),
        claimed.id.uuid(),
        done,
        held,
        freed,
        same,
        failed,
        Value::Object(money),
        Value::Array(sample),
        last.map(|p| p.placed_at),
        last.map(|p| p.order.uuid()),
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ends a back-test that cannot go on.
pub async fn fail(tx: &mut TenantTx, id: BacktestId, why: &str) -> Result<(), sqlx::Error> {
    let why: String = why.chars().take(500).collect();
    sqlx::query!("update tenant.credit_backtests set state = 'failed', message = $3, finished_at = $4 where tenant_id = $1 and id = $2 and state = 'running'", tx.tenant(), id.uuid(), why, tx.now())
        .execute(tx.conn())
        .await?;
    Ok(())
}
