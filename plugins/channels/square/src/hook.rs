//! Events by their type. About orders they are thin: the order is fetched. About refunds and payments they carry the object,
//! which is told at once; the order is fetched beside it (SPEC §8).

use crate::{order, payment, refund};
use switchyard_sdk::{
    AccountEvent, Problem,
    answer::Understood,
    facts::What,
    read::Node,
};

pub fn understand(event: &Node<'_>) -> Result<Understood, Problem> {
    let kind = event.word("type")?.ok_or_else(|| event.missing("type"))?;
    let data = event.child("data")?;
    let object = data.as_ref().map_or(Ok(None), |data| data.child("object"))?;
    let mut understood = match kind.split('.').next().unwrap_or_default() {
        "order" if matches!(kind.as_str(), "order.created" | "order.updated" | "order.fulfillment.updated") => order_changed(&kind, data.as_ref(), object.as_ref())?,
        "refund" => refund_moved(&required(object.as_ref(), "refund")?)?,
        "payment" => payment_moved(&required(object.as_ref(), "payment")?)?,
        "payout" => payout(&required(object.as_ref(), "payout")?)?,
        "oauth" if kind == "oauth.authorization.revoked" => revoked(object.as_ref())?,
        "dispute" => Understood::ignored("a dispute names a payment and no order; what it costs is told by the payout"),
        _ => Understood::ignored(format!("the event {kind} is not about orders as far as is known")),
    };
    understood.shop = event.name_of("merchant_id")?;
    // Square's samples use one event id for two types, so the type is part of it (SPEC §2.7).
    understood.message_id = event.name_of("event_id")?.map(|id| format!("{kind}:{id}"));
    Ok(understood)
}

fn required<'a>(object: Option<&Node<'a>>, key: &str) -> Result<Node<'a>, Problem> {
    let object = object.ok_or_else(|| Problem::Malformed("data.object is missing".into()))?;
    object.require_child(key)
}

/// `order.created`, `order.updated`, `order.fulfillment.updated`: the object is named after the event.
fn order_changed(kind: &str, data: Option<&Node<'_>>, object: Option<&Node<'_>>) -> Result<Understood, Problem> {
    let change = object.map_or(Ok(None), |object| object.child(&kind.replace('.', "_")))?;
    let named = change.as_ref().map_or(Ok(None), |change| change.name_of("order_id"))?;
    let id = match named {
        Some(id) => id,
        None => data.map_or(Ok(None), |data| data.name_of("id"))?.ok_or_else(|| Problem::Malformed("data.object names no order_id".into()))?,
    };
    let mut understood = Understood::default();
    if let Some(change) = &change {
        // All that a thin event can say for good; what else it names may be an order that only takes goods back.
        let telling = order::telling(change, id.clone())?;
        understood.facts.extend(order::cancellation(change.word("state")?.as_deref(), &telling, None).map(|told| telling.fact(What::Cancelled(told))));
    }
    understood.fetch("order", id);
    Ok(understood)
}

fn refund_moved(object: &Node<'_>) -> Result<Understood, Problem> {
    let mut understood = Understood { facts: refund::facts(object, None)?.unwrap_or_default(), ..Understood::default() };
    understood.fetch("refund", object.require_id("id")?);
    Ok(understood)
}

fn payment_moved(object: &Node<'_>) -> Result<Understood, Problem> {
    let Some(facts) = payment::facts(object)? else { return Ok(Understood::ignored("a payment without an order")) };
    let mut understood = Understood { facts, ..Understood::default() };
    understood.fetch("order", object.require_id("order_id")?);
    Ok(understood)
}

/// A payout names no order; its entries name payments, and those name orders.
pub fn payout(object: &Node<'_>) -> Result<Understood, Problem> {
    let id = object.require_id("id")?;
    let mut understood = Understood::default();
    understood.fetch("settlement", id);
    Ok(understood)
}

fn revoked(object: Option<&Node<'_>>) -> Result<Understood, Problem> {
    let revocation = object.map_or(Ok(None), |object| object.child("revocation"))?;
    let by = revocation.map_or(Ok(None), |revocation| revocation.word("revoker_type"))?.unwrap_or_else(|| "someone".into());
    let event = AccountEvent { kind: "authorization_revoked".into(), detail: format!("the authorization was revoked by {}", by.to_lowercase()) };
    Ok(Understood { account: vec![event], ..Understood::default() })
}
