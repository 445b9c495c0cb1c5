//! Square, a till and more. Events about orders are thin: they say that something changed, and the order is fetched.
//! Contract: shared/channels/SPEC.md §1 (signature), §2 (minor units), §8 (events, states), §11 (tracks), §12 (who pays).
//!
//! Revision: `updated_at` of the object in milliseconds.
//! Invariant SQUARE-1: lines, discounts, taxes on top, charges and tip sum to `total_money` whenever the order's own fields do.
//! Invariant SQUARE-2: amounts are whole minor units shifted by the currency's exponent, never rounded.
//! Invariant SQUARE-3: a refund and the goods that come back are told of the sale, not of the order Square files them under.

mod api;
mod connect;
mod delivery;
mod errand;
mod hook;
mod lines;
mod money;
mod order;
mod payment;
mod payout;
mod refund;

use switchyard_sdk::{
    Connector, Delivery, Errand, Exchange, Fetched, Link, Origin, Pair, PluginError, Problem, Pulled, Pushed, Reception, Reference, Rejection, Window, answer,
    answer::Understood,
    config, header,
    json::Json,
    read::{Node, malformed},
    signed,
    signing::Encoding,
};

pub struct Square;

impl Connector for Square {
    fn receive(delivery: Delivery) -> Result<Reception, Rejection> {
        let told = match delivery.origin {
            Origin::Webhook => verify(&delivery).and_then(|()| webhook(&delivery.body)),
            Origin::Document => document(&delivery.body),
        };
        match told {
            Ok(understood) => Ok(understood.acknowledged(answer::empty(200))),
            Err(problem) => Err(answer::rejection(problem, answer::empty(200))),
        }
    }

    fn fetch(references: Vec<Reference>) -> Result<Fetched, PluginError> {
        api::fetch(&references)
    }

    fn pull(window: Window) -> Result<Pulled, PluginError> {
        api::pull(&window)
    }

    fn push(errand: Errand) -> Result<Pushed, PluginError> {
        errand::push(&errand)
    }

    fn renewal() -> Result<Option<Exchange>, PluginError> {
        connect::renewal()
    }

    fn authorization(redirect: String, state: String) -> Result<Option<Link>, PluginError> {
        connect::authorization(&redirect, &state)
    }

    fn authorized(answer: Vec<Pair>) -> Result<Option<Exchange>, PluginError> {
        connect::authorized(&answer)
    }
}

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "the canonical ABI passes pointers; this code is generated")]
mod component {
    use super::Square;
    switchyard_sdk::bindings::export!(Square with_types_in switchyard_sdk::bindings);
}

/// Signed are the notification URL, as the subscription has it, and the raw body.
fn verify(delivery: &Delivery) -> Result<(), Problem> {
    let signature = header(&delivery.headers, "x-square-hmacsha256-signature")
        .ok_or_else(|| Problem::BadSignature("the header x-square-hmacsha256-signature is missing".into()))?;
    let url = config::get("notification_url").filter(|url| !url.is_empty()).unwrap_or_else(|| delivery.url.clone());
    match signed("signature_key", &[url.as_bytes(), &delivery.body], signature.trim(), Encoding::Base64)? {
        true => Ok(()),
        false => Err(Problem::BadSignature("x-square-hmacsha256-signature does not match the notification URL and the body".into())),
    }
}

/// Translates a verified event.
pub fn webhook(body: &[u8]) -> Result<Understood, Problem> {
    let json = Json::parse(body).map_err(malformed)?;
    hook::understand(&Node::root(&json)?)
}

/// Translates an answer of the API: under its root, in a list, or one object alone.
pub fn document(body: &[u8]) -> Result<Understood, Problem> {
    let json = Json::parse(body).map_err(malformed)?;
    let root = Node::root(&json)?;
    let errors = root.listed("errors")?;
    // Of several orders some may be told and others not.
    if let Some(error) = errors.first().filter(|_| !ROOMS.iter().any(|(list, one, _)| root.has(list) || root.has(one))) {
        return Err(malformed(format!("square answered with the error {}: {}", error.word("code")?.unwrap_or_default(), error.word("detail")?.unwrap_or_default())));
    }
    if root.has("type") && root.has("data") {
        return hook::understand(&root);
    }
    let mut understood = Understood::default();
    let mut known = false;
    for (list, one, read) in ROOMS {
        if root.has(list) && !root.has("id") {
            known = true;
            for item in root.listed(list)? {
                understood.absorb(read(&item)?);
            }
        }
        if let Some(object) = root.maybe(one).filter(|_| !root.has("id")) {
            known = true;
            understood.absorb(read(&object)?);
        }
    }
    if !known && root.has("payment_id") && root.has("amount_money") {
        (known, understood) = (true, refund(&root)?);
    } else if !known && root.has("source_type") && root.has("amount_money") {
        (known, understood) = (true, payment(&root)?);
    } else if !known && root.has("payout_id") && root.has("net_amount_money") {
        (known, understood) = (true, entry(&root)?);
    } else if !known && root.has("id") && (root.has("line_items") || root.has("returns") || (root.has("location_id") && root.has("state"))) {
        (known, understood) = (true, order(&root)?);
    } else if !known && root.has("id") && root.has("destination") {
        (known, understood) = (true, hook::payout(&root)?);
    }
    // An answer with nothing in it is how Square says that there is nothing.
    if !known && root.members().all(|(name, _)| matches!(name, "cursor" | "errors")) {
        known = true;
    }
    if !known {
        return Err(Problem::Unsupported("this is no order, payment, refund or payout of Square".into()));
    }
    if understood.facts.is_empty() && understood.fetch.is_empty() {
        understood.ignored = understood.ignored.or(Some("the answer names no order".into()));
    }
    Ok(understood)
}

type Reader = fn(&Node<'_>) -> Result<Understood, Problem>;

/// Lists of answers, the name of one of their items, and who reads it.
const ROOMS: [(&str, &str, Reader); 6] = [
    ("orders", "order", order),
    ("order_entries", "order_entry", thin),
    ("payments", "payment", payment),
    ("refunds", "refund", refund),
    ("payouts", "payout", hook::payout),
    ("payout_entries", "payout_entry", entry),
];

fn order(node: &Node<'_>) -> Result<Understood, Problem> {
    Ok(Understood { facts: order::facts(node)?, ..Understood::default() })
}

fn payment(node: &Node<'_>) -> Result<Understood, Problem> {
    Ok(match payment::facts(node)? {
        Some(facts) => Understood { facts, ..Understood::default() },
        None => Understood::ignored("a payment without an order"),
    })
}

fn refund(node: &Node<'_>) -> Result<Understood, Problem> {
    Ok(match refund::facts(node, None)? {
        Some(facts) => Understood { facts, ..Understood::default() },
        None => Understood::ignored("a refund without an order"),
    })
}

fn thin(node: &Node<'_>) -> Result<Understood, Problem> {
    let mut understood = Understood::default();
    understood.fetch("order", node.require_id("order_id")?);
    Ok(understood)
}

/// An entry names a payment: only the whole payout can be put to orders.
fn entry(node: &Node<'_>) -> Result<Understood, Problem> {
    let mut understood = Understood::default();
    understood.fetch("settlement", node.require_id("payout_id")?);
    Ok(understood)
}

#[cfg(test)]
mod tests;
