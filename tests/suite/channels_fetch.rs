//! The bundled connectors ask their channels: the built components, the real host, and the channel simulator, which was
//! written from the channels' documentation alone. Two readings of one document must agree, to the last dong.

use crate::hostile_guest::{bundled_cache, config};
use chrono::{DateTime, Duration, Utc};
use kernel::{ChannelAccountId, Decimal, InstallationId, TenantId};
use simulator::{Assortment, Channel, Faults, Market, Message, Path, Sale, Shop, Simulation};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use switchyard_core::orders::{
    fact::{Description, Fact, What},
    totals,
};
use switchyard_host::{AccountContext, CallFailure, Delivery, Grants, Host, Method, Origin, Reference, ReferenceKind, SecretBytes, Window};

const CHANNELS: [(&str, &str, &str, &str); 3] = [
    // connector, shop, its host, the app's id
    ("shopee", "88123456", "partner.shopeemobile.com", "2001887"),
    ("tiktok", "7490001112223334445", "open-api.tiktokglobalshop.com", "6abcde"),
    ("shopify", "hoa-moc.myshopify.com", "hoa-moc.myshopify.com", "unused"),
];
const ORDERS: u32 = 120;
const DAYS: u32 = 10;

struct Bazaar {
    simulation: Arc<Simulation>,
    messages: Vec<Message>,
    host: Host,
    accounts: Vec<AccountContext>,
    now: DateTime<Utc>,
}

impl Bazaar {
    async fn open(test: &str) -> Self {
        let (seed, now) = (kit::seed(test), Utc::now());
        let shops = CHANNELS.iter().map(|&channel| shop(channel)).collect();
        let simulation = Simulation::new(seed, shops, Faults { duplicate: 0.0, delay: 0.0, lose: 0.0 }).expect("the simulation starts");
        let messages = simulation.history(ORDERS, DAYS, seed, now);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(simulation.clone().serve(listener));

        let mut settings = config(&bundled_cache());
        settings.http.endpoint_overrides = CHANNELS.iter().map(|channel| (channel.2.to_owned(), address)).collect();
        let host = Host::start(settings).expect("the host starts");
        let mut accounts = Vec::new();
        for channel in CHANNELS {
            accounts.push(account(&host, channel).await);
        }
        Self { simulation, messages, host, accounts, now }
    }

    fn sales(&self, shop: usize) -> Vec<Sale> {
        self.simulation.world().sales().iter().filter(|sale| sale.shop == shop).cloned().collect()
    }

    async fn fetch(&self, shop: usize, kind: ReferenceKind, ids: &[String]) -> Result<Vec<Fact>, CallFailure> {
        let references: Vec<Reference> = ids.iter().map(|id| Reference { kind, id: id.clone() }).collect();
        Ok(self.host.fetch(&self.accounts[shop], &references).await?.facts)
    }
}

fn shop((connector, shop, _, app): (&str, &str, &str, &str)) -> Shop {
    let (channel, market, assortment, currency) = match connector {
        "shopee" => (Channel::Shopee, Market::Vietnam, Assortment::Retail, "VND"),
        "tiktok" => (Channel::Tiktok, Market::Vietnam, Assortment::Retail, "VND"),
        _ => (Channel::Shopify, Market::America, Assortment::Brand, "USD"),
    };
    let path = Path::Hook {
        channel,
        shop: shop.into(),
        app: app.into(),
        secret: format!("key of {connector}"),
        access_token: format!("token-of-{connector}"),
        url: format!("https://hooks.example/hooks/{connector}"),
    };
    Shop { path, market, assortment, currency: currency.into(), weight: 1, sources: vec!["tiktok", "newsletter"] }
}

async fn account(host: &Host, (connector, shop, address, app): (&str, &str, &str, &str)) -> AccountContext {
    let component = std::fs::read(kit::project().join(format!("plugins/built/{connector}.wasm"))).expect("the component is built");
    let (settings, key): (&[(&str, &str)], &str) = match connector {
        "shopee" => (&[("partner_id", app), ("shop_id", shop), ("currency", "VND")], "partner_key"),
        "tiktok" => (&[("app_key", app), ("shop_cipher", "GCP_x")], "app_secret"),
        _ => (&[("shop", shop)], "client_secret"),
    };
    let secret = |text: String| vec![SecretBytes::new(text.into_bytes())];
    let secrets = BTreeMap::from([(key.to_owned(), secret(format!("key of {connector}"))), ("access_token".into(), secret(format!("token-of-{connector}")))]);
    AccountContext {
        tenant: TenantId::new(),
        installation: InstallationId::new(),
        account: ChannelAccountId::new(),
        digest: host.load_connector(&component).await.expect("the component loads"),
        config_version: 1,
        grants: Arc::new(Grants { hosts: vec![address.into()], secrets: secrets.keys().cloned().collect(), ..Grants::default() }),
        settings: Arc::new(settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()),
        secrets: Arc::new(secrets),
    }
}

