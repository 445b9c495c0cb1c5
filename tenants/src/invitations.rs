//! Invitations: a mail with a one-time link that makes somebody a member with the roles named.
//! Invariant INV-1: an invitation works once, for 7 days, and only for the address it was sent to.
//! Invariant INV-2: it gives no more than its author may give on the day it is accepted.
//! Invariant INV-3: who has an account already proves it by a session or the password; the link alone opens no account.

use crate::{
    Actor, DirectoryError, Identity, Permit, Visit, Who, audit,
    authenticate::SessionCaller,
    fields::{self, FieldError},
    lockout::{self, LockoutError},
    mail::{Letter, MailError},
    password::PasswordError,
    person::Locale,
    policy::PolicyError,
    rights::{ManagePeople, ReadPeople},
    roles::{self, RoleError},
    sessions::{self, Start},
    tokens::{Token, hash_of},
};
use chrono::TimeDelta;
use kernel::{InvitationId, Page, PageLimit, PersonId, RoleId, TenantId, Timestamp};
use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

pub const LIVES_DAYS: i64 = 7;
/// Open invitations of a tenant, and roles one invitation names.
pub const OPEN_MAX: i64 = 200;
pub const ROLES_MAX: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    Accepted,
    Revoked,
    Expired,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Accepted => "accepted",
            State::Revoked => "revoked",
            State::Expired => "expired",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: String,
    pub roles: Vec<(RoleId, String)>,
    pub invited_at: Timestamp,
    pub expires_at: Timestamp,
    pub state: State,
}

