//! Pushes. Their bodies have no single envelope: `shop_id` stands at the top or inside `data`, and `shopid` is seen too.

use crate::{
    naming::{Fullness, telling},
    order, parcel,
};
use switchyard_sdk::{
    AccountEvent, Problem,
    answer::Understood,
    facts::{Description, Shipment, What, description},
    read::{Node, malformed},
};

pub fn understand(push: &Node<'_>) -> Result<Understood, Problem> {
    let code = push.whole("code")?.ok_or_else(|| push.missing("code"))?;
    let data = push.child("data")?.unwrap_or_else(|| push.clone());
    let mut understood = match code {
        1 => account("authorized", push, &data)?,
        2 => account("authorization_revoked", push, &data)?,
        12 => account("authorization_expiring", push, &data)?,
        3 => status(push, &data)?,
        30 => package_status(push, &data)?,
        4 | 47 => changed(&data)?,
        29 => returned(&data)?,
        5 | 8 | 15 => Understood::ignored(format!("push {code} is about products, stock or shipping labels, not about orders")),
        _ => Understood::ignored(format!("push {code} is not about orders as far as is known")),
    };
    understood.shop = shop(push, &data)?;
    understood.message_id = message_id(code, push, &data, understood.shop.as_deref())?;
    Ok(understood)
}

/// Pushes that were lost on their way and are told by `get_lost_push_message`.
pub fn lost(answer: &Node<'_>) -> Result<Understood, Problem> {
    let mut all = Understood::default();
    for message in answer.children("push_message_list")?.unwrap_or_default() {
        let push = message.child("data")?.filter(|data| data.has("code")).unwrap_or(message);
        let mut understood = understand(&push)?;
        if let (Some(before), Some(now)) = (&all.shop, &understood.shop)
            && before != now
        {
            return Err(malformed(format!("lost pushes of one shop are wanted, {before} and {now} are told")));
        }
        all.shop = all.shop.or(understood.shop.take());
        all.absorb(understood);
    }
    if all.facts.is_empty() && all.fetch.is_empty() && all.account.is_empty() {
        all.ignored = Some("no lost push was about orders".into());
    }
    Ok(all)
}

fn order_of(data: &Node<'_>) -> Result<Option<String>, Problem> {
    Ok(data.id("ordersn")?.or(data.id("order_sn")?))
}

fn time_of(push: &Node<'_>, data: &Node<'_>) -> Result<i64, Problem> {
    match data.seconds("update_time")? {
        Some(seconds) => Ok(seconds),
        None => push.require_seconds("timestamp"),
    }
}

fn status(push: &Node<'_>, data: &Node<'_>) -> Result<Understood, Problem> {
    let order = order_of(data)?.ok_or_else(|| data.missing("ordersn"))?;
    let status = data.require_text("status")?;
    let telling = telling(order.clone(), time_of(push, data)?, Fullness::Push);
    let mut understood = Understood::default();
    let told = Description { number: Some(order.clone()), status: Some(status.clone()), ..description() };
    understood.facts.push(telling.fact(What::Described(told)));
    understood.facts.extend(order::cancellation(&status, None, None, &telling).map(|cancellation| telling.fact(What::Cancelled(cancellation))));
    understood.fetch("order", order);
    Ok(understood)
}

/// A package moved. The word is mapped when it is known; the order is fetched in any case.
fn package_status(push: &Node<'_>, data: &Node<'_>) -> Result<Understood, Problem> {
    let mut understood = changed(data)?;
    let word = [data.text("fulfillment_status")?, data.text("status")?, data.text("logistics_status")?].into_iter().flatten().next();
    if let (Some(order), Some(id), Some(state)) = (order_of(data)?, data.id("package_number")?, word.as_deref().and_then(parcel::state)) {
        let shipment = Shipment { id, state: state.into(), carrier: None, tracking: None, lines: Vec::new(), at: None };
        understood.facts.push(telling(order, time_of(push, data)?, Fullness::Push).fact(What::Shipped(shipment)));
    }
    Ok(understood)
}

fn changed(data: &Node<'_>) -> Result<Understood, Problem> {
    let mut understood = Understood::default();
    understood.fetch("order", order_of(data)?.ok_or_else(|| data.missing("ordersn"))?);
    Ok(understood)
}

fn returned(data: &Node<'_>) -> Result<Understood, Problem> {
    let mut understood = Understood::default();
    match (data.id("return_sn")?, order_of(data)?) {
        (Some(id), _) => understood.fetch("return", id),
        (None, Some(order)) => understood.fetch("order", order),
        (None, None) => return Err(data.missing("return_sn")),
    }
    Ok(understood)
}

fn account(kind: &str, push: &Node<'_>, data: &Node<'_>) -> Result<Understood, Problem> {
    let ends = data.instant_of_seconds("expire_before")?.map(|at| format!("the authorization ends before {at}"));
    let detail = push.text("extra")?.or(ends).unwrap_or_else(|| kind.replace('_', " "));
    Ok(Understood { account: vec![AccountEvent { kind: kind.into(), detail }], ..Understood::default() })
}

fn shop(push: &Node<'_>, data: &Node<'_>) -> Result<Option<String>, Problem> {
    for (node, key) in [(push, "shop_id"), (push, "shopid"), (data, "shop_id"), (data, "shopid")] {
        if let Some(shop) = node.id(key)? {
            return Ok(Some(shop));
        }
    }
    Ok(None)
}

/// `msg_id` is on real pushes though undocumented. Without it a status push is known by what it says (SPEC §2.7); others by
/// their bytes.
fn message_id(code: i64, push: &Node<'_>, data: &Node<'_>, shop: Option<&str>) -> Result<Option<String>, Problem> {
    if let Some(id) = push.id("msg_id")? {
        return Ok(Some(id));
    }
    let (Some(shop), Some(order), Some(status), Some(at)) = (shop, order_of(data)?, data.text("status")?, data.whole("update_time")?) else { return Ok(None) };
    Ok((code == 3).then(|| format!("{shop}:{code}:{order}:{status}:{at}")))
}
