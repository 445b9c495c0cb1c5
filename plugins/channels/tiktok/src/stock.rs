//! Stock levels: one call per product. TikTok Shop wants the product, the SKU and the warehouse; what a listing does not say
//! is asked for first. A level is absolute, so telling it twice changes nothing.

use crate::api;
use std::collections::BTreeMap;
use switchyard_sdk::{
    Level, PluginError, Problem, Pushed, Refusal, ask, config,
    errand::{self, Answer, No},
    http::Method,
    json::Json,
    read::Node,
    write::{object, text},
};

const SKUS_MAX: usize = 50;

#[derive(Clone, Debug, PartialEq)]
struct Wanted {
    listing: String,
    product: Option<String>,
    sku: String,
    units: String,
}

/// Where a SKU is kept.
#[derive(Debug, PartialEq)]
struct Kept {
    product: String,
    warehouses: Vec<String>,
}

pub fn push(levels: &[Level]) -> Result<Pushed, PluginError> {
    let (wanted, mut refusals) = read(levels)?;
    let set = config::get("warehouse_id").filter(|warehouse| !warehouse.is_empty());
    let mut known = BTreeMap::new();
    let unknown: Vec<String> = wanted.iter().filter(|one| set.is_none() || one.product.is_none()).map(|one| one.sku.clone()).collect();
    for skus in unknown.chunks(SKUS_MAX) {
        let body = api::call(Method::Post, "/product/202309/inventory/search", &[], Some(api::listed("sku_ids", skus)))?;
        known.extend(kept(&Json::parse(&body).map_err(PluginError::Permanent)?).map_err(ask::unreadable)?);
    }
    let mut products: BTreeMap<String, Vec<(Wanted, String)>> = BTreeMap::new();
    for one in wanted {
        match place(&one, known.get(&one.sku), set.as_deref()) {
            Ok((product, warehouse)) => products.entry(product).or_default().push((one, warehouse)),
            Err(no) => refusals.push(errand::refusal(&one.listing, no)),
        }
    }
    for (product, skus) in products {
        let path = format!("/product/202309/products/{}/inventory/update", ask::escaped(&product));
        refusals.extend(match api::act(&path, &[], Some(request(&skus).to_string()))? {
            Answer::Yes(body) => failures(&body, &skus)?,
            Answer::No { no, .. } => skus.iter().map(|(one, _)| errand::refusal(&one.listing, no.clone())).collect(),
        });
    }
    Ok(Pushed { refusals, ..errand::done(None) })
}

