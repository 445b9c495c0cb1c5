//! Messenger: `entry[].messaging[]`. A cart is read from a postback's payload, a quick reply's payload or a text, in that order.

use crate::Told;
use switchyard_sdk::{
    Problem,
    cart::{self, Sender},
    facts::Telling,
    read::Node,
    time,
};

pub fn entry(entry: &Node<'_>, currency: Option<&str>, told: &mut Told) -> Result<(), Problem> {
    told.of_shop(entry.id("id")?);
    for event in entry.children("messaging")?.unwrap_or_default() {
        read(&event, currency, told)?;
    }
    if entry.children("standby")?.is_some_and(|events| !events.is_empty()) {
        told.ignore("another app has the talk");
    }
    if entry.children("changes")?.is_some_and(|changes| !changes.is_empty()) {
        told.ignore("a change of the page is no message");
    }
    Ok(())
}

fn read(event: &Node<'_>, currency: Option<&str>, told: &mut Told) -> Result<(), Problem> {
    let (message, postback) = (event.child("message")?, event.child("postback")?);
    let said = postback.as_ref().or(message.as_ref());
    let id = said.map_or(Ok(None), |said| said.id("mid"))?;
    told.messages.extend(id.clone());
    let Some(said) = said else {
        told.ignore("a receipt or another event of the talk is no order");
        return Ok(());
    };
    let quick = said.child("quick_reply")?.and_then(|reply| reply.raw("payload"));
    let Some(cart) = [said.raw("payload"), quick, said.raw("text")].into_iter().flatten().find_map(cart::read) else {
        told.ignore(if postback.is_some() { "a button that carries no cart is no order" } else { "a message that carries no cart is no order" });
        return Ok(());
    };
    // What the page itself wrote is said to its recipient: the cart is theirs.
    let by_page = said.flag("is_echo")?.unwrap_or(false);
    let person = event.child(if by_page { "recipient" } else { "sender" })?;
    let person = person.map_or(Ok(None), |person| person.id("id"))?.ok_or_else(|| event.missing(if by_page { "recipient.id" } else { "sender.id" }))?;
    let at = event.whole("timestamp")?.ok_or_else(|| event.missing("timestamp"))?;
    let occurred_at = time::from_epoch_milliseconds(at).ok_or_else(|| event.problem("timestamp", "milliseconds since 1970 are wanted"))?;
    // Old postbacks have no id of their own.
    let order = id.unwrap_or_else(|| format!("{person}:{at}"));
    let sender = Sender { id: person, name: None, phone: None, source: "messenger".into() };
    told.understood.facts.push(cart?.told(&Telling { order, revision: at, occurred_at }, &sender, currency)?);
    Ok(())
}
