//! Connecting a shop: Square's OAuth with a client secret. An access token lives 30 days, the refresh token does not end
//! [M]; without an application a personal access token is typed in, and nothing is to be renewed.

use crate::api::host;
use switchyard_sdk::{
    Exchange, Kept, Lifetime, Link, Pair, Placed, PluginError, ask, config,
    http::{Header, Method, Place, Request},
    json::quoted,
};

const ACCESS_SECONDS: u32 = 30 * 24 * 3600;
const SCOPES: &str = "ORDERS_READ ORDERS_WRITE PAYMENTS_READ MERCHANT_PROFILE_READ INVENTORY_READ INVENTORY_WRITE ITEMS_READ CUSTOMERS_READ PAYOUTS_READ";

fn application() -> Option<String> {
    config::get("application_id").filter(|id| !id.is_empty())
}

/// A request for tokens: Square takes JSON, the host puts the secrets into it.
fn exchange(host: &str, fields: &[(&str, &str)], refresh: bool) -> Exchange {
    let members: Vec<String> = fields.iter().map(|(key, value)| format!("{}:{}", quoted(key), quoted(value))).collect();
    let placed = |secret: &str, field: &str| Placed { secret: secret.into(), place: Place::Field(field.into()), prefix: String::new() };
    let mut places = vec![placed("application_secret", "client_secret")];
    if refresh {
        places.push(placed("refresh_token", "refresh_token"));
    }
    let header = |name: &str, value: &str| Header { name: name.into(), value: value.into() };
    Exchange {
        request: Request {
            method: Method::Post,
            url: format!("https://{host}/oauth2/token"),
            headers: vec![header("content-type", "application/json"), header("square-version", crate::api::VERSION)],
            body: format!("{{{}}}", members.join(",")).into_bytes(),
            idempotency_key: None,
            timeout_ms: 20_000,
        },
        places,
        signature: None,
        success: None,
        keeps: ["access_token", "refresh_token"].map(|name| Kept { pointer: format!("/{name}"), secret: name.into() }).into(),
        access: Some(Lifetime::FixedSeconds(ACCESS_SECONDS)),
        refresh: None,
        settings: vec![Pair { key: "merchant_id".into(), value: "/merchant_id".into() }],
    }
}

pub fn renewal() -> Result<Option<Exchange>, PluginError> {
    let Some(application) = application() else { return Ok(None) };
    if config::open_secret("refresh_token").is_none() {
        return Ok(None);
    }
    Ok(Some(exchange(&host()?, &[("client_id", &application), ("grant_type", "refresh_token")], true)))
}

pub fn authorization(redirect: &str, state: &str) -> Result<Option<Link>, PluginError> {
    let Some(application) = application() else { return Ok(None) };
    Ok(Some(link(&host()?, &application, redirect, state)))
}

fn link(host: &str, application: &str, redirect: &str, state: &str) -> Link {
    let pairs = [
        ("client_id", application.to_owned()),
        ("scope", SCOPES.to_owned()),
        ("session", "false".into()),
        ("state", state.to_owned()),
        ("redirect_uri", redirect.to_owned()),
    ];
    Link { url: format!("https://{host}/oauth2/authorize?{}", ask::query(&pairs)), signature: None }
}

pub fn authorized(answer: &[Pair]) -> Result<Option<Exchange>, PluginError> {
    let application = ask::setting("application_id")?;
    let code = code(answer)?;
    let mut fields = vec![("client_id", application.as_str()), ("grant_type", "authorization_code"), ("code", code)];
    // Square compares it where it is sent; the address people come back to is the one they were sent with.
    fields.extend(answer.iter().find(|pair| pair.key == "redirect_uri").map(|pair| ("redirect_uri", pair.value.as_str())));
    Ok(Some(exchange(&host()?, &fields, false)))
}

/// The code of a yes; a no carries `error` and its description.
fn code(answer: &[Pair]) -> Result<&str, PluginError> {
    let of = |key: &str| answer.iter().find(|pair| pair.key == key).map(|pair| pair.value.as_str()).filter(|value| !value.is_empty());
    match (of("code"), of("error")) {
        (Some(code), None) => Ok(code),
        (_, Some(error)) => Err(PluginError::Unauthorized(format!("square answered {error}: {}", of("error_description").unwrap_or_default()))),
        (None, None) => Err(PluginError::InvalidInput("the answer has no code".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<Pair> {
        pairs.iter().map(|(key, value)| Pair { key: (*key).into(), value: (*value).into() }).collect()
    }

    #[test]
    fn tokens_are_asked_for_and_never_seen() {
        let renewal = exchange("connect.squareup.com", &[("client_id", "sq0idp-1"), ("grant_type", "refresh_token")], true);
        assert_eq!(renewal.request.url, "https://connect.squareup.com/oauth2/token");
        assert_eq!(String::from_utf8(renewal.request.body).unwrap(), r#"{"client_id":"sq0idp-1","grant_type":"refresh_token"}"#);
        let places: Vec<_> = renewal.places.iter().map(|placed| (placed.secret.as_str(), &placed.place)).collect();
        assert_eq!(places, [("application_secret", &Place::Field("client_secret".into())), ("refresh_token", &Place::Field("refresh_token".into()))]);
        assert_eq!(renewal.keeps.iter().map(|kept| kept.pointer.as_str()).collect::<Vec<_>>(), ["/access_token", "/refresh_token"]);
    }

    #[test]
    fn people_are_sent_to_square() {
        let link = link("connect.squareup.com", "sq0idp-1", "https://a.example/back?x=1", "s&1");
        assert!(link.url.starts_with("https://connect.squareup.com/oauth2/authorize?client_id=sq0idp-1&scope=ORDERS_READ%20ORDERS_WRITE%20"), "{}", link.url);
        assert!(link.url.ends_with("&session=false&state=s%261&redirect_uri=https%3A%2F%2Fa.example%2Fback%3Fx%3D1"), "{}", link.url);
    }

    #[test]
    fn a_no_is_told_as_a_no() {
        assert_eq!(code(&pairs(&[("code", "sq0cgp-1"), ("state", "s")])).unwrap(), "sq0cgp-1");
        assert!(matches!(code(&pairs(&[("error", "access_denied"), ("error_description", "user_denied")])), Err(PluginError::Unauthorized(text)) if text == "square answered access_denied: user_denied"));
        assert!(matches!(code(&pairs(&[("state", "s")])), Err(PluginError::InvalidInput(_))));
    }
}
