//! An order's detail, alone or with its escrow -> the sale, the money, the parcels, a cancellation, an invoice wish.

use crate::{
    escrow,
    naming::{Fullness, line_id, telling, telling_now},
    parcel,
};
use switchyard_sdk::{
    Decimal, Problem,
    facts::{Address, Buyer, Cancellation, Description, Fact, InvoiceRequest, Line, Shipment, Telling, Tender, What, description, line, money, reduce},
    read::Node,
};

/// `escrow` is the answer of `get_escrow_detail` for this order, when it was asked for.
pub fn facts(order: &Node<'_>, escrow: Option<&Node<'_>>) -> Result<Vec<Fact>, Problem> {
    let fullness = if escrow.is_some() { Fullness::WithEscrow } else { Fullness::Detail };
    let telling = telling(order.require_id("order_sn")?, order.require_seconds("update_time")?, fullness);
    let currency = order.currency("currency")?.ok_or_else(|| order.missing("currency"))?;
    let status = order.require_text("order_status")?;

    let mut told = describe(order, &status, &currency)?;
    if let Some(escrow) = escrow {
        escrow::explain(&mut told, escrow, &currency)?;
    }
    let mut facts = vec![telling.fact(What::Described(told))];
    facts.extend(tender(order, &status, &currency)?.map(|tender| telling.fact(What::Tendered(tender))));
    let mut reason = order.text("cancel_reason")?;
    if reason.is_none() {
        reason = order.text("buyer_cancel_reason")?;
    }
    facts.extend(cancellation(&status, reason, order.text("cancel_by")?, &telling).map(|cancellation| telling.fact(What::Cancelled(cancellation))));
    match order.children("package_list")? {
        Some(packages) => {
            for package in packages {
                facts.extend(parcel::shipment(&package, "logistics_status", order)?.map(|shipment| telling.fact(What::Shipped(shipment))));
            }
        }
        // The answer was not asked for packages: the status speaks for the whole order.
        None => facts.extend(whole_shipment(order, &status)?.map(|shipment| telling.fact(What::Shipped(shipment)))),
    }
    let invoice = order.child("invoice_data")?;
    if status == "INVOICE_PENDING" || invoice.is_some() {
        let number = invoice.map_or(Ok(None), |invoice| invoice.id("number"))?;
        let wish = InvoiceRequest { requested: true, number, name: None, tax_code: None, email: None, address: None };
        facts.push(telling.fact(What::InvoiceRequested(wish)));
    }
    if let (Some(escrow), "COMPLETED") = (escrow, status.as_str()) {
        facts.extend(escrow::settlement(escrow, &telling, &currency)?);
    }
    Ok(facts)
}

fn describe(order: &Node<'_>, status: &str, currency: &str) -> Result<Description, Problem> {
    Ok(Description {
        number: Some(order.require_id("order_sn")?),
        placed_at: order.instant_of_seconds("create_time")?,
        currency: Some(currency.to_owned()),
        status: Some(status.to_owned()),
        lines: order.children("item_list")?.map(|items| lines(&items, currency)).transpose()?,
        stated_total: order.decimal("total_amount")?.map(|total| total.to_string()),
        buyer: buyer(order)?,
        ship_to: order.child("recipient_address")?.map(|address| ship_to(&address)).transpose()?,
        payment_method: order.text("payment_method")?,
        cash_on_delivery: order.flag("cod")?,
        note: order.text("message_to_seller")?,
        ..description()
    })
}

