//! `cargo xtask test`: everything that can run here, one closing line that counts.
//!
//! The Rust tests share one throwaway PostgreSQL, named to them by SWITCHYARD_TEST_DATABASE_URL; each makes databases of
//! its own on it. A part that cannot run on this machine is named in one sentence and counts as nothing.

mod live;
mod tally;

use crate::{shell, tidy, tools};
use anyhow::{Result, bail};
use postgres_cluster::{Cluster, Settings};
use live::Live;
use std::{fs, time::Instant};
use tally::Tally;

/// Oracles nobody here wrote.
const PYTHON_PACKAGES: &[&str] = &["schemathesis==4.32.5", "beancount==3.2.3", "factur-x==7.8", "saxonche==13.1.1"];

/// What a person asked for.
struct Wish {
    filter: Option<String>,
    long: bool,
}

pub fn run(arguments: &[String]) -> Result<()> {
    let wish = Wish::read(arguments)?;
    let begun = Instant::now();
    let mut tally = Tally::default();
    if wish.filter.is_none() {
        part(&mut tally, "rules of the house", tidy_part);
    }
    if wish.filter.is_none() {
        // Built first: the server's tests ask for its page.
        part(&mut tally, "interface", interface);
    }
    part(&mut tally, "Rust", |tally| rust(tally, &wish));
    if wish.filter.is_none() {
        part(&mut tally, "plugins", plugins);
        part(&mut tally, "in a real browser, and by schemathesis", |tally| outside(tally, &wish));
    }
    println!("\ntook {} s", begun.elapsed().as_secs());
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed > 0 {
        bail!("not everything passed: {}", tally.broken.join(", "));
    }
    Ok(())
}

impl Wish {
    fn read(arguments: &[String]) -> Result<Self> {
        let mut wish = Self { filter: None, long: false };
        for argument in arguments {
            match argument.as_str() {
                "--long" => wish.long = true,
                option if option.starts_with('-') => bail!("test takes FILTER and --long, not {option:?}"),
                filter if wish.filter.is_none() => wish.filter = Some(filter.to_owned()),
                second => bail!("test takes one filter, and {second:?} is a second"),
            }
        }
        Ok(wish)
    }
}

/// Runs one part; an error in it is one failure and does not stop the others.
fn part(tally: &mut Tally, name: &str, run: impl FnOnce(&mut Tally) -> Result<()>) {
    println!("\n=== {name} ===");
    let before = tally.failed;
    if let Err(error) = run(tally) {
        println!("error: {error:#}");
        tally.failed += u64::from(tally.failed == before);
    }
    if tally.failed > before {
        tally.broken.push(name.to_owned());
    }
}

fn tidy_part(tally: &mut Tally) -> Result<()> {
    let (kept, broken) = tidy::check()?;
    tally.passed += kept;
    tally.failed += broken.len() as u64;
    for remark in broken {
        println!("{remark}");
    }
    Ok(())
}

fn rust(tally: &mut Tally, wish: &Wish) -> Result<()> {
    tools::postgresql()?;
    let data = shell::target().join("test-database");
    // Whatever an interrupted run left there.
    let _ = fs::remove_dir_all(data.canonicalize().unwrap_or(data.clone()));
    let _ = fs::remove_file(&data);
    let cluster = Cluster::start(Settings { npm_roots: tools::npm_roots(), ..Settings::throwaway(data) })?;
    // The identity provider that nobody here wrote.
    let provider = shell::root().join("tests/oidc");
    if provider.join("package.json").is_file() && shell::has("npm") {
        tools::npm_packages(&provider)?;
    }
    // Programs that read our ledger: a test says which of them is missing.
    for program in ["hledger", "ledger"] {
        tools::program(&[program], program);
    }
    let python = tools::python(PYTHON_PACKAGES);
    let mut command = if shell::has("cargo-nextest") {
        let mut command = shell::cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]);
        command.args(wish.filter.as_deref());
        command
    } else {
        let mut command = shell::cargo(&["test", "--workspace", "--no-fail-fast"]);
        command.args(wish.filter.as_deref());
        command
    };
    command.env("SWITCHYARD_TEST_DATABASE_URL", cluster.url("postgres"));
    if let Some(python) = python {
        command.env("SWITCHYARD_PYTHON", python);
    }
    if wish.long {
        command.env("SWITCHYARD_TEST_LONG", "1");
    }
    if std::env::var_os("DATABASE_URL").is_none() {
        command.env("SQLX_OFFLINE", "true");
    }
    tally.watch(&mut command)?;
    cluster.stop();
    Ok(())
}

