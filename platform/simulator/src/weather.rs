//! What goes wrong between a caller and the channels' interfaces, and the log of who asked what.
//! Invariant SIM-5: what befalls the n-th request of an endpoint is drawn from the seed, the endpoint and n alone.

use chrono::{DateTime, Utc};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

/// Each is the chance of one request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// Answered with 5xx, and nothing is done.
    pub fails: f64,
    /// Done, but the answer does not arrive: 5xx all the same.
    pub unheard: f64,
    /// The channel's own "later" inside of an answer that looks well, where it has such a thing.
    pub stumbles: f64,
}

/// What befalls a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Fine,
    Down,
    Fails,
    Unheard,
    Stumbles,
}

/// One request, as it was answered.
#[derive(Clone, Debug)]
pub struct Asked {
    pub at: DateTime<Utc>,
    pub host: String,
    pub method: String,
    pub path: String,
    pub status: u16,
    pub fate: Fate,
}

#[derive(Debug, Default)]
pub(crate) struct Sky {
    pub weather: Weather,
    pub seed: u64,
    /// Hosts that answer nothing but 503.
    pub down: HashSet<String>,
    /// How far the channels' clock is ahead of ours.
    pub ahead_ms: i64,
    /// The next answers to `METHOD path` are lost on their way, though it was done.
    pub lose_next: HashMap<String, u32>,
    /// Pages of lists are told twice.
    pub repeats_pages: bool,
    counts: HashMap<String, u64>,
    pub log: Vec<Asked>,
}

impl Sky {
    /// Fine weather, of a seed.
    pub fn of(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    pub fn fate(&mut self, host: &str, method: &str, path: &str) -> Fate {
        if self.down.contains(host) {
            return Fate::Down;
        }
        if let Some(left) = self.lose_next.get_mut(&format!("{method} {path}")).filter(|left| **left > 0) {
            *left -= 1;
            return Fate::Unheard;
        }
        // Numbers in a path name things, not endpoints.
        let endpoint: String = format!("{method} {host}{path}").chars().filter(|letter| !letter.is_ascii_digit()).collect();
        let count = self.counts.entry(endpoint.clone()).or_default();
        *count += 1;
        let mut hash = DefaultHasher::new();
        (self.seed, endpoint, *count).hash(&mut hash);
        let drawn: f64 = StdRng::seed_from_u64(hash.finish()).random();
        let Weather { fails, unheard, stumbles } = self.weather;
        match drawn {
            drawn if drawn < fails => Fate::Fails,
            drawn if drawn < fails + unheard => Fate::Unheard,
            drawn if drawn < fails + unheard + stumbles => Fate::Stumbles,
            _ => Fate::Fine,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sim_5_the_same_seed_has_the_same_weather() {
        let story = |seed| {
            let mut sky = Sky { seed, weather: Weather { fails: 0.1, unheard: 0.1, stumbles: 0.1 }, ..Sky::default() };
            (0..500).map(|number| sky.fate("shop.example", "GET", &format!("/orders/{number}"))).collect::<Vec<_>>()
        };
        assert_eq!(story(3), story(3));
        assert_ne!(story(3), story(4));
        let count = |fate| story(3).into_iter().filter(|known| *known == fate).count();
        assert!([Fate::Fails, Fate::Unheard, Fate::Stumbles].into_iter().all(|fate| (25..90).contains(&count(fate))), "{}", count(Fate::Fails));
    }
}
