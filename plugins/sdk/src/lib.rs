//! The Switchyard plugin kit for Rust.
//!
//! A connector is a crate with one type that implements [`Connector`]: `receive` checks and translates what a channel
//! sent, `fetch` and `pull` ask the channel, `push` runs errands to it ([`errand`]), and three more say how tokens are come
//! by ([`token`]). [`read`] reads the channel's JSON strictly, [`write`] writes it, [`facts`] has short ways to write down
//! what was read. The host never trusts what a plugin returns: it parses every amount, code and time again.
//!
//! Invariant SDK-1: an amount is read from the text of its number, never through a float.
//! Invariant SDK-2: JSON with a key twice in one object, too deep or cut short is malformed, never half-read.

pub mod answer;
pub mod ask;
pub mod cart;
pub mod errand;
pub mod facts;
pub mod json;
pub mod loose;
pub mod read;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod time;
pub mod token;
pub mod write;

/// The contract of `wit/v0.1.0` as Rust types. Every connector uses these; `export!` in it makes a crate a plugin.
#[allow(unsafe_code, reason = "the canonical ABI passes pointers; this code is generated")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/v0.1.0",
        world: "channel-connector",
        generate_all,
        pub_export_macro: true,
        default_bindings_module: "switchyard_sdk::bindings",
        additional_derives: [PartialEq, serde::Serialize],
        additional_derives_ignore: ["piece", "hmac", "insertion", "auth"],
    });
}

pub use bindings::exports::switchyard::plugin::connector::{
    AccountEvent, Acknowledgement, Action, Delivery, Document, Errand, Exchange, Fetched, Guest as Connector, InvoiceCopy, Kept, Level, Lifetime, Link, Origin,
    Parcel, Part, Placed, Problem, Pulled, Pushed, Reception, Reference, Refusal, Rejection, Signature, Success, Window, WishedCancellation,
};
pub use bindings::switchyard::host::{clock, config, http, kv, log, signing};
pub use bindings::switchyard::plugin::types::{Money, Pair, PluginError};
pub use rust_decimal::Decimal;

/// A header of a message, whatever its case.
pub fn header<'a>(headers: &'a [Pair], name: &str) -> Option<&'a str> {
    headers.iter().find(|header| header.key.eq_ignore_ascii_case(name)).map(|header| header.value.as_str())
}

/// Says whether `signature` is the HMAC-SHA256 of `parts` under the secret `key`. The key stays in the host.
pub fn signed(key: &str, parts: &[&[u8]], signature: &str, encoding: signing::Encoding) -> Result<bool, Problem> {
    let secret = config::open_secret(key).ok_or_else(|| Problem::InvalidConfig(format!("the secret {key} is not set")))?;
    let parts: Vec<Vec<u8>> = parts.iter().map(|part| part.to_vec()).collect();
    Ok(signing::verify_hmac_sha256(&secret, &parts, signature, encoding))
}
