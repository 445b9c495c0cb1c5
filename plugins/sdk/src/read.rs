//! Reading a channel's JSON: each reader takes a key, says what is wrong by its full path, and treats absent and `null`
//! alike as unknown.

use crate::{Problem, json::Json, time};
use rust_decimal::Decimal;
use std::str::FromStr;

/// Longer texts are cut: a note is for people, and the host refuses more.
pub const TEXT_BYTES_MAX: usize = 2_000;
/// A longer id is no id.
pub const ID_BYTES_MAX: usize = 200;

pub fn malformed(message: impl Into<String>) -> Problem {
    Problem::Malformed(message.into())
}

/// An object of a message and where it stands in it.
#[derive(Clone)]
pub struct Node<'a> {
    path: String,
    json: &'a Json,
}

impl<'a> Node<'a> {
    pub fn root(json: &'a Json) -> Result<Node<'a>, Problem> {
        Node { path: String::new(), json }.object()
    }

    /// Whether the key is there and not null.
    pub fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// The object under a key.
    pub fn child(&self, key: &str) -> Result<Option<Node<'a>>, Problem> {
        self.value(key).map(|json| Node { path: self.path_of(key), json }.object()).transpose()
    }

    pub fn require_child(&self, key: &str) -> Result<Node<'a>, Problem> {
        self.child(key)?.ok_or_else(|| self.missing(key))
    }

    /// The objects of the list under a key. None: the list is not told, which is not the same as empty.
    pub fn children(&self, key: &str) -> Result<Option<Vec<Node<'a>>>, Problem> {
        match self.value(key) {
            None => Ok(None),
            Some(Json::List(items)) => {
                let node = |(index, json)| Node { path: format!("{}[{index}]", self.path_of(key)), json }.object();
                items.iter().enumerate().map(node).collect::<Result<Vec<_>, _>>().map(Some)
            }
            Some(other) => Err(self.wrong(key, "a list", other)),
        }
    }

    /// The texts of the list under a key, without empty ones.
    pub fn texts(&self, key: &str) -> Result<Vec<String>, Problem> {
        let items = match self.value(key) {
            None => return Ok(Vec::new()),
            Some(Json::List(items)) => items,
            Some(other) => return Err(self.wrong(key, "a list", other)),
        };
        let text = |item: &Json| match item {
            Json::Text(text) => Ok(cut(text.trim())),
            other => Err(self.wrong(key, "a list of texts", other)),
        };
        Ok(items.iter().map(text).collect::<Result<Vec<_>, _>>()?.into_iter().filter(|text| !text.is_empty()).collect())
    }

    /// Names and values of the object's members.
    pub fn members(&self) -> impl Iterator<Item = (&'a str, &'a Json)> + use<'a> {
        let members: &'a [(String, Json)] = match self.json {
            Json::Object(members) => members,
            _ => &[],
        };
        members.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// A text, cut at [`TEXT_BYTES_MAX`]. Empty text is unknown: channels send it where they mean nothing.
    pub fn text(&self, key: &str) -> Result<Option<String>, Problem> {
        match self.value(key) {
            None => Ok(None),
            Some(Json::Text(text)) => Ok(Some(cut(text.trim())).filter(|text| !text.is_empty())),
            Some(other) => Err(self.wrong(key, "a text", other)),
        }
    }

    /// A text as it stands, uncut, for what is read further. Anything but a text is none.
    pub fn raw(&self, key: &str) -> Option<&'a str> {
        match self.value(key) {
            Some(Json::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A short text, e.g. a SKU: cut at [`ID_BYTES_MAX`].
    pub fn short(&self, key: &str) -> Result<Option<String>, Problem> {
        Ok(self.text(key)?.map(|text| cut_at(&text, ID_BYTES_MAX)))
    }

    /// An id: a text, or a whole number as it is written. 0 and "" are nobody's id.
    pub fn id(&self, key: &str) -> Result<Option<String>, Problem> {
        let id = match self.value(key) {
            None => return Ok(None),
            Some(Json::Text(text)) => text.trim(),
            Some(Json::Number(number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => number,
            Some(other) => return Err(self.wrong(key, "an id", other)),
        };
        if id.len() > ID_BYTES_MAX {
            return Err(malformed(format!("{}: an id has at most {ID_BYTES_MAX} bytes, this has {}", self.path_of(key), id.len())));
        }
        Ok(Some(id.to_owned()).filter(|id| !id.is_empty() && id != "0"))
    }

    pub fn require_id(&self, key: &str) -> Result<String, Problem> {
        self.id(key)?.ok_or_else(|| self.missing(key))
    }

    /// A status or code word, required.
    pub fn require_text(&self, key: &str) -> Result<String, Problem> {
        self.text(key)?.ok_or_else(|| self.missing(key))
    }

    /// An amount, from a number or from a text: channels use both, even in one message.
    pub fn decimal(&self, key: &str) -> Result<Option<Decimal>, Problem> {
        match self.value(key) {
            None => Ok(None),
            Some(Json::Text(text)) if text.trim().is_empty() => Ok(None),
            Some(Json::Text(text) | Json::Number(text)) => decimal(text).map(Some).map_err(|wants| malformed(format!("{}: {wants}", self.path_of(key)))),
            Some(other) => Err(self.wrong(key, "an amount", other)),
        }
    }

    pub fn require_decimal(&self, key: &str) -> Result<Decimal, Problem> {
        self.decimal(key)?.ok_or_else(|| self.missing(key))
    }

    /// An amount that counts as nothing when it is not told.
    pub fn amount(&self, key: &str) -> Result<Decimal, Problem> {
        Ok(self.decimal(key)?.unwrap_or(Decimal::ZERO))
    }

    /// How many units. Zero or fewer is no line of an order.
    pub fn require_quantity(&self, key: &str) -> Result<Decimal, Problem> {
        let quantity = self.require_decimal(key)?;
        if quantity > Decimal::ZERO { Ok(quantity) } else { Err(malformed(format!("{}: a quantity above 0 is wanted, {quantity} is told", self.path_of(key)))) }
    }

    /// A currency code. Whether it is one the host says.
    pub fn currency(&self, key: &str) -> Result<Option<String>, Problem> {
        self.short(key)
    }

    pub fn flag(&self, key: &str) -> Result<Option<bool>, Problem> {
        match self.value(key) {
            None => Ok(None),
            Some(Json::Flag(flag)) => Ok(Some(*flag)),
            Some(other) => Err(self.wrong(key, "true or false", other)),
        }
    }

    /// A whole number, e.g. a message type.
    pub fn whole(&self, key: &str) -> Result<Option<i64>, Problem> {
        match self.value(key) {
            None => Ok(None),
            Some(Json::Number(text) | Json::Text(text)) => match text.parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(malformed(format!("{}: a whole number is wanted, {:?} is told", self.path_of(key), cut(text)))),
            },
            Some(other) => Err(self.wrong(key, "a whole number", other)),
        }
    }

    /// Seconds since 1970; 0 means "not yet".
    pub fn seconds(&self, key: &str) -> Result<Option<i64>, Problem> {
        let told = self.whole(key)?.filter(|seconds| *seconds != 0);
        match told {
            Some(seconds) if time::from_epoch_seconds(seconds).is_none() => {
                Err(malformed(format!("{}: seconds since 1970 are wanted, {seconds} is told", self.path_of(key))))
            }
            told => Ok(told),
        }
    }

    pub fn require_seconds(&self, key: &str) -> Result<i64, Problem> {
        self.seconds(key)?.ok_or_else(|| self.missing(key))
    }

    /// A time told in seconds since 1970, as the contract writes times.
    pub fn instant_of_seconds(&self, key: &str) -> Result<Option<String>, Problem> {
        Ok(self.seconds(key)?.and_then(time::from_epoch_seconds))
    }

    /// A time told in RFC 3339, in UTC.
    pub fn instant(&self, key: &str) -> Result<Option<String>, Problem> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        time::from_rfc3339(&text).map(Some).ok_or_else(|| malformed(format!("{}: a time such as 2025-07-02T11:31:38-05:00 is wanted, {text:?} is told", self.path_of(key))))
    }

    pub fn require_instant(&self, key: &str) -> Result<String, Problem> {
        self.instant(key)?.ok_or_else(|| self.missing(key))
    }

    /// Says that a key is missing here.
    pub fn missing(&self, key: &str) -> Problem {
        malformed(format!("{} is missing", self.path_of(key)))
    }

    /// Says what is wrong with the value of a key.
    pub fn problem(&self, key: &str, wants: &str) -> Problem {
        malformed(format!("{}: {wants}", self.path_of(key)))
    }

    pub(crate) fn value(&self, key: &str) -> Option<&'a Json> {
        self.json.get(key).filter(|value| **value != Json::Null)
    }
    fn object(self) -> Result<Node<'a>, Problem> {
        match self.json {
            Json::Object(_) => Ok(self),
            other => Err(malformed(format!("{}: an object is wanted, {} is told", if self.path.is_empty() { "message" } else { &self.path }, other.kind()))),
        }
    }
    pub(crate) fn wrong(&self, key: &str, wants: &str, told: &Json) -> Problem {
        malformed(format!("{}: {wants} is wanted, {} is told", self.path_of(key), told.kind()))
    }
    pub(crate) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// Reads an amount from its text. `1e3` is 1000, `-0` is 0; what the contract cannot carry (more than 14 digits before the
