//! Revisions and ids that the files of this connector share.

use switchyard_sdk::{Problem, facts::Telling, read::Node, time};

/// How full a telling is; the last digit of the revision.
#[derive(Clone, Copy)]
pub enum Fullness {
    Push = 0,
    Detail = 1,
    WithEscrow = 2,
}

/// What is told of an order at `update_time`.
pub fn telling(order: String, update_time: i64, fullness: Fullness) -> Telling {
    Telling { order, revision: update_time.saturating_mul(10) + fullness as i64, occurred_at: time::from_epoch_seconds(update_time).unwrap_or_default() }
}

/// What is told by an answer without a time of its own.
pub fn telling_now(order: String, received_at: &str) -> Telling {
    telling(order, time::epoch_seconds(received_at).unwrap_or_default(), Fullness::Push)
}

/// A line is an item and its model; packages and returns name both.
pub fn line_id(item: &Node<'_>) -> Result<String, Problem> {
    let model = item.id("model_id")?.unwrap_or_else(|| "0".into());
    Ok(format!("{}-{model}", item.require_id("item_id")?))
}
