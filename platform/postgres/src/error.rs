//! What can go wrong with the private cluster, each as one sentence that says what would cure it (PG-5).

use std::{io, path::PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    #[error(
        "no PostgreSQL 15 or newer was found: install it (on Debian: apt-get install postgresql), \
         or set SWITCHYARD_PG_BIN to the folder that holds its initdb and postgres"
    )]
    NoBinaries,
    #[error("SWITCHYARD_PG_BIN names {0}, which holds no initdb and postgres of version 15 or newer: correct it or unset it")]
    WrongBinaries(PathBuf),
    #[error(
        "the data folder {folder} is newer than this machine's PostgreSQL: it was written by version {data} and only {found} is \
         installed; install PostgreSQL {data} or use another folder"
    )]
    NewerData { folder: PathBuf, data: u32, found: u32 },
    #[error(
        "the data folder {folder} was written by PostgreSQL {data} and only {found} is installed: \
         install PostgreSQL {data}, or upgrade the folder with pg_upgrade"
    )]
    OlderData { folder: PathBuf, data: u32, found: u32 },
    #[error("the folder {0} exists but is no PostgreSQL data folder: empty it or use another folder")]
    NotADataFolder(PathBuf),
    #[error("the disk that holds {0} is full: free at least 256 MiB and start again; nothing is lost")]
    DiskFull(PathBuf),
    #[error("the data folder {0} is in use by another running process: stop that one or use another folder")]
    InUse(PathBuf),
    #[error("PostgreSQL must not run as root and there is no user postgres or nobody to run it as: run as an ordinary user")]
    NoUnprivilegedUser,
    #[error("{path} cannot be entered by the user {user}, as whom PostgreSQL has to run: move it to a folder everybody may enter")]
    NotReachable { path: PathBuf, user: String },
    #[error("PostgreSQL did not start: {reason} (more in {log})")]
    DidNotStart { reason: String, log: PathBuf },
    #[error("PostgreSQL was not ready after {seconds} seconds: look into {log}")]
    NotReady { seconds: u64, log: PathBuf },
    #[error("the statement failed: {0}")]
    Statement(String),
    #[error("PostgreSQL could not be installed: {0}")]
    Install(String),
    #[error("{doing}: {source}")]
    Io { doing: String, source: io::Error },
}

impl ClusterError {
    /// Wraps an error of the operating system, telling a full disk from the rest.
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ClusterError::DiskFull(doing.into()),
            _ => ClusterError::Io { doing, source },
        }
    }
}
