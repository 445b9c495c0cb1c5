//! Keyset pages: a limit that has a ceiling, and a cursor that says where the next page begins.

/// How many rows a list returns at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimit(u16);

impl PageLimit {
    pub const DEFAULT: PageLimit = PageLimit(50);
    pub const MAX: u16 = 200;

    /// `None` when the number is 0 or above [`PageLimit::MAX`].
    pub fn new(rows: u16) -> Option<Self> {
        (1..=Self::MAX).contains(&rows).then_some(Self(rows))
    }
    pub fn rows(self) -> i64 {
        i64::from(self.0)
    }
}

impl Default for PageLimit {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// One page of a list. `next` is the key of the last row when more rows follow.
#[derive(Clone, Debug)]
pub struct Page<T, K> {
    pub rows: Vec<T>,
    pub next: Option<K>,
}

impl<T, K> Page<T, K> {
    /// From `limit + 1` fetched rows: the extra row only tells that there is more.
    pub fn from_fetched(mut rows: Vec<T>, limit: PageLimit, key: impl FnOnce(&T) -> K) -> Self {
        let more = rows.len() > usize::from(limit.0);
        rows.truncate(usize::from(limit.0));
        let next = if more { rows.last().map(key) } else { None };
        Self { rows, next }
    }
}
