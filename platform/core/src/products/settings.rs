//! Whether orders wait for their listings to be mapped, and the rounds in which those that wait are looked at again.
//! Invariant SETTLE-MAP-1: after a mapping the orders that wait are looked through at once, and once more when whatever was
//! under way meanwhile has ended: an order that came in beside the mapping is not forgotten.

use kernel::Timestamp;
use serde_json::json;
use tenants::rights::{ManageProducts, ReadProducts};
use tenants::{Permit, TenantTx, audit};

/// Longer than any transaction that takes orders in.
pub const UNDER_WAY_SECONDS: i64 = 60;

/// `version` 0: nobody said anything yet, and nothing waits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MappingSettings {
    /// Orders made from then on wait.
    pub required_since: Option<Timestamp>,
    pub version: i64,
}

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("the settings were changed meanwhile: they are at version {0} now")]
    Stale(i64),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

pub async fn get(tx: &mut TenantTx, _: Permit<ReadProducts>) -> Result<MappingSettings, sqlx::Error> {
    current(tx).await
}

async fn current(tx: &mut TenantTx) -> Result<MappingSettings, sqlx::Error> {
    let row = sqlx::query_as!(MappingSettings, "select required_since, version from tenant.mapping_settings where tenant_id = $1", tx.tenant()).fetch_optional(tx.conn()).await?;
    Ok(row.unwrap_or_default())
}

/// Turns the waiting on, for orders made from `since` on, or off: then every order that waits goes on. No order is being
/// taken in meanwhile.
pub async fn set(tx: &mut TenantTx, _: Permit<ManageProducts>, seen: i64, required: bool, since: Timestamp) -> Result<MappingSettings, SettingsError> {
    let before = current(tx).await?;
    if before.version != seen {
        return Err(SettingsError::Stale(before.version));
    }
    let since = required.then(|| before.required_since.unwrap_or(since));
    let written = sqlx::query!(
        "insert into tenant.mapping_settings as s (tenant_id, required_since, version, updated_at) values ($1, $2, 1, $3)
         on conflict (tenant_id) do update set required_since = excluded.required_since, updated_at = excluded.updated_at, version = s.version + 1 where s.version = $4",
        tx.tenant(),
        since,
        tx.now(),
        seen,
    )
    .execute(tx.conn())
    .await?;
    if written.rows_affected() == 0 {
        return Err(SettingsError::Stale(current(tx).await?.version));
    }
    settle_soon(tx).await?;
    audit::write(tx, "mapping_settings.changed", None, json!({"required": required})).await?;
    Ok(current(tx).await?)
}

/// Has the orders that wait looked through: now, and again when what is under way has ended (SETTLE-MAP-1).
pub async fn settle_soon(tx: &mut TenantTx) -> Result<(), sqlx::Error> {
    let (now, until) = (tx.now(), tx.now() + chrono::Duration::seconds(UNDER_WAY_SECONDS));
    sqlx::query!("update tenant.mapping_settings set settle_at = $2, settle_until = $3 where tenant_id = $1", tx.tenant(), now, until).execute(tx.conn()).await?;
    Ok(())
}

/// Whether a round is due; the instant is handed to [`settled`] when it is over.
pub async fn due(tx: &mut TenantTx) -> Result<Option<Timestamp>, sqlx::Error> {
    let due = sqlx::query_scalar!(r#"select settle_at as "at!" from tenant.mapping_settings where tenant_id = $1 and settle_at <= $2"#, tx.tenant(), tx.now());
    due.fetch_optional(tx.conn()).await
}

/// A round that began at `began` is over, unless somebody asked for another meanwhile.
pub async fn settled(tx: &mut TenantTx, due: Timestamp, began: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update tenant.mapping_settings set settle_at = case when settle_until > $3 then settle_until end where tenant_id = $1 and settle_at = $2",
        tx.tenant(),
        due,
        began,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
