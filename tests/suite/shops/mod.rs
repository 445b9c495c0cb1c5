//! The bundled connectors and the channels they were written for: eight shops that the simulator plays from the channels'
//! documentation, and a merchant who sells on all of them. Two readings of one document meet here in both directions.

mod acts;
mod connect;
mod faults;
mod odd;

use chrono::Utc;
use kernel::{ChannelAccountId, OrderId, TenantId};
use kit::{Client, Server};
use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Assortment, Channel, Faults, Market, Path, Sale, Shop, Simulation};
use sqlx::{PgConnection, Row};
use std::{collections::BTreeMap, net::SocketAddr, str::FromStr, sync::Arc, time::Duration};
use tokio::time::Instant;

/// A shop of the merchant's: the channel, its name there, the app that is let in, and the hosts of its interface.
#[derive(Clone, Copy)]
pub struct Stall {
    pub channel: Channel,
    pub kind: &'static str,
    pub shop: &'static str,
    app: &'static str,
    pub hosts: &'static [&'static str],
}

pub const SHOPEE: usize = 0;
pub const TIKTOK: usize = 1;
pub const SHOPIFY: usize = 2;
pub const LAZADA: usize = 3;
pub const WOO: usize = 4;
pub const SQUARE: usize = 5;
pub const KIOTVIET: usize = 6;
pub const HARAVAN: usize = 7;

pub const STALLS: [Stall; 8] = [
    Stall { channel: Channel::Shopee, kind: "shopee", shop: "88123456", app: "2001887", hosts: &["partner.shopeemobile.com"] },
    Stall { channel: Channel::Tiktok, kind: "tiktok", shop: "7490001112223334445", app: "6abcde", hosts: &["open-api.tiktokglobalshop.com", "auth.tiktok-shops.com"] },
    Stall { channel: Channel::Shopify, kind: "shopify", shop: "hoa-moc.myshopify.com", app: "client-7", hosts: &["hoa-moc.myshopify.com"] },
    Stall { channel: Channel::Lazada, kind: "lazada", shop: "200100300", app: "119900", hosts: &["api.lazada.vn", "auth.lazada.com"] },
    Stall { channel: Channel::Woo, kind: "woo", shop: "hoa-moc.wpcomstaging.com", app: "ck_x", hosts: &["hoa-moc.wpcomstaging.com"] },
    Stall { channel: Channel::Square, kind: "square", shop: "MLHOAMOC", app: "sq0idp-7", hosts: &["connect.squareup.com"] },
    Stall { channel: Channel::Kiotviet, kind: "kiotviet", shop: "hoamoc", app: "kv-client", hosts: &["public.kiotapi.com", "id.kiotviet.vn"] },
    Stall { channel: Channel::Haravan, kind: "haravan", shop: "200000777", app: "hrv-client", hosts: &["apis.haravan.com", "accounts.haravan.com"] },
];

impl Stall {
    /// What the merchant types in: settings, and secrets with the tokens the shop gave at first.
    fn account(&self) -> Value {
        let (shop, app, key) = (self.shop, self.app, format!("key of {}", self.kind));
        let (access, refresh) = (format!("token-of-{}", self.kind), format!("refresh of {shop}"));
        let (settings, secrets) = match self.channel {
            Channel::Shopee => (json!({"partner_id": app, "shop_id": shop, "currency": "VND"}), json!({"partner_key": key, "access_token": access, "refresh_token": refresh})),
            Channel::Tiktok => (json!({"app_key": app}), json!({"app_secret": key, "access_token": access, "refresh_token": refresh})),
            Channel::Shopify => (json!({"shop": shop, "client_id": app}), json!({"client_secret": key, "access_token": access})),
            Channel::Lazada => (json!({"app_key": app, "country": "vn"}), json!({"app_secret": key, "access_token": access, "refresh_token": refresh})),
            Channel::Woo => (json!({"shop": shop, "consumer_key": app, "currency": "VND"}), json!({"webhook_secret": key, "consumer_secret": access})),
            Channel::Square => (json!({"application_id": app}), json!({"signature_key": key, "application_secret": key, "access_token": access, "refresh_token": refresh})),
            Channel::Kiotviet => (json!({"retailer": shop, "client_id": app, "branch_id": "12961"}), json!({"webhook_secret": key, "client_secret": key, "access_token": access})),
            Channel::Haravan => (json!({"client_id": app, "location_id": "963414"}), json!({"client_secret": key, "access_token": access, "refresh_token": refresh})),
        };
        json!({"kind": self.kind, "name": self.kind, "shop": shop, "settings": settings, "secrets": secrets})
    }

