//! One order of the Admin API -> what it says of the sale, the money received, cancellation, refunds and fulfilments.

use crate::{fulfillment, lines, refund};
use rust_decimal::Decimal;
use switchyard_sdk::{
    Problem,
    facts::{Address, Buyer, Cancellation, Description, Fact, Telling, Tender, What, money},
    read::Node,
    time,
};

pub fn facts(order: &Node<'_>) -> Result<Vec<Fact>, Problem> {
    let updated_at = order.require_instant("updated_at")?;
    let id = order.require_id("id")?;
    let telling = Telling { order: id.clone(), revision: time::epoch_milliseconds(&updated_at).unwrap_or_default(), occurred_at: updated_at };
    let currency = order.currency("currency")?.ok_or_else(|| order.missing("currency"))?;

    let mut refund_facts = Vec::new();
    for refund in order.children("refunds")?.unwrap_or_default() {
        refund_facts.extend(refund::facts(&refund, Some(&id))?);
    }
    let mut facts = vec![telling.fact(What::Described(describe(order, &currency)?))];
    facts.extend(payment(order, &currency, refund::executed_sum(&refund_facts))?.map(|tender| telling.fact(What::Tendered(tender))));
    if let Some(at) = order.instant("cancelled_at")? {
        let reason = order.text("cancel_reason")?;
        // Shopify's reasons name the party: customer, declined, fraud, inventory, staff, other.
        let by = reason.as_deref().and_then(|reason| match reason {
            "customer" => Some("BUYER".to_owned()),
            "staff" | "inventory" => Some("SELLER".to_owned()),
            _ => None,
        });
        facts.push(telling.fact(What::Cancelled(Cancellation { id: "order".into(), state: "accepted".into(), reason, by, lines: Vec::new(), at: Some(at) })));
    }
    facts.extend(refund_facts);
    for shipped in order.children("fulfillments")?.unwrap_or_default() {
        facts.extend(fulfillment::facts(&shipped, Some(&id))?);
    }
    Ok(facts)
}

fn describe(order: &Node<'_>, currency: &str) -> Result<Description, Problem> {
    Ok(Description {
        number: order.short("name")?,
        placed_at: order.instant("created_at")?,
        currency: Some(currency.to_owned()),
        status: order.text("financial_status")?,
        lines: Some(lines::lines(order, currency)?),
        stated_total: order.decimal("total_price")?.map(|total| total.to_string()),
        buyer: buyer(order)?,
        ship_to: order.child("shipping_address")?.map(|address| ship_to(&address)).transpose()?,
        payment_method: gateways(order)?,
        cash_on_delivery: Some(on_delivery(gateways(order)?.as_deref())),
        business: order.child("company")?.map(|_| true),
        staff: order.id("user_id")?,
        branch: order.id("location_id")?,
        note: order.text("note")?,
        test: order.flag("test")?,
        source: source(order)?,
    })
}

fn buyer(order: &Node<'_>) -> Result<Option<Buyer>, Problem> {
    let customer = order.child("customer")?;
    let billing = order.child("billing_address")?;
    let of = |key: &str| customer.as_ref().map_or(Ok(None), |customer| customer.text(key));
    let name = [of("first_name")?, of("last_name")?].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let billing_text = |key: &str| billing.as_ref().map_or(Ok(None), |billing| billing.text(key));
    let buyer = Buyer {
        id: customer.as_ref().map_or(Ok(None), |customer| customer.id("id"))?,
        name: Some(name).filter(|name| !name.is_empty()).or(billing_text("name")?),
        phone: order.text("phone")?.or(of("phone")?).or(billing_text("phone")?),
        email: order.text("email")?.or(order.text("contact_email")?).or(of("email")?),
        company: billing_text("company")?,
        tax_code: None,
        masked: false,
    };
    let known = buyer.id.is_some() || buyer.name.is_some() || buyer.phone.is_some() || buyer.email.is_some();
    Ok(known.then_some(buyer))
}

fn ship_to(address: &Node<'_>) -> Result<Address, Problem> {
    let line = [address.text("address1")?, address.text("address2")?].into_iter().flatten().collect::<Vec<_>>().join(", ");
    Ok(Address {
        recipient: address.text("name")?,
        phone: address.text("phone")?,
        line: Some(line).filter(|line| !line.is_empty()),
        district: None,
        city: address.text("city")?,
        region: address.text("province")?,
        postcode: address.text("zip")?,
        country: address.text("country_code")?,
    })
}

/// Received = what the order is worth now, less what is outstanding, plus what was paid back since (SPEC §2.5, §6).
/// An order without `total_outstanding` is taken by its word: paid, or authorized, in full.
fn payment(order: &Node<'_>, currency: &str, refunded: Decimal) -> Result<Option<Tender>, Problem> {
    let total = order.require_decimal("total_price")?;
    let worth = order.decimal("current_total_price")?.unwrap_or(total);
    let status = order.text("financial_status")?.unwrap_or_default();
    let method = gateways(order)?;
    let (state, amount) = match (status.as_str(), order.decimal("total_outstanding")?) {
        ("authorized", _) => ("authorized", total),
        ("voided", _) => ("voided", total),
        (_, Some(outstanding)) => ("captured", worth - outstanding + refunded),
        ("paid" | "partially_refunded" | "refunded", None) => ("captured", worth + refunded),
        _ => ("captured", Decimal::ZERO),
    };
    let expected_at_the_door = on_delivery(method.as_deref()) && amount <= Decimal::ZERO && !order.has("cancelled_at");
    let (state, amount, holder) = if expected_at_the_door { ("pending", total, "carrier") } else { (state, amount, "processor") };
    if amount <= Decimal::ZERO {
        return Ok(None);
    }
    let at = if state == "captured" { order.instant("processed_at")? } else { None };
    let method = method.unwrap_or_else(|| "unknown".into());
    Ok(Some(Tender { id: "payment".into(), method, state: state.into(), amount: money(amount, currency), holder: holder.into(), reference: None, at }))
}

/// The gateways' names, e.g. "shopify_payments, gift_card".
fn gateways(order: &Node<'_>) -> Result<Option<String>, Problem> {
    let names = order.texts("payment_gateway_names")?.join(", ");
    Ok(Some(names).filter(|names| !names.is_empty()))
}

fn on_delivery(gateways: Option<&str>) -> bool {
    gateways.is_some_and(|names| {
        let names = names.to_lowercase();
        names.contains("cash on delivery") || names.contains("cash_on_delivery") || names.split(", ").any(|name| name == "cod")
    })
}

/// Where the order came from, as Shopify names it. Landing pages carry the utm parameters and click ids.
fn source(order: &Node<'_>) -> Result<Option<String>, Problem> {
    let mut parts = Vec::new();
    for key in ["source_name", "referring_site", "landing_site"] {
        parts.extend(order.text(key)?.map(|value| format!("{key}={value}")));
    }
    Ok(Some(parts.join("; ")).filter(|source| !source.is_empty()))
}
