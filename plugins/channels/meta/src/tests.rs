//! The payload of shared/channels/whatsapp, the question about the address, and cases of our own.

use super::*;
use switchyard_sdk::{
    facts::What,
    testing::{conformance, shared, summary},
};

const FILE: &str = "whatsapp/webhook.order_message-inr.json";

/// 1 x 200 + 1 x 600 = 800, of which nothing is paid.
#[test]
fn meta_1_an_order_message_is_an_unpaid_cart() {
    let Some(body) = shared(FILE) else { return };
    let told = document(&body, None).unwrap();
    let id = "wamid.HBgMOTE5NjU3DMU1MDIyQFIAEhggNzg5MEYwNEIyNDA1Q0IxMzU2QkI0NDc3RTVGMzYxNUEA";
    assert_eq!(
        summary(&told).trim_end(),
        format!("{id}@1691598412 described cart\n  product 1: 1 x 200 INR\n  product 2: 1 x 600 INR\n  = 800, told ?")
    );
    assert_eq!((told.message_id.as_deref(), told.shop.as_deref(), told.facts.len()), (Some(id), Some("108578266683441"), 1));
    let What::Described(cart) = &told.facts[0].what else { panic!("a cart is a description") };
    let buyer = cart.buyer.as_ref().unwrap();
    assert_eq!((buyer.name.as_deref(), buyer.phone.as_deref(), buyer.id.as_deref()), (Some("Hitesh"), Some("+919876543210"), Some("919876543210")));
    assert_eq!((cart.cash_on_delivery, cart.payment_method.as_deref(), cart.placed_at.as_deref()), (None, None, Some("2023-08-09T16:26:52Z")));
    assert_eq!(cart.lines.as_ref().unwrap()[1].sku.as_deref(), Some("0z10aj0bmq"));
}

#[test]
fn a_message_sent_again_is_the_same_fact() {
    let Some(body) = shared(FILE) else { return };
    assert_eq!(document(&body, None).unwrap().facts, document(&body, Some("VND")).unwrap().facts);
}

#[test]
fn meta_2_the_question_about_the_address() {
    let asked = question("https://hooks.example/hooks/hok_1?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=me%20at").unwrap();
    assert_eq!(asked, Question { token: "me at".into(), challenge: "1158201444".into() });
    assert!(matches!(question("https://hooks.example/hooks/hok_1"), Err(Problem::Unsupported(_))));
    assert!(matches!(question("https://h.example/?hub.mode=unsubscribe&hub.challenge=1"), Err(Problem::Unsupported(_))));
    for challenge in ["", "a%0ab", "%3Cb%3E%20", &"1".repeat(201)] {
        let url = format!("https://h.example/?hub.mode=subscribe&hub.verify_token=t&hub.challenge={challenge}");
        assert!(matches!(question(&url), Err(Problem::Malformed(_))), "{challenge}");
    }
    let without = question("https://h.example/?hub.mode=subscribe&hub.challenge=1").unwrap();
    assert_eq!(without.token, "", "no token is the empty one, which is nobody's secret");
}

#[test]
fn meta_3_cases() {
    let cases = conformance("meta", |delivery, body| match delivery["method"].as_str() {
        // Whether a token is the secret the host says; here it is the account's of the cases.
        Some("GET") => question(delivery["url"].as_str().unwrap_or_default()).and_then(|asked| answered(asked.token == "v-meta")),
        _ => document(body, delivery["settings"]["currency"].as_str()),
    });
    assert!(cases >= 18, "{cases} cases");
}

#[test]
fn a_cart_without_any_currency_waits_for_the_setting() {
    let body = br##"{"object":"page","entry":[{"id":"P","messaging":[{"sender":{"id":"1"},"timestamp":1795428000123,"message":{"mid":"m","text":"#order\n1 x A @ 5"}}]}]}"##;
    assert!(matches!(document(body, None), Err(Problem::InvalidConfig(text)) if text.starts_with("currency")));
}
