//! Every payload of shared/channels/kiotviet, with sums worked out by hand, and cases of our own.

use super::*;
use switchyard_sdk::testing::{conformance, shared, summary};

fn check(file: &str, expected: &str) -> Option<Understood> {
    let body = shared(&format!("kiotviet/{file}"))?;
    let told = document(&body, "VND").unwrap_or_else(|problem| panic!("{file}: {problem:?}"));
    assert_eq!(summary(&told).trim_end(), expected.trim(), "{file}");
    Some(told)
}

/// 3 x 260000 = 780000, to be collected at the door. 2021-11-19 15:04:57.103 in Vietnam is 08:04:57.103 UTC. Nothing is
/// delivered: the status is 3, processing.
#[test]
fn kiotviet_3_an_invoice_on_delivery() {
    let told = check(
        "invoice.processing-cod-vnd.json",
        "invoice-57730529@16373090971032 described Đang xử lý
  product 1301957: 3 x 260000 VND
  = 780000, told 780000
invoice-57730529@16373090971032 tendered cod pending 780000 VND by cod with carrier",
    );
    let Some(told) = told else { return };
    assert_eq!(told.facts[0].occurred_at, "2021-11-19T08:04:57.103Z");
    let switchyard_sdk::facts::What::Described(sale) = &told.facts[0].what else { panic!("a description") };
    assert_eq!((sale.number.as_deref(), sale.placed_at.as_deref(), sale.cash_on_delivery), (Some("HD005432.01"), Some("2021-11-19T08:01:00.327Z"), Some(true)));
}

/// 400000 - 65000 = 335000. KiotViet pulled the order in from Shopee, whose number is inside its code; the name is masked.
#[test]
fn a_marketplaces_order_names_its_number() {
    let told = check(
        "orders_list.shopee-synced-vnd.json",
        "order-18947766@17723280960006 described Hoàn thành
  product 48873415: 1 x 400000 VND -65000 marketing_discount/tenant
  = 335000, told 335000
order-18947766@17723280960006 tendered cod pending 335000 VND by cod with carrier
order-18947766@17723280960006 shipped order delivered ? ? whole",
    );
    let Some(told) = told else { return };
    let switchyard_sdk::facts::What::Described(sale) = &told.facts[0].what else { panic!("a description") };
    assert_eq!(sale.source.as_deref(), Some("same_sale=shopee:2603010SCUQWWD"));
    assert!(sale.buyer.as_ref().is_some_and(|buyer| buyer.masked));
}

#[test]
fn kiotviet_1_no_answer_silences_the_feed() {
    for (problem, status) in [
        (Problem::BadSignature(String::new()), 200),
        (Problem::Malformed(String::new()), 200),
        (Problem::Unsupported(String::new()), 200),
        (Problem::InvalidConfig(String::new()), 503),
    ] {
        let rejected = rejection(problem.clone());
        assert_eq!((rejected.acknowledgement.status, rejected.acknowledgement.body.len()), (status, 0), "{problem:?}");
        assert_eq!(rejected.problem, problem, "it is rejected all the same");
    }
}

#[test]
fn signatures_say_how_they_are_written() {
    let hex = "A".repeat(64);
    assert_eq!(signature(&format!("sha256={hex}")), ("a".repeat(64), Encoding::HexLower));
    assert_eq!(signature(&hex), ("a".repeat(64), Encoding::HexLower));
    assert_eq!(signature(" GF4YkrJgGBDZ9NIYbNXBnMzqb2HoL4RW/S6vkZ9/2N4= ").1, Encoding::Base64);
    assert_eq!(signature("ởởở").1, Encoding::Base64);
}

#[test]
fn cases() {
    let cases = conformance("kiotviet", |delivery, body| match delivery["origin"].as_str() {
        Some("webhook") => webhook(body, delivery["settings"]["currency"].as_str().unwrap_or("VND")),
        _ => document(body, delivery["settings"]["currency"].as_str().unwrap_or("VND")),
    });
    assert!(cases >= 12, "{cases} cases");
}
