//! `tidings receive`

use std::io::Read;

use chrono::{DateTime, Utc};

use super::{Common, Ending, TryLater, clock, print, print_json};
use crate::app::inbound::{self, Received};
use crate::store::Store;

/// Longer ones are read as far as this: what they say of a mail stands before its copy.
const MOST: u64 = 10_000_000;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The address the message was delivered to, if its own lines do not say
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    /// Act as if it were this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = super::time)]
    now: Option<DateTime<Utc>>,
}

/// Whoever hands a message over is a mail system: what fails on our side must make it try
/// again, not send the message back.
pub(super) fn run(common: &Common, arguments: &Arguments) -> anyhow::Result<Ending> {
    let received = take(common, arguments).map_err(|e| TryLater(format!("{e:#}")))?;
    if common.json {
        print_json(&received)?;
    } else {
        print(&format!("{received}\n"))?;
    }
    Ok(Ending::Done)
}

fn take(common: &Common, arguments: &Arguments) -> anyhow::Result<Received> {
    let config = common.load()?;
    let mut message = Vec::new();
    std::io::stdin().lock().take(MOST).read_to_end(&mut message)?;
    // Postfix's pipe and others say so in the environment.
    let delivered_to = ["ORIGINAL_RECIPIENT", "RECIPIENT"].iter().filter_map(|name| std::env::var(name).ok());
    let addresses: Vec<String> = arguments.to.iter().cloned().chain(delivered_to).collect();
    let mut store = Store::open(&config.database)?;
    Ok(store.transaction(|store| {
        inbound::process(&config, store, &message, &addresses, clock(arguments.now).now())
    })?)
}
