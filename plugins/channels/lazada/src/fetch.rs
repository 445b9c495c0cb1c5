//! Orders, reverse orders and transactions, by reference or by the window in which they changed.

use crate::{
    api::{self, get, parsed, unreadable},
    country::Country,
    document, finance,
    naming::{Stage, stage},
    order, reverse,
};
use switchyard_sdk::{
    Document, Fetched, PluginError, Problem, Pulled, Reference, Window, ask,
    answer::Understood,
    json::Json,
    log,
    read::Node,
    time,
};

const REFERENCES_MAX: usize = 50;
/// `orders/get` takes at most this many, `orders/items/get` half of it.
const PAGE_MAX: u32 = 100;
const ITEMS_OF_MAX: usize = 50;
/// Beyond it a list is begun anew at the time of its last order (SPEC §5).
const OFFSET_MAX: u64 = 5_000;
/// So many orders are asked for one by one; more are looked for in the list of what changed, since calls are rationed.
const SINGLE_MAX: usize = 20;
const LIST_PAGES_MAX: u64 = 10;
const REVERSE_PAGE: u32 = 50;
/// A row may tell four facts; the host takes 2,000 a call. Lazada's own limit is 500.
const ROWS: u64 = 250;
/// `endTime - startTime must be less than 180 days`
const WINDOW_SECONDS_MAX: i64 = 179 * 86_400;
const DAY: i64 = 86_400;

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
struct Items(Vec<u8>, Json);

