//! Which addresses are public, and a resolver that gives no others.
//! Sources: IANA special-purpose address registries (RFC 6890 and updates), RFC 6598, RFC 6052, RFC 3056.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

/// Reachable on the internet, and nowhere nearer.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    const SPECIAL: [(Ipv4Addr, u32); 15] = [
        (Ipv4Addr::new(0, 0, 0, 0), 8),
        (Ipv4Addr::new(10, 0, 0, 0), 8),
        (Ipv4Addr::new(100, 64, 0, 0), 10),
        (Ipv4Addr::new(127, 0, 0, 0), 8),
        // Link-local: the metadata services of clouds are here.
        (Ipv4Addr::new(169, 254, 0, 0), 16),
        (Ipv4Addr::new(172, 16, 0, 0), 12),
        (Ipv4Addr::new(192, 0, 0, 0), 24),
        (Ipv4Addr::new(192, 0, 2, 0), 24),
        (Ipv4Addr::new(192, 88, 99, 0), 24),
        (Ipv4Addr::new(192, 168, 0, 0), 16),
        (Ipv4Addr::new(198, 18, 0, 0), 15),
        (Ipv4Addr::new(198, 51, 100, 0), 24),
        (Ipv4Addr::new(203, 0, 113, 0), 24),
        (Ipv4Addr::new(224, 0, 0, 0), 4),
        (Ipv4Addr::new(240, 0, 0, 0), 4),
    ];
    !SPECIAL.iter().any(|(network, bits)| (u32::from(address) ^ u32::from(*network)) >> (32 - bits) == 0)
}

/// Only global unicast (2000::/3), without the parts of it that lead elsewhere. Mapped and compatible IPv4, NAT64
/// (64:ff9b::/96), unique-local, link-local and multicast are all outside of it.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let inside = |network: Ipv6Addr, bits: u32| (u128::from(address) ^ u128::from(network)) >> (128 - bits) == 0;
    inside(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3)
        && !inside(Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23) // Teredo, ORCHID, benchmarking
        && !inside(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32)
        && !inside(Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16) // 6to4: any IPv4 address inside
        && !inside(Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20)
}

/// The name leads to no public address.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to no public address")]
pub struct Blocked;

/// Answers with public addresses only.
pub struct VettedNames {
    /// `None`: the system's resolver.
    pub lower: Option<Arc<dyn Resolve>>,
}

impl Resolve for VettedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let lower = self.lower.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = match lower {
                Some(lower) => lower.resolve(name).await?.collect(),
                None => tokio::net::lookup_host((name.as_str(), 0)).await?.collect(),
            };
            let public: Vec<SocketAddr> = found.into_iter().filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(Blocked.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn http_1_addresses_that_are_not_public() {
        for inner in [
            "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.1.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.170",
            "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
            "::", "::1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:a00:1::1", "3fff::1", "fc00::1",
            "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1",
        ] {
            assert!(!is_public(inner.parse().unwrap()), "{inner}");
        }
        for public in ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "198.20.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "2001:4860:4860::8888"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    /// Answers one list after the other.
    struct Answers(Mutex<Vec<Vec<&'static str>>>);
    impl Resolve for Answers {
        fn resolve(&self, _: Name) -> Resolving {
            let next = self.0.lock().unwrap().remove(0);
            Box::pin(async move { Ok(Box::new(next.into_iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 0))) as Addrs) })
        }
    }

    #[tokio::test]
    async fn hostile_19_rebinding_and_mixed_answers() {
        let answers = Answers(Mutex::new(vec![vec!["8.8.8.8"], vec!["127.0.0.1"], vec!["10.0.0.1", "2606:4700::1111", "::ffff:127.0.0.1", "1.1.1.1"], vec![]]));
        let names = VettedNames { lower: Some(Arc::new(answers)) };
        let ask = async || names.resolve("rebind.example.com".parse().unwrap()).await.map(|found| found.map(|a| a.ip().to_string()).collect::<Vec<_>>());
        assert_eq!(ask().await.unwrap(), ["8.8.8.8"]);
        assert!(ask().await.unwrap_err().is::<Blocked>(), "the second answer leads inside");
        assert_eq!(ask().await.unwrap(), ["2606:4700::1111", "1.1.1.1"], "what is not public is dropped from a mixed answer");
        assert!(ask().await.unwrap_err().is::<Blocked>());
    }
}
