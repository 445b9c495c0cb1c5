//! Orders, reverse orders and transactions, by reference.

use crate::{
    api::{self, get, parsed, unreadable},
    country::Country,
    document, order,
    pull::{PAGE_MAX, WINDOW_SECONDS_MAX, transactions},
};
use switchyard_sdk::{
    Document, Fetched, PluginError, Problem, Reference, ask,
    answer::Understood,
    json::Json,
    read::Node,
    time,
};

const REFERENCES_MAX: usize = 50;
/// So many orders are asked for one by one; more are looked for in the list of what changed, since calls are rationed.
const SINGLE_MAX: usize = 20;
const LIST_PAGES_MAX: u64 = 10;

pub fn fetch(references: &[Reference]) -> Result<Fetched, PluginError> {
    if references.len() > REFERENCES_MAX {
        return Err(PluginError::InvalidInput(format!("at most {REFERENCES_MAX} references a call are wanted")));
    }
    for reference in references {
        if !matches!(reference.kind.as_str(), "order" | "return" | "refund" | "settlement") || !is_number(&reference.id) {
            return Err(PluginError::Unsupported(format!("Lazada has no {} {}", reference.kind, reference.id)));
        }
    }
    let mut fetched = Fetched { facts: Vec::new(), documents: Vec::new() };
    let of = |kind: &str| references.iter().filter(|reference| reference.kind == kind).map(|reference| reference.id.clone()).collect::<Vec<_>>();
    orders(&of("order"), &mut fetched)?;
    for id in of("return").into_iter().chain(of("refund")) {
        let body = get("/order/reverse/return/detail/list", &[("reverse_order_id", id.clone())])?;
        take(&mut fetched, "return", &id, body)?;
    }
    for id in of("settlement") {
        let now = ask::now_seconds();
        transactions(now - WINDOW_SECONDS_MAX, now, 0, Some(&id), &mut fetched)?;
    }
    Ok(fetched)
}

fn is_number(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
}

fn orders(ids: &[String], fetched: &mut Fetched) -> Result<(), PluginError> {
    let Some(first) = ids.first() else { return Ok(()) };
    let items = items_of(ids)?;
    let records = records(ids, &items, fetched)?;
    for id in ids {
        let record = records.iter().find_map(|json| record_in(json, id)).ok_or_else(|| PluginError::Retryable(format!("lazada did not tell the order {id}")))?;
        if unreadable(items.of(id))?.is_empty() {
            return Err(PluginError::Retryable(format!("lazada did not tell the items of the order {id}")));
        }
        fetched.facts.extend(unreadable(whole(&record, id, &items))?);
    }
    fetched.documents.push(Document { kind: "order_items".into(), id: first.clone(), body: items.0 });
    Ok(())
}

/// An answer of `orders/items/get`, as it came and as it reads.
pub struct Items(pub Vec<u8>, Json);

pub fn items_of(ids: &[String]) -> Result<Items, PluginError> {
    let body = get("/orders/items/get", &[("order_ids", format!("[{}]", ids.join(",")))])?;
    let json = parsed(&body)?;
    Ok(Items(body, json))
}

impl Items {
    fn of(&self, id: &str) -> Result<Vec<Node<'_>>, Problem> {
        for order in Node::root(&self.1)?.listed("data")? {
            if order.name_of("order_id")?.as_deref() == Some(id) {
                return order.listed("order_items");
            }
        }
        Ok(Vec::new())
    }
}

pub fn whole(record: &Node<'_>, id: &str, items: &Items) -> Result<Vec<switchyard_sdk::facts::Fact>, Problem> {
    let items = items.of(id)?;
    let country = Country::of_shop();
    order::facts(&order::Order { id: id.to_owned(), order: Some(record), items: (!items.is_empty()).then_some(items.as_slice()), country, received_at: &now() })
}

pub fn now() -> String {
    time::from_epoch_seconds(ask::now_seconds()).unwrap_or_default()
}

/// The record of an order in an answer of `order/get` or `orders/get`.
fn record_in<'a>(json: &'a Json, id: &str) -> Option<Node<'a>> {
    let data = Node::root(json).ok()?.maybe("data")?;
    let is = |node: &Node<'_>| node.name_of("order_id").ok().flatten().as_deref() == Some(id);
    if is(&data) {
        return Some(data);
    }
    data.listed("orders").ok()?.into_iter().find(is)
}

