//! The way to identity providers: https to public addresses, no redirects, small answers, little patience.
//! Invariant OUT-1: no request reaches a private, loopback or link-local address, by name or by number, unless plain http
//! to loopback is switched on for development.

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{
    future::Future,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::{Arc, OnceLock},
    time::Duration,
};
use url::{Host, Url};

const ANSWER_BYTES_MAX: usize = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    #[error("{0} must be an https address of a public host")]
    Address(String),
    #[error("the answer is larger than {ANSWER_BYTES_MAX} bytes")]
    TooLarge,
    #[error("the provider does not answer: {0}")]
    Away(String),
}

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Outside {
    loopback: bool,
    client: Arc<OnceLock<reqwest::Client>>,
}

impl Outside {
    pub(crate) fn new(loopback: bool) -> Self {
        Self { loopback, client: Arc::default() }
    }

    /// Whether the address may be spoken to, as far as its text tells; names are looked at again when they are resolved.
    pub(crate) fn check(&self, url: &Url) -> Result<(), OutsideError> {
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            Some(Host::Domain(_)) => None,
            None => return Err(OutsideError::Address(url.to_string())),
        };
        let loopback = ip.is_some_and(|ip| ip.is_loopback());
        let allowed = match url.scheme() {
            "https" => ip.is_none_or(is_public) || (loopback && self.loopback),
            "http" => loopback && self.loopback,
            _ => false,
        };
        if allowed && url.username().is_empty() && url.password().is_none() { Ok(()) } else { Err(OutsideError::Address(url.to_string())) }
    }

    /// Sends one request of the openidconnect library.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, OutsideError> {
        let (parts, body) = request.into_parts();
        let url: Url = parts.uri.to_string().parse().map_err(|_| OutsideError::Address(parts.uri.to_string()))?;
        self.check(&url)?;
        let away = |error: reqwest::Error| OutsideError::Away(error.without_url().to_string());
        let mut response = self.client()?.request(parts.method, url).headers(parts.headers).body(body).send().await.map_err(away)?;
        let mut answer = http::Response::builder().status(response.status());
        for (name, value) in response.headers() {
            answer = answer.header(name, value);
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(away)? {
            if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(OutsideError::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        answer.body(bytes).map_err(|error| OutsideError::Away(error.to_string()))
    }

    /// Made on first use: most servers never speak to a provider, and reading the system's certificates takes a while.
    fn client(&self) -> Result<&reqwest::Client, OutsideError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // The program chooses ring once; a second choice changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .connect_timeout(PATIENCE / 2)
            .dns_resolver(Arc::new(PublicNames))
            .build()
            .map_err(|error| OutsideError::Away(error.to_string()))?;
        Ok(self.client.get_or_init(|| client))
    }
}

impl<'c> AsyncHttpClient<'c> for Outside {
    type Error = OutsideError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OutsideError>> + Send + 'c>>;
    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// Resolves names to public addresses only. The connection goes to exactly the address that was looked at.
struct PublicNames;

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.filter(|address| is_public(address.ip())).collect();
            if found.is_empty() {
                return Err("the name leads to no public address".into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Neither loopback, private, link-local, shared, reserved nor multicast (RFC 6890), also inside IPv6 forms of IPv4.
fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = a == 0
        || a >= 224
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && (c == 0 || c == 2))
        || (a == 198 && (b & 0xfe == 18 || (b == 51 && c == 100)))
        || (a == 203 && b == 0 && c == 113);
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    // NAT64 (RFC 6052) and 6to4 (RFC 3056) carry an IPv4 address.
    let inside = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    if segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return is_public_v4(inside(segments[6], segments[7]));
    }
    if segments[0] == 0x2002 {
        return is_public_v4(inside(segments[1], segments[2]));
    }
    // Of all IPv6, 2000::/3 is given out; 2001::/23 and 2001:db8::/32 are special.
    segments[0] & 0xe000 == 0x2000 && !(segments[0] == 0x2001 && (segments[1] < 0x200 || segments[1] == 0xdb8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn out_1_only_public_https_addresses() {
        let outside = Outside::new(false);
        for url in ["https://id.example.com", "https://8.8.8.8/", "https://[2606:4700::1111]/"] {
            assert!(outside.check(&url.parse().unwrap()).is_ok(), "{url}");
        }
        for url in [
            "http://id.example.com", "https://127.0.0.1", "https://127.1", "https://0x7f.1", "https://2130706433", "https://10.0.0.1", "https://192.168.1.1", "https://172.16.0.1",
            "https://169.254.169.254", "https://100.64.0.1", "https://0.0.0.0", "https://[::1]", "https://[::ffff:127.0.0.1]", "https://[64:ff9b::7f00:1]", "https://[fe80::1]",
            "https://[fc00::1]", "https://[2002:7f00:1::]", "https://user@id.example.com", "ftp://id.example.com", "file:///etc/passwd", "https://224.0.0.1", "https://255.255.255.255",
        ] {
            assert!(outside.check(&url.parse().unwrap()).is_err(), "{url}");
        }
    }

    #[test]
    fn out_1_development_opens_loopback_and_nothing_else() {
        let outside = Outside::new(true);
        assert!(outside.check(&"http://127.0.0.1:4000".parse().unwrap()).is_ok() && outside.check(&"http://[::1]:4000".parse().unwrap()).is_ok());
        for url in ["http://10.0.0.1", "http://id.example.com", "http://169.254.169.254", "http://localhost"] {
            assert!(outside.check(&url.parse().unwrap()).is_err(), "{url}");
        }
    }

    #[tokio::test]
    async fn out_1_a_name_that_leads_inside_is_refused() {
        let error = Outside::new(false).send(http::Request::get("https://localhost/").body(vec![]).unwrap()).await.unwrap_err();
        assert!(matches!(error, OutsideError::Away(_)), "{error}");
    }
}
