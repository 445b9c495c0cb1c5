//! API keys: `sy_live_<8>_<secret>`. The eight characters find the row, the secret proves it.
//! Invariant KEY-1: only the SHA-256 of the secret is stored, and it is compared in constant time.
//! Invariant KEY-2: nobody makes a key that may do what they may not.
//! The secret is 43 characters of base62, 256 bits, so a plain hash is enough: there is nothing to guess.

use crate::{
    Actor, Directory, DirectoryError, Identity, Permit, RightSet, Who, audit,
    authenticate::SEEN_EVERY_SECONDS,
    fields::{self, FieldError},
    person::Tenant,
    rights::{ManageKeys, UnknownRight},
    tokens::{random_bytes, sha256},
};
use chrono::TimeDelta;
use kernel::{ApiKeyId, Page, PageLimit, PersonId, TenantId, Timestamp};
use secrecy::SecretString;
use serde_json::json;
use subtle::ConstantTimeEq as _;

const MARK: &str = "sy_live_";
const PREFIX_CHARS: usize = 8;
const SECRET_CHARS: usize = 43;
/// Live keys a tenant may have.
pub const PER_TENANT_MAX: i64 = 100;

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(transparent)]
    Field(#[from] FieldError),
    #[error("scopes: {0}")]
    Scope(#[from] UnknownRight),
    #[error("scopes: you lack the right {0} yourself")]
    Beyond(crate::Right),
    #[error("a tenant has at most {PER_TENANT_MAX} keys: revoke one first")]
    TooMany,
    #[error("only a person makes API keys")]
    NotPerson,
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// A key as it may be shown.
#[derive(Clone, Debug)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub name: String,
    pub prefix: String,
    pub scopes: Vec<String>,
    pub created_by: PersonId,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
}

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct NewKey {
    pub name: String,
    pub scopes: Vec<String>,
    pub expires_at: Option<Timestamp>,
}

/// Makes a key. Its text is in the answer and nowhere else.
pub async fn create(identity: &Identity, actor: &Actor, _: Permit<ManageKeys>, new: NewKey, now: Timestamp) -> Result<(ApiKey, SecretString), KeyError> {
    let Who::Person(created_by) = actor.who else { return Err(KeyError::NotPerson) };
    let name = fields::name("name", &new.name, 120)?;
    if new.scopes.is_empty() {
        return Err(FieldError::new("scopes", "must name at least one right").into());
    }
    if new.expires_at.is_some_and(|end| end <= now) {
        return Err(FieldError::new("expires_at", "must be in the future").into());
    }
    let scopes: RightSet = new.scopes.iter().map(|word| word.parse()).collect::<Result<_, UnknownRight>>()?;
    if let Some(beyond) = scopes.iter().find(|right| !actor.rights.contains(*right)) {
        return Err(KeyError::Beyond(beyond));
    }
    let live = sqlx::query_scalar!(
        r#"select count(*) as "live!" from control.api_keys where tenant_id = $1 and revoked_at is null and (expires_at is null or expires_at > $2)"#,
        actor.tenant.uuid(),
        now,
    )
    .fetch_one(identity.directory.control())
    .await?;
    if live >= PER_TENANT_MAX {
        return Err(KeyError::TooMany);
    }
    let (prefix, secret) = (base62::<PREFIX_CHARS>(), base62::<SECRET_CHARS>());
    let text = SecretString::from(format!("{MARK}{prefix}_{secret}"));
    let words: Vec<String> = scopes.iter().map(|right| right.word().to_owned()).collect();
    let id = ApiKeyId::new();
    // Said before it is done: a key without its audit row could be used by nobody knows whom.
    let mut tx = identity.directory.begin_at(actor, now).await?;
    audit::write(&mut tx, "api_key.created", Some(&id), json!({"name": &name, "scopes": &words, "expires_at": new.expires_at})).await?;
    tx.commit().await?;
    sqlx::query!(
        "insert into control.api_keys (id, tenant_id, prefix, secret_hash, name, scopes, created_by, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        id.uuid(),
        actor.tenant.uuid(),
        prefix,
        &sha256(secret.as_bytes())[..],
        name,
        &words,
        created_by.uuid(),
        now,
        new.expires_at,
    )
    .execute(identity.directory.control())
    .await?;
    Ok((ApiKey { id, name, prefix, scopes: words, created_by, created_at: now, last_used_at: None, expires_at: new.expires_at }, text))
}

/// The tenant's keys that were not revoked, newest first.
pub async fn list(identity: &Identity, actor: &Actor, _: Permit<ManageKeys>, limit: PageLimit, after: Option<ApiKeyId>) -> Result<Page<ApiKey, ApiKeyId>, sqlx::Error> {
    let rows = sqlx::query_as!(
        ApiKey,
        r#"select id as "id: ApiKeyId", name, prefix, scopes, created_by as "created_by: PersonId", created_at, last_used_at, expires_at
           from control.api_keys where tenant_id = $1 and revoked_at is null and ($2::uuid is null or id < $2) order by id desc limit $3"#,
        actor.tenant.uuid(),
        after.map(ApiKeyId::uuid),
        limit.rows() + 1,
    )
    .fetch_all(identity.directory.control())
    .await?;
    Ok(Page::from_fetched(rows, limit, |row| row.id))
}

/// Stops a key. False when the tenant has no such key.
pub async fn revoke(identity: &Identity, actor: &Actor, _: Permit<ManageKeys>, id: ApiKeyId, now: Timestamp) -> Result<bool, KeyError> {
    let revoked = sqlx::query!(
        "update control.api_keys set revoked_at = $3 where id = $1 and tenant_id = $2 and revoked_at is null",
        id.uuid(),
        actor.tenant.uuid(),
        now
    )
    .execute(identity.directory.control())
    .await?
    .rows_affected()
        > 0;
    if revoked {
        identity.authenticator.forget_all();
        let mut tx = identity.directory.begin_at(actor, now).await?;
        audit::write(&mut tx, "api_key.revoked", Some(&id), json!({})).await?;
        tx.commit().await?;
    }
    Ok(revoked)
}

/// A key that was shown and is right.
pub(crate) struct FoundKey {
    pub id: ApiKeyId,
    pub tenant: Tenant,
    pub policy_version: i64,
    pub created_by: PersonId,
    pub scopes: RightSet,
    pub expires_at: Option<Timestamp>,
}

pub(crate) async fn find(directory: &Directory, text: &str, at: Timestamp) -> Result<Option<FoundKey>, sqlx::Error> {
    let Some((prefix, secret)) = parts(text) else { return Ok(None) };
    let row = sqlx::query!(
        r#"select k.id as "id: ApiKeyId", k.secret_hash, k.scopes, k.created_by as "created_by: PersonId", k.expires_at, k.last_used_at,
                  t.id as "tenant: TenantId", t.slug, t.name, t.country::text as "country!", t.currency::text as "currency!", t.time_zone, t.locale, t.policy_version
           from control.api_keys k join control.tenants t on t.id = k.tenant_id
           join control.memberships m on m.tenant_id = k.tenant_id and m.person_id = k.created_by and m.state = 'active'
           where k.prefix = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > $2) and t.state = 'active'"#,
        prefix,
        at,
    )
    .fetch_optional(directory.control())
    .await?;
    let Some(row) = row.filter(|row| secret_fits(secret, &row.secret_hash)) else { return Ok(None) };
    if row.last_used_at.is_none_or(|used| used < at - TimeDelta::seconds(SEEN_EVERY_SECONDS)) {
        sqlx::query!("update control.api_keys set last_used_at = $2 where id = $1", row.id.uuid(), at).execute(directory.control()).await?;
    }
    Ok(Some(FoundKey {
        id: row.id,
        tenant: Tenant { id: row.tenant, slug: row.slug, name: row.name, country: row.country, currency: row.currency, time_zone: row.time_zone, locale: row.locale },
        policy_version: row.policy_version,
        created_by: row.created_by,
        // A word that is no right any more gives nothing.
        scopes: row.scopes.iter().filter_map(|word| word.parse().ok()).collect(),
        expires_at: row.expires_at,
    }))
}

