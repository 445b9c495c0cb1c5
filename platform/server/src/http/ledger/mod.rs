//! The ledger over HTTP: accounts, balances, journal, where the cash is, periods, journals to download, settings.

mod journal;
mod periods;
mod read;
mod settings;
pub(super) mod views;

use crate::app::App;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read::accounts))
        .routes(routes!(read::trial_balance))
        .routes(routes!(read::cash_locator))
        .routes(routes!(read::cash_locator_orders))
        .routes(routes!(read::of_order))
        .routes(routes!(read::export))
        .routes(routes!(journal::list, journal::post))
        .routes(routes!(journal::get))
        .routes(routes!(journal::reverse))
        .routes(routes!(periods::list, periods::close))
        .routes(routes!(periods::reopen))
        .routes(routes!(settings::get, settings::change))
}
