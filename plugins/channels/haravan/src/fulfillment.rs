//! A fulfilment is a shipment. The carrier's code says where it is; `status` is the shop's own and says only that it was made or
//! undone.

use crate::lines::when;
use switchyard_sdk::{
    Problem,
    facts::{Fact, LineQuantity, Shipment, Telling, What},
    read::Node,
    time,
};

/// `order` is given where the fulfilment stands inside its order.
pub fn facts(fulfillment: &Node<'_>, order: Option<&Telling>) -> Result<Vec<Fact>, Problem> {
    let at = when(fulfillment, "updated_at").or(when(fulfillment, "created_at"));
    let telling = match order {
        Some(telling) => telling.clone(),
        None => {
            let at = at.clone().ok_or_else(|| fulfillment.missing("updated_at"))?;
            Telling { order: fulfillment.require_id("order_id")?, revision: time::epoch_milliseconds(&at).unwrap_or_default(), occurred_at: at }
        }
    };
    let status = fulfillment.word("status")?.unwrap_or_default().to_lowercase();
    let carried = fulfillment.word("carrier_status_code")?.or(fulfillment.word("shipment_status")?).unwrap_or_default().to_lowercase();
    let Some(state) = state(&status, &carried) else { return Ok(Vec::new()) };
    let mut lines = Vec::new();
    for item in fulfillment.listed("line_items")? {
        if let (Some(line_id), Some(quantity)) = (item.name_of("id")?, item.sum("quantity")?.map(|quantity| quantity.normalize()).filter(|quantity| !quantity.is_zero())) {
            lines.push(LineQuantity { line_id, quantity: quantity.to_string() });
        }
    }
    let when = match state {
        "ready" => when(fulfillment, "ready_to_pick_date"),
        "in_transit" => when(fulfillment, "delivering_date"),
        "delivered" => when(fulfillment, "delivered_date"),
        "returning" => when(fulfillment, "waiting_for_return_date"),
        "returned" => when(fulfillment, "return_date"),
        "cancelled" => when(fulfillment, "cancel_date"),
        _ => None,
    };
    Ok(vec![telling.fact(What::Shipped(Shipment {
        id: fulfillment.require_id("id")?,
        state: state.into(),
        carrier: fulfillment.word("tracking_company")?,
        tracking: fulfillment.word("tracking_number")?,
        lines,
        at: when.or(at),
    }))])
}

/// Carriers' codes of Haravan. notmeetcustomer is a try at the door that comes again.
fn state(status: &str, carried: &str) -> Option<&'static str> {
    Some(match (status, carried) {
        ("cancelled" | "canceled", _) | (_, "cancel" | "cancelled") => "cancelled",
        (_, "readytopick" | "picking" | "pending") => "ready",
        (_, "delivering" | "notmeetcustomer" | "in_transit" | "out_for_delivery") => "in_transit",
        (_, "delivered") => "delivered",
        (_, "waitingforreturn" | "waiting_for_return") => "returning",
        (_, "return" | "returned") => "returned",
        (_, "lost") => "lost",
        ("error" | "failure", _) => "failed",
        ("pending" | "open", _) => "ready",
        // Handed over, by whatever word the carrier has for it.
        ("success" | "", _) => "handed_over",
        _ => return None,
    })
}
