//! Customers: the orders of one buyer over all channels.
//! Invariant CUST-1: whom a channel hides is one customer per account and the channel's id of them, never merged by itself.
//! Invariant CUST-2: an order is one customer's at most, and a customer's sums are the sums of their orders.
//! Invariant CUST-3: only a person merges customers that differ, and every merge can be taken back.
//!
//! Whose an order is follows from the order (`tenant.customer_key`): by telephone number, else by e-mail address, else by the
//! account's own id of the buyer. Such an identity is a customer until a person merges it into another.

pub mod links;
pub mod list;
pub mod verify;