/// A listing is `product-sku`, or a SKU's id alone as lines of orders may have it.
fn read(levels: &[Level]) -> Result<(Vec<Wanted>, Vec<Refusal>), PluginError> {
    let (mut wanted, mut refusals): (Vec<Wanted>, Vec<Refusal>) = (Vec::new(), Vec::new());
    let digits = |text: &str| (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    for level in levels {
        let (product, sku) = level.listing.split_once('-').map_or((None, level.listing.as_str()), |(product, sku)| (Some(product), sku));
        if !digits(sku) || product.is_some_and(|product| !digits(product)) {
            refusals.push(errand::refusal(&level.listing, No::new("listing", "the id of a SKU, or of a product and a SKU such as 1729-1731, is wanted")));
            continue;
        }
        // Told twice, a SKU counts as told last.
        wanted.retain(|other| other.sku != sku);
        wanted.push(Wanted { listing: level.listing.clone(), product: product.map(str::to_owned), sku: sku.into(), units: errand::units(&level.available)? });
    }
    Ok((wanted, refusals))
}

fn kept(answer: &Json) -> Result<BTreeMap<String, Kept>, Problem> {
    let mut known = BTreeMap::new();
    for product in Node::root(answer)?.child("data")?.map_or(Ok(None), |data| data.children("inventory"))?.unwrap_or_default() {
        for sku in product.children("skus")?.unwrap_or_default() {
            let mut warehouses = Vec::new();
            for warehouse in sku.children("warehouse_inventory")?.unwrap_or_default() {
                warehouses.extend(warehouse.id("warehouse_id")?);
            }
            known.insert(sku.require_id("id")?, Kept { product: product.require_id("product_id")?, warehouses });
        }
    }
    Ok(known)
}

/// Product and warehouse of a SKU.
fn place(wanted: &Wanted, kept: Option<&Kept>, set: Option<&str>) -> Result<(String, String), No> {
    let product = wanted.product.clone().or(kept.map(|kept| kept.product.clone())).ok_or_else(|| No::new("sku", "the shop has no such SKU"))?;
    let warehouse = match (set, kept.map(|kept| kept.warehouses.as_slice())) {
        (Some(set), _) => set.to_owned(),
        (None, Some([only])) => only.clone(),
        (None, Some([_, ..])) => return Err(No::new("warehouse", "the SKU is kept in several warehouses: the setting warehouse_id says which is meant")),
        (None, _) => return Err(No::new("warehouse", "TikTok Shop names no warehouse of this SKU")),
    };
    Ok((product, warehouse))
}

fn request(skus: &[(Wanted, String)]) -> Json {
    let level = |(one, warehouse): &(Wanted, String)| {
        let inventory = object([("warehouse_id", text(warehouse)), ("quantity", Json::Number(one.units.clone()))]);
        object([("id", text(&one.sku)), ("inventory", Json::List(vec![inventory]))])
    };
    object([("skus", Json::List(skus.iter().map(level).collect()))])
}

/// `data.errors` where part of it failed; an error that names no SKU counts for all of the product [C].
fn failures(body: &[u8], skus: &[(Wanted, String)]) -> Result<Vec<Refusal>, PluginError> {
    let json = Json::parse(body).map_err(PluginError::Permanent)?;
    let read = || {
        let mut failed = Vec::new();
        for error in Node::root(&json)?.child("data")?.map_or(Ok(None), |data| data.children("errors"))?.unwrap_or_default() {
            let no = No::new(error.id("code")?.unwrap_or_default(), error.text("message")?.unwrap_or_default());
            let sku = error.child("detail")?.map_or(Ok(None), |detail| detail.id("sku_id"))?;
            let meant = skus.iter().filter(|(one, _)| sku.as_ref().is_none_or(|sku| *sku == one.sku));
            failed.extend(meant.map(|(one, _)| errand::refusal(&one.listing, no.clone())));
        }
        Ok(failed)
    };
    read().map_err(ask::unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_find_their_product_and_warehouse() {
        let level = |listing: &str, available: &str| Level { listing: listing.into(), sku: None, available: available.into() };
        let (wanted, refusals) = read(&[level("1729-1731", "5"), level("1732", "2.5"), level("tea", "1"), level("1732", "3")]).unwrap();
        assert_eq!((wanted.len(), refusals.len(), wanted[1].units.as_str()), (2, 1, "3"));
        let answer = br#"{"code":0,"data":{"inventory":[{"product_id":"1730","skus":[{"id":"1732","seller_sku":"T","warehouse_inventory":[{"warehouse_id":"7","available_quantity":1}]}]}]}}"#;
        let known = kept(&Json::parse(answer).unwrap()).unwrap();
        assert_eq!(place(&wanted[1], known.get("1732"), None).unwrap(), ("1730".into(), "7".into()));
        assert_eq!(place(&wanted[0], None, Some("9")).unwrap(), ("1729".into(), "9".into()));
        assert!(place(&wanted[0], None, None).is_err() && place(&wanted[1], None, Some("9")).is_err());
        let several = Kept { product: "1".into(), warehouses: vec!["7".into(), "8".into()] };
        assert!(place(&wanted[1], Some(&several), None).is_err_and(|no| no.detail.contains("warehouse_id")));
        let skus = [(wanted[0].clone(), "9".to_owned())];
        assert_eq!(request(&skus).to_string(), r#"{"skus":[{"id":"1731","inventory":[{"warehouse_id":"9","quantity":5}]}]}"#);
    }

    #[test]
    fn failures_are_told_by_listing() {
        let one = |sku: &str| (Wanted { listing: format!("1-{sku}"), product: None, sku: sku.into(), units: "1".into() }, "7".to_owned());
        let skus = [one("11"), one("12")];
        let told = |data: &str| failures(format!(r#"{{"code":0,"data":{data}}}"#).as_bytes(), &skus).unwrap();
        assert!(told("null").is_empty() && told("{}").is_empty());
        let failed = told(r#"{"errors":[{"code":12019022,"message":"SKU must contain valid warehouse","detail":{"sku_id":"12"}}]}"#);
        assert_eq!((failed.len(), failed[0].subject.as_str(), failed[0].code.as_str()), (1, "1-12", "12019022"));
        assert_eq!(told(r#"{"errors":[{"code":1,"message":"m"}]}"#).len(), 2);
    }
}
