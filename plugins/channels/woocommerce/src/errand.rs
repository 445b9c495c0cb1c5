//! What a merchant asks of the shop: statuses and notes. An errand begins with the order as it is, so that an attempt repeated
//! does nothing twice. Money is never moved: to cancel is to call off, and what was paid is paid back by a person.

use crate::{
    document,
    shop::{call, get, is_number},
    stock,
};
use switchyard_sdk::{
    Action, Decimal, Document, Errand, Parcel, PluginError, Pushed, Refusal, WishedCancellation, ask,
    facts::{Fact, Shipment, Telling, What},
    http::Method,
    json::{Json, quoted},
    read::Node,
    time,
};

const NOTES_MAX: u32 = 100;

pub fn nothing_yet() -> Pushed {
    Pushed { reference: None, facts: Vec::new(), documents: Vec::new(), refusals: Vec::new() }
}

pub fn refused(subject: &str, code: &str, detail: &str) -> Refusal {
    let or = |text: &str, other: &str| if text.trim().is_empty() { other.to_owned() } else { text.trim().to_owned() };
    Refusal { subject: subject.to_owned(), code: or(code, "refused"), detail: or(detail, code) }
}

/// The shop's no to one subject; what may work later, or for nobody, stays an error.
pub fn no_to(subject: &str, error: PluginError) -> Result<Refusal, PluginError> {
    match error {
        PluginError::Permanent(said) => {
            let (code, detail) = said.split_once(": ").unwrap_or(("refused", &said));
            Ok(refused(subject, code, detail))
        }
        other => Err(other),
    }
}

pub fn push(errand: &Errand) -> Result<Pushed, PluginError> {
    if let Action::Stock(levels) = &errand.action {
        return stock::push(levels);
    }
    let order = errand.order.as_deref().filter(|id| is_number(id)).ok_or_else(|| PluginError::InvalidInput("an errand about an order names it by its id in the shop".into()))?;
    match &errand.action {
        Action::Confirm => set_status(order, "processing"),
        Action::Ship(parcel) => ship(order, &errand.id, parcel),
        Action::Cancel(wish) => cancel(order, &errand.id, wish),
        Action::Pack(_) => Err(PluginError::Unsupported("WooCommerce knows no packing".into())),
        Action::Invoice(_) => Err(PluginError::Unsupported("WooCommerce takes no invoices".into())),
        Action::Stock(levels) => stock::push(levels),
    }
}

/// Whether a status may be set where the order is.
#[derive(Debug, PartialEq)]
enum Step {
    Set,
    /// It is there already, or further along.
    Done,
    Never,
}

fn step(is: &str, wanted: &str) -> Step {
    match (is, wanted) {
        (is, wanted) if is == wanted => Step::Done,
        ("completed" | "shipped" | "delivered", "processing") => Step::Done,
        ("refunded" | "trash", "cancelled") => Step::Done,
        ("completed" | "delivered", "cancelled") => Step::Never,
        ("cancelled" | "refunded" | "failed" | "trash", _) => Step::Never,
        _ => Step::Set,
    }
}

