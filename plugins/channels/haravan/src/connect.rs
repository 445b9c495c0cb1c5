//! Connecting a shop: an OpenID login at accounts.haravan.com that grants the app its rights [C: public apps; the official page
//! was not seen]. A private app has a token of its own, which is typed in and does not end.

use switchyard_sdk::{
    Exchange, Kept, Lifetime, Link, Pair, Placed, PluginError, ask, config,
    http::{Header, Method, Place, Request},
};

const SCOPES: &str = "openid profile email org userinfo offline_access grant_service wh_api com.read_orders com.write_orders com.read_products com.read_inventories com.write_inventories com.read_customers";

fn client() -> Option<String> {
    config::get("client_id").filter(|id| !id.is_empty())
}

fn exchange(pairs: &[(&str, String)], refresh: bool) -> Exchange {
    let placed = |secret: &str, field: &str| Placed { secret: secret.into(), place: Place::Field(field.into()), prefix: String::new() };
    let mut places = vec![placed("client_secret", "client_secret")];
    if refresh {
        places.push(placed("refresh_token", "refresh_token"));
    }
    Exchange {
        request: Request {
            method: Method::Post,
            url: "https://accounts.haravan.com/connect/token".into(),
            headers: vec![Header { name: "content-type".into(), value: "application/x-www-form-urlencoded".into() }],
            body: ask::query(pairs).into_bytes(),
            idempotency_key: None,
            timeout_ms: 20_000,
        },
        places,
        signature: None,
        success: None,
        keeps: ["access_token", "refresh_token"].map(|name| Kept { pointer: format!("/{name}"), secret: name.into() }).into(),
        access: Some(Lifetime::InSeconds("/expires_in".into())),
        refresh: None,
        settings: Vec::new(),
    }
}

pub fn renewal() -> Result<Option<Exchange>, PluginError> {
    let Some(client) = client() else { return Ok(None) };
    if config::open_secret("refresh_token").is_none() {
        return Ok(None);
    }
    Ok(Some(exchange(&[("grant_type", "refresh_token".into()), ("client_id", client)], true)))
}

pub fn authorization(redirect: &str, state: &str) -> Result<Option<Link>, PluginError> {
    Ok(client().map(|client| link(&client, redirect, state)))
}

fn link(client: &str, redirect: &str, state: &str) -> Link {
    let pairs = [
        ("response_mode", "query".to_owned()),
        ("response_type", "code".into()),
        ("scope", SCOPES.into()),
        ("client_id", client.to_owned()),
        ("redirect_uri", redirect.to_owned()),
        ("nonce", state.to_owned()),
        ("state", state.to_owned()),
    ];
    Link { url: format!("https://accounts.haravan.com/connect/authorize?{}", ask::query(&pairs)), signature: None }
}

pub fn authorized(answer: &[Pair]) -> Result<Option<Exchange>, PluginError> {
    let of = |key: &str| answer.iter().find(|pair| pair.key == key).map(|pair| pair.value.clone()).filter(|value| !value.is_empty());
    if let Some(error) = of("error") {
        return Err(PluginError::Unauthorized(format!("haravan answered {error}: {}", of("error_description").unwrap_or_default())));
    }
    let code = of("code").ok_or_else(|| PluginError::InvalidInput("the answer has no code".into()))?;
    // The address people come back to has to be named again.
    let redirect = match of("redirect_uri") {
        Some(redirect) => redirect,
        None => ask::setting("redirect_uri")?,
    };
    let client = ask::setting("client_id")?;
    Ok(Some(exchange(&[("grant_type", "authorization_code".into()), ("code", code), ("redirect_uri", redirect), ("client_id", client)], false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_asked_for_and_never_seen() {
        let renewal = exchange(&[("grant_type", "refresh_token".into()), ("client_id", "c1".into())], true);
        assert_eq!(String::from_utf8(renewal.request.body).unwrap(), "grant_type=refresh_token&client_id=c1");
        assert_eq!(renewal.places.iter().map(|placed| placed.secret.as_str()).collect::<Vec<_>>(), ["client_secret", "refresh_token"]);
        assert_eq!(renewal.access, Some(Lifetime::InSeconds("/expires_in".into())));
    }

    #[test]
    fn people_are_sent_to_haravan() {
        let link = link("c1", "https://a.example/back", "s1");
        assert!(link.url.starts_with("https://accounts.haravan.com/connect/authorize?response_mode=query&response_type=code&scope=openid%20"), "{}", link.url);
        assert!(link.url.ends_with("&client_id=c1&redirect_uri=https%3A%2F%2Fa.example%2Fback&nonce=s1&state=s1"), "{}", link.url);
        let no = [Pair { key: "error".into(), value: "access_denied".into() }];
        assert!(matches!(authorized(&no), Err(PluginError::Unauthorized(text)) if text.starts_with("haravan answered access_denied")));
        assert!(matches!(authorized(&[]), Err(PluginError::InvalidInput(_))));
    }
}
