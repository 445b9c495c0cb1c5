//! Haravan, an online shop of Vietnam, much like Shopify: webhooks carry the whole order. Amounts are numbers with four zeros
//! behind the point; statuses stand apart from each other.
//! Contract: shared/channels/SPEC.md §1 (signature), §9 (Haravan), §11 (tracks), §12 (who pays a discount).
//!
//! Revision: `updated_at` of the order in milliseconds; what stands inside an order is told at its revision.
//! Invariant HARAVAN-1: lines, components and taxes on top sum to `total_price` whenever the order's own fields do.
//! Invariant HARAVAN-2: money received is what was captured; the word "paid" counts only where no transaction is named.

mod api;
mod connect;
mod errand;
mod fulfillment;
mod lines;
mod order;
mod payment;
mod refund;

use switchyard_sdk::{
    AccountEvent, Acknowledgement, Connector, Delivery, Errand, Exchange, Fetched, Link, Origin, Pair, PluginError, Problem, Pulled, Pushed, Reception, Reference,
    Rejection, Window, answer,
    answer::Understood,
    config, header,
    json::Json,
    read::{Node, malformed},
    signed, signing,
    signing::Encoding,
};

pub struct Haravan;

/// What Haravan asks to be repeated is short and plain.
const CHALLENGE_BYTES_MAX: usize = 256;

impl Connector for Haravan {
    fn receive(delivery: Delivery) -> Result<Reception, Rejection> {
        let asked = delivery.origin == Origin::Webhook && delivery.method.eq_ignore_ascii_case("GET");
        let told = match delivery.origin {
            Origin::Webhook if asked => return handshake(&delivery.url).map_err(|problem| answer::rejection(problem, answer::empty(200))),
            Origin::Webhook => verify(&delivery).and_then(|()| webhook(&delivery.headers, &delivery.body)),
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
    use super::Haravan;
    switchyard_sdk::bindings::export!(Haravan with_types_in switchyard_sdk::bindings);
}

/// Before it sends anything, Haravan may ask whether the address is ours: `hub.verify_token`, `hub.challenge` [U].
fn handshake(url: &str) -> Result<Reception, Problem> {
    let challenge = asked(url, |token| {
        let secret = config::open_secret("verify_token").ok_or_else(|| Problem::InvalidConfig("the secret verify_token is not set".into()))?;
        Ok(signing::is_secret(&secret, token))
    })?;
    let plain = Pair { key: "content-type".into(), value: "text/plain".into() };
    let acknowledgement = Acknowledgement { status: 200, headers: vec![plain], body: challenge.into_bytes() };
    Ok(Understood::ignored("haravan asked whether the address is ours").acknowledged(acknowledgement))
}

/// The challenge to repeat, once the token is ours.
fn asked(url: &str, is_ours: impl Fn(&str) -> Result<bool, Problem>) -> Result<String, Problem> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let of = |key: &str| query.split('&').find_map(|pair| pair.split_once('=').filter(|(name, _)| unescaped(name) == key).map(|(_, value)| unescaped(value)));
    let token = of("hub.verify_token").ok_or_else(|| Problem::BadSignature("hub.verify_token is missing".into()))?;
    if !is_ours(&token)? {
        return Err(Problem::BadSignature("hub.verify_token is not ours".into()));
    }
    let challenge = of("hub.challenge").ok_or_else(|| malformed("hub.challenge is missing"))?;
    if challenge.len() > CHALLENGE_BYTES_MAX || !challenge.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(malformed("hub.challenge is not short and plain"));
    }
    Ok(challenge)
}

/// A piece of a query with its percent signs undone; what is no text then is left as it is.
fn unescaped(piece: &str) -> String {
    let mut bytes = Vec::with_capacity(piece.len());
    let mut rest = piece.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok()).and_then(|two| u8::from_str_radix(two, 16).ok());
        let (byte, skip) = match (first, code) {
            (b'%', Some(code)) => (code, 2),
            (b'+', _) => (b' ', 0),
            (other, _) => (*other, 0),
        };
        bytes.push(byte);
        rest = &tail[skip..];
    }
    String::from_utf8(bytes).unwrap_or_else(|_| piece.to_owned())
}