fn secret_fits(secret: &str, stored: &[u8]) -> bool {
    sha256(secret.as_bytes()).ct_eq(stored).into()
}

fn parts(text: &str) -> Option<(&str, &str)> {
    let (prefix, secret) = text.strip_prefix(MARK)?.split_once('_')?;
    let plain = |part: &str, chars: usize| part.len() == chars && part.bytes().all(|b| b.is_ascii_alphanumeric());
    (plain(prefix, PREFIX_CHARS) && plain(secret, SECRET_CHARS)).then_some((prefix, secret))
}

/// Random characters, each of 62 equally likely: bytes from 248 up would favour the first eight, so they are drawn again.
fn base62<const N: usize>() -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = String::with_capacity(N);
    while text.len() < N {
        for byte in random_bytes::<N>() {
            if byte < 248 && text.len() < N {
                text.push(char::from(ALPHABET[usize::from(byte % 62)]));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back_and_nothing_else_does() {
        let (prefix, secret) = (base62::<PREFIX_CHARS>(), base62::<SECRET_CHARS>());
        let text = format!("{MARK}{prefix}_{secret}");
        assert_eq!(parts(&text), Some((prefix.as_str(), secret.as_str())));
        for wrong in ["", "sy_live_", "sy_live_abcdefgh_", &text[1..], &text[..text.len() - 1], &format!("{text}a"), &text.replace('_', "-"), &format!("{MARK}{prefix}_{}", "é".repeat(21))] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn key_1_only_the_whole_secret_fits() {
        let secret = base62::<SECRET_CHARS>();
        let stored = sha256(secret.as_bytes());
        assert!(secret_fits(&secret, &stored));
        for position in 0..secret.len() {
            let mut near = secret.clone().into_bytes();
            near[position] = if near[position] == b'a' { b'b' } else { b'a' };
            assert!(!secret_fits(std::str::from_utf8(&near).unwrap(), &stored), "position {position}");
        }
        assert!(!secret_fits(&secret, &stored[..31]) && !secret_fits(&secret, b""));
    }

    #[test]
    fn every_character_of_base62_turns_up() {
        let text: std::collections::BTreeSet<char> = (0..200).flat_map(|_| base62::<SECRET_CHARS>().chars().collect::<Vec<_>>()).collect();
        assert_eq!(text.len(), 62);
    }
}
