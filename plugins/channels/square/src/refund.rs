//! Money given back, and goods taken back.
//!
//! Square writes each refund down as an order of its own: `returns[].source_order_id` names the sale, and a refund's `order_id`
//! is that second order [C: Square's developers say so in their forum]. A webhook carries the refund alone, so it is told about
//! the order it names; once it is fetched, it is told about the sale, and withdrawn where it was told first.
//! A refund has one id everywhere: `{payment}_{refund}`, as the Refunds API has it.

use crate::{money, order, payment};
use switchyard_sdk::{
    Problem,
    facts::{Description, Fact, GoodsReturn, LineQuantity, Refund, Telling, What, description, money as contract_money},
    read::Node,
};

/// A refund of the Refunds API. `sale` is given once it is known.
pub fn facts(refund: &Node<'_>, sale: Option<&str>) -> Result<Option<Vec<Fact>>, Problem> {
    let Some(order) = sale.map(str::to_owned).or(refund.name_of("order_id")?) else { return Ok(None) };
    let telling = order::telling(refund, order)?;
    let id = refund.require_id("id")?;
    let amount = money::told(refund, "amount_money", None)?.map(|amount| contract_money(amount.value, &amount.currency));
    let told = Refund {
        id: id.clone(),
        state: state(&refund.word("status")?.unwrap_or_default()).into(),
        amount,
        reason: refund.word("reason")?,
        lines: Vec::new(),
        at: Some(telling.occurred_at.clone()),
    };
    let mut facts = vec![telling.fact(What::Refunded(told))];
    facts.extend(payment::fees(refund, &telling, &id)?);
    Ok(Some(facts))
}

/// Takes back what a webhook told about the refund's own order: it is no sale, and nothing is refunded of it.
pub fn withdrawn(refund: &Node<'_>, sale: &str) -> Result<Vec<Fact>, Problem> {
    let Some(own) = refund.name_of("order_id")?.filter(|own| own != sale) else { return Ok(Vec::new()) };
    let mut telling = order::telling(refund, own)?;
    // Newer than what it takes back.
    telling.revision += 1;
    let currency = money::told(refund, "amount_money", None)?.map(|amount| amount.currency);
    // The fee was told with it; of this order nothing was kept and nothing given back.
    let fee = payment::fees(refund, &telling, &refund.require_id("id")?)?.map(|mut fee| {
        if let What::Settled(line) = &mut fee.what {
            line.amount.amount = "0".into();
        }
        fee
    });
    let told = Description { status: Some("REFUND".into()), currency, lines: Some(Vec::new()), source: Some(format!("refund_of={sale}")), ..description() };
    let refund = Refund {
        id: refund.require_id("id")?,
        state: "withdrawn".into(),
        amount: None,
        reason: Some(format!("is a refund of the order {sale}")),
        lines: Vec::new(),
        at: Some(telling.occurred_at.clone()),
    };
    let mut facts = vec![telling.fact(What::Described(told)), telling.fact(What::Refunded(refund))];
    facts.extend(fee);
    Ok(facts)
}

/// What an order says of earlier sales: the goods it takes back, and the money it gives for them.
pub fn of_return_order(own: &Node<'_>) -> Result<Vec<Fact>, Problem> {
    let mut facts = Vec::new();
    let mut sale = None;
    for back in own.listed("returns")? {
        let Some(source) = back.name_of("source_order_id")? else { continue };
        let telling = order::telling(own, source.clone())?;
        let mut lines = Vec::new();
        for item in back.listed("return_line_items")? {
            // A return of an amount names no line, and an empty list would mean everything.
            if let (Some(line_id), Some(quantity)) = (item.name_of("source_line_item_uid")?, item.sum("quantity")?.filter(|quantity| !quantity.is_zero())) {
                lines.push(LineQuantity { line_id, quantity: quantity.to_string() });
            }
        }
        let amounts = back.child("return_amounts")?;
        let total = amounts.map_or(Ok(None), |amounts| money::told(&amounts, "total_money", None))?;
        if !lines.is_empty() {
            facts.push(telling.fact(What::Returned(GoodsReturn {
                id: match back.name_of("uid")? {
                    Some(uid) => format!("{}:{uid}", own.require_id("id")?),
                    None => own.require_id("id")?,
                },
                state: match own.word("state")?.as_deref() {
                    Some("CANCELED" | "CANCELLED") => "withdrawn",
                    Some("OPEN" | "DRAFT") => "approved",
                    _ => "received",
                }
                .into(),
                reason: None,
                goods_back: true,
                exchange: !own.listed("line_items")?.is_empty(),
                refund: total.map(|total| contract_money(total.value, &total.currency)),
                lines,
                at: own.moment("closed_at")?.or(Some(telling.occurred_at.clone())),
            })));
        }
        sale.get_or_insert(source);
    }
    // Refunds name no sale of their own: the order takes back from one [U where it takes back from several].
    if let Some(sale) = sale {
        let telling = order::telling(own, sale)?;
        let currency = order::currency(own).ok();
        facts.extend(inside(own, &telling, currency.as_deref())?);
    }
    Ok(facts)
}

/// `refunds[]` of an order.
pub fn inside(order: &Node<'_>, telling: &Telling, currency: Option<&str>) -> Result<Vec<Fact>, Problem> {
    let mut facts = Vec::new();
    for refund in order.listed("refunds")? {
        let (id, tender) = (refund.require_id("id")?, refund.name_of("tender_id")?);
        let id = match tender {
            Some(tender) if !id.starts_with(&format!("{tender}_")) => format!("{tender}_{id}"),
            _ => id,
        };
        let amount = money::told(&refund, "amount_money", currency)?;
        facts.push(telling.fact(What::Refunded(Refund {
            id: id.clone(),
            state: state(&refund.word("status")?.unwrap_or_default()).into(),
            amount: amount.map(|amount| contract_money(amount.value, &amount.currency)),
            reason: refund.word("reason")?,
            lines: Vec::new(),
            at: refund.moment("created_at")?,
        })));
        if let Some(fee) = money::told(&refund, "processing_fee_money", currency)? {
            facts.extend(payment::fee_back(telling, &id, fee.value, &fee.currency));
        }
    }
    Ok(facts)
}

/// Status of a refund, of the Refunds API or inside an order. A word nobody knows moved no money yet.
fn state(word: &str) -> &'static str {
    match word {
        "COMPLETED" | "APPROVED" => "executed",
        "PENDING" => "approved",
        "REJECTED" | "FAILED" => "rejected",
        "CANCELED" | "CANCELLED" => "withdrawn",
        _ => "requested",
    }
}
