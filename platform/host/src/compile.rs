//! Compiling in a child process that has nothing to lose.
//!
//! The server never compiles a stranger's bytes in its own process: Cranelift has panicked, aborted and run for hours
//! on crafted input. The child is this same binary with a hidden subcommand. Its environment is empty (no database
//! address, no keys), it can open no file and no socket (its descriptor limit is reached by the three pipes), and CPU
//! time and address space are limited by the kernel.
//! Invariant COMPILE-1: whatever the input does to the compiler, the server goes on.

use crate::{
    child::{ChildError, Program},
    engine::{self, EngineKind},
    gate::{self, COMPONENT_BYTES_MAX},
};
use confine::Bounds;
use std::{
    io::{Read, Write},
    path::Path,
    time::Duration,
};
use tokio::time::Instant;

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
    let program = Program { path: compiler, arguments: &[SUBCOMMAND, kind.word()], answer_bytes_max: COMPILED_BYTES_MAX };
    let answer = match program.ask(component, Instant::now() + WALL_MAX).await {
        Ok(answer) => answer,
        Err(ChildError::TooSlow | ChildError::TooMuch) => return Err(CompileError::TooCostly),
        Err(ChildError::Run(error)) => return Err(CompileError::Host(error)),
    };
    if answer.status.success() && !answer.bytes.is_empty() {
        return Ok(answer.bytes);
    }
    let message = crate::text::line(&answer.message, 400);
    if answer.status.code() == Some(EXIT_REFUSED) {
        return Err(CompileError::Refused(message));
    }
    tracing::warn!(status = %answer.status, "the plugin compiler died: {message}");
    Err(CompileError::TooCostly)
}

/// What the hidden subcommand does: a component on stdin, native code on stdout, a refusal on stderr.
pub fn compile_child_main() -> ! {
    let kind = std::env::args().skip_while(|a| a != SUBCOMMAND).nth(1).as_deref().and_then(EngineKind::from_word);
    let Some(kind) = kind else {
        eprintln!("{SUBCOMMAND} is run by the server, with a kind of engine");
        std::process::exit(2);
    };
    if let Err(error) = confine::confine(Bounds { cpu_seconds_max: CPU_SECONDS_MAX, address_space_bytes_max: ADDRESS_SPACE_MAX }) {
        eprintln!("the compiler cannot be confined: {error}");
        std::process::exit(2);
    }
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
