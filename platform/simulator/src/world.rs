//! Everything the simulator knows: its shops, their sales, and what is still to happen.
//! Invariant SIM-2: the same seed, shops and instants give the same messages, byte for byte.

use crate::{
    direct::{self, Desk},
    haravan,
    keys::Keys,
    kiotviet, lazada,
    people::pick,
    sale::{Act, Sale, Step},
    shop::{Channel, Path, Shop},
    shopee, shopify, sign, square, tiktok, woo,
};
use chrono::{DateTime, Datelike, Duration, SecondsFormat, Utc};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::Value;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap},
};

/// What a real network does to messages; each is the chance of one message.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// Delivered twice.
    pub duplicate: f64,
    /// Held back for up to half a minute, so that later ones overtake it.
    pub delay: f64,
    /// Never delivered: only asking the channel finds it. Never applied to what the merchant's own software sends.
    pub lose: f64,
}

impl Faults {
    pub const NONE: Faults = Faults { duplicate: 0.0, delay: 0.0, lose: 0.0 };
    /// As channels behave on an ordinary day.
    pub const ORDINARY: Faults = Faults { duplicate: 0.03, delay: 0.05, lose: 0.0 };
}

/// One HTTP POST to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub shop: usize,
    /// The channel's id of the order it is about.
    pub order: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

pub struct World {
    rng: StdRng,
    pub shops: Vec<Shop>,
    sales: Vec<Sale>,
    by_id: HashMap<(usize, String), usize>,
    due: BinaryHeap<Reverse<(DateTime<Utc>, usize, usize)>>,
    held: Vec<(DateTime<Utc>, Message)>,
    faults: Faults,
    /// How long a message is held back at most.
    held_max: Duration,
    messages: u64,
    /// The number each shop gave last.
    numbers: Vec<u64>,
    keys: Vec<Keys>,
    /// What calls of the seller's made the channels say, not sent yet.
    told: Vec<Message>,
    /// How many of a listing a shop may sell, and how often it was told.
    stock: BTreeMap<(usize, String), (i64, u32)>,
    /// Parcels leave by the seller's calls alone; what follows them takes this part of its time.
    attended: Option<f64>,
    /// Where TikTok Shop sends people back to: it is registered with the app, not named in the link.
    pub registered: String,
}

impl World {
    pub fn new(seed: u64, shops: Vec<Shop>, faults: Faults) -> Self {
        Self {
            rng: StdRng::seed_from_u64(seed),
            numbers: vec![0; shops.len()],
            keys: shops.iter().map(|shop| shop.path.keys()).collect(),
            told: Vec::new(),
            stock: BTreeMap::new(),
            attended: None,
            registered: String::new(),
            shops,
            sales: Vec::new(),
            by_id: HashMap::new(),
            due: BinaryHeap::new(),
            held: Vec::new(),
            faults,
            held_max: Duration::seconds(30),
            messages: 0,
        }
    }

    /// The shops' running numbers and the messages' ids go on from here: for a world that continues an earlier one.
    pub fn count_from(&mut self, number: u64) {
        self.numbers.fill(number);
        self.messages = number << 8;
    }

    /// Messages that are held back come within this.
    pub fn hold_back_for(&mut self, at_most: Duration) {
        self.held_max = at_most;
    }

    /// From now on parcels leave, and orders are called off by their seller, by the seller's own calls alone.
    pub fn attend(&mut self, haste: f64) {
        self.attended = Some(haste);
    }

    /// Somebody buys at one of the shops. `haste` shrinks the days of an order's life; 1 is life's own pace.
    pub fn sell(&mut self, at: DateTime<Utc>, haste: f64) -> &Sale {
        let total: u32 = self.shops.iter().map(|shop| shop.weight).sum();
        let mut drawn = self.rng.random_range(0..total.max(1));
        let shop = self.shops.iter().position(|shop| {
            let hit = drawn < shop.weight;
            drawn = drawn.saturating_sub(shop.weight);
            hit
        });
        self.sell_at(shop.unwrap_or(0), at, haste)
    }

