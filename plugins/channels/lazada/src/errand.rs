//! What a seller asks of Lazada. Every errand begins with the items as they are, so that an attempt repeated does nothing
//! twice, and ends with the items as they became.

use crate::{
    api::{self, get, parsed, post, unreadable},
    item::{self, Item},
    naming::Stage,
    pack, stock,
};
use switchyard_sdk::{
    Action, Document, Errand, Fetched, InvoiceCopy, PluginError, Pushed, Refusal, WishedCancellation,
    facts::LineQuantity,
    json::Json,
    read::Node,
};

pub fn push(errand: &Errand) -> Result<Pushed, PluginError> {
    if let Action::Stock(levels) = &errand.action {
        return stock::push(levels);
    }
    let order = errand.order.as_deref().filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()));
    let order = order.ok_or_else(|| PluginError::InvalidInput("an errand about an order names it by Lazada's number".into()))?;
    match &errand.action {
        // Lazada decides that an order stands; packing it is the seller's first word.
        Action::Confirm => Err(PluginError::Unsupported("Lazada's orders are not confirmed".into())),
        Action::Pack(parcel) => pack::pack(order, parcel),
        Action::Ship(parcel) => pack::ship(order, parcel),
        Action::Cancel(wish) => cancel(order, wish),
        Action::Invoice(copy) => invoice(order, copy),
        Action::Stock(levels) => stock::push(levels),
    }
}

pub fn nothing_yet() -> Pushed {
    Pushed { reference: None, facts: Vec::new(), documents: Vec::new(), refusals: Vec::new() }
}

pub fn items(order: &str) -> Result<Vec<Item>, PluginError> {
    let (_, json) = item::items(order)?;
    unreadable(item::read_items(&json))
}

/// The items an errand is about: those it names, or all that are not cancelled. A name the order does not have is refused.
pub fn wanted<'a>(items: &'a [Item], lines: &[LineQuantity], pushed: &mut Pushed) -> Vec<&'a Item> {
    if lines.is_empty() {
        return items.iter().filter(|item| item.stage != Some(Stage::Cancelled)).collect();
    }
    let mut wanted = Vec::new();
    for line in lines {
        match items.iter().find(|item| item.id == line.line_id) {
            Some(item) => wanted.push(item),
            None => pushed.refusals.push(refused(&line.line_id, "unknown_item", "the order has no such item")),
        }
    }
    wanted
}

pub fn refused(subject: &str, code: &str, detail: &str) -> Refusal {
    // Some answers give only one of the two.
    let or = |text: &str, other: &str| if text.trim().is_empty() { other.to_owned() } else { text.trim().to_owned() };
    Refusal { subject: subject.to_owned(), code: or(code, "refused"), detail: or(detail, code) }
}

/// The channel's no to one subject; what may work later, or for nobody, stays an error.
pub fn no_to(subject: &str, error: PluginError) -> Result<Refusal, PluginError> {
    match error {
        PluginError::Permanent(said) => {
            let (code, detail) = said.split_once(": ").unwrap_or(("refused", &said));
            Ok(refused(subject, code, detail))
        }
        other => Err(other),
    }
}

/// Tells what came of it in Lazada's own words.
pub fn told_anew(order: &str, pushed: &mut Pushed) -> Result<(), PluginError> {
    let (body, _) = item::items(order)?;
    let mut fetched = Fetched { facts: Vec::new(), documents: Vec::new() };
    item::facts_of_items(body, order, &mut fetched)?;
    pushed.facts.extend(fetched.facts);
    pushed.documents.extend(fetched.documents);
    Ok(())
}

/// A buyer's own request is agreed to; anything else is the seller's, with one of the reasons Lazada has for this order.
fn cancel(order: &str, wish: &WishedCancellation) -> Result<Pushed, PluginError> {
    let (items, mut pushed) = (items(order)?, nothing_yet());
    let open: Vec<&Item> = wanted(&items, &wish.lines, &mut pushed).into_iter().filter(|item| item.stage != Some(Stage::Cancelled)).collect();
    let (asked, own): (Vec<&Item>, Vec<&Item>) = open.into_iter().partition(|item| item.asked && item.reverse.is_some());
    let mut requests: Vec<&str> = asked.iter().filter_map(|item| item.reverse.as_deref()).collect();
    requests.dedup();
    for request in requests {
        let pairs = [("reverse_order_id", request.to_owned()), ("agree_cancel", "true".into())];
        match get("/order/reverse/cancel/seller/decide", &pairs) {
            Ok(body) => note(&mut pushed, "cancel_decision", request, body),
            Err(error) => pushed.refusals.push(no_to(request, error)?),
        }
    }
    if !own.is_empty() {
        let list = listed(own.iter().map(|item| item.id.as_str()));
        match ask_to_cancel(order, &list, wish) {
            Ok((reference, body)) => {
                pushed.reference = Some(reference);
                note(&mut pushed, "cancel", order, body);
            }
            Err(error) => pushed.refusals.push(no_to(order, error)?),
        }
    }
    told_anew(order, &mut pushed)?;
    Ok(pushed)
}

