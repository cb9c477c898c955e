//! `tidings status`

use chrono::{DateTime, Utc};

use super::{Common, Ending, clock, print, print_json, report};
use crate::app::status::status;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Act as if it were this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = super::time)]
    now: Option<DateTime<Utc>>,
}

pub(super) fn run(common: &Common, arguments: &Arguments) -> anyhow::Result<Ending> {
    let config = common.load()?;
    let status = status(&config, clock(arguments.now).now())?;
    if common.json {
        print_json(&status)?;
    } else {
        print(&report::status(&status, config.zone))?;
    }
    Ok(if status.is_well() { Ending::Done } else { Ending::Failed })
}
