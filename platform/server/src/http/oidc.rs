//! Log-in through a tenant's own identity provider, and the connections to them.
//! Both ends of a log-in are visited by a browser, so what goes wrong is shown on the log-in page, not as a problem document.

use super::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::{Allowed, Visiting, cookie, set_session_cookie},
    body::{Json, Path, Query},
    page::List,
    problem::Problem,
    session::at_the_door,
};
use crate::app::App;
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use kernel::OidcConnectionId;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use tenants::{
    oidc::{
        Connection, ConnectionDraft, LogInError, Returned,
        connection::{self},
        log_in,
    },
    rights::ManageTenant,
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// How long the browser keeps the cookie that binds a log-in to it; as long as the log-in lives.
const BROWSER_SECONDS: u32 = 600;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_public)).routes(routes!(start)).routes(routes!(callback)).routes(routes!(list, create)).routes(routes!(edit, remove))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OfTenant {
    /// The tenant's slug.
    tenant: String,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = OidcConnectionName)]
struct ConnectionName {
    #[schema(value_type = String)]
    id: OidcConnectionId,
    name: String,
}

/// The identity providers a log-in page may offer for a tenant. An unknown tenant has none.
#[utoipa::path(get, path = "/oidc/connections", tag = "session", params(OfTenant), responses((status = 200, body = List<ConnectionName>), Guarded))]
async fn list_public(State(app): State<App>, Visiting(visit): Visiting, Query(query): Query<OfTenant>) -> Result<axum::Json<List<ConnectionName>>, Problem> {
    at_the_door(&app, &visit)?;
    let connections = connection::list_public(&app.identity, &query.tenant).await?;
    let data = connections.into_iter().map(|(id, name)| ConnectionName { id, name }).collect();
    Ok(axum::Json(List { data, next_cursor: None, has_more: false }))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Departing {
    #[param(value_type = String)]
    connection: OidcConnectionId,
    /// A path of this site to go to afterwards.
    return_to: Option<String>,
}

/// Sends the browser to the identity provider.
#[utoipa::path(get, path = "/oidc/start", tag = "session", params(Departing), responses((status = 302, description = "to the provider, or back to the log-in page with `error`"), Guarded))]
async fn start(State(app): State<App>, Visiting(visit): Visiting, Query(query): Query<Departing>) -> Result<Response, Problem> {
    at_the_door(&app, &visit)?;
    match log_in::start(&app.identity, query.connection, query.return_to.as_deref(), &visit).await {
        Ok(started) => {
            let cookie = browser_cookie(&app, Some(started.browser.expose()));
            Ok((StatusCode::FOUND, [(header::LOCATION, text(started.url.as_str())), (header::SET_COOKIE, cookie)]).into_response())
        }
        Err(error) => Ok((StatusCode::FOUND, [(header::LOCATION, log_in_page(error)?)]).into_response()),
    }
}

/// What a provider may send along (RFC 6749 section 4.1.2, RFC 9207); more than that is let be.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Arriving {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

/// Where the provider sends the browser back to.
#[utoipa::path(get, path = "/oidc/callback", tag = "session", params(Arriving), responses((status = 302, description = "logged in, or back to the log-in page with `error`"), Guarded))]
async fn callback(State(app): State<App>, Visiting(visit): Visiting, headers: HeaderMap, Query(query): Query<Arriving>) -> Result<Response, Problem> {
    at_the_door(&app, &visit)?;
    let returned = Returned {
        state: query.state.as_deref(),
        code: query.code.as_deref(),
        issuer: query.iss.as_deref(),
        error: query.error.as_deref(),
        browser: cookie(&headers, browser_cookie_name(&app)),
    };
    let used = (header::SET_COOKIE, browser_cookie(&app, None));
    match log_in::finish(&app.identity, returned, &visit).await {
        Ok(finished) => {
            let session = (header::SET_COOKIE, set_session_cookie(&app, Some(finished.token.expose())));
            let to = (header::LOCATION, text(finished.return_to.as_deref().unwrap_or("/")));
            Ok((StatusCode::FOUND, AppendHeaders([to, used, session])).into_response())
        }
        Err(error) => Ok((StatusCode::FOUND, AppendHeaders([(header::LOCATION, log_in_page(error)?), used])).into_response()),
    }
}

/// The log-in page with the reason. What the provider said goes to our log, never to the page.
fn log_in_page(error: LogInError) -> Result<HeaderValue, Problem> {
    match &error {
        LogInError::NoConnection => return Err(Problem::not_found()),
        LogInError::ReturnTo => return Err(Problem::field("query:return_to", "invalid_value", error.to_string())),
        LogInError::Connection(_) | LogInError::Directory(_) | LogInError::Database(_) => return Err(Problem::internal(error)),
        LogInError::ProviderAway(_) | LogInError::Refused(_) => tracing::warn!(detail = error.detail(), "a log-in through a provider failed"),
        LogInError::TooMany | LogInError::UnknownState | LogInError::EmailUnverified | LogInError::EmailTaken | LogInError::NotMember => {}
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("error", &error.to_string()).finish();
    Ok(text(&format!("/log-in?{query}")))
}

fn browser_cookie_name(app: &App) -> &'static str {
    if app.config.https() { "__Host-sy_oidc" } else { "sy_oidc" }
}

fn browser_cookie(app: &App, token: Option<&str>) -> HeaderValue {
    let secure = if app.config.https() { "; Secure" } else { "" };
    let (value, age) = token.map_or(("", 0), |token| (token, BROWSER_SECONDS));
    text(&format!("{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}", browser_cookie_name(app)))
}

/// Paths may hold letters of every language; a header may not.
fn text(value: &str) -> HeaderValue {
    let plain: String = value.bytes().map(|b| if b.is_ascii_graphic() || b == b' ' { char::from(b).to_string() } else { format!("%{b:02X}") }).collect();
    HeaderValue::from_str(&plain).expect("graphic ASCII is a header value")
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = OidcConnection)]
struct ConnectionView {
    #[schema(value_type = String)]
    id: OidcConnectionId,
    name: String,
    issuer: String,
    client_id: String,
    has_client_secret: bool,
    join_domains: Vec<String>,
    groups_claim: Option<String>,
    #[schema(value_type = BTreeMap<String, String>)]
    group_roles: serde_json::Value,
    default_role: Option<String>,
    enabled: bool,
}

