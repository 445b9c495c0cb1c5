//! `cargo xtask plugins`: builds the bundled connectors into `plugins/built`, with a lock file of digests.
//! `cargo xtask plugins --check` builds nothing and fails when a component is older than its sources.
//! `cargo xtask plugins FOLDER` builds somebody's own plugin in its folder, with the same toolchain.
//!
//! Compiling for wasm32 wants its standard library. It comes from rustup where rustup can fetch it, or else from Debian's
//! `rustc-web`, unpacked (never installed: it conflicts with rustup's) into `plugins/target/toolchain`. Versions in Debian
//! move, so they are asked of apt. Running the product needs neither: the built components are part of the tree.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// Folder under `plugins/` of each bundled component; the name of its folder is its name.
const BUNDLED: [&str; 14] = [
    "channels/haravan", "channels/kiotviet", "channels/lazada", "channels/line", "channels/meta", "channels/shopee", "channels/shopify", "channels/square",
    "channels/tiktok", "channels/vn-einvoice", "channels/woocommerce", "channels/zalo", "credit/limit-terms", "credit/risk",
];
/// What every component is built from besides its own folder.
const SHARED: [&str; 4] = ["wit/v0.1.0", "plugins/Cargo.toml", "plugins/Cargo.lock", "plugins/pack"];
/// The kit of a folder's plugins.
const KITS: [(&str, &str); 2] = [("channels/", "plugins/sdk"), ("credit/", "plugins/credit/kit")];
const TARGET: &str = "wasm32-unknown-unknown";
/// How long rustup may take to fetch the target: without a way to its server it waits for ever.
const RUSTUP_SECONDS_MAX: u64 = 60;

pub fn run(arguments: &[String]) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in the project")?.to_owned();
    match arguments {
        [] => build(&root),
        [flag] if flag == "--check" => check(&root),
        [folder] if Path::new(folder).join("Cargo.toml").is_file() => elsewhere(&root, Path::new(folder)),
        _ => bail!("usage: cargo xtask plugins [--check | FOLDER of a plugin's crate]"),
    }
}

fn name(folder: &str) -> &str {
    folder.rsplit('/').next().unwrap_or(folder)
}

/// Compares the digests of the lock file with the tree.
fn check(root: &Path) -> Result<()> {
    let path = root.join("plugins/built/lock.json");
    let lock: Value = serde_json::from_slice(&fs::read(&path).context("plugins/built/lock.json is missing: run `cargo xtask plugins`")?)?;
    for folder in BUNDLED {
        let name = name(folder);
        let entry = &lock["components"][name];
        let is = json!({"sources": sources(root, folder)?, "wasm": file_digest(&root.join(format!("plugins/built/{name}.wasm")))?, "manifest": manifest(root, folder)?.1});
        if *entry != is {
            bail!("plugins/built/{name}.wasm is stale: run `cargo xtask plugins` and commit plugins/built");
        }
        if fs::read(root.join(format!("plugins/built/{name}.json")))? != manifest(root, folder)?.0 {
            bail!("plugins/built/{name}.json differs from plugins/{folder}/manifest.json: run `cargo xtask plugins`");
        }
    }
    println!("{} plugins are as their sources", BUNDLED.len());
    Ok(())
}

fn build(root: &Path) -> Result<()> {
    let plugins = root.join("plugins");
    let target = plugins.join("target");
    let toolchain = toolchain(&target)?;
    println!("building {} plugins with {}", BUNDLED.len(), toolchain.what);
    let mut cargo = cargo(&plugins, &target);
    cargo.args(["build", "--release", "--target", TARGET]).args(&toolchain.arguments).envs(&toolchain.environment);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", remapped(root, &target)?);
    for folder in BUNDLED {
        cargo.args(["--package", &format!("switchyard-{}", name(folder))]);
    }
    run_to_end(&mut cargo)?;

    let built = plugins.join("built");
    fs::create_dir_all(&built)?;
    let mut components = serde_json::Map::new();
    for folder in BUNDLED {
        let name = name(folder);
        let module = target.join(TARGET).join("release").join(format!("switchyard_{}.wasm", name.replace('-', "_")));
        let component = built.join(format!("{name}.wasm"));
        let mut pack = self::cargo(&plugins, &target);
        pack.args(["run", "--quiet", "--package", "switchyard-pack", "--"]).arg(&module).arg(&component);
        run_to_end(&mut pack)?;
        let (bytes, digest) = manifest(root, folder)?;
        fs::write(built.join(format!("{name}.json")), bytes)?;
        components.insert(name.into(), json!({"sources": sources(root, folder)?, "wasm": file_digest(&component)?, "manifest": digest}));
        println!("plugins/built/{name}.wasm: {} KiB", fs::metadata(&component)?.len().div_ceil(1024));
    }
    let lock = json!({"about": "sha-256 of what each component was built from, and of the component", "components": components});
    fs::write(built.join("lock.json"), format!("{}\n", serde_json::to_string_pretty(&lock)?))?;
    Ok(())
}

