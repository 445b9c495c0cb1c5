//! One-time links sent by mail: verify an address, reset a password.
//! Invariant LINK-1: a link works once, and only until it expires; a newer one of its kind makes it void.
//! Invariant LINK-2: asking for a reset tells nobody whether the address has an account.
//! Invariant LINK-3: a new password ends every session of the person.

use crate::{
    Identity, Visit, Who, audit,
    fields::{self, FieldError},
    mail::{Letter, MailError},
    password::PasswordError,
    person::Locale,
    sessions,
    tokens::{Token, hash_of},
};
use chrono::TimeDelta;
use kernel::{PersonId, Timestamp};
use secrecy::SecretString;
use serde_json::json;

/// Mails of one kind to one person in an hour.
pub const PER_HOUR_MAX: i64 = 5;

#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("the link is not valid any more: ask for a new one")]
    Invalid,
    #[error("{PER_HOUR_MAX} mails were sent in the last hour: look in your mailbox, or try again later")]
    TooMany,
    #[error(transparent)]
    Field(#[from] FieldError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Mail(#[from] MailError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

#[derive(Clone, Copy)]
enum Purpose {
    Verify,
    Reset,
}

impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Purpose::Verify => "verify",
            Purpose::Reset => "reset",
        }
    }
    fn lives(self) -> TimeDelta {
        match self {
            Purpose::Verify => TimeDelta::days(3),
            Purpose::Reset => TimeDelta::hours(1),
        }
    }
}

/// Sends the verification mail. Nothing is sent when the address is verified already.
pub async fn send_verification(identity: &Identity, person: PersonId, visit: &Visit) -> Result<(), LinkError> {
    let row = sqlx::query!("select email, name, locale, email_verified_at from control.people where id = $1", person.uuid())
        .fetch_one(identity.directory.control())
        .await?;
    if row.email_verified_at.is_some() {
        return Ok(());
    }
    let token = issue(identity, person, Purpose::Verify, visit.at).await?;
    identity.mailer.send(&row.email, &row.name, row.locale.parse().unwrap_or(Locale::En), &Letter::Verify { token: &token }).await?;
    Ok(())
}

/// The person followed the link: the address is theirs.
pub async fn verify(identity: &Identity, token: &str, visit: &Visit) -> Result<PersonId, LinkError> {
    let mut tx = identity.directory.control().begin().await?;
    let person = redeem(&mut tx, token, Purpose::Verify, visit.at).await?;
    sqlx::query!("update control.people set email_verified_at = coalesce(email_verified_at, $2) where id = $1", person.uuid(), visit.at).execute(&mut *tx).await?;
    audit::write_control(&mut tx, visit.at, Who::Person(person), "email.verified", None, json!({})).await?;
    tx.commit().await?;
    identity.authenticator.forget_all();
    Ok(person)
}

/// Mails a reset link when the address has an account. The answer is the same when it has none.
/// The work goes on after the answer, so that its time tells nothing either.
pub fn request_reset(identity: &Identity, email: &str, visit: &Visit) {
    let Ok(email) = fields::email("email", email) else { return };
    let (identity, visit) = (identity.clone(), visit.clone());
    tokio::spawn(async move {
        match send_reset(&identity, &email, &visit).await {
            Ok(()) | Err(LinkError::TooMany) => {}
            Err(error) => tracing::warn!(%error, "reset mail not sent"),
        }
    });
}

async fn send_reset(identity: &Identity, email: &str, visit: &Visit) -> Result<(), LinkError> {
    let Some(row) = sqlx::query!(r#"select id as "id: PersonId", name, locale from control.people where email = $1"#, email).fetch_optional(identity.directory.control()).await?
    else {
        return Ok(());
    };
    let token = issue(identity, row.id, Purpose::Reset, visit.at).await?;
    audit::write_control(&mut *identity.directory.control().acquire().await?, visit.at, Who::System("password-reset"), "password_reset.requested", Some(&row.id), json!({"address": visit.address})).await?;
    identity.mailer.send(email, &row.name, row.locale.parse().unwrap_or(Locale::En), &Letter::Reset { token: &token }).await?;
    Ok(())
}

/// Sets the new password. The link came by mail, so the address is verified too.
pub async fn reset(identity: &Identity, token: &str, password: &SecretString, visit: &Visit) -> Result<(), LinkError> {
    fields::password(password)?;
    let mut tx = identity.directory.control().begin().await?;
    let person = redeem(&mut tx, token, Purpose::Reset, visit.at).await?;
    let hash = identity.passwords.hash(password).await?;
    sqlx::query!("update control.people set password_hash = $2, email_verified_at = coalesce(email_verified_at, $3) where id = $1", person.uuid(), hash, visit.at)
        .execute(&mut *tx)
        .await?;
    let ended = sessions::revoke_all(&mut tx, person).await?;
    audit::write_control(&mut tx, visit.at, Who::Person(person), "password.reset", None, json!({"sessions_ended": ended.len()})).await?;
    tx.commit().await?;
    for hash in ended {
        identity.authenticator.forget_session(&hash).await;
    }
    Ok(())
}

async fn issue(identity: &Identity, person: PersonId, purpose: Purpose, now: Timestamp) -> Result<Token, LinkError> {
    let token = Token::random();
    let mut tx = identity.directory.control().begin().await?;
    // The person's row is the lock: two requests at once cannot both see room for one more.
    sqlx::query!("select id from control.people where id = $1 for update", person.uuid()).fetch_one(&mut *tx).await?;
    let recent = sqlx::query_scalar!(
        r#"select count(*) as "recent!" from control.mail_tokens where person_id = $1 and purpose = $2 and created_at > $3"#,
        person.uuid(),
        purpose.word(),
        now - TimeDelta::hours(1)
    )
    .fetch_one(&mut *tx)
    .await?;
    if recent >= PER_HOUR_MAX {
        return Err(LinkError::TooMany);
    }
    sqlx::query!("update control.mail_tokens set used_at = $3 where person_id = $1 and purpose = $2 and used_at is null", person.uuid(), purpose.word(), now).execute(&mut *tx).await?;
    sqlx::query!("delete from control.mail_tokens where person_id = $1 and purpose = $2 and expires_at < $3", person.uuid(), purpose.word(), now - TimeDelta::days(7))
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "insert into control.mail_tokens (token_hash, person_id, purpose, created_at, expires_at) values ($1, $2, $3, $4, $5)",
        token.hash(),
        person.uuid(),
        purpose.word(),
        now,
        now + purpose.lives()
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(token)
}

async fn redeem(conn: &mut sqlx::PgConnection, token: &str, purpose: Purpose, now: Timestamp) -> Result<PersonId, LinkError> {
    let hash = hash_of(token).ok_or(LinkError::Invalid)?;
    sqlx::query_scalar!(
        r#"update control.mail_tokens set used_at = $3 where token_hash = $1 and purpose = $2 and used_at is null and expires_at > $3 returning person_id as "id: PersonId""#,
        &hash[..],
        purpose.word(),
        now
    )
    .fetch_optional(conn)
    .await?
    .ok_or(LinkError::Invalid)
}
