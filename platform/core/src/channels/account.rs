//! A channel account as people see it, with its health.

use crate::orders::{ChannelKind, Source};
use kernel::{ChannelAccountId, HookId, InstallationId, Timestamp};
use serde_json::Value;
use tenants::TenantTx;
use uuid::Uuid;

/// Accounts a tenant may have.
pub const ACCOUNTS_MAX: i64 = 500;
/// An account that failed and has received nothing since is failing for so long.
const FAILING_HOURS: i64 = 24;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    Active,
    Paused,
    Disconnected,
}

impl AccountState {
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Disconnected => "disconnected",
        }
    }
    fn of(word: &str) -> Self {
        match word {
            "active" => Self::Active,
            "paused" => Self::Paused,
            _ => Self::Disconnected,
        }
    }
}

#[derive(Clone, Debug)]
pub struct ChannelAccount {
    pub id: ChannelAccountId,
    pub kind: ChannelKind,
    pub name: String,
    pub shop: Option<String>,
    pub installation: Option<InstallationId>,
    pub hook: Option<HookId>,
    pub settings: Value,
    pub currency: Option<String>,
    pub state: AccountState,
    pub state_reason: Option<String>,
    pub created_at: Timestamp,
    pub health: Health,
}

impl ChannelAccount {
    pub fn source(&self) -> Source {
        Source { account: self.id, kind: self.kind }
    }
}

/// How an account does, from what it received and what waits.
#[derive(Clone, Debug)]
pub struct Health {
    pub received: i64,
    pub rejected: i64,
    pub quarantined: i64,
    pub pending_fetches: i64,
    pub last_received_at: Option<Timestamp>,
    /// When the channel was last asked for everything that changed.
    pub polled_at: Option<Timestamp>,
    pub last_error_at: Option<Timestamp>,
    pub last_error: Option<String>,
}

impl Health {
    /// `paused`, `failing`, `waiting` (nothing arrived yet) or `healthy`.
    pub fn word(&self, state: AccountState, now: Timestamp) -> &'static str {
        let fresh = |at: Timestamp| now - at < chrono::Duration::hours(FAILING_HOURS);
        match (state, self.last_error_at, self.last_received_at) {
            (AccountState::Paused | AccountState::Disconnected, ..) => "paused",
            (_, Some(failed), received) if fresh(failed) && received.is_none_or(|at| at < failed) => "failing",
            (_, _, None) => "waiting",
            _ => "healthy",
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a stored channel account has the unknown kind {0:?}")]
pub struct UnreadableAccount(String);

/// One account, `None` when the tenant has no such account.
pub async fn get(tx: &mut TenantTx, id: ChannelAccountId) -> Result<Option<ChannelAccount>, sqlx::Error> {
    Ok(select(tx, Some(id)).await?.pop())
}

/// All accounts of the tenant, oldest first.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<ChannelAccount>, sqlx::Error> {
    select(tx, None).await
}

async fn select(tx: &mut TenantTx, id: Option<ChannelAccountId>) -> Result<Vec<ChannelAccount>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select a.id, a.kind, a.name, a.shop, a.installation_id, a.hook_id, a.settings, a.currency, a.state, a.state_reason, a.created_at,
             a.received, a.rejected,
             -- an account without a connector is alive when it has orders
             case when a.installation_id is null then coalesce(a.last_received_at, (select o.created_at from tenant.orders o where o.tenant_id = $1 and o.channel_account_id = a.id order by o.placed_at desc limit 1)) else a.last_received_at end as last_received_at,
             (select p.completed_at from tenant.polls p where p.tenant_id = $1 and p.channel_account_id = a.id) as polled_at, a.last_error_at, a.last_error,
             (select count(*) from tenant.inbox i where i.tenant_id = $1 and i.channel_account_id = a.id and i.state = 'quarantined') as "quarantined!",
             (select count(*) from tenant.fetches f where f.tenant_id = $1 and f.channel_account_id = a.id) as "pending_fetches!"
           from tenant.channel_accounts a
           where a.tenant_id = $1 and ($2::uuid is null or a.id = $2) order by a.created_at, a.id limit $3"#,
        tx.tenant(),
        id.map(ChannelAccountId::uuid) as Option<Uuid>,
        ACCOUNTS_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ChannelAccount {
                id: ChannelAccountId(row.id),
                kind: row.kind.parse().map_err(|_| sqlx::Error::Decode(Box::new(UnreadableAccount(row.kind.clone()))))?,
                name: row.name,
                shop: row.shop,
                installation: row.installation_id.map(InstallationId),
                hook: row.hook_id.map(HookId),
                settings: row.settings,
                currency: row.currency,
                state: AccountState::of(&row.state),
                state_reason: row.state_reason,
                created_at: row.created_at,
                health: Health {
                    received: row.received,
                    rejected: row.rejected,
                    quarantined: row.quarantined,
                    pending_fetches: row.pending_fetches,
                    last_received_at: row.last_received_at,
                    polled_at: row.polled_at,
                    last_error_at: row.last_error_at,
                    last_error: row.last_error,
                },
            })
        })
        .collect()
}

/// Remembers that something about the account went wrong: shown in its health until something arrives again.
pub async fn note_error(tx: &mut TenantTx, id: ChannelAccountId, error: &str) -> Result<(), sqlx::Error> {
    let error: String = error.chars().filter(|c| !c.is_control()).take(500).collect();
    sqlx::query!(
        "update tenant.channel_accounts set last_error_at = $3, last_error = $4 where tenant_id = $1 and id = $2",
        tx.tenant(),
        id.uuid(),
        tx.now(),
        error,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_says_what_a_person_would() {
        let now = Timestamp::from_timestamp_micros(1_700_000_000_000_000).unwrap();
        let ago = |hours| Some(now - chrono::Duration::hours(hours));
        let health = |received, failed| {
            Health { received: 0, rejected: 0, quarantined: 0, pending_fetches: 0, last_received_at: received, polled_at: None, last_error_at: failed, last_error: None }.word(AccountState::Active, now)
        };
        assert_eq!(health(None, None), "waiting");
        assert_eq!(health(ago(1), None), "healthy");
        assert_eq!(health(ago(2), ago(1)), "failing");
        assert_eq!(health(ago(1), ago(2)), "healthy");
        assert_eq!(health(ago(90), ago(80)), "healthy");
        assert_eq!(health(None, ago(1)), "failing");
    }
}
