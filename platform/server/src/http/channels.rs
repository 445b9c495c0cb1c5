//! Channel accounts: connect a shop, look after it, hand in documents of its channel.

use super::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path, body_bytes},
    problem::Problem,
    quarantine::busy,
};
use crate::{
    app::App,
    flows::{
        intake::Outcome,
        reception::{self, Arrived},
    },
};
use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{ChannelAccountId, Currency, InboxId, InstallationId, OrderId};
use secrecy::SecretSlice;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use switchyard_core::{
    channels::{
        ChannelAccount, account, backfills,
        connect::{self, AccountChange, ConnectError, NewAccount},
        inbox::BODY_BYTES_MAX,
        lanes::{self, Backlog},
        tokens::{self, Standing},
    },
    orders::ChannelKind,
};
use switchyard_host::{
    Method, Origin,
    installation::{self, InstallError},
    manifest::Manifest,
};
use tenants::{
    Actor, Permit, RightSet, TenantTx, audit,
    plugins::{self, CatalogueRow},
    rights::{InstallPlugins, ManageChannels, ReadChannels, SettleQuarantine},
    secrets::{self, Owner, SecretError},
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, change, disconnect))
        .routes(routes!(set_secret))
        .routes(routes!(rotate_hook))
        .routes(routes!(hand_in))
        .routes(routes!(connectors))
}

impl From<ConnectError> for Problem {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::BadName => Self::field("/name", "invalid_value", error.to_string()),
            ConnectError::BadShop => Self::field("/shop", "invalid_value", error.to_string()),
            ConnectError::BadSettings => Self::field("/settings", "invalid_value", error.to_string()),
            ConnectError::UnknownInstallation => Self::field("/installation_id", "unknown", error.to_string()),
            ConnectError::ShopConnected => Self::conflict("shop_connected", error.to_string()),
            ConnectError::TooMany => Self::conflict("too_many", error.to_string()),
            ConnectError::Disconnected => Self::conflict("disconnected", error.to_string()),
            ConnectError::Unknown => Self::not_found(),
            ConnectError::Database(error) => Self::internal(error),
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
struct SecretView {
    name: String,
    /// Live versions: more than one during a rotation.
    versions: i64,
    set_at: DateTime<Utc>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct HealthView {
    /// `healthy`, `waiting`, `failing`, `paused`
    state: String,
    received: i64,
    rejected: i64,
    quarantined: i64,
    pending_fetches: i64,
    last_received_at: Option<DateTime<Utc>>,
    /// When the channel was last asked for everything that changed.
    polled_at: Option<DateTime<Utc>>,
    last_error_at: Option<DateTime<Utc>>,
    last_error: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ChannelAccount)]
struct AccountView {
    id: String,
    kind: String,
    name: String,
    shop: Option<String>,
    currency: Option<String>,
    /// `active`, `paused`, `disconnected`
    state: String,
    state_reason: Option<String>,
    /// Where the channel sends its webhooks; null for accounts without a connector.
    hook_url: Option<String>,
    settings: BTreeMap<String, String>,
    secrets: Vec<SecretView>,
    installation_id: Option<String>,
    /// The name of its connector's plugin.
    connector: Option<String>,
    health: HealthView,
    /// What its channel was asked to do; null without a connector.
    errands: Option<BacklogView>,
    /// How long its tokens live; null while nothing is known of it.
    tokens: Option<TokensView>,
    /// Whether its channel can be asked for older orders.
    keeps_the_past: bool,
    created_at: DateTime<Utc>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ErrandBacklog)]
struct BacklogView {
    waiting: i64,
    failed: i64,
    /// The oldest that waits.
    oldest_at: Option<DateTime<Utc>>,
    /// `closed` while the channel answers, `open` while errands wait because it does not
    breaker: &'static str,
    /// When it is tried next.
    opens_at: Option<DateTime<Utc>>,
    last_error_at: Option<DateTime<Utc>>,
    last_error: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ChannelTokens)]
struct TokensView {
    access_until: Option<DateTime<Utc>>,
    refresh_until: Option<DateTime<Utc>>,
    renewed_at: Option<DateTime<Utc>>,
    /// When they are renewed next.
    renews_at: Option<DateTime<Utc>>,
    /// The channel gives no new token: a person has to connect the account again.
    needs_reconnecting: bool,
    error: Option<String>,
}

