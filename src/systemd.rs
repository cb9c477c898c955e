//! The notify protocol of systemd: tells the service manager, if there is one, that we
//! are ready, are reading the configuration again, are stopping, and are still alive.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::task::JoinHandle;

fn say(states: &[NotifyState<'_>]) {
    if let Err(e) = sd_notify::notify(states) {
        tracing::debug!("the service manager does not listen: {e}");
    }
}

pub(crate) fn is_ready() {
    say(&[NotifyState::Ready]);
}

pub(crate) fn is_reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => say(&[NotifyState::Reloading, now]),
        Err(e) => tracing::debug!("no monotonic clock for the service manager: {e}"),
    }
}

pub(crate) fn is_stopping() {
    say(&[NotifyState::Stopping]);
}

/// Says that we are alive, for as long as `is_alive` agrees, as often as systemd wants
/// to hear it.
pub(crate) fn watch(is_alive: impl Fn() -> bool + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(async move {
        let Some(patience) = sd_notify::watchdog_enabled() else { return };
        let mut turn = tokio::time::interval((patience / 2).max(Duration::from_millis(100)));
        loop {
            turn.tick().await;
            if is_alive() {
                say(&[NotifyState::Watchdog]);
            }
        }
    })
}
