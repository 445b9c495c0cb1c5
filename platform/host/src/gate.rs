//! What a component must be before anything compiles it.
//!
//! Runs in the compiler process. First a walk that only counts, cheap whatever the bytes say; then the validator with
//! exactly the engines' features. wasmparser's own caps are far too loose here (a million functions).
//! Invariant GATE-1: nothing is compiled that the gate has not passed.

use crate::engine::{EngineKind, TABLE_ELEMENTS};
use std::collections::HashSet;
use wasmparser::{Encoding, Parser, Payload, Validator, WasmFeatures};

pub const COMPONENT_BYTES_MAX: usize = 20 << 20;
const MODULES_MAX: usize = 200;
/// SpiderMonkey guests have 12,584 functions.
const FUNCTIONS_MAX: u64 = 20_000;
const FUNCTION_BYTES_MAX: usize = 100_000;
const COMPONENT_IMPORTS_MAX: u64 = 64;
const COMPONENT_EXPORTS_MAX: u64 = 64;
/// Core modules of linked guests (Python) import from each other.
const MODULE_IMPORTS_MAX: u64 = 2_000;
const MODULE_EXPORTS_MAX: u64 = 5_000;
const TYPES_MAX: u64 = 10_000;
const ITEMS_MAX: u64 = 50_000;
const NESTING_MAX: usize = 8;
const NAME_BYTES_MAX: usize = 1_024;
const CUSTOM_SECTIONS_MAX: usize = 64;
const INITIAL_MEMORY_PAGES_MAX: u64 = (32 << 20) / 65_536;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{0} bytes: a component may have at most {COMPONENT_BYTES_MAX}")]
    TooLarge(usize),
    #[error("not a WebAssembly component: expected the binary format, not text, not a core module")]
    NotAComponent,
    #[error("not valid WebAssembly: {0}")]
    Invalid(String),
    #[error("too many {what}: {count}, at most {limit} are accepted")]
    TooMany { what: &'static str, count: u64, limit: u64 },
    #[error("imports {0:?}, which a {1} may not have")]
    Import(String, &'static str),
    #[error("does not export {0:?}")]
    MissingExport(&'static str),
    #[error("a core module has more than one memory")]
    MultiMemory,
    #[error("the custom section {0:?} appears twice")]
    DuplicateSection(String),
}

/// The features both engines run with (see `engine::compile_settings`).
fn features() -> WasmFeatures {
    WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::SIMD
        | WasmFeatures::FLOATS
        | WasmFeatures::MULTI_MEMORY
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::COMPONENT_MODEL
}

/// What each kind may import and must export. Versions 0.1.x are compatible with each other (component-model
/// semver); the interfaces `types` and `facts` hold types only.
struct World {
    name: &'static str,
    imports: &'static [&'static str],
    export: &'static str,
}

fn world(kind: EngineKind) -> World {
    match kind {
        EngineKind::Connector => World {
            name: "channel-connector",
            imports: &[
                "switchyard:plugin/types", "switchyard:plugin/facts", "switchyard:host/log", "switchyard:host/config",
                "switchyard:host/clock", "switchyard:host/signing", "switchyard:host/kv", "switchyard:host/http",
            ],
            export: "switchyard:plugin/connector",
        },
        // Rules are pure: that they import nothing is what makes a verdict replayable.
        EngineKind::Rule => World { name: "rule", imports: &["switchyard:plugin/types"], export: "switchyard:plugin/" },
    }
}

/// `switchyard:host/log@0.1.3` is the interface `switchyard:host/log` in a version this host speaks.
fn interface(name: &str) -> Option<&str> {
    let (interface, version) = name.split_once('@')?;
    version.strip_prefix("0.1.").filter(|patch| !patch.is_empty() && patch.bytes().all(|b| b.is_ascii_digit())).map(|_| interface)
}

/// Counts of one module or component while it is being walked.
#[derive(Default)]
struct Level {
    module: bool,
    memories: u64,
    custom_sections: HashSet<String>,
}

#[derive(Default)]
struct Counts {
    modules: u64,
    functions: u64,
    types: u64,
    items: u64,
    custom_sections: u64,
}

fn at_most(what: &'static str, count: u64, limit: u64) -> Result<(), Refusal> {
    if count > limit { Err(Refusal::TooMany { what, count, limit }) } else { Ok(()) }
}
fn bad(error: wasmparser::Error) -> Refusal {
    Refusal::Invalid(error.to_string().chars().take(300).collect())
}
fn name_fits(name: &str) -> Result<(), Refusal> {
    at_most("bytes in a name", name.len() as u64, NAME_BYTES_MAX as u64)
}

/// Accepts or refuses a component.
pub fn check(kind: EngineKind, bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.len() > COMPONENT_BYTES_MAX {
        return Err(Refusal::TooLarge(bytes.len()));
    }
    if !Parser::is_component(bytes) {
        return Err(Refusal::NotAComponent);
    }
    count(kind, bytes)?;
    Validator::new_with_features(features()).validate_all(bytes).map_err(bad)?;
    Ok(())
}

fn count(kind: EngineKind, bytes: &[u8]) -> Result<(), Refusal> {
    let world = world(kind);
    let (mut counts, mut levels, mut exported) = (Counts::default(), Vec::<Level>::new(), false);
    let mut parser = Parser::new(0);
    parser.set_features(features());
    for payload in parser.parse_all(bytes) {
        match payload.map_err(bad)? {
            Payload::Version { encoding, .. } => {
                let module = encoding == Encoding::Module;
                levels.push(Level { module, ..Level::default() });
                at_most("levels of nesting", levels.len() as u64, NESTING_MAX as u64)?;
                counts.modules += u64::from(module);
                at_most("core modules", counts.modules, MODULES_MAX as u64)?;
            }
            Payload::End(_) => {
                levels.pop();
            }
            Payload::TypeSection(s) => counts.add_types(s.count())?,
            Payload::CoreTypeSection(s) => counts.add_types(s.count())?,
            Payload::ComponentTypeSection(s) => counts.add_types(s.count())?,
            Payload::FunctionSection(s) => {
                counts.functions += u64::from(s.count());
                at_most("functions", counts.functions, FUNCTIONS_MAX)?;
            }
            Payload::CodeSectionEntry(body) => {
                at_most("bytes in a function", body.range().len() as u64, FUNCTION_BYTES_MAX as u64)?;
            }
            Payload::ImportSection(s) => {
                at_most("imports of a module", s.count().into(), MODULE_IMPORTS_MAX)?;
                let mut imports = 0;
                for import in s.into_imports() {
                    let import = import.map_err(bad)?;
                    imports += 1;
                    at_most("imports of a module", imports, MODULE_IMPORTS_MAX)?;
                    name_fits(import.module)?;
                    name_fits(import.name)?;
                    if let wasmparser::TypeRef::Memory(memory) = import.ty {
                        levels.last_mut().map_or(Ok(()), |l| l.add_memory(memory.initial))?;
                    }
                }
            }
            Payload::ExportSection(s) => {
                at_most("exports of a module", s.count().into(), MODULE_EXPORTS_MAX)?;
                for export in s {
                    name_fits(export.map_err(bad)?.name)?;
                }
            }
            Payload::MemorySection(s) => {
                for memory in s {
                    let memory = memory.map_err(bad)?;
                    levels.last_mut().map_or(Ok(()), |l| l.add_memory(memory.initial))?;
                }
            }
            Payload::TableSection(s) => {
                for table in s {
                    at_most("elements in a table", table.map_err(bad)?.ty.initial, TABLE_ELEMENTS as u64)?;
                }
            }
            Payload::ComponentImportSection(s) => {
                at_most("imports of a component", s.count().into(), COMPONENT_IMPORTS_MAX)?;
                for import in s {
                    let name = import.map_err(bad)?.name.name;
                    name_fits(name)?;
                    if levels.len() == 1 && !interface(name).is_some_and(|i| world.imports.contains(&i)) {
                        return Err(Refusal::Import(name.chars().take(120).collect(), world.name));
                    }
                }
            }
            Payload::ComponentExportSection(s) => {
                at_most("exports of a component", s.count().into(), COMPONENT_EXPORTS_MAX)?;
                for export in s {
                    let name = export.map_err(bad)?.name.name;
                    name_fits(name)?;
                    exported |= levels.len() == 1 && interface(name).is_some_and(|i| i.starts_with(world.export));
                }
            }
            Payload::InstanceSection(s) => counts.add_items(s.count())?,
            Payload::ComponentInstanceSection(s) => counts.add_items(s.count())?,
            Payload::ComponentAliasSection(s) => counts.add_items(s.count())?,
            Payload::ComponentCanonicalSection(s) => counts.add_items(s.count())?,
            Payload::GlobalSection(s) => counts.add_items(s.count())?,
            Payload::ElementSection(s) => counts.add_items(s.count())?,
            Payload::DataSection(s) => counts.add_items(s.count())?,
            Payload::CustomSection(s) => {
                counts.custom_sections += 1;
                at_most("custom sections", counts.custom_sections, (CUSTOM_SECTIONS_MAX + MODULES_MAX) as u64)?;
                name_fits(s.name())?;
                if levels.last_mut().is_some_and(|l| !l.custom_sections.insert(s.name().to_owned())) {
                    return Err(Refusal::DuplicateSection(s.name().chars().take(60).collect()));
                }
            }
            _ => {}
        }
    }
    if exported { Ok(()) } else { Err(Refusal::MissingExport(world.export)) }
}

impl Counts {
    fn add_types(&mut self, more: u32) -> Result<(), Refusal> {
        self.types += u64::from(more);
        at_most("types", self.types, TYPES_MAX)
    }
    fn add_items(&mut self, more: u32) -> Result<(), Refusal> {
        self.items += u64::from(more);
        at_most("items", self.items, ITEMS_MAX)
    }
}

impl Level {
    fn add_memory(&mut self, initial_pages: u64) -> Result<(), Refusal> {
        self.memories += 1;
        if self.module && self.memories > 1 {
            return Err(Refusal::MultiMemory);
        }
        at_most("pages of initial memory", initial_pages, INITIAL_MEMORY_PAGES_MAX)
    }
}