/// Few orders are asked for one by one. Of many, most changed lately: they are in the list of what changed since their items
/// did, and only the rest is asked for singly.
fn records(ids: &[String], items: &Items, fetched: &mut Fetched) -> Result<Vec<Json>, PluginError> {
    let mut known = Vec::new();
    if ids.len() > SINGLE_MAX {
        let since = unreadable(oldest(ids, items))?.unwrap_or_else(now);
        for page in 0..LIST_PAGES_MAX {
            let body = list(&since, &now(), PAGE_MAX, page * u64::from(PAGE_MAX))?;
            let json = parsed(&body)?;
            let count = unreadable(Node::root(&json).and_then(|root| root.require_child("data")?.listed("orders")).map(|orders| orders.len()))?;
            fetched.documents.push(Document { kind: "order".into(), id: format!("{since}+{page}"), body });
            known.push(json);
            if count < PAGE_MAX as usize || ids.iter().all(|id| known.iter().any(|json| record_in(json, id).is_some())) {
                break;
            }
        }
    }
    for id in ids {
        if known.iter().any(|json| record_in(json, id).is_some()) {
            continue;
        }
        let body = get("/order/get", &[("order_id", id.clone())])?;
        known.push(parsed(&body)?);
        fetched.documents.push(Document { kind: "order".into(), id: id.clone(), body });
    }
    Ok(known)
}

fn oldest(ids: &[String], items: &Items) -> Result<Option<String>, Problem> {
    let mut oldest: Option<String> = None;
    for id in ids {
        for item in items.of(id)? {
            let at = item.moment("updated_at")?;
            if oldest.is_none() || at.as_deref().and_then(time::epoch_seconds) < oldest.as_deref().and_then(time::epoch_seconds) {
                oldest = at.or(oldest);
            }
        }
    }
    Ok(oldest)
}

pub fn list(since: &str, until: &str, limit: u32, offset: u64) -> Result<Vec<u8>, PluginError> {
    let pairs = [
        ("update_after", with_offset(since)?),
        ("update_before", with_offset(until)?),
        ("sort_by", "updated_at".into()),
        ("sort_direction", "ASC".into()),
        ("limit", limit.to_string()),
        ("offset", offset.to_string()),
    ];
    get("/orders/get", &pairs)
}

/// Lazada wants `YYYY-MM-DDTHH:mm:ss±HH:MM`, without fractions.
fn with_offset(instant: &str) -> Result<String, PluginError> {
    let seconds = seconds(instant)?;
    Ok(time::from_epoch_seconds(seconds).unwrap_or_default().replace('Z', "+00:00"))
}

pub fn seconds(instant: &str) -> Result<i64, PluginError> {
    time::epoch_seconds(instant).ok_or_else(|| PluginError::InvalidInput(format!("{instant:?} is no time")))
}

/// What an answer tells; one that names nothing is an answer too.
pub fn take(fetched: &mut Fetched, kind: &str, id: &str, body: Vec<u8>) -> Result<(), PluginError> {
    let told: Understood = unreadable(document(&body, &now(), Some(api::country()?)))?;
    fetched.facts.extend(told.facts);
    fetched.documents.push(Document { kind: kind.to_owned(), id: id.to_owned(), body });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_asked_for_without_fractions() {
        assert_eq!(with_offset("2026-11-23T17:15:00.250Z").unwrap(), "2026-11-23T17:15:00+00:00");
    }

    #[test]
    fn records_are_found_in_both_answers() {
        let one = Json::parse(br#"{"code":"0","data":{"order_id":7,"price":"1"}}"#).unwrap();
        let many = Json::parse(br#"{"code":"0","data":{"orders":[{"order_id":"8"},{"order_id":9}]}}"#).unwrap();
        assert!(record_in(&one, "7").is_some() && record_in(&many, "8").is_some() && record_in(&many, "9").is_some());
        assert!(record_in(&one, "8").is_none() && record_in(&many, "7").is_none());
    }
}
