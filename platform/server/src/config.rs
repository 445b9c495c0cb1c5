//! Configuration: the environment (12-factor), with the same names in an optional TOML file. Secrets may come from `*_FILE`.
//! Invariant CONF-1: an unknown `SWITCHYARD_*` name is an error, so a typing mistake never silently falls back to a default.

use std::{collections::BTreeMap, net::SocketAddr, path::{Path, PathBuf}};

/// Everything the server is told from outside.
#[derive(Clone, Debug)]
pub struct Config {
    pub bind: SocketAddr,
    /// Where browsers and channels reach this server, without a trailing slash.
    pub public_url: String,
    pub control_database_url: String,
    /// Shard name -> database URL. `main` when nothing else is said.
    pub shards: BTreeMap<String, String>,
    pub connections_max: u32,
    /// 32 bytes, hex: seals secrets and signs cursors and caches.
    pub master_key: MasterKey,
    pub data_dir: PathBuf,
    pub smtp_url: Option<String>,
    pub mail_from: String,
    /// Development only: channel hosts that are answered by a local simulator. `host=127.0.0.1:port`.
    pub endpoint_overrides: BTreeMap<String, SocketAddr>,
    /// Development only: OIDC issuers on plain http at a loopback address are accepted.
    pub loopback_issuers: bool,
    /// Requests a minute for one tenant.
    pub requests_per_minute: u32,
    /// Seconds between two reconciliation polls of one account.
    pub poll_seconds: u64,
    /// The program that compiles plugins in a process of its own; this program when nothing else is said.
    pub plugin_compiler: Option<PathBuf>,
    /// The program that prints documents in a process of its own; what lies beside this program when nothing else is said.
    pub printer: Option<PathBuf>,
    /// When set, `/metrics` asks for it.
    pub metrics_token: Option<String>,
}

/// Never printed.
#[derive(Clone)]
pub struct MasterKey(pub [u8; 32]);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    #[error("{0} is not set: {1}")]
    Missing(&'static str, &'static str),
    #[error("{name} is wrong: {why}")]
    Wrong { name: String, why: String },
    #[error("{0} is not a setting of this program; `switchyard config` lists them")]
    Unknown(String),
}

/// Every name, what it means, and its default: one list for reading, for `switchyard config` and for the documentation.
pub const SETTINGS: &[(&str, &str, Option<&str>)] = &[
    ("DATABASE_URL", "control database, and the shard `main` unless SWITCHYARD_SHARDS names others", None),
    ("SWITCHYARD_SHARDS", "tenant databases: `name=url`, separated by spaces", None),
    ("SWITCHYARD_BIND", "address and port to listen on", Some("127.0.0.1:8080")),
    ("PUBLIC_URL", "where browsers and channels reach the server", None),
    ("SWITCHYARD_MASTER_KEY", "64 hex digits; seals secrets", None),
    ("SWITCHYARD_DATA_DIR", "compiled plugins, mail files", Some(".switchyard")),
    ("SWITCHYARD_CONNECTIONS", "database connections a pool may hold", Some("16")),
    ("SWITCHYARD_REQUESTS_PER_MINUTE", "requests a minute for one tenant", Some("60000")),
    ("SWITCHYARD_POLL_SECONDS", "seconds between two reconciliation polls of one channel account", Some("600")),
    ("SMTP_URL", "mail server; without it mails are written to files", None),
    ("SWITCHYARD_MAIL_FROM", "sender of mails", Some("Switchyard <no-reply@switchyard.localhost>")),
    ("SWITCHYARD_ENDPOINT_OVERRIDES", "development: `host=127.0.0.1:port` of a local channel simulator, separated by spaces", None),
    ("SWITCHYARD_LOOPBACK_ISSUERS", "development: accept OIDC issuers on http://127.0.0.1", Some("false")),
    ("SWITCHYARD_PLUGIN_COMPILER", "program whose `compile-plugin` compiles plugins; this program when not set", None),
    ("SWITCHYARD_PRINTER", "program that prints documents; `switchyard-printer` beside this program when not set", None),
    ("SWITCHYARD_METRICS_TOKEN", "bearer token that /metrics asks for", None),
    ("SWITCHYARD_PG_BIN", "folder of PostgreSQL's programs for the embedded database", None),
];

