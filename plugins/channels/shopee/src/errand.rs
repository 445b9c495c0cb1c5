//! Errands: arranging a shipment, cancelling; stock and invoices are in `stock.rs` and `invoice.rs`.
//!
//! Shopee hands parcels to its own carriers: to pack and to ship are one act, `ship_order`, which arranges the pick-up or the
//! drop-off; the carrier tells the rest. Only a carrier of the seller's own ("non integrated") takes a tracking number.
//! Shopee knows no idempotency key, so before an act is asked for, the order is looked at: what is arranged or cancelled
//! already is not asked for again. Requests are those of Shopee's API pages [D]; the words of `handle_buyer_cancellation` are seen
//! in public code [C].

use crate::{api, handover::Means, invoice, naming::line_id, order, stock};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use switchyard_sdk::{
    Action, Document, Errand, Fetched, Parcel, PluginError, Problem, Pushed, WishedCancellation,
    ask::{self, Content},
    config,
    errand::{self, Answer},
    facts::{Fact, LineQuantity, What},
    json::Json,
    read::Node,
    write::{id, object, text, with},
};

pub fn push(errand: Errand) -> Result<Pushed, PluginError> {
    match &errand.action {
        Action::Confirm => Err(PluginError::Unsupported("an order of Shopee stands when it is placed: there is nothing to confirm".into())),
        Action::Pack(parcel) | Action::Ship(parcel) => arrange(errand::order(&errand)?, parcel),
        Action::Cancel(wish) => cancel(errand::order(&errand)?, wish),
        Action::Stock(levels) => stock::push(levels),
        Action::Invoice(copy) => invoice::push(errand::order(&errand)?, copy),
    }
}

/// The answer of `get_order_detail` for one order, as evidence too.
pub struct Look {
    id: String,
    body: Vec<u8>,
    json: Json,
}

impl Look {
    pub fn at(order: &str) -> Result<Self, PluginError> {
        let body = api::detail(&[order.to_owned()])?;
        let json = Json::parse(&body).map_err(PluginError::Permanent)?;
        Ok(Self { id: order.to_owned(), body, json })
    }

    pub fn order(&self) -> Result<Node<'_>, PluginError> {
        let read = || {
            let orders = Node::root(&self.json)?.require_child("response")?.children("order_list")?.unwrap_or_default();
            for order in orders {
                if order.id("order_sn")?.as_ref() == Some(&self.id) {
                    return Ok(Some(order));
                }
            }
            Ok(None)
        };
        read().map_err(ask::unreadable)?.ok_or_else(|| PluginError::Permanent(format!("the shop has no order {}", self.id)))
    }

    /// Nothing is left to do: what was seen is told.
    pub fn done(self, reference: Option<String>) -> Result<Pushed, PluginError> {
        // The act is done, whether or not the order reads; what does not is told by the fetch that follows.
        let facts = order::facts(&self.order()?, None).unwrap_or_default();
        let document = Document { kind: "order".into(), id: self.id, body: self.body };
        Ok(Pushed { facts, documents: vec![document], ..errand::done(reference) })
    }
}

/// After an act: the order as it is now. The act is done whether or not this succeeds; Shopee tells it again by itself.
pub fn after(order: &str, mut pushed: Pushed) -> Pushed {
    let mut fetched = Fetched { facts: Vec::new(), documents: Vec::new() };
    if api::orders_in_full(&[order.to_owned()], &mut fetched).is_ok() {
        pushed.facts.extend(fetched.facts);
        pushed.documents.extend(fetched.documents);
    }
    pushed
}

