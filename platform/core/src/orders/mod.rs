//! Orders: facts in, everything else derived.
//! Invariant ORD-1: the state of an order is a function of the set of its facts; the order of arrival does not matter.

mod columns;
pub mod fact;
pub mod facts;
pub mod fold;
pub mod holds;
pub mod intake;
pub mod project;
pub mod search;
pub mod source;
pub mod totals;
pub mod tracks;
mod write;

pub use intake::{Applied, Arrival, apply, apply_all};
pub use source::{ChannelKind, Source};