impl Config {
    /// Reads the environment, and `file` (TOML, the same names) for what the environment does not say.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::from_values(Self::values(file)?)
    }

    /// The names and values of the environment and the file, before they are understood.
    pub fn values(file: Option<&Path>) -> Result<BTreeMap<String, String>, ConfigError> {
        let mut values: BTreeMap<String, String> = BTreeMap::new();
        if let Some(path) = file {
            let wrong = |why: String| ConfigError::Wrong { name: path.display().to_string(), why };
            let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
            let table: toml::Table = toml::from_str(&text).map_err(|e| wrong(e.to_string()))?;
            for (name, value) in table {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                values.insert(name, text);
            }
        }
        values.extend(std::env::vars());
        Ok(values)
    }

    /// From names and values, as an environment gives them.
    pub fn from_values(mut values: BTreeMap<String, String>) -> Result<Self, ConfigError> {
        read_secret_files(&mut values)?;
        if let Some(name) = values.keys().find(|n| n.starts_with("SWITCHYARD_") && !SETTINGS.iter().any(|(known, ..)| known == n)) {
            return Err(ConfigError::Unknown(name.clone()));
        }
        let get = |name: &str| {
            let default = || SETTINGS.iter().find(|(known, ..)| *known == name).and_then(|(.., d)| d.map(str::to_owned));
            values.get(name).filter(|v| !v.is_empty()).cloned().or_else(default)
        };
        let parse = |name: &'static str, what: &str| -> Result<String, ConfigError> {
            get(name).ok_or_else(|| ConfigError::Wrong { name: name.into(), why: what.into() })
        };
        let bind: SocketAddr = parse("SWITCHYARD_BIND", "expected address:port")?
            .parse()
            .map_err(|_| ConfigError::Wrong { name: "SWITCHYARD_BIND".into(), why: "expected address:port, such as 127.0.0.1:8080".into() })?;
        let control_database_url = get("DATABASE_URL").ok_or(ConfigError::Missing("DATABASE_URL", "postgres://user:password@host/database"))?;
        let shards = match get("SWITCHYARD_SHARDS") {
            None => [(tenants::directory::DEFAULT_SHARD.to_owned(), control_database_url.clone())].into(),
            Some(list) => pairs("SWITCHYARD_SHARDS", &list, |url| Ok(url.to_owned()))?,
        };
        let public_url = get("PUBLIC_URL").unwrap_or_else(|| format!("http://{bind}"));
        url::Url::parse(&public_url)
            .ok()
            .filter(|u| matches!(u.scheme(), "http" | "https"))
            .ok_or_else(|| ConfigError::Wrong { name: "PUBLIC_URL".into(), why: "expected http(s)://host".into() })?;
        let number = |name: &'static str| -> Result<u32, ConfigError> {
            parse(name, "expected a number")?
                .parse()
                .ok()
                .filter(|n| *n > 0)
                .ok_or_else(|| ConfigError::Wrong { name: name.into(), why: "expected a number above 0".into() })
        };
        Ok(Self {
            bind,
            public_url: public_url.trim_end_matches('/').to_owned(),
            control_database_url,
            shards,
            connections_max: number("SWITCHYARD_CONNECTIONS")?,
            master_key: master_key(&get("SWITCHYARD_MASTER_KEY").ok_or(ConfigError::Missing("SWITCHYARD_MASTER_KEY", "64 hex digits, such as `openssl rand -hex 32` prints"))?)?,
            data_dir: parse("SWITCHYARD_DATA_DIR", "expected a folder")?.into(),
            smtp_url: get("SMTP_URL"),
            mail_from: parse("SWITCHYARD_MAIL_FROM", "expected a mail address")?,
            endpoint_overrides: pairs("SWITCHYARD_ENDPOINT_OVERRIDES", &get("SWITCHYARD_ENDPOINT_OVERRIDES").unwrap_or_default(), |address| {
                address.parse::<SocketAddr>().ok().filter(|a| a.ip().is_loopback()).ok_or("expected host=127.0.0.1:port")
            })?,
            loopback_issuers: parse("SWITCHYARD_LOOPBACK_ISSUERS", "expected true or false")? == "true",
            requests_per_minute: number("SWITCHYARD_REQUESTS_PER_MINUTE")?,
            poll_seconds: number("SWITCHYARD_POLL_SECONDS")?.max(1).into(),
            plugin_compiler: get("SWITCHYARD_PLUGIN_COMPILER").map(PathBuf::from),
            printer: get("SWITCHYARD_PRINTER").map(PathBuf::from),
            metrics_token: get("SWITCHYARD_METRICS_TOKEN"),
        })
    }

    pub fn databases(&self) -> tenants::Databases {
        tenants::Databases { control: self.control_database_url.clone(), shards: self.shards.clone(), connections_max: self.connections_max }
    }

    /// Scheme, host and port of `public_url`, as a browser writes them into `Origin`.
    pub fn origin(&self) -> &str {
        let after_scheme = self.public_url.find("://").map_or(0, |at| at + 3);
        self.public_url[after_scheme..].find('/').map_or(&self.public_url, |path| &self.public_url[..after_scheme + path])
    }

    /// Cookies are `Secure` and `__Host-` prefixed.
    pub fn https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

