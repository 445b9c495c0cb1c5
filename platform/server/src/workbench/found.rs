//! Finding a plugin by what a person types: a file, the folder of its crate, or the name of one that is bundled.

use std::{
    borrow::Cow,
    io::Read,
    path::{Path, PathBuf},
};
use switchyard_host::{
    catalogue,
    describe::Form,
    gate::COMPONENT_BYTES_MAX,
    manifest::{Manifest, ManifestError},
    text,
};

pub const TARGET: &str = "wasm32-unknown-unknown";
const MANIFEST_BYTES_MAX: usize = 64 << 10;

/// What is wrong with what was asked for, in one sentence: exit code 2.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// The files of a plugin, unread but for their bytes.
#[derive(Clone)]
pub struct Found {
    /// As it is named in sentences.
    pub what: String,
    pub bytes: Vec<u8>,
    /// Where the manifest stands, and its bytes.
    pub manifest: Option<(String, Vec<u8>)>,
    /// The crate's folder, where there is one.
    pub folder: Option<PathBuf>,
}

/// Reads a file that may have so many bytes; what is not there or too large is one sentence.
pub fn read(path: &Path, bytes_max: usize) -> Result<Vec<u8>, Usage> {
    let shown = path.display();
    let file = std::fs::File::open(path).map_err(|error| Usage(format!("{shown} cannot be read: {}", reason(&error))))?;
    read_from(file, &shown.to_string(), bytes_max)
}

pub fn read_from(source: impl Read, shown: &str, bytes_max: usize) -> Result<Vec<u8>, Usage> {
    let mut bytes = Vec::new();
    source.take(bytes_max as u64 + 1).read_to_end(&mut bytes).map_err(|error| Usage(format!("{shown} cannot be read: {}", reason(&error))))?;
    if bytes.len() > bytes_max {
        return Err(Usage(format!("{shown} is too large: at most {bytes_max} bytes are taken")));
    }
    Ok(bytes)
}

/// Without the number of the operating system's error.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// `what` is a path, or else the name of a bundled plugin.
pub fn find(what: &str, manifest: Option<&Path>) -> Result<Found, Usage> {
    let path = Path::new(what);
    let mut found = if path.is_dir() {
        in_folder(path)?
    } else if path.is_file() {
        let bytes = read(path, COMPONENT_BYTES_MAX)?;
        let beside = [Some(path.with_extension("json")), crate_of(path).map(|folder| folder.join("manifest.json"))];
        let manifest = beside.into_iter().flatten().find(|candidate| candidate.is_file());
        Found { what: what.to_owned(), bytes, manifest: manifest.as_deref().map(manifest_at).transpose()?, folder: crate_of(path) }
    } else {
        bundled(what)?
    };
    if let Some(path) = manifest {
        found.manifest = Some(manifest_at(path)?);
    }
    Ok(found)
}

fn manifest_at(path: &Path) -> Result<(String, Vec<u8>), Usage> {
    Ok((path.display().to_string(), read(path, MANIFEST_BYTES_MAX)?))
}

/// The folder of the crate that a file under `target` was built from.
fn crate_of(path: &Path) -> Option<PathBuf> {
    let from = path.canonicalize().ok()?;
    from.ancestors().skip(1).take(5).find(|folder| folder.join("Cargo.toml").is_file() && folder.join("manifest.json").is_file()).map(Path::to_owned)
}

/// A crate's folder: its `manifest.json`, and what `cargo build` made of it.
fn in_folder(folder: &Path) -> Result<Found, Usage> {
    let shown = folder.display();
    let recipe = read(&folder.join("Cargo.toml"), 1 << 20).map_err(|_| Usage(format!("{shown} is no folder of a plugin: it has no Cargo.toml")))?;
    let recipe: toml::Table = String::from_utf8_lossy(&recipe).parse().map_err(|_| Usage(format!("{shown}/Cargo.toml cannot be read as TOML")))?;
    let name = recipe.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
    let name = name.ok_or_else(|| Usage(format!("{shown}/Cargo.toml names no package")))?;
    let file = format!("{TARGET}/release/{}.wasm", name.replace('-', "_"));
    let own = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let from = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    // The crate's own target folder, or that of a workspace around it.
    let targets = own.into_iter().chain(from.ancestors().take(4).map(|up| up.join("target")));
    let module = targets.map(|target| target.join(&file)).find(|path| path.is_file());
    let module = module.ok_or_else(|| Usage(format!("{shown} is not built: run `cargo build --target {TARGET} --release` there")))?;
    let manifest = folder.join("manifest.json");
    Ok(Found {
        what: shown.to_string(),
        bytes: read(&module, COMPONENT_BYTES_MAX)?,
        manifest: if manifest.is_file() { Some(manifest_at(&manifest)?) } else { None },
        folder: Some(folder.to_owned()),
    })
}

