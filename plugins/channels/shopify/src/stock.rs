//! Stock levels. Shopify counts inventory items at locations; a listing is a variant. Both calls are GraphQL: REST has none for
//! many at once. Levels are set absolutely, with Shopify's own idempotency: the key is made of the errand's id and of what is
//! asked, so an attempt that is repeated is one, and what is asked without the refused ones is another.

use crate::shop;
use std::collections::BTreeMap;
use switchyard_sdk::{
    Level, PluginError, Problem, Pushed, Refusal, ask, config,
    errand::{self, Answer, No},
    json::Json,
    read::Node,
    write::{object, text},
};

const BATCH_MAX: usize = 100;
const LOOKUP: &str = "query($ids:[ID!]!){nodes(ids:$ids){... on ProductVariant{legacyResourceId inventoryItem{legacyResourceId}}}}";
/// From version 2026-04 on the key is demanded, and `changeFromQuantity` says what is replaced: null for whatever there is.
const SET: &str = "mutation($input:InventorySetQuantitiesInput!,$key:String!){inventorySetQuantities(input:$input)@idempotent(key:$key){userErrors{code field message}}}";
const VARIANT: &str = "gid://shopify/ProductVariant/";

pub fn push(errand: &str, levels: &[Level]) -> Result<Pushed, PluginError> {
    let (wanted, mut refusals) = read(levels)?;
    if wanted.is_empty() {
        return Ok(Pushed { refusals, ..errand::done(None) });
    }
    let location = match config::get("location_id").filter(|location| !location.is_empty()) {
        Some(set) => set,
        None => only_location(&Json::parse(&shop::get("/locations.json")?.body).map_err(PluginError::Permanent)?).map_err(ask::unreadable)?,
    };
    for mut batch in batches(wanted) {
        let items = found(&graphql(lookup(&batch))?).map_err(ask::unreadable)?;
        batch.retain(|one| {
            let known = items.contains_key(&one.variant);
            if !known {
                refusals.push(errand::refusal(&one.listing, No::new("variant", "the shop has no such variant")));
            }
            known
        });
        // A wrong level fails all that were asked with it: they are asked again without it.
        while !batch.is_empty() {
            let failed = failures(&graphql(request(errand, &batch, &items, &location))?, &batch).map_err(ask::unreadable)?;
            if failed.is_empty() {
                break;
            }
            batch.retain(|one| !failed.iter().any(|failed| failed.subject == one.listing));
            refusals.extend(failed);
        }
    }
    Ok(Pushed { refusals, ..errand::done(None) })
}

fn graphql(asked: Json) -> Result<Json, PluginError> {
    match shop::act("/graphql.json", asked)? {
        Answer::Yes(body) => Json::parse(&body).map_err(PluginError::Permanent),
        Answer::No { no, .. } => Err(PluginError::Permanent(no.words())),
    }
}

#[derive(Debug, PartialEq)]
struct Wanted {
    listing: String,
    variant: String,
    units: String,
}

/// A listing is a variant's id, bare or as a gid. Told twice, it counts as told last.
fn read(levels: &[Level]) -> Result<(Vec<Wanted>, Vec<Refusal>), PluginError> {
    let (mut wanted, mut refusals): (Vec<Wanted>, Vec<Refusal>) = (Vec::new(), Vec::new());
    for level in levels {
        let variant = level.listing.strip_prefix(VARIANT).unwrap_or(&level.listing);
        if (1..=20).contains(&variant.len()) && variant.bytes().all(|byte| byte.is_ascii_digit()) {
            wanted.retain(|other| other.variant != variant);
            wanted.push(Wanted { listing: level.listing.clone(), variant: variant.to_owned(), units: errand::units(&level.available)? });
        } else {
            refusals.push(errand::refusal(&level.listing, No::new("listing", "the id of a variant such as 808950810 is wanted")));
        }
    }
    Ok((wanted, refusals))
}

fn batches(wanted: Vec<Wanted>) -> Vec<Vec<Wanted>> {
    let mut batches: Vec<Vec<Wanted>> = Vec::new();
    for one in wanted {
        match batches.last_mut().filter(|batch| batch.len() < BATCH_MAX) {
            Some(batch) => batch.push(one),
            None => batches.push(vec![one]),
        }
    }
    batches
}

fn lookup(batch: &[Wanted]) -> Json {
    let ids = batch.iter().map(|one| text(format!("{VARIANT}{}", one.variant))).collect();
    object([("query", text(LOOKUP)), ("variables", object([("ids", Json::List(ids))]))])
}

fn request(errand: &str, batch: &[Wanted], items: &BTreeMap<String, String>, location: &str) -> Json {
    let quantity = |one: &Wanted| {
        let item = items.get(&one.variant).map_or("", String::as_str);
        object([
            ("inventoryItemId", text(format!("gid://shopify/InventoryItem/{item}"))),
            ("locationId", text(format!("gid://shopify/Location/{location}"))),
            ("quantity", Json::Number(one.units.clone())),
            ("changeFromQuantity", Json::Null),
        ])
    };
    let input = object([("name", text("available")), ("reason", text("correction")), ("quantities", Json::List(batch.iter().map(quantity).collect()))]);
    let key = format!("{errand}-{:016x}", mixed(&input.to_string()));
    object([("query", text(SET)), ("variables", object([("input", input), ("key", text(key))]))])
}

