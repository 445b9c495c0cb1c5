//! What a plugin is given on the workbench: everything its manifest declares is granted, and nothing else can be given.

use super::{Plugin, found::Usage};
use kernel::{ChannelAccountId, InstallationId, TenantId};
use std::{collections::BTreeMap, net::{IpAddr, SocketAddr}, sync::Arc};
use switchyard_host::{AccountContext, SecretBytes, hosts::HostPattern, text};

/// Settings and secrets as a person typed them. A secret given twice has two live values, as during a rotation.
#[derive(Clone, Debug, Default)]
pub struct Given {
    pub settings: BTreeMap<String, String>,
    pub secrets: BTreeMap<String, Vec<Vec<u8>>>,
}

/// `name=value`; a value may hold further `=`.
pub fn pair<'a>(option: &str, text: &'a str) -> Result<(&'a str, &'a str), Usage> {
    let parted = text.split_once('=').filter(|(name, _)| !name.trim().is_empty());
    let (name, value) = parted.ok_or_else(|| Usage(format!("{option}: NAME=VALUE is wanted, {:?} is told", text::line(text, 60))))?;
    Ok((name.trim(), value))
}

/// The account of nobody's shop, with what was given.
pub fn account(plugin: &Plugin, given: &Given) -> Result<AccountContext, Usage> {
    let (name, declares) = (&plugin.manifest.name, &plugin.manifest.declares);
    let secrets: Vec<&str> = declares.secrets.iter().map(|secret| secret.name.as_str()).collect();
    let settings: Vec<&str> = declares.config.iter().map(|setting| setting.key.as_str()).collect();
    undeclared(name, "secret", given.secrets.keys(), &secrets)?;
    undeclared(name, "setting", given.settings.keys(), &settings)?;
    plugin.manifest.check_config(&given.settings).map_err(|error| Usage(error.to_string()))?;
    let opened = given.secrets.iter().map(|(name, live)| (name.clone(), live.iter().cloned().map(SecretBytes::new).collect()));
    Ok(AccountContext {
        tenant: TenantId::new(),
        installation: InstallationId::new(),
        account: ChannelAccountId::new(),
        digest: plugin.digest,
        config_version: 1,
        grants: Arc::new(plugin.manifest.all_grants()),
        settings: Arc::new(given.settings.clone()),
        secrets: Arc::new(opened.collect()),
    })
}

fn undeclared<'a>(plugin: &str, kind: &str, mut given: impl Iterator<Item = &'a String>, declared: &[&str]) -> Result<(), Usage> {
    let Some(stranger) = given.find(|name| !declared.contains(&name.as_str())) else { return Ok(()) };
    let known = if declared.is_empty() { "none".to_owned() } else { declared.join(", ") };
    Err(Usage(format!("the manifest of {plugin} declares no {kind} {:?}; it declares {known}", text::line(stranger, 60))))
}

/// `host=http://127.0.0.1:PORT`: a server on loopback answers for the host, over plain http.
pub fn host_override(text: &str) -> Result<(String, SocketAddr), Usage> {
    let (host, address) = pair("--host-override", text)?;
    let wrong = |why: &str| Usage(format!("--host-override: HOST=http://127.0.0.1:PORT is wanted, {:?} {why}", text::line(text, 120)));
    HostPattern::parse(host).map_err(|error| wrong(&format!("names no host: {error}")))?;
    let url = url::Url::parse(address).map_err(|_| wrong("names no URL"))?;
    let ip = match url.host() {
        Some(url::Host::Ipv4(ip)) => IpAddr::V4(ip),
        Some(url::Host::Ipv6(ip)) => IpAddr::V6(ip),
        Some(url::Host::Domain("localhost")) => IpAddr::from([127, 0, 0, 1]),
        _ => return Err(wrong("names no address")),
    };
    if url.scheme() != "http" || !ip.is_loopback() {
        return Err(wrong("is not http on loopback"));
    }
    Ok((host.to_owned(), SocketAddr::new(ip, url.port_or_known_default().unwrap_or(80))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_lead_to_loopback_only() {
        assert_eq!(host_override("api.shop.example.com=http://127.0.0.1:9000").unwrap(), ("api.shop.example.com".into(), "127.0.0.1:9000".parse().unwrap()));
        assert_eq!(host_override("api.example.com=http://[::1]:9000/").unwrap().1, "[::1]:9000".parse().unwrap());
        for bad in ["api.example.com", "=http://127.0.0.1:1", "x=http://127.0.0.1:1", "api.example.com=https://127.0.0.1:1", "api.example.com=http://10.0.0.1:1", "api.example.com=http://else.example.com"] {
            assert!(host_override(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_value_may_hold_an_equals_sign() {
        assert_eq!(pair("--secret", "key=a=b=").unwrap(), ("key", "a=b="));
        assert!(pair("--secret", "key").is_err() && pair("--secret", "=x").is_err());
    }
}
