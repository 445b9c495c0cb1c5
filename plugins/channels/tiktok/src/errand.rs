//! Errands: packing and shipping; cancelling is in `cancel.rs`, stock in `stock.rs`, invoices in `invoice.rs`.
//!
//! A unit of an order travels in a package that TikTok Shop made or is asked to make. With its own carriers a package is only
//! released (`ship`); where the seller ships, the carrier and the tracking number go with it. The order is looked at first.
//! `packages/{id}/ship` and `orders/{id}/packages` are as the API's pages have them [D]; what making a package wants besides its
//! units differs by market [U]; carriers are listed by delivery option [C]. A package is not split here.

use crate::{api, cancel, invoice, order, stock};
use switchyard_sdk::{
    Action, Document, Errand, Fetched, Parcel, PluginError, Problem, Pushed, ask, config,
    errand::{self, Answer},
    facts::LineQuantity,
    http::Method,
    json::Json,
    read::Node,
    write::{object, text, texts, with},
};

pub fn push(errand: Errand) -> Result<Pushed, PluginError> {
    match &errand.action {
        Action::Confirm => Err(PluginError::Unsupported("an order of TikTok Shop stands when it is placed: there is nothing to confirm".into())),
        Action::Pack(parcel) => pack(errand::order(&errand)?, parcel),
        Action::Ship(parcel) => ship(errand::order(&errand)?, parcel),
        Action::Cancel(wish) => cancel::push(&errand.id, errand::order(&errand)?, wish),
        Action::Stock(levels) => stock::push(levels),
        Action::Invoice(copy) => invoice::push(errand::order(&errand)?, copy),
    }
}

/// The order as it is now.
pub struct Look {
    id: String,
    body: Vec<u8>,
    json: Json,
}

impl Look {
    pub fn at(order: &str) -> Result<Self, PluginError> {
        let body = api::call(Method::Get, "/order/202309/orders", &[("ids", order.to_owned())], None)?;
        let json = Json::parse(&body).map_err(PluginError::Permanent)?;
        Ok(Self { id: order.to_owned(), body, json })
    }

