//! The product's server in this process, on a database of its own, reached over real HTTP on loopback.

use crate::{Canary, Client, Database};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Once};
use switchyard_server::{app::App, cli::serve, config::Config};
use tokio::{net::TcpListener, task::JoinHandle};

/// A running server. Ends with the test.
pub struct Server {
    pub app: App,
    pub url: String,
    pub database: Database,
    pub data_dir: tempfile::TempDir,
    pub canary: Canary,
    task: JoinHandle<anyhow::Result<()>>,
}

/// A tenant made by sign-up, its owner logged in.
pub struct Merchant {
    pub owner: Client,
    pub session: Value,
    pub email: String,
    pub password: String,
    pub slug: String,
    pub id: String,
    /// The server's data folder; mails lie in `mail/`.
    pub data_dir: std::path::PathBuf,
}

/// The one-time token in the newest mail of this kind to the address: the value behind `token=` in its link.
pub fn mail_token(data_dir: &std::path::Path, to: &str, page: &str) -> String {
    let mut mails: Vec<_> = std::fs::read_dir(data_dir.join("mail")).expect("mails").map(|entry| entry.expect("entry").path()).filter(|path| path.extension().is_some_and(|e| e == "eml")).collect();
    mails.sort_by_key(|path| std::fs::metadata(path).and_then(|m| m.modified()).expect("a time"));
    mails
        .iter()
        .rev()
        .filter_map(|path| {
            // Quoted-printable: soft line breaks and "=3D" for "=".
            let text = std::fs::read_to_string(path).ok()?.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=");
            let link = text.split_whitespace().find(|word| word.contains(page) && word.contains("token="))?;
            text.contains(to).then(|| link.split("token=").nth(1).expect("a token").split('&').next().expect("a token").to_owned())
        })
        .next()
        .unwrap_or_else(|| panic!("no mail to {to} about {page}"))
}

impl Server {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With further settings by their environment names.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        tls_provider();
        let database = Database::fresh().await;
        let data_dir = tempfile::tempdir().expect("a folder");
        share_compiled_plugins(data_dir.path());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let mut values: BTreeMap<String, String> = [
            ("DATABASE_URL", database.url.clone()),
            ("PUBLIC_URL", url.clone()),
            ("SWITCHYARD_MASTER_KEY", "5a".repeat(32)),
            ("SWITCHYARD_DATA_DIR", data_dir.path().display().to_string()),
            ("SWITCHYARD_PLUGIN_COMPILER", compiler().display().to_string()),
            ("SWITCHYARD_PRINTER", printer().display().to_string()),
            ("SWITCHYARD_CONNECTIONS", "8".to_owned()),
            ("SWITCHYARD_LOOPBACK_ISSUERS", "true".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        values.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let config = Config::from_values(values).expect("settings");
        if settings.iter().any(|(name, _)| *name == "SWITCHYARD_SHARDS") {
            tenants::migrate(&config.databases()).await.expect("migrations run");
        }
        let app = App::start(config).await.expect("the server starts");
        let task = tokio::spawn(serve::run(app.clone(), listener, std::future::pending()));
        Self { app, url, database, data_dir, canary: Canary::default(), task }
    }

    /// `switchyard verify` over every tenant: the test ends when it finds anything.
    pub async fn verify(&self) {
        let verified = switchyard_server::cli::verify::verify_all(&self.app.directory, None, &indicatif::ProgressBar::hidden()).await.expect("verification runs");
        assert_eq!(verified.findings, [""; 0], "switchyard verify over {} orders", verified.orders);
    }

    /// Nobody in particular.
    pub fn stranger(&self) -> Client {
        Client::new(&self.url, self.canary.clone())
    }

    /// A new tenant in VND with its owner logged in; the tenant's name holds its canary.
    pub async fn merchant(&self, name: &str) -> Merchant {
        self.merchant_in(name, "VN", "VND").await
    }

    pub async fn merchant_in(&self, name: &str, country: &str, currency: &str) -> Merchant {
        let owner = self.stranger().belonging_to(self.canary.hatch());
        let slug = format!("{name}-{}", &uuid::Uuid::new_v4().simple().to_string()[..8]);
        let email = format!("{slug}@example.com");
        let password = "correct horse battery".to_owned();
        let body = json!({
            "tenant_name": format!("{name} {}", owner.canary().marker()), "slug": slug, "country": country, "currency": currency,
            "time_zone": "Asia/Ho_Chi_Minh", "locale": "en", "name": format!("Owner {}", owner.canary().marker()), "email": email, "password": password,
        });
        let session = owner.post("/api/v1/sign-up", body).await.expect(201).json();
        let id = session["tenant"]["id"].as_str().expect("a tenant").to_owned();
        Merchant { owner, session, email, password, slug, id, data_dir: self.data_dir.path().to_owned() }
    }
}

/// All servers of the tests have one master key, so what one compiled another may load.
pub fn share_compiled_plugins(data_dir: &std::path::Path) {
    let shared = compiler().with_file_name("plugin-cache");
    std::fs::create_dir_all(&shared).expect("a folder for compiled plugins");
    std::os::unix::fs::symlink(&shared, data_dir.join("plugins")).expect("a link to it");
}

/// The compiler process of the plugin host, built beside the tests.
fn compiler() -> std::path::PathBuf {
    built("plugin-compiler")
}

/// The program that prints, built beside the tests.
pub fn printer() -> std::path::PathBuf {
    built("switchyard-program-printer")
}

fn built(program: &str) -> std::path::PathBuf {
    let tests = std::env::current_exe().expect("this program");
    tests.ancestors().nth(2).expect("target folder").join(program)
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// reqwest and the server are built without a built-in TLS provider: ring is chosen once a process.
pub fn tls_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
