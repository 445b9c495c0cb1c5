//! `cargo xtask up`: PostgreSQL, the interface, the server, and then the server's own `up`.
//! Invariant UP-1: this process becomes the server, so that Ctrl-C has one process to end.

use crate::{shell, tools};
use anyhow::{Context, Result};
use std::os::unix::process::CommandExt;

pub fn run(arguments: &[String]) -> Result<()> {
    println!("[1/4] PostgreSQL");
    tools::postgresql()?;
    println!("[2/4] admin interface");
    interface()?;
    println!("[3/4] server (the first build takes minutes, later ones seconds)");
    shell::run(shell::cargo(&["build", "--release", "--package", "switchyard-server"]).env("SQLX_OFFLINE", "true"))?;
    println!("[4/4] start");
    let server = shell::target().join("release/switchyard");
    let error = shell::command(&server.to_string_lossy(), &["up"]).args(arguments).exec();
    Err(error).with_context(|| format!("{} did not start", server.display()))
}

fn interface() -> Result<()> {
    let folder = shell::root().join("admin-ui");
    if !folder.join("package.json").is_file() {
        return Ok(());
    }
    if !shell::has("npm") && tools::may_install() {
        tools::apt(&["nodejs", "npm"]).unwrap_or_else(|error| println!("{error:#}"));
    }
    if !shell::has("npm") {
        println!("no Node here: the API will run without the admin interface; install Node 20 or newer to have it");
        return Ok(());
    }
    tools::npm_packages(&folder)?;
    if tools::is_newer(&folder.join("dist/index.html"), &["src", "public", "index.html", "package-lock.json", "vite.config.ts"].map(|name| folder.join(name))) {
        return Ok(());
    }
    shell::run(shell::command("npm", &["run", "build"]).current_dir(&folder))
}