/// The bundled rule compiled for this machine, for the bench to measure the sandbox against.
pub fn native() -> Result<()> {
    let plugins = crate::shell::root().join("plugins");
    let mut cargo = cargo(&plugins, &plugins.join("target"));
    run_to_end(cargo.args(["build", "--release", "--package", "switchyard-limit-terms", "--example", "native", "--config", "profile.release.opt-level=3"]))
}

fn elsewhere(root: &Path, folder: &Path) -> Result<()> {
    let toolchain = toolchain(&root.join("plugins/target"))?;
    println!("building {} with {}", folder.display(), toolchain.what);
    let mut cargo = cargo(folder, &folder.canonicalize()?.join("target"));
    cargo.args(["build", "--release", "--target", TARGET]).args(&toolchain.arguments).envs(&toolchain.environment);
    run_to_end(&mut cargo)
}

fn cargo(plugins: &Path, target: &Path) -> Command {
    let mut cargo = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
    // The outer cargo's own settings are not meant for another workspace.
    cargo.current_dir(plugins).env("CARGO_TARGET_DIR", target).env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    cargo
}

/// Panic messages carry paths: they name no machine, and two machines build the same bytes.
fn remapped(root: &Path, target: &Path) -> Result<String> {
    let home = std::env::var("CARGO_HOME").map(PathBuf::from).or_else(|_| std::env::var("HOME").map(|home| Path::new(&home).join(".cargo")))?;
    let mut flags = Vec::new();
    let mut remap = |from: &Path, to: &str| flags.push(format!("--remap-path-prefix={}={to}", from.display()));
    remap(&home, "/cargo");
    remap(root, "/switchyard");
    remap(&target.join("toolchain"), "/rust");
    // The last that fits counts, so the folder named after a registry comes after the one it is in.
    for registry in fs::read_dir(home.join("registry/src")).into_iter().flatten().filter_map(Result::ok) {
        remap(&registry.path(), "/crates");
    }
    Ok(flags.join("\x1f"))
}

struct Toolchain {
    what: String,
    arguments: Vec<String>,
    environment: BTreeMap<String, PathBuf>,
}

fn toolchain(target: &Path) -> Result<Toolchain> {
    let stock = Toolchain { what: format!("rustc and its {TARGET} target"), arguments: Vec::new(), environment: BTreeMap::new() };
    if target_installed() || (has("rustup") && rustup_fetches()) {
        return Ok(stock);
    }
    if has("apt-get") && has("dpkg") {
        return debian(&target.join("toolchain")).context("unpacking Debian's rustc-web");
    }
    bail!("building plugins wants the Rust target {TARGET}: `rustup target add {TARGET}` where rustup can fetch, or a Debian with apt-get")
}

fn target_installed() -> bool {
    let folder = read(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]));
    folder.is_ok_and(|folder| fs::read_dir(folder.trim()).is_ok_and(|mut files| files.next().is_some()))
}

