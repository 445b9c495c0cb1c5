//! Orders: facts in, everything else derived.
//! Invariant ORD-1: the state of an order is a function of the set of its facts; the order of arrival does not matter.

pub mod fact;
