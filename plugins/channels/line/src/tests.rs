//! Cases of our own: LINE's own payloads carry no order.

use super::*;
use switchyard_sdk::testing::conformance;

#[test]
fn line_1_line_2_cases() {
    let cases = conformance("line", |delivery, body| document(body, delivery["settings"]["currency"].as_str()));
    assert!(cases >= 8, "{cases} cases");
}

#[test]
fn an_event_delivered_again_is_the_same_fact() {
    let event = |again: bool| {
        format!(
            r##"{{"destination":"U0","events":[{{"type":"postback","timestamp":1795428000123,"source":{{"type":"user","userId":"U1"}},"webhookEventId":"01H","deliveryContext":{{"isRedelivery":{again}}},"postback":{{"data":"#order VND\n1 x A @ 5"}}}}]}}"##
        )
    };
    let (first, second) = (document(event(false).as_bytes(), None).unwrap(), document(event(true).as_bytes(), None).unwrap());
    assert_eq!((&first.facts, first.message_id.as_deref()), (&second.facts, Some("01H")));
    assert_eq!((first.facts[0].order.as_str(), first.facts[0].revision.as_str()), ("01H", "1795428000123"));
}
