//! Selling on credit: what a company owes in all, whether an order may be confirmed, and by which rule.
//! Invariant CREDIT-1: two orders of one group are never confirmed on the same exposure: the group is locked and counted again.
//! Invariant CREDIT-2: whatever a policy does, an order it did not clearly approve is held.
//! Invariant CREDIT-3: every verdict is kept with what was asked and answered, whole.

pub mod backtests;
pub mod case;
pub mod decisions;
pub mod exposure;
pub mod policies;
pub mod question;
pub mod rule;
