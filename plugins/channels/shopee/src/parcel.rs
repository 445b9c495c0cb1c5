//! Packages: a parcel's logistics status -> where the goods are.

use crate::naming::{Fullness, line_id, telling};
use switchyard_sdk::{
    Problem,
    facts::{Fact, LineQuantity, Shipment, What},
    read::{Node, is_blank},
};

/// One element of `get_package_detail`.
pub fn facts(package: &Node<'_>) -> Result<Vec<Fact>, Problem> {
    let telling = telling(package.require_id("order_sn")?, package.require_seconds("update_time")?, Fullness::Detail);
    let shipment = shipment(package, "fulfillment_status", package)?;
    let word = package.text("fulfillment_status")?.unwrap_or_default();
    shipment.map_or_else(|| Err(Problem::Unsupported(format!("the package status {word:?} is not known"))), |shipment| Ok(vec![telling.fact(What::Shipped(shipment))]))
}

/// A package as a shipment; None while nothing is arranged. `times` is the object that has `pickup_done_time`.
pub fn shipment(package: &Node<'_>, status_key: &str, times: &Node<'_>) -> Result<Option<Shipment>, Problem> {
    let Some(state) = package.text(status_key)?.as_deref().and_then(state) else { return Ok(None) };
    let mut lines = Vec::new();
    for item in package.children("item_list")?.unwrap_or_default() {
        lines.push(LineQuantity { line_id: line_id(&item)?, quantity: item.require_quantity("model_quantity")?.to_string() });
    }
    let at = if state == "in_transit" { times.instant_of_seconds("pickup_done_time")? } else { None };
    let tracking = package.text("tracking_number")?.filter(|number| !is_blank(number));
    Ok(Some(Shipment { id: package.require_id("package_number")?, state: state.into(), carrier: package.text("shipping_carrier")?, tracking, lines, at }))
}

/// `logistics_status` of a package (SPEC §3). Words that say nothing about the goods yet, and unknown ones, are None.
pub fn state(word: &str) -> Option<&'static str> {
    Some(match word {
        "LOGISTICS_READY" | "LOGISTICS_REQUEST_CREATED" | "LOGISTICS_PICKUP_RETRY" => "ready",
        "LOGISTICS_PICKUP_DONE" => "in_transit",
        "LOGISTICS_DELIVERY_DONE" => "delivered",
        "LOGISTICS_PICKUP_FAILED" | "LOGISTICS_DELIVERY_FAILED" | "LOGISTICS_COD_REJECTED" => "failed",
        "LOGISTICS_REQUEST_CANCELED" | "LOGISTICS_INVALID" => "cancelled",
        "LOGISTICS_LOST" => "lost",
        _ => return None,
    })
}
