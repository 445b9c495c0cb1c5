//! A running cluster and its life.

use crate::{Binaries, ClusterError, folder, owner::Owner, process, recover};
use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Condvar, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

/// Crash recovery of a large folder may take a while.
const READY_WITHIN: Duration = Duration::from_secs(120);
/// After a kill -9 the old backends end in their own time; until then the new server is refused.
const OLD_BACKENDS_WITHIN: Duration = Duration::from_secs(30);
const LOG_BYTES_MAX: u64 = 8 * 1024 * 1024;

#[derive(Clone, Debug)]
pub struct Settings {
    /// The data folder. Made when it is not there; `.lock` and `.log` lie beside it.
    pub data_dir: PathBuf,
    /// False turns fsync off: for tests that throw the folder away.
    pub durable: bool,
    pub connections_max: u16,
    /// Folders that may hold `node_modules` with the npm package of PostgreSQL.
    pub npm_roots: Vec<PathBuf>,
}

impl Settings {
    pub fn durable(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), durable: true, connections_max: 100, npm_roots: Vec::new() }
    }
    /// Fast and not safe against power loss.
    pub fn throwaway(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), durable: false, connections_max: 400, npm_roots: Vec::new() }
    }
}

/// A running PostgreSQL that belongs to this process. Dropping it stops it.
#[derive(Debug)]
pub struct Cluster {
    settings: Settings,
    binaries: Binaries,
    owner: Owner,
    /// Where the data really is.
    folder: PathBuf,
    log: PathBuf,
    sockets: PathBuf,
    server: Option<Server>,
    /// PG-3: held as long as we live; the kernel lets go of it however we end.
    _lock: File,
}

/// The postmaster and the thread that waits for it.
#[derive(Debug)]
struct Server {
    pid: u32,
    ended: Arc<Ended>,
}

/// Set once, by the keeper thread.
#[derive(Debug, Default)]
struct Ended {
    flag: Mutex<bool>,
    changed: Condvar,
}

impl Ended {
    fn set(&self) {
        *self.flag.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }
    /// Waits at most so long; true when it has ended.
    fn within(&self, patience: Duration) -> bool {
        let flag = self.flag.lock().unwrap_or_else(PoisonError::into_inner);
        *self.changed.wait_timeout_while(flag, patience, |ended| !*ended).unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Cluster {
    /// Makes the folder if needed, starts the server and waits until it answers.
    pub fn start(settings: Settings) -> Result<Self, ClusterError> {
        let owner = Owner::choose()?;
        let asked = std::path::absolute(&settings.data_dir).map_err(ClusterError::io(settings.data_dir.display().to_string()))?;
        let data = folder::place(&asked, &owner)?;
        let lock = take_lock(&asked)?;
        let binaries = Binaries::find_for(folder::version(&data)?, &settings.npm_roots)?;
        if !owner.can_reach(&binaries.program("postgres")) {
            return Err(ClusterError::NotReachable { path: binaries.folder, user: owner.name });
        }
        folder::fits(&data, &binaries)?;
        folder::make(&data, settings.durable, &binaries, &owner)?;
        let sockets = folder::socket_folder(&data, &owner)?;
        let log = beside(&asked, "log");
        let mut cluster = Self { settings, binaries, owner, folder: data, log, sockets, server: None, _lock: lock };
        cluster.run()?;
        Ok(cluster)
    }

    /// What to hand to a PostgreSQL client for one of the databases; `postgres` always exists.
    pub fn url(&self, database: &str) -> String {
        let mut host = String::new();
        for byte in self.sockets.to_string_lossy().bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => host.push(byte as char),
                other => host.push_str(&format!("%{other:02X}")),
            }
        }
        format!("postgres://postgres@localhost:5432/{database}?host={host}")
    }

