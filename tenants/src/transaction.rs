//! The tenant transaction: the only way to tenant rows.
//! Invariant TEN-1: `SET LOCAL app.tenant` runs in the same round trip as BEGIN, so no statement ever runs without it.

use crate::{Actor, secrets::Vault};
use kernel::{TenantId, Timestamp};
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, Transaction};
use std::sync::Arc;
use uuid::Uuid;

/// A transaction in which row security shows one tenant's rows. Rolled back unless committed.
pub struct TenantTx {
    tx: Transaction<'static, Postgres>,
    actor: Actor,
    now: Timestamp,
    vault: Option<Arc<Vault>>,
}

/// How statements of a transaction are planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plans {
    AsPostgresChooses,
    /// Once a connection, whatever the values are. Planning the statement that makes orders takes longer than running it, and
    /// PostgreSQL plans it anew each time, since it cannot see that arrays of unknown length are short. For statements that
    /// find everything through keys.
    Once,
}

impl TenantTx {
    pub(crate) async fn begin(shard: &PgPool, actor: Actor, now: Timestamp, vault: Option<Arc<Vault>>, plans: Plans) -> Result<Self, sqlx::Error> {
        // SET LOCAL takes no parameter. This is the one place where SQL is made from a value, and the value is a Uuid,
        // whose text is hex digits and dashes.
        let tenant: Uuid = actor.tenant.uuid();
        let plans = match plans {
            Plans::AsPostgresChooses => "",
            Plans::Once => "; SET LOCAL plan_cache_mode = force_generic_plan",
        };
        let tx = shard.begin_with(AssertSqlSafe(format!("BEGIN; SET LOCAL app.tenant = '{tenant}'{plans}"))).await?;
        Ok(Self { tx, actor, now, vault })
    }

    pub fn tenant(&self) -> Uuid {
        self.actor.tenant.uuid()
    }
    pub fn tenant_id(&self) -> TenantId {
        self.actor.tenant
    }
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
    /// The instant this transaction is at. Rules take it from here and never look at a clock.
    pub fn now(&self) -> Timestamp {
        self.now
    }
    /// What seals and opens this tenant's secrets; `None` when no master key is configured.
    pub(crate) fn vault(&self) -> Option<Arc<Vault>> {
        self.vault.clone()
    }
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.tx
    }
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.tx.commit().await
    }
}
