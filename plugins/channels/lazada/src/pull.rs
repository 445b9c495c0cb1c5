//! What changed in a window: orders, then reverse orders, then transactions, page by page.

use crate::{
    api::{self, get, parsed, unreadable},
    fetch::{items_of, list, now, seconds, whole},
    finance, reverse,
};
use switchyard_sdk::{Document, Fetched, PluginError, Pulled, Window, log, read::Node, time};

/// `orders/get` takes at most this many, `orders/items/get` half of it.
pub const PAGE_MAX: u32 = 100;
const ITEMS_OF_MAX: usize = 50;
/// Beyond it a list is begun anew at the time of its last order (SPEC §5).
const OFFSET_MAX: u64 = 5_000;
const REVERSE_PAGE: u32 = 50;
/// A row may tell four facts; the host takes 2,000 a call. Lazada's own limit is 500.
const ROWS: u64 = 250;
/// `endTime - startTime must be less than 180 days`
pub const WINDOW_SECONDS_MAX: i64 = 179 * 86_400;
const DAY: i64 = 86_400;

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
pub fn transactions(from: i64, to: i64, offset: u64, order: Option<&str>, fetched: &mut Fetched) -> Result<Option<String>, PluginError> {
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
    fn a_window_is_as_wide_as_transactions_may_be() {
        assert_eq!((day(1_795_454_100), moment(&day(1_795_454_100)).as_deref()), ("2026-11-23".into(), Some("2026-11-23T00:00:00Z")));
        let window = |until: &str| Window { since: "2026-01-01T00:00:00Z".into(), until: until.into(), cursor: None, limit: 50 };
        let days = |until: &str| clipped(&window(until)).map(|(from, to)| (to - from) / DAY);
        assert_eq!((days("2026-01-03T00:00:00Z").unwrap(), days("2026-12-31T00:00:00Z").unwrap()), (2, 179));
        assert!(days("2026-01-01T00:00:00Z").is_err() && days("soon").is_err());
    }
}