fn described<'a>(facts: &'a [Fact], order: &str) -> &'a Description {
    let told = facts.iter().find_map(|fact| match &fact.what {
        What::Described(told) if fact.order == order && told.lines.is_some() => Some(told),
        _ => None,
    });
    told.unwrap_or_else(|| panic!("{order} is not described"))
}

fn sum(told: &Description) -> Decimal {
    told.lines.iter().flatten().map(|line| totals::of_line(line).expect("in range").total).sum()
}

/// Every order in full: the lines come to what the sale came to. Shopee's vouchers and shipping are in the escrow only,
/// which an order has once it is paid; before that the detail's own total is told beside its lines.
#[tokio::test]
async fn orders_are_fetched_to_the_last_dong() {
    let market = Bazaar::open("orders_are_fetched_to_the_last_dong").await;
    for (shop, (connector, ..)) in CHANNELS.into_iter().enumerate() {
        let sales = market.sales(shop);
        let (mut explained, mut refunds) = (0, 0);
        for some in sales.chunks(50) {
            let ids: Vec<String> = some.iter().map(|sale| sale.id.clone()).collect();
            let facts = market.fetch(shop, ReferenceKind::Order, &ids).await.unwrap_or_else(|failure| panic!("{connector}: {failure}"));
            for sale in some {
                let told = described(&facts, &sale.id);
                assert_eq!(told.stated_total, Some(sale.total()), "{connector} {}", sale.id);
                let open = connector == "shopee" && (["UNPAID", "CANCELLED", "IN_CANCEL"].contains(&simulator::shopee::status(sale)));
                if !open {
                    assert_eq!(sum(told), sale.total(), "{connector} {}: {:?}", sale.id, told.lines);
                    explained += 1;
                }
                let units: Decimal = sale.lines.iter().map(|line| Decimal::from(line.quantity)).sum();
                let goods = told.lines.iter().flatten().filter(|line| line.kind == switchyard_core::orders::fact::LineKind::Product);
                assert_eq!(goods.map(|line| line.quantity.get()).sum::<Decimal>(), units, "{connector} {}", sale.id);
            }
            refunds += facts.iter().filter(|fact| matches!(fact.what, What::Refunded(_))).count();
        }
        println!("{connector}: {} orders, {explained} explained by their lines, {refunds} refunds with them", sales.len());
        assert!(explained * 2 > sales.len(), "{connector}: {explained} of {}", sales.len());
    }
}

