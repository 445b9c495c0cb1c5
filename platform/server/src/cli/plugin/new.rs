//! `switchyard plugin new NAME`: a crate to begin with.

use crate::workbench::{found::TARGET, show, starter::{self, Wish}};
use std::path::PathBuf;
use switchyard_host::manifest::PluginKind;

#[derive(clap::Args)]
pub struct New {
    /// a-z, 0-9 and '-', the same through all versions.
    name: String,
    #[arg(long, value_enum, default_value_t = Kind::ChannelConnector)]
    kind: Kind,
    /// The kind of channel account it serves: the name with '_' for '-' unless it is given.
    #[arg(long)]
    channel: Option<String>,
    /// Where the crate is written: a folder of its name here unless it is given.
    folder: Option<PathBuf>,
    /// A checkout of Switchyard, where the kit is: found from here upwards unless it is given.
    #[arg(long, value_name = "FOLDER")]
    sdk: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Kind {
    ChannelConnector,
    CreditPolicy,
}

pub fn new(wish: &New) -> anyhow::Result<()> {
    let kind = match wish.kind {
        Kind::ChannelConnector => PluginKind::ChannelConnector,
        Kind::CreditPolicy => PluginKind::CreditPolicy,
    };
    let folder = wish.folder.clone().unwrap_or_else(|| PathBuf::from(&wish.name));
    let written = starter::write(&Wish { kind, name: &wish.name, channel: wish.channel.as_deref(), folder: &folder, sdk: wish.sdk.as_deref() })?;
    for path in &written {
        show::line("written", path.display().to_string());
    }
    println!("\nnext, in {}:\n  cargo test\n  cargo build --target {TARGET} --release\n  switchyard plugin test .", folder.display());
    Ok(())
}
