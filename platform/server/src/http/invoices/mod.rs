//! Tax invoices over HTTP: how they are issued, issuing by hand, the list, one document, its XML and its PDF, what corrects it and what
//! became of it.

mod problems;
mod read;
mod settings;
mod views;
mod write;

pub use read::PaperQuery;

use crate::app::App;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(settings::get, settings::put))
        .routes(routes!(read::list, write::issue))
        .routes(routes!(read::get))
        .routes(routes!(read::xml))
        .routes(routes!(read::pdf))
        .routes(routes!(write::correct))
        .routes(routes!(write::replace))
        .routes(routes!(write::step))
        .routes(routes!(write::submit))
        .routes(routes!(read::of_order))
        .routes(routes!(read::waiting))
}
