//! A refund: money in its `transactions`, goods in its `refund_line_items`. `restock` true says that the goods are on the shelf
//! again; anything else says nothing about them (SPEC §11).

use crate::{lines::when, payment};
use switchyard_sdk::{
    Problem,
    answer::Understood,
    facts::{Cancellation, Fact, GoodsReturn, LineQuantity, Telling, What},
    read::Node,
    time,
};

fn lines(refund: &Node<'_>) -> Result<Vec<LineQuantity>, Problem> {
    let mut lines = Vec::new();
    for item in refund.listed("refund_line_items")? {
        if let (Some(line_id), Some(quantity)) = (item.name_of("line_item_id")?, item.sum("quantity")?.map(|quantity| quantity.normalize()).filter(|quantity| !quantity.is_zero())) {
            lines.push(LineQuantity { line_id, quantity: quantity.to_string() });
        }
    }
    Ok(lines)
}

/// `had_left`: something of the order left before, so what is restocked came back.
pub fn inside(refund: &Node<'_>, order: &Telling, currency: &str, had_left: bool) -> Result<Vec<Fact>, Problem> {
    let lines = lines(refund)?;
    let mut facts = payment::of_refund(refund, order, Some(currency), &lines)?;
    if !lines.is_empty() && refund.switch("restock")? == Some(true) {
        let (id, reason, at) = (refund.require_id("id")?, refund.word("note")?, when(refund, "created_at"));
        facts.push(order.fact(if had_left {
            What::Returned(GoodsReturn { id, state: "received".into(), reason, goods_back: true, exchange: false, refund: None, lines, at })
        } else {
            What::Cancelled(Cancellation { id, state: "accepted".into(), reason, by: None, lines, at })
        }));
    }
    Ok(facts)
}

/// A refund alone tells its money; whether its goods came back or never left, the order says.
pub fn alone(refund: &Node<'_>) -> Result<Understood, Problem> {
    let order = refund.require_id("order_id")?;
    let at = when(refund, "created_at").ok_or_else(|| refund.missing("created_at"))?;
    let telling = Telling { order: order.clone(), revision: time::epoch_milliseconds(&at).unwrap_or_default(), occurred_at: at };
    let mut understood = Understood { facts: payment::of_refund(refund, &telling, Some("VND"), &lines(refund)?)?, ..Understood::default() };
    understood.fetch("order", order);
    Ok(understood)
}
