//! Being let into a shop (SPEC §4). A code is good once, for 30 minutes; the ends of tokens are told as absolute seconds [M].
//!
//! TikTok Shop sends people back to the address that was registered with the app: the link names none. With a service id the
//! link is the one of the app's page; without, the older one by the app key, which public libraries still use [C].

use switchyard_sdk::{
    Exchange, Lifetime, Link, Pair, PluginError, Success, ask,
    http::{Method, Place},
    token::{code, exchange, kept, placed},
};

const HOST: &str = "https://auth.tiktok-shops.com";

pub fn link(app_key: &str, service: Option<&str>, state: &str) -> Link {
    let url = match service {
        Some(service) => format!("https://services.tiktokshop.com/open/authorize?{}", ask::query(&[("service_id", service.to_owned()), ("state", state.to_owned())])),
        None => format!("{HOST}/oauth/authorize?{}", ask::query(&[("app_key", app_key.to_owned()), ("state", state.to_owned())])),
    };
    Link { url, signature: None }
}

pub fn trade(app_key: &str, answer: &[Pair]) -> Result<Exchange, PluginError> {
    let code = code(answer, "code")?;
    Ok(tokens("get", &[("app_key", app_key.to_owned()), ("auth_code", code.to_owned()), ("grant_type", "authorized_code".into())]))
}

pub fn renew(app_key: &str) -> Exchange {
    let mut asked = tokens("refresh", &[("app_key", app_key.to_owned()), ("grant_type", "refresh_token".into())]);
    asked.places.push(placed("refresh_token", Place::Query("refresh_token".into())));
    asked
}

fn tokens(act: &str, pairs: &[(&str, String)]) -> Exchange {
    Exchange {
        places: vec![placed("app_secret", Place::Query("app_secret".into()))],
        success: Some(Success { pointer: "/code".into(), values: vec!["0".into()] }),
        keeps: vec![kept("/data/access_token", "access_token"), kept("/data/refresh_token", "refresh_token")],
        access: Some(Lifetime::AtSecond("/data/access_token_expire_in".into())),
        refresh: Some(Lifetime::AtSecond("/data/refresh_token_expire_in".into())),
        ..exchange(Method::Get, format!("{HOST}/api/v2/token/{act}?{}", ask::query(pairs)), None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_sent_to_tiktok() {
        assert_eq!(link("6abc", Some("7001"), "s.1").url, "https://services.tiktokshop.com/open/authorize?service_id=7001&state=s.1");
        assert_eq!(link("6abc", None, "s.1").url, "https://auth.tiktok-shops.com/oauth/authorize?app_key=6abc&state=s.1");
    }

    #[test]
    fn tokens_are_asked_for_by_name() {
        let pair = |key: &str, value: &str| Pair { key: key.into(), value: value.into() };
        let traded = trade("6abc", &[pair("code", "ROW_c"), pair("state", "s.1")]).unwrap();
        assert_eq!(traded.request.url, "https://auth.tiktok-shops.com/api/v2/token/get?app_key=6abc&auth_code=ROW_c&grant_type=authorized_code");
        assert_eq!(traded.places, [placed("app_secret", Place::Query("app_secret".into()))]);
        let renewed = renew("6abc");
        assert_eq!(renewed.request.url, "https://auth.tiktok-shops.com/api/v2/token/refresh?app_key=6abc&grant_type=refresh_token");
        assert_eq!(renewed.places.iter().map(|placed| placed.secret.as_str()).collect::<Vec<_>>(), ["app_secret", "refresh_token"]);
        assert_eq!(renewed.access, Some(Lifetime::AtSecond("/data/access_token_expire_in".into())));
        assert_eq!((renewed.request.method, renewed.request.body.len(), renewed.signature), (Method::Get, 0, None));
        assert!(matches!(trade("6abc", &[pair("error", "access_denied")]), Err(PluginError::Unauthorized(text)) if text.contains("access_denied")));
    }
}
