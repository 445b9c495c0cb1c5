//! Zalo Official Account. A cart is read from a text message in the one form of `switchyard_sdk::cart`; the account's own bot
//! may write it (`oa_send_text`), and then it is the cart of whom it writes to:
//!
//! ```text
//! #order VND
//! 2 x TEA-01 @ 50000
//! ```
//!
//! Such a cart makes an unconfirmed, unpaid order that a person confirms. Everything else that is said, `user_send_text`
//! first of all, stays talk and is ignored with its reason.
//!
//! `shop_has_order` tells that somebody ordered in the account's shop. Its body is documented by name only in what was found
//! [U]: the order's id, number and buyer are read where they stand, its lines where it has any; without lines the order is
//! visible and waits for a person to write them.
//! Contract: shared/channels/SPEC.md §1 (signature [C] [U]: other receivers use HMAC), §10.
//!
//! Revision: the event's `timestamp` in milliseconds; an event never changes.
//!
//! Invariant ZALO-1: what a message brings is a cart by CART-1 and CART-2.
//! Invariant ZALO-2: nothing of a body counts before its signature is checked, but for the time that is signed with it.

use switchyard_sdk::{
    Connector, Delivery, Errand, Exchange, Fetched, Link, Origin, Pair, PluginError, Problem, Pulled, Pushed, Reception, Reference, Rejection, Window, answer,
    answer::Understood,
    cart::{self, Cart, Sender},
    config,
    facts::{Buyer, Description, Fact, Telling, What, description},
    header,
    json::Json,
    read::{Node, malformed},
    signing::{self, Encoding},
    time,
};

pub struct Zalo;

impl Connector for Zalo {
    fn receive(delivery: Delivery) -> Result<Reception, Rejection> {
        let currency = config::get("currency");
        let told = match delivery.origin {
            Origin::Webhook => verify(&delivery).and_then(|event| understand(&event, currency.as_deref())),
            Origin::Document => document(&delivery.body, currency.as_deref()),
        };
        match told {
            Ok(understood) => Ok(understood.acknowledged(answer::empty(200))),
            Err(problem) => Err(answer::rejection(problem, answer::empty(200))),
        }
    }

    fn fetch(_: Vec<Reference>) -> Result<Fetched, PluginError> {
        Err(PluginError::Unsupported("events carry all there is: nothing is fetched from Zalo".into()))
    }

    /// Zalo keeps no list of past events.
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
    use super::Zalo;
    switchyard_sdk::bindings::export!(Zalo with_types_in switchyard_sdk::bindings);
}

/// Signed are app id, raw body and the event's time, with the account's secret behind them: plain SHA-256, no HMAC. The header
/// says `mac=` before the digest. The event is read for its time, and given on once it is known to be Zalo's.
fn verify(delivery: &Delivery) -> Result<Json, Problem> {
    let wrong = |text: &str| Problem::BadSignature(text.into());
    let told = header(&delivery.headers, "x-zevent-signature").ok_or_else(|| wrong("the header x-zevent-signature is missing"))?;
    let digest = told.trim().strip_prefix("mac=").ok_or_else(|| wrong("x-zevent-signature does not begin with mac="))?;
    let app = config::get("app_id").filter(|app| !app.is_empty()).ok_or_else(|| Problem::InvalidConfig("app_id is not set".into()))?;
    let secret = config::open_secret("oa_secret").ok_or_else(|| Problem::InvalidConfig("the secret oa_secret is not set".into()))?;
    let no_time = || wrong("the body tells no timestamp that could be signed with it");
    let event = Json::parse(&delivery.body).map_err(|_| no_time())?;
    let parts = [app.into_bytes(), delivery.body.clone(), stamp(&event).ok_or_else(no_time)?.as_bytes().to_vec()];
    match signing::verify_sha256_with(&parts, &secret, digest, Encoding::HexLower) {
        true => Ok(event),
        false => Err(wrong("x-zevent-signature does not match the app, the body and its timestamp")),
    }
}

/// The event's time as it is written, a text or a number.
fn stamp(event: &Json) -> Option<&str> {
    match event.get("timestamp")? {
        Json::Text(text) | Json::Number(text) => Some(text),
        _ => None,
    }
}

/// Translates an event that is handed in.
pub fn document(body: &[u8], currency: Option<&str>) -> Result<Understood, Problem> {
    understand(&Json::parse(body).map_err(malformed)?, currency)
}

