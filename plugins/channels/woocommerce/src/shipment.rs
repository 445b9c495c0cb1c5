//! WooCommerce itself knows no parcels: a completed order counts as delivered (SPEC §11). Plugins write waybills beside it.

use crate::meta;
use switchyard_sdk::{
    Problem,
    facts::{LineQuantity, Shipment},
    json::Json,
    loose::moment,
    read::Node,
};

/// Both widespread tracking plugins write this key.
const TRACKING: &str = "_wc_shipment_tracking_items";

pub fn shipments(order: &Node<'_>, status: &str) -> Result<Vec<Shipment>, Problem> {
    let mut told = tracked(order, status)?;
    if let (true, Some(state)) = (told.is_empty(), whole(status)) {
        told.push(Shipment { id: "order".into(), state: state.into(), carrier: None, tracking: None, lines: Vec::new(), at: completed_at(order)?.filter(|_| state == "delivered") });
    }
    Ok(told)
}

/// Statuses that plugins add for what the shop itself has no word. [U]
fn whole(status: &str) -> Option<&'static str> {
    match status {
        "completed" | "delivered" => Some("delivered"),
        "shipped" | "shipping" | "in-transit" | "out-for-delivery" => Some("in_transit"),
        _ => None,
    }
}

fn completed_at(order: &Node<'_>) -> Result<Option<String>, Problem> {
    for key in ["date_completed_gmt", "date_completed", "completed_at"] {
        if let Some(at) = order.moment(key)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn tracked(order: &Node<'_>, status: &str) -> Result<Vec<Shipment>, Problem> {
    let Some(Json::List(items)) = meta::value(order, &[TRACKING])? else { return Ok(Vec::new()) };
    let state = whole(status).unwrap_or("handed_over");
    let mut told = Vec::new();
    for item in items {
        let Ok(item) = Node::root(item) else { continue };
        let Some(tracking) = item.code("tracking_number")? else { continue };
        let carrier = item.word("tracking_provider")?.or(item.word("custom_tracking_provider")?).or(item.word("formatted_tracking_provider")?);
        let mut lines = Vec::new();
        for product in item.maybe("products_list").map_or_else(|| item.listed("products_list"), |_| Ok(Vec::new()))? {
            if let (Some(line_id), Some(quantity)) = (product.name_of("item_id")?, product.sum("qty")?) {
                lines.push(LineQuantity { line_id, quantity: quantity.normalize().to_string() });
            }
        }
        let at = item.word("date_shipped")?.and_then(|at| moment(&at));
        let id = item.code("tracking_id")?.unwrap_or_else(|| tracking.clone());
        told.push(Shipment { id, state: state.into(), carrier, tracking: Some(tracking), lines, at: at.filter(|_| state != "delivered") });
    }
    Ok(told)
}
