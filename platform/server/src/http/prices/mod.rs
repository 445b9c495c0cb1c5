//! Prices over HTTP: lists with their versions, and the matrix that says who approves what lies below them.

mod lists;
mod matrix;
mod problems;

use crate::app::App;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(lists::list, lists::create))
        .routes(routes!(lists::get, lists::change))
        .routes(routes!(lists::versions, lists::renew))
        .routes(routes!(lists::prices))
        .routes(routes!(matrix::get, matrix::set))
}
