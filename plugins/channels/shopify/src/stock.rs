//! Stock levels. Shopify counts inventory items at locations; a listing is a variant. Items are asked for in one call
//! (GraphQL: REST has no call for many variants), levels are set one by one. A level is absolute, so telling it twice
//! changes nothing.

use crate::shop;
use std::collections::BTreeMap;
use switchyard_sdk::{
    Level, PluginError, Problem, Pushed, Refusal, ask, config,
    errand::{self, Answer, No},
    json::Json,
    read::Node,
    write::{id, object, text},
};

const VARIANTS_MAX: usize = 100;
const QUERY: &str = "query($ids:[ID!]!){nodes(ids:$ids){... on ProductVariant{legacyResourceId inventoryItem{legacyResourceId}}}}";
const VARIANT: &str = "gid://shopify/ProductVariant/";

pub fn push(levels: &[Level]) -> Result<Pushed, PluginError> {
    let (wanted, mut refusals) = read(levels)?;
    if wanted.is_empty() {
        return Ok(Pushed { refusals, ..errand::done(None) });
    }
    let location = match config::get("location_id").filter(|location| !location.is_empty()) {
        Some(set) => set,
        None => only_location(&Json::parse(&shop::get("/locations.json")?.body).map_err(PluginError::Permanent)?).map_err(ask::unreadable)?,
    };
    let mut items = BTreeMap::new();
    let variants: Vec<&str> = wanted.iter().map(|wanted| wanted.variant.as_str()).collect();
    for variants in variants.chunks(VARIANTS_MAX) {
        match shop::act("/graphql.json", lookup(variants))? {
            Answer::Yes(body) => items.extend(found(&Json::parse(&body).map_err(PluginError::Permanent)?).map_err(ask::unreadable)?),
            Answer::No { no, .. } => return Err(PluginError::Permanent(no.words())),
        }
    }
    for one in wanted {
        let Some(item) = items.get(&one.variant) else {
            refusals.push(errand::refusal(&one.listing, No::new("variant", "the shop has no such variant")));
            continue;
        };
        let asked = object([("location_id", id(&location)), ("inventory_item_id", id(item)), ("available", Json::Number(one.units))]);
        if let Answer::No { no, .. } = shop::act("/inventory_levels/set.json", asked)? {
            refusals.push(errand::refusal(&one.listing, no));
        }
    }
    Ok(Pushed { refusals, ..errand::done(None) })
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

fn lookup(variants: &[&str]) -> Json {
    let ids = variants.iter().map(|variant| text(format!("{VARIANT}{variant}"))).collect();
    object([("query", text(QUERY)), ("variables", object([("ids", Json::List(ids))]))])
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
        assert!(lookup(&["808", "809"]).to_string().ends_with(r#""variables":{"ids":["gid://shopify/ProductVariant/808","gid://shopify/ProductVariant/809"]}}"#));
        let answer = Json::parse(br#"{"data":{"nodes":[{"legacyResourceId":"808","inventoryItem":{"legacyResourceId":"457924702"}},null]}}"#).unwrap();
        assert_eq!(found(&answer).unwrap(), BTreeMap::from([("808".into(), "457924702".into())]));
        assert!(found(&Json::parse(br#"{"data":{}}"#).unwrap()).is_err());
    }

    #[test]
    fn the_only_location_is_meant() {
        let of = |locations: &str| only_location(&Json::parse(format!(r#"{{"locations":{locations}}}"#).as_bytes()).unwrap());
        assert_eq!(of(r#"[{"id":7,"active":true},{"id":8,"active":false}]"#).unwrap(), "7");
        assert!(of(r#"[{"id":7,"active":true},{"id":8,"active":true}]"#).is_err() && of("[]").is_err());
    }
}
