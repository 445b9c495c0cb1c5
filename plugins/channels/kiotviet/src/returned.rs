//! A return (Trả hàng): goods taken back of an invoice, and the money given for them.

use crate::{
    sale::Kind,
    told::Told,
};
use switchyard_sdk::{
    Decimal, Problem,
    answer::Understood,
    facts::{GoodsReturn, LineQuantity, Refund, Telling, What, money},
    time,
};

pub fn understand(back: &Told<'_>, currency: &str) -> Result<Understood, Problem> {
    let id = back.id("id")?.or(back.code("code")?).ok_or_else(|| back.missing("id"))?;
    let Some(invoice) = back.id("invoiceId")? else {
        return Ok(Understood::ignored(format!("the return {} names no invoice", back.code("code")?.unwrap_or(id))));
    };
    let at = back.time("modifiedDate")?.or(back.time("createdDate")?).or(back.time("returnDate")?).ok_or_else(|| back.missing("returnDate"))?;
    let status = back.number("status")?;
    let cancelled = status == Some(2) || back.word("statusValue")?.is_some_and(|word| word.to_lowercase().contains("hủy"));
    let telling = Telling {
        order: format!("{}-{invoice}", Kind::Invoice.word()),
        revision: time::epoch_milliseconds(&at).unwrap_or_default() * 10 + i64::from(cancelled),
        occurred_at: at,
    };
    let mut lines = Vec::new();
    for item in back.list("returnDetails")? {
        let product = item.id("productId")?.or(item.code("productCode")?);
        if let (Some(line_id), Some(quantity)) = (product, item.rough("quantity")?.filter(|quantity| *quantity > Decimal::ZERO)) {
            lines.push(LineQuantity { line_id, quantity: quantity.to_string() });
        }
    }
    // What the goods are worth, less what the shop keeps of it.
    let worth = back.sum("returnTotal")?;
    let worth = worth.map(|worth| Ok::<_, Problem>(worth - back.amount("returnDiscount")? - back.amount("returnFee")?)).transpose()?;
    let returned_at = back.time("returnDate")?.or(Some(telling.occurred_at.clone()));
    let mut facts = Vec::new();
    // Without lines it would be everything.
    if !lines.is_empty() {
        facts.push(telling.fact(What::Returned(GoodsReturn {
            id: format!("return-{id}"),
            state: if cancelled { "withdrawn" } else { "received" }.into(),
            reason: back.word("description")?,
            goods_back: true,
            exchange: false,
            refund: worth.filter(|worth| *worth > Decimal::ZERO).map(|worth| money(worth, currency)),
            lines: lines.clone(),
            at: returned_at.clone(),
        })));
    }
    // Money given out is written with either sign.
    let mut paid = Decimal::ZERO;
    for payment in back.list("payments")? {
        if payment.number("status")? != Some(1) {
            paid += payment.amount("amount")?.abs();
        }
    }
    if paid.is_zero() {
        paid = back.amount("totalPayment")?.abs();
    }
    if !paid.is_zero() {
        facts.push(telling.fact(What::Refunded(Refund {
            id: format!("return-{id}"),
            state: if cancelled { "withdrawn" } else { "executed" }.into(),
            amount: Some(money(paid, currency)),
            reason: back.word("description")?,
            lines,
            at: returned_at,
        })));
    }
    Ok(Understood { facts, ..Understood::default() })
}
