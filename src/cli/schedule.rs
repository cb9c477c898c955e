//! `tidings schedule`

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::{Common, Ending, Usage, print, print_json};
use crate::config::Digest;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Only this digest
    digest: Option<String>,
    /// Due times after this one (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME", value_parser = super::time)]
    from: Option<DateTime<Utc>>,
    /// So many for each digest
    #[arg(long, default_value_t = 5, value_name = "N")]
    count: usize,
}

#[derive(Serialize)]
struct Coming<'a> {
    digest: &'a str,
    /// In the digest's own zone.
    local: String,
    utc: String,
}

pub(super) fn run(common: &Common, arguments: &Arguments) -> anyhow::Result<Ending> {
    let config = common.load()?;
    let digests = config.digests_named(arguments.digest.as_deref()).map_err(Usage)?;
    let from = arguments.from.unwrap_or_else(Utc::now);
    let coming: Vec<Coming<'_>> =
        digests.into_iter().flat_map(|digest| coming(digest, from, arguments.count)).collect();
    if common.json {
        print_json(&coming)?;
        return Ok(Ending::Done);
    }
    for Coming { digest, local, utc } in &coming {
        print(&format!("{digest}  {local}  {utc}\n"))?;
    }
    Ok(Ending::Done)
}

fn coming(digest: &Digest, from: DateTime<Utc>, count: usize) -> impl Iterator<Item = Coming<'_>> {
    let next = move |after: &DateTime<Utc>| digest.schedule.next(digest.zone, *after);
    std::iter::successors(next(&from), next).take(count).map(|due| Coming {
        digest: &digest.id,
        local: due.with_timezone(&digest.zone).format("%a %Y-%m-%d %H:%M %Z").to_string(),
        utc: due.to_rfc3339_opts(SecondsFormat::Secs, true),
    })
}
