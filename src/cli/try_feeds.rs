//! `tidings try`: a digest of any pages or feeds, without a configuration.

use std::path::{Path, PathBuf};

use super::feeds::look;
use super::{Common, Ending, Usage, preview};
use crate::app::App;
use crate::config::Config;
use crate::config::edit::{NewFeed, with_feeds};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Addresses of pages or feeds, or files
    #[arg(required = true, value_name = "URL")]
    urls: Vec<String>,
    /// Show it in the browser
    #[arg(long)]
    open: bool,
    /// Write it to this file, as HTML
    #[arg(long, value_name = "FILE", conflicts_with = "open")]
    out: Option<PathBuf>,
}

/// A configuration but for its feeds.
const BEGINNING: &str = r#"
[mail]
from = "tidings <tidings@localhost.localdomain>"
[[recipient]]
email = "you@localhost.localdomain"
[[digest]]
id = "try"
title = "Tidings"
images = "embed"
"#;

pub(super) fn run(common: &Common, arguments: &Arguments) -> anyhow::Result<Ending> {
    let mut feeds = Vec::new();
    let mut ending = Ending::Done;
    for typed in &arguments.urls {
        match feed(typed) {
            Ok(feed) => feeds.push(feed),
            Err(why) => {
                tracing::error!("{why:#}");
                ending = Ending::Failed;
            }
        }
    }
    if feeds.is_empty() {
        return Ok(Ending::Failed);
    }
    // A folder of its own, so that nothing of here is read or written.
    let folder = tempfile::tempdir()?;
    let document = with_feeds(BEGINNING, &feeds).map_err(anyhow::Error::msg)?;
    let mut config = Config::parse(&folder.path().join("digest.toml"), document.into_bytes())
        .map_err(|invalid| Usage(invalid.to_string()))?;
    // More of each than a digest begins with: there is no second edition.
    for settings in &mut config.feeds {
        settings.feed.first_run = settings.feed.max_items;
    }
    let shown = preview::Arguments::of_trial(arguments.out.clone(), arguments.open);
    let previewed = preview::on(App::rehearse(config)?, common, &shown)?;
    Ok(if ending == Ending::Done { previewed } else { ending })
}

fn feed(typed: &str) -> anyhow::Result<NewFeed> {
    if Path::new(typed).exists() {
        let path = std::fs::canonicalize(typed)?;
        return Ok(NewFeed { url: path.display().to_string(), name: None, section: None });
    }
    let found = look(None, typed)?;
    if let [first, others @ ..] = found.as_slice()
        && !others.is_empty()
    {
        let others: Vec<_> = others.iter().map(|found| found.url.as_str()).collect();
        tracing::warn!(
            "{typed} has several feeds: this is {}; there is also {}",
            first.url,
            others.join(", ")
        );
    }
    let first = found.into_iter().next().ok_or_else(|| anyhow::anyhow!("{typed} has no feed"))?;
    Ok(NewFeed { url: first.url.to_string(), name: first.feed.title, section: None })
}
