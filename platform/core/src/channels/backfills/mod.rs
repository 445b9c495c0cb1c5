//! Backfills: a channel account is asked for what changed in a period somebody chose. The period is worked through window by
//! window and page by page, as the poll works through its own; what a page brings is applied like anything else that arrives.
//! Invariant BACKFILL-1: the windows of a backfill leave no gap and are the whole period; what was known changes nothing again.
//! Invariant BACKFILL-2: a page counts as read in the transaction that applied it, once; a backfill that dies goes on where it was.
//! Invariant BACKFILL-3: an account has one open backfill, and no period begins before [`DAYS_BACK_MAX`] or ends in the future.
//! Invariant BACKFILL-4: the poll goes first: while one of the account is due, its backfill waits.

mod turn;

pub use turn::{Claimed, LEASE_SECONDS, PAGES_MAX, Progress, ReadError, TRIES_MAX, WINDOW_HOURS, advance, claim, failed, release};

use super::{
    account::{self, AccountState, ChannelAccount},
    windows::Brought,
};
use crate::orders::ChannelKind;
use chrono::SubsecRound as _;
use kernel::{BackfillId, ChannelAccountId, Page, PageLimit, Timestamp};
use tenants::rights::{ManageChannels, ReadChannels};
use tenants::{Permit, TenantTx};
use uuid::Uuid;

/// How far back a period may begin: two years, one of which may be a leap year.
pub const DAYS_BACK_MAX: i64 = 731;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackfillState {
    Queued,
    Running,
    Done,
    Cancelled,
    Failed,
}

