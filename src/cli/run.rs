//! `tidings run`

use super::{Common, Ending, runtime, stop_signal};
use crate::app::serve::serve;
use crate::app::{App, Clock};

pub(super) fn run(common: &Common) -> anyhow::Result<Ending> {
    let app = App::open(common.load()?)?;
    runtime()?.block_on(async {
        let stop = stop_signal()?;
        serve(&app, Clock::System, stop).await?;
        Ok(Ending::Done)
    })
}
