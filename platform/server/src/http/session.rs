//! Sign-up, log-in, the session, and the links sent by mail.

use super::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::{Signed, Visiting, set_session_cookie},
    body::Json,
    problem::Problem,
};
use crate::app::App;
use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::{PersonId, TenantId};
use serde::{Deserialize, Serialize};
use tenants::{
    Caller, Credential, Visit,
    authenticate::SessionCaller,
    log_in, mail_link,
    person::{Tenant, TenantName},
    rate_limit::Subject,
    sessions,
    sign_up::{self, SignUp},
    tokens::Token,
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_up_handler))
        .routes(routes!(log_in_handler, read, log_out))
        .routes(routes!(enter))
        .routes(routes!(list))
        .routes(routes!(revoke))
        .routes(routes!(verify_mail))
        .routes(routes!(request_verification))
        .routes(routes!(request_reset))
        .routes(routes!(reset))
}

/// Who is logged in, where, and what they may do there.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    pub person: PersonView,
    /// The tenant the session has entered.
    pub tenant: Option<TenantView>,
    /// The tenants it may enter.
    pub tenants: Vec<TenantNameView>,
    /// `object:action` words.
    pub rights: Vec<&'static str>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Person)]
pub struct PersonView {
    #[schema(value_type = String)]
    pub id: PersonId,
    pub name: String,
    pub email: String,
    pub email_verified: bool,
    pub locale: String,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Tenant)]
pub struct TenantView {
    #[schema(value_type = String)]
    pub id: TenantId,
    pub slug: String,
    pub name: String,
    pub country: String,
    pub currency: String,
    pub time_zone: String,
    pub locale: String,
}

impl From<Tenant> for TenantView {
    fn from(tenant: Tenant) -> Self {
        let Tenant { id, slug, name, country, currency, time_zone, locale } = tenant;
        Self { id, slug, name, country, currency, time_zone, locale }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = TenantName)]
pub struct TenantNameView {
    #[schema(value_type = String)]
    pub id: TenantId,
    pub slug: String,
    pub name: String,
}

impl From<TenantName> for TenantNameView {
    fn from(TenantName { id, slug, name }: TenantName) -> Self {
        Self { id, slug, name }
    }
}

async fn view(app: &App, session: &SessionCaller) -> Result<SessionView, Problem> {
    let tenants = sessions::tenants(&app.identity, session).await?;
    let person = session.person.clone();
    Ok(SessionView {
        person: PersonView { id: person.id, name: person.name, email: person.email, email_verified: person.email_verified, locale: person.locale },
        tenant: session.tenant.clone().map(TenantView::from),
        tenants: tenants.into_iter().map(TenantNameView::from).collect(),
        rights: session.actor.iter().flat_map(|actor| actor.rights.iter()).map(tenants::Right::word).collect(),
    })
}

/// The answer that hands a browser its new session.
pub(super) async fn entered(app: &App, token: &Token, visit: &Visit, status: StatusCode) -> Result<Response, Problem> {
    let Caller::Session(session) = app.identity.authenticator.authenticate(Credential::Session(token.expose()), visit).await? else {
        return Err(Problem::unauthorized());
    };
    let body = axum::Json(view(app, &session).await?);
    Ok((status, [(header::SET_COOKIE, set_session_cookie(app, Some(token.expose())))], body).into_response())
}

/// The few calls without a session that cost a password hash or a mail are counted per address.
pub(super) fn at_the_door(app: &App, visit: &Visit) -> Result<(), Problem> {
    if let Some(address) = visit.address {
        app.identity.limits.check(Subject::Door(address))?;
    }
    Ok(())
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTenant {
    #[schema(min_length = 1, max_length = 120)]
    tenant_name: String,
    /// Made from the name when absent.
    slug: Option<String>,
    /// ISO 3166-1 alpha-2.
    country: String,
    /// ISO 4217.
    currency: String,
    /// IANA name.
    time_zone: String,
    /// `en` or `vi`.
    locale: String,
    name: String,
    email: String,
    #[schema(min_length = 10, max_length = 128)]
    password: String,
}

/// A new tenant with its owner, who is logged in at once. A verification mail is sent.
#[utoipa::path(post, path = "/sign-up", tag = "session", request_body = NewTenant, responses((status = 201, body = SessionView), Guarded, Written, Conflicting))]
async fn sign_up_handler(State(app): State<App>, Visiting(visit): Visiting, Json(form): Json<NewTenant>) -> Result<Response, Problem> {
    at_the_door(&app, &visit)?;
    let NewTenant { tenant_name, slug, country, currency, time_zone, locale, name, email, password } = form;
    let form = SignUp { tenant_name, slug, country, currency, time_zone, locale, name, email, password: password.into() };
    let signed_up = sign_up::sign_up(&app.identity, form, &visit).await?;
    entered(&app, &signed_up.token, &visit, StatusCode::CREATED).await
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Credentials {
    email: String,
    password: String,
}

/// Logs in. Wrong credentials are 401 `wrong_credentials`; too many tries 429 `locked_out`.
#[utoipa::path(post, path = "/session", tag = "session", request_body = Credentials, responses((status = 200, body = SessionView), Guarded, Written))]
async fn log_in_handler(State(app): State<App>, Visiting(visit): Visiting, Json(form): Json<Credentials>) -> Result<Response, Problem> {
    let token = log_in::log_in(&app.identity, &form.email, &form.password.into(), &visit).await?;
    entered(&app, &token, &visit, StatusCode::OK).await
}

/// Who is logged in.
#[utoipa::path(get, path = "/session", tag = "session", responses((status = 200, body = SessionView), Guarded))]
async fn read(State(app): State<App>, Signed(session): Signed) -> Result<axum::Json<SessionView>, Problem> {
    Ok(axum::Json(view(&app, &session).await?))
}

/// Logs out.
#[utoipa::path(delete, path = "/session", tag = "session", responses((status = 204, description = "logged out"), Guarded))]
async fn log_out(State(app): State<App>, Signed(session): Signed) -> Result<Response, Problem> {
    sessions::close(&app.identity, &session).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, set_session_cookie(&app, None))]).into_response())
}

