//! Quotes over HTTP: written with live prices, sent, accepted into an order, declined; on paper.

mod mail;
mod read;
pub mod views;
mod write;

use crate::app::App;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read::list, write::create))
        .routes(routes!(read::get, write::edit))
        .routes(routes!(read::pdf))
        .routes(routes!(read::offer))
        .routes(routes!(write::send))
        .routes(routes!(mail::mail))
        .routes(routes!(write::ask_prices))
        .routes(routes!(write::accept))
        .routes(routes!(write::decline))
}
