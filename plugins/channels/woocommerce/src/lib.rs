//! WooCommerce: webhooks carry the whole order, so nothing has to be fetched. There is no webhook about refunds: they arrive
//! inside `order.updated`. Deliveries are not repeated, so `pull` brings what was missed.
//! Contract: shared/channels/SPEC.md §1 (signature), §7 (orders, refunds, statuses), §11 (tracks), §12 (who pays).
//!
//! Revision: `date_modified_gmt` in milliseconds. A refund never changes: inside an order it counts from the order's creation,
//! its own record, which knows its lines, from the refund's.
//! A listing, where stock is told, is the id of a product, or `PRODUCT-VARIATION`.
//!
//! Invariant WOO-1: lines, components and taxes on top sum to `total`, whether prices include tax or not.
//! Invariant WOO-2: paid is what has `date_paid`; the status and the way of paying prove nothing.
//! Invariant WOO-3: a webhook is answered 200 whatever is made of it, unless its signature is wrong: after five other answers
//! the shop stops calling.

mod errand;
mod lines;
mod meta;
mod order;
mod payment;
mod refund;
mod shipment;
mod shop;
mod stock;

use switchyard_sdk::{
    Connector, Delivery, Errand, Exchange, Fetched, Link, Origin, Pair, PluginError, Problem, Pulled, Pushed, Reception, Reference, Rejection, Window, answer,
    answer::Understood,
    config, header,
    json::Json,
    read::{Node, malformed},
    signed,
    signing::Encoding,
};

pub struct WooCommerce;

impl Connector for WooCommerce {
    fn receive(delivery: Delivery) -> Result<Reception, Rejection> {
        let currency = config::get("currency").filter(|currency| !currency.is_empty());
        let told = match delivery.origin {
            Origin::Webhook if is_ping(&delivery.headers, &delivery.body) => Ok(Understood::ignored("the shop asks whether this address answers")),
            Origin::Webhook => {
                let said = Setting { shop: config::get("shop"), currency: currency.clone() };
                verify(&delivery).and_then(|()| webhook(&delivery.headers, &delivery.body, &delivery.received_at, &said))
            }
            Origin::Document => document(&delivery.body, &delivery.received_at, currency.as_deref()),
        };
        match told {
            Ok(understood) => Ok(understood.acknowledged(answer::empty(200))),
            // Nothing is sent twice, so asking to come again helps nobody (WOO-3).
            Err(problem @ Problem::InvalidConfig(_)) => Err(Rejection { problem, acknowledgement: answer::empty(200) }),
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
        errand::push(&errand)
    }

    /// Keys do not end, and are typed in.
    fn renewal() -> Result<Option<Exchange>, PluginError> {
        Ok(None)
    }

    fn authorization(_: String, _: String) -> Result<Option<Link>, PluginError> {
        Ok(None)
    }

    fn authorized(_: Vec<Pair>) -> Result<Option<Exchange>, PluginError> {
        Ok(None)
    }
}

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "the canonical ABI passes pointers; this code is generated")]
mod component {
    use super::WooCommerce;
    switchyard_sdk::bindings::export!(WooCommerce with_types_in switchyard_sdk::bindings);
}

fn woo_header<'a>(headers: &'a [Pair], name: &str) -> Option<&'a str> {
    header(headers, &format!("x-wc-webhook-{name}")).map(str::trim).filter(|value| !value.is_empty())
}

/// Saving a webhook sends a form of its id, unsigned. It says nothing, so there is nothing to verify.
fn is_ping(headers: &[Pair], body: &[u8]) -> bool {
    let id = body.strip_prefix(b"webhook_id=").map(<[u8]>::trim_ascii);
    woo_header(headers, "signature").is_none() && id.is_some_and(|id| !id.is_empty() && id.len() <= 20 && id.iter().all(u8::is_ascii_digit))
}

