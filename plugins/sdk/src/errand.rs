//! Errands: what a channel is asked to do, and how its answer is sorted.
//!
//! Invariant SDK-3: a channel's own no is told in the channel's own words, apart from what may be tried again and from what
//! never reached it.

use crate::{Decimal, Errand, PluginError, Pushed, Refusal, http::Response};
use std::cell::RefCell;

/// A channel's no, as it says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct No {
    pub code: String,
    pub detail: String,
}

impl No {
    pub fn new(code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code: code.into(), detail: detail.into() }
    }

    /// Both in one line, for errors.
    pub fn words(&self) -> String {
        format!("{}: {}", self.code, self.detail)
    }

    /// Whether the code or the text has one of these, whatever their case.
    pub fn has(&self, words: &[&str]) -> bool {
        let said = self.words().to_lowercase();
        words.iter().any(|word| said.contains(word))
    }
}

/// What came of asking for an act.
#[derive(Debug)]
pub enum Answer {
    Yes(Vec<u8>),
    /// The channel will not; `body` is all it said.
    No { no: No, body: Vec<u8> },
}

/// Sends with `send`, which is given a reader of refusals. What `sort` calls permanent is the channel's no to this act;
/// everything else (later, another authorization, another setting) is an error of the errand.
pub fn hear(
    read: impl Fn(&[u8]) -> Result<Option<No>, PluginError>,
    sort: impl Fn(&No) -> PluginError,
    send: impl FnOnce(&dyn Fn(&[u8]) -> Option<PluginError>) -> Result<Response, PluginError>,
) -> Result<Answer, PluginError> {
    let heard = RefCell::new(None);
    let refusal = |body: &[u8]| match read(body) {
        Err(problem) => Some(problem),
        Ok(None) => None,
        Ok(Some(no)) => {
            let sorted = sort(&no);
            if matches!(sorted, PluginError::Permanent(_)) {
                heard.replace(Some((no, body.to_vec())));
            }
            Some(sorted)
        }
    };
    match send(&refusal) {
        Ok(response) => Ok(Answer::Yes(response.body)),
        Err(PluginError::Permanent(text)) => match heard.take() {
            Some((no, body)) => Ok(Answer::No { no, body }),
            None => Err(PluginError::Permanent(text)),
        },
        Err(other) => Err(other),
    }
}

/// Nothing told yet.
pub fn done(reference: Option<String>) -> Pushed {
    Pushed { reference, facts: Vec::new(), documents: Vec::new(), refusals: Vec::new() }
}

/// The channel's no to one subject.
pub fn refusal(subject: &str, no: No) -> Refusal {
    // The host wants a word and a text; some channels give one of the two.
    let code = if no.code.trim().is_empty() { "refused".to_owned() } else { no.code.trim().chars().take(100).collect() };
    Refusal { subject: subject.to_owned(), code, detail: no.detail.trim().chars().take(400).collect() }
}

/// The whole errand was refused.
pub fn refused(subject: &str, no: No) -> Pushed {
    Pushed { refusals: vec![refusal(subject, no)], ..done(None) }
}

/// The order an errand is about.
pub fn order(errand: &Errand) -> Result<&str, PluginError> {
    errand.order.as_deref().filter(|order| !order.is_empty()).ok_or_else(|| PluginError::InvalidInput("the errand names no order".into()))
}

/// How many whole units may be sold: never more than there are, never fewer than none.
pub fn units(available: &str) -> Result<String, PluginError> {
    let available: Decimal = available.parse().map_err(|_| PluginError::InvalidInput(format!("{available:?} is no quantity")))?;
    Ok(available.floor().max(Decimal::ZERO).normalize().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sort(no: &No) -> PluginError {
        if no.has(&["busy"]) { PluginError::Retryable(no.words()) } else { PluginError::Permanent(no.words()) }
    }

    fn heard(body: &str, status: Option<PluginError>) -> Result<Answer, PluginError> {
        let read = |body: &[u8]| match body {
            b"" => Ok(None),
            b"?" => Err(PluginError::Permanent("not readable".into())),
            told => Ok(Some(No::new("error", String::from_utf8_lossy(told)))),
        };
        hear(read, sort, |refusal| match (refusal(body.as_bytes()), status) {
            (_, Some(error)) => Err(error),
            (Some(error), None) => Err(error),
            (None, None) => Ok(Response { status: 200, headers: Vec::new(), body: b"yes".to_vec() }),
        })
    }

    #[test]
    fn sdk_3_a_no_is_the_channels_own() {
        assert!(matches!(heard("", None), Ok(Answer::Yes(body)) if body == b"yes"));
        assert!(matches!(heard("is shipped", None), Ok(Answer::No { no, .. }) if no == No::new("error", "is shipped")));
        assert!(matches!(heard("Busy now", None), Err(PluginError::Retryable(text)) if text == "error: Busy now"));
        assert!(matches!(heard("?", None), Err(PluginError::Permanent(text)) if text == "not readable"));
        assert!(matches!(heard("", Some(PluginError::Permanent("not allowed".into()))), Err(PluginError::Permanent(text)) if text == "not allowed"));
        let told = refusal("A1", No::new("  ", "x".repeat(1_000)));
        assert_eq!((told.code.as_str(), told.detail.len()), ("refused", 400));
    }

    #[test]
    fn stock_is_whole_and_never_more_than_there_is() {
        for (available, told) in [("7", "7"), ("2.9", "2"), ("-3", "0"), ("-0.5", "0"), ("1200.000", "1200"), ("0", "0")] {
            assert_eq!(units(available).unwrap(), told);
        }
        assert!(units("many").is_err());
    }
}
