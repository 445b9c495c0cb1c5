//! The data folder: where it lies, its version, making it.

use crate::{Binaries, ClusterError, cluster::Settings, owner::Owner, process};
use std::{fs, io, os::unix::fs::{PermissionsExt, symlink}, path::{Path, PathBuf}};

/// What a new folder needs with room to work.
pub(crate) const FREE_BYTES_MIN: u64 = 256 * 1024 * 1024;
/// sockaddr_un holds 107 bytes, of which the file name takes 18.
const SOCKET_FOLDER_BYTES_MAX: usize = 107 - 18;

/// The major version that wrote a folder; nothing when it is not there or empty.
pub(crate) fn version(folder: &Path) -> Result<Option<u32>, ClusterError> {
    match fs::read_to_string(folder.join("PG_VERSION")) {
        Ok(text) => text.trim().parse().map(Some).map_err(|_| ClusterError::NotADataFolder(folder.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let empty = fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
            if empty { Ok(None) } else { Err(ClusterError::NotADataFolder(folder.to_owned())) }
        }
        Err(error) => Err(ClusterError::io(folder.display().to_string())(error)),
    }
}

/// Refuses a folder the binaries cannot open.
pub(crate) fn fits(folder: &Path, binaries: &Binaries) -> Result<(), ClusterError> {
    match version(folder)? {
        Some(data) if data > binaries.major => Err(ClusterError::NewerData { folder: folder.to_owned(), data, found: binaries.major }),
        Some(data) if data < binaries.major => Err(ClusterError::OlderData { folder: folder.to_owned(), data, found: binaries.major }),
        _ => Ok(()),
    }
}

/// The place where the folder really is. A user who cannot pass through our home gets one under /var/lib, and a link
/// stays where the folder was asked for.
pub(crate) fn place(asked: &Path, owner: &Owner) -> Result<PathBuf, ClusterError> {
    let parent = asked.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent).map_err(ClusterError::io(parent.display().to_string()))?;
    let parent = parent.canonicalize().map_err(ClusterError::io(parent.display().to_string()))?;
    let folder = parent.join(asked.file_name().unwrap_or_default());
    if let Ok(real) = folder.canonicalize() {
        return if owner.can_reach(&real) { Ok(real) } else { Err(ClusterError::NotReachable { path: real, user: owner.name.clone() }) };
    }
    if owner.can_reach(&folder) {
        return Ok(folder);
    }
    let mut name = String::from("data");
    for part in folder.components() {
        name.push('-');
        name.extend(part.as_os_str().to_string_lossy().chars().filter(|c| c.is_ascii_alphanumeric()));
    }
    let real = Path::new("/var/lib/switchyard").join(name);
    fs::create_dir_all("/var/lib/switchyard").map_err(ClusterError::io("/var/lib/switchyard"))?;
    // A dangling link of a removed folder may still be here.
    let _ = fs::remove_file(&folder);
    symlink(&real, &folder).map_err(ClusterError::io(folder.display().to_string()))?;
    Ok(real)
}

/// Makes the folder when there is none. It is made beside its place and moved there when complete (PG-4).
pub(crate) fn make(folder: &Path, durable: bool, binaries: &Binaries, owner: &Owner) -> Result<(), ClusterError> {
    if version(folder)?.is_some() {
        return Ok(());
    }
    let shown = folder.display().to_string();
    let parent = folder.parent().unwrap_or(Path::new("/"));
    if process::free_bytes(parent).map_err(ClusterError::io(shown.clone()))? < FREE_BYTES_MIN {
        return Err(ClusterError::DiskFull(folder.to_owned()));
    }
    let unfinished = folder.with_extension("unfinished");
    let _ = fs::remove_dir_all(&unfinished);
    fs::create_dir_all(&unfinished).map_err(ClusterError::io(shown.clone()))?;
    fs::set_permissions(&unfinished, fs::Permissions::from_mode(0o700)).map_err(ClusterError::io(shown.clone()))?;
    owner.take(&unfinished)?;
    // Collation is by code point: sorting for people is done by the interface, in their language.
    let mut complaint = String::new();
    for locale in ["C.UTF-8", "C"] {
        let made = owner
            .command(&binaries.program("initdb"))
            .arg("--pgdata").arg(&unfinished)
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-instructions"])
            .args((!durable).then_some("--no-sync"))
            .arg(format!("--locale={locale}"))
            .output()
            .map_err(ClusterError::io(binaries.program("initdb").display().to_string()))?;
        if made.status.success() {
            let _ = fs::remove_dir(folder);
            return fs::rename(&unfinished, folder).map_err(ClusterError::io(shown));
        }
        complaint = String::from_utf8_lossy(&made.stderr).into_owned();
        if complaint.contains("No space left on device") {
            let _ = fs::remove_dir_all(&unfinished);
            return Err(ClusterError::DiskFull(folder.to_owned()));
        }
    }
    let reason = complaint.lines().find(|line| line.contains("error:")).or(complaint.lines().last()).unwrap_or("initdb said nothing");
    Err(ClusterError::DidNotStart { reason: reason.trim().to_owned(), log: folder.to_owned() })
}

/// Where the socket goes: inside the data folder, or under /tmp when that path is too long for a socket address.
pub(crate) fn socket_folder(folder: &Path, owner: &Owner) -> Result<PathBuf, ClusterError> {
    if folder.as_os_str().len() <= SOCKET_FOLDER_BYTES_MAX {
        return Ok(folder.to_owned());
    }
    let inode = std::os::unix::fs::MetadataExt::ino(&fs::metadata(folder).map_err(ClusterError::io(folder.display().to_string()))?);
    let short = std::env::temp_dir().join(format!("switchyard-{inode:x}"));
    let shown = short.display().to_string();
    // Whoever made it before: it must be ours and closed to others, or we do not go in.
    let _ = fs::remove_dir_all(&short);
    fs::create_dir(&short).map_err(ClusterError::io(shown.clone()))?;
    fs::set_permissions(&short, fs::Permissions::from_mode(0o700)).map_err(ClusterError::io(shown))?;
    owner.take(&short)?;
    Ok(short)
}

/// The private cluster listens on no network address.
pub(crate) fn options(settings: &Settings, sockets: &Path) -> Vec<String> {
    let mut options = vec![
        "listen_addresses=".to_owned(),
        format!("unix_socket_directories={}", sockets.display()),
        "unix_socket_permissions=0700".into(),
        format!("max_connections={}", settings.connections_max),
        "shared_buffers=128MB".into(),
        "jit=off".into(),
        "max_wal_size=1GB".into(),
        "timezone=UTC".into(),
        "logging_collector=off".into(),
        "log_destination=stderr".into(),
    ];
    if !settings.durable {
        options.extend(["fsync=off", "synchronous_commit=off", "full_page_writes=off"].map(str::to_owned));
    }
    options
}
