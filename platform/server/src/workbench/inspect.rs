//! `switchyard plugin check`: what a server would say at an upload, a line for each thing, and what would be right.

use super::{Workbench, found::{Found, TARGET, Usage}};
use std::time::Instant;
use switchyard_host::{
    ComponentDigest, LoadError,
    describe::{self, Description, Form},
    gate::{self, Refusal},
    manifest::{Declares, Manifest, PluginKind},
};

/// What was seen, in the order of the gate's steps; the last is the reason when it is refused.
#[derive(Default)]
pub struct Inspection {
    pub lines: Vec<(&'static str, String)>,
    pub refused: Option<Refused>,
}

pub struct Refused {
    pub reason: String,
    pub right: String,
}

impl Inspection {
    fn say(&mut self, about: &'static str, what: impl Into<String>) {
        self.lines.push((about, what.into()));
    }
}

fn refused<T>(reason: impl Into<String>, right: impl Into<String>) -> Result<T, Refused> {
    Err(Refused { reason: reason.into(), right: right.into() })
}

pub async fn inspect(bench: &Workbench, found: &Found) -> Inspection {
    let mut seen = Inspection::default();
    seen.refused = steps(bench, found, &mut seen).await.err();
    seen
}

async fn steps(bench: &Workbench, found: &Found, seen: &mut Inspection) -> Result<(), Refused> {
    let form = Form::of(&found.bytes);
    seen.say("file", format!("{}, {} bytes, {}", found.what, found.bytes.len(), form.word()));
    let component = match found.component() {
        Ok(component) => component,
        Err(Usage(reason)) => return refused(reason, format!("`cargo build --target {TARGET} --release` makes a core module, which is packed here; `wat2wasm` and others make it of text")),
    };
    if form == Form::CoreModule {
        seen.say("packed", format!("a component of {} bytes", component.len()));
    }
    let digest = ComponentDigest::of(&component);
    seen.say("digest", format!("sha256:{digest}"));
    let told = describe::describe(&component);
    let world = told.kind();
    seen.say("world", world.map_or_else(|| format!("none of ours; exports {}", list(&told.exports)), |kind| format!("{}; exports {}", kind.word(), list(&told.exports))));
    seen.say("imports", list(&told.imports));
    seen.say("sizes", sizes(&told));
    let manifest = match found.manifest() {
        Ok(manifest) => manifest,
        Err(Usage(reason)) => return refused(reason, "a manifest such as {\"kind\": \"channel-connector\", \"name\": \"my-shop\", \"version\": \"0.1.0\", \"channel\": \"my_shop\", \"declares\": {}}"),
    };
    seen.say("manifest", format!("{} {} {}{}", manifest.kind.word(), manifest.name, manifest.version, manifest.channel.as_ref().map(|channel| format!(", channel {channel}")).unwrap_or_default()));
    seen.say("declares", declares(&manifest));
    if manifest.kind == PluginKind::CommissionRule {
        return refused("plugins of the kind commission-rule are not run by this version", "a channel-connector or a credit-policy");
    }
    if let Some(made_for) = world.filter(|made_for| *made_for != manifest.kind) {
        return refused(format!("the manifest says {}, the component is made for {}", manifest.kind.word(), made_for.word()), format!("\"kind\": \"{}\" in the manifest, or the other component", made_for.word()));
    }
    if let Err(refusal) = gate::check(describe::engine_of(manifest.kind), &component) {
        return refused(refusal.to_string(), right(&refusal, manifest.kind));
    }
    if world.is_none() {
        return refused(format!("the component does not export what a {} has", manifest.kind.word()), right(&Refusal::MissingExport(""), manifest.kind));
    }
    let started = Instant::now();
    let loaded = match manifest.kind {
        PluginKind::CreditPolicy => bench.host.load_policy(&component).await,
        _ => bench.host.load_connector(&component).await,
    };
    match loaded {
        Ok(_) => seen.say("compiled", format!("in the limited child process and linked, {} ms; engine {}", started.elapsed().as_millis(), hex::encode(bench.host.fingerprint_of(manifest.kind)))),
        Err(LoadError::InvalidComponent(reason)) => return refused(reason, "a component for the world of wit/v0.1.0 as it is now: build it again with the current kit"),
        Err(other) => return refused(format!("it could not be tried: {other}"), "this is no fault of the plugin: try again"),
    }
    Ok(())
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "nothing".into() } else { names.join(", ") }
}

fn sizes(told: &Description) -> String {
    format!("{} core modules, {} functions, {} bytes of code, {} KiB of memory at the start", told.core_modules, told.functions, told.code_bytes, told.initial_memory_bytes / 1024)
}

fn declares(manifest: &Manifest) -> String {
    let Declares { hosts, secrets, config, kv_bytes, data } = &manifest.declares;
    let marked = |name: &str, required: bool| if required { format!("{name} (required)") } else { name.to_owned() };
    let parts = [
        ("hosts", hosts.clone()),
        ("secrets", secrets.iter().map(|secret| marked(&secret.name, secret.required)).collect()),
        ("settings", config.iter().map(|setting| marked(&setting.key, setting.required)).collect()),
        ("a store of", if *kv_bytes > 0 { vec![format!("{kv_bytes} bytes")] } else { Vec::new() }),
        ("personal data", data.clone()),
    ];
    let told: Vec<String> = parts.into_iter().filter(|(_, names)| !names.is_empty()).map(|(what, names)| format!("{what} {}", names.join(", "))).collect();
    if told.is_empty() { "nothing".into() } else { told.join("; ") }
}

/// What would have been right instead.
fn right(refusal: &Refusal, kind: PluginKind) -> String {
    match refusal {
        Refusal::TooLarge(_) => "a release build with `opt-level = \"s\"`, `lto = true`, `strip = true` and `panic = \"abort\"`".into(),
        Refusal::NotAComponent => format!("a component, or a core module built for {TARGET}"),
        Refusal::Import(name, _) if name.starts_with("wasi:") => format!("a build for {TARGET}, not for WASI: a plugin has no files, no sockets and no clock but the host's"),
        Refusal::Import(..) if kind == PluginKind::CreditPolicy => "a policy imports nothing: what it must know is in the question".into(),
        Refusal::Import(..) => "a connector imports log, config, clock, signing, kv and http of switchyard:host@0.1.x, and nothing else".into(),
        Refusal::MissingExport(_) => "the type that implements the world, given to `export!` as `switchyard plugin new` writes it".into(),
        Refusal::Invalid(_) => "what a compiler for the component model wrote, unchanged; no threads, no exceptions, no garbage collection, no 64-bit memory".into(),
        Refusal::TooMany { .. } => "less of it: a release build with `lto = true`, and fewer or smaller dependencies".into(),
        Refusal::MultiMemory => "one memory in each core module".into(),
        Refusal::DuplicateSection(_) => "each custom section once".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_would_be_right() {
        let import = |name: &str| Refusal::Import(name.into(), "x");
        assert!(right(&import("wasi:cli/environment@0.2.0"), PluginKind::ChannelConnector).contains("not for WASI"));
        assert!(right(&import("switchyard:host/log@0.1.0"), PluginKind::CreditPolicy).contains("imports nothing"));
        assert!(right(&import("evil:host/files@1.0.0"), PluginKind::ChannelConnector).contains("nothing else"));
    }
}
