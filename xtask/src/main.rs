//! Every chore of the project: `cargo xtask <chore>`.
//! The chores need std and PostgreSQL only, so that this builds in seconds on a fresh machine.

mod bench;
mod ci;
mod openapi;
mod plugins;
mod prepare;
mod shell;
mod test;
mod tidy;
mod tools;
mod up;

use std::process::ExitCode;

const CHORES: &str = "\
up [ARGUMENTS]           builds everything and starts Switchyard with demo tenants and live orders
test [FILTER] [--long]   runs everything that can run here; ends with a line that counts
ci                       what .ci/run calls: installs what is missing, then tests
plugins [--check|FOLDER] builds the bundled plugins; --check fails when they are stale; FOLDER: somebody's own plugin
tidy                     floors, rooms, names, routes, tables: the rules of the house
prepare [--check]        writes .sqlx, the checked queries' offline data; --check fails when it is stale
openapi [--check]        writes admin-ui/src/api/openapi.json from the server
bench [--quick]          the measurements of docs/performance.md";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let chore = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let done = match chore.as_str() {
        "up" => up::run(&rest),
        "test" => test::run(&rest),
        "ci" => ci::run(),
        "plugins" => plugins::run(&rest),
        "tidy" => tidy::run(),
        "prepare" => prepare::run(&rest),
        "openapi" => openapi::run(&rest),
        "bench" => bench::run(&rest),
        "" | "help" | "--help" | "-h" => {
            println!("cargo xtask <chore>\n\n{CHORES}");
            Ok(())
        }
        other => Err(anyhow::anyhow!("there is no chore {other:?}; there are:\n{CHORES}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
