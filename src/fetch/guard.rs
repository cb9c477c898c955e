//! Which addresses a feed may have. A feed's host, and above all a redirect, must not
//! make us ask the router, the cloud's metadata service or a neighbour's printer.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// A name that leads to no public address.
#[derive(Debug)]
pub(super) struct Private {
    host: String,
    address: IpAddr,
}

impl fmt::Display for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is the private address {}; set `allow_private_networks = true` under [fetch] if that is meant",
            self.host, self.address
        )
    }
}

impl std::error::Error for Private {}

/// Resolves names by the system's resolver, keeping public addresses only.
#[derive(Debug)]
pub(super) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let all: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let public: Vec<_> = all.iter().copied().filter(|a| is_public(a.ip())).collect();
            match (public.is_empty(), all.first()) {
                (true, Some(private)) => Err(Private { host, address: private.ip() }.into()),
                _ => Ok(Box::new(public.into_iter()) as Addrs),
            }
        })
    }
}

/// The same check for an address that will be asked by way of a proxy, which resolves names out
/// of our sight. A name that this machine does not know is left to the proxy.
///
/// # Errors
/// When the name leads to private addresses only, in words for the owner.
pub(super) async fn check_name(url: &Url) -> Result<(), String> {
    let Some(Host::Domain(name)) = url.host() else { return Ok(()) };
    let Ok(all) = tokio::net::lookup_host((name, 0)).await else { return Ok(()) };
    let all: Vec<SocketAddr> = all.collect();
    match all.first() {
        Some(private) if !all.iter().any(|a| is_public(a.ip())) => {
            Err(Private { host: name.to_owned(), address: private.ip() }.to_string())
        }
        _ => Ok(()),
    }
}

/// Names that are nobody's on the Internet: RFC 6761, RFC 6762, RFC 8375, ICANN's `.internal`, and
/// what routers and companies call their own (RFC 6762 appendix G).
const PRIVATE_SUFFIXES: [&str; 10] = [
    ".localhost",
    ".localdomain",
    ".local",
    ".home.arpa",
    ".internal",
    ".intranet",
    ".private",
    ".corp",
    ".lan",
    ".home",
];

/// Whether an address names its host by a number or name that is private on its face.
/// The resolver is never asked about these.
pub(super) fn is_plainly_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => !is_public(ip.into()),
        Some(Host::Ipv6(ip)) => !is_public(ip.into()),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            // A name of one word is known in its own network only.
            !name.contains('.') || PRIVATE_SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
        }
        None => true,
    }
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

/// The special-purpose registry of RFC 6890, less what is routed on the Internet.
fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19)))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(v4) = ip.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let embedded =
        |high: u16, low: u16| is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match (a, b) {
        // NAT64 and 6to4 carry an IPv4 address.
        (0x64, 0xff9b) => [c, d, e, f] == [0; 4] && embedded(g, h),
        (0x2002, high) => embedded(high, c),
        // Teredo (RFC 4380) carries one too, and with it all of 2001::/23 is the IETF's own.
        (0x2001, ..0x200 | 0xdb8) => false,
        // Documentation (RFC 9637).
        (0x3fff, ..0x1000) => false,
        // Global unicast is 2000::/3; everything else is special.
        _ => (0x2000..0x4000).contains(&a),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_known_in_every_disguise() {
        for private in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://10.1.2.3/",
            "http://172.16.0.1/",
            "http://192.168.1.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://100.64.0.1/",
            "http://0.0.0.0/",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://[fd00::1]/",
            "http://[fe80::1]/",
            "http://[64:ff9b::10.0.0.1]/",
            "http://[2002:7f00:1::]/",
            "http://[2001:0:7f00:1::80ff:fffe]/",
            "http://[64:ff9b:1::7f00:1]/",
            "http://[::127.0.0.1]/",
            "http://[3fff::1]/",
            "http://localhost/",
            "http://feeds.localhost./",
            "http://intranet/",
            "http://nas.local/",
            "http://router.lan./",
            "http://box.home.arpa/",
            "http://metadata.google.internal/",
        ] {
            assert!(is_plainly_private(&Url::parse(private).unwrap()), "{private}");
        }
    }

    #[test]
    fn public_addresses_and_names_pass() {
        for public in [
            "https://example.org/",
            "http://93.184.216.34/",
            "http://172.32.0.1/",
            "http://local.example/",
            "http://[2606:2800:220:1::1]/",
            "http://[64:ff9b::8.8.8.8]/",
        ] {
            assert!(!is_plainly_private(&Url::parse(public).unwrap()), "{public}");
        }
    }
}
