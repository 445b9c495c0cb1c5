//! Integration tests: the product's parts together, over real HTTP, a real PostgreSQL and the real plugin host.

mod catalogue;
mod row_security;
