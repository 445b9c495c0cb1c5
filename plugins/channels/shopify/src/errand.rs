//! Errands: fulfilments with tracking, and cancelling; stock is in `stock.rs`.
//!
//! REST has no idempotency key, so the order is looked at first: a fulfilment with this tracking number, or of lines of which
//! nothing is left to fulfil, is done. A part of a line without a tracking number cannot be told from its own repetition:
//! give such parcels their number. Paths and members are those of the REST pages [D], which Shopify keeps as legacy.

use crate::{document, shop, stock};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use switchyard_sdk::{
    Action, Document, Errand, Parcel, PluginError, Problem, Pushed, WishedCancellation, ask, config,
    errand::{self, Answer},
    facts::LineQuantity,
    json::Json,
    read::Node,
    write::{id, object, text, with},
};

pub fn push(errand: Errand) -> Result<Pushed, PluginError> {
    match &errand.action {
        Action::Confirm => Err(PluginError::Unsupported("an order of Shopify stands when it is placed: there is nothing to confirm".into())),
        Action::Pack(_) => Err(PluginError::Unsupported("Shopify is told of parcels when they ship".into())),
        Action::Ship(parcel) => ship(number(errand::order(&errand)?)?, parcel),
        Action::Cancel(wish) => cancel(number(errand::order(&errand)?)?, wish),
        Action::Stock(levels) => stock::push(&errand.id, levels),
        Action::Invoice(_) => Err(PluginError::Unsupported("Shopify has no place for a tax invoice".into())),
    }
}

/// An order's id stands in paths.
fn number(order: &str) -> Result<&str, PluginError> {
    let digits = (1..=20).contains(&order.len()) && order.bytes().all(|byte| byte.is_ascii_digit());
    if digits { Ok(order) } else { Err(PluginError::InvalidInput(format!("{order:?} is no order of Shopify"))) }
}

fn parsed(body: &[u8]) -> Result<Json, PluginError> {
    Json::parse(body).map_err(PluginError::Permanent)
}

/// What an answer says, as facts and as evidence.
fn told(order: &str, body: Vec<u8>, reference: Option<String>) -> Pushed {
    let facts = document(&body).map(|understood| understood.facts).unwrap_or_default();
    Pushed { facts, documents: vec![Document { kind: "order".into(), id: order.to_owned(), body }], ..errand::done(reference) }
}

#[derive(Debug, PartialEq)]
enum Decision {
    Done(Option<String>),
    /// A fulfilment that left without this number.
    Correct(String),
    Fulfil(Vec<Group>),
}

/// Goods of one location: one fulfilment.
#[derive(Debug, PartialEq)]
struct Group {
    location: String,
    /// By fulfilment order: its lines and how many of each.
    orders: BTreeMap<String, Vec<(String, u64)>>,
}

fn ship(order: &str, parcel: &Parcel) -> Result<Pushed, PluginError> {
    let seen = shop::get(&format!("/orders/{order}.json"))?.body;
    let open = shop::get(&format!("/orders/{order}/fulfillment_orders.json"))?.body;
    let (seen_json, open_json) = (parsed(&seen)?, parsed(&open)?);
    let fulfilments = Node::root(&seen_json).and_then(|root| root.require_child("order")).and_then(|order| fulfilments(&order)).map_err(ask::unreadable)?;
    let goods = Node::root(&open_json).and_then(|root| goods(&root)).map_err(ask::unreadable)?;
    match decide(&fulfilments, goods, parcel)? {
        Decision::Done(reference) => Ok(told(order, seen, reference)),
        Decision::Correct(fulfilment) => {
            let asked = object([("fulfillment", with(object([]), "tracking_info", tracking(parcel)))]);
            match shop::act(&format!("/fulfillments/{fulfilment}/update_tracking.json"), asked)? {
                Answer::Yes(body) => Ok(told(order, body, Some(fulfilment))),
                Answer::No { no, .. } => Ok(errand::refused(&fulfilment, no)),
            }
        }
        Decision::Fulfil(groups) => {
            let notify = config::get("notify_customer").as_deref() == Some("true");
            let (mut pushed, mut made) = (errand::done(None), Vec::new());
            for group in &groups {
                match shop::act("/fulfillments.json", request(group, parcel, notify))? {
                    Answer::Yes(body) => {
                        let json = parsed(&body)?;
                        let id = Node::root(&json).and_then(|root| root.require_child("fulfillment")).and_then(|made| made.require_id("id"));
                        made.push(id.map_err(ask::unreadable)?);
                        let Pushed { facts, documents, .. } = told(order, body, None);
                        pushed.facts.extend(facts);
                        pushed.documents.extend(documents);
                    }
                    Answer::No { no, .. } => pushed.refusals.push(errand::refusal(order, no)),
                }
            }
            pushed.reference = Some(made.join(",")).filter(|made| !made.is_empty());
            Ok(pushed)
        }
    }
}

