//! WhatsApp Cloud API: `entry[].changes[].value`, with messages and the statuses of our own messages.

use crate::Told;
use switchyard_sdk::{
    Problem,
    cart::{Cart, Item, Sender, checked},
    facts::Telling,
    read::Node,
    time,
};

const WORD_CHARS_MAX: usize = 200;

pub fn entry(entry: &Node<'_>, currency: Option<&str>, told: &mut Told) -> Result<(), Problem> {
    for change in entry.children("changes")?.unwrap_or_default() {
        let field = change.text("field")?.unwrap_or_else(|| "messages".into());
        let Some(value) = change.child("value")?.filter(|_| field == "messages") else {
            told.ignore(format!("a change of {field} is no message"));
            continue;
        };
        told.of_shop(value.child("metadata")?.map_or(Ok(None), |metadata| metadata.id("phone_number_id"))?);
        let contacts = value.children("contacts")?.unwrap_or_default();
        for message in value.children("messages")?.unwrap_or_default() {
            read(&message, &contacts, currency, told)?;
        }
        if value.children("statuses")?.is_some_and(|statuses| !statuses.is_empty()) {
            told.ignore("statuses of messages that were sent are no orders");
        }
        if value.children("errors")?.is_some_and(|errors| !errors.is_empty()) {
            told.ignore("WhatsApp tells of an error of its own");
        }
    }
    Ok(())
}

fn read(message: &Node<'_>, contacts: &[Node<'_>], currency: Option<&str>, told: &mut Told) -> Result<(), Problem> {
    told.messages.extend(message.id("id")?);
    let kind = message.text("type")?.unwrap_or_else(|| if message.has("order") { "order".into() } else { "unknown".into() });
    if kind != "order" {
        told.ignore(format!("a message of the type {kind} is no order"));
        return Ok(());
    }
    let seconds = message.require_seconds("timestamp")?;
    let telling = Telling { order: message.require_id("id")?, revision: seconds, occurred_at: time::from_epoch_seconds(seconds).unwrap_or_default() };
    let order = message.require_child("order")?;
    let cart = Cart { note: order.text("text")?, ..items(&order)? };
    let sender = sender(message, contacts, order.id("catalog_id")?)?;
    told.understood.facts.push(cart.told(&telling, &sender, currency)?);
    Ok(())
}

/// The price is of one unit, in major units of the currency (SPEC §10).
fn items(order: &Node<'_>) -> Result<Cart, Problem> {
    let mut cart = Cart::default();
    for item in order.children("product_items")?.ok_or_else(|| order.missing("product_items"))? {
        let currency = item.currency("currency")?.map(|currency| currency.to_uppercase());
        if let (Some(known), Some(other)) = (&cart.currency, &currency)
            && known != other
        {
            return Err(item.problem("currency", &format!("all items of a cart in one currency are wanted, {known} and {other} are told")));
        }
        cart.currency = cart.currency.or(currency);
        cart.items.push(Item {
            sku: item.require_id("product_retailer_id")?,
            name: item.text("product_name")?,
            quantity: item.require_quantity("quantity")?,
            price: item.require_decimal("item_price")?,
        });
    }
    checked(cart)
}

/// Who wrote: a phone number, or for people who hide it an id of theirs with the business. Their profile's name is their own
/// choice.
fn sender(message: &Node<'_>, contacts: &[Node<'_>], catalog: Option<String>) -> Result<Sender, Problem> {
    let number = message.id("from")?;
    let id = number.clone().or(message.id("from_user_id")?).ok_or_else(|| message.missing("from"))?;
    let mut contact = contacts.first().filter(|_| contacts.len() == 1);
    for one in contacts {
        // In some countries the two spellings of a number differ: the only contact of a delivery is the one who wrote.
        if [one.id("wa_id")?, one.id("user_id")?].contains(&Some(id.clone())) {
            contact = Some(one);
        }
    }
    let profile = contact.map_or(Ok(None), |contact| contact.child("profile"))?;
    let name = profile.as_ref().and_then(|profile| said(profile, "name"));
    let mut source = vec!["whatsapp".to_owned()];
    source.extend(catalog.map(|catalog| format!("catalog_id={catalog}")));
    // The advertisement the talk began with.
    if let Some(referral) = message.child("referral")? {
        for key in ["source_type", "source_id", "source_url", "ctwa_clid"] {
            source.extend(said(&referral, key).map(|value| format!("{key}={value}")));
        }
    }
    let phone = number.filter(|number| (6..=15).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())).map(|number| format!("+{number}"));
    Ok(Sender { id, name, phone, source: source.join("; ") })
}

/// A word about who somebody is or where they came from. It decides nothing, so its form breaks nothing.
fn said(node: &Node<'_>, key: &str) -> Option<String> {
    let text = node.raw(key).map(|text| text.trim().chars().take(WORD_CHARS_MAX).collect::<String>()).or(node.id(key).ok().flatten());
    text.filter(|text| !text.is_empty())
}
