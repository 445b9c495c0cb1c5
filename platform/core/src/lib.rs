//! The business rooms. Each takes a tenant transaction; none knows HTTP or Wasm.

pub mod channels;
pub mod credit;
pub mod events;
pub mod finance;
pub mod imports;
pub mod orders;
pub mod parties;
