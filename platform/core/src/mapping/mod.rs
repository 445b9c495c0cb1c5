//! Orders that wait for their listings to be mapped: the queue of listings, and the orders' way on.
//! Invariant MAP-2: a mapping hold leaves by itself when everything it stands for is mapped, however the mapping and the
//! order's arrival met.

pub mod queue;
pub mod resolved;
pub mod settle;
mod suggest;
pub mod verify;
