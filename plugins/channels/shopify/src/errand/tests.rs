//! What is fulfilled, by how the order stands.

use super::*;

fn json(text: &str) -> Json {
    Json::parse(text.as_bytes()).unwrap()
}

const OPEN: &str = r#"{"fulfillment_orders":[
    {"id":901,"status":"open","assigned_location_id":7,"line_items":[{"id":9011,"line_item_id":11,"quantity":3,"fulfillable_quantity":2},{"id":9012,"line_item_id":12,"quantity":1,"fulfillable_quantity":1}]},
    {"id":902,"status":"in_progress","assigned_location_id":8,"line_items":[{"id":9021,"line_item_id":11,"quantity":1,"fulfillable_quantity":1}]},
    {"id":903,"status":"on_hold","assigned_location_id":7,"line_items":[{"id":9031,"line_item_id":13,"quantity":1,"fulfillable_quantity":1}]},
    {"id":904,"status":"closed","assigned_location_id":7,"line_items":[{"id":9041,"line_item_id":11,"quantity":1,"fulfillable_quantity":0}]}]}"#;

fn parcel(lines: &[(&str, &str)], tracking: Option<&str>) -> Parcel {
    let line = |(line_id, quantity): &(&str, &str)| LineQuantity { line_id: (*line_id).into(), quantity: (*quantity).into() };
    Parcel { carrier: tracking.map(|_| "GHN".into()), tracking: tracking.map(str::to_owned), lines: lines.iter().map(line).collect() }
}

fn of(fulfilled: &str, open: &str, parcel: &Parcel) -> Result<Decision, PluginError> {
    let (order, open) = (json(&format!(r#"{{"fulfillments":{fulfilled}}}"#)), json(open));
    decide(&fulfilments(&Node::root(&order).unwrap()).unwrap(), goods(&Node::root(&open).unwrap()).unwrap(), parcel)
}

#[test]
fn goods_of_one_location_are_one_fulfilment() {
    let Decision::Fulfil(groups) = of("[]", OPEN, &parcel(&[("11", "3.0"), ("12", "1")], Some("T1"))).unwrap() else { panic!("goods are left") };
    let requests: Vec<String> = groups.iter().map(|group| request(group, &parcel(&[], Some("T1")), false).to_string()).collect();
    assert_eq!(
        requests,
        [
            r#"{"fulfillment":{"notify_customer":false,"line_items_by_fulfillment_order":[{"fulfillment_order_id":901,"fulfillment_order_line_items":[{"id":9011,"quantity":2},{"id":9012,"quantity":1}]}],"tracking_info":{"number":"T1","company":"GHN"}}}"#,
            r#"{"fulfillment":{"notify_customer":false,"line_items_by_fulfillment_order":[{"fulfillment_order_id":902,"fulfillment_order_line_items":[{"id":9021,"quantity":1}]}],"tracking_info":{"number":"T1","company":"GHN"}}}"#,
        ]
    );
    assert!(!request(&groups[0], &parcel(&[], None), true).to_string().contains("tracking_info"));
}

#[test]
fn shopify_3_what_is_fulfilled_is_not_fulfilled_again() {
    let done = r#"[{"id":51,"status":"success","tracking_number":"T1","line_items":[{"id":11,"quantity":1}]},{"id":52,"status":"cancelled","tracking_number":"T2","line_items":[{"id":12}]}]"#;
    assert_eq!(of(done, OPEN, &parcel(&[("11", "1")], Some("T1"))).unwrap(), Decision::Done(Some("51".into())));
    assert!(matches!(of(done, OPEN, &parcel(&[("12", "1")], Some("T2"))).unwrap(), Decision::Fulfil(_)), "a cancelled fulfilment is none");
    let none = r#"{"fulfillment_orders":[]}"#;
    assert_eq!(of(done, none, &parcel(&[("11", "1")], None)).unwrap(), Decision::Done(Some("51".into())));
    assert_eq!(of(done, none, &parcel(&[], Some("T9"))).unwrap(), Decision::Correct("51".into()));
    assert!(matches!(of("[]", none, &parcel(&[], None)), Err(PluginError::Permanent(_))));
}

#[test]
fn what_cannot_be_fulfilled_is_said() {
    for (lines, says) in [([("11", "9")], "6 of the line 11 cannot be fulfilled: less is left"), ([("13", "1")], "on hold")] {
        assert!(matches!(of("[]", OPEN, &parcel(&lines, None)), Err(PluginError::Permanent(text)) if text.contains(says)), "{says}");
    }
    assert!(matches!(of("[]", OPEN, &parcel(&[("11", "0.5")], None)), Err(PluginError::InvalidInput(_))));
    assert!(number("45").is_ok() && number("45/cancel").is_err() && number("").is_err());
}

#[test]
fn only_whole_orders_are_cancelled() {
    let order = json(r#"{"line_items":[{"id":11,"quantity":2},{"id":12,"quantity":1}]}"#);
    let order = Node::root(&order).unwrap();
    let lines = |lines: &[(&str, &str)]| parcel(lines, None).lines;
    assert!(is_whole(&order, &[]).unwrap() && is_whole(&order, &lines(&[("12", "1.0"), ("11", "2")])).unwrap());
    assert!(!is_whole(&order, &lines(&[("11", "1"), ("12", "1")])).unwrap());
    assert_eq!(["out_of_stock", "buyer_asked", "price"].map(reason), ["inventory", "customer", "other"]);
}