/// Whether it may be cancelled, with which reasons, and then the cancellation itself. Both answers warn or refuse with a tip.
fn ask_to_cancel(order: &str, list: &str, wish: &WishedCancellation) -> Result<(String, Vec<u8>), PluginError> {
    let about = [("order_id", order.to_owned()), ("order_item_id_list", list.to_owned())];
    let json = parsed(&get("/order/reverse/cancel/validate", &about)?)?;
    let reasons = reasons(&json)?;
    let reason = chosen(&reasons, &wish.reason).ok_or_else(|| PluginError::Permanent("no_reason: Lazada has no reason for cancelling this order".into()))?;
    let mut pairs = about.to_vec();
    pairs.push(("reason_id", reason.0.clone()));
    let body = get("/order/reverse/cancel/create", &pairs)?;
    tip(&parsed(&body)?)?;
    Ok((format!("reason {}", reason.0), body))
}

fn tip(json: &Json) -> Result<(), PluginError> {
    let data = unreadable(Node::root(json)).map(|root| root.maybe("data"))?;
    let Some(data) = data else { return Ok(()) };
    match unreadable(data.word("tip_type"))?.as_deref() {
        Some("error") => Err(PluginError::Permanent(format!("not_cancellable: {}", unreadable(data.word("tip_content"))?.unwrap_or_default()))),
        _ => Ok(()),
    }
}

/// Ids and names of the reasons.
fn reasons(json: &Json) -> Result<Vec<(String, String)>, PluginError> {
    tip(json)?;
    let read = || {
        let mut reasons = Vec::new();
        for option in Node::root(json)?.maybe("data").map_or(Ok(Vec::new()), |data| data.listed("reason_options"))? {
            reasons.push((option.require_id("reason_id")?, option.word("reason_name")?.unwrap_or_default()));
        }
        Ok(reasons)
    };
    unreadable(read())
}

/// Which reasons there are differs by order and language; the words are those of the English list. [U]
fn chosen<'a>(reasons: &'a [(String, String)], wish: &str) -> Option<&'a (String, String)> {
    let words: &[&str] = match wish {
        "out_of_stock" => &["stock", "sourcing"],
        "price" => &["price", "pricing"],
        "address" => &["address", "delivery area", "area"],
        "buyer_asked" => &["customer", "buyer"],
        _ => &["other"],
    };
    let named = |words: &[&str]| reasons.iter().find(|(_, name)| words.iter().any(|word| name.to_ascii_lowercase().contains(word)));
    named(words).or_else(|| named(&["other"])).or_else(|| reasons.first())
}

/// The number of our invoice, item by item; Lazada takes no copy. An item must be packed before it takes one.
fn invoice(order: &str, copy: &InvoiceCopy) -> Result<Pushed, PluginError> {
    let (items, mut pushed) = (items(order)?, nothing_yet());
    let mut waiting = 0;
    for item in items.iter().filter(|item| item.stage != Some(Stage::Cancelled)) {
        if item.invoice.as_deref() == Some(copy.number.as_str()) {
            continue;
        }
        if matches!(item.stage, Some(Stage::Unpaid | Stage::Pending)) {
            waiting += 1;
            continue;
        }
        let pairs = [("order_item_id", item.id.clone()), ("invoice_number", copy.number.clone())];
        match post("/order/invoice_number/set", &pairs) {
            Ok(body) => note(&mut pushed, "invoice_number", &item.id, body),
            // "Order Item must be packed": it was not yet when we looked.
            Err(PluginError::Permanent(said)) if said.starts_with("34:") => waiting += 1,
            Err(error) => pushed.refusals.push(no_to(&item.id, error)?),
        }
    }
    if waiting > 0 {
        return Err(PluginError::Retryable(format!("{waiting} items are not packed yet, and take no invoice number before")));
    }
    pushed.reference = Some(copy.number.clone());
    Ok(pushed)
}

