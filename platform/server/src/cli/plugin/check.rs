//! `switchyard plugin check COMPONENT`.

use crate::workbench::{Workbench, found, inspect, show};
use std::{collections::BTreeMap, path::PathBuf};

#[derive(clap::Args)]
pub struct Check {
    /// A .wasm file (a component or a core module), the folder of a plugin's crate, or the name of a bundled plugin.
    component: String,
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    #[arg(long)]
    json: bool,
}

pub async fn check(wish: Check) -> anyhow::Result<bool> {
    let found = found::find(&wish.component, wish.manifest.as_deref())?;
    let seen = inspect::inspect(&Workbench::open(BTreeMap::new())?, &found).await;
    if wish.json {
        let mut report = serde_json::Map::from_iter(seen.lines.iter().map(|(about, what)| ((*about).to_owned(), what.as_str().into())));
        report.insert("accepted".into(), seen.refused.is_none().into());
        if let Some(refused) = &seen.refused {
            report.insert("refused".into(), refused.reason.as_str().into());
            report.insert("right".into(), refused.right.as_str().into());
        }
        println!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(seen.refused.is_none());
    }
    for (about, what) in &seen.lines {
        show::line(about, what);
    }
    match &seen.refused {
        None => println!("accepted"),
        Some(refused) => {
            show::line("refused", &refused.reason);
            show::line("right is", &refused.right);
        }
    }
    Ok(seen.refused.is_none())
}