fn bundled(name: &str) -> Result<Found, Usage> {
    let mut names = Vec::new();
    for (manifest, bytes) in catalogue::bundled() {
        let Ok(parsed) = Manifest::parse(&manifest) else { continue };
        if parsed.name == name {
            return Ok(Found { what: name.to_owned(), bytes, manifest: Some((format!("manifest of {name}"), manifest)), folder: None });
        }
        names.push(parsed.name);
    }
    names.sort();
    Err(Usage(format!("there is no plugin {:?}: neither a file nor a folder nor one of {}", text::line(name, 200), names.join(", "))))
}

impl Found {
    /// The component: as it is, or packed from a core module.
    pub fn component(&self) -> Result<Cow<'_, [u8]>, Usage> {
        match Form::of(&self.bytes) {
            Form::Component => Ok(Cow::Borrowed(&self.bytes)),
            Form::CoreModule => pack(&self.bytes).map(Cow::Owned).map_err(|why| Usage(format!("{}: {why}", self.what))),
            form => Err(Usage(format!("{} is {}: a component, or a core module built for {TARGET}, is wanted", self.what, form.word()))),
        }
    }

    pub fn manifest(&self) -> Result<Manifest, Usage> {
        let Some((path, bytes)) = &self.manifest else {
            return Err(Usage(format!("{} has no manifest: put it beside the component under the same name with .json, or name it with --manifest", self.what)));
        };
        Manifest::parse(bytes).map_err(|ManifestError { field, problem }| Usage(format!("{path}: {field}: {problem}")))
    }
}

/// Makes a component of a core module: the module carries its world in a section that wit-bindgen wrote.
pub fn pack(module: &[u8]) -> Result<Vec<u8>, String> {
    let failed = |error: anyhow::Error| {
        let told = text::line(&format!("{error:#}"), 300);
        let hint = if told.contains("wasi") { format!("; it was built for WASI: build it for {TARGET}") } else { String::new() };
        format!("this core module cannot be packed into a component: {told}{hint}")
    };
    wit_component::ComponentEncoder::default().module(module).map_err(failed)?.validate(true).encode().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_one_sentence() {
        let told = |what: &str| find(what, None).err().map(|usage| usage.0).unwrap_or_default();
        assert!(told("nobody-sells-here").starts_with("there is no plugin \"nobody-sells-here\": neither a file nor a folder nor one of "));
        let folder = tempfile::tempdir().unwrap();
        assert!(told(folder.path().to_str().unwrap()).ends_with("is no folder of a plugin: it has no Cargo.toml"));
        std::fs::write(folder.path().join("Cargo.toml"), "[package]\nname = \"my-shop\"\n").unwrap();
        assert!(told(folder.path().to_str().unwrap()).ends_with("is not built: run `cargo build --target wasm32-unknown-unknown --release` there"));
        let file = folder.path().join("x.wasm");
        std::fs::write(&file, b"PK").unwrap();
        let found = find(file.to_str().unwrap(), None).unwrap();
        assert!(found.component().err().unwrap().0.ends_with("x.wasm is not WebAssembly: a component, or a core module built for wasm32-unknown-unknown, is wanted"));
        assert!(found.manifest().err().unwrap().0.contains("has no manifest"));
    }

    #[test]
    fn too_large_is_refused_unread() {
        assert_eq!(read_from(&[0_u8; 8][..], "a", 8).unwrap().len(), 8);
        assert_eq!(read_from(&[0_u8; 9][..], "standard input", 8).unwrap_err().0, "standard input is too large: at most 8 bytes are taken");
    }
}
