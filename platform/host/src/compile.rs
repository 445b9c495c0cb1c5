//! Compiling in a child process that has nothing to lose.
//!
//! The server never compiles a stranger's bytes in its own process: Cranelift has panicked, aborted and run for hours
//! on crafted input. The child is this same binary with a hidden subcommand. Its environment is empty (no database
//! address, no keys), it can open no file and no socket (its descriptor limit is reached by the three pipes), and CPU
//! time and address space are limited by the kernel.
//! Invariant COMPILE-1: whatever the input does to the compiler, the server goes on.

use crate::{
    engine::{self, EngineKind},
    gate::{self, COMPONENT_BYTES_MAX},
};
use std::{
    io::{Read, Write},
    path::Path,
    process::Stdio,
    time::Duration,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The hidden subcommand that calls [`compile_child_main`].
pub const SUBCOMMAND: &str = "compile-plugin";
const CPU_SECONDS_MAX: u64 = 60;
const ADDRESS_SPACE_MAX: u64 = 1 << 30;
/// Native code is a few times the size of Wasm.
const COMPILED_BYTES_MAX: u64 = 200 << 20;
const WALL_MAX: Duration = Duration::from_secs(120);
const EXIT_REFUSED: i32 = 3;

#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The gate or the compiler says what is wrong with it.
    #[error("{0}")]
    Refused(String),
    #[error("too costly to compile: it needs more than {CPU_SECONDS_MAX} s of CPU or 1 GiB of memory, or breaks the compiler")]
    TooCostly,
    #[error("the compiler process cannot be run: {0}")]
    Host(#[from] std::io::Error),
}

/// Checks and compiles a component in a child process.
pub async fn compile(compiler: &Path, kind: EngineKind, component: &[u8]) -> Result<Vec<u8>, CompileError> {
    if component.len() > COMPONENT_BYTES_MAX {
        return Err(CompileError::Refused(gate::Refusal::TooLarge(component.len()).to_string()));
    }
    let mut child = tokio::process::Command::new(compiler)
        .args([SUBCOMMAND, kind.word()])
        .env_clear()
        // Few threads and arenas: each reserves address space.
        .envs([("RAYON_NUM_THREADS", "2"), ("MALLOC_ARENA_MAX", "2")])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (Some(mut stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take()) else {
        return Err(CompileError::Host(std::io::Error::other("the pipes are missing")));
    };
    let (mut compiled, mut message) = (Vec::new(), Vec::new());
    let mut stdout = stdout.take(COMPILED_BYTES_MAX + 1);
    let mut stderr = stderr.take(4096);
    let talk = async {
        let feed = async {
            // The child may refuse before it has read everything: a broken pipe is its answer, not our failure.
            let _ = stdin.write_all(component).await;
            drop(stdin);
        };
        let (_, out, err) = tokio::join!(feed, stdout.read_to_end(&mut compiled), stderr.read_to_end(&mut message));
        out.and(err)?;
        child.wait().await
    };
    let status = match tokio::time::timeout(WALL_MAX, talk).await {
        Ok(status) => status?,
        Err(_) => return Err(CompileError::TooCostly),
    };
    if status.success() && !compiled.is_empty() && compiled.len() as u64 <= COMPILED_BYTES_MAX {
        return Ok(compiled);
    }
    if status.code() == Some(EXIT_REFUSED) {
        return Err(CompileError::Refused(crate::text::line(&String::from_utf8_lossy(&message), 400)));
    }
    tracing::warn!(%status, "the plugin compiler died: {}", crate::text::line(&String::from_utf8_lossy(&message), 400));
    Err(CompileError::TooCostly)
}

/// What the hidden subcommand does: a component on stdin, native code on stdout, a refusal on stderr.
pub fn compile_child_main() -> ! {
    let kind = std::env::args().skip_while(|a| a != SUBCOMMAND).nth(1).as_deref().and_then(EngineKind::from_word);
    let Some(kind) = kind else {
        eprintln!("{SUBCOMMAND} is run by the server, with a kind of engine");
        std::process::exit(2);
    };
    confine();
    std::process::exit(match compile_here(kind) {
        Ok(()) => 0,
        Err(refusal) => {
            eprintln!("{refusal}");
            EXIT_REFUSED
        }
    })
}

fn compile_here(kind: EngineKind) -> Result<(), String> {
    let mut component = Vec::new();
    let read = std::io::stdin().lock().take(COMPONENT_BYTES_MAX as u64 + 1).read_to_end(&mut component);
    read.map_err(|e| format!("the component cannot be read: {e}"))?;
    gate::check(kind, &component).map_err(|refusal| refusal.to_string())?;
    let engine = engine::compiler_engine(kind).map_err(|e| e.to_string())?;
    let compiled = engine.precompile_component(&component).map_err(|e| format!("does not compile: {e:#}"))?;
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(&compiled).and_then(|()| stdout.flush()).map_err(|e| format!("the result cannot be written: {e}"))
}

/// Gives up everything the compiler does not need, before it reads a byte of the input.
#[allow(unsafe_code, reason = "setrlimit has no safe wrapper in the standard library; it reads one local struct")]
fn confine() {
    let limits = [
        (libc::RLIMIT_CPU, CPU_SECONDS_MAX),
        (libc::RLIMIT_AS, ADDRESS_SPACE_MAX),
        (libc::RLIMIT_CORE, 0),
        (libc::RLIMIT_FSIZE, 0),
        // stdin, stdout and stderr are open: no file, socket or pipe can be opened any more.
        (libc::RLIMIT_NOFILE, 3),
    ];
    for (resource, limit) in limits {
        let value = libc::rlimit { rlim_cur: limit, rlim_max: limit };
        // SAFETY: the pointer is to a live local of the right type; the call keeps no reference to it.
        if unsafe { libc::setrlimit(resource, &value) } != 0 {
            eprintln!("the compiler cannot be confined: {}", std::io::Error::last_os_error());
            std::process::exit(2);
        }
    }
}
