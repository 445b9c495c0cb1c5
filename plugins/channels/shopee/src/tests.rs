//! Every payload of shared/channels/shopee, with sums worked out by hand, and cases of our own.

use super::*;
use switchyard_sdk::testing::{conformance, shared, summary};

const RECEIVED: &str = "2026-11-23T10:00:00Z";
/// 2026-11-23T10:00:00Z in seconds, times ten.
const NOW: &str = "17954280000";

fn read(file: &str, currency: Option<&str>) -> Option<Result<Understood, Problem>> {
    shared(&format!("shopee/{file}")).map(|body| document(&body, RECEIVED, currency))
}

fn check(file: &str, currency: Option<&str>, expected: &str) {
    let Some(told) = read(file, currency) else { return };
    let told = summary(&told.unwrap_or_else(|problem| panic!("{file}: {problem:?}")));
    assert_eq!(told.trim_end(), expected.replace("NOW", NOW).trim(), "{file}");
}

/// 300000 - 252000 = 48000 for the goods; the buyer paid 32119. The payload does not say who bore the 15881 between.
#[test]
fn shopee_2_a_detail_is_told_as_it_is() {
    check(
        "get_order_detail.cod-completed-vnd.json",
        None,
        "2404098R48U37H@17131399481 described COMPLETED
  product 23620853561-221404189791: 1 x 300000 VND -252000 marketing_discount/tenant flash_sale
  = 48000, told 32119
2404098R48U37H@17131399481 tendered payment captured 32119 VND by Cash on Delivery with marketplace
2404098R48U37H@17131399481 shipped OFG166300791210964 delivered 5-Day Delivery (SPX) ? 1x23620853561-221404189791",
    );
}

/// 10672 + 7280 = 17952; with the shipping fee, which the detail does not tell, 21952.
#[test]
fn a_bare_order_without_its_options() {
    check(
        "get_order_detail.shipped-idr-two-lines.json",
        None,
        "250728AJGGSCB3@17536884331 described SHIPPED
  product 23016158204-183672608214: 1 x 10672 IDR
  product 23820424910-235263566887: 1 x 7280 IDR
  = 17952, told 21952
250728AJGGSCB3@17536884331 tendered payment captured 21952 IDR by Shopee with marketplace
250728AJGGSCB3@17536884331 shipped order in_transit ? ? whole",
    );
}

/// The published text has "{" twice: it is not JSON, and that is all that can be said of it.
#[test]
fn a_published_sample_that_is_not_json() {
    let Some(told) = read("get_order_detail.cod-completed-vnd.verbatim.txt", None) else { return };
    assert!(matches!(told, Err(Problem::Malformed(text)) if text.starts_with("not JSON: key must be a string at line 2")));
}

/// 3 x 1 + shipping 1.99 = 4.99 paid by the buyer; 3 + 1.99 - 0.10 - 0.07 = 4.82 for the seller.
#[test]
fn an_escrow_explains_what_was_paid_and_what_is_paid_out() {
    check(
        "get_escrow_detail.sgd-sandbox.json",
        Some("SGD"),
        "2602170GS576N1@0 described ?
  product 844117783-10006252414: 3 x 1 SGD
  shipping shipping: 1 x 1.99 SGD
  = 4.99, told 4.99
2602170GS576N1@NOW settled buyer_paid_shipping_fee 1.99 SGD
2602170GS576N1@NOW settled commission_fee 0.07 SGD
2602170GS576N1@NOW settled credit_card_transaction_fee 0.1 SGD
2602170GS576N1@NOW settled escrow_amount 4.82 SGD
2602170GS576N1@NOW settled original_cost_of_goods_sold 3 SGD
2602170GS576N1@NOW settled seller_transaction_fee 0.1 SGD",
    );
    let Some(told) = read("get_escrow_detail.sgd-sandbox.json", None) else { return };
    assert!(matches!(told, Err(Problem::InvalidConfig(text)) if text.contains("currency")));
}

