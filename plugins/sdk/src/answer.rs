//! What `receive` answers: a reception with the channel's acknowledgement, or a rejection with its own.

use crate::{AccountEvent, Acknowledgement, Pair, Problem, Reception, Reference, Rejection, facts::Fact};

/// What was understood of one message, before it is acknowledged.
#[derive(Clone, Debug, Default)]
pub struct Understood {
    pub message_id: Option<String>,
    pub shop: Option<String>,
    pub facts: Vec<Fact>,
    pub fetch: Vec<Reference>,
    pub account: Vec<AccountEvent>,
    pub ignored: Option<String>,
}

impl Understood {
    /// Nothing to do, on purpose.
    pub fn ignored(reason: impl Into<String>) -> Self {
        Self { ignored: Some(reason.into()), ..Self::default() }
    }

    /// Asks for something the message only named; once is enough.
    pub fn fetch(&mut self, kind: &str, id: impl Into<String>) {
        let reference = Reference { kind: kind.to_owned(), id: id.into() };
        if !self.fetch.contains(&reference) {
            self.fetch.push(reference);
        }
    }

    /// Takes what another part of the same message told.
    pub fn absorb(&mut self, other: Understood) {
        self.facts.extend(other.facts);
        for reference in other.fetch {
            self.fetch(&reference.kind, reference.id);
        }
        self.account.extend(other.account);
    }

    pub fn acknowledged(self, acknowledgement: Acknowledgement) -> Reception {
        let Understood { message_id, shop, facts, fetch, account, ignored } = self;
        Reception { message_id, shop, facts, fetch, account, ignored, acknowledgement }
    }
}

pub fn empty(status: u16) -> Acknowledgement {
    Acknowledgement { status, headers: Vec::new(), body: Vec::new() }
}

pub fn json(status: u16, body: &str) -> Acknowledgement {
    Acknowledgement { status, headers: vec![Pair { key: "content-type".into(), value: "application/json".into() }], body: body.into() }
}

/// The usual answers to a message that was not understood. A wrong signature is 401. What is authentic but broken is
/// acknowledged, since sending it again would not mend it and some channels stop calling; the host keeps it in quarantine.
/// Our own missing setting is 503: the channel tries again, and by then it may be set.
pub fn rejection(problem: Problem, accepted: Acknowledgement) -> Rejection {
    let acknowledgement = match problem {
        Problem::BadSignature(_) => empty(401),
        Problem::InvalidConfig(_) => empty(503),
        Problem::Malformed(_) | Problem::Unsupported(_) => accepted,
    };
    Rejection { problem, acknowledgement }
}