async fn backlog(tx: &mut TenantTx, of: &ChannelAccount) -> Result<Option<BacklogView>, Problem> {
    if of.installation.is_none() {
        return Ok(None);
    }
    let Backlog { waiting, failed, oldest_at, failures, opens_at, error, failed_at } = lanes::backlog(tx, of.id).await?;
    Ok(Some(BacklogView { waiting, failed, oldest_at, breaker: if failures > 0 { "open" } else { "closed" }, opens_at, last_error_at: failed_at, last_error: error }))
}

async fn token_standing(tx: &mut TenantTx, of: &ChannelAccount) -> Result<Option<TokensView>, Problem> {
    if of.installation.is_none() {
        return Ok(None);
    }
    let known = tokens::standing(tx, of.id).await?;
    Ok((known != Standing::default()).then(|| TokensView {
        access_until: known.access_until,
        refresh_until: known.refresh_until,
        renewed_at: known.renewed_at,
        renews_at: known.due_at,
        needs_reconnecting: known.lost,
        error: known.error,
    }))
}

async fn view(app: &App, tx: &mut TenantTx, of: ChannelAccount) -> Result<AccountView, Problem> {
    let secrets = secrets::list(tx, Owner::ChannelAccount(of.id)).await?;
    let (errands, tokens) = (backlog(tx, &of).await?, token_standing(tx, &of).await?);
    let connector = match of.installation {
        Some(id) => Some(installation::find(tx, id).await.map_err(install_problem)?.name),
        None => None,
    };
    let now = tx.now();
    Ok(AccountView {
        connector,
        errands,
        tokens,
        keeps_the_past: backfills::keeps_the_past(&of),
        id: of.id.to_string(),
        kind: of.kind.word().to_owned(),
        hook_url: of.hook.map(|hook| format!("{}/hooks/{hook}", app.config.public_url)),
        settings: serde_json::from_value(of.settings).unwrap_or_default(),
        secrets: secrets.into_iter().map(|s| SecretView { name: s.name, versions: s.live_versions, set_at: s.set_at }).collect(),
        installation_id: of.installation.map(|id| id.to_string()),
        health: HealthView {
            state: of.health.word(of.state, now).to_owned(),
            received: of.health.received,
            rejected: of.health.rejected,
            quarantined: of.health.quarantined,
            pending_fetches: of.health.pending_fetches,
            last_received_at: of.health.last_received_at,
            polled_at: of.health.polled_at,
            last_error_at: of.health.last_error_at,
            last_error: of.health.last_error,
        },
        name: of.name,
        shop: of.shop,
        currency: of.currency,
        state: of.state.word().to_owned(),
        state_reason: of.state_reason,
        created_at: of.created_at,
    })
}

async fn one(app: &App, tx: &mut TenantTx, id: ChannelAccountId) -> Result<AccountView, Problem> {
    let found = account::get(tx, id).await?.ok_or_else(Problem::not_found)?;
    view(app, tx, found).await
}

#[derive(Serialize, utoipa::ToSchema)]
struct AccountList {
    data: Vec<AccountView>,
}

/// All channel accounts of the tenant with their health.
#[utoipa::path(get, path = "/channel-accounts", tag = "channels", responses((status = 200, description = "oldest first", body = AccountList), Guarded))]
async fn list(State(app): State<App>, Allowed { actor, .. }: Allowed<ReadChannels>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let mut data = Vec::new();
    for found in account::list(&mut tx).await? {
        data.push(view(&app, &mut tx, found).await?);
    }
    Ok(axum::Json(AccountList { data }).into_response())
}

