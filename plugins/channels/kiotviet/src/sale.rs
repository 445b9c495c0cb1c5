//! An order (Đặt hàng) or an invoice (Hóa đơn): what was sold, how it was paid, where the goods are.
//!
//! Both have ids of their own numbering, so ours begin with the kind: `order-18947766`, `invoice-57730529`. KiotViet makes the
//! invoice out of the order and names its code; and it pulls orders of marketplaces in under their numbers. Which sale is the
//! same as which is told in `source`: `same_sale=kiotviet:DH000123`, `same_sale=shopee:2603010SCUQWWD` (SPEC §2.8).

use crate::{
    lines,
    marketplace,
    told::Told,
};
use switchyard_sdk::{
    Decimal, Problem,
    facts::{Address, Buyer, Cancellation, Description, Fact, Refund, Shipment, Telling, Tender, What, description, money},
    time,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Order,
    Invoice,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::Order => "order",
            Kind::Invoice => "invoice",
        }
    }

    fn details(self) -> &'static str {
        match self {
            Kind::Order => "orderDetails",
            Kind::Invoice => "invoiceDetails",
        }
    }

    /// Invoices: 1 done, 2 cancelled, 3 processing, 5 not delivered. Orders: 1 draft, 2 processing, 3 done, 4 cancelled.
    pub fn is_cancelled(self, status: Option<i64>) -> bool {
        status == Some(if self == Kind::Order { 4 } else { 2 })
    }

    /// How far along a status is: of two tellings of one moment the one further along wins.
    fn rank(self, status: Option<i64>) -> i64 {
        match (self, status) {
            (Kind::Order, Some(4)) | (Kind::Invoice, Some(2)) => 4,
            (Kind::Order, Some(3)) | (Kind::Invoice, Some(1)) => 3,
            (Kind::Invoice, Some(5)) => 2,
            (Kind::Order, Some(2 | 5)) | (Kind::Invoice, Some(3)) => 1,
            _ => 0,
        }
    }
}

pub fn key(kind: Kind, sale: &Told<'_>) -> Result<String, Problem> {
    let id = sale.id("id")?.or(sale.code("code")?).ok_or_else(|| sale.missing("id"))?;
    Ok(format!("{}-{id}", kind.word()))
}

pub fn facts(sale: &Told<'_>, kind: Kind, currency: &str) -> Result<Vec<Fact>, Problem> {
    let status = sale.number("status")?;
    let at = sale.time("modifiedDate")?.or(sale.time("createdDate")?).or(sale.time("purchaseDate")?).ok_or_else(|| sale.missing("purchaseDate"))?;
    // Milliseconds times ten: of one moment, the further status wins, then the telling that names its payments.
    let rank = kind.rank(status) * 2 + i64::from(!sale.list("payments")?.is_empty());
    let telling = Telling { order: key(kind, sale)?, revision: time::epoch_milliseconds(&at).unwrap_or_default() * 10 + rank, occurred_at: at };
    let cancelled = kind.is_cancelled(status);
    let mut facts = Vec::new();
    // A webhook may name a sale without its lines.
    let known = sale.has(kind.details());
    let lines = known.then(|| lines::lines(sale, kind.details(), currency)).transpose()?;
    let told = Description {
        number: sale.code("code")?,
        placed_at: sale.time("purchaseDate")?.or(sale.time("createdDate")?),
        currency: Some(currency.to_owned()),
        status: sale.word("statusValue")?.or(status.map(|status| status.to_string())),
        lines,
        stated_total: sale.sum("total")?.map(|total| total.to_string()),
        buyer: buyer(sale)?,
        ship_to: ship_to(sale)?,
        payment_method: methods(sale)?,
        cash_on_delivery: sale.flag("usingCod")?,
        staff: sale.word("soldByName")?.or(sale.id("soldById")?),
        branch: sale.word("branchName")?.or(sale.id("branchId")?),
        note: sale.word("description")?,
        source: source(sale)?,
        ..description()
    };
    facts.push(telling.fact(What::Described(told)));
    facts.extend(tenders(sale, &telling, cancelled, currency)?);
    if cancelled {
        let at = Some(telling.occurred_at.clone());
        facts.push(telling.fact(What::Cancelled(Cancellation { id: "order".into(), state: "accepted".into(), reason: None, by: None, lines: Vec::new(), at })));
    }
    match kind {
        Kind::Invoice => facts.extend(shipment(sale, status, &telling)?.map(|shipment| telling.fact(What::Shipped(shipment)))),
        // The invoices of an order are copies of it, so a finished order says itself that its goods are there.
        Kind::Order if status == Some(ORDER_DONE) => {
            let at = Some(telling.occurred_at.clone());
            facts.push(telling.fact(What::Shipped(Shipment { id: "order".into(), state: "delivered".into(), carrier: None, tracking: None, lines: Vec::new(), at })));
        }
        Kind::Order => {}
    }
    Ok(facts)
}

