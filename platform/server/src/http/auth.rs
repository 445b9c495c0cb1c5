//! At the door of `/api/v1`: who calls, is it really the browser's own page, and may they call so often.
//! Invariant DOOR-1: with a session cookie an unsafe method needs this server's Origin and the CSRF header.
//! Invariant DOOR-2: every answer says how much of the rate limit is left.

use super::problem::Problem;
use crate::app::App;
use axum::{
    extract::{ConnectInfo, FromRequestParts, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::net::SocketAddr;
use tenants::{
    Actor, Caller, Credential, Permit, Visit,
    authenticate::{AuthenticateError, SessionCaller},
    rate_limit::{Standing, Subject},
    rights::RightMarker,
};
use std::sync::Arc;

/// The session cookie's name: with the `__Host-` prefix wherever browsers accept it (https).
pub fn session_cookie(app: &App) -> &'static str {
    if app.config.https() { "__Host-sy_session" } else { "sy_session" }
}

/// `Set-Cookie` that hands the browser its session, or takes it away (`None`).
pub fn set_session_cookie(app: &App, token: Option<&str>) -> HeaderValue {
    let secure = if app.config.https() { "; Secure" } else { "" };
    let (value, age) = token.map_or(("", 0), |token| (token, tenants::sessions::AGE_DAYS_MAX * 86_400));
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}", session_cookie(app));
    HeaderValue::from_str(&text).expect("a token is plain text")
}

/// The value of one cookie of the request.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name && !value.is_empty()).then_some(value))
}

/// Authenticates, checks CSRF and counts against the rate limit; handlers find the caller in the extensions.
pub async fn admit(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let visit = visit(request.headers(), request.extensions().get::<ConnectInfo<SocketAddr>>());
    let caller = match caller(&app, request.method(), request.headers(), &visit).await {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    let subject = match &caller {
        Some(Caller::Key(key)) => Subject::ApiKey(key.id),
        Some(Caller::Session(session)) => Subject::Person(session.person.id),
        None => visit.address.map_or(Subject::Address([0, 0, 0, 0].into()), Subject::Address),
    };
    let tenant = caller.as_ref().and_then(Caller::actor).map(|actor| Subject::Tenant(actor.tenant));
    let mut standing = None;
    for subject in tenant.into_iter().chain([subject]) {
        match app.identity.limits.check(subject) {
            // The narrower of the two is what the caller is told.
            Ok(now) => standing = Some(standing.filter(|s: &Standing| s.remaining < now.remaining).unwrap_or(now)),
            Err(limited) => {
                let mut response = Problem::too_many_requests("rate_limited", limited.retry_after.as_secs().max(1)).into_response();
                tell_standing(&mut response, limited.standing);
                return response;
            }
        }
    }
    request.extensions_mut().insert(visit);
    if let Some(caller) = caller {
        request.extensions_mut().insert(caller);
    }
    let mut response = next.run(request).await;
    if let Some(standing) = standing {
        tell_standing(&mut response, standing);
    }
    response
}

/// draft-ietf-httpapi-ratelimit-headers.
fn tell_standing(response: &mut Response, standing: Standing) {
    let policy = format!("\"default\";q={};w=60", standing.limit);
    let now = format!("\"default\";r={};t={}", standing.remaining, standing.reset.as_secs());
    for (name, text) in [("ratelimit-policy", policy), ("ratelimit", now)] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
}

async fn caller(app: &App, method: &Method, headers: &HeaderMap, visit: &Visit) -> Result<Option<Caller>, Problem> {
    let bearer = headers.get(header::AUTHORIZATION).map(|v| v.to_str().ok().and_then(|v| v.strip_prefix("Bearer ")).map(str::trim).unwrap_or_default());
    let credential = match (bearer, cookie(headers, session_cookie(app))) {
        (Some(key), _) => Credential::Key(key),
        (None, Some(token)) => {
            same_origin(app, method, headers)?;
            Credential::Session(token)
        }
        (None, None) => return Ok(None),
    };
    match app.identity.authenticator.authenticate(credential, visit).await {
        Ok(caller) => Ok(Some(caller)),
        // A stale cookie is like none, so that a person can log in again; a wrong key is told.
        Err(AuthenticateError::Unknown) if bearer.is_none() => Ok(None),
        Err(AuthenticateError::Unknown) => Err(Problem::unauthorized()),
        Err(other) => Err(Problem::internal(other)),
    }
}

/// DOOR-1. A foreign page can neither forge Origin nor add the header without a preflight that we do not answer.
fn same_origin(app: &App, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let origin = headers.get(header::ORIGIN).and_then(|v| v.to_str().ok());
    let header = headers.contains_key("x-switchyard-csrf");
    if origin == Some(app.config.origin()) && header {
        return Ok(());
    }
    Err(Problem::new(StatusCode::FORBIDDEN, "csrf", "an unsafe method with a session cookie needs the Origin of this server and the header X-Switchyard-Csrf"))
}

/// Where and when a request came from.
fn visit(headers: &HeaderMap, peer: Option<&ConnectInfo<SocketAddr>>) -> Visit {
    Visit {
        at: chrono::Utc::now(),
        address: peer.map(|ConnectInfo(address)| address.ip()),
        user_agent: headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).map(|text| text.chars().take(300).collect()),
    }
}

/// Extractor: where and when the request came from.
pub struct Visiting(pub Visit);

impl<S: Send + Sync> FromRequestParts<S> for Visiting {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Visit>().cloned().map(Self).ok_or_else(|| Problem::internal(anyhow::anyhow!("the door was left out of this route")))
    }
}

/// Extractor: a person with a session, whether or not a tenant is entered. 401 otherwise.
pub struct Signed(pub Arc<SessionCaller>);

impl<S: Send + Sync> FromRequestParts<S> for Signed {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.extensions.get::<Caller>() {
            Some(Caller::Session(session)) => Ok(Self(session.clone())),
            _ => Err(Problem::unauthorized()),
        }
    }
}

/// Extractor: someone acting in a tenant, by session or key. 401 when nobody, 403 `no_tenant` before a tenant is entered.
pub struct Acting(pub Actor);

impl Acting {
    /// Proof of a right, or 403.
    pub fn may<R: RightMarker>(&self) -> Result<Permit<R>, Problem> {
        Ok(self.0.may::<R>()?)
    }
}

impl std::ops::Deref for Acting {
    type Target = Actor;
    fn deref(&self) -> &Actor {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Acting {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Caller>().ok_or_else(Problem::unauthorized)?;
        caller.actor().cloned().map(Self).ok_or_else(|| Problem::new(StatusCode::FORBIDDEN, "no_tenant", "enter a tenant first: POST /api/v1/session/tenant"))
    }
}

/// Extractor: someone acting in a tenant who holds the right `R`. It stands before the body is read, so that whoever may not
/// is told so whatever the body holds. `let Allowed { actor, permit } = allowed`.
pub struct Allowed<R> {
    pub actor: Actor,
    pub permit: Permit<R>,
}

impl<S: Send + Sync, R: RightMarker> FromRequestParts<S> for Allowed<R> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Acting(actor) = Acting::from_request_parts(parts, state).await?;
        let permit = actor.may::<R>()?;
        Ok(Self { actor, permit })
    }
}
