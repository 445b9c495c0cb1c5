//! Connect, change, pause and disconnect channel accounts.

use super::{
    account::{ACCOUNTS_MAX, AccountState},
    backfills,
};
use crate::orders::ChannelKind;
use kernel::{ChannelAccountId, Currency, HookId, InstallationId};
use std::collections::BTreeMap;
use tenants::rights::ManageChannels;
use tenants::{Permit, TenantTx};
use uuid::Uuid;

pub const SETTINGS_MAX: usize = 50;
pub const SETTING_CHARS_MAX: usize = 2_000;

#[derive(Clone, Debug)]
pub struct NewAccount {
    pub id: ChannelAccountId,
    pub kind: ChannelKind,
    pub name: String,
    pub shop: Option<String>,
    pub currency: Option<Currency>,
    pub settings: BTreeMap<String, String>,
    pub installation: Option<InstallationId>,
    pub hook: Option<HookId>,
}

/// What to change; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct AccountChange {
    pub name: Option<String>,
    pub shop: Option<String>,
    pub currency: Option<Currency>,
    pub settings: Option<BTreeMap<String, String>>,
    pub installation: Option<InstallationId>,
    pub hook: Option<HookId>,
    /// Paused or active again. Disconnecting is [`disconnect`].
    pub paused: Option<bool>,
}

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("name is empty, longer than 120 characters or holds a control character")]
    BadName,
    #[error("shop is longer than 200 characters or holds a control character")]
    BadShop,
    #[error("settings has more than {SETTINGS_MAX} entries, a value longer than {SETTING_CHARS_MAX} characters or one with a control character")]
    BadSettings,
    #[error("this shop is connected already")]
    ShopConnected,
    #[error("the tenant has {ACCOUNTS_MAX} channel accounts, which is the most it may have")]
    TooMany,
    #[error("the installation is not known")]
    UnknownInstallation,
    #[error("the channel account is not known")]
    Unknown,
    #[error("the channel account is disconnected; connect the shop again")]
    Disconnected,
    #[error(transparent)]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for ConnectError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(|e| e.constraint()) {
            Some("channel_accounts_shop") => Self::ShopConnected,
            Some(constraint) if constraint.contains("installation_id") => Self::UnknownInstallation,
            _ => Self::Database(error),
        }
    }
}

fn checked_name(name: &str) -> Result<&str, ConnectError> {
    let name = name.trim();
    let plain = (1..=120).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if plain { Ok(name) } else { Err(ConnectError::BadName) }
}

fn checked_shop(shop: &Option<String>) -> Result<Option<&str>, ConnectError> {
    let shop = shop.as_deref().map(str::trim).filter(|s| !s.is_empty());
    if shop.is_some_and(|s| s.chars().count() > 200 || s.chars().any(char::is_control)) { Err(ConnectError::BadShop) } else { Ok(shop) }
}

fn checked_settings(settings: &BTreeMap<String, String>) -> Result<serde_json::Value, ConnectError> {
    let bad = |text: &str| text.chars().count() > SETTING_CHARS_MAX || text.chars().any(|c| c.is_control() && c != '\n');
    if settings.len() > SETTINGS_MAX || settings.iter().any(|(key, value)| key.len() > 100 || bad(key) || bad(value)) {
        return Err(ConnectError::BadSettings);
    }
    Ok(settings.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect::<serde_json::Map<_, _>>().into())
}

