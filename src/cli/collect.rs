//! `tidings collect`

use chrono::{DateTime, Utc};

use super::{Common, Ending, block_on_stoppable, clock, print, print_json, progress, report};
use crate::app::App;
use crate::app::archive::keep_archive;
use crate::app::collect::{Which, collect};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Every feed, whether or not its time has come
    #[arg(long)]
    all: bool,
    /// Act as if it were this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = super::time)]
    now: Option<DateTime<Utc>>,
}

pub(super) fn run(common: &Common, arguments: &Arguments) -> anyhow::Result<Ending> {
    let app = App::open(common.load()?)?.watched(progress::on_terminal(common));
    let which = if arguments.all { Which::All } else { Which::Due };
    let collected = block_on_stoppable(async {
        let collected = collect(&app, which, &clock(arguments.now)).await?;
        keep_archive(&app).await;
        anyhow::Ok(collected)
    })?;
    let clean = collected.failed().next().is_none();
    if common.json {
        print_json(&collected)?;
    } else if common.reports(clean) {
        print(&report::collected(&collected))?;
    }
    Ok(if clean { Ending::Done } else { Ending::Failed })
}
