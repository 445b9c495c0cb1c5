//! Asking Square. The token travels in a header; the version of the API is named with each call. Lists come with a cursor;
//! an empty answer is an empty list.

use crate::{document, payout, refund};
use std::collections::{BTreeMap, BTreeSet};
use switchyard_sdk::{
    Document, Fetched, PluginError, Pulled, Reference, Window, ask, config,
    facts::Fact,
    http::{Auth, Insertion, Method, Place},
    json::{Json, quoted},
    read::Node,
    time,
};

pub const VERSION: &str = "2025-01-23";
const REFERENCES_MAX: usize = 50;
/// Each refund is a GET of its own, and the host lets 40 through at once: more are asked for one by one.
const REFUNDS_MAX: usize = 30;
/// `SearchOrders` takes 1,000; a page is one answer of at most 4 MiB.
const ORDERS_MAX: u32 = 200;
const PAGE_MAX: u32 = 100;
/// `SearchOrders` takes no more locations in one call.
const LOCATIONS_MAX: usize = 10;
/// A payout is a day's money of one location. More pages than this are told as far as they were read, with an error.
const PAYOUT_PAGES_MAX: usize = 30;
const PAYOUTS_MAX: u32 = 5;
/// Payments of a payout were made before it; entries are dated when they took effect, which may be some days later [U].
const PAYMENTS_BEFORE_SECONDS: i64 = 7 * 24 * 3600;

/// The host of the API. It decides where the token is sent, so it is one of two.
pub fn host() -> Result<String, PluginError> {
    let host = config::get("api_host").filter(|host| !host.is_empty()).unwrap_or_else(|| "connect.squareup.com".into());
    match host.as_str() {
        "connect.squareup.com" | "connect.squareupsandbox.com" => Ok(host),
        _ => Err(PluginError::InvalidConfig("api_host: connect.squareup.com or connect.squareupsandbox.com is wanted".into())),
    }
}

pub fn call(method: Method, path: &str, body: Option<String>) -> Result<Vec<u8>, PluginError> {
    let token = ask::secret("access_token")?;
    let insertion = Insertion { secret: &token, place: Place::Header("authorization".into()), prefix: "Bearer ".into() };
    let url = format!("https://{}{path}", host()?);
    let auth = Auth { insertions: vec![insertion], hmac: None };
    Ok(ask::send_with(method, url, &[("square-version", VERSION.into())], body, auth, refusal)?.body)
}

/// The error inside an answer, sorted by what helps.
pub fn refusal(body: &[u8]) -> Option<PluginError> {
    let json = match Json::parse(body) {
        Ok(json) => json,
        Err(problem) => return Some(PluginError::Permanent(format!("square's answer is {problem}"))),
    };
    let errors = Node::root(&json).ok()?.listed("errors").ok()?;
    let error = errors.first()?;
    let of = |key: &str| error.word(key).ok().flatten().unwrap_or_default();
    let code = of("code");
    let said: String = format!("{code}: {}", of("detail")).chars().take(300).collect();
    Some(match code.as_str() {
        "UNAUTHORIZED" | "ACCESS_TOKEN_EXPIRED" | "ACCESS_TOKEN_REVOKED" | "INSUFFICIENT_SCOPES" | "CLIENT_DISABLED" | "FORBIDDEN" => PluginError::Unauthorized(said),
        // Somebody changed the order meanwhile: the next try reads it anew.
        "VERSION_MISMATCH" | "CONFLICT" | "RATE_LIMITED" | "INTERNAL_SERVER_ERROR" | "SERVICE_UNAVAILABLE" | "GATEWAY_TIMEOUT" | "TEMPORARY_ERROR" => PluginError::Retryable(said),
        _ => PluginError::Permanent(said),
    })
}

pub fn parsed(body: &[u8]) -> Result<Json, PluginError> {
    Json::parse(body).map_err(|problem| PluginError::Permanent(format!("square's answer is {problem}")))
}

fn listed(ids: &[String]) -> String {
    ids.iter().map(|id| quoted(id)).collect::<Vec<_>>().join(",")
}

fn empty() -> Fetched {
    Fetched { facts: Vec::new(), documents: Vec::new() }
}

