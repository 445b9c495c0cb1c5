//! Packing and handing over. A package is made by `fulfill/pack`, which names its carrier and waybill, and handed over by
//! `package/rts`. Lazada's carriers have Lazada's waybills; only the seller's own fleet has the seller's.

use crate::{
    api::{parsed, post, unreadable},
    errand::{items, listed, no_to, note, nothing_yet, outcome, refused, result, told_anew, wanted},
    item::Item,
    naming::Stage,
};
use switchyard_sdk::{Parcel, PluginError, Pushed, json::quoted, read::Node};

/// Packages and orders a batch may have.
const BATCH_MAX: usize = 20;

pub fn pack(order: &str, parcel: &Parcel) -> Result<Pushed, PluginError> {
    let (items, mut pushed) = (items(order)?, nothing_yet());
    let wanted = wanted(&items, &parcel.lines, &mut pushed);
    pushed.reference = wanted.iter().find_map(|item| item.package.clone());
    let open = openly(&wanted, &mut pushed)?;
    if !open.is_empty() {
        pack_items(order, &open, parcel, &mut pushed)?;
    }
    told_anew(order, &mut pushed)?;
    Ok(pushed)
}

/// The items that can be packed now. What is not paid waits; what is packed is done; the rest cannot.
fn openly<'a>(wanted: &[&'a Item], pushed: &mut Pushed) -> Result<Vec<&'a Item>, PluginError> {
    let mut open = Vec::new();
    for item in wanted {
        match item.stage {
            Some(Stage::Pending) => open.push(*item),
            Some(Stage::Unpaid) => return Err(PluginError::Retryable(format!("the item {} is not paid yet", item.id))),
            Some(Stage::Cancelled) => pushed.refusals.push(refused(&item.id, "canceled", "the item is cancelled")),
            _ => {}
        }
    }
    Ok(open)
}

