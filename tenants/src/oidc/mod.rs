//! Log-in through a tenant's own identity provider: OpenID Connect, authorization code with PKCE.
//! Invariant OIDC-1: who a person is there is (tenant, issuer, subject). An e-mail address links to an existing account only
//! when the provider verified it, it is in one of the connection's join domains, and the account verified it too.
//! Invariant OIDC-2: a log-in belongs to one browser and one connection, and is used once.
//! Invariant OIDC-3: a token counts only with a signature of an allowed kind by a key of the issuer, its own issuer,
//! audience, authorised party, nonce and times.
//! Invariant OIDC-4: the session is good for this tenant only (SES-3): a tenant's provider says who people are in that tenant.

pub mod connection;
pub mod log_in;
mod outside;
mod provider;

pub use connection::{Connection, ConnectionDraft, ConnectionError};
pub use log_in::{LogInError, Returned, Started};
pub(crate) use outside::Outside;
