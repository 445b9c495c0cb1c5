//! The bank over HTTP: accounts, statements to take in, lines to match.

mod accounts;
mod lines;
mod problems;
mod statements;
mod views;

use crate::app::App;
use axum::extract::DefaultBodyLimit;
use switchyard_core::bank::file::FILE_BYTES_MAX;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Beside the file: the other parts and their headers.
const MULTIPART_EXTRA_BYTES: usize = 64 * 1024;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(accounts::list, accounts::create))
        .routes(routes!(statements::list))
        .routes(routes!(statements::take_in))
        .routes(routes!(lines::list))
        .routes(routes!(lines::get))
        .routes(routes!(lines::match_line))
        .routes(routes!(lines::unmatch))
        .layer(DefaultBodyLimit::max(FILE_BYTES_MAX + MULTIPART_EXTRA_BYTES))
}
