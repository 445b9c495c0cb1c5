//! The simulator at work: time passes, messages are sent, endpoints answer.
//! Invariant SIM-3: a message that was not acknowledged is sent again, a limited number of times, with growing pauses.

use crate::{Asked, Faults, Message, Shop, Weather, World, endpoints, weather::Sky};
use chrono::{DateTime, Duration, Utc};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration as Pause,
};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet};

const TRIES_MAX: u32 = 8;
const AT_ONCE: usize = 8;
/// Channels give a receiver 3 to 5 seconds; a busy small machine gets more before the same message comes again.
const ANSWER_WITHIN: Pause = Pause::from_secs(10);

/// How fast the simulated world goes.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub orders_per_minute: f64,
    /// Days of an order's life pass in this part of their length.
    pub haste: f64,
}

/// What became of the messages so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub acknowledged: u64,
    pub repeated: u64,
    pub refused: u64,
    pub given_up: u64,
}

pub struct Simulation {
    world: Mutex<World>,
    sky: Mutex<Sky>,
    client: reqwest::Client,
    acknowledged: AtomicU64,
    repeated: AtomicU64,
    refused: AtomicU64,
    given_up: AtomicU64,
}

impl Simulation {
    pub fn new(seed: u64, shops: Vec<Shop>, faults: Faults) -> anyhow::Result<Arc<Self>> {
        // One process has one provider of TLS; whoever comes first installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(ANSWER_WITHIN).no_proxy().pool_max_idle_per_host(AT_ONCE).build()?;
        Ok(Arc::new(Self {
            world: Mutex::new(World::new(seed, shops, faults)),
            sky: Mutex::new(Sky::of(seed)),
            client,
            acknowledged: AtomicU64::new(0),
            repeated: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            given_up: AtomicU64::new(0),
        }))
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn sky(&self) -> MutexGuard<'_, Sky> {
        self.sky.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on requests of the interfaces go wrong so often.
    pub fn set_weather(&self, weather: Weather) {
        self.sky().weather = weather;
    }

    /// These hosts answer nothing but 503, until they are named no more.
    pub fn set_down(&self, hosts: &[&str]) {
        self.sky().down = hosts.iter().map(|host| (*host).to_owned()).collect();
    }

    /// The channels' clock is so far ahead of ours.
    pub fn set_clock_ahead(&self, ahead: Duration) {
        self.sky().ahead_ms = ahead.num_milliseconds();
    }

    /// The next answer to such a call is lost on its way, though it was done.
    pub fn lose_next_answer(&self, method: &str, path: &str) {
        *self.sky().lose_next.entry(format!("{method} {path}")).or_default() += 1;
    }

    /// Lists name the same page again instead of the next.
    pub fn set_repeating_pages(&self, repeats: bool) {
        self.sky().repeats_pages = repeats;
    }

    /// What the interfaces were asked since, in order.
    pub fn asked(&self, since: DateTime<Utc>) -> Vec<Asked> {
        self.sky().log.iter().filter(|asked| asked.at >= since).cloned().collect()
    }

    pub fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts { acknowledged: read(&self.acknowledged), repeated: read(&self.repeated), refused: read(&self.refused), given_up: read(&self.given_up) }
    }

    /// Orders of the past days, told now: their whole life until `now`, in the order in which it happened.
    pub fn history(&self, orders: u32, days: u32, seed: u64, now: DateTime<Utc>) -> Vec<Message> {
        let mut rng = StdRng::seed_from_u64(seed);
        let span = i64::from(days) * 24 * 3600;
        let mut world = self.world();
        let mut times: Vec<DateTime<Utc>> = (0..orders).map(|_| now - Duration::seconds(rng.random_range(60..span.max(61)))).collect();
        times.sort();
        for at in times {
            world.sell(at, 1.0);
        }
        world.advance(now)
    }

