//! Asking Lazada. Signed are the path and the query's pairs in order of their keys, the token among them (SPEC §1, §5); the
//! host adds the token and the signature. HTTP 200 may carry an error inside.

use crate::country::Country;
use switchyard_sdk::{
    PluginError, Problem, ask, clock,
    http::{Auth, Hmac, Insertion, Method, Piece, Place},
    json::Json,
    read::Node,
    signing::Encoding,
    time,
};

pub const TOKEN: &str = "access_token";

/// The shop's country; its host is where calls go.
pub fn country() -> Result<Country, PluginError> {
    let told = ask::setting("country")?;
    Country::of(&told).ok_or_else(|| PluginError::InvalidConfig(format!("country: vn, sg, my, th, id or ph is wanted, {told:?} is set")))
}

pub fn now_ms() -> String {
    time::epoch_milliseconds(&clock::now()).unwrap_or_default().to_string()
}

/// What every call carries besides its own parameters.
pub fn common(app_key: String) -> [(&'static str, String); 3] {
    [("app_key", app_key), ("sign_method", "sha256".into()), ("timestamp", now_ms())]
}

pub fn get(path: &str, pairs: &[(&str, String)]) -> Result<Vec<u8>, PluginError> {
    call(Method::Get, path, pairs)
}

/// Parameters of a POST stand in the query too: they are signed alike, and the body stays empty.
pub fn post(path: &str, pairs: &[(&str, String)]) -> Result<Vec<u8>, PluginError> {
    call(Method::Post, path, pairs)
}

fn call(method: Method, path: &str, pairs: &[(&str, String)]) -> Result<Vec<u8>, PluginError> {
    let (secret, token) = (ask::secret("app_secret")?, ask::secret(TOKEN)?);
    let mut query = common(ask::setting("app_key")?).to_vec();
    query.extend_from_slice(pairs);
    let (before, after) = to_sign(path, &query, TOKEN);
    let hmac = Hmac {
        key: &secret,
        pieces: vec![Piece::Text(before), Piece::Secret(&token), Piece::Text(after)],
        encoding: Encoding::HexUpper,
        place: Place::Query("sign".into()),
    };
    let insertion = Insertion { secret: &token, place: Place::Query(TOKEN.into()), prefix: String::new() };
    let url = format!("https://{}/rest{path}?{}", country()?.host, ask::query(&query));
    Ok(ask::send(method, url, None, Auth { insertions: vec![insertion], hmac: Some(hmac) }, refusal)?.body)
}

/// What is signed before and after the value of the one parameter that is a secret.
pub fn to_sign(path: &str, query: &[(&str, String)], secret: &str) -> (String, String) {
    let mut sorted: Vec<&(&str, String)> = query.iter().collect();
    sorted.sort();
    let (mut before, mut after) = (path.to_owned(), String::new());
    for (key, value) in sorted {
        let side = if *key < secret { &mut before } else { &mut after };
        side.push_str(key);
        side.push_str(value);
    }
    before.push_str(secret);
    (before, after)
}

/// The error inside an answer, sorted by what helps (SPEC §5 and the error codes of the API's pages).
pub fn refusal(body: &[u8]) -> Option<PluginError> {
    let json = match Json::parse(body) {
        Ok(json) => json,
        Err(problem) => return Some(PluginError::Permanent(format!("lazada's answer is {problem}"))),
    };
    let text = |key: &str| match json.get(key) {
        Some(Json::Text(text) | Json::Number(text)) => text.chars().take(200).collect::<String>(),
        _ => String::new(),
    };
    let code = text("code");
    if code == "0" {
        return None;
    }
    let said = format!("{code}: {}", text("message"));
    let has = |words: &[&str]| words.iter().any(|word| code.contains(word));
    Some(if has(&["AccessToken", "RefreshToken"]) {
        PluginError::Unauthorized(said)
    } else if has(&["Timestamp"]) {
        // What was asked waits until the clock is put right.
        PluginError::Retryable(format!("the clock of this server is more than two hours off: {said}"))
    } else if has(&["IncompleteSignature", "InvalidSignature", "AppKey", "MissingParameter"]) {
        PluginError::InvalidConfig(format!("app_key or app_secret is wrong: {said}"))
    } else if has(&["ApiCallLimit", "SellerCallLimit", "CallLimit", "ServiceUnavailable", "ServiceTimeout", "SystemError"])
        || matches!(code.as_str(), "6" | "21" | "40011" | "700024" | "106")
        || text("type") == "SYSTEM"
    {
        PluginError::Retryable(said)
    } else {
        PluginError::Permanent(said)
    })
}

pub fn parsed(body: &[u8]) -> Result<Json, PluginError> {
    Json::parse(body).map_err(PluginError::Permanent)
}

/// What is wrong with an answer that came back as asked.
pub fn unreadable<T>(read: Result<T, Problem>) -> Result<T, PluginError> {
    read.map_err(ask::unreadable)
}

/// The `result` of the newer fulfilment calls: `success` says whether the batch was taken at all.
pub fn result<'a>(json: &'a Json) -> Result<Node<'a>, PluginError> {
    let result = unreadable(Node::root(json).and_then(|root| root.require_child("result")))?;
    if unreadable(result.switch("success"))? == Some(false) {
        let word = |keys: [&str; 2]| keys.iter().find_map(|key| result.word(key).ok().flatten()).unwrap_or_default();
        let (code, message) = (word(["error_code", "errorCode"]), word(["error_msg", "errorMsg"]));
        let said = format!("{code}: {message}");
        return Err(if matches!(code.as_str(), "6" | "40011" | "700024") { PluginError::Retryable(said) } else { PluginError::Permanent(said) });
    }
    unreadable(result.child("data")).map(|data| data.unwrap_or(result))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of Lazada's guide: what is signed, the token in its place.
    #[test]
    fn pairs_are_signed_in_order_of_their_keys() {
        let query = [("timestamp", "1517820392000".to_owned()), ("order_id", "1234".into()), ("app_key", "123456".into()), ("sign_method", "sha256".into())];
        let (before, after) = to_sign("/order/get", &query, "access_token");
        assert_eq!(format!("{before}test{after}"), "/order/getaccess_tokentestapp_key123456order_id1234sign_methodsha256timestamp1517820392000");
        // Upper case sorts before lower case, so these stand before the token.
        let query = [("page_no", "1".to_owned()), ("ReverseOrderLineModifiedTimeRangeStart", "5".into())];
        assert_eq!(to_sign("/r", &query, "access_token"), ("/rReverseOrderLineModifiedTimeRangeStart5access_token".into(), "page_no1".into()));
    }

    #[test]
    fn errors_inside_an_answer_are_sorted() {
        let of = |code: &str, kind: &str| refusal(format!(r#"{{"code":"{code}","type":"{kind}","message":"m","request_id":"r"}}"#).as_bytes());
        assert!(of("0", "").is_none() && refusal(br#"{"code":0,"data":{}}"#).is_none());
        assert!(matches!(of("IllegalAccessToken", "ISV"), Some(PluginError::Unauthorized(_))));
        assert!(matches!(of("IncompleteSignature", "ISV"), Some(PluginError::InvalidConfig(_))));
        assert!(matches!(of("IllegalTimestamp", "ISV"), Some(PluginError::Retryable(_))));
        assert!(matches!(of("ApiCallLimit", "ISV"), Some(PluginError::Retryable(_))));
        assert!(matches!(of("9999", "SYSTEM"), Some(PluginError::Retryable(_))));
        assert!(matches!(of("16", "ISP"), Some(PluginError::Permanent(text)) if text == "16: m"));
        assert!(refusal(b"{}").is_some() && refusal(b"<html>").is_some());
    }

    #[test]
    fn a_batch_may_fail_as_a_whole() {
        let json = Json::parse(br#"{"code":"0","result":{"success":false,"error_code":"700021","error_msg":"order not found"}}"#).unwrap();
        assert!(matches!(result(&json), Err(PluginError::Permanent(text)) if text == "700021: order not found"));
        let json = Json::parse(br#"{"code":"0","result":{"success":"true","data":{"platform_default":1}}}"#).unwrap();
        assert_eq!(result(&json).unwrap().word("platform_default").unwrap().as_deref(), Some("1"));
    }
}
