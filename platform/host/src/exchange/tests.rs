//! What a connector may tell of an exchange, and what the host makes of a channel's answer.

use super::*;
use crate::contract::imports::http::{Header, Method, Place, Response};
use kernel::{ChannelAccountId, InstallationId, TenantId};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};

fn grants() -> Grants {
    Grants { hosts: vec!["auth.example.com".into()], secrets: vec!["partner_key".into(), ACCESS_TOKEN.into(), REFRESH_TOKEN.into()], ..Grants::default() }
}

fn told(change: impl FnOnce(&mut wire::Exchange)) -> Checked<Exchange> {
    let request = wire::Request {
        method: Method::Post,
        url: "https://auth.example.com/token".into(),
        headers: vec![Header { name: "content-type".into(), value: "application/json".into() }],
        body: b"{}".to_vec(),
        idempotency_key: None,
        timeout_ms: 0,
    };
    let mut told = wire::Exchange {
        request,
        places: vec![wire::Placed { secret: REFRESH_TOKEN.into(), place: Place::Field(REFRESH_TOKEN.into()), prefix: String::new() }],
        signature: Some(wire::Signature {
            key: "partner_key".into(),
            parts: vec![wire::Part::Text("/token".into()), wire::Part::Secret(REFRESH_TOKEN.into())],
            encoding: crate::contract::imports::signing::Encoding::HexLower,
            place: Place::Query("sign".into()),
        }),
        success: Some(wire::Success { pointer: "/error".into(), values: vec![] }),
        keeps: vec![wire::Kept { pointer: "/access_token".into(), secret: ACCESS_TOKEN.into() }, wire::Kept { pointer: "/refresh_token".into(), secret: REFRESH_TOKEN.into() }],
        access: Some(wire::Lifetime::InSeconds("/expire_in".into())),
        refresh: Some(wire::Lifetime::FixedSeconds(30 * 86_400)),
        settings: vec![crate::contract::plugin_types::types::Pair { key: "shop_id".into(), value: "/shop_id".into() }],
    };
    change(&mut told);
    exchange(told, &grants())
}

fn answer(status: u16, body: serde_json::Value) -> Result<Tokens, CallFailure> {
    read(&told(|_| ()).unwrap(), &Response { status, headers: vec![], body: body.to_string().into_bytes() }, now())
}

fn now() -> Timestamp {
    Timestamp::from_timestamp(1_764_000_000, 0).unwrap()
}

#[test]
fn token_3_what_is_told_is_checked_field_by_field() {
    assert!(told(|_| ()).is_ok());
    let kept = |pointer: &str, secret: &str| wire::Kept { pointer: pointer.into(), secret: secret.into() };
    for (wrong, field) in [
        (told(|e| e.request.url = "https://evil.example.net/token".into()), "request.url"),
        (told(|e| e.request.url = "http://auth.example.com/token".into()), "request.url"),
        (told(|e| e.places[0].secret = "other".into()), "places[0].secret"),
        (told(|e| e.signature.as_mut().unwrap().key = "other".into()), "signature.key"),
        (told(|e| e.signature.as_mut().unwrap().parts.push(wire::Part::Secret("other".into()))), "signature.parts"),
        (told(|e| e.keeps.push(kept("/x", "other"))), "keeps[2].secret"),
        (told(|e| e.keeps.push(kept("x", ACCESS_TOKEN))), "keeps[2].pointer"),
        (told(|e| e.keeps[0].pointer = "/a~2".into()), "keeps[0].pointer"),
        (told(|e| e.keeps.clear()), "keeps"),
        (told(|e| e.keeps = vec![kept("/x", ACCESS_TOKEN); 9]), "keeps"),
        (told(|e| e.access = Some(wire::Lifetime::AtSecond(String::new()))), "access"),
        (told(|e| e.refresh = Some(wire::Lifetime::FixedSeconds(1))), "refresh"),
        (told(|e| e.success = Some(wire::Success { pointer: "error".into(), values: vec![] })), "success.pointer"),
        (told(|e| e.settings[0].value = "/data/Access_Token".into()), "settings[0].value"),
        (told(|e| e.settings[0].key = "Shop".into()), "settings[0].key"),
    ] {
        assert_eq!(wrong.err().map(|e| e.field).unwrap_or_default(), field);
    }
}

