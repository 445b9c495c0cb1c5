//! The items of one order as an errand finds and leaves them.

use crate::{
    api::{get, parsed},
    fetch::take,
    naming::{Stage, stage},
};
use switchyard_sdk::{Fetched, PluginError, Problem, json::Json, read::Node};

/// The items of one order as they are now, before and after an errand.
pub fn items(order: &str) -> Result<(Vec<u8>, Json), PluginError> {
    let body = get("/order/items/get", &[("order_id", order.to_owned())])?;
    let json = parsed(&body)?;
    Ok((body, json))
}

/// What the items' answer tells of its order.
pub fn facts_of_items(body: Vec<u8>, order: &str, fetched: &mut Fetched) -> Result<(), PluginError> {
    take(fetched, "order_items", order, body)
}

/// An item as an errand sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub id: String,
    pub word: String,
    pub stage: Option<Stage>,
    pub package: Option<String>,
    /// The seller's own fleet brings it: its waybill is the seller's to tell.
    pub own_fleet: bool,
    pub invoice: Option<String>,
    pub reverse: Option<String>,
    /// The buyer asks to cancel and the seller is to answer.
    pub asked: bool,
}

pub fn read_items(json: &Json) -> Result<Vec<Item>, Problem> {
    let read = |item: &Node<'_>| {
        let word = item.word("status")?.unwrap_or_default();
        Ok(Item {
            id: item.require_id("order_item_id")?,
            stage: stage(&word),
            word,
            package: item.name_of("package_id")?,
            own_fleet: item.switch("delivery_option_sof")? == Some(true),
            invoice: item.word("invoice_number")?,
            reverse: item.name_of("reverse_order_id")?,
            asked: item.switch("need_cancel_confirm")? == Some(true),
        })
    };
    Node::root(json)?.listed("data")?.iter().map(read).collect()
}
