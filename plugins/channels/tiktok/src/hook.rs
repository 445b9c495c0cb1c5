//! Webhooks by their type (SPEC §4). The envelope is {type, tts_notification_id, shop_id, timestamp, data}.

use crate::{
    aftersales,
    naming::{pushed, status},
};
use switchyard_sdk::{
    AccountEvent, Problem,
    answer::Understood,
    facts::{Cancellation, Description, GoodsReturn, Refund, What, description, money},
    read::Node,
    time,
};

pub fn understand(hook: &Node<'_>) -> Result<Understood, Problem> {
    let kind = hook.whole("type")?.ok_or_else(|| hook.missing("type"))?;
    let data = hook.require_child("data")?;
    let mut understood = match kind {
        1 => order_status(hook, &data)?,
        2 | 3 => order_changed(&data)?,
        4 => packages_changed(&data)?,
        6 => account("authorization_revoked", &data)?,
        7 => account("authorization_expiring", &data)?,
        11 => cancellation(hook, &data)?,
        12 => goods_return(hook, &data)?,
        64 | 65 => after_sales(&data)?,
        67 => refunded(hook, &data)?,
        5 | 27 | 68 => Understood::ignored(format!("webhook type {kind} is about products or stock, not about orders")),
        _ => Understood::ignored(format!("webhook type {kind} is not about orders as far as is known")),
    };
    understood.shop = hook.id("shop_id")?;
    // The type is part of the id: TikTok's own examples use one notification id for two types.
    understood.message_id = hook.id("tts_notification_id")?.map(|id| format!("{kind}:{id}"));
    Ok(understood)
}

fn time_of(hook: &Node<'_>, data: &Node<'_>) -> Result<i64, Problem> {
    data.seconds("update_time")?.map_or_else(|| hook.require_seconds("timestamp"), Ok)
}

fn order_status(hook: &Node<'_>, data: &Node<'_>) -> Result<Understood, Problem> {
    let order = data.require_id("order_id")?;
    let word = status(&data.require_text("order_status")?);
    let telling = pushed(order.clone(), time_of(hook, data)?);
    let mut understood = Understood::default();
    let told = Description { number: Some(order.clone()), status: Some(word.clone()), ..description() };
    understood.facts.push(telling.fact(What::Described(told)));
    if word == "CANCELLED" {
        understood.facts.push(telling.fact(What::Cancelled(Cancellation {
            id: "order".into(),
            state: "accepted".into(),
            reason: None,
            by: None,
            lines: Vec::new(),
            at: Some(telling.occurred_at.clone()),
        })));
    }
    understood.fetch("order", order);
    Ok(understood)
}

fn order_changed(data: &Node<'_>) -> Result<Understood, Problem> {
    let mut understood = Understood::default();
    understood.fetch("order", data.require_id("order_id")?);
    Ok(understood)
}

fn packages_changed(data: &Node<'_>) -> Result<Understood, Problem> {
    let mut understood = Understood::default();
    for package in data.children("package_list")?.unwrap_or_default() {
        for order in package.texts("order_id_list")? {
            understood.fetch("order", order);
        }
    }
    for order in data.texts("order_id_list")? {
        understood.fetch("order", order);
    }
    if let Some(order) = data.id("order_id")? {
        understood.fetch("order", order);
    }
    if understood.fetch.is_empty() {
        understood.ignored = Some("the package update names no order".into());
    }
    Ok(understood)
}

fn account(kind: &str, data: &Node<'_>) -> Result<Understood, Problem> {
    let detail = data.text("message")?.unwrap_or_else(|| kind.replace('_', " "));
    Ok(Understood { account: vec![AccountEvent { kind: kind.into(), detail }], ..Understood::default() })
}

/// Says who and how far, not which lines: those come with the order.
fn cancellation(hook: &Node<'_>, data: &Node<'_>) -> Result<Understood, Problem> {
    let order = data.require_id("order_id")?;
    let word = data.require_text("cancel_status")?;
    let mut understood = Understood::default();
    if let Some(state) = aftersales::cancellation_state(&word) {
        let telling = pushed(order.clone(), time_of(hook, data)?);
        understood.facts.push(telling.fact(What::Cancelled(Cancellation {
            id: data.require_id("cancel_id")?,
            state: state.into(),
            reason: None,
            by: data.text("cancellations_role")?,
            lines: Vec::new(),
            at: data.instant_of_seconds("create_time")?,
        })));
    }
    understood.fetch("order", order);
    Ok(understood)
}

fn goods_return(hook: &Node<'_>, data: &Node<'_>) -> Result<Understood, Problem> {
    let (order, id) = (data.require_id("order_id")?, data.require_id("return_id")?);
    let mut understood = Understood::default();
    // Without its type nothing can be said of the goods; the record that is fetched says it.
    if let (Some(word), Some(kind)) = (data.text("return_status")?, data.text("return_type")?)
        && let Some((state, _)) = aftersales::return_states(&word, kind != "REFUND")
    {
        let telling = pushed(order, time_of(hook, data)?);
        understood.facts.push(telling.fact(What::Returned(GoodsReturn {
            id: id.clone(),
            state: state.into(),
            reason: None,
            goods_back: kind != "REFUND",
            exchange: kind == "REPLACEMENT",
            refund: None,
            lines: Vec::new(),
            at: data.instant_of_seconds("create_time")?,
        })));
    }
    understood.fetch("return", id);
    Ok(understood)
}

fn orders_of(data: &Node<'_>) -> Result<Vec<String>, Problem> {
    let mut orders: Vec<String> = data.id("order_id")?.or(data.id("main_order_id")?).into_iter().collect();
    for line in data.children("line_items")?.unwrap_or_default() {
        orders.extend(line.id("main_order_id")?);
    }
    orders.sort();
    orders.dedup();
    Ok(orders)
}

fn after_sales(data: &Node<'_>) -> Result<Understood, Problem> {
    let mut understood = Understood::default();
    for order in orders_of(data)? {
        understood.fetch("order", order);
    }
    if understood.fetch.is_empty() {
        understood.ignored = Some("the after-sales request names no order".into());
    }
    Ok(understood)
}

/// Money went back. The message names SKUs, not order lines, and one sum: for several orders at once the shares are unknown.
/// The return record tells the same refund; that `rma_id` is its `return_id` is not stated anywhere, so both are told under
/// that id in the belief that they are one: two refunds of one return would be worse than one told twice.
fn refunded(hook: &Node<'_>, data: &Node<'_>) -> Result<Understood, Problem> {
    let at = data.seconds("refund_timestamp")?;
    let total = money(data.require_decimal("refund_total")?, &data.currency("refund_currency")?.ok_or_else(|| data.missing("refund_currency"))?);
    let id = match data.id("rma_id")? {
        Some(id) => id,
        None => data.require_id("aftersales_request_id")?,
    };
    let state = match data.require_text("refund_status")?.as_str() {
        "REFUND_SUCCESS" => "executed",
        other => return Err(Problem::Unsupported(format!("the refund status {other:?} is not known"))),
    };
    let orders = orders_of(data)?;
    if orders.is_empty() {
        return Err(data.missing("line_items[0].main_order_id"));
    }
    let mut understood = Understood::default();
    for order in &orders {
        let telling = pushed(order.clone(), time_of(hook, data)?);
        understood.facts.push(telling.fact(What::Refunded(Refund {
            id: id.clone(),
            state: state.into(),
            amount: (orders.len() == 1).then(|| total.clone()),
            reason: None,
            lines: Vec::new(),
            at: at.and_then(time::from_epoch_seconds),
        })));
        understood.fetch("order", order.clone());
    }
    Ok(understood)
}
