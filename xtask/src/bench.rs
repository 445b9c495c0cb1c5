//! `cargo xtask bench`: the measurements, in the release profile, on a durable cluster of their own.

use crate::{shell, tools};
use anyhow::Result;

pub fn run(arguments: &[String]) -> Result<()> {
    tools::postgresql()?;
    shell::run(shell::cargo(&["run", "--release", "--package", "switchyard-bench", "--"]).args(arguments).env("SQLX_OFFLINE", "true"))
}
