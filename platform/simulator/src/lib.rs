//! A seeded simulator of sales channels, written from the channels' documentation and from nothing of our connectors.
//!
//! It invents shops' orders and their lives, signs and sends the webhooks the channels would send, posts the orders of
//! the merchant's own desks, and serves the detail calls that connectors make. See `world`, `endpoints`, `deliver`.

// The longest of the channels' objects has some sixty fields.
#![recursion_limit = "512"]

mod deliver;
pub mod direct;
pub mod einvoice;
mod endpoints;
mod goods;
pub mod haravan;
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
pub mod woo;
mod world;

pub use deliver::{Counts, Pace, Simulation};
pub use direct::Desk;
pub use goods::Assortment;
pub use people::Market;
pub use sale::{Line, Past, Sale, Step};
pub use shop::{Channel, Path, Shop};
pub use world::{Faults, Message, World};
