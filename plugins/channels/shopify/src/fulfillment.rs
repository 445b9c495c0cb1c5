//! A fulfilment is a shipment. `shipment_status` is the carrier's word and wins over `status`, the shop's.

use switchyard_sdk::{
    Problem,
    facts::{Fact, LineQuantity, Shipment, Telling, What},
    read::Node,
    time,
};

/// `order` is given where the fulfilment stands inside its order.
pub fn facts(fulfillment: &Node<'_>, order: Option<&str>) -> Result<Vec<Fact>, Problem> {
    let at = match fulfillment.instant("updated_at")? {
        Some(at) => at,
        None => fulfillment.require_instant("created_at")?,
    };
    let order = order.map_or_else(|| fulfillment.require_id("order_id"), |order| Ok(order.to_owned()))?;
    let telling = Telling { order, revision: time::epoch_milliseconds(&at).unwrap_or_default(), occurred_at: at.clone() };
    let status = fulfillment.text("status")?.unwrap_or_default();
    let carried = fulfillment.text("shipment_status")?;
    let Some(state) = state(&status, carried.as_deref()) else {
        return Err(Problem::Unsupported(format!("the fulfillment status {status:?} is not known")));
    };
    let mut lines = Vec::new();
    for item in fulfillment.children("line_items")?.unwrap_or_default() {
        lines.push(LineQuantity { line_id: item.require_id("id")?, quantity: item.require_quantity("quantity")?.to_string() });
    }
    Ok(vec![telling.fact(What::Shipped(Shipment {
        id: fulfillment.require_id("id")?,
        state: state.into(),
        carrier: fulfillment.text("tracking_company")?,
        tracking: fulfillment.text("tracking_number")?,
        lines,
        at: Some(at),
    }))])
}

fn state(status: &str, carried: Option<&str>) -> Option<&'static str> {
    match (status, carried) {
        ("cancelled", _) => Some("cancelled"),
        ("error" | "failure", _) => Some("failed"),
        (_, Some("label_printed" | "label_purchased" | "ready_for_pickup")) => Some("ready"),
        (_, Some("confirmed")) => Some("handed_over"),
        (_, Some("in_transit" | "out_for_delivery" | "attempted_delivery" | "delayed")) => Some("in_transit"),
        (_, Some("delivered")) => Some("delivered"),
        (_, Some("failure")) => Some("failed"),
        ("pending" | "open", _) => Some("ready"),
        ("success", _) => Some("handed_over"),
        _ => None,
    }
}