    fn shop(&self, hook: &str) -> Shop {
        let (market, assortment, currency) = match self.channel {
            Channel::Shopify | Channel::Square => (Market::America, Assortment::Brand, "USD"),
            _ => (Market::Vietnam, Assortment::Retail, "VND"),
        };
        let path = Path::Hook {
            channel: self.channel,
            shop: self.shop.into(),
            app: self.app.into(),
            secret: format!("key of {}", self.kind),
            access_token: format!("token-of-{}", self.kind),
            url: hook.into(),
        };
        Shop { path, market, assortment, currency: currency.into(), weight: 1, sources: vec!["newsletter"] }
    }

    /// The shop's name for an order as the product knows it.
    pub fn external(&self, sale: &Sale) -> String {
        if self.channel == Channel::Kiotviet { format!("invoice-{}", sale.id) } else { sale.id.clone() }
    }
}

/// Where the interfaces of all shops are answered, as the server is told.
pub fn overrides(address: SocketAddr) -> String {
    STALLS.iter().flat_map(|stall| stall.hosts).map(|host| format!("{host}={address}")).collect::<Vec<_>>().join(" ")
}

/// The merchant's side: connects all shops; the accounts in the order of [`STALLS`], with their hooks.
pub async fn connect_all(owner: &Client) -> (Vec<ChannelAccountId>, Vec<Shop>) {
    let (mut accounts, mut shops) = (Vec::new(), Vec::new());
    for stall in STALLS {
        let account = owner.post("/api/v1/channel-accounts", stall.account()).await.expect(201).json();
        accounts.push(ChannelAccountId::from_str(account["id"].as_str().expect("an id")).expect("an id"));
        shops.push(stall.shop(account["hook_url"].as_str().expect("a hook")));
    }
    (accounts, shops)
}

/// A merchant on eight channels, in this process.
pub struct Bazaar {
    pub simulation: Arc<Simulation>,
    pub address: SocketAddr,
    pub server: Server,
    pub owner: Client,
    pub tenant: TenantId,
    pub accounts: Vec<ChannelAccountId>,
    passing: tokio::task::JoinHandle<()>,
}

impl Bazaar {
    /// Orders wait for the merchant: parcels leave by our errands alone. `haste`: what follows them takes this part of its time.
    pub async fn open(test: &str, faults: Faults, haste: f64, settings: &[(&str, &str)]) -> Self {
        let seed = kit::seed(test);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let overrides = overrides(address);
        let all: Vec<(&str, &str)> = [("SWITCHYARD_ENDPOINT_OVERRIDES", overrides.as_str())].into_iter().chain(settings.iter().copied()).collect();
        let server = Server::start_with(&all).await;
        let merchant = server.merchant("bazaar").await;
        let (accounts, shops) = connect_all(&merchant.owner).await;
        let simulation = Simulation::new(seed, shops, faults).expect("the simulation starts");
        simulation.world().attend(haste);
        simulation.world().registered = format!("{}/connect/callback", server.url);
        tokio::spawn(Arc::clone(&simulation).serve(listener));
        let passing = tokio::spawn(Arc::clone(&simulation).pass());
        let tenant = TenantId::from_str(&merchant.id).expect("an id");
        Self { simulation, address, server, owner: merchant.owner, tenant, accounts, passing }
    }

    /// An order that is paid (or to be paid at the door), wants a parcel, and is not cancelled by its buyer; with its id here.
    pub async fn order(&self, stall: usize) -> (Sale, String) {
        let sale = loop {
            let mut world = self.simulation.world();
            // Placed an hour ago, so that it is paid by now.
            let sale = world.sell_at(stall, Utc::now() - chrono::Duration::minutes(60), 0.001).clone();
            if world.sends_parcels(&sale) && !sale.ahead.iter().any(|(_, step)| *step == simulator::Step::Cancelled) {
                break sale;
            }
        };
        let mut db = self.server.database.owner().await;
        let external = STALLS[stall].external(&sale);
        let id = until(90, async || described(&mut db, self.accounts[stall], &external).await).await.unwrap_or_else(|| panic!("{external} of {} never came", STALLS[stall].kind));
        (sale, id)
    }

    pub fn sale(&self, stall: usize, id: &str) -> Sale {
        self.simulation.world().sale(stall, id).expect("a sale").clone()
    }

    pub async fn account(&self, stall: usize) -> Value {
        self.owner.get(&format!("/api/v1/channel-accounts/{}", self.accounts[stall])).await.expect(200).json()
    }

