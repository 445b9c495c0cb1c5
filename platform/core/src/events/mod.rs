//! What happened, for those outside: live lists and webhooks.

pub mod outbox;