pub fn fetch(references: &[Reference]) -> Result<Fetched, PluginError> {
    if references.len() > REFERENCES_MAX {
        return Err(PluginError::InvalidInput(format!("at most {REFERENCES_MAX} references a call are wanted")));
    }
    if let Some(other) = references.iter().find(|reference| !matches!(reference.kind.as_str(), "order" | "return" | "refund" | "settlement")) {
        return Err(PluginError::Unsupported(format!("Square has no {} to fetch", other.kind)));
    }
    let of = |kinds: &[&str]| references.iter().filter(|reference| kinds.contains(&reference.kind.as_str())).map(|reference| reference.id.clone()).collect::<Vec<_>>();
    let mut fetched = empty();
    // A return is an order that takes goods back.
    orders(&of(&["order", "return"]), &mut fetched)?;
    let (mut bodies, refunded) = (Vec::new(), of(&["refund"]));
    if refunded.len() > REFUNDS_MAX {
        return Err(PluginError::InvalidInput(format!("at most {REFUNDS_MAX} refunds a call are wanted")));
    }
    for id in refunded {
        bodies.push((id.clone(), call(Method::Get, &format!("/v2/refunds/{}", ask::escaped(&id)), None)?));
    }
    refunds(bodies, &mut fetched)?;
    for id in of(&["settlement"]) {
        settlement(&id, &mut fetched)?;
    }
    Ok(fetched)
}

fn orders(ids: &[String], fetched: &mut Fetched) -> Result<(), PluginError> {
    if ids.is_empty() {
        return Ok(());
    }
    let body = retrieve(ids)?;
    let json = parsed(&body)?;
    let known = in_list(&json, "orders", "id")?;
    if let Some(gone) = ids.iter().find(|id| !known.contains(*id)) {
        return Err(PluginError::Permanent(format!("square has no order {gone}")));
    }
    take(fetched, "order", &ids[0], body)
}

fn retrieve(ids: &[String]) -> Result<Vec<u8>, PluginError> {
    call(Method::Post, "/v2/orders/batch-retrieve", Some(format!("{{\"order_ids\":[{}]}}", listed(ids))))
}

fn in_list(json: &Json, list: &str, key: &str) -> Result<BTreeSet<String>, PluginError> {
    let read = || Node::root(json)?.listed(list)?.iter().filter_map(|item| item.name_of(key).transpose()).collect::<Result<BTreeSet<String>, _>>();
    read().map_err(ask::unreadable)
}

/// Refunds, told of the sales they belong to: each stands in an order of its own, which names the sale.
fn refunds(bodies: Vec<(String, Vec<u8>)>, fetched: &mut Fetched) -> Result<(), PluginError> {
    let mut jsons = Vec::new();
    for (_, body) in &bodies {
        jsons.push(parsed(body)?);
    }
    let mut all: Vec<Node<'_>> = Vec::new();
    for json in &jsons {
        let root = Node::root(json).map_err(ask::unreadable)?;
        all.extend(root.child("refund").map_err(ask::unreadable)?);
        all.extend(root.listed("refunds").map_err(ask::unreadable)?);
    }
    let own: BTreeSet<String> = all.iter().filter_map(|refund| refund.name_of("order_id").ok().flatten()).collect();
    let own: Vec<String> = own.into_iter().collect();
    let mut sales: BTreeMap<String, String> = BTreeMap::new();
    for ids in own.chunks(PAGE_MAX as usize) {
        let body = retrieve(ids)?;
        let json = parsed(&body)?;
        sales.extend(sales_of(&json)?);
        take(fetched, "order", &ids[0], body)?;
    }
    for refund in &all {
        fetched.facts.extend(refund_facts(refund, &sales).map_err(ask::unreadable)?);
    }
    fetched.documents.extend(bodies.into_iter().map(|(id, body)| Document { kind: "refund".into(), id, body }));
    Ok(())
}

/// The sale behind each order that takes back; an order that sells is its own.
fn sales_of(json: &Json) -> Result<BTreeMap<String, String>, PluginError> {
    let read = || {
        let mut sales = BTreeMap::new();
        for order in Node::root(json)?.listed("orders")? {
            let id = order.require_id("id")?;
            let mut sale = None;
            for back in order.listed("returns")? {
                sale = sale.or(back.name_of("source_order_id")?);
            }
            sales.insert(id.clone(), sale.unwrap_or(id));
        }
        Ok(sales)
    };
    read().map_err(ask::unreadable)
}

