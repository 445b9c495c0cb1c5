//! What KiotViet's public API can be asked to do: an invoice is sent off, an order or an invoice is called off, stock is set.

use crate::{api, currency, sale, sale::Kind, told::Told};
use switchyard_sdk::{
    Action, Decimal, Errand, Level, Parcel, PluginError, Pushed, Refusal, WishedCancellation, ask,
    http::Method,
    json::{Json, quoted},
    read::Node,
};

const PRODUCTS_MAX: usize = 100;
/// On its way, in the words of `deliveryDetail`.
const SHIPPING: u8 = 2;

pub fn push(errand: &Errand) -> Result<Pushed, PluginError> {
    match &errand.action {
        Action::Ship(parcel) => ship(errand, parcel),
        Action::Cancel(wish) => cancel(errand, wish),
        Action::Stock(levels) => stock(levels),
        Action::Confirm | Action::Pack(_) | Action::Invoice(_) => Err(PluginError::Unsupported("KiotViet's interface has no such act".into())),
    }
}

fn done(reference: Option<String>) -> Pushed {
    Pushed { reference, facts: Vec::new(), documents: Vec::new(), refusals: Vec::new() }
}

fn subject(errand: &Errand) -> Result<(&'static str, &str), PluginError> {
    let order = errand.order.as_deref().unwrap_or_default();
    api::named(order).ok_or_else(|| PluginError::InvalidInput(format!("{order:?} is no order and no invoice of KiotViet")))
}

fn parsed(body: &[u8]) -> Result<Json, PluginError> {
    Json::parse(body).map_err(|problem| PluginError::Permanent(format!("kiotviet's answer is {problem}")))
}

/// What is sent is an invoice; an order becomes one by the seller's own doing.
fn ship(errand: &Errand, parcel: &Parcel) -> Result<Pushed, PluginError> {
    let ("invoices", id) = subject(errand)? else {
        return Err(PluginError::Permanent("KiotViet ships invoices: the order has to be invoiced there first".into()));
    };
    let path = format!("/invoices/{id}");
    let json = parsed(&api::call(Method::Get, &path, None)?)?;
    let invoice = Told(Node::root(&json).map_err(ask::unreadable)?);
    let delivery = invoice.child("invoiceDelivery").or(invoice.child("deliveryDetail"));
    let noted = delivery.as_ref().map_or(Ok(None), |delivery| delivery.word("deliveryCode")).map_err(ask::unreadable)?;
    let status = delivery.as_ref().map_or(Ok(None), |delivery| delivery.number("status")).map_err(ask::unreadable)?;
    let tracking = parcel.tracking.as_deref().filter(|tracking| !tracking.is_empty());
    if is_sent(status) && (tracking.is_none() || noted.as_deref() == tracking) {
        return Ok(done(Some(format!("invoice-{id}"))));
    }
    let answer = api::call(Method::Put, &path, Some(sent(parcel)))?;
    let json = parsed(&answer)?;
    let root = Told(Node::root(&json).map_err(ask::unreadable)?);
    let now = root.child("data").unwrap_or(root);
    // The answer is the invoice as it is now; a bare message says no more than that it was taken.
    let facts = if now.has("id") { sale::facts(&now, Kind::Invoice, &currency()).map_err(ask::unreadable)? } else { Vec::new() };
    Ok(Pushed { facts, ..done(Some(format!("invoice-{id}"))) })
}

fn is_sent(status: Option<i64>) -> bool {
    matches!(status, Some(2..=5 | 9..=12))
}

/// Fields that are not named stay as they are [U].
fn sent(parcel: &Parcel) -> String {
    let mut members = vec![format!("\"status\":{SHIPPING}")];
    if let Some(tracking) = parcel.tracking.as_deref().filter(|tracking| !tracking.is_empty()) {
        members.push(format!("\"deliveryCode\":{}", quoted(tracking)));
    }
    if let Some(carrier) = parcel.carrier.as_deref().filter(|carrier| !carrier.is_empty()) {
        members.push(format!("\"partnerDelivery\":{{\"name\":{}}}", quoted(carrier)));
    }
    format!("{{\"deliveryDetail\":{{{}}}}}", members.join(","))
}

