//! Prices: lists in versions, what a line costs by them, and who approves what lies below.
//! Invariant PRICE-1: the same lists, quantity and day give the same price, and the price names what it came from.
//! Invariant PRICE-2: a version of a list never changes; a change makes the next one.

pub mod lists;
pub mod matrix;
pub mod price;
pub mod requests;
pub mod sheet;

pub use price::{ListVersion, Priced, price};
