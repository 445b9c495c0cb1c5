//! Cancellations and returns of the API. A line is one unit, so every named line counts one.

use crate::naming::answered;
use switchyard_sdk::{
    Problem,
    facts::{Cancellation, Fact, GoodsReturn, LineQuantity, Refund, Telling, What, money},
    read::Node,
};

pub fn cancellation(record: &Node<'_>) -> Result<Vec<Fact>, Problem> {
    let telling = answered(record.require_id("order_id")?, record.require_seconds("update_time")?);
    let word = record.require_text("cancel_status")?;
    let state = cancellation_state(&word).ok_or_else(|| Problem::Unsupported(format!("the cancellation status {word:?} is not known")))?;
    let id = record.require_id("cancel_id")?;
    let items = record.children("cancel_line_items")?.unwrap_or_default();
    let reason = record.text("cancel_reason_text")?.or(record.text("cancel_reason")?);
    let lines = units(&items)?;
    let told = Cancellation {
        id: id.clone(),
        state: state.into(),
        reason: reason.clone(),
        by: record.text("role")?,
        lines: lines.clone(),
        at: Some(telling.occurred_at.clone()),
    };
    let mut facts = vec![telling.fact(What::Cancelled(told))];
    let payback = match state {
        "accepted" => "executed",
        other => other,
    };
    facts.extend(refund(record, &telling, id, payback, reason, lines)?);
    Ok(facts)
}

pub fn goods_return(record: &Node<'_>) -> Result<Vec<Fact>, Problem> {
    let telling = answered(record.require_id("order_id")?, record.require_seconds("update_time")?);
    let word = record.require_text("return_status")?;
    let kind = record.require_text("return_type")?;
    // REFUND leaves the goods with the buyer; so may the others, where the record says so.
    let goods_back = kind != "REFUND" && !record.flag("can_buyer_keep_item")?.unwrap_or(false);
    let states = return_states(&word, goods_back);
    let (state, payback) = states.ok_or_else(|| Problem::Unsupported(format!("the return status {word:?} is not known")))?;
    let id = record.require_id("return_id")?;
    let items = record.children("return_line_items")?.unwrap_or_default();
    let reason = record.text("return_reason_text")?.or(record.text("return_reason")?);
    let lines = units(&items)?;
    let told = GoodsReturn {
        id: id.clone(),
        state: state.into(),
        reason: reason.clone(),
        goods_back,
        exchange: kind == "REPLACEMENT",
        refund: refund_total(record)?,
        lines: lines.clone(),
        at: Some(telling.occurred_at.clone()),
    };
    let mut facts = vec![telling.fact(What::Returned(told))];
    if let Some(payback) = payback {
        facts.extend(refund(record, &telling, id, payback, reason, lines)?);
    }
    Ok(facts)
}

/// The refund that comes with a cancellation or a return; `refund_total` contains its tax (SPEC §4).
fn refund(
    record: &Node<'_>,
    telling: &Telling,
    id: String,
    state: &str,
    reason: Option<String>,
    lines: Vec<LineQuantity>,
) -> Result<Option<Fact>, Problem> {
    let Some(amount) = refund_total(record)? else { return Ok(None) };
    let at = Some(telling.occurred_at.clone());
    Ok(Some(telling.fact(What::Refunded(Refund { id, state: state.into(), amount: Some(amount), reason, lines, at }))))
}

fn refund_total(record: &Node<'_>) -> Result<Option<switchyard_sdk::Money>, Problem> {
    let Some(amount) = record.child("refund_amount")? else { return Ok(None) };
    let Some(total) = amount.decimal("refund_total")?.filter(|total| !total.is_zero()) else { return Ok(None) };
    Ok(Some(money(total, &amount.currency("currency")?.ok_or_else(|| amount.missing("currency"))?)))
}

fn units(items: &[Node<'_>]) -> Result<Vec<LineQuantity>, Problem> {
    let mut lines = Vec::new();
    for item in items {
        if let Some(line_id) = item.id("order_line_item_id")? {
            lines.push(LineQuantity { line_id, quantity: "1".into() });
        }
    }
    Ok(lines)
}

/// `cancel_status` (SPEC §4).
pub fn cancellation_state(word: &str) -> Option<&'static str> {
    Some(match word.strip_prefix("CANCELLATION_REQUEST_")? {
        "PENDING" => "requested",
        "SUCCESS" | "COMPLETE" => "accepted",
        "CANCEL" => "withdrawn",
        "REJECT" => "rejected",
        _ => return None,
    })
}

/// `return_status` (SPEC §4) -> state of the goods, and of the money where there is any.
pub fn return_states(word: &str, goods_back: bool) -> Option<(&'static str, Option<&'static str>)> {
    // The money follows the goods: once it is granted, what had to come back has come.
    let done = if goods_back { "received" } else { "closed" };
    Some(match word {
        "RETURN_OR_REFUND_REQUEST_PENDING" => ("requested", Some("requested")),
        "AWAITING_BUYER_SHIP" => ("approved", Some("approved")),
        "BUYER_SHIPPED_ITEM" => ("shipping_back", Some("approved")),
        "RETURN_OR_REFUND_REQUEST_SUCCESS" => (done, Some("approved")),
        "RETURN_OR_REFUND_REQUEST_COMPLETE" | "REPLACEMENT_REQUEST_REFUND_SUCCESS" => (done, Some("executed")),
        "REFUND_OR_RETURN_REQUEST_REJECT" | "REJECT_RECEIVE_PACKAGE" => ("rejected", Some("rejected")),
        "RETURN_OR_REFUND_REQUEST_CANCEL" => ("withdrawn", Some("withdrawn")),
        "REPLACEMENT_REQUEST_PENDING" => ("requested", None),
        "REPLACEMENT_REQUEST_REJECT" => ("rejected", None),
        "REPLACEMENT_REQUEST_CANCEL" => ("withdrawn", None),
        "REPLACEMENT_REQUEST_COMPLETE" => (done, None),
        _ => return None,
    })
}
