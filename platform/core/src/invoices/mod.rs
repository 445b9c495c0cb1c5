//! Tax invoices: numbered documents made of what the ledger says was sold or taken back.
//! Invariant INVOICE-1: the numbers of a series have no gap and no double, whoever issues at once and whatever is rolled back.
//! Invariant INVOICE-2: a document never changes once issued; what corrects it is another document.
//! Invariant INVOICE-3: bases and taxes of a document are those of the ledger entries it covers, rate by rate.
//! Invariant INVOICE-4: a sale of an order is invoiced once, however often and from wherever it is asked for.
//! Invariants SEND-1 to SEND-3: see `provider`.
//! Invariant INVOICE-5: the invoice track of an order is read off its documents, told as facts.

pub mod automatic;
pub mod document;
pub mod issue;
pub mod life;
pub mod list;
pub mod provider;
mod series;
pub mod regime;
pub mod settings;
pub mod tax_code;
pub mod ubl;
pub mod verify;
pub mod vn;
pub mod words;

pub use crate::orders::fact::DocumentKind as Kind;
pub use regime::Regime;
