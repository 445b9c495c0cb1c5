//! Fulfilments are shipments. A sale over the counter has none: once it is completed, the goods are the buyer's (SPEC §8, §11).

use switchyard_sdk::{
    Problem,
    facts::{Fact, LineQuantity, Shipment, Telling, What},
    read::Node,
};

pub fn shipments(order: &Node<'_>, state: Option<&str>, telling: &Telling) -> Result<Vec<Fact>, Problem> {
    let mut facts = Vec::new();
    let fulfillments = order.listed("fulfillments")?;
    for (index, fulfillment) in fulfillments.iter().enumerate() {
        let kind = fulfillment.word("type")?.unwrap_or_default();
        let word = fulfillment.word("state")?.unwrap_or_default();
        // A word nobody knows yet says nothing about where the goods are.
        let Some(state) = state_of(&kind, &word) else { continue };
        let id = fulfillment.name_of("uid")?.unwrap_or_else(|| format!("fulfillment-{}", index + 1));
        facts.push(telling.fact(What::Shipped(shipment(fulfillment, &kind, id, state, telling)?)));
    }
    // Called off afterwards, its goods are the shop's again.
    let over_the_counter = match state {
        Some("COMPLETED") => Some("delivered"),
        Some("CANCELED") => Some("cancelled"),
        _ => None,
    };
    if let Some(state) = over_the_counter.filter(|_| fulfillments.is_empty()) {
        let at = order.moment("closed_at")?.or(Some(telling.occurred_at.clone()));
        facts.push(telling.fact(What::Shipped(Shipment { id: "counter".into(), state: state.into(), carrier: None, tracking: None, lines: Vec::new(), at })));
    }
    Ok(facts)
}

fn shipment(fulfillment: &Node<'_>, kind: &str, id: String, state: &str, telling: &Telling) -> Result<Shipment, Problem> {
    let details = fulfillment.child(&format!("{}_details", kind.to_ascii_lowercase()))?;
    let of = |key: &str| details.as_ref().map_or(Ok(None), |details| details.word(key));
    let when = |key: &str| details.as_ref().map_or(Ok(None), |details| details.moment(key));
    let at = match state {
        "ready" => when("ready_at")?.or(when("packaged_at")?),
        "in_transit" => when("shipped_at")?,
        "delivered" => when("delivered_at")?.or(when("picked_up_at")?).or(when("completed_at")?),
        "failed" => when("failed_at")?.or(when("rejected_at")?),
        "cancelled" => when("canceled_at")?,
        _ => None,
    };
    let mut lines = Vec::new();
    for entry in fulfillment.listed("entries")? {
        if let (Some(line_id), Some(quantity)) = (entry.name_of("line_item_uid")?, entry.sum("quantity")?) {
            lines.push(LineQuantity { line_id, quantity: quantity.to_string() });
        }
    }
    let carrier = of("carrier")?.or(of("courier_provider_name")?);
    Ok(Shipment { id, state: state.into(), carrier, tracking: of("tracking_number")?, lines, at: at.or(Some(telling.occurred_at.clone())) })
}

/// `state` of a fulfilment. A SHIPMENT is COMPLETED when it is shipped (Square notes `shipped_at` then, and nothing after it):
/// whether it arrived is not known here. What is picked up, delivered by courier or digital has arrived.
pub fn state_of(kind: &str, word: &str) -> Option<&'static str> {
    Some(match (kind, word) {
        (_, "PREPARED") => "ready",
        ("SHIPMENT", "COMPLETED") => "in_transit",
        (_, "COMPLETED") => "delivered",
        (_, "CANCELED" | "CANCELLED") => "cancelled",
        (_, "FAILED") => "failed",
        // PROPOSED and RESERVED: agreed, and nothing moved.
        _ => return None,
    })
}
