//! The program `switchyard`.

use std::process::ExitCode;

fn main() -> ExitCode {
    switchyard_server::cli::main()
}
