//! A seeded simulator of sales channels, written from the channels' documentation and from nothing of our connectors.
//!
//! It invents shops' orders and their lives, signs and sends the webhooks the channels would send, posts the orders of
//! the merchant's own desks, and serves the calls that connectors make: details, tokens, and what a seller does. See `world`,
//! `endpoints`, `deliver`; what goes wrong on the way is in `weather`.

// The longest of the channels' objects has some sixty fields.
#![recursion_limit = "512"]

mod deliver;
pub mod direct;
pub mod einvoice;
mod endpoints;
mod goods;
pub mod haravan;
mod keys;
pub mod kiotviet;
pub mod lazada;
mod people;
mod sale;
mod shop;
pub mod shopee;
pub mod shopify;
pub mod sign;
pub mod square;
pub mod tiktok;
mod weather;
pub mod woo;
mod world;

pub use deliver::{Counts, Pace, Simulation};
pub use direct::Desk;
pub use goods::Assortment;
pub use people::Market;
pub use sale::{Act, Line, Past, Sale, Step};
pub use shop::{Channel, Path, Shop};
pub use weather::{Asked, Fate, Weather};
pub use world::{Faults, Message, World};
