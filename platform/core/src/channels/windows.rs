//! A stretch of a channel's update times, read page by page: the poll and backfills both read by this rule.
//! Invariant POLL-3: a channel that names the same page again, or pages without end, is stopped and its error is shown.

use kernel::Timestamp;

const FIRST_DELAY_SECONDS: i64 = 30;
const DELAY_SECONDS_MAX: i64 = 3 * 3600;

/// A window and the page to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub since: Timestamp,
    pub until: Timestamp,
    pub cursor: Option<String>,
    /// Pages of the window read so far.
    pub pages: i32,
}

/// What a page told, as it was applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    pub orders: i64,
    /// Of these, the orders that were not known before.
    pub orders_new: i64,
    pub facts: i64,
}

/// What follows a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Another page of the same window, by the channel's name for it.
    Page(String),
    /// The window was read up to here: its end, or as far as the channel allows in one.
    End(Timestamp),
}

#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    #[error("the channel named the page {0:?} twice")]
    PageRepeats(String),
    #[error("the window has more than {0} pages")]
    TooManyPages(i32),
    #[error("the channel read backwards: its window ends at {0}, before it began")]
    Backwards(Timestamp),
}

impl Reading {
    /// After a page that named `next`, or ended the window at `reached`. No window has more than `pages_max` pages.
    pub fn after(&self, next: Option<String>, reached: Timestamp, pages_max: i32) -> Result<Step, WindowError> {
        match next {
            Some(cursor) if self.cursor.as_ref() == Some(&cursor) => Err(WindowError::PageRepeats(cursor.chars().take(64).collect())),
            Some(_) if self.pages + 1 >= pages_max => Err(WindowError::TooManyPages(pages_max)),
            Some(cursor) => Ok(Step::Page(cursor)),
            None if reached < self.since => Err(WindowError::Backwards(reached)),
            None => Ok(Step::End(reached.min(self.until))),
        }
    }
}

/// How long a page that failed waits: twice as long with each try in a row, up to a ceiling.
pub(super) fn later_seconds(attempts: i32) -> i64 {
    let doublings = u32::try_from(attempts.clamp(1, 16) - 1).unwrap_or(0);
    (FIRST_DELAY_SECONDS << doublings).min(DELAY_SECONDS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_of_a_page_grow_and_have_a_ceiling() {
        assert_eq!([0, 1, 2, 5, 30].map(later_seconds), [30, 30, 60, 480, DELAY_SECONDS_MAX]);
    }

    fn minute(minutes: i64) -> Timestamp {
        Timestamp::from_timestamp_micros(minutes * 60_000_000).unwrap()
    }

    #[test]
    fn poll_3_what_repeats_or_never_ends_is_stopped() {
        let reading = Reading { since: minute(0), until: minute(100), cursor: Some("a".into()), pages: 7 };
        let after = |next: Option<&str>, reached, pages_max| reading.after(next.map(Into::into), minute(reached), pages_max);
        assert!(matches!(after(Some("b"), 100, 9), Ok(Step::Page(next)) if next == "b"));
        assert!(matches!(after(Some("a"), 100, 9), Err(WindowError::PageRepeats(_))));
        assert!(matches!(after(Some("b"), 100, 8), Err(WindowError::TooManyPages(8))));
        assert!(matches!(after(None, -1, 9), Err(WindowError::Backwards(_))));
    }

    #[test]
    fn a_window_ends_where_the_channel_stopped_and_never_beyond_what_was_asked() {
        let reading = Reading { since: minute(0), until: minute(100), cursor: None, pages: 0 };
        let end = |reached| reading.after(None, minute(reached), 9).unwrap();
        assert_eq!([end(40), end(100), end(120)], [Step::End(minute(40)), Step::End(minute(100)), Step::End(minute(100))]);
    }
}
