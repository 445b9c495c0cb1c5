//! `switchyard plugin ...`: a partner's tools, and asking a policy again. Exit code 0: understood, accepted, as expected;
//! 1: rejected, refused, different; 2: wrong usage, in one sentence.

mod check;
mod new;
mod pack;
mod replay;
mod run;
mod test;

use crate::{config::Config, workbench::found::Usage};
use std::{path::Path, process::ExitCode};

#[derive(clap::Subcommand)]
pub enum Plugin {
    /// Write a new plugin's crate, which builds.
    New(new::New),
    /// Say what a server would say at an upload; exit code 1 when it is refused.
    Check(check::Check),
    /// Run conformance cases in the real host; exit code 1 when one differs.
    Test(test::Test),
    /// Ask a plugin once, without database or server; exit code 1 when it rejects.
    Run(run::Run),
    /// Make the component and the manifest that are uploaded.
    Pack(pack::Pack),
    /// Ask a policy again what it was asked, and compare the answer to the byte; exit code 1 when it differs.
    Replay(replay::Replay),
}

/// Whether it went well; an error that is a [`Usage`] is exit code 2.
pub fn main(asked: Plugin, config: Option<&Path>) -> anyhow::Result<bool> {
    match asked {
        Plugin::New(wish) => new::new(&wish).map(|()| true),
        Plugin::Pack(wish) => pack::pack(&wish).map(|()| true),
        Plugin::Check(wish) => super::runtime()?.block_on(check::check(wish)),
        Plugin::Test(wish) => super::runtime()?.block_on(test::test(wish)),
        Plugin::Run(wish) => super::runtime()?.block_on(run::run(wish)),
        Plugin::Replay(wish) => super::runtime()?.block_on(replay::replay(Config::load(config)?, wish)).map(|()| true),
    }
}


/// Exit code of an error.
pub fn code(error: &anyhow::Error) -> ExitCode {
    if error.is::<Usage>() { ExitCode::from(2) } else { ExitCode::FAILURE }
}
