//! What Square is asked to do: an order's fulfilment moves, an order is called off, stock is counted.
//!
//! An order is read before it is changed: what is so already is not done again, and the change names the version it is made on.

use crate::{api, order};
use switchyard_sdk::{
    Action, Decimal, Errand, Level, Parcel, PluginError, Problem, Pushed, Refusal, WishedCancellation, ask, clock, config,
    http::Method,
    json::{Json, quoted},
    read::Node,
};

/// `BatchChangeInventory` takes no more.
const CHANGES_MAX: usize = 100;

pub fn push(errand: &Errand) -> Result<Pushed, PluginError> {
    match &errand.action {
        Action::Confirm => fulfil(errand, "RESERVED", None),
        Action::Pack(parcel) => fulfil(errand, "PREPARED", Some(parcel)),
        Action::Ship(parcel) => fulfil(errand, "COMPLETED", Some(parcel)),
        Action::Cancel(wish) => cancel(errand, wish),
        Action::Stock(levels) => stock(errand, levels),
        Action::Invoice(_) => Err(PluginError::Unsupported("Square takes no tax invoices".into())),
    }
}

fn done(reference: Option<String>) -> Pushed {
    Pushed { reference, facts: Vec::new(), documents: Vec::new(), refusals: Vec::new() }
}

fn read(errand: &Errand) -> Result<(String, Json), PluginError> {
    let id = errand.order.clone().filter(|id| !id.is_empty()).ok_or_else(|| PluginError::InvalidInput("an order is wanted".into()))?;
    let body = api::call(Method::Get, &format!("/v2/orders/{}", ask::escaped(&id)), None)?;
    Ok((id, api::parsed(&body)?))
}

/// Changes an order; the answer is the order as it is now.
fn change(id: &str, errand: &Errand, change: &str) -> Result<Pushed, PluginError> {
    let body = format!("{{\"idempotency_key\":{},\"order\":{change}}}", quoted(&errand.id));
    let answer = api::call(Method::Put, &format!("/v2/orders/{}", ask::escaped(id)), Some(body))?;
    let json = api::parsed(&answer)?;
    let facts = Node::root(&json).and_then(|root| root.require_child("order")).and_then(|order| order::facts(&order)).map_err(ask::unreadable)?;
    Ok(Pushed { facts, ..done(None) })
}

fn fulfil(errand: &Errand, state: &str, parcel: Option<&Parcel>) -> Result<Pushed, PluginError> {
    let (id, json) = read(errand)?;
    let order = Node::root(&json).and_then(|root| root.require_child("order")).map_err(ask::unreadable)?;
    match fulfilment(&order, state, parcel).map_err(ask::unreadable)? {
        Wish::Done(uid) => Ok(done(Some(uid))),
        Wish::Change(uid, wish) => Ok(Pushed { reference: Some(uid), ..change(&id, errand, &wish)? }),
        Wish::No(reason) => Err(PluginError::Permanent(reason)),
    }
}

#[derive(Debug, PartialEq)]
enum Wish {
    /// It is so already.
    Done(String),
    /// The fulfilment, and the change of its order.
    Change(String, String),
    No(String),
}

/// How far a fulfilment is. Square moves it forward only.
fn step(state: &str) -> u8 {
    match state {
        "PROPOSED" => 0,
        "RESERVED" => 1,
        "PREPARED" => 2,
        "COMPLETED" => 3,
        _ => 4,
    }
}