fn refund_facts(refund: &Node<'_>, sales: &BTreeMap<String, String>) -> Result<Vec<Fact>, switchyard_sdk::Problem> {
    let sale = refund.name_of("order_id")?.and_then(|own| sales.get(&own));
    let mut facts = refund::facts(refund, sale.map(String::as_str))?.unwrap_or_default();
    if let Some(sale) = sale {
        facts.extend(refund::withdrawn(refund, sale)?);
    }
    Ok(facts)
}

/// The entries of a payout, put to orders through the payments of those days.
fn settlement(payout: &str, fetched: &mut Fetched) -> Result<(), PluginError> {
    let mut bodies = Vec::new();
    let path = format!("/v2/payouts/{}", ask::escaped(payout));
    let head = call(Method::Get, &path, None)?;
    let head_json = parsed(&head)?;
    let location = Node::root(&head_json).and_then(|root| root.require_child("payout")).and_then(|payout| payout.require_id("location_id")).map_err(ask::unreadable)?;
    let mut cursor = String::new();
    for page in 0.. {
        if page == PAYOUT_PAGES_MAX {
            return Err(PluginError::Permanent(format!("the payout {payout} has more than {PAYOUT_PAGES_MAX} pages of {PAGE_MAX}")));
        }
        let mut pairs = vec![("limit", PAGE_MAX.to_string())];
        pairs.extend((!cursor.is_empty()).then(|| ("cursor", cursor.clone())));
        let body = call(Method::Get, &format!("{path}/payout-entries?{}", ask::query(&pairs)), None)?;
        cursor = next(&parsed(&body)?);
        bodies.push(body);
        if cursor.is_empty() {
            break;
        }
    }
    let jsons = bodies.iter().map(|body| parsed(body)).collect::<Result<Vec<_>, _>>()?;
    let mut entries = Vec::new();
    for json in &jsons {
        entries.extend(Node::root(json).and_then(|root| payout::entries(&root)).map_err(ask::unreadable)?);
    }
    let wanted: BTreeSet<&str> = entries.iter().filter_map(|entry| entry.payment.as_deref()).collect();
    let times: Vec<i64> = entries.iter().filter_map(|entry| time::epoch_seconds(&entry.at)).collect();
    let known = match (times.iter().min(), times.iter().max()) {
        (Some(first), Some(last)) if !wanted.is_empty() => payments(&location, first - PAYMENTS_BEFORE_SECONDS, last + 1, &wanted, fetched)?,
        _ => BTreeMap::new(),
    };
    fetched.facts.extend(payout::facts(payout, &entries, &known).map_err(ask::unreadable)?);
    fetched.documents.extend(bodies.into_iter().chain([head]).map(|body| Document { kind: "settlement".into(), id: payout.to_owned(), body }));
    Ok(())
}

/// Orders by payment, newest first, until all that are wanted are known; what they tell of fees is told too.
fn payments(location: &str, from: i64, to: i64, wanted: &BTreeSet<&str>, fetched: &mut Fetched) -> Result<BTreeMap<String, String>, PluginError> {
    let at = |seconds: i64| time::from_epoch_seconds(seconds).unwrap_or_default();
    let mut known = BTreeMap::new();
    let mut cursor = String::new();
    for _ in 0..PAYOUT_PAGES_MAX {
        let mut pairs = vec![("begin_time", at(from)), ("end_time", at(to)), ("sort_order", "DESC".into()), ("location_id", location.to_owned()), ("limit", PAGE_MAX.to_string())];
        pairs.extend((!cursor.is_empty()).then(|| ("cursor", cursor.clone())));
        let body = call(Method::Get, &format!("/v2/payments?{}", ask::query(&pairs)), None)?;
        let json = parsed(&body)?;
        let read = |known: &mut BTreeMap<String, String>, facts: &mut Vec<Fact>| {
            for payment in Node::root(&json)?.listed("payments")? {
                let id = payment.require_id("id")?;
                if let Some(order) = payment.name_of("order_id")?.filter(|_| wanted.contains(id.as_str())) {
                    facts.extend(crate::payment::facts(&payment)?.unwrap_or_default());
                    known.insert(id, order);
                }
            }
            Ok(())
        };
        read(&mut known, &mut fetched.facts).map_err(ask::unreadable)?;
        cursor = next(&json);
        if cursor.is_empty() || known.len() == wanted.len() {
            break;
        }
    }
    Ok(known)
}

fn next(json: &Json) -> String {
    Node::root(json).ok().and_then(|root| root.word("cursor").ok().flatten()).unwrap_or_default()
}