    /// Sends messages, several at once but those about one order one after the other; `sent` is told after each.
    pub async fn send_all(self: &Arc<Self>, messages: Vec<Message>, sent: impl Fn() + Send + Sync + 'static) {
        let (room, sent) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::new(sent));
        let mut by_order: Vec<Vec<Message>> = Vec::new();
        let mut place = std::collections::HashMap::new();
        for message in messages {
            let index = *place.entry((message.shop, message.order.clone())).or_insert_with(|| {
                by_order.push(Vec::new());
                by_order.len() - 1
            });
            by_order[index].push(message);
        }
        let mut tasks = JoinSet::new();
        for messages in by_order {
            let Ok(permit) = room.clone().acquire_owned().await else { break };
            let (this, sent) = (self.clone(), sent.clone());
            tasks.spawn(async move {
                for message in messages {
                    this.send(&message).await;
                    sent();
                }
                drop(permit);
            });
        }
        while tasks.join_next().await.is_some() {}
    }

    /// One message until it is acknowledged, refused for good, or given up (SIM-3). True when acknowledged.
    pub async fn send(&self, message: &Message) -> bool {
        for attempt in 0..TRIES_MAX {
            let mut request = self.client.post(&message.url).body(message.body.clone());
            for (name, value) in &message.headers {
                request = request.header(name, value);
            }
            match request.send().await.map(|answer| answer.status().as_u16()) {
                Ok(200..300) => {
                    self.acknowledged.fetch_add(1, Ordering::Relaxed);
                    return true;
                }
                // The product's own interface says a repeat would be no better; channels themselves never stop here.
                Ok(status @ (400 | 401 | 403 | 404 | 409 | 422)) => {
                    tracing::warn!(status, order = message.order, "refused");
                    self.refused.fetch_add(1, Ordering::Relaxed);
                    return false;
                }
                answered => {
                    tracing::debug!(?answered, order = message.order, attempt, "not acknowledged");
                    self.repeated.fetch_add(1, Ordering::Relaxed);
                }
            }
            tokio::time::sleep(Pause::from_millis(400 << attempt.min(6))).await;
        }
        self.given_up.fetch_add(1, Ordering::Relaxed);
        false
    }

    /// New orders at the given pace and everything that follows from them, until dropped.
    pub async fn run(self: Arc<Self>, pace: Pace, seed: u64) {
        let mut rng = StdRng::seed_from_u64(seed);
        let room = Arc::new(Semaphore::new(AT_ONCE));
        let mut tasks = JoinSet::new();
        let mut next_sale = Utc::now();
        loop {
            let now = Utc::now();
            let messages = {
                let mut world = self.world();
                if now >= next_sale {
                    world.sell(now, pace.haste);
                    // Buyers come independently of each other: the pauses between them are exponential.
                    let minutes = -(1.0 - rng.random::<f64>()).ln() / pace.orders_per_minute.max(0.001);
                    next_sale = now + Duration::milliseconds((minutes * 60_000.0) as i64);
                }
                world.advance(now)
            };
            for message in messages {
                let Ok(permit) = room.clone().acquire_owned().await else { return };
                let this = self.clone();
                tasks.spawn(async move {
                    this.send(&message).await;
                    drop(permit);
                });
            }
            while tasks.try_join_next().is_some() {}
            tokio::time::sleep(Pause::from_millis(200)).await;
        }
    }

    /// Lets time pass for the orders there are, and sends what follows, until dropped.
    pub async fn pass(self: Arc<Self>) {
        let room = Arc::new(Semaphore::new(AT_ONCE));
        let mut tasks = JoinSet::new();
        loop {
            let messages = self.world().advance(Utc::now());
            for message in messages {
                let Ok(permit) = room.clone().acquire_owned().await else { return };
                let this = self.clone();
                tasks.spawn(async move {
                    this.send(&message).await;
                    drop(permit);
                });
            }
            while tasks.try_join_next().is_some() {}
            tokio::time::sleep(Pause::from_millis(100)).await;
        }
    }

    /// Answers the connectors' calls on a listener of the loopback interface, until dropped.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) -> std::io::Result<()> {
        axum::serve(listener, endpoints::router(self)).await
    }
}
