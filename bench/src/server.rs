//! The product as it is run: the release binary, a process of its own.

use crate::cluster::Place;
use crate::load::{Client, request};
use anyhow::{Context, bail};
use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const READY_WITHIN: Duration = Duration::from_secs(60);

pub struct Server {
    child: Child,
    pub address: String,
    /// From the start of the process to the first answer with status 200.
    pub took: Duration,
}

/// The binary with the settings of a bench.
pub fn command(binary: &Path, place: &Place, data: &Path) -> Command {
    let mut command = Command::new(binary);
    for (name, value) in [("DATABASE_URL", place.url.as_str()), ("SWITCHYARD_MASTER_KEY", MASTER_KEY), ("SWITCHYARD_REQUESTS_PER_MINUTE", "100000000"), ("SWITCHYARD_CONNECTIONS", "16"), ("RUST_LOG", "error")] {
        command.env(name, value);
    }
    command.env("SWITCHYARD_DATA_DIR", data).stdin(Stdio::null());
    command
}

/// Of a database that lives for minutes.
const MASTER_KEY: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";

impl Server {
    pub async fn start(binary: &Path, place: &Place, data: &Path) -> anyhow::Result<Self> {
        let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let begun = Instant::now();
        let child = command(binary, place, data).arg("serve").env("SWITCHYARD_BIND", &address).stdout(Stdio::null()).spawn().with_context(|| format!("start {}", binary.display()))?;
        let mut server = Self { child, address, took: Duration::ZERO };
        loop {
            if let Ok(mut client) = Client::connect(&server.address).await
                && let Ok(answer) = client.send(&request("GET", "/readyz", &[], b"")).await
                && answer.status == 200
            {
                server.took = begun.elapsed();
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended with {status}");
            }
            if begun.elapsed() > READY_WITHIN {
                bail!("the server did not become ready within {} s", READY_WITHIN.as_secs());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Memory that is this process's own share, in MiB.
    pub fn pss_mebibytes(&self) -> anyhow::Result<f64> {
        memory(&format!("/proc/{}/smaps_rollup", self.child.id()), "Pss:")
    }

    pub fn peak_rss_mebibytes(&self) -> anyhow::Result<f64> {
        memory(&format!("/proc/{}/status", self.child.id()), "VmHWM:")
    }

    /// One call of the interface that must succeed.
    pub async fn call(&self, key: &str, method: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        let bearer = format!("Bearer {key}");
        let answer = Client::connect(&self.address).await?.send(&request(method, path, &[("authorization", &bearer), ("content-type", "application/json")], body.to_string().as_bytes())).await?;
        if !(200..300).contains(&answer.status) {
            bail!("{method} {path} answered {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        Ok(serde_json::from_slice(&answer.body)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A line `Name:  1234 kB` of a file under /proc.
pub fn memory(file: &str, name: &str) -> anyhow::Result<f64> {
    let text = std::fs::read_to_string(file).with_context(|| format!("read {file}"))?;
    let kibibytes: f64 = text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB")?.parse().ok()).with_context(|| format!("{file} has no {name}"))?;
    Ok(kibibytes / 1024.0)
}
