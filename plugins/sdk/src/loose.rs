//! Reading channels that write one thing in several types: a number as a text, a flag as a text or a number, nothing as the
//! text "null". What is nothing in this reading stays unknown; what cannot be read at all is still a problem by its path.

use crate::{
    Problem,
    json::Json,
    read::{ID_BYTES_MAX, Node, cut, decimal},
    time,
};
use rust_decimal::Decimal;

/// Texts that channels write where they mean nothing.
fn is_nothing(text: &str) -> bool {
    matches!(text.trim(), "" | "null" | "NULL" | "None" | "undefined")
}

impl<'a> Node<'a> {
    /// A text, a number or a flag as a text; "" and "null" are unknown.
    pub fn word(&self, key: &str) -> Result<Option<String>, Problem> {
        let text = match self.value(key) {
            None => return Ok(None),
            Some(Json::Text(text) | Json::Number(text)) => text.as_str(),
            Some(Json::Flag(true)) => "true",
            Some(Json::Flag(false)) => "false",
            Some(other) => return Err(self.wrong(key, "a text", other)),
        };
        Ok(Some(cut(text.trim())).filter(|text| !is_nothing(text)))
    }

    /// The same for a code such as a SKU: cut at [`ID_BYTES_MAX`].
    pub fn code(&self, key: &str) -> Result<Option<String>, Problem> {
        let mut word = self.word(key)?;
        if let Some(word) = &mut word {
            let mut end = word.len().min(ID_BYTES_MAX);
            while !word.is_char_boundary(end) {
                end -= 1;
            }
            word.truncate(end);
        }
        Ok(word)
    }

    /// An id, and no "null" where the channel has none.
    pub fn name_of(&self, key: &str) -> Result<Option<String>, Problem> {
        Ok(self.id(key)?.filter(|id| !is_nothing(id)))
    }

    /// True for true, "true", "Yes", 1 and "1"; unknown for a word that is neither yes nor no.
    pub fn switch(&self, key: &str) -> Result<Option<bool>, Problem> {
        Ok(self.word(key)?.and_then(|word| match word.to_ascii_lowercase().as_str() {
            "true" | "yes" | "y" | "1" => Some(true),
            "false" | "no" | "n" | "0" => Some(false),
            _ => None,
        }))
    }

    /// An amount where nothing may be written as "null".
    pub fn sum(&self, key: &str) -> Result<Option<Decimal>, Problem> {
        match self.value(key) {
            Some(Json::Text(text)) if is_nothing(text) => Ok(None),
            _ => self.decimal(key),
        }
    }

    /// The same, where what is not told counts as nothing.
    pub fn sum_or_zero(&self, key: &str) -> Result<Decimal, Problem> {
        Ok(self.sum(key)?.unwrap_or(Decimal::ZERO))
    }

    /// A time in any of the forms of [`moment`]; nothing and 0 are unknown.
    pub fn moment(&self, key: &str) -> Result<Option<String>, Problem> {
        match self.word(key)?.filter(|word| word != "0") {
            None => Ok(None),
            Some(word) => moment(&word).map(Some).ok_or_else(|| self.problem(key, &format!("a time is wanted, {word:?} is told"))),
        }
    }

    /// The objects of a list; null and absent alike are none, and so is an empty object or text in place of a list (some
    /// languages write an empty map that way).
    pub fn listed(&self, key: &str) -> Result<Vec<Node<'a>>, Problem> {
        match self.value(key) {
            Some(Json::Object(members)) if members.is_empty() => Ok(Vec::new()),
            Some(Json::Text(text)) if is_nothing(text) => Ok(Vec::new()),
            _ => Ok(self.children(key)?.unwrap_or_default()),
        }
    }

    /// The object under a key, unless something else stands there.
    pub fn maybe(&self, key: &str) -> Option<Node<'a>> {
        self.child(key).ok().flatten()
    }
}

