//! `switchyard plugin pack`: the two files that are uploaded, the component and its manifest.

use crate::workbench::{found::{self, Usage}, show};
use std::path::PathBuf;
use switchyard_host::ComponentDigest;

#[derive(clap::Args)]
pub struct Pack {
    /// The folder of a plugin's crate, or the core module that cargo made.
    component: String,
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Where NAME.wasm and NAME.json are written.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    into: PathBuf,
}

pub fn pack(wish: &Pack) -> anyhow::Result<()> {
    let found = found::find(&wish.component, wish.manifest.as_deref())?;
    let (manifest, component) = (found.manifest()?, found.component()?);
    let bytes = found.manifest.as_ref().map(|(_, bytes)| bytes.as_slice()).unwrap_or_default();
    for (ending, bytes) in [("wasm", component.as_ref()), ("json", bytes)] {
        let path = wish.into.join(format!("{}.{ending}", manifest.name));
        std::fs::create_dir_all(&wish.into).and_then(|()| std::fs::write(&path, bytes)).map_err(|error| Usage(format!("{} cannot be written: {error}", path.display())))?;
        show::line("written", format!("{}, {} bytes", path.display(), bytes.len()));
    }
    show::line("digest", format!("sha256:{}", ComponentDigest::of(&component)));
    Ok(())
}
