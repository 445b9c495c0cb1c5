//! The inbox: every message as it arrived.
//! Invariant BOX-1: a message (account, message key) has one row; a repeated delivery counts and has no second effect.
//! Invariant BOX-2: the row and the effect of its message are one transaction.
//! Invariant BOX-3: forged messages cannot fill the table: beyond a number an hour they are only counted.

use kernel::{ChannelAccountId, InboxId, Timestamp};
use serde_json::Value;
use tenants::TenantTx;
use uuid::Uuid;

/// The largest message body; a larger one is quarantined with its first [`CUT_BYTES`].
pub const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
pub const CUT_BYTES: usize = 64 * 1024;
/// Messages nobody could verify (wrong signature, too large, no answer of the connector) that are kept per account and hour.
pub const FORGED_PER_HOUR_MAX: i64 = 100;
const REASON_CHARS_MAX: usize = 1_000;

/// What a message turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Applied,
    /// There is deliberately nothing to do.
    Ignored { reason: String },
    /// A person has to look. `code` is stable: bad_signature, malformed, unsupported, too_large, plugin_failed, wrong_shop, not_applicable.
    Quarantined { code: &'static str, reason: String },
}

impl Verdict {
    pub fn state(&self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Ignored { .. } => "ignored",
            Self::Quarantined { .. } => "quarantined",
        }
    }
    fn code(&self) -> Option<&'static str> {
        match self {
            Self::Quarantined { code, .. } => Some(code),
            Self::Applied | Self::Ignored { .. } => None,
        }
    }
    fn reason(&self) -> Option<String> {
        match self {
            Self::Quarantined { reason, .. } | Self::Ignored { reason } => Some(reason.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect()),
            Self::Applied => None,
        }
    }
}

/// A message with what its connector made of it.
#[derive(Clone, Debug)]
pub struct Message {
    pub id: InboxId,
    pub account: ChannelAccountId,
    /// webhook, fetched, uploaded
    pub origin: &'static str,
    /// The channel's message id, or a digest of the body.
    pub key: String,
    pub received_at: Timestamp,
    /// `[["name", "value"], ...]`, secrets removed.
    pub headers: Value,
    pub body: Vec<u8>,
    /// As received; larger than the body when it was cut.
    pub body_bytes: i64,
    pub verdict: Verdict,
}

/// How a message stands after it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub id: InboxId,
    pub account: ChannelAccountId,
    pub key: String,
    /// This delivery is the first. Otherwise only its count was raised.
    pub fresh: bool,
    /// The state before this delivery, or the verdict's when fresh.
    pub state: String,
}

impl Kept {
    /// The facts of the message have to be applied: it is new, or it lay in quarantine until now.
    pub fn has_effect(&self) -> bool {
        self.fresh || self.state == "quarantined"
    }
}

/// Keeps messages, one row each, and counts them on their accounts. The keys must differ from one another.
pub async fn keep(tx: &mut TenantTx, messages: &[Message]) -> Result<Vec<Kept>, sqlx::Error> {
    let mut sorted: Vec<&Message> = messages.iter().collect();
    // One order for everybody, so that two transactions never wait for each other crosswise.
    sorted.sort_by(|a, b| (a.account, &a.key).cmp(&(b.account, &b.key)));
    let column = |of: fn(&Message) -> String| sorted.iter().map(|m| of(m)).collect::<Vec<String>>();
    let ids: Vec<Uuid> = sorted.iter().map(|m| m.id.uuid()).collect();
    let accounts: Vec<Uuid> = sorted.iter().map(|m| m.account.uuid()).collect();
    let received: Vec<Timestamp> = sorted.iter().map(|m| m.received_at).collect();
    let headers: Vec<Value> = sorted.iter().map(|m| m.headers.clone()).collect();
    let bodies: Vec<Vec<u8>> = sorted.iter().map(|m| m.body.clone()).collect();
    let sizes: Vec<i64> = sorted.iter().map(|m| m.body_bytes).collect();
    let codes: Vec<Option<String>> = sorted.iter().map(|m| m.verdict.code().map(str::to_owned)).collect();
    let reasons: Vec<Option<String>> = sorted.iter().map(|m| m.verdict.reason()).collect();
    let rows = sqlx::query!(
        r#"with input as (
             select * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::jsonb[], $8::bytea[], $9::int8[], $10::text[], $11::text[], $12::text[])
               as i(id, account, origin, key, received_at, headers, body, body_bytes, state, code, reason)
           ), kept as (
             insert into tenant.inbox as b (tenant_id, id, channel_account_id, origin, message_key, received_at, headers, body, body_bytes, state, reason_code, reason)
             select $1, id, account, origin, key, received_at, headers, body, body_bytes, state, code, reason from input
             on conflict (tenant_id, channel_account_id, message_key) do update set deliveries = b.deliveries + 1
             returning b.id, b.channel_account_id, b.message_key, b.state
           ), counted as (
             update tenant.channel_accounts a set received = a.received + n.received, rejected = a.rejected + n.rejected,
               last_received_at = case when n.received > n.rejected then n.at else a.last_received_at end,
               last_error_at = case when n.rejected > 0 then n.at else a.last_error_at end, last_error = coalesce(n.error, a.last_error)
             from (select account, count(*) as received, count(*) filter (where state = 'quarantined') as rejected, max(received_at) as at, max(reason) filter (where state = 'quarantined') as error
                   from input group by account) n
             where a.tenant_id = $1 and a.id = n.account
           )
           select k.id as "id!", k.channel_account_id as "account!", k.message_key as "key!", k.state as "state!", exists(select from input i where i.id = k.id) as "fresh!" from kept k"#,
        tx.tenant(),
        &ids,
        &accounts,
        &column(|m| m.origin.to_owned()),
        &column(|m| m.key.clone()),
        &received,
        &headers,
        &bodies,
        &sizes,
        &column(|m| m.verdict.state().to_owned()),
        &codes as &[Option<String>],
        &reasons as &[Option<String>],
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| Kept { id: InboxId(r.id), account: ChannelAccountId(r.account), key: r.key, fresh: r.fresh, state: r.state }).collect())
}

