//! Whether the channel of an account answers, and who may find out. Everything that asks channels goes by it: errands, fetches, polls.
//! Invariant LANE-2: a channel that was silent once is asked once more, by one; while it does not answer, its account sends one
//! request in [`CLOSED_SECONDS_MIN`] at most, whoever sends it.

use kernel::ChannelAccountId;
use rand::Rng;
use tenants::TenantTx;
use uuid::Uuid;

pub const CLOSED_SECONDS_MIN: i64 = 5;
/// A channel that is back is found within this, and a fifth more.
const CLOSED_SECONDS_MAX: i64 = 30;
const ERROR_CHARS_MAX: usize = 500;

/// Lets one of those who would ask find out, of the accounts among these whose channel was silent and may be tried again. The
/// others wait at least as long as a silent channel is left alone. Commit before calling out.
pub async fn probe(tx: &mut TenantTx, accounts: &[ChannelAccountId]) -> Result<Vec<ChannelAccountId>, sqlx::Error> {
    let accounts: Vec<Uuid> = accounts.iter().map(|account| account.uuid()).collect();
    sqlx::query_scalar!(
        r#"update tenant.errand_lanes set opens_at = $3::timestamptz + make_interval(secs => $4)
           where tenant_id = $1 and channel_account_id = any($2) and failures > 0 and opens_at <= $3 returning channel_account_id as "account: ChannelAccountId""#,
        tx.tenant(),
        &accounts,
        tx.now(),
        CLOSED_SECONDS_MIN as f64,
    )
    .fetch_all(tx.conn())
    .await
}

/// The channel answers.
pub async fn answered(tx: &mut TenantTx, account: ChannelAccountId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update tenant.errand_lanes set failures = 0, opens_at = least(opens_at, $3) where tenant_id = $1 and channel_account_id = $2 and failures > 0",
        tx.tenant(),
        account.uuid(),
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The channel does not answer: nothing is sent for a while, longer each time (LANE-2).
pub async fn silent(tx: &mut TenantTx, account: ChannelAccountId, error: &str) -> Result<(), sqlx::Error> {
    let failures = sqlx::query_scalar!(
        "insert into tenant.errand_lanes as l (tenant_id, channel_account_id, opens_at, failures, failed_at, error) values ($1, $2, $3, 1, $3, $4)
         on conflict (tenant_id, channel_account_id) do update set failures = l.failures + 1, failed_at = excluded.failed_at, error = excluded.error returning failures",
        tx.tenant(),
        account.uuid(),
        tx.now(),
        short(error),
    )
    .fetch_one(tx.conn())
    .await?;
    let closed = closed_millis(failures, rand::rng().random_range(0..=1_000));
    sqlx::query!(
        "update tenant.errand_lanes set opens_at = $3 where tenant_id = $1 and channel_account_id = $2",
        tx.tenant(),
        account.uuid(),
        // From the end of the call, not from its beginning.
        chrono::Utc::now().max(tx.now()) + chrono::Duration::milliseconds(closed),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(ERROR_CHARS_MAX).collect()
}

/// A first silence may be one bad answer of many. From the second on never shorter than [`CLOSED_SECONDS_MIN`]; doubled with each, with
/// up to a fifth more, so that accounts do not come back together.
fn closed_millis(failures: i32, chance: i64) -> i64 {
    if failures <= 1 {
        return 0;
    }
    let doublings = u32::try_from(failures.clamp(2, 10) - 2).unwrap_or(0);
    let whole = (CLOSED_SECONDS_MIN << doublings).min(CLOSED_SECONDS_MAX) * 1_000;
    whole + whole * chance / 5_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lane_2_a_silent_channel_is_left_alone_for_five_seconds_at_least() {
        assert_eq!([1, 2, 3, 4, 5, 100].map(|failures| closed_millis(failures, 0)), [0, 5_000, 10_000, 20_000, 30_000, 30_000]);
        assert_eq!(closed_millis(2, 1_000), 6_000);
        assert!((0..=1_000).all(|chance| closed_millis(2, chance) >= CLOSED_SECONDS_MIN * 1_000));
    }
}
