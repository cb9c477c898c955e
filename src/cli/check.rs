//! `tidings check`

use std::net::SocketAddr;

use serde::Serialize;

use super::{Common, Ending, block_on_stoppable, print, print_json, progress, report};
use crate::app::check::{self, Finding};
use crate::app::{App, Clock, exposures};
use crate::config::{self, InvalidLine, Mistake, Unmet};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Only the configuration, without asking anybody
    #[arg(long)]
    offline: bool,
    /// Ask this DNS server about the sender's domain [default: the machine's own]
    #[arg(long, value_name = "ADDRESS:PORT")]
    dns: Option<SocketAddr>,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    /// In the file; then nothing else was looked at.
    mistakes: Vec<Mistake>,
    findings: &'a [Finding],
}

pub(super) fn run(common: &Common, arguments: &Arguments) -> anyhow::Result<Ending> {
    let config = match common.load() {
        Err(e) if common.json => {
            let Some(config::Error::Invalid(invalid)) = e.downcast_ref() else { return Err(e) };
            print_json(&Report { mistakes: invalid.mistakes(), findings: &[] })?;
            return Ok(Ending::Unusable);
        }
        loaded => loaded?,
    };
    let summary = format!(
        "{}: {}, {}, {}\n",
        config.path.display(),
        report::count(config.feeds.len(), "feed", "feeds"),
        report::count(config.digests.len(), "digest", "digests"),
        report::count(config.recipients.len(), "recipient", "recipients"),
    );
    let no_mailbox = |p: &InvalidLine| Finding { what: p.line.clone(), ok: false, said: p.why.clone() };
    let mut findings: Vec<_> = config.invalid_lines.iter().map(no_mailbox).collect();
    let exposed = |why: String| Finding { what: "secrets".into(), ok: true, said: format!("warning: {why}") };
    findings.extend(exposures(&config).into_iter().map(exposed));
    let warned = |(place, why): &(String, String)| Finding {
        what: place.clone(),
        ok: true,
        said: format!("warning: {why}"),
    };
    findings.extend(config.warnings.iter().map(warned));
    let unmet: Vec<_> = config.unmet().collect();
    let missing = |unmet: &Unmet| Finding { what: unmet.place.clone(), ok: false, said: unmet.what.clone() };
    findings.extend(unmet.iter().map(missing));
    if !arguments.offline {
        let app = App::rehearse(config)?.watched(progress::on_terminal(common));
        let looked = block_on_stoppable(check::check(&app, arguments.dns, Clock::System.now()))?;
        // What a feed lacks is named already, with its line.
        findings.extend(
            looked.into_iter().filter(|finding| unmet.iter().all(|unmet| unmet.what != finding.said)),
        );
    }
    let clean = findings.iter().all(|f| f.ok);
    if common.json {
        print_json(&Report { mistakes: Vec::new(), findings: &findings })?;
    } else if common.reports(clean) {
        print(&summary)?;
        for finding in &findings {
            let (mark, said) = match (finding.ok, finding.said.strip_prefix("warning: ")) {
                (true, Some(said)) => ("warn  ", said),
                (true, None) => ("ok    ", finding.said.as_str()),
                (false, _) => ("failed", finding.said.as_str()),
            };
            print(&format!("  {mark}  {}: {said}\n", finding.what))?;
        }
    }
    Ok(match clean {
        _ if unmet.iter().any(|unmet| unmet.stops_mail) => Ending::Unusable,
        true => Ending::Done,
        false => Ending::Failed,
    })
}
