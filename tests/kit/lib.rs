//! What the integration tests share: a database of their own, a server over real HTTP, tenants in one line, and the canary.

pub mod canary;
pub mod client;
pub mod database;
pub mod server;

pub use canary::Canary;
pub use client::{Answer, Client};
pub use database::Database;
pub use server::Server;

/// `../shared/<path>` beside the project (or in the folder SWITCHYARD_SHARED names), or `None` with a line that says so.
pub fn shared(path: &str) -> Option<std::path::PathBuf> {
    let folder = std::env::var_os("SWITCHYARD_SHARED").map_or_else(|| project().join("../shared"), std::path::PathBuf::from);
    let file = folder.join(path);
    if file.exists() {
        return Some(file);
    }
    eprintln!("skipped: shared/{path} absent");
    None
}

/// The project's root.
pub fn project() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the project").to_owned()
}

/// Long sizes were asked for: `cargo xtask test --long`.
pub fn long() -> bool {
    std::env::var_os("SWITCHYARD_TEST_LONG").is_some()
}

/// The seed of a random test: SWITCHYARD_TEST_SEED, or a fresh one. It is printed, so that a failure can be replayed.
pub fn seed(test: &str) -> u64 {
    let seed = std::env::var("SWITCHYARD_TEST_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(rand::random);
    eprintln!("{test}: SWITCHYARD_TEST_SEED={seed}");
    seed
}
