//! Meta: WhatsApp and Messenger (and Instagram's messages, which have Messenger's form).
//! Contract: shared/channels/SPEC.md §1 (signature), §10 (order messages, the question about the address).
//!
//! A WhatsApp order message is a cart, not a sale: it makes an unconfirmed, unpaid order under the id of its message (wamid)
//! that a person confirms. Messenger has no order message: a cart is read from a button's payload, a quick reply or a text
//! in the one form of `switchyard_sdk::cart`; a page's bot may write it too, and then it is the cart of whom it writes to.
//! Everything else that is said stays talk, and is ignored with its reason.
//!
//! Revision: seconds (WhatsApp) or milliseconds (Messenger) of the message; a message never changes.
//!
//! Invariant META-1: what a message brings is a cart by CART-1 and CART-2.
//! Invariant META-2: only who knows the verify token is told that the address is ours, and then only the challenge, as text.
//! Invariant META-3: one delivery may carry many messages; each cart in it is an order of its own.

mod messenger;
mod whatsapp;

use switchyard_sdk::{
    Acknowledgement, Connector, Delivery, Errand, Exchange, Fetched, Link, Origin, Pair, PluginError, Problem, Pulled, Pushed, Reception, Reference, Rejection,
    Window, answer,
    answer::Understood,
    config, header,
    json::Json,
    read::{Node, malformed},
    signed,
    signing::{self, Encoding},
    write::query_of,
};

pub struct Meta;

impl Connector for Meta {
    fn receive(delivery: Delivery) -> Result<Reception, Rejection> {
        if delivery.origin == Origin::Webhook && delivery.method.eq_ignore_ascii_case("GET") {
            return ours(&delivery.url);
        }
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
        Err(PluginError::Unsupported("messages carry all there is: nothing is fetched from Meta".into()))
    }

    /// Meta keeps no list of past messages; what it could not deliver it sends again for days.
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
    use super::Meta;
    switchyard_sdk::bindings::export!(Meta with_types_in switchyard_sdk::bindings);
}

/// Signed is the raw body, with the app secret; the header says `sha256=` before the digest.
fn verify(delivery: &Delivery) -> Result<(), Problem> {
    let told = header(&delivery.headers, "x-hub-signature-256").ok_or_else(|| Problem::BadSignature("the header x-hub-signature-256 is missing".into()))?;
    let digest = told.trim().strip_prefix("sha256=").ok_or_else(|| Problem::BadSignature("x-hub-signature-256 does not begin with sha256=".into()))?;
    match signed("app_secret", &[&delivery.body], digest, Encoding::HexLower)? {
        true => Ok(()),
        false => Err(Problem::BadSignature("x-hub-signature-256 does not match the body".into())),
    }
}

/// Meta asks once whether the address is ours.
#[derive(Debug, PartialEq)]
struct Question {
    token: String,
    challenge: String,
}

/// `hub.mode=subscribe&hub.verify_token=…&hub.challenge=…`
fn question(url: &str) -> Result<Question, Problem> {
    let pairs = query_of(url);
    let told = |key: &str| pairs.iter().find(|pair| pair.key == key).map(|pair| pair.value.clone());
    if told("hub.mode").as_deref() != Some("subscribe") {
        return Err(Problem::Unsupported("a GET with hub.mode=subscribe is wanted".into()));
    }
    let challenge = told("hub.challenge").filter(|challenge| (1..=200).contains(&challenge.len()) && challenge.bytes().all(|byte| byte.is_ascii_graphic()));
    Ok(Question {
        token: told("hub.verify_token").unwrap_or_default(),
        challenge: challenge.ok_or_else(|| malformed("hub.challenge: 1 to 200 printable characters are wanted"))?,
    })
}

fn ours(url: &str) -> Result<Reception, Rejection> {
    let refuse = |problem, status| Rejection { problem, acknowledgement: answer::empty(status) };
    let question = question(url).map_err(|problem| refuse(problem, 400))?;
    let Some(secret) = config::open_secret("verify_token") else {
        return Err(refuse(Problem::InvalidConfig("the secret verify_token is not set".into()), 503));
    };
    let understood = answered(signing::is_secret(&secret, &question.token)).map_err(|problem| refuse(problem, 403))?;
    let challenge = Acknowledgement { status: 200, headers: vec![Pair { key: "content-type".into(), value: "text/plain".into() }], body: question.challenge.into_bytes() };
    Ok(understood.acknowledged(challenge))
}

fn answered(is_ours: bool) -> Result<Understood, Problem> {
    match is_ours {
        true => Ok(Understood::ignored("Meta asked whether the address is ours")),
        false => Err(Problem::BadSignature("hub.verify_token is not ours".into())),
    }
}

/// Translates a verified delivery. `currency` is the account's, for carts that name none.
pub fn document(body: &[u8], currency: Option<&str>) -> Result<Understood, Problem> {
    let json = Json::parse(body).map_err(malformed)?;
    let root = Node::root(&json)?;
    let object = root.text("object")?;
    let entries = root.children("entry")?.unwrap_or_default();
    let mut told = Told::default();
    for entry in &entries {
        match object.as_deref() {
            Some("page" | "instagram") => messenger::entry(entry, currency, &mut told)?,
            Some("whatsapp_business_account") => whatsapp::entry(entry, currency, &mut told)?,
            // A payload handed in may lack its envelope's word; the entry tells the same.
            None if entry.has("messaging") => messenger::entry(entry, currency, &mut told)?,
            None if entry.has("changes") => whatsapp::entry(entry, currency, &mut told)?,
            other => return Err(Problem::Unsupported(format!("this is no delivery of WhatsApp or Messenger: object {:?}", other.unwrap_or_default()))),
        }
    }
    if entries.is_empty() {
        return Err(Problem::Unsupported("this is no delivery of WhatsApp or Messenger: it has no entry".into()));
    }
    told.understood()
}

/// What a delivery tells, while it is read.
#[derive(Default)]
struct Told {
    understood: Understood,
    shops: Vec<String>,
    /// Ids of the messages that were seen.
    messages: Vec<String>,
    ignored: Vec<String>,
}

impl Told {
    fn of_shop(&mut self, shop: Option<String>) {
        self.shops.extend(shop.filter(|shop| !self.shops.contains(shop)));
    }

    fn ignore(&mut self, reason: impl Into<String>) {
        let reason = reason.into();
        if !self.ignored.contains(&reason) {
            self.ignored.push(reason);
        }
    }

    /// The host takes one shop a delivery: an address belongs to one number or page.
    fn understood(mut self) -> Result<Understood, Problem> {
        if self.shops.len() > 1 {
            return Err(malformed(format!("messages of one number or page are wanted, these are of {}", self.shops.join(" and "))));
        }
        self.understood.shop = self.shops.pop();
        if let [message] = self.messages.as_slice() {
            self.understood.message_id = Some(message.clone());
        }
        if self.understood.facts.is_empty() {
            let reasons = if self.ignored.is_empty() { "the delivery carries no message".to_owned() } else { self.ignored.join("; ") };
            self.understood.ignored = Some(reasons);
        }
        Ok(self.understood)
    }
}

#[cfg(test)]
mod tests;
