//! The demo of `switchyard up`: three merchants made through the product's own interface, and invented shops that sell.
//! Invariant DEMO-1: nothing here has a way in that a merchant's own software would not have: sign-up, channel accounts
//! and API keys over HTTP, orders over the channels' webhooks and the orders interface.
//! Invariant DEMO-2: a start that was interrupted anywhere is completed by the next one.

mod bank;
mod caller;
mod cast;
mod credit;
mod invoices;
mod notebook;

use caller::Caller;
pub use cast::{HOSTS, MERCHANTS, Merchant, PASSWORD};
pub use notebook::{Notebook, write_private};

use anyhow::Context;
use cast::{Account, Place};
use serde_json::{Value, json};
use simulator::{Assortment, Shop};

/// Makes what is not there yet and returns the shops to simulate. `say` is told each merchant as it is ready.
pub async fn prepare(url: &str, notebook: &mut Notebook, mut say: impl FnMut(&Merchant)) -> anyhow::Result<Vec<Shop>> {
    let mut shops = Vec::new();
    for merchant in &MERCHANTS {
        let caller = enter(url, merchant).await.with_context(|| format!("the demo merchant {} could not be entered", merchant.name))?;
        let api_key = api_key(&caller, merchant, notebook).await?;
        let known = caller.get("/api/v1/channel-accounts?limit=200").await?;
        let mut first_account: Option<String> = None;
        for account in merchant.accounts {
            let made = known["data"].as_array().into_iter().flatten().find(|one| one["name"] == account.name);
            let made = match made {
                Some(made) => made.clone(),
                None => caller.post("/api/v1/channel-accounts", connection(merchant, account, notebook)).await.with_context(|| account.name.to_owned())?,
            };
            first_account = first_account.or(made["id"].as_str().map(str::to_owned));
            shops.push(shop(url, merchant, account, &made, &api_key, notebook)?);
        }
        invoices::prepare(&caller, merchant.assortment).await?;
        if let (Assortment::Wholesale, Some(account)) = (merchant.assortment, first_account) {
            credit::prepare(url, &caller, &account).await?;
            invoices::shipped(&caller).await?;
            bank::prepare(&caller, &account).await?;
        }
        say(merchant);
    }
    Ok(shops)
}

/// Log-in, or sign-up the first time.
async fn enter(url: &str, merchant: &Merchant) -> anyhow::Result<Caller> {
    let caller = Caller::new(url)?;
    if caller.try_post("/api/v1/session", json!({"email": merchant.email, "password": PASSWORD})).await?.is_some() {
        return Ok(caller);
    }
    let body = json!({
        "tenant_name": merchant.name, "slug": merchant.slug, "country": merchant.country, "currency": merchant.currency,
        "time_zone": merchant.time_zone, "locale": merchant.locale, "name": merchant.owner, "email": merchant.email, "password": PASSWORD,
    });
    caller.post("/api/v1/sign-up", body).await?;
    Ok(caller)
}

/// The key under which the merchant's own desks send their orders. Shown once by the server, so it is noted.
async fn api_key(caller: &Caller, merchant: &Merchant, notebook: &mut Notebook) -> anyhow::Result<String> {
    if let Some(secret) = notebook.api_key(merchant.slug) {
        return Ok(secret);
    }
    let made = caller.post("/api/v1/api-keys", json!({"name": "Shop software", "scopes": ["orders:create", "orders:read"]})).await?;
    let secret = made["secret"].as_str().context("the server showed no secret of the new API key")?.to_owned();
    notebook.keep_api_key(merchant.slug, &secret)?;
    Ok(secret)
}

/// What a person would type into the connect form.
fn connection(merchant: &Merchant, account: &Account, notebook: &Notebook) -> Value {
    let mut body = json!({"kind": account.kind, "name": account.name, "currency": account.currency, "settings": {}, "secrets": {}});
    if let Place::Channel { shop, app, .. } = account.place {
        let [signing, token] = secrets(merchant, account, notebook);
        body["shop"] = json!(shop);
        let (settings, secrets) = match account.kind {
            "shopee" => (json!({"partner_id": app, "shop_id": shop, "currency": account.currency}), json!({"partner_key": signing, "access_token": token})),
            "tiktok" => (json!({"app_key": app, "shop_cipher": format!("cipher-{shop}")}), json!({"app_secret": signing, "access_token": token})),
            _ => (json!({"shop": shop}), json!({"client_secret": signing, "access_token": token})),
        };
        body["settings"] = settings;
        body["secrets"] = secrets;
    }
    body
}

/// Derived from the installation's key, so that they are the same at every start and no two installations share them.
fn secrets(merchant: &Merchant, account: &Account, notebook: &Notebook) -> [String; 2] {
    ["signing", "token"].map(|purpose| notebook.derive(&format!("{}/{}/{purpose}", merchant.slug, account.name)))
}

fn shop(url: &str, merchant: &Merchant, account: &Account, made: &Value, api_key: &str, notebook: &Notebook) -> anyhow::Result<Shop> {
    let path = match account.place {
        Place::Channel { channel, shop, app } => {
            let [secret, access_token] = secrets(merchant, account, notebook);
            let hook = made["hook_url"].as_str().with_context(|| format!("{} has no hook address", account.name))?;
            simulator::Path::Hook { channel, shop: shop.into(), app: app.into(), secret, access_token, url: hook.into() }
        }
        Place::Desk(desk) => simulator::Path::Direct {
            desk,
            channel_account_id: made["id"].as_str().context("a channel account without id")?.into(),
            api_key: api_key.into(),
            url: format!("{url}/api/v1/orders"),
        },
    };
    Ok(Shop {
        path,
        market: account.market,
        assortment: merchant.assortment,
        currency: account.currency.into(),
        weight: account.weight,
        sources: merchant.sources.to_vec(),
    })
}