/// A live session of the person who asks.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = OwnSession)]
struct OwnSessionView {
    id: String,
    created_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    user_agent: Option<String>,
    address: Option<String>,
    /// The session that asks.
    current: bool,
}

#[derive(Serialize, utoipa::ToSchema)]
struct OwnSessions {
    data: Vec<OwnSessionView>,
}

/// The person's own sessions on all devices, last used first.
#[utoipa::path(get, path = "/sessions", tag = "session", responses((status = 200, body = OwnSessions), Guarded))]
async fn list(State(app): State<App>, Signed(session): Signed) -> Result<axum::Json<OwnSessions>, Problem> {
    let found = sessions::list(&app.identity, &session, Utc::now()).await?;
    let view = |of: sessions::SessionInfo| OwnSessionView { id: of.id.to_string(), created_at: of.created_at, last_seen_at: of.last_seen_at, user_agent: of.user_agent, address: of.address, current: of.current };
    Ok(axum::Json(OwnSessions { data: found.into_iter().map(view).collect() }))
}

/// Ends one of the person's own sessions.
#[utoipa::path(delete, path = "/sessions/{id}", tag = "session", params(("id" = String, Path, description = "as the list names it")), responses((status = 204, description = "ended"), Guarded, Absent))]
async fn revoke(State(app): State<App>, Signed(session): Signed, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let ended = match id.parse() {
        Ok(id) => sessions::revoke(&app.identity, &session, id).await?,
        Err(_) => false,
    };
    if ended { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[schema(value_type = String)]
    tenant_id: TenantId,
}

/// Enters a tenant. The cookie is new; the old one is dead.
#[utoipa::path(post, path = "/session/tenant", tag = "session", request_body = Entry, responses((status = 200, body = SessionView), Guarded, Written, Absent))]
async fn enter(State(app): State<App>, Visiting(visit): Visiting, Signed(session): Signed, Json(form): Json<Entry>) -> Result<Response, Problem> {
    let token = sessions::enter(&app.identity, &session, form.tenant_id, &visit).await?;
    entered(&app, &token, &visit, StatusCode::OK).await
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct MailedToken {
    token: String,
}

/// Confirms the address the link was mailed to.
#[utoipa::path(post, path = "/mail-verification", tag = "session", request_body = MailedToken, responses((status = 204, description = "confirmed"), Guarded, Written))]
async fn verify_mail(State(app): State<App>, Visiting(visit): Visiting, Json(form): Json<MailedToken>) -> Result<StatusCode, Problem> {
    at_the_door(&app, &visit)?;
    mail_link::verify(&app.identity, &form.token, &visit).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends the verification mail again.
#[utoipa::path(post, path = "/mail-verification/request", tag = "session", responses((status = 202, description = "sent, unless the address is confirmed already"), Guarded))]
async fn request_verification(State(app): State<App>, Visiting(visit): Visiting, Signed(session): Signed) -> Result<StatusCode, Problem> {
    mail_link::send_verification(&app.identity, session.person.id, &visit).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ResetRequest {
    email: String,
}

/// Mails a link for a new password. The answer is the same whether or not the address has an account.
#[utoipa::path(post, path = "/password-reset/request", tag = "session", request_body = ResetRequest, responses((status = 202, description = "mailed, if there is such an account"), Guarded, Written))]
async fn request_reset(State(app): State<App>, Visiting(visit): Visiting, Json(form): Json<ResetRequest>) -> Result<StatusCode, Problem> {
    at_the_door(&app, &visit)?;
    mail_link::request_reset(&app.identity, &form.email, &visit);
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Reset {
    token: String,
    #[schema(min_length = 10, max_length = 128)]
    password: String,
}

/// Sets a new password with the mailed link. Every session of the person ends.
#[utoipa::path(post, path = "/password-reset", tag = "session", request_body = Reset, responses((status = 204, description = "set"), Guarded, Written))]
async fn reset(State(app): State<App>, Visiting(visit): Visiting, Json(form): Json<Reset>) -> Result<StatusCode, Problem> {
    at_the_door(&app, &visit)?;
    mail_link::reset(&app.identity, &form.token, &form.password.into(), &visit).await?;
    Ok(StatusCode::NO_CONTENT)
}
