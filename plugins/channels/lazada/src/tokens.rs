//! Letting us in: OAuth with the app's key, and new tokens for old (SPEC §5). Both go to one host for all countries and are
//! signed like any call. The refresh token is replaced with every renewal; once it ends, a person lets us in again.

use crate::{
    api::{common, to_sign},
    country::Country,
};
use switchyard_sdk::{
    Exchange, Kept, Lifetime, Link, Pair, Part, Placed, PluginError, Signature, Success, ask, config,
    http::{Method, Place, Request},
    signing::Encoding,
};

const AUTH: &str = "https://auth.lazada.com";
const TIMEOUT_MS: u32 = 20_000;

pub fn renewal() -> Result<Exchange, PluginError> {
    let path = "/auth/token/refresh";
    let query = common(ask::setting("app_key")?);
    let (before, after) = to_sign(path, &query, "refresh_token");
    let places = vec![Placed { secret: "refresh_token".into(), place: Place::Query("refresh_token".into()), prefix: String::new() }];
    let parts = vec![Part::Text(before), Part::Secret("refresh_token".into()), Part::Text(after)];
    Ok(exchange(path, &query, places, parts, Vec::new()))
}

/// `country` narrows the page to the shop's; Lazada asks where it is not told.
pub fn authorization(redirect: &str, state: &str) -> Result<Link, PluginError> {
    let mut query = vec![
        ("response_type", "code".to_owned()),
        ("force_auth", "true".into()),
        ("redirect_uri", redirect.into()),
        ("client_id", ask::setting("app_key")?),
        ("state", state.into()),
    ];
    query.extend(Country::of_shop().map(|country| ("country", country.code.to_owned())));
    Ok(Link { url: format!("{AUTH}/oauth/authorize?{}", ask::query(&query)), signature: None })
}

/// A code lives 30 minutes and is good once.
pub fn authorized(answer: &[Pair]) -> Result<Exchange, PluginError> {
    let code = code(answer)?;
    let path = "/auth/token/create";
    let mut query = common(ask::setting("app_key")?).to_vec();
    query.push(("code", code));
    let parts = vec![Part::Text(whole(path, &query))];
    // What the seller let us into. A country that is set already stays: the answer says `cb` for sellers across borders.
    let mut settings = vec![Pair { key: "seller_id".into(), value: "/country_user_info/0/seller_id".into() }];
    if config::get("country").as_deref().is_none_or(str::is_empty) {
        settings.push(Pair { key: "country".into(), value: "/country".into() });
    }
    Ok(exchange(path, &query, Vec::new(), parts, settings))
}

fn code(answer: &[Pair]) -> Result<String, PluginError> {
    let of = |key: &str| answer.iter().find(|pair| pair.key == key).map(|pair| pair.value.trim().to_owned()).filter(|value| !value.is_empty());
    match (of("code"), of("error")) {
        (Some(code), None) => Ok(code),
        (_, Some(error)) => Err(PluginError::Permanent(format!("the seller did not let us in: {}", error.chars().take(200).collect::<String>()))),
        (None, None) => Err(PluginError::InvalidInput("lazada sent no code".into())),
    }
}

/// What is signed where no parameter is a secret.
fn whole(path: &str, query: &[(&str, String)]) -> String {
    let mut sorted: Vec<&(&str, String)> = query.iter().collect();
    sorted.sort();
    sorted.iter().fold(path.to_owned(), |text, (key, value)| text + key + value)
}

fn exchange(path: &str, query: &[(&str, String)], places: Vec<Placed>, parts: Vec<Part>, settings: Vec<Pair>) -> Exchange {
    let kept = |pointer: &str, secret: &str| Kept { pointer: pointer.into(), secret: secret.into() };
    let url = format!("{AUTH}/rest{path}?{}", ask::query(query));
    Exchange {
        request: Request { method: Method::Post, url, headers: Vec::new(), body: Vec::new(), idempotency_key: None, timeout_ms: TIMEOUT_MS },
        places,
        signature: Some(Signature { key: "app_secret".into(), parts, encoding: Encoding::HexUpper, place: Place::Query("sign".into()) }),
        success: Some(Success { pointer: "/code".into(), values: vec!["0".into()] }),
        keeps: vec![kept("/access_token", "access_token"), kept("/refresh_token", "refresh_token")],
        access: Some(Lifetime::InSeconds("/expires_in".into())),
        refresh: Some(Lifetime::InSeconds("/refresh_expires_in".into())),
        settings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(key: &str, value: &str) -> Pair {
        Pair { key: key.into(), value: value.into() }
    }

    #[test]
    fn a_code_is_what_is_traded() {
        assert_eq!(code(&[pair("code", " 0_1 "), pair("state", "s")]).unwrap(), "0_1");
        assert!(matches!(code(&[pair("error", "access_denied")]), Err(PluginError::Permanent(text)) if text.ends_with("access_denied")));
        assert!(matches!(code(&[pair("code", "")]), Err(PluginError::InvalidInput(_))));
    }

    #[test]
    fn tokens_are_asked_for_signed() {
        let query = [("timestamp", "1517820392000".to_owned()), ("app_key", "123456".into()), ("sign_method", "sha256".into())];
        let (before, after) = to_sign("/auth/token/refresh", &query, "refresh_token");
        assert_eq!((before.as_str(), after.as_str()), ("/auth/token/refreshapp_key123456refresh_token", "sign_methodsha256timestamp1517820392000"));
        let mut query = query.to_vec();
        query.push(("code", "0_1".into()));
        assert_eq!(whole("/auth/token/create", &query), "/auth/token/createapp_key123456code0_1sign_methodsha256timestamp1517820392000");
        let told = exchange("/auth/token/create", &query, Vec::new(), Vec::new(), Vec::new());
        assert_eq!(told.request.url, "https://auth.lazada.com/rest/auth/token/create?timestamp=1517820392000&app_key=123456&sign_method=sha256&code=0_1");
        assert_eq!(told.keeps.iter().map(|kept| kept.secret.as_str()).collect::<Vec<_>>(), ["access_token", "refresh_token"]);
    }
}
