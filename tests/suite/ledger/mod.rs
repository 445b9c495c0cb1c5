//! The ledger: what orders post in a real database, what people do about money over HTTP, and three programs nobody here
//! wrote that must agree with our balances.

mod books;
mod changes;
mod http;
pub mod oracles;