impl From<Connection> for ConnectionView {
    fn from(connection: Connection) -> Self {
        let Connection { id, name, issuer, client_id, has_client_secret, join_domains, groups_claim, group_roles, default_role, enabled } = connection;
        Self { id, name, issuer, client_id, has_client_secret, join_domains, groups_claim, group_roles, default_role, enabled }
    }
}

/// The tenant's identity providers. At most 10 exist, so there is one page.
#[utoipa::path(get, path = "/oidc-connections", tag = "tenant", params(OnePage), responses((status = 200, body = List<ConnectionView>), Guarded))]
async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageTenant>, Query(OnePage { limit }): Query<OnePage>) -> Result<axum::Json<List<ConnectionView>>, Problem> {
    super::page::limit(limit)?;
    let connections = connection::list(&app.identity, &actor, permit).await?;
    Ok(axum::Json(List { data: connections.into_iter().map(ConnectionView::from).collect(), next_cursor: None, has_more: false }))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OnePage {
    /// Taken as every list takes it; all fit on one page.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewConnection {
    name: String,
    /// An https address, compared letter by letter with what the provider says of itself.
    issuer: String,
    client_id: String,
    client_secret: Option<String>,
    /// People with a verified address in one of these domains become members on first log-in.
    #[serde(default)]
    join_domains: Vec<String>,
    groups_claim: Option<String>,
    /// Group of the provider -> name of a role here.
    #[serde(default)]
    group_roles: BTreeMap<String, String>,
    /// Role of those who join by domain; `viewer` when absent.
    default_role: Option<String>,
    #[serde(default = "yes")]
    enabled: bool,
}

fn yes() -> bool {
    true
}

/// Connects an identity provider.
#[utoipa::path(post, path = "/oidc-connections", tag = "tenant", request_body = NewConnection, responses((status = 201, body = ConnectionView), Guarded, Written, Conflicting))]
async fn create(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageTenant>, Visiting(visit): Visiting, Json(form): Json<NewConnection>) -> Result<Response, Problem> {
    let NewConnection { name, issuer, client_id, client_secret, join_domains, groups_claim, group_roles, default_role, enabled } = form;
    let draft = ConnectionDraft { name, issuer, client_id, client_secret: client_secret.map(Into::into), join_domains, groups_claim, group_roles, default_role, enabled };
    let connection = connection::create(&app.identity, &actor, permit, draft, visit.at).await?;
    Ok((StatusCode::CREATED, axum::Json(ConnectionView::from(connection))).into_response())
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ConnectionPatch {
    name: Option<String>,
    issuer: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    join_domains: Option<Vec<String>>,
    /// null takes it away
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<String>)]
    groups_claim: Option<Option<String>>,
    group_roles: Option<BTreeMap<String, String>>,
    /// null takes it away
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<String>)]
    default_role: Option<Option<String>>,
    enabled: Option<bool>,
}

/// Tells "null" from "not said".
fn told<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// Changes a connection. Who changes the issuer or client says its secret anew, or the provider will refuse the old one.
#[utoipa::path(patch, path = "/oidc-connections/{id}", tag = "tenant", params(("id" = String, Path)), request_body = ConnectionPatch, responses((status = 200, body = ConnectionView), Guarded, Written, Absent))]
async fn edit(
    State(app): State<App>,
    Allowed { actor, permit }: Allowed<ManageTenant>,
    Visiting(visit): Visiting,
    Path(id): Path<OidcConnectionId>,
    Json(patch): Json<ConnectionPatch>,
) -> Result<axum::Json<ConnectionView>, Problem> {
    let known = connection::list(&app.identity, &actor, permit).await?.into_iter().find(|known| known.id == id).ok_or_else(Problem::not_found)?;
    let draft = ConnectionDraft {
        name: patch.name.unwrap_or(known.name),
        issuer: patch.issuer.unwrap_or(known.issuer),
        client_id: patch.client_id.unwrap_or(known.client_id),
        client_secret: patch.client_secret.map(Into::into),
        join_domains: patch.join_domains.unwrap_or(known.join_domains),
        groups_claim: patch.groups_claim.unwrap_or(known.groups_claim),
        group_roles: patch.group_roles.unwrap_or_else(|| serde_json::from_value(known.group_roles).unwrap_or_default()),
        default_role: patch.default_role.unwrap_or(known.default_role),
        enabled: patch.enabled.unwrap_or(known.enabled),
    };
    Ok(axum::Json(connection::edit(&app.identity, &actor, permit, id, draft, visit.at).await?.into()))
}

/// Disconnects an identity provider. The people who came through it stay members.
#[utoipa::path(delete, path = "/oidc-connections/{id}", tag = "tenant", params(("id" = String, Path)), responses((status = 204, description = "removed"), Guarded, Absent))]
async fn remove(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageTenant>, Visiting(visit): Visiting, Path(id): Path<OidcConnectionId>) -> Result<StatusCode, Problem> {
    connection::remove(&app.identity, &actor, permit, id, visit.at).await?;
    Ok(StatusCode::NO_CONTENT)
}
