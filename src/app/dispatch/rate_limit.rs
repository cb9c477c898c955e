//! How fast mails may leave.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// No more mails a minute than the owner wants, over all connections.
pub(super) struct RateLimit {
    interval: Option<Duration>,
    next: Mutex<Instant>,
}

impl RateLimit {
    pub(super) fn new(max_per_minute: Option<u32>) -> Self {
        let interval = max_per_minute.map(|n| Duration::from_secs(60) / n.max(1));
        Self { interval, next: Mutex::new(Instant::now()) }
    }

    pub(super) fn is_limited(&self) -> bool {
        self.interval.is_some()
    }

    /// Waits for one's turn, or for the end of the work.
    pub(super) async fn turn(&self, stop: &watch::Receiver<bool>) {
        let Some(interval) = self.interval else { return };
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = (*next).max(Instant::now());
            *next = turn + interval;
            turn
        };
        let mut stop = stop.clone();
        tokio::select! {
            () = tokio::time::sleep_until(turn) => {}
            // An error means that nobody is left to raise it.
            _ = stop.wait_for(|raised| *raised) => {}
        }
    }
}