fn fulfilment(order: &Node<'_>, state: &str, parcel: Option<&Parcel>) -> Result<Wish, Problem> {
    let fulfillments = order.listed("fulfillments")?;
    let mut all = Vec::new();
    for fulfillment in &fulfillments {
        let word = fulfillment.word("state")?.unwrap_or_else(|| "PROPOSED".into());
        if !matches!(word.as_str(), "CANCELED" | "FAILED") {
            all.push((fulfillment, word));
        }
    }
    let Some((fulfillment, now)) = chosen(order, &all, parcel)? else {
        // Square splits no fulfilment and lets an application add one only with a recipient.
        return Ok(Wish::No("the order has no fulfilment of these goods in Square".into()));
    };
    let uid = fulfillment.require_id("uid")?;
    let kind = fulfillment.word("type")?.unwrap_or_default();
    let tracking = parcel.and_then(|parcel| parcel.tracking.as_deref()).filter(|tracking| !tracking.is_empty());
    let details = fulfillment.maybe("shipment_details");
    let noted = details.map_or(Ok(None), |details| details.word("tracking_number"))?;
    let tracked = tracking.is_none() || kind != "SHIPMENT" || noted.as_deref() == tracking;
    if step(now) >= step(state) && (tracked || state != "COMPLETED") {
        return Ok(Wish::Done(uid));
    }
    let mut members = vec![format!("\"uid\":{}", quoted(&uid)), format!("\"state\":{}", quoted(state))];
    if kind == "SHIPMENT" && state == "COMPLETED" {
        let carrier = parcel.and_then(|parcel| parcel.carrier.as_deref()).filter(|carrier| !carrier.is_empty());
        let details: Vec<String> = [("carrier", carrier), ("tracking_number", tracking)]
            .into_iter()
            .filter_map(|(key, value)| Some(format!("{}:{}", quoted(key), quoted(value?))))
            .collect();
        if !details.is_empty() {
            members.push(format!("\"shipment_details\":{{{}}}", details.join(",")));
        }
    }
    let wish = format!("{{{},\"fulfillments\":[{{{}}}]}}", head(order)?, members.join(","));
    Ok(Wish::Change(uid, wish))
}

/// Location and version belong to every change.
fn head(order: &Node<'_>) -> Result<String, Problem> {
    let version = order.whole("version")?.ok_or_else(|| order.missing("version"))?;
    Ok(format!("\"location_id\":{},\"version\":{version}", quoted(&order.require_id("location_id")?)))
}

/// The fulfilment that carries the parcel's lines; of a parcel of the whole order, the one there is.
fn chosen<'n, 'a>(order: &Node<'_>, all: &'n [(&'n Node<'a>, String)], parcel: Option<&Parcel>) -> Result<Option<(&'n Node<'a>, &'n str)>, Problem> {
    let mut wanted: Vec<&str> = parcel.map(|parcel| parcel.lines.iter().map(|line| line.line_id.as_str()).collect()).unwrap_or_default();
    wanted.sort_unstable();
    for (fulfillment, word) in all {
        let mut carried = Vec::new();
        for entry in fulfillment.listed("entries")? {
            carried.extend(entry.name_of("line_item_uid")?);
        }
        if carried.is_empty() && !wanted.is_empty() {
            for item in order.listed("line_items")? {
                carried.extend(item.name_of("uid")?);
            }
        }
        carried.sort_unstable();
        if (wanted.is_empty() && all.len() == 1) || (!wanted.is_empty() && carried.iter().map(String::as_str).eq(wanted.iter().copied())) {
            return Ok(Some((*fulfillment, word)));
        }
    }
    Ok(None)
}

fn cancel(errand: &Errand, wish: &WishedCancellation) -> Result<Pushed, PluginError> {
    if !wish.lines.is_empty() {
        return Err(PluginError::Unsupported("Square calls off whole orders only".into()));
    }
    let (id, json) = read(errand)?;
    let order = Node::root(&json).and_then(|root| root.require_child("order")).map_err(ask::unreadable)?;
    match calling_off(&order, wish).map_err(ask::unreadable)? {
        Wish::Done(reference) => Ok(done(Some(reference))),
        Wish::Change(reference, wish) => Ok(Pushed { reference: Some(reference), ..change(&id, errand, &wish)? }),
        Wish::No(reason) => Err(PluginError::Permanent(reason)),
    }
}