    pub fn sell_at(&mut self, shop: usize, at: DateTime<Utc>, haste: f64) -> &Sale {
        let index = self.sales.len();
        self.numbers[shop] += 1;
        let number = self.numbers[shop];
        let mut sale = Sale::invent(&mut self.rng, &self.shops[shop].setting(shop, haste), number, at);
        sale.id = self.new_id(shop, number, at);
        if self.attended.is_some() && self.sends_parcels(&sale) {
            sale.ahead.retain(|(_, step)| matches!(step, Step::Placed | Step::Paid | Step::CancelAsked | Step::Cancelled | Step::Refunded));
            // A return follows a parcel; its refund does not come without it.
            if !sale.ahead.iter().any(|(_, step)| *step == Step::Cancelled) {
                sale.ahead.retain(|(_, step)| *step != Step::Refunded);
            }
        }
        self.by_id.insert((shop, sale.id.clone()), index);
        for (step, (at, _)) in sale.ahead.iter().enumerate() {
            self.due.push(Reverse((*at, index, step)));
        }
        self.sales.push(sale);
        &self.sales[index]
    }

    /// In the form the channel gives its ids.
    fn new_id(&mut self, shop: usize, number: u64, at: DateTime<Utc>) -> String {
        const LETTERS: [char; 36] = [
            '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R',
            'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z',
        ];
        loop {
            let id = match &self.shops[shop].path {
                Path::Hook { channel: Channel::Shopee, .. } => {
                    let tail: String = (0..8).map(|_| *pick(&mut self.rng, &LETTERS)).collect();
                    format!("{:02}{:02}{:02}{tail}", at.year() % 100, at.month(), at.day())
                }
                Path::Hook { channel: Channel::Tiktok, .. } => (576_000_000_000_000_000 + self.rng.random_range(0..900_000_000_000_000u64)).to_string(),
                Path::Hook { channel: Channel::Shopify, .. } => (5_000_000_000_000 + self.rng.random_range(0..90_000_000_000u64) * 10).to_string(),
                Path::Hook { channel: Channel::Square, .. } => (0..24).map(|_| *pick(&mut self.rng, &LETTERS)).collect(),
                Path::Hook { channel: Channel::Kiotviet, .. } => (60_000_000 + self.rng.random_range(0..40_000_000u64)).to_string(),
                Path::Hook { channel: Channel::Haravan, .. } => (1_200_000_000 + self.rng.random_range(0..80_000_000u64) * 10).to_string(),
                Path::Hook { channel: Channel::Lazada, .. } => (400_000_000_000_000 + self.rng.random_range(0..90_000_000_000_000u64)).to_string(),
                // Posts of all kinds share one row of numbers.
                Path::Hook { channel: Channel::Woo, .. } => (1_000 + number * 7 + self.rng.random_range(0..7u64)).to_string(),
                Path::Direct { desk, .. } => {
                    let prefix = match desk {
                        Desk::Till => "POS",
                        Desk::Web => "WEB",
                        Desk::App => "APP",
                        Desk::Chat => "CHAT",
                        Desk::Wholesale => "SI",
                    };
                    format!("{prefix}-{:02}{:02}-{number:05}-{:03}", at.year() % 100, at.month(), self.rng.random_range(0..1000))
                }
            };
            if !self.by_id.contains_key(&(shop, id.clone())) {
                return id;
            }
        }
    }

    /// Lets everything happen that is due until `now`; returns what has to be sent, in the order of sending.
    pub fn advance(&mut self, now: DateTime<Utc>) -> Vec<Message> {
        let mut out = Vec::new();
        while let Some(Reverse((at, index, step))) = self.due.peek().copied() {
            if at > now {
                break;
            }
            self.due.pop();
            let step = self.sales[index].ahead[step].1;
            if !self.sales[index].allows(step) {
                continue;
            }
            self.sales[index].take(step, at);
            for message in self.tell(index, step) {
                self.send(message, now, &mut out);
            }
        }
        for message in std::mem::take(&mut self.told) {
            self.send(message, now, &mut out);
        }
        let held = std::mem::take(&mut self.held);
        for (until, message) in held {
            if until <= now { out.push(message) } else { self.held.push((until, message)) }
        }
        out
    }

