//! How long the tokens of an account live, and whose turn it is to renew them.
//! Invariant TOKEN-1: one renewal at a time per account, over all servers; who comes meanwhile waits for its outcome.
//! Invariant TOKEN-5: new tokens are written in the transaction that ends the renewal, and the old ones live on beside them
//! until the next renewal has used the new.

use kernel::{ChannelAccountId, Timestamp};
use rand::Rng;
use tenants::TenantTx;
use uuid::Uuid;

/// A renewal that died is repeated after so long: longer than an exchange and its writing take.
pub const LEASE_SECONDS: i64 = 90;
const MARGIN_SECONDS_MIN: i64 = 600;
const DELAY_SECONDS_MIN: i64 = 30;
const DELAY_SECONDS_MAX: i64 = 3_600;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub generation: i64,
    pub access_until: Option<Timestamp>,
    pub refresh_until: Option<Timestamp>,
    pub renewed_at: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    /// A person has to connect the account again.
    pub lost: bool,
    pub error: Option<String>,
}

/// Who renews, from which generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    pub account: ChannelAccountId,
    pub holder: Uuid,
    pub generation: i64,
    pub attempts: i32,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Yours(Turn),
    /// Somebody renews at the moment.
    Busy,
    /// There is a newer token than the one seen.
    Renewed,
    /// The channel said no before; only a person can help.
    Lost,
}

pub async fn standing(tx: &mut TenantTx, account: ChannelAccountId) -> Result<Standing, sqlx::Error> {
    let row = sqlx::query_as!(
        Standing,
        "select generation, access_until, refresh_until, renewed_at, due_at, lost, error from tenant.channel_tokens where tenant_id = $1 and channel_account_id = $2",
        tx.tenant(),
        account.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.unwrap_or_default())
}

/// Asks for the turn to renew what was seen at a generation (TOKEN-1). Commit before calling out.
pub async fn turn(tx: &mut TenantTx, account: ChannelAccountId, seen: i64) -> Result<Wanted, sqlx::Error> {
    let (tenant, now, holder) = (tx.tenant(), tx.now(), Uuid::new_v4());
    sqlx::query!("insert into tenant.channel_tokens (tenant_id, channel_account_id) values ($1, $2) on conflict do nothing", tenant, account.uuid()).execute(tx.conn()).await?;
    let taken = sqlx::query!(
        "update tenant.channel_tokens set holder = $4, held_until = $5, attempts = attempts + 1
         where tenant_id = $1 and channel_account_id = $2 and generation = $3 and not lost and (held_until is null or held_until <= $6) returning attempts",
        tenant,
        account.uuid(),
        seen,
        holder,
        now + chrono::Duration::seconds(LEASE_SECONDS),
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    if let Some(taken) = taken {
        return Ok(Wanted::Yours(Turn { account, holder, generation: seen, attempts: taken.attempts }));
    }
    let now = standing(tx, account).await?;
    Ok(if now.generation > seen {
        Wanted::Renewed
    } else if now.lost {
        Wanted::Lost
    } else {
        Wanted::Busy
    })
}

/// Active accounts whose tokens want renewing, with the generation seen.
pub async fn due(tx: &mut TenantTx, limit: i64) -> Result<Vec<(ChannelAccountId, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select t.channel_account_id as "account: ChannelAccountId", t.generation from tenant.channel_tokens t
           join tenant.channel_accounts a on a.tenant_id = $1 and a.id = t.channel_account_id and a.state = 'active' and a.installation_id is not null
           where t.tenant_id = $1 and t.due_at <= $2 and not t.lost and (t.held_until is null or t.held_until <= $2) order by t.due_at limit $3"#,
        tx.tenant(),
        tx.now(),
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.account, row.generation)).collect())
}

