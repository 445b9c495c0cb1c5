//! What a file is, for the person who made it: told before anyone asks whether it is accepted. Reads and counts only.

use crate::{engine::EngineKind, manifest::PluginKind};
use wasmparser::{Encoding, Parser, Payload};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Component,
    /// What a compiler makes for wasm32-unknown-unknown; it becomes a component by packing.
    CoreModule,
    /// The text format.
    Text,
    Unknown,
}

impl Form {
    pub fn of(bytes: &[u8]) -> Self {
        if Parser::is_component(bytes) {
            Form::Component
        } else if Parser::is_core_wasm(bytes) {
            Form::CoreModule
        } else if bytes.trim_ascii_start().starts_with(b"(") {
            Form::Text
        } else {
            Form::Unknown
        }
    }
    pub fn word(self) -> &'static str {
        match self {
            Form::Component => "a component",
            Form::CoreModule => "a core module",
            Form::Text => "WebAssembly text",
            Form::Unknown => "not WebAssembly",
        }
    }
}

/// What stands in a component, as far as it can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// Interfaces the component itself imports and exports; its inner modules' are not its own.
    pub imports: Vec<String>,
    pub exports: Vec<String>,
    pub core_modules: usize,
    pub functions: u64,
    pub code_bytes: u64,
    /// Of all memories together, before the first instruction.
    pub initial_memory_bytes: u64,
}

impl Description {
    /// By what it exports: the world it is made for.
    pub fn kind(&self) -> Option<PluginKind> {
        let exports = |interface: &str| self.exports.iter().any(|name| name.split('@').next() == Some(interface));
        if exports("switchyard:plugin/connector") {
            Some(PluginKind::ChannelConnector)
        } else if exports("switchyard:plugin/credit") {
            Some(PluginKind::CreditPolicy)
        } else {
            None
        }
    }
}

/// The engine a kind runs in.
pub fn engine_of(kind: PluginKind) -> EngineKind {
    match kind {
        PluginKind::ChannelConnector => EngineKind::Connector,
        PluginKind::CommissionRule | PluginKind::CreditPolicy => EngineKind::Rule,
    }
}

/// Reads as far as it is WebAssembly; the gate says what is wrong with the rest.
pub fn describe(bytes: &[u8]) -> Description {
    const PAGE: u64 = 65_536;
    let (mut told, mut depth) = (Description::default(), 0_usize);
    for payload in Parser::new(0).parse_all(bytes) {
        let Ok(payload) = payload else { break };
        match payload {
            Payload::Version { encoding, .. } => {
                depth += 1;
                told.core_modules += usize::from(encoding == Encoding::Module);
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::FunctionSection(section) => told.functions += u64::from(section.count()),
            Payload::CodeSectionEntry(body) => told.code_bytes += body.range().len() as u64,
            Payload::MemorySection(section) => {
                let pages: u64 = section.into_iter().filter_map(Result::ok).map(|memory| memory.initial).fold(0, u64::saturating_add);
                told.initial_memory_bytes = told.initial_memory_bytes.saturating_add(pages.saturating_mul(PAGE));
            }
            Payload::ComponentImportSection(section) if depth == 1 => {
                told.imports.extend(section.into_iter().filter_map(Result::ok).map(|import| import.name.name.to_owned()));
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                told.exports.extend(section.into_iter().filter_map(Result::ok).map(|export| export.name.name.to_owned()));
            }
            _ => {}
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart() {
        for (bytes, form) in [
            (&b"\0asm\x0d\0\x01\0"[..], Form::Component),
            (b"\0asm\x01\0\0\0", Form::CoreModule),
            (b"  (component)", Form::Text),
            (b"PK\x03\x04", Form::Unknown),
            (b"", Form::Unknown),
        ] {
            assert_eq!(Form::of(bytes), form, "{bytes:?}");
        }
        assert_eq!(describe(b"\0asm\x0d\0\x01\0").kind(), None);
    }
}
