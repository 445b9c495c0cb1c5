//! LINE Official Account. LINE has no order message: a cart is read from what a button of the merchant's bot sends back (a
//! postback's `data`), or from a text, in the one form of `switchyard_sdk::cart`:
//!
//! ```text
//! #order THB
//! 2 x TEA-01 @ 50.00
//! ```
//!
//! Such a cart makes an unconfirmed, unpaid order that a person confirms. Everything else that is said stays talk, and is
//! ignored with its reason. A postback's `data` takes 300 characters; a cart that was cut by that does not read, and is kept.
//! Contract: shared/channels/SPEC.md §1 (signature), §10; developers.line.biz (events, redelivery).
//!
//! Revision: the event's `timestamp` in milliseconds; an event never changes, and a redelivered one is the same.
//!
//! Invariant LINE-1: what a message brings is a cart by CART-1 and CART-2.
//! Invariant LINE-2: one delivery may carry many events; each cart in it is an order of its own.

use switchyard_sdk::{
    AccountEvent, Connector, Delivery, Errand, Exchange, Fetched, Link, Origin, Pair, PluginError, Problem, Pulled, Pushed, Reception, Reference, Rejection, Window,
    answer,
    answer::Understood,
    cart::{self, Sender},
    config,
    facts::Telling,
    header,
    json::Json,
    read::{Node, malformed},
    signed,
    signing::Encoding,
    time,
};

pub struct Line;

impl Connector for Line {
    fn receive(delivery: Delivery) -> Result<Reception, Rejection> {
        let currency = config::get("currency");
        let told = match delivery.origin {
            Origin::Webhook => verify(&delivery).and_then(|()| document(&delivery.body, currency.as_deref())),
            Origin::Document => document(&delivery.body, currency.as_deref()),
        };
        match told {
            Ok(understood) => Ok(understood.acknowledged(answer::empty(200))),
            Err(problem) => Err(answer::rejection(problem, answer::empty(200))),
        }
    }

    fn fetch(_: Vec<Reference>) -> Result<Fetched, PluginError> {
        Err(PluginError::Unsupported("events carry all there is: nothing is fetched from LINE".into()))
    }

    /// LINE keeps no list of past events; redelivery is switched on in its console.
    fn pull(window: Window) -> Result<Pulled, PluginError> {
        Ok(Pulled { fetched: Fetched { facts: Vec::new(), documents: Vec::new() }, next_cursor: None, until: window.until })
    }

    fn push(_: Errand) -> Result<Pushed, PluginError> {
        Err(PluginError::Unsupported("a chat keeps no orders: there is nothing to be told of".into()))
    }

    /// No call is made in the account's name, so there is no token.
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
    use super::Line;
    switchyard_sdk::bindings::export!(Line with_types_in switchyard_sdk::bindings);
}

/// Signed is the raw body, with the channel secret, in base64.
fn verify(delivery: &Delivery) -> Result<(), Problem> {
    let signature = header(&delivery.headers, "x-line-signature").ok_or_else(|| Problem::BadSignature("the header x-line-signature is missing".into()))?;
    match signed("channel_secret", &[&delivery.body], signature.trim(), Encoding::Base64)? {
        true => Ok(()),
        false => Err(Problem::BadSignature("x-line-signature does not match the body".into())),
    }
}

/// Translates a verified delivery. `currency` is the account's, for carts that name none.
pub fn document(body: &[u8], currency: Option<&str>) -> Result<Understood, Problem> {
    let json = Json::parse(body).map_err(malformed)?;
    let root = Node::root(&json)?;
    let events = root.children("events")?.ok_or_else(|| Problem::Unsupported("this is no delivery of LINE: it has no events".into()))?;
    let mut understood = Understood { shop: root.id("destination")?, ..Understood::default() };
    let mut ignored: Vec<String> = Vec::new();
    for event in &events {
        if let Some(reason) = read(event, currency, &mut understood)?
            && !ignored.contains(&reason)
        {
            ignored.push(reason);
        }
    }
    if let [event] = events.as_slice() {
        understood.message_id = event.id("webhookEventId")?;
    }
    if events.is_empty() {
        ignored.push("LINE asked whether the address answers".into());
    }
    if understood.facts.is_empty() && understood.account.is_empty() {
        understood.ignored = Some(ignored.join("; "));
    }
    Ok(understood)
}

/// Reads one event; a reason where there is nothing to do.
fn read(event: &Node<'_>, currency: Option<&str>, understood: &mut Understood) -> Result<Option<String>, Problem> {
    let kind = event.require_text("type")?;
    let (message, postback) = (event.child("message")?, event.child("postback")?);
    let written = match kind.as_str() {
        "message" => message.as_ref().and_then(|message| message.raw("text")),
        "postback" => postback.as_ref().and_then(|postback| postback.raw("data")),
        // The bot was taken out of its provider's hands; no more events come.
        "botSuspended" => {
            understood.account.push(AccountEvent { kind: "authorization_revoked".into(), detail: "LINE suspended the bot".into() });
            return Ok(None);
        }
        other => return Ok(Some(format!("an event of the type {other} is no order"))),
    };
    let Some(cart) = written.and_then(cart::read) else {
        return Ok(Some(format!("a {kind} that carries no cart is no order")));
    };
    let person = event.require_child("source")?.require_id("userId")?;
    let id = match (message.map_or(Ok(None), |message| message.id("id"))?, event.id("webhookEventId")?) {
        (Some(id), _) | (None, Some(id)) => id,
        (None, None) => return Err(event.missing("webhookEventId")),
    };
    let at = event.whole("timestamp")?.ok_or_else(|| event.missing("timestamp"))?;
    let occurred_at = time::from_epoch_milliseconds(at).ok_or_else(|| event.problem("timestamp", "milliseconds since 1970 are wanted"))?;
    let sender = Sender { id: person, name: None, phone: None, source: "line".into() };
    understood.facts.push(cart?.told(&Telling { order: id, revision: at, occurred_at }, &sender, currency)?);
    Ok(None)
}

#[cfg(test)]
mod tests;