/// The signature is over the raw body, in base64, with the secret of the webhook.
fn verify(delivery: &Delivery) -> Result<(), Problem> {
    let signature = woo_header(&delivery.headers, "signature").ok_or_else(|| Problem::BadSignature("the header x-wc-webhook-signature is missing".into()))?;
    match signed("webhook_secret", &[&delivery.body], signature, Encoding::Base64)? {
        true => Ok(()),
        false => Err(Problem::BadSignature("x-wc-webhook-signature does not match the body".into())),
    }
}

/// What the account says of itself.
#[derive(Default)]
pub struct Setting {
    pub shop: Option<String>,
    pub currency: Option<String>,
}

/// Translates a verified webhook by its topic.
pub fn webhook(headers: &[Pair], body: &[u8], received_at: &str, said: &Setting) -> Result<Understood, Problem> {
    let topic = woo_header(headers, "topic").unwrap_or_default();
    let mut understood = match topic {
        "order.deleted" => Understood::ignored("an order was deleted in the shop; what is known of it stays"),
        _ if topic.is_empty() || topic.starts_with("order.") => document(body, received_at, said.currency.as_deref())?,
        _ => Understood::ignored(format!("the topic {topic} is not about orders")),
    };
    understood.message_id = match (woo_header(headers, "id"), woo_header(headers, "delivery-id")) {
        (Some(id), Some(delivery)) => Some(format!("{id}:{delivery}")),
        _ => None,
    };
    understood.shop = woo_header(headers, "source").map(|source| named(source, said.shop.as_deref()));
    Ok(understood)
}

/// The shop a message names, as the account writes it where both mean one: with or without `https://`, `www.` and a slash.
fn named(source: &str, shop: Option<&str>) -> String {
    let plain = |address: &str| {
        let address = address.trim().to_ascii_lowercase();
        let address = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest).trim_end_matches('/').to_owned();
        address.strip_prefix("www.").map(str::to_owned).unwrap_or(address)
    };
    match shop {
        Some(shop) if plain(shop) == plain(source) => shop.to_owned(),
        _ => plain(source),
    }
}

/// Translates an object of the REST API: an order or a refund, alone, in a list, or under its root as old shops send it.
pub fn document(body: &[u8], received_at: &str, currency: Option<&str>) -> Result<Understood, Problem> {
    let json = match Json::parse(body).map_err(malformed)? {
        list @ Json::List(_) => Json::Object(vec![("list".into(), list)]),
        other => other,
    };
    let root = Node::root(&json)?;
    if root.has("code") && root.has("message") && !root.has("id") {
        let told = [root.word("code")?, root.word("message")?].into_iter().flatten().collect::<Vec<_>>().join(": ");
        return Err(malformed(format!("woocommerce answered with an error: {told}")));
    }
    for list in ["list", "orders", "refunds", "order_refunds"] {
        if root.has(list) && !root.has("id") {
            let mut understood = Understood::default();
            for node in root.listed(list)? {
                understood.absorb(object(&node, received_at, currency)?);
            }
            if understood.facts.is_empty() && understood.fetch.is_empty() {
                understood.ignored = Some("the list names no order".into());
            }
            return Ok(understood);
        }
    }
    for one in ["order", "order_refund", "refund"] {
        if let Some(node) = root.maybe(one).filter(|_| !root.has("id")) {
            return object(&node, received_at, currency);
        }
    }
    object(&root, received_at, currency)
}

fn object(node: &Node<'_>, received_at: &str, currency: Option<&str>) -> Result<Understood, Problem> {
    if node.has("line_items") && node.has("status") {
        return order::understand(node, received_at);
    }
    if node.has("amount") && !node.has("status") {
        return refund::record(node, received_at, currency);
    }
    if node.has("action") && node.has("arg") {
        return Ok(Understood::ignored("an action of the shop, not an order"));
    }
    if node.has("id") && node.members().count() == 1 {
        return Ok(Understood::ignored("only an id is told, as of what was deleted"));
    }
    Err(Problem::Unsupported("this is no order or refund of WooCommerce".into()))
}

#[cfg(test)]
mod tests;