    pub fn order(&self) -> Result<Node<'_>, PluginError> {
        let read = || {
            for order in Node::root(&self.json)?.require_child("data")?.children("orders")?.unwrap_or_default() {
                if order.id("id")?.as_ref() == Some(&self.id) {
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
        let facts = order::facts(&self.order()?).unwrap_or_default();
        let document = Document { kind: "order".into(), id: self.id, body: self.body };
        Ok(Pushed { facts, documents: vec![document], ..errand::done(reference) })
    }
}

/// After an act: the order as it is now. The act is done whether or not this succeeds; TikTok Shop tells it again by itself.
pub fn after(order: &str, mut pushed: Pushed) -> Pushed {
    let mut fetched = Fetched { facts: Vec::new(), documents: Vec::new() };
    if api::orders(&[order.to_owned()], &mut fetched).is_ok() {
        pushed.facts.extend(fetched.facts);
        pushed.documents.extend(fetched.documents);
    }
    pushed
}

/// One unit of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    pub id: String,
    pub package: Option<String>,
    word: String,
    tracking: Option<String>,
}

impl Unit {
    pub fn is_cancelled(&self) -> bool {
        self.word == "CANCELLED"
    }
    fn has_left(&self) -> bool {
        matches!(self.word.as_str(), "AWAITING_COLLECTION" | "IN_TRANSIT" | "DELIVERED" | "COMPLETED")
    }
}

pub fn units(order: &Node<'_>) -> Result<Vec<Unit>, Problem> {
    let whole = crate::naming::status(&order.require_text("status")?);
    let mut units = Vec::new();
    for item in order.children("line_items")?.unwrap_or_default() {
        let word = item.text("display_status")?.map_or_else(|| whole.clone(), |word| crate::naming::status(&word));
        units.push(Unit { id: item.require_id("id")?, package: item.id("package_id")?, word, tracking: item.text("tracking_number")? });
    }
    Ok(units)
}

/// The units that lines name; no lines mean every unit that is not cancelled.
pub fn wanted(units: &[Unit], lines: &[LineQuantity]) -> Result<Vec<Unit>, PluginError> {
    if lines.is_empty() {
        return Ok(units.iter().filter(|unit| !unit.is_cancelled()).cloned().collect());
    }
    let unit = |line: &LineQuantity| units.iter().find(|unit| unit.id == line.line_id).cloned().ok_or_else(|| PluginError::InvalidInput(format!("the order has no unit {}", line.line_id)));
    lines.iter().map(unit).collect()
}

pub fn packages(units: &[Unit]) -> Vec<String> {
    let mut packages: Vec<String> = Vec::new();
    for package in units.iter().filter_map(|unit| unit.package.as_ref()) {
        if !packages.contains(package) {
            packages.push(package.clone());
        }
    }
    packages
}

fn reference(packages: &[String]) -> Option<String> {
    Some(packages.join(",")).filter(|packages| !packages.is_empty())
}

fn pack(order: &str, parcel: &Parcel) -> Result<Pushed, PluginError> {
    let look = Look::at(order)?;
    let meant = wanted(&units(&look.order()?).map_err(ask::unreadable)?, &parcel.lines)?;
    if meant.iter().all(|unit| unit.package.is_some()) {
        return look.done(reference(&packages(&meant)));
    }
    let loose: Vec<String> = meant.iter().filter(|unit| unit.package.is_none()).map(|unit| unit.id.clone()).collect();
    match api::act("/fulfillment/202309/packages", &[], Some(units_of(order, &loose).to_string()))? {
        Answer::Yes(body) => Ok(after(order, errand::done(package_of(&body)?))),
        Answer::No { no, .. } => Ok(errand::refused(order, no)),
    }
}

fn units_of(order: &str, units: &[String]) -> Json {
    object([("order_id", text(order)), ("order_line_item_ids", texts(units))])
}

fn package_of(body: &[u8]) -> Result<Option<String>, PluginError> {
    let json = Json::parse(body).map_err(PluginError::Permanent)?;
    let read = || Node::root(&json)?.child("data")?.map_or(Ok(None), |data| data.id("package_id"));
    read().map_err(ask::unreadable)
}

/// One thing to ask for.
#[derive(Debug, PartialEq)]
enum Step {
    /// Releases a package to its carrier.
    Release(String),
    /// The seller ships a package.
    Own(String),
    /// The seller ships units that are in no package yet.
    Loose(Vec<String>),
    /// Units are packed by TikTok Shop and then released.
    PackAndRelease(Vec<String>),
    /// A package of the seller's left with another number.
    Correct(String),
}

fn steps(order: &Node<'_>, parcel: &Parcel) -> Result<(Vec<Step>, Vec<String>), PluginError> {
    let all = units(order).map_err(ask::unreadable)?;
    let meant = wanted(&all, &parcel.lines)?;
    let by_seller = order.text("shipping_type").map_err(ask::unreadable)?.as_deref() == Some("SELLER");
    let packages = packages(&meant);
    let mut steps = Vec::new();
    for package in &packages {
        let inside: Vec<&Unit> = all.iter().filter(|unit| unit.package.as_ref() == Some(package)).collect();
        if let Some(other) = inside.iter().find(|unit| !unit.is_cancelled() && !meant.contains(unit)) {
            return Err(PluginError::Unsupported(format!("the package {package} also holds the unit {}: TikTok Shop ships whole packages", other.id)));
        }
        let left = inside.iter().filter(|unit| !unit.is_cancelled()).all(|unit| unit.has_left());
        let other_number = parcel.tracking.as_ref().is_some_and(|tracking| inside.iter().any(|unit| unit.tracking.as_ref() != Some(tracking)));
        match (left, by_seller) {
            (false, true) => steps.push(Step::Own(package.clone())),
            (false, false) => steps.push(Step::Release(package.clone())),
            (true, true) if other_number => steps.push(Step::Correct(package.clone())),
            (true, _) => {}
        }
    }
    let loose: Vec<String> = meant.iter().filter(|unit| unit.package.is_none() && !unit.has_left()).map(|unit| unit.id.clone()).collect();
    if !loose.is_empty() {
        steps.push(if by_seller { Step::Loose(loose) } else { Step::PackAndRelease(loose) });
    }
    Ok((steps, packages))
}

fn ship(order: &str, parcel: &Parcel) -> Result<Pushed, PluginError> {
    let look = Look::at(order)?;
    let (steps, mut packages) = steps(&look.order()?, parcel)?;
    if steps.is_empty() {
        return look.done(reference(&packages));
    }
    let carried = if steps.iter().any(|step| matches!(step, Step::Own(_) | Step::Loose(_) | Step::Correct(_))) { Some(carried(&look.order()?, parcel)?) } else { None };
    let handover = config::get("handover").filter(|handover| !handover.is_empty());
    let (mut refusals, count) = (Vec::new(), steps.len());
    for step in steps {
        let carried = carried.clone();
        let (subject, answer) = match step {
            Step::Release(package) => {
                let answer = release(&package, handover.as_deref())?;
                (package, answer)
            }
            Step::Own(package) => {
                let body = with(object([]), "self_shipment", carried);
                let answer = api::act(&format!("/fulfillment/202309/packages/{}/ship", ask::escaped(&package)), &[], Some(body.to_string()))?;
                (package, answer)
            }
            Step::Correct(package) => {
                let path = format!("/fulfillment/202309/packages/{}/shipping_info/update", ask::escaped(&package));
                let answer = api::act(&path, &[], carried.map(|carried| carried.to_string()))?;
                (package, answer)
            }
            Step::Loose(units) => {
                let body = with(carried.unwrap_or(object([])), "order_line_item_ids", Some(texts(&units)));
                let answer = api::act(&format!("/fulfillment/202309/orders/{}/packages", ask::escaped(order)), &[], Some(body.to_string()))?;
                (order.to_owned(), answer)
            }
            Step::PackAndRelease(units) => match api::act("/fulfillment/202309/packages", &[], Some(units_of(order, &units).to_string()))? {
                Answer::Yes(body) => {
                    let package = package_of(&body)?.ok_or_else(|| PluginError::Retryable("TikTok Shop has not named the package it made".into()))?;
                    let answer = release(&package, handover.as_deref())?;
                    packages.push(package.clone());
                    (package, answer)
                }
                no => (order.to_owned(), no),
            },
        };
        match answer {
            Answer::Yes(body) => {
                let made = package_of(&body)?.filter(|package| !packages.contains(package));
                packages.extend(made);
            }
            Answer::No { no, .. } => refusals.push(errand::refusal(&subject, no)),
        }
    }
    let all_refused = refusals.len() == count;
    let pushed = Pushed { refusals, ..errand::done(reference(&packages)) };
    Ok(if all_refused { pushed } else { after(order, pushed) })
}

fn release(package: &str, handover: Option<&str>) -> Result<Answer, PluginError> {
    // Without effect in some markets of South-East Asia, wanted in others.
    let method = handover.map(|handover| text(if handover == "dropoff" { "DROP_OFF" } else { "PICKUP" }));
    let body = with(object([]), "handover_method", method);
    api::act(&format!("/fulfillment/202309/packages/{}/ship", ask::escaped(package)), &[], Some(body.to_string()))
}

/// The seller's own carrier and number, as TikTok Shop wants them: the carrier by its id.
fn carried(order: &Node<'_>, parcel: &Parcel) -> Result<Json, PluginError> {
    let tracking = parcel.tracking.as_deref().ok_or_else(|| PluginError::InvalidInput("TikTok Shop wants the tracking number of what the seller ships".into()))?;
    let option = order.id("delivery_option_id").map_err(ask::unreadable)?.ok_or_else(|| PluginError::Permanent("the order names no delivery option".into()))?;
    let path = format!("/logistics/202309/delivery_options/{}/shipping_providers", ask::escaped(&option));
    let body = api::call(Method::Get, &path, &[], None)?;
    let json = Json::parse(&body).map_err(PluginError::Permanent)?;
    let provider = provider(&json, parcel.carrier.as_deref())?;
    Ok(object([("tracking_number", text(tracking)), ("shipping_provider_id", text(provider))]))
}

/// The carrier of that name, or of that id; the only one where none is named.
fn provider(answer: &Json, carrier: Option<&str>) -> Result<String, PluginError> {
    let read = || {
        let mut known = Vec::new();
        for provider in Node::root(answer)?.require_child("data")?.children("shipping_providers")?.unwrap_or_default() {
            known.push((provider.require_id("id")?, provider.text("name")?.unwrap_or_default()));
        }
        Ok(known)
    };
    let known = read().map_err(ask::unreadable)?;
    let plain = |name: &str| name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let found = match carrier {
        Some(carrier) => known.iter().find(|(id, name)| id == carrier || plain(name) == plain(carrier)),
        None if known.len() == 1 => known.first(),
        None => None,
    };
    found.map(|(id, _)| id.clone()).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(_, name)| name.as_str()).take(20).collect();
        PluginError::InvalidInput(format!("the carrier {:?} is not one that TikTok Shop knows for this order: {}", carrier.unwrap_or_default(), names.join(", ")))
    })
}

#[cfg(test)]
mod tests;
