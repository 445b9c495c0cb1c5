//! Hostile components at the gate, in the compiler and in the cache.

use crate::hostile_guest::{Module, Plugins, account, config, delivery};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, time::{Duration, Instant}};
use switchyard_host::{Host, LoadError, engine::EngineKind, gate};

/// What the gate says, and how long it took. It runs in the compiler process; here it is asked directly.
fn refused(component: &[u8]) -> String {
    let started = Instant::now();
    let refusal = gate::check(EngineKind::Connector, component).expect_err("the gate refuses").to_string();
    // 50 ms in a release build; this one is slower by a factor.
    assert!(started.elapsed() < Duration::from_millis(500), "refused after {:?}: {refusal}", started.elapsed());
    assert!(refusal.len() < 600 && !refusal.chars().any(char::is_control), "{refusal:?}");
    refusal
}

fn text(wat: &str) -> Vec<u8> {
    wat::parse_str(wat).unwrap_or_else(|e| panic!("{e}"))
}

/// Appends sections to a component: a core module, instantiated so many times.
fn with_instances(component: &[u8], module: &[u8], times: usize) -> Vec<u8> {
    fn leb(mut n: usize, out: &mut Vec<u8>) {
        loop {
            let byte = (n & 0x7f) as u8;
            n >>= 7;
            out.push(if n == 0 { byte } else { byte | 0x80 });
            if n == 0 {
                return;
            }
        }
    }
    fn read_leb(bytes: &[u8], at: &mut usize) -> usize {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = bytes[*at];
            *at += 1;
            value |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return value;
            }
            shift += 7;
        }
    }
    let section = |id: u8, body: &[u8], out: &mut Vec<u8>| {
        out.push(id);
        leb(body.len(), out);
        out.extend_from_slice(body);
    };
    // Core modules (section 1) at the top level give the new module its index.
    let (mut at, mut modules) = (8, 0);
    while at < component.len() {
        let id = component[at];
        at += 1;
        let size = read_leb(component, &mut at);
        at += size;
        modules += usize::from(id == 1);
    }
    let mut out = component.to_vec();
    section(1, module, &mut out);
    let mut instances = Vec::new();
    leb(times, &mut instances);
    for _ in 0..times {
        instances.push(0); // instantiate
        leb(modules, &mut instances);
        instances.push(0); // without arguments
    }
    section(2, &instances, &mut out);
    out
}

fn resident_bytes() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").expect("Linux");
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).expect("resident pages") * 4096
}

