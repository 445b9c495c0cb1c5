//! One call's store: what the guest may see, and the host functions it may call.
//!
//! Invariant GUEST-1: a store serves one call of one tenant and is dropped with it.
//! Invariant GUEST-2: a secret enters a guest only as a handle; its bytes are used by the host.
//! Invariant GUEST-3: what only translates (`receive`, and what says how tokens are come by) is pure: no network, no
//! key-value store.
//! Invariant GUEST-4: comparing with a secret takes the same time whatever is compared, and only so often a call.

use crate::{
    account::{AccountContext, SecretBytes},
    contract::imports,
    limits::{Budget, LimitExceeded, SummingLimiter},
    text,
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use wasmtime::component::{HasData, Resource, ResourceTable};

/// How often one call may ask whether something fits a secret.
const COMPARISONS_MAX: u32 = 64;

/// What stands behind a guest's secret handle.
#[derive(Debug)]
pub struct SecretHandle {
    pub values: Vec<SecretBytes>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    Receive,
    Fetch,
    Pull,
    Push,
    Renewal,
    Authorization,
    Authorized,
}

impl Function {
    pub fn word(self) -> &'static str {
        match self {
            Function::Receive => "receive",
            Function::Fetch => "fetch",
            Function::Pull => "pull",
            Function::Push => "push",
            Function::Renewal => "renewal",
            Function::Authorization => "authorization",
            Function::Authorized => "authorized",
        }
    }
    pub fn may_call_out(self) -> bool {
        matches!(self, Function::Fetch | Function::Pull | Function::Push)
    }
}

/// The store's data.
pub struct GuestState {
    pub function: Function,
    pub account: AccountContext,
    pub limiter: SummingLimiter,
    pub table: ResourceTable,
    pub log: GuestLog,
    pub kv_operations_left: u32,
    pub comparisons_left: u32,
    pub outside: crate::outside::Outside,
}

impl GuestState {
    pub fn new(function: Function, account: AccountContext, budget: &Budget, outside: crate::outside::Outside) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(budget.handles);
        Self {
            function,
            account,
            limiter: SummingLimiter::new(budget.memory_bytes),
            table,
            log: GuestLog { text: String::new(), bytes_max: budget.log_bytes, dropped: 0 },
            kv_operations_left: budget.kv_operations,
            comparisons_left: COMPARISONS_MAX,
            outside,
        }
    }
    /// The secret behind a borrowed handle.
    pub fn secret(&self, handle: &Resource<SecretHandle>) -> wasmtime::Result<&SecretHandle> {
        Ok(self.table.get(handle)?)
    }
    /// A guest asks whether something fits a secret: a few times, not as often as guessing takes (GUEST-4).
    fn compare(&mut self) -> wasmtime::Result<()> {
        self.comparisons_left = self.comparisons_left.checked_sub(1).ok_or_else(|| wasmtime::Error::new(LimitExceeded::Comparisons(COMPARISONS_MAX)))?;
        Ok(())
    }
}

pub struct Guest;
impl HasData for Guest {
    type Data<'a> = &'a mut GuestState;
}

/// What a guest logged, up to a limit; the rest is counted.
#[derive(Debug)]
pub struct GuestLog {
    text: String,
    bytes_max: usize,
    dropped: u64,
}

impl GuestLog {
    fn write(&mut self, level: &str, message: &str) {
        let room = self.bytes_max.saturating_sub(self.text.len() + level.len() + 3);
        if room < 16 {
            self.dropped += 1;
            return;
        }
        self.text.push_str(level);
        self.text.push_str(": ");
        self.text.push_str(&text::line(message, room));
        self.text.push('\n');
    }
    pub fn finish(&mut self) -> Option<String> {
        let mut log = std::mem::take(&mut self.text);
        if self.dropped > 0 {
            log.push_str(&format!("({} more messages dropped)\n", self.dropped));
        }
        (!log.is_empty()).then_some(log)
    }
}

impl imports::log::Host for GuestState {
    fn write(&mut self, level: imports::log::Level, message: String) -> wasmtime::Result<()> {
        use imports::log::Level;
        let level = match level {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        };
        self.log.write(level, &message);
        Ok(())
    }
}

impl imports::config::Host for GuestState {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        Ok(self.account.settings.get(&key).cloned())
    }
    fn open_secret(&mut self, name: String) -> wasmtime::Result<Option<Resource<SecretHandle>>> {
        if !self.account.grants.secrets.contains(&name) {
            return Ok(None);
        }
        let Some(values) = self.account.secrets.get(&name).filter(|values| !values.is_empty()) else {
            return Ok(None);
        };
        Ok(Some(self.table.push(SecretHandle { values: values.clone() })?))
    }
}

impl imports::config::HostSecret for GuestState {
    fn drop(&mut self, handle: Resource<SecretHandle>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}

impl imports::clock::Host for GuestState {
    fn now(&mut self) -> wasmtime::Result<String> {
        Ok(chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
    }
}

pub fn hmac_sha256<'a>(key: &[u8], parts: impl IntoIterator<Item = &'a [u8]>) -> wasmtime::Result<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|e| wasmtime::Error::msg(e.to_string()))?;
    parts.into_iter().for_each(|part| mac.update(part));
    Ok(mac.finalize().into_bytes().into())
}

pub fn encode(digest: &[u8], encoding: imports::signing::Encoding) -> String {
    use base64::Engine as _;
    use imports::signing::Encoding;
    match encoding {
        Encoding::HexLower => hex::encode(digest),
        Encoding::HexUpper => hex::encode_upper(digest),
        Encoding::Base64 => base64::engine::general_purpose::STANDARD.encode(digest),
    }
}

impl imports::signing::Host for GuestState {
    fn verify_hmac_sha256(
        &mut self,
        key: Resource<SecretHandle>,
        parts: Vec<Vec<u8>>,
        signature: String,
        encoding: imports::signing::Encoding,
    ) -> wasmtime::Result<bool> {
        self.compare()?;
        let secret = self.secret(&key)?;
        let mut matches = subtle::Choice::from(0);
        // Every live value is tried, so that the time taken does not tell which one matched.
        for value in &secret.values {
            let expected = encode(&hmac_sha256(value.expose(), parts.iter().map(Vec::as_slice))?, encoding);
            matches |= expected.as_bytes().ct_eq(signature.as_bytes());
        }
        Ok(matches.into())
    }

    fn verify_sha256_with(
        &mut self,
        parts: Vec<Vec<u8>>,
        key: Resource<SecretHandle>,
        signature: String,
        encoding: imports::signing::Encoding,
    ) -> wasmtime::Result<bool> {
        self.compare()?;
        let mut matches = subtle::Choice::from(0);
        for value in &self.secret(&key)?.values {
            let digest = parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)).chain_update(value.expose()).finalize();
            matches |= encode(&digest, encoding).as_bytes().ct_eq(signature.as_bytes());
        }
        Ok(matches.into())
    }

    fn is_secret(&mut self, secret: Resource<SecretHandle>, text: String) -> wasmtime::Result<bool> {
        self.compare()?;
        // Digests have one length, so not even the secret's length shows in the time.
        let asked = Sha256::digest(text.as_bytes());
        let values = &self.secret(&secret)?.values;
        let matches = values.iter().fold(subtle::Choice::from(0), |any, value| any | Sha256::digest(value.expose()).ct_eq(&asked));
        Ok(matches.into())
    }
}

// These interfaces hold types only.
impl crate::contract::plugin_types::types::Host for GuestState {}
impl crate::contract::plugin_types::facts::Host for GuestState {}
