//! Receivables over HTTP: the ageing board, statements, money applied, write-offs, losses, letters, promises.

mod ageing;
mod dunning;
mod loss;
mod money;
mod people;
mod problems;

use crate::app::App;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(ageing::board))
        .routes(routes!(ageing::items))
        .routes(routes!(ageing::statement))
        .routes(routes!(ageing::statement_csv))
        .routes(routes!(people::contact, people::set_contact))
        .routes(routes!(people::promises, people::promise))
        .routes(routes!(people::withdraw))
        .routes(routes!(money::receive))
        .routes(routes!(money::apply))
        .routes(routes!(money::take_back))
        .routes(routes!(money::offset))
        .routes(routes!(money::write_off))
        .routes(routes!(money::write_back))
        .routes(routes!(loss::needs, loss::set_rates))
        .routes(routes!(loss::post))
        .routes(routes!(dunning::levels, dunning::set_levels))
        .routes(routes!(dunning::runs, dunning::propose))
        .routes(routes!(dunning::run))
        .routes(routes!(dunning::send))
        .routes(routes!(dunning::drop_run))
}
