//! Statements: what TikTok Shop pays out. A statement or a payout names no order; the transactions of a statement do.

use switchyard_sdk::{
    Problem,
    answer::Understood,
    facts::{Fact, SettlementLine, Telling, What, money},
    json::Json,
    read::{Node, decimal, malformed},
    time,
};

/// settlement = revenue + fees + adjustments (SPEC §4); shipping is named beside them. Its transactions are fetched.
pub fn statement(statement: &Node<'_>) -> Result<Understood, Problem> {
    let id = statement.require_id("id")?;
    let settled = statement.require_decimal("settlement_amount")?;
    let parts = statement.amount("revenue_amount")? + statement.amount("fee_amount")? + statement.amount("adjustment_amount")?;
    if settled != parts && settled != parts + statement.amount("shipping_cost_amount")? {
        return Err(malformed(format!("the statement {id} says {settled}, its parts sum to {parts}")));
    }
    let mut understood = Understood::default();
    understood.fetch("settlement", id);
    Ok(understood)
}

/// A payout to the bank.
pub fn payout(payment: &Node<'_>) -> Result<Understood, Problem> {
    let amount = payment.require_child("settlement_amount")?;
    let (value, currency) = (amount.require_decimal("value")?, amount.require_text("currency")?);
    Ok(Understood::ignored(format!("the payout {} of {value} {currency} names no order; its statements do", payment.require_id("id")?)))
}

/// One transaction of a statement: each amount that is not nothing, under TikTok's own name.
pub fn transaction(transaction: &Node<'_>, statement: Option<&str>) -> Result<Vec<Fact>, Problem> {
    let Some(order) = transaction.id("order_id")?.or(transaction.id("adjustment_order_id")?) else { return Ok(Vec::new()) };
    let id = transaction.require_id("id")?;
    let currency = transaction.currency("currency")?.ok_or_else(|| transaction.missing("currency"))?;
    // Settled amounts do not change: the order's own time serves where the statement's is not told.
    let seconds = transaction.seconds("statement_time")?.or(transaction.seconds("order_create_time")?).unwrap_or_default();
    let telling = Telling { order, revision: seconds.saturating_mul(10) + 1, occurred_at: time::from_epoch_seconds(seconds).unwrap_or_default() };
    let mut facts = Vec::new();
    for (name, value) in transaction.members().filter(|(name, _)| name.ends_with("_amount")) {
        let (Json::Text(text) | Json::Number(text)) = value else { continue };
        if text.is_empty() {
            continue;
        }
        let amount = decimal(text).map_err(|wants| transaction.problem(name, &wants))?;
        if !amount.is_zero() {
            facts.push(telling.fact(What::Settled(SettlementLine {
                id: format!("{id}:{name}"),
                kind: name.to_owned(),
                amount: money(amount, &currency),
                statement: statement.map(str::to_owned).or(transaction.id("statement_id")?),
                at: Some(telling.occurred_at.clone()),
            })));
        }
    }
    Ok(facts)
}
