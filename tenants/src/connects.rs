//! People on their way to a channel, to let us into their shop. What comes back with them must have left with them.
//! Invariant CONNECT-1: a state is good once, for the person who set out, for one account, for [`MINUTES`] minutes.

use crate::{Actor, Directory, Permit, Who, rights::ManageChannels, tokens::{Token, hash_of}};
use chrono::TimeDelta;
use kernel::{ChannelAccountId, PersonId, TenantId, Timestamp};

/// Channels keep people for a while: they log in there, choose shops, read what they grant.
pub const MINUTES: i64 = 30;

/// Somebody who came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrived {
    pub tenant: TenantId,
    pub account: ChannelAccountId,
}

#[derive(Debug, thiserror::Error)]
pub enum ConnectsError {
    #[error("a person connects an account, not a key: log in")]
    NotAPerson,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// A state for a person who sets out.
pub async fn depart(directory: &Directory, actor: &Actor, _: Permit<ManageChannels>, account: ChannelAccountId, now: Timestamp) -> Result<(Token, Timestamp), ConnectsError> {
    let Who::Person(person) = actor.who else { return Err(ConnectsError::NotAPerson) };
    let (state, until) = (Token::random(), now + TimeDelta::minutes(MINUTES));
    sqlx::query!("delete from control.connects where expires_at < $1", now).execute(directory.control()).await?;
    sqlx::query!(
        "insert into control.connects (state_hash, tenant_id, channel_account_id, person_id, expires_at) values ($1, $2, $3, $4, $5)",
        state.hash(),
        actor.tenant.uuid(),
        account.uuid(),
        person.uuid(),
        until,
    )
    .execute(directory.control())
    .await?;
    Ok((state, until))
}

/// Takes a state back (CONNECT-1); `None` when it is none of this person's, used or too old.
pub async fn arrive(directory: &Directory, person: PersonId, state: &str, now: Timestamp) -> Result<Option<Arrived>, sqlx::Error> {
    let Some(hash) = hash_of(state) else { return Ok(None) };
    sqlx::query_as!(
        Arrived,
        r#"delete from control.connects where state_hash = $1 and person_id = $2 and expires_at > $3
           returning tenant_id as "tenant: TenantId", channel_account_id as "account: ChannelAccountId""#,
        &hash[..],
        person.uuid(),
        now,
    )
    .fetch_optional(directory.control())
    .await
}
