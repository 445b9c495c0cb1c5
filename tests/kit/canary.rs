//! Every tenant's data carries a secret marker. What one tenant receives never contains another's: the kit looks at every answer.

use std::sync::{Arc, Mutex};

/// A tenant's marker and the list of all markers of the test.
#[derive(Clone, Default)]
pub struct Canary {
    mine: Option<String>,
    all: Arc<Mutex<Vec<String>>>,
}

impl Canary {
    /// A new marker beside those known: plain letters, so that it survives every encoding.
    pub fn hatch(&self) -> Self {
        let marker = format!("canary{}", uuid::Uuid::new_v4().simple());
        self.all.lock().unwrap().push(marker.clone());
        Self { mine: Some(marker), all: self.all.clone() }
    }

    /// Someone who belongs to no tenant: may see no marker at all.
    pub fn stranger(&self) -> Self {
        Self { mine: None, all: self.all.clone() }
    }

    /// The text to put into names, notes, SKUs of this tenant's data.
    pub fn marker(&self) -> &str {
        self.mine.as_deref().unwrap_or("canary-of-nobody")
    }

    /// Panics when the bytes hold another tenant's marker.
    #[track_caller]
    pub fn inspect(&self, bytes: &[u8]) {
        for marker in self.all.lock().unwrap().iter().filter(|marker| Some(*marker) != self.mine.as_ref()) {
            let found = bytes.windows(marker.len()).any(|window| window == marker.as_bytes());
            assert!(!found, "another tenant's canary came back: {}", String::from_utf8_lossy(&bytes[..bytes.len().min(2_000)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_canary_is_noticed() {
        let none = Canary::default();
        let (a, b) = (none.hatch(), none.hatch());
        a.inspect(format!("mine is {}", a.marker()).as_bytes());
        assert!(std::panic::catch_unwind(|| a.inspect(b.marker().as_bytes())).is_err());
        assert!(std::panic::catch_unwind(|| none.inspect(b.marker().as_bytes())).is_err());
    }
}