#[tokio::test]
async fn hostile_5_many_memories() {
    let plugins = Plugins::start().await;
    let friendly = Module::default().component();
    let module = text("(module (memory 256))"); // 16 MiB
    let refused = plugins.host.load_connector(&with_instances(&friendly, &module, 40)).await.expect_err("forty memories are refused");
    assert!(matches!(&refused, LoadError::InvalidComponent(reason) if reason.contains("memor")), "{refused}");
    // Few enough memories, too much in all: stopped at the sum, before anything is touched.
    let before = resident_bytes();
    let large = text("(module (memory 511) (func (memory.fill (i32.const 0) (i32.const 1) (i32.const 1000))) (start 0))");
    let account = account(plugins.host.load_connector(&with_instances(&friendly, &large, 3)).await.expect("three memories of 32 MiB pass the gate"));
    assert_eq!(plugins.code_of(&account).await, "limit.memory");
    let grown = resident_bytes().saturating_sub(before);
    println!("resident memory grew by {grown} bytes");
    assert!(grown < 66 << 20, "{grown}");
    let two_memories = Module { memory: r#"(memory (export "memory") 2) (memory 1)"#, ..Module::default() };
    assert!(self::refused(&two_memories.component()).contains("more than one memory"));
    plugins.canary_works().await;
}

#[test]
fn hostile_6_tables_that_begin_enormous() {
    for table in ["(table 20001 funcref)", "(table 4294967295 funcref)"] {
        let module = Module { extra: table.into(), ..Module::default() };
        assert!(refused(&module.component()).contains("elements in a table"));
    }
    let module = Module { memory: r#"(memory (export "memory") 513)"#, ..Module::default() };
    assert!(refused(&module.component()).contains("pages of initial memory"));
}

#[tokio::test]
async fn hostile_22_what_is_not_a_component() {
    let plugins = Plugins::start().await;
    let good = Module::default().component();
    gate::check(EngineKind::Connector, &good).expect("the whole one passes");
    // Only what follows the export (names and producers, custom sections) may be missing.
    let whole: Vec<usize> = (0..good.len()).filter(|cut| gate::check(EngineKind::Connector, &good[..*cut]).is_ok()).collect();
    assert!(whole.len() <= 3, "cut at {whole:?} of {}", good.len());
    for cut in whole {
        let digest = plugins.host.load_connector(&good[..cut]).await.expect("a component without its last custom sections is whole");
        assert!(plugins.host.receive(&account(digest), delivery(b"{}")).await.unwrap().is_ok());
    }
    // Bit flips: refused or compiled, never a panic, never a broken host.
    let seed = kit::seed("hostile_22");
    let mut random = StdRng::seed_from_u64(seed);
    let mut passed = Vec::new();
    for _ in 0..20_000 {
        let mut flipped = good.clone();
        for _ in 0..random.random_range(1..4) {
            let at = random.random_range(8..flipped.len());
            flipped[at] ^= 1 << random.random_range(0..8);
        }
        if gate::check(EngineKind::Connector, &flipped).is_ok() && flipped != good {
            passed.push(flipped);
        }
    }
    println!("{} of 20000 flipped components pass the gate", passed.len());
    for flipped in passed.iter().take(12) {
        if let Ok(digest) = plugins.host.load_connector(flipped).await {
            let _ = plugins.host.receive(&account(digest), delivery(b"{}")).await;
        }
    }
    let core = Module::default().core();
    for (what, bytes) in [("nothing", &b""[..]), ("text", b"(component)"), ("a core module", &core), ("a picture", b"\x89PNG\r\n\x1a\n"), ("half", &good[..good.len() / 2])] {
        let error = plugins.host.load_connector(bytes).await.expect_err(what);
        assert!(matches!(&error, LoadError::InvalidComponent(_)), "{what}: {error}");
    }
    plugins.canary_works().await;
}

#[test]
fn hostile_23_too_many_of_everything() {
    let many = |count: usize, item: &dyn Fn(usize) -> String| (0..count).map(item).collect::<Vec<_>>().join("\n");
    let nested = |depth: usize| format!("{}{}", "(component ".repeat(depth), ")".repeat(depth));
    for (what, component, reason) in [
        ("imports", format!("(component {})", many(10_000, &|i| format!("(import \"a{i}\" (func))"))), "imports"),
        ("exports", format!("(component (import \"switchyard:host/log@0.1.0\" (instance $i (export \"write\" (func)))) (alias export $i \"write\" (func $f)) {})", many(10_000, &|i| format!("(export \"e{i}\" (func $f))"))), "exports"),
        ("types", format!("(component {})", many(10_001, &|_| "(type string)".into())), "types"),
        ("core imports", format!("(component (core module {}))", many(10_000, &|i| format!("(import \"a\" \"b{i}\" (func))"))), "imports of a module"),
        ("functions", format!("(component (core module {}))", many(20_001, &|_| "(func)".into())), "functions"),
        ("modules", format!("(component {})", many(201, &|_| "(core module)".into())), "core modules"),
        ("nesting", nested(100), "levels of nesting"),
        ("a long name", format!("(component (import \"{}\" (func)))", "a".repeat(100_000)), "bytes in a name"),
        ("custom sections", format!("(component {})", many(300, &|i| format!("(@custom \"c{i}\" \"\")"))), "custom sections"),
        ("the same custom section", "(component (@custom \"c\" \"x\") (@custom \"c\" \"y\"))".into(), "twice"),
    ] {
        let refusal = refused(&text(&component));
        assert!(refusal.contains(reason), "{what}: {refusal}");
    }
    assert!(refused(&vec![0; gate::COMPONENT_BYTES_MAX + 1]).contains("at most"));
}

#[tokio::test]
async fn hostile_24_what_breaks_or_tires_the_compiler() {
    let plugins = Plugins::start().await;
    let before = resident_bytes();
    // Refused by the gate, in the child.
    let huge_body = format!("(component (core module (func {})))", "(drop (i32.const 1))".repeat(400_000));
    let br_table = format!("(component (core module (func (block (br_table {} (i32.const 0))))))", "0 ".repeat(1_000_000));
    let functions = format!("(component (core module {}))", "(func)".repeat(100_000));
    for component in [huge_body, br_table, functions] {
        let error = plugins.host.load_connector(&text(&component)).await.expect_err("refused");
        assert!(matches!(&error, LoadError::InvalidComponent(reason) if reason.contains("too many")), "{error}");
        plugins.canary_works().await;
    }
    // Within the caps and hard work: three thousand values alive at once, in many functions. Compiled or given up.
    let values = 3_000;
    let locals = "i64 ".repeat(values);
    let gets: String = (0..values).map(|i| format!("local.get {i} i64.const {i} i64.mul local.set {i} ")).collect();
    let sum = format!("{} {}", (0..values).map(|i| format!("local.get {i} ")).collect::<String>(), "i64.add ".repeat(values - 1));
    let module = Module { extra: format!("(func (result i64) (local {locals}) {gets} {sum})").repeat(4), ..Module::default() };
    let component = module.component();
    match plugins.host.load_connector(&component).await {
        Ok(digest) => assert!(plugins.host.receive(&account(digest), delivery(b"{}")).await.is_ok()),
        Err(error) => assert!(matches!(&error, LoadError::InvalidComponent(_)), "{error}"),
    }
    // Texts between two memories: with multi-memory switched off the compiler panics and aborts at this (see the engine's
    // settings).
    let digest = plugins.host.load_connector(&with_a_composition(Module::default().component())).await.expect("fused adapters compile");
    assert!(plugins.host.receive(&account(digest), delivery(b"{}")).await.is_ok());
    let grown = resident_bytes().saturating_sub(before);
    println!("resident memory grew by {grown} bytes");
    assert!(grown < 200 << 20, "{grown}: compiling happens elsewhere");
    plugins.canary_works().await;
}

/// The component with another one inside that composes two: one gives the other a text, through an adapter between their
/// memories. It is instantiated, so that it is compiled.
fn with_a_composition(mut component: Vec<u8>) -> Vec<u8> {
    let realloc = r#"(func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 16)"#;
    let composition = wat::parse_str(format!(
        r#"(component
             (component $taker
               (core module $m (memory (export "memory") 1) {realloc} (func (export "take") (param i32 i32)))
               (core instance $i (instantiate $m))
               (func (export "take") (param "text" string) (canon lift (core func $i "take") (memory $i "memory") (realloc (func $i "realloc")))))
             (component $giver
               (import "take" (func $take (param "text" string)))
               (core module $store (memory (export "memory") 1) {realloc})
               (core instance $s (instantiate $store))
               (core func $give (canon lower (func $take) (memory $s "memory") string-encoding=utf16))
               (core module $m (import "to" "take" (func $take (param i32 i32))) (func (export "run") (call $take (i32.const 0) (i32.const 4))))
               (core instance $i (instantiate $m (with "to" (instance (export "take" (func $give))))))
               (func (export "run") (canon lift (core func $i "run"))))
             (instance $t (instantiate $taker))
             (instance $g (instantiate $giver (with "take" (func $t "take")))))"#
    ))
    .expect("the composition parses");
    let mut sections = component.get(8..).unwrap_or_default();
    let mut components = 0;
    while let Some((&id, rest)) = sections.split_first() {
        components += u32::from(id == COMPONENT_SECTION);
        let (size, after) = leb128(rest);
        sections = after.get(size..).unwrap_or_default();
    }
    let mut instance = vec![1, 0];
    push_leb128(&mut instance, components);
    instance.push(0);
    for (id, content) in [(COMPONENT_SECTION, composition), (INSTANCE_SECTION, instance)] {
        component.push(id);
        push_leb128(&mut component, u32::try_from(content.len()).expect("small"));
        component.extend(content);
    }
    component
}

// Component binary format, section ids.
const COMPONENT_SECTION: u8 = 4;
const INSTANCE_SECTION: u8 = 5;

fn leb128(bytes: &[u8]) -> (usize, &[u8]) {
    let end = bytes.iter().position(|byte| byte & 0x80 == 0).expect("a number ends");
    let value = bytes.iter().take(end + 1).rev().fold(0, |value, byte| (value << 7) | usize::from(byte & 0x7f));
    (value, bytes.get(end + 1..).unwrap_or_default())
}

fn push_leb128(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7f).expect("seven bits") | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).expect("seven bits"));
}

