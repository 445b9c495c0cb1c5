//! How many may still be sold: products in batches, variations in batches of their product.

use crate::{
    errand::{no_to, nothing_yet, refused},
    shop::{call, is_number},
};
use std::collections::BTreeMap;
use switchyard_sdk::{
    Decimal, Document, Level, PluginError, Pushed, ask,
    http::Method,
    json::Json,
    read::{Node, decimal},
};

const BATCH_MAX: usize = 100;

pub fn push(levels: &[Level]) -> Result<Pushed, PluginError> {
    let mut pushed = nothing_yet();
    // Under no product: the products themselves.
    let mut rooms: BTreeMap<Option<&str>, Vec<(&Level, &str, Decimal)>> = BTreeMap::new();
    for level in levels {
        match (ids(&level.listing), decimal(&level.available)) {
            (Some((room, id)), Ok(available)) => rooms.entry(room).or_default().push((level, id, available)),
            (None, _) => pushed.refusals.push(refused(&level.listing, "listing", "a listing such as 93 or 22-23 is wanted")),
            (_, Err(why)) => pushed.refusals.push(refused(&level.listing, "available", &why)),
        }
    }
    for (room, levels) in rooms {
        let path = room.map_or_else(|| "/products/batch".to_owned(), |product| format!("/products/{product}/variations/batch"));
        for some in levels.chunks(BATCH_MAX) {
            match call(Method::Post, &path, Some(request(some))) {
                Ok(response) => {
                    for (id, code, detail) in refusals(&response.body)? {
                        let listing = some.iter().find(|(_, known, _)| *known == id).map_or(id.as_str(), |(level, ..)| &level.listing);
                        pushed.refusals.push(refused(listing, &code, &detail));
                    }
                    pushed.documents.push(Document { kind: "stock".into(), id: some[0].0.listing.clone(), body: response.body });
                }
                Err(error) => {
                    for (level, ..) in some {
                        pushed.refusals.push(no_to(&level.listing, error.clone())?);
                    }
                }
            }
        }
    }
    Ok(pushed)
}

/// A product, or a variation of one.
fn ids(listing: &str) -> Option<(Option<&str>, &str)> {
    match listing.trim().split_once('-') {
        None => is_number(listing.trim()).then_some((None, listing.trim())),
        Some((product, variation)) => (is_number(product) && is_number(variation)).then_some((Some(product), variation)),
    }
}

/// Whole units, never more than there are. A product whose stock is not managed would ignore the number.
fn request(levels: &[(&Level, &str, Decimal)]) -> String {
    let one = |(_, id, available): &(&Level, &str, Decimal)| format!(r#"{{"id":{id},"manage_stock":true,"stock_quantity":{}}}"#, available.floor().max(Decimal::ZERO).normalize());
    format!(r#"{{"update":[{}]}}"#, levels.iter().map(one).collect::<Vec<_>>().join(","))
}

/// Entries of a batch that carry an error: id, code and text.
fn refusals(body: &[u8]) -> Result<Vec<(String, String, String)>, PluginError> {
    let json = Json::parse(body).map_err(PluginError::Permanent)?;
    let read = || {
        let mut refusals = Vec::new();
        for entry in Node::root(&json)?.listed("update")? {
            if let Some(error) = entry.maybe("error") {
                refusals.push((entry.name_of("id")?.unwrap_or_default(), error.word("code")?.unwrap_or_default(), error.word("message")?.unwrap_or_default()));
            }
        }
        Ok(refusals)
    };
    read().map_err(ask::unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_a_product_or_a_variation() {
        assert_eq!((ids("93"), ids(" 22-23 ")), (Some((None, "93")), Some((Some("22"), "23"))));
        for strange in ["", "x", "22-", "-23", "22-23-24", "ở"] {
            assert_eq!(ids(strange), None, "{strange}");
        }
    }

    #[test]
    fn levels_are_whole() {
        let level = |listing: &str| Level { listing: listing.into(), sku: None, available: String::new() };
        let (one, two) = (level("93"), level("94"));
        let told = request(&[(&one, "93", Decimal::new(129, 1)), (&two, "94", Decimal::NEGATIVE_ONE)]);
        assert_eq!(told, r#"{"update":[{"id":93,"manage_stock":true,"stock_quantity":12},{"id":94,"manage_stock":true,"stock_quantity":0}]}"#);
        let answer = br#"{"update":[{"id":93,"stock_quantity":12},{"id":94,"error":{"code":"woocommerce_rest_product_invalid_id","message":"Invalid ID.","data":{"status":400}}}]}"#;
        assert_eq!(refusals(answer).unwrap(), [("94".to_owned(), "woocommerce_rest_product_invalid_id".to_owned(), "Invalid ID.".to_owned())]);
    }
}
