//! Tenants: sign-up, isolation, identity, rights, secrets, quotas, audit. The only owner of database pools.
//! Invariant TEN-1: tenant rows are reached through [`TenantTx`] alone, which sets the tenant before anything else.
//! Invariant TEN-2: another tenant's row is not found; it is never "forbidden".

pub mod actor;
pub mod api_keys;
pub mod audit;
pub mod authenticate;
pub mod connects;
pub mod directory;
pub mod fields;
pub mod hooks;
pub mod identity;
pub mod invitations;
pub mod lockout;
pub mod log_in;
pub mod mail;
pub mod mail_link;
pub mod migrate;
pub mod oidc;
pub mod password;
pub mod people;
pub mod person;
pub mod plugins;
pub mod policy;
pub mod rate_limit;
pub mod rights;
pub mod roles;
pub mod secrets;
pub mod sessions;
pub mod sign_up;
pub mod tenant;
pub mod tokens;
pub mod transaction;
pub mod walk;

pub use actor::{Actor, Who};
pub use authenticate::{Caller, Credential};
pub use directory::{Databases, Directory, DirectoryError};
pub use identity::{Identity, IdentitySettings, Visit};
pub use migrate::{MigrationError, migrate};
pub use rights::{Forbidden, Permit, Right, RightSet};
pub use transaction::TenantTx;