fn arrange(order: &str, parcel: &Parcel) -> Result<Pushed, PluginError> {
    let look = Look::at(order)?;
    let plan = plan(&look.order()?, parcel)?;
    let reference = plan.reference();
    if plan.open.is_empty() {
        return look.done(reference);
    }
    let mut refusals = Vec::new();
    for package in &plan.open {
        let named = package.iter().map(|package| ("package_number", package.clone()));
        let pairs: Vec<(&str, String)> = std::iter::once(("order_sn", order.to_owned())).chain(named).collect();
        let body = api::get("/api/v2/logistics/get_shipping_parameter", &pairs)?;
        let json = Json::parse(&body).map_err(PluginError::Permanent)?;
        let (handover, sender) = (config::get("handover"), config::get("sender_name"));
        let means = Means { handover: handover.as_deref(), sender: sender.as_deref(), tracking: parcel.tracking.as_deref(), carrier: parcel.carrier.as_deref() };
        let answer = Node::root(&json).and_then(|root| root.require_child("response")).map_err(ask::unreadable)?;
        let (way, with_what) = means.way(&answer)?;
        let asked = with(object([("order_sn", text(order))]), "package_number", package.clone().map(Json::Text));
        match api::act("/api/v2/logistics/ship_order", Content::json(with(asked, way, Some(with_what))))? {
            Answer::Yes(_) => {}
            // Somebody was quicker, or an attempt of ours whose answer was lost.
            Answer::No { no, .. } if no.has(&["package_already_shipped", "already been arranged", "has been shipped"]) => {}
            Answer::No { no, .. } => refusals.push(errand::refusal(package.as_deref().unwrap_or(order), no)),
        }
    }
    let pushed = Pushed { refusals, ..errand::done(reference) };
    Ok(if pushed.refusals.len() == plan.open.len() { pushed } else { after(order, pushed) })
}

/// Packages of a parcel by whether their shipment is arranged. An order that was not split is asked for without its number.
#[derive(Debug, PartialEq)]
struct Plan {
    arranged: Vec<String>,
    open: Vec<Option<String>>,
    /// The number of the only package, which is not asked for by it.
    only: Option<String>,
}

impl Plan {
    fn reference(&self) -> Option<String> {
        let numbers: Vec<&str> = self.arranged.iter().chain(self.open.iter().flatten()).chain(&self.only).map(String::as_str).collect();
        Some(numbers.join(",")).filter(|numbers| !numbers.is_empty())
    }
}

fn plan(order: &Node<'_>, parcel: &Parcel) -> Result<Plan, PluginError> {
    let packages = packages(order, &parcel.lines)?;
    let split = order.children("package_list").map_err(ask::unreadable)?.is_some_and(|all| all.len() > 1);
    let mut plan = Plan { arranged: Vec::new(), open: Vec::new(), only: None };
    if packages.is_empty() {
        let status = order.require_text("order_status").map_err(ask::unreadable)?;
        if !matches!(status.as_str(), "PROCESSED" | "SHIPPED" | "TO_CONFIRM_RECEIVE" | "COMPLETED" | "TO_RETURN") {
            plan.open.push(None);
        }
    }
    for package in packages {
        let number = package.id("package_number").map_err(ask::unreadable)?;
        let word = package.text("logistics_status").map_err(ask::unreadable)?.unwrap_or_default();
        match is_arranged(&word) {
            true => plan.arranged.extend(number),
            false if split => plan.open.push(number),
            false => {
                plan.open.push(None);
                plan.only = number;
            }
        }
    }
    Ok(plan)
}

/// A package that is cancelled, or whose word is not known, is asked for: Shopee says itself why not.
fn is_arranged(logistics_status: &str) -> bool {
    let told = logistics_status.strip_prefix("LOGISTICS_").unwrap_or(logistics_status);
    matches!(told, "REQUEST_CREATED" | "PICKUP_DONE" | "DELIVERY_DONE" | "DELIVERY_FAILED" | "COD_REJECTED" | "LOST")
}

/// The packages that hold these lines and nothing else; no lines mean all.
fn packages<'a>(order: &Node<'a>, lines: &[LineQuantity]) -> Result<Vec<Node<'a>>, PluginError> {
    let all = order.children("package_list").map_err(ask::unreadable)?.unwrap_or_default();
    if is_whole(order, lines)? {
        return Ok(all);
    }
    let wanted = quantities(lines)?;
    let (mut chosen, mut found) = (Vec::new(), BTreeMap::new());
    for package in all {
        let held = held(&package).map_err(ask::unreadable)?;
        if !held.is_empty() && held.keys().all(|line| wanted.contains_key(line)) {
            held.into_iter().for_each(|(line, quantity)| *found.entry(line).or_insert(Decimal::ZERO) += quantity);
            chosen.push(package);
        }
    }
    if found == wanted { Ok(chosen) } else { Err(PluginError::Unsupported("Shopee ships the packages it made of an order, and none holds just these lines".into())) }
}

