//! Being let into a shop (SPEC §1, §3). A code lives 10 minutes and is traded once; an access token lives 4 hours; a refresh
//! token lives 30 days and is good once, so what comes back replaces both.
//!
//! Signed are partner_id + path + timestamp, without token and shop. What Shopee sends back is the redirect URL with `code`
//! and `shop_id` behind its own query; that an existing query survives is observed by others, not documented [U].

use switchyard_sdk::{
    Exchange, Lifetime, Link, Pair, Part, PluginError, Signature, Success, ask,
    http::{Method, Place},
    signing::Encoding,
    token::{code, exchange, kept, placed, told},
    write::{id, object, text},
};

/// Who asks: the partner, the shop, the host and the second.
pub struct Asker {
    pub host: String,
    pub partner: String,
    pub shop: String,
    pub at: String,
}

impl Asker {
    pub fn known() -> Result<Self, PluginError> {
        Ok(Self { host: crate::api::host(), partner: ask::setting("partner_id")?, shop: ask::setting("shop_id")?, at: ask::now_seconds().to_string() })
    }

    fn signature(&self, path: &str) -> Signature {
        let parts = vec![Part::Text(format!("{}{path}{}", self.partner, self.at))];
        Signature { key: "partner_key".into(), parts, encoding: Encoding::HexLower, place: Place::Query("sign".into()) }
    }

    fn url(&self, path: &str, more: &[(&str, String)]) -> String {
        let mut pairs = vec![("partner_id", self.partner.clone()), ("timestamp", self.at.clone())];
        pairs.extend_from_slice(more);
        format!("https://{}{path}?{}", self.host, ask::query(&pairs))
    }

    pub fn link(&self, redirect: &str, state: &str) -> Link {
        let path = "/api/v2/shop/auth_partner";
        // Shopee has no state of its own: it travels in the redirect.
        let join = if redirect.contains('?') { '&' } else { '?' };
        let back = format!("{redirect}{join}{}", ask::query(&[("state", state.to_owned())]));
        Link { url: self.url(path, &[("redirect", back)]), signature: Some(self.signature(path)) }
    }

    pub fn trade(&self, answer: &[Pair]) -> Result<Exchange, PluginError> {
        let code = code(answer, "code")?;
        match (told(answer, "shop_id"), told(answer, "main_account_id")) {
            (Some(shop), _) if shop == self.shop => {}
            (Some(shop), _) => return Err(PluginError::InvalidInput(format!("shop {shop} let us in, this account is shop {}", self.shop))),
            (None, Some(_)) => return Err(PluginError::Unsupported("a main account let us in: let the shop's own account do it".into())),
            (None, None) => return Err(PluginError::InvalidInput("the channel's answer has no shop_id".into())),
        }
        let body = object([("code", text(code)), ("shop_id", id(&self.shop)), ("partner_id", id(&self.partner))]);
        Ok(self.tokens("/api/v2/auth/token/get", body))
    }

    pub fn renew(&self) -> Exchange {
        let body = object([("shop_id", id(&self.shop)), ("partner_id", id(&self.partner))]);
        let asked = self.tokens("/api/v2/auth/access_token/get", body);
        Exchange { places: vec![placed("refresh_token", Place::Field("refresh_token".into()))], ..asked }
    }

    fn tokens(&self, path: &str, body: switchyard_sdk::json::Json) -> Exchange {
        Exchange {
            signature: Some(self.signature(path)),
            success: Some(Success { pointer: "/error".into(), values: Vec::new() }),
            keeps: vec![kept("/access_token", "access_token"), kept("/refresh_token", "refresh_token")],
            access: Some(Lifetime::InSeconds("/expire_in".into())),
            refresh: Some(Lifetime::FixedSeconds(30 * 24 * 3600)),
            ..exchange(Method::Post, self.url(path, &[]), Some(body))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asker() -> Asker {
        Asker { host: "partner.shopeemobile.com".into(), partner: "2001887".into(), shop: "88123456".into(), at: "1795428000".into() }
    }

    fn pair(key: &str, value: &str) -> Pair {
        Pair { key: key.into(), value: value.into() }
    }

    #[test]
    fn a_person_is_sent_to_shopee_and_back() {
        let link = asker().link("https://orders.example/connect", "s.1");
        assert_eq!(
            link.url,
            "https://partner.shopeemobile.com/api/v2/shop/auth_partner?partner_id=2001887&timestamp=1795428000&redirect=https%3A%2F%2Forders.example%2Fconnect%3Fstate%3Ds.1"
        );
        let signature = link.signature.unwrap();
        assert_eq!(signature.parts, [Part::Text("2001887/api/v2/shop/auth_partner1795428000".into())]);
        assert_eq!((signature.key.as_str(), signature.place), ("partner_key", Place::Query("sign".into())));
    }

    #[test]
    fn a_code_is_traded_for_the_tokens_of_this_shop() {
        let asked = asker().trade(&[pair("code", "c-1"), pair("shop_id", "88123456"), pair("state", "s.1")]).unwrap();
        assert_eq!(asked.request.url, "https://partner.shopeemobile.com/api/v2/auth/token/get?partner_id=2001887&timestamp=1795428000");
        assert_eq!(String::from_utf8(asked.request.body).unwrap(), r#"{"code":"c-1","shop_id":88123456,"partner_id":2001887}"#);
        assert!(asked.places.is_empty());
        for (answer, says) in [
            (vec![pair("code", "c"), pair("shop_id", "5")], "this account is shop 88123456"),
            (vec![pair("code", "c"), pair("main_account_id", "5")], "main account"),
            (vec![pair("code", "c")], "no shop_id"),
            (vec![pair("shop_id", "88123456")], "no code"),
        ] {
            let said = format!("{:?}", asker().trade(&answer).unwrap_err());
            assert!(said.contains(says), "{said}");
        }
    }

    #[test]
    fn tokens_are_renewed_by_name() {
        let asked = asker().renew();
        assert_eq!(asked.request.url, "https://partner.shopeemobile.com/api/v2/auth/access_token/get?partner_id=2001887&timestamp=1795428000");
        assert_eq!(String::from_utf8(asked.request.body).unwrap(), r#"{"shop_id":88123456,"partner_id":2001887}"#);
        assert_eq!(asked.places, [placed("refresh_token", Place::Field("refresh_token".into()))]);
        assert_eq!(asked.signature.unwrap().parts, [Part::Text("2001887/api/v2/auth/access_token/get1795428000".into())]);
        assert_eq!(asked.success, Some(Success { pointer: "/error".into(), values: vec![] }));
        assert_eq!(asked.keeps, [kept("/access_token", "access_token"), kept("/refresh_token", "refresh_token")]);
        assert_eq!(asked.access, Some(Lifetime::InSeconds("/expire_in".into())));
    }
}