/// What `pull` walks through, one after the other: the cursor says which, which group of locations, and where, e.g.
/// `orders:0:TOKEN`.
const ROOMS: [&str; 3] = ["orders", "refunds", "payouts"];

fn place(cursor: Option<&str>) -> Option<(usize, usize, &str)> {
    let Some(cursor) = cursor else { return Some((0, 0, "")) };
    let mut parts = cursor.splitn(3, ':');
    let room = parts.next().and_then(|name| ROOMS.iter().position(|room| *room == name))?;
    Some((room, parts.next()?.parse().ok()?, parts.next()?))
}

pub fn pull(window: &Window) -> Result<Pulled, PluginError> {
    let (room, group, token) = place(window.cursor.as_deref()).ok_or_else(|| PluginError::InvalidInput("the cursor is not one of this connector's".into()))?;
    let locations = locations()?;
    let mut fetched = empty();
    let (token, groups) = match ROOMS[room] {
        "orders" => {
            let groups: Vec<&[String]> = locations.chunks(LOCATIONS_MAX).collect();
            let Some(ids) = groups.get(group) else { return Err(PluginError::InvalidInput("the cursor names a location that is gone".into())) };
            let body = call(Method::Post, "/v2/orders/search", Some(search(ids, window, token)))?;
            let next = next(&parsed(&body)?);
            take(&mut fetched, "order", &window.since, body)?;
            (next, groups.len())
        }
        "refunds" => {
            let mut pairs = vec![
                ("updated_at_begin_time", window.since.clone()),
                ("updated_at_end_time", window.until.clone()),
                ("sort_field", "UPDATED_AT".into()),
                ("sort_order", "ASC".into()),
                ("limit", window.limit.clamp(1, PAGE_MAX).to_string()),
            ];
            pairs.extend((!token.is_empty()).then(|| ("cursor", token.to_owned())));
            let body = call(Method::Get, &format!("/v2/refunds?{}", ask::query(&pairs)), None)?;
            let next = next(&parsed(&body)?);
            refunds(vec![(window.since.clone(), body)], &mut fetched)?;
            (next, 1)
        }
        _ => {
            let Some(location) = locations.get(group) else { return Err(PluginError::InvalidInput("the cursor names a location that is gone".into())) };
            let mut pairs = vec![("location_id", location.clone()), ("begin_time", window.since.clone()), ("end_time", window.until.clone()), ("sort_order", "ASC".into()), ("limit", PAYOUTS_MAX.to_string())];
            pairs.extend((!token.is_empty()).then(|| ("cursor", token.to_owned())));
            let body = call(Method::Get, &format!("/v2/payouts?{}", ask::query(&pairs)), None)?;
            let json = parsed(&body)?;
            for id in in_list(&json, "payouts", "id")? {
                settlement(&id, &mut fetched)?;
            }
            (next(&json), locations.len())
        }
    };
    let next_cursor = following(room, group, groups, &token);
    Ok(Pulled { fetched, next_cursor, until: window.until.clone() })
}

/// Where to go on: the next page, the next group of locations, the next room.
fn following(room: usize, group: usize, groups: usize, token: &str) -> Option<String> {
    if !token.is_empty() {
        return Some(format!("{}:{group}:{token}", ROOMS[room]));
    }
    if group + 1 < groups {
        return Some(format!("{}:{}:", ROOMS[room], group + 1));
    }
    ROOMS.get(room + 1).map(|room| format!("{room}:0:"))
}

/// Orders of some locations by the time they last changed, oldest first. The sort has to be by what the filter is on.
fn search(locations: &[String], window: &Window, token: &str) -> String {
    let page = if token.is_empty() { String::new() } else { format!(",\"cursor\":{}", quoted(token)) };
    format!(
        "{{\"location_ids\":[{}],\"query\":{{\"filter\":{{\"date_time_filter\":{{\"updated_at\":{{\"start_at\":{},\"end_at\":{}}}}}}},\"sort\":{{\"sort_field\":\"UPDATED_AT\",\"sort_order\":\"ASC\"}}}},\"limit\":{}{page}}}",
        listed(locations),
        quoted(&window.since),
        quoted(&window.until),
        window.limit.clamp(1, ORDERS_MAX),
    )
}

