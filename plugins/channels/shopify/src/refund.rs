//! A refund: its transactions are the money, its lines are the goods, and the two need not add up (SPEC §6).

use rust_decimal::Decimal;
use switchyard_sdk::{
    Problem,
    facts::{Cancellation, Fact, GoodsReturn, LineQuantity, Refund, Telling, What, money},
    read::Node,
    time,
};

/// `order` is given where the refund stands inside its order.
pub fn facts(refund: &Node<'_>, order: Option<&str>) -> Result<Vec<Fact>, Problem> {
    let id = refund.require_id("id")?;
    let at = match refund.instant("processed_at")? {
        Some(at) => at,
        None => refund.require_instant("created_at")?,
    };
    let order = order.map_or_else(|| refund.require_id("order_id"), |order| Ok(order.to_owned()))?;
    let telling = Telling { order, revision: time::epoch_milliseconds(&at).unwrap_or_default(), occurred_at: at.clone() };
    let reason = refund.text("note")?;

    let (mut all, mut returned, mut cancelled) = (Vec::new(), Vec::new(), Vec::new());
    for item in refund.children("refund_line_items")?.unwrap_or_default() {
        let line = LineQuantity { line_id: item.require_id("line_item_id")?, quantity: item.require_quantity("quantity")?.to_string() };
        match item.text("restock_type")?.as_deref() {
            Some("return") => returned.push(line.clone()),
            Some("cancel") => cancelled.push(line.clone()),
            // no_restock says nothing about goods: a refund never implies that they came back (SPEC §11).
            _ => {}
        }
        all.push(line);
    }
    let mut facts = Vec::new();
    facts.extend(money_back(refund, &id, reason.clone(), all, &at)?.map(|refund| telling.fact(What::Refunded(refund))));
    if !returned.is_empty() {
        facts.push(telling.fact(What::Returned(GoodsReturn {
            id: id.clone(),
            state: "received".into(),
            reason: reason.clone(),
            goods_back: true,
            exchange: false,
            refund: None,
            lines: returned,
            at: Some(at.clone()),
        })));
    }
    if !cancelled.is_empty() {
        facts.push(telling.fact(What::Cancelled(Cancellation { id, state: "accepted".into(), reason, by: None, lines: cancelled, at: Some(at) })));
    }
    Ok(facts)
}

/// Sums the refund's transactions: success is money moved, pending is money promised; failures are told only when all failed.
fn money_back(refund: &Node<'_>, id: &str, reason: Option<String>, lines: Vec<LineQuantity>, at: &str) -> Result<Option<Refund>, Problem> {
    let (mut moved, mut promised, mut failed, mut currency) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO, None::<String>);
    for transaction in refund.children("transactions")?.unwrap_or_default() {
        if transaction.text("kind")?.as_deref() != Some("refund") {
            continue;
        }
        let told = transaction.currency("currency")?.ok_or_else(|| transaction.missing("currency"))?;
        if currency.get_or_insert_with(|| told.clone()) != &told {
            return Err(transaction.problem("currency", "all transactions of a refund in one currency are wanted"));
        }
        let amount = transaction.require_decimal("amount")?;
        match transaction.text("status")?.as_deref() {
            Some("success") => moved += amount,
            Some("pending") => promised += amount,
            _ => failed += amount,
        }
    }
    let Some(currency) = currency else { return Ok(None) };
    let (state, amount) = match (moved.is_zero(), promised.is_zero()) {
        (false, _) => ("executed", moved),
        (true, false) => ("approved", promised),
        (true, true) => ("rejected", failed),
    };
    Ok(Some(Refund { id: id.to_owned(), state: state.into(), amount: Some(money(amount, &currency)), reason, lines, at: Some(at.to_owned()) }))
}

/// What the refunds among these facts paid back.
pub fn executed_sum(facts: &[Fact]) -> Decimal {
    let amount = |fact: &Fact| match &fact.what {
        What::Refunded(refund) if refund.state == "executed" => refund.amount.as_ref()?.amount.parse::<Decimal>().ok(),
        _ => None,
    };
    facts.iter().filter_map(amount).sum::<Decimal>()
}