/// The guests' own tests, compiled for this machine; through the real host they run with the Rust tests.
fn plugins(tally: &mut Tally) -> Result<()> {
    let folder = shell::root().join("plugins");
    if !folder.join("Cargo.toml").is_file() {
        println!("skipped: plugins/ absent");
        return Ok(());
    }
    crate::plugins::run(&["--check".into()])?;
    tally.passed += 1;
    tally.watch(shell::cargo(&["test", "--workspace", "--no-fail-fast"]).current_dir(folder))
}

fn interface(tally: &mut Tally) -> Result<()> {
    let folder = shell::root().join("admin-ui");
    if !folder.join("package.json").is_file() {
        println!("skipped: admin-ui/ absent");
        return Ok(());
    }
    if !shell::has("npm") {
        println!("skipped: the interface's tests need Node 20 or newer with npm");
        return Ok(());
    }
    tools::npm_packages(&folder)?;
    shell::run(shell::command("npm", &["run", "build"]).current_dir(&folder))?;
    tally.watch(shell::command("npm", &["test"]).current_dir(&folder).env("CI", "true").env("NO_COLOR", "1"))
}

/// What only a running program shows: clicks in a browser, and every operation under an outside tester.
fn outside(tally: &mut Tally, wish: &Wish) -> Result<()> {
    // Built as the tests above were, so that nothing is compiled twice.
    shell::run(shell::cargo(&["build", "--quiet", "--workspace", "--all-targets"]).env("SQLX_OFFLINE", "true"))?;
    let live = Live::start()?;
    browser(tally, &live)?;
    oracles(tally, &live, wish)
}

fn browser(tally: &mut Tally, live: &Live) -> Result<()> {
    let folder = shell::root().join("tests/browser");
    if !folder.join("package.json").is_file() {
        println!("skipped: tests/browser absent");
        return Ok(());
    }
    let chromium = tools::program(&["chromium", "chromium-browser", "google-chrome"], "chromium");
    let (Some(chromium), true) = (chromium, shell::has("npm")) else {
        println!("skipped: the browser tests need Node 20 or newer with npm, and Chromium");
        return Ok(());
    };
    tools::npm_packages(&folder)?;
    let mut command = shell::command("npm", &["test"]);
    command.current_dir(folder).env("SWITCHYARD_URL", &live.url).env("SWITCHYARD_MAIL_DIR", &live.mails).env("CHROMIUM", chromium).env("NO_COLOR", "1");
    tally.watch(&mut command)
}

fn oracles(tally: &mut Tally, live: &Live, wish: &Wish) -> Result<()> {
    let Some(python) = tools::python(PYTHON_PACKAGES) else {
        println!("skipped: schemathesis needs Python 3.10 or newer with venv");
        return Ok(());
    };
    let examples = if wish.long { "1000" } else { "20" };
    let schemathesis = python.join("bin/schemathesis");
    let mut command = shell::command(&python.join("bin/python").to_string_lossy(), &["tests/oracles/api.py", &live.url]);
    command.arg(schemathesis).arg(examples);
    tally.watch(&mut command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_read() {
        let wish = Wish::read(&["orders".into(), "--long".into()]).unwrap();
        assert_eq!((wish.filter.as_deref(), wish.long), (Some("orders"), true));
        assert!(Wish::read(&["--quick".into()]).is_err());
        assert!(Wish::read(&["a".into(), "b".into()]).is_err());
    }

    #[test]
    fn a_broken_part_counts_once_and_is_named() {
        let mut tally = Tally::default();
        part(&mut tally, "first", |_| bail!("no"));
        part(&mut tally, "second", |tally| {
            tally.passed += 2;
            Ok(())
        });
        assert_eq!((tally.passed, tally.failed, tally.broken), (2, 1, vec!["first".to_owned()]));
    }
}
