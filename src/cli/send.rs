//! `tidings send`

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    Common, Ending, Usage, block_on, block_on_stoppable, clock, deliver, print, print_json, progress, ready,
    report, stop_signal, unless_stopped,
};
use crate::app::alerts::{alert, ping};
use crate::app::archive::keep_archive;
use crate::app::collect::{Collected, Which, collect};
use crate::app::dispatch::{Report as DispatchReport, When, trial};
use crate::app::editor::{self, Eagerness, Stopped};
use crate::app::publish::{Outcome, publish};
use crate::app::retention::{pack_older, prune};
use crate::app::weekly::weekly_due;
use crate::app::{App, Clock, Error};
use crate::config::Digest;
use crate::model::{Format, Mailbox, OutcomeKind};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Only this digest
    digest: Option<String>,
    /// Send the edition to this address alone, as a trial: nothing is recorded, and the
    /// recipients still get it later
    #[arg(long, value_name = "ADDRESS")]
    to: Option<Mailbox>,
    /// Act as if it were this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = super::time)]
    now: Option<DateTime<Utc>>,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    collected: Collected,
    published: Vec<Edition>,
    dispatched: DispatchReport,
}

#[derive(Serialize)]
struct Edition {
    digest: String,
    #[serde(flatten)]
    outcome: Outcome,
}

pub(super) fn run(common: &Common, arguments: &Arguments) -> anyhow::Result<Ending> {
    let config = common.load()?;
    ready(&config)?;
    let clock = clock(arguments.now);
    if let Some(to) = &arguments.to {
        let app = App::rehearse(config)?.watched(progress::on_terminal(common));
        return block_on_stoppable(try_out(&app, common, arguments.digest.as_deref(), to, &clock));
    }
    let app = App::open(config)?.watched(progress::on_terminal(common));
    block_on(send(&app, common, arguments.digest.as_deref(), &clock))
}

async fn send(app: &App, common: &Common, digest: Option<&str>, clock: &Clock) -> anyhow::Result<Ending> {
    let digests = app.digests(digest).map_err(Usage::from)?;
    let stop = stop_signal()?;
    let collected = unless_stopped(&stop, collect(app, Which::All, clock)).await?;
    if common.reports(collected.failed().next().is_none()) {
        print(&report::collected(&collected))?;
    }
    let (mut published, mut all_published) = (Vec::new(), true);
    for digest in digests {
        if digest.editor.is_some() {
            unless_stopped(&stop, write(app, digest, clock)).await?;
        }
        let outcome = match unless_stopped(&stop, publish(app, digest, None, clock)).await {
            Ok(outcome) => outcome,
            Err(e) if *stop.borrow() => return Err(e),
            // One digest's trouble is not the others'.
            Err(e) => {
                tracing::error!("cannot publish {}: {e}", digest.title);
                all_published = false;
                continue;
            }
        };
        if common.reports(true) {
            print(&report::published(&digest.title, &outcome))?;
        }
        if !matches!(outcome, Outcome::Overtaken) {
            ping(app, digest, clock).await;
        }
        published.push(Edition { digest: digest.id.clone(), outcome });
        if let Some((weekly, due)) = weekly_due(app, digest, clock.now()).await? {
            if weekly.editor.is_some() {
                unless_stopped(&stop, write(app, &weekly, clock)).await?;
            }
            let outcome = match publish(app, &weekly, Some(due), clock).await {
                Ok(outcome) => outcome,
                Err(e) => {
                    tracing::error!("cannot publish the week of {}: {e}", digest.title);
                    all_published = false;
                    continue;
                }
            };
            if common.reports(true) {
                print(&report::published(&format!("{}, the week", digest.title), &outcome))?;
            }
            published.push(Edition { digest: weekly.id, outcome });
        }
    }
    let dispatched = deliver(app, When::Now, clock, &stop).await?;
    let clean = all_published && dispatched.is_clean() && collected.failed().next().is_none();
    if common.json {
        print_json(&Report { collected, published, dispatched })?;
    } else if common.reports(dispatched.is_clean()) {
        print(&report::dispatched(&dispatched))?;
    }
    keep_archive(app).await;
    alert(app, clock).await?;
    prune(app, clock).await?;
    pack_older(app).await?;
    Ok(if clean { Ending::Done } else { Ending::Failed })
}

/// The editor is given its time, but no more: the mail does not depend on it.
const WRITING: Duration = Duration::from_secs(300);

/// Has the editor write what the edition needs that is about to be published.
async fn write(app: &App, digest: &Digest, clock: &Clock) -> Result<(), Error> {
    let eagerness = Eagerness { patience: WRITING, briefing: true, is_wanted_now: true };
    let written = match editor::write(app, digest, clock.now(), eagerness, clock).await {
        Ok(written) => written,
        Err(e) => {
            tracing::warn!("the editor cannot work for {}, which goes out as it is: {e}", digest.title);
            return Ok(());
        }
    };
    match written.stopped {
        Some(Stopped::Time) => {
            tracing::warn!(
                "the editor is not done after {} s; the rest goes out as it is",
                WRITING.as_secs()
            );
        }
        Some(Stopped::Elsewhere) => {
            tracing::warn!(
                "another tidings has the editor write for {} s; what is not there goes out as it is",
                WRITING.as_secs()
            );
        }
        Some(Stopped::Budget) => {
            tracing::warn!(
                "`max_tokens_per_edition` is spent on {}; the rest goes out as it is",
                digest.title
            );
        }
        // Said where it was met.
        Some(Stopped::Outage(_)) | None => {}
    }
    Ok(())
}

async fn try_out(
    app: &App,
    common: &Common,
    digest: Option<&str>,
    to: &Mailbox,
    clock: &Clock,
) -> anyhow::Result<Ending> {
    let digests = app.digests(digest).map_err(Usage::from)?;
    let collected = collect(app, Which::All, clock).await?;
    let mut clean = collected.failed().next().is_none();
    let (mut attempts, mut again) = (Vec::new(), Vec::new());
    let known = app.config.recipients.iter().find(|r| r.is_called(to.address.as_str()));
    let format = known.map_or(Format::Html, |recipient| recipient.format);
    for digest in digests {
        let mut attempt = trial(app, digest, to, format, clock.now(), clock).await?;
        // Whoever tries out a setting need not wait for news.
        if attempt.is_none()
            && let Some(last) = app.back_to_last(digest).await?
        {
            attempt = trial(app, digest, to, format, last, clock).await?;
            again.push(digest.title.clone());
        }
        clean &= attempt.as_ref().is_none_or(|a| a.outcome == OutcomeKind::Delivered);
        attempts.extend(attempt);
    }
    let dispatched = DispatchReport { attempts, ..DispatchReport::default() };
    if common.json {
        print_json(&Report { collected, published: Vec::new(), dispatched })?;
    } else if common.reports(clean) {
        print(&report::collected(&collected))?;
        for title in again {
            print(&format!("nothing new for {title}: this is its last edition once more\n"))?;
        }
        let words = if dispatched.attempts.is_empty() {
            "nothing new, nothing to try out\n".into()
        } else {
            report::dispatched(&dispatched)
        };
        print(&words)?;
    }
    Ok(if clean { Ending::Done } else { Ending::Failed })
}