/// One channel account.
#[utoipa::path(get, path = "/channel-accounts/{id}", tag = "channels", params(("id" = String, Path)), responses((status = 200, description = "the account", body = AccountView), Guarded, Absent))]
async fn get(State(app): State<App>, Allowed { actor, .. }: Allowed<ReadChannels>, Path(id): Path<ChannelAccountId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    Ok(axum::Json(one(&app, &mut tx, id).await?).into_response())
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AccountForm {
    kind: String,
    name: String,
    /// The channel's id of the shop.
    shop: Option<String>,
    currency: Option<String>,
    #[serde(default)]
    settings: BTreeMap<String, String>,
    #[serde(default)]
    secrets: BTreeMap<String, String>,
    /// The connector to use; the bundled one of the kind when left out.
    installation_id: Option<String>,
    /// The name of a bundled connector, where several serve a kind: chat has `meta`, `line` and `zalo`, and may have none.
    connector: Option<String>,
}

/// Connects a shop.
#[utoipa::path(post, path = "/channel-accounts", tag = "channels", request_body = AccountForm, responses((status = 201, description = "the account", body = AccountView), Guarded, Written, Conflicting))]
async fn create(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageChannels>, Json(form): Json<AccountForm>) -> Result<Response, Problem> {
    let kind: ChannelKind = form.kind.parse().map_err(|e: switchyard_core::orders::source::UnknownChannelKind| Problem::field("/kind", "invalid_value", e.to_string()))?;
    let currency = currency(&form.currency)?;
    let named = form.installation_id.as_deref().map(installation_id).transpose()?;
    let id = ChannelAccountId::new();
    if kind.is_direct() && named.is_none() && form.connector.is_none() {
        if !form.secrets.is_empty() {
            return Err(Problem::field("/secrets", "invalid_value", format!("a {kind} account has no connector and keeps no secrets")));
        }
        let mut tx = app.directory.begin(&actor).await?;
        let new = NewAccount { id, kind, name: form.name, shop: form.shop, currency, settings: form.settings, installation: None, hook: None };
        return connected(&app, &actor, permit, tx_connect(&mut tx, permit, &new, &form.secrets).await, tx, id, None).await;
    }
    let bundled = match (named, form.connector.as_deref()) {
        (Some(_), Some(_)) => return Err(Problem::field("/connector", "invalid_value", "must be left out, since installation_id says which connector it is")),
        (Some(_), None) => None,
        (None, name) => Some(connector_of(&app, &actor, kind, name).await?.ok_or_else(|| match name {
            Some(name) => Problem::field("/connector", "unknown", format!("there is no bundled connector {name:?} for {kind}: GET /api/v1/connectors lists them")),
            None => Problem::field("/kind", "no_connector", format!("there is no bundled connector for {kind}: name an installation_id")),
        })?),
    };
    let hook = app.identity.hooks.create(&actor, permit, id, kind.word()).await?;
    let mut tx = app.directory.begin(&actor).await?;
    let made = async {
        let installation = match (named, &bundled) {
            (Some(installation), _) => installation,
            // What the product brings along may be installed by whoever may connect a channel.
            (None, Some(row)) => installation::bundled(&mut tx, product_permit(&actor)?, row).await.map_err(install_problem)?.id,
            (None, None) => return Err(Problem::not_found()),
        };
        check_required(&mut tx, installation, &form).await?;
        let new = NewAccount { id, kind, name: form.name.clone(), shop: form.shop.clone(), currency, settings: form.settings.clone(), installation: Some(installation), hook: Some(hook) };
        tx_connect(&mut tx, permit, &new, &form.secrets).await
    };
    let made = made.await;
    connected(&app, &actor, permit, made, tx, id, Some(hook)).await
}

/// Commits a connection, or revokes its hook: a hook without its account leads nowhere.
async fn connected(app: &App, actor: &Actor, permit: Permit<ManageChannels>, made: Result<(), Problem>, mut tx: TenantTx, id: ChannelAccountId, hook: Option<kernel::HookId>) -> Result<Response, Problem> {
    let done = async {
        made?;
        let view = one(app, &mut tx, id).await?;
        tx.commit().await?;
        Ok(view)
    };
    match done.await {
        Ok(view) => Ok((StatusCode::CREATED, axum::Json(view)).into_response()),
        Err(problem) => {
            if let Some(hook) = hook {
                app.identity.hooks.revoke(actor, permit, hook).await?;
            }
            Err(problem)
        }
    }
}

async fn tx_connect(tx: &mut TenantTx, permit: Permit<ManageChannels>, new: &NewAccount, secrets: &BTreeMap<String, String>) -> Result<(), Problem> {
    connect::connect(tx, permit, new).await?;
    for (name, value) in secrets {
        put_secret(tx, new.id, name, value, None).await?;
    }
    audit::write(tx, "channel.connected", Some(&new.id), serde_json::json!({"kind": new.kind.word(), "name": new.name, "shop": new.shop, "secrets": secrets.keys().collect::<Vec<_>>()})).await?;
    Ok(())
}

async fn put_secret(tx: &mut TenantTx, id: ChannelAccountId, name: &str, value: &str, keep_old: Option<TimeDelta>) -> Result<(), Problem> {
    let value: SecretSlice<u8> = value.as_bytes().to_vec().into();
    secrets::put(tx, Owner::ChannelAccount(id), name, &value, keep_old).await.map_err(|error| match error {
        SecretError::Database(error) => Problem::internal(error),
        SecretError::Vault(error) => Problem::internal(error),
        other => Problem::field(format!("/secrets/{name}"), "invalid_value", other.to_string()),
    })
}

fn product_permit(actor: &Actor) -> Result<Permit<InstallPlugins>, Problem> {
    Ok(Actor::system(actor.tenant, "channels", RightSet::all()).may::<InstallPlugins>()?)
}

fn install_problem(error: InstallError) -> Problem {
    match error {
        InstallError::NotFound => Problem::field("/installation_id", "unknown", "there is no such installation"),
        InstallError::TooMany => Problem::conflict("too_many", error.to_string()),
        InstallError::Invalid(error) => Problem::field("/settings", "invalid_value", error.to_string()),
        other => Problem::internal(other),
    }
}

/// What the connector needs to work at all has to be given when the shop is connected.
async fn check_required(tx: &mut TenantTx, installation: InstallationId, form: &AccountForm) -> Result<(), Problem> {
    let installed = installation::find(tx, installation).await.map_err(install_problem)?;
    let known: Vec<&str> = installed.grants.secrets.iter().map(String::as_str).collect();
    match form.secrets.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(Problem::field(format!("/secrets/{name}"), "unknown", format!("the connector knows the secrets {}", known.join(", ")))),
        None => Ok(()),
    }
}

