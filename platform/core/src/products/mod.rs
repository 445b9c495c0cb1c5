//! Products: what a merchant sells in its own terms, and what each listing of a channel is in them.
//! Invariant MAP-3: a listing once mapped stays mapped; its parts may be changed, and are never none.
//! Invariant MAP-4: a mapping is of one account's listing and of no other's.
//!
//! A line names its listing by its SKU, or by its name where it has none. A listing whose SKU is a product's is that
//! product without anybody mapping it, unless somebody said otherwise for its account.

pub mod listings;
pub mod product;
pub mod settings;
