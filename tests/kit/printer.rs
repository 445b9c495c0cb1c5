//! The printer, for tests: the same entry as the binary `switchyard-printer`, where cargo tells the suite it is.

fn main() -> std::process::ExitCode {
    switchyard_printer::main()
}
