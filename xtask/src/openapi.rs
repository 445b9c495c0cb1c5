//! `cargo xtask openapi`: the interface's copy of the API description, made by the server itself.

use crate::shell;
use anyhow::{Result, bail};
use std::fs;

pub fn run(arguments: &[String]) -> Result<()> {
    let check = arguments.iter().any(|argument| argument == "--check");
    // The whole workspace, as the tests build it: any other selection would compile the dependencies once more.
    shell::run(shell::cargo(&["build", "--quiet", "--workspace", "--all-targets"]).env("SQLX_OFFLINE", "true"))?;
    let text = shell::read(&mut shell::command(&shell::target().join("debug/switchyard").to_string_lossy(), &["openapi"]))?;
    let document: serde_json::Value = serde_json::from_str(&text)?;
    let paths = document["paths"].as_object().map_or(0, |paths| paths.len());
    let text = serde_json::to_string_pretty(&document)? + "\n";
    let file = shell::root().join("admin-ui/src/api/openapi.json");
    if check {
        if fs::read_to_string(&file).unwrap_or_default() != text {
            bail!("admin-ui/src/api/openapi.json is stale: run cargo xtask openapi");
        }
    } else {
        fs::write(&file, text)?;
    }
    println!("{paths} paths in {}", file.strip_prefix(shell::root())?.display());
    Ok(())
}
