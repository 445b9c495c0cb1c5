//! The business rooms. Each takes a tenant transaction; none knows HTTP or Wasm.

pub mod imports;
pub mod orders;
