//! The product's program, for tests that kill it: the same entry as the binary `switchyard`, where cargo tells the suite it is.

fn main() -> std::process::ExitCode {
    switchyard_server::cli::main()
}
