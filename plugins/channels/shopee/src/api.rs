use switchyard_sdk::{Fetched, PluginError, Pulled, Reference, Window};
pub fn fetch(_references: &[Reference]) -> Result<Fetched, PluginError> {
    Err(PluginError::Unsupported("not yet".into()))
}
pub fn pull(_window: &Window) -> Result<Pulled, PluginError> {
    Err(PluginError::Unsupported("not yet".into()))
}
