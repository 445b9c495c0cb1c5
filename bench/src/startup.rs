//! P10, P11: from the start of the process to its first answer, and what it holds when nothing happens.

use crate::Wish;
use crate::cluster::Place;
use crate::server::Server;
use crate::table::{Figure, Goal, Table};
use std::time::Duration;

/// performance.md: a fifth of the quickest peer's start (1.6 s), a third of the leanest peer's memory (156 MB).
const START_SECONDS_MAX: f64 = 0.32;
const IDLE_MEBIBYTES_MAX: f64 = 52.0;
const IDLE: Duration = Duration::from_secs(5);

pub async fn measure(wish: &Wish, table: &mut Table) -> anyhow::Result<()> {
    let place = Place::open("startup").await?;
    place.shops(1).await?;
    let data = tempfile::tempdir()?;
    // The first start compiles the bundled connectors and keeps them: that is installation, not start.
    drop(Server::start(&wish.binary, &place, data.path()).await?);
    let (mut seconds, mut idle) = (Vec::new(), Vec::new());
    for _ in 0..wish.rounds.max(3) {
        let server = Server::start(&wish.binary, &place, data.path()).await?;
        seconds.push(server.took.as_secs_f64());
        tokio::time::sleep(IDLE).await;
        idle.push(server.pss_mebibytes()?);
    }
    table.add("P10", "start of the process to first 200", "s", Figure(seconds), None, Goal::AtMost(START_SECONDS_MAX));
    table.add("P11", "idle memory (PSS) of the server", "MiB", Figure(idle), None, Goal::AtMost(IDLE_MEBIBYTES_MAX));
    Ok(())
}
