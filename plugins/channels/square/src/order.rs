//! One order -> what it says of the sale, its payments, where the goods are, and what came back of an earlier sale.

use crate::{delivery, lines, money, payment, refund};
use switchyard_sdk::{
    Problem,
    facts::{Address, Buyer, Cancellation, Description, Fact, Telling, What, description},
    read::Node,
    time,
};

/// Revision: `updated_at` in milliseconds. `version` counts changes of one order only, and payments and refunds tell about the
/// same things with times of their own.
pub fn telling(node: &Node<'_>, order: String) -> Result<Telling, Problem> {
    let at = node.moment("updated_at")?.or(node.moment("created_at")?).ok_or_else(|| node.missing("updated_at"))?;
    Ok(Telling { order, revision: time::epoch_milliseconds(&at).unwrap_or_default(), occurred_at: at })
}

pub fn facts(order: &Node<'_>) -> Result<Vec<Fact>, Problem> {
    let back = refund::of_return_order(order)?;
    // An order that only takes goods back is no sale: what it says is about the sales it names.
    if order.listed("line_items")?.is_empty() && !order.listed("returns")?.is_empty() {
        return Ok(back);
    }
    let id = order.require_id("id")?;
    let telling = telling(order, id.clone())?;
    let currency = currency(order)?;
    let state = order.word("state")?;
    let mut facts = vec![telling.fact(What::Described(describe(order, &currency, state.clone())?))];
    facts.extend(payment::of_order(order, &telling, &currency)?);
    facts.extend(cancellation(state.as_deref(), &telling, order.moment("closed_at")?).map(|told| telling.fact(What::Cancelled(told))));
    facts.extend(delivery::shipments(order, state.as_deref(), &telling)?);
    if order.listed("returns")?.is_empty() {
        // Refunds that stand inside the sale itself.
        facts.extend(refund::inside(order, &telling, Some(&currency))?);
    }
    facts.extend(back);
    Ok(facts)
}

/// CANCELED is the whole order; goods that left before are a matter of the fulfilment.
pub fn cancellation(state: Option<&str>, telling: &Telling, at: Option<String>) -> Option<Cancellation> {
    matches!(state, Some("CANCELED" | "CANCELLED")).then(|| Cancellation {
        id: "order".into(),
        state: "accepted".into(),
        reason: None,
        by: None,
        lines: Vec::new(),
        at: at.or(Some(telling.occurred_at.clone())),
    })
}

/// An order is in one currency; any of its amounts says which.
pub fn currency(order: &Node<'_>) -> Result<String, Problem> {
    for key in ["total_money", "net_amount_due_money", "total_tax_money", "total_discount_money"] {
        if let Some(currency) = order.child(key)?.map_or(Ok(None), |money| money.code("currency"))? {
            return Ok(currency);
        }
    }
    for item in order.listed("line_items")?.iter().chain(&order.listed("tenders")?) {
        for key in ["total_money", "base_price_money", "gross_sales_money", "amount_money"] {
            if let Some(currency) = item.child(key)?.map_or(Ok(None), |money| money.code("currency"))? {
                return Ok(currency);
            }
        }
    }
    Err(order.missing("total_money.currency"))
}

fn describe(order: &Node<'_>, currency: &str, state: Option<String>) -> Result<Description, Problem> {
    let total = match money::maybe(order, "total_money", currency)? {
        None => order.child("net_amounts")?.map_or(Ok(None), |net| money::maybe(&net, "total_money", currency))?,
        total => total,
    };
    Ok(Description {
        // The number another system gave it, or the name of the ticket at the till.
        number: order.code("reference_id")?.or(order.code("ticket_name")?),
        placed_at: order.moment("created_at")?,
        currency: Some(currency.to_owned()),
        status: state,
        lines: Some(lines::lines(order, currency)?),
        stated_total: total.map(|total| total.to_string()),
        buyer: buyer(order)?,
        ship_to: ship_to(order)?,
        payment_method: payment::methods(order)?,
        cash_on_delivery: Some(false),
        branch: order.name_of("location_id")?,
        note: order.word("note")?,
        source: source(order)?,
        ..description()
    })
}

/// The recipient of the first fulfilment that names one, with its details.
fn recipient<'a>(order: &Node<'a>, kinds: &[&str]) -> Result<Option<Node<'a>>, Problem> {
    for fulfillment in order.listed("fulfillments")? {
        for kind in kinds {
            if let Some(recipient) = fulfillment.child(kind)?.map_or(Ok(None), |details| details.child("recipient"))? {
                return Ok(Some(recipient));
            }
        }
    }
    Ok(None)
}

fn buyer(order: &Node<'_>) -> Result<Option<Buyer>, Problem> {
    let recipient = recipient(order, &["shipment_details", "delivery_details", "pickup_details"])?;
    let of = |key: &str| recipient.as_ref().map_or(Ok(None), |recipient| recipient.word(key));
    let buyer = Buyer {
        id: order.name_of("customer_id")?.or(of("customer_id")?),
        name: of("display_name")?,
        phone: of("phone_number")?,
        email: of("email_address")?,
        company: None,
        tax_code: None,
        masked: false,
    };
    Ok((buyer.id.is_some() || buyer.name.is_some() || buyer.phone.is_some() || buyer.email.is_some()).then_some(buyer))
}

/// Only where goods travel: someone who picks up has no address to ship to.
fn ship_to(order: &Node<'_>) -> Result<Option<Address>, Problem> {
    let Some(recipient) = recipient(order, &["shipment_details", "delivery_details"])? else { return Ok(None) };
    let address = recipient.child("address")?;
    let of = |key: &str| address.as_ref().map_or(Ok(None), |address| address.word(key));
    let line = [of("address_line_1")?, of("address_line_2")?, of("address_line_3")?].into_iter().flatten().collect::<Vec<_>>().join(", ");
    Ok(Some(Address {
        recipient: recipient.word("display_name")?,
        phone: recipient.word("phone_number")?,
        line: Some(line).filter(|line| !line.is_empty()),
        district: of("sublocality")?,
        city: of("locality")?,
        region: of("administrative_district_level_1")?,
        postcode: of("postal_code")?,
        country: of("country")?,
    }))
}

fn source(order: &Node<'_>) -> Result<Option<String>, Problem> {
    let mut parts = Vec::new();
    parts.extend(order.child("source")?.map_or(Ok(None), |source| source.word("name"))?.map(|name| format!("source={name}")));
    parts.extend(order.word("reference_id")?.map(|reference| format!("reference_id={reference}")));
    Ok(Some(parts.join("; ")).filter(|source| !source.is_empty()))
}
