//! `tidings parse`

use std::io::Read;
use std::path::PathBuf;

use anyhow::Context;
use serde::Serialize;
use url::Url;

use super::{Ending, print_json};
use crate::article::{FeedBoilerplate, Rules};
use crate::model::{Entry, ParsedFeed};
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
    feed: ParsedFeed,
    entries: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    #[serde(flatten)]
    entry: Entry,
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

fn document(mut feed: ParsedFeed, base: Option<&Url>, clean: bool) -> Document {
    let link = feed.link.as_deref().and_then(|l| Url::parse(l).ok());
    let base = link.as_ref().or(base);
    let cleaner = clean.then(|| Cleaner {
        boilerplate: FeedBoilerplate::of(&feed.entries, Rules::default()),
        language: feed.language.clone(),
    });
    let entries = std::mem::take(&mut feed.entries);
    let entries = entries.into_iter().map(|e| item(e, base, cleaner.as_ref())).collect();
    feed.subtitle = feed.subtitle.map(|s| article::sanitise(&s, base));
    Document { feed, entries }
}

struct Cleaner {
    boilerplate: FeedBoilerplate,
    language: Option<String>,
}

fn item(mut entry: Entry, base: Option<&Url>, cleaner: Option<&Cleaner>) -> Item {
    let own = entry.base.as_deref().and_then(|b| Url::parse(b).ok());
    let base = own.as_ref().or(base);
    let article = cleaner.map(|cleaner| {
        entry.base = entry.base.take().or_else(|| base.map(Url::to_string));
        article::clean(&entry, Rules::default(), &cleaner.boilerplate, cleaner.language.as_deref())
    });
    entry.summary = entry.summary.map(|s| article::sanitise(&s, base));
    entry.content = match &article {
        Some(read) => Some(read.html()),
        None => entry.content.map(|s| article::sanitise(&s, base)),
    };
    let article = article.map(|read| {
        entry.title = entry.title.as_deref().map(article::visible);
        entry.image = read.image.as_ref().map(|image| image.url.clone());
        Article {
            excerpt: read.excerpt(EXCERPT),
            reading_minutes: read.minutes,
            language: read.language,
            text: read.text,
        }
    });
    Item { entry, article }
}
