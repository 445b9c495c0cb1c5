//! What the chores need besides Rust: installed when we may, named in one sentence when we may not.

use crate::shell;
use anyhow::Result;
use std::{fs, os::unix::fs::MetadataExt, path::{Path, PathBuf}};

/// Folders that may hold `node_modules` with the npm package of PostgreSQL.
pub fn npm_roots() -> Vec<PathBuf> {
    vec![shell::root().join("admin-ui"), npm_root()]
}

fn npm_root() -> PathBuf {
    shell::root().join(".switchyard/npm")
}

/// PostgreSQL, found or installed.
pub fn postgresql() -> Result<()> {
    postgres_cluster::install(&npm_root(), &mut |step| println!("{step}"))?;
    Ok(())
}

/// Root on a Debian machine may install packages.
pub fn may_install() -> bool {
    Path::new("/etc/debian_version").exists() && fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

/// Installs Debian packages; the list is fetched once when a package is not known yet.
pub fn apt(packages: &[&str]) -> Result<()> {
    println!("installing {}", packages.join(" "));
    let apt = |arguments: &[&str]| {
        shell::read(
            shell::command("apt-get", &["-qq", "-y", "-o", "DPkg::Lock::Timeout=300", "--no-install-recommends"])
                .args(arguments)
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )
    };
    let install: Vec<&str> = ["install"].iter().chain(packages).copied().collect();
    if apt(&install).is_err() {
        apt(&["update"])?;
        apt(&install)?;
    }
    Ok(())
}

/// The first program of `names` there is; else installs `package` when we may.
#[allow(dead_code)]
pub fn program(names: &[&str], package: &str) -> Option<PathBuf> {
    let find = || names.iter().find_map(|name| on_path(name));
    find().or_else(|| {
        if may_install() {
            if let Err(error) = apt(&[package]) {
                println!("{package} could not be installed: {error:#}");
            }
        }
        find()
    })
}

pub fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// `npm ci` in a folder, unless its node_modules are as new as its lock file.
pub fn npm_packages(folder: &Path) -> Result<()> {
    let changed = |path: PathBuf| fs::metadata(path).and_then(|of| of.modified()).ok();
    let installed = changed(folder.join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= changed(folder.join("package-lock.json")) {
        return Ok(());
    }
    println!("npm ci in {}", folder.strip_prefix(shell::root()).unwrap_or(folder).display());
    shell::run(shell::command("npm", &["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder))
}

/// A Python environment of the project's own with the packages named; `marker` changes when they change.
pub fn python(packages: &[&str]) -> Option<PathBuf> {
    let folder = shell::target().join("python");
    let marker = folder.join("packages.txt");
    let wanted = packages.join("\n");
    if fs::read_to_string(&marker).is_ok_and(|have| have == wanted) {
        return Some(folder);
    }
    let make = || -> Result<()> {
        println!("making a Python environment with {}", packages.join(" "));
        let python = ["python3.13", "python3.12", "python3.11", "python3"].iter().find(|name| shell::has(name)).copied().unwrap_or("python3");
        if shell::read(shell::command(python, &["-m", "venv", "--clear"]).arg(&folder)).is_err() && may_install() {
            apt(&["python3", "python3-venv"])?;
            shell::read(shell::command("python3", &["-m", "venv", "--clear"]).arg(&folder))?;
        }
        shell::read(shell::command(&folder.join("bin/pip").to_string_lossy(), &["install", "--quiet", "--disable-pip-version-check"]).args(packages))?;
        Ok(fs::write(&marker, &wanted)?)
    };
    match make() {
        Ok(()) => Some(folder),
        Err(error) => {
            println!("a Python environment with {} is missing: {error:#}", packages.join(" "));
            None
        }
    }
}

/// Whether a made file is newer than every file of its sources.
pub fn is_newer(made: &Path, sources: &[PathBuf]) -> bool {
    let Ok(made) = fs::metadata(made).and_then(|of| of.modified()) else { return false };
    let mut waiting: Vec<PathBuf> = sources.to_vec();
    while let Some(path) = waiting.pop() {
        let Ok(of) = fs::metadata(&path) else { continue };
        if of.is_dir() {
            waiting.extend(fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
        } else if of.modified().map_or(true, |modified| modified > made) {
            return false;
        }
    }
    true
}
