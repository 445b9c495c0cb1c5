//! The bundled connectors in the real host: signatures, every payload of shared/channels, the conformance cases.

use crate::hostile_guest::config;
use hmac::{Hmac, KeyInit, Mac};
use kernel::{ChannelAccountId, Decimal, InstallationId, TenantId};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};
use switchyard_core::orders::{
    fact::{Fact, What},
    totals,
};
use switchyard_host::{AccountContext, ComponentDigest, Delivery, Grants, Host, Origin, Reception, Rejection, SecretBytes};

const URL: &str = "https://hooks.example/hooks/hok_1";
const CHANNELS: [&str; 3] = ["shopee", "tiktok", "shopify"];

/// The three connectors as they are committed, loaded once each.
struct Bundled {
    host: Host,
    digests: BTreeMap<&'static str, ComponentDigest>,
    _cache: tempfile::TempDir,
}

impl Bundled {
    async fn load() -> Self {
        let cache = tempfile::tempdir().expect("a folder for the cache");
        let host = Host::start(config(cache.path())).expect("the host starts");
        let mut digests = BTreeMap::new();
        for channel in CHANNELS {
            let component = std::fs::read(kit::project().join(format!("plugins/built/{channel}.wasm"))).expect("the component is built");
            digests.insert(channel, host.load_connector(&component).await.unwrap_or_else(|refused| panic!("{channel}: {refused}")));
        }
        Self { host, digests, _cache: cache }
    }

    fn account(&self, channel: &str, settings: &[(&str, &str)], secrets: &[(&str, &[&str])]) -> AccountContext {
        let values = |values: &[&str]| values.iter().map(|value| SecretBytes::new(value.as_bytes().to_vec())).collect();
        AccountContext {
            tenant: TenantId::new(),
            installation: InstallationId::new(),
            account: ChannelAccountId::new(),
            digest: self.digests[channel],
            config_version: 1,
            grants: Arc::new(Grants { hosts: vec![], secrets: secrets.iter().map(|(name, _)| (*name).to_owned()).collect(), ..Grants::default() }),
            settings: Arc::new(settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()),
            secrets: Arc::new(secrets.iter().map(|(name, live)| ((*name).to_owned(), values(live))).collect()),
        }
    }

    /// An account with settings and secrets as a merchant would give them.
    fn usual(&self, channel: &str) -> AccountContext {
        match channel {
            "shopee" => self.account(channel, &[("partner_id", "2001887"), ("shop_id", "88123456"), ("currency", "SGD")], &[("partner_key", &["k-shopee"])]),
            "tiktok" => self.account(channel, &[("app_key", "6abcde")], &[("app_secret", &["k-tiktok"])]),
            _ => self.account(channel, &[("shop", "hoa-moc.myshopify.com")], &[("client_secret", &["k-shopify"])]),
        }
    }

    async fn receive(&self, account: &AccountContext, delivery: Delivery) -> Result<Reception, Rejection> {
        self.host.receive(account, delivery).await.unwrap_or_else(|failure| panic!("the call ends in an answer, not in {failure}"))
    }

    async fn document(&self, channel: &str, body: &[u8]) -> Result<Reception, Rejection> {
        self.receive(&self.usual(channel), delivery(Origin::Document, URL, vec![], body)).await
    }
}

fn delivery(origin: Origin, url: &str, headers: Vec<(String, String)>, body: &[u8]) -> Delivery {
    Delivery { origin, url: url.into(), headers, body: body.to_vec(), received_at: "2026-11-23T10:00:00Z".parse().expect("a time") }
}

fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).expect("any key serves");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

/// Signs a webhook as its channel does: by shared/channels/SPEC.md §1, not by the connector's code.
fn signed(channel: &str, body: &[u8]) -> Vec<(String, String)> {
    use base64::Engine as _;
    match channel {
        "shopee" => vec![("Authorization".into(), hex::encode(hmac_sha256(b"k-shopee", &[URL.as_bytes(), b"|", body])))],
        "tiktok" => vec![("Authorization".into(), hex::encode(hmac_sha256(b"k-tiktok", &[b"6abcde", body])))],
        _ => vec![
            ("X-Shopify-Hmac-Sha256".into(), base64::engine::general_purpose::STANDARD.encode(hmac_sha256(b"k-shopify", &[body]))),
            ("X-Shopify-Topic".into(), if body.windows(17).any(|w| w == b"refund_line_items") { "refunds/create" } else { "orders/updated" }.into()),
            ("X-Shopify-Webhook-Id".into(), "w-1".into()),
        ],
    }
}