    /// The postmaster's process, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(|server| server.pid)
    }

    pub fn major(&self) -> u32 {
        self.binaries.major
    }

    pub fn data_dir(&self) -> &Path {
        &self.folder
    }

    /// False once the server ended by itself or was killed; [`Cluster::restart`] brings it back.
    pub fn is_running(&self) -> bool {
        self.server.as_ref().is_some_and(|server| !server.ended.within(Duration::ZERO) && process::is_alive(server.pid))
    }

    /// kill -9, as a crash would: for tests of recovery.
    pub fn kill(&mut self) {
        if let Some(server) = self.server.take() {
            let _ = process::signal(server.pid, process::SIGKILL);
            server.ended.within(Duration::from_secs(10));
        }
    }

    /// Starts the server again after it ended; stops it first when it runs.
    pub fn restart(&mut self) -> Result<(), ClusterError> {
        self.halt();
        self.run()
    }

    /// Stops the server and lets go of the folder.
    pub fn stop(mut self) {
        self.halt();
    }

    fn halt(&mut self) {
        if let Some(server) = self.server.take() {
            recover::stop(server.pid);
            server.ended.within(Duration::from_secs(10));
        }
    }

    fn run(&mut self) -> Result<(), ClusterError> {
        recover::clear_remains(&self.folder);
        let begun = Instant::now();
        loop {
            let before = fs::metadata(&self.log).map(|of| of.len()).unwrap_or(0);
            let before = if before > LOG_BYTES_MAX { 0 } else { before };
            let server = self.spawn(before == 0)?;
            let patience = Instant::now() + READY_WITHIN;
            loop {
                if recover::is_ready(&self.folder, server.pid) {
                    self.server = Some(server);
                    return Ok(());
                }
                if server.ended.within(Duration::from_millis(20)) {
                    break;
                }
                if Instant::now() > patience {
                    recover::stop(server.pid);
                    return Err(ClusterError::NotReady { seconds: READY_WITHIN.as_secs(), log: self.log.clone() });
                }
            }
            let said = tail(&self.log, before);
            let busy = ["pre-existing shared memory block", "lock file \"postmaster.pid\""].iter().any(|words| said.contains(words));
            if !(busy && begun.elapsed() < OLD_BACKENDS_WITHIN) {
                return Err(self.explain(&said));
            }
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Spawned by a thread that then waits for it: death-with-parent is bound to the spawning thread (PG-1).
    fn spawn(&self, new_log: bool) -> Result<Server, ClusterError> {
        let shown = self.log.display().to_string();
        let log = OpenOptions::new().create(true).append(!new_log).write(true).truncate(new_log).open(&self.log).map_err(ClusterError::io(shown.clone()))?;
        let errors = log.try_clone().map_err(ClusterError::io(shown))?;
        let program = self.binaries.program("postgres");
        let mut command = self.owner.command(&program);
        command.arg("-D").arg(&self.folder).stdin(Stdio::null()).stdout(log).stderr(errors);
        for option in folder::options(&self.settings, &self.sockets) {
            command.arg("-c").arg(option);
        }
        process::die_with_parent(&mut command);
        let (started, start) = mpsc::channel();
        let ended = Arc::new(Ended::default());
        let ending = ended.clone();
        thread::Builder::new()
            .name("postgres-keeper".into())
            .spawn(move || match command.spawn() {
                Ok(mut child) => {
                    let _ = started.send(Ok(child.id()));
                    let _ = child.wait();
                    ending.set();
                }
                Err(error) => drop(started.send(Err(error))),
            })
            .map_err(ClusterError::io("starting a thread"))?;
        let pid = start.recv().unwrap_or(Err(std::io::ErrorKind::BrokenPipe.into())).map_err(ClusterError::io(program.display().to_string()))?;
        Ok(Server { pid, ended })
    }

    fn explain(&self, said: &str) -> ClusterError {
        if said.contains("No space left on device") {
            return ClusterError::DiskFull(self.folder.clone());
        }
        let telling = |line: &&str| ["FATAL:", "PANIC:", "ERROR:"].iter().any(|level| line.contains(level));
        let line = said.lines().rev().find(telling).or(said.lines().last()).unwrap_or("it wrote nothing to its log");
        let reason = line.split_once(":  ").map_or(line, |(_, text)| text).trim().to_owned();
        ClusterError::DidNotStart { reason, log: self.log.clone() }
    }

    /// Runs SQL in single-user mode on the folder of `settings`, with no server running and no client program needed.
    pub fn execute_offline(settings: &Settings, database: &str, sql: &str) -> Result<(), ClusterError> {
        let owner = Owner::choose()?;
        let asked = std::path::absolute(&settings.data_dir).map_err(ClusterError::io(settings.data_dir.display().to_string()))?;
        let data = folder::place(&asked, &owner)?;
        let _lock = take_lock(&asked)?;
        let binaries = Binaries::find_for(folder::version(&data)?, &settings.npm_roots)?;
        folder::fits(&data, &binaries)?;
        folder::make(&data, settings.durable, &binaries, &owner)?;
        recover::clear_remains(&data);
        let program = binaries.program("postgres");
        let mut child = owner
            .command(&program)
            .args(["--single", "-j", "-c", "fsync=off", "-D"])
            .arg(&data)
            .arg(database)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(ClusterError::io(program.display().to_string()))?;
        // With -j a command ends at a semicolon followed by an empty line, so ours must hold none before its end.
        let one: String = sql.lines().filter(|line| !line.trim().is_empty()).fold(String::new(), |all, line| all + line + "\n");
        let mut input = child.stdin.take().expect("piped above");
        let writer = thread::spawn(move || input.write_all(one.trim_end().trim_end_matches(';').as_bytes()).and_then(|()| input.write_all(b";\n\n")));
        let answer = child.wait_with_output().map_err(ClusterError::io(program.display().to_string()))?;
        let _ = writer.join();
        let said = String::from_utf8_lossy(&answer.stderr).into_owned();
        match said.lines().find(|line| ["ERROR:", "FATAL:", "PANIC:"].iter().any(|level| line.contains(level))) {
            Some(line) => Err(ClusterError::Statement(line.to_owned())),
            None if answer.status.success() => Ok(()),
            None => Err(ClusterError::Statement(said)),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.halt();
    }
}

fn beside(folder: &Path, extension: &str) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(extension);
    folder.with_file_name(name)
}

fn take_lock(folder: &Path) -> Result<File, ClusterError> {
    let path = beside(folder, "lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(ClusterError::io(path.display().to_string()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(ClusterError::InUse(folder.to_owned())),
        Err(fs::TryLockError::Error(error)) => Err(ClusterError::io(path.display().to_string())(error)),
    }
}

/// What the server wrote since `from`, at most the last 64 KiB.
fn tail(log: &Path, from: u64) -> String {
    let mut text = Vec::new();
    if let Ok(mut file) = File::open(log) {
        let end = file.metadata().map(|of| of.len()).unwrap_or(0);
        let from = from.max(end.saturating_sub(64 * 1024));
        let _ = file.seek(SeekFrom::Start(from)).and_then(|_| file.take(64 * 1024).read_to_end(&mut text));
    }
    String::from_utf8_lossy(&text).into_owned()
}
