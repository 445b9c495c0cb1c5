//! Products over HTTP, and what listings of channels are in them.

mod listings;
mod problems;
mod product;
mod settings;

use crate::app::App;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(product::list, product::create))
        .routes(routes!(product::get, product::change))
        .routes(routes!(listings::mapped))
        .routes(routes!(listings::unmapped))
        .routes(routes!(listings::map))
        .routes(routes!(listings::resolved))
        .routes(routes!(settings::get, settings::set))
}