fn shared_payloads(channel: &str) -> Vec<(String, Vec<u8>)> {
    let Some(folder) = kit::shared(&format!("channels/{channel}")) else { return vec![] };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files.into_iter().map(|path| (path.file_name().expect("a name").to_string_lossy().into_owned(), std::fs::read(&path).expect("a file"))).collect()
}

/// Each fact in a word, and for a description what its lines come to against what the channel says.
fn words(facts: &[Fact]) -> Vec<String> {
    facts
        .iter()
        .map(|fact| match &fact.what {
            What::Described(told) => match &told.lines {
                Some(lines) => {
                    let sum: Decimal = lines.iter().map(|line| totals::of_line(line).expect("in range").total).sum();
                    let stated = told.stated_total.map_or("?".into(), |stated| stated.normalize().to_string());
                    format!("described {}/{stated}", sum.normalize())
                }
                None => "described".into(),
            },
            What::Tendered(tender) => format!("tendered {:?} {}", tender.state, tender.amount.amount.normalize()),
            What::Shipped(shipment) => format!("shipped {:?}", shipment.state),
            What::Cancelled(cancellation) => format!("cancelled {:?}", cancellation.state),
            What::Refunded(refund) => format!("refunded {:?} {}", refund.state, refund.amount.map_or("?".into(), |amount| amount.amount.normalize().to_string())),
            What::Returned(goods) => format!("returned {:?}", goods.state),
            What::InvoiceRequested(wish) => format!("invoice {}", wish.requested),
            What::Settled(line) => format!("settled {}", line.kind),
            What::Invoiced(document) => format!("invoiced {}", document.number),
            What::Annotated(_) => "annotated".into(),
            What::Confirmed(_) => "confirmed".into(),
            What::Forfeited(_) => "forfeited".into(),
        })
        .collect()
}

/// Every payload of the three channels through the host, sums worked out by hand from the payloads.
/// `a/b`: the lines come to a, the channel says b. The two differ only where the payload itself does not explain its total
/// (Shopee's order details, and TikTok's documentation sample, whose amounts are placeholders).
#[tokio::test]
async fn every_payload_of_three_channels() {
    let expected: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("get_buyer_invoice_info.personal-pl.json", &["invoice false"][..]),
        ("get_order_detail.cod-completed-vnd.json", &["described 48000/32119", "tendered Captured 32119", "shipped Delivered"]),
        ("get_order_detail.shipped-idr-two-lines.json", &["described 17952/21952", "tendered Captured 21952", "shipped InTransit"]),
        ("get_order_list.json", &[]),
        ("get_lost_push_message.json", &["described"]),
        ("get_package_detail.json", &["shipped Ready"]),
        ("get_return_detail.not-receipt-sgd.json", &["returned Approved", "refunded Executed 13.97"]),
        ("push.order_status.code3.processed.json", &["described"]),
        ("push.order_status.code3.ready-to-ship-live.body.json", &["described"]),
        ("cancellation.buyer-cancel-complete-vnd.json", &["cancelled Accepted"]),
        ("order_detail.docs-sample-idr.json", &["described -1998.71/5000", "tendered Captured 5000", "invoice true"]),
        ("order_search.awaiting-collection-idr.json", &["described 10001/10001", "tendered Captured 10001", "shipped Ready"]),
        ("order_search.cancelled-myr-seller-discount.json", &["described 119/119", "cancelled Accepted"]),
        ("payment.paid-vnd.json", &[]),
        ("statement.paid-vnd.json", &[]),
        ("webhook.type1.order_status.awaiting-shipment.body.json", &["described"]),
        ("webhook.type1.order_status.unpaid-on-hold.body.json", &["described"]),
        ("webhook.type11.cancellation.pending.json", &["cancelled Requested"]),
        ("webhook.type6.seller_deauthorization.json", &[]),
        ("webhook.type67.refund_success.json", &["refunded Executed 1.25"]),
        ("order.paid-discount-usd.json", &["described 181.09/181.09", "tendered Captured 50"]),
        ("order.paid-eur-with-taxes.json", &["described 238.47/238.47", "tendered Captured 238.47"]),
        ("order.partially_paid-usd.json", &["described 199/199", "tendered Captured 50"]),
        ("order.pending-usd.json", &["described 199/199"]),
        ("order.voided-cancelled-usd.json", &["described 10/10", "tendered Voided 10", "cancelled Accepted"]),
        ("refund.with-line-no_restock.json", &["refunded Executed 41.94"]),
    ]);
    let bundled = Bundled::load().await;
    let mut seen = 0;
    for channel in CHANNELS {
        for (file, body) in shared_payloads(channel) {
            let told = bundled.document(channel, &body).await;
            seen += 1;
            if file.ends_with(".verbatim.txt") {
                // Published, and not JSON: acknowledged and kept, never half-read (SPEC §2.9).
                let refused = told.expect_err("it is not JSON");
                assert_eq!((refused.problem.word(), refused.acknowledgement.status), ("malformed", 200));
                continue;
            }
            let told = told.unwrap_or_else(|refused| panic!("{channel}/{file}: {}", refused.detail));
            let does = !told.facts.is_empty() || !told.fetch.is_empty() || !told.account.is_empty() || told.ignored.is_some();
            assert!(does, "{channel}/{file} says nothing");
            match file.as_str() {
                // 3 x 1.00 + 1.99; the rest are settlement lines.
                "get_escrow_detail.sgd-sandbox.json" => assert_eq!(words(&told.facts)[0], "described 4.99/4.99"),
                "get_escrow_detail.all-fields-sample.json" => assert_eq!(words(&told.facts)[0], "described 99.1/99"),
                name => assert_eq!(words(&told.facts), *expected.get(name).unwrap_or_else(|| panic!("{channel}/{file} is new: work its sums out"))),
            }
        }
    }
    println!("{seen} payloads");
}