/// The locations of the account's settings, or all of the merchant.
pub fn locations() -> Result<Vec<String>, PluginError> {
    let named = config::get("location_ids").unwrap_or_default();
    let named: Vec<String> = named.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect();
    if !named.is_empty() {
        return Ok(named);
    }
    let json = parsed(&call(Method::Get, "/v2/locations", None)?)?;
    let all: Vec<String> = in_list(&json, "locations", "id")?.into_iter().collect();
    if all.is_empty() { Err(PluginError::InvalidConfig("the merchant has no location".into())) } else { Ok(all) }
}

fn take(fetched: &mut Fetched, kind: &str, id: &str, body: Vec<u8>) -> Result<(), PluginError> {
    fetched.facts.extend(document(&body).map_err(ask::unreadable)?.facts);
    fetched.documents.push(Document { kind: kind.to_owned(), id: id.to_owned(), body });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_sorted_by_what_helps() {
        let told = |code: &str| refusal(format!(r#"{{"errors":[{{"category":"X","code":"{code}","detail":"words"}}]}}"#).as_bytes());
        assert!(refusal(b"{}").is_none() && refusal(br#"{"orders":[]}"#).is_none());
        assert!(matches!(told("ACCESS_TOKEN_REVOKED"), Some(PluginError::Unauthorized(text)) if text == "ACCESS_TOKEN_REVOKED: words"));
        assert!(matches!(told("VERSION_MISMATCH"), Some(PluginError::Retryable(_))));
        assert!(matches!(told("NOT_FOUND"), Some(PluginError::Permanent(_))));
        assert!(matches!(refusal(b"<html>"), Some(PluginError::Permanent(_))));
    }

    #[test]
    fn a_pull_walks_rooms_and_locations() {
        assert_eq!(place(None), Some((0, 0, "")));
        assert_eq!(place(Some("payouts:2:a:b")), Some((2, 2, "a:b")));
        assert!(["nowhere:0:", "orders", "orders:x:"].iter().all(|cursor| place(Some(cursor)).is_none()));
        assert_eq!(following(0, 0, 2, "t").as_deref(), Some("orders:0:t"));
        assert_eq!(following(0, 0, 2, "").as_deref(), Some("orders:1:"));
        assert_eq!(following(0, 1, 2, "").as_deref(), Some("refunds:0:"));
        assert_eq!(following(2, 1, 2, ""), None);
    }

    #[test]
    fn a_search_is_by_update_time() {
        let window = Window { since: "2026-11-23T00:00:00Z".into(), until: "2026-11-23T01:00:00Z".into(), cursor: None, limit: 5_000 };
        let body = search(&["L1".into(), "L\"2".into()], &window, "c");
        assert_eq!(
            body,
            r#"{"location_ids":["L1","L\"2"],"query":{"filter":{"date_time_filter":{"updated_at":{"start_at":"2026-11-23T00:00:00Z","end_at":"2026-11-23T01:00:00Z"}}},"sort":{"sort_field":"UPDATED_AT","sort_order":"ASC"}},"limit":200,"cursor":"c"}"#
        );
    }

    /// The refund of 10.00 stands in the order R, which takes back from the sale S: S is told, R is withdrawn.
    #[test]
    fn square_3_a_refund_is_told_of_the_sale() {
        let orders = parsed(br#"{"orders":[{"id":"R","returns":[{"source_order_id":"S"}]},{"id":"T","line_items":[]}]}"#).unwrap();
        let sales = sales_of(&orders).unwrap();
        assert_eq!((sales["R"].as_str(), sales["T"].as_str()), ("S", "T"));
        let json = parsed(br#"{"id":"p_1","order_id":"R","payment_id":"p","status":"COMPLETED","updated_at":"2026-11-23T10:00:00Z","amount_money":{"amount":1000,"currency":"USD"},
            "processing_fee":[{"amount_money":{"amount":-34,"currency":"USD"}}]}"#).unwrap();
        let facts = refund_facts(&Node::root(&json).unwrap(), &sales).unwrap();
        let told = switchyard_sdk::testing::summary(&switchyard_sdk::answer::Understood { facts, ..Default::default() });
        assert_eq!(
            told,
            "S@1795428000000 refunded p_1 executed 10.00 USD whole\nS@1795428000000 settled payment_fee -0.34 USD\n\
             R@1795428000001 described REFUND\n  = 0, told ?\nR@1795428000001 refunded p_1 withdrawn ? whole\nR@1795428000001 settled payment_fee 0 USD\n"
        );
    }
}
