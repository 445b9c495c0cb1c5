//! Sign-up: a tenant, its owner, its built-in roles.
//! Invariant SIGN-1: the tenant is seen by nobody until all of it is there. Control and the tenant's shard are two databases,
//! so it is written as `opening` in control, filled in its shard, then made `active`; repeating a sign-up that was cut off
//! finishes it instead of making a second one.

use crate::{
    Actor, DirectoryError, Identity, RightSet, Visit, Who, audit,
    fields::{self, FieldError},
    lockout::{self, LockoutError},
    mail::Letter,
    mail_link,
    password::PasswordError,
    person::Locale,
    roles,
    sessions::{self, Start},
    tokens::Token,
};
use chrono::TimeDelta;
use kernel::{PersonId, TenantId};
use secrecy::SecretString;
use serde_json::json;

/// What a merchant types in.
#[derive(Clone, Debug)]
pub struct SignUp {
    pub tenant_name: String,
    pub slug: Option<String>,
    pub country: String,
    pub currency: String,
    pub time_zone: String,
    pub locale: String,
    pub name: String,
    pub email: String,
    pub password: SecretString,
}

#[derive(Debug, thiserror::Error)]
pub enum SignUpError {
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Fields(Vec<FieldError>),
    #[error("slug is taken: choose another")]
    SlugTaken,
    #[error("email has an account with another password: log in, or reset the password")]
    EmailTaken,
    #[error(transparent)]
    Lockout(#[from] LockoutError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The new tenant, its owner, and the token of a session inside it.
#[derive(Debug)]
pub struct SignedUp {
    pub tenant: TenantId,
    pub person: PersonId,
    pub token: Token,
}

/// An unfinished sign-up keeps its slug this long.
const OPENING_KEEPS_SLUG: TimeDelta = TimeDelta::hours(1);

struct Checked {
    tenant_name: String,
    slug: Option<String>,
    country: String,
    currency: String,
    time_zone: String,
    locale: Locale,
    name: String,
    email: String,
}

pub async fn sign_up(identity: &Identity, form: SignUp, visit: &Visit) -> Result<SignedUp, SignUpError> {
    let checked = check(&form)?;
    let person = owner(identity, &checked, &form.password, visit).await?;
    let tenant = open_tenant(identity, &checked, person, visit).await?;
    let actor = Actor { tenant, who: Who::Person(person), rights: RightSet::default().into() };
    let mut tx = identity.directory.begin_at(&actor, visit.at).await?;
    roles::found(&mut tx, person).await?;
    // The books are kept in the tenant's zone, by its country's chart, from the first order on.
    sqlx::query!(
        "insert into tenant.finance_settings (tenant_id, version, country, time_zone, chart, set_at, set_by) values ($1, 1, $2, $3, $4, $5, $6) on conflict (tenant_id, version) do nothing",
        tx.tenant(),
        checked.country,
        checked.time_zone,
        if checked.country == "VN" { "vn" } else { "generic" },
        visit.at,
        actor.who.to_string(),
    )
    .execute(tx.conn())
    .await?;
    audit::write(&mut tx, "tenant.signed_up", Some(&tenant), json!({"name": checked.tenant_name})).await?;
    tx.commit().await?;
    let token = finish(identity, tenant, person, visit).await?;
    // The account exists and can be used; a mail server that is away does not undo that. The mail can be asked for again.
    if let Err(error) = mail_link::send_verification(identity, person, visit).await {
        tracing::warn!(person.id = %person, %error, "verification mail not sent to {person}");
    }
    Ok(SignedUp { tenant, person, token })
}

fn check(form: &SignUp) -> Result<Checked, SignUpError> {
    let mut wrong = Vec::new();
    let mut take = |result: Result<String, FieldError>| result.map_err(|error| wrong.push(error)).unwrap_or_default();
    let checked = Checked {
        tenant_name: take(fields::name("tenant_name", &form.tenant_name, 120)),
        slug: form.slug.as_deref().map(|slug| take(fields::slug(slug))),
        country: take(fields::country(&form.country)),
        currency: take(fields::currency(&form.currency).map(|currency| currency.code().to_owned())),
        time_zone: take(fields::time_zone(&form.time_zone)),
        name: take(fields::name("name", &form.name, 120)),
        email: take(fields::email("email", &form.email)),
        locale: form.locale.parse().unwrap_or(Locale::En),
    };
    take(form.locale.parse::<Locale>().map(|locale| locale.code().to_owned()));
    take(fields::password(&form.password).map(|()| String::new()));
    if wrong.is_empty() { Ok(checked) } else { Err(SignUpError::Fields(wrong)) }
}

/// The account: a new one, or the one that has this address and this very password.
async fn owner(identity: &Identity, form: &Checked, password: &SecretString, visit: &Visit) -> Result<PersonId, SignUpError> {
    let control = identity.directory.control();
    let hash = identity.passwords.hash(password).await?;
    let made = sqlx::query_scalar!(
        r#"insert into control.people (id, email, name, password_hash, locale, created_at) values ($1, $2, $3, $4, $5, $6)
           on conflict (email) do nothing returning id as "id: PersonId""#,
        PersonId::new().uuid(),
        form.email,
        form.name,
        hash,
        form.locale.code(),
        visit.at,
    )
    .fetch_optional(control)
    .await?;
    if let Some(id) = made {
        return Ok(id);
    }
    // Trying addresses here is trying passwords: it counts as a log-in.
    let attempt = lockout::begin(&identity.directory, &form.email, visit.address, visit.at).await?;
    let known = sqlx::query!(r#"select id as "id: PersonId", name, password_hash, locale from control.people where email = $1"#, form.email).fetch_one(control).await?;
    if !identity.passwords.verify(password, known.password_hash.as_deref()).await? {
        let locale = known.locale.parse().unwrap_or(Locale::En);
        if let Err(error) = identity.mailer.send(&form.email, &known.name, locale, &Letter::AlreadyKnown).await {
            tracing::warn!(person.id = %known.id, %error, "notice of a second sign-up not sent to {}", known.id);
        }
        return Err(SignUpError::EmailTaken);
    }
    lockout::succeeded(&identity.directory, attempt).await?;
    Ok(known.id)
}

/// The tenant in control, not yet to be entered: the one this person began before, or a new one.
async fn open_tenant(identity: &Identity, form: &Checked, person: PersonId, visit: &Visit) -> Result<TenantId, SignUpError> {
    let control = identity.directory.control();
    let begun = sqlx::query_scalar!(
        r#"select id as "id: TenantId" from control.tenants where opened_by = $1 and state = 'opening' order by created_at desc limit 1"#,
        person.uuid()
    )
    .fetch_optional(control)
    .await?;
    let slug = match &form.slug {
        Some(slug) => slug.clone(),
        None => free_slug(identity, &form.tenant_name, begun).await?,
    };
    // A slug kept by a sign-up nobody finished is free again.
    sqlx::query!(
        "update control.tenants set slug = 'unfinished-' || left(replace(id::text, '-', ''), 12) || right(replace(id::text, '-', ''), 12) where slug = $1 and state = 'opening' and created_at < $2 and opened_by <> $3",
        slug,
        visit.at - OPENING_KEEPS_SLUG,
        person.uuid(),
    )
    .execute(control)
    .await?;
    let shard = identity.directory.emptiest_shard().await?;
    let written = sqlx::query_scalar!(
        r#"insert into control.tenants as t (id, slug, name, shard, country, currency, time_zone, locale, state, opened_by, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, 'opening', $9, $10)
           on conflict (id) do update set slug = excluded.slug, name = excluded.name, country = excluded.country, currency = excluded.currency,
             time_zone = excluded.time_zone, locale = excluded.locale where t.state = 'opening'
           returning id as "id: TenantId""#,
        begun.unwrap_or_else(TenantId::new).uuid(),
        slug,
        form.tenant_name,
        shard,
        form.country,
        form.currency,
        form.time_zone,
        form.locale.code(),
        person.uuid(),
        visit.at,
    )
    .fetch_one(control)
    .await;
    match written {
        Err(sqlx::Error::Database(error)) if error.constraint() == Some("tenants_slug_key") => Err(SignUpError::SlugTaken),
        other => Ok(other?),
    }
}

/// A slug from the name; when it is taken, the same with random digits behind.
async fn free_slug(identity: &Identity, name: &str, begun: Option<TenantId>) -> Result<String, SignUpError> {
    let plain = fields::slug_from(name);
    let taken = sqlx::query_scalar!(
        r#"select exists (select from control.tenants where slug = $1 and id is distinct from $2) as "taken!""#,
        plain,
        begun.map(TenantId::uuid)
    )
    .fetch_one(identity.directory.control())
    .await?;
    Ok(if taken { format!("{plain}-{}", hex::encode(crate::tokens::random_bytes::<3>())) } else { plain })
}

/// Everything is written: the person may enter, and does.
async fn finish(identity: &Identity, tenant: TenantId, person: PersonId, visit: &Visit) -> Result<Token, SignUpError> {
    let mut tx = identity.directory.control().begin().await?;
    sqlx::query!(
        "insert into control.memberships (tenant_id, person_id, origin, created_at) values ($1, $2, 'sign_up', $3) on conflict do nothing",
        tenant.uuid(),
        person.uuid(),
        visit.at
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("update control.tenants set state = 'active' where id = $1 and state = 'opening'", tenant.uuid()).execute(&mut *tx).await?;
    let token = sessions::open(&mut tx, person, Start::In(tenant), visit).await?;
    tx.commit().await?;
    Ok(token)
}
