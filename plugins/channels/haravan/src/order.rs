//! One order -> what it says of the sale, the money, the goods, and what was taken back.
//!
//! Haravan keeps apart what Shopify has in one: `financial_status`, `fulfillment_status`, `confirmed_status`, `cancelled_status`
//! and `closed_status` (SPEC §9). Each is told where it belongs; the status shows those that say something.

use crate::{fulfillment, lines, lines::when, payment, refund};
use switchyard_sdk::{
    Problem,
    facts::{Address, Buyer, Cancellation, Description, Fact, InvoiceRequest, Shipment, Telling, What},
    read::Node,
    time,
};

pub fn facts(order: &Node<'_>) -> Result<Vec<Fact>, Problem> {
    let at = when(order, "updated_at").or(when(order, "created_at")).ok_or_else(|| order.missing("updated_at"))?;
    let id = order.require_id("id")?;
    let telling = Telling { order: id, revision: time::epoch_milliseconds(&at).unwrap_or_default(), occurred_at: at };
    // Shops of Haravan sell in dong; older bodies name no currency.
    let currency = order.code("currency")?.unwrap_or_else(|| "VND".into());
    let cancelled = order.word("cancelled_status")?.is_some_and(|word| word == "cancelled") || when(order, "cancelled_at").is_some();
    let mut facts = vec![telling.fact(What::Described(describe(order, &currency)?))];
    facts.extend(payment::facts(order, &telling, &currency, cancelled)?);
    if cancelled {
        let reason = order.word("cancel_reason")?;
        let by = match reason.as_deref() {
            Some("customer") => Some("BUYER".to_owned()),
            Some("inventory") => Some("SELLER".to_owned()),
            _ => None,
        };
        let at = when(order, "cancelled_at").or(Some(telling.occurred_at.clone()));
        facts.push(telling.fact(What::Cancelled(Cancellation { id: "order".into(), state: "accepted".into(), reason, by, lines: Vec::new(), at })));
    }
    let fulfillments = order.listed("fulfillments")?;
    for refund in order.listed("refunds")? {
        // What never left cannot come back: before any fulfilment it is called off.
        facts.extend(refund::inside(&refund, &telling, &currency, !fulfillments.is_empty() && !cancelled)?);
    }
    for shipped in &fulfillments {
        facts.extend(fulfillment::facts(shipped, Some(&telling))?);
    }
    if fulfillments.is_empty() && order.word("fulfillment_status")?.as_deref() == Some("fulfilled") {
        // At the till the goods go over the counter; elsewhere they left, and nobody says by whom.
        let state = if order.word("source_name")?.as_deref() == Some("pos") { "delivered" } else { "handed_over" };
        let at = Some(telling.occurred_at.clone());
        facts.push(telling.fact(What::Shipped(Shipment { id: "order".into(), state: state.into(), carrier: None, tracking: None, lines: Vec::new(), at })));
    }
    facts.extend(invoice(order)?.map(|wish| telling.fact(What::InvoiceRequested(wish))));
    Ok(facts)
}

/// The payment's word, then those of the others that are not as they begin.
fn status(order: &Node<'_>) -> Result<Option<String>, Problem> {
    let mut words = Vec::new();
    words.extend(order.word("financial_status")?);
    for (key, at_first) in [("fulfillment_status", "notfulfilled"), ("confirmed_status", "unconfirmed"), ("cancelled_status", "uncancelled"), ("closed_status", "unclosed")] {
        words.extend(order.word(key)?.filter(|word| word != at_first));
    }
    Ok(Some(words.join("/")).filter(|words| !words.is_empty()))
}

