//! Quotes: prices offered to a company until a day, and the order they become.
//! Invariant QUOTE-1: an accepted quote is one order, however often and from wherever it is accepted.
//! Invariant QUOTE-2: what a quote's lines were priced by stays with it and with its order; a newer list changes neither.
//! Invariant QUOTE-3: after its last day a quote is expired; it is sent or accepted no more until it is written anew.

pub mod accept;
pub mod draft;
pub mod inbox;
pub mod quote;

pub use quote::{Quote, QuoteError, QuoteLine};