fn held(package: &Node<'_>) -> Result<BTreeMap<String, Decimal>, Problem> {
    let mut held = BTreeMap::new();
    for item in package.children("item_list")?.unwrap_or_default() {
        *held.entry(line_id(&item)?).or_insert(Decimal::ZERO) += item.require_quantity("model_quantity")?;
    }
    Ok(held)
}

/// Quantities by item and model: one model on two lines of an order is one thing to a package.
fn quantities(lines: &[LineQuantity]) -> Result<BTreeMap<String, Decimal>, PluginError> {
    let mut wanted = BTreeMap::new();
    for line in lines {
        let quantity: Decimal = line.quantity.parse().map_err(|_| PluginError::InvalidInput(format!("{:?} is no quantity", line.quantity)))?;
        *wanted.entry(model_of(&line.line_id)).or_insert(Decimal::ZERO) += quantity;
    }
    Ok(wanted)
}

/// `item-model` of a line id; the second line of one model has a third part.
fn model_of(line_id: &str) -> String {
    line_id.splitn(3, '-').take(2).collect::<Vec<_>>().join("-")
}

/// Whether these lines are all goods of the order.
fn is_whole(order: &Node<'_>, lines: &[LineQuantity]) -> Result<bool, PluginError> {
    if lines.is_empty() {
        return Ok(true);
    }
    let told = order::facts(order, None).map_err(ask::unreadable)?;
    Ok(quantities(lines)? == quantities(&goods(&told))?)
}

fn goods(told: &[Fact]) -> Vec<LineQuantity> {
    let described = told.iter().find_map(|fact| match &fact.what {
        What::Described(told) => told.lines.as_ref(),
        _ => None,
    });
    let goods = described.into_iter().flatten().filter(|line| line.kind == "product");
    goods.map(|line| LineQuantity { line_id: line.id.clone(), quantity: line.quantity.clone() }).collect()
}

fn cancel(order: &str, wish: &WishedCancellation) -> Result<Pushed, PluginError> {
    let look = Look::at(order)?;
    let seen = look.order()?;
    let status = seen.require_text("order_status").map_err(ask::unreadable)?;
    if status == "CANCELLED" {
        return look.done(None);
    }
    if !is_whole(&seen, &wish.lines)? {
        return Err(PluginError::Unsupported("Shopee cancels whole orders, not lines of them".into()));
    }
    // The buyer asked already: the seller's word is a yes to that.
    let (path, asked) = if status == "IN_CANCEL" {
        ("/api/v2/order/handle_buyer_cancellation", object([("order_sn", text(order)), ("operation", text("ACCEPT"))]))
    } else {
        ("/api/v2/order/cancel_order", cancellation(order, &wish.reason, &seen)?)
    };
    match api::act(path, Content::json(asked))? {
        Answer::Yes(_) => Ok(after(order, errand::done(None))),
        Answer::No { no, .. } => Ok(errand::refused(order, no)),
    }
}

fn cancellation(order: &str, reason: &str, seen: &Node<'_>) -> Result<Json, PluginError> {
    let word = match reason {
        "out_of_stock" => "OUT_OF_STOCK",
        "buyer_asked" => "CUSTOMER_REQUEST",
        "address" => "UNDELIVERABLE_AREA",
        other => return Err(PluginError::Unsupported(format!("Shopee takes out_of_stock, buyer_asked and address as reasons of a seller, not {other}"))),
    };
    let asked = object([("order_sn", text(order)), ("cancel_reason", text(word))]);
    if word != "OUT_OF_STOCK" {
        return Ok(asked);
    }
    let read = || {
        let mut items = Vec::new();
        for item in seen.children("item_list")?.unwrap_or_default() {
            let model = item.id("model_id")?.unwrap_or_else(|| "0".into());
            let told = object([("item_id", id(&item.require_id("item_id")?)), ("model_id", id(&model))]);
            if !items.contains(&told) {
                items.push(told);
            }
        }
        Ok(items)
    };
    Ok(with(asked, "item_list", Some(Json::List(read().map_err(ask::unreadable)?))))
}

#[cfg(test)]
mod tests;