/// Which carrier may be chosen is asked first: local shops are given one, shops across borders choose.
fn pack_items(order: &str, open: &[&Item], parcel: &Parcel, pushed: &mut Pushed) -> Result<Vec<String>, PluginError> {
    let ids = listed(open.iter().map(|item| item.id.as_str()));
    let asked = format!(r#"{{"orders":[{{"order_id":{order},"order_item_ids":{ids}}}]}}"#);
    let json = parsed(&post("/order/shipment/providers/get", &[("getShipmentProvidersReq", asked)])?)?;
    let choice = choice(&result(&json)?, parcel.carrier.as_deref())?;
    let body = post("/order/fulfill/pack", &[("packReq", pack_request(order, &ids, &choice))])?;
    let json = parsed(&body)?;
    let (mut packages, mut later) = (Vec::new(), Vec::new());
    for packed in unreadable(result(&json)?.listed("pack_order_list"))? {
        for item in unreadable(packed.listed("order_item_list"))? {
            let id = unreadable(item.require_id("order_item_id"))?;
            if outcome(&item, &id, pushed, &mut later)? {
                packages.extend(unreadable(item.name_of("package_id"))?);
            }
        }
    }
    packages.dedup();
    pushed.reference = pushed.reference.take().or(packages.first().cloned());
    note(pushed, "pack", order, body);
    if packages.is_empty() && !later.is_empty() {
        return Err(PluginError::Retryable(later.join("; ")));
    }
    Ok(packages)
}

/// Allocation type, and a provider where one must be named.
struct Choice {
    allocate: String,
    provider: Option<String>,
}

fn choice(data: &Node<'_>, carrier: Option<&str>) -> Result<Choice, PluginError> {
    let read = || {
        let allocate = data.word("shipping_allocate_type")?.unwrap_or_else(|| "TFS".into());
        let given = data.switch("platform_default")? != Some(false);
        let mut providers = Vec::new();
        for provider in data.listed("shipment_providers")? {
            providers.push((provider.word("provider_code")?.unwrap_or_default(), provider.word("name")?.unwrap_or_default()));
        }
        Ok((allocate, given, providers))
    };
    let (allocate, given, providers) = unreadable(read())?;
    if given || providers.is_empty() {
        return Ok(Choice { allocate, provider: None });
    }
    let same = |known: &str| carrier.is_some_and(|carrier| known.eq_ignore_ascii_case(carrier));
    let found = providers.iter().find(|(code, name)| same(code) || same(name));
    match (found, providers.as_slice()) {
        (Some((code, _)), _) | (None, [(code, _)]) => Ok(Choice { allocate, provider: Some(code.clone()) }),
        _ => {
            let names: Vec<&str> = providers.iter().map(|(_, name)| name.as_str()).collect();
            Err(PluginError::Permanent(format!("carrier: one of {} is wanted", names.join(", "))))
        }
    }
}

fn pack_request(order: &str, ids: &str, choice: &Choice) -> String {
    let provider = choice.provider.as_ref().map_or(String::new(), |code| format!(r#","shipment_provider_code":{}"#, quoted(code)));
    format!(
        r#"{{"pack_order_list":[{{"order_item_list":{ids},"order_id":{order}}}],"delivery_type":"dropship","shipping_allocate_type":{}{provider}}}"#,
        quoted(&choice.allocate)
    )
}

pub fn ship(order: &str, parcel: &Parcel) -> Result<Pushed, PluginError> {
    let (mut known, mut pushed) = (items(order)?, nothing_yet());
    let open: Vec<Item> = openly(&wanted(&known, &parcel.lines, &mut pushed), &mut pushed)?.into_iter().cloned().collect();
    if !open.is_empty() {
        pack_items(order, &open.iter().collect::<Vec<_>>(), parcel, &mut pushed)?;
        known = items(order)?;
    }
    // Said once above.
    let wanted = wanted(&known, &parcel.lines, &mut nothing_yet());
    let ready: Vec<&Item> = wanted.iter().filter(|item| item.stage == Some(Stage::Ready) && !item.word.starts_with("ready_to_ship")).copied().collect();
    pushed.reference = wanted.iter().find_map(|item| item.package.clone()).or(pushed.reference);
    let (own, theirs): (Vec<&Item>, Vec<&Item>) = ready.into_iter().partition(|item| item.own_fleet && parcel.tracking.is_some());
    if !own.is_empty() {
        hand_over_own(order, &own, parcel, &mut pushed)?;
    }
    let mut packages: Vec<&str> = theirs.iter().filter_map(|item| item.package.as_deref()).collect();
    packages.sort_unstable();
    packages.dedup();
    let mut later = Vec::new();
    for some in packages.chunks(BATCH_MAX) {
        hand_over(order, some, &mut pushed, &mut later)?;
    }
    if !later.is_empty() {
        return Err(PluginError::Retryable(later.join("; ")));
    }
    told_anew(order, &mut pushed)?;
    Ok(pushed)
}

fn hand_over(order: &str, packages: &[&str], pushed: &mut Pushed, later: &mut Vec<String>) -> Result<(), PluginError> {
    let body = post("/order/package/rts", &[("readyToShipReq", rts_request(packages))])?;
    let json = parsed(&body)?;
    for package in unreadable(result(&json)?.listed("packages"))? {
        let id = unreadable(package.word("package_id"))?.unwrap_or_default();
        outcome(&package, &id, pushed, later)?;
    }
    note(pushed, "ready_to_ship", order, body);
    Ok(())
}

fn rts_request(packages: &[&str]) -> String {
    let packages: Vec<String> = packages.iter().map(|id| format!(r#"{{"package_id":{}}}"#, quoted(id))).collect();
    format!(r#"{{"packages":[{}]}}"#, packages.join(","))
}

/// The older call takes a waybill with the items; the newer one has no field for it.
fn hand_over_own(order: &str, own: &[&Item], parcel: &Parcel, pushed: &mut Pushed) -> Result<(), PluginError> {
    let pairs = [
        ("delivery_type", "dropship".to_owned()),
        ("order_item_ids", listed(own.iter().map(|item| item.id.as_str()))),
        ("shipment_provider", parcel.carrier.clone().unwrap_or_default()),
        ("tracking_number", parcel.tracking.clone().unwrap_or_default()),
    ];
    match post("/order/rts", &pairs) {
        Ok(body) => note(pushed, "ready_to_ship", order, body),
        Err(error) => pushed.refusals.push(no_to(order, error)?),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchyard_sdk::json::Json;

    fn providers(text: &str, carrier: Option<&str>) -> Result<(String, Option<String>), PluginError> {
        let json = Json::parse(text.as_bytes()).unwrap();
        choice(&Node::root(&json).unwrap(), carrier).map(|choice| (choice.allocate, choice.provider))
    }

    #[test]
    fn a_carrier_is_named_where_one_must_be() {
        let given = r#"{"platform_default":1,"shipment_providers":[],"shipping_allocate_type":"TFS"}"#;
        assert_eq!(providers(given, Some("GHN")).unwrap(), ("TFS".into(), None));
        let chosen = r#"{"platform_default":0,"shipment_providers":[{"name":"Yun Express","provider_code":"FM50"},{"name":"4PX","provider_code":"FM51"}],"shipping_allocate_type":"NTFS"}"#;
        assert_eq!(providers(chosen, Some("yun express")).unwrap(), ("NTFS".into(), Some("FM50".into())));
        assert_eq!(providers(chosen, Some("FM51")).unwrap().1.as_deref(), Some("FM51"));
        assert!(matches!(providers(chosen, None), Err(PluginError::Permanent(text)) if text == "carrier: one of Yun Express, 4PX is wanted"));
        let one = r#"{"platform_default":"0","shipment_providers":[{"name":"Yun Express","provider_code":"FM50"}],"shipping_allocate_type":"NTFS"}"#;
        assert_eq!(providers(one, None).unwrap().1.as_deref(), Some("FM50"));
    }

    /// The requests of Lazada's own pages.
    #[test]
    fn requests_are_written_as_documented() {
        let choice = Choice { allocate: "NTFS".into(), provider: Some("FM50".into()) };
        assert_eq!(
            pack_request("560694402192001", "[560694402292001]", &choice),
            r#"{"pack_order_list":[{"order_item_list":[560694402292001],"order_id":560694402192001}],"delivery_type":"dropship","shipping_allocate_type":"NTFS","shipment_provider_code":"FM50"}"#
        );
        assert_eq!(rts_request(&["FP038524014"]), r#"{"packages":[{"package_id":"FP038524014"}]}"#);
    }
}
