//! A process gives up what it does not need, before it reads a byte of what it was sent.
//! Invariant CONFINE-1: what a confined process is made to do, it opens no file and no socket, leaves no core, and the kernel
//! ends its time and bounds its memory.

/// What a process keeps.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub cpu_seconds_max: u64,
    pub address_space_bytes_max: u64,
}

/// For good. It speaks through the pipes that it was started with: what it writes must not be a file.
#[allow(unsafe_code, reason = "setrlimit has no safe wrapper in the standard library; it reads one local struct")]
pub fn confine(bounds: Bounds) -> std::io::Result<()> {
    let limits = [
        (libc::RLIMIT_CPU, bounds.cpu_seconds_max),
        (libc::RLIMIT_AS, bounds.address_space_bytes_max),
        (libc::RLIMIT_CORE, 0),
        (libc::RLIMIT_FSIZE, 0),
        // stdin, stdout and stderr are open: no file, socket or pipe can be opened any more.
        (libc::RLIMIT_NOFILE, 3),
    ];
    for (resource, limit) in limits {
        let value = libc::rlimit { rlim_cur: limit, rlim_max: limit };
        // SAFETY: the pointer is to a live local of the right type; the call keeps no reference to it.
        if unsafe { libc::setrlimit(resource, &value) } != 0 {
            return Err(std::io::Error::last_os_error());
        }
    }
    Ok(())
}