/// Reads RFC 3339; the same with a space for the T, an offset without a colon or behind a space; seconds or milliseconds since
/// 1970. A time without an offset is UTC: channels that mean another say so beside it.
pub fn moment(text: &str) -> Option<String> {
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        const MILLISECONDS_FROM: i64 = 100_000_000_000;
        let number: i64 = text.parse().ok()?;
        return time::from_epoch_seconds(if number >= MILLISECONDS_FROM { number / 1000 } else { number });
    }
    let (day, rest) = text.split_at_checked(10)?;
    let rest = rest.trim_start_matches(['T', 't', ' ']);
    // A day alone begins at midnight.
    let rest = if rest.is_empty() { "00:00:00" } else { rest };
    let offset_at = rest.find(['+', '-', 'Z', 'z']).unwrap_or(rest.len());
    let (clock, offset) = (rest[..offset_at].trim(), rest[offset_at..].trim());
    let clock = if clock.len() == 5 { format!("{clock}:00") } else { clock.to_owned() };
    let offset = match offset {
        "" | "Z" | "z" => "Z".to_owned(),
        short if short.len() == 5 && !short.contains(':') => format!("{}:{}", short.get(..3)?, short.get(3..)?),
        long => long.to_owned(),
    };
    time::from_rfc3339(&format!("{day}T{clock}{offset}"))
}

/// An amount as it is written, or none: for lists of amounts under names nobody knows.
pub fn amount_in(value: &Json) -> Option<Decimal> {
    match value {
        Json::Text(text) | Json::Number(text) if !is_nothing(text) => decimal(text).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_many_ways() {
        for (text, is) in [
            ("2018-10-31 10:18:27 +0700", "2018-10-31T03:18:27Z"),
            ("2018-02-09T22:44:30+08:00", "2018-02-09T14:44:30Z"),
            ("2018-02-09T22:44:30+0800", "2018-02-09T14:44:30Z"),
            ("2017-03-22T19:28:02", "2017-03-22T19:28:02Z"),
            ("2016-05-03T18:10:00Z", "2016-05-03T18:10:00Z"),
            ("2016-05-03 18:10", "2016-05-03T18:10:00Z"),
            ("2016-05-03", "2016-05-03T00:00:00Z"),
            ("1603698638", "2020-10-26T07:50:38Z"),
            ("1603766859530", "2020-10-27T02:47:39Z"),
        ] {
            assert_eq!(moment(text).as_deref(), Some(is), "{text}");
        }
        for text in ["", "yesterday", "2016-13-03T18:10:00Z", "31.10.2018", "ởởởởởởởở", "2018-10-31 10:18:27 +07ở"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn types_vary_and_nothing_has_many_names() {
        let json = Json::parse(br#"{"a":"null","b":12,"c":"12","d":true,"e":"True","f":"0","g":1,"h":"maybe","i":{},"j":"2014-10-15 19:12:15 +0800","k":"12.50","l":"null","m":[]}"#).unwrap();
        let node = Node::root(&json).unwrap();
        assert_eq!(node.word("a").unwrap(), None);
        assert_eq!((node.word("b").unwrap(), node.word("c").unwrap()), (Some("12".into()), Some("12".into())));
        let switches = ["d", "e", "f", "g", "h", "z"].map(|key| node.switch(key).unwrap());
        assert_eq!(switches, [Some(true), Some(true), Some(false), Some(true), None, None]);
        assert!(node.listed("i").unwrap().is_empty() && node.listed("a").unwrap().is_empty() && node.listed("m").unwrap().is_empty());
        assert!(node.listed("b").is_err() && node.word("m").is_err());
        assert_eq!(node.moment("j").unwrap().as_deref(), Some("2014-10-15T11:12:15Z"));
        assert_eq!((node.sum("k").unwrap(), node.sum("l").unwrap()), (Some(Decimal::new(1250, 2)), None));
        assert!(node.moment("h").is_err() && node.name_of("a").unwrap().is_none());
    }
}
