//! `tidings run`

use super::{Common, Ending, reload_signal, runtime, stop_signal};
use crate::app::serve::{Wishes, serve};
use crate::app::{App, Clock};
use crate::config::Config;

pub(super) fn run(common: &Common) -> anyhow::Result<Ending> {
    let app = App::open(common.load()?)?;
    let path = app.config.path.clone();
    runtime()?.block_on(async {
        let wishes = Wishes { stop: stop_signal()?, reload: reload_signal()? };
        let reread = || Config::load(&path).map_err(|e| format!("\n{e}"));
        serve(app, &Clock::System, wishes, reread).await?;
        Ok(Ending::Done)
    })
}
