//! How much one client may ask for. Behind a web server on this machine, a client is whom that says it
//! speaks for; without that all are one, who is not limited.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use governor::clock::DefaultClock;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

/// Requests of one client: so many at once, and so many a second from then on.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(100).unwrap();
const A_SECOND: NonZeroU32 = NonZeroU32::new(10).unwrap();
/// A search counts as so many.
const SEARCH: NonZeroU32 = NonZeroU32::new(5).unwrap();
/// Clients that are remembered; more are looked through for those that ask no more.
const MOST_CLIENTS: usize = 10_000;

/// Headers by which a web server says that it speaks for somebody else.
const FORWARDED: [&str; 11] = [
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-server",
    "x-forwarded-port",
    "forwarded",
    "x-real-ip",
    "via",
    "cf-connecting-ip",
    "true-client-ip",
    "x-client-ip",
];

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

#[derive(Clone)]
pub(super) struct Limits(Arc<RateLimiter<IpAddr, HashMapStateStore<IpAddr>, DefaultClock>>);

impl Limits {
    pub(super) fn new() -> Self {
        let quota = Quota::per_second(A_SECOND).allow_burst(AT_ONCE);
        Self(Arc::new(RateLimiter::hashmap(quota)))
    }

    /// Whether the client of a request may ask for it now.
    pub(super) fn admits(&self, request: &Request) -> bool {
        let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
        let Some(client) = peer.and_then(|peer| client(peer, request.headers())) else { return true };
        if self.0.len() > MOST_CLIENTS {
            self.0.retain_recent();
            self.0.shrink_to_fit();
        }
        if request.uri().path() == "/search" {
            return matches!(self.0.check_key_n(&network(client), SEARCH), Ok(Ok(())));
        }
        self.0.check_key(&network(client)).is_ok()
    }
}

/// Who is connected, if that is no web server on this machine, nor, most likely, one in front of it: where
/// all come from a private address, as behind a container's bridge, it says nothing of them.
pub(super) fn direct(peer: IpAddr) -> Option<IpAddr> {
    let is_private = match peer.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    };
    (!is_private).then(|| peer.to_canonical())
}

/// Who asks. What a header says is taken from this machine alone: the last of them was written by the
/// web server that we know, the others by anybody.
pub(super) fn client(peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
    if !peer.to_canonical().is_loopback() {
        return direct(peer);
    }
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let last = last.rsplit(',').next()?.trim();
    let address =
        last.parse().or_else(|_| last.parse().map(|with_port: std::net::SocketAddr| with_port.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

/// Whether a web server stands between us and whoever asks.
pub(super) fn is_forwarded(headers: &HeaderMap) -> bool {
    FORWARDED.iter().any(|name| headers.contains_key(*name))
}

/// The network that somebody asks from, in words: none where that is not known.
#[derive(Debug, Clone)]
pub struct Client(pub Option<String>);

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<Peer>().map(|peer| peer.0);
        let network = peer.and_then(|peer| client(peer, &parts.headers)).map(|client| match client {
            IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << 8)).to_string(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 80)).to_string(),
        });
        Ok(Self(network))
    }
}

/// One household or host has a whole network of IPv6.
fn network(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        IpAddr::V4(_) => client,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_web_server_is_taken_at_its_word_and_only_for_the_last() {
        let client = |peer: &str, forwarded: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append("x-forwarded-for", value.parse().unwrap());
            }
            client(peer.parse().unwrap(), &headers).map(|address| address.to_string())
        };
        assert_eq!(client("203.0.113.9", &["198.51.100.1"]).as_deref(), Some("203.0.113.9"));
        assert_eq!(client("127.0.0.1", &["10.0.0.1, 198.51.100.1"]).as_deref(), Some("198.51.100.1"));
        assert_eq!(client("::1", &["1.1.1.1", "2001:db8::7"]).as_deref(), Some("2001:db8::7"));
        assert_eq!(client("::ffff:127.0.0.1", &["[2001:db8::7]:443"]).as_deref(), Some("2001:db8::7"));
        assert_eq!(client("127.0.0.1", &[]), None);
        assert_eq!(client("172.17.0.1", &["198.51.100.1"]), None);
        assert_eq!(client("127.0.0.1", &["somebody"]), None);
    }

    #[test]
    fn one_client_is_bounded_and_keeps_nobody_else_out() {
        let limits = Limits::new();
        let admits = |address: &str, path: &str| {
            let mut request = Request::builder().uri(path).body(axum::body::Body::empty()).unwrap();
            request.extensions_mut().insert(Peer(address.parse().unwrap()));
            limits.admits(&request)
        };
        let searches = (0..100).filter(|_| admits("2001:db8::1", "/search?q=a")).count();
        assert!((20..25).contains(&searches), "{searches}");
        assert!(!admits("2001:db8::2", "/search"));
        assert!(admits("203.0.113.9", "/search"));
        assert!((0..1000).all(|_| admits("127.0.0.1", "/")));
    }
}
