//! `switchyard plugin test FOLDER_OR_COMPONENT`: its conformance cases in the real host.

use crate::workbench::{Workbench, cases, found::{self, Found, Usage}};
use std::{collections::BTreeMap, path::{Path, PathBuf}};
use switchyard_host::text;

#[derive(clap::Args)]
pub struct Test {
    /// The folder of a plugin's crate, a .wasm file, or the name of a bundled plugin.
    component: String,
    /// The folder of cases: `conformance` in the plugin's folder when it is not named.
    #[arg(long, value_name = "FOLDER")]
    cases: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Write what was told as what is expected, for you to read before you keep it.
    #[arg(long)]
    write: bool,
    #[arg(long)]
    json: bool,
}

pub async fn test(wish: Test) -> anyhow::Result<bool> {
    let found = found::find(&wish.component, wish.manifest.as_deref())?;
    let mut bench = Workbench::open(BTreeMap::new())?;
    let plugin = bench.load(&found).await?;
    let folder = match wish.cases {
        Some(folder) => folder,
        None => cases_of(&found, &plugin.manifest.name)?,
    };
    let judged = cases::run(&mut bench, &plugin, &folder, wish.write, |case| {
        if wish.json {
            return;
        }
        let word = match (case.written, case.differences.is_empty()) {
            (_, false) => "differs",
            (true, true) => "written",
            (false, true) => "ok",
        };
        println!("{word:8} {}", text::line(&case.name, 200));
        for difference in &case.differences {
            println!("         {}", text::line(difference, 600));
        }
    })
    .await?;
    let differ = judged.iter().filter(|case| !case.differences.is_empty()).count();
    if wish.json {
        let cases: Vec<_> = judged.iter().map(|case| serde_json::json!({"name": case.name, "differences": case.differences, "written": case.written})).collect();
        println!("{}", serde_json::to_string_pretty(&serde_json::json!({"cases": cases, "differ": differ}))?);
    } else {
        println!("{} cases of {} {}, {differ} differ", judged.len(), plugin.manifest.name, plugin.manifest.version);
    }
    Ok(differ == 0)
}

/// `conformance` in the plugin's own folder, or `plugins/conformance/NAME` of a checkout around here.
fn cases_of(found: &Found, name: &str) -> Result<PathBuf, Usage> {
    let own = found.folder.iter().map(|folder| folder.join("conformance"));
    let here = std::env::current_dir().unwrap_or_else(|_| Path::new(".").to_owned());
    let beside = here.ancestors().map(|up| up.join("plugins/conformance").join(name));
    own.chain(beside).find(|folder| folder.is_dir()).ok_or_else(|| Usage(format!("{name} has no folder of cases here: name one with --cases")))
}
