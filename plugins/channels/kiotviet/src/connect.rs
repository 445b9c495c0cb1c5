//! Tokens: KiotViet trades the shop's client id and secret for a token of one day. There is nobody to ask and nothing to renew
//! but to trade again (SPEC §9).

use switchyard_sdk::{
    Exchange, Kept, Lifetime, Placed, PluginError, ask, config,
    http::{Header, Method, Place, Request},
};

pub fn renewal() -> Result<Option<Exchange>, PluginError> {
    let Some(client) = config::get("client_id").filter(|id| !id.is_empty()) else { return Ok(None) };
    Ok(Some(exchange(&client)))
}

fn exchange(client: &str) -> Exchange {
    let form = ask::query(&[("scopes", "PublicApi.Access".into()), ("grant_type", "client_credentials".into()), ("client_id", client.to_owned())]);
    Exchange {
        request: Request {
            method: Method::Post,
            url: "https://id.kiotviet.vn/connect/token".into(),
            headers: vec![Header { name: "content-type".into(), value: "application/x-www-form-urlencoded".into() }],
            body: form.into_bytes(),
            idempotency_key: None,
            timeout_ms: 20_000,
        },
        places: vec![Placed { secret: "client_secret".into(), place: Place::Field("client_secret".into()), prefix: String::new() }],
        signature: None,
        success: None,
        keeps: vec![Kept { pointer: "/access_token".into(), secret: "access_token".into() }],
        access: Some(Lifetime::InSeconds("/expires_in".into())),
        refresh: None,
        settings: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_traded_for_keys() {
        let exchange = exchange("a-b c");
        assert_eq!(exchange.request.url, "https://id.kiotviet.vn/connect/token");
        assert_eq!(String::from_utf8(exchange.request.body).unwrap(), "scopes=PublicApi.Access&grant_type=client_credentials&client_id=a-b%20c");
        assert_eq!(exchange.places[0].place, Place::Field("client_secret".into()), "the host puts the secret into the form");
        assert_eq!(exchange.access, Some(Lifetime::InSeconds("/expires_in".into())));
    }
}