/// Connects a shop. The hook was made before (see `tenants::hooks`).
pub async fn connect(tx: &mut TenantTx, _: Permit<ManageChannels>, new: &NewAccount) -> Result<(), ConnectError> {
    let (name, shop, settings) = (checked_name(&new.name)?, checked_shop(&new.shop)?, checked_settings(&new.settings)?);
    let count = sqlx::query_scalar!(r#"select count(*) as "count!" from tenant.channel_accounts where tenant_id = $1"#, tx.tenant()).fetch_one(tx.conn()).await?;
    if count >= ACCOUNTS_MAX {
        return Err(ConnectError::TooMany);
    }
    sqlx::query!(
        "insert into tenant.channel_accounts (tenant_id, id, kind, name, shop, installation_id, hook_id, settings, currency, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        tx.tenant(),
        new.id.uuid(),
        new.kind.word(),
        name,
        shop,
        new.installation.map(InstallationId::uuid) as Option<Uuid>,
        new.hook.map(HookId::uuid) as Option<Uuid>,
        settings,
        new.currency.map(Currency::code) as Option<&str>,
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Changes an account that is not disconnected.
pub async fn change(tx: &mut TenantTx, _: Permit<ManageChannels>, id: ChannelAccountId, change: &AccountChange) -> Result<(), ConnectError> {
    let name = change.name.as_deref().map(checked_name).transpose()?;
    let shop = checked_shop(&change.shop)?;
    let settings = change.settings.as_ref().map(checked_settings).transpose()?;
    let state = change.paused.map(|paused| if paused { AccountState::Paused } else { AccountState::Active }.word());
    let changed = sqlx::query!(
        "update tenant.channel_accounts set name = coalesce($3, name), shop = coalesce($4, shop), settings = coalesce($5, settings),
           currency = coalesce($6, currency), installation_id = coalesce($7, installation_id), hook_id = coalesce($8, hook_id),
           state = coalesce($9, state), state_reason = case when $9 is null then state_reason end
         where tenant_id = $1 and id = $2 and state <> 'disconnected'",
        tx.tenant(),
        id.uuid(),
        name,
        shop,
        settings,
        change.currency.map(Currency::code) as Option<&str>,
        change.installation.map(InstallationId::uuid) as Option<Uuid>,
        change.hook.map(HookId::uuid) as Option<Uuid>,
        state,
    )
    .execute(tx.conn())
    .await?;
    if changed.rows_affected() == 1 {
        return Ok(());
    }
    Err(if exists(tx, id).await? { ConnectError::Disconnected } else { ConnectError::Unknown })
}

/// Ends the connection. The account and its orders stay; its hook is revoked by the caller. Repeating it changes nothing.
pub async fn disconnect(tx: &mut TenantTx, _: Permit<ManageChannels>, id: ChannelAccountId) -> Result<Option<HookId>, ConnectError> {
    let hook = sqlx::query_scalar!(
        "update tenant.channel_accounts set state = 'disconnected', state_reason = $3 where tenant_id = $1 and id = $2 returning hook_id",
        tx.tenant(),
        id.uuid(),
        "disconnected by a person",
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or(ConnectError::Unknown)?;
    sqlx::query!("delete from tenant.fetches where tenant_id = $1 and channel_account_id = $2", tx.tenant(), id.uuid()).execute(tx.conn()).await?;
    backfills::end_of_account(tx, id).await?;
    Ok(hook.map(HookId))
}

/// The channel itself withdrew its authorization: the account pauses and says why.
pub async fn pause_by_channel(tx: &mut TenantTx, id: ChannelAccountId, reason: &str) -> Result<(), sqlx::Error> {
    let reason: String = reason.chars().filter(|c| !c.is_control()).take(500).collect();
    sqlx::query!(
        "update tenant.channel_accounts set state = 'paused', state_reason = $3, last_error = $3, last_error_at = $4
         where tenant_id = $1 and id = $2 and state = 'active'",
        tx.tenant(),
        id.uuid(),
        reason,
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The channel told settings of the account itself, such as the id of the shop. They stand beside the others.
pub async fn learn(tx: &mut TenantTx, id: ChannelAccountId, told: &[(String, String)]) -> Result<(), sqlx::Error> {
    let told: serde_json::Value = told.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect::<serde_json::Map<_, _>>().into();
    sqlx::query!("update tenant.channel_accounts set settings = settings || $3 where tenant_id = $1 and id = $2 and state <> 'disconnected'", tx.tenant(), id.uuid(), told)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The channel let us in again: what was paused for its sake goes on.
pub async fn resume(tx: &mut TenantTx, id: ChannelAccountId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update tenant.channel_accounts set state = 'active', state_reason = null, last_error = null, last_error_at = null where tenant_id = $1 and id = $2 and state <> 'disconnected'",
        tx.tenant(),
        id.uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn exists(tx: &mut TenantTx, id: ChannelAccountId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"select exists(select from tenant.channel_accounts where tenant_id = $1 and id = $2) as "exists!""#, tx.tenant(), id.uuid())
        .fetch_one(tx.conn())
        .await
}
