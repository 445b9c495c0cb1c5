//! The server as a program of its own, which can be killed and comes back at the same address.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

pub struct Program {
    child: Child,
    pub url: String,
    settings: Vec<(String, String)>,
}

impl Program {
    /// With the settings every such server has, and further ones.
    pub fn new(database: &str, data_dir: &std::path::Path, further: &[(&str, &str)]) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let data_dir = data_dir.display().to_string();
        let (bind, path) = (format!("127.0.0.1:{port}"), std::env::var("PATH").unwrap_or_default());
        let own = [("DATABASE_URL", database), ("SWITCHYARD_BIND", &bind), ("SWITCHYARD_DATA_DIR", &data_dir), ("SWITCHYARD_CONNECTIONS", "8"), ("PATH", &path), ("RUST_LOG", "warn")];
        let settings = own.iter().chain(further).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>();
        Self { child: spawn(&settings), url: format!("http://127.0.0.1:{port}"), settings }
    }

    pub async fn wait_ready(&mut self) {
        let until = Instant::now() + Duration::from_secs(120);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        while !client.get(format!("{}/readyz", self.url)).send().await.is_ok_and(|answer| answer.status().is_success()) {
            assert!(Instant::now() < until, "the server was not ready in time");
            assert_eq!(self.child.try_wait().unwrap(), None, "the server ended by itself");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// SIGKILL, then the same again.
    pub async fn kill_and_restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = spawn(&self.settings);
        self.wait_ready().await;
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(settings: &[(String, String)]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchyard-program"));
    command.arg("serve").env_clear().envs(settings.iter().cloned()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
    command.spawn().unwrap()
}