/// Translates a verified event. `currency` is the account's, for carts that name none.
fn understand(json: &Json, currency: Option<&str>) -> Result<Understood, Problem> {
    let event = Node::root(json)?;
    let name = event.text("event_name")?.ok_or_else(|| Problem::Unsupported("this is no event of Zalo: it has no event_name".into()))?;
    let by_account = name.starts_with("oa_");
    let id_of = |key: &str| event.child(key).and_then(|node| node.map_or(Ok(None), |node| node.id("id")));
    let (account, person) = if by_account { (id_of("sender")?, id_of("recipient")?) } else { (id_of("recipient")?, id_of("sender")?) };
    let mut understood = Understood { shop: event.id("oa_id")?.or(account), ..Understood::default() };
    let message = event.child("message")?;
    understood.message_id = message.as_ref().map_or(Ok(None), |message| message.id("msg_id"))?;
    match name.as_str() {
        "shop_has_order" => {
            understood.facts.push(ordered(&event, currency)?);
            understood.message_id = understood.facts.first().map(|fact| format!("{name}:{}", fact.order));
        }
        "user_send_text" | "oa_send_text" => match message.as_ref().and_then(|message| message.raw("text")).and_then(cart::read) {
            Some(cart) => {
                let telling = telling(&event, message.as_ref().map_or(Ok(None), |message| message.id("msg_id"))?.ok_or_else(|| event.missing("message.msg_id"))?)?;
                let person = person.ok_or_else(|| event.missing(if by_account { "recipient.id" } else { "sender.id" }))?;
                understood.facts.push(cart?.told(&telling, &Sender { id: person, name: None, phone: None, source: "zalo".into() }, currency)?);
            }
            None => understood.ignored = Some(format!("a {name} that carries no cart is no order")),
        },
        other => understood.ignored = Some(format!("{other} is no order")),
    }
    Ok(understood)
}

fn telling(event: &Node<'_>, order: String) -> Result<Telling, Problem> {
    let at = event.whole("timestamp")?.ok_or_else(|| event.missing("timestamp"))?;
    let occurred_at = time::from_epoch_milliseconds(at).ok_or_else(|| event.problem("timestamp", "milliseconds since 1970 are wanted"))?;
    Ok(Telling { order, revision: at, occurred_at })
}

/// An order of the account's shop [U]: id and lines where they stand.
fn ordered(event: &Node<'_>, currency: Option<&str>) -> Result<Fact, Problem> {
    let order = event.child("order")?.unwrap_or_else(|| event.clone());
    let first = |keys: &[&str]| keys.iter().map(|key| order.id(key)).find(|told| !matches!(told, Ok(None))).unwrap_or(Ok(None));
    let id = first(&["id", "order_id", "orderId"])?.ok_or_else(|| event.missing("order.id"))?;
    let customer = event.child("customer")?.or(event.child("sender")?);
    let of = |key: &str| customer.as_ref().map_or(Ok(None), |customer| customer.id(key));
    let (person, name, phone) = (of("id")?, of("name")?, of("phone")?);
    let telling = telling(event, id)?;
    let number = first(&["code", "order_code"])?;
    for key in ["items", "products", "order_items"] {
        if let Some(items) = order.children(key)?.filter(|items| !items.is_empty()) {
            let cart = Cart { currency: order.currency("currency")?.map(|currency| currency.to_uppercase()), items: lines(&items)?, ..Cart::default() };
            let sender = Sender { id: person.ok_or_else(|| event.missing("customer.id"))?, name, phone, source: "zalo shop".into() };
            return cart::checked(cart)?.told(&telling, &sender, currency);
        }
    }
    let buyer = Buyer { id: person, name, phone, email: None, company: None, tax_code: None, masked: false };
    let known = buyer.id.is_some() || buyer.name.is_some() || buyer.phone.is_some();
    Ok(telling.fact(What::Described(Description {
        number,
        placed_at: Some(telling.occurred_at.clone()),
        status: Some(cart::STATUS.into()),
        buyer: known.then_some(buyer),
        source: Some("zalo shop".into()),
        ..description()
    })))
}

fn lines(items: &[Node<'_>]) -> Result<Vec<cart::Item>, Problem> {
    let mut lines = Vec::new();
    for item in items {
        let code = item.id("sku")?.or(item.id("code")?).or(item.id("product_code")?).or(item.id("product_id")?).or(item.id("id")?);
        lines.push(cart::Item {
            sku: code.ok_or_else(|| item.missing("sku"))?,
            name: item.text("name")?.or(item.text("product_name")?),
            quantity: item.require_quantity("quantity")?,
            price: item.require_decimal("price")?,
        });
    }
    Ok(lines)
}

#[cfg(test)]
mod tests;
