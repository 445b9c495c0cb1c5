//! `cargo xtask bench`: the measurements, in the release profile, on a durable cluster of their own.

use crate::{shell, tools};
use anyhow::Result;

pub fn run(arguments: &[String]) -> Result<()> {
    tools::postgresql()?;
    // The bench starts the server as a process of its own: both are built, with one set of features.
    shell::run(shell::cargo(&["build", "--release", "--package", "switchyard-server", "--package", "switchyard-bench"]).env("SQLX_OFFLINE", "true"))?;
    crate::plugins::native()?;
    let bench = shell::target().join("release/switchyard-bench");
    shell::run(shell::command(&bench.display().to_string(), &[]).args(arguments))
}
