//! What a connector's answer is after the host has checked it.

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use switchyard_core::orders::{errands::{Action, Refusal}, fact::Fact};

/// What happened, as one message of the channel tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reception {
    /// The channel's own id of the message; `None`: use a digest of the body.
    pub message_id: Option<String>,
    /// The shop the message names. The caller refuses a message for another shop.
    pub shop: Option<String>,
    pub facts: Vec<Fact>,
    pub fetch: Vec<Reference>,
    pub account: Vec<AccountEvent>,
    /// Deliberately nothing to do, with the reason.
    pub ignored: Option<String>,
    pub acknowledgement: Acknowledgement,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Rejection {
    pub problem: Problem,
    pub detail: String,
    pub acknowledgement: Acknowledgement,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    BadSignature,
    Malformed,
    Unsupported,
    InvalidConfig,
}

impl Problem {
    /// The reason code in the inbox.
    pub fn word(self) -> &'static str {
        match self {
            Problem::BadSignature => "bad_signature",
            Problem::Malformed => "malformed",
            Problem::Unsupported => "unsupported",
            Problem::InvalidConfig => "invalid_config",
        }
    }
}

/// How the channel wants to be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceKind {
    Order,
    Return,
    Refund,
    Settlement,
}

impl ReferenceKind {
    pub fn word(self) -> &'static str {
        match self {
            ReferenceKind::Order => "order",
            ReferenceKind::Return => "return",
            ReferenceKind::Refund => "refund",
            ReferenceKind::Settlement => "settlement",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Order, Self::Return, Self::Refund, Self::Settlement].into_iter().find(|kind| kind.word() == word)
    }
}

/// Something a notification only named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    pub kind: ReferenceKind,
    pub id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountEventKind {
    Authorized,
    AuthorizationRevoked,
    AuthorizationExpiring,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountEvent {
    pub kind: AccountEventKind,
    pub detail: String,
}

/// A raw answer of the channel, kept as evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub kind: String,
    pub id: String,
    pub body: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Fetched {
    pub facts: Vec<Fact>,
    pub documents: Vec<Document>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Pulled {
    pub fetched: Fetched,
    pub next_cursor: Option<String>,
    /// How far the connector got: the next window begins here.
    pub until: Timestamp,
}

/// A message as it came in.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub origin: Origin,
    /// POST, or GET where a channel asks whether the address is ours.
    pub method: Method,
    /// The full URL the channel called: some sign it.
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub received_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Post,
    Get,
}

impl Method {
    pub fn word(self) -> &'static str {
        match self {
            Method::Post => "POST",
            Method::Get => "GET",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Its signature is checked.
    Webhook,
    /// Fetched, or handed in by a person with the right to do so: there is nothing to verify.
    Document,
}

/// A stretch of the channel's update times.
#[derive(Clone, Debug)]
pub struct Window {
    pub since: Timestamp,
    pub until: Timestamp,
    pub cursor: Option<String>,
    pub limit: u32,
}

/// What a channel is asked to do. The id is the same on every attempt.
#[derive(Clone, Debug)]
pub struct Errand {
    pub id: String,
    /// The channel's id of the order; absent for stock levels.
    pub order: Option<String>,
    pub action: Action,
}

/// Done, but for what was refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Pushed {
    /// The channel's name for what it did.
    pub reference: Option<String>,
    pub told: Fetched,
    pub refusals: Vec<Refusal>,
}