/// New tokens are there. False: another has taken the turn meanwhile; then nothing may be written.
pub async fn renewed(tx: &mut TenantTx, turn: Turn, access_until: Option<Timestamp>, refresh_until: Option<Timestamp>) -> Result<bool, sqlx::Error> {
    let now = tx.now();
    let changed = sqlx::query!(
        "update tenant.channel_tokens set generation = generation + 1, access_until = $5, refresh_until = coalesce($6, refresh_until), renewed_at = $7, due_at = $8,
           attempts = 0, error = null, holder = null, held_until = null
         where tenant_id = $1 and channel_account_id = $2 and holder = $3 and generation = $4",
        tx.tenant(),
        turn.account.uuid(),
        turn.holder,
        turn.generation,
        access_until as Option<Timestamp>,
        refresh_until as Option<Timestamp>,
        now,
        access_until.map(|until| renew_at(now, until)) as Option<Timestamp>,
    )
    .execute(tx.conn())
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// A person connected the account: whatever was lost is found.
pub async fn connected(tx: &mut TenantTx, account: ChannelAccountId, access_until: Option<Timestamp>, refresh_until: Option<Timestamp>) -> Result<(), sqlx::Error> {
    let now = tx.now();
    sqlx::query!(
        "insert into tenant.channel_tokens as t (tenant_id, channel_account_id, generation, access_until, refresh_until, renewed_at, due_at) values ($1, $2, 1, $3, $4, $5, $6)
         on conflict (tenant_id, channel_account_id) do update set generation = t.generation + 1, access_until = excluded.access_until, refresh_until = excluded.refresh_until,
           renewed_at = excluded.renewed_at, due_at = excluded.due_at, attempts = 0, lost = false, error = null, holder = null, held_until = null",
        tx.tenant(),
        account.uuid(),
        access_until as Option<Timestamp>,
        refresh_until as Option<Timestamp>,
        now,
        access_until.map(|until| renew_at(now, until)) as Option<Timestamp>,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A person set a secret by hand: whatever was seen of the old one is old, and what was lost may be found.
pub async fn set_by_hand(tx: &mut TenantTx, account: ChannelAccountId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update tenant.channel_tokens set generation = generation + 1, attempts = 0, lost = false, error = null, access_until = null, due_at = null, holder = null, held_until = null
         where tenant_id = $1 and channel_account_id = $2",
        tx.tenant(),
        account.uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The renewal failed: it is tried again, later each time, or only a person can help.
pub async fn failed(tx: &mut TenantTx, turn: Turn, error: &str, lost: bool) -> Result<(), sqlx::Error> {
    let error: String = error.chars().filter(|c| !c.is_control()).take(500).collect();
    let wait = delay_seconds(turn.attempts, rand::rng().random_range(0..=1_000));
    sqlx::query!(
        "update tenant.channel_tokens set lost = $5, error = $6, due_at = $7, holder = null, held_until = null
         where tenant_id = $1 and channel_account_id = $2 and holder = $3 and generation = $4",
        tx.tenant(),
        turn.account.uuid(),
        turn.holder,
        turn.generation,
        lost,
        error,
        tx.now() + chrono::Duration::seconds(wait),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// This channel's tokens do not end: nothing is renewed.
pub async fn nothing_to_renew(tx: &mut TenantTx, turn: Turn) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update tenant.channel_tokens set due_at = null, attempts = 0, holder = null, held_until = null where tenant_id = $1 and channel_account_id = $2 and holder = $3",
        tx.tenant(),
        turn.account.uuid(),
        turn.holder,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// With a fifth of its life left, at least ten minutes; one that lives shortly is renewed at half of it.
fn renew_at(now: Timestamp, until: Timestamp) -> Timestamp {
    let life = (until - now).num_seconds().max(0);
    until - chrono::Duration::seconds((life / 5).max(MARGIN_SECONDS_MIN).min(life / 2))
}

/// Full jitter. `chance` is 0 to 1000.
fn delay_seconds(attempts: i32, chance: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(1, 16) - 1).unwrap_or(0);
    let top = DELAY_SECONDS_MIN.saturating_mul(1_i64 << doublings).min(DELAY_SECONDS_MAX);
    DELAY_SECONDS_MIN.max(top * chance / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_1_renewal_comes_before_the_end() {
        let now = Timestamp::from_timestamp(1_700_000_000, 0).unwrap();
        let left = |life: i64| (now + chrono::Duration::seconds(life) - renew_at(now, now + chrono::Duration::seconds(life))).num_seconds();
        assert_eq!([4 * 3600, 7 * 86_400, 1_800, 600, 0].map(left), [2_880, 120_960, 600, 300, 0]);
        assert_eq!((delay_seconds(1, 1_000), delay_seconds(3, 1_000), delay_seconds(60, 1_000), delay_seconds(9, 0)), (30, 120, DELAY_SECONDS_MAX, DELAY_SECONDS_MIN));
    }
}
