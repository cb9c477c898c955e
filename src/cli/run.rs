//! `tidings run`

use super::{Common, Ending, block_on, ready, reload_signal, stop_signal};
use crate::app::serve::{Signals, serve};
use crate::app::{App, Clock};
use crate::config::Config;

pub(super) fn run(common: &Common) -> anyhow::Result<Ending> {
    let config = common.load()?;
    // What is not there may yet appear, such as a disk that is mounted late: the service is started again.
    ready(&config).map_err(|e| anyhow::anyhow!("{e}"))?;
    let app = App::open(config)?;
    let path = app.config.path.clone();
    block_on(async {
        let signals = Signals { stop: stop_signal()?, reload: reload_signal()? };
        let reread = move || Config::load(&path).map_err(|e| format!("\n{e}"));
        serve(app, &Clock::System, signals, reread).await?;
        anyhow::Ok(Ending::Done)
    })
}
