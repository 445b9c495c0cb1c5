//! Times: channels write seconds since 1970, or RFC 3339 with any offset; the contract wants RFC 3339 in UTC.

use chrono::{DateTime, SecondsFormat, Utc};

/// `1712601591` -> `2024-04-08T18:39:51Z`. None outside the years 1970 to 9999.
pub fn from_epoch_seconds(seconds: i64) -> Option<String> {
    const YEAR_10000: i64 = 253_402_300_800;
    if !(0..YEAR_10000).contains(&seconds) {
        return None;
    }
    Some(utc(DateTime::<Utc>::from_timestamp(seconds, 0)?))
}

/// The same for channels that count milliseconds.
pub fn from_epoch_milliseconds(milliseconds: i64) -> Option<String> {
    from_epoch_seconds(milliseconds.div_euclid(1_000))?;
    Some(utc(DateTime::<Utc>::from_timestamp_millis(milliseconds)?))
}

/// `2025-07-02T11:31:38-05:00` -> `2025-07-02T16:31:38Z`.
pub fn from_rfc3339(text: &str) -> Option<String> {
    Some(utc(parse(text)?))
}

pub fn epoch_seconds(instant: &str) -> Option<i64> {
    Some(parse(instant)?.timestamp())
}

pub fn epoch_milliseconds(instant: &str) -> Option<i64> {
    Some(parse(instant)?.timestamp_millis())
}

fn parse(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    (at.timestamp() >= 0).then_some(at)
}

fn utc(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_become_utc() {
        assert_eq!(from_epoch_seconds(1_712_601_591).as_deref(), Some("2024-04-08T18:39:51Z"));
        assert_eq!(from_epoch_seconds(253_402_300_799).as_deref(), Some("9999-12-31T23:59:59Z"));
        assert_eq!((from_epoch_seconds(-1), from_epoch_seconds(253_402_300_800)), (None, None));
        assert_eq!(from_epoch_milliseconds(1_712_601_591_250).as_deref(), Some("2024-04-08T18:39:51.250Z"));
        assert_eq!((from_epoch_milliseconds(-1), from_epoch_milliseconds(i64::MAX)), (None, None));
        assert_eq!(from_rfc3339("2025-07-02T11:31:38-05:00").as_deref(), Some("2025-07-02T16:31:38Z"));
        assert_eq!(from_rfc3339("2016-05-17T04:14:36-00:00").as_deref(), Some("2016-05-17T04:14:36Z"));
        assert_eq!(from_rfc3339("2025-07-02T11:31:38.250+07:00").as_deref(), Some("2025-07-02T04:31:38.250Z"));
        assert_eq!((from_rfc3339("2025-07-02"), from_rfc3339("yesterday")), (None, None));
        assert_eq!(epoch_milliseconds("2024-04-08T18:39:51.5Z"), Some(1_712_601_591_500));
    }
}
