//! `tidings parse`

use std::io::Read;
use std::path::PathBuf;

use anyhow::Context;
use chrono::{DateTime, Utc};
use serde::Serialize;
use url::Url;

use super::{Ending, print_json};
use crate::model::{Enclosure, Entry, ParsedFeed, Person};
use crate::{article, parse};

/// A document longer than this is read as if it ended here: with its first entries.
const MAX_BYTES: u64 = 10_000_000;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The document, `-` for standard input
    file: PathBuf,
    /// The address it was got from
    #[arg(long, value_name = "BASE")]
    url: Option<Url>,
    /// The Content-Type header it came with
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Ending> {
    let name = arguments.file.display();
    let mut bytes = Vec::new();
    let read = if arguments.file.as_os_str() == "-" {
        std::io::stdin().lock().take(MAX_BYTES).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(&arguments.file).and_then(|f| f.take(MAX_BYTES).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("cannot read {name}"))?;
    let feed = parse::feed(&bytes, arguments.content_type.as_deref(), arguments.url.as_ref())
        .with_context(|| name.to_string())?;
    print_json(&document(feed, arguments.url.as_ref()))?;
    Ok(Ending::Done)
}

/// What is printed. Every key is always there.
#[derive(Serialize)]
struct Document {
    feed: Feed,
    entries: Vec<Item>,
}

#[derive(Serialize)]
struct Feed {
    title: Option<String>,
    subtitle: Option<String>,
    link: Option<String>,
    language: Option<String>,
    published: Option<DateTime<Utc>>,
    updated: Option<DateTime<Utc>>,
    id: Option<String>,
    authors: Vec<Person>,
    categories: Vec<String>,
    image: Option<String>,
    rights: Option<String>,
}

#[derive(Serialize)]
struct Item {
    id: Option<String>,
    title: Option<String>,
    link: Option<String>,
    published: Option<DateTime<Utc>>,
    updated: Option<DateTime<Utc>>,
    authors: Vec<Person>,
    summary: Option<String>,
    content: Option<String>,
    categories: Vec<String>,
    enclosures: Vec<Enclosure>,
    image: Option<String>,
}

fn document(feed: ParsedFeed, base: Option<&Url>) -> Document {
    let link = feed.link.as_deref().and_then(|l| Url::parse(l).ok());
    let base = link.as_ref().or(base);
    Document {
        feed: Feed {
            title: feed.title,
            subtitle: feed.subtitle.map(|s| article::sanitise(&s, base)),
            link: feed.link,
            language: feed.language,
            published: feed.published,
            updated: feed.updated,
            id: feed.id,
            authors: feed.authors,
            categories: feed.categories,
            image: feed.image,
            rights: feed.rights,
        },
        entries: feed.entries.into_iter().map(|e| item(e, base)).collect(),
    }
}

fn item(entry: Entry, base: Option<&Url>) -> Item {
    let own = entry.base.as_deref().and_then(|b| Url::parse(b).ok());
    let base = own.as_ref().or(base);
    Item {
        id: entry.id,
        title: entry.title,
        link: entry.link,
        published: entry.published,
        updated: entry.updated,
        authors: entry.authors,
        summary: entry.summary.map(|s| article::sanitise(&s, base)),
        content: entry.content.map(|s| article::sanitise(&s, base)),
        categories: entry.categories,
        enclosures: entry.enclosures,
        image: entry.image,
    }
}