#[tokio::test]
async fn compile_1_a_compiler_that_dies_harms_nobody() {
    let plugins = Plugins::start().await;
    let good = Module { extra: "(func)".into(), ..Module::default() }.component();
    for (program, expected) in [("/bin/false", "too costly"), ("/bin/true", "too costly"), ("/nonexistent/compiler", "cannot be run")] {
        let cache = tempfile::tempdir().unwrap();
        let host = Host::start(switchyard_host::HostConfig { compiler: program.into(), ..config(cache.path()) }).unwrap();
        let error = host.load_connector(&good).await.expect_err(program).to_string();
        assert!(error.contains(expected), "{program}: {error}");
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 0, "nothing is kept");
    }
    plugins.canary_works().await;
}

#[tokio::test]
async fn compile_2_the_compiler_has_no_environment_and_no_files() {
    let cache = tempfile::tempdir().unwrap();
    let told = cache.path().join("told");
    let spy = cache.path().join("spy.sh");
    fs::write(&spy, format!("#!/bin/sh\n/usr/bin/env > {}\nexit 1\n", told.display())).unwrap();
    fs::set_permissions(&spy, fs::Permissions::from_mode(0o755)).unwrap();
    let host = Host::start(switchyard_host::HostConfig { compiler: spy, ..config(&cache.path().join("cache")) }).unwrap();
    host.load_connector(&Module::default().component()).await.expect_err("the spy compiles nothing");
    let environment = fs::read_to_string(told).unwrap();
    let names: Vec<&str> = environment.lines().filter_map(|line| line.split('=').next()).filter(|name| !["PWD", "_", "SHLVL", "OLDPWD"].contains(name)).collect();
    assert!(names.iter().all(|name| ["RAYON_NUM_THREADS", "MALLOC_ARENA_MAX"].contains(name)), "{names:?}");
}

