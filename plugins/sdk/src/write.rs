//! Writing what a channel is asked: JSON, a form with a file, base64, the query of a URL taken apart.
//!
//! A number is written as the text it came as (SDK-1 in the other direction).

use crate::{Pair, json::Json};
use std::fmt::{self, Write as _};

/// A JSON object, its members in the order given.
pub fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

pub fn text(value: impl Into<String>) -> Json {
    Json::Text(value.into())
}

/// An id as channels that count write it: digits as a number, anything else as a text.
pub fn id(value: &str) -> Json {
    let digits = (1..=20).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit()) && (value.len() == 1 || !value.starts_with('0'));
    if digits { Json::Number(value.to_owned()) } else { text(value) }
}

pub fn texts<'a>(values: impl IntoIterator<Item = &'a String>) -> Json {
    Json::List(values.into_iter().map(text).collect())
}

/// Adds a member where there is something to say.
pub fn with(mut json: Json, name: &str, value: Option<Json>) -> Json {
    if let (Json::Object(members), Some(value)) = (&mut json, value) {
        members.push((name.to_owned(), value));
    }
    json
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => f.write_str("null"),
            Json::Flag(flag) => write!(f, "{flag}"),
            Json::Number(number) => f.write_str(number),
            Json::Text(text) => quoted(f, text),
            Json::List(items) => {
                f.write_char('[')?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if index == 0 { "" } else { "," })?;
                }
                f.write_char(']')
            }
            Json::Object(members) => {
                f.write_char('{')?;
                for (index, (name, value)) in members.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { "," })?;
                    quoted(f, name)?;
                    write!(f, ":{value}")?;
                }
                f.write_char('}')
            }
        }
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            control if u32::from(control) < 0x20 => write!(f, "\\u{:04x}", u32::from(control))?,
            other => f.write_char(other)?,
        }
    }
    f.write_char('"')
}

/// A file of a form.
pub struct FormFile<'a> {
    pub field: &'a str,
    pub name: &'a str,
    pub media_type: &'a str,
    pub bytes: &'a [u8],
}

/// A multipart form: its media type and its bytes. The boundary is one that the file does not contain.
pub fn form(fields: &[(&str, &str)], file: &FormFile<'_>) -> (String, Vec<u8>) {
    let mut boundary = "switchyard-form".to_owned();
    while file.bytes.windows(boundary.len()).any(|window| window == boundary.as_bytes()) {
        boundary.push('x');
    }
    // A name that ended its quotes or its line could add fields of its own.
    let plain = |text: &str| text.replace(['"', '\r', '\n', '\\'], "_");
    let mut body = Vec::new();
    for (name, value) in fields {
        let value = value.replace(['\r', '\n'], " ");
        body.extend_from_slice(format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{}\"\r\n\r\n{value}\r\n", plain(name)).as_bytes());
    }
    let head = format!("content-disposition: form-data; name=\"{}\"; filename=\"{}\"", plain(file.field), plain(file.name));
    body.extend_from_slice(format!("--{boundary}\r\n{head}\r\ncontent-type: {}\r\n\r\n", plain(file.media_type)).as_bytes());
    body.extend_from_slice(file.bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// RFC 4648 §4, with padding.
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

/// The pairs of a URL's query, escapes undone. What does not read as UTF-8 is replaced, never guessed.
pub fn query_of(url: &str) -> Vec<Pair> {
    let query = url.split_once('?').map_or("", |(_, query)| query).split('#').next().unwrap_or_default();
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(key, value)| Pair { key: plain(key), value: plain(value) }).collect()
}

fn plain(escaped: &str) -> String {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok()).filter(|two| !two.starts_with('+')).and_then(|two| u8::from_str_radix(two, 16).ok());
        match (first, code) {
            (b'%', Some(code)) => {
                bytes.push(code);
                rest = &tail[2..];
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = tail;
            }
            (other, _) => {
                bytes.push(*other);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_as_it_was_meant() {
        let json = object([
            ("order_sn", text("A\"1\\\n")),
            ("item_id", id("23820424910")),
            ("code", id("007")),
            ("price", Json::Number("12.50".into())),
            ("list", Json::List(vec![Json::Null, Json::Flag(true), text("ở")])),
        ]);
        let written = json.to_string();
        assert_eq!(written, r#"{"order_sn":"A\"1\\\u000a","item_id":23820424910,"code":"007","price":12.50,"list":[null,true,"ở"]}"#);
        assert_eq!(Json::parse(written.as_bytes()).unwrap(), json);
        assert_eq!(with(object([]), "a", None).to_string(), "{}");
        assert_eq!(id("123456789012345678901"), text("123456789012345678901"));
    }

    /// RFC 4648 §10.
    #[test]
    fn base64_of_the_rfc() {
        for (plain, told) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), told);
        }
        assert_eq!(base64(&[0xff, 0xfe, 0xfd]), "//79");
    }

    #[test]
    fn a_file_cannot_end_its_form() {
        let file = FormFile { field: "file", name: "a\"\r\nx.pdf", media_type: "application/pdf", bytes: b"--switchyard-form--" };
        let (media_type, body) = form(&[("order_sn", "A1\r\nx: y")], &file);
        assert_eq!(media_type, "multipart/form-data; boundary=switchyard-formx");
        let body = String::from_utf8(body).unwrap();
        assert_eq!(
            body,
            "--switchyard-formx\r\ncontent-disposition: form-data; name=\"order_sn\"\r\n\r\nA1  x: y\r\n\
             --switchyard-formx\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a___x.pdf\"\r\ncontent-type: application/pdf\r\n\r\n\
             --switchyard-form--\r\n--switchyard-formx--\r\n"
        );
    }

    #[test]
    fn queries_are_taken_apart() {
        let told = query_of("https://hooks.example/hooks/hok_1?hub.mode=subscribe&hub.challenge=11+5%2B&empty&x=%zz%c3%a9#part");
        let told: Vec<(&str, &str)> = told.iter().map(|pair| (pair.key.as_str(), pair.value.as_str())).collect();
        assert_eq!(told, [("hub.mode", "subscribe"), ("hub.challenge", "11 5+"), ("empty", ""), ("x", "%zzé")]);
        assert!(query_of("https://hooks.example/").is_empty());
    }
}
