//! Plugins entering the catalogue: uploads of tenants, and what the product brings along.
//! Invariant CAT-3: only what the gate passed, the compiler took and the linker fits is in the catalogue.

use crate::{
    ComponentDigest, Host, LoadError,
    manifest::{Manifest, ManifestError, PluginKind},
};
use tenants::{
    Actor, Directory, Permit,
    plugins::{self, CatalogueRow, NewPlugin, UploadError as RowError},
    rights::InstallPlugins,
};

/// The connectors built from `plugins/` and committed there, inside this binary.
#[derive(rust_embed::RustEmbed)]
#[folder = "../../plugins/built"]
#[allow_missing = true]
struct Built;

#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// For the person who uploads it.
    #[error("{0}")]
    Component(String),
    #[error("plugins of the kind {0} are not run by this version")]
    Kind(&'static str),
    #[error(transparent)]
    Row(#[from] RowError),
    #[error("{0}")]
    Host(String),
}

/// Puts the bundled plugins into the catalogue. They are compiled when they are first used, or by [`Host::warm`].
pub async fn seed(directory: &Directory) -> Result<Vec<CatalogueRow>, UploadError> {
    let mut seeded = Vec::new();
    for (manifest, component) in bundled() {
        let manifest = Manifest::parse(&manifest)?;
        let json = serde_json::json!(manifest);
        let digest = ComponentDigest::of(&component);
        seeded.push(plugins::seed(directory, row(&manifest, &json, &digest, &component)).await.map_err(RowError::Database)?);
    }
    Ok(seeded)
}

impl Host {
    /// Checks, compiles and keeps what a tenant uploads.
    pub async fn upload(&self, directory: &Directory, actor: &Actor, permit: Permit<InstallPlugins>, manifest: &[u8], component: &[u8]) -> Result<CatalogueRow, UploadError> {
        let manifest = Manifest::parse(manifest)?;
        let digest = self.admit(&manifest, component).await?;
        let json = serde_json::json!(manifest);
        Ok(plugins::add(directory, actor, permit, row(&manifest, &json, &digest, component)).await?)
    }

    /// Loads the bundled plugins, so that the first message of a channel does not wait for the compiler.
    pub async fn warm(&self) -> Result<(), LoadError> {
        for (manifest, component) in bundled() {
            match Manifest::parse(&manifest).map(|m| m.kind) {
                Ok(PluginKind::CreditPolicy) => self.load_policy(&component).await?,
                _ => self.load_connector(&component).await?,
            };
        }
        Ok(())
    }

    async fn admit(&self, manifest: &Manifest, component: &[u8]) -> Result<ComponentDigest, UploadError> {
        let loaded = match manifest.kind {
            PluginKind::ChannelConnector => self.load_connector(component).await,
            PluginKind::CreditPolicy => self.load_policy(component).await,
            PluginKind::CommissionRule => return Err(UploadError::Kind(manifest.kind.word())),
        };
        loaded.map_err(|e| match e {
            LoadError::InvalidComponent(reason) => UploadError::Component(reason),
            other => UploadError::Host(other.to_string()),
        })
    }
}

fn row<'a>(manifest: &'a Manifest, json: &'a serde_json::Value, digest: &'a ComponentDigest, component: &'a [u8]) -> NewPlugin<'a> {
    NewPlugin { digest: &digest.0, kind: manifest.kind.word(), name: &manifest.name, version: &manifest.version, manifest: json, component }
}

/// Manifest and component of each bundled plugin.
pub fn bundled() -> Vec<(Vec<u8>, Vec<u8>)> {
    let names = Built::iter().filter_map(|file| file.strip_suffix(".wasm").map(str::to_owned));
    let file = |name: &str| Built::get(name).map(|file| file.data.into_owned());
    names.filter_map(|name| Some((file(&format!("{name}.json"))?, file(&format!("{name}.wasm"))?))).collect()
}
