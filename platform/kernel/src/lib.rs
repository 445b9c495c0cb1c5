//! Words every floor shares: money, currencies, quantities, identifiers, time, pages, text to search for.
//! Pure: nothing here reads a clock, a file, a socket or a database.

pub mod id;
pub mod money;
pub mod page;
pub mod quantity;
pub mod search;
pub mod time;

pub use id::*;
pub use money::{Currency, Money, MoneyError, allocate};
pub use page::{Page, PageLimit};
pub use quantity::Quantity;
pub use rust_decimal::Decimal;
pub use time::Timestamp;
