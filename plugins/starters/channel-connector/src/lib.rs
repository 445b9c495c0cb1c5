//! {{title}}: a webhook tells an order as it is now; what was missed is fetched.
//!
//! The channel here is invented: replace its words by those of the channel's documentation, one after the other.
//! Revision: `updated_at` of the order in milliseconds. It grows with the channel's own change, never with arrival.

mod api;
mod order;

use switchyard_sdk::{
    AccountEvent, Connector, Delivery, Errand, Exchange, Fetched, Link, Origin, Pair, PluginError, Problem, Pulled, Pushed, Reception, Reference, Rejection, Window,
    answer::{self, Understood},
    header,
    json::Json,
    read::{Node, malformed},
    signed,
    signing::Encoding,
};

const SIGNATURE: &str = "{{header}}";

pub struct Channel;

impl Connector for Channel {
    /// Pure: no network here. The channel waits for the acknowledgement.
    fn receive(delivery: Delivery) -> Result<Reception, Rejection> {
        let told = match delivery.origin {
            Origin::Webhook => verify(&delivery).and_then(|()| translate(&delivery.body)),
            // An answer of the channel's API: there is no signature.
            Origin::Document => translate(&delivery.body),
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

    /// What a merchant does with an order (confirm, pack, ship, cancel, stock, invoice) and the channel should hear of.
    fn push(_: Errand) -> Result<Pushed, PluginError> {
        Err(PluginError::Unsupported("nothing is written back to this channel yet".into()))
    }

    /// None: this channel's tokens do not end.
    fn renewal() -> Result<Option<Exchange>, PluginError> {
        Ok(None)
    }

    /// None: a shop is connected by typing in its keys.
    fn authorization(_redirect: String, _state: String) -> Result<Option<Link>, PluginError> {
        Ok(None)
    }

    fn authorized(_: Vec<Pair>) -> Result<Option<Exchange>, PluginError> {
        Ok(None)
    }
}

#[cfg(target_arch = "wasm32")]
mod component {
    use super::Channel;
    switchyard_sdk::bindings::export!(Channel with_types_in switchyard_sdk::bindings);
}

/// The signature is HMAC-SHA256 over the raw body, in hexadecimal. The key stays in the host.
fn verify(delivery: &Delivery) -> Result<(), Problem> {
    let signature = header(&delivery.headers, SIGNATURE).ok_or_else(|| Problem::BadSignature(format!("the header {SIGNATURE} is missing")))?;
    match signed("signing_secret", &[&delivery.body], signature.trim(), Encoding::HexLower)? {
        true => Ok(()),
        false => Err(Problem::BadSignature(format!("{SIGNATURE} does not match the body"))),
    }
}

/// From bytes to facts: a plain function, so that it can be tested without any host.
pub fn translate(body: &[u8]) -> Result<Understood, Problem> {
    let json = Json::parse(body).map_err(malformed)?;
    let message = Node::root(&json)?;
    let mut understood = match message.text("event")?.as_deref() {
        Some("order.created" | "order.updated") | None => Understood { facts: order::facts(&message.require_child("order")?)?, ..Understood::default() },
        Some("shop.disconnected") => Understood {
            account: vec![AccountEvent { kind: "authorization_revoked".into(), detail: "the shop disconnected the app".into() }],
            ..Understood::default()
        },
        Some(other) => Understood::ignored(format!("the event {other} is not about orders")),
    };
    understood.message_id = message.id("event_id")?;
    understood.shop = message.id("shop_id")?;
    Ok(understood)
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchyard_sdk::testing::{cases, summary};

    fn told(body: &str) -> String {
        match translate(body.as_bytes()) {
            Ok(understood) => summary(&understood),
            Err(problem) => format!("{problem:?}"),
        }
    }

    #[test]
    fn an_order_is_told_in_lines() {
        let body = r#"{"event": "order.updated", "order": {"id": "7", "updated_at": "2026-11-23T09:05:00+07:00", "currency": "VND", "total": "290000",
            "items": [{"id": "1", "quantity": 2, "price": "150000", "discount": "10000"}]}}"#;
        assert_eq!(told(body), "7@1795399500000 described ?\n  product 1: 2 x 150000 VND -10000 marketing_discount/tenant\n  = 290000, told 290000\n");
    }

    #[test]
    fn what_is_broken_says_where() {
        assert!(told("{").contains("Malformed"));
        assert!(told(r#"{"order": {"id": "7"}}"#).contains("order.updated_at is missing"));
        assert!(told(r#"{"event": "stock.changed"}"#).contains("ignored"));
    }

    /// The cases in `conformance`, without a host. `switchyard plugin test .` runs the same through the component.
    #[test]
    fn conformance() {
        cases(concat!(env!("CARGO_MANIFEST_DIR"), "/conformance"), |_, body| translate(body));
    }
}
