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

#[cfg(test)]
mod tests {
    use super::*;
    use switchyard_sdk::{answer::Understood, json::Json, testing::summary};

    /// 100.00 less 2.70 reached the bank, 20.00 less 0.62 was taken back, and a dispute took 50.00 and stands under its own name:
    /// 97.30 - 19.38 - 50.00 = 27.92. A fee that names no payment belongs to no order.
    #[test]
    fn entries_are_put_to_orders_by_their_payments() {
        let answer = Json::parse(
            br#"{"payout_entries":[
                {"id":"e1","payout_id":"po","type":"CHARGE","effective_at":"2026-11-23T10:00:00Z","gross_amount_money":{"amount":10000,"currency":"USD"},"fee_amount_money":{"amount":270,"currency":"USD"},
                 "net_amount_money":{"amount":9730,"currency":"USD"},"type_charge_details":{"payment_id":"P1"}},
                {"id":"e2","payout_id":"po","type":"REFUND","effective_at":"2026-11-23T11:00:00Z","net_amount_money":{"amount":-1938,"currency":"USD"},"type_refund_details":{"payment_id":"P1","refund_id":"P1_R"}},
                {"id":"e3","payout_id":"po","type":"DISPUTE","effective_at":"2026-11-23T12:00:00Z","net_amount_money":{"amount":-5000,"currency":"USD"},"type_dispute_details":{"payment_id":"P2","dispute_id":"D"}},
                {"id":"e4","payout_id":"po","type":"TAX_ON_FEE","effective_at":"2026-11-23T12:00:00Z","net_amount_money":{"amount":-10,"currency":"USD"}},
                {"id":"e5","payout_id":"po","type":"CHARGE","effective_at":"2026-11-23T12:00:00Z","net_amount_money":{"amount":100,"currency":"USD"},"type_charge_details":{"payment_id":"P9"}}]}"#,
        )
        .unwrap();
        let entries = entries(&Node::root(&answer).unwrap()).unwrap();
        assert_eq!(entries.iter().map(|entry| entry.payment.as_deref()).collect::<Vec<_>>(), [Some("P1"), Some("P1"), Some("P2"), None, Some("P9")]);
        let orders = [("P1", "O1"), ("P2", "O2")].map(|(payment, order)| (payment.to_owned(), order.to_owned())).into();
        let facts = facts("po", &entries, &orders).unwrap();
        assert_eq!(
            summary(&Understood { facts, ..Understood::default() }),
            "O1@1795428000000 settled payout 97.30 USD\nO1@1795431600000 settled payout -19.38 USD\n\
             O2@1795435200000 settled payout -50.00 USD\nO2@1795435200000 settled dispute 50.00 USD\n"
        );
    }
}