    pub async fn newest_errand(&self, order: &str) -> Value {
        let list = self.owner.get(&format!("/api/v1/orders/{order}/errands")).await.expect(200).json();
        list["data"][0].clone()
    }

    /// Waits until the newest errand of an order is in a state.
    pub async fn errand_until(&self, order: &str, state: &str, seconds: u64) -> Value {
        let end = Instant::now() + Duration::from_secs(seconds);
        loop {
            let newest = self.newest_errand(order).await;
            if newest["state"] == state {
                return newest;
            }
            assert!(Instant::now() < end, "not {state}: {newest}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until the order's delivery track has a word.
    pub async fn delivery_until(&self, order: &str, words: &[&str], seconds: u64) {
        let end = Instant::now() + Duration::from_secs(seconds);
        loop {
            let seen = self.owner.get(&format!("/api/v1/orders/{order}")).await.expect(200).json();
            let word = track(&seen, "delivery");
            if words.contains(&word.as_str()) {
                return;
            }
            assert!(Instant::now() < end, "not {words:?} but {word}: {seen}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for Bazaar {
    fn drop(&mut self) {
        self.passing.abort();
    }
}

/// Sends the owner to the channel of an account, and back to `ours` with what the channel sent along. The word of the page they
/// end on; an error where the channel did not send them back.
pub async fn come_back(owner: &Client, ours: &str, channels: SocketAddr, account: ChannelAccountId, stall: usize) -> Result<String, String> {
    let link = owner.post(&format!("/api/v1/channel-accounts/{account}/authorization"), json!({})).await.expect(200).json();
    let url = url::Url::parse(link["url"].as_str().expect("a link")).expect("a link");
    let host = url.host_str().expect("a host").to_owned();
    assert!(STALLS[stall].hosts.contains(&host.as_str()), "{url}");
    let at = format!("http://{channels}{}?{}", url.path(), url.query().unwrap_or_default());
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let sent = client.get(at).header("host", host).send().await.expect("the channel answers");
    let status = sent.status();
    let Some(to) = sent.headers().get("location").map(|to| to.to_str().expect("text").to_owned()) else { return Err(format!("{status}: {}", sent.text().await.unwrap_or_default())) };
    let path = to.strip_prefix(ours).unwrap_or_else(|| panic!("{to} is not ours"));
    let back = owner.get(path).await.expect(303);
    Ok(back.header("location").expect("a page").split_once("connected=").expect("a word").1.to_owned())
}

/// A track of an order as the API tells it.
pub fn track(order: &Value, name: &str) -> String {
    order[format!("{name}_track")].as_str().unwrap_or_default().to_owned()
}

/// Asks again and again until there is an answer.
pub async fn until<T>(seconds: u64, mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(found) = look().await {
            return Some(found);
        }
        if Instant::now() > end {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
}

async fn described(db: &mut PgConnection, account: ChannelAccountId, external: &str) -> Option<String> {
    let row = sqlx::query("select id from tenant.orders where channel_account_id = $1 and external_id = $2 and described and line_count > 0")
        .bind(account.uuid())
        .bind(external)
        .fetch_optional(&mut *db)
        .await
        .expect("the table answers");
    row.map(|row| OrderId(row.get("id")).to_string())
}

/// Asks for something to be done with an order as it is at the moment; whoever is overtaken looks again.
pub async fn write(owner: &Client, order: &str, path: &str, body: &Value) -> kit::Answer {
    loop {
        let at = format!("/api/v1/orders/{order}");
        let etag = owner.get(&at).await.expect(200).header("etag").expect("an ETag").to_owned();
        let answer = owner.send(owner.request(Method::POST, &format!("{at}/{path}")).header("if-match", etag).json(body)).await;
        if answer.status != reqwest::StatusCode::PRECONDITION_FAILED {
            return answer;
        }
    }
}

pub async fn ship(owner: &Client, order: &str, tracking: &str) -> kit::Answer {
    write(owner, order, "shipments", &json!({"state": "handed_over", "carrier": "GHN", "tracking": tracking})).await
}

pub async fn call_off(owner: &Client, order: &str) -> kit::Answer {
    write(owner, order, "cancellations", &json!({"reason": "the shelf is empty", "code": "out_of_stock"})).await
}

/// How often the seller's calls had each effect.
pub fn effects(sale: &Sale) -> BTreeMap<String, usize> {
    let mut effects = BTreeMap::new();
    for act in &sale.acts {
        *effects.entry(format!("{:?}", act.step)).or_default() += 1;
    }
    effects
}