/// point or 6 after it) is refused, never rounded.
pub fn decimal(text: &str) -> Result<Decimal, String> {
    let text = text.trim();
    let wants = || format!("an amount such as 1250000 or 12.50 is wanted, {:?} is told", text.chars().take(40).collect::<String>());
    if text.len() > 40 || !text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E')) {
        return Err(wants());
    }
    let value = if text.contains(['e', 'E']) { Decimal::from_scientific(text).map_err(|_| wants())? } else { Decimal::from_str_exact(text).map_err(|_| wants())? };
    let value = if value.scale() > 6 { value.normalize() } else { value };
    if value.scale() > 6 || value.abs() >= Decimal::from(100_000_000_000_000_i64) {
        return Err(format!("an amount of at most 14 digits before the point and 6 after it is wanted, {text} is told"));
    }
    Ok(if value.is_zero() { Decimal::ZERO } else { value })
}

/// Whether a text is a decimal that reads as zero or nothing: some channels write "0", "0.0" or "-" for "none".
pub fn is_blank(text: &str) -> bool {
    matches!(text.trim(), "" | "-") || Decimal::from_str(text.trim()).is_ok_and(|value| value.is_zero())
}

pub(crate) fn cut(text: &str) -> String {
    cut_at(text, TEXT_BYTES_MAX)
}

