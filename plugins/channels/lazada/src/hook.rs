//! Pushes by their message type (SPEC §5). One push is about one order line, so an order of n items gives n pushes; all of
//! them ask for the one order. The envelope is {seller_id, message_type, data, timestamp, site}.

use crate::{
    naming::{Fullness, Stage, stage, telling, unit},
    reverse::{Kind, Told, step},
};
use switchyard_sdk::{
    AccountEvent, Problem,
    answer::Understood,
    facts::{Cancellation, Description, Telling, What, description},
    read::Node,
};

pub fn understand(push: &Node<'_>) -> Result<Understood, Problem> {
    let kind = push.whole("message_type")?.ok_or_else(|| push.missing("message_type"))?;
    let data = push.maybe("data").unwrap_or_else(|| push.clone());
    let mut understood = match kind {
        0 => trade(push, &data)?,
        10 => reversed(push, &data)?,
        14 => package(push, &data)?,
        8 => expiring(&data)?,
        13 => Understood::ignored(format!("the seller's status is {}", data.word("status")?.unwrap_or_default())),
        1 | 3..=7 | 11 | 12 => Understood::ignored(format!("push {kind} is about products, stock or promotions, not about orders")),
        2 | 19 | 21 => Understood::ignored(format!("push {kind} is about messages and reviews, not about orders")),
        _ => other(kind, &data)?,
    };
    understood.shop = match push.name_of("seller_id")? {
        Some(seller) => Some(seller),
        // A push about the authorization writes "null" above and the seller inside.
        None => data.name_of("seller_id")?,
    };
    understood.message_id = message_id(kind, &data, understood.shop.as_deref())?;
    Ok(understood)
}

fn time_of(push: &Node<'_>, data: &Node<'_>) -> Result<String, Problem> {
    match data.moment("status_update_time")? {
        Some(at) => Ok(at),
        None => push.moment("timestamp")?.ok_or_else(|| data.missing("status_update_time")),
    }
}

/// The order is seen at once; what it is comes with its record. The word is the line's, not the order's.
fn seen(order: &str, telling: &Telling) -> Understood {
    let mut understood = Understood::default();
    understood.facts.push(telling.fact(What::Described(Description { number: Some(order.to_owned()), ..description() })));
    understood.fetch("order", order);
    understood
}

fn trade(push: &Node<'_>, data: &Node<'_>) -> Result<Understood, Problem> {
    let order = data.name_of("trade_order_id")?.ok_or_else(|| data.missing("trade_order_id"))?;
    let telling = telling(order.clone(), &time_of(push, data)?, Fullness::Push);
    let mut understood = seen(&order, &telling);
    let word = data.word("order_status")?.unwrap_or_default();
    if let (Some(Stage::Cancelled), Some(item)) = (stage(&word), data.name_of("trade_order_line_id")?) {
        let lines = vec![unit(&item)];
        understood.facts.push(telling.fact(What::Cancelled(Cancellation { id: item, state: "accepted".into(), reason: None, by: None, lines, at: Some(telling.occurred_at.clone()) })));
    }
    if let Some(reverse) = data.name_of("reverse_order_id")? {
        understood.fetch("return", reverse);
    }
    Ok(understood)
}

/// A reverse order moved on. Only some steps are pushed, and no amounts: the record is fetched.
fn reversed(push: &Node<'_>, data: &Node<'_>) -> Result<Understood, Problem> {
    let order = data.name_of("trade_order_id")?.ok_or_else(|| data.missing("trade_order_id"))?;
    let telling = telling(order.clone(), &time_of(push, data)?, Fullness::Push);
    let mut understood = seen(&order, &telling);
    let word = data.word("reverse_status")?.unwrap_or_default();
    let ids = (data.name_of("trade_order_line_id")?, data.name_of("reverse_order_line_id")?);
    if let ((Some(item), Some(line)), Some(kind), Some(step)) = (ids, Kind::of(data.word("request_type")?.as_deref(), &word), step(&word)) {
        // Money is spoken of where the key names it.
        let refund = word.contains("REFUND").then_some(None);
        understood.facts.extend(Told { telling: &telling, item, line, kind, step, reason: None, goods_back: true, refund }.facts());
    }
    if let Some(reverse) = data.name_of("reverse_order_id")? {
        understood.fetch("return", reverse);
    }
    Ok(understood)
}

/// A package moved. The push does not say which units are in it; the order's items do.
fn package(push: &Node<'_>, data: &Node<'_>) -> Result<Understood, Problem> {
    let order = data.name_of("trade_order_id")?.ok_or_else(|| data.missing("trade_order_id"))?;
    Ok(seen(&order, &telling(order.clone(), &time_of(push, data)?, Fullness::Push)))
}

fn expiring(data: &Node<'_>) -> Result<Understood, Problem> {
    let detail = match data.moment("auth_expiry_time")? {
        Some(at) => format!("the authorization ends at {at}"),
        None => "the authorization ends within 48 hours".into(),
    };
    Ok(Understood { account: vec![AccountEvent { kind: "authorization_expiring".into(), detail }], ..Understood::default() })
}

fn other(kind: i64, data: &Node<'_>) -> Result<Understood, Problem> {
    let mut understood = Understood::default();
    match data.name_of("trade_order_id")? {
        Some(order) => understood.fetch("order", order),
        None => understood.ignored = Some(format!("push {kind} is not about orders as far as is known")),
    }
    Ok(understood)
}

/// A push has no id of its own: it is known by what it says (SPEC §2.7).
fn message_id(kind: i64, data: &Node<'_>, seller: Option<&str>) -> Result<Option<String>, Problem> {
    let subject = match data.name_of("reverse_order_line_id")? {
        Some(line) => Some(line),
        None => data.name_of("trade_order_line_id")?.or(data.name_of("fulfillment_package_id")?),
    };
    let word = [data.word("reverse_status")?, data.word("order_status")?, data.word("status")?].into_iter().flatten().next();
    let at = data.word("status_update_time")?;
    let (Some(seller), Some(subject), Some(word), Some(at)) = (seller, subject, word, at) else { return Ok(None) };
    Ok(Some(format!("{seller}:{kind}:{subject}:{word}:{at}")))
}
