//! The printer: one job on standard input becomes one PDF on standard output, by typst and a template of ours. The result is
//! PDF/A-3b: fonts and colours are inside, and the document as data may be attached.
//! Invariant PRINTER-1: it prints within its bounds or not at all, and a part of a PDF is never taken for one: whoever asked
//! looks at the exit code.

mod press;
mod world;

pub use press::print;

use confine::Bounds;
use paper::{EXIT_REFUSED, EXIT_UNREADABLE, JOB_BYTES_MAX, Job};
use std::{
    io::{Read, Write},
    process::ExitCode,
};

/// Two threads for as long as a server waits, and then some; it ends what nobody is left to end.
const CPU_SECONDS_MAX: u64 = 60;
/// Two hundred pages need a part of it.
const ADDRESS_SPACE_BYTES_MAX: u64 = 2 << 30;
const EXIT_FAILED: u8 = 1;
const EXIT_NOT_CONFINED: u8 = 2;

/// What the program does, from start to end.
pub fn main() -> ExitCode {
    if let Err(error) = confine::confine(Bounds { cpu_seconds_max: CPU_SECONDS_MAX, address_space_bytes_max: ADDRESS_SPACE_BYTES_MAX }) {
        return failed(EXIT_NOT_CONFINED, format_args!("the printer cannot be confined: {error}"));
    }
    let mut job = Vec::new();
    if let Err(error) = std::io::stdin().lock().take(JOB_BYTES_MAX as u64 + 1).read_to_end(&mut job) {
        return failed(EXIT_FAILED, format_args!("the job cannot be read: {error}"));
    }
    let Job { sheet, limits, .. } = match Job::read(&job) {
        Ok(job) => job,
        Err(error) => return failed(EXIT_UNREADABLE, format_args!("{error}")),
    };
    drop(job);
    let pdf = match print(&sheet, &limits) {
        Ok(pdf) => pdf,
        Err(error) => return failed(if error.is_refusal() { EXIT_REFUSED } else { EXIT_FAILED }, format_args!("{error}")),
    };
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(&pdf).and_then(|()| stdout.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(EXIT_FAILED, format_args!("the PDF cannot be written: {error}")),
    }
}

fn failed(code: u8, why: std::fmt::Arguments<'_>) -> ExitCode {
    eprintln!("{why}");
    ExitCode::from(code)
}
