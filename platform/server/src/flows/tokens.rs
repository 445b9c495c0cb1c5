//! Renewing the access tokens of accounts before they end, and at once when a channel refuses one.
//! Invariants TOKEN-1 to TOKEN-5 hold: see `switchyard_core::channels::tokens` and `switchyard_host::exchange`.

use super::accounts::Ready;
use crate::app::App;
use chrono::TimeDelta;
use kernel::{ChannelAccountId, TenantId, Timestamp};
use secrecy::SecretSlice;
use std::{sync::Arc, time::Duration};
use switchyard_core::channels::{
    connect,
    tokens::{self, Turn, Wanted},
};
use switchyard_host::{
    AccountContext, CallFailure, Exchange, Tokens,
    exchange::{ACCESS_TOKEN, REFRESH_TOKEN},
};
use tenants::{
    Actor, RightSet, TenantTx, audit,
    secrets::{self, Owner, SecretError},
};
use tokio_util::sync::CancellationToken;

const ROUND_EVERY: Duration = Duration::from_secs(15);
const CLAIM_MAX: i64 = 20;
/// How long who comes second waits for the outcome of a renewal, and how often they look.
const PATIENCE: Duration = Duration::from_secs(40);
const LOOK_EVERY: Duration = Duration::from_millis(150);
/// A token that was replaced is good for so long: requests under way end, and Shopee's own lives five minutes more.
const OLD_ACCESS_MINUTES: i64 = 10;
/// The old renewing token stays until the next renewal used the new one; when nobody knows when that is, so long.
const OLD_REFRESH_HOURS: i64 = 24;
const OLD_REFRESH_DAYS_MAX: i64 = 8;
/// How often one call looks for newer tokens.
const NEWER_MAX: u32 = 2;
/// New tokens are in memory only until they are written, and their predecessors may be void: writing is tried hard.
const WRITES_MAX: u32 = 8;

/// Works until told to stop.
pub async fn run(app: App, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(ROUND_EVERY) => {}
        }
        match super::rounds::all_tenants(&app).await {
            Ok(tenants) => {
                for tenant in tenants {
                    if stop.is_cancelled() {
                        return;
                    }
                    if let Err(error) = round(&app, tenant).await {
                        tracing::warn!(tenant.id = %tenant, error = format!("{error:#}"), "renewing tokens of tenant {tenant} failed");
                    }
                }
            }
            Err(error) => tracing::debug!(error = %error, "the renewal could not look through the tenants"),
        }
    }
}

fn actor(tenant: TenantId) -> Actor {
    Actor::system(tenant, "tokens", RightSet::default())
}

/// Renews what is due of one tenant. Returns how many accounts were tried.
pub async fn round(app: &App, tenant: TenantId) -> anyhow::Result<usize> {
    let mut tx = app.directory.begin(&actor(tenant)).await?;
    let due = tokens::due(&mut tx, CLAIM_MAX).await?;
    drop(tx);
    let mut tried = 0;
    for (account, seen) in due {
        // What failed is written down and comes again later.
        if let Err(failure) = renew(app, tenant, account, seen).await? {
            tracing::info!(channel.account = %account, "the tokens of {account} could not be renewed: {failure}");
        }
        tried += 1;
    }
    Ok(tried)
}

/// Renews the tokens of an account, unless there are newer ones than those of the generation `seen`. Many callers at once
/// cause one exchange, over all servers (TOKEN-1).
pub async fn renew(app: &App, tenant: TenantId, account: ChannelAccountId, seen: i64) -> anyhow::Result<Result<(), CallFailure>> {
    let began = tokio::time::Instant::now();
    loop {
        let mut tx = app.directory.begin(&actor(tenant)).await?;
        let wanted = tokens::turn(&mut tx, account, seen).await?;
        tx.commit().await?;
        match wanted {
            Wanted::Renewed => {
                app.accounts.forget(tenant, account).await;
                return Ok(Ok(()));
            }
            Wanted::Lost => return Ok(Err(CallFailure::new("plugin.unauthorized", "the channel refuses our authorization: connect the account again"))),
            Wanted::Busy if began.elapsed() > PATIENCE => return Ok(Err(CallFailure::new("plugin.retryable", "the tokens are being renewed"))),
            Wanted::Busy => tokio::time::sleep(LOOK_EVERY).await,
            Wanted::Yours(turn) => return take_turn(app, tenant, turn).await,
        }
    }
}

/// The account with newer tokens, when a call with those known here was refused and there are, or come to be, newer ones.
/// `tried`: how often this was asked for one call. What another server renewed meanwhile may be old again, so twice.
/// A renewal that only has to wait makes the call one that has to wait.
pub async fn newer_if_refused<T>(app: &App, tenant: TenantId, ready: &Ready, told: &mut Result<T, CallFailure>, tried: u32) -> anyhow::Result<Option<Arc<Ready>>> {
    if tried >= NEWER_MAX || told.as_ref().err().is_none_or(|failure| failure.code != "plugin.unauthorized") {
        return Ok(None);
    }
    match renew(app, tenant, ready.account.id, ready.generation).await? {
        Ok(()) => {
            let now = app.accounts.of_tenant(app, tenant, ready.account.id).await?;
            Ok(now.filter(|now| now.generation > ready.generation && now.context.is_some()))
        }
        Err(failure) => {
            tracing::info!(channel.account = %ready.account.id, "a refused token could not be renewed: {failure}");
            if failure.is_passing() || failure.code == "host.failed" {
                *told = Err(CallFailure::new("plugin.retryable", format!("a new token was not to be had: {}", failure.message)));
            }
            Ok(None)
        }
    }
}