fn rustup_fetches() -> bool {
    println!("asking rustup for {TARGET}, at most {RUSTUP_SECONDS_MAX} s");
    let Ok(mut child) = Command::new("rustup").args(["target", "add", TARGET]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn() else {
        return false;
    };
    let until = Instant::now() + Duration::from_secs(RUSTUP_SECONDS_MAX);
    while Instant::now() < until {
        match child.try_wait() {
            Ok(Some(status)) => return status.success() && target_installed(),
            Ok(None) => std::thread::sleep(Duration::from_millis(100)),
            Err(_) => break,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}

/// Debian's compiler builds the standard library from its own source (`-Zbuild-std`), linked by rustup's linker.
fn debian(folder: &Path) -> Result<Toolchain> {
    let compiler = candidate("rustc-web")?;
    let ready = folder.join(format!("ready-{}", compiler.replace(|c: char| !c.is_ascii_alphanumeric(), "-")));
    let unpacked = folder.join("root");
    if !ready.exists() {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(&unpacked)?;
        let library = dependency("libstd-rust-web-dev", &compiler, "libstd-rust-web-")?;
        let llvm = dependency(&library, &compiler, "libllvm")?;
        println!("unpacking rustc-web {compiler} with {library} and {llvm} into plugins/target/toolchain");
        let ours = ["rustc-web", "libstd-rust-web-dev", "rust-web-src", &library].map(|package| format!("{package}={compiler}"));
        run_to_end(Command::new("apt-get").args(["download", "--quiet"]).args(&ours).arg(&llvm).current_dir(folder))?;
        for entry in fs::read_dir(folder)? {
            let package = entry?.path();
            if package.extension().is_some_and(|extension| extension == "deb") {
                run_to_end(Command::new("dpkg").arg("-x").arg(&package).arg(&unpacked))?;
                fs::remove_file(&package)?;
            }
        }
        fs::write(&ready, "")?;
    }
    let libraries = fs::read_dir(unpacked.join("usr/lib"))?.filter_map(Result::ok).map(|entry| entry.path()).find(|path| path.to_string_lossy().ends_with("-linux-gnu"));
    let sysroot = read(Command::new("rustc").args(["--print", "sysroot"]))?;
    let host = read(Command::new("rustc").args(["--print", "host-tuple"]))?;
    let linker = Path::new(sysroot.trim()).join("lib/rustlib").join(host.trim()).join("bin/rust-lld");
    if !linker.exists() {
        bail!("the linker rust-lld is missing from rustc's own folder; rustup's toolchains have it");
    }
    Ok(Toolchain {
        what: format!("Debian's rustc-web {compiler}"),
        // Without backtraces: a plugin has nowhere to print them, and they are half of its size.
        arguments: vec!["-Zbuild-std=std,panic_abort".into(), "-Zbuild-std-features=optimize_for_size".into()],
        environment: BTreeMap::from([
            ("RUSTC".into(), unpacked.join("usr/bin/rustc")),
            ("RUSTC_BOOTSTRAP".into(), "1".into()),
            ("LD_LIBRARY_PATH".into(), libraries.context("the packages have no libraries for this machine")?),
            ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER".into(), linker),
        ]),
    })
}

/// The version of a package that apt would take.
fn candidate(package: &str) -> Result<String> {
    let policy = read(Command::new("apt-cache").args(["policy", package]).env("LC_ALL", "C"))?;
    let version = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate: ")).filter(|version| *version != "(none)");
    version.map(str::to_owned).with_context(|| format!("apt has no {package}: `apt-get update` first"))
}

/// The package whose name begins with `prefix` among the dependencies of a package.
fn dependency(package: &str, version: &str, prefix: &str) -> Result<String> {
    let shown = read(Command::new("apt-cache").args(["show", &format!("{package}={version}")]).env("LC_ALL", "C"))?;
    let depends = shown.lines().find_map(|line| line.strip_prefix("Depends: ")).unwrap_or_default();
    let found = depends.split(',').filter_map(|one| one.split_whitespace().next()).find(|one| one.starts_with(prefix));
    found.map(str::to_owned).with_context(|| format!("{package} {version} depends on no {prefix}*"))
}

/// Digest of names and bytes of everything a component is made from. Unit tests are not.
fn sources(root: &Path, folder: &str) -> Result<String> {
    let mut files = Vec::new();
    let own = [format!("plugins/{folder}/Cargo.toml"), format!("plugins/{folder}/src")];
    let kit = KITS.iter().filter(|(room, _)| folder.starts_with(room)).map(|(_, kit)| *kit);
    for path in SHARED.iter().copied().chain(kit).chain(own.iter().map(String::as_str)) {
        collect(&root.join(path), &mut files)?;
    }
    files.sort();
    let mut digest = Sha256::new();
    for file in files {
        digest.update(file.strip_prefix(root)?.to_string_lossy().as_bytes());
        digest.update([0]);
        digest.update(file_digest(&file)?.as_bytes());
        digest.update([0]);
    }
    Ok(hex(&digest.finalize()))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    } else if path.file_name().is_some_and(|name| name != "tests.rs") {
        files.push(path.to_owned());
    }
    Ok(())
}

fn manifest(root: &Path, folder: &str) -> Result<(Vec<u8>, String)> {
    let path = root.join("plugins").join(folder).join("manifest.json");
    let bytes = fs::read(&path).with_context(|| format!("plugins/{folder}/manifest.json is missing"))?;
    serde_json::from_slice::<Value>(&bytes).with_context(|| format!("plugins/{folder}/manifest.json is not JSON"))?;
    let digest = hex(&Sha256::digest(&bytes));
    Ok((bytes, digest))
}

fn file_digest(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("{} is missing: run `cargo xtask plugins`", path.display()))?;
    Ok(hex(&Sha256::digest(bytes)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn has(program: &str) -> bool {
    Command::new(program).arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn read(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let answer = command.output().with_context(|| format!("{program} did not start"))?;
    if !answer.status.success() {
        bail!("{program} failed: {}", String::from_utf8_lossy(&answer.stderr).trim_end());
    }
    Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
}

fn run_to_end(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{program} did not start"))?;
    if status.success() { Ok(()) } else { bail!("{program} failed") }
}

#[cfg(test)]
mod tests {
    /// Running the product needs no wasm toolchain, so what is committed must be what the sources say.
    #[test]
    fn built_components_are_as_their_sources() {
        super::run(&["--check".into()]).unwrap_or_else(|stale| panic!("{stale:#}"));
    }
}
