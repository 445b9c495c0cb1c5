//! Log-in with e-mail and password.
//! Invariant LOGIN-1: an unknown address, an account without password and a wrong password are one answer in one time.

use crate::{
    Identity, Visit, Who, audit,
    fields,
    lockout::{self, LockoutError},
    password::PasswordError,
    person::tenants_of,
    sessions::{self, Start},
    tokens::{Token, sha256},
};
use kernel::PersonId;
use secrecy::SecretString;
use serde_json::json;

#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    #[error("the e-mail address or the password is wrong")]
    WrongCredentials,
    #[error(transparent)]
    Lockout(#[from] LockoutError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Opens a session. A person of one tenant enters it at once; of several, they choose.
pub async fn log_in(identity: &Identity, email: &str, password: &SecretString, visit: &Visit) -> Result<Token, LogInError> {
    let Ok(email) = fields::email("email", email) else { return Err(LogInError::WrongCredentials) };
    let control = identity.directory.control();
    let attempt = lockout::begin(&identity.directory, &email, visit.address, visit.at).await?;
    let known = sqlx::query!(r#"select id as "id: PersonId", password_hash from control.people where email = $1"#, email).fetch_optional(control).await?;
    let fits = identity.passwords.verify(password, known.as_ref().and_then(|row| row.password_hash.as_deref())).await?;
    let Some(person) = known.filter(|_| fits).map(|row| row.id) else {
        // The digest lets a reader find attempts on one address without the log holding addresses that may be typing errors.
        let detail = json!({"email_digest": hex::encode(&sha256(email.as_bytes())[..8]), "address": visit.address});
        audit::write_control(&mut *control.acquire().await?, visit.at, Who::System("log-in"), "log_in.failed", None, detail).await?;
        return Err(LogInError::WrongCredentials);
    };
    lockout::succeeded(&identity.directory, attempt).await?;
    let mut tx = control.begin().await?;
    let start = match tenants_of(&mut tx, person).await?.as_slice() {
        [only] => Start::In(only.id),
        _ => Start::NoTenant,
    };
    let token = sessions::open(&mut tx, person, start, visit).await?;
    audit::write_control(&mut tx, visit.at, Who::Person(person), "log_in.succeeded", None, json!({"address": visit.address})).await?;
    tx.commit().await?;
    Ok(token)
}
