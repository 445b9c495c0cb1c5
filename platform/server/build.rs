//! The admin UI is embedded from `admin-ui/dist`, which Node makes and git ignores: watch it, so that a newly built UI is taken in.

fn main() {
    let dist = concat!(env!("CARGO_MANIFEST_DIR"), "/../../admin-ui/dist");
    // Cargo rebuilds for ever when a watched folder is absent; an empty one is the page that says how to build it.
    if let Err(error) = std::fs::create_dir_all(dist) {
        println!("cargo:warning=admin-ui/dist cannot be made: {error}");
    }
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={dist}");
}
