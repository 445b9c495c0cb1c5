//! Why a call gave no answer: one stable code for each, kept in the run record.
//! Invariant FAILURE-1: whatever a guest does ends in one of these codes; nothing of its text is trusted.

use crate::{limits::LimitExceeded, text};
use wasmtime::{Trap, component::ResourceTableError};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct CallFailure {
    /// `limit.*`, `trap.*`, `invalid.output`, `invalid.component`, `host.*`, `plugin.*`, `suspended`.
    pub code: &'static str,
    pub message: String,
}

impl CallFailure {
    pub fn new(code: &'static str, message: impl AsRef<str>) -> Self {
        Self { code, message: text::line(message.as_ref(), 500) }
    }
    /// The guest misbehaved: the breaker counts it. A wrong answer to one odd message does not stop the channel.
    pub fn counts_as_trap(&self) -> bool {
        ["limit.", "trap."].iter().any(|prefix| self.code.starts_with(prefix))
    }
    /// The channel itself did not answer, or asked to be left alone for a while.
    pub fn is_silence(&self) -> bool {
        matches!(self.code, "plugin.retryable" | "limit.wall")
    }

    /// Trying again later may help.
    pub fn is_passing(&self) -> bool {
        matches!(self.code, "host.busy" | "host.unavailable" | "suspended" | "limit.wall" | "plugin.retryable")
    }
}

/// What wasmtime reports when a guest is stopped.
pub fn from_wasmtime(error: &wasmtime::Error) -> CallFailure {
    let code = if let Some(limit) = error.downcast_ref::<LimitExceeded>() {
        match limit {
            LimitExceeded::Memory(_) => "limit.memory",
            LimitExceeded::Wall(_) => "limit.wall",
            LimitExceeded::Comparisons(_) => "limit.comparisons",
        }
    } else if let Some(trap) = error.downcast_ref::<Trap>() {
        from_trap(*trap)
    } else if let Some(ResourceTableError::Full) = error.downcast_ref::<ResourceTableError>() {
        "limit.handles"
    } else {
        from_message(&format!("{error:#}"))
    };
    CallFailure::new(code, format!("{error:#}"))
}

fn from_trap(trap: Trap) -> &'static str {
    match trap {
        Trap::OutOfFuel => "limit.fuel",
        Trap::Interrupt => "limit.wall",
        Trap::StackOverflow => "trap.stack",
        Trap::MemoryOutOfBounds | Trap::HeapMisaligned => "trap.memory",
        Trap::TableOutOfBounds | Trap::IndirectCallToNull | Trap::BadSignature => "trap.table",
        Trap::IntegerOverflow | Trap::IntegerDivisionByZero | Trap::BadConversionToInteger => "trap.arithmetic",
        Trap::UnreachableCodeReached => "trap.unreachable",
        Trap::CannotEnterComponent => "trap.reentry",
        // `cannot leave component instance`: a canonical realloc or post-return called out.
        Trap::CannotLeaveComponent => "trap.reentry",
        Trap::AllocationTooLarge => "limit.memory",
        _ => "trap.abi",
    }
}

/// Some errors of the canonical ABI have no type of their own in wasmtime. Everything not named here came from lifting
/// or lowering a value, so `trap.abi` is the answer for the rest.
fn from_message(message: &str) -> &'static str {
    const KNOWN: [(&str, &str); 5] = [
        ("fuel allocated for hostcalls has been exhausted", "limit.output"),
        ("resource limit exceeded", "limit.memory"),
        ("table limit", "limit.handles"),
        ("handle", "trap.handle"),
        ("maximum concurrent", "host.busy"),
    ];
    KNOWN.iter().find(|(part, _)| message.contains(part)).map_or("trap.abi", |(_, code)| code)
}
