//! Sends what was prepared, within limits.

use super::{
    address::{Blocked, VettedNames},
    rate::{Allowance, Rate},
    request::Prepared,
};
use crate::contract::imports::http as wire;
use kernel::InstallationId;
use moka::sync::Cache;
use reqwest::{
    dns::Resolve,
    header::{ACCEPT_ENCODING, CONTENT_ENCODING, HOST, HeaderValue},
    redirect::Policy,
};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

pub const RESPONSE_BYTES_MAX: usize = 4 << 20;
const HEADER_BYTES_MAX: usize = 64 << 10;
const CONNECT: Duration = Duration::from_secs(3);
const FIRST_BYTE: Duration = Duration::from_secs(10);
const TOTAL: Duration = Duration::from_secs(25);

#[derive(Clone, Default)]
pub struct HttpSettings {
    pub rate: Rate,
    /// Looks names up; `None`: the system's resolver. What it answers is checked either way.
    pub resolver: Option<Arc<dyn Resolve>>,
    /// Development and tests: hosts that are answered by a server on loopback, over plain http. A host still has to be
    /// granted, and every check of the URL is the same.
    pub endpoint_overrides: BTreeMap<String, SocketAddr>,
}

pub struct Client {
    settings: HttpSettings,
    https: OnceLock<Option<reqwest::Client>>,
    loopback: OnceLock<Option<reqwest::Client>>,
    allowances: Cache<InstallationId, Arc<Allowance>>,
}

impl Client {
    /// Overrides to anything but loopback are left out: they would be a way around the address check.
    pub fn new(mut settings: HttpSettings) -> Self {
        settings.endpoint_overrides.retain(|host, address| {
            let loopback = address.ip().is_loopback();
            if !loopback {
                tracing::error!("the endpoint override of {host} is ignored: {address} is not a loopback address");
            }
            loopback
        });
        let allowances = Cache::builder().max_capacity(100_000).time_to_idle(Duration::from_secs(600)).build();
        Self { settings, https: OnceLock::new(), loopback: OnceLock::new(), allowances }
    }

    fn builder() -> reqwest::ClientBuilder {
        // A coded body could unfold to a thousand times its size, so none is asked for and none is taken.
        reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .referer(false)
            .http1_only()
            .connect_timeout(CONNECT)
            .pool_max_idle_per_host(4)
            .pool_idle_timeout(Duration::from_secs(30))
    }

    /// Made when it is first needed: reading the system's certificates takes a while.
    fn https(&self) -> Option<&reqwest::Client> {
        let make = || {
            // Whoever came first chose the provider.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let names = VettedNames { lower: self.settings.resolver.clone() };
            Self::builder().https_only(true).dns_resolver(Arc::new(names)).build().inspect_err(|e| tracing::error!("no https for plugins: {e}")).ok()
        };
        self.https.get_or_init(make).as_ref()
    }

    fn loopback(&self) -> Option<&reqwest::Client> {
        let make = || {
            let _ = rustls::crypto::ring::default_provider().install_default();
            Self::builder().build().ok()
        };
        self.loopback.get_or_init(make).as_ref()
    }

    pub async fn send(&self, installation: InstallationId, prepared: Prepared) -> Result<wire::Response, wire::HttpError> {
        let (started, rate) = (Instant::now(), self.settings.rate);
        let allowance = self.allowances.get_with(installation, || Arc::new(Allowance::new(rate, started)));
        if !allowance.take(started) {
            return Err(wire::HttpError::TooManyRequests);
        }
        let total = if prepared.wait.is_zero() { TOTAL } else { prepared.wait.min(TOTAL) };
        let host = prepared.url.host_str().unwrap_or_default().to_owned();
        let exchange = async {
            // Closed only when it is dropped, which it is not while we hold it.
            let _slot = allowance.at_once.acquire().await.map_err(|_| transport("the host is stopping"))?;
            self.exchange(prepared).await
        };
        let answer = tokio::time::timeout(total, exchange).await.unwrap_or(Err(wire::HttpError::Timeout));
        let (status, bytes) = answer.as_ref().map_or((0, 0), |a| (a.status, a.body.len()));
        let failed = answer.as_ref().err().map(|e| format!("{e:?}"));
        tracing::info!(plugin.installation = %installation, http.host = host, http.status = status, http.bytes = bytes, ms = started.elapsed().as_millis() as u64, failed, "a plugin called {host}");
        answer
    }

    async fn exchange(&self, mut prepared: Prepared) -> Result<wire::Response, wire::HttpError> {
        prepared.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let host = prepared.url.host_str().unwrap_or_default().to_owned();
        let client = match self.settings.endpoint_overrides.get(&host) {
            None => self.https(),
            Some(address) => {
                let value = HeaderValue::from_str(&host).map_err(|_| transport("the host name is not one"))?;
                prepared.headers.insert(HOST, value);
                let moved = prepared.url.set_scheme("http").and_then(|()| prepared.url.set_ip_host(address.ip())).and_then(|()| prepared.url.set_port(Some(address.port())));
                moved.map_err(|()| transport("the override cannot be used"))?;
                self.loopback()
            }
        };
        let client = client.ok_or_else(|| transport("https is not available here"))?;
        let request = client.request(prepared.method, prepared.url).headers(prepared.headers).body(prepared.body);
        let mut response = match tokio::time::timeout(FIRST_BYTE, request.send()).await {
            Ok(response) => response.map_err(|e| explain(&e))?,
            Err(_) => return Err(wire::HttpError::Timeout),
        };
        if response.headers().get(CONTENT_ENCODING).is_some_and(|coding| coding.as_bytes() != b"identity") {
            return Err(transport("the answer is compressed, though it was asked for as it is"));
        }
        let mut header_bytes = 0;
        let mut headers = Vec::new();
        for (name, value) in response.headers() {
            header_bytes += name.as_str().len() + value.len();
            if header_bytes > HEADER_BYTES_MAX {
                return Err(transport("the answer's headers are too large"));
            }
            // The channel's cookies are not the guest's business; there is no jar.
            if name != "set-cookie" {
                headers.push(wire::Header { name: name.to_string(), value: String::from_utf8_lossy(value.as_bytes()).into_owned() });
            }
        }
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| explain(&e))? {
            if body.len() + chunk.len() > RESPONSE_BYTES_MAX {
                return Err(wire::HttpError::BodyTooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(wire::Response { status, headers, body })
    }
}

fn transport(text: &str) -> wire::HttpError {
    wire::HttpError::Transport(text.into())
}

/// Nothing of the error's own text: it may hold the URL, and a secret in its query.
fn explain(error: &reqwest::Error) -> wire::HttpError {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(inner) = cause {
        if inner.is::<Blocked>() {
            return wire::HttpError::BlockedAddress;
        }
        if inner.is::<rustls::Error>() {
            return wire::HttpError::Tls;
        }
        // rustls hides its error inside an io::Error, whose `source` skips it.
        if let Some(io) = inner.downcast_ref::<std::io::Error>()
            && io.get_ref().is_some_and(|e| e.is::<rustls::Error>())
        {
            return wire::HttpError::Tls;
        }
        cause = inner.source();
    }
    if error.is_timeout() {
        return wire::HttpError::Timeout;
    }
    transport(if error.is_connect() {
        "cannot connect"
    } else if error.is_body() || error.is_decode() {
        "the answer broke off"
    } else {
        "the request failed"
    })
}
