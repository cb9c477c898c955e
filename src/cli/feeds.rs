//! `tidings feeds`

use std::fs;
use std::io::{IsTerminal, Write};

use anyhow::Context;
use chrono::Utc;
use serde::Serialize;

use super::{Common, Ending, Usage, block_on, print, print_json, report};
use crate::app::discover::{Found, discover};
use crate::config::edit::{self, NewFeed};
use crate::config::{Config, unknown_name};
use crate::fetch::Fetcher;
use crate::model::Source;
use crate::text::{columns, cut};

#[derive(clap::Subcommand)]
pub(super) enum Action {
    /// The feeds of the configuration, by section
    List,
    /// Find the feeds of a web page, and add the one that is meant to the configuration
    Add {
        /// The address of a page or a feed
        url: String,
        /// The section that its stories are under
        #[arg(long)]
        section: Option<String>,
        /// Which one, where there are several: its number
        #[arg(long, value_name = "NUMBER")]
        number: Option<usize>,
    },
    /// Take a feed out of the configuration
    Remove {
        /// Its id or address
        feed: String,
    },
    /// Show what a page's or feed's address brings, changing nothing
    Test {
        /// The address of a page or a feed
        url: String,
    },
}

/// One line of `feeds list --json`.
#[derive(Serialize)]
struct Row<'a> {
    feed: &'a str,
    name: Option<&'a str>,
    url: String,
    section: Option<&'a str>,
}

/// A feed that was found, as `--json` prints it.
#[derive(Serialize)]
struct Candidate<'a> {
    url: &'a str,
    title: Option<&'a str>,
    entries: usize,
    newest: Vec<&'a str>,
}

impl<'a> From<&'a Found> for Candidate<'a> {
    fn from(found: &'a Found) -> Self {
        Self {
            url: found.url.as_str(),
            title: found.feed.title.as_deref(),
            entries: found.feed.entries.len(),
            newest: found.feed.entries.iter().filter_map(|e| e.title.as_deref()).take(SHOWN).collect(),
        }
    }
}

/// So many entries show what a feed is.
const SHOWN: usize = 3;
const TITLE_COLUMNS: usize = 72;

pub(super) fn run(common: &Common, action: &Action) -> anyhow::Result<Ending> {
    match action {
        Action::List => list(common, &common.load()?),
        Action::Add { url, section, number } => add(common, url, section.as_deref(), *number),
        Action::Remove { feed } => remove(common, feed),
        Action::Test { url } => {
            let found = look(common.load().ok().as_ref(), url)?;
            if common.json {
                print_json(&found.iter().map(Candidate::from).collect::<Vec<_>>())?;
            } else {
                print(&described(&found))?;
            }
            Ok(Ending::Done)
        }
    }
}

/// The feeds of an address, by the limits of the configuration where there is one.
pub(super) fn look(config: Option<&Config>, url: &str) -> anyhow::Result<Vec<Found>> {
    let limits = config.map(|config| config.fetch.limits.clone()).unwrap_or_default();
    let fetcher = Fetcher::new(limits).map_err(anyhow::Error::msg)?;
    // Signals end the program as they would without us: nothing is half done, and questions may follow.
    block_on(async { discover(&fetcher, url, Utc::now()).await.map_err(anyhow::Error::msg) })
}

fn list(common: &Common, config: &Config) -> anyhow::Result<Ending> {
    let feeds = config.feeds.iter().map(|settings| &settings.feed);
    let rows: Vec<Row<'_>> = feeds
        .map(|feed| Row {
            feed: &feed.id,
            name: feed.name.as_deref(),
            url: feed.source.to_string(),
            section: feed.section.as_deref(),
        })
        .collect();
    if common.json {
        print_json(&rows)?;
        return Ok(Ending::Done);
    }
    let mut sections: Vec<Option<&str>> = Vec::new();
    for row in &rows {
        if !sections.contains(&row.section) {
            sections.push(row.section);
        }
    }
    let width = rows.iter().map(|row| columns(row.name.unwrap_or(row.feed))).max().unwrap_or(0).min(36);
    for section in sections {
        print(&format!("{}\n", section.unwrap_or("(no section)")))?;
        for row in rows.iter().filter(|row| row.section == section) {
            let name = cut(row.name.unwrap_or(row.feed), 36);
            print(&format!("  {}  {}\n", report::padded(&name, width), row.url))?;
        }
    }
    print(&format!("{}\n", report::count(rows.len(), "feed", "feeds")))?;
    Ok(Ending::Done)
}