impl BackfillState {
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
    fn of(word: &str) -> Self {
        match word {
            "queued" => Self::Queued,
            "running" => Self::Running,
            "done" => Self::Done,
            "cancelled" => Self::Cancelled,
            _ => Self::Failed,
        }
    }
    pub fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

/// A backfill as people see it.
#[derive(Clone, Debug)]
pub struct Backfill {
    pub id: BackfillId,
    pub account: ChannelAccountId,
    pub since: Timestamp,
    pub until: Timestamp,
    /// Everything of the period before was read.
    pub reached: Timestamp,
    pub pages: i64,
    pub brought: Brought,
    pub state: BackfillState,
    pub attempts: i32,
    pub due_at: Timestamp,
    pub asked_by: String,
    pub asked_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub error_code: Option<String>,
    pub error: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum BackfillError {
    #[error("the channel account or the backfill is not known")]
    Unknown,
    #[error("the account is {0}: older orders are brought in by an active one")]
    NotActive(&'static str),
    #[error("this account has no connector that can be asked for older orders")]
    NothingToAsk,
    #[error("the period has to begin before it ends")]
    Backwards,
    #[error("the period ends in the future")]
    InTheFuture,
    #[error("the period may begin {DAYS_BACK_MAX} days ago at most")]
    TooFarBack,
    #[error("older orders of this account are being brought in already")]
    AskedAlready,
    #[error("the backfill is {0}: there is nothing to cancel")]
    Ended(&'static str),
    #[error(transparent)]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for BackfillError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(|e| e.constraint()) {
            Some("backfills_open") => Self::AskedAlready,
            _ => Self::Database(error),
        }
    }
}

/// Asks for what changed at the channel between two instants (BACKFILL-3).
pub async fn ask(tx: &mut TenantTx, _: Permit<ManageChannels>, account: ChannelAccountId, since: Timestamp, until: Timestamp) -> Result<BackfillId, BackfillError> {
    let known = account::get(tx, account).await?.ok_or(BackfillError::Unknown)?;
    if !keeps_the_past(&known) {
        return Err(BackfillError::NothingToAsk);
    }
    if known.state != AccountState::Active {
        return Err(BackfillError::NotActive(known.state.word()));
    }
    let (since, until) = period(since, until, tx.now())?;
    let id = BackfillId::new();
    let (tenant, now, by) = (tx.tenant(), tx.now(), tx.actor().who.to_string());
    sqlx::query!(
        "insert into tenant.backfills (tenant_id, id, channel_account_id, since, until, reached, state, due_at, asked_by, asked_at) values ($1, $2, $3, $4, $5, $4, 'queued', $6, $7, $6)",
        tenant,
        id.uuid(),
        account.uuid(),
        since,
        until,
        now,
        by,
    )
    .execute(tx.conn())
    .await?;
    Ok(id)
}

/// Whether the channel of an account has a list of older orders. Chats and providers of tax documents keep none: their
/// connectors answer that nothing changed.
pub fn keeps_the_past(account: &ChannelAccount) -> bool {
    account.installation.is_some() && !matches!(account.kind, ChannelKind::Chat | ChannelKind::Einvoice)
}

/// The period in whole seconds, as channels count them: it loses nothing at either end.
fn period(since: Timestamp, until: Timestamp, now: Timestamp) -> Result<(Timestamp, Timestamp), BackfillError> {
    if since >= until {
        return Err(BackfillError::Backwards);
    }
    if until > now {
        return Err(BackfillError::InTheFuture);
    }
    if since < now - chrono::Duration::days(DAYS_BACK_MAX) {
        return Err(BackfillError::TooFarBack);
    }
    let whole = until.trunc_subsecs(0);
    Ok((since.trunc_subsecs(0), if whole < until { whole + chrono::Duration::seconds(1) } else { whole }))
}

/// Ends an open backfill; a page under way still comes in, and no further one is asked for.
pub async fn cancel(tx: &mut TenantTx, permit: Permit<ManageChannels>, account: ChannelAccountId, id: BackfillId) -> Result<Backfill, BackfillError> {
    let cancelled = sqlx::query!(
        "update tenant.backfills set state = 'cancelled', ended_at = $4, holder = null where tenant_id = $1 and channel_account_id = $2 and id = $3 and state in ('queued', 'running')",
        tx.tenant(),
        account.uuid(),
        id.uuid(),
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    let found = managed(tx, permit, account, id).await?.ok_or(BackfillError::Unknown)?;
    if cancelled.rows_affected() == 0 { Err(BackfillError::Ended(found.state.word())) } else { Ok(found) }
}

/// The connection of an account ended: what was not read yet never will be.
pub(super) async fn end_of_account(tx: &mut TenantTx, account: ChannelAccountId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update tenant.backfills set state = 'failed', ended_at = $3, holder = null, error_code = 'disconnected', error = 'the channel account was disconnected'
         where tenant_id = $1 and channel_account_id = $2 and state in ('queued', 'running')",
        tx.tenant(),
        account.uuid(),
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

struct Row {
    id: BackfillId,
    account: ChannelAccountId,
    since: Timestamp,
    until: Timestamp,
    reached: Timestamp,
    pages: i64,
    orders: i64,
    orders_new: i64,
    facts: i64,
    state: String,
    attempts: i32,
    due_at: Timestamp,
    asked_by: String,
    asked_at: Timestamp,
    ended_at: Option<Timestamp>,
    error_code: Option<String>,
    error: Option<String>,
}

impl From<Row> for Backfill {
    fn from(row: Row) -> Self {
        let Row { id, account, since, until, reached, pages, orders, orders_new, facts, state, attempts, due_at, asked_by, asked_at, ended_at, error_code, error } = row;
        let (brought, state) = (Brought { orders, orders_new, facts }, BackfillState::of(&state));
        Self { id, account, since, until, reached, pages, brought, state, attempts, due_at, asked_by, asked_at, ended_at, error_code, error }
    }
}

/// One backfill of an account.
pub async fn get(tx: &mut TenantTx, _: Permit<ReadChannels>, account: ChannelAccountId, id: BackfillId) -> Result<Option<Backfill>, sqlx::Error> {
    find(tx, account, id).await
}

/// The same for whoever may ask for one.
pub async fn managed(tx: &mut TenantTx, _: Permit<ManageChannels>, account: ChannelAccountId, id: BackfillId) -> Result<Option<Backfill>, sqlx::Error> {
    find(tx, account, id).await
}

async fn find(tx: &mut TenantTx, account: ChannelAccountId, id: BackfillId) -> Result<Option<Backfill>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        r#"select id as "id: BackfillId", channel_account_id as "account: ChannelAccountId", since, until, reached, pages, orders, orders_new, facts, state, attempts, due_at,
             asked_by, asked_at, ended_at, error_code, error
           from tenant.backfills where tenant_id = $1 and channel_account_id = $2 and id = $3"#,
        tx.tenant(),
        account.uuid(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Backfill::from))
}

/// The backfills of an account, newest first.
pub async fn of_account(tx: &mut TenantTx, _: Permit<ReadChannels>, account: ChannelAccountId, limit: PageLimit, after: Option<BackfillId>) -> Result<Page<Backfill, BackfillId>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id as "id: BackfillId", channel_account_id as "account: ChannelAccountId", since, until, reached, pages, orders, orders_new, facts, state, attempts, due_at,
             asked_by, asked_at, ended_at, error_code, error
           from tenant.backfills where tenant_id = $1 and channel_account_id = $2 and ($3::uuid is null or id < $3) order by id desc limit $4"#,
        tx.tenant(),
        account.uuid(),
        after.map(BackfillId::uuid) as Option<Uuid>,
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Page::from_fetched(rows.into_iter().map(Backfill::from).collect(), limit, |backfill| backfill.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(hours: i64) -> Timestamp {
        Timestamp::from_timestamp_micros(hours * 3_600_000_000).unwrap()
    }

    #[test]
    fn backfill_3_a_period_has_limits_and_loses_nothing_to_rounding() {
        let now = hour(24 * 1_000);
        let back = |days: i64| now - chrono::Duration::days(days);
        let half = chrono::Duration::milliseconds(500);
        assert!(matches!(period(back(1), back(1), now), Err(BackfillError::Backwards)));
        assert!(matches!(period(back(1), now + half, now), Err(BackfillError::InTheFuture)));
        assert!(matches!(period(back(DAYS_BACK_MAX) - half, now, now), Err(BackfillError::TooFarBack)));
        assert_eq!(period(back(DAYS_BACK_MAX), now, now).unwrap(), (back(DAYS_BACK_MAX), now));
        let second = chrono::Duration::seconds(1);
        assert_eq!(period(back(2) + half, back(1) + half, now).unwrap(), (back(2), back(1) + second));
    }
}
