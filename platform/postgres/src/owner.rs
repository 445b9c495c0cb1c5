//! As whom PostgreSQL runs. Invariant PG-2: never as root.

use crate::ClusterError;
use std::{fs, os::unix::fs::{MetadataExt, chown}, os::unix::process::CommandExt, path::Path, process::Command};

/// The user that owns the data folder and runs the server: ourselves, or an unprivileged user when we are root.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    pub name: String,
    drop_to: Option<(u32, u32)>,
}

impl Owner {
    pub fn choose() -> Result<Self, ClusterError> {
        let me = fs::metadata("/proc/self").map_err(ClusterError::io("/proc/self"))?.uid();
        if me != 0 {
            return Ok(Self { name: format!("uid {me}"), drop_to: None });
        }
        let users = fs::read_to_string("/etc/passwd").map_err(ClusterError::io("/etc/passwd"))?;
        ["postgres", "nobody"].iter().find_map(|name| find(&users, name)).ok_or(ClusterError::NoUnprivilegedUser)
    }

    /// Gives a folder or file to this user.
    pub fn take(&self, path: &Path) -> Result<(), ClusterError> {
        match self.drop_to {
            Some((uid, gid)) => chown(path, Some(uid), Some(gid)).map_err(ClusterError::io(path.display().to_string())),
            None => Ok(()),
        }
    }

    /// A command that runs as this user.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some((uid, gid)) = self.drop_to {
            command.uid(uid).gid(gid);
        }
        // PostgreSQL's own variables of the caller must not reach a private cluster.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command.env("LC_ALL", "C").current_dir("/");
        command
    }

    /// Whether this user may pass through every folder above `path`.
    pub fn can_reach(&self, path: &Path) -> bool {
        let Some((uid, gid)) = self.drop_to else { return true };
        path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()).all(|folder| match fs::metadata(folder) {
            Ok(of) => {
                let bit = if of.uid() == uid { 0o100 } else if of.gid() == gid { 0o010 } else { 0o001 };
                of.mode() & bit != 0
            }
            Err(_) => true, // not there yet: it will be made by us, open to all
        })
    }
}

fn find(users: &str, wanted: &str) -> Option<Owner> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        (name == wanted && uid != 0).then(|| Owner { name: name.into(), drop_to: Some((uid, gid)) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pg_2_root_is_never_chosen() {
        let users = "root:x:0:0::/root:/bin/sh\npostgres:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n";
        assert!(find(users, "postgres").is_none());
        assert_eq!(find(users, "nobody").unwrap().drop_to, Some((65534, 65534)));
    }

    #[test]
    fn a_closed_folder_on_the_way_is_seen() {
        use std::os::unix::fs::PermissionsExt;
        let closed = std::env::temp_dir().join(format!("switchyard-owner-{}", std::process::id()));
        fs::create_dir_all(&closed).unwrap();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
        let stranger = Owner { name: "stranger".into(), drop_to: Some((4_000_001, 4_000_001)) };
        assert!(!stranger.can_reach(&closed.join("data")));
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(stranger.can_reach(&closed.join("data")));
        fs::remove_dir(&closed).unwrap();
    }
}
