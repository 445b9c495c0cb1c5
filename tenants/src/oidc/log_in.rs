//! A log-in through a provider: out with [`start`], back with [`finish`].

use super::{
    connection::{self, ConnectionError, Live},
    provider::{Provider, Told},
};
use crate::{
    Actor, DirectoryError, Identity, RightSet, Visit, Who, audit,
    fields,
    roles::{self, BuiltIn, RoleRow},
    sessions::{self, Start},
    tokens::{Token, hash_of},
};
use chrono::TimeDelta;
use kernel::{OidcConnectionId, PersonId};
use openidconnect::{Nonce, PkceCodeVerifier};
use serde_json::json;
use subtle::ConstantTimeEq as _;
use url::Url;

/// How long a person may take at the provider.
const LIVES: TimeDelta = TimeDelta::minutes(10);
/// Log-ins of one connection that may be under way at once.
pub const UNDER_WAY_MAX: i64 = 1_000;
const RETURN_TO_CHARS_MAX: usize = 500;

#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    #[error("there is no such connection")]
    NoConnection,
    #[error("return_to must be a path of this site, such as /orders")]
    ReturnTo,
    #[error("too many log-ins are under way: try again later")]
    TooMany,
    #[error("the identity provider does not answer as it should")]
    ProviderAway(String),
    /// Details are for the log: they may repeat what a hostile provider wrote.
    #[error("the log-in was not accepted")]
    Refused(String),
    #[error("this log-in was not begun in this browser, was used already, or took too long: begin again")]
    UnknownState,
    #[error("the identity provider did not confirm your e-mail address")]
    EmailUnverified,
    #[error("your e-mail address has an account here already: log in with it, or ask an administrator for an invitation")]
    EmailTaken,
    #[error("you are no member of this tenant: ask an administrator for an invitation")]
    NotMember,
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl LogInError {
    /// What happened, for those who run this server: one line, cut, since a hostile provider may have written it.
    pub fn detail(&self) -> String {
        let text = match self {
            LogInError::ProviderAway(detail) | LogInError::Refused(detail) => detail.clone(),
            other => other.to_string(),
        };
        text.chars().filter(|c| !c.is_control()).take(300).collect()
    }
}

/// Where to send the browser, and the cookie it must bring back.
#[derive(Debug)]
pub struct Started {
    pub url: Url,
    pub browser: Token,
}

/// Begins a log-in. State, nonce and PKCE verifier are new; the browser is bound by a cookie of its own.
pub async fn start(identity: &Identity, connection: OidcConnectionId, return_to: Option<&str>, visit: &Visit) -> Result<Started, LogInError> {
    let return_to = return_to.map(local_path).transpose()?;
    let connection = connection::live(identity, connection.uuid()).await?.ok_or(LogInError::NoConnection)?;
    let control = identity.directory.control();
    sqlx::query!("delete from control.oidc_logins where connection_id = $1 and expires_at <= $2", connection.id.uuid(), visit.at).execute(control).await?;
    let under_way = sqlx::query_scalar!(r#"select count(*) as "n!" from control.oidc_logins where connection_id = $1"#, connection.id.uuid()).fetch_one(control).await?;
    if under_way >= UNDER_WAY_MAX {
        return Err(LogInError::TooMany);
    }
    let provider = Provider::meet(&identity.outside, &connection, &callback(identity)).await?;
    let (state, browser) = (Token::random(), Token::random());
    let departure = provider.depart(state.expose());
    sqlx::query!(
        "insert into control.oidc_logins (state_hash, connection_id, browser_hash, nonce, pkce_verifier, return_to, expires_at) values ($1, $2, $3, $4, $5, $6, $7)",
        state.hash(),
        connection.id.uuid(),
        browser.hash(),
        departure.nonce.secret(),
        departure.verifier.secret(),
        return_to,
        visit.at + LIVES
    )
    .execute(control)
    .await?;
    Ok(Started { url: departure.url, browser })
}

/// What the browser brought back.
#[derive(Debug, Default)]
pub struct Returned<'a> {
    pub state: Option<&'a str>,
    pub code: Option<&'a str>,
    pub issuer: Option<&'a str>,
    pub error: Option<&'a str>,
    /// The cookie that [`start`] gave.
    pub browser: Option<&'a str>,
}

/// A session in the connection's tenant, and where the person wanted to go.
#[derive(Debug)]
pub struct Finished {
    pub token: Token,
    pub return_to: Option<String>,
}

/// Verifies what came back and opens a session. What is refused is written to the log.
pub async fn finish(identity: &Identity, returned: Returned<'_>, visit: &Visit) -> Result<Finished, LogInError> {
    let finished = accept(identity, returned, visit).await;
    if let Err(error) = &finished {
        let detail = json!({"reason": error.detail(), "address": visit.address});
        audit::write_control(&mut *identity.directory.control().acquire().await?, visit.at, Who::System("oidc"), "oidc.refused", None, detail).await?;
    }
    finished
}

