//! What every handler shares: configuration, databases, and the rooms that hold state.

use crate::config::Config;
use std::{ops::Deref, sync::Arc};
use tenants::{Directory, DirectoryError};

/// Cheap to clone; handlers take it as axum's state.
#[derive(Clone)]
pub struct App(Arc<Shared>);

pub struct Shared {
    pub config: Config,
    pub directory: Directory,
}

impl Deref for App {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    /// Opens the pools. The databases must be migrated.
    pub async fn start(config: Config) -> Result<Self, DirectoryError> {
        let directory = Directory::connect(&config.databases()).await?;
        Ok(Self(Arc::new(Shared { config, directory })))
    }
}
