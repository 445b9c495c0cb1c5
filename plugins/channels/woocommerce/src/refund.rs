//! Refunds: money only. Whether goods came back a refund does not say, and it never implies it (SPEC §11).

use switchyard_sdk::{
    Problem,
    answer::Understood,
    facts::{Fact, LineQuantity, Refund, Telling, What, money},
    read::Node,
    time,
};

fn executed(id: String, amount: Option<switchyard_sdk::Money>, reason: Option<String>, lines: Vec<LineQuantity>, at: Option<String>) -> What {
    What::Refunded(Refund { id, state: "executed".into(), amount, reason, lines, at })
}

/// `refunds` of an order: negative totals, without lines or dates. They count from the order's creation, so that a refund's own
/// record is always newer.
pub fn inside(order: &Node<'_>, id: &str, created_at: &str, changed_at: &str, currency: &str) -> Result<Vec<Fact>, Problem> {
    let telling = Telling { order: id.to_owned(), revision: time::epoch_milliseconds(created_at).unwrap_or_default(), occurred_at: changed_at.to_owned() };
    let mut facts = Vec::new();
    for refund in order.listed("refunds")? {
        let total = match refund.sum("total")? {
            Some(total) => total,
            None => refund.sum("amount")?.ok_or_else(|| refund.missing("total"))?,
        };
        let reason = refund.word("reason")?;
        facts.push(telling.fact(executed(refund.require_id("id")?, Some(money(total.abs(), currency)), reason, Vec::new(), None)));
    }
    Ok(facts)
}

/// A refund's own record: a positive amount, negative lines that name the items they refund. It names no currency, and its
/// order only in its links: an order's answer says both, so it is asked for where the shop's currency is not set.
pub fn record(refund: &Node<'_>, received_at: &str, currency: Option<&str>) -> Result<Understood, Problem> {
    let order = order_of(refund)?.ok_or_else(|| refund.missing("_links.up"))?;
    let at = match refund.moment("date_created_gmt")? {
        Some(at) => at,
        None => refund.moment("date_created")?.or(refund.moment("created_at")?).unwrap_or_else(|| received_at.to_owned()),
    };
    let amount = refund.sum("amount")?.ok_or_else(|| refund.missing("amount"))?.abs();
    let mut lines = Vec::new();
    for item in refund.listed("line_items")? {
        let refunded = crate::meta::text(&item, &["_refunded_item_id"])?;
        let quantity = item.sum_or_zero("quantity")?.abs();
        if let (Some(line_id), false) = (refunded, quantity.is_zero()) {
            lines.push(LineQuantity { line_id, quantity: quantity.normalize().to_string() });
        }
    }
    let mut understood = Understood::default();
    if currency.is_none() {
        understood.fetch("order", order.clone());
    }
    let telling = Telling { order, revision: time::epoch_milliseconds(&at).unwrap_or_default(), occurred_at: at.clone() };
    let amount = currency.map(|currency| money(amount, currency));
    understood.facts.push(telling.fact(executed(refund.require_id("id")?, amount, refund.word("reason")?, lines, Some(at))));
    Ok(understood)
}

/// `parent_id`, or the order in an address such as `https://shop/wp-json/wc/v3/orders/723/refunds/726`.
fn order_of(refund: &Node<'_>) -> Result<Option<String>, Problem> {
    if let Some(parent) = refund.name_of("parent_id")? {
        return Ok(Some(parent));
    }
    let Some(links) = refund.maybe("_links") else { return refund.name_of("order_id") };
    for relation in ["up", "self", "collection"] {
        for link in links.listed(relation)? {
            let address = link.word("href")?.unwrap_or_default();
            let id: String = address.split("/orders/").nth(1).unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
            if !id.is_empty() {
                return Ok(Some(id));
            }
        }
    }
    Ok(None)
}
