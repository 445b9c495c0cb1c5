//! The address book of webhooks: an unguessable id leads to one tenant and one of its channel accounts.
//! Invariant HOOK-1: an unknown and a revoked hook are the same: not found.
//! Create the hook first, then the channel account that names it: a hook without its account leads nowhere and harms nobody.

use crate::{Directory, Permit, rights::ManageChannels, Actor};
use kernel::{ChannelAccountId, HookId, TenantId};
use moka::future::Cache;
use std::time::Duration;

/// How long another server may still honour a hook that was just revoked.
const STALE_MAX: Duration = Duration::from_secs(5);

/// Where a hook leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookTarget {
    pub tenant: TenantId,
    pub account: ChannelAccountId,
    /// Kind of the account's channel, for choosing the connector before any tenant row is read.
    pub connector: String,
}

/// The address book with its cache. Cheap to clone.
#[derive(Clone)]
pub struct Hooks {
    directory: Directory,
    known: Cache<HookId, Option<HookTarget>>,
}

impl Hooks {
    pub fn new(directory: Directory) -> Self {
        Self { directory, known: Cache::builder().max_capacity(100_000).time_to_live(STALE_MAX).build() }
    }

    /// Where the hook leads; `None` when there is no such hook. Also remembers that there is none, for a while.
    pub async fn find(&self, hook: HookId) -> Result<Option<HookTarget>, sqlx::Error> {
        if let Some(known) = self.known.get(&hook).await {
            return Ok(known);
        }
        let found = sqlx::query_as!(
            HookTarget,
            r#"select h.tenant_id as "tenant: TenantId", h.channel_account_id as "account: ChannelAccountId", h.connector
               from control.hooks h join control.tenants t on t.id = h.tenant_id
               where h.id = $1 and h.revoked_at is null and t.state = 'active'"#,
            hook.uuid(),
        )
        .fetch_optional(self.directory.control())
        .await?;
        self.known.insert(hook, found.clone()).await;
        Ok(found)
    }

    /// A new hook for one of the actor's channel accounts.
    pub async fn create(&self, actor: &Actor, _: Permit<ManageChannels>, account: ChannelAccountId, connector: &str) -> Result<HookId, sqlx::Error> {
        let hook = HookId::new();
        sqlx::query!(
            "insert into control.hooks (id, tenant_id, channel_account_id, connector) values ($1, $2, $3, $4)",
            hook.uuid(),
            actor.tenant.uuid(),
            account.uuid(),
            connector,
        )
        .execute(self.directory.control())
        .await?;
        Ok(hook)
    }

    /// Stops a hook of the actor's tenant. To rotate: create, store the new id on the account, revoke the old one.
    pub async fn revoke(&self, actor: &Actor, _: Permit<ManageChannels>, hook: HookId) -> Result<bool, sqlx::Error> {
        let revoked = sqlx::query!(
            "update control.hooks set revoked_at = now() where id = $1 and tenant_id = $2 and revoked_at is null",
            hook.uuid(),
            actor.tenant.uuid(),
        )
        .execute(self.directory.control())
        .await?
        .rows_affected();
        self.known.invalidate(&hook).await;
        Ok(revoked > 0)
    }
}
