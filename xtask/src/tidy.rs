//! `cargo xtask tidy`: the rules of the house that a compiler does not know.

mod floors;
mod source;
mod tables;

use crate::shell;
use anyhow::{Result, bail};
use std::{fs, path::{Path, PathBuf}};

pub fn run() -> Result<()> {
    let (kept, broken) = check()?;
    for remark in &broken {
        println!("{remark}");
    }
    if !broken.is_empty() {
        bail!("{} rules of the house are broken", broken.len());
    }
    println!("{kept} rules hold");
    Ok(())
}

/// How many rules hold, and a remark for each thing that breaks one.
pub fn check() -> Result<(u64, Vec<String>)> {
    let files = Files::read(&shell::root())?;
    let rules: [(&str, fn(&Files) -> Vec<String>); 8] = [
        ("crates import downwards only", floors::crates),
        ("rooms of core import leftwards only", floors::rooms),
        ("only tenants owns a pool, only host links wasmtime, only server knows HTTP, only printer knows typst", floors::owners),
        ("files are short and lead somewhere", source::shape),
        ("no path or host of one machine", source::places),
        ("nothing unfinished", source::unfinished),
        ("every tenant table is forced under row security with tenant_id first", tables::tenancy),
        ("every route is in the API's page", source::routes),
    ];
    let (mut kept, mut broken) = (0, Vec::new());
    for (rule, find) in rules {
        let remarks = find(&files);
        kept += u64::from(remarks.is_empty());
        broken.extend(remarks.into_iter().map(|remark| format!("{rule}: {remark}")));
    }
    Ok((kept, broken))
}

/// Every text file of the project that is written by hand.
pub struct Files(Vec<(PathBuf, String)>);

const WRITTEN: [&str; 12] = ["rs", "toml", "sql", "wit", "md", "ts", "tsx", "css", "html", "mjs", "js", "yaml"];
const NOT_OURS: [&str; 8] = ["target", "node_modules", "dist", ".git", ".switchyard", ".sqlx", "built", "locales"];

impl Files {
    fn read(root: &Path) -> Result<Self> {
        let (mut found, mut waiting) = (Vec::new(), vec![root.to_owned()]);
        while let Some(folder) = waiting.pop() {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
                if entry.file_type()?.is_dir() {
                    if !NOT_OURS.contains(&name.as_str()) {
                        waiting.push(path);
                    }
                } else if path.extension().is_some_and(|extension| WRITTEN.iter().any(|known| extension == *known)) {
                    let text = fs::read_to_string(&path)?;
                    found.push((path.strip_prefix(root)?.to_owned(), text));
                }
            }
        }
        found.sort();
        Ok(Self(found))
    }

    /// Path and text of the files whose path begins and ends so.
    pub fn of<'a>(&'a self, begin: &'a str, end: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(path, text)| {
            let path = path.to_str()?;
            (path.starts_with(begin) && path.ends_with(end)).then_some((path, text.as_str()))
        })
    }

    #[cfg(test)]
    pub fn made(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect())
    }
}
