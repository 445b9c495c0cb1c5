//! `cargo xtask up`: PostgreSQL, the interface, the server, and then the server's own `up`.
//! Invariant UP-1: this process becomes the server, so that Ctrl-C has one process to end. The printer is built beside it, by a
//! cargo in the same process group: Ctrl-C at the terminal goes to all of the group and ends that cargo too.

use crate::{shell, tools};
use anyhow::{Context, Result};
use std::{fs::File, os::unix::process::CommandExt, process::Stdio};

pub fn run(arguments: &[String]) -> Result<()> {
    println!("[1/4] PostgreSQL");
    tools::postgresql()?;
    println!("[2/4] admin interface");
    interface()?;
    println!("[3/4] server (the first build takes minutes, later ones seconds)");
    shell::run(shell::cargo(&["build", "--release", "--package", "switchyard-server"]).env("SQLX_OFFLINE", "true"))?;
    if let Err(error) = printer() {
        println!("PDFs will be missing: {error:#}");
    }
    println!("[4/4] start");
    let server = shell::target().join("release/switchyard");
    let error = shell::command(&server.to_string_lossy(), &["up"]).args(arguments).exec();
    Err(error).with_context(|| format!("{} did not start", server.display()))
}

/// The server answers without it, so nobody waits for the typesetter: it is compiled while the server runs, behind everything
/// else the machine has to do. Whether there is anything to build is cargo's to say.
fn printer() -> Result<()> {
    let path = shell::target().join("printer-build.log");
    let log = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    let mut build = shell::behind(shell::cargo(&["build", "--release", "--package", "switchyard-printer"]));
    // Not waited for: the server that this process becomes has one ended child more, until it ends itself.
    build.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn().context("the build of the printer did not start")?;
    println!("      PDFs are there as soon as their printer is built, beside the running server; {} says how far it is", path.display());
    Ok(())
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
