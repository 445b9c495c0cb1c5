//! The payload of shared/channels/haravan, with its sums worked out by hand, and cases of our own.

use super::*;
use switchyard_sdk::testing::{conformance, shared, summary};

/// One watch at 980000; asked for by a pending transaction, captured half a minute later under it: one tender, not two.
/// 2021-11-03T03:33:02.313Z is 1635910382313 ms.
#[test]
fn haravan_2_pending_and_captured_is_one_tender() {
    let Some(body) = shared("haravan/order.paid-bank-transfer-vnd.json") else { return };
    let told = document(&body).unwrap();
    assert_eq!(
        summary(&told).trim_end(),
        "1238520665@1635910382313 described paid/confirmed
  product 1324848821: 1 x 980000 VND
  = 980000, told 980000
1238520665@1635910382313 tendered 1097043594 captured 980000 VND by bank_transfer with tenant"
    );
    let switchyard_sdk::facts::What::Described(sale) = &told.facts[0].what else { panic!("a description") };
    assert_eq!((sale.number.as_deref(), sale.cash_on_delivery, sale.ship_to.is_none()), (Some("#100022"), Some(false), true));
    let switchyard_sdk::facts::What::Tendered(tender) = &told.facts[1].what else { panic!("a tender") };
    assert_eq!(tender.at.as_deref(), Some("2021-10-31T15:36:44.050Z"));
}

#[test]
fn the_address_is_ours_when_the_token_is() {
    let ours = |token: &str| Ok(token == "lotus & co");
    let ask = |query: &str| asked(&format!("https://hooks.example/hooks/hok_1?{query}"), ours);
    assert_eq!(ask("hub.mode=subscribe&hub.verify_token=lotus%20%26+co&hub.challenge=1158201444").unwrap(), "1158201444");
    for wrong in ["hub.verify_token=other&hub.challenge=1", "hub.challenge=1", ""] {
        assert!(matches!(ask(wrong), Err(Problem::BadSignature(_))), "{wrong}");
    }
    for odd in ["hub.verify_token=lotus+%26+co", "hub.verify_token=lotus+%26+co&hub.challenge=%3Cb%3E%20x", &format!("hub.verify_token=lotus+%26+co&hub.challenge={}", "1".repeat(257))] {
        assert!(matches!(ask(odd), Err(Problem::Malformed(_))), "{odd}");
    }
}

#[test]
fn cases() {
    let headers = |delivery: &serde_json::Value| -> Vec<Pair> {
        let told = delivery["headers"].as_object().into_iter().flatten();
        told.map(|(key, value)| Pair { key: key.clone(), value: value.as_str().unwrap_or_default().into() }).collect()
    };
    let cases = conformance("haravan", |delivery, body| match delivery["origin"].as_str() {
        Some("webhook") => webhook(&headers(delivery), body),
        _ => document(body),
    });
    assert!(cases >= 12, "{cases} cases");
}