/// Placeholder amounts: only that every field is read, and that components name who pays.
/// 139 - 10 - 10 - 10 - 10 - 0.1 - 0.1 - 0.1 + 0.1 + 0.1 + 0.1 + 0.1 = 99.1.
#[test]
fn every_field_of_an_escrow_is_read() {
    let Some(told) = read("get_escrow_detail.all-fields-sample.json", Some("SGD")) else { return };
    let told = summary(&told.unwrap());
    let expected = "220725D58XURJS@0 described ?
  product 800062998-0: 1 x 139 SGD -10 marketing_discount/tenant -10 marketing_discount/marketplace -10 promo_voucher/tenant -10 promo_voucher/marketplace -0.1 points/marketplace -0.1 marketing_discount/marketplace payment_promotion -0.1 marketing_discount/marketplace credit_card_promotion
  shipping shipping: 1 x 0.1 SGD
  fee packaging: 1 x 0.1 SGD
  fee transaction: 1 x 0.1 SGD
  fee cross-border-tax: 1 x 0.1 SGD
  = 99.1, told 99
";
    assert!(told.starts_with(expected), "{told}");
    for settled in ["escrow_amount 100", "withholding_vat_tax 1", "withholding_pit_tax 2", "final_escrow_product_gst 4.35", "total_adjustment_amount 10.1"] {
        assert!(told.contains(&format!("settled {settled} SGD")), "{settled}");
    }
    assert!(!told.contains("_pri") && !told.contains("exchange_rate"));
}

#[test]
fn a_list_names_orders_to_fetch() {
    let Some(told) = read("get_order_list.json", None) else { return };
    let told = told.unwrap();
    assert_eq!((told.facts.len(), told.fetch.len()), (0, 10));
    assert_eq!((told.fetch[0].kind.as_str(), told.fetch[0].id.as_str()), ("order", "201218V2Y6E59M"));
}

#[test]
fn a_return_is_goods_and_money() {
    check(
        "get_return_detail.not-receipt-sgd.json",
        None,
        "220614T9XV8JTN@16552195441 returned 2206140TA5PM808 approved goods back 1x2700126223-2001586745
220614T9XV8JTN@16552195441 refunded 2206140TA5PM808 executed 13.97 SGD 1x2700126223-2001586745",
    );
}

#[test]
fn an_invoice_that_is_not_asked_for() {
    check("get_buyer_invoice_info.personal-pl.json", None, "2209160VNPKXF7@NOW invoice not wanted number ? name Kevin Yap tax ?");
}

#[test]
fn a_package_is_a_shipment() {
    check("get_package_detail.json", None, "220831EGF1JMXF@16619506741 shipped OFG1156498731071468 ready JNE Trucking (JTR) LPS ? 1x2200149592-0");
}

#[test]
fn a_push_is_thin() {
    let pushed = "220810QSK8S7BX@16601231270 described PROCESSED\nfetch order 220810QSK8S7BX";
    check("get_lost_push_message.json", None, pushed);
    check("push.order_status.code3.processed.json", None, pushed);
    check("push.order_status.code3.ready-to-ship-live.body.json", None, "251214B9XAB0ST@17656894390 described READY_TO_SHIP\nfetch order 251214B9XAB0ST");
    let Some(body) = shared("shopee/push.order_status.code3.ready-to-ship-live.body.json") else { return };
    let told = webhook(&body).unwrap();
    assert_eq!((told.message_id.as_deref(), told.shop.as_deref()), (Some("64ca21a145e29bda3a6e31203c800e00"), Some("336094210")));
    let Some(body) = shared("shopee/push.order_status.code3.processed.json") else { return };
    let told = webhook(&body).unwrap();
    assert_eq!(told.message_id.as_deref(), Some("727720655:3:220810QSK8S7BX:PROCESSED:1660123127"));
}

#[test]
fn cases() {
    let cases = conformance("shopee", |delivery, body| match delivery["origin"].as_str() {
        Some("webhook") => webhook(body),
        _ => document(body, delivery["received_at"].as_str().unwrap_or_default(), delivery["settings"]["currency"].as_str()),
    });
    assert!(cases >= 5, "{cases} cases");
}