async fn accept(identity: &Identity, returned: Returned<'_>, visit: &Visit) -> Result<Finished, LogInError> {
    let state = returned.state.and_then(hash_of).ok_or(LogInError::UnknownState)?;
    let browser = returned.browser.and_then(hash_of).ok_or(LogInError::UnknownState)?;
    // Taken out before anything is asked: whatever happens next, this state is used (OIDC-2).
    let login = sqlx::query!(
        r#"delete from control.oidc_logins where state_hash = $1 returning connection_id as "connection: OidcConnectionId", browser_hash, nonce, pkce_verifier, return_to, expires_at"#,
        &state[..]
    )
    .fetch_optional(identity.directory.control())
    .await?
    .filter(|login| login.expires_at > visit.at && bool::from(login.browser_hash.ct_eq(&browser[..])))
    .ok_or(LogInError::UnknownState)?;
    let connection = connection::live(identity, login.connection.uuid()).await?.ok_or(LogInError::NoConnection)?;
    if let Some(error) = returned.error {
        return Err(LogInError::Refused(format!("the provider answered {error:?}")));
    }
    // RFC 9207: the answer names its author, and it is the one that was asked.
    if returned.issuer.is_some_and(|issuer| issuer != connection.issuer) {
        return Err(LogInError::Refused("another issuer answered".into()));
    }
    let code = returned.code.ok_or_else(|| LogInError::Refused("no code came back".into()))?;
    let provider = Provider::meet(&identity.outside, &connection, &callback(identity)).await?;
    if provider.names_itself && returned.issuer.is_none() {
        return Err(LogInError::Refused("the answer does not name its issuer".into()));
    }
    let told = provider.learn(code.to_owned(), &Nonce::new(login.nonce), PkceCodeVerifier::new(login.pkce_verifier), visit.at).await?;
    let person = admit(identity, &connection, &told, visit).await?;
    let mut tx = identity.directory.control().begin().await?;
    let token = sessions::open(&mut tx, person, Start::ConfinedTo(connection.tenant), visit).await?;
    tx.commit().await?;
    Ok(Finished { token, return_to: login.return_to })
}

fn callback(identity: &Identity) -> Url {
    let mut url = identity.public_url().clone();
    url.set_path("/api/v1/oidc/callback");
    url
}

/// A path of this site. `//host` and `/\host` are other sites to a browser.
fn local_path(text: &str) -> Result<String, LogInError> {
    let second = text.chars().nth(1);
    let right = text.starts_with('/') && !matches!(second, Some('/' | '\\')) && text.chars().count() <= RETURN_TO_CHARS_MAX && !text.chars().any(|c| c.is_control() || c == '\\');
    if right { Ok(text.to_owned()) } else { Err(LogInError::ReturnTo) }
}

/// The person behind the subject, made a member on first sight when the connection lets them join.
async fn admit(identity: &Identity, connection: &Live, told: &Told, visit: &Visit) -> Result<PersonId, LogInError> {
    let control = identity.directory.control();
    let known = sqlx::query!(
        r#"select i.person_id as "person: PersonId", m.state as "state?" from control.oidc_identities i
           left join control.memberships m on m.tenant_id = i.tenant_id and m.person_id = i.person_id where i.tenant_id = $1 and i.issuer = $2 and i.subject = $3"#,
        connection.tenant.uuid(),
        connection.issuer,
        told.subject
    )
    .fetch_optional(control)
    .await?;
    match known {
        Some(row) if row.state.as_deref() == Some("active") => {
            tell(identity, connection, row.person, "oidc.logged_in", visit).await?;
            return Ok(row.person);
        }
        // Taken out of the tenant by its people; only they bring somebody back.
        Some(row) if row.state.is_some() => return Err(LogInError::NotMember),
        _ => {}
    }
    let email = told.email.as_deref().and_then(|email| fields::email("email", email).ok()).filter(|_| told.email_verified).ok_or(LogInError::EmailUnverified)?;
    let may_join_by_domain = connection.join_domains.iter().any(|domain| domain == fields::domain(&email));
    let person = match known {
        // The identity was written, the membership was not: an earlier log-in was cut off.
        Some(row) => row.person,
        None => link_or_make(identity, connection, told, &email, may_join_by_domain, visit).await?,
    };
    join(identity, connection, told, person, may_join_by_domain, visit).await?;
    Ok(person)
}

