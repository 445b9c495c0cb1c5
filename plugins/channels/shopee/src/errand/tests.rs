//! Requests and answers of errands, apart from the channel.

use super::*;

fn read(json: &str) -> Json {
    Json::parse(json.as_bytes()).unwrap()
}

fn parcel(lines: &[(&str, &str)]) -> Parcel {
    let line = |(line_id, quantity): &(&str, &str)| LineQuantity { line_id: (*line_id).into(), quantity: (*quantity).into() };
    Parcel { carrier: None, tracking: None, lines: lines.iter().map(line).collect() }
}

fn order(status: &str, packages: &str) -> Json {
    read(&format!(
        r#"{{"order_sn":"A1","currency":"VND","update_time":1795428000,"order_status":"{status}","package_list":{packages},"item_list":[
            {{"item_id":1,"model_id":10,"model_quantity_purchased":2,"model_original_price":5}},
            {{"item_id":2,"model_id":0,"model_quantity_purchased":1,"model_original_price":7}}]}}"#
    ))
}

const TWO: &str = r#"[
    {"package_number":"P1","logistics_status":"LOGISTICS_READY","item_list":[{"item_id":1,"model_id":10,"model_quantity":2}]},
    {"package_number":"P2","logistics_status":"LOGISTICS_REQUEST_CREATED","item_list":[{"item_id":2,"model_id":0,"model_quantity":1}]}]"#;

#[test]
fn shopee_3_what_is_arranged_is_not_arranged_again() {
    let of = |status: &str, packages: &str, parcel: &Parcel| {
        let json = order(status, packages);
        plan(&Node::root(&json).unwrap(), parcel).map(|plan| (plan.open.clone(), plan.reference()))
    };
    let one = r#"[{"package_number":"P1","logistics_status":"LOGISTICS_READY"}]"#;
    assert_eq!(of("READY_TO_SHIP", one, &parcel(&[])).unwrap(), (vec![None], Some("P1".into())), "an order that is not split is asked for without a number");
    assert_eq!(of("PROCESSED", &one.replace("READY", "REQUEST_CREATED"), &parcel(&[])).unwrap(), (vec![], Some("P1".into())));
    assert_eq!(of("RETRY_SHIP", &one.replace("READY", "PICKUP_RETRY"), &parcel(&[])).unwrap(), (vec![None], Some("P1".into())));
    assert_eq!(of("READY_TO_SHIP", "null", &parcel(&[])).unwrap(), (vec![None], None));
    assert_eq!(of("SHIPPED", "[]", &parcel(&[])).unwrap(), (vec![], None));
    assert_eq!(of("READY_TO_SHIP", TWO, &parcel(&[])).unwrap(), (vec![Some("P1".into())], Some("P2,P1".into())));
    assert_eq!(of("READY_TO_SHIP", TWO, &parcel(&[("2-0", "1")])).unwrap(), (vec![], Some("P2".into())));
    assert_eq!(of("READY_TO_SHIP", TWO, &parcel(&[("1-10", "1"), ("1-10-77", "1.0"), ("2-0", "1")])).unwrap().0, [Some("P1".into())], "all lines are the whole");
    assert!(matches!(of("READY_TO_SHIP", TWO, &parcel(&[("1-10", "1")])), Err(PluginError::Unsupported(_))));
}

#[test]
fn a_cancellation_names_shopees_reason() {
    let json = order("READY_TO_SHIP", "null");
    let seen = Node::root(&json).unwrap();
    let of = |reason: &str| cancellation("A1", reason, &seen).map(|asked| asked.to_string());
    assert_eq!(of("buyer_asked").unwrap(), r#"{"order_sn":"A1","cancel_reason":"CUSTOMER_REQUEST"}"#);
    assert_eq!(
        of("out_of_stock").unwrap(),
        r#"{"order_sn":"A1","cancel_reason":"OUT_OF_STOCK","item_list":[{"item_id":1,"model_id":10},{"item_id":2,"model_id":0}]}"#
    );
    assert!(matches!(of("price"), Err(PluginError::Unsupported(text)) if text.contains("not price")));
    assert!(is_whole(&seen, &parcel(&[("2-0", "1"), ("1-10", "2")]).lines).unwrap());
    assert!(!is_whole(&seen, &parcel(&[("2-0", "1")]).lines).unwrap());
}
