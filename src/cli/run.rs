//! `tidings run`

use super::{Common, Ending, block_on, reload_signal, stop_signal};
use crate::app::serve::{Signals, serve};
use crate::app::{App, Clock};
use crate::config::Config;

pub(super) fn run(common: &Common) -> anyhow::Result<Ending> {
    let app = App::open(common.load()?)?;
    let path = app.config.path.clone();
    block_on(async {
        let signals = Signals { stop: stop_signal()?, reload: reload_signal()? };
        let reread = move || Config::load(&path).map_err(|e| format!("\n{e}"));
        serve(app, &Clock::System, signals, reread).await?;
        anyhow::Ok(Ending::Done)
    })
}
