//! Tax documents on the lanes of their providers: what is handed over, and what an answer means for the document.
//! Invariants SEND-1 to SEND-3 hold: see `switchyard_core::invoices::provider`.
//!
//! A provider's connector is pushed a copy of the invoice. A reference is the authority's code: accepted. A refusal is the
//! authority's no: rejected. Neither: the provider has it, and is asked again later under the same id.

use super::accounts::Ready;
use crate::app::App;
use switchyard_core::{
    channels::lanes::{Carried, Outcome},
    invoices::{
        issue::IssueError,
        provider::{self, Answer},
    },
    orders::errands::Action,
};
use switchyard_host::{CallFailure, Pushed};
use tenants::{Actor, TenantTx};

/// Why an errand waits while the authority has not answered.
pub const WAITING: &str = "authority.waiting";

/// What a connector is asked.
pub enum Asked {
    Action(Action),
    /// There is nothing to ask any more, or it can never be asked.
    Nothing(Outcome),
}

pub fn is_of(errand: &Carried) -> bool {
    matches!(errand.action, Action::Document(_))
}

pub async fn action(app: &App, actor: &Actor, errand: &Carried) -> anyhow::Result<Asked> {
    let Action::Document(document) = &errand.action else { return Ok(Asked::Action(errand.action.clone())) };
    let mut tx = app.directory.begin(actor).await?;
    Ok(match provider::copy(&mut tx, document).await {
        Ok(Some(copy)) => Asked::Action(Action::Invoice(copy)),
        Ok(None) => Asked::Nothing(Outcome::Done { reference: None, refusals: Vec::new() }),
        Err(IssueError::Database(error)) => return Err(error.into()),
        Err(error) => Asked::Nothing(Outcome::Refused { code: "document.unreadable".to_owned(), error: error.to_string() }),
    })
}

fn answer(pushed: &Pushed) -> Answer {
    match (&pushed.refusals.first(), &pushed.reference) {
        (Some(no), _) => Answer::Rejected { code: no.code.clone(), reason: no.detail.clone() },
        (None, Some(code)) => Answer::Accepted { code: code.clone() },
        (None, None) => Answer::Taken,
    }
}

/// How the errand of a document ends, or that it is asked again; `None`: it is not of a document, or failed as any may.
pub fn outcome(errand: &Carried, told: &Result<Pushed, CallFailure>) -> Option<Outcome> {
    let pushed = told.as_ref().ok().filter(|_| is_of(errand))?;
    Some(match answer(pushed) {
        Answer::Accepted { code } => Outcome::Done { reference: Some(code), refusals: Vec::new() },
        Answer::Rejected { code, reason } => Outcome::Refused { code, error: reason },
        Answer::Taken => Outcome::Later { code: WAITING.to_owned(), error: "the provider has the document, and the authority has not answered yet".to_owned(), channel: false },
    })
}

/// Writes what the answer says of the document, in the transaction that ends its errand or puts it off (SEND-2).
pub async fn answered(tx: &mut TenantTx, ready: &Ready, errand: &Carried, pushed: &Pushed) -> anyhow::Result<()> {
    if let Action::Document(document) = &errand.action {
        provider::answered(tx, document, &ready.account.name, &answer(pushed)).await?;
    }
    Ok(())
}
