//! `tidings run`

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{Common, Ending, runtime};
use crate::app::serve::serve;
use crate::app::{App, Clock};

pub(super) fn run(common: &Common) -> anyhow::Result<Ending> {
    let app = App::open(common.load()?)?;
    runtime()?.block_on(async {
        let (raise, stop) = watch::channel(false);
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("stopping");
            // Nobody listens any more only when the work is over anyway.
            let _ = raise.send(true);
        });
        serve(&app, Clock::System, stop).await?;
        Ok(Ending::Done)
    })
}
