//! The life of a document after its issue: sent to the authority by a provider, answered, corrected by others.
//! One table says every legal step; what it does not name is refused.
//!
//! What a provider answers comes here by itself (`provider`), or a person notes it who handed the XML over.

use super::issue::{IssueError, tell};
use super::Kind;
use crate::orders::fact::DocumentState;
use crate::orders::invoicing;
use kernel::{TaxInvoiceId, Timestamp};
use tenants::rights::IssueInvoices;
use tenants::{Permit, TenantTx};
use uuid::Uuid;

const TEXT_CHARS_MAX: usize = 200;
const NOTE_CHARS_MAX: usize = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Issued,
    Sent,
    Accepted,
    Rejected,
    Adjusted,
    Replaced,
    Credited,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Send,
    Accept,
    Reject,
    Adjust,
    Replace,
    Credit,
}

impl State {
    pub const ALL: [State; 7] = [Self::Issued, Self::Sent, Self::Accepted, Self::Rejected, Self::Adjusted, Self::Replaced, Self::Credited];

    pub fn word(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Adjusted => "adjusted",
            Self::Replaced => "replaced",
            Self::Credited => "credited",
        }
    }
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Where the event leads; `None` where it is not allowed.
    pub fn after(self, event: Event) -> Option<State> {
        match (self, event) {
            (Self::Issued | Self::Rejected, Event::Send) => Some(Self::Sent),
            (Self::Sent, Event::Accept) => Some(Self::Accepted),
            (Self::Sent, Event::Reject) => Some(Self::Rejected),
            // What is with the authority is answered first.
            (Self::Issued | Self::Accepted | Self::Adjusted, Event::Adjust) => Some(Self::Adjusted),
            (Self::Issued | Self::Accepted | Self::Credited, Event::Credit) => Some(Self::Credited),
            (Self::Issued | Self::Accepted | Self::Rejected | Self::Adjusted | Self::Credited, Event::Replace) => Some(Self::Replaced),
            _ => None,
        }
    }
}

impl Event {
    pub const ALL: [Event; 6] = [Self::Send, Self::Accept, Self::Reject, Self::Adjust, Self::Replace, Self::Credit];

    pub fn word(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Accept => "accept",
            Self::Reject => "reject",
            Self::Adjust => "adjust",
            Self::Replace => "replace",
            Self::Credit => "credit",
        }
    }
    /// The event by which a document of the kind corrects another.
    pub fn of_correction(kind: Kind) -> Option<Event> {
        match kind {
            Kind::Invoice => None,
            Kind::Adjustment => Some(Self::Adjust),
            Kind::Replacement => Some(Self::Replace),
            Kind::CreditNote => Some(Self::Credit),
        }
    }
}

/// What a provider was given or answered.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub provider: Option<String>,
    pub reference: Option<String>,
    pub note: Option<String>,
}

/// A document locked by this transaction.
pub(super) struct Locked {
    pub id: TaxInvoiceId,
    pub kind: Kind,
    pub regime: String,
    pub series: String,
    pub year: i32,
    pub sequence: i64,
    pub number: String,
    pub of: Option<Uuid>,
    pub issued_at: Timestamp,
    pub issued_on: chrono::NaiveDate,
    pub state: State,
    pub revision: i64,
}

/// Orders before their documents, as issuing locks them.
pub(super) async fn lock_orders(tx: &mut TenantTx, id: TaxInvoiceId) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select id from tenant.orders where tenant_id = $1 and id in (select order_id from tenant.tax_invoice_covers where tenant_id = $1 and document_id = $2) order by id for update",
        tx.tenant(),
        id.uuid(),
    )
    .fetch_all(tx.conn())
    .await
}

