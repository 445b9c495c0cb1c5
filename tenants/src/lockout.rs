//! Brute force: how often a password may be tried for an account and from an address.
//! Invariant LOCK-1: an attempt is counted before the password is looked at, so many tries at once cannot outrun the count.
//! Invariant LOCK-2: five attempts a minute; from the tenth failure in a row a lock that doubles each time, up to an hour.
//! A success takes its own attempt back and clears the account's count, never the address's.

use crate::{Directory, tokens::sha256};
use chrono::TimeDelta;
use kernel::Timestamp;
use std::net::IpAddr;

/// Attempts an account, or an address, has in one minute.
pub const PER_MINUTE: i32 = 5;
/// Failures in a row after which the lock grows.
pub const FAILURES_MAX: i32 = 10;

#[derive(Debug, thiserror::Error)]
pub enum LockoutError {
    #[error("too many attempts, try again in {} s", .0.num_seconds().max(1))]
    Locked(TimeDelta),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// An attempt that was counted; tell it when it succeeded.
#[derive(Debug)]
pub struct Attempt {
    account: String,
    address: Option<String>,
}

/// Counts an attempt for the account and from the address, or refuses it.
pub(crate) async fn begin(directory: &Directory, email: &str, address: Option<IpAddr>, at: Timestamp) -> Result<Attempt, LockoutError> {
    let attempt = Attempt {
        account: format!("account:{}", hex::encode(sha256(email.as_bytes()))),
        address: address.map(|ip| format!("address:{}", network_of(ip))),
    };
    // The address first: an address that is locked does not lock the accounts it names.
    if let Some(address) = &attempt.address {
        take(directory, address, at).await?;
    }
    take(directory, &attempt.account, at).await?;
    Ok(attempt)
}

/// The password was right.
pub(crate) async fn succeeded(directory: &Directory, attempt: Attempt) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from control.login_attempts where subject = $1", attempt.account).execute(directory.control()).await?;
    if let Some(address) = attempt.address {
        sqlx::query!(
            "update control.login_attempts set failures = greatest(failures - 1, 0), window_attempts = greatest(window_attempts - 1, 0), locked_until = null
             where subject = $1",
            address,
        )
        .execute(directory.control())
        .await?;
    }
    Ok(())
}

async fn take(directory: &Directory, subject: &str, at: Timestamp) -> Result<(), LockoutError> {
    // A flood on a locked subject only reads: it writes nothing and waits for no row.
    refuse_while_locked(directory, subject, at).await?;
    // One statement counts and decides: no row comes back when the subject was locked meanwhile.
    let taken = sqlx::query_scalar!(
        "insert into control.login_attempts as a (subject, failures, window_start, window_attempts, last_attempt_at) values ($1, 1, $2, 1, $2)
         on conflict (subject) do update set
           failures = case when a.last_attempt_at < $2 - interval '1 day' then 1 else a.failures + 1 end,
           window_start = case when a.window_start <= $2 - interval '1 minute' then $2 else a.window_start end,
           window_attempts = case when a.window_start <= $2 - interval '1 minute' then 1 else a.window_attempts + 1 end,
           locked_until = case
             when a.last_attempt_at >= $2 - interval '1 day' and a.failures + 1 >= $4
               then $2 + interval '1 minute' * least(60, power(2, least(a.failures + 1 - $4, 10)))
             when a.window_start > $2 - interval '1 minute' and a.window_attempts + 1 >= $3 then a.window_start + interval '1 minute'
             end,
           last_attempt_at = $2
         where a.locked_until is null or a.locked_until <= $2
         returning failures",
        subject,
        at,
        PER_MINUTE,
        FAILURES_MAX,
    )
    .fetch_optional(directory.control())
    .await?;
    if taken.is_some() {
        return Ok(());
    }
    refuse_while_locked(directory, subject, at).await?;
    // It was locked a moment ago and is not any more: the next try will be counted.
    Err(LockoutError::Locked(TimeDelta::seconds(1)))
}

async fn refuse_while_locked(directory: &Directory, subject: &str, at: Timestamp) -> Result<(), LockoutError> {
    let until = sqlx::query_scalar!(r#"select locked_until as "until!" from control.login_attempts where subject = $1 and locked_until > $2"#, subject, at)
        .fetch_optional(directory.control())
        .await?;
    until.map_or(Ok(()), |until| Err(LockoutError::Locked((until - at).max(TimeDelta::seconds(1)))))
}

/// An IPv6 customer has a whole /64 (RFC 6177): counting single addresses would not stop one.
fn network_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(std::net::Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_ipv6_customer_count_together() {
        let ip = |text: &str| network_of(text.parse().unwrap());
        assert_eq!(ip("2001:db8:1:2:3::4"), ip("2001:db8:1:2:ffff::1"));
        assert_ne!(ip("2001:db8:1:2::1"), ip("2001:db8:1:3::1"));
        assert_eq!(ip("::ffff:192.0.2.1"), ip("192.0.2.1"));
        assert_ne!(ip("192.0.2.1"), ip("192.0.2.2"));
    }
}
