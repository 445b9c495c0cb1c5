//! The money of an order. Paid is what has a date of payment (WOO-2); cash at the door is paid when the order is completed.

use switchyard_sdk::{
    Decimal, Problem,
    facts::{Tender, money},
    read::Node,
};

/// Who has the money: the merchant's own account or till, the carrier, or whoever takes cards.
fn holder(method: &str) -> &'static str {
    let method = method.to_ascii_lowercase();
    let own = ["bacs", "cheque", "bank", "cash", "pos", "vietqr", "transfer"];
    match method.as_str() {
        "cod" => "carrier",
        _ if own.iter().any(|word| method.contains(word)) => "tenant",
        _ => "processor",
    }
}

/// The short name of the gateway and the name people read; old bodies have both in `payment_details`.
pub fn method(order: &Node<'_>) -> Result<(Option<String>, Option<String>), Problem> {
    let old = order.maybe("payment_details");
    let of = |key: &str| old.as_ref().map_or(Ok(None), |old| old.word(key));
    let id = order.word("payment_method")?.or(of("method_id")?);
    let title = order.word("payment_method_title")?.or(of("method_title")?);
    Ok((id, title))
}

pub fn on_delivery(method: Option<&str>) -> bool {
    method.is_some_and(|method| method.eq_ignore_ascii_case("cod") || method.to_ascii_lowercase().contains("cash_on_delivery"))
}

pub fn paid_at(order: &Node<'_>) -> Result<Option<String>, Problem> {
    Ok(match order.moment("date_paid_gmt")? {
        Some(at) => Some(at),
        None => order.moment("date_paid")?,
    })
}

pub fn tender(order: &Node<'_>, status: &str, total: Option<Decimal>, currency: &str) -> Result<Option<Tender>, Problem> {
    let Some(total) = total.filter(|total| *total > Decimal::ZERO) else { return Ok(None) };
    let (id, title) = method(order)?;
    let cash = on_delivery(id.as_deref());
    let paid_at = paid_at(order)?;
    // Old bodies have a flag in place of the date.
    let flagged = order.maybe("payment_details").map_or(Ok(None), |old| old.switch("paid"))? == Some(true);
    let paid = paid_at.is_some() || flagged || (cash && status == "completed");
    let state = match status {
        _ if paid => "captured",
        "cancelled" if id.is_some() => "voided",
        "failed" if id.is_some() => "failed",
        "trash" | "cancelled" | "failed" | "refunded" => return Ok(None),
        _ if cash => "pending",
        _ => return Ok(None),
    };
    let holder = id.as_deref().map_or("processor", holder);
    let method = title.or(id).unwrap_or_else(|| "unknown".into());
    Ok(Some(Tender { id: "payment".into(), method, state: state.into(), amount: money(total, currency), holder: holder.into(), reference: order.code("transaction_id")?, at: paid_at }))
}
