//! Settlement: what marketplaces say they pay out and keep, statement by statement, against what the orders ask for.
//! Invariant SETTLE-3: a line is kept once, in whatever files it is told; the same file twice changes nothing; a line whose
//! order is not known stays visible until a person says what it is.
//! Invariant SETTLE-4: the clearing account of a shop is the sum of its orders' open items and of the lines that belong to no
//! order: paid out and not booked, or booked and not paid out.
//! Invariant SETTLE-5: the payout of a statement is one bank line.

pub mod file;
pub mod import;
pub mod pay;
pub mod rates;
pub mod resolve;
pub mod shops;
pub mod statements;
pub mod verify;