fn cut_at(text: &str, bytes_max: usize) -> String {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sdk_1_amounts_come_from_the_text_of_the_number() {
        for (text, amount) in [("0.1", "0.1"), ("-0", "0"), ("-0.00", "0"), ("1e3", "1000"), ("1.5E2", "150"), ("199.00", "199.00"), ("5000.000000000", "5000"), ("99999999999999.999999", "99999999999999.999999")] {
            assert_eq!(decimal(text).unwrap().to_string(), amount, "{text}");
        }
        for text in ["", "-", "1e99", "1e-9", "NaN", "Infinity", "1,000", "٣", "0x10", "100000000000000", "1.0000001", "1_000", &"9".repeat(50)] {
            assert!(decimal(text).is_err(), "{text}");
        }
    }

    fn told(text: &str) -> Json {
        Json::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn problems_name_the_path() {
        let json = told(r#"{"a":[{"price":"12"},{"price":"twelve","n":0,"t":5}],"s":-1,"flag":"yes"}"#);
        let root = Node::root(&json).unwrap();
        let items = root.children("a").unwrap().unwrap();
        assert_eq!(items[0].require_decimal("price").unwrap().to_string(), "12");
        let says = |problem: Problem| match problem {
            Problem::Malformed(text) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(says(items[1].decimal("price").unwrap_err()), "a[1].price: an amount such as 1250000 or 12.50 is wanted, \"twelve\" is told");
        assert_eq!(says(items[1].require_quantity("n").unwrap_err()), "a[1].n: a quantity above 0 is wanted, 0 is told");
        assert_eq!(says(items[1].text("t").unwrap_err()), "a[1].t: a text is wanted, a number is told");
        assert_eq!(says(items[0].require_id("id").unwrap_err()), "a[0].id is missing");
        assert_eq!(says(root.seconds("s").unwrap_err()), "s: seconds since 1970 are wanted, -1 is told");
        assert_eq!(says(root.flag("flag").unwrap_err()), "flag: true or false is wanted, a text is told");
        assert!(root.children("nothing").unwrap().is_none());
        assert!(Node::root(&Json::List(vec![])).is_err());
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let json = Json::Object(vec![("note".into(), Json::Text("ở".repeat(1_000))), ("id".into(), Json::Text("x".repeat(201)))]);
        let root = Node::root(&json).unwrap();
        assert_eq!(root.text("note").unwrap().unwrap().len(), 1_998);
        assert!(root.id("id").is_err());
    }
}
