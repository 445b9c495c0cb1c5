//! A payout: what Square sends to the seller's bank, entry by entry. Entries name payments; payments name orders.
//!
//! Of an entry is told what reached the bank (`payout`, its net amount). Fees of charges and refunds are told by the payments
//! themselves; an entry of another type keeps Square's word for it, e.g. `dispute`, and what it cost.

use crate::money;
use std::collections::BTreeMap;
use switchyard_sdk::{
    Problem,
    facts::{Fact, SettlementLine, Telling, What, money as contract_money},
    read::Node,
    time,
};

pub struct Entry<'a> {
    node: Node<'a>,
    pub payment: Option<String>,
    pub at: String,
}

/// The entries of one answer. `type_charge_details`, `type_refund_details` … each name their payment.
pub fn entries<'a>(answer: &Node<'a>) -> Result<Vec<Entry<'a>>, Problem> {
    let mut entries = Vec::new();
    for node in answer.listed("payout_entries")? {
        let mut payment = None;
        for (name, _) in node.members().filter(|(name, _)| name.starts_with("type_")) {
            payment = payment.or(node.maybe(name).map_or(Ok(None), |details| details.name_of("payment_id"))?);
        }
        let at = node.moment("effective_at")?.ok_or_else(|| node.missing("effective_at"))?;
        entries.push(Entry { node, payment, at });
    }
    Ok(entries)
}

/// Facts of the entries whose payment belongs to a known order. `orders`: order by payment.
pub fn facts(payout: &str, entries: &[Entry<'_>], orders: &BTreeMap<String, String>) -> Result<Vec<Fact>, Problem> {
    let mut facts = Vec::new();
    for entry in entries {
        let Some(order) = entry.payment.as_ref().and_then(|payment| orders.get(payment)) else { continue };
        let id = entry.node.require_id("id")?;
        let kind = entry.node.word("type")?.unwrap_or_default().to_ascii_lowercase();
        let Some(net) = money::told(&entry.node, "net_amount_money", None)? else { continue };
        let telling = Telling { order: order.clone(), revision: time::epoch_milliseconds(&entry.at).unwrap_or_default(), occurred_at: entry.at.clone() };
        let line = |id: String, kind: &str, amount| {
            let amount = contract_money(amount, &net.currency);
            telling.fact(What::Settled(SettlementLine { id, kind: kind.to_owned(), amount, statement: Some(payout.to_owned()), at: Some(entry.at.clone()) }))
        };
        facts.push(line(format!("{payout}:{id}"), "payout", net.value));
        if !matches!(kind.as_str(), "charge" | "refund") && !kind.is_empty() {
            // It moves neither goods nor a payment we know of: what it took from us stands under its own name.
            facts.push(line(format!("{payout}:{id}:{kind}"), &kind, -net.value));
        }
    }
    Ok(facts)
}
