//! One order of the API -> the sale, the money, the parcels, what was cancelled, an invoice wish.

use crate::naming::{answered, status};
use switchyard_sdk::{
    Decimal, Problem,
    facts::{
        Address, Buyer, Cancellation, Component, Description, Fact, InvoiceRequest, Line, LineQuantity, Shipment, Tax, Tender, What, description, line, money, reduce,
        share,
    },
    read::Node,
};

pub fn facts(order: &Node<'_>) -> Result<Vec<Fact>, Problem> {
    let telling = answered(order.require_id("id")?, order.require_seconds("update_time")?);
    let word = status(&order.require_text("status")?);
    let payment = order.child("payment")?;
    let currency = match &payment {
        Some(payment) => payment.currency("currency")?.ok_or_else(|| payment.missing("currency"))?,
        None => return Err(order.missing("payment")),
    };
    let payment = order.require_child("payment")?;
    let items = order.children("line_items")?.ok_or_else(|| order.missing("line_items"))?;

    let told = Description {
        number: Some(telling.order.clone()),
        placed_at: order.instant_of_seconds("create_time")?,
        currency: Some(currency.clone()),
        status: Some(word.clone()),
        lines: Some(lines(&items, &payment, &currency)?),
        stated_total: payment.decimal("total_amount")?.map(|total| total.to_string()),
        buyer: buyer(order)?,
        ship_to: order.child("recipient_address")?.map(|address| ship_to(&address)).transpose()?,
        payment_method: order.text("payment_method_name")?,
        cash_on_delivery: order.flag("is_cod")?,
        note: order.text("buyer_message")?,
        source: order.text("commerce_platform")?,
        ..description()
    };
    let mut facts = vec![telling.fact(What::Described(told))];
    facts.extend(tender(order, &payment, &word, &currency)?.map(|tender| telling.fact(What::Tendered(tender))));
    facts.extend(shipments(order, &items, &word)?.into_iter().map(|shipment| telling.fact(What::Shipped(shipment))));
    facts.extend(cancellation(order, &items, &word)?.map(|cancellation| telling.fact(What::Cancelled(cancellation))));
    if order.text("need_upload_invoice")?.as_deref() == Some("NEED_INVOICE") {
        let wish = InvoiceRequest { requested: true, number: None, name: None, tax_code: order.text("cpf")?, email: None, address: None };
        facts.push(telling.fact(What::InvoiceRequested(wish)));
    }
    Ok(facts)
}

