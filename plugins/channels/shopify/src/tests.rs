//! Every payload of shared/channels/shopify, with sums worked out by hand, and cases of our own.

use super::*;
use switchyard_sdk::testing::{conformance, shared, summary};

fn check(file: &str, expected: &str) {
    let Some(body) = shared(&format!("shopify/{file}")) else { return };
    let told = summary(&document(&body).unwrap_or_else(|problem| panic!("{file}: {problem:?}")));
    assert_eq!(told.trim_end(), expected.trim(), "{file}");
}

/// 3 x 74.99 = 224.97; 6 % of it = 13.50 on top; 238.47. Nothing outstanding.
#[test]
fn shopify_1_paid_with_taxes_on_top() {
    check(
        "order.paid-eur-with-taxes.json",
        "1073459976@1751473886000 described paid
  product 1071823188: 3 x 74.99 EUR +13.50 State tax 6%
  = 238.47, told 238.47
1073459976@1751473886000 tendered payment captured 238.47 EUR by unknown with processor",
    );
}

/// 199.00 - 17.91 = 181.09. The word is "paid", yet 131.09 is outstanding: 50.00 came in.
#[test]
fn shopify_2_paid_is_a_word() {
    check(
        "order.paid-discount-usd.json",
        "1073459981@1751473898000 described paid
  product 1071823193: 1 x 199.00 USD -17.91 promo_voucher/tenant FAKE30
  = 181.09, told 181.09
1073459981@1751473898000 tendered payment captured 50.00 USD by unknown with processor",
    );
}

/// 199.00, of which 149.00 is outstanding.
#[test]
fn a_deposit_is_partial_payment() {
    check(
        "order.partially_paid-usd.json",
        "1073459980@1751473896000 described partially_paid
  product 1071823192: 1 x 199.00 USD
  = 199, told 199.00
1073459980@1751473896000 tendered payment captured 50.00 USD by unknown with processor",
    );
}

#[test]
fn a_pending_order_has_no_money() {
    check(
        "order.pending-usd.json",
        "1073459983@1751473900000 described pending
  product 1071823195: 1 x 199.00 USD
  = 199, told 199.00",
    );
}

/// 0.00 + 5.00 - 5.00 + shipping 10.00 = 10.00. Cancelled by the customer, its authorization voided.
#[test]
fn a_cancelled_order_keeps_its_lines() {
    check(
        "order.voided-cancelled-usd.json",
        "123456@1463472876000 described voided
  product 254721536: 1 x 0 USD
  product 5: 1 x 5.00 USD -5.00 marketing_discount/tenant
  shipping shipping-1: 1 x 10.00 USD
  = 10, told 10.00
123456@1463472876000 tendered payment voided 10.00 USD by visa, bogus with processor
123456@1463472876000 cancelled order accepted by BUYER whole: customer",
    );
}

/// The line's subtotal is 0.0, the transaction 41.94: the money is the transaction's, and no goods came back.
#[test]
fn a_refund_is_its_transactions() {
    check("refund.with-line-no_restock.json", "450789469@1751474314000 refunded 929361472 executed 41.94 USD 1x518995019");
}

#[test]
fn cases() {
    let headers = |delivery: &serde_json::Value| -> Vec<Pair> {
        let told = delivery["headers"].as_object().into_iter().flatten();
        told.map(|(key, value)| Pair { key: key.clone(), value: value.as_str().unwrap_or_default().into() }).collect()
    };
    let cases = conformance("shopify", |delivery, body| match delivery["origin"].as_str() {
        Some("webhook") => webhook(&headers(delivery), body),
        _ => document(body),
    });
    assert!(cases >= 5, "{cases} cases");
}

#[test]
fn headers_have_two_spellings() {
    let old = [Pair { key: "X-Shopify-Topic".into(), value: "orders/create".into() }];
    let new = [Pair { key: "shopify-topic".into(), value: "orders/create".into() }];
    assert_eq!(shopify_header(&old, "topic"), shopify_header(&new, "topic"));
}
