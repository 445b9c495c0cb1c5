//! Every payload of shared/channels/square, with sums worked out by hand, and cases of our own.

use super::*;
use switchyard_sdk::testing::{conformance, shared, summary};

fn check(file: &str, expected: &str) {
    let Some(body) = shared(&format!("square/{file}")) else { return };
    let told = summary(&document(&body).unwrap_or_else(|problem| panic!("{file}: {problem:?}")));
    assert_eq!(told.trim_end(), expected.trim(), "{file}");
}

/// Steak: 15.99 - 0.08 - 0.79 + 1.36 = 16.48. Two larger ones with a modifier of 0.50 each: 2 x (22.00 + 0.50) = 45.00
/// - 0.22 - 2.24 - 1.00 + 3.74 = 45.28. Together 61.76.
#[test]
fn square_1_discounts_and_tax_on_top() {
    check(
        "create_order.three-discounts-tax-on-top.json",
        "CAISENgvlJ6jLWAzERDzjyHVybY@1579294073293 described OPEN
  product 8uSwfzvUImn3IRrvciqlXC: 1 x 15.99 USD -0.08 marketing_discount/tenant Membership Discount -0.79 marketing_discount/tenant Labor Day Sale +1.36 State Sales Tax 9%
  product v8ZuEXpOJpb0bazLuvrLDB: 2 x 22.50 USD -0.22 marketing_discount/tenant Membership Discount -2.24 marketing_discount/tenant Labor Day Sale -1.00 marketing_discount/tenant Sale - $1.00 off +3.74 State Sales Tax 9%
  = 61.76, told 61.76",
    );
}

/// 555 minor units are 5.55; Square gave 0.34 of its fee back.
#[test]
fn a_refund_gives_the_fee_back() {
    let id = "bP9mAsEMYPUGjjGNaNO5ZDVyLhSZY_69MmgHubkLqx9wGhnmenRUHOaKitE6llfZuxcWYjGxd";
    check(
        "get_refund.completed.json",
        &format!("9ltv0bx5PuvGXUYHYHxYSKEqC3IZY@1634155202442 refunded {id} executed 5.55 USD whole\n9ltv0bx5PuvGXUYHYHxYSKEqC3IZY@1634155202442 settled payment_fee -0.34 USD"),
    );
}

#[test]
fn events_about_orders_are_thin() {
    check("webhook.order.created.json", "fetch order eA3vssLHKJrv9H0IdJCM3gNqfdcZY");
    check("webhook.order.updated.json", "fetch order eA3vssLHKJrv9H0IdJCM3gNqfdcZY");
    let id = "KkAkhdMsgzn59SM8A89WgKwekxLZY_ptNBVqHYxt5gAdfcobBe4u1AZsXhoz06KTtuq9Ls24P";
    check("webhook.refund.created.json", &format!("haOyDuHiqtAXMk0d8pDKXpL7Jg4F@1581024461846 refunded {id} approved 10.00 USD whole\nfetch refund {id}"));
    let Some(body) = shared("square/webhook.order.updated.json") else { return };
    let told = webhook(&body).unwrap();
    assert_eq!((told.message_id.as_deref(), told.shop.as_deref()), (Some("order.updated:4b8e5c91-9f17-4cf1-900a-4a0629f81add"), Some("5S9MXCS9Y99KK")));
}

/// The published test notification: its bytes are what Square signs, and it is about no order.
#[test]
fn a_test_notification_is_ignored() {
    let Some(vectors) = shared("signature-vectors.json") else { return };
    let vectors: serde_json::Value = serde_json::from_slice(&vectors).unwrap();
    let vector = vectors["vectors"].as_array().unwrap().iter().find(|vector| vector["channel"] == "square").unwrap();
    let (url, body) = (vector["parts"]["notification_url"].as_str().unwrap(), vector["parts"]["body"].as_str().unwrap());
    let (secret, expected) = (vector["secret"].as_str().unwrap(), vector["expected"].as_str().unwrap());
    let made = signature(secret, &[url, body]);
    assert_eq!(made, expected, "signed are the URL and the body");
    let told = webhook(body.as_bytes()).unwrap();
    assert_eq!(told.ignored.as_deref(), Some("the event webhooks.test_notification is not about orders as far as is known"));
    assert_eq!(told.message_id.as_deref(), Some("webhooks.test_notification:ac3ac95b-f97d-458c-a6e6-18981597e05f"));
}

fn signature(secret: &str, parts: &[&str]) -> String {
    use base64::Engine as _;
    use hmac::{KeyInit as _, Mac as _};
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    parts.iter().for_each(|part| mac.update(part.as_bytes()));
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

#[test]
fn cases() {
    let cases = conformance("square", |delivery, body| match delivery["origin"].as_str() {
        Some("webhook") => webhook(body),
        _ => document(body),
    });
    assert!(cases >= 12, "{cases} cases");
}
