//! Errands on their way: who carries those of an account, and what became of each.
//! Invariant LANE-1: one worker carries the errands of an account at a time, over all servers; one that dies is relieved
//! when its time is up, and its errand goes out again under the same id.
//! Invariant LANE-2 is that of [`super::reach`]: a lane whose channel was silent is claimed for one try at a time.
//! Invariant LANE-3: the errands of one order go out in the order they were asked for.
//! Invariant LANE-5: a stock level that was told anew is not sent after the newer one.
//! Invariant LANE-4: a failing errand waits longer each time, and is given up, visibly, after [`TRIES_MAX`] tries.

use super::reach::{self, CLOSED_SECONDS_MIN, short};
use crate::orders::errands::{self, Action, Refusal};
use kernel::{ChannelAccountId, ErrandId, OrderId, Timestamp};
use rand::Rng;
use std::collections::HashSet;
use tenants::TenantTx;
use uuid::Uuid;

pub const TRIES_MAX: i32 = 18;
/// A carrier that died is relieved after so long: longer than a call, a renewal and a second call take.
pub const LEASE_SECONDS: i64 = 180;
const FIRST_DELAY_SECONDS: i64 = 5;
const DELAY_SECONDS_MAX: i64 = 3 * 3600;

/// A lane held by a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    pub account: ChannelAccountId,
    pub holder: Uuid,
}

/// An errand under way.
#[derive(Clone, Debug)]
pub struct Carried {
    pub id: ErrandId,
    pub order: Option<OrderId>,
    pub external_id: Option<String>,
    pub action: Action,
    pub attempts: i32,
}

/// What a call said of an errand.
#[derive(Clone, Debug)]
pub enum Outcome {
    Done { reference: Option<String>, refusals: Vec<Refusal> },
    /// The channel will never do it.
    Refused { code: String, error: String },
    /// The channel has no such act.
    Unsupported { error: String },
    /// Later, with the same id. `channel`: nothing of the channel answers, so that the others wait too.
    Later { code: String, error: String, channel: bool },
}

/// Takes the lanes of active accounts that have something due and that nobody carries (LANE-1). Commit before calling out.
pub async fn claim(tx: &mut TenantTx, limit: i64) -> Result<Vec<Lane>, sqlx::Error> {
    let (tenant, now, holder) = (tx.tenant(), tx.now(), Uuid::new_v4());
    sqlx::query!(
        "insert into tenant.errand_lanes (tenant_id, channel_account_id, opens_at)
         select distinct $1::uuid, e.channel_account_id, $2::timestamptz from tenant.errands e
         where e.tenant_id = $1 and e.state in ('queued', 'sending', 'retrying')
           and not exists (select from tenant.errand_lanes l where l.tenant_id = $1 and l.channel_account_id = e.channel_account_id)
         on conflict do nothing",
        tenant,
        now,
    )
    .execute(tx.conn())
    .await?;
    let rows = sqlx::query!(
        "with due as materialized (select d.channel_account_id from tenant.errand_lanes d
               join tenant.channel_accounts a on a.tenant_id = $1 and a.id = d.channel_account_id and a.state = 'active' and a.installation_id is not null
               where d.tenant_id = $1 and d.opens_at <= $2 and (d.held_until is null or d.held_until <= $2)
                 and exists (select from tenant.errands e where e.tenant_id = $1 and e.channel_account_id = d.channel_account_id
                             and e.state in ('queued', 'sending', 'retrying') and e.due_at <= $2)
               order by d.opens_at limit $5 for update of d skip locked)
           update tenant.errand_lanes l set holder = $3, held_until = $2::timestamptz + make_interval(secs => $4),
           opens_at = case when l.failures > 0 then $2::timestamptz + make_interval(secs => $6) else l.opens_at end
         from due
         where l.tenant_id = $1 and l.channel_account_id = due.channel_account_id
         returning l.channel_account_id",
        tenant,
        now,
        holder,
        LEASE_SECONDS as f64,
        limit,
        CLOSED_SECONDS_MIN as f64,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| Lane { account: ChannelAccountId(row.channel_account_id), holder }).collect())
}

