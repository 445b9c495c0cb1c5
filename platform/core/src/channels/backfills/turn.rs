//! One turn of a backfill: a worker claims it, reads some pages of it and lets go.
//! Invariants BACKFILL-1, BACKFILL-2 and BACKFILL-4 are kept here.

use super::super::{
    reach,
    windows::{self, Brought, Reading, Step, WindowError},
};
use crate::orders::ChannelKind;
use kernel::{BackfillId, ChannelAccountId, Timestamp};
use tenants::TenantTx;
use uuid::Uuid;

/// A period is read a day at a time: how far it got is seen, and lists stay short.
pub const WINDOW_HOURS: i64 = 24;
/// A worker that claimed a backfill and died gives it up after so long; each page renews it.
pub const LEASE_SECONDS: i64 = 300;
/// Pages of one window at most (POLL-3).
pub const PAGES_MAX: i32 = 10_000;
/// A backfill that fails so often in a row is given up: the last try is some ten hours after the first.
pub const TRIES_MAX: i32 = 12;

/// A backfill held by a worker: the window and the page to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    pub id: BackfillId,
    pub account: ChannelAccountId,
    pub holder: Uuid,
    pub reading: Reading,
    /// The end of the period.
    pub until: Timestamp,
    pub kind: ChannelKind,
    pub attempts: i32,
}

/// What a page said of the rest of the period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    Next(Claimed),
    /// The period was read.
    Done,
    /// It was cancelled, or another worker has taken over: what the page told is true all the same, and counted by nobody.
    Lost,
}

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Window(#[from] WindowError),
    #[error("the channel read nothing of the window that begins at {0}")]
    StandsStill(Timestamp),
    #[error("a stored channel account has an unknown kind")]
    UnknownKind,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Claims backfills that are due, of active accounts whose poll is not (BACKFILL-4). Commit before asking the channel.
pub async fn claim(tx: &mut TenantTx, limit: i64) -> Result<Vec<Claimed>, ReadError> {
    // Whether a channel that was silent answers is found out by one at a time (LANE-2).
    let silent = sqlx::query_scalar!(
        r#"select l.channel_account_id as "account: ChannelAccountId" from tenant.errand_lanes l
           where l.tenant_id = $1 and l.failures > 0 and l.opens_at <= $2
             and exists (select from tenant.backfills b where b.tenant_id = $1 and b.channel_account_id = l.channel_account_id and b.state in ('queued', 'running') and b.due_at <= $2)
             and not exists (select from tenant.polls p where p.tenant_id = $1 and p.channel_account_id = l.channel_account_id and p.due_at <= $2)"#,
        tx.tenant(),
        tx.now(),
    )
    .fetch_all(tx.conn())
    .await?;
    let probed: Vec<Uuid> = if silent.is_empty() { Vec::new() } else { reach::probe(tx, &silent).await?.into_iter().map(ChannelAccountId::uuid).collect() };
    let holder = Uuid::new_v4();
    let rows = sqlx::query!(
        r#"with due as materialized (select b.id, a.kind from tenant.backfills b
                 join tenant.channel_accounts a on a.tenant_id = $1 and a.id = b.channel_account_id and a.state = 'active' and a.installation_id is not null
                 where b.tenant_id = $1 and b.state in ('queued', 'running') and b.due_at <= $2
                   and not exists (select from tenant.polls p where p.tenant_id = $1 and p.channel_account_id = b.channel_account_id and p.due_at <= $2)
                   and (b.channel_account_id = any($5) or not exists (select from tenant.errand_lanes l where l.tenant_id = $1 and l.channel_account_id = b.channel_account_id and l.failures > 0))
                 order by b.due_at limit $4 for update of b skip locked)
           update tenant.backfills f set state = 'running', holder = $6, due_at = $2::timestamptz + make_interval(secs => $3), attempts = f.attempts + 1
           from due
           where f.tenant_id = $1 and f.id = due.id
           returning f.id as "id: BackfillId", f.channel_account_id as "account: ChannelAccountId", f.until, f.reached, f.window_until, f.cursor, f.window_pages, f.attempts, due.kind as "kind!""#,
        tx.tenant(),
        tx.now(),
        LEASE_SECONDS as f64,
        limit,
        &probed,
        holder,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind: ChannelKind = row.kind.parse().map_err(|_| ReadError::UnknownKind)?;
            let until = row.window_until.unwrap_or_else(|| window_end(row.reached, row.until, kind));
            let reading = Reading { since: row.reached, until, cursor: row.cursor, pages: row.window_pages };
            Ok(Claimed { id: row.id, account: row.account, holder, reading, until: row.until, kind, attempts: row.attempts })
        })
        .collect()
}

