//! Sessions: what a browser's cookie stands for.
//! Invariant SES-1: log-in and entering a tenant make a new token; the one before is dead.
//! Invariant SES-2: a session ends 30 days after it began, and after 14 days without use.
//! Invariant SES-3: a session opened through a tenant's identity provider is good for that tenant only.

use crate::{
    Identity, Visit,
    authenticate::SessionCaller,
    person::{TenantName, tenants_of},
    tokens::Token,
};
use chrono::TimeDelta;
use kernel::{PersonId, TenantId, Timestamp};
use sqlx::PgConnection;
use uuid::Uuid;

pub const IDLE_DAYS_MAX: i64 = 14;
pub const AGE_DAYS_MAX: i64 = 30;
/// Sessions a person has at once; the oldest ends when one more begins.
pub const PER_PERSON_MAX: i64 = 50;
/// A user agent is kept for the person's own list of sessions; longer ones are cut.
const USER_AGENT_CHARS_MAX: usize = 200;

#[derive(Debug, thiserror::Error)]
pub enum EnterError {
    #[error("you are no member of this tenant")]
    NotMember,
    #[error("this session came through another tenant's identity provider: log in with your password to change tenant")]
    Confined,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Where a new session begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start {
    NoTenant,
    In(TenantId),
    /// Through the tenant's own identity provider.
    ConfinedTo(TenantId),
}

/// Opens a session. The token is in the answer and nowhere else.
pub(crate) async fn open(conn: &mut PgConnection, person: PersonId, start: Start, visit: &Visit) -> Result<Token, sqlx::Error> {
    let token = Token::random();
    let (tenant, confined) = match start {
        Start::NoTenant => (None, false),
        Start::In(tenant) => (Some(tenant.uuid()), false),
        Start::ConfinedTo(tenant) => (Some(tenant.uuid()), true),
    };
    insert(conn, &token, person, tenant, confined, visit.at, visit.at + TimeDelta::days(AGE_DAYS_MAX), visit).await?;
    sqlx::query!(
        "delete from control.sessions where person_id = $1 and (expires_at <= $2 or last_seen_at <= $3
           or id in (select id from control.sessions where person_id = $1 order by last_seen_at desc, id desc offset $4))",
        person.uuid(),
        visit.at,
        visit.at - TimeDelta::days(IDLE_DAYS_MAX),
        PER_PERSON_MAX,
    )
    .execute(conn)
    .await?;
    Ok(token)
}

#[allow(clippy::too_many_arguments)] // a row has as many columns
async fn insert(
    conn: &mut PgConnection,
    token: &Token,
    person: PersonId,
    tenant: Option<Uuid>,
    confined: bool,
    created_at: Timestamp,
    expires_at: Timestamp,
    visit: &Visit,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into control.sessions (token_hash, id, person_id, tenant_id, confined, created_at, last_seen_at, expires_at, user_agent, address)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        token.hash(),
        Uuid::now_v7(),
        person.uuid(),
        tenant,
        confined,
        created_at,
        visit.at,
        expires_at,
        visit.user_agent.as_ref().map(|text| text.chars().filter(|c| !c.is_control()).take(USER_AGENT_CHARS_MAX).collect::<String>()),
        visit.address.map(|ip| ip.to_string()),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Enters a tenant: the session gets a new token and the old one is dead. Its end stays where it was.
pub async fn enter(identity: &Identity, session: &SessionCaller, tenant: TenantId, visit: &Visit) -> Result<Token, EnterError> {
    if session.confined && session.tenant.as_ref().is_none_or(|own| own.id != tenant) {
        return Err(EnterError::Confined);
    }
    let mut tx = identity.directory.control().begin().await?;
    let member = sqlx::query_scalar!(
        r#"select exists (select from control.memberships m join control.tenants t on t.id = m.tenant_id
             where m.tenant_id = $1 and m.person_id = $2 and m.state = 'active' and t.state = 'active') as "member!""#,
        tenant.uuid(),
        session.person.id.uuid(),
    )
    .fetch_one(&mut *tx)
    .await?;
    if !member {
        return Err(EnterError::NotMember);
    }
    sqlx::query!("delete from control.sessions where token_hash = $1", &session.token_hash[..]).execute(&mut *tx).await?;
    let token = Token::random();
    insert(&mut tx, &token, session.person.id, Some(tenant.uuid()), session.confined, session.created_at, session.expires_at, visit).await?;
    tx.commit().await?;
    identity.authenticator.forget_session(&session.token_hash).await;
    Ok(token)
}

/// Logs out: the token is dead here at once and on other servers within seconds.
pub async fn close(identity: &Identity, session: &SessionCaller) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from control.sessions where token_hash = $1", &session.token_hash[..]).execute(identity.directory.control()).await?;
    identity.authenticator.forget_session(&session.token_hash).await;
    Ok(())
}

/// A session in its person's own list.
#[derive(Clone, Debug)]
pub struct SessionInfo {
    pub id: Uuid,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub user_agent: Option<String>,
    pub address: Option<String>,
    /// The session that asks.
    pub current: bool,
}

/// The person's live sessions, last used first. At most [`PER_PERSON_MAX`] exist.
pub async fn list(identity: &Identity, session: &SessionCaller, at: Timestamp) -> Result<Vec<SessionInfo>, sqlx::Error> {
    sqlx::query_as!(
        SessionInfo,
        r#"select id, created_at, last_seen_at, user_agent, address, token_hash = $5 as "current!" from control.sessions
           where person_id = $1 and expires_at > $2 and last_seen_at > $3 order by last_seen_at desc, id desc limit $4"#,
        session.person.id.uuid(),
        at,
        at - TimeDelta::days(IDLE_DAYS_MAX),
        PER_PERSON_MAX,
        &session.token_hash[..],
    )
    .fetch_all(identity.directory.control())
    .await
}

/// Ends one of the person's own sessions. False when there is none of that id.
pub async fn revoke(identity: &Identity, session: &SessionCaller, id: Uuid) -> Result<bool, sqlx::Error> {
    let gone = sqlx::query_scalar!("delete from control.sessions where id = $1 and person_id = $2 returning token_hash", id, session.person.id.uuid())
        .fetch_optional(identity.directory.control())
        .await?;
    if let Some(hash) = &gone {
        identity.authenticator.forget_session(hash).await;
    }
    Ok(gone.is_some())
}

/// Ends every session of a person: their password changed.
pub(crate) async fn revoke_all(conn: &mut PgConnection, person: PersonId) -> Result<Vec<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!("delete from control.sessions where person_id = $1 returning token_hash", person.uuid()).fetch_all(conn).await
}

/// The tenants this session may enter: all of the person's, or the one it is confined to.
pub async fn tenants(identity: &Identity, session: &SessionCaller) -> Result<Vec<TenantName>, sqlx::Error> {
    let mut conn = identity.directory.control().acquire().await?;
    let mut tenants = tenants_of(&mut conn, session.person.id).await?;
    if session.confined {
        tenants.retain(|tenant| session.tenant.as_ref().is_some_and(|own| own.id == tenant.id));
    }
    Ok(tenants)
}
