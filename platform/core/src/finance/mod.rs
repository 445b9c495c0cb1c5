//! The books: accounts by role, entries that balance, periods, balances, where the cash is, journals for others' programs.
//! What is posted for an order is decided in `orders::postings`; this room keeps it and answers about it.

pub mod account;
pub mod balance;
pub mod chart;
pub mod claims;
pub mod drawers;
pub mod entry;
pub mod events;
pub mod export;
pub mod journal;
pub mod locator;
pub mod open_items;
pub mod period;
pub mod post;
pub mod receivable;
pub mod rounding;
pub mod settings;
pub mod shifts;

pub use account::{Account, Holder, Kind, Role};
pub use entry::{Entry, Line};
pub use settings::Settings;
