//! Revisions and status words that the files of this connector share.

use switchyard_sdk::{facts::Telling, time};

/// What a webhook tells of an order.
pub fn pushed(order: String, seconds: i64) -> Telling {
    Telling { order, revision: seconds.saturating_mul(10), occurred_at: time::from_epoch_seconds(seconds).unwrap_or_default() }
}

/// What an answer of the API tells of an order.
pub fn answered(order: String, seconds: i64) -> Telling {
    let pushed = pushed(order, seconds);
    Telling { revision: pushed.revision + 1, ..pushed }
}

/// Webhooks say CANCEL where the API says CANCELLED (SPEC §2.5).
pub fn status(word: &str) -> String {
    if word == "CANCEL" { "CANCELLED".into() } else { word.to_owned() }
}
