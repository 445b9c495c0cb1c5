//! Tax documents on their way to the authority. A provider carries them; it is connected as a channel is, and asked by the same
//! outbox (`orders::errands`, `channels::lanes`): leases, later tries and the breaker are those of every errand.
//! Invariant SEND-1: a document has one errand under way, and its provider hears one id on every attempt: it is submitted once.
//! Invariant SEND-2: what became of a document is written in the transaction that ends its errand, or puts it off.
//! Invariant SEND-3: a document that nobody took stays issued, and what hindered it can be read.
//!
//! Asking again under the same id is how an answer is asked for: a provider that has the document says where it stands.

use super::issue::IssueError;
use super::life::{self, Event, State, Told};
use super::settings;
use crate::orders::errands::{self, ErrandError, INVOICE_BYTES_MAX, InvoiceCopy, TaxDocument};
use kernel::{ChannelAccountId, Money, TaxInvoiceId};
use tenants::rights::IssueInvoices;
use tenants::{Permit, TenantTx};

const REASON_CHARS_MAX: usize = 1_000;
const CODE_CHARS_MAX: usize = 200;

/// Where a document stands with its provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has it, and the authority has not answered.
    Taken,
    /// The authority's code.
    Accepted { code: String },
    Rejected { code: String, reason: String },
}

/// Has a document carried as soon as it is issued. An account that carries nothing any more leaves it issued (SEND-3).
pub(super) async fn queue(tx: &mut TenantTx, account: ChannelAccountId, id: TaxInvoiceId, number: &str) -> Result<(), IssueError> {
    match errands::ask_document(tx, account, TaxDocument { id: id.to_string(), number: number.to_owned() }).await {
        Ok(_) | Err(ErrandError::NotCarried(_) | ErrandError::AskedAlready(..)) => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

/// A person has an issued document carried, now that there is a provider, or once more after it was given up.
pub async fn submit(tx: &mut TenantTx, _: Permit<IssueInvoices>, id: TaxInvoiceId) -> Result<(), IssueError> {
    life::lock_orders(tx, id).await?;
    let document = life::lock(tx, id).await?;
    let account = settings::newest(tx).await?.and_then(|settings| settings.provider_account).ok_or(IssueError::NoProvider)?;
    if document.state != State::Issued {
        return Err(IssueError::NotNow { state: document.state.word(), event: Event::Send.word() });
    }
    errands::ask_document(tx, account, TaxDocument { id: id.to_string(), number: document.number }).await.map(drop).map_err(failed)
}

fn failed(error: ErrandError) -> IssueError {
    match error {
        ErrandError::Database(error) => error.into(),
        ErrandError::Json(error) => error.into(),
        ErrandError::AskedAlready(..) => IssueError::Asked,
        _ => IssueError::NoProvider,
    }
}

/// What is handed over; `None`: it was answered meanwhile, and nothing is asked any more.
pub async fn copy(tx: &mut TenantTx, document: &TaxDocument) -> Result<Option<InvoiceCopy>, IssueError> {
    let id: TaxInvoiceId = document.id.parse().map_err(|_| IssueError::UnknownDocument)?;
    let row = sqlx::query!("select number, issued_at, total, currency, xml, state from tenant.tax_invoices where tenant_id = $1 and id = $2", tx.tenant(), id.uuid())
        .fetch_optional(tx.conn())
        .await?
        .ok_or(IssueError::UnknownDocument)?;
    if !matches!(State::of_word(&row.state), Some(State::Issued | State::Sent)) {
        return Ok(None);
    }
    if row.xml.len() > INVOICE_BYTES_MAX {
        return Err(IssueError::TooLarge(row.xml.len()));
    }
    let currency = row.currency.parse().map_err(|_| IssueError::Unreadable(row.number.clone()))?;
    Ok(Some(InvoiceCopy { number: row.number, issued_at: row.issued_at, total: Money::new(row.total, currency), media_type: "application/xml".into(), body: row.xml.into_bytes() }))
}

/// Writes what a provider told of a document (SEND-2). What was noted meanwhile by a person stands.
pub async fn answered(tx: &mut TenantTx, document: &TaxDocument, provider: &str, answer: &Answer) -> Result<(), IssueError> {
    let id: TaxInvoiceId = document.id.parse().map_err(|_| IssueError::UnknownDocument)?;
    let orders = life::lock_orders(tx, id).await?;
    let mut document = life::lock(tx, id).await?;
    let short = |text: &str, max: usize| text.chars().filter(|c| !c.is_control()).take(max).collect::<String>();
    let sent = Told { provider: Some(short(provider, CODE_CHARS_MAX)), ..Told::default() };
    let steps: Vec<(Event, Told)> = match answer {
        Answer::Taken => vec![(Event::Send, sent)],
        Answer::Accepted { code } => vec![(Event::Send, sent.clone()), (Event::Accept, Told { reference: Some(short(code, CODE_CHARS_MAX)), ..sent })],
        Answer::Rejected { code, reason } => vec![(Event::Send, sent.clone()), (Event::Reject, Told { reference: Some(short(code, CODE_CHARS_MAX)), note: Some(short(reason, REASON_CHARS_MAX)), ..sent })],
    };
    for (event, told) in steps {
        match (event, document.state) {
            (Event::Send, State::Sent) => {}
            (Event::Send, State::Issued) | (Event::Accept | Event::Reject, State::Sent) => {
                life::advance(tx, &orders, &mut document, event, &told).await?;
            }
            _ => return Ok(()),
        }
    }
    Ok(())
}