#[derive(Debug, thiserror::Error)]
pub enum LaneError {
    #[error("another worker carries this account's errands now")]
    Lost,
    #[error("a stored errand cannot be read")]
    Unreadable(#[from] serde_json::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

async fn hold(tx: &mut TenantTx, lane: Lane) -> Result<(), LaneError> {
    let held = sqlx::query!(
        "update tenant.errand_lanes set held_until = $4 where tenant_id = $1 and channel_account_id = $2 and holder = $3",
        tx.tenant(),
        lane.account.uuid(),
        lane.holder,
        tx.now() + chrono::Duration::seconds(LEASE_SECONDS),
    )
    .execute(tx.conn())
    .await?;
    if held.rows_affected() == 1 { Ok(()) } else { Err(LaneError::Lost) }
}

/// Takes the next errand of a lane that is due, oldest first within an order (LANE-3), and renews the lease. Commit before
/// calling out: from then on the errand counts as sent.
pub async fn next(tx: &mut TenantTx, lane: Lane) -> Result<Option<Carried>, LaneError> {
    hold(tx, lane).await?;
    loop {
        let Some(mut errand) = take(tx, lane).await? else { return Ok(None) };
        if let Action::Stock(levels) = &mut errand.action {
            let anew = told_anew(tx, lane.account, errand.id).await?;
            levels.retain(|level| !anew.contains(&level.listing));
            if levels.is_empty() {
                end_overtaken(tx, errand.id).await?;
                continue;
            }
        }
        return Ok(Some(errand));
    }
}

async fn take(tx: &mut TenantTx, lane: Lane) -> Result<Option<Carried>, LaneError> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let row = sqlx::query!(
        r#"with due as materialized (select d.id from tenant.errands d
                 where d.tenant_id = $1 and d.channel_account_id = $2 and d.state in ('queued', 'sending', 'retrying') and d.due_at <= $3
                   and not exists (select from tenant.errands p where p.tenant_id = $1 and p.order_id = d.order_id and p.id < d.id and p.state in ('queued', 'sending', 'retrying'))
                 order by d.due_at, d.id limit 1 for update)
           update tenant.errands e set state = 'sending', attempts = e.attempts + 1, sent_at = coalesce(e.sent_at, $3), due_at = $4
           from due
           where e.tenant_id = $1 and e.id = due.id
           returning e.id as "id: ErrandId", e.order_id as "order: OrderId", e.external_id, e.action, e.attempts"#,
        tenant,
        lane.account.uuid(),
        now,
        now + chrono::Duration::seconds(LEASE_SECONDS),
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Carried { id: row.id, order: row.order, external_id: row.external_id, action: serde_json::from_value(row.action)?, attempts: row.attempts }))
}

