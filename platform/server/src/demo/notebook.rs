//! What the demo must remember between starts: a file in the data folder that only its owner may read.

use anyhow::Context;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

#[derive(serde::Serialize, serde::Deserialize, Default)]
struct Pages {
    starts: u64,
    api_keys: BTreeMap<String, String>,
}

pub struct Notebook {
    file: PathBuf,
    key: [u8; 32],
    pages: Pages,
}

impl Notebook {
    /// Opens the notebook and counts this start. `key` is the installation's master key.
    pub fn open(folder: &Path, key: [u8; 32]) -> anyhow::Result<Self> {
        let file = folder.join("demo.json");
        let pages = match fs::read_to_string(&file) {
            // A file cut short by a full disk is written anew; what it held can be made again.
            Ok(text) => serde_json::from_str(&text).unwrap_or_default(),
            Err(_) => Pages::default(),
        };
        let mut notebook = Self { file, key, pages };
        notebook.pages.starts += 1;
        notebook.write()?;
        Ok(notebook)
    }

    /// 1 at the first start.
    pub fn starts(&self) -> u64 {
        self.pages.starts
    }

    pub fn api_key(&self, slug: &str) -> Option<String> {
        self.pages.api_keys.get(slug).cloned()
    }

    pub fn keep_api_key(&mut self, slug: &str, secret: &str) -> anyhow::Result<()> {
        self.pages.api_keys.insert(slug.into(), secret.into());
        self.write()
    }

    /// A secret of this installation for a purpose.
    pub fn derive(&self, purpose: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
        mac.update(b"demo/");
        mac.update(purpose.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }

    fn write(&self) -> anyhow::Result<()> {
        write_private(&self.file, &serde_json::to_vec_pretty(&self.pages)?)
    }
}

/// Writes a file that only its owner may read, whole or not at all.
pub fn write_private(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let unfinished = file.with_extension("unfinished");
    let write = || -> std::io::Result<()> {
        let _ = fs::remove_file(&unfinished);
        let mut opened = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
        opened.write_all(bytes)?;
        opened.sync_all()?;
        fs::rename(&unfinished, file)
    };
    write().with_context(|| format!("{} could not be written", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn demo_2_keys_survive_a_restart_and_are_private() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = Notebook::open(folder.path(), [1; 32]).unwrap();
        assert_eq!(first.starts(), 1);
        first.keep_api_key("shop", "sy_live_x").unwrap();
        let second = Notebook::open(folder.path(), [1; 32]).unwrap();
        assert_eq!((second.starts(), second.api_key("shop").as_deref()), (2, Some("sy_live_x")));
        assert_eq!(fs::metadata(folder.path().join("demo.json")).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(first.derive("a"), second.derive("a"));
        assert_ne!(first.derive("a"), first.derive("b"));
        assert_ne!(first.derive("a"), Notebook::open(folder.path(), [2; 32]).unwrap().derive("a"));
    }
}