#[derive(Debug, thiserror::Error)]
pub enum InvitationError {
    #[error(transparent)]
    Field(#[from] FieldError),
    #[error("email belongs to a member already")]
    AlreadyMember,
    #[error("a tenant has at most {OPEN_MAX} open invitations: revoke some first")]
    TooMany,
    #[error("the invitation is not valid any more: ask for a new one")]
    Invalid,
    #[error("who invited you may not give these roles any more: ask for a new invitation")]
    Outdated,
    #[error("this address has an account: log in with it, or send its password")]
    ProveAccount,
    #[error("only a person invites")]
    NotPerson,
    #[error(transparent)]
    Role(#[from] RoleError),
    #[error(transparent)]
    Lockout(#[from] LockoutError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Mail(#[from] MailError),
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Invites an address. An earlier open invitation of the same address is void.
pub async fn invite(identity: &Identity, actor: &Actor, _: Permit<ManagePeople>, email: &str, role_ids: &[RoleId], now: Timestamp) -> Result<Invitation, InvitationError> {
    let Who::Person(invited_by) = actor.who else { return Err(InvitationError::NotPerson) };
    let email = fields::email("email", email)?;
    if role_ids.is_empty() || role_ids.len() > ROLES_MAX {
        return Err(FieldError::new("role_ids", format!("must name 1 to {ROLES_MAX} roles")).into());
    }
    let id = InvitationId::new();
    let control = identity.directory.control();
    let facts = sqlx::query!(
        r#"select t.name as tenant, t.locale, p.name as by,
             exists (select from control.memberships m join control.people o on o.id = m.person_id where m.tenant_id = t.id and m.state = 'active' and o.email = $3) as "member!",
             (select count(*) from control.invitations i where i.tenant_id = t.id and i.accepted_at is null and i.revoked_at is null and i.expires_at > $4 and i.email <> $3) as "open!"
           from control.tenants t, control.people p where t.id = $1 and p.id = $2"#,
        actor.tenant.uuid(),
        invited_by.uuid(),
        email,
        now
    )
    .fetch_one(control)
    .await?;
    if facts.member {
        return Err(InvitationError::AlreadyMember);
    }
    if facts.open >= OPEN_MAX {
        return Err(InvitationError::TooMany);
    }
    let mut tx = identity.directory.begin_at(actor, now).await?;
    let given: Vec<(RoleId, String)> = roles::may_give(&mut tx, actor, role_ids).await?.into_iter().map(|role| (role.id, role.name)).collect();
    let names: Vec<&String> = given.iter().map(|(_, name)| name).collect();
    audit::write(&mut tx, "person.invited", Some(&id), json!({"email": &email, "roles": names})).await?;
    tx.commit().await?;
    let token = Token::random();
    let expires_at = now + TimeDelta::days(LIVES_DAYS);
    let ids: Vec<Uuid> = given.iter().map(|(id, _)| id.uuid()).collect();
    let mut tx = control.begin().await?;
    sqlx::query!("update control.invitations set revoked_at = $3 where tenant_id = $1 and email = $2 and accepted_at is null and revoked_at is null", actor.tenant.uuid(), email, now)
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "insert into control.invitations (id, tenant_id, token_hash, email, role_ids, invited_by, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        id.uuid(),
        actor.tenant.uuid(),
        token.hash(),
        email,
        &ids,
        invited_by.uuid(),
        now,
        expires_at
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    let letter = Letter::Invite { token: &token, tenant: &facts.tenant, by: &facts.by };
    identity.mailer.send(&email, &email, facts.locale.parse().unwrap_or(Locale::En), &letter).await?;
    Ok(Invitation { id, email, roles: given, invited_at: now, expires_at, state: State::Open })
}

/// Newest first.
pub async fn list(identity: &Identity, actor: &Actor, _: Permit<ReadPeople>, now: Timestamp, limit: PageLimit, after: Option<InvitationId>) -> Result<Page<Invitation, InvitationId>, DirectoryError> {
    let rows = sqlx::query!(
        r#"select id as "id: InvitationId", email, role_ids as "role_ids: Vec<RoleId>", created_at, expires_at, accepted_at, revoked_at from control.invitations
           where tenant_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3"#,
        actor.tenant.uuid(),
        after.map(InvitationId::uuid),
        limit.rows() + 1
    )
    .fetch_all(identity.directory.control())
    .await?;
    let mut tx = identity.directory.begin(actor).await?;
    let known = roles::rows(&mut tx).await?;
    let named = |id: &RoleId| known.iter().find(|role| role.id == *id).map(|role| (*id, role.name.clone()));
    let invitations = rows.into_iter().map(|row| Invitation {
        id: row.id,
        email: row.email,
        roles: row.role_ids.iter().filter_map(named).collect(),
        invited_at: row.created_at,
        expires_at: row.expires_at,
        state: match (row.accepted_at, row.revoked_at) {
            (Some(_), _) => State::Accepted,
            (None, Some(_)) => State::Revoked,
            (None, None) if row.expires_at <= now => State::Expired,
            (None, None) => State::Open,
        },
    });
    Ok(Page::from_fetched(invitations.collect(), limit, |invitation: &Invitation| invitation.id))
}

/// Makes an open invitation void. False when the tenant has no such one.
pub async fn revoke(identity: &Identity, actor: &Actor, _: Permit<ManagePeople>, id: InvitationId, now: Timestamp) -> Result<bool, InvitationError> {
    let revoked = sqlx::query!(
        "update control.invitations set revoked_at = $3 where id = $1 and tenant_id = $2 and accepted_at is null and revoked_at is null",
        id.uuid(),
        actor.tenant.uuid(),
        now
    )
    .execute(identity.directory.control())
    .await?
    .rows_affected()
        > 0;
    if revoked {
        let mut tx = identity.directory.begin_at(actor, now).await?;
        audit::write(&mut tx, "invitation.revoked", Some(&id), json!({})).await?;
        tx.commit().await?;
    }
    Ok(revoked)
}

/// What the invited person sends.
#[derive(Debug)]
pub struct Acceptance<'a> {
    pub token: &'a str,
    pub name: Option<&'a str>,
    pub password: Option<&'a SecretString>,
    /// The session the request came with, if any.
    pub session: Option<&'a SessionCaller>,
}

/// Becomes a member and enters the tenant. Roles are given before the membership, so that a crash leaves nobody inside
/// without them, and the link still works.
pub async fn accept(identity: &Identity, acceptance: Acceptance<'_>, visit: &Visit) -> Result<Token, InvitationError> {
    let hash = hash_of(acceptance.token).ok_or(InvitationError::Invalid)?;
    let invitation = sqlx::query!(
        r#"select i.id as "id: InvitationId", i.tenant_id as "tenant: TenantId", i.email, i.role_ids as "role_ids: Vec<RoleId>", i.invited_by as "invited_by: PersonId"
           from control.invitations i join control.tenants t on t.id = i.tenant_id
           where i.token_hash = $1 and i.accepted_at is null and i.revoked_at is null and i.expires_at > $2 and t.state = 'active'"#,
        &hash[..],
        visit.at
    )
    .fetch_optional(identity.directory.control())
    .await?
    .ok_or(InvitationError::Invalid)?;
    let person = account(identity, &invitation.email, &acceptance, visit).await?;
    give_roles(identity, invitation.tenant, invitation.invited_by, person, invitation.id, &invitation.role_ids, visit.at).await?;
    let mut tx = identity.directory.control().begin().await?;
    let first = sqlx::query!("update control.invitations set accepted_at = $2 where id = $1 and accepted_at is null and revoked_at is null", invitation.id.uuid(), visit.at)
        .execute(&mut *tx)
        .await?
        .rows_affected();
    if first == 0 {
        return Err(InvitationError::Invalid);
    }
    sqlx::query!(
        "insert into control.memberships (tenant_id, person_id, origin, created_at) values ($1, $2, 'invitation', $3)
         on conflict (tenant_id, person_id) do update set state = 'active', origin = excluded.origin, created_at = excluded.created_at where memberships.state = 'removed'",
        invitation.tenant.uuid(),
        person.uuid(),
        visit.at
    )
    .execute(&mut *tx)
    .await?;
    // The link came by mail to this address, and the account was proven.
    sqlx::query!("update control.people set email_verified_at = coalesce(email_verified_at, $2) where id = $1", person.uuid(), visit.at).execute(&mut *tx).await?;
    if let Some(session) = acceptance.session.filter(|session| session.person.id == person) {
        sqlx::query!("delete from control.sessions where token_hash = $1", &session.token_hash[..]).execute(&mut *tx).await?;
    }
    let token = sessions::open(&mut tx, person, Start::In(invitation.tenant), visit).await?;
    tx.commit().await?;
    identity.policies.changed(invitation.tenant).await?;
    identity.authenticator.forget_all();
    Ok(token)
}

/// The account of the address: proven when it exists, made when it does not (INV-3).
async fn account(identity: &Identity, email: &str, acceptance: &Acceptance<'_>, visit: &Visit) -> Result<PersonId, InvitationError> {
    let control = identity.directory.control();
    let known = sqlx::query!(r#"select id as "id: PersonId", password_hash from control.people where email = $1"#, email).fetch_optional(control).await?;
    if let Some(known) = &known {
        if acceptance.session.is_some_and(|session| session.person.id == known.id && !session.confined) {
            return Ok(known.id);
        }
        let password = acceptance.password.ok_or(InvitationError::ProveAccount)?;
        if let Some(stored) = &known.password_hash {
            let attempt = lockout::begin(&identity.directory, email, visit.address, visit.at).await?;
            if !identity.passwords.verify(password, Some(stored)).await? {
                return Err(InvitationError::ProveAccount);
            }
            lockout::succeeded(&identity.directory, attempt).await?;
            return Ok(known.id);
        }
        // No password yet (they came through an identity provider): the mailed link proves the address, as a reset link would.
        fields::password(password)?;
        let hash = identity.passwords.hash(password).await?;
        sqlx::query!("update control.people set password_hash = $2 where id = $1 and password_hash is null", known.id.uuid(), hash).execute(control).await?;
        return Ok(known.id);
    }
    let name = fields::name("name", acceptance.name.unwrap_or_default(), 120)?;
    let password = acceptance.password.ok_or_else(|| FieldError::new("password", "must have 10 to 128 characters"))?;
    fields::password(password)?;
    let hash = identity.passwords.hash(password).await?;
    let made = sqlx::query_scalar!(
        r#"insert into control.people (id, email, name, password_hash, locale, email_verified_at, created_at) values ($1, $2, $3, $4, 'en', $5, $5)
           on conflict (email) do nothing returning id as "id: PersonId""#,
        PersonId::new().uuid(),
        email,
        name,
        hash,
        visit.at
    )
    .fetch_optional(control)
    .await?;
    made.ok_or(InvitationError::ProveAccount)
}

async fn give_roles(identity: &Identity, tenant: TenantId, invited_by: PersonId, person: PersonId, invitation: InvitationId, role_ids: &[RoleId], now: Timestamp) -> Result<(), InvitationError> {
    let author_rights = identity.policies.rights_now(tenant, invited_by).await?;
    let author = Actor { tenant, who: Who::Person(invited_by), rights: author_rights };
    // INV-2. The transaction is the invited person's own act.
    let mut tx = identity.directory.begin_at(&Actor { who: Who::Person(person), ..author.clone() }, now).await?;
    let given = match roles::may_give(&mut tx, &author, role_ids).await {
        Err(RoleError::NotFound | RoleError::Beyond(_)) => return Err(InvitationError::Outdated),
        other => other?,
    };
    let id = tx.tenant();
    let ids: Vec<Uuid> = given.iter().map(|role| role.id.uuid()).collect();
    sqlx::query!("insert into tenant.role_assignments (tenant_id, person_id, role_id) select $1, $2, unnest($3::uuid[]) on conflict do nothing", id, person.uuid(), &ids)
        .execute(tx.conn())
        .await?;
    audit::write(&mut tx, "invitation.accepted", Some(&invitation), json!({"person": person})).await?;
    tx.commit().await?;
    Ok(())
}