#[test]
fn hostile_28_imports_beyond_the_world() {
    for import in ["wasi:sockets/tcp@0.2.0", "wasi:cli/environment@0.2.0", "switchyard:host/http@0.2.0", "switchyard:host/admin@0.1.0", "switchyard:host/log", "env"] {
        let refusal = refused(&text(&format!("(component (import \"{import}\" (instance)))")));
        assert!(refusal.contains(import), "the import is named: {refusal}");
    }
    // A rule is pure: even what a connector may import is too much.
    let connector = Module { imports: r#"(import "switchyard:host/http@0.1.0" "send" (func (param i32 i32)))"#, ..Module::default() }.component();
    let refusal = gate::check(EngineKind::Rule, &connector).expect_err("a rule imports nothing").to_string();
    assert!(refusal.contains("switchyard:"), "{refusal}");
    assert!(refused(&text("(component)")).contains("does not export"));
}

#[tokio::test]
async fn a_world_of_the_right_names_and_wrong_types_is_refused() {
    let plugins = Plugins::start().await;
    let error = plugins.host.load_connector(&text(r#"(component
        (core module $m (func (export "f") (param i32))) (core instance $i (instantiate $m))
        (func $f (param "x" u32) (canon lift (core func $i "f")))
        (instance $c (export "receive" (func $f))) (export "switchyard:plugin/connector@0.1.0" (instance $c)))"#)).await;
    assert!(matches!(&error, Err(LoadError::InvalidComponent(reason)) if reason.contains("not a channel connector")), "{error:?}");
    plugins.canary_works().await;
}

#[tokio::test]
async fn hostile_35_forged_native_code() {
    let cache = tempfile::tempdir().unwrap();
    let component = Module::default().component();
    let file = || -> PathBuf { fs::read_dir(cache.path()).unwrap().map(|e| e.unwrap().path()).find(|p| p.extension().is_some_and(|e| e == "cwasm")).expect("a compiled file") };
    let works = async || {
        let host = Host::start(config(cache.path())).unwrap();
        let digest = host.load_connector(&component).await.expect("it loads, compiled again where needed");
        assert!(host.receive(&account(digest), delivery(b"{}")).await.unwrap().is_ok());
    };
    works().await;
    let genuine = fs::read(file()).unwrap();
    assert_eq!(fs::metadata(file()).unwrap().permissions().mode() & 0o777, 0o444);
    let written = fs::metadata(file()).unwrap().modified().unwrap();
    works().await;
    assert_eq!(fs::metadata(file()).unwrap().modified().unwrap(), written, "a genuine file is used as it is");

    let path = file();
    let plant = |bytes: &[u8]| {
        fs::remove_file(&path).unwrap();
        fs::write(&path, bytes).unwrap();
    };
    let mut edited = genuine.clone();
    *edited.last_mut().unwrap() ^= 1;
    // Native code of another component, genuine but under a foreign name.
    let other_cache = tempfile::tempdir().unwrap();
    let other_host = Host::start(config(other_cache.path())).unwrap();
    other_host.load_connector(&Module::receive("unreachable").component()).await.unwrap();
    let other = fs::read(fs::read_dir(other_cache.path()).unwrap().next().unwrap().unwrap().path()).unwrap();
    for (what, forged) in [("edited", edited), ("without its MAC", genuine[32..].to_vec()), ("of another component", other), ("empty", vec![]), ("cut", genuine[..genuine.len() / 2].to_vec()), ("short", vec![0; 31])] {
        plant(&forged);
        works().await;
        assert_eq!(fs::read(&path).unwrap()[32..], genuine[32..], "{what}: compiled again");
    }
    // Another server's key is no key here.
    let foreign = Host::start(switchyard_host::HostConfig { cache_key: [8; 32], ..config(cache.path()) }).unwrap();
    foreign.load_connector(&component).await.expect("compiled again under its own key");
    assert_ne!(fs::read(&path).unwrap()[..32], genuine[..32]);
}
