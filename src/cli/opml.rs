//! `tidings opml`

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::feeds::change;
use super::{Common, Ending, Usage, print, report};
use crate::app::discover::address;
use crate::config::edit::{NewFeed, with_feeds};
use crate::model::Source;
use crate::parse::opml::{self, Outline};

/// A longer file is no list of feeds.
const MAX_BYTES: u64 = 20_000_000;

#[derive(clap::Subcommand)]
pub(super) enum Action {
    /// Add the feeds of a list to the configuration; its folders are sections
    Import {
        /// The list (OPML), `-` for standard input
        file: PathBuf,
    },
    /// Print the feeds of the configuration as a list that feed readers take
    Export,
}

pub(super) fn run(common: &Common, action: &Action) -> anyhow::Result<Ending> {
    let config = common.load()?;
    match action {
        Action::Import { file } => {
            let outlines = read(file)?;
            let known: HashSet<String> = config.feeds.iter().map(|s| s.feed.source.to_string()).collect();
            let (new, old): (Vec<_>, Vec<_>) = outlines.into_iter().partition(|o| !known.contains(&o.url));
            let new: Vec<NewFeed> = new.into_iter().map(feed).collect();
            if !new.is_empty() {
                change(&config, |text| with_feeds(text, &new))?;
            }
            let already =
                if old.is_empty() { String::new() } else { format!("; {} were there already", old.len()) };
            print(&format!(
                "{} added to {}{already}\n",
                report::count(new.len(), "feed", "feeds"),
                config.path.display()
            ))?;
        }
        Action::Export => {
            let feeds = config.feeds.iter().map(|settings| &settings.feed);
            // What is no address of the web means nothing elsewhere.
            let outlines: Vec<_> = feeds
                .filter(|feed| matches!(feed.source, Source::Web(_)))
                .map(|feed| Outline {
                    url: feed.source.to_string(),
                    title: feed.name.clone(),
                    folder: feed.section.clone(),
                })
                .collect();
            print(&opml::write("tidings", &outlines))?;
        }
    }
    Ok(Ending::Done)
}

/// The feeds of a list that can be read.
pub(super) fn read(file: &Path) -> anyhow::Result<Vec<Outline>> {
    let name = file.display();
    let mut bytes = Vec::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(MAX_BYTES).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|f| f.take(MAX_BYTES).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("cannot read {name}"))?;
    let text = crate::parse::page(&bytes, None);
    let outlines = opml::read(&text).ok_or_else(|| Usage(format!("{name} is no list of feeds (OPML)")))?;
    let mut feeds = Vec::new();
    for outline in outlines {
        // Some readers write `feed://`.
        let written = outline.url.strip_prefix("feed:").unwrap_or(&outline.url);
        match address(written.trim_start_matches('/')) {
            Ok(url) => feeds.push(Outline { url: url.into(), ..outline }),
            Err(why) => tracing::warn!("left out: {why}"),
        }
    }
    if feeds.is_empty() {
        return Err(Usage(format!("{name} names no feed")).into());
    }
    Ok(feeds)
}

/// As it stands in the configuration.
pub(super) fn feed(outline: Outline) -> NewFeed {
    NewFeed { url: outline.url, name: outline.title, section: outline.folder }
}
