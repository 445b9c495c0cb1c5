//! One order -> facts: what was sold, what was paid, what was sent, whether it was called off. Tell only what the channel told:
//! `None` is unknown and leaves what is known alone.

use switchyard_sdk::{
    Decimal, Problem,
    facts::{Address, Buyer, Cancellation, Description, Fact, Line, Shipment, Telling, Tender, What, description, line, money, reduce},
    read::Node,
    time,
};

pub fn facts(order: &Node<'_>) -> Result<Vec<Fact>, Problem> {
    let updated_at = order.require_instant("updated_at")?;
    let telling = Telling { order: order.require_id("id")?, revision: time::epoch_milliseconds(&updated_at).unwrap_or_default(), occurred_at: updated_at };
    let currency = order.currency("currency")?.ok_or_else(|| order.missing("currency"))?;

    let mut facts = vec![telling.fact(What::Described(describe(order, &currency)?))];
    for payment in order.children("payments")?.unwrap_or_default() {
        facts.push(telling.fact(What::Tendered(tender(&payment, &currency)?)));
    }
    for parcel in order.children("parcels")?.unwrap_or_default() {
        facts.push(telling.fact(What::Shipped(shipment(&parcel)?)));
    }
    if order.text("status")?.as_deref() == Some("cancelled") {
        let at = order.instant("cancelled_at")?;
        facts.push(telling.fact(What::Cancelled(Cancellation { id: "order".into(), state: "accepted".into(), reason: order.text("cancel_reason")?, by: None, lines: Vec::new(), at })));
    }
    Ok(facts)
}

fn describe(order: &Node<'_>, currency: &str) -> Result<Description, Problem> {
    let buyer = order.child("buyer")?;
    Ok(Description {
        number: order.short("number")?,
        placed_at: order.instant("created_at")?,
        currency: Some(currency.to_owned()),
        status: order.text("status")?,
        lines: lines(order, currency)?,
        stated_total: order.decimal("total")?.map(|total| total.to_string()),
        buyer: buyer.as_ref().map(person).transpose()?,
        ship_to: order.child("ship_to")?.map(|address| ship_to(&address)).transpose()?,
        note: order.text("note")?,
        ..description()
    })
}

/// None when the channel does not list the items: that is not the same as an order without any.
fn lines(order: &Node<'_>, currency: &str) -> Result<Option<Vec<Line>>, Problem> {
    let Some(items) = order.children("items")? else { return Ok(None) };
    let mut lines = Vec::with_capacity(items.len() + 1);
    for item in items {
        let mut sold = line(item.require_id("id")?, "product", item.require_quantity("quantity")?, item.require_decimal("price")?, currency);
        sold.sku = item.short("sku")?;
        sold.name = item.text("name")?;
        // Who pays for a discount decides how it is booked: here the shop does.
        reduce(&mut sold, "marketing_discount", "tenant", item.amount("discount")?, None);
        lines.push(sold);
    }
    let shipping = order.amount("shipping_fee")?;
    if !shipping.is_zero() {
        lines.push(line("shipping", "shipping", Decimal::ONE, shipping, currency));
    }
    Ok(Some(lines))
}

/// The id is stable, so that the same payment told twice is one payment.
fn tender(payment: &Node<'_>, currency: &str) -> Result<Tender, Problem> {
    let state = match payment.require_text("state")?.as_str() {
        "paid" => "captured",
        "reserved" => "authorized",
        "failed" => "failed",
        _ => "pending",
    };
    Ok(Tender {
        id: payment.require_id("id")?,
        method: payment.text("method")?.unwrap_or_else(|| "unknown".into()),
        state: state.into(),
        amount: money(payment.require_decimal("amount")?, currency),
        holder: "processor".into(),
        reference: payment.short("reference")?,
        at: payment.instant("at")?,
    })
}

fn shipment(parcel: &Node<'_>) -> Result<Shipment, Problem> {
    let state = match parcel.require_text("state")?.as_str() {
        "handed_over" => "handed_over",
        "on_the_way" => "in_transit",
        "delivered" => "delivered",
        "lost" => "lost",
        _ => "ready",
    };
    Ok(Shipment { id: parcel.require_id("id")?, state: state.into(), carrier: parcel.short("carrier")?, tracking: parcel.short("tracking")?, lines: Vec::new(), at: parcel.instant("at")? })
}

fn person(buyer: &Node<'_>) -> Result<Buyer, Problem> {
    Ok(Buyer { id: buyer.id("id")?, name: buyer.text("name")?, phone: buyer.short("phone")?, email: buyer.short("email")?, company: None, tax_code: None, masked: false })
}

fn ship_to(address: &Node<'_>) -> Result<Address, Problem> {
    Ok(Address {
        recipient: address.text("recipient")?,
        phone: address.short("phone")?,
        line: address.text("street")?,
        district: None,
        city: address.text("city")?,
        region: None,
        postcode: address.short("postcode")?,
        country: address.short("country")?,
    })
}
