//! What an earlier run may have left: a server that still shuts down, or a pid file whose number now is another process.
//! Called with the folder's lock held, so no other Switchyard owns what is found here.

use crate::process;
use std::{fs, path::Path, thread, time::{Duration, Instant}};

/// Ends an orphaned server of this folder and clears a pid file that would mislead PostgreSQL.
pub(crate) fn clear_remains(folder: &Path) {
    let Some(pid) = recorded_pid(folder) else { return };
    if !Path::new(&format!("/proc/{pid}")).exists() {
        return; // PostgreSQL handles a pid file of a dead process itself
    }
    // A zombie nobody waits for, or a stranger that got the number, would make PostgreSQL refuse to start. Without the
    // file its shared memory check still refuses while an old backend lives.
    if process::is_alive(pid) && fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == folder) {
        stop(pid);
    } else {
        let _ = fs::remove_file(folder.join("postmaster.pid"));
    }
}

/// Fast shutdown, then immediate, then the kernel's.
pub(crate) fn stop(pid: u32) {
    for (signal, patience) in [(process::SIGINT, 20), (process::SIGQUIT, 10), (process::SIGKILL, 5)] {
        if process::signal(pid, signal).is_err() {
            return;
        }
        let until = Instant::now() + Duration::from_secs(patience);
        while Instant::now() < until {
            if !process::is_alive(pid) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The first line of postmaster.pid.
pub(crate) fn recorded_pid(folder: &Path) -> Option<u32> {
    fs::read_to_string(folder.join("postmaster.pid")).ok()?.lines().next()?.trim().parse().ok()
}

/// The eighth line of postmaster.pid says how far the server is; pg_ctl waits for the same word.
pub(crate) fn is_ready(folder: &Path, pid: u32) -> bool {
    let Ok(text) = fs::read_to_string(folder.join("postmaster.pid")) else { return false };
    let mut lines = text.lines();
    lines.next().is_some_and(|first| first.trim() == pid.to_string()) && lines.nth(6).is_some_and(|state| state.trim() == "ready")
}
