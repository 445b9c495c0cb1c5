//! Flows: what joins the rooms, the plugin host and the outside. A plugin is asked outside of any transaction.

pub mod accounts;
pub mod backfill;
pub mod errands;
pub mod fetch;
pub mod groups;
pub mod holding;
pub mod imports;
pub mod intake;
pub mod invoicing;
pub mod letters;
pub mod mapping;
pub mod poll;
pub mod judging;
mod reading;
pub mod reception;
pub mod rounds;
pub mod sending;
pub mod tokens;