fn described(found: &[Found]) -> String {
    let mut out = String::new();
    for (found, number) in found.iter().zip(1..) {
        let title = found.feed.title.as_deref().unwrap_or("(no title)");
        let count = report::count(found.feed.entries.len(), "entry", "entries");
        out.push_str(&format!("{number}. {}\n   {}  {count}\n", cut(title, TITLE_COLUMNS), found.url));
        for title in found.feed.entries.iter().filter_map(|e| e.title.as_deref()).take(SHOWN) {
            out.push_str(&format!("   - {}\n", cut(title, TITLE_COLUMNS)));
        }
    }
    out
}

fn add(common: &Common, url: &str, section: Option<&str>, number: Option<usize>) -> anyhow::Result<Ending> {
    let config = common.load()?;
    let found = look(Some(&config), url)?;
    let chosen = match (found.len(), number) {
        (1, None) => 0,
        (_, Some(number)) if (1..=found.len()).contains(&number) => number - 1,
        (several, Some(number)) => {
            return Err(Usage(format!("there is no number {number}; {several} were found")).into());
        }
        (_, None) => match choose(&found)? {
            Some(chosen) => chosen,
            None => {
                print(&described(&found))?;
                return Err(Usage("several feeds were found; --number says which".into()).into());
            }
        },
    };
    let Some(found) = found.get(chosen) else { return Err(Usage("no such feed".into()).into()) };
    let is_known = |source: &Source| matches!(source, Source::Web(known) if *known == found.url);
    if let Some(known) = config.feeds.iter().find(|settings| is_known(&settings.feed.source)) {
        return Err(
            Usage(format!("{} is in the configuration already, as `{}`", found.url, known.feed.id)).into()
        );
    }
    let feed = NewFeed {
        url: found.url.to_string(),
        name: found.feed.title.clone(),
        section: section.map(str::to_owned),
    };
    change(&config, |text| edit::with_feeds(text, &[feed]))?;
    print(&described(std::slice::from_ref(found)))?;
    print(&format!("added to {}\n", config.path.display()))?;
    Ok(Ending::Done)
}

/// Asks which one is meant, where somebody is there to answer.
fn choose(found: &[Found]) -> anyhow::Result<Option<usize>> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Ok(None);
    }
    print(&described(found))?;
    print("Which one? [1] ")?;
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    let number = if answer.trim().is_empty() { Some(1) } else { answer.trim().parse::<usize>().ok() };
    Ok(number.filter(|number| (1..=found.len()).contains(number)).map(|number| number - 1))
}

fn remove(common: &Common, name: &str) -> anyhow::Result<Ending> {
    let config = common.load()?;
    let unknown =
        || Usage(unknown_name("feed", name, config.feeds.iter().map(|settings| settings.feed.id.as_str())));
    let text =
        fs::read_to_string(&config.path).with_context(|| format!("cannot read {}", config.path.display()))?;
    let mut without = edit::without_feed(&text, name).map_err(Usage)?;
    if without.is_none() && name.contains("://") {
        // The address of a page, as `feeds add` takes it.
        for found in look(Some(&config), name)? {
            without = without.or(edit::without_feed(&text, found.url.as_str()).map_err(Usage)?);
        }
    }
    let without = without.ok_or_else(unknown)?;
    edit::replace(&config.path, &without).map_err(Usage)?;
    print(&format!("{name} is taken out of {}\n", config.path.display()))?;
    Ok(Ending::Done)
}

/// Writes the configuration anew.
pub(super) fn change(
    config: &Config,
    changed: impl FnOnce(&str) -> Result<String, String>,
) -> anyhow::Result<()> {
    let text =
        fs::read_to_string(&config.path).with_context(|| format!("cannot read {}", config.path.display()))?;
    let changed = changed(&text).map_err(Usage)?;
    edit::replace(&config.path, &changed).map_err(Usage)?;
    Ok(())
}
