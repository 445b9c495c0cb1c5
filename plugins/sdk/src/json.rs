//! JSON read strictly. Numbers keep their text; a key twice in one object and nesting beyond [`DEPTH_MAX`] are refused.
//! RFC 8259 leaves repeated keys to the reader: two readers that disagree about which one counts can be played against
//! each other, so here neither counts.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Deeper than any channel nests; shallow enough for a plugin's small stack.
pub const DEPTH_MAX: usize = 48;

#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Flag(bool),
    /// The number as it was written, e.g. `-0` or `12.50`.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads one JSON text; the error says where and what is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Json, String> {
        let text = std::str::from_utf8(bytes).map_err(|error| format!("not UTF-8 at byte {}", error.valid_up_to()))?;
        let mut reader = serde_json::Deserializer::from_str(text);
        let json = Level(0).deserialize(&mut reader).map_err(|error| format!("not JSON: {error}"))?;
        reader.end().map_err(|error| format!("not JSON: {error}"))?;
        Ok(json)
    }

    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// What kind of value this is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Flag(_) => "a flag",
            Json::Number(_) => "a number",
            Json::Text(_) => "a text",
            Json::List(_) => "a list",
            Json::Object(_) => "an object",
        }
    }
}

/// A text as JSON writes it, quotes included.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// With `arbitrary_precision` serde_json hands over small whole numbers as integers and any other number as an object with
/// this one key. A message that writes such an object itself has written a number: it is read as strictly as any.
const NUMBER_KEY: &str = "$serde_json::private::Number";

/// Reads a value at a depth.
struct Level(usize);

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Json;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Json, D::Error> {
        from.deserialize_any(self)
    }
}

impl Level {
    fn inner<E: Error>(&self) -> Result<Level, E> {
        if self.0 < DEPTH_MAX { Ok(Level(self.0 + 1)) } else { Err(E::custom(format!("nested deeper than {DEPTH_MAX}"))) }
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Flag(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }
    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.into()))
    }
    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        let inner = self.inner::<A::Error>()?.0;
        while let Some(item) = from.next_element_seed(Level(inner))? {
            items.push(item);
        }
        Ok(Json::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Json, A::Error> {
        let mut members: Vec<(String, Json)> = Vec::new();
        while let Some(key) = from.next_key::<String>()? {
            // The text of a number is not a level of its own.
            let inner = if key == NUMBER_KEY { self.0 } else { self.inner::<A::Error>()?.0 };
            members.push((key, from.next_value_seed(Level(inner))?));
        }
        // Sorted, so that an object of very many keys costs no more than it should.
        let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(A::Error::custom(format!("the key {:?} is there twice", twice[0])));
        }
        match members.as_slice() {
            [(key, Json::Text(number))] if key == NUMBER_KEY => Ok(Json::Number(number.clone())),
            _ => Ok(Json::Object(members)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Json {
        Json::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn numbers_keep_their_text() {
        for text in ["-0", "0", "7", "-7", "0.10", "12345678901234567890123", "4.90", "18446744073709551615"] {
            assert_eq!(number(text), Json::Number(text.into()));
        }
        assert_eq!(number("1e3"), Json::Number("1e+3".into()));
        assert_eq!(number(r#"[1, -0.0]"#), Json::List(vec![Json::Number("1".into()), Json::Number("-0.0".into())]));
    }

    #[test]
    fn texts_are_quoted() {
        assert_eq!(quoted("a\"b\\c\nở"), "\"a\\\"b\\\\c\\nở\"");
    }

    #[test]
    fn sdk_2_doubtful_json_is_refused() {
        let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        assert!(Json::parse(deep(DEPTH_MAX).as_bytes()).is_ok());
        for (bad, says) in [
            (r#"{"a":1,"b":{"c":1,"c":1}}"#.into(), "\"c\" is there twice"),
            (deep(DEPTH_MAX + 1), "nested deeper"),
            (deep(100_000), "nested deeper"),
            (r#"{"a":"#.into(), "EOF"),
            ("{} {}".into(), "trailing"),
            ("".into(), "EOF"),
            ("NaN".into(), "not JSON"),
            ("{\n{\n \"error\": \"\"}}".into(), "key must be a string"),
        ] {
            let told = Json::parse(bad.as_bytes()).unwrap_err();
            assert!(told.contains(says), "{told}");
        }
        assert!(Json::parse(&[b'"', 0xff, b'"']).unwrap_err().contains("not UTF-8 at byte 1"));
    }
}