/// A fulfilment that stands: its id, its number, its lines.
#[derive(Debug)]
struct Fulfilment {
    id: String,
    tracking: Option<String>,
    lines: Vec<String>,
}

fn fulfilments(order: &Node<'_>) -> Result<Vec<Fulfilment>, Problem> {
    let mut standing = Vec::new();
    for fulfilment in order.children("fulfillments")?.unwrap_or_default() {
        if matches!(fulfilment.text("status")?.as_deref(), Some("cancelled" | "error" | "failure")) {
            continue;
        }
        let mut lines = Vec::new();
        for line in fulfilment.children("line_items")?.unwrap_or_default() {
            lines.push(line.require_id("id")?);
        }
        standing.push(Fulfilment { id: fulfilment.require_id("id")?, tracking: fulfilment.text("tracking_number")?, lines });
    }
    Ok(standing)
}

/// What is left of a line in a fulfilment order.
#[derive(Clone, Debug)]
struct Goods {
    order: String,
    location: String,
    /// The line of the fulfilment order, and the order's own.
    id: String,
    line: String,
    left: u64,
    held: bool,
}

fn goods(answer: &Node<'_>) -> Result<Vec<Goods>, Problem> {
    let mut goods = Vec::new();
    for order in answer.children("fulfillment_orders")?.unwrap_or_default() {
        let status = order.text("status")?.unwrap_or_default();
        if matches!(status.as_str(), "closed" | "cancelled" | "incomplete") {
            continue;
        }
        for item in order.children("line_items")?.unwrap_or_default() {
            let left = item.whole("fulfillable_quantity")?.unwrap_or_default();
            goods.push(Goods {
                order: order.require_id("id")?,
                location: order.id("assigned_location_id")?.unwrap_or_default(),
                id: item.require_id("id")?,
                line: item.require_id("line_item_id")?,
                left: u64::try_from(left).unwrap_or_default(),
                held: status == "on_hold",
            });
        }
    }
    goods.retain(|goods| goods.left > 0);
    Ok(goods)
}

fn decide(fulfilments: &[Fulfilment], mut goods: Vec<Goods>, parcel: &Parcel) -> Result<Decision, PluginError> {
    if let Some(done) = fulfilments.iter().find(|done| done.tracking.is_some() && done.tracking == parcel.tracking) {
        return Ok(Decision::Done(Some(done.id.clone())));
    }
    let wanted = wanted(&goods, &parcel.lines)?;
    let of_parcel = |line: &str| parcel.lines.is_empty() || parcel.lines.iter().any(|wanted| wanted.line_id == line);
    if !goods.iter().any(|goods| of_parcel(&goods.line)) {
        let covers = |done: &&Fulfilment| parcel.lines.iter().all(|wanted| done.lines.contains(&wanted.line_id));
        return match fulfilments.iter().rfind(covers) {
            Some(done) if parcel.tracking.is_some() => Ok(Decision::Correct(done.id.clone())),
            Some(done) => Ok(Decision::Done(Some(done.id.clone()))),
            None if fulfilments.is_empty() => Err(PluginError::Permanent("Shopify has nothing to fulfil of this order".into())),
            None => Ok(Decision::Done(None)),
        };
    }
    let mut groups: Vec<Group> = Vec::new();
    for (line, mut quantity) in wanted {
        for goods in goods.iter_mut().filter(|goods| goods.line == line && !goods.held) {
            let taken = quantity.min(goods.left);
            if taken == 0 {
                continue;
            }
            (quantity, goods.left) = (quantity - taken, goods.left - taken);
            let group = match groups.iter_mut().position(|group| group.location == goods.location) {
                Some(found) => &mut groups[found],
                None => {
                    groups.push(Group { location: goods.location.clone(), orders: BTreeMap::new() });
                    let last = groups.len() - 1;
                    &mut groups[last]
                }
            };
            group.orders.entry(goods.order.clone()).or_default().push((goods.id.clone(), taken));
        }
        if quantity > 0 {
            let why = if goods.iter().any(|goods| goods.line == line && goods.held) { "it is on hold in Shopify" } else { "less is left to fulfil" };
            return Err(PluginError::Permanent(format!("{quantity} of the line {line} cannot be fulfilled: {why}")));
        }
    }
    Ok(Decision::Fulfil(groups))
}