/// SPEC §9, order status: 3 done [C].
const ORDER_DONE: i64 = 3;

fn source(sale: &Told<'_>) -> Result<Option<String>, Problem> {
    let mut parts = Vec::new();
    if let Some((channel, number)) = sale.code("code")?.as_deref().and_then(marketplace::embedded) {
        parts.push(format!("same_sale={channel}:{number}"));
    }
    if let Some(order) = sale.code("orderCode")? {
        parts.push(format!("same_sale=kiotviet:{order}"));
    }
    let channel = sale.child("saleChannel").map_or(Ok(None), |channel| channel.word("name"))?.or(sale.word("saleChannelName")?);
    parts.extend(channel.map(|name| format!("sale_channel={name}")));
    Ok(Some(parts.join("; ")).filter(|source| !source.is_empty()))
}

fn delivery<'a>(sale: &Told<'a>) -> Option<Told<'a>> {
    ["invoiceDelivery", "orderDelivery", "deliveryDetail"].into_iter().find_map(|key| sale.child(key))
}

/// Names of marketplaces' buyers come with stars: "Đ******h".
fn buyer(sale: &Told<'_>) -> Result<Option<Buyer>, Problem> {
    let delivery = delivery(sale);
    let receiver = |key: &str| delivery.as_ref().map_or(Ok(None), |delivery| delivery.word(key));
    let name = sale.word("customerName")?.or(receiver("receiver")?);
    let phone = sale.word("customerContactNumber")?.or(sale.word("contactNumber")?).or(receiver("contactNumber")?);
    let masked = [&name, &phone].into_iter().flatten().any(|text| text.contains("**"));
    let buyer = Buyer { id: sale.id("customerId")?.or(sale.code("customerCode")?), name, phone, email: sale.word("customerEmail")?, company: None, tax_code: None, masked };
    Ok((buyer.id.is_some() || buyer.name.is_some() || buyer.phone.is_some()).then_some(buyer))
}

fn ship_to(sale: &Told<'_>) -> Result<Option<Address>, Problem> {
    let Some(delivery) = delivery(sale) else { return Ok(None) };
    let line = [delivery.word("address")?, delivery.word("wardName")?].into_iter().flatten().collect::<Vec<_>>().join(", ");
    // "Hà Nội - Quận Cầu Giấy": province, then district.
    let place = delivery.word("locationName")?;
    let (region, district) = match place.as_deref().and_then(|place| place.split_once(" - ")) {
        Some((region, district)) => (Some(region.trim().to_owned()), Some(district.trim().to_owned())),
        None => (place, None),
    };
    let address = Address {
        recipient: delivery.word("receiver")?,
        phone: delivery.word("contactNumber")?,
        line: Some(line).filter(|line| !line.is_empty()),
        district,
        city: None,
        region,
        postcode: None,
        country: None,
    };
    let known = address.recipient.is_some() || address.line.is_some() || address.region.is_some() || address.phone.is_some();
    Ok(known.then_some(address))
}

/// Our word for a way to pay, and who has the money. A voucher is a way to pay (SPEC §9): it was sold, or given away, before [U].
fn method(word: &str) -> (String, &'static str) {
    match word.to_ascii_lowercase().as_str() {
        "cash" => ("cash".into(), "tenant"),
        "transfer" | "tranfer" | "banktransfer" => ("bank_transfer".into(), "tenant"),
        "voucher" => ("voucher".into(), "tenant"),
        "point" | "points" => ("points".into(), "tenant"),
        "cod" => ("cod".into(), "carrier"),
        other => (other.to_owned(), "processor"),
    }
}

fn methods(sale: &Told<'_>) -> Result<Option<String>, Problem> {
    let mut names: Vec<String> = Vec::new();
    for payment in sale.list("payments")? {
        names.extend(payment.word("method")?.map(|word| method(&word).0).filter(|name| !names.contains(name)));
    }
    if names.is_empty() {
        names.extend(sale.word("method")?.map(|word| method(&word).0));
    }
    if names.is_empty() && sale.flag("usingCod")? == Some(true) {
        names.push("cod".into());
    }
    Ok(Some(names.join(", ")).filter(|names| !names.is_empty()))
}

