//! What Haravan is asked to do: confirm an order, send goods off, call an order off, set stock.
//!
//! An order is read before it is changed: what is so already is not done again.

use crate::{api, lines::amount, order};
use switchyard_sdk::{
    Action, Decimal, Errand, Level, Parcel, PluginError, Problem, Pushed, Refusal, WishedCancellation, ask, config,
    facts::Fact,
    http::Method,
    json::{Json, quoted},
    read::Node,
};

/// An adjustment takes so many lines.
const LEVELS_MAX: usize = 100;

pub fn push(errand: &Errand) -> Result<Pushed, PluginError> {
    match &errand.action {
        Action::Confirm => confirm(errand),
        Action::Ship(parcel) => ship(errand, parcel),
        Action::Cancel(wish) => cancel(errand, wish),
        Action::Stock(levels) => stock(errand, levels),
        Action::Pack(_) | Action::Invoice(_) => Err(PluginError::Unsupported("Haravan's interface has no such act".into())),
    }
}

fn done(reference: Option<String>, facts: Vec<Fact>) -> Pushed {
    Pushed { reference, facts, documents: Vec::new(), refusals: Vec::new() }
}

fn id(errand: &Errand) -> Result<&str, PluginError> {
    errand.order.as_deref().filter(|id| api::is_number(id)).ok_or_else(|| PluginError::InvalidInput("the number of an order is wanted".into()))
}

fn read(id: &str) -> Result<Json, PluginError> {
    api::parsed(&api::call(Method::Get, &format!("/orders/{id}.json"), None)?)
}