#[test]
fn token_4_a_yes_keeps_its_tokens_whatever_else_is_odd() {
    let yes = json!({"error": "", "access_token": "A2", "refresh_token": "R2", "expire_in": 14_400, "shop_id": 88});
    let tokens = answer(200, yes.clone()).unwrap();
    let kept: Vec<(&str, &[u8])> = tokens.secrets.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
    assert_eq!(kept, [(ACCESS_TOKEN, &b"A2"[..]), (REFRESH_TOKEN, b"R2")]);
    assert_eq!((tokens.access_until, tokens.refresh_until), (Some(now() + chrono::Duration::hours(4)), Some(now() + chrono::Duration::days(30))));
    assert_eq!(tokens.settings, [("shop_id".to_owned(), "88".to_owned())]);
    assert!(!format!("{tokens:?}").contains("A2"), "a token is never printed");
    let with = |name: &str, value: serde_json::Value| {
        let mut odd = yes.clone();
        odd[name] = value;
        answer(200, odd).unwrap()
    };
    assert_eq!(with("expire_in", json!(now().timestamp() + 600)).access_until, Some(now() + chrono::Duration::minutes(10)), "an instant in place of a duration");
    for odd in [json!("soon"), json!(-5), json!(null), json!(i64::MAX)] {
        assert_eq!(with("expire_in", odd.clone()).secrets.len(), 2, "{odd}");
    }
    assert_eq!(with("refresh_token", json!(null)).secrets.len(), 1, "the old one goes on");
    for odd in [json!("A2"), json!({"a": 1}), json!("a\u{1}b"), json!("x".repeat(501))] {
        assert_eq!(with("shop_id", odd.clone()).settings, [], "{odd}");
    }
}

#[test]
fn a_no_and_a_silence_are_told_apart_and_tell_no_token() {
    let no = answer(200, json!({"error": "error_auth", "access_token": "A2"})).unwrap_err();
    assert_eq!((no.code, no.message.as_str()), ("plugin.unauthorized", "the channel answered 200: error_auth"));
    assert_eq!(answer(400, json!({"error": {"x": 1}, "refresh_token": "R9"})).unwrap_err().message, "the channel answered 400: no reason given");
    for (status, body, code) in [
        (503, json!({}), "plugin.retryable"),
        (429, json!({"error": ""}), "plugin.retryable"),
        (401, json!(null), "plugin.unauthorized"),
        (200, json!({"error": ""}), "plugin.permanent"),
        (302, json!({"access_token": "A"}), "plugin.unauthorized"),
    ] {
        assert_eq!(answer(status, body).unwrap_err().code, code, "{status}");
    }
    let page = read(&told(|_| ()).unwrap(), &Response { status: 200, headers: vec![], body: b"<html>".to_vec() }, now());
    assert_eq!(page.unwrap_err().code, "plugin.retryable", "a page in between is no answer of the channel");
}

fn account() -> AccountContext {
    let secret = |text: &str| vec![SecretBytes::new(text.as_bytes().to_vec())];
    AccountContext {
        tenant: TenantId::new(),
        installation: InstallationId::new(),
        account: ChannelAccountId::new(),
        digest: crate::ComponentDigest([0; 32]),
        config_version: 1,
        grants: Arc::new(grants()),
        settings: Arc::new(BTreeMap::new()),
        secrets: Arc::new([("partner_key".to_owned(), secret("k"))].into()),
    }
}

#[test]
fn a_link_is_signed_and_leads_to_the_channel() {
    let make = |url: &str, place: Place| {
        let signature = wire::Signature { key: "partner_key".into(), parts: vec![wire::Part::Text("abc".into())], encoding: crate::contract::imports::signing::Encoding::HexLower, place };
        link(wire::Link { url: url.into(), signature: Some(signature) }, &grants())
    };
    let good = make("https://auth.example.com/go?a=1", Place::Query("sign".into())).unwrap().signed(&account()).unwrap();
    let expected = hex::encode(guest::hmac_sha256(b"k", [&b"abc"[..]]).unwrap());
    assert_eq!(good, format!("https://auth.example.com/go?a=1&sign={expected}"));
    assert_eq!(make("https://evil.example.net/", Place::Query("sign".into())).err().unwrap().field, "url");
    assert_eq!(make("https://auth.example.com/", Place::Header("x-sign".into())).err().unwrap().field, "signature.place");
}

#[test]
fn token_1_a_channel_that_is_not_itself_loses_nobody() {
    let code = |status: u16, body: serde_json::Value| answer(status, body).expect_err("no token").code;
    for (status, body) in [
        (200, json!({"error": "error_server", "message": "Something wrong. Please try later."})),
        (200, json!({"error": "error_param", "message": "Timestamp is expired."})),
        (400, json!({"error": "temporarily_unavailable"})),
        (200, json!({"error": "36009003", "message": "Internal error. Please try again."})),
        (200, json!({"code": "ServiceTimeout", "error": "ServiceTimeout"})),
    ] {
        assert_eq!(code(status, body.clone()), "plugin.retryable", "{body}");
    }
    for (status, body) in [(200, json!({"error": "error_auth", "message": "Invalid refresh_token."})), (400, json!({"error": "invalid_grant"})), (401, json!({"message": "client authentication failed"}))] {
        assert_eq!(code(status, body.clone()), "plugin.unauthorized", "{body}");
    }
}