/// Payments, each by its place in the list: a telling without the list knows only their sum, which then stands in the first
/// place, and the list takes it over. What of a sale on delivery is not paid is with the carrier.
fn tenders(sale: &Told<'_>, telling: &Telling, cancelled: bool, currency: &str) -> Result<Vec<Fact>, Problem> {
    let mut facts = Vec::new();
    let mut payments = sale.list("payments")?;
    payments.sort_by_key(|payment| payment.id("id").ok().flatten().and_then(|id| id.parse::<u64>().ok()).unwrap_or(u64::MAX));
    let mut received = Decimal::ZERO;
    for (index, payment) in payments.iter().enumerate() {
        let amount = payment.amount("amount")?;
        let id = format!("payment-{}", index + 1);
        let void = payment.number("status")? == Some(1) || payment.word("statusValue")?.is_some_and(|word| word.to_lowercase().contains("hủy"));
        let (reference, at) = (payment.code("code")?, payment.time("transDate")?);
        if amount < Decimal::ZERO && !void {
            let told = Refund { id, state: "executed".into(), amount: Some(money(-amount, currency)), reason: payment.word("description")?, lines: Vec::new(), at };
            facts.push(telling.fact(What::Refunded(told)));
        } else if amount > Decimal::ZERO {
            if !void {
                received += amount;
            }
            let (method, holder) = method(&payment.word("method")?.unwrap_or_else(|| "unknown".into()));
            let state = if void { "voided" } else { "captured" };
            facts.push(telling.fact(What::Tendered(Tender { id, method, state: state.into(), amount: money(amount, currency), holder: holder.into(), reference, at })));
        }
    }
    let told = sale.amount("totalPayment")?;
    if payments.is_empty() && told > Decimal::ZERO {
        received = told;
        let (method, holder) = method(&sale.word("method")?.unwrap_or_else(|| "unknown".into()));
        let tender = Tender { id: "payment-1".into(), method, state: "captured".into(), amount: money(told, currency), holder: holder.into(), reference: None, at: None };
        facts.push(telling.fact(What::Tendered(tender)));
    }
    if sale.flag("usingCod")? == Some(true) {
        let total = sale.amount("total")?;
        let open = total - received;
        let (state, amount) = if cancelled || open <= Decimal::ZERO { ("voided", total) } else { ("pending", open) };
        if amount > Decimal::ZERO {
            let tender = Tender { id: "cod".into(), method: "cod".into(), state: state.into(), amount: money(amount, currency), holder: "carrier".into(), reference: None, at: None };
            facts.push(telling.fact(What::Tendered(tender)));
        }
    }
    Ok(facts)
}

/// An invoice has at most one delivery. Without one, a finished invoice is a sale over the counter: the goods are handed over.
fn shipment(sale: &Told<'_>, status: Option<i64>, telling: &Telling) -> Result<Option<Shipment>, Problem> {
    let delivery = delivery(sale);
    let told = delivery.as_ref().map_or(Ok(None), |delivery| delivery.number("status"))?;
    let state = match (told.and_then(state), status) {
        // "Not delivered" is the invoice's word; on the way back is more than that.
        (None | Some("ready" | "in_transit" | "handed_over"), Some(5)) => "failed",
        (Some(state), _) => state,
        (None, Some(1)) => "delivered",
        // A sale over the counter that is undone: the goods are on the shelf again.
        (None, Some(2)) => "cancelled",
        _ => return Ok(None),
    };
    let partner = delivery.as_ref().and_then(|delivery| delivery.child("partnerDelivery"));
    let counter = delivery.is_none() && state == "delivered";
    Ok(Some(Shipment {
        id: "delivery".into(),
        state: state.into(),
        carrier: partner.map_or(Ok(None), |partner| partner.word("name"))?,
        tracking: delivery.as_ref().map_or(Ok(None), |delivery| delivery.word("deliveryCode"))?,
        lines: Vec::new(),
        at: if counter { sale.time("purchaseDate")? } else { Some(telling.occurred_at.clone()) },
    }))
}

/// `status` of a delivery: 1 waiting, 7 and 8 to be picked up, 9 picked up, 2 on the way, 10 to be tried again, 11 between
/// carriers, 3 delivered, 4 and 12 on the way back, 5 back, 6 cancelled.
fn state(status: i64) -> Option<&'static str> {
    Some(match status {
        7 | 8 => "ready",
        9 => "handed_over",
        2 | 10 | 11 => "in_transit",
        3 => "delivered",
        4 | 12 => "returning",
        5 => "returned",
        6 => "cancelled",
        // 1: nothing moved yet.
        _ => return None,
    })
}
