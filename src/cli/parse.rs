//! `tidings parse`

use std::io::Read;
use std::path::PathBuf;

use anyhow::Context;
use chrono::{DateTime, Utc};
use serde::Serialize;
use url::Url;

use super::{Ending, print_json};
use crate::article::{FeedBoilerplate, Rules};
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
    /// Show its entries as articles: cleaned, with excerpt, language and text
    #[arg(long)]
    clean: bool,
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
    print_json(&document(feed, arguments.url.as_ref(), arguments.clean))?;
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
    #[serde(flatten)]
    article: Option<Article>,
}

/// What `--clean` adds; `content` and `image` are then the article's too.
#[derive(Serialize)]
struct Article {
    excerpt: String,
    language: Option<String>,
    reading_minutes: usize,
    text: String,
}

/// The default of a feed's `excerpt`.
const EXCERPT: usize = 200;

fn document(feed: ParsedFeed, base: Option<&Url>, clean: bool) -> Document {
    let link = feed.link.as_deref().and_then(|l| Url::parse(l).ok());
    let base = link.as_ref().or(base);
    let cleaner = clean.then(|| Cleaner {
        boilerplate: FeedBoilerplate::of(&feed.entries, Rules::default()),
        language: feed.language.clone(),
    });
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
        entries: feed.entries.into_iter().map(|e| item(e, base, cleaner.as_ref())).collect(),
    }
}

struct Cleaner {
    boilerplate: FeedBoilerplate,
    language: Option<String>,
}

fn item(mut entry: Entry, base: Option<&Url>, cleaner: Option<&Cleaner>) -> Item {
    let own = entry.base.as_deref().and_then(|b| Url::parse(b).ok());
    let base = own.as_ref().or(base);
    let summary = entry.summary.as_deref().map(|s| article::sanitise(s, base));
    let mut content = entry.content.as_deref().map(|s| article::sanitise(s, base));
    let article = cleaner.map(|cleaner| {
        entry.base = entry.base.take().or_else(|| base.map(Url::to_string));
        let read =
            article::clean(&entry, Rules::default(), &cleaner.boilerplate, cleaner.language.as_deref());
        entry.title = entry.title.as_deref().map(article::visible);
        content = Some(read.html());
        entry.image = read.image.as_ref().map(|image| image.url.clone());
        Article {
            excerpt: read.excerpt(EXCERPT),
            reading_minutes: read.minutes,
            language: read.language,
            text: read.text,
        }
    });
    Item {
        id: entry.id,
        title: entry.title,
        link: entry.link,
        published: entry.published,
        updated: entry.updated,
        authors: entry.authors,
        summary,
        content,
        categories: entry.categories,
        enclosures: entry.enclosures,
        image: entry.image,
        article,
    }
}
