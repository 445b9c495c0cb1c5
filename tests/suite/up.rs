//! `switchyard up` as a person uses it: the real program, an embedded database, demo merchants, live orders, Ctrl-C.
//! UP-2: Ctrl-C, or kill -9, at any moment leaves no process and a folder from which the next start succeeds.

use kit::{Canary, Client};
use serde_json::json;
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

struct Up {
    child: Child,
    url: String,
    /// From the start of the process to the printed address.
    ready_after: Duration,
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchyard-program"));
    let path = std::env::var("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path).arg("up").arg("--data").arg(folder).args(arguments).stdin(Stdio::null());
    command
}

impl Up {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let begun = Instant::now();
        let mut child = command(folder, arguments).args(["--bind", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let line = line.trim();
            line.strip_prefix("open ").or(line.split_once("answers at ").map(|(_, url)| url).filter(|_| arguments.contains(&"--no-demo"))).map(|url| url.trim().to_owned())
        });
        let ready_after = begun.elapsed();
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url: url.expect("it prints where it answers"), ready_after }
    }

    /// Ctrl-C, and how it ended.
    fn interrupt(mut self) {
        assert!(Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap().success());
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(status.success(), "{status}");
                return;
            }
            assert!(Instant::now() < until, "it did not stop");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// PostgreSQL processes whose data lies in this folder.
fn databases_in(folder: &Path) -> usize {
    let of = |entry: std::fs::DirEntry| {
        let cwd = std::fs::read_link(entry.path().join("cwd")).ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let zombie = stat.rsplit(')').next()?.trim_start().starts_with('Z');
        (cwd.starts_with(folder) && !zombie).then_some(())
    };
    std::fs::read_dir("/proc").unwrap().flatten().filter_map(of).count()
}

/// A folder that the user who runs PostgreSQL may enter.
fn room() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("switchyard-up").tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    folder
}

async fn orders_of(url: &str, email: &str) -> i64 {
    let client = Client::new(url, Canary::default());
    client.post("/api/v1/session", json!({"email": email, "password": "switchyard demo"})).await.expect(200);
    client.get("/api/v1/orders/counts").await.expect(200).json()["total"].as_i64().expect("a total")
}

/// The wholesaler's companies, its confirmed B2B orders, and its orders held on credit that somebody may release.
async fn wholesale_credit(url: &str) -> (usize, usize, usize) {
    let client = Client::new(url, Canary::default());
    client.post("/api/v1/session", json!({"email": "bao@mekong-wholesale.example", "password": "switchyard demo"})).await.expect(200);
    let list = async |path: &str| client.get(path).await.expect(200).json()["data"].as_array().expect("a list").clone();
    let held = list("/api/v1/holds?type=credit").await.iter().filter(|hold| hold["may_release"] == true && hold["confirms"] == true).count();
    (list("/api/v1/companies").await.len(), list("/api/v1/orders?segment=b2b&confirmed=true").await.len(), held)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn demo_1_the_lists_of_the_three_merchants_fill_and_a_second_start_is_quick() {
    let room = room();
    let up = Up::start(room.path(), &["--history", "60", "--orders-per-minute", "120"]);
    let merchants = ["vy@lua-sai-gon.example", "bao@mekong-wholesale.example", "maya@sen-lotus.example"];
    let until = Instant::now() + Duration::from_secs(120);
    let mut totals = [0; 3];
    while totals.iter().any(|total| *total < 3) || totals.iter().sum::<i64>() < 65 {
        assert!(Instant::now() < until, "the lists hold {totals:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
        for (total, email) in totals.iter_mut().zip(merchants) {
            *total = orders_of(&up.url, email).await;
        }
    }
    assert!(databases_in(room.path()) > 0);
    let before = wholesale_credit(&up.url).await;
    assert!(before.0 >= 3 && before.1 >= 2 && before.2 >= 2, "companies, confirmed, held: {before:?}");
    up.interrupt();
    assert_eq!(databases_in(room.path()), 0, "Ctrl-C leaves no database behind");

    let up = Up::start(room.path(), &["--orders-per-minute", "120"]);
    assert!(up.ready_after < Duration::from_secs(10), "a second start took {:?}", up.ready_after);
    assert_eq!(wholesale_credit(&up.url).await, before, "a second start makes nothing twice");
    let before: i64 = totals.iter().sum();
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let mut now = 0;
        for email in merchants {
            now += orders_of(&up.url, email).await;
        }
        assert!(now >= before, "{before} orders became {now}");
        if now > before {
            break;
        }
        assert!(Instant::now() < until, "no new order after the second start");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    up.interrupt();
}

#[tokio::test]
async fn up_2_kill_9_at_any_moment_is_survived() {
    let room = room();
    let seed = kit::seed("up");
    let mut rng = <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(seed);
    for _ in 0..4 {
        // From the first moments of making the cluster to after it is ready.
        let mut child = command(room.path(), &["--no-demo", "--bind", "127.0.0.1:0"]).stdout(Stdio::null()).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(rand::Rng::random_range(&mut rng, 50..3_000))).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let up = Up::start(room.path(), &["--no-demo"]);
    let client = reqwest_client();
    assert!(client.get(format!("{}/readyz", up.url)).send().await.unwrap().status().is_success());
    up.interrupt();
    assert_eq!(databases_in(room.path()), 0);
}

fn reqwest_client() -> reqwest::Client {
    kit::server::tls_provider();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

#[test]
fn what_a_person_can_cure_is_one_sentence() {
    let sentence = |output: Output, words: &[&str]| {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert_eq!(text.trim().lines().count(), 1, "{text}");
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
    };
    let room = room();
    // A port in use.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    sentence(command(room.path(), &["--bind", &address]).output().unwrap(), &[&address, "in use"]);
    // No database program.
    sentence(command(room.path(), &["--bind", "127.0.0.1:0"]).env("SWITCHYARD_PG_BIN", "/nowhere").output().unwrap(), &["/nowhere", "SWITCHYARD_PG_BIN"]);
    // A newer data folder.
    std::fs::create_dir_all(room.path().join("database")).unwrap();
    std::fs::write(room.path().join("database/PG_VERSION"), "99\n").unwrap();
    sentence(command(room.path(), &["--bind", "127.0.0.1:0"]).output().unwrap(), &["newer", "99"]);
}