    /// When the next thing happens by itself.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        let held = self.held.iter().map(|(until, _)| *until).min();
        [self.due.peek().map(|Reverse((at, ..))| *at), held].into_iter().flatten().min()
    }

    fn send(&mut self, message: Message, now: DateTime<Utc>, out: &mut Vec<Message>) {
        let from_channel = self.shops[message.shop].channel().is_some();
        if from_channel && self.rng.random_bool(self.faults.lose) {
            return;
        }
        if self.rng.random_bool(self.faults.duplicate) {
            out.push(message.clone());
        }
        if from_channel && self.rng.random_bool(self.faults.delay) {
            let wait = Duration::milliseconds(self.rng.random_range(500..self.held_max.num_milliseconds().max(501)));
            self.held.push((now + wait, message));
        } else {
            out.push(message);
        }
    }

    /// What a step makes the channel say; some steps say nothing.
    fn tell(&mut self, index: usize, step: Step) -> Vec<Message> {
        let (shops, sales, rng) = (&self.shops, &self.sales, &mut self.rng);
        let sale = &sales[index];
        let mut next = || {
            self.messages += 1;
            self.messages
        };
        match &shops[sale.shop].path {
            Path::Hook { channel: Channel::Shopee, shop, secret, url, .. } => {
                if matches!(step, Step::Refunded) {
                    return Vec::new();
                }
                let body = shopee::push(sale, shop.parse().unwrap_or_default(), next() << 32 | sale.package & 0xffff_ffff).to_string().into_bytes();
                let signature = sign::hex_of(secret, &[url.as_bytes(), b"|", &body]);
                vec![message(sale, url, vec![("authorization", signature)], body)]
            }
            Path::Hook { channel: Channel::Tiktok, shop, app, secret, url, .. } => {
                let number = |n: u64| 7_327_000_000_000_000_000 + n;
                let bodies: Vec<Value> = match step {
                    Step::CancelAsked => vec![tiktok::cancellation_change(sale, shop, number(next()))],
                    Step::Cancelled => vec![tiktok::cancellation_change(sale, shop, number(next())), tiktok::status_change(sale, shop, number(next()))],
                    Step::ReturnAsked | Step::ReturnAccepted => vec![tiktok::return_change(sale, shop, number(next()))],
                    Step::Refunded if sale.past.refunded.is_some() => vec![tiktok::refund_success(sale, shop, number(next()))],
                    Step::Refunded => vec![],
                    _ => vec![tiktok::status_change(sale, shop, number(next()))],
                };
                let signed = |body: Value| {
                    let body = body.to_string().into_bytes();
                    let signature = sign::hex_of(secret, &[app.as_bytes(), &body]);
                    message(sale, url, vec![("authorization", signature)], body)
                };
                bodies.into_iter().map(signed).collect()
            }
            Path::Hook { channel: Channel::Shopify, shop, secret, url, .. } => {
                let told: Vec<(&str, Value)> = match step {
                    Step::Placed => vec![("orders/create", shopify::order(sale))],
                    Step::Paid => vec![("orders/paid", shopify::order(sale))],
                    Step::Shipped => vec![("fulfillments/create", shopify::fulfillment(sale)), ("orders/updated", shopify::order(sale))],
                    Step::Delivered => vec![("fulfillments/update", shopify::fulfillment(sale))],
                    Step::Completed => vec![("orders/updated", shopify::order(sale))],
                    Step::Cancelled => vec![("orders/cancelled", shopify::order(sale))],
                    Step::Refunded if sale.past.refunded.is_some() => vec![("refunds/create", shopify::refund(sale)), ("orders/updated", shopify::order(sale))],
                    _ => vec![],
                };
                told.into_iter()
                    .map(|(topic, body)| {
                        let body = body.to_string().into_bytes();
                        let headers = vec![
                            ("x-shopify-hmac-sha256", sign::base64_of(secret, &[&body])),
                            ("x-shopify-topic", topic.to_owned()),
                            ("x-shopify-shop-domain", shop.clone()),
                            ("x-shopify-webhook-id", format!("5e2d{:028x}", next())),
                            ("x-shopify-triggered-at", sale.updated_at.to_rfc3339_opts(SecondsFormat::Nanos, true)),
                            ("x-shopify-api-version", "2026-07".to_owned()),
                        ];
                        message(sale, url, headers, body)
                    })
                    .collect()
            }
            Path::Hook { channel: Channel::Square, shop, secret, url, .. } => square::events(sale, shop, step)
                .into_iter()
                .map(|(kind, name, object)| {
                    let body = square::event(kind, name, object, shop, next(), sale.updated_at).to_string().into_bytes();
                    let signature = sign::base64_of(secret, &[url.as_bytes(), &body]);
                    message(sale, url, vec![("x-square-hmacsha256-signature", signature)], body)
                })
                .collect(),
            Path::Hook { channel: Channel::Kiotviet, secret, url, .. } => {
                if matches!(step, Step::CancelAsked | Step::ReturnAsked | Step::Refunded | Step::Boxed) {
                    return Vec::new();
                }
                let body = kiotviet::hook(sale, next()).to_string().into_bytes();
                let signature = sign::hex_of(secret, &[&body]);
                vec![message(sale, url, vec![("x-hub-signature", signature)], body)]
            }
            Path::Hook { channel: Channel::Haravan, shop, secret, url, .. } => haravan::topic(step)
                .map(|topic| {
                    let body = haravan::order(sale).to_string().into_bytes();
                    let headers = vec![
                        ("x-haravan-hmacsha256", sign::base64_of(secret, &[&body])),
                        ("x-haravan-topic", topic.to_owned()),
                        ("x-haravan-org-id", shop.clone()),
                    ];
                    message(sale, url, headers, body)
                })
                .into_iter()
                .collect(),
            Path::Hook { channel: Channel::Lazada, shop, app, secret, url, .. } => {
                let signed = |body: Value| {
                    let body = body.to_string().into_bytes();
                    let signature = sign::hex_of(secret, &[app.as_bytes(), &body]);
                    message(sale, url, vec![("authorization", signature)], body)
                };
                lazada::pushes(sale, shop, step).into_iter().map(signed).collect()
            }
            Path::Hook { channel: Channel::Woo, shop, secret, url, .. } => {
                if matches!(step, Step::ReturnAsked | Step::ReturnAccepted | Step::CancelAsked | Step::Boxed | Step::Packed | Step::Shipped) {
                    // The shop has no word for these.
                    return Vec::new();
                }
                let topic = if step == Step::Placed { "order.created" } else { "order.updated" };
                let body = woo::order(sale, shop).to_string().into_bytes();
                let headers = vec![
                    ("x-wc-webhook-signature", sign::base64_of(secret, &[&body])),
                    ("x-wc-webhook-source", format!("https://{shop}/")),
                    ("x-wc-webhook-topic", topic.to_owned()),
                    ("x-wc-webhook-resource", "order".to_owned()),
                    ("x-wc-webhook-event", topic.trim_start_matches("order.").to_owned()),
                    ("x-wc-webhook-id", "17".to_owned()),
                    ("x-wc-webhook-delivery-id", format!("{:032x}", next())),
                ];
                vec![message(sale, url, headers, body)]
            }
            Path::Direct { desk, channel_account_id, api_key, url } => {
                if step != Step::Placed {
                    return Vec::new();
                }
                let body = direct::order(rng, sale, *desk, channel_account_id).to_string().into_bytes();
                let headers = vec![("authorization", format!("Bearer {api_key}")), ("idempotency-key", format!("{}-{}", sale.id, sale.package))];
                vec![message(sale, url, headers, body)]
            }
        }
    }

    pub fn sales(&self) -> &[Sale] {
        &self.sales
    }

    /// A sale that a call of its channel's interface changes.
    pub(crate) fn sale_mut(&mut self, shop: usize, id: &str) -> Option<&mut Sale> {
        let index = *self.by_id.get(&(shop, id.to_owned()))?;
        self.sales.get_mut(index)
    }

    /// The seller does something by a call: the sale changes, the channel says so, and its further life begins.
    pub(crate) fn act(&mut self, shop: usize, id: &str, step: Step, tracking: Option<&str>, now: DateTime<Utc>) {
        let Some(index) = self.by_id.get(&(shop, id.to_owned())).copied() else { return };
        let sale = &mut self.sales[index];
        if let Some(tracking) = tracking {
            sale.tracking = tracking.to_owned();
        }
        sale.past.by_seller |= step == Step::Cancelled;
        sale.take(step, now);
        sale.acts.push(Act { step, at: now, tracking: tracking.map(str::to_owned) });
        let told = self.tell(index, step);
        self.told.extend(told);
        let Some(haste) = self.attended else { return };
        let marketplace = matches!(self.shops[shop].channel(), Some(Channel::Shopee | Channel::Tiktok | Channel::Lazada));
        // The hours a real one takes after the step before.
        let follows: &[(Step, f64)] = match step {
            Step::Packed => &[(Step::Shipped, 10.0), (Step::Delivered, 40.0), (Step::Completed, 72.0)],
            Step::Shipped => &[(Step::Delivered, 40.0), (Step::Completed, 72.0)],
            Step::Delivered => &[(Step::Completed, 72.0)],
            Step::Cancelled if marketplace => &[(Step::Refunded, 6.0)],
            _ => &[],
        };
        let mut at = now;
        for (step, hours) in follows {
            at += Duration::milliseconds((hours * 3_600_000.0 * haste) as i64);
            let sale = &mut self.sales[index];
            self.due.push(Reverse((at, index, sale.ahead.len())));
            sale.ahead.push((at, *step));
        }
    }

    /// Whether a sale's goods go to the buyer in a parcel of the seller's.
    pub fn sends_parcels(&self, sale: &Sale) -> bool {
        match self.shops[sale.shop].channel() {
            Some(Channel::Square) => !square::is_counter(sale),
            Some(Channel::Kiotviet) => !kiotviet::is_counter(sale),
            Some(_) => true,
            None => false,
        }
    }

    /// The shop of a channel whose access token this is.
    pub(crate) fn holder(&self, channel: Channel, token: &str, now: DateTime<Utc>) -> Option<usize> {
        self.shops.iter().zip(&self.keys).position(|(shop, keys)| shop.channel() == Some(channel) && keys.lets_in(token, now))
    }

    pub(crate) fn keys(&mut self, shop: usize) -> &mut Keys {
        &mut self.keys[shop]
    }

    /// A shop's access token ends now.
    pub fn expire(&mut self, shop: usize, now: DateTime<Utc>) {
        self.keys[shop].expire(now);
    }

    /// A seller takes their word back.
    pub fn revoke(&mut self, shop: usize, now: DateTime<Utc>) {
        self.keys[shop].revoke(now);
    }

    /// What tokens a shop gives from now on live so long.
    pub fn live_for(&mut self, shop: usize, lives: Duration) {
        self.keys[shop].live_for(lives);
    }

    /// How often a shop gave tokens, and how often it refused to.
    pub fn trades(&self, shop: usize) -> (u64, u64) {
        (self.keys[shop].trades, self.keys[shop].refused)
    }

    pub(crate) fn stock_is(&mut self, shop: usize, listing: &str, units: i64) {
        let known = self.stock.entry((shop, listing.to_owned())).or_default();
        *known = (units, known.1 + 1);
    }

    /// How many of a listing a shop may sell, and how often it was told so.
    pub fn stock(&self, shop: usize, listing: &str) -> Option<(i64, u32)> {
        self.stock.get(&(shop, listing.to_owned())).copied()
    }

    pub fn sale(&self, shop: usize, id: &str) -> Option<&Sale> {
        self.by_id.get(&(shop, id.to_owned())).map(|index| &self.sales[*index])
    }
}

fn message(sale: &Sale, url: &str, headers: Vec<(&str, String)>, body: Vec<u8>) -> Message {
    let mut headers: Vec<(String, String)> = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    headers.push(("content-type".into(), "application/json".into()));
    Message { shop: sale.shop, order: sale.id.clone(), url: url.to_owned(), headers, body }
}
