//! What notifications only named, waiting to be fetched from the channel.
//! Invariant FET-1: one row per thing; asking again while it waits adds nothing, asking again while it is fetched fetches again.
//! Invariant FET-2: a failing fetch is tried at most [`TRIES_MAX`] times, later and later; then it stays as a visible error.

use super::reach;
use kernel::{ChannelAccountId, Timestamp};
use rand::Rng;
use tenants::TenantTx;
use uuid::Uuid;

pub const TRIES_MAX: i32 = 8;
/// A worker that claimed a fetch and died gives it up after so long.
pub const LEASE_SECONDS: i64 = 60;
const FIRST_DELAY_SECONDS: i64 = 5;
const DELAY_SECONDS_MAX: i64 = 3 * 3600;
/// References one account may have waiting. Beyond, the reconciliation poll brings the rest.
pub const WAITING_MAX: i64 = 100_000;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FetchRef {
    pub account: ChannelAccountId,
    /// order, return, refund, settlement
    pub kind: String,
    pub reference: String,
}

/// A claimed fetch. `asked_at` tells whether it was asked for again meanwhile.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub what: FetchRef,
    pub asked_at: Timestamp,
    pub attempts: i32,
}

/// Asks for things to be fetched soon (FET-1).
pub async fn ask(tx: &mut TenantTx, wanted: &[FetchRef]) -> Result<(), sqlx::Error> {
    if wanted.is_empty() {
        return Ok(());
    }
    let mut wanted: Vec<&FetchRef> = wanted.iter().collect();
    wanted.sort();
    wanted.dedup();
    let accounts: Vec<Uuid> = wanted.iter().map(|w| w.account.uuid()).collect();
    let kinds: Vec<String> = wanted.iter().map(|w| w.kind.clone()).collect();
    let references: Vec<String> = wanted.iter().map(|w| w.reference.clone()).collect();
    sqlx::query!(
        "insert into tenant.fetches as f (tenant_id, channel_account_id, kind, reference, asked_at, due_at)
         select $1, w.account, w.kind, w.reference, $2, $2 from unnest($3::uuid[], $4::text[], $5::text[]) as w(account, kind, reference)
         where (select count(*) from tenant.fetches n where n.tenant_id = $1 and n.channel_account_id = w.account) < $6
         on conflict (tenant_id, channel_account_id, kind, reference) do update
           set asked_at = excluded.asked_at, due_at = least(f.due_at, excluded.due_at), attempts = case when f.attempts >= $7 then 0 else f.attempts end",
        tx.tenant(),
        tx.now(),
        &accounts,
        &kinds,
        &references,
        WAITING_MAX,
        TRIES_MAX,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Claims due fetches of active accounts for [`LEASE_SECONDS`]; of an account whose channel was silent one, which finds out
/// whether it answers (LANE-2). Commit before fetching: no call leaves inside a transaction.
pub async fn claim(tx: &mut TenantTx, limit: i64) -> Result<Vec<Claimed>, sqlx::Error> {
    let silent = sqlx::query_scalar!(
        r#"select l.channel_account_id as "account: ChannelAccountId" from tenant.errand_lanes l
           where l.tenant_id = $1 and l.failures > 0 and l.opens_at <= $2
             and exists (select from tenant.fetches d where d.tenant_id = $1 and d.channel_account_id = l.channel_account_id and d.due_at <= $2 and d.attempts < $3)"#,
        tx.tenant(),
        tx.now(),
        TRIES_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    let probed: Vec<Uuid> = if silent.is_empty() { Vec::new() } else { reach::probe(tx, &silent).await?.into_iter().map(ChannelAccountId::uuid).collect() };
    let rows = sqlx::query!(
        "with due as materialized (select d.channel_account_id, d.kind, d.reference from tenant.fetches d
               join tenant.channel_accounts a on a.tenant_id = $1 and a.id = d.channel_account_id and a.state = 'active'
               where d.tenant_id = $1 and d.due_at <= $2 and d.attempts < $4
                 and (not exists (select from tenant.errand_lanes l where l.tenant_id = $1 and l.channel_account_id = d.channel_account_id and l.failures > 0)
                      or (d.channel_account_id = any($6) and (d.kind, d.reference) = (
                            select n.kind, n.reference from tenant.fetches n
                            where n.tenant_id = $1 and n.channel_account_id = d.channel_account_id and n.due_at <= $2 and n.attempts < $4
                            order by n.due_at, n.kind, n.reference limit 1)))
               order by d.due_at limit $5 for update of d skip locked)
           update tenant.fetches f set due_at = $2::timestamptz + make_interval(secs => $3), attempts = f.attempts + 1
         from due
         where f.tenant_id = $1 and f.channel_account_id = due.channel_account_id and f.kind = due.kind and f.reference = due.reference
         returning f.channel_account_id, f.kind, f.reference, f.asked_at, f.attempts",
        tx.tenant(),
        tx.now(),
        f64::from(u32::try_from(LEASE_SECONDS).unwrap_or(u32::MAX)),
        TRIES_MAX,
        limit,
        &probed,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Claimed { what: FetchRef { account: ChannelAccountId(r.channel_account_id), kind: r.kind, reference: r.reference }, asked_at: r.asked_at, attempts: r.attempts })
        .collect())
}

/// The fetch brought what it should: the row goes, unless it was asked for again since (FET-1).
pub async fn done(tx: &mut TenantTx, claimed: &Claimed) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "with gone as (delete from tenant.fetches where tenant_id = $1 and channel_account_id = $2 and kind = $3 and reference = $4 and asked_at = $5)
         update tenant.fetches set attempts = 0, due_at = $6, last_error = null
         where tenant_id = $1 and channel_account_id = $2 and kind = $3 and reference = $4 and asked_at <> $5",
        tx.tenant(),
        claimed.what.account.uuid(),
        claimed.what.kind,
        claimed.what.reference,
        claimed.asked_at,
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The fetch failed: it waits longer each time, then stays as an error (FET-2).
pub async fn failed(tx: &mut TenantTx, claimed: &Claimed, error: &str, retry_after_seconds: Option<i64>) -> Result<(), sqlx::Error> {
    let wait = retry_after_seconds.unwrap_or(0).clamp(0, DELAY_SECONDS_MAX).max(delay_seconds(claimed.attempts, rand::rng().random_range(0..=1_000)));
    let error: String = error.chars().filter(|c| !c.is_control()).take(500).collect();
    sqlx::query!(
        "update tenant.fetches set due_at = $6, last_error = $7 where tenant_id = $1 and channel_account_id = $2 and kind = $3 and reference = $4 and attempts = $5",
        tx.tenant(),
        claimed.what.account.uuid(),
        claimed.what.kind,
        claimed.what.reference,
        claimed.attempts,
        tx.now() + chrono::Duration::seconds(wait),
        error,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Full jitter: between a first delay and twice as long for each try, at most three hours. `chance` is 0 to 1000.
fn delay_seconds(attempts: i32, chance: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    let top = FIRST_DELAY_SECONDS.saturating_mul(1_i64 << doublings).min(DELAY_SECONDS_MAX);
    FIRST_DELAY_SECONDS.max(top * chance / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fet_2_waits_grow_and_have_a_ceiling() {
        assert_eq!(delay_seconds(1, 1_000), 5);
        assert_eq!(delay_seconds(4, 1_000), 40);
        assert_eq!(delay_seconds(4, 0), 5);
        assert_eq!(delay_seconds(i32::MAX, 1_000), DELAY_SECONDS_MAX);
    }
}
