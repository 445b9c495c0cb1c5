//! Orders over HTTP.

mod changes;
pub mod confirm;
pub mod create;
mod deposit;
mod edit;
mod live;
mod money;
pub mod placing;
mod problems;
pub mod read;
mod returns;
pub mod views;

use crate::app::App;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read::list, create::create))
        .routes(routes!(read::counts))
        .routes(routes!(live::events))
        .routes(routes!(read::get, edit::edit))
        .routes(routes!(read::timeline))
        .routes(routes!(read::raw))
        .routes(routes!(edit::hold))
        .routes(routes!(edit::release))
        .routes(routes!(confirm::confirm))
        .routes(routes!(money::tender))
        .routes(routes!(money::void))
        .routes(routes!(money::refund))
        .routes(routes!(money::ship))
        .routes(routes!(money::settle))
        .routes(routes!(deposit::get, deposit::ask))
        .routes(routes!(deposit::forfeit))
        .routes(routes!(changes::preview))
        .routes(routes!(changes::change))
        .routes(routes!(returns::call_off))
        .routes(routes!(returns::take_back))
}
