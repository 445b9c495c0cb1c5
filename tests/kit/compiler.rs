//! The compiler process of the plugin host, for tests: the same entry the server has behind a hidden subcommand.

fn main() {
    switchyard_host::compile::compile_child_main()
}
