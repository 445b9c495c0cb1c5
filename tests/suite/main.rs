//! Integration tests: the product's parts together, over real HTTP, a real PostgreSQL and the real plugin host.

mod catalogue;
mod channels;
mod channels_fetch;
mod credit;
mod hostile;
mod hostile_guest;
mod hostile_http;
mod hostile_install;
mod identity;
mod imports;
mod intake;
mod kill;
mod ledger;
mod offline_data;
mod oidc;
mod orders;
mod orders_http;
mod plugins;
mod plugins_http;
mod polls;
mod rights;
mod row_security;
mod secrets;
mod shards;
mod sweep;
mod up;
