//! Integration tests.

mod credit;
mod hostile_guest;
mod plugins_http;
mod receivables;
