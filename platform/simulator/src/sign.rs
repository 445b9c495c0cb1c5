//! The signatures of SPEC.md section 1, as the channels make them.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub fn hex_of(secret: &str, parts: &[&[u8]]) -> String {
    hex::encode(mac(secret, parts))
}

pub fn base64_of(secret: &str, parts: &[&[u8]]) -> String {
    STANDARD.encode(mac(secret, parts))
}

/// TikTok's API: secret, path, the sorted query without `sign` and `access_token`, body, secret.
pub fn tiktok_request(secret: &str, path: &str, query: &[(String, String)], body: &[u8]) -> String {
    let mut pairs: Vec<_> = query.iter().filter(|(key, _)| key != "sign" && key != "access_token").collect();
    pairs.sort();
    let query: String = pairs.iter().map(|(key, value)| format!("{key}{value}")).collect();
    hex_of(secret, &[secret.as_bytes(), path.as_bytes(), query.as_bytes(), body, secret.as_bytes()])
}

/// Lazada's API: path and the sorted query without `sign`, in upper case.
pub fn lazada_request<'a>(secret: &str, path: &str, query: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    let mut pairs: Vec<_> = query.filter(|(key, _)| *key != "sign").collect();
    pairs.sort();
    let query: String = pairs.iter().map(|(key, value)| format!("{key}{value}")).collect();
    hex_of(secret, &[path.as_bytes(), query.as_bytes()]).to_ascii_uppercase()
}

fn mac(secret: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published vectors, read where they lie.
    #[test]
    fn published_vectors_hold() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/channels/signature-vectors.json");
        let Ok(text) = std::fs::read_to_string(file) else {
            println!("skipped: shared/channels/signature-vectors.json absent");
            return;
        };
        let vectors: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut checked = 0;
        for vector in vectors["vectors"].as_array().unwrap() {
            let (secret, message) = (vector["secret"].as_str().unwrap(), vector["signed_message"].as_str().unwrap());
            let made = match vector["encoding"].as_str().unwrap() {
                "hex_lower" => hex_of(secret, &[message.as_bytes()]),
                "hex_upper" => hex_of(secret, &[message.as_bytes()]).to_uppercase(),
                "base64" => base64_of(secret, &[message.as_bytes()]),
                _ => continue,
            };
            assert_eq!(made, vector["expected"].as_str().unwrap(), "{}", vector["id"]);
            checked += 1;
        }
        assert!(checked >= 8, "{checked}");
    }
}