pub(super) async fn lock(tx: &mut TenantTx, id: TaxInvoiceId) -> Result<Locked, IssueError> {
    let row = sqlx::query!(
        r#"select kind, regime, series, year, sequence, number, of as "original", issued_at, issued_on, state, revision from tenant.tax_invoices where tenant_id = $1 and id = $2 for update"#,
        tx.tenant(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or(IssueError::UnknownDocument)?;
    let unreadable = || IssueError::Unreadable(row.number.clone());
    Ok(Locked {
        id,
        kind: Kind::ALL.into_iter().find(|kind| kind.word() == row.kind).ok_or_else(unreadable)?,
        state: State::of_word(&row.state).ok_or_else(unreadable)?,
        regime: row.regime,
        series: row.series,
        year: row.year,
        sequence: row.sequence,
        number: row.number,
        of: row.original,
        issued_at: row.issued_at,
        issued_on: row.issued_on,
        revision: row.revision,
    })
}

/// Moves a locked document on and writes down who did it.
pub(super) async fn step(tx: &mut TenantTx, document: &Locked, event: Event, told: &Told) -> Result<State, IssueError> {
    let next = document.state.after(event).ok_or(IssueError::NotNow { state: document.state.word(), event: event.word() })?;
    let (now, actor) = (tx.now(), tx.actor().who.to_string());
    sqlx::query!(
        "update tenant.tax_invoices set state = $3, revision = $4, state_at = $5 where tenant_id = $1 and id = $2",
        tx.tenant(),
        document.id.uuid(),
        next.word(),
        document.revision + 1,
        now,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "insert into tenant.tax_invoice_events (tenant_id, document_id, revision, state, at, actor, provider, reference, note) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tx.tenant(),
        document.id.uuid(),
        document.revision + 1,
        next.word(),
        now,
        actor,
        told.provider,
        told.reference,
        told.note,
    )
    .execute(tx.conn())
    .await?;
    Ok(next)
}

/// Notes that the document was handed to a provider, or what that answered.
pub async fn note(tx: &mut TenantTx, _: Permit<IssueInvoices>, id: TaxInvoiceId, event: Event, told: &Told) -> Result<State, IssueError> {
    let fits = |text: &Option<String>, max: usize| text.as_ref().is_none_or(|text| text.chars().count() <= max && !text.chars().any(|c| c.is_control() && c != '\n'));
    for (field, fits) in [("provider", fits(&told.provider, TEXT_CHARS_MAX)), ("reference", fits(&told.reference, TEXT_CHARS_MAX)), ("note", fits(&told.note, NOTE_CHARS_MAX))] {
        if !fits {
            return Err(IssueError::Field { field, expected: "at most 200 characters (a note 1000) without control characters" });
        }
    }
    let orders = lock_orders(tx, id).await?;
    let mut document = lock(tx, id).await?;
    advance(tx, &orders, &mut document, event, told).await
}

/// Moves a document on that is locked after its orders, and tells them (INVOICE-5).
pub(super) async fn advance(tx: &mut TenantTx, orders: &[Uuid], document: &mut Locked, event: Event, told: &Told) -> Result<State, IssueError> {
    let next = step(tx, document, event, told).await?;
    document.state = next;
    document.revision += 1;
    let state = match next {
        State::Sent => DocumentState::Sent,
        State::Accepted => DocumentState::Accepted,
        State::Rejected => DocumentState::Rejected,
        State::Issued | State::Adjusted | State::Replaced | State::Credited => return Ok(next),
    };
    tell(tx, orders, document, document.revision, state).await?;
    if next == State::Accepted {
        // What came back while the authority had it waits for the answer.
        invoicing::ask(tx, orders).await?;
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole policy on one page: state x event.
    #[test]
    fn invoice_2_every_legal_step() {
        let mut table = String::new();
        for state in State::ALL {
            let cells: Vec<&str> = Event::ALL.into_iter().map(|event| state.after(event).map_or("-", State::word)).collect();
            table.push_str(&format!("{:<9} {}\n", state.word(), cells.join(" ")));
        }
        let heads: Vec<&str> = Event::ALL.into_iter().map(Event::word).collect();
        assert_eq!(heads.join(" "), "send accept reject adjust replace credit");
        assert_eq!(
            table,
            "issued    sent - - adjusted replaced credited
sent      - accepted rejected - - -
accepted  - - - adjusted replaced credited
rejected  sent - - - replaced -
adjusted  - - - adjusted replaced -
replaced  - - - - - -
credited  - - - - replaced credited
"
        );
    }
}