fn lines(items: &[Node<'_>], payment: &Node<'_>, currency: &str) -> Result<Vec<Line>, Problem> {
    let mut lines = Vec::new();
    for item in items {
        let mut unit = line(item.require_id("id")?, "product", Decimal::ONE, item.require_decimal("original_price")?, currency);
        unit.sku = item.short("seller_sku")?.or(item.id("sku_id")?);
        let name: Vec<String> = [item.text("product_name")?, item.text("sku_name")?].into_iter().flatten().collect();
        unit.name = Some(name.join(" / ")).filter(|name| !name.is_empty());
        unit.gift = item.flag("is_gift")?.unwrap_or(false);
        reduce(&mut unit, "marketing_discount", "tenant", item.amount("seller_discount")?, None);
        reduce(&mut unit, "marketing_discount", "marketplace", item.amount("platform_discount")?, None);
        lines.push(unit);
    }
    lines.extend(shipping(payment, currency)?);
    for key in ["buyer_service_fee", "small_order_fee", "retail_delivery_fee", "handling_fee"] {
        let fee = payment.amount(key)?;
        if !fee.is_zero() {
            lines.push(line(key, "fee", Decimal::ONE, fee, currency));
        }
    }
    tax(&mut lines, items, payment)?;
    Ok(lines)
}

/// Shipping before and after who subsidises it. A cofunded discount does not say how much the seller bears; it counts as the
/// marketplace's and keeps its name.
fn shipping(payment: &Node<'_>, currency: &str) -> Result<Option<Line>, Problem> {
    let Some(listed) = payment.decimal("original_shipping_fee")?.or(payment.decimal("shipping_fee")?) else { return Ok(None) };
    let mut carried = line("shipping", "shipping", Decimal::ONE, listed, currency);
    if payment.has("original_shipping_fee") {
        for (key, funder, code) in [
            ("shipping_fee_seller_discount", "tenant", None),
            ("shipping_fee_platform_discount", "marketplace", None),
            ("shipping_fee_cofunded_discount", "marketplace", Some("cofunded")),
        ] {
            reduce(&mut carried, "shipping_discount", funder, payment.amount(key)?, code);
        }
    }
    Ok((!listed.is_zero() || !carried.components.is_empty()).then_some(carried))
}

/// Whether tax is inside the prices or on top depends on the country, and the payload does not say; its own sum does:
/// on top only where `total_amount` is reached with the tax and not without it (SPEC §4: inside in VN).
fn tax(lines: &mut [Line], items: &[Node<'_>], payment: &Node<'_>) -> Result<(), Problem> {
    let told = payment.amount("tax")?;
    if told.is_zero() || lines.is_empty() {
        return Ok(());
    }
    let net: Vec<Decimal> = lines.iter().map(paid).collect();
    let sum: Decimal = net.iter().sum();
    let included = payment.decimal("total_amount")? != Some(sum + told);
    // Units tell their own taxes in some countries. Where these do not make up the whole, the whole is shared by price.
    let mut own: Vec<Vec<Tax>> = Vec::new();
    for item in items {
        let mut taxes = Vec::new();
        for tax in item.children("item_tax")?.unwrap_or_default() {
            let name = tax.text("tax_type")?.unwrap_or_else(|| "tax".into());
            taxes.push(Tax { name, rate: None, amount: tax.require_decimal("tax_amount")?.to_string(), included });
        }
        own.push(taxes);
    }
    let shipping_tax = payment.amount("shipping_fee_tax")?;
    let of_items: Decimal = own.iter().flatten().filter_map(|tax| tax.amount.parse::<Decimal>().ok()).sum();
    let whole = |amount: Decimal| Tax { name: "tax".into(), rate: None, amount: amount.to_string(), included };
    if of_items + shipping_tax == told {
        for (line, taxes) in lines.iter_mut().zip(own) {
            line.taxes = taxes;
        }
        if let Some(carried) = lines.iter_mut().find(|line| line.kind == "shipping").filter(|_| !shipping_tax.is_zero()) {
            carried.taxes.push(whole(shipping_tax));
        }
    } else {
        let told = told.normalize();
        let weights: Vec<Decimal> = net.iter().map(|paid| (*paid).max(Decimal::ZERO)).collect();
        for (line, part) in lines.iter_mut().zip(share(told, &weights, told.scale())) {
            if !part.is_zero() {
                line.taxes.push(whole(part));
            }
        }
    }
    Ok(())
}

/// What the buyer pays for a line, before tax on top.
fn paid(line: &Line) -> Decimal {
    let of = |text: &str| text.parse::<Decimal>().unwrap_or_default();
    let off = |component: &Component| of(&component.amount);
    of(&line.unit_price.amount) * of(&line.quantity) - line.components.iter().map(off).sum::<Decimal>()
}

/// Addresses of mail are aliases of the platform, names and phones are masked once it ships (SPEC §4).
fn buyer(order: &Node<'_>) -> Result<Option<Buyer>, Problem> {
    let recipient = order.child("recipient_address")?;
    let of = |key: &str| recipient.as_ref().map_or(Ok(None), |recipient| recipient.text(key));
    let buyer = Buyer {
        id: order.id("user_id")?,
        name: of("name")?,
        phone: of("phone_number")?,
        email: order.text("buyer_email")?,
        company: None,
        tax_code: order.text("cpf")?,
        masked: true,
    };
    Ok((buyer.id.is_some() || buyer.name.is_some()).then_some(buyer))
}

fn ship_to(address: &Node<'_>) -> Result<Address, Problem> {
    let mut levels = [None, None, None, None];
    for level in address.children("district_info")?.unwrap_or_default() {
        // L0 is the country, L1 the province, L2 the city, L3 the district.
        let index = match level.text("address_level")?.as_deref() {
            Some("L1") => 1,
            Some("L2") => 2,
            Some("L3") => 3,
            _ => continue,
        };
        levels[index] = level.text("address_name")?;
    }
    let [_, region, city, district] = levels;
    Ok(Address {
        recipient: address.text("name")?,
        phone: address.text("phone_number")?,
        line: address.text("full_address")?.or(address.text("address_detail")?),
        district,
        city,
        region,
        postcode: address.text("postal_code")?,
        country: address.text("region_code")?,
    })
}

/// The platform holds the buyer's money; cash on delivery is with the carrier until the order is completed (SPEC §11).
fn tender(order: &Node<'_>, payment: &Node<'_>, word: &str, currency: &str) -> Result<Option<Tender>, Problem> {
    let Some(total) = payment.decimal("total_amount")? else { return Ok(None) };
    let paid_at = order.instant_of_seconds("paid_time")?;
    let on_delivery = order.flag("is_cod")?.unwrap_or(false);
    let moving = matches!(word, "ON_HOLD" | "AWAITING_SHIPMENT" | "PARTIALLY_SHIPPING" | "AWAITING_COLLECTION" | "IN_TRANSIT" | "DELIVERED");
    let (state, holder) = match (paid_at.is_some(), on_delivery, word) {
        (true, ..) | (_, _, "COMPLETED") => ("captured", "marketplace"),
        (_, true, "CANCELLED") => ("voided", "carrier"),
        (_, true, _) if moving => ("pending", "carrier"),
        (_, false, _) if moving => ("captured", "marketplace"),
        _ => return Ok(None),
    };
    let method = order.text("payment_method_name")?.unwrap_or_else(|| if on_delivery { "Cash on delivery".into() } else { "TikTok Shop".into() });
    Ok(Some(Tender { id: "payment".into(), method, state: state.into(), amount: money(total, currency), holder: holder.into(), reference: None, at: paid_at }))
}

/// Units that travel in one package are one shipment. A unit says where it is in `display_status`, or else the order does.
fn shipments(order: &Node<'_>, items: &[Node<'_>], word: &str) -> Result<Vec<Shipment>, Problem> {
    let mut shipments: Vec<Shipment> = Vec::new();
    for item in items {
        let display = item.text("display_status")?;
        let tracking = item.text("tracking_number")?.or(order.text("tracking_number")?);
        let travelled = tracking.is_some() && item.has("rts_time");
        let Some(state) = state(display.as_deref().unwrap_or(word), travelled) else { continue };
        let id = item.id("package_id")?.unwrap_or_else(|| "order".into());
        let unit = LineQuantity { line_id: item.require_id("id")?, quantity: "1".into() };
        if let Some(shipment) = shipments.iter_mut().find(|shipment| shipment.id == id) {
            shipment.lines.push(unit);
            continue;
        }
        let at = match state {
            "ready" => order.instant_of_seconds("rts_time")?,
            "in_transit" => order.instant_of_seconds("collection_time")?,
            "delivered" => order.instant_of_seconds("delivery_time")?,
            _ => None,
        };
        let carrier = item.text("shipping_provider_name")?.or(order.text("shipping_provider")?);
        shipments.push(Shipment { id, state: state.into(), carrier, tracking, lines: vec![unit], at });
    }
    Ok(shipments)
}

/// Cancelled after it left (it has a tracking number and was handed over) means that the parcel failed, not that it never was.
fn state(word: &str, travelled: bool) -> Option<&'static str> {
    Some(match word {
        "AWAITING_COLLECTION" => "ready",
        "IN_TRANSIT" => "in_transit",
        "DELIVERED" | "COMPLETED" => "delivered",
        "CANCELLED" if travelled => "failed",
        _ => return None,
    })
}

/// A cancelled order, or cancelled units of an order that goes on.
fn cancellation(order: &Node<'_>, items: &[Node<'_>], word: &str) -> Result<Option<Cancellation>, Problem> {
    let (by, reason) = (order.text("cancellation_initiator")?, order.text("cancel_reason")?);
    let at = order.instant_of_seconds("cancel_time")?;
    if word == "CANCELLED" {
        return Ok(Some(Cancellation { id: "order".into(), state: "accepted".into(), reason, by, lines: Vec::new(), at }));
    }
    let (mut lines, mut reasons) = (Vec::new(), Vec::new());
    for item in items {
        if item.text("display_status")?.as_deref() == Some("CANCELLED") {
            lines.push(LineQuantity { line_id: item.require_id("id")?, quantity: "1".into() });
            reasons.extend(item.text("cancel_reason")?);
        }
    }
    let cancelled = !lines.is_empty();
    Ok(cancelled.then(|| Cancellation { id: "lines".into(), state: "accepted".into(), reason: reasons.into_iter().next(), by, lines, at }))
}
