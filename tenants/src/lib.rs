//! Tenants: sign-up, isolation, identity, rights, secrets, quotas, audit. The only owner of database pools.
//! Invariant TEN-1: tenant rows are reached through [`TenantTx`] alone, which sets the tenant before anything else.
//! Invariant TEN-2: another tenant's row is not found; it is never "forbidden".

pub mod actor;
pub mod directory;
pub mod migrate;
pub mod rights;
pub mod transaction;

pub use actor::{Actor, Who};
pub use directory::{Databases, Directory, DirectoryError};
pub use migrate::{MigrationError, migrate};
pub use rights::{Forbidden, Permit, Right, RightSet};
pub use transaction::TenantTx;
