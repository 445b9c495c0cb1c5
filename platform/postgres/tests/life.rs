//! The private cluster against a real PostgreSQL: its whole life, and each way a start can fail.

use postgres_cluster::{Binaries, Cluster, ClusterError, Settings};
use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// A folder every user may enter, removed at the end.
struct Room(PathBuf);

impl Room {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("switchyard-life-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
    fn data(&self) -> PathBuf {
        self.0.join("data")
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// One value through psql, which Debian installs with the server; nothing where it is missing.
fn ask(cluster: &Cluster, sql: &str) -> Option<String> {
    let answer = Command::new("psql").arg(cluster.url("postgres")).args(["-Atqc", sql]).output().ok()?;
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    Some(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}

/// Runs; a zombie that a container's first process never waits for does not.
fn alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.rsplit(')').next().unwrap().trim_start().starts_with('Z'))
}

fn wait_until(what: &str, within: Duration, mut done: impl FnMut() -> bool) {
    let until = Instant::now() + within;
    while !done() {
        assert!(Instant::now() < until, "{what} did not happen within {within:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn starts_keeps_data_and_stops() {
    let room = Room::new("life");
    let cluster = Cluster::start(Settings::durable(room.data())).unwrap();
    let pid = cluster.pid().unwrap();
    if let Some(fsync) = ask(&cluster, "show fsync") {
        assert_eq!(fsync, "on");
        ask(&cluster, "create table kept (n int)");
        ask(&cluster, "insert into kept values (7)");
        assert_eq!(ask(&cluster, "show server_encoding").unwrap(), "UTF8");
        assert_eq!(ask(&cluster, "show listen_addresses").unwrap(), "");
    }
    cluster.stop();
    assert!(!alive(pid));
    let begun = Instant::now();
    let cluster = Cluster::start(Settings::durable(room.data())).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10));
    if let Some(kept) = ask(&cluster, "select n from kept") {
        assert_eq!(kept, "7");
    }
}

#[test]
fn pg_2_the_server_does_not_run_as_root() {
    use std::os::unix::fs::MetadataExt;
    let room = Room::new("owner");
    let cluster = Cluster::start(Settings::throwaway(room.data())).unwrap();
    let status = fs::read_to_string(format!("/proc/{}/status", cluster.pid().unwrap())).unwrap();
    let uids = status.lines().find(|line| line.starts_with("Uid:")).unwrap();
    assert!(uids.split_whitespace().skip(1).all(|uid| uid != "0"), "{uids}");
    let folder = fs::metadata(cluster.data_dir()).unwrap();
    assert_ne!(folder.uid(), 0);
    assert_eq!(folder.mode() & 0o077, 0, "others may not enter");
}

#[test]
fn pg_3_a_second_start_on_the_folder_is_refused() {
    let room = Room::new("twice");
    let _first = Cluster::start(Settings::throwaway(room.data())).unwrap();
    let error = Cluster::start(Settings::throwaway(room.data())).unwrap_err();
    assert!(matches!(error, ClusterError::InUse(_)), "{error}");
    assert!(error.to_string().contains("in use"));
}

/// Not a test by itself: the process that the next test kills.
#[test]
fn child_that_is_killed() {
    let Some(folder) = env::var_os("SWITCHYARD_LIFE_CHILD") else { return };
    let cluster = Cluster::start(Settings::durable(folder)).unwrap();
    println!("\npostmaster {}", cluster.pid().unwrap());
    thread::sleep(Duration::from_secs(120));
}

#[test]
fn pg_1_and_pg_4_kill_9_of_the_parent_ends_the_server_and_the_next_start_succeeds() {
    let room = Room::new("orphan");
    for _ in 0..3 {
        let mut parent = Command::new(env::current_exe().unwrap())
            .args(["--exact", "child_that_is_killed", "--nocapture"])
            .env("SWITCHYARD_LIFE_CHILD", room.data())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(parent.stdout.take().unwrap()).lines();
        let line = lines.map_while(Result::ok).find(|line| line.starts_with("postmaster ")).unwrap();
        let pid: u32 = line["postmaster ".len()..].trim().parse().unwrap();
        assert!(alive(pid));
        parent.kill().unwrap();
        parent.wait().unwrap();
        let cluster = Cluster::start(Settings::durable(room.data())).unwrap();
        assert!(!alive(pid), "the old server must have ended before a new one runs");
        cluster.stop();
    }
}

#[test]
fn pg_1_the_server_ends_by_itself_when_nobody_restarts() {
    let room = Room::new("alone");
    let mut parent = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child_that_is_killed", "--nocapture"])
        .env("SWITCHYARD_LIFE_CHILD", room.data())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(parent.stdout.take().unwrap()).lines();
    let line = lines.map_while(Result::ok).find(|line| line.starts_with("postmaster ")).unwrap();
    let pid: u32 = line["postmaster ".len()..].trim().parse().unwrap();
    parent.kill().unwrap();
    parent.wait().unwrap();
    wait_until("the end of the server", Duration::from_secs(20), || !alive(pid));
}

#[test]
fn pg_4_kill_9_of_the_server_is_survived() {
    let room = Room::new("crash");
    let mut cluster = Cluster::start(Settings::durable(room.data())).unwrap();
    for _ in 0..3 {
        cluster.kill();
        assert!(!cluster.is_running());
        cluster.restart().unwrap();
        assert!(cluster.is_running());
    }
}

#[test]
fn pg_4_an_interrupted_making_and_a_misleading_pid_file_do_not_matter() {
    let room = Room::new("remains");
    fs::create_dir_all(room.0.join("data.unfinished/base")).unwrap();
    Cluster::start(Settings::throwaway(room.data())).unwrap().stop();
    // The number in the file now belongs to another process: this one.
    fs::write(room.data().join("postmaster.pid"), format!("{}\n{}\n", std::process::id(), room.data().display())).unwrap();
    Cluster::start(Settings::throwaway(room.data())).unwrap().stop();
}

#[test]
fn pg_5_a_newer_data_folder_is_one_sentence() {
    let room = Room::new("newer");
    Cluster::start(Settings::throwaway(room.data())).unwrap().stop();
    fs::write(room.data().join("PG_VERSION"), "99\n").unwrap();
    let error = Cluster::start(Settings::throwaway(room.data())).unwrap_err();
    assert!(matches!(error, ClusterError::NewerData { data: 99, .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("newer") && !text.contains('\n'), "{text}");
}

#[test]
fn pg_5_a_folder_of_something_else_is_left_alone() {
    let room = Room::new("foreign");
    fs::create_dir(room.data()).unwrap();
    fs::write(room.data().join("thesis.txt"), "do not lose this").unwrap();
    let error = Cluster::start(Settings::throwaway(room.data())).unwrap_err();
    assert!(matches!(error, ClusterError::NotADataFolder(_)), "{error}");
    assert_eq!(fs::read_to_string(room.data().join("thesis.txt")).unwrap(), "do not lose this");
}

#[test]
fn pg_5_a_full_disk_is_one_sentence() {
    let room = Room::new("full");
    let disk = room.0.join("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=20m", "tmpfs"]).arg(&disk).output();
    if !mounted.is_ok_and(|answer| answer.status.success()) {
        println!("skipped: mounting a small disk needs root");
        return;
    }
    let error = Cluster::start(Settings::throwaway(disk.join("data"))).unwrap_err();
    let unmounted = Command::new("umount").arg(&disk).status().unwrap();
    assert!(unmounted.success());
    assert!(matches!(error, ClusterError::DiskFull(_)), "{error}");
    assert!(error.to_string().contains("full") && !error.to_string().contains('\n'));
}

#[test]
fn a_long_path_gets_a_short_socket() {
    let room = Room::new("long");
    let deep = room.0.join("a-folder-with-a-rather-long-name/and-another-one-of-the-same-kind/and-a-third-so-that-it-is-too-long/data");
    let cluster = Cluster::start(Settings::throwaway(&deep)).unwrap();
    if let Some(one) = ask(&cluster, "select 1") {
        assert_eq!(one, "1");
    }
}

#[test]
fn sql_runs_with_no_server() {
    let room = Room::new("offline");
    let settings = Settings::throwaway(room.data());
    Cluster::execute_offline(&settings, "postgres", "create table made (\n\n  n int -- a comment\n);\n\ninsert into made values (3);\n").unwrap();
    let error = Cluster::execute_offline(&settings, "postgres", "select * from missing").unwrap_err();
    assert!(error.to_string().contains("missing"), "{error}");
    let cluster = Cluster::start(settings).unwrap();
    if let Some(made) = ask(&cluster, "select n from made") {
        assert_eq!(made, "3");
    }
}

#[test]
fn the_installed_postgresql_is_found() {
    let found = Binaries::find(&[]).unwrap();
    assert!(found.major >= postgres_cluster::OLDEST_MAJOR);
    assert_eq!(Binaries::at(&found.folder), Some(found.clone()));
}
