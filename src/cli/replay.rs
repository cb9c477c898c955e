//! `tidings replay`

use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono::{DateTime, NaiveDate, SecondsFormat, TimeZone, Utc};
use serde::Serialize;

use super::description::describe;
use super::{Common, Ending, Usage, block_on_stoppable, print, print_json, report};
use crate::app::draft::Draft;
use crate::app::replay::{Due, Replay, due_between};
use crate::config::Digest;
use crate::model::{Article, NotShown, Story, Update};
use crate::render;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The archive: a folder with a folder of articles for each feed, named by its id
    dir: PathBuf,
    /// Only this digest
    digest: Option<String>,
    /// The first day, in the digest's zone, or a time (RFC 3339)
    #[arg(long, value_name = "DAY", value_parser = moment)]
    from: Moment,
    /// The last day, which counts, or a time
    #[arg(long, value_name = "DAY", value_parser = moment)]
    to: Moment,
    /// Write each edition to this folder, as HTML and as text
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// A day where somebody lives, or a time everywhere.
#[derive(Debug, Clone, Copy)]
enum Moment {
    Day(NaiveDate),
    Time(DateTime<Utc>),
}

fn moment(text: &str) -> Result<Moment, String> {
    let day = text.parse().map(Moment::Day);
    day.or_else(|_| text.parse().map(Moment::Time))
        .map_err(|_| "a day looks like 2026-11-22, a time like 2026-11-22T07:30:00Z".into())
}

impl Moment {
    /// When it begins for a digest.
    fn begins(self, digest: &Digest) -> DateTime<Utc> {
        let day = match self {
            Self::Time(time) => return time,
            Self::Day(day) => day,
        };
        let begins = |hour| digest.zone.from_local_datetime(&day.and_hms_opt(hour, 0, 0)?).earliest();
        // Where the clocks skip midnight, an hour later.
        begins(0).or_else(|| begins(1)).map_or_else(|| Utc.from_utc_datetime(&day.into()), |at| at.to_utc())
    }

    /// Its last second.
    fn ends(self, digest: &Digest) -> DateTime<Utc> {
        match self {
            Self::Time(time) => time,
            Self::Day(day) => {
                let next = Self::Day(day.succ_opt().unwrap_or(day)).begins(digest);
                next - chrono::Duration::seconds(1)
            }
        }
    }
}

pub(super) fn run(common: &Common, arguments: &Arguments) -> anyhow::Result<Ending> {
    let config = common.load()?;
    let digests = config.digests_named(arguments.digest.as_deref()).map_err(Usage)?;
    let all = due_between(&digests, |digest| (arguments.from.begins(digest), arguments.to.ends(digest)));
    if all.is_empty() {
        return Err(Usage("no edition is due between --from and --to".into()).into());
    }
    let mut replay = Replay::open(config.clone(), &arguments.dir, &digests)?;
    if let Some(out) = &arguments.out {
        std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    }
    let mut editions = Vec::new();
    block_on_stoppable(async {
        for due in &all {
            let look = |draft: &Draft| {
                if let Some(out) = &arguments.out {
                    write(out, due, draft)?;
                }
                if common.json {
                    let carried = serde_json::to_value(describe(&due.digest, draft))?;
                    let not_shown = draft.not_shown;
                    editions.push(Replayed { due: utc(due.at), carried: Some(carried), not_shown });
                } else {
                    print(&in_words(due, draft))?;
                }
                anyhow::Ok(())
            };
            match replay.make(due, look).await? {
                Some(looked) => looked?,
                None if common.json => editions.push(Replayed {
                    due: utc(due.at),
                    carried: None,
                    not_shown: NotShown::default(),
                }),
                None => print(&format!("{}  {}: nothing new\n", local(due), due.digest.title))?,
            }
        }
        anyhow::Ok(())
    })?;
    if common.json {
        print_json(&editions)?;
    }
    Ok(Ending::Done)
}

/// One edition, in JSON.
#[derive(Serialize)]
struct Replayed {
    due: String,
    /// As `preview --json` shows it; null where nothing was new.
    carried: Option<serde_json::Value>,
    /// Articles that the feeds' own keys keep out of it.
    not_shown: NotShown,
}

fn utc(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn local(due: &Due) -> String {
    due.at.with_timezone(&due.digest.zone).format("%a %Y-%m-%d %H:%M").to_string()
}

fn write(folder: &Path, due: &Due, draft: &Draft) -> anyhow::Result<()> {
    let time = due.at.with_timezone(&due.digest.zone).format("%Y-%m-%d-%H%M");
    let name = format!("{}-{time}", crate::archive::folder(&due.digest.id));
    let files = [("html", render::in_one_file(&draft.frozen)), ("txt", draft.frozen.text.clone())];
    for (ending, text) in files {
        let path = folder.join(format!("{name}.{ending}"));
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// What an edition carries: each story by its title, with those that report it too and the copies of it, and
/// what was left out.
fn in_words(due: &Due, draft: &Draft) -> String {
    let edition = &draft.edition;
    let extent = report::extent(&edition.extent(), draft.has_more_in_web());
    let mut out = format!("{}  {}: {extent}\n", local(due), edition.title);
    for section in &edition.sections {
        if let Some(title) = &section.title {
            out.push_str(&format!("  {title}\n"));
        }
        for placed in &section.stories {
            out.push_str(&story(&placed.story));
        }
    }
    for Update { article, .. } in &edition.updated {
        out.push_str(&format!("    updated: {}\n", headline(article)));
    }
    for story in &edition.left_out {
        out.push_str(&format!("    left out: {}\n", headline(&story.lead)));
    }
    let NotShown { filtered, beyond_first_run, beyond_max_items } = draft.not_shown;
    let not_shown = [
        (filtered, "filtered"),
        (beyond_first_run, "older than the first edition goes back"),
        (beyond_max_items, "beyond `max_items`"),
        (draft.repeats.len(), "carried before"),
    ];
    let not_shown: Vec<String> = not_shown
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, why)| format!("{count} {why}"))
        .collect();
    if !not_shown.is_empty() {
        out.push_str(&format!("    not shown: {}\n", not_shown.join(", ")));
    }
    out
}

fn story(story: &Story) -> String {
    let mut out = format!("    {}\n", headline(&story.lead));
    for tie in &story.others {
        out.push_str(&format!("      with ({}): {}\n", tie.why, headline(&tie.article)));
    }
    for tie in &story.merged {
        out.push_str(&format!("      copy ({}): {}\n", tie.why, headline(&tie.article)));
    }
    out
}

fn headline(article: &Article) -> String {
    format!("{} — {}", article.title, article.outlet)
}
