//! Every payload of shared/channels/woocommerce, with sums worked out by hand, and cases of our own.

use super::*;
use switchyard_sdk::testing::{conformance, shared, summary};

const RECEIVED: &str = "2026-11-23T10:00:00Z";

fn check(file: &str, currency: Option<&str>, expected: &str) {
    let Some(body) = shared(&format!("woocommerce/{file}")) else { return };
    let told = summary(&document(&body, RECEIVED, currency).unwrap_or_else(|problem| panic!("{file}: {problem:?}")));
    assert_eq!(told.trim_end(), expected.trim(), "{file}");
}

/// 2 x 3.00 + 12.00 + 10.00 + taxes 0.45 + 0.90 = 29.35. Paid by bank transfer, which is the merchant's own account.
#[test]
fn woo_1_taxes_on_top() {
    check(
        "order.727.processing-usd.json",
        None,
        "727@1490210888000 described processing
  product 315: 2 x 3 USD +0.45 State Tax
  product 316: 1 x 12 USD +0.9 State Tax
  shipping shipping-317: 1 x 10.00 USD
  = 29.35, told 29.35
727@1490210888000 tendered payment captured 29.35 USD by Direct Bank Transfer with tenant",
    );
}

/// 15 + 3 + 12 + 30 = 60; the taxes 1.125 + 0.225 + 0.9 = 2.25 as the shop rounds them, though the lines' own 1.13 + 0.23 + 0.90
/// would be 2.26. Not paid: no date says so.
#[test]
fn woo_1_taxes_are_rounded_at_the_order() {
    check(
        "order.728.pending-usd.json",
        None,
        "728@1490211214000 described pending
  product 319: 1 x 15 USD +1.125 State Tax
  product 320: 1 x 3 USD +0.225 State Tax
  product 321: 1 x 12 USD +0.9 State Tax
  shipping shipping-322: 1 x 30.00 USD
  = 62.25, told 62.25",
    );
}

/// 2 x 2.00 + 10.00 = 14.00, in the body of a shop of 2016; completed counts as delivered, `paid` as paid.
#[test]
fn an_old_body_reads_alike() {
    check(
        "webhook.order.updated.legacy-v2.body.json",
        None,
        "118@1463369430000 described completed
  product 8: 2 x 2 BRL
  shipping shipping-9: 1 x 10.00 BRL
  = 14, told 14.00
118@1463369430000 tendered payment captured 14.00 BRL by Direct Bank Transfer with tenant
118@1463369430000 shipped order delivered ? ? whole",
    );
}

/// 10.00 without lines, of the order that its links name. Its currency is the shop's, or the order's that is fetched.
#[test]
fn a_refund_is_money_only() {
    check("refund.726.json", Some("USD"), "723@1490126831000 refunded 726 executed 10.00 USD whole");
    check("refund.726.json", None, "723@1490126831000 refunded 726 executed ? whole\nfetch order 723");
}

/// The published vector: the raw body, base64.
#[test]
fn the_signature_is_the_published_one() {
    use base64::Engine as _;
    use hmac::{KeyInit as _, Mac as _};
    let Some(file) = shared("signature-vectors.json") else { return };
    let vectors: serde_json::Value = serde_json::from_slice(&file).unwrap();
    let vector = vectors["vectors"].as_array().unwrap().iter().find(|vector| vector["channel"] == "woocommerce").unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let body = text(&vector["parts"]["body"]);
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(text(&vector["secret"]).as_bytes()).unwrap();
    mac.update(body.as_bytes());
    assert_eq!(base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes()), text(&vector["expected"]));
    // Its body is an action, not an order: nothing to do.
    assert!(document(body.as_bytes(), RECEIVED, None).unwrap().ignored.is_some());
}

#[test]
fn a_ping_is_no_message() {
    assert!(is_ping(&[], b"webhook_id=378") && is_ping(&[], b"webhook_id=378\n"));
    let signed = [Pair { key: "X-WC-Webhook-Signature".into(), value: "abc".into() }];
    assert!(!is_ping(&signed, b"webhook_id=378") && !is_ping(&[], b"webhook_id=") && !is_ping(&[], b"webhook_id=1&x=2") && !is_ping(&[], b"{}"));
}

#[test]
fn a_shop_has_many_spellings() {
    for (source, shop, is) in [
        ("https://shop.example.com/", Some("shop.example.com"), "shop.example.com"),
        ("http://www.example.com/", Some("example.com"), "example.com"),
        ("https://example.com/shop/", Some("https://example.com/shop"), "https://example.com/shop"),
        ("https://other.example.com/", Some("shop.example.com"), "other.example.com"),
        ("https://shop.example.com", None, "shop.example.com"),
    ] {
        assert_eq!(named(source, shop), is, "{source}");
    }
}

#[test]
fn cases() {
    let headers = |delivery: &serde_json::Value| -> Vec<Pair> {
        let told = delivery["headers"].as_object().into_iter().flatten();
        told.map(|(key, value)| Pair { key: key.clone(), value: value.as_str().unwrap_or_default().into() }).collect()
    };
    let cases = conformance("woocommerce", |delivery, body| {
        let setting = |key: &str| delivery["settings"][key].as_str().map(str::to_owned);
        let said = Setting { shop: setting("shop"), currency: setting("currency") };
        let received_at = delivery["received_at"].as_str().unwrap_or_default();
        match delivery["origin"].as_str() {
            Some("webhook") => webhook(&headers(delivery), body, received_at, &said),
            _ => document(body, received_at, said.currency.as_deref()),
        }
    });
    assert!(cases >= 12, "{cases} cases");
}