fn describe(order: &Node<'_>, currency: &str) -> Result<Description, Problem> {
    let gateway = order.word("gateway")?;
    let on_delivery = payment::on_delivery(gateway.as_deref(), order.word("gateway_code")?.as_deref());
    let billing = order.child("billing_address")?;
    let company = billing.as_ref().map_or(Ok(None), |billing| billing.word("company"))?;
    Ok(Description {
        number: order.code("order_number")?.or(order.code("name")?),
        placed_at: when(order, "created_at"),
        currency: Some(currency.to_owned()),
        status: status(order)?,
        lines: Some(lines::lines(order, currency)?),
        stated_total: lines::amount(order, "total_price")?.map(|total| total.to_string()),
        buyer: buyer(order, billing.as_ref(), company.clone())?,
        ship_to: order.child("shipping_address")?.map_or(Ok(None), |address| ship_to(&address))?,
        payment_method: gateway,
        cash_on_delivery: Some(on_delivery),
        business: company.map(|_| true),
        staff: order.name_of("user_id").ok().flatten(),
        branch: order.word("location_name")?.or(order.name_of("location_id").ok().flatten()),
        note: order.word("note")?,
        test: order.switch("test")?,
        source: source(order)?,
    })
}

fn buyer(order: &Node<'_>, billing: Option<&Node<'_>>, company: Option<String>) -> Result<Option<Buyer>, Problem> {
    let customer = order.child("customer")?;
    let of = |key: &str| customer.as_ref().map_or(Ok(None), |customer| customer.word(key));
    let billed = |key: &str| billing.map_or(Ok(None), |billing| billing.word(key));
    // Vietnamese names: the family comes first.
    let name = [of("last_name")?, of("first_name")?].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let email = order.word("email")?.or(order.word("contact_email")?).or(of("email")?);
    let buyer = Buyer {
        id: customer.as_ref().map_or(Ok(None), |customer| customer.name_of("id"))?,
        name: Some(name).filter(|name| !name.is_empty()).or(billed("name")?),
        phone: of("phone")?.or(billed("phone")?),
        // Haravan's stand-in for buyers without an address.
        email: email.filter(|email| email != "guest@haravan.com"),
        company,
        tax_code: None,
        masked: false,
    };
    Ok((buyer.id.is_some() || buyer.name.is_some() || buyer.phone.is_some() || buyer.email.is_some()).then_some(buyer))
}

/// An address of which only the country is known is nowhere to ship to.
fn ship_to(address: &Node<'_>) -> Result<Option<Address>, Problem> {
    let line = [address.word("address1")?, address.word("address2")?, address.word("ward")?].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let names = [address.word("last_name")?, address.word("first_name")?].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let told = Address {
        recipient: address.word("name")?.or(Some(names)).filter(|name| !name.is_empty()),
        phone: address.word("phone")?,
        line: Some(line).filter(|line| !line.is_empty()),
        district: address.word("district")?,
        city: address.word("city")?,
        region: address.word("province")?,
        postcode: address.word("zip")?,
        country: address.word("country_code")?.map(|code| code.to_uppercase()),
    };
    let known = told.recipient.is_some() || told.line.is_some() || told.region.is_some() || told.phone.is_some();
    Ok(known.then_some(told))
}

/// Where the order came from, as Haravan names it.
fn source(order: &Node<'_>) -> Result<Option<String>, Problem> {
    let mut parts = Vec::new();
    for key in ["source_name", "referring_site", "landing_site", "landing_site_ref", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "ref_order_number"] {
        parts.extend(order.word(key)?.map(|value| format!("{key}={value}")));
    }
    Ok(Some(parts.join("; ")).filter(|source| !source.is_empty()))
}

/// Themes ask for tax invoices in notes of the order; their names are the shop's own [U]: what names a tax code is a wish.
fn invoice(order: &Node<'_>) -> Result<Option<InvoiceRequest>, Problem> {
    let mut wish = InvoiceRequest { requested: true, number: None, name: None, tax_code: None, email: None, address: None };
    for note in order.listed("note_attributes")? {
        let (Some(name), Some(value)) = (note.word("name")?, note.word("value")?) else { continue };
        let name = name.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        match () {
            _ if has(&["mã số thuế", "tax code", "tax_code", "taxcode"]) || name == "mst" => wish.tax_code = Some(value),
            _ if has(&["công ty", "company"]) && !has(&["địa chỉ", "address"]) => wish.name = Some(value),
            _ if has(&["hóa đơn", "hoá đơn", "invoice"]) && has(&["email"]) => wish.email = Some(value),
            _ if has(&["địa chỉ công ty", "company address", "company_address", "invoice_address"]) => wish.address = Some(value),
            _ => {}
        }
    }
    Ok(wish.tax_code.is_some().then_some(wish))
}
