//! The settlement workbench over HTTP: shops with what their marketplaces hold, statements, lines to explain.

mod lines;
mod problems;
mod shops;
mod statements;
mod views;

use crate::app::App;
use axum::extract::DefaultBodyLimit;
use switchyard_core::settlement::file::FILE_BYTES_MAX;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Beside the file: the other parts and their headers.
const MULTIPART_EXTRA_BYTES: usize = 64 * 1024;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(shops::list))
        .routes(routes!(shops::orders))
        .routes(routes!(shops::rates, shops::set_rates))
        .routes(routes!(statements::list))
        .routes(routes!(statements::take_in))
        .routes(routes!(statements::get))
        .routes(routes!(statements::pay))
        .routes(routes!(lines::list))
        .routes(routes!(lines::resolve))
        .layer(DefaultBodyLimit::max(FILE_BYTES_MAX + MULTIPART_EXTRA_BYTES))
}