/// Only an open order is called off, with its fulfilments; a paid one is refunded.
fn calling_off(order: &Node<'_>, wish: &WishedCancellation) -> Result<Wish, Problem> {
    let id = order.require_id("id")?;
    match order.word("state")?.as_deref() {
        Some("CANCELED") => return Ok(Wish::Done(id)),
        Some("COMPLETED") => return Ok(Wish::No("the order is completed: it is refunded, not called off".into())),
        _ => {}
    }
    let mut fulfillments = Vec::new();
    for fulfillment in order.listed("fulfillments")? {
        let state = fulfillment.word("state")?.unwrap_or_default();
        if matches!(state.as_str(), "COMPLETED" | "CANCELED" | "FAILED") {
            continue;
        }
        let mut members = vec![format!("\"uid\":{}", quoted(&fulfillment.require_id("uid")?)), "\"state\":\"CANCELED\"".to_owned()];
        if fulfillment.word("type")?.as_deref() == Some("SHIPMENT") {
            let reason = wish.detail.as_deref().unwrap_or(&wish.reason);
            members.push(format!("\"shipment_details\":{{\"cancel_reason\":{}}}", quoted(&reason.chars().take(100).collect::<String>())));
        }
        fulfillments.push(format!("{{{}}}", members.join(",")));
    }
    let moved = if fulfillments.is_empty() { String::new() } else { format!(",\"fulfillments\":[{}]", fulfillments.join(",")) };
    Ok(Wish::Change(id, format!("{{{},\"state\":\"CANCELED\"{moved}}}", head(order)?)))
}

/// Counts of listings at one location. A batch is taken or refused as a whole: a refused one is halved until it is known which
/// listings Square does not have.
fn stock(errand: &Errand, levels: &[Level]) -> Result<Pushed, PluginError> {
    let location = match config::get("stock_location_id").filter(|id| !id.is_empty()) {
        Some(location) => location,
        None => api::locations()?.into_iter().next().unwrap_or_default(),
    };
    let mut refusals = Vec::new();
    for (index, chunk) in levels.chunks(CHANGES_MAX).enumerate() {
        counted(&format!("{}.{index}", errand.id), &location, chunk, &mut refusals)?;
    }
    Ok(Pushed { refusals, ..done(Some(location)) })
}

fn counted(key: &str, location: &str, levels: &[Level], refusals: &mut Vec<Refusal>) -> Result<(), PluginError> {
    match api::call(Method::Post, "/v2/inventory/changes/batch-create", Some(counts(key, location, levels, &clock::now())?)) {
        Ok(_) => Ok(()),
        // The same key with another time of the count: it was taken before.
        Err(PluginError::Permanent(said)) if said.starts_with("IDEMPOTENCY_KEY_REUSED") => Ok(()),
        Err(PluginError::Permanent(said)) => match levels {
            [one] => {
                let (code, detail) = said.split_once(": ").unwrap_or(("refused", &said));
                refusals.push(Refusal { subject: one.listing.clone(), code: code.into(), detail: detail.into() });
                Ok(())
            }
            many => {
                let (left, right) = many.split_at(many.len() / 2);
                counted(&format!("{key}l"), location, left, refusals)?;
                counted(&format!("{key}r"), location, right, refusals)
            }
        },
        Err(other) => Err(other),
    }
}