/// Where the window that begins at `since` ends. KiotViet knows no end of a window: cut up, each piece would bring all that came
/// after it, so there the period is one window.
fn window_end(since: Timestamp, until: Timestamp, kind: ChannelKind) -> Timestamp {
    if kind == ChannelKind::Kiotviet { until } else { until.min(since + chrono::Duration::hours(WINDOW_HOURS)) }
}

/// A page was applied in this transaction (BACKFILL-2). `reached` is how far the channel read when there is no further page.
pub async fn advance(tx: &mut TenantTx, claimed: &Claimed, next: Option<String>, reached: Timestamp, brought: Brought) -> Result<Progress, ReadError> {
    let next = match claimed.reading.after(next, reached, PAGES_MAX)? {
        Step::Page(cursor) => Reading { cursor: Some(cursor), pages: claimed.reading.pages + 1, ..claimed.reading.clone() },
        Step::End(reached) if reached <= claimed.reading.since => return Err(ReadError::StandsStill(reached)),
        // The next window begins where this one ended (BACKFILL-1), also where a channel allows less than was asked.
        Step::End(reached) => Reading { since: reached, until: window_end(reached, claimed.until, claimed.kind), cursor: None, pages: 0 },
    };
    let done = next.since >= claimed.until;
    let now = tx.now();
    let kept = sqlx::query!(
        "update tenant.backfills set reached = $4, cursor = $5, window_until = case when $5::text is null then null::timestamptz else $6 end, window_pages = $7, pages = pages + 1, orders = orders + $8,
           orders_new = orders_new + $9, facts = facts + $10, attempts = 1, due_at = $11, error_code = null, error = null,
           state = case when $12 then 'done' else state end, ended_at = case when $12 then $13::timestamptz end, holder = case when $12 then null else holder end
         where tenant_id = $1 and id = $2 and holder = $3 and state = 'running'",
        tx.tenant(),
        claimed.id.uuid(),
        claimed.holder,
        next.since,
        next.cursor.as_deref(),
        next.until,
        next.pages,
        brought.orders,
        brought.orders_new,
        brought.facts,
        now + chrono::Duration::seconds(LEASE_SECONDS),
        done,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(match (kept.rows_affected(), done) {
        (0, _) => Progress::Lost,
        (_, true) => Progress::Done,
        (_, false) => Progress::Next(Claimed { reading: next, attempts: 1, ..claimed.clone() }),
    })
}

/// The backfill waits for another try, later and later, from the page it was at; a window that cannot end begins anew. What was
/// tried [`TRIES_MAX`] times, and what the channel has no answer to, is given up and says why.
pub async fn failed(tx: &mut TenantTx, claimed: &Claimed, code: &str, error: &str, restart: bool) -> Result<(), sqlx::Error> {
    let over = claimed.attempts >= TRIES_MAX || code == "plugin.unsupported";
    let now = tx.now();
    sqlx::query!(
        "update tenant.backfills set due_at = $4, holder = null, error_code = $5, error = $6, cursor = case when $7 then null else cursor end, window_until = case when $7 then null else window_until end,
           window_pages = case when $7 then 0 else window_pages end, state = case when $8 then 'failed' else state end, ended_at = case when $8 then $9::timestamptz end
         where tenant_id = $1 and id = $2 and holder = $3 and state = 'running'",
        tx.tenant(),
        claimed.id.uuid(),
        claimed.holder,
        now + chrono::Duration::seconds(windows::later_seconds(claimed.attempts)),
        code,
        reach::short(error),
        restart,
        over,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Lets go of a backfill that goes on when others had their turn.
pub async fn release(tx: &mut TenantTx, claimed: &Claimed) -> Result<bool, sqlx::Error> {
    let released = sqlx::query!(
        "update tenant.backfills set holder = null, due_at = $4, attempts = 0 where tenant_id = $1 and id = $2 and holder = $3 and state = 'running'",
        tx.tenant(),
        claimed.id.uuid(),
        claimed.holder,
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    Ok(released.rows_affected() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(hours: i64) -> Timestamp {
        Timestamp::from_timestamp_micros(hours * 3_600_000_000).unwrap()
    }

    #[test]
    fn backfill_1_windows_are_the_period_and_leave_no_gap() {
        let windows = |until: i64, kind| {
            let (mut since, mut cut) = (hour(0), Vec::new());
            while since < hour(until) {
                let end = window_end(since, hour(until), kind);
                cut.push(end);
                since = end;
            }
            cut
        };
        assert_eq!(windows(60, ChannelKind::Shopee), [hour(24), hour(48), hour(60)]);
        assert_eq!(windows(24, ChannelKind::Shopee), [hour(24)]);
        assert_eq!(windows(60, ChannelKind::Kiotviet), [hour(60)]);
    }

    #[test]
    fn a_backfill_is_tried_for_some_ten_hours() {
        let hours: i64 = (1..TRIES_MAX).map(windows::later_seconds).sum::<i64>() / 3600;
        assert!((8..16).contains(&hours), "{hours}");
    }
}