/// FNV-1a: tells requests of one errand apart, and nothing depends on it being hard to find.
fn mixed(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |mixed, byte| (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// `userErrors` by the place they name; one that names none is about all.
fn failures(answer: &Json, batch: &[Wanted]) -> Result<Vec<Refusal>, Problem> {
    let set = Node::root(answer)?.require_child("data")?.require_child("inventorySetQuantities")?;
    let mut failed: Vec<Refusal> = Vec::new();
    for error in set.children("userErrors")?.unwrap_or_default() {
        let no = No::new(error.text("code")?.unwrap_or_default(), error.text("message")?.unwrap_or_default());
        let place = error.texts("field")?.iter().find_map(|part| part.parse::<usize>().ok());
        for one in batch.iter().enumerate().filter(|(index, _)| place.is_none_or(|place| place == *index)).map(|(_, one)| one) {
            if !failed.iter().any(|failed| failed.subject == one.listing) {
                failed.push(errand::refusal(&one.listing, no.clone()));
            }
        }
    }
    Ok(failed)
}

/// Variant -> inventory item. A variant the shop does not have comes as null.
fn found(answer: &Json) -> Result<BTreeMap<String, String>, Problem> {
    let root = Node::root(answer)?;
    let data = root.require_child("data")?;
    let mut items = BTreeMap::new();
    if let Some(Json::List(nodes)) = answer.get("data").and_then(|data| data.get("nodes")) {
        for json in nodes.iter().filter(|json| **json != Json::Null) {
            let node = Node::root(json)?;
            items.extend(node.id("legacyResourceId")?.zip(node.child("inventoryItem")?.map_or(Ok(None), |item| item.id("legacyResourceId"))?));
        }
        return Ok(items);
    }
    Err(data.missing("nodes"))
}

fn only_location(answer: &Json) -> Result<String, Problem> {
    let mut active = Vec::new();
    for location in Node::root(answer)?.children("locations")?.unwrap_or_default() {
        if location.flag("active")?.unwrap_or(true) {
            active.push(location.require_id("id")?);
        }
    }
    match active.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Problem::InvalidConfig("the shop has no active location".into())),
        _ => Err(Problem::InvalidConfig("location_id is not set, and the shop has several locations".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_become_inventory_items() {
        let level = |listing: &str, available: &str| Level { listing: listing.into(), sku: None, available: available.into() };
        let (wanted, refusals) = read(&[level("808", "5"), level("gid://shopify/ProductVariant/809", "1.5"), level("TEA", "2"), level("808", "6")]).unwrap();
        assert_eq!((refusals.len(), wanted.len(), wanted[1].units.as_str()), (1, 2, "6"));
        assert!(lookup(&wanted).to_string().ends_with(r#""variables":{"ids":["gid://shopify/ProductVariant/809","gid://shopify/ProductVariant/808"]}}"#));
        let answer = Json::parse(br#"{"data":{"nodes":[{"legacyResourceId":"808","inventoryItem":{"legacyResourceId":"457924702"}},null]}}"#).unwrap();
        assert_eq!(found(&answer).unwrap(), BTreeMap::from([("808".into(), "457924702".into())]));
        assert!(found(&Json::parse(br#"{"data":{}}"#).unwrap()).is_err());
    }

    #[test]
    fn an_attempt_that_is_repeated_has_the_same_key() {
        let one = |variant: &str, units: &str| Wanted { listing: variant.into(), variant: variant.into(), units: units.into() };
        let items = BTreeMap::from([("808".to_owned(), "4579".to_owned()), ("809".to_owned(), "4580".to_owned())]);
        let asked = |batch: &[Wanted]| request("ernd_1", batch, &items, "7").to_string();
        let both = [one("808", "6"), one("809", "1")];
        assert!(asked(&both).contains(
            r#""input":{"name":"available","reason":"correction","quantities":[{"inventoryItemId":"gid://shopify/InventoryItem/4579","locationId":"gid://shopify/Location/7","quantity":6,"changeFromQuantity":null}"#
        ));
        assert!(asked(&both).contains(r#""key":"ernd_1-"#));
        assert_eq!(asked(&both), asked(&both));
        let key = |asked: String| asked.rsplit_once(r#""key":"#).map(|(_, key)| key.to_owned());
        assert_ne!(key(asked(&both)), key(asked(&both[..1])));
        assert_eq!(batches((0..101).map(|variant| one(&variant.to_string(), "1")).collect()).iter().map(Vec::len).collect::<Vec<_>>(), [100, 1]);
    }

    #[test]
    fn errors_find_their_listing() {
        let one = |variant: &str| Wanted { listing: variant.into(), variant: variant.into(), units: "1".into() };
        let batch = [one("808"), one("809")];
        let of = |errors: &str| failures(&Json::parse(format!(r#"{{"data":{{"inventorySetQuantities":{{"userErrors":{errors}}}}}}}"#).as_bytes()).unwrap(), &batch).unwrap();
        assert!(of("[]").is_empty());
        let failed = of(r#"[{"code":"ITEM_NOT_STOCKED_AT_LOCATION","field":["input","quantities","1","locationId"],"message":"The item is not stocked there."}]"#);
        assert_eq!((failed.len(), failed[0].subject.as_str(), failed[0].code.as_str()), (1, "809", "ITEM_NOT_STOCKED_AT_LOCATION"));
        assert_eq!(of(r#"[{"code":null,"field":null,"message":"no"}]"#).len(), 2);
    }

    #[test]
    fn the_only_location_is_meant() {
        let of = |locations: &str| only_location(&Json::parse(format!(r#"{{"locations":{locations}}}"#).as_bytes()).unwrap());
        assert_eq!(of(r#"[{"id":7,"active":true},{"id":8,"active":false}]"#).unwrap(), "7");
        assert!(of(r#"[{"id":7,"active":true},{"id":8,"active":true}]"#).is_err() && of("[]").is_err());
    }
}