/// A message that lay in quarantine was understood now.
pub async fn settle(tx: &mut TenantTx, id: InboxId, state: &'static str) -> Result<bool, sqlx::Error> {
    let settled = sqlx::query!(
        "update tenant.inbox set state = $3, settled_by = $4, settled_at = $5 where tenant_id = $1 and id = $2 and state = 'quarantined'",
        tx.tenant(),
        id.uuid(),
        state,
        tx.actor().who.to_string(),
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    Ok(settled.rows_affected() == 1)
}

/// How many unverified messages of the account may still be kept this hour (BOX-3).
pub async fn forged_room(tx: &mut TenantTx, account: ChannelAccountId) -> Result<i64, sqlx::Error> {
    let kept = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
             select from tenant.inbox where tenant_id = $1 and channel_account_id = $2 and state = 'quarantined' and reason_code in ('bad_signature', 'too_large', 'plugin_failed', 'no_connector') and received_at > $3 limit $4
           ) as recent"#,
        tx.tenant(),
        account.uuid(),
        tx.now() - chrono::Duration::hours(1),
        FORGED_PER_HOUR_MAX,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(FORGED_PER_HOUR_MAX - kept)
}

/// Counts a refused message that is not kept.
pub async fn count_rejected(tx: &mut TenantTx, account: ChannelAccountId, messages: i64, reason: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update tenant.channel_accounts set received = received + $3, rejected = rejected + $3, last_error_at = $4, last_error = $5 where tenant_id = $1 and id = $2",
        tx.tenant(),
        account.uuid(),
        messages,
        tx.now(),
        reason,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A message as kept, for those who look at an order's sources.
#[derive(Clone, Debug)]
pub struct RawMessage {
    pub id: InboxId,
    pub received_at: Timestamp,
    pub origin: String,
    pub key: String,
    pub headers: Value,
    pub body: Vec<u8>,
}

/// The messages that told facts of an order, newest first, at most `limit`.
pub async fn of_order(tx: &mut TenantTx, order: kernel::OrderId, limit: i64) -> Result<Vec<RawMessage>, sqlx::Error> {
    let causes = sqlx::query_scalar!(
        r#"select cause from (select distinct cause from tenant.order_facts where tenant_id = $1 and order_id = $2 and starts_with(cause, 'inb_')) c
           order by cause desc limit $3"#,
        tx.tenant(),
        order.uuid(),
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    let ids: Vec<Uuid> = causes.iter().filter_map(|cause| cause.parse::<InboxId>().ok()).map(InboxId::uuid).collect();
    let rows = sqlx::query!(
        "select id, received_at, origin, message_key, headers, body from tenant.inbox where tenant_id = $1 and id = any($2) order by id desc",
        tx.tenant(),
        &ids,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| RawMessage { id: InboxId(r.id), received_at: r.received_at, origin: r.origin, key: r.message_key, headers: r.headers, body: r.body }).collect())
}
