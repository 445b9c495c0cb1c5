//! Parties: who one trades with. Companies buy on terms and within a credit limit.

pub mod companies;
pub mod deposit;
pub mod terms;