async fn take_turn(app: &App, tenant: TenantId, turn: Turn) -> anyhow::Result<Result<(), CallFailure>> {
    // As it is now, not as it was remembered: the secrets of the generation whose turn this is.
    app.accounts.forget(tenant, turn.account).await;
    let ready = app.accounts.of_tenant(app, tenant, turn.account).await?;
    let outcome = match ready.as_ref().and_then(|ready| ready.context.as_ref()) {
        Some(context) => trade(app, context).await,
        None => Err(CallFailure::new("host.unavailable", "the account has no active connector")),
    };
    let outcome = match outcome {
        Ok(Some(tokens)) => return Ok(write(app, tenant, turn, &tokens).await),
        Ok(None) => {
            let mut tx = app.directory.begin(&actor(tenant)).await?;
            tokens::nothing_to_renew(&mut tx, turn).await?;
            tx.commit().await?;
            return Ok(Err(CallFailure::new("plugin.unauthorized", "this connection has nothing to renew")));
        }
        Err(failure) => failure,
    };
    let lost = outcome.code == "plugin.unauthorized";
    let mut tx = app.directory.begin(&actor(tenant)).await?;
    tokens::failed(&mut tx, turn, &outcome.to_string(), lost).await?;
    if lost {
        connect::pause_by_channel(&mut tx, turn.account, &format!("the channel gives no new token, connect the account again: {}", outcome.message)).await?;
    }
    tx.commit().await?;
    app.accounts.forget(tenant, turn.account).await;
    Ok(Err(outcome))
}

/// Asks the connector how, and does it. A channel that refuses the newest renewing token is asked with the one before: a
/// write that was lost on the channel's side leaves that one good.
async fn trade(app: &App, context: &AccountContext) -> Result<Option<Tokens>, CallFailure> {
    let Some(exchange): Option<Exchange> = app.host.renewal(context).await? else { return Ok(None) };
    let refused = match app.host.carry_out(context, &exchange).await {
        Err(failure) if failure.code == "plugin.unauthorized" => failure,
        other => return other.map(Some),
    };
    let older = context.secrets.get(REFRESH_TOKEN).map(|values| &values[1.min(values.len())..]).unwrap_or_default();
    for value in older.iter().take(1) {
        let mut before = (*context.secrets).clone();
        before.insert(REFRESH_TOKEN.to_owned(), vec![value.clone()]);
        let context = AccountContext { secrets: Arc::new(before), ..context.clone() };
        if let Ok(tokens) = app.host.carry_out(&context, &exchange).await {
            return Ok(Some(tokens));
        }
    }
    Err(refused)
}

/// Writes new tokens and the end of the renewal in one transaction (TOKEN-5).
async fn write(app: &App, tenant: TenantId, turn: Turn, tokens: &Tokens) -> Result<(), CallFailure> {
    let mut last = String::new();
    for attempt in 0..WRITES_MAX {
        match try_write(app, tenant, turn, tokens).await {
            Ok(true) => {
                app.accounts.forget(tenant, turn.account).await;
                return Ok(());
            }
            Ok(false) => return Err(CallFailure::new("host.failed", "another renewal came in between")),
            Err(error) => last = format!("{error:#}"),
        }
        tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
    }
    tracing::error!(channel.account = %turn.account, error = last, "new tokens of {} could not be written and are lost", turn.account);
    Err(CallFailure::new("host.failed", "the new tokens could not be written"))
}

async fn try_write(app: &App, tenant: TenantId, turn: Turn, told: &Tokens) -> anyhow::Result<bool> {
    let mut tx = app.directory.begin(&actor(tenant)).await?;
    if !tokens::renewed(&mut tx, turn, told.access_until, told.refresh_until).await? {
        return Ok(false);
    }
    keep(&mut tx, turn.account, told).await?;
    tx.commit().await?;
    Ok(true)
}

/// Puts tokens and settings where they belong.
pub async fn keep(tx: &mut TenantTx, account: ChannelAccountId, told: &Tokens) -> anyhow::Result<()> {
    let owner = Owner::ChannelAccount(account);
    for (name, value) in &told.secrets {
        let value: SecretSlice<u8> = value.expose().to_vec().into();
        let old = if name == ACCESS_TOKEN { TimeDelta::minutes(OLD_ACCESS_MINUTES) } else { old_refresh(tx.now(), told.access_until) };
        match secrets::put(tx, owner, name, &value, Some(old)).await {
            // More live values than are kept: the newest counts.
            Err(SecretError::TooManyVersions) => secrets::put(tx, owner, name, &value, None).await?,
            other => other?,
        }
    }
    if !told.settings.is_empty() {
        connect::learn(tx, account, &told.settings).await?;
    }
    audit::write(tx, "channel.tokens_renewed", Some(&account), serde_json::json!({"secrets": told.secrets.iter().map(|(name, _)| name).collect::<Vec<_>>(), "settings": told.settings.iter().map(|(key, _)| key).collect::<Vec<_>>()})).await?;
    Ok(())
}

fn old_refresh(now: Timestamp, access_until: Option<Timestamp>) -> TimeDelta {
    let life = access_until.map_or(TimeDelta::hours(OLD_REFRESH_HOURS), |until| until - now);
    life.clamp(TimeDelta::minutes(OLD_ACCESS_MINUTES), TimeDelta::days(OLD_REFRESH_DAYS_MAX))
}
