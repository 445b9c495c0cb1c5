//! Names of hosts a plugin may be granted, and which URL belongs to one.
//!
//! Invariant HOSTS-1: a name is a public DNS name: never an address in any notation, never a single label, never a bare
//! wildcard; one `*` may stand for the left-most label.
//! Invariant HOSTS-2: `{key}` stands for the host of one account's own shop, as its setting of that name says, and for no other.

use url::{Host, Url};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern {
    /// Without the star.
    name: String,
    wildcard: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    #[error("{0:?} is not a host name such as api.example.com or *.example.com")]
    Name(String),
    #[error("{0:?} is an address: name the host")]
    Address(String),
    #[error("{0:?} is a name of one label or of a local network")]
    Local(String),
    #[error("the URL must begin with https://")]
    Scheme,
    #[error("the URL may not hold a user name or password")]
    UserInfo,
    #[error("the URL's port must be 443")]
    Port,
    #[error("the URL cannot be read")]
    Url,
    #[error("{0:?} is not among the granted hosts")]
    NotGranted(String),
}

/// Top-level names that lead nowhere public (RFC 6761, RFC 8375, RFC 9476 and what resolvers of clouds answer).
const LOCAL_SUFFIXES: [&str; 11] = ["localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "test", "invalid", "arpa"];

/// The name as DNS writes it: lower case, IDNA, no trailing dot.
fn normal(name: &str) -> Result<String, HostError> {
    let short = || crate::text::line(name, 100);
    match Host::parse(name).map_err(|_| HostError::Name(short()))? {
        Host::Ipv4(_) | Host::Ipv6(_) => Err(HostError::Address(short())),
        Host::Domain(domain) => {
            let domain = domain.strip_suffix('.').unwrap_or(&domain).to_owned();
            let labels: Vec<&str> = domain.split('.').collect();
            let label_fits = |l: &&str| (1..=63).contains(&l.len()) && l.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if domain.len() > 253 || !labels.iter().all(label_fits) {
                return Err(HostError::Name(short()));
            }
            if labels.len() < 2 || labels.last().is_some_and(|top| LOCAL_SUFFIXES.contains(top)) {
                return Err(HostError::Local(short()));
            }
            Ok(domain)
        }
    }
}

impl HostPattern {
    pub fn parse(pattern: &str) -> Result<Self, HostError> {
        let (name, wildcard) = pattern.strip_prefix("*.").map_or((pattern, false), |rest| (rest, true));
        let normal_name = normal(name)?;
        // Written as it is used, so that what a person grants is what they read.
        if normal_name != name {
            return Err(HostError::Name(crate::text::line(pattern, 100)));
        }
        Ok(Self { name: normal_name, wildcard })
    }

    fn matches(&self, host: &str) -> bool {
        if !self.wildcard {
            return host == self.name;
        }
        host.strip_suffix(&self.name).and_then(|rest| rest.strip_suffix('.')).is_some_and(|label| !label.is_empty() && !label.contains('.'))
    }
}

/// The setting that `{key}` takes its host from; `None` for a plain pattern.
pub fn setting_of(pattern: &str) -> Option<&str> {
    pattern.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'))
}

/// The granted hosts as one account has them (HOSTS-2). A setting that holds no public host grants nothing.
pub fn of_account<'a>(granted: &[String], setting: impl Fn(&str) -> Option<&'a str>) -> Vec<String> {
    let own = |key: &str| {
        let said = setting(key)?.trim();
        let host = said.strip_prefix("https://").unwrap_or(said).split('/').next().unwrap_or_default();
        normal(host).ok()
    };
    granted.iter().filter_map(|pattern| setting_of(pattern).map_or_else(|| Some(pattern.clone()), own)).collect()
}

/// A URL a guest may call: https, a granted host, port 443, no user info. The host comes back in normal form.
pub fn check_url(text: &str, granted: &[String]) -> Result<Url, HostError> {
    if text.len() > 8192 || text.chars().any(|c| c.is_control() || c.is_whitespace()) || text.contains('\\') {
        return Err(HostError::Url);
    }
    // Refused as written: the parser would forgive missing slashes, and drop an empty user name or a default port.
    let Some(rest) = text.strip_prefix("https://") else { return Err(HostError::Scheme) };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(HostError::UserInfo);
    }
    let mut url = Url::parse(text).map_err(|_| HostError::Url)?;
    if url.port().is_some() {
        return Err(HostError::Port);
    }
    let host = normal(url.host_str().ok_or(HostError::Url)?)?;
    let allowed = granted.iter().filter_map(|pattern| HostPattern::parse(pattern).ok()).any(|pattern| pattern.matches(&host));
    if !allowed {
        return Err(HostError::NotGranted(host));
    }
    url.set_host(Some(&host)).map_err(|_| HostError::Url)?;
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_1_only_public_names_are_granted() {
        for good in ["partner.shopeemobile.com", "*.myshopify.com", "xn--bcher-kva.example.com"] {
            assert!(HostPattern::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "*", "*.", "*.com.", "a.*.com", "**.a.com", "com", "localhost", "localhost.", "db.internal", "metadata.google.internal", "127.0.0.1", "0x7f.1",
            "2130706433", "[::1]", "EXAMPLE.com", "a..com", "a.com:443", "a.com/x", "u@a.com", "", "bücher.example", "1.2.3.4.", "x.localhost",
        ] {
            assert!(HostPattern::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn hosts_2_a_shops_own_host_is_its_accounts_setting() {
        let of = |shop: Option<&'static str>| of_account(&["api.example.com".into(), "{shop}".into()], |key| shop.filter(|_| key == "shop"));
        for (said, host) in [("Shop.example.com", "shop.example.com"), ("shop.example.com/vn", "shop.example.com"), ("https://shop.example.com/", "shop.example.com")] {
            assert_eq!(of(Some(said)), ["api.example.com", host], "{said}");
            assert!(check_url(&format!("https://{host}/wp-json"), &of(Some(said))).is_ok());
        }
        for said in [None, Some(""), Some("127.0.0.1"), Some("localhost"), Some("*.example.com"), Some("db.internal/x"), Some("http://shop.example.com"), Some("{shop}"), Some("u@shop.example.com")] {
            assert_eq!(of(said), ["api.example.com"], "{said:?}");
        }
        assert!(check_url("https://other.example.com/", &of(Some("shop.example.com"))).is_err());
    }

    #[test]
    fn a_star_is_one_label() {
        let granted = ["*.myshopify.com".to_owned(), "api.example.com".to_owned()];
        for good in ["https://a.myshopify.com/x?y", "https://API.example.com/", "https://api.example.com./", "https://api.example.com:443/"] {
            assert!(check_url(good, &granted).is_ok(), "{good}");
        }
        assert_eq!(check_url("https://api.example.com./x#frag", &granted).unwrap().as_str(), "https://api.example.com/x");
        for bad in ["https://myshopify.com/", "https://a.b.myshopify.com/", "https://evilmyshopify.com/", "https://api.example.com.evil.net/", "https://.myshopify.com/"] {
            assert!(check_url(bad, &granted).is_err(), "{bad}");
        }
    }
}
