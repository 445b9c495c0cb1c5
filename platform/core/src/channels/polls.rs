//! How far each connected account was asked what changed. A poll works through a window of the channel's update times page
//! by page; what it brings is applied like anything else that arrives.
//! Invariant POLL-1: windows leave no gap: the next begins before the end of the last, by [`OVERLAP_MINUTES`].
//! Invariant POLL-2: a page counts as read in the transaction that applied it; a poll that dies goes on where it was.
//! Invariant POLL-3 is that of [`super::windows`]: a window that never ends is stopped.

use super::{
    reach,
    windows::{self, Reading, Step, WindowError},
};
use kernel::{ChannelAccountId, Timestamp};
use tenants::TenantTx;
use uuid::Uuid;

/// Channels index late and clocks differ: what changed shortly before the end of a window is asked for again.
pub const OVERLAP_MINUTES: i64 = 10;
/// How far before its connection the first window of an account begins.
pub const FIRST_WINDOW_HOURS: i64 = 24;
/// A worker that claimed a poll and died gives it up after so long; each page renews it.
pub const LEASE_SECONDS: i64 = 300;
/// Pages of one window at most (POLL-3).
pub const PAGES_MAX: i32 = 2_000;

/// A claimed poll: the window and the page to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    pub account: ChannelAccountId,
    pub reading: Reading,
    pub attempts: i32,
}

/// What a page said of the rest of its window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The window has another page.
    Next(Poll),
    /// The window was read up to its end, or as far as the channel allows in one; the rest is due at once.
    Done,
}

#[derive(Debug, thiserror::Error)]
pub enum PollError {
    #[error(transparent)]
    Window(#[from] WindowError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Claims the accounts whose poll is due; those that never were polled begin [`FIRST_WINDOW_HOURS`] before their connection.
/// A new window ends now, in whole seconds as channels count them.
pub async fn claim(tx: &mut TenantTx, every_seconds: i64, limit: i64) -> Result<Vec<Poll>, sqlx::Error> {
    sqlx::query!(
        "insert into tenant.polls (tenant_id, channel_account_id, since, due_at)
         select $1, a.id, date_trunc('second', a.created_at) - make_interval(hours => $2), a.created_at + make_interval(secs => $3)
         from tenant.channel_accounts a
         where a.tenant_id = $1 and a.state = 'active' and a.installation_id is not null
           and not exists (select from tenant.polls p where p.tenant_id = $1 and p.channel_account_id = a.id)
         on conflict do nothing",
        tx.tenant(),
        i32::try_from(FIRST_WINDOW_HOURS).unwrap_or(i32::MAX),
        every_seconds as f64,
    )
    .execute(tx.conn())
    .await?;
    // Whether a channel that was silent answers is found out by one at a time (LANE-2).
    let silent = sqlx::query_scalar!(
        r#"select l.channel_account_id as "account: ChannelAccountId" from tenant.errand_lanes l
           where l.tenant_id = $1 and l.failures > 0 and l.opens_at <= $2
             and exists (select from tenant.polls d where d.tenant_id = $1 and d.channel_account_id = l.channel_account_id and d.due_at <= $2)"#,
        tx.tenant(),
        tx.now(),
    )
    .fetch_all(tx.conn())
    .await?;
    let probed: Vec<Uuid> = if silent.is_empty() { Vec::new() } else { reach::probe(tx, &silent).await?.into_iter().map(ChannelAccountId::uuid).collect() };
    let rows = sqlx::query!(
        r#"with due as materialized (select d.channel_account_id from tenant.polls d
                 join tenant.channel_accounts a on a.tenant_id = $1 and a.id = d.channel_account_id and a.state = 'active' and a.installation_id is not null
                 where d.tenant_id = $1 and d.due_at <= $2
                   and (d.channel_account_id = any($5) or not exists (select from tenant.errand_lanes l where l.tenant_id = $1 and l.channel_account_id = d.channel_account_id and l.failures > 0))
                 order by d.due_at limit $4 for update of d skip locked)
           update tenant.polls p set due_at = $2::timestamptz + make_interval(secs => $3), attempts = p.attempts + 1, until = coalesce(p.until, greatest(date_trunc('second', $2::timestamptz), p.since))
           from due
           where p.tenant_id = $1 and p.channel_account_id = due.channel_account_id
           returning p.channel_account_id, p.since, p.until as "until!", p.cursor, p.pages, p.attempts"#,
        tx.tenant(),
        tx.now(),
        LEASE_SECONDS as f64,
        limit,
        &probed,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Poll { account: ChannelAccountId(r.channel_account_id), reading: Reading { since: r.since, until: r.until, cursor: r.cursor, pages: r.pages }, attempts: r.attempts })
        .collect())
}