/// OIDC-1. The account of the address, when all three agree; a new account when there is none.
async fn link_or_make(identity: &Identity, connection: &Live, told: &Told, email: &str, may_join_by_domain: bool, visit: &Visit) -> Result<PersonId, LogInError> {
    if !may_join_by_domain && roles_of(connection, told).is_empty() {
        return Err(LogInError::NotMember);
    }
    let name = told.name.as_deref().and_then(|name| fields::name("name", name, 120).ok()).unwrap_or_else(|| email.chars().take(120).collect());
    let mut tx = identity.directory.control().begin().await?;
    // The address is not marked verified: a tenant's provider speaks for its tenant, not for everybody.
    let made = sqlx::query_scalar!(
        r#"insert into control.people (id, email, name, locale, created_at) select $1, $2, $3, locale, $4 from control.tenants where id = $5
           on conflict (email) do nothing returning id as "id: PersonId""#,
        PersonId::new().uuid(),
        email,
        name,
        visit.at,
        connection.tenant.uuid()
    )
    .fetch_optional(&mut *tx)
    .await?;
    let person = match made {
        Some(person) => person,
        None => {
            let known = sqlx::query!(r#"select id as "id: PersonId", email_verified_at from control.people where email = $1"#, email).fetch_one(&mut *tx).await?;
            if !may_join_by_domain || known.email_verified_at.is_none() {
                return Err(LogInError::EmailTaken);
            }
            known.id
        }
    };
    // One person has one subject per issuer: a second one claiming the same address is somebody else.
    let taken = sqlx::query_scalar!(
        r#"select exists (select from control.oidc_identities where tenant_id = $1 and issuer = $2 and person_id = $3) as "taken!""#,
        connection.tenant.uuid(),
        connection.issuer,
        person.uuid()
    )
    .fetch_one(&mut *tx)
    .await?;
    if taken {
        return Err(LogInError::EmailTaken);
    }
    sqlx::query!(
        "insert into control.oidc_identities (tenant_id, issuer, subject, person_id, created_at) values ($1, $2, $3, $4, $5)",
        connection.tenant.uuid(),
        connection.issuer,
        told.subject,
        person.uuid(),
        visit.at
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(person)
}

/// Role names the person's groups stand for.
fn roles_of<'a>(connection: &'a Live, told: &Told) -> Vec<&'a str> {
    told.groups.iter().filter_map(|group| connection.group_roles.get(group)).map(String::as_str).collect()
}

/// Membership on first sight; who is a member already keeps the roles the tenant gave them.
async fn join(identity: &Identity, connection: &Live, told: &Told, person: PersonId, may_join_by_domain: bool, visit: &Visit) -> Result<(), LogInError> {
    let control = identity.directory.control();
    let state = sqlx::query_scalar!("select state from control.memberships where tenant_id = $1 and person_id = $2", connection.tenant.uuid(), person.uuid()).fetch_optional(control).await?;
    match state.as_deref() {
        Some("active") => return tell(identity, connection, person, "oidc.linked", visit).await,
        Some(_) => return Err(LogInError::NotMember),
        None => {}
    }
    let mut names = roles_of(connection, told);
    if names.is_empty() {
        if !may_join_by_domain {
            return Err(LogInError::NotMember);
        }
        names.push(connection.default_role.as_deref().unwrap_or(BuiltIn::Viewer.name()));
    }
    let actor = Actor { tenant: connection.tenant, who: Who::Person(person), rights: RightSet::default().into() };
    let mut tx = identity.directory.begin_at(&actor, visit.at).await?;
    let given: Vec<RoleRow> = roles::rows(&mut tx).await?.into_iter().filter(|role| names.contains(&role.name.as_str())).collect();
    let (tenant, ids) = (tx.tenant(), given.iter().map(|role| role.id.uuid()).collect::<Vec<_>>());
    sqlx::query!("insert into tenant.role_assignments (tenant_id, person_id, role_id) select $1, $2, unnest($3::uuid[]) on conflict do nothing", tenant, person.uuid(), &ids)
        .execute(tx.conn())
        .await?;
    audit::write(&mut tx, "oidc.joined", Some(&person), json!({"connection": connection.id, "roles": names})).await?;
    tx.commit().await?;
    sqlx::query!(
        "insert into control.memberships (tenant_id, person_id, origin, created_at) values ($1, $2, 'oidc', $3) on conflict do nothing",
        connection.tenant.uuid(),
        person.uuid(),
        visit.at
    )
    .execute(control)
    .await?;
    identity.policies.changed(connection.tenant).await?;
    identity.authenticator.forget_all();
    Ok(())
}

async fn tell(identity: &Identity, connection: &Live, person: PersonId, act: &'static str, visit: &Visit) -> Result<(), LogInError> {
    let actor = Actor { tenant: connection.tenant, who: Who::Person(person), rights: RightSet::default().into() };
    let mut tx = identity.directory.begin_at(&actor, visit.at).await?;
    audit::write(&mut tx, act, Some(&person), json!({"connection": connection.id})).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn return_to_stays_on_this_site() {
        for path in ["/", "/orders?payment=unpaid#x", "/a//b"] {
            assert!(local_path(path).is_ok(), "{path}");
        }
        for path in ["", "orders", "//evil.test", "/\\evil.test", "https://evil.test", "/a\\b", "/a\nb", &format!("/{}", "a".repeat(500))] {
            assert!(local_path(path).is_err(), "{path:?}");
        }
    }
}
