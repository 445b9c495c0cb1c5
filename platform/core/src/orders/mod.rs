//! Orders: facts in, everything else derived.
//! Invariant ORD-1: the state of an order is a function of the set of its facts; the order of arrival does not matter.

pub mod annotate;
pub mod authority;
pub mod changes;
mod columns;
pub mod confirm;
pub mod deposits;
pub mod detail;
pub mod errands;
pub mod fact;
pub mod facts;
pub mod fold;
pub mod hold_clock;
pub mod hold_queue;
pub mod holds;
pub mod intake;
pub mod invoicing;
pub mod lacking;
pub mod list;
pub mod money;
pub mod place;
pub mod postings;
pub mod price_check;
pub mod project;
mod remote;
pub mod returns;
pub mod reviews;
pub mod same_sale;
pub mod saved_views;
pub mod search;
pub mod sold;
pub mod settled;
pub mod source;
pub mod tills;
pub mod totals;
pub mod track_rules;
pub mod tracks;
pub mod verify;
mod write;

pub use intake::{Applied, Arrival, apply, apply_all, refold};
pub use source::{ChannelKind, Source};
