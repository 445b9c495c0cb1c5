//! Every payload of shared/channels/lazada, with sums worked out by hand, and cases of our own.

use super::*;
use switchyard_sdk::testing::{conformance, shared, summary};

const RECEIVED: &str = "2026-11-23T10:00:00Z";

fn check(file: &str, country: Option<&str>, expected: &str) {
    let Some(body) = shared(&format!("lazada/{file}")) else { return };
    let told = summary(&document(&body, RECEIVED, country.and_then(Country::of)).unwrap_or_else(|problem| panic!("{file}: {problem:?}")));
    assert_eq!(told.trim_end(), expected.trim(), "{file}");
}

/// One order of 106.00 + 0.54 shipping: what it pays is told without its items, and the items are fetched. No statuses, so no
/// money is spoken of; a tax code asks for an invoice.
#[test]
fn an_order_without_its_items_asks_for_them() {
    check(
        "orders_get.docs-sample-sgd.json",
        Some("sg"),
        "491253082180001@15181874701 described ?
491253082180001@15181874701 invoice wanted number ? name Ha Hung last_name tax 562562
fetch order 491253082180001",
    );
    let Some(body) = shared("lazada/orders_get.docs-sample-sgd.json") else { return };
    let told = document(&body, RECEIVED, None).unwrap();
    let switchyard_sdk::facts::What::Described(told) = &told.facts[0].what else { panic!("a description") };
    assert_eq!((told.stated_total.as_deref(), told.currency.as_deref(), told.cash_on_delivery), (Some("106.54"), Some("SGD"), Some(true)));
}

/// 288.00 - 14.40 + 0 = 273.60, to be paid at the door; 398.00 paid and delivered. The currency is the buyer's country's.
#[test]
fn lazada_2_what_the_buyer_pays() {
    check(
        "orders_get.thb.seller-voucher-and-delivered.json",
        None,
        "215340147705800@15409515101 described pending
215340147705800@15409515101 tendered payment pending 273.6 THB by COD with carrier
213820649395107@15409552651 described delivered
213820649395107@15409552651 tendered payment captured 398 THB by MIXEDCARD with marketplace
fetch order 215340147705800
fetch order 213820649395107",
    );
}

/// 99.00, of which 6.48 is tax inside it. Its presale was never paid; its one item is cancelled by the buyer.
#[test]
fn an_item_is_one_unit() {
    check(
        "order_items_get.docs-sample-sgd-canceled.json",
        None,
        "31202@14133715351 described canceled
  product 98108: 1 x 99.00 SGD incl 6.48 tax
  = 99, told ?
31202@14133715351 shipped 345 cancelled LEL 456 1x98108
31202@14133715351 cancelled order accepted by cancellation-customer whole: reason: reason detail
31202@14133715351 invoice wanted number 1342 name ? tax ?",
    );
}

#[test]
fn placeholders_of_a_reverse_order_say_nothing() {
    check("reverse_getreverseordersforseller.docs-sample.json", None, "ignored: the reverse order names no order");
}

/// 259000 is dong in Vietnam and 2590.00 elsewhere: without the country nobody can say, and nothing is told.
#[test]
fn lazada_3_cents_need_the_country() {
    let body = br#"{"data":{"reverse_order_id":5,"trade_order_id":4,"request_type":"CANCEL","reverse_order_lines":[{"reverse_order_line_id":6,"trade_order_line_id":7,"reverse_status":"CANCEL_SUCCESS","refund_amount":259000,"is_need_refund":"true"}]}}"#;
    assert!(matches!(document(body, RECEIVED, None), Err(Problem::InvalidConfig(text)) if text.starts_with("country: ")));
    for (country, amount) in [("vn", "259000 VND"), ("th", "2590 THB")] {
        let told = summary(&document(body, RECEIVED, Country::of(country)).unwrap());
        assert!(told.contains(&format!("refunded 6 executed {amount} 1x7")), "{told}");
    }
}

#[test]
fn pushes_are_thin() {
    check("push.type0.trade_order.unpaid.json", None, "260422900198363@16036986380 described ?\nfetch order 260422900198363");
    check(
        "push.type0.reverse.returned.json",
        None,
        "252883361348153@16037036630 described ?\nfetch order 252883361348153\nfetch return 501977696648153",
    );
    let Some(body) = shared("lazada/push.type0.reverse.returned.json") else { return };
    let told = webhook(&body).unwrap();
    assert_eq!((told.message_id.as_deref(), told.shop.as_deref()), (Some("1000114855:0:502491640048153:returned:1603703663"), Some("1000114855")));
}

/// The published vectors: what is signed is what the connector hands to the host, and the digest is the published one.
#[test]
fn signatures_are_the_published_ones() {
    use hmac::{KeyInit as _, Mac as _};
    let Some(file) = shared("signature-vectors.json") else { return };
    let vectors: serde_json::Value = serde_json::from_slice(&file).unwrap();
    let digest = |secret: &str, message: &str| -> String {
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(message.as_bytes());
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let mut seen = 0;
    for vector in vectors["vectors"].as_array().unwrap().iter().filter(|vector| vector["channel"] == "lazada") {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let (parts, secret, expected) = (&vector["parts"], text(&vector["secret"]), text(&vector["expected"]));
        let message = match vector["use"].as_str() {
            Some("webhook") => text(&parts["app_key"]) + &text(&parts["body"]),
            _ => {
                let token = text(&parts["params"]["access_token"]);
                let names = ["timestamp", "order_id", "sign_method", "app_key"];
                let query: Vec<(&str, String)> = names.iter().map(|name| (*name, text(&parts["params"][name]))).collect();
                let (before, after) = api::to_sign(&text(&parts["path"]), &query, api::TOKEN);
                format!("{before}{token}{after}")
            }
        };
        assert_eq!(message, text(&vector["signed_message"]), "{}", vector["id"]);
        let upper = vector["encoding"] == "hex_upper";
        let signed = digest(&secret, &message);
        assert_eq!(if upper { signed.to_ascii_uppercase() } else { signed }, expected, "{}", vector["id"]);
        seen += 1;
    }
    assert_eq!(seen, 2);
}

#[test]
fn cases() {
    let cases = conformance("lazada", |delivery, body| match delivery["origin"].as_str() {
        Some("webhook") => webhook(body),
        _ => document(body, delivery["received_at"].as_str().unwrap_or_default(), delivery["settings"]["country"].as_str().and_then(Country::of)),
    });
    assert!(cases >= 15, "{cases} cases");
}