fn items_of(ids: &[String]) -> Result<Items, PluginError> {
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

fn whole(record: &Node<'_>, id: &str, items: &Items) -> Result<Vec<switchyard_sdk::facts::Fact>, Problem> {
    let items = items.of(id)?;
    let country = Country::of_shop();
    order::facts(&order::Order { id: id.to_owned(), order: Some(record), items: (!items.is_empty()).then_some(items.as_slice()), country, received_at: &now() })
}

fn now() -> String {
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

fn list(since: &str, until: &str, limit: u32, offset: u64) -> Result<Vec<u8>, PluginError> {
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

fn seconds(instant: &str) -> Result<i64, PluginError> {
    time::epoch_seconds(instant).ok_or_else(|| PluginError::InvalidInput(format!("{instant:?} is no time")))
}

/// Orders that changed in the window, then reverse orders, then transactions; the cursor says which and where:
/// `orders:OFFSET:SINCE`, `returns:PAGE`, `finance:OFFSET`.
pub fn pull(window: &Window) -> Result<Pulled, PluginError> {
    let (from, to) = clipped(window)?;
    let until = time::from_epoch_seconds(to).unwrap_or_else(|| window.until.clone());
    let mut fetched = Fetched { facts: Vec::new(), documents: Vec::new() };
    let unknown = || PluginError::InvalidInput("the cursor is not one of this connector's".into());
    let next_cursor = match Cursor::of(window.cursor.as_deref(), from).ok_or_else(unknown)? {
        Cursor::Orders { offset, since } => changed(since, to, window.limit.clamp(1, PAGE_MAX), offset, &mut fetched)?,
        Cursor::Returns { page } => allowed("reverse orders", returns(from, to, page, &mut fetched), || Some("finance:0".into()))?,
        Cursor::Finance { offset } => allowed("transactions", transactions(from, to, offset, None, &mut fetched), || None)?,
    };
    Ok(Pulled { fetched, next_cursor, until })
}

/// Some sellers and apps may not see reverse orders or money: orders go on without.
fn allowed(what: &str, next: Result<Option<String>, PluginError>, otherwise: impl Fn() -> Option<String>) -> Result<Option<String>, PluginError> {
    match next {
        Err(PluginError::Permanent(why)) => {
            log::write(log::Level::Warn, &format!("no {what}: {why}"));
            Ok(otherwise())
        }
        other => other,
    }
}

#[derive(Debug, PartialEq)]
enum Cursor {
    Orders { offset: u64, since: i64 },
    Returns { page: u32 },
    Finance { offset: u64 },
}

impl Cursor {
    fn of(text: Option<&str>, from: i64) -> Option<Cursor> {
        let Some(text) = text else { return Some(Cursor::Orders { offset: 0, since: from }) };
        let mut parts = text.split(':');
        let cursor = match (parts.next()?, parts.next()?, parts.next()) {
            ("orders", offset, Some(since)) => Cursor::Orders { offset: offset.parse().ok()?, since: since.parse().ok()? },
            ("returns", page, None) => Cursor::Returns { page: page.parse().ok()? },
            ("finance", offset, None) => Cursor::Finance { offset: offset.parse().ok()? },
            _ => return None,
        };
        parts.next().is_none().then_some(cursor)
    }
}

fn clipped(window: &Window) -> Result<(i64, i64), PluginError> {
    let (from, to) = (seconds(&window.since)?, seconds(&window.until)?);
    if from >= to {
        return Err(PluginError::InvalidInput("a window that ends after it begins is wanted".into()));
    }
    Ok((from, to.min(from + WINDOW_SECONDS_MAX)))
}

fn instant(seconds: i64) -> String {
    time::from_epoch_seconds(seconds).unwrap_or_default()
}

fn changed(since: i64, to: i64, limit: u32, offset: u64, fetched: &mut Fetched) -> Result<Option<String>, PluginError> {
    let body = list(&instant(since), &instant(to), limit, offset)?;
    let json = parsed(&body)?;
    let page = unreadable(Node::root(&json).and_then(|root| root.require_child("data")?.listed("orders")))?;
    let ids: Vec<String> = unreadable(page.iter().map(|order| order.require_id("order_id")).collect())?;
    for some in ids.chunks(ITEMS_OF_MAX) {
        let items = items_of(some)?;
        for (order, id) in page.iter().zip(&ids).filter(|(_, id)| some.contains(id)) {
            fetched.facts.extend(unreadable(whole(order, id, &items))?);
        }
        fetched.documents.push(Document { kind: "order_items".into(), id: some[0].clone(), body: items.0 });
    }
    let last = unreadable(page.last().map_or(Ok(None), |order| order.moment("updated_at")))?;
    let next = next_page(since, offset, page.len(), limit as usize, last.as_deref().and_then(time::epoch_seconds))?;
    fetched.documents.push(Document { kind: "order".into(), id: format!("{}+{offset}", instant(since)), body });
    Ok(Some(next.unwrap_or_else(|| "returns:1".into())))
}

/// Where a list goes on: behind this page, or from the last order's time once the offset would be too large.
fn next_page(since: i64, offset: u64, count: usize, limit: usize, last: Option<i64>) -> Result<Option<String>, PluginError> {
    if count < limit {
        return Ok(None);
    }
    let next = offset + count as u64;
    if next <= OFFSET_MAX {
        return Ok(Some(format!("orders:{next}:{since}")));
    }
    match last.filter(|last| *last > since) {
        Some(last) => Ok(Some(format!("orders:0:{last}"))),
        None => Err(PluginError::Permanent(format!("more than {OFFSET_MAX} orders changed in one second"))),
    }
}

fn returns(from: i64, to: i64, page: u32, fetched: &mut Fetched) -> Result<Option<String>, PluginError> {
    let pairs = [
        ("page_no", page.to_string()),
        ("page_size", REVERSE_PAGE.to_string()),
        ("ReverseOrderLineModifiedTimeRangeStart", (from * 1000).to_string()),
        ("ReverseOrderLineModifiedTimeRangeEnd", (to * 1000).to_string()),
    ];
    let body = get("/reverse/getreverseordersforseller", &pairs)?;
    let json = parsed(&body)?;
    let records = unreadable(Node::root(&json).and_then(|root| root.require_child("result")?.listed("items")))?;
    let country = api::country()?;
    for record in &records {
        fetched.facts.extend(unreadable(reverse::record(record, Some(country), &now()))?.facts);
    }
    let more = records.len() >= REVERSE_PAGE as usize;
    fetched.documents.push(Document { kind: "return".into(), id: format!("{}+{page}", instant(from)), body });
    Ok(Some(if more { format!("returns:{}", page + 1) } else { "finance:0".into() }))
}

/// Rows are dated by the shop's local day, which may be a day ahead of UTC's.
fn transactions(from: i64, to: i64, offset: u64, order: Option<&str>, fetched: &mut Fetched) -> Result<Option<String>, PluginError> {
    let mut pairs = vec![
        ("start_time", day(from)),
        ("end_time", day((to + DAY).min(from + WINDOW_SECONDS_MAX))),
        ("limit", ROWS.to_string()),
        ("offset", offset.to_string()),
    ];
    pairs.extend(order.map(|order| ("trade_order_id", order.to_owned())));
    let body = get("/finance/transaction/details/get", &pairs)?;
    let json = parsed(&body)?;
    let rows = unreadable(Node::root(&json).and_then(|root| root.listed("data")))?;
    let country = api::country()?;
    for row in &rows {
        fetched.facts.extend(unreadable(finance::row(row, Some(country), &now()))?.facts);
    }
    let more = rows.len() as u64 >= ROWS;
    fetched.documents.push(Document { kind: "settlement".into(), id: order.map_or_else(|| format!("{}+{offset}", day(from)), str::to_owned), body });
    Ok(more.then(|| format!("finance:{}", offset + ROWS)))
}

fn day(seconds: i64) -> String {
    instant(seconds).chars().take(10).collect()
}

/// What an answer tells; one that names nothing is an answer too.
fn take(fetched: &mut Fetched, kind: &str, id: &str, body: Vec<u8>) -> Result<(), PluginError> {
    let told: Understood = unreadable(document(&body, &now(), Some(api::country()?)))?;
    fetched.facts.extend(told.facts);
    fetched.documents.push(Document { kind: kind.to_owned(), id: id.to_owned(), body });
    Ok(())
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use switchyard_sdk::loose::moment;

    #[test]
    fn a_list_is_begun_anew_beyond_its_offset() {
        let next = |offset, count, last| next_page(100, offset, count, 50, last).unwrap();
        assert_eq!(next(0, 49, Some(120)), None);
        assert_eq!(next(0, 50, Some(120)).as_deref(), Some("orders:50:100"));
        assert_eq!(next(4_950, 50, Some(120)).as_deref(), Some("orders:5000:100"));
        assert_eq!(next(5_000, 50, Some(120)).as_deref(), Some("orders:0:120"));
        assert!(next_page(100, 5_000, 50, 50, Some(100)).is_err());
    }

    #[test]
    fn cursors_are_this_connectors() {
        assert_eq!(Cursor::of(None, 7), Some(Cursor::Orders { offset: 0, since: 7 }));
        assert_eq!(Cursor::of(Some("orders:50:9"), 7), Some(Cursor::Orders { offset: 50, since: 9 }));
        assert_eq!(Cursor::of(Some("returns:2"), 7), Some(Cursor::Returns { page: 2 }));
        assert_eq!(Cursor::of(Some("finance:250"), 7), Some(Cursor::Finance { offset: 250 }));
        for strange in ["", "orders", "orders:1", "orders:1:2:3", "returns:x", "moon:1"] {
            assert_eq!(Cursor::of(Some(strange), 7), None, "{strange}");
        }
    }

    #[test]
    fn times_are_asked_for_without_fractions() {
        assert_eq!(with_offset("2026-11-23T17:15:00.250Z").unwrap(), "2026-11-23T17:15:00+00:00");
        assert_eq!((day(1_795_454_100), moment(&day(1_795_454_100)).as_deref()), ("2026-11-23".into(), Some("2026-11-23T00:00:00Z")));
        let window = |until: &str| Window { since: "2026-01-01T00:00:00Z".into(), until: until.into(), cursor: None, limit: 50 };
        let days = |until: &str| clipped(&window(until)).map(|(from, to)| (to - from) / DAY);
        assert_eq!((days("2026-01-03T00:00:00Z").unwrap(), days("2026-12-31T00:00:00Z").unwrap()), (2, 179));
        assert!(days("2026-01-01T00:00:00Z").is_err() && days("soon").is_err());
    }

    #[test]
    fn records_are_found_in_both_answers() {
        let one = Json::parse(br#"{"code":"0","data":{"order_id":7,"price":"1"}}"#).unwrap();
        let many = Json::parse(br#"{"code":"0","data":{"orders":[{"order_id":"8"},{"order_id":9}]}}"#).unwrap();
        assert!(record_in(&one, "7").is_some() && record_in(&many, "8").is_some() && record_in(&many, "9").is_some());
        assert!(record_in(&one, "8").is_none() && record_in(&many, "7").is_none());
    }
}
