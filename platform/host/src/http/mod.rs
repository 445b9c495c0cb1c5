//! The network as a plugin sees it: https to granted hosts, nothing else.
//!
//! Invariant HTTP-1: no packet goes to an address that is not public, however a name or URL is written.
//! Invariant HTTP-2: a name is resolved once for a connection, and only what was checked is dialled.
//! Invariant HTTP-3: redirects are the guest's to follow, and every request is checked anew; a secret leaves only
//! towards a granted host.
//! Invariant HTTP-4: sizes, times and rates are bounded.

mod address;
mod client;
mod rate;
pub(crate) mod request;

pub use address::is_public;
pub use client::{Client, HttpSettings};
pub use rate::Rate;

use crate::{contract::imports::http as wire, guest::GuestState};

impl wire::Host for GuestState {
    async fn send(&mut self, request: wire::Request, auth: wire::Auth) -> wasmtime::Result<Result<wire::Response, wire::HttpError>> {
        if !self.function.may_call_out() {
            return Ok(Err(wire::HttpError::NotAllowed(format!("{} may not call out", self.function.word()))));
        }
        let prepared = match request::prepare(self, request, auth)? {
            Ok(prepared) => prepared,
            Err(refusal) => return Ok(Err(wire::HttpError::NotAllowed(refusal.to_string()))),
        };
        let (client, installation) = (self.outside.http.clone(), self.account.installation);
        // On the server's own runtime: guest threads compute, they do not watch sockets.
        self.outside.elsewhere(async move { client.send(installation, prepared).await }).await
    }
}