fn currency(code: &Option<String>) -> Result<Option<Currency>, Problem> {
    code.as_deref().map(|code| code.parse().map_err(|e: kernel::MoneyError| Problem::field("/currency", "invalid_value", e.to_string()))).transpose()
}

fn installation_id(text: &str) -> Result<InstallationId, Problem> {
    text.parse().map_err(|_| Problem::field("/installation_id", "invalid_value", "must be the id of an installation"))
}

/// The bundled connector that serves a kind of channel: the one of that name, when one is given.
async fn connector_of(app: &App, actor: &Actor, kind: ChannelKind, name: Option<&str>) -> Result<Option<CatalogueRow>, Problem> {
    let rows = plugins::list(&app.directory, actor).await?;
    let fits = |m: &Manifest| m.channel.as_deref() == Some(kind.word()) && name.is_none_or(|name| m.name == name);
    Ok(rows.into_iter().filter(|row| row.bundled).find(|row| manifest(row).is_some_and(|m| fits(&m))))
}

fn manifest(row: &CatalogueRow) -> Option<Manifest> {
    serde_json::from_value(row.manifest.clone()).ok()
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AccountEdit {
    name: Option<String>,
    shop: Option<String>,
    currency: Option<String>,
    /// Replaces all settings.
    settings: Option<BTreeMap<String, String>>,
    installation_id: Option<String>,
    /// `active` or `paused`; a paused account still receives, and fetches nothing.
    state: Option<String>,
}

/// Changes a channel account.
#[utoipa::path(patch, path = "/channel-accounts/{id}", tag = "channels", params(("id" = String, Path)), request_body = AccountEdit, responses((status = 200, description = "the account", body = AccountView), Guarded, Written, Absent, Conflicting))]
async fn change(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageChannels>, Path(id): Path<ChannelAccountId>, Json(edit): Json<AccountEdit>) -> Result<Response, Problem> {
    let paused = match edit.state.as_deref() {
        None => None,
        Some("active") => Some(false),
        Some("paused") => Some(true),
        Some(_) => return Err(Problem::field("/state", "invalid_value", "must be active or paused")),
    };
    let installation = edit.installation_id.as_deref().map(installation_id).transpose()?;
    let change = AccountChange { name: edit.name, shop: edit.shop, currency: currency(&edit.currency)?, settings: edit.settings, installation, hook: None, paused };
    let mut tx = app.directory.begin(&actor).await?;
    connect::change(&mut tx, permit, id, &change).await?;
    audit::write(&mut tx, "channel.changed", Some(&id), serde_json::json!({"name": change.name, "shop": change.shop, "paused": paused, "settings": change.settings.as_ref().map(|s| s.keys().cloned().collect::<Vec<_>>())})).await?;
    let view = one(&app, &mut tx, id).await?;
    tx.commit().await?;
    app.accounts.forget(actor.tenant, id).await;
    Ok(axum::Json(view).into_response())
}

/// Ends the connection. Its orders stay; its hook answers no more.
#[utoipa::path(delete, path = "/channel-accounts/{id}", tag = "channels", params(("id" = String, Path)), responses((status = 204, description = "disconnected"), Guarded, Absent))]
async fn disconnect(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageChannels>, Path(id): Path<ChannelAccountId>) -> Result<StatusCode, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let hook = connect::disconnect(&mut tx, permit, id).await?;
    secrets::retire_all(&mut tx, Owner::ChannelAccount(id)).await?;
    audit::write(&mut tx, "channel.disconnected", Some(&id), serde_json::json!({})).await?;
    tx.commit().await?;
    if let Some(hook) = hook {
        app.identity.hooks.revoke(&actor, permit, hook).await?;
    }
    app.accounts.forget(actor.tenant, id).await;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SecretForm {
    value: String,
    /// How long the value before stays good, for a rotation.
    #[schema(minimum = 0, maximum = 43200)]
    keep_old_minutes: Option<i64>,
}

/// Sets a secret of the account. It is sealed, and never shown again.
#[utoipa::path(put, path = "/channel-accounts/{id}/secrets/{name}", tag = "channels", params(("id" = String, Path), ("name" = String, Path)), request_body = SecretForm, responses((status = 204, description = "set"), Guarded, Written, Absent, Conflicting))]
async fn set_secret(State(app): State<App>, Allowed { actor, .. }: Allowed<ManageChannels>, Path((id, name)): Path<(ChannelAccountId, String)>, Json(form): Json<SecretForm>) -> Result<StatusCode, Problem> {
    let keep = form.keep_old_minutes.map(|minutes| if (0..=43_200).contains(&minutes) { Ok(TimeDelta::minutes(minutes)) } else { Err(Problem::field("/keep_old_minutes", "invalid_value", "must be 0 to 43200")) }).transpose()?;
    let mut tx = app.directory.begin(&actor).await?;
    let found = account::get(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    if found.installation.is_none() {
        return Err(Problem::conflict("no_connector", "an account without a connector keeps no secrets"));
    }
    put_secret(&mut tx, id, &name, &form.value, keep.filter(|keep| !keep.is_zero())).await?;
    tokens::set_by_hand(&mut tx, id).await?;
    audit::write(&mut tx, "channel.secret_set", Some(&id), serde_json::json!({"name": name})).await?;
    tx.commit().await?;
    app.accounts.forget(actor.tenant, id).await;
    Ok(StatusCode::NO_CONTENT)
}

/// A new hook address; the old one answers no more.
#[utoipa::path(post, path = "/channel-accounts/{id}/hook/rotate", tag = "channels", params(("id" = String, Path)), responses((status = 200, description = "the account with its new hook", body = AccountView), Guarded, Absent, Conflicting))]
async fn rotate_hook(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageChannels>, Path(id): Path<ChannelAccountId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let before = account::get(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let Some(old) = before.hook else { return Err(Problem::conflict("no_connector", "an account without a connector has no hook")) };
    let hook = app.identity.hooks.create(&actor, permit, id, before.kind.word()).await?;
    connect::change(&mut tx, permit, id, &AccountChange { hook: Some(hook), ..AccountChange::default() }).await?;
    audit::write(&mut tx, "channel.hook_rotated", Some(&id), serde_json::json!({})).await?;
    let view = one(&app, &mut tx, id).await?;
    tx.commit().await?;
    app.identity.hooks.revoke(&actor, permit, old).await?;
    app.accounts.forget(actor.tenant, id).await;
    Ok(axum::Json(view).into_response())
}

/// What became of a message.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Reception)]
pub struct ReceptionView {
    inbox_id: Option<String>,
    /// `applied`, `ignored`, `quarantined`, `duplicate`
    state: String,
    reason_code: Option<String>,
    reason: Option<String>,
    orders: Vec<String>,
}

impl ReceptionView {
    pub fn new(inbox: Option<InboxId>, state: &str, reason_code: Option<&str>, reason: Option<String>, orders: &[OrderId]) -> Self {
        Self { inbox_id: inbox.map(|id| id.to_string()), state: state.to_owned(), reason_code: reason_code.map(str::to_owned), reason, orders: orders.iter().map(OrderId::to_string).collect() }
    }
}

impl From<Outcome> for ReceptionView {
    fn from(outcome: Outcome) -> Self {
        Self::new(outcome.inbox, outcome.state, outcome.reason_code, outcome.reason, &outcome.orders)
    }
}

/// Hands in a raw answer of the channel's API, such as an order or a refund. Nothing about it can be verified, so it takes the
/// right to settle quarantine.
#[utoipa::path(post, path = "/channel-accounts/{id}/documents", tag = "channels", params(("id" = String, Path)), request_body(content = String, content_type = "application/json"), responses((status = 200, description = "what became of it", body = ReceptionView), (status = 413, description = "beyond 4 MiB", body = super::problem::ProblemBody, content_type = "application/problem+json"), Guarded, Absent, Conflicting))]
async fn hand_in(State(app): State<App>, Allowed { actor, .. }: Allowed<SettleQuarantine>, Path(id): Path<ChannelAccountId>, request: Request) -> Result<Response, Problem> {
    let ready = app.accounts.get(&app, &actor, id).await.map_err(Problem::internal)?.ok_or_else(Problem::not_found)?;
    if ready.account.installation.is_none() {
        return Err(Problem::conflict("no_connector", "an account without a connector reads no documents"));
    }
    let headers = reception::kept_headers(request.headers()).into_iter().filter(|(name, _)| name == "content-type").collect();
    let body = body_bytes(request, &app, BODY_BYTES_MAX).await?.to_vec();
    let arrived = Arrived { origin: Origin::Document, method: Method::Post, url: String::new(), headers, body, received_at: Utc::now() };
    let (outcome, _) = reception::receive(&app, actor.tenant, &ready, arrived).await.map_err(busy)?;
    Ok(axum::Json(ReceptionView::from(outcome)).into_response())
}

#[derive(Serialize, utoipa::ToSchema)]
struct Needed {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    title: String,
    required: bool,
}

#[derive(Serialize, utoipa::ToSchema)]
struct ConnectorView {
    /// Kind of channel account.
    kind: String,
    /// To be given as `connector`; null for channels that need none.
    connector: Option<String>,
    name: String,
    settings: Vec<Needed>,
    secrets: Vec<Needed>,
    /// Hosts the connector calls.
    hosts: Vec<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct ConnectorList {
    data: Vec<ConnectorView>,
}

/// What can be connected: the bundled connectors, and the channels that need none.
#[utoipa::path(get, path = "/connectors", tag = "channels", responses((status = 200, description = "by kind", body = ConnectorList), Guarded))]
async fn connectors(State(app): State<App>, Allowed { actor, .. }: Allowed<ReadChannels>) -> Result<Response, Problem> {
    let mut data: BTreeMap<(String, Option<String>), ConnectorView> = BTreeMap::new();
    for row in plugins::list(&app.directory, &actor).await?.iter().filter(|row| row.bundled) {
        let Some(Manifest { channel: Some(kind), title, name, declares, .. }) = manifest(row) else { continue };
        // The newest comes first.
        data.entry((kind.clone(), Some(name.clone()))).or_insert_with(|| ConnectorView {
            kind,
            connector: Some(name.clone()),
            name: if title.is_empty() { name } else { title },
            settings: declares.config.into_iter().map(|c| Needed { key: Some(c.key), name: None, title: c.title, required: c.required }).collect(),
            secrets: declares.secrets.into_iter().map(|s| Needed { key: None, name: Some(s.name), title: s.title, required: s.required }).collect(),
            hosts: declares.hosts,
        });
    }
    for kind in ChannelKind::ALL.iter().filter(|kind| kind.is_direct() && **kind != ChannelKind::Import) {
        let name = match kind {
            ChannelKind::Pos => "Point of sale",
            ChannelKind::Web => "Web shop",
            ChannelKind::App => "App",
            ChannelKind::Chat => "Other chat",
            ChannelKind::Manual => "By hand",
            _ => "API",
        };
        data.insert((kind.word().to_owned(), None), ConnectorView { kind: kind.word().to_owned(), connector: None, name: name.to_owned(), settings: Vec::new(), secrets: Vec::new(), hosts: Vec::new() });
    }
    Ok(axum::Json(ConnectorList { data: data.into_values().collect() }).into_response())
}
