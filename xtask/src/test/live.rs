//! A running `switchyard up` with demo merchants, for the browser and for the outside oracles.

use crate::shell;
use anyhow::{Context, Result, bail};
use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

pub struct Live {
    child: Child,
    pub url: String,
    /// Where its mails are written.
    pub mails: PathBuf,
}

impl Live {
    /// Starts with an empty folder on a free port and waits for the address it prints.
    pub fn start() -> Result<Self> {
        let folder = shell::target().join("test-up");
        let _ = fs::remove_dir_all(&folder);
        let program = shell::target().join("debug/switchyard");
        let mut child = shell::command(&program.to_string_lossy(), &["up", "--bind", "127.0.0.1:0", "--history", "80", "--orders-per-minute", "20"])
            .arg("--data")
            .arg(&folder)
            .env_remove("DATABASE_URL")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} did not start", program.display()))?;
        let lines = BufReader::new(child.stdout.take().context("its output")?).lines();
        let (found, address) = std::sync::mpsc::channel();
        // Read to the end, so that it never waits for a reader.
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                println!("    {line}");
                if let Some(url) = line.trim().strip_prefix("open ") {
                    let _ = found.send(url.trim().to_owned());
                }
            }
        });
        match address.recv_timeout(Duration::from_secs(120)) {
            Ok(url) => Ok(Self { child, url, mails: folder.join("mail") }),
            Err(_) => {
                let _ = child.kill();
                bail!("switchyard up printed no address")
            }
        }
    }
}

impl Drop for Live {
    /// As a person would: Ctrl-C, then patience.
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        let until = Instant::now() + Duration::from_secs(30);
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < until {
            thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
