//! The answer a channel gets is a connector's, within what is safe to send from our own address.
//! Invariant ACK-1: a guest cannot make our origin serve a page, a script, a cookie or a redirect.

use crate::{answer::Acknowledgement, contract::wire, translate::InvalidOutput};

const BODY_BYTES_MAX: usize = 16 << 10;
const HEADERS_MAX: usize = 8;
const HEADER_BYTES_MAX: usize = 256;
/// What a browser will not run.
const CONTENT_TYPES: [&str; 4] = ["application/json", "text/plain", "application/xml", "application/octet-stream"];

fn wrong(field: &str, problem: String) -> InvalidOutput {
    InvalidOutput { field: field.to_owned(), problem }
}

pub fn check(told: wire::Acknowledgement) -> Result<Acknowledgement, InvalidOutput> {
    if !(200..300).contains(&told.status) && !(400..600).contains(&told.status) {
        return Err(wrong("status", format!("{} is not an answer: expected 2xx, 4xx or 5xx", told.status)));
    }
    if told.body.len() > BODY_BYTES_MAX {
        return Err(wrong("body", format!("{} bytes, at most {BODY_BYTES_MAX} are accepted", told.body.len())));
    }
    if told.headers.len() > HEADERS_MAX {
        return Err(wrong("headers", format!("{} headers, at most {HEADERS_MAX} are accepted", told.headers.len())));
    }
    let mut headers = Vec::with_capacity(told.headers.len());
    for pair in told.headers {
        let (name, value) = (pair.key.to_ascii_lowercase(), pair.value);
        if value.len() > HEADER_BYTES_MAX || !value.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            return Err(wrong("headers", format!("the value of {name:?} has more than {HEADER_BYTES_MAX} bytes or is not plain ASCII")));
        }
        let type_only = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match name.as_str() {
            "content-type" if CONTENT_TYPES.contains(&type_only.as_str()) => {}
            "content-type" => return Err(wrong("headers", format!("content-type {value:?}: expected one of {}", CONTENT_TYPES.join(", ")))),
            "retry-after" => {}
            _ => return Err(wrong("headers", format!("{name:?} may not be set: only content-type and retry-after"))),
        }
        headers.push((name, value));
    }
    Ok(Acknowledgement { status: told.status, headers, body: told.body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::plugin_types::types::Pair;

    fn answer(status: u16, headers: &[(&str, &str)], body: usize) -> Result<Acknowledgement, InvalidOutput> {
        let headers = headers.iter().map(|(k, v)| Pair { key: (*k).into(), value: (*v).into() }).collect();
        check(wire::Acknowledgement { status, headers, body: vec![b'x'; body] })
    }

    #[test]
    fn ack_1_only_harmless_answers_pass() {
        for (status, headers, body) in [(200, vec![], 0), (401, vec![("Content-Type", "application/json; charset=utf-8")], 40), (503, vec![("retry-after", "60")], 0)] {
            assert!(answer(status, &headers, body).is_ok(), "{status} {headers:?}");
        }
        for (status, headers, body) in [
            (302, vec![], 0),
            (101, vec![], 0),
            (0, vec![], 0),
            (200, vec![("set-cookie", "a=b")], 0),
            (200, vec![("location", "https://evil.example")], 0),
            (200, vec![("content-type", "text/html")], 0),
            (200, vec![("content-type", "application/json\r\nset-cookie: a=b")], 0),
            (200, vec![("content-length", "5")], 0),
            (200, vec![], BODY_BYTES_MAX + 1),
        ] {
            assert!(answer(status, &headers, body).is_err(), "{status} {headers:?}");
        }
    }
}
