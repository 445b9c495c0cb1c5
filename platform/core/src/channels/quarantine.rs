//! Quarantine: what arrived and was not understood, with its reason, a replay button and a bin.
//! Invariant QUA-1: what leaves quarantine keeps its bytes and says who let it go.

use super::inbox;
use crate::orders::ChannelKind;
use kernel::{ChannelAccountId, InboxId, Page, PageLimit, Timestamp};
use serde_json::Value;
use tenants::rights::{ReadQuarantine, SettleQuarantine};
use tenants::{Permit, TenantTx};
use uuid::Uuid;

#[derive(Clone, Debug)]
pub struct Entry {
    pub id: InboxId,
    pub account: ChannelAccountId,
    pub account_name: String,
    pub account_kind: String,
    pub origin: String,
    pub received_at: Timestamp,
    pub reason_code: Option<String>,
    pub reason: Option<String>,
    pub body_bytes: i64,
    pub deliveries: i32,
    pub state: String,
}

/// An entry with its bytes.
#[derive(Clone, Debug)]
pub struct WholeEntry {
    pub entry: Entry,
    pub key: String,
    pub headers: Value,
    pub body: Vec<u8>,
}

impl WholeEntry {
    /// Only the beginning was kept; it cannot be replayed.
    pub fn is_cut(&self) -> bool {
        i64::try_from(self.body.len()).is_ok_and(|kept| kept < self.entry.body_bytes)
    }
    pub fn kind(&self) -> Option<ChannelKind> {
        self.entry.account_kind.parse().ok()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum QuarantineError {
    #[error("the entry is not known")]
    Unknown,
    #[error("the entry has left quarantine already: it is {0}")]
    Settled(String),
    #[error("reason is empty or longer than 500 characters")]
    BadReason,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// What stands in quarantine, newest first.
pub async fn list(tx: &mut TenantTx, _: Permit<ReadQuarantine>, account: Option<ChannelAccountId>, limit: PageLimit, after: Option<InboxId>) -> Result<Page<Entry, InboxId>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Entry,
        r#"select i.id as "id: InboxId", i.channel_account_id as "account: ChannelAccountId", a.name as account_name, a.kind as account_kind, i.origin, i.received_at,
             i.reason_code, i.reason, i.body_bytes, i.deliveries, i.state
           from tenant.inbox i join tenant.channel_accounts a on a.tenant_id = $1 and a.id = i.channel_account_id
           where i.tenant_id = $1 and i.state = 'quarantined' and ($2::uuid is null or i.channel_account_id = $2) and ($3::uuid is null or i.id < $3)
           order by i.id desc limit $4"#,
        tx.tenant(),
        account.map(ChannelAccountId::uuid) as Option<Uuid>,
        after.map(InboxId::uuid) as Option<Uuid>,
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Page::from_fetched(rows, limit, |entry| entry.id))
}

/// One entry with its bytes, whatever became of it.
pub async fn get(tx: &mut TenantTx, _: Permit<ReadQuarantine>, id: InboxId) -> Result<WholeEntry, QuarantineError> {
    let row = sqlx::query!(
        "select i.id, i.channel_account_id, a.name, a.kind, i.origin, i.received_at, i.reason_code, i.reason, i.body_bytes, i.deliveries, i.state, i.message_key, i.headers, i.body
         from tenant.inbox i join tenant.channel_accounts a on a.tenant_id = $1 and a.id = i.channel_account_id
         where i.tenant_id = $1 and i.id = $2 and i.reason_code is not null",
        tx.tenant(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or(QuarantineError::Unknown)?;
    Ok(WholeEntry {
        entry: Entry {
            id: InboxId(row.id),
            account: ChannelAccountId(row.channel_account_id),
            account_name: row.name,
            account_kind: row.kind,
            origin: row.origin,
            received_at: row.received_at,
            reason_code: row.reason_code,
            reason: row.reason,
            body_bytes: row.body_bytes,
            deliveries: row.deliveries,
            state: row.state,
        },
        key: row.message_key,
        headers: row.headers,
        body: row.body,
    })
}

/// Puts an entry into the bin: nothing will be made of it. Its bytes stay.
pub async fn discard(tx: &mut TenantTx, _: Permit<SettleQuarantine>, id: InboxId, reason: &str) -> Result<(), QuarantineError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > 500 || reason.chars().any(char::is_control) {
        return Err(QuarantineError::BadReason);
    }
    if !inbox::settle(tx, id, "discarded").await? {
        return Err(settled(tx, id).await?);
    }
    tenants::audit::write(tx, "quarantine.discarded", Some(&id), serde_json::json!({"reason": reason})).await?;
    Ok(())
}

/// Takes an entry out because it was understood now. Call in the transaction that applies its facts.
pub async fn replayed(tx: &mut TenantTx, _: Permit<SettleQuarantine>, id: InboxId) -> Result<(), QuarantineError> {
    if !inbox::settle(tx, id, "replayed").await? {
        return Err(settled(tx, id).await?);
    }
    tenants::audit::write(tx, "quarantine.replayed", Some(&id), Value::Null).await?;
    Ok(())
}

/// A replay failed again: the entry stays, with the reason of now.
pub async fn failed_again(tx: &mut TenantTx, _: Permit<SettleQuarantine>, id: InboxId, code: &str, reason: &str) -> Result<(), sqlx::Error> {
    let reason: String = reason.chars().filter(|c| !c.is_control()).take(1_000).collect();
    sqlx::query!(
        "update tenant.inbox set reason_code = $3, reason = $4 where tenant_id = $1 and id = $2 and state = 'quarantined'",
        tx.tenant(),
        id.uuid(),
        code,
        reason,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn settled(tx: &mut TenantTx, id: InboxId) -> Result<QuarantineError, sqlx::Error> {
    let state = sqlx::query_scalar!("select state from tenant.inbox where tenant_id = $1 and id = $2", tx.tenant(), id.uuid()).fetch_optional(tx.conn()).await?;
    Ok(state.map_or(QuarantineError::Unknown, QuarantineError::Settled))
}
