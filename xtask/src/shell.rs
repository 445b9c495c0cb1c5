//! Running other programs, and where things are.

use anyhow::{Context, Result, bail};
use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The root of the project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the project").to_owned()
}

/// Where cargo builds to; CARGO_TARGET_DIR moves it.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// A command in the root of the project.
pub fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// The same cargo that runs us, as a person would call it: what `cargo run` tells xtask about xtask would make build scripts
/// that watch those variables (ring's) run again, and everything above them compile again.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = command(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()), arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_"].iter().any(|told| name.starts_with(told))) {
            command.env_remove(name);
        }
    }
    command
}

/// The same command, with less of a claim to the machine, where `nice` is there to say so.
pub fn behind(command: Command) -> Command {
    if !has("nice") {
        return command;
    }
    let mut behind = Command::new("nice");
    behind.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => behind.env(name, value),
            None => behind.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        behind.current_dir(folder);
    }
    behind
}

/// Runs to the end, shown to the person; an error when it fails.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command.status().with_context(|| format!("{shown} did not start"))?;
    if !status.success() {
        bail!("{shown} failed");
    }
    Ok(())
}

/// Runs to the end with its output kept; an error with its last words when it fails.
pub fn read(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let answer = command.stderr(Stdio::piped()).output().with_context(|| format!("{shown} did not start"))?;
    if !answer.status.success() {
        bail!("{shown} failed: {}", String::from_utf8_lossy(&answer.stderr).trim_end());
    }
    Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
}

/// Runs to the end; each line goes to the person and to `see`. True when it succeeded.
pub fn watch(command: &mut Command, mut see: impl FnMut(&str)) -> Result<bool> {
    let shown = shown(command);
    let (reader, writer) = std::io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer).stdin(Stdio::null());
    let mut child = command.spawn().with_context(|| format!("{shown} did not start"))?;
    // The command keeps our ends of the pipe; without this the reader would never see the end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    for line in BufReader::new(reader).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        println!("{line}");
        see(&without_colour(&line));
    }
    let _ = std::io::stdout().flush();
    Ok(child.wait()?.success())
}

/// Whether a program answers `--version`.
pub fn has(program: &str) -> bool {
    Command::new(program).arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn shown(command: &Command) -> String {
    let mut text = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    for argument in command.get_args().take(4) {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

fn without_colour(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        if c == '\x1b' {
            for c in rest.by_ref() {
                if c.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_behind_is_the_same_command() {
        let mut asked = command("sh", &["-c", "echo \"$CARGO_MANIFEST_DIR|$TOLD|$(pwd -P)\""]);
        asked.env("TOLD", "told").env_remove("CARGO_MANIFEST_DIR");
        let said = read(&mut behind(asked)).unwrap();
        assert_eq!(said.trim_end(), format!("|told|{}", root().canonicalize().unwrap().display()));
    }

    #[test]
    fn colour_is_removed_and_lines_are_seen_once() {
        assert_eq!(without_colour("\x1b[32;1m     Summary\x1b[0m ok"), "     Summary ok");
        let mut lines = Vec::new();
        assert!(watch(&mut command("sh", &["-c", "echo one; echo two >&2"]), |line| lines.push(line.to_owned())).unwrap());
        lines.sort();
        assert_eq!(lines, ["one", "two"]);
    }
}
