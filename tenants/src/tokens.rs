//! Random secrets handed out once: sessions, mail links, invitations, log-ins under way.
//! Invariant TOK-1: only the SHA-256 of a token is stored, so a copy of the database opens nothing.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{TryRngCore as _, rngs::OsRng};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

/// The longest text that is looked at as a token; anything longer is none of ours.
const TEXT_MAX: usize = 128;

/// 256 random bits. The text goes to its owner, the hash to the database.
pub struct Token(SecretString);

impl Token {
    pub fn random() -> Self {
        Self(URL_SAFE_NO_PAD.encode(random_bytes::<32>()).into())
    }
    /// The text for the cookie, the link or the header. The one way to see it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
    pub fn hash(&self) -> Vec<u8> {
        sha256(self.expose().as_bytes()).to_vec()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(redacted)")
    }
}

/// The stored form of a token somebody sent. `None` when it cannot be one.
pub(crate) fn hash_of(text: &str) -> Option<[u8; 32]> {
    (!text.is_empty() && text.len() <= TEXT_MAX).then(|| sha256(text.as_bytes()))
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Bytes from the operating system's generator.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    OsRng.try_fill_bytes(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tok_1_the_hash_is_not_the_token_and_the_token_never_prints() {
        let token = Token::random();
        assert_eq!(token.expose().len(), 43);
        assert_eq!(hash_of(token.expose()).unwrap().to_vec(), token.hash());
        assert!(!format!("{token:?}").contains(token.expose()));
        assert_ne!(Token::random().expose(), token.expose());
        assert_eq!(hash_of(""), None);
        assert_eq!(hash_of(&"a".repeat(TEXT_MAX + 1)), None);
    }
}