/// A window of ten days, page by page, finds exactly the orders that were sold.
#[tokio::test]
async fn a_window_is_pulled_page_by_page() {
    let market = Bazaar::open("a_window_is_pulled_page_by_page").await;
    let (since, until) = (market.now - Duration::days(i64::from(DAYS) + 1), market.now + Duration::minutes(1));
    for (shop, (connector, ..)) in CHANNELS.into_iter().enumerate() {
        let (mut cursor, mut pages, mut found) = (None, 0, BTreeSet::new());
        loop {
            let window = Window { since, until, cursor, limit: 10 };
            let pulled = market.host.pull(&market.accounts[shop], window).await.unwrap_or_else(|failure| panic!("{connector}: {failure}"));
            pages += 1;
            assert!(pages < 200, "{connector}: the pages end");
            assert!((pulled.until - until).num_seconds().abs() <= 1, "{connector}: within 15 days the window is not clipped");
            found.extend(pulled.fetched.facts.iter().filter(|fact| matches!(fact.what, What::Described(_))).map(|fact| fact.order.clone()));
            cursor = pulled.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        let sold: BTreeSet<String> = market.sales(shop).into_iter().map(|sale| sale.id).collect();
        assert_eq!(found, sold, "{connector}");
        println!("{connector}: {} orders on {pages} pages", sold.len());
    }
}

/// Whatever the channel sends in the life of its orders is verified and understood; what is only named can be fetched.
#[tokio::test]
async fn a_whole_life_of_webhooks_is_understood() {
    let market = Bazaar::open("a_whole_life_of_webhooks_is_understood").await;
    let mut named: BTreeMap<usize, BTreeSet<(ReferenceKind, String)>> = BTreeMap::new();
    for message in &market.messages {
        let connector = CHANNELS[message.shop].0;
        let delivery = Delivery { origin: Origin::Webhook, method: Method::Post, url: message.url.clone(), headers: message.headers.clone(), body: message.body.clone(), received_at: market.now };
        let told = market.host.receive(&market.accounts[message.shop], delivery).await.unwrap_or_else(|failure| panic!("{connector}: {failure}"));
        let told = told.unwrap_or_else(|refused| panic!("{connector}: {} in {}", refused.detail, String::from_utf8_lossy(&message.body)));
        assert!(told.facts.iter().all(|fact| fact.order == message.order), "{connector}");
        assert!(told.message_id.is_some() && (200..300).contains(&told.acknowledgement.status), "{connector}");
        named.entry(message.shop).or_default().extend(told.fetch.into_iter().map(|reference| (reference.kind, reference.id)));
    }
    println!("{} webhooks", market.messages.len());
    for (shop, references) in named {
        let returns: Vec<String> = references.into_iter().filter(|(kind, _)| *kind == ReferenceKind::Return).map(|(_, id)| id).collect();
        for some in returns.chunks(20) {
            let facts = market.fetch(shop, ReferenceKind::Return, some).await.expect("returns are fetched");
            let told: BTreeSet<&str> = facts.iter().filter_map(|fact| if let What::Returned(goods) = &fact.what { Some(goods.id.as_str()) } else { None }).collect();
            assert_eq!(told, some.iter().map(String::as_str).collect(), "{}", CHANNELS[shop].0);
        }
    }
}

/// One refund is one refund: told by the webhook and by the return record, it has one id and one amount.
#[tokio::test]
async fn a_refund_told_twice_is_one() {
    let market = Bazaar::open("a_refund_told_twice_is_one").await;
    let mut amounts: BTreeMap<(String, String), BTreeSet<Decimal>> = BTreeMap::new();
    let mut note = |facts: &[Fact]| {
        for fact in facts {
            if let What::Refunded(refund) = &fact.what
                && let Some(amount) = refund.amount
            {
                amounts.entry((fact.order.clone(), refund.id.clone())).or_default().insert(amount.amount.normalize());
            }
        }
    };
    let tiktok = 1;
    for message in market.messages.iter().filter(|message| message.shop == tiktok) {
        let delivery = Delivery { origin: Origin::Webhook, method: Method::Post, url: message.url.clone(), headers: message.headers.clone(), body: message.body.clone(), received_at: market.now };
        let told = market.host.receive(&market.accounts[tiktok], delivery).await.expect("an answer").expect("understood");
        note(&told.facts);
    }
    let returned: Vec<String> =
        market.sales(tiktok).iter().filter(|sale| sale.past.return_asked.is_some()).map(|sale| simulator::tiktok::goods_return(sale)["return_id"].as_str().expect("an id").to_owned()).collect();
    for some in returned.chunks(20) {
        note(&market.fetch(tiktok, ReferenceKind::Return, some).await.expect("returns are fetched"));
    }
    let orders: BTreeSet<&String> = amounts.keys().map(|(order, _)| order).collect();
    assert_eq!(orders.len(), amounts.len(), "an order of these has one refund: {amounts:?}");
    assert!(amounts.values().all(|told| told.len() == 1), "{amounts:?}");
    println!("{} refunds, {} return records", amounts.len(), returned.len());
}

/// A wrong key, a wrong token, a host that is not granted: each says what would help.
#[tokio::test]
async fn what_goes_wrong_is_named() {
    let market = Bazaar::open("what_goes_wrong_is_named").await;
    let code = async |account: &AccountContext, id: &str| {
        let references = [Reference { kind: ReferenceKind::Order, id: id.into() }];
        market.host.fetch(account, &references).await.expect_err("it is refused").code
    };
    let with = |shop: usize, name: &str, value: &str| {
        let mut account = market.accounts[shop].clone();
        let mut secrets = (*account.secrets).clone();
        secrets.insert(name.into(), vec![SecretBytes::new(value.as_bytes().to_vec())]);
        account.secrets = Arc::new(secrets);
        account
    };
    assert_eq!(code(&with(0, "partner_key", "wrong"), "1").await, "plugin.invalid_config");
    assert_eq!(code(&with(0, "access_token", "wrong"), "1").await, "plugin.unauthorized");
    assert_eq!(code(&with(1, "app_secret", "wrong"), "1").await, "plugin.invalid_config");
    assert_eq!(code(&with(1, "access_token", "wrong"), "1").await, "plugin.unauthorized");
    assert_eq!(code(&with(2, "access_token", "wrong"), "1").await, "plugin.unauthorized");
    assert_eq!(code(&market.accounts[2], "404").await, "plugin.permanent");
    for account in &market.accounts {
        let ungranted = AccountContext { grants: Arc::new(Grants { hosts: vec![], ..(*account.grants).clone() }), ..account.clone() };
        assert_eq!(code(&ungranted, "1").await, "plugin.permanent");
    }
}
