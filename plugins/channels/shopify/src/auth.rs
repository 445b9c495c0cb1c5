//! Being let into a shop by OAuth (SPEC §1). The token of an installed app does not end, so there is nothing to renew.
//!
//! What comes back with the person is signed in its query: without that check anybody could bring a code of another shop.

use crate::shop;
use switchyard_sdk::{
    Exchange, Link, Pair, PluginError, ask, config,
    http::{Method, Place},
    signed,
    signing::Encoding,
    token::{code, exchange, kept, placed, told},
    write::{object, text},
};

/// What the connector needs to read orders and to run errands.
const SCOPES: &str = "read_orders,write_orders,read_products,read_locations,read_inventory,write_inventory,\
read_merchant_managed_fulfillment_orders,write_merchant_managed_fulfillment_orders";

pub struct Asker {
    pub shop: String,
    pub client: String,
    pub scopes: String,
}

impl Asker {
    pub fn known() -> Result<Self, PluginError> {
        let scopes = config::get("scopes").filter(|scopes| !scopes.is_empty()).unwrap_or_else(|| SCOPES.into());
        Ok(Self { shop: ask::setting("shop")?, client: ask::setting("client_id")?, scopes })
    }

    pub fn link(&self, redirect: &str, state: &str) -> Result<Link, PluginError> {
        let pairs = [("client_id", self.client.clone()), ("scope", self.scopes.clone()), ("redirect_uri", redirect.to_owned()), ("state", state.to_owned())];
        Ok(Link { url: format!("{}/admin/oauth/authorize?{}", shop::base(&self.shop)?, ask::query(&pairs)), signature: None })
    }

    pub fn trade(&self, answer: &[Pair]) -> Result<Exchange, PluginError> {
        let code = code(answer, "code")?;
        match told(answer, "shop") {
            Some(shop) if shop == self.shop => {}
            other => return Err(PluginError::InvalidInput(format!("the shop {} let us in, this account is {}", other.unwrap_or("?"), self.shop))),
        }
        let body = object([("client_id", text(&self.client)), ("code", text(code))]);
        Ok(Exchange {
            places: vec![placed("client_secret", Place::Field("client_secret".into()))],
            keeps: vec![kept("/access_token", "access_token")],
            ..exchange(Method::Post, format!("{}/admin/oauth/access_token", shop::base(&self.shop)?), Some(body))
        })
    }
}

/// Checks the signature of what came back.
pub fn is_shopifys(answer: &[Pair]) -> Result<(), PluginError> {
    let hmac = told(answer, "hmac").ok_or_else(|| PluginError::InvalidInput("the channel's answer has no hmac".into()))?;
    match signed("client_secret", &[message(answer).as_bytes()], hmac, Encoding::HexLower).map_err(ask::unreadable)? {
        true => Ok(()),
        false => Err(PluginError::InvalidInput("the channel's answer is not signed by Shopify".into())),
    }
}

/// The pairs without `hmac` and `signature`, in order of their keys.
fn message(answer: &[Pair]) -> String {
    let mut pairs: Vec<(&str, String)> = answer.iter().filter(|pair| !matches!(pair.key.as_str(), "hmac" | "signature")).map(|pair| (pair.key.as_str(), pair.value.clone())).collect();
    pairs.sort();
    ask::query(&pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchyard_sdk::{testing::shared, write::query_of};

    fn asker() -> Asker {
        Asker { shop: "hoa-moc.myshopify.com".into(), client: "c1".into(), scopes: "read_orders,write_orders".into() }
    }

    #[test]
    fn a_person_is_sent_to_the_shop() {
        assert_eq!(
            asker().link("https://orders.example/connect", "s.1").unwrap().url,
            "https://hoa-moc.myshopify.com/admin/oauth/authorize?client_id=c1&scope=read_orders%2Cwrite_orders&redirect_uri=https%3A%2F%2Forders.example%2Fconnect&state=s.1"
        );
        assert!(Asker { shop: "evil.com".into(), ..asker() }.link("r", "s").is_err());
    }

    #[test]
    fn a_code_is_traded_with_the_secret_by_name() {
        let pair = |key: &str, value: &str| Pair { key: key.into(), value: value.into() };
        let asked = asker().trade(&[pair("code", "c"), pair("shop", "hoa-moc.myshopify.com")]).unwrap();
        assert_eq!((asked.request.url.as_str(), asked.request.body.as_slice()), ("https://hoa-moc.myshopify.com/admin/oauth/access_token", br#"{"client_id":"c1","code":"c"}"#.as_slice()));
        assert_eq!(asked.places, [placed("client_secret", Place::Field("client_secret".into()))]);
        assert_eq!((asked.keeps, asked.access, asked.refresh), (vec![kept("/access_token", "access_token")], None, None));
        assert!(matches!(asker().trade(&[pair("code", "c"), pair("shop", "other.myshopify.com")]), Err(PluginError::InvalidInput(_))));
    }

    #[test]
    fn what_is_signed_of_the_answer() {
        let Some(vectors) = shared("signature-vectors.json") else { return };
        let vectors: serde_json::Value = serde_json::from_slice(&vectors).unwrap();
        let vector = vectors["vectors"].as_array().unwrap().iter().find(|vector| vector["id"] == "shopify-oauth-official").unwrap();
        assert_eq!(message(&query_of(vector["parts"]["url"].as_str().unwrap())), vector["signed_message"].as_str().unwrap());
    }
}