/// The listings that a newer errand names (LANE-5).
async fn told_anew(tx: &mut TenantTx, account: ChannelAccountId, than: ErrandId) -> Result<HashSet<String>, sqlx::Error> {
    let listings = sqlx::query_scalar!(
        r#"select distinct level->>'listing' as "listing!" from tenant.errands e, jsonb_array_elements(e.action->'body') level
           where e.tenant_id = $1 and e.channel_account_id = $2 and e.kind = 'stock' and e.id > $3 and e.state in ('queued', 'sending', 'retrying', 'done')"#,
        tx.tenant(),
        account.uuid(),
        than.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(listings.into_iter().collect())
}

/// Everything an errand would have told was told anew: nothing is left to send.
async fn end_overtaken(tx: &mut TenantTx, errand: ErrandId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update tenant.errands set state = 'done', reference = 'told anew', ended_at = $3, error_code = null, error = null where tenant_id = $1 and id = $2",
        tx.tenant(),
        errand.uuid(),
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes what became of an errand, in the transaction of what its channel told besides. [`LaneError::Lost`]: another carrier
/// has taken over meanwhile, so nothing of this may be written.
pub async fn settle(tx: &mut TenantTx, lane: Lane, errand: &Carried, outcome: &Outcome) -> Result<(), LaneError> {
    hold(tx, lane).await?;
    let now = tx.now();
    let mut due = now;
    let (state, code, error, reference, refusals) = match outcome {
        Outcome::Done { reference, refusals } => {
            // What was refused as a whole is not done.
            let whole = errand.external_id.as_deref().is_some_and(|order| refusals.iter().any(|r| r.subject == order));
            let first = refusals.first().filter(|_| whole);
            (if whole { "refused" } else { "done" }, first.map(|r| r.code.clone()), first.map(|r| r.detail.clone()), reference.clone(), refusals.as_slice())
        }
        Outcome::Refused { code, error } => ("refused", Some(code.clone()), Some(error.clone()), None, &[][..]),
        Outcome::Unsupported { error } => ("unsupported", Some("plugin.unsupported".into()), Some(error.clone()), None, &[][..]),
        Outcome::Later { code, error, .. } => {
            due = now + chrono::Duration::seconds(delay_seconds(errand.attempts, rand::rng().random_range(0..=1_000)));
            (if errand.attempts >= TRIES_MAX { "gave_up" } else { "retrying" }, Some(code.clone()), Some(error.clone()), None, &[][..])
        }
    };
    let ended = (state != "retrying").then_some(now);
    let settled = sqlx::query!(
        "update tenant.errands set state = $4, error_code = $5, error = $6, reference = coalesce($7, reference), refusals = $8, due_at = $9, ended_at = $10
         where tenant_id = $1 and id = $2 and attempts = $3 and state = 'sending'",
        tx.tenant(),
        errand.id.uuid(),
        errand.attempts,
        state,
        code,
        error.map(|text| short(&text)),
        reference,
        serde_json::to_value(refusals)?,
        due,
        ended as Option<Timestamp>,
    )
    .execute(tx.conn())
    .await?;
    if settled.rows_affected() == 0 {
        return Err(LaneError::Lost);
    }
    if let Some(order) = errand.order {
        errands::touch(tx, order).await?;
    }
    match outcome {
        Outcome::Later { error, channel: true, .. } => reach::silent(tx, lane.account, error).await?,
        _ => reach::answered(tx, lane.account).await?,
    }
    Ok(())
}

/// Puts an errand back untried: its account cannot be called at the moment.
pub async fn put_back(tx: &mut TenantTx, lane: Lane, errand: &Carried, code: &str, error: &str) -> Result<(), LaneError> {
    hold(tx, lane).await?;
    sqlx::query!(
        "update tenant.errands set state = 'retrying', attempts = attempts - 1, error_code = $4, error = $5, due_at = $6 where tenant_id = $1 and id = $2 and attempts = $3 and state = 'sending'",
        tx.tenant(),
        errand.id.uuid(),
        errand.attempts,
        code,
        short(error),
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    reach::silent(tx, lane.account, error).await?;
    Ok(())
}

/// Lets go of a lane, for whoever comes next. An errand of it that was sent and has no end goes out again, soon.
pub async fn release(tx: &mut TenantTx, lane: Lane) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update tenant.errands e set state = 'retrying', due_at = $4, error_code = 'host.failed', error = 'what became of it could not be written'
         where e.tenant_id = $1 and e.channel_account_id = $2 and e.state = 'sending'
           and exists (select from tenant.errand_lanes l where l.tenant_id = $1 and l.channel_account_id = $2 and l.holder = $3)",
        tx.tenant(),
        lane.account.uuid(),
        lane.holder,
        tx.now() + chrono::Duration::seconds(CLOSED_SECONDS_MIN),
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "update tenant.errand_lanes set holder = null, held_until = null where tenant_id = $1 and channel_account_id = $2 and holder = $3",
        tx.tenant(),
        lane.account.uuid(),
        lane.holder,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How the errands of an account stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    pub waiting: i64,
    pub failed: i64,
    pub oldest_at: Option<Timestamp>,
    /// Failures of the channel in a row; 0 while it answers.
    pub failures: i32,
    pub opens_at: Option<Timestamp>,
    pub error: Option<String>,
    pub failed_at: Option<Timestamp>,
}

pub async fn backlog(tx: &mut TenantTx, account: ChannelAccountId) -> Result<Backlog, sqlx::Error> {
    let counts = sqlx::query!(
        r#"select count(*) filter (where state in ('queued', 'sending', 'retrying')) as "waiting!", count(*) filter (where state in ('refused', 'gave_up', 'unsupported')) as "failed!",
             min(asked_at) filter (where state in ('queued', 'sending', 'retrying')) as oldest
           from tenant.errands where tenant_id = $1 and channel_account_id = $2"#,
        tx.tenant(),
        account.uuid(),
    )
    .fetch_one(tx.conn())
    .await?;
    let lane = sqlx::query!(
        "select failures, opens_at, error, failed_at from tenant.errand_lanes where tenant_id = $1 and channel_account_id = $2",
        tx.tenant(),
        account.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    let known = Backlog { waiting: counts.waiting, failed: counts.failed, oldest_at: counts.oldest, ..Backlog::default() };
    Ok(match lane {
        Some(lane) => Backlog { failures: lane.failures, opens_at: (lane.failures > 0).then_some(lane.opens_at), error: lane.error, failed_at: lane.failed_at, ..known },
        None => known,
    })
}

/// Full jitter between a first delay and twice as long for each try. `chance` is 0 to 1000.
fn delay_seconds(attempts: i32, chance: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    let top = FIRST_DELAY_SECONDS.saturating_mul(1_i64 << doublings).min(DELAY_SECONDS_MAX);
    FIRST_DELAY_SECONDS.max(top * chance / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lane_4_waits_grow_and_have_a_ceiling() {
        assert_eq!([1, 2, 5, 30].map(|attempts| delay_seconds(attempts, 1_000)), [5, 10, 80, DELAY_SECONDS_MAX]);
        assert_eq!(delay_seconds(9, 0), FIRST_DELAY_SECONDS);
    }
}
