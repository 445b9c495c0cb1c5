//! A private PostgreSQL for `switchyard up` and for tests: found or installed, made, started, watched, stopped.
//!
//! The cluster listens on a unix socket inside its own 0700 folder and on no network address. Blocking, std only.
//! Invariant PG-1: the cluster never outlives the process that started it, whatever ends that process.
//! Invariant PG-2: PostgreSQL never runs as root.
//! Invariant PG-3: one folder is used by one process at a time.
//! Invariant PG-4: an interrupted start leaves a folder from which the next start succeeds.
//! Invariant PG-5: every failure a person can cure is one sentence that says how.

mod binaries;
mod cluster;
mod error;
mod folder;
mod install;
mod owner;
mod process;
mod recover;

pub use binaries::{Binaries, OLDEST_MAJOR};
pub use cluster::{Cluster, Settings};
pub use error::ClusterError;
pub use install::install;
