//! Instants are UTC everywhere; a zone is applied only where a business day is named.

/// An instant in UTC. JSON form: RFC 3339, e.g. `2026-11-23T17:15:00Z`.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
