//! `switchyard-pack MODULE COMPONENT`: turns a core module built for wasm32-unknown-unknown into a component.
//!
//! The module carries its world in a custom section that wit-bindgen wrote, so nothing else is needed.

use anyhow::{Context, Result, bail};
use wit_component::ComponentEncoder;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [module, component] = arguments.as_slice() else { bail!("usage: switchyard-pack MODULE COMPONENT") };
    let bytes = std::fs::read(module).with_context(|| format!("reading {module}"))?;
    let packed = ComponentEncoder::default()
        .module(&bytes)
        .with_context(|| format!("{module} is not a module built with wit-bindgen"))?
        .validate(true)
        .encode()
        .with_context(|| format!("making a component of {module}"))?;
    std::fs::write(component, packed).with_context(|| format!("writing {component}"))
}
