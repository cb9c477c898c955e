//! Connections to the pages: how many at once, and how long each. A server that anybody can reach
//! must not be kept busy by those who say nothing, and never so busy that no mail leaves.

use std::collections::VecDeque;
use std::future::Future;
use std::net::IpAddr;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, getrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use super::limits::Peer;

/// For the head of a request, from its first byte or the last answer.
const HEAD: Duration = Duration::from_secs(10);
/// For all that one connection does: pages are small.
const LIFETIME: Duration = Duration::from_secs(60);
/// Connections at once, where files allow it.
const MOST: usize = 512;
const LEAST: usize = 8;
/// Of one client.
const MOST_OF_ONE: usize = 32;
/// Files that are left for the database, the feeds and the mails.
const KEPT: u64 = 128;
/// For answers under way, when told to stop.
const FAREWELL: Duration = Duration::from_millis(300);
/// After an accept that failed: there may be no file left for a while.
const BREAK: Duration = Duration::from_millis(100);

/// How many connections there may be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Room {
    /// As many as files allow, for the pages.
    All,
    /// A few, for those who watch.
    Few,
}

pub(super) async fn serve(listener: TcpListener, router: Router, room: Room, stop: impl Future<Output = ()>) {
    tokio::pin!(stop);
    let most = match room {
        Room::All => most(),
        Room::Few => LEAST,
    };
    let mut connections = JoinSet::new();
    // The oldest first.
    let mut open: VecDeque<(Option<IpAddr>, AbortHandle)> = VecDeque::new();
    loop {
        let (stream, peer) = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => (stream, peer.ip()),
                Err(e) => {
                    tracing::debug!("cannot take a connection: {e}");
                    tokio::time::sleep(BREAK).await;
                    continue;
                }
            },
        };
        while connections.try_join_next().is_some() {}
        open.retain(|(_, connection)| !connection.is_finished());
        // Who has many closes their own first; a web server on this machine, or in front of it, has all of them.
        let client = super::limits::direct(peer);
        let of_client = || open.iter().filter(|(known, _)| client.is_some() && *known == client);
        let closed = if of_client().count() >= MOST_OF_ONE {
            open.iter().position(|(known, _)| *known == client)
        } else {
            (open.len() >= most).then_some(0)
        };
        if let Some((_, oldest)) = closed.and_then(|place| open.remove(place)) {
            oldest.abort();
        }
        open.push_back((client, connections.spawn(answer(stream, Peer(peer), router.clone()))));
    }
    let _ = tokio::time::timeout(FAREWELL, connections.join_all()).await;
}

async fn answer(stream: TcpStream, peer: Peer, router: Router) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request| {
        request.extensions_mut().insert(peer);
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    match tokio::time::timeout(LIFETIME, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(e)) => tracing::debug!("a connection ended badly: {e}"),
        Err(_) => tracing::debug!("a connection took too long"),
    }
}

/// No more than half of the files that are left when the rest of us has its own.
fn most() -> usize {
    within(getrlimit(Resource::Nofile).current)
}

fn within(files: Option<u64>) -> usize {
    let room = files.map_or(u64::MAX, |files| files.saturating_sub(KEPT) / 2);
    usize::try_from(room).unwrap_or(usize::MAX).clamp(LEAST, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_kept_for_the_mails() {
        assert_eq!(within(Some(64)), 8);
        assert_eq!(within(Some(1024)), 448);
        assert_eq!(within(Some(1_048_576)), 512);
        assert_eq!(within(None), 512);
    }
}
