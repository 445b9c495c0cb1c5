//! The keys of the shops: which tokens let a caller in at the moment, and how they are traded for newer ones.
//! Invariant SIM-4: a code is good once, and so is a renewing token where the channel's are; a second use is refused.

use chrono::{DateTime, Duration, Utc};

/// A code that nobody fetched lives so long; Shopee's ten minutes are the shortest.
const CODE_MINUTES: i64 = 10;
/// Shopee lets the access token before in for so long.
const OVERLAP_MINUTES: i64 = 5;

/// What a shop gave for a code or a renewing token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    pub access: String,
    pub refresh: String,
    pub lives: Duration,
}

/// The keys of one shop.
#[derive(Debug)]
pub(crate) struct Keys {
    name: String,
    access: String,
    /// None: it does not end.
    until: Option<DateTime<Utc>>,
    before: Option<(String, DateTime<Utc>)>,
    refresh: String,
    codes: Vec<(String, DateTime<Utc>)>,
    number: u64,
    /// How long what is given lives; None: as long as the channel says.
    lives: Option<Duration>,
    pub trades: u64,
    pub refused: u64,
}

impl Keys {
    pub fn new(name: &str, access: &str) -> Self {
        Self {
            name: name.to_owned(),
            access: access.to_owned(),
            until: None,
            before: None,
            refresh: format!("refresh of {name}"),
            codes: Vec::new(),
            number: 0,
            lives: None,
            trades: 0,
            refused: 0,
        }
    }

    pub fn lets_in(&self, token: &str, now: DateTime<Utc>) -> bool {
        let is_alive = self.until.is_none_or(|until| now < until);
        (is_alive && token == self.access) || self.before.as_ref().is_some_and(|(before, until)| token == before && now < *until)
    }

    /// The seller let somebody in: what they are sent back with.
    pub fn code(&mut self, now: DateTime<Utc>) -> String {
        self.number += 1;
        let code = format!("code {} of {}", self.number, self.name);
        self.codes.push((code.clone(), now + Duration::minutes(CODE_MINUTES)));
        code
    }

    pub fn trade_code(&mut self, code: &str, usual: Duration, now: DateTime<Utc>) -> Option<Given> {
        let known = self.codes.iter().position(|(known, until)| known == code && now < *until);
        match known {
            Some(index) => {
                self.codes.remove(index);
                self.before = None;
                Some(self.give(usual, now))
            }
            None => {
                self.refused += 1;
                None
            }
        }
    }

    pub fn trade_refresh(&mut self, refresh: &str, usual: Duration, now: DateTime<Utc>) -> Option<Given> {
        if refresh != self.refresh {
            self.refused += 1;
            return None;
        }
        let overlap = now + Duration::minutes(OVERLAP_MINUTES);
        let ends = self.until.map_or(overlap, |until| until.min(overlap));
        self.before = Some((self.access.clone(), ends));
        Some(self.give(usual, now))
    }

    /// A renewing token that is good again and again, and stays as it is.
    pub fn trade_again(&mut self, refresh: &str, usual: Duration, now: DateTime<Utc>) -> Option<Given> {
        let given = self.trade_refresh(refresh, usual, now)?;
        self.refresh = refresh.to_owned();
        Some(Given { refresh: refresh.to_owned(), ..given })
    }

    /// Keys without a renewing token, for those who prove themselves anew each time.
    pub fn give(&mut self, usual: Duration, now: DateTime<Utc>) -> Given {
        let lives = self.lives.unwrap_or(usual);
        self.number += 1;
        self.trades += 1;
        self.access = format!("token {} of {}", self.number, self.name);
        self.refresh = format!("refresh {} of {}", self.number, self.name);
        self.until = Some(now + lives);
        Given { access: self.access.clone(), refresh: self.refresh.clone(), lives }
    }

    /// The access token ends now.
    pub fn expire(&mut self, now: DateTime<Utc>) {
        (self.until, self.before) = (Some(now), None);
    }

    /// The seller took their word back: nothing known is good any more.
    pub fn revoke(&mut self, now: DateTime<Utc>) {
        self.expire(now);
        self.number += 1;
        self.refresh = format!("refresh {} of {}, given to nobody", self.number, self.name);
        self.codes.clear();
    }

    pub fn live_for(&mut self, lives: Duration) {
        self.lives = Some(lives);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sim_4_a_renewing_token_is_good_once_and_the_old_access_token_a_little_longer() {
        let (now, hours) = (Utc::now(), Duration::hours(4));
        let mut keys = Keys::new("shop", "first");
        assert!(keys.lets_in("first", now) && !keys.lets_in("", now));
        let given = keys.trade_refresh("refresh of shop", hours, now).unwrap();
        assert!(keys.lets_in(&given.access, now) && keys.lets_in("first", now) && !keys.lets_in("first", now + Duration::minutes(5)));
        assert!(!keys.lets_in(&given.access, now + hours));
        assert_eq!(keys.trade_refresh("refresh of shop", hours, now), None, "once");
        keys.expire(now);
        assert!(!keys.lets_in(&given.access, now) && !keys.lets_in("first", now));
        let next = keys.trade_refresh(&given.refresh, hours, now).unwrap();
        assert!(keys.lets_in(&next.access, now) && !keys.lets_in(&given.access, now), "what ended is not let in by a renewal");
        let code = keys.code(now);
        keys.revoke(now);
        assert!(keys.trade_code(&code, hours, now).is_none() && keys.trade_refresh(&next.refresh, hours, now).is_none());
        let code = keys.code(now);
        assert!(keys.trade_code(&code, hours, now).is_some() && keys.trade_code(&code, hours, now).is_none());
        assert_eq!((keys.trades, keys.refused), (3, 4));
    }
}
