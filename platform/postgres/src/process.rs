//! The three things std cannot ask the kernel for: a signal, death together with a parent, free disk space.
#![allow(unsafe_code)] // each block is one system call on values made in this file

use std::{ffi::CString, io, os::unix::{ffi::OsStrExt, process::CommandExt}, path::Path, process::Command};

pub(crate) use libc::{SIGINT, SIGKILL, SIGQUIT};

/// Sends a signal; an error when no such process exists.
pub(crate) fn signal(pid: u32, signal: i32) -> io::Result<()> {
    // SAFETY: kill takes two integers and touches no memory of ours.
    match unsafe { libc::kill(pid as libc::pid_t, signal) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Exists and is not a zombie that nobody has waited for.
pub(crate) fn is_alive(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
}

/// The child gets SIGINT (PostgreSQL's fast shutdown) when the *thread* that spawns it ends, so that thread must live as
/// long as the child. It is also put into a process group of its own: Ctrl-C in a terminal reaches the parent only.
pub(crate) fn die_with_parent(command: &mut Command) {
    let parent = std::process::id();
    command.process_group(0);
    let bind = move || {
        // SAFETY: between fork and exec only async-signal-safe calls are allowed; prctl and getppid are.
        unsafe {
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGINT) != 0 {
                return Err(io::Error::last_os_error());
            }
            // The parent may have died before the line above took effect.
            if libc::getppid() as u32 != parent {
                return Err(io::Error::from_raw_os_error(libc::ESRCH));
            }
        }
        Ok(())
    };
    // SAFETY: the closure allocates nothing and makes two system calls.
    unsafe { command.pre_exec(bind) };
}

/// Bytes an ordinary user may still write on the disk that holds `path`.
pub(crate) fn free_bytes(path: &Path) -> io::Result<u64> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: zeroed is a valid statvfs, and the call fills it through a pointer that lives long enough.
    let mut answer: libc::statvfs = unsafe { std::mem::zeroed() };
    if unsafe { libc::statvfs(path.as_ptr(), &mut answer) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(answer.f_bavail as u64 * answer.f_frsize as u64)
}
