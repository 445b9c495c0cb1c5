//! Channel accounts: the shops orders come from, what arrived from them, and what still has to be fetched.
//! Invariant CHA-1: a shop of a channel is connected at most once per tenant.
//! Invariant CHA-2: whatever arrives is kept as it arrived; nothing is dropped without an entry a person can find.

pub mod account;
pub mod backfills;
pub mod connect;
pub mod fetches;
pub mod inbox;
pub mod lanes;
pub mod polls;
pub mod quarantine;
pub mod reach;
pub mod tokens;
pub mod windows;

pub use account::ChannelAccount;
