//! The offline data of sqlx's checked queries (`.sqlx`), so that compiling needs no database.
//! Made against a scratch database with the migrations applied; nothing else is installed.

use crate::shell;
use anyhow::{Context, Result, bail};
use postgres_cluster::{Cluster, Settings};
use std::{collections::BTreeMap, fs, path::{Path, PathBuf}, time::SystemTime};

pub fn run(arguments: &[String]) -> Result<()> {
    let check = match arguments {
        [] => false,
        [one] if one == "--check" => true,
        _ => bail!("prepare takes --check or nothing"),
    };
    let work = shell::target().join("prepare");
    let fresh = work.join("sqlx");
    for folder in [work.join("database"), fresh.clone()] {
        let _ = fs::remove_dir_all(&folder);
    }
    fs::create_dir_all(&fresh)?;
    println!("migrating a scratch database");
    let settings = Settings { npm_roots: crate::tools::npm_roots(), ..Settings::throwaway(work.join("database")) };
    for file in migrations()? {
        let sql = fs::read_to_string(&file)?;
        Cluster::execute_offline(&settings, "postgres", &sql).with_context(|| format!("{}", file.display()))?;
    }
    let cluster = Cluster::start(settings)?;
    for source in macro_roots()? {
        // The macros run only when their crate is compiled anew.
        fs::File::open(&source)?.set_modified(SystemTime::now())?;
    }
    let built = shell::run(
        shell::cargo(&["build", "--workspace", "--all-targets"])
            .env("DATABASE_URL", cluster.url("postgres"))
            .env("SQLX_OFFLINE", "false")
            .env("SQLX_OFFLINE_DIR", &fresh),
    );
    cluster.stop();
    let _ = fs::remove_dir_all(work.join("database"));
    built?;
    settle(&fresh, &shell::root().join(".sqlx"), check)
}

/// The migrations in the order in which the server applies them: control before tenant, then by name.
fn migrations() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for schema in ["control", "tenant"] {
        let mut of_schema: Vec<PathBuf> = fs::read_dir(shell::root().join("migrations").join(schema))?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_>>()?;
        of_schema.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
        of_schema.sort();
        files.extend(of_schema);
    }
    Ok(files)
}

/// The first file of every crate and test that may use the macros.
fn macro_roots() -> Result<Vec<PathBuf>> {
    let root = shell::root();
    let mut found = Vec::new();
    for member in ["tenants", "platform/core", "platform/host", "platform/server", "bench"] {
        found.extend(["src/lib.rs", "src/main.rs"].map(|file| root.join(member).join(file)));
    }
    found.extend(["tests/kit/lib.rs", "tests/suite/main.rs"].map(|file| root.join(file)));
    found.retain(|path| path.is_file());
    Ok(found)
}

/// Makes `kept` equal to `fresh`, or only says where they differ.
fn settle(fresh: &Path, kept: &Path, check: bool) -> Result<()> {
    let (new, old) = (queries(fresh)?, queries(kept)?);
    let stale: Vec<&String> = new.iter().filter(|(name, data)| old.get(*name) != Some(data)).map(|(name, _)| name).collect();
    let unused: Vec<&String> = old.keys().filter(|name| !new.contains_key(*name)).collect();
    if check {
        if !stale.is_empty() || !unused.is_empty() {
            bail!(".sqlx is stale: {} queries missing or changed, {} unused; run cargo xtask prepare", stale.len(), unused.len());
        }
    } else {
        fs::create_dir_all(kept)?;
        for name in &stale {
            fs::write(kept.join(name), &new[*name])?;
        }
        for name in &unused {
            fs::remove_file(kept.join(name))?;
        }
    }
    println!(".sqlx holds {} queries, {} written, {} removed", new.len(), stale.len(), unused.len());
    Ok(())
}

fn queries(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            found.insert(name, fs::read_to_string(&path)?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale_offline_data_is_seen_and_mended() {
        let work = std::env::temp_dir().join(format!("switchyard-prepare-{}", std::process::id()));
        let (fresh, kept) = (work.join("fresh"), work.join("kept"));
        fs::create_dir_all(&fresh).unwrap();
        fs::create_dir_all(&kept).unwrap();
        fs::write(fresh.join("query-1.json"), "{}").unwrap();
        fs::write(kept.join("query-1.json"), "{\"old\": true}").unwrap();
        fs::write(kept.join("query-2.json"), "{}").unwrap();
        let text = settle(&fresh, &kept, true).unwrap_err().to_string();
        assert!(text.contains("1 queries missing or changed, 1 unused"), "{text}");
        settle(&fresh, &kept, false).unwrap();
        settle(&fresh, &kept, true).unwrap();
        assert_eq!(queries(&kept).unwrap().len(), 1);
        fs::remove_dir_all(&work).unwrap();
    }
}
