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

fn handed(answer: &str, means: &Means<'_>) -> Result<String, PluginError> {
    let json = read(answer);
    means.way(&Node::root(&json).unwrap()).map(|(way, with_what)| format!("{way} {with_what}"))
}

#[test]
fn a_parcel_is_handed_over_as_shopee_asks() {
    let nothing = Means { handover: None, sender: None, tracking: None, carrier: None };
    let both = r#"{"info_needed":{"dropoff":[],"pickup":["address_id","pickup_time_id"]},"dropoff":null,"pickup":{"address_list":[
        {"address_id":123,"address_flag":["default_address"],"time_slot_list":null},
        {"address_id":234,"address_flag":["pickup_address"],"time_slot_list":[
            {"date":1608103685,"pickup_time_id":"1608103685"},{"date":1608190085,"pickup_time_id":"1608190085","flags":["recommended"]}]}]}}"#;
    assert_eq!(handed(both, &nothing).unwrap(), r#"pickup {"address_id":234,"pickup_time_id":"1608190085"}"#);
    assert_eq!(handed(both, &Means { handover: Some("dropoff"), ..nothing }).unwrap(), "dropoff {}");
    let no_slot = r#"{"info_needed":{"pickup":["address_id","tracking_number"]},"pickup":{"address_list":[{"address_id":1,"address_flag":null}]}}"#;
    assert!(matches!(handed(no_slot, &nothing), Err(PluginError::InvalidInput(_))));
    assert_eq!(handed(no_slot, &Means { tracking: Some("T1"), ..nothing }).unwrap(), r#"pickup {"address_id":1,"tracking_number":"T1"}"#);
    let own = r#"{"info_needed":{"non_integrated":["tracking_no"],"pickup":null}}"#;
    assert_eq!(handed(own, &nothing).unwrap(), "non_integrated {}");
    assert_eq!(handed(own, &Means { tracking: Some("T1"), ..nothing }).unwrap(), r#"non_integrated {"tracking_number":"T1"}"#);
    let branch = r#"{"info_needed":{"dropoff":["branch_id","sender_real_name","tracking_no","slug"]},"dropoff":{"branch_list":[{"branch_id":7}],
        "slug_list":[{"slug":"ok-1","slug_name":"OK Mart"},{"slug":"hi-1","slug_name":"Hi-Life"}]}}"#;
    assert!(matches!(handed(branch, &nothing), Err(PluginError::InvalidConfig(_))));
    assert_eq!(handed(branch, &Means { sender: Some("Hoa"), ..nothing }).unwrap(), r#"dropoff {"branch_id":7,"slug":"ok-1","sender_real_name":"Hoa"}"#);
    assert_eq!(handed(branch, &Means { tracking: Some("T1"), carrier: Some("hi-life"), ..nothing }).unwrap(), r#"dropoff {"branch_id":7,"slug":"hi-1","tracking_number":"T1"}"#);
    assert!(matches!(handed(r#"{"info_needed":{}}"#, &nothing), Err(PluginError::Permanent(_))));
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
