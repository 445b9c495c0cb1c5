//! `switchyard plugin new`: a crate that builds, tests itself and passes the gate, from `plugins/starters`.
//! Invariant STARTER-1: nothing that is there already is written over.

use super::found::Usage;
use std::{
    fs,
    path::{Path, PathBuf},
};
use switchyard_host::manifest::PluginKind;

/// The files of each kind, inside this binary. A name that ends in `.starter` loses that ending.
#[derive(rust_embed::RustEmbed)]
#[folder = "../../plugins/starters"]
struct Starters;

const ENDING: &str = ".starter";

pub struct Wish<'a> {
    pub kind: PluginKind,
    pub name: &'a str,
    pub channel: Option<&'a str>,
    pub folder: &'a Path,
    /// The folder `plugins` of a checkout, or `sdk` in it.
    pub sdk: Option<&'a Path>,
}

/// Writes the crate and says which files it has.
pub fn write(wish: &Wish<'_>) -> Result<Vec<PathBuf>, Usage> {
    let name = wish.name;
    if !is_word(name, '-', 60) {
        return Err(Usage(format!("{name:?} is no name of a plugin: it begins with a letter and has 1 to 60 of a-z, 0-9 and '-'")));
    }
    let channel = wish.channel.map_or_else(|| name.replace('-', "_"), str::to_owned);
    if wish.channel.is_some() && wish.kind != PluginKind::ChannelConnector {
        return Err(Usage(format!("a {} serves no channel", wish.kind.word())));
    }
    if wish.kind == PluginKind::ChannelConnector && !is_word(&channel, '_', 30) {
        return Err(Usage(format!("{channel:?} is no name of a channel: 1 to 30 of a-z, 0-9 and '_' are wanted, name one with --channel")));
    }
    let kits = kits(wish.sdk)?;
    if fs::read_dir(wish.folder).is_ok_and(|mut files| files.next().is_some()) || wish.folder.is_file() {
        return Err(Usage(format!("{} is there already and not empty", wish.folder.display())));
    }
    let mut words = name.replace('-', " ");
    if let Some(first) = words.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    let header = format!("x-{}-signature", channel.replace('_', "-"));
    let sdk = kits.display().to_string().replace('\\', "/");
    let filled = |text: &str| {
        let fills = [("{{name}}", name), ("{{title}}", &words), ("{{channel}}", &channel), ("{{header}}", &header), ("{{sdk}}", &sdk)];
        fills.iter().fold(text.to_owned(), |text, (hole, value)| text.replace(hole, value))
    };
    let mut written = Vec::new();
    let mut put = |path: &str, bytes: &[u8]| -> Result<(), Usage> {
        let target = wish.folder.join(path);
        let made = target.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&target, bytes));
        made.map_err(|error| Usage(format!("{} cannot be written: {error}", target.display())))?;
        written.push(target);
        Ok(())
    };
    let room = format!("{}/", wish.kind.word());
    for file in Starters::iter() {
        let Some(path) = file.strip_prefix(&room) else { continue };
        let Some(bytes) = Starters::get(&file) else { continue };
        let path = match path.strip_suffix(ENDING) {
            Some("gitignore") => ".gitignore",
            Some(path) => path,
            None => path,
        };
        match std::str::from_utf8(&bytes.data) {
            Ok(text) => put(path, filled(text).as_bytes())?,
            Err(_) => put(path, &bytes.data)?,
        }
    }
    // The versions the kit was tested with, and nothing to fetch where they were fetched before.
    if let Ok(lock) = fs::read(kits.join("Cargo.lock")) {
        put("Cargo.lock", &lock)?;
    }
    written.sort();
    Ok(written)
}

fn is_word(text: &str, also: char, bytes_max: usize) -> bool {
    (1..=bytes_max).contains(&text.len()) && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == also)
}

/// The folder `plugins` that holds the kits: the one that is named, else one above the place we are in, else the one this
/// program was built in.
fn kits(named: Option<&Path>) -> Result<PathBuf, Usage> {
    let is = |folder: &Path| folder.join("sdk/Cargo.toml").is_file() && folder.join("credit/kit/Cargo.toml").is_file();
    let of = |folder: &Path| -> Option<PathBuf> {
        let inside = [folder.to_owned(), folder.join("plugins"), folder.join("..")];
        inside.into_iter().find(|folder| is(folder)).and_then(|folder| folder.canonicalize().ok())
    };
    if let Some(named) = named {
        return of(named).ok_or_else(|| Usage(format!("{} is no checkout of the kit: it has no plugins/sdk", named.display())));
    }
    let here = std::env::current_dir().unwrap_or_default();
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let found = here.ancestors().find_map(|up| of(up)).or_else(|| of(&built_in));
    found.ok_or_else(|| Usage("the kit is not found from here: name a checkout of Switchyard with --sdk".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish<'a>(kind: PluginKind, name: &'a str, folder: &'a Path) -> Wish<'a> {
        Wish { kind, name, channel: None, folder, sdk: None }
    }

    #[test]
    fn starter_1_nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("my-shop");
        let written = write(&wish(PluginKind::ChannelConnector, "my-shop", &inside)).unwrap();
        assert!(written.contains(&inside.join("Cargo.toml")) && written.contains(&inside.join(".gitignore")), "{written:?}");
        for path in &written {
            let text = fs::read_to_string(path).unwrap();
            assert!(!text.contains("{{"), "{} has a hole", path.display());
        }
        assert!(fs::read_to_string(inside.join("manifest.json")).unwrap().contains("\"channel\": \"my_shop\""));
        assert!(write(&wish(PluginKind::CreditPolicy, "my-shop", &inside)).unwrap_err().0.ends_with("is there already and not empty"));
    }

    #[test]
    fn names_are_names() {
        let folder = tempfile::tempdir().unwrap();
        for bad in ["", "My-Shop", "1shop", "my_shop", "my shop", "../x"] {
            assert!(write(&wish(PluginKind::ChannelConnector, bad, folder.path())).is_err(), "{bad}");
        }
        let policy = Wish { channel: Some("x"), ..wish(PluginKind::CreditPolicy, "terms", folder.path()) };
        assert!(write(&policy).unwrap_err().0.contains("serves no channel"));
        let lost = Wish { sdk: Some(folder.path()), ..wish(PluginKind::CreditPolicy, "terms", folder.path()) };
        assert!(write(&lost).unwrap_err().0.contains("is no checkout of the kit"));
    }
}
