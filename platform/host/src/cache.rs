//! Compiled components on disk.
//!
//! A `.cwasm` file is native code: whoever can write one owns the process that loads it. So each file carries a MAC over
//! the component's digest, the engine's fingerprint and the code, made with a key only the server has. The compiler
//! process, which reads strangers' bytes, never sees that key and never writes here.
//! Invariant CACHE-1: bytes without a valid MAC are never loaded; the component is compiled again.
//! Invariant CACHE-2: a file is complete or absent: written beside, synced, renamed, read-only, never changed.

use crate::{account::ComponentDigest, engine::Fingerprint};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};
use wasmtime::{Engine, component::Component};

const MAC_BYTES: usize = 32;

pub struct CompiledCache {
    directory: PathBuf,
    key: [u8; 32],
}

impl CompiledCache {
    pub fn open(directory: &Path, key: [u8; 32]) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        fs::set_permissions(directory, fs::Permissions::from_mode(0o700))?;
        Ok(Self { directory: directory.to_owned(), key })
    }

    /// Component, engine version, settings and CPU features name the file.
    pub fn path(&self, digest: ComponentDigest, fingerprint: &Fingerprint) -> PathBuf {
        let name = Sha256::new().chain_update(digest.0).chain_update(fingerprint).finalize();
        self.directory.join(format!("{}.cwasm", hex::encode(name)))
    }

    fn mac(&self, digest: ComponentDigest, fingerprint: &Fingerprint, code: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
        for part in [b"switchyard compiled component 1".as_slice(), &digest.0, fingerprint, code] {
            mac.update(part);
        }
        mac
    }

    /// The component, when a genuine file is there; the reason when the engine will not take it.
    #[allow(unsafe_code, reason = "loading native code is unsafe by nature; see CACHE-1")]
    pub fn load(&self, engine: &Engine, digest: ComponentDigest, fingerprint: &Fingerprint) -> Result<Option<Component>, String> {
        let path = self.path(digest, fingerprint);
        let file = match fs::read(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => {
                tracing::warn!("a compiled plugin cannot be read and is compiled again: {e}");
                return Ok(None);
            }
        };
        let genuine = file.split_at_checked(MAC_BYTES).filter(|(mac, code)| self.mac(digest, fingerprint, code).verify_slice(mac).is_ok());
        let Some((_, code)) = genuine else {
            tracing::error!(plugin.digest = %digest, "a compiled plugin is not what this server wrote; it is removed and compiled again");
            let _ = fs::remove_file(&path);
            return Ok(None);
        };
        // SAFETY: these very bytes (in memory, so nobody can change them behind the check) were made by our compiler
        // for this engine: the MAC says so, and only this server has its key.
        match unsafe { Component::deserialize(engine, code) } {
            Ok(component) => Ok(Some(component)),
            Err(e) => {
                let _ = fs::remove_file(&path);
                Err(format!("{e:#}"))
            }
        }
    }

    /// Keeps what the compiler made.
    pub fn store(&self, digest: ComponentDigest, fingerprint: &Fingerprint, code: &[u8]) -> io::Result<()> {
        let path = self.path(digest, fingerprint);
        let beside = self.directory.join(format!(".{}.{}", uuid::Uuid::now_v7().simple(), std::process::id()));
        let written = (|| {
            let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
            file.write_all(&self.mac(digest, fingerprint, code).finalize().into_bytes())?;
            file.write_all(code)?;
            file.set_permissions(fs::Permissions::from_mode(0o444))?;
            file.sync_all()?;
            fs::rename(&beside, &path)?;
            fs::File::open(&self.directory)?.sync_all()
        })();
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written
    }
}
