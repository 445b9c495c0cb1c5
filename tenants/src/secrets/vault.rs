//! Sealing and opening: XChaCha20-Poly1305 under a data key of the tenant, derived from the master key.
//! The master key comes from the configuration and is never in the database. A sealed value begins with the id of its
//! master key, so that old values open while a new master key is brought in.

use crate::tokens::{random_bytes, sha256};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce, aead::{Aead as _, Payload}};
use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox, SecretSlice};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::{Zeroize as _, Zeroizing};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    #[error("no master key is configured: set SWITCHYARD_MASTER_KEY to 64 hex digits")]
    NoMasterKey,
    #[error("a master key must be 64 hex digits")]
    MasterKey,
    #[error("the value was sealed under master key {0}, which is not configured")]
    UnknownKey(String),
    #[error("the sealed value does not belong here or was changed")]
    NotAuthentic,
}

/// 256 bits that everything sealed depends on.
pub struct MasterKey {
    id: [u8; 4],
    key: SecretBox<[u8; 32]>,
}

impl MasterKey {
    /// From 64 hex digits.
    pub fn from_hex(text: &str) -> Result<Self, VaultError> {
        let mut bytes = [0_u8; 32];
        hex::decode_to_slice(text.trim(), &mut bytes).map_err(|_| VaultError::MasterKey)?;
        let key = Self::from_bytes(bytes);
        bytes.zeroize();
        Ok(key)
    }
    /// A new one, as hex, for a configuration file.
    pub fn random_hex() -> String {
        hex::encode(random_bytes::<32>())
    }
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let mut named = Zeroizing::new(b"switchyard master key id ".to_vec());
        named.extend_from_slice(&bytes);
        let digest = sha256(&named);
        Self { id: [digest[0], digest[1], digest[2], digest[3]], key: SecretBox::new(Box::new(bytes)) }
    }
    pub fn id(&self) -> String {
        hex::encode(self.id)
    }
}

/// Where a value is kept. It is the associated data of the seal: a value moved elsewhere does not open.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub tenant: Uuid,
    pub owner_kind: &'a str,
    pub owner: Uuid,
    pub name: &'a str,
    pub version: i32,
}

impl Place<'_> {
    /// Each variable part is preceded by its length, so that no two places read the same.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64 + self.owner_kind.len() + self.name.len());
        bytes.extend_from_slice(b"switchyard secret 1");
        bytes.extend_from_slice(self.tenant.as_bytes());
        bytes.extend_from_slice(self.owner.as_bytes());
        for text in [self.owner_kind, self.name] {
            bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes.extend_from_slice(&self.version.to_be_bytes());
        bytes
    }
}

const NONCE_BYTES: usize = 24;

/// The master keys: the first seals, all open.
pub struct Vault {
    current: MasterKey,
    older: Vec<MasterKey>,
}

impl Vault {
    pub fn new(current: MasterKey, older: Vec<MasterKey>) -> Self {
        Self { current, older }
    }
    pub fn key_id(&self) -> String {
        self.current.id()
    }

    /// key id (4) · nonce (24) · ciphertext and tag
    pub fn seal(&self, place: &Place<'_>, value: &SecretSlice<u8>) -> Result<Vec<u8>, VaultError> {
        let nonce = random_bytes::<NONCE_BYTES>();
        let payload = Payload { msg: value.expose_secret(), aad: &place.bytes() };
        let sealed = cipher(&self.current, place.tenant).encrypt(&XNonce::from(nonce), payload).map_err(|_| VaultError::NotAuthentic)?;
        Ok([&self.current.id[..], &nonce, &sealed].concat())
    }

    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<SecretSlice<u8>, VaultError> {
        let (id, rest) = sealed.split_first_chunk::<4>().ok_or(VaultError::NotAuthentic)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(VaultError::NotAuthentic)?;
        let master = std::iter::once(&self.current)
            .chain(&self.older)
            .find(|key| key.id == *id)
            .ok_or_else(|| VaultError::UnknownKey(hex::encode(id)))?;
        let payload = Payload { msg: ciphertext, aad: &place.bytes() };
        let open = cipher(master, place.tenant).decrypt(&XNonce::from(*nonce), payload).map_err(|_| VaultError::NotAuthentic)?;
        Ok(open.into())
    }
}

/// The tenant's data key: HKDF-Expand (RFC 5869) of the master key with the tenant as its info.
fn cipher(master: &MasterKey, tenant: Uuid) -> XChaCha20Poly1305 {
    let mut mac = Hmac::<Sha256>::new_from_slice(master.key.expose_secret()).expect("HMAC takes a key of any length");
    mac.update(b"switchyard tenant data key 1");
    mac.update(tenant.as_bytes());
    mac.update(&[1]);
    let mut key: [u8; 32] = mac.finalize().into_bytes().into();
    let cipher = XChaCha20Poly1305::new(&key.into());
    key.zeroize();
    cipher
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place<'a>(tenant: Uuid, name: &'a str) -> Place<'a> {
        Place { tenant, owner_kind: "channel_account", owner: Uuid::from_u128(7), name, version: 1 }
    }
    fn vault() -> Vault {
        Vault::new(MasterKey::from_bytes([1; 32]), vec![])
    }
    fn value() -> SecretSlice<u8> {
        b"shpat_canary".to_vec().into()
    }

    #[test]
    fn sec_1_a_value_opens_only_in_its_place() {
        let (vault, tenant) = (vault(), Uuid::from_u128(1));
        let home = place(tenant, "token");
        let sealed = vault.seal(&home, &value()).unwrap();
        assert_eq!(vault.open(&home, &sealed).unwrap().expose_secret(), b"shpat_canary");
        let elsewhere = [
            place(Uuid::from_u128(2), "token"),
            place(tenant, "other"),
            Place { owner: Uuid::from_u128(8), ..home },
            Place { owner_kind: "installation", ..home },
            Place { version: 2, ..home },
        ];
        for wrong in elsewhere {
            assert_eq!(vault.open(&wrong, &sealed).unwrap_err(), VaultError::NotAuthentic, "{wrong:?}");
        }
    }

    #[test]
    fn sec_1_every_changed_bit_and_every_cut_is_noticed() {
        let (vault, home) = (vault(), place(Uuid::from_u128(1), "token"));
        let sealed = vault.seal(&home, &value()).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(vault.open(&home, &changed).is_err(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(vault.open(&home, &sealed[..length]).is_err(), "cut to {length}");
        }
        assert_ne!(sealed, vault.seal(&home, &value()).unwrap(), "each seal has its own nonce");
    }

    #[test]
    fn an_older_master_key_still_opens_and_an_unknown_one_is_named() {
        let home = place(Uuid::from_u128(1), "token");
        let sealed = vault().seal(&home, &value()).unwrap();
        let rotated = Vault::new(MasterKey::from_bytes([2; 32]), vec![MasterKey::from_bytes([1; 32])]);
        assert_eq!(rotated.open(&home, &sealed).unwrap().expose_secret(), b"shpat_canary");
        let stranger = Vault::new(MasterKey::from_bytes([3; 32]), vec![]);
        assert_eq!(stranger.open(&home, &sealed).unwrap_err(), VaultError::UnknownKey(vault().key_id()));
    }

    #[test]
    fn sec_2_nothing_prints_a_value() {
        assert!(!format!("{:?}", value()).contains("canary"));
        assert!(MasterKey::from_hex("00").is_err());
        assert!(MasterKey::from_hex(&MasterKey::random_hex()).is_ok());
    }
}