/// `NAME_FILE=/path` stands for `NAME=<content>`.
fn read_secret_files(values: &mut BTreeMap<String, String>) -> Result<(), ConfigError> {
    for (name, ..) in SETTINGS {
        if let Some(path) = values.remove(&format!("{name}_FILE")) {
            let text = std::fs::read_to_string(&path).map_err(|e| ConfigError::Wrong { name: format!("{name}_FILE"), why: e.to_string() })?;
            values.insert((*name).to_owned(), text.trim().to_owned());
        }
    }
    Ok(())
}

fn master_key(text: &str) -> Result<MasterKey, ConfigError> {
    let mut key = [0; 32];
    hex::decode_to_slice(text, &mut key).map_err(|_| ConfigError::Wrong { name: "SWITCHYARD_MASTER_KEY".into(), why: "expected 64 hex digits".into() })?;
    Ok(MasterKey(key))
}

fn pairs<T>(name: &str, list: &str, parse: impl Fn(&str) -> Result<T, &'static str>) -> Result<BTreeMap<String, T>, ConfigError> {
    let wrong = |why: &str| ConfigError::Wrong { name: name.into(), why: why.into() };
    list.split_whitespace()
        .map(|pair| {
            let (key, value) = pair.split_once('=').ok_or_else(|| wrong("expected name=value pairs separated by spaces"))?;
            Ok((key.to_owned(), parse(value).map_err(wrong)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(extra: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let base = [("DATABASE_URL", "postgres:///x"), ("SWITCHYARD_MASTER_KEY", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")];
        Config::from_values(base.iter().chain(extra).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn conf_1_an_unknown_name_is_an_error() {
        assert_eq!(load(&[("SWITCHYARD_BINDS", "x")]).unwrap_err(), ConfigError::Unknown("SWITCHYARD_BINDS".into()));
        assert!(load(&[]).is_ok());
    }

    #[test]
    fn wrong_values_name_the_setting() {
        for (name, value) in [("SWITCHYARD_BIND", "8080"), ("SWITCHYARD_CONNECTIONS", "0"), ("SWITCHYARD_MASTER_KEY", "12"), ("PUBLIC_URL", "shop"), ("SWITCHYARD_ENDPOINT_OVERRIDES", "a=8.8.8.8:1")] {
            let error = load(&[(name, value)]).unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
        }
    }

    #[test]
    fn the_master_key_is_never_printed() {
        assert!(!format!("{:?}", load(&[]).unwrap()).contains("00112233"));
    }
}
