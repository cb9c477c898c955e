//! The notify protocol of systemd: tells the service manager, if there is one, that we
//! are ready, are reading the configuration again, are stopping, and are still alive. A manager
//! that has stopped listening is not waited for.

use std::sync::OnceLock;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::task::JoinHandle;

type States = Vec<NotifyState<'static>>;

/// To the thread that talks to the manager, whose socket may be full. What does not fit is not said.
static MANAGER: OnceLock<SyncSender<States>> = OnceLock::new();

fn say(states: States) {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return;
    }
    let manager = MANAGER.get_or_init(|| {
        let (manager, waiting) = sync_channel::<States>(16);
        std::thread::spawn(move || {
            for states in waiting {
                if let Err(e) = sd_notify::notify(&states) {
                    tracing::debug!("the service manager does not listen: {e}");
                }
            }
        });
        manager
    });
    if manager.try_send(states).is_err() {
        tracing::debug!("the service manager does not listen");
    }
}

pub(crate) fn is_ready() {
    say(vec![NotifyState::Ready]);
}

pub(crate) fn is_reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => say(vec![NotifyState::Reloading, now]),
        Err(e) => tracing::debug!("no monotonic clock for the service manager: {e}"),
    }
}

pub(crate) fn is_stopping() {
    say(vec![NotifyState::Stopping]);
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
                say(vec![NotifyState::Watchdog]);
            }
        }
    })
}
