//! What is asked for, by how the order stands; answers of carriers.

use super::*;

fn order(shipping_type: &str, units: &[(&str, Option<&str>, &str, Option<&str>)]) -> Json {
    let quoted = |value: Option<&str>| value.map_or("null".to_owned(), |value| format!("\"{value}\""));
    let unit = |(id, package, word, tracking): &(&str, Option<&str>, &str, Option<&str>)| {
        format!(r#"{{"id":"{id}","package_id":{},"display_status":"{word}","tracking_number":{}}}"#, quoted(*package), quoted(*tracking))
    };
    let units: Vec<String> = units.iter().map(unit).collect();
    Json::parse(format!(r#"{{"id":"5","status":"AWAITING_SHIPMENT","shipping_type":"{shipping_type}","line_items":[{}]}}"#, units.join(",")).as_bytes()).unwrap()
}

fn parcel(lines: &[&str], tracking: Option<&str>) -> Parcel {
    let line = |id: &&str| LineQuantity { line_id: (*id).into(), quantity: "1".into() };
    Parcel { carrier: None, tracking: tracking.map(str::to_owned), lines: lines.iter().map(line).collect() }
}

fn of(json: &Json, parcel: &Parcel) -> Result<Vec<Step>, PluginError> {
    steps(&Node::root(json).unwrap(), parcel).map(|(steps, _)| steps)
}

#[test]
fn tiktok_3_what_has_left_is_not_shipped_again() {
    let open = order("TIKTOK", &[("a", Some("P1"), "AWAITING_SHIPMENT", None), ("b", Some("P1"), "AWAITING_SHIPMENT", None), ("c", Some("P2"), "AWAITING_COLLECTION", None)]);
    assert_eq!(of(&open, &parcel(&[], None)).unwrap(), [Step::Release("P1".into())]);
    assert_eq!(of(&open, &parcel(&["c"], None)).unwrap(), []);
    assert!(matches!(of(&open, &parcel(&["a"], None)), Err(PluginError::Unsupported(text)) if text.contains("the unit b")));
    assert!(matches!(of(&open, &parcel(&["z"], None)), Err(PluginError::InvalidInput(text)) if text.contains("no unit z")));
    let one_gone = order("TIKTOK", &[("a", Some("P1"), "AWAITING_SHIPMENT", None), ("b", Some("P1"), "CANCELLED", None)]);
    assert_eq!(of(&one_gone, &parcel(&["a"], None)).unwrap(), [Step::Release("P1".into())]);
    let loose = order("TIKTOK", &[("a", None, "AWAITING_SHIPMENT", None)]);
    assert_eq!(of(&loose, &parcel(&[], None)).unwrap(), [Step::PackAndRelease(vec!["a".into()])]);
}

#[test]
fn what_the_seller_ships_goes_with_its_number() {
    let own = order("SELLER", &[("a", Some("P1"), "AWAITING_SHIPMENT", None), ("b", None, "AWAITING_SHIPMENT", None)]);
    assert_eq!(of(&own, &parcel(&[], Some("T1"))).unwrap(), [Step::Own("P1".into()), Step::Loose(vec!["b".into()])]);
    let gone = order("SELLER", &[("a", Some("P1"), "IN_TRANSIT", Some("T1"))]);
    assert_eq!(of(&gone, &parcel(&[], Some("T1"))).unwrap(), []);
    assert_eq!(of(&gone, &parcel(&[], None)).unwrap(), []);
    assert_eq!(of(&gone, &parcel(&[], Some("T2"))).unwrap(), [Step::Correct("P1".into())]);
    let theirs = order("TIKTOK", &[("a", Some("P1"), "IN_TRANSIT", Some("T1"))]);
    assert_eq!(of(&theirs, &parcel(&[], Some("T2"))).unwrap(), [], "the number of TikTok's own carriers is theirs");
}

#[test]
fn carriers_are_found_by_name_or_id() {
    let known = Json::parse(br#"{"code":0,"data":{"shipping_providers":[{"id":"6617","name":"J&T Express"},{"id":"6618","name":"Viettel Post"}]}}"#).unwrap();
    assert_eq!(provider(&known, Some("j&t express")).unwrap(), "6617");
    assert_eq!(provider(&known, Some("ViettelPost")).unwrap(), "6618");
    assert_eq!(provider(&known, Some("6618")).unwrap(), "6618");
    assert!(matches!(provider(&known, Some("GHN")), Err(PluginError::InvalidInput(text)) if text.ends_with("J&T Express, Viettel Post")));
    assert!(provider(&known, None).is_err());
    let one = Json::parse(br#"{"data":{"shipping_providers":[{"id":"6617","name":"J&T Express"}]}}"#).unwrap();
    assert_eq!(provider(&one, None).unwrap(), "6617");
    assert_eq!(package_of(br#"{"code":0,"data":{"package_id":"P9","warning":{"message":"m"}}}"#).unwrap().as_deref(), Some("P9"));
    assert_eq!(package_of(br#"{"code":0,"data":null}"#).unwrap(), None);
}