/// Lines and whole quantities, in the order they are told; without lines all that is left.
fn wanted(goods: &[Goods], lines: &[LineQuantity]) -> Result<Vec<(String, u64)>, PluginError> {
    let mut wanted: Vec<(String, u64)> = Vec::new();
    let mut add = |line: &str, quantity: u64| match wanted.iter_mut().find(|(known, _)| known == line) {
        Some((_, known)) => *known += quantity,
        None => wanted.push((line.to_owned(), quantity)),
    };
    if lines.is_empty() {
        goods.iter().for_each(|goods| add(&goods.line, goods.left));
    }
    for line in lines {
        let whole = line.quantity.parse::<Decimal>().ok().map(|quantity| quantity.normalize()).filter(|quantity| quantity.is_sign_positive() && quantity.scale() == 0);
        let quantity = whole.and_then(|quantity| quantity.to_string().parse().ok());
        add(&line.line_id, quantity.ok_or_else(|| PluginError::InvalidInput(format!("Shopify fulfils whole units, not {}", line.quantity)))?);
    }
    Ok(wanted)
}

fn tracking(parcel: &Parcel) -> Option<Json> {
    let told = with(with(object([]), "number", parcel.tracking.as_deref().map(text)), "company", parcel.carrier.as_deref().map(text));
    (told != object([])).then_some(told)
}

fn request(group: &Group, parcel: &Parcel, notify: bool) -> Json {
    let line = |(line, quantity): &(String, u64)| object([("id", id(line)), ("quantity", Json::Number(quantity.to_string()))]);
    let order = |(order, lines): (&String, &Vec<(String, u64)>)| {
        object([("fulfillment_order_id", id(order)), ("fulfillment_order_line_items", Json::List(lines.iter().map(line).collect()))])
    };
    let fulfilment = object([("notify_customer", Json::Flag(notify)), ("line_items_by_fulfillment_order", Json::List(group.orders.iter().map(order).collect()))]);
    object([("fulfillment", with(fulfilment, "tracking_info", tracking(parcel)))])
}

fn cancel(order: &str, wish: &WishedCancellation) -> Result<Pushed, PluginError> {
    let seen = shop::get(&format!("/orders/{order}.json"))?.body;
    let json = parsed(&seen)?;
    let node = Node::root(&json).and_then(|root| root.require_child("order")).map_err(ask::unreadable)?;
    if node.has("cancelled_at") {
        return Ok(told(order, seen, None));
    }
    if !is_whole(&node, &wish.lines)? {
        return Err(PluginError::Unsupported("Shopify cancels whole orders; lines of an order are refunded".into()));
    }
    // Money is not paid back here: a refund is its own decision.
    match shop::act(&format!("/orders/{order}/cancel.json"), object([("reason", text(reason(&wish.reason))), ("email", Json::Flag(false))]))? {
        Answer::Yes(body) => Ok(told(order, body, None)),
        Answer::No { no, .. } => Ok(errand::refused(order, no)),
    }
}

/// Shopify's reasons: customer, inventory, fraud, declined, other.
fn reason(word: &str) -> &'static str {
    match word {
        "out_of_stock" => "inventory",
        "buyer_asked" => "customer",
        _ => "other",
    }
}

fn is_whole(order: &Node<'_>, lines: &[LineQuantity]) -> Result<bool, PluginError> {
    if lines.is_empty() {
        return Ok(true);
    }
    let read = || {
        let mut all = BTreeMap::new();
        for line in order.children("line_items")?.unwrap_or_default() {
            all.insert(line.require_id("id")?, line.require_decimal("quantity")?);
        }
        Ok(all)
    };
    let wished = |line: &LineQuantity| line.quantity.parse::<Decimal>().ok().map(|quantity| (line.line_id.clone(), quantity));
    let wished: Option<BTreeMap<String, Decimal>> = lines.iter().map(wished).collect();
    Ok(wished.as_ref() == Some(&read().map_err(ask::unreadable)?))
}

#[cfg(test)]
mod tests;
