//! `cargo xtask ci`: what `.ci/run` calls. Everything, in one profile; the suite also proves that `.sqlx` is not stale.

use crate::test;
use anyhow::Result;

pub fn run() -> Result<()> {
    test::run(&[])
}
