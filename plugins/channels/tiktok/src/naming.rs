//! Revisions, status words and refund ids that the files of this connector share.

use switchyard_sdk::{Problem, facts::Telling, read::Node, time};

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

/// The same refund is told by a webhook (type 67, with its own request id) and by the return record. Both name the returned
/// lines, so the smallest of their ids names the refund: told twice, it is still one.
pub fn refund_id(lines: &[Node<'_>], line_key: &str, otherwise: String) -> Result<String, Problem> {
    let mut ids = Vec::new();
    for line in lines {
        ids.extend(line.id(line_key)?);
    }
    // Ids are digits: the shorter is the smaller.
    Ok(ids.into_iter().min_by(|a, b| a.len().cmp(&b.len()).then(a.cmp(b))).unwrap_or(otherwise))
}