/// The same payloads as webhooks, signed as their channel signs: the same facts, and the channel's own acknowledgement.
/// One bit of the body changed: refused with 401, whatever the body says.
#[tokio::test]
async fn webhooks_are_verified_then_translated_alike() {
    let bundled = Bundled::load().await;
    for channel in CHANNELS {
        let pushes = |file: &str| file.contains("push.") || file.contains("webhook.") || file.starts_with("order.") || file.starts_with("refund.");
        for (file, body) in shared_payloads(channel).into_iter().filter(|(file, _)| pushes(file)) {
            let account = bundled.usual(channel);
            let headers = signed(channel, &body);
            let pushed = bundled.receive(&account, delivery(Origin::Webhook, URL, headers.clone(), &body)).await;
            let pushed = pushed.unwrap_or_else(|refused| panic!("{channel}/{file}: {}", refused.detail));
            let handed = bundled.document(channel, &body).await.expect("as a document too");
            assert_eq!(pushed.facts, handed.facts, "{channel}/{file}");
            let acknowledged = (pushed.acknowledgement.status, String::from_utf8_lossy(&pushed.acknowledgement.body).into_owned());
            let wanted = if channel == "tiktok" { r#"{"code":0,"message":"success"}"# } else { "" };
            assert_eq!(acknowledged, (200, wanted.to_owned()), "{channel}/{file}");

            let mut changed = body.clone();
            changed[body.len() / 2] ^= 1;
            let refused = bundled.receive(&account, delivery(Origin::Webhook, URL, headers, &changed)).await.expect_err("the body was changed");
            assert_eq!((refused.problem.word(), refused.acknowledgement.status, refused.acknowledgement.body.len()), ("bad_signature", 401, 0), "{channel}/{file}");
        }
    }
}

/// The published (and one derived) signature vectors of the three channels.
#[tokio::test]
async fn signature_vectors() {
    let Some(file) = kit::shared("channels/signature-vectors.json") else { return };
    let vectors: Value = serde_json::from_slice(&std::fs::read(file).expect("the vectors")).expect("JSON");
    let bundled = Bundled::load().await;
    let mut checked = 0;
    for vector in vectors["vectors"].as_array().expect("a list") {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let (channel, secret, signature) = (text(&vector["channel"]), text(&vector["secret"]), text(&vector["expected"]));
        if vector["use"] != "webhook" || !CHANNELS.contains(&channel.as_str()) {
            continue;
        }
        let (parts, live) = (&vector["parts"], [secret.as_str()]);
        let (account, header) = match channel.as_str() {
            "shopee" => (bundled.account("shopee", &[], &[("partner_key", &live)]), "authorization"),
            "tiktok" => (bundled.account("tiktok", &[("app_key", &text(&parts["app_key"]))], &[("app_secret", &live)]), "authorization"),
            _ => (bundled.account("shopify", &[], &[("client_secret", &live)]), "x-shopify-hmac-sha256"),
        };
        let url = parts["url"].as_str().unwrap_or(URL);
        let body = text(&parts["body"]);
        let message = |signature: &str| delivery(Origin::Webhook, url, vec![(header.into(), signature.into())], body.as_bytes());
        let verified = |told: Result<Reception, Rejection>| told.err().is_none_or(|refused| refused.problem.word() != "bad_signature");
        assert!(verified(bundled.receive(&account, message(&signature)).await), "{}", vector["id"]);
        let mut wrong = signature.clone().into_bytes();
        wrong[3] = if wrong[3] == b'0' { b'1' } else { b'0' };
        let wrong = String::from_utf8(wrong).expect("ASCII");
        for not_it in [wrong.as_str(), "", &signature[..signature.len() - 1]] {
            assert!(!verified(bundled.receive(&account, message(not_it)).await), "{}: {not_it:?}", vector["id"]);
        }
        checked += 1;
    }
    assert_eq!(checked, 3, "TikTok, Shopee, Shopify");
}

/// During a rotation both secrets are live; without any the channel is asked to come again.
#[tokio::test]
async fn secrets_rotate_and_may_be_missing() {
    let bundled = Bundled::load().await;
    let body = br#"{"type":1,"tts_notification_id":"1","shop_id":"1","timestamp":1718305585,"data":{"order_id":"5","order_status":"UNPAID","update_time":1718305585}}"#;
    let webhook = || delivery(Origin::Webhook, URL, signed("tiktok", body), body);
    let rotating = bundled.account("tiktok", &[("app_key", "6abcde")], &[("app_secret", &["k-new", "k-tiktok"])]);
    assert!(bundled.receive(&rotating, webhook()).await.is_ok());
    let unset = bundled.account("tiktok", &[("app_key", "6abcde")], &[]);
    let refused = bundled.receive(&unset, webhook()).await.expect_err("there is no secret");
    assert_eq!((refused.problem.word(), refused.acknowledgement.status), ("invalid_config", 503));
    let unsigned = bundled.receive(&rotating, delivery(Origin::Webhook, URL, vec![], body)).await.expect_err("there is no signature");
    assert_eq!((refused.problem.word(), unsigned.problem.word()), ("invalid_config", "bad_signature"));
}

/// The cases of plugins/conformance, through the built components.
#[tokio::test]
async fn conformance_cases() {
    let bundled = Bundled::load().await;
    let mut count = 0;
    for channel in CHANNELS {
        let folder = kit::project().join("plugins/conformance").join(channel);
        for entry in std::fs::read_dir(folder).expect("the channel has cases") {
            let case = entry.expect("a case").path();
            check_case(&bundled, channel, &case).await;
            count += 1;
        }
    }
    assert!(count > 40, "{count} cases");
}

async fn check_case(bundled: &Bundled, channel: &str, case: &Path) {
    let read = |name: &str| std::fs::read(case.join(name)).unwrap_or_else(|error| panic!("{}/{name}: {error}", case.display()));
    let (told, expected): (Value, Value) = (serde_json::from_slice(&read("delivery.json")).expect("JSON"), serde_json::from_slice(&read("expected.json")).expect("JSON"));
    let body = read("body");
    let settings: Vec<(&str, &str)> = told["settings"].as_object().expect("settings").iter().map(|(key, value)| (key.as_str(), value.as_str().expect("a text"))).collect();
    let usual = bundled.usual(channel);
    let mut account = bundled.account(channel, &settings, &[]);
    (account.secrets, account.grants) = (usual.secrets, usual.grants);
    if channel == "tiktok" {
        account.settings = usual.settings;
    }
    let origin = if told["origin"] == "webhook" { Origin::Webhook } else { Origin::Document };
    let mut headers: Vec<(String, String)> =
        told["headers"].as_object().into_iter().flatten().map(|(key, value)| (key.clone(), value.as_str().expect("a text").to_owned())).collect();
    // The case's own headers stand; the signature is made here.
    let known = |headers: &[(String, String)], name: &str| headers.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
    for (name, value) in signed(channel, &body) {
        if !known(&headers, &name) {
            headers.push((name, value));
        }
    }
    let mut message = delivery(origin, told["url"].as_str().expect("a URL"), headers, &body);
    message.received_at = told["received_at"].as_str().expect("a time").parse().expect("a time");
    let answer = bundled.receive(&account, message).await;
    let name = case.display();
    match answer {
        Ok(reception) => {
            let facts: Vec<Value> = reception.facts.iter().map(|fact| known_only(serde_json::to_value(fact).expect("a value"))).collect();
            assert_eq!(facts, expected["facts"].as_array().cloned().unwrap_or_default(), "{name}");
            let fetch: Vec<Value> = reception.fetch.iter().map(|r| serde_json::json!({"kind": r.kind.word(), "id": r.id})).collect();
            assert_eq!(fetch, expected["fetch"].as_array().cloned().unwrap_or_default(), "{name}");
            assert_eq!(reception.account.len(), expected["account"].as_array().map_or(0, Vec::len), "{name}");
            assert_eq!(reception.ignored.as_deref(), expected["ignored"].as_str(), "{name}");
            assert_eq!(reception.shop.as_deref(), expected["shop"].as_str(), "{name}");
            if told["headers"].get("X-Shopify-Webhook-Id").is_some() || channel != "shopify" {
                assert_eq!(reception.message_id.as_deref(), expected["message_id"].as_str(), "{name}");
            }
            assert_eq!(reception.acknowledgement.status, 200, "{name}");
        }
        Err(refused) => {
            assert_eq!(Some(refused.problem.word()), expected["problem"].as_str(), "{name}: {}", refused.detail);
            assert_eq!(Some(refused.detail.as_str()), expected["text"].as_str(), "{name}");
            assert_eq!(refused.acknowledgement.status, 200, "{name}: what is authentic is acknowledged");
        }
    }
}

/// Drops what is null or an empty list, as the expected files do.
fn known_only(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()));
            Value::Object(kept.map(|(key, value)| (key, known_only(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(known_only).collect()),
        other => other,
    }
}

/// Broken, huge and hostile bodies that are signed correctly: each has an answer within the budget of a call.
#[tokio::test]
async fn bad_bodies_are_answered() {
    let bundled = Bundled::load().await;
    let order = |lines: usize| {
        let line = |n: usize| format!(r#"{{"id":{},"name":"Áo dài lụa {n}","sku":"AD-{n}","quantity":2,"price":"10.00","tax_lines":[{{"title":"VAT","price":"1.60","rate":0.08}}]}}"#, n + 1);
        let lines: Vec<String> = (0..lines).map(line).collect();
        let count = lines.len();
        format!(
            r##"{{"id":1,"name":"#1","updated_at":"2026-11-23T09:00:00Z","created_at":"2026-11-23T09:00:00Z","currency":"USD","financial_status":"paid","total_price":"{}.{:02}","line_items":[{}]}}"##,
            count * 2160 / 100,
            count * 2160 % 100,
            lines.join(",")
        )
    };
    let many_keys: String = (0..50_000).map(|n| format!("\"k{n}\":0,")).collect();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty", vec![], "malformed"),
        ("not JSON", b"<html>busy</html>".to_vec(), "malformed"),
        ("not UTF-8", vec![b'{', b'"', 0xff, b'"', b'}'], "malformed"),
        ("cut short", order(3).into_bytes()[..300].to_vec(), "malformed"),
        ("a key twice", br#"{"order_id":1,"order_id":2}"#.to_vec(), "malformed"),
        ("nested deeply", "[".repeat(200_000).into_bytes(), "malformed"),
        ("a list", b"[1,2]".to_vec(), "malformed"),
        ("no order", b"{}".to_vec(), "unsupported"),
        ("very many keys", format!("{{{many_keys}\"z\":1}}").into_bytes(), "unsupported"),
        ("a price beyond range", order(1).replace("10.00", "1e20").into_bytes(), "malformed"),
        ("a negative quantity", order(1).replace("\"quantity\":2", "\"quantity\":-2").into_bytes(), "malformed"),
    ];
    for (what, body, problem) in cases {
        let webhook = delivery(Origin::Webhook, URL, signed("shopify", &body), &body);
        let refused = bundled.receive(&bundled.usual("shopify"), webhook).await.err().unwrap_or_else(|| panic!("{what} is no order"));
        assert_eq!((refused.problem.word(), refused.acknowledgement.status), (problem, 200), "{what}: {}", refused.detail);
    }
    let large = order(2_000).into_bytes();
    let webhook = delivery(Origin::Webhook, URL, signed("shopify", &large), &large);
    let told = bundled.receive(&bundled.usual("shopify"), webhook).await.unwrap_or_else(|refused| panic!("{}", refused.detail));
    assert_eq!(words(&told.facts), ["described 43200/43200", "tendered Captured 43200"], "2,000 lines of {} KiB", large.len() / 1024);
}

/// A currency nobody knows: the sale is told, for a person to settle; nothing traps.
#[tokio::test]
async fn an_unknown_currency_is_noted() {
    let bundled = Bundled::load().await;
    let body = br##"{"id":1,"name":"#1","updated_at":"2026-11-23T09:00:00Z","created_at":"2026-11-23T09:00:00Z","currency":"XQZ","financial_status":"pending","total_price":"10.00","total_outstanding":"10.00","line_items":[{"id":1,"quantity":1,"price":"10.00"}]}"##;
    let told = bundled.document("shopify", body).await.expect("told");
    let What::Described(order) = &told.facts[0].what else { panic!("{:?}", told.facts) };
    assert!(order.unmapped.as_ref().is_some_and(|unmapped| unmapped.iter().any(|one| one.value == "XQZ")), "{order:?}");
}
