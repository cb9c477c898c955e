//! Feeds into the store. Nothing is cleaned here: a first poll sees thousands of entries
//! that no edition will ever show.

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use tokio::task::JoinSet;

use super::{App, Clock, Error, off_thread};
use crate::fetch::{Body, Fetched, Validators};
use crate::model::{Feed, ParsedFeed};
use crate::parse;
use crate::store::{FeedRow, Poll, Store};

/// A server may ask to be left alone, but not for ever.
const LONGEST_SILENCE: Duration = Duration::days(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The feeds whose time has come.
    Due,
    All,
}

/// What a round of polls brought, in the order of the configuration.
#[derive(Debug, Clone, Serialize)]
pub struct Collected {
    pub feeds: Vec<Polled>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Polled {
    pub feed: String,
    #[serde(flatten)]
    pub outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// It was read; so many of its entries were never met before.
    Read {
        new: usize,
    },
    Unchanged,
    Failed {
        why: String,
    },
}

impl Collected {
    pub fn new_entries(&self) -> usize {
        let new = |p: &Polled| if let Outcome::Read { new } = p.outcome { new } else { 0 };
        self.feeds.iter().map(new).sum()
    }

    pub fn failed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.feeds.iter().filter_map(|p| match &p.outcome {
            Outcome::Failed { why } => Some((p.feed.as_str(), why.as_str())),
            _ => None,
        })
    }
}

/// Polls feeds, many at once. One that fails spoils nothing but its own line of the report.
///
/// # Errors
/// When the store fails.
pub async fn collect(app: &App, which: Which, clock: Clock) -> Result<Collected, Error> {
    let now = clock.now();
    let known = begin(app, now).await?;
    let mut polls = JoinSet::new();
    for (feed, known) in app.config.feeds.iter().zip(known) {
        if which == Which::Due && known.as_ref().is_some_and(|k| k.next_poll > now) {
            continue;
        }
        polls.spawn(poll(app.clone(), feed.clone(), known.unwrap_or_default()));
    }
    let mut polled = Vec::new();
    while let Some(first) = polls.join_next().await {
        // Whatever has come in meanwhile shares the transaction.
        let mut batch = vec![first];
        batch.extend(std::iter::from_fn(|| polls.try_join_next()));
        let batch = batch.into_iter().collect::<Result<Vec<_>, _>>().map_err(|_| Error::Interrupted)?;
        let interval = Duration::from_std(app.config.fetch.interval).unwrap_or(LONGEST_SILENCE);
        polled.extend(
            app.db
                .call(move |store| {
                    batch.into_iter().map(|a| a.store(store, interval, now)).collect::<Result<Vec<_>, _>>()
                })
                .await?,
        );
    }
    let place = |id: &str| app.config.feeds.iter().position(|f| f.id == id);
    polled.sort_by_key(|p| place(&p.feed));
    Ok(Collected { feeds: polled })
}

/// Makes digests and feeds known to each other before anything arrives, and looks up what
/// is known of each feed.
async fn begin(app: &App, now: DateTime<Utc>) -> Result<Vec<Option<FeedRow>>, Error> {
    let digests: Vec<(String, Vec<String>)> = app
        .config
        .digests
        .iter()
        .map(|d| (d.id.clone(), app.config.feeds_of(d).iter().map(|f| f.id.clone()).collect()))
        .collect();
    let feeds: Vec<_> = app.config.feeds.iter().map(|f| (f.id.clone(), f.source.to_string())).collect();
    let known = app.db.call(move |store| {
        for (digest, feeds) in &digests {
            store.join(digest, feeds, now)?;
        }
        feeds.iter().map(|(id, source)| store.feed(id, source)).collect()
    });
    Ok(known.await?)
}

/// What a poll brought, on its way to the store.
struct Arrival {
    feed: Feed,
    brought: Brought,
}

enum Brought {
    Nothing,
    Entries(Box<ParsedFeed>, Validators),
    /// Why, and how long to leave the feed alone if longer than usual.
    Trouble(String, Option<Duration>),
}

async fn poll(app: App, feed: Feed, known: FeedRow) -> Arrival {
    let known =
        Validators { etag: known.etag, last_modified: known.last_modified, body_hash: known.body_hash };
    let brought = match app.fetcher.fetch(&feed.source, &known).await {
        Fetched::Unchanged => Brought::Nothing,
        Fetched::Changed { body, validators } => match off_thread(move || read(&body)).await {
            Ok(Ok(parsed)) => Brought::Entries(Box::new(parsed), validators),
            Ok(Err(why)) => Brought::Trouble(why, None),
            Err(e) => Brought::Trouble(e.to_string(), None),
        },
        Fetched::Throttled(wait) => {
            let wait = wait.and_then(|w| Duration::from_std(w).ok());
            Brought::Trouble("the server asks to be left alone for a while".into(), wait)
        }
        Fetched::Gone => Brought::Trouble(
            "the server says that this feed is gone for good (410); remove it, or find its new address"
                .into(),
            Some(LONGEST_SILENCE),
        ),
        Fetched::Failed(why) => Brought::Trouble(why, None),
    };
    Arrival { feed, brought }
}

fn read(body: &Body) -> Result<ParsedFeed, String> {
    match body {
        Body::Feed { bytes, content_type, base } => {
            parse::feed(bytes, content_type.as_deref(), base.as_ref()).map_err(|e| e.to_string())
        }
        Body::Articles(files) => {
            let (feed, others) = parse::articles(files);
            if feed.entries.is_empty() && !others.is_empty() {
                return Err(format!("none of its {} files is an article", others.len()));
            }
            for name in others {
                tracing::debug!(file = name, "is no article, left out");
            }
            Ok(feed)
        }
    }
}

impl Arrival {
    fn store(
        self,
        store: &Store,
        interval: Duration,
        now: DateTime<Utc>,
    ) -> Result<Polled, crate::store::Error> {
        let source = self.feed.source.to_string();
        let (outcome, poll, wait) = match self.brought {
            Brought::Nothing => (Outcome::Unchanged, Poll::Unchanged, interval),
            Brought::Entries(parsed, validators) => {
                let new = store.keep(&self.feed.id, &parsed.entries, now)?;
                let poll = Poll::Changed {
                    title: parsed.title,
                    language: parsed.language,
                    etag: validators.etag,
                    last_modified: validators.last_modified,
                    body_hash: validators.body_hash,
                };
                (Outcome::Read { new }, poll, interval)
            }
            Brought::Trouble(why, wait) => {
                let wait = wait.unwrap_or(interval).clamp(interval, LONGEST_SILENCE.max(interval));
                (Outcome::Failed { why: why.clone() }, Poll::Failed(why), wait)
            }
        };
        store.polled(&self.feed.id, &source, now, now + wait, &poll)?;
        Ok(Polled { feed: self.feed.id, outcome })
    }
}