/// The list price is `model_original_price`; what the buyer does not pay of it is a discount named after its promotion.
/// Who funds it the detail does not say: it counts as the seller's until the escrow tells (SPEC §3, promotion fields).
/// A bundle deal's `model_discounted_price` is 0 though nothing is free, so it says nothing.
fn lines(items: &[Node<'_>], currency: &str) -> Result<Vec<Line>, Problem> {
    let mut lines: Vec<Line> = Vec::new();
    for item in items {
        let (id, quantity) = (line_id(item)?, item.require_quantity("model_quantity_purchased")?);
        let listed = item.require_decimal("model_original_price")?;
        let promotion = item.text("promotion_type")?;
        let mut goods = line(distinct(&lines, id, item)?, "product", quantity, listed, currency);
        goods.sku = item.short("model_sku")?.or(item.short("item_sku")?);
        goods.name = name(item)?;
        goods.gift = promotion.as_deref() == Some("add_on_free_gift_sub");
        if let Some(paid) = item.decimal("model_discounted_price")?.filter(|paid| goods.gift || !paid.is_zero()) {
            reduce(&mut goods, "marketing_discount", "tenant", (listed - paid) * quantity, promotion.as_deref());
        }
        lines.push(goods);
    }
    Ok(lines)
}

/// One model twice in an order (once in a deal, once outside) makes two lines: the second is told apart by its order item.
fn distinct(lines: &[Line], id: String, item: &Node<'_>) -> Result<String, Problem> {
    let taken = |id: &str| lines.iter().any(|line| line.id == id);
    if !taken(&id) {
        return Ok(id);
    }
    let by_item = format!("{id}-{}", item.id("order_item_id")?.unwrap_or_default());
    let numbered = (2..).map(|number| format!("{id}-{number}"));
    Ok(std::iter::once(by_item).chain(numbered).find(|id| !taken(id)).unwrap_or(id))
}

pub fn name(item: &Node<'_>) -> Result<Option<String>, Problem> {
    let parts: Vec<String> = [item.text("item_name")?, item.text("model_name")?].into_iter().flatten().collect();
    Ok(Some(parts.join(" / ")).filter(|name| !name.is_empty()))
}

fn buyer(order: &Node<'_>) -> Result<Option<Buyer>, Problem> {
    let recipient = order.child("recipient_address")?;
    let of = |key: &str| recipient.as_ref().map_or(Ok(None), |recipient| recipient.text(key));
    let (name, phone) = (order.text("buyer_username")?.or(of("name")?), of("phone")?);
    let id = order.id("buyer_user_id")?;
    if id.is_none() && name.is_none() && phone.is_none() {
        return Ok(None);
    }
    // A user name is nobody's name, and Shopee masks the recipient once a parcel is on its way.
    Ok(Some(Buyer { id, name, phone, email: None, company: None, tax_code: order.id("buyer_cpf_id")?, masked: true }))
}

fn ship_to(address: &Node<'_>) -> Result<Address, Problem> {
    Ok(Address {
        recipient: address.text("name")?,
        phone: address.text("phone")?,
        line: address.text("full_address")?,
        district: address.text("district")?.or(address.text("town")?),
        city: address.text("city")?,
        region: address.text("state")?,
        postcode: address.text("zipcode")?,
        country: address.text("region")?,
    })
}

/// Shopee holds what buyers pay until it is released; cash on delivery is with the carrier until Shopee says it was paid
/// (SPEC §11: READY_TO_SHIP and later mean paid, or cash on delivery pending).
fn tender(order: &Node<'_>, status: &str, currency: &str) -> Result<Option<Tender>, Problem> {
    let Some(total) = order.decimal("total_amount")? else { return Ok(None) };
    let paid_at = order.instant_of_seconds("pay_time")?;
    let on_delivery = order.flag("cod")?.unwrap_or(false);
    let moving = matches!(status, "READY_TO_SHIP" | "PROCESSED" | "RETRY_SHIP" | "SHIPPED" | "TO_CONFIRM_RECEIVE" | "TO_RETURN" | "IN_CANCEL" | "INVOICE_PENDING");
    let (state, holder) = match (paid_at.is_some(), on_delivery, status) {
        (true, ..) | (_, _, "COMPLETED") => ("captured", "marketplace"),
        (_, true, "CANCELLED") => ("voided", "carrier"),
        (_, true, "UNPAID" | "PENDING") => return Ok(None),
        (_, true, _) => ("pending", "carrier"),
        (_, false, _) if moving => ("captured", "marketplace"),
        _ => return Ok(None),
    };
    let method = order.text("payment_method")?.unwrap_or_else(|| if on_delivery { "Cash on Delivery".into() } else { "Shopee".into() });
    Ok(Some(Tender { id: "payment".into(), method, state: state.into(), amount: money(total, currency), holder: holder.into(), reference: None, at: paid_at }))
}

/// What a status says of a cancellation. A cancel reason on an order that goes on means that the seller refused it.
pub fn cancellation(status: &str, reason: Option<String>, by: Option<String>, telling: &Telling) -> Option<Cancellation> {
    let state = match status {
        "IN_CANCEL" => "requested",
        "CANCELLED" => "accepted",
        _ if reason.is_some() => "rejected",
        _ => return None,
    };
    Some(Cancellation { id: "cancellation".into(), state: state.into(), reason, by, lines: Vec::new(), at: Some(telling.occurred_at.clone()) })
}

fn whole_shipment(order: &Node<'_>, status: &str) -> Result<Option<Shipment>, Problem> {
    let state = match status {
        "SHIPPED" => "in_transit",
        "TO_CONFIRM_RECEIVE" | "COMPLETED" => "delivered",
        "PROCESSED" => "ready",
        _ => return Ok(None),
    };
    let at = if state == "in_transit" { order.instant_of_seconds("pickup_done_time")? } else { None };
    Ok(Some(Shipment { id: "order".into(), state: state.into(), carrier: order.text("shipping_carrier")?, tracking: None, lines: Vec::new(), at }))
}

/// One element of `get_buyer_invoice_info`.
pub fn invoice_request(asked: &Node<'_>, received_at: &str) -> Result<Vec<Fact>, Problem> {
    if let Some(error) = asked.text("error")?.filter(|error| error != "-") {
        return Err(asked.problem("error", &format!("shopee has no invoice data for this order: {error}")));
    }
    let telling = telling_now(asked.require_id("order_sn")?, received_at);
    let detail = asked.child("invoice_detail")?;
    let of = |key: &str| detail.as_ref().map_or(Ok(None), |detail| detail.text(key));
    let company = |key: &str| of(key);
    Ok(vec![telling.fact(What::InvoiceRequested(InvoiceRequest {
        requested: asked.flag("is_requested")?.ok_or_else(|| asked.missing("is_requested"))?,
        number: None,
        name: company("organization_name")?.or(of("name")?),
        tax_code: of("tax_id")?.or(company("tax_code")?),
        email: of("email")?,
        address: of("address")?,
    }))])
}

/// The quantity of goods in these lines, for shares of what the whole order bears.
pub fn gross(line: &Line) -> Decimal {
    let of = |text: &str| text.parse::<Decimal>().unwrap_or_default();
    of(&line.quantity) * of(&line.unit_price.amount)
}