/// Payments stay: giving money back is an errand of people.
fn cancel(errand: &Errand, wish: &WishedCancellation) -> Result<Pushed, PluginError> {
    if !wish.lines.is_empty() {
        return Err(PluginError::Unsupported("KiotViet calls off whole orders only".into()));
    }
    let (room, id) = subject(errand)?;
    let kind = if room == "orders" { Kind::Order } else { Kind::Invoice };
    let json = parsed(&api::call(Method::Get, &format!("/{room}/{id}"), None)?)?;
    let status = Told(Node::root(&json).map_err(ask::unreadable)?).number("status").map_err(ask::unreadable)?;
    if !kind.is_cancelled(status) {
        let (path, body) = calling_off(room, id);
        api::call(Method::Delete, &path, body)?;
    }
    Ok(done(Some(format!("{}-{id}", kind.word()))))
}

fn calling_off(room: &str, id: &str) -> (String, Option<String>) {
    match room {
        "orders" => (format!("/orders/{id}?IsVoidPayment=false"), None),
        _ => ("/invoices".into(), Some(format!("{{\"id\":{id},\"isVoidPayment\":false}}"))),
    }
}

/// Sets what a branch has of products, named by their numbers.
fn stock(levels: &[Level]) -> Result<Pushed, PluginError> {
    let branch = ask::setting("branch_id")?;
    if branch.is_empty() || !branch.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PluginError::InvalidConfig("branch_id: a number is wanted".into()));
    }
    let (known, refusals) = sorted(levels);
    for chunk in known.chunks(PRODUCTS_MAX) {
        api::call(Method::Put, "/listupdatedproducts", Some(counts(&branch, chunk)?))?;
    }
    Ok(Pushed { refusals, ..done(None) })
}

fn sorted(levels: &[Level]) -> (Vec<&Level>, Vec<Refusal>) {
    let is_number = |level: &&Level| !level.listing.is_empty() && level.listing.bytes().all(|byte| byte.is_ascii_digit());
    let (known, strange): (Vec<&Level>, Vec<&Level>) = levels.iter().partition(is_number);
    let refusal = |level: &Level| Refusal { subject: level.listing.clone(), code: "not_a_product".into(), detail: "the number of a product of KiotViet is wanted".into() };
    (known, strange.into_iter().map(refusal).collect())
}

fn counts(branch: &str, levels: &[&Level]) -> Result<String, PluginError> {
    let mut products = Vec::new();
    for level in levels {
        let available: Decimal = level.available.parse().map_err(|_| PluginError::InvalidInput(format!("{:?} is no quantity", level.available)))?;
        let on_hand = available.max(Decimal::ZERO).normalize();
        products.push(format!("{{\"id\":{},\"inventories\":[{{\"branchId\":{branch},\"onHand\":{on_hand}}}]}}", level.listing));
    }
    Ok(format!("{{\"listProducts\":[{}]}}", products.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invoices_are_sent_off() {
        let parcel = |carrier: &str, tracking: &str| Parcel { carrier: Some(carrier.into()), tracking: Some(tracking.into()), lines: vec![] };
        assert_eq!(sent(&parcel("GHN", "G\"1")), r#"{"deliveryDetail":{"status":2,"deliveryCode":"G\"1","partnerDelivery":{"name":"GHN"}}}"#);
        assert_eq!(sent(&parcel("", "")), r#"{"deliveryDetail":{"status":2}}"#);
        assert!([Some(2), Some(3), Some(9), Some(12)].into_iter().all(is_sent));
        assert!(![None, Some(1), Some(6), Some(7)].into_iter().any(is_sent));
    }

    #[test]
    fn orders_and_invoices_are_called_off_their_own_way() {
        assert_eq!(calling_off("orders", "91"), ("/orders/91?IsVoidPayment=false".into(), None));
        assert_eq!(calling_off("invoices", "57"), ("/invoices".into(), Some(r#"{"id":57,"isVoidPayment":false}"#.into())));
    }

    #[test]
    fn stock_is_set_by_product() {
        let level = |listing: &str, available: &str| Level { listing: listing.into(), sku: None, available: available.into() };
        let levels = [level("1301957", "12"), level("SP000033", "1"), level("1301958", "-3")];
        let (known, refusals) = sorted(&levels);
        assert_eq!(counts("12961", &known).unwrap(), r#"{"listProducts":[{"id":1301957,"inventories":[{"branchId":12961,"onHand":12}]},{"id":1301958,"inventories":[{"branchId":12961,"onHand":0}]}]}"#);
        assert_eq!((refusals.len(), refusals[0].subject.as_str()), (1, "SP000033"));
    }
}