/// Sets the status unless that was done, and tells what the shop answers.
fn set_status(order: &str, wanted: &str) -> Result<Pushed, PluginError> {
    let mut pushed = nothing_yet();
    let (mut body, is) = as_it_is(order)?;
    match step(&is, wanted) {
        Step::Done => {}
        Step::Never => pushed.refusals.push(refused(order, "status", &format!("the order is {is} and cannot become {wanted}"))),
        Step::Set => match call(Method::Put, &format!("/orders/{order}"), Some(format!(r#"{{"status":{}}}"#, quoted(wanted)))) {
            Ok(response) => body = response.body,
            Err(error) => pushed.refusals.push(no_to(order, error)?),
        },
    }
    let now = time::from_epoch_seconds(ask::now_seconds()).unwrap_or_default();
    pushed.facts.extend(document(&body, &now, None).map_err(ask::unreadable)?.facts);
    pushed.documents.push(Document { kind: "order".into(), id: order.to_owned(), body });
    Ok(pushed)
}

fn as_it_is(order: &str) -> Result<(Vec<u8>, String), PluginError> {
    let body = get(&format!("/orders/{order}"), &[])?.body;
    let json = Json::parse(&body).map_err(PluginError::Permanent)?;
    let status = Node::root(&json).and_then(|order| order.require_text("status")).map_err(ask::unreadable)?;
    Ok((body, status.trim_start_matches("wc-").to_owned()))
}

/// The buyer is told the waybill in a note. The order is completed when all of it has left; part of it leaves it as it is.
/// The shop itself keeps no parcels, so what left is told here: all of it as the parcel that a completed order stands for.
fn ship(order: &str, errand: &str, parcel: &Parcel) -> Result<Pushed, PluginError> {
    let (body, is) = as_it_is(order)?;
    if matches!(is.as_str(), "cancelled" | "refunded" | "failed" | "trash") {
        return Ok(Pushed { refusals: vec![refused(order, "status", &format!("the order is {is}"))], ..nothing_yet() });
    }
    let note = shipped_note(errand, parcel);
    add_note(order, &note)?;
    let mut pushed = if is_all(&body, parcel)? {
        let mut pushed = set_status(order, "completed")?;
        name_parcel(&mut pushed.facts, parcel);
        pushed
    } else {
        Pushed { facts: vec![left(order, errand, parcel)], ..nothing_yet() }
    };
    pushed.reference = parcel.tracking.clone();
    Ok(pushed)
}

/// Whether a parcel has everything the order has.
fn is_all(order: &[u8], parcel: &Parcel) -> Result<bool, PluginError> {
    if parcel.lines.is_empty() {
        return Ok(true);
    }
    let json = Json::parse(order).map_err(PluginError::Permanent)?;
    let read = || {
        for item in Node::root(&json)?.listed("line_items")? {
            let (id, wanted) = (item.require_id("id")?, item.sum_or_zero("quantity")?);
            let packed: Decimal = parcel.lines.iter().filter(|line| line.line_id == id).filter_map(|line| line.quantity.parse::<Decimal>().ok()).sum();
            if packed < wanted {
                return Ok(false);
            }
        }
        Ok(true)
    };
    read().map_err(ask::unreadable)
}

fn name_parcel(facts: &mut [Fact], parcel: &Parcel) {
    for fact in facts {
        if let What::Shipped(shipment) = &mut fact.what {
            shipment.carrier = shipment.carrier.take().or(parcel.carrier.clone());
            shipment.tracking = shipment.tracking.take().or(parcel.tracking.clone());
        }
    }
}

/// Part of an order has left, now.
fn left(order: &str, errand: &str, parcel: &Parcel) -> Fact {
    let seconds = ask::now_seconds();
    let telling = Telling { order: order.to_owned(), revision: seconds * 1000, occurred_at: time::from_epoch_seconds(seconds).unwrap_or_default() };
    let id = parcel.tracking.clone().filter(|tracking| !tracking.trim().is_empty()).unwrap_or_else(|| errand.to_owned());
    let at = Some(telling.occurred_at.clone());
    telling.fact(What::Shipped(Shipment { id, state: "handed_over".into(), carrier: parcel.carrier.clone(), tracking: parcel.tracking.clone(), lines: parcel.lines.clone(), at }))
}

struct Note {
    text: String,
    /// What shows that the note is there already.
    mark: String,
    for_buyer: bool,
}

fn shipped_note(errand: &str, parcel: &Parcel) -> Note {
    let carrier = parcel.carrier.as_deref().map(|carrier| format!(" with {carrier}")).unwrap_or_default();
    match parcel.tracking.as_deref().filter(|tracking| !tracking.trim().is_empty()) {
        Some(tracking) => Note { text: format!("Your order was sent{carrier}. Tracking number: {tracking}"), mark: tracking.to_owned(), for_buyer: true },
        None => Note { text: format!("Sent{carrier} ({errand})."), mark: errand.to_owned(), for_buyer: false },
    }
}

fn add_note(order: &str, note: &Note) -> Result<(), PluginError> {
    let there = get(&format!("/orders/{order}/notes"), &[("per_page", NOTES_MAX.to_string())])?.body;
    if has_note(&there, &note.mark)? {
        return Ok(());
    }
    call(Method::Post, &format!("/orders/{order}/notes"), Some(note_request(note)))?;
    Ok(())
}

fn has_note(notes: &[u8], mark: &str) -> Result<bool, PluginError> {
    let Json::List(notes) = Json::parse(notes).map_err(PluginError::Permanent)? else { return Ok(false) };
    Ok(notes.iter().any(|note| matches!(note.get("note"), Some(Json::Text(text)) if text.contains(mark))))
}

fn note_request(note: &Note) -> String {
    format!(r#"{{"note":{},"customer_note":{}}}"#, quoted(&note.text), note.for_buyer)
}

/// Orders are called off whole. Nothing is refunded by it.
fn cancel(order: &str, errand: &str, wish: &WishedCancellation) -> Result<Pushed, PluginError> {
    if !wish.lines.is_empty() {
        return Err(PluginError::Unsupported("WooCommerce cancels orders, not lines".into()));
    }
    let pushed = set_status(order, "cancelled")?;
    if pushed.refusals.is_empty() {
        let detail = wish.detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default();
        let text = format!("Cancelled, {}{detail} ({errand}).", wish.reason.replace('_', " "));
        add_note(order, &Note { text, mark: errand.to_owned(), for_buyer: false })?;
    }
    Ok(pushed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_go_one_way() {
        let table = [
            ("pending", "processing", Step::Set), ("on-hold", "processing", Step::Set), ("processing", "processing", Step::Done), ("completed", "processing", Step::Done),
            ("cancelled", "processing", Step::Never), ("processing", "completed", Step::Set), ("completed", "completed", Step::Done), ("refunded", "completed", Step::Never),
            ("processing", "cancelled", Step::Set), ("cancelled", "cancelled", Step::Done), ("refunded", "cancelled", Step::Done), ("completed", "cancelled", Step::Never),
            ("made-to-order", "cancelled", Step::Set),
        ];
        for (is, wanted, expected) in table {
            assert_eq!(step(is, wanted), expected, "{is} to {wanted}");
        }
    }

    #[test]
    fn all_of_an_order_is_what_its_lines_ask_for() {
        let order = br#"{"line_items":[{"id":1,"quantity":2},{"id":2,"quantity":"1"}]}"#;
        let line = |line_id: &str, quantity: &str| switchyard_sdk::facts::LineQuantity { line_id: line_id.into(), quantity: quantity.into() };
        let of = |lines: Vec<_>| is_all(order, &Parcel { carrier: None, tracking: None, lines }).unwrap();
        assert!(of(vec![]) && of(vec![line("1", "2"), line("2", "1")]) && of(vec![line("1", "1"), line("2", "1"), line("1", "1")]));
        assert!(!of(vec![line("1", "2")]) && !of(vec![line("1", "1"), line("2", "1")]));
    }

    #[test]
    fn a_waybill_is_told_once() {
        let parcel = Parcel { carrier: Some("GHN".into()), tracking: Some("GHN\"7".into()), lines: Vec::new() };
        let note = shipped_note("err_1", &parcel);
        assert_eq!(note_request(&note), r#"{"note":"Your order was sent with GHN. Tracking number: GHN\"7","customer_note":true}"#);
        assert!(has_note(br#"[{"id":1,"note":"x"},{"id":2,"note":"Tracking number: GHN\"7"}]"#, &note.mark).unwrap());
        assert!(!has_note(br#"[{"id":1,"note":"Tracking number: GHN8"}]"#, &note.mark).unwrap() && !has_note(b"[]", &note.mark).unwrap());
        let untold = shipped_note("err_1", &Parcel { carrier: None, tracking: None, lines: Vec::new() });
        assert_eq!((untold.text.as_str(), untold.mark.as_str(), untold.for_buyer), ("Sent (err_1).", "err_1", false));
    }
}
