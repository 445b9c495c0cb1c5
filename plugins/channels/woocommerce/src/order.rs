//! One order of the REST API, of version 3 or of the older bodies -> the sale, the money, a cancellation, refunds, parcels.

use crate::{lines, meta, payment, refund, shipment};
use switchyard_sdk::{
    Problem,
    answer::Understood,
    facts::{Address, Buyer, Cancellation, Description, InvoiceRequest, Telling, What, description},
    read::Node,
    time,
};

/// A shop that keeps stock for unpaid orders calls them off after an hour, unless it is told otherwise.
const UNPAID_SECONDS_KEPT: i64 = 3_600;
/// Keys under which plugins keep the number of a tax payer, and the wish for an invoice. [U]
const TAX_CODES: [&str; 10] = ["_billing_vat_number", "billing_vat_number", "_vat_number", "vat_number", "_billing_vat", "billing_vat", "_billing_tax_code", "billing_tax_code", "_billing_mst", "billing_mst"];
const INVOICE_WISHES: [&str; 6] = ["_invoice_requested", "invoice_requested", "_vat_invoice", "vat_invoice", "_xuat_hoa_don", "xuat_hoa_don"];

pub fn understand(order: &Node<'_>, received_at: &str) -> Result<Understood, Problem> {
    let status = order.require_text("status")?.trim_start_matches("wc-").to_owned();
    if matches!(status.as_str(), "checkout-draft" | "auto-draft") {
        return Ok(Understood::ignored("a buyer fills in the checkout; that is no order yet"));
    }
    let id = order.require_id("id")?;
    let created_at = first(order, ["date_created_gmt", "date_created", "created_at"])?.unwrap_or_else(|| received_at.to_owned());
    let changed_at = first(order, ["date_modified_gmt", "date_modified", "updated_at"])?.unwrap_or_else(|| created_at.clone());
    let telling = Telling { order: id.clone(), revision: time::epoch_milliseconds(&changed_at).unwrap_or_default(), occurred_at: changed_at.clone() };
    let currency = order.code("currency")?.ok_or_else(|| order.missing("currency"))?;
    let total = order.sum("total")?;

    let mut told = describe(order, &status, &currency)?;
    told.placed_at = Some(created_at.clone()).filter(|at| !at.is_empty());
    let tax_code = told.buyer.as_ref().and_then(|buyer| buyer.tax_code.clone());
    let name = told.buyer.as_ref().and_then(|buyer| buyer.company.clone().or(buyer.name.clone()));
    let mut facts = vec![telling.fact(What::Described(told))];
    facts.extend(payment::tender(order, &status, total, &currency)?.map(|tender| telling.fact(What::Tendered(tender))));
    facts.extend(cancellation(order, &status, &created_at, &changed_at)?.map(|cancellation| telling.fact(What::Cancelled(cancellation))));
    facts.extend(refund::inside(order, &id, &created_at, &changed_at, &currency)?);
    facts.extend(shipment::shipments(order, &status)?.into_iter().map(|shipment| telling.fact(What::Shipped(shipment))));
    if meta::is_yes(order, &INVOICE_WISHES)? {
        facts.push(telling.fact(What::InvoiceRequested(InvoiceRequest { requested: true, number: None, name, tax_code, email: None, address: None })));
    }
    Ok(Understood { facts, ..Understood::default() })
}