fn counts(key: &str, location: &str, levels: &[Level], now: &str) -> Result<String, PluginError> {
    let mut changes = Vec::new();
    for level in levels {
        let available: Decimal = level.available.parse().map_err(|_| PluginError::InvalidInput(format!("{:?} is no quantity", level.available)))?;
        // What is oversold cannot be sold either.
        let quantity = available.max(Decimal::ZERO).round_dp(5).normalize().to_string();
        changes.push(format!(
            "{{\"type\":\"PHYSICAL_COUNT\",\"physical_count\":{{\"catalog_object_id\":{},\"state\":\"IN_STOCK\",\"location_id\":{},\"quantity\":{},\"occurred_at\":{}}}}}",
            quoted(&level.listing),
            quoted(location),
            quoted(&quantity),
            quoted(now),
        ));
    }
    Ok(format!("{{\"idempotency_key\":{},\"ignore_unchanged_counts\":true,\"changes\":[{}]}}", quoted(key), changes.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchyard_sdk::facts::LineQuantity;

    const ORDER: &str = r#"{"id":"O","location_id":"L","version":4,"state":"OPEN","line_items":[{"uid":"a"},{"uid":"b"}],
        "fulfillments":[{"uid":"f","type":"SHIPMENT","state":"PROPOSED","shipment_details":{"recipient":{}}}]}"#;

    fn parcel(tracking: &str, lines: &[&str]) -> Parcel {
        let lines = lines.iter().map(|id| LineQuantity { line_id: (*id).into(), quantity: "1".into() }).collect();
        Parcel { carrier: Some("USPS".into()), tracking: Some(tracking.into()), lines }
    }

    fn wish(order: &str, state: &str, parcel: &Parcel) -> Wish {
        let json = Json::parse(order.as_bytes()).unwrap();
        fulfilment(&Node::root(&json).unwrap(), state, Some(parcel)).unwrap()
    }

    #[test]
    fn shipping_completes_the_fulfilment_with_its_tracking() {
        let expected = r#"{"location_id":"L","version":4,"fulfillments":[{"uid":"f","state":"COMPLETED","shipment_details":{"carrier":"USPS","tracking_number":"9400"}}]}"#;
        assert_eq!(wish(ORDER, "COMPLETED", &parcel("9400", &[])), Wish::Change("f".into(), expected.into()));
        assert_eq!(wish(ORDER, "COMPLETED", &parcel("9400", &["b", "a"])), Wish::Change("f".into(), expected.into()));
        assert!(matches!(wish(ORDER, "COMPLETED", &parcel("9400", &["a"])), Wish::No(_)), "Square splits no fulfilment");
        let shipped = ORDER.replace("PROPOSED", "COMPLETED").replace(r#""recipient":{}"#, r#""tracking_number":"9400""#);
        assert_eq!(wish(&shipped, "COMPLETED", &parcel("9400", &[])), Wish::Done("f".into()), "what is done already is not done twice");
        assert_eq!(wish(&shipped, "PREPARED", &parcel("", &[])), Wish::Done("f".into()));
        assert!(matches!(wish(&ORDER.replace("PROPOSED", "CANCELED"), "COMPLETED", &parcel("1", &[])), Wish::No(_)));
    }

    #[test]
    fn only_open_orders_are_called_off() {
        let off = |order: &str| {
            let json = Json::parse(order.as_bytes()).unwrap();
            calling_off(&Node::root(&json).unwrap(), &WishedCancellation { reason: "out_of_stock".into(), detail: None, lines: vec![] }).unwrap()
        };
        let expected = r#"{"location_id":"L","version":4,"state":"CANCELED","fulfillments":[{"uid":"f","state":"CANCELED","shipment_details":{"cancel_reason":"out_of_stock"}}]}"#;
        assert_eq!(off(ORDER), Wish::Change("O".into(), expected.into()));
        assert_eq!(off(&ORDER.replace("OPEN", "CANCELED")), Wish::Done("O".into()));
        assert!(matches!(off(&ORDER.replace("OPEN", "COMPLETED")), Wish::No(_)));
    }

    #[test]
    fn stock_is_counted_and_never_below_nothing() {
        let level = |listing: &str, available: &str| Level { listing: listing.into(), sku: None, available: available.into() };
        let body = counts("e.0", "L", &[level("V1", "7"), level("V2", "-2"), level("V3", "1.50")], "2026-11-23T10:00:00Z").unwrap();
        let json = Json::parse(body.as_bytes()).unwrap();
        let changes = Node::root(&json).unwrap().listed("changes").unwrap();
        let quantities: Vec<String> = changes.iter().map(|change| change.require_child("physical_count").unwrap().require_text("quantity").unwrap()).collect();
        assert_eq!(quantities, ["7", "0", "1.5"]);
        assert!(counts("e", "L", &[level("V", "many")], "").is_err());
    }
}
