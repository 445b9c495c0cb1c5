//! Shopify: webhooks carry the whole object, so nothing has to be fetched.
//! Contract: shared/channels/SPEC.md §1 (signature), §6 (orders, refunds), §12 (who pays a discount).
//!
//! Revision: `updated_at` of the object in milliseconds; of a refund `processed_at`, since refunds never change.
//! Invariant SHOPIFY-1: lines, components and taxes on top sum to `total_price` whenever the order's own fields do.
//! Invariant SHOPIFY-2: money received is what is no longer outstanding; the word "paid" proves nothing (SPEC §2.5).
//! Invariant SHOPIFY-3: before an act is asked for, the order is looked at; what is done already is not asked for again.

mod auth;
mod errand;
mod fulfillment;
mod lines;
mod order;
mod refund;
mod shop;
mod stock;

use switchyard_sdk::{
    AccountEvent, Connector, Delivery, Errand, Exchange, Fetched, Link, Origin, Pair, PluginError, Problem, Pulled, Pushed, Reception, Reference, Rejection, Window,
    answer,
    answer::Understood,
    header,
    json::Json,
    read::{Node, malformed},
    signed,
    signing::Encoding,
};

pub struct Shopify;

impl Connector for Shopify {
    fn receive(delivery: Delivery) -> Result<Reception, Rejection> {
        let told = match delivery.origin {
            Origin::Webhook => verify(&delivery).and_then(|()| webhook(&delivery.headers, &delivery.body)),
            Origin::Document => document(&delivery.body),
        };
        match told {
            Ok(understood) => Ok(understood.acknowledged(answer::empty(200))),
            Err(problem) => Err(answer::rejection(problem, answer::empty(200))),
        }
    }

    fn fetch(references: Vec<Reference>) -> Result<Fetched, PluginError> {
        shop::fetch(&references)
    }

    fn pull(window: Window) -> Result<Pulled, PluginError> {
        shop::pull(&window)
    }

    fn push(errand: Errand) -> Result<Pushed, PluginError> {
        errand::push(errand)
    }

    /// The tokens of an app that is installed do not end.
    fn renewal() -> Result<Option<Exchange>, PluginError> {
        Ok(None)
    }

    fn authorization(redirect: String, state: String) -> Result<Option<Link>, PluginError> {
        auth::Asker::known()?.link(&redirect, &state).map(Some)
    }

    fn authorized(answer: Vec<Pair>) -> Result<Option<Exchange>, PluginError> {
        auth::is_shopifys(&answer)?;
        auth::Asker::known()?.trade(&answer).map(Some)
    }
}

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "the canonical ABI passes pointers; this code is generated")]
mod component {
    switchyard_sdk::bindings::export!(Shopify with_types_in switchyard_sdk::bindings);
    use super::Shopify;
}

/// A header under its old name (`X-Shopify-Topic`) or its new one (`Shopify-Topic`).
fn shopify_header<'a>(headers: &'a [Pair], name: &str) -> Option<&'a str> {
    header(headers, &format!("x-shopify-{name}")).or_else(|| header(headers, &format!("shopify-{name}")))
}

/// The signature is over the raw body, in base64, with the app's client secret.
fn verify(delivery: &Delivery) -> Result<(), Problem> {
    let signature = shopify_header(&delivery.headers, "hmac-sha256").ok_or_else(|| Problem::BadSignature("the header x-shopify-hmac-sha256 is missing".into()))?;
    match signed("client_secret", &[&delivery.body], signature.trim(), Encoding::Base64)? {
        true => Ok(()),
        false => Err(Problem::BadSignature("x-shopify-hmac-sha256 does not match the body".into())),
    }
}

/// Translates a verified webhook by its topic.
pub fn webhook(headers: &[Pair], body: &[u8]) -> Result<Understood, Problem> {
    let topic = shopify_header(headers, "topic").unwrap_or_default();
    let mut understood = match topic {
        "app/uninstalled" => Understood {
            account: vec![AccountEvent { kind: "authorization_revoked".into(), detail: "the app was removed from the shop".into() }],
            ..Understood::default()
        },
        "orders/delete" => Understood::ignored("an order was deleted in the shop; what is known of it stays"),
        "order_transactions/create" => payment(body)?,
        _ if topic.is_empty() || ["orders/", "refunds/", "fulfillments/"].iter().any(|room| topic.starts_with(room)) => document(body)?,
        _ => Understood::ignored(format!("the topic {topic} is not about orders")),
    };
    understood.message_id = shopify_header(headers, "webhook-id").map(str::to_owned);
    understood.shop = shopify_header(headers, "shop-domain").map(str::to_owned);
    Ok(understood)
}

/// Payments are read off the order, which says what is still outstanding; a single transaction only says when to look.
fn payment(body: &[u8]) -> Result<Understood, Problem> {
    let json = Json::parse(body).map_err(malformed)?;
    let transaction = Node::root(&json)?;
    let mut understood = Understood::default();
    understood.fetch("order", transaction.require_id("order_id")?);
    Ok(understood)
}

/// Translates an object of the Admin API, bare as webhooks send it or under its root as answers have it.
pub fn document(body: &[u8]) -> Result<Understood, Problem> {
    let json = Json::parse(body).map_err(malformed)?;
    let root = Node::root(&json)?;
    if root.has("errors") {
        return Err(malformed(format!("shopify answered with an error: {}", said(&json))));
    }
    let mut understood = Understood::default();
    for (list, one) in [("orders", "order"), ("refunds", "refund"), ("fulfillments", "fulfillment")] {
        // An order has its own lists of refunds and fulfillments: those are read with it.
        let is_list = root.has(list) && !root.has("id");
        for node in if is_list { root.children(list)?.unwrap_or_default() } else { root.child(one)?.into_iter().collect() } {
            understood.absorb(object(one, &node)?);
        }
        if is_list || root.has(one) {
            return Ok(understood);
        }
    }
    if root.has("line_items") && (root.has("financial_status") || root.has("total_price")) {
        object("order", &root)
    } else if root.has("order_id") && (root.has("refund_line_items") || root.has("transactions")) {
        object("refund", &root)
    } else if root.has("order_id") && (root.has("tracking_company") || root.has("shipment_status") || root.has("line_items")) {
        object("fulfillment", &root)
    } else {
        Err(Problem::Unsupported("this is no order, refund or fulfillment of Shopify".into()))
    }
}

fn object(kind: &str, node: &Node<'_>) -> Result<Understood, Problem> {
    let facts = match kind {
        "order" => order::facts(node)?,
        "refund" => refund::facts(node, None)?,
        _ => fulfillment::facts(node, None)?,
    };
    Ok(Understood { facts, ..Understood::default() })
}

/// The text of Shopify's `errors`, which is a text or an object of texts.
fn said(json: &Json) -> String {
    match json.get("errors") {
        Some(Json::Text(text)) => text.chars().take(200).collect(),
        Some(Json::Object(members)) => members.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(", ").chars().take(200).collect(),
        _ => "no text".into(),
    }
}

#[cfg(test)]
mod tests;