pub fn note(pushed: &mut Pushed, kind: &str, id: &str, body: Vec<u8>) {
    pushed.documents.push(Document { kind: kind.to_owned(), id: id.to_owned(), body });
}

/// `[1,2]`: ids are digits, which is checked where they are read.
pub fn listed<'a>(ids: impl Iterator<Item = &'a str>) -> String {
    let ids: Vec<&str> = ids.filter(|id| id.bytes().all(|byte| byte.is_ascii_digit())).collect();
    format!("[{}]", ids.join(","))
}

/// Reads `item_err_code`, `msg` and `retry` of an item or package of a batch. True: done.
pub fn outcome(node: &Node<'_>, subject: &str, pushed: &mut Pushed, later: &mut Vec<String>) -> Result<bool, PluginError> {
    let code = unreadable(node.word("item_err_code"))?.unwrap_or_default();
    if code == "0" {
        return Ok(true);
    }
    let detail = unreadable(node.word("msg"))?.unwrap_or_default();
    if unreadable(node.switch("retry"))? == Some(true) || matches!(code.as_str(), "6" | "40011" | "700024") {
        later.push(format!("{subject}: {code}: {detail}"));
    } else {
        pushed.refusals.push(refused(subject, &code, &detail));
    }
    Ok(false)
}

pub use api::result;

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: &str, word: &str) -> Item {
        Item { id: id.into(), word: word.into(), stage: crate::naming::stage(word), package: None, own_fleet: false, invoice: None, reverse: None, asked: false }
    }

    #[test]
    fn an_errand_is_about_what_it_names_or_about_what_is_left() {
        let items = [item("1", "pending"), item("2", "canceled"), item("3", "pending")];
        let mut pushed = nothing_yet();
        let ids = |wanted: Vec<&Item>| wanted.iter().map(|item| item.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(wanted(&items, &[], &mut pushed)), ["1", "3"]);
        let line = |id: &str| LineQuantity { line_id: id.into(), quantity: "1".into() };
        assert_eq!(ids(wanted(&items, &[line("3"), line("9")], &mut pushed)), ["3"]);
        assert_eq!((pushed.refusals.len(), pushed.refusals[0].subject.as_str()), (1, "9"));
    }

    #[test]
    fn a_reason_is_chosen_of_those_there_are() {
        let told = Json::parse(br#"{"code":"0","data":{"tip_type":"warn","tip_content":"t","reason_options":[{"reason_name":"Other reasons","reason_id":"10"},{"reason_name":"Out of Stock","reason_id":15},{"reason_name":"Wrong Price or Pricing Error","reason_id":"16"}]}}"#).unwrap();
        let reasons = reasons(&told).unwrap();
        let of = |wish: &str| chosen(&reasons, wish).unwrap().0.clone();
        assert_eq!((of("out_of_stock"), of("price"), of("buyer_asked"), of("moon")), ("15".into(), "16".into(), "10".into(), "10".into()));
        let refused = Json::parse(br#"{"code":"0","data":{"tip_type":"error","tip_content":"already shipped"}}"#).unwrap();
        assert!(matches!(super::reasons(&refused), Err(PluginError::Permanent(text)) if text == "not_cancellable: already shipped"));
        assert!(chosen(&[], "other").is_none());
    }

    #[test]
    fn a_no_is_told_with_its_code() {
        let no = no_to("7", PluginError::Permanent("16: Invalid Order ID".into())).unwrap();
        assert_eq!((no.subject.as_str(), no.code.as_str(), no.detail.as_str()), ("7", "16", "Invalid Order ID"));
        assert!(no_to("7", PluginError::Retryable("busy".into())).is_err());
    }

    #[test]
    fn each_part_of_a_batch_has_its_own_outcome() {
        let json = Json::parse(br#"{"list":[{"item_err_code":"0"},{"item_err_code":"700026","msg":"not allow to pack","retry":false},{"item_err_code":"1003","msg":"3pl allocation failed","retry":"true"},{"item_err_code":700024,"msg":"lock"}]}"#).unwrap();
        let (mut pushed, mut later) = (nothing_yet(), Vec::new());
        let done: Vec<bool> = Node::root(&json).unwrap().listed("list").unwrap().iter().map(|node| outcome(node, "1", &mut pushed, &mut later).unwrap()).collect();
        assert_eq!((done, pushed.refusals.len(), later.len()), (vec![true, false, false, false], 1, 2));
    }
}
