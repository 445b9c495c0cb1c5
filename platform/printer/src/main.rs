//! The program `switchyard-printer`.

use std::process::ExitCode;

fn main() -> ExitCode {
    switchyard_printer::main()
}
