//! Money that came in: the tenders of an order (several where the buyer mixed them), and payments, which tell the same with
//! Square's fee. A tender and its payment share an id, so each is told once.
//!
//! A fee is told under our own word (`payment_fee`), positive when Square keeps it.

use crate::{money, order};
use switchyard_sdk::{
    Decimal, Problem,
    facts::{Fact, SettlementLine, Telling, Tender, What, money as contract_money},
    read::Node,
};

pub fn of_order(order: &Node<'_>, telling: &Telling, currency: &str) -> Result<Vec<Fact>, Problem> {
    let mut facts = Vec::new();
    for tender in order.listed("tenders")? {
        let Some(amount) = money::told(&tender, "amount_money", Some(currency))?.filter(|amount| !amount.value.is_zero()) else { continue };
        let Some(id) = tender.name_of("payment_id")?.or(tender.name_of("id")?) else { return Err(tender.missing("id")) };
        let kind = tender.word("type")?.unwrap_or_else(|| "OTHER".into());
        let (method, holder) = method(&kind, card(&tender)?.as_deref());
        let mut status = None;
        for details in ["card_details", "bank_account_details", "buy_now_pay_later_details", "square_account_details", "digital_wallet_details"] {
            status = status.or(tender.child(details)?.map_or(Ok(None), |details| details.word("status"))?);
        }
        facts.push(telling.fact(What::Tendered(Tender {
            id: id.clone(),
            method,
            state: state(status.as_deref().unwrap_or("CAPTURED")).into(),
            amount: contract_money(amount.value, &amount.currency),
            holder: holder.into(),
            reference: tender.name_of("id")?,
            at: tender.moment("created_at")?,
        })));
        if let Some(fee) = money::told(&tender, "processing_fee_money", Some(currency))? {
            facts.extend(fee_line(telling, &id, fee.value, &fee.currency, tender.moment("created_at")?));
        }
    }
    Ok(facts)
}

/// A payment of the Payments API. None: it belongs to no order.
pub fn facts(payment: &Node<'_>) -> Result<Option<Vec<Fact>>, Problem> {
    let Some(order) = payment.name_of("order_id")? else { return Ok(None) };
    let telling = order::telling(payment, order)?;
    let id = payment.require_id("id")?;
    // With the tip: that is what the order's tender tells too.
    let amount = match money::told(payment, "total_money", None)? {
        Some(total) => total,
        None => money::told(payment, "amount_money", None)?.ok_or_else(|| payment.missing("amount_money"))?,
    };
    let (method, holder) = method(&payment.word("source_type")?.unwrap_or_else(|| "OTHER".into()), card(payment)?.as_deref());
    let tender = Tender {
        id: id.clone(),
        method,
        state: state(&payment.word("status")?.unwrap_or_default()).into(),
        amount: contract_money(amount.value, &amount.currency),
        holder: holder.into(),
        reference: payment.code("receipt_number")?,
        at: payment.moment("created_at")?,
    };
    let mut facts = vec![telling.fact(What::Tendered(tender))];
    facts.extend(fees(payment, &telling, &id)?);
    Ok(Some(facts))
}

/// `processing_fee[]` of a payment or a refund as one line: a later adjustment changes the sum, it does not come beside it.
pub fn fees(node: &Node<'_>, telling: &Telling, id: &str) -> Result<Option<Fact>, Problem> {
    let (mut sum, mut currency, mut at) = (Decimal::ZERO, None, None);
    for fee in node.listed("processing_fee")? {
        if let Some(amount) = money::told(&fee, "amount_money", currency.as_deref())? {
            sum += amount.value;
            currency = Some(amount.currency);
        }
        at = fee.moment("effective_at")?.or(at);
    }
    Ok(currency.and_then(|currency| fee_line(telling, id, sum, &currency, at)))
}

fn fee_line(telling: &Telling, id: &str, amount: Decimal, currency: &str, at: Option<String>) -> Option<Fact> {
    let line = SettlementLine { id: format!("{id}:fee"), kind: "payment_fee".into(), amount: contract_money(amount, currency), statement: None, at };
    (!amount.is_zero()).then(|| telling.fact(What::Settled(line)))
}

/// The fee that a refund inside an order gave back.
pub fn fee_back(telling: &Telling, refund: &str, amount: Decimal, currency: &str) -> Option<Fact> {
    fee_line(telling, refund, -amount.abs(), currency, None)
}

fn card(node: &Node<'_>) -> Result<Option<String>, Problem> {
    let card = node.child("card_details")?.map_or(Ok(None), |details| details.child("card"))?;
    card.map_or(Ok(None), |card| card.word("card_brand"))
}

/// Our word for a type of tender, and who has the money. A gift card is a claim on the seller, sold before: a paid voucher.
fn method(kind: &str, brand: Option<&str>) -> (String, &'static str) {
    match kind {
        "CASH" => ("cash".into(), "tenant"),
        "SQUARE_GIFT_CARD" => ("gift_card".into(), "tenant"),
        _ if brand == Some("SQUARE_GIFT_CARD") => ("gift_card".into(), "tenant"),
        // Taken outside of Square and only noted there: cheques, other terminals, vouchers of others.
        "EXTERNAL" | "OTHER" | "NO_SALE" | "HOUSE_ACCOUNT" => (kind.to_ascii_lowercase(), "tenant"),
        _ => (kind.to_ascii_lowercase(), "processor"),
    }
}

/// Status of a payment or a tender; a word nobody knows is money that has not come yet.
fn state(word: &str) -> &'static str {
    match word {
        "COMPLETED" | "CAPTURED" => "captured",
        "APPROVED" | "AUTHORIZED" => "authorized",
        "CANCELED" | "CANCELLED" | "VOIDED" => "voided",
        "FAILED" => "failed",
        _ => "pending",
    }
}

/// The order's ways to pay, e.g. "cash, card".
pub fn methods(order: &Node<'_>) -> Result<Option<String>, Problem> {
    let mut names: Vec<String> = Vec::new();
    for tender in order.listed("tenders")? {
        let (name, _) = method(&tender.word("type")?.unwrap_or_else(|| "OTHER".into()), card(&tender)?.as_deref());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(Some(names.join(", ")).filter(|names| !names.is_empty()))
}
