//! Who is calling: a session cookie or an API key becomes an [`Actor`]. The one path for both, with one small cache.
//! Invariant AUTH-1: a revoked session, key, membership or role stops working within 5 seconds on every server, at once on this one.
//! Invariant AUTH-2: a key never does more than its scopes, nor more than the person who made it may do now.

use crate::{
    Actor, Directory, RightSet, Visit, Who, api_keys,
    person::{Person, Tenant},
    policy::{Policies, PolicyError},
    sessions::IDLE_DAYS_MAX,
    tokens::hash_of,
};
use chrono::TimeDelta;
use kernel::{ApiKeyId, PersonId, TenantId, Timestamp};
use moka::future::Cache;
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// How long a caller is remembered; with the database's own delay this stays under the 5 seconds of AUTH-1.
const REMEMBERED: Duration = Duration::from_secs(3);
/// How often the last use of a session or key is written down.
pub(crate) const SEEN_EVERY_SECONDS: i64 = 60;

/// What a request carries to say who sends it.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// The session cookie's value.
    Session(&'a str),
    /// The text after `Bearer `.
    Key(&'a str),
}

#[derive(Clone, Debug)]
pub struct SessionCaller {
    pub(crate) token_hash: [u8; 32],
    pub id: Uuid,
    pub person: Person,
    /// The tenant the session has entered, if any, and who the person is there.
    pub tenant: Option<Tenant>,
    pub actor: Option<Actor>,
    /// Good for this tenant only: it came through the tenant's identity provider.
    pub confined: bool,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct KeyCaller {
    pub id: ApiKeyId,
    pub tenant: Tenant,
    pub actor: Actor,
}

#[derive(Clone, Debug)]
pub enum Caller {
    Session(Arc<SessionCaller>),
    Key(Arc<KeyCaller>),
}

impl Caller {
    /// Who acts, once a tenant is entered.
    pub fn actor(&self) -> Option<&Actor> {
        match self {
            Caller::Session(session) => session.actor.as_ref(),
            Caller::Key(key) => Some(&key.actor),
        }
    }
    /// The session, when it is one: some things only a person does.
    pub fn session(&self) -> Option<&Arc<SessionCaller>> {
        match self {
            Caller::Session(session) => Some(session),
            Caller::Key(_) => None,
        }
    }
    pub fn tenant(&self) -> Option<&Tenant> {
        match self {
            Caller::Session(session) => session.tenant.as_ref(),
            Caller::Key(key) => Some(&key.tenant),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    #[error("log in, or send an API key")]
    Unknown,
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Authenticator {
    directory: Directory,
    policies: Policies,
    sessions: Cache<[u8; 32], Arc<SessionCaller>>,
    keys: Cache<[u8; 32], (Arc<KeyCaller>, Option<Timestamp>)>,
}

impl Authenticator {
    pub(crate) fn new(directory: Directory, policies: Policies) -> Self {
        Self {
            directory,
            policies,
            sessions: Cache::builder().max_capacity(50_000).time_to_live(REMEMBERED).build(),
            keys: Cache::builder().max_capacity(50_000).time_to_live(REMEMBERED).build(),
        }
    }

    pub async fn authenticate(&self, credential: Credential<'_>, visit: &Visit) -> Result<Caller, AuthenticateError> {
        match credential {
            Credential::Session(token) => self.session(token, visit).await.map(Caller::Session),
            Credential::Key(text) => self.key(text, visit).await.map(Caller::Key),
        }
    }

    /// Drops what is remembered of a session that just ended or changed.
    pub(crate) async fn forget_session(&self, token_hash: &[u8]) {
        if let Ok(hash) = <[u8; 32]>::try_from(token_hash) {
            self.sessions.invalidate(&hash).await;
        }
    }

    /// Drops everything remembered: rights or memberships changed on this server.
    pub(crate) fn forget_all(&self) {
        self.sessions.invalidate_all();
        self.keys.invalidate_all();
    }

    async fn session(&self, token: &str, visit: &Visit) -> Result<Arc<SessionCaller>, AuthenticateError> {
        let hash = hash_of(token).ok_or(AuthenticateError::Unknown)?;
        if let Some(session) = self.sessions.get(&hash).await.filter(|session| session.expires_at > visit.at) {
            return Ok(session);
        }
        let session = Arc::new(self.read_session(hash, visit).await?);
        self.sessions.insert(hash, session.clone()).await;
        Ok(session)
    }

    async fn read_session(&self, hash: [u8; 32], visit: &Visit) -> Result<SessionCaller, AuthenticateError> {
        let row = sqlx::query!(
            r#"select s.id, s.tenant_id, s.confined, s.created_at, s.last_seen_at, s.expires_at,
                      p.id as "person: PersonId", p.name, p.email, p.email_verified_at is not null as "email_verified!", p.locale,
                      t.id as "tenant?: TenantId", t.slug as "slug?", t.name as "tenant_name?", t.country::text as "country?",
                      t.currency::text as "currency?", t.time_zone as "time_zone?", t.locale as "tenant_locale?", t.policy_version as "policy_version?"
               from control.sessions s join control.people p on p.id = s.person_id
               left join control.memberships m on m.tenant_id = s.tenant_id and m.person_id = s.person_id and m.state = 'active'
               left join control.tenants t on t.id = m.tenant_id and t.state = 'active'
               where s.token_hash = $1 and s.expires_at > $2 and s.last_seen_at > $3"#,
            &hash[..],
            visit.at,
            visit.at - TimeDelta::days(IDLE_DAYS_MAX),
        )
        .fetch_optional(self.directory.control())
        .await?
        .ok_or(AuthenticateError::Unknown)?;
        if row.last_seen_at < visit.at - TimeDelta::seconds(SEEN_EVERY_SECONDS) {
            sqlx::query!("update control.sessions set last_seen_at = $2 where token_hash = $1", &hash[..], visit.at).execute(self.directory.control()).await?;
        }
        let person = Person { id: row.person, name: row.name, email: row.email, email_verified: row.email_verified, locale: row.locale };
        let tenant = (|| {
            Some(Tenant { id: row.tenant?, slug: row.slug?, name: row.tenant_name?, country: row.country?, currency: row.currency?, time_zone: row.time_zone?, locale: row.tenant_locale? })
        })();
        let actor = match (&tenant, row.policy_version) {
            (Some(tenant), Some(version)) => {
                let rights = self.policies.rights(tenant.id, version, person.id).await?;
                Some(Actor { tenant: tenant.id, who: Who::Person(person.id), rights })
            }
            // Whoever was sent in by a tenant that no longer knows them is nobody.
            _ if row.confined => return Err(AuthenticateError::Unknown),
            _ => None,
        };
        Ok(SessionCaller { token_hash: hash, id: row.id, person, tenant, actor, confined: row.confined, created_at: row.created_at, expires_at: row.expires_at })
    }

    async fn key(&self, text: &str, visit: &Visit) -> Result<Arc<KeyCaller>, AuthenticateError> {
        let hash = hash_of(text).ok_or(AuthenticateError::Unknown)?;
        if let Some((key, expires_at)) = self.keys.get(&hash).await {
            return if expires_at.is_none_or(|end| end > visit.at) { Ok(key) } else { Err(AuthenticateError::Unknown) };
        }
        let found = api_keys::find(&self.directory, text, visit.at).await?.ok_or(AuthenticateError::Unknown)?;
        let granted = self.policies.rights(found.tenant.id, found.policy_version, found.created_by).await?;
        let rights: RightSet = granted.intersection(&found.scopes);
        let actor = Actor { tenant: found.tenant.id, who: Who::ApiKey(found.id), rights: Arc::new(rights) };
        let key = Arc::new(KeyCaller { id: found.id, tenant: found.tenant, actor });
        self.keys.insert(hash, (key.clone(), found.expires_at)).await;
        Ok(key)
    }
}