/// The signature is over the raw body, in base64, with the app's client secret. Receivers spell the header in two ways.
fn verify(delivery: &Delivery) -> Result<(), Problem> {
    let signature = header(&delivery.headers, "x-haravan-hmacsha256")
        .or_else(|| header(&delivery.headers, "x-haravan-hmac-sha256"))
        .ok_or_else(|| Problem::BadSignature("the header x-haravan-hmacsha256 is missing".into()))?;
    match signed("client_secret", &[&delivery.body], signature.trim(), Encoding::Base64)? {
        true => Ok(()),
        false => Err(Problem::BadSignature("x-haravan-hmacsha256 does not match the body".into())),
    }
}

/// Translates a verified webhook by its topic.
pub fn webhook(headers: &[Pair], body: &[u8]) -> Result<Understood, Problem> {
    let topic = header(headers, "x-haravan-topic").unwrap_or_default().to_ascii_lowercase();
    let mut understood = match topic.as_str() {
        "app/uninstalled" => Understood {
            account: vec![AccountEvent { kind: "authorization_revoked".into(), detail: "the app was removed from the shop".into() }],
            ..Understood::default()
        },
        "orders/delete" | "orders/deleted" => Understood::ignored("an order was deleted in the shop; what is known of it stays"),
        _ if topic.is_empty() || ["order", "refund", "fulfillment", "transaction"].iter().any(|room| topic.starts_with(room)) => document(body)?,
        _ => Understood::ignored(format!("the topic {topic} is not about orders")),
    };
    understood.message_id = header(headers, "x-haravan-webhook-id").map(str::to_owned);
    understood.shop = header(headers, "x-haravan-org-id").or_else(|| header(headers, "x-haravan-shop-domain")).map(str::to_owned);
    Ok(understood)
}

/// Translates an object of the API, bare as webhooks send it or under its root as answers have it.
pub fn document(body: &[u8]) -> Result<Understood, Problem> {
    let json = Json::parse(body).map_err(malformed)?;
    let root = Node::root(&json)?;
    if let Some(said) = said(&root) {
        return Err(malformed(format!("haravan answered with an error: {said}")));
    }
    for (list, one, read) in ROOMS {
        // An order has lists of its own; those are read with it.
        let is_list = root.has(list) && !root.has("id");
        let object = root.maybe(one).filter(|_| !root.has("id"));
        if !is_list && object.is_none() {
            continue;
        }
        let mut understood = Understood::default();
        for node in if is_list { root.listed(list)? } else { object.into_iter().collect() } {
            understood.absorb(read(&node)?);
        }
        if understood.facts.is_empty() && understood.fetch.is_empty() {
            understood.ignored = Some(format!("{list} names no order"));
        }
        return Ok(understood);
    }
    if root.has("line_items") && (root.has("financial_status") || root.has("total_price") || root.has("order_number")) {
        order(&root)
    } else if root.has("order_id") && root.has("kind") {
        transaction(&root)
    } else if root.has("order_id") && (root.has("refund_line_items") || root.has("transactions")) {
        refund::alone(&root)
    } else if root.has("order_id") && (root.has("tracking_number") || root.has("carrier_status_code") || root.has("line_items")) {
        shipped(&root)
    } else {
        Err(Problem::Unsupported("this is no order, refund or fulfillment of Haravan".into()))
    }
}

type Reader = fn(&Node<'_>) -> Result<Understood, Problem>;

const ROOMS: [(&str, &str, Reader); 4] =
    [("orders", "order", order), ("refunds", "refund", refund::alone), ("fulfillments", "fulfillment", shipped), ("transactions", "transaction", transaction)];

fn order(node: &Node<'_>) -> Result<Understood, Problem> {
    Ok(Understood { facts: order::facts(node)?, ..Understood::default() })
}

fn shipped(node: &Node<'_>) -> Result<Understood, Problem> {
    let mut understood = Understood { facts: fulfillment::facts(node, None)?, ..Understood::default() };
    if understood.facts.is_empty() {
        understood.fetch("order", node.require_id("order_id")?);
    }
    Ok(understood)
}

/// What a transaction does to a tender depends on the others: the order knows them all.
fn transaction(node: &Node<'_>) -> Result<Understood, Problem> {
    let mut understood = Understood::default();
    understood.fetch("order", node.require_id("order_id")?);
    Ok(understood)
}

/// `errors` is a text or an object of texts; some answers say `error` and `message`.
fn said(root: &Node<'_>) -> Option<String> {
    let error = root.word("errors").ok().flatten().or_else(|| root.maybe("errors").map(|errors| errors.members().map(|(key, _)| key).collect::<Vec<_>>().join(", ")));
    let said = error.or_else(|| root.word("error").ok().flatten());
    said.map(|said| said.chars().take(200).collect())
}

#[cfg(test)]
mod tests;
