//! Passwords: Argon2id as OWASP's password storage sheet asks (m = 19456 KiB, t = 2, p = 1).
//! Invariant PWD-1: an unknown account costs as much time as a wrong password.
//! Invariant PWD-2: no more hashes run at once than there are permits; each takes 19 MiB and a core.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::Arc;
use tokio::sync::Semaphore;

pub const LENGTH_MIN: usize = 10;
pub const LENGTH_MAX: usize = 128;

#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("the password must have 10 to 128 characters")]
    Length,
    #[error("the password could not be hashed: {0}")]
    Hashing(String),
}

/// Hashes and verifies, a few at a time. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    permits: Arc<Semaphore>,
    /// The hash of a password nobody knows: what an unknown account is compared with.
    decoy: Arc<str>,
}

impl Passwords {
    pub fn new(at_once: usize) -> Result<Self, PasswordError> {
        let decoy = hash_now(crate::tokens::Token::random().expose())?;
        Ok(Self { permits: Arc::new(Semaphore::new(at_once.max(1))), decoy: decoy.into() })
    }

    /// The length rule, in characters. NIST SP 800-63B asks for length and forbids composition rules.
    pub fn check_rule(password: &SecretString) -> Result<(), PasswordError> {
        let length = password.expose_secret().chars().count();
        if (LENGTH_MIN..=LENGTH_MAX).contains(&length) { Ok(()) } else { Err(PasswordError::Length) }
    }

    /// The hash to store, in PHC form.
    pub async fn hash(&self, password: &SecretString) -> Result<String, PasswordError> {
        Self::check_rule(password)?;
        let password = password.clone();
        self.run(move || hash_now(password.expose_secret())).await
    }

    /// Whether the password fits. Without a stored hash the same work is done and the answer is no.
    pub async fn verify(&self, password: &SecretString, stored: Option<&str>) -> Result<bool, PasswordError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.decoy).to_owned();
        // A longer text is never right; cutting it keeps the work equal and bounded.
        let password: SecretString = password.expose_secret().chars().take(LENGTH_MAX + 1).collect::<String>().into();
        let fits = self
            .run(move || {
                let hash = PasswordHash::new(&stored).map_err(|e| PasswordError::Hashing(e.to_string()))?;
                Ok(argon2()?.verify_password(password.expose_secret().as_bytes(), &hash).is_ok())
            })
            .await?;
        Ok(known && fits)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static) -> Result<T, PasswordError> {
        let permit = self.permits.clone().acquire_owned().await.map_err(|e| PasswordError::Hashing(e.to_string()))?;
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await
        .map_err(|e| PasswordError::Hashing(e.to_string()))?
    }
}

fn argon2() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(19_456, 2, 1, None).map_err(|e| PasswordError::Hashing(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash_now(password: &str) -> Result<String, PasswordError> {
    argon2()?.hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(|e| PasswordError::Hashing(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn hashes_verify_and_name_their_parameters() {
        let passwords = Passwords::new(2).unwrap();
        let right = SecretString::from("correct horse battery");
        let hash = passwords.hash(&right).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify(&right, Some(&hash)).await.unwrap());
        assert!(!passwords.verify(&"correct horse batterx".into(), Some(&hash)).await.unwrap());
        assert_ne!(hash, passwords.hash(&right).await.unwrap(), "each hash has its own salt");
    }

    #[tokio::test]
    async fn pwd_1_an_unknown_account_costs_a_whole_hash() {
        let passwords = Passwords::new(1).unwrap();
        let hash = passwords.hash(&"correct horse battery".into()).await.unwrap();
        let cost = async |stored: Option<&str>| {
            let mut best = std::time::Duration::MAX;
            for _ in 0..3 {
                let start = std::time::Instant::now();
                assert!(!passwords.verify(&"wrong wrong wrong".into(), stored).await.unwrap());
                best = best.min(start.elapsed());
            }
            best
        };
        let (known, unknown) = (cost(Some(&hash)).await, cost(None).await);
        assert!(unknown * 3 > known && known * 3 > unknown, "known {known:?}, unknown {unknown:?}");
    }

    #[test]
    fn the_length_rule_counts_characters() {
        for (password, ok) in [("123456789", false), ("1234567890", true), ("đơnhàngđơn", true)] {
            assert_eq!(Passwords::check_rule(&password.into()).is_ok(), ok, "{password}");
        }
        assert!(Passwords::check_rule(&"a".repeat(LENGTH_MAX).into()).is_ok());
        assert!(Passwords::check_rule(&"a".repeat(LENGTH_MAX + 1).into()).is_err());
    }

    #[tokio::test]
    async fn pwd_2_hashes_wait_for_a_permit() {
        let passwords = Passwords::new(1).unwrap();
        let held = passwords.permits.clone().acquire_owned().await.unwrap();
        let password = SecretString::from("correct horse battery");
        assert!(tokio::time::timeout(std::time::Duration::from_millis(50), passwords.hash(&password)).await.is_err());
        drop(held);
        passwords.hash(&password).await.unwrap();
    }
}
