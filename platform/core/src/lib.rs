//! The business rooms. Each takes a tenant transaction; none knows HTTP or Wasm.

pub mod bank;
pub mod channels;
pub mod credit;
pub mod events;
pub mod finance;
pub mod imports;
pub mod invoices;
pub mod orders;
pub mod parties;
pub mod pricing;
pub mod quotes;
pub mod receivables;
pub mod settlement;