/// A page was applied in this transaction (POLL-2). `reached` is how far the channel read when there is no further page.
pub async fn advance(tx: &mut TenantTx, poll: &Poll, next: Option<String>, reached: Timestamp, every_seconds: i64) -> Result<Progress, PollError> {
    match poll.reading.after(next, reached, PAGES_MAX)? {
        Step::Page(cursor) => {
            sqlx::query!(
                "update tenant.polls set cursor = $3, pages = pages + 1, attempts = 1, due_at = $4, last_error = null where tenant_id = $1 and channel_account_id = $2",
                tx.tenant(),
                poll.account.uuid(),
                cursor,
                tx.now() + chrono::Duration::seconds(LEASE_SECONDS),
            )
            .execute(tx.conn())
            .await?;
            let reading = Reading { cursor: Some(cursor), pages: poll.reading.pages + 1, ..poll.reading.clone() };
            Ok(Progress::Next(Poll { reading, attempts: 1, ..*poll }))
        }
        Step::End(reached) => {
            // A channel may allow less than what was asked (15 days at Shopee): the rest follows at once.
            let whole = reached >= poll.reading.until || reached == poll.reading.since;
            let since = next_since(&poll.reading, reached);
            let due = if whole { tx.now() + chrono::Duration::seconds(every_seconds) } else { tx.now() };
            sqlx::query!(
                "update tenant.polls set since = $3, until = null, cursor = null, pages = 0, attempts = 0, due_at = $4, last_error = null,
                   completed_at = case when $5 then $6 else completed_at end
                 where tenant_id = $1 and channel_account_id = $2",
                tx.tenant(),
                poll.account.uuid(),
                since,
                due,
                whole,
                tx.now(),
            )
            .execute(tx.conn())
            .await?;
            Ok(Progress::Done)
        }
    }
}

/// Where the next window begins (POLL-1). It always moves on, also when a window is shorter than the overlap.
fn next_since(window: &Reading, reached: Timestamp) -> Timestamp {
    let reached = reached.min(window.until);
    let again = reached - chrono::Duration::minutes(OVERLAP_MINUTES);
    if reached < window.until { reached } else { again.max(window.since) }
}

/// The poll failed: it is tried again later and later, from the page it was at; a window that cannot end begins anew.
pub async fn failed(tx: &mut TenantTx, poll: &Poll, error: &str, restart: bool) -> Result<(), sqlx::Error> {
    let wait = windows::later_seconds(poll.attempts);
    let error: String = error.chars().filter(|c| !c.is_control()).take(500).collect();
    sqlx::query!(
        "update tenant.polls set due_at = $3, last_error = $4, cursor = case when $5 then null else cursor end, pages = case when $5 then 0 else pages end
         where tenant_id = $1 and channel_account_id = $2",
        tx.tenant(),
        poll.account.uuid(),
        tx.now() + chrono::Duration::seconds(wait),
        error,
        restart,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(since: i64, until: i64) -> Reading {
        let at = |minutes: i64| Timestamp::from_timestamp_micros(minutes * 60_000_000).unwrap();
        Reading { since: at(since), until: at(until), cursor: None, pages: 0 }
    }

    #[test]
    fn poll_1_windows_leave_no_gap() {
        let minute = |minutes: i64| Timestamp::from_timestamp_micros(minutes * 60_000_000).unwrap();
        assert_eq!(next_since(&window(0, 100), minute(100)), minute(90), "the end is asked for again");
        assert_eq!(next_since(&window(0, 100), minute(120)), minute(90), "a channel that reads beyond leaves no gap");
        assert_eq!(next_since(&window(95, 100), minute(100)), minute(95), "a short window moves never back");
        assert_eq!(next_since(&window(0, 100), minute(40)), minute(40), "a clipped window goes on where it ended");
    }
}
