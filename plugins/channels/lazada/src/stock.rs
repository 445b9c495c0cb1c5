//! How many may still be sold: `stock/sellable/update` sets the number, it does not add. Lazada wants its own ids of item and
//! SKU, in XML.

use crate::{
    api::post,
    errand::{no_to, note, nothing_yet, refused},
};
use switchyard_sdk::{Decimal, Level, PluginError, Pushed, read::decimal};

/// SKUs of one call.
const BATCH_MAX: usize = 20;

pub fn push(levels: &[Level]) -> Result<Pushed, PluginError> {
    let mut pushed = nothing_yet();
    let mut skus: Vec<(&Level, String)> = Vec::new();
    for level in levels {
        match sku(level) {
            Ok(xml) => skus.push((level, xml)),
            Err(why) => pushed.refusals.push(refused(&level.listing, "listing", &why)),
        }
    }
    for some in skus.chunks(BATCH_MAX) {
        match set(some, &mut pushed) {
            Ok(()) => {}
            // A batch is refused for one of its SKUs: which one shows when each is sent alone.
            Err(PluginError::Permanent(_)) if some.len() > 1 => {
                for one in some.chunks(1) {
                    if let Err(error) = set(one, &mut pushed) {
                        let no = no_to(&one[0].0.listing, error)?;
                        pushed.refusals.push(no);
                    }
                }
            }
            Err(error) => {
                let no = no_to(&some[0].0.listing, error)?;
                pushed.refusals.push(no);
            }
        }
    }
    Ok(pushed)
}

fn set(skus: &[(&Level, String)], pushed: &mut Pushed) -> Result<(), PluginError> {
    let body = post("/product/stock/sellable/update", &[("payload", payload(skus))])?;
    note(pushed, "stock", &skus[0].0.listing, body);
    Ok(())
}

fn payload(skus: &[(&Level, String)]) -> String {
    let skus: String = skus.iter().map(|(_, xml)| xml.as_str()).collect();
    format!("<Request><Product><Skus>{skus}</Skus></Product></Request>")
}

fn sku(level: &Level) -> Result<String, String> {
    let (item, sku) = ids(&level.listing).ok_or("a listing such as 232611001-356805001 or 232611001_SGAMZ-356805001 is wanted")?;
    let available = decimal(&level.available)?;
    // Whole units, never more than there are.
    let available = available.floor().max(Decimal::ZERO).normalize();
    let seller = level.sku.as_deref().filter(|sku| !sku.is_empty()).map_or(String::new(), |sku| format!("<SellerSku>{}</SellerSku>", escaped(sku)));
    Ok(format!("<Sku><ItemId>{item}</ItemId><SkuId>{sku}</SkuId>{seller}<SellableQuantity>{available}</SellableQuantity></Sku>"))
}

/// Item and SKU by Lazada's own ids: the digits before and after everything else.
fn ids(listing: &str) -> Option<(&str, &str)> {
    let listing = listing.trim();
    let first = listing.find(|letter: char| !letter.is_ascii_digit())?;
    let last = listing.rfind(|letter: char| !letter.is_ascii_digit())?;
    let (item, sku) = (&listing[..first], listing.get(last + 1..)?);
    (!item.is_empty() && !sku.is_empty()).then_some((item, sku))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&apos;").chars().filter(|letter| !letter.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(listing: &str, sku: Option<&str>, available: &str) -> Level {
        Level { listing: listing.into(), sku: sku.map(str::to_owned), available: available.into() }
    }

    #[test]
    fn a_listing_names_item_and_sku() {
        assert_eq!(ids("232611001-356805001"), Some(("232611001", "356805001")));
        assert_eq!(ids("232611001_SGAMZ-356805001"), Some(("232611001", "356805001")));
        for strange in ["", "232611001", "BE494HLAAUE3SGAMZ-39898", "232611001-", "ở"] {
            assert_eq!(ids(strange), None, "{strange}");
        }
    }

    #[test]
    fn levels_are_written_as_documented() {
        let told = level("234-5", Some("A&B <1>"), "12.00");
        let xml = sku(&told).unwrap();
        assert_eq!(
            payload(&[(&told, xml)]),
            "<Request><Product><Skus><Sku><ItemId>234</ItemId><SkuId>5</SkuId><SellerSku>A&amp;B &lt;1&gt;</SellerSku><SellableQuantity>12</SellableQuantity></Sku></Skus></Product></Request>"
        );
        assert!(sku(&level("234-5", None, "-3")).unwrap().contains("<SellableQuantity>0<"));
        assert!(sku(&level("234-5", None, "100.9")).unwrap().contains("<SellableQuantity>100<"));
        assert!(sku(&level("234-5", None, "many")).is_err() && sku(&level("234", None, "1")).is_err());
    }
}
