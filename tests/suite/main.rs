//! Integration tests: the product's parts together, over real HTTP, a real PostgreSQL and the real plugin host.

mod catalogue;
mod hostile;
mod hostile_guest;
mod imports;
mod plugins;
mod orders;
mod row_security;
