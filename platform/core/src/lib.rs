//! The business rooms. Each takes a tenant transaction; none knows HTTP or Wasm.

pub mod bank;
pub mod channels;
pub mod credit;
pub mod customers;
pub mod events;
pub mod finance;
pub mod imports;
pub mod invoices;
pub mod mapping;
pub mod orders;
pub mod parties;
pub mod pricing;
pub mod products;
pub mod quotes;
pub mod receivables;
pub mod settlement;