fn first(order: &Node<'_>, keys: [&str; 3]) -> Result<Option<String>, Problem> {
    for key in keys {
        if let Some(at) = order.moment(key)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// An order left unpaid for an hour is called off by its shop, and lives again when it is paid after all: nothing in it says
/// that it ever was called off, so a payment that late says that it is not.
fn cancellation(order: &Node<'_>, status: &str, created_at: &str, changed_at: &str) -> Result<Option<Cancellation>, Problem> {
    let told = |state: &str| Some(Cancellation { id: "order".into(), state: state.into(), reason: None, by: None, lines: Vec::new(), at: Some(changed_at.to_owned()) });
    if status == "cancelled" {
        return Ok(told("accepted"));
    }
    let late = match payment::paid_at(order)? {
        Some(paid) => time::epoch_seconds(&paid).unwrap_or_default() - time::epoch_seconds(created_at).unwrap_or_default() >= UNPAID_SECONDS_KEPT,
        None => false,
    };
    let (method, _) = payment::method(order)?;
    // These wait for their money on hold or at the door, and are not called off for want of it.
    let waits = payment::on_delivery(method.as_deref()) || matches!(method.as_deref(), Some("bacs" | "cheque"));
    Ok(if late && !waits && matches!(status, "processing" | "completed") { told("withdrawn") } else { None })
}

fn describe(order: &Node<'_>, status: &str, currency: &str) -> Result<Description, Problem> {
    let total = order.sum("total")?;
    let (method, title) = payment::method(order)?;
    let number = match order.code("number")? {
        Some(number) => Some(number),
        None => order.code("order_number")?,
    };
    Ok(Description {
        number,
        currency: Some(currency.to_owned()),
        status: Some(status.to_owned()),
        lines: Some(lines::lines(order, currency, total)?),
        stated_total: total.map(|total| total.to_string()),
        buyer: buyer(order)?,
        ship_to: ship_to(order)?,
        cash_on_delivery: method.as_deref().map(|method| payment::on_delivery(Some(method))),
        payment_method: title.or(method),
        note: order.word("customer_note")?.or(order.word("note")?),
        source: source(order)?,
        ..description()
    })
}

fn billing<'a>(order: &Node<'a>) -> Option<Node<'a>> {
    order.maybe("billing").or_else(|| order.maybe("billing_address"))
}

fn name(address: &Node<'_>) -> Result<Option<String>, Problem> {
    let name: Vec<String> = [address.word("first_name")?, address.word("last_name")?].into_iter().flatten().collect();
    Ok(Some(name.join(" ")).filter(|name| !name.is_empty()))
}

fn buyer(order: &Node<'_>) -> Result<Option<Buyer>, Problem> {
    let billing = billing(order);
    let of = |key: &str| billing.as_ref().map_or(Ok(None), |billing| billing.word(key));
    let buyer = Buyer {
        id: order.name_of("customer_id")?,
        name: billing.as_ref().map_or(Ok(None), name)?,
        phone: of("phone")?,
        email: of("email")?,
        company: of("company")?,
        tax_code: meta::text(order, &TAX_CODES)?,
        masked: false,
    };
    let known = buyer.id.is_some() || buyer.name.is_some() || buyer.phone.is_some() || buyer.email.is_some();
    Ok(known.then_some(buyer))
}

/// An order whose shipping address is empty goes to the billing address.
fn ship_to(order: &Node<'_>) -> Result<Option<Address>, Problem> {
    let billing = billing(order);
    for address in [order.maybe("shipping").or_else(|| order.maybe("shipping_address")), billing.clone()].into_iter().flatten() {
        let line: Vec<String> = [address.word("address_1")?, address.word("address_2")?].into_iter().flatten().collect();
        let told = Address {
            recipient: name(&address)?.or(address.word("company")?),
            phone: address.word("phone")?.or(billing.as_ref().map_or(Ok(None), |billing| billing.word("phone"))?),
            line: Some(line.join(", ")).filter(|line| !line.is_empty()),
            district: None,
            city: address.word("city")?,
            region: address.word("state")?,
            postcode: address.word("postcode")?,
            country: address.word("country")?,
        };
        if told.line.is_some() || told.city.is_some() || told.postcode.is_some() {
            return Ok(Some(told));
        }
    }
    Ok(None)
}

/// Where the order was made, and what WooCommerce's own attribution says of how the buyer came.
fn source(order: &Node<'_>) -> Result<Option<String>, Problem> {
    let mut parts: Vec<String> = order.word("created_via")?.map(|via| format!("created_via={via}")).into_iter().collect();
    for key in ["source_type", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "referrer", "session_entry"] {
        parts.extend(meta::text(order, &[&format!("_wc_order_attribution_{key}")])?.map(|value| format!("{key}={value}")));
    }
    Ok(Some(parts.join("; ")).filter(|source| !source.is_empty()))
}