fn with_order<T>(json: &Json, look: impl Fn(&Node<'_>) -> Result<T, Problem>) -> Result<T, PluginError> {
    let root = Node::root(json).map_err(ask::unreadable)?;
    let order = root.child("order").map_err(ask::unreadable)?.unwrap_or(root);
    look(&order).map_err(ask::unreadable)
}

/// Posts an act of an order; the answer is the order as it is now, or nothing.
fn act(id: &str, act: &str, body: String) -> Result<Vec<Fact>, PluginError> {
    let answer = api::call(Method::Post, &format!("/orders/{id}/{act}.json"), Some(body))?;
    let json = api::parsed(&answer)?;
    with_order(&json, |order| if order.has("line_items") && order.has("updated_at") { order::facts(order) } else { Ok(Vec::new()) })
}

fn confirm(errand: &Errand) -> Result<Pushed, PluginError> {
    let id = id(errand)?;
    if with_order(&read(id)?, |order| Ok(order.word("confirmed_status")?.as_deref() == Some("confirmed")))? {
        return Ok(done(Some(id.to_owned()), Vec::new()));
    }
    Ok(done(Some(id.to_owned()), act(id, "confirm", "{}".into())?))
}

fn cancel(errand: &Errand, wish: &WishedCancellation) -> Result<Pushed, PluginError> {
    if !wish.lines.is_empty() {
        return Err(PluginError::Unsupported("Haravan calls off whole orders only".into()));
    }
    let id = id(errand)?;
    if with_order(&read(id)?, |order| Ok(order.word("cancelled_status")?.as_deref() == Some("cancelled") || order.has("cancelled_at")))? {
        return Ok(done(Some(id.to_owned()), Vec::new()));
    }
    Ok(done(Some(id.to_owned()), act(id, "cancel", calling_off(wish))?))
}

/// Haravan's reasons: customer, fraud, inventory, declined, other.
fn calling_off(wish: &WishedCancellation) -> String {
    let reason = match wish.reason.as_str() {
        "out_of_stock" => "inventory",
        "buyer_asked" => "customer",
        _ => "other",
    };
    let note = wish.detail.as_deref().filter(|detail| !detail.is_empty()).map_or(String::new(), |detail| format!(",\"note\":{}", quoted(detail)));
    format!("{{\"reason\":{},\"email\":false,\"restock\":true{note}}}", quoted(reason))
}

fn location() -> Option<String> {
    config::get("location_id").filter(|id| api::is_number(id))
}

fn ship(errand: &Errand, parcel: &Parcel) -> Result<Pushed, PluginError> {
    let id = id(errand)?;
    if let Some(reference) = with_order(&read(id)?, |order| sent(order, parcel))? {
        return Ok(done(Some(reference), Vec::new()));
    }
    let answer = api::call(Method::Post, &format!("/orders/{id}/fulfillments.json"), Some(parcel_body(parcel, location().as_deref())))?;
    let json = api::parsed(&answer)?;
    let read = || {
        let root = Node::root(&json)?;
        let told = root.child("fulfillment")?.unwrap_or(root);
        let facts = if told.has("order_id") { crate::fulfillment::facts(&told, None)? } else { Vec::new() };
        Ok((told.name_of("id")?, facts))
    };
    let (reference, facts) = read().map_err(ask::unreadable)?;
    Ok(done(reference, facts))
}

/// The fulfilment that is this parcel already: the one with its tracking number; without a number, the goods that are wanted
/// have left.
fn sent(order: &Node<'_>, parcel: &Parcel) -> Result<Option<String>, Problem> {
    let tracking = parcel.tracking.as_deref().filter(|tracking| !tracking.is_empty());
    let mut last = None;
    for fulfillment in order.listed("fulfillments")? {
        if fulfillment.word("status")?.as_deref() == Some("cancelled") {
            continue;
        }
        let id = fulfillment.require_id("id")?;
        if tracking.is_some() && fulfillment.word("tracking_number")?.as_deref() == tracking {
            return Ok(Some(id));
        }
        last = Some(id);
    }
    if tracking.is_some() {
        return Ok(None);
    }
    let mut left = !order.listed("line_items")?.is_empty();
    for item in order.listed("line_items")? {
        let id = item.name_of("id")?;
        let wanted = if parcel.lines.is_empty() { Some(Decimal::ONE) } else { parcel.lines.iter().find(|line| Some(&line.line_id) == id.as_ref()).and_then(|line| line.quantity.parse().ok()) };
        if let Some(wanted) = wanted {
            left = left && amount(&item, "fulfillable_quantity")?.is_some_and(|open| open < wanted);
        }
    }
    Ok(last.filter(|_| left))
}

fn parcel_body(parcel: &Parcel, location: Option<&str>) -> String {
    let mut members = vec!["\"notify_customer\":false".to_owned()];
    members.extend(location.map(|location| format!("\"location_id\":{location}")));
    for (key, value) in [("tracking_company", &parcel.carrier), ("tracking_number", &parcel.tracking)] {
        members.extend(value.as_deref().filter(|value| !value.is_empty()).map(|value| format!("\"{key}\":{}", quoted(value))));
    }
    let lines: Vec<String> = parcel.lines.iter().filter(|line| api::is_number(&line.line_id)).map(|line| format!("{{\"id\":{},\"quantity\":{}}}", line.line_id, plain(&line.quantity))).collect();
    if !lines.is_empty() {
        members.push(format!("\"line_items\":[{}]", lines.join(",")));
    }
    format!("{{\"fulfillment\":{{{}}}}}", members.join(","))
}

/// A quantity as a number of JSON.
fn plain(quantity: &str) -> String {
    quantity.parse::<Decimal>().unwrap_or(Decimal::ONE).normalize().to_string()
}

/// Sets what a location has. A listing is a variant, by its number or as `product-variant`; the interface wants both numbers.
fn stock(errand: &Errand, levels: &[Level]) -> Result<Pushed, PluginError> {
    let location = location().ok_or_else(|| PluginError::InvalidConfig("location_id is not set".into()))?;
    let mut refusals = Vec::new();
    let mut known = Vec::new();
    for level in levels {
        match product_of(&level.listing) {
            Ok((product, variant)) => known.push((product, variant, &level.available)),
            Err(PluginError::Permanent(detail)) => refusals.push(Refusal { subject: level.listing.clone(), code: "not_a_variant".into(), detail }),
            Err(other) => return Err(other),
        }
    }
    for chunk in known.chunks(LEVELS_MAX) {
        api::call(Method::Post, "/inventories/adjustorset.json", Some(counts(&location, &errand.id, chunk)?))?;
    }
    Ok(Pushed { refusals, ..done(Some(location), Vec::new()) })
}

fn both(listing: &str) -> Option<(&str, &str)> {
    listing.split_once(['-', '/']).filter(|(product, variant)| api::is_number(product) && api::is_number(variant))
}

fn product_of(listing: &str) -> Result<(String, String), PluginError> {
    if let Some((product, variant)) = both(listing) {
        return Ok((product.to_owned(), variant.to_owned()));
    }
    if !api::is_number(listing) {
        return Err(PluginError::Permanent("the number of a variant of Haravan is wanted".into()));
    }
    let json = api::parsed(&api::call(Method::Get, &format!("/variants/{listing}.json"), None)?)?;
    let product = Node::root(&json).and_then(|root| root.require_child("variant")).and_then(|variant| variant.require_id("product_id")).map_err(ask::unreadable)?;
    Ok((product, listing.to_owned()))
}

fn counts(location: &str, note: &str, levels: &[(String, String, &String)]) -> Result<String, PluginError> {
    let mut lines = Vec::new();
    for (product, variant, available) in levels {
        let quantity: Decimal = available.parse().map_err(|_| PluginError::InvalidInput(format!("{available:?} is no quantity")))?;
        let quantity = quantity.max(Decimal::ZERO).trunc();
        lines.push(format!("{{\"product_id\":{product},\"product_variant_id\":{variant},\"quantity\":{quantity}}}"));
    }
    Ok(format!("{{\"inventory\":{{\"location_id\":{location},\"type\":\"set\",\"reason\":\"newproduct\",\"note\":{},\"line_items\":[{}]}}}}", quoted(note), lines.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchyard_sdk::facts::LineQuantity;

    fn parcel(tracking: &str, lines: &[(&str, &str)]) -> Parcel {
        let lines = lines.iter().map(|(id, quantity)| LineQuantity { line_id: (*id).into(), quantity: (*quantity).into() }).collect();
        Parcel { carrier: Some("GHN".into()), tracking: Some(tracking.into()), lines }
    }

    #[test]
    fn a_parcel_is_sent_once() {
        assert_eq!(
            parcel_body(&parcel("G1", &[("11", "2.0")]), Some("963414")),
            r#"{"fulfillment":{"notify_customer":false,"location_id":963414,"tracking_company":"GHN","tracking_number":"G1","line_items":[{"id":11,"quantity":2}]}}"#
        );
        assert_eq!(parcel_body(&parcel("", &[]), None), r#"{"fulfillment":{"notify_customer":false,"tracking_company":"GHN"}}"#);
        let order = Json::parse(br#"{"line_items":[{"id":11,"fulfillable_quantity":0},{"id":12,"fulfillable_quantity":3}],"fulfillments":[{"id":7,"status":"cancelled","tracking_number":"G0"},{"id":8,"status":"success","tracking_number":"G1"}]}"#).unwrap();
        let order = Node::root(&order).unwrap();
        assert_eq!(sent(&order, &parcel("G1", &[])).unwrap().as_deref(), Some("8"));
        assert_eq!(sent(&order, &parcel("G0", &[])).unwrap(), None, "a cancelled one is none");
        assert_eq!(sent(&order, &parcel("", &[("11", "1")])).unwrap().as_deref(), Some("8"));
        assert_eq!(sent(&order, &parcel("", &[])).unwrap(), None);
    }

    #[test]
    fn reasons_are_haravans() {
        let off = |reason: &str, detail: Option<&str>| calling_off(&WishedCancellation { reason: reason.into(), detail: detail.map(Into::into), lines: vec![] });
        assert_eq!(off("out_of_stock", None), r#"{"reason":"inventory","email":false,"restock":true}"#);
        assert_eq!(off("address", Some("wrong \"ward\"")), r#"{"reason":"other","email":false,"restock":true,"note":"wrong \"ward\""}"#);
    }

    #[test]
    fn stock_is_set_by_variant() {
        assert_eq!(both("1035974156-1079017264"), Some(("1035974156", "1079017264")));
        assert!(["1079017264", "a-1", "1-"].iter().all(|listing| both(listing).is_none()));
        assert!(matches!(product_of("SKU-1"), Err(PluginError::Permanent(_))));
        let (four, below) = ("4".to_owned(), "-1".to_owned());
        let body = counts("963414", "e1", &[("1".into(), "2".into(), &four), ("3".into(), "4".into(), &below)]).unwrap();
        assert_eq!(body, r#"{"inventory":{"location_id":963414,"type":"set","reason":"newproduct","note":"e1","line_items":[{"product_id":1,"product_variant_id":2,"quantity":4},{"product_id":3,"product_variant_id":4,"quantity":0}]}}"#);
    }
}
