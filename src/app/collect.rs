//! Feeds into the store. Nothing is cleaned here: a first poll sees thousands of entries
//! that no edition will ever show.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinSet;

use super::progress::Step;
use super::weekly::all_digests;
use super::{App, Clock, Error, jitter, off_thread};
use crate::config::FeedSettings;
use crate::fetch::pace::{self, PollHints};
use crate::fetch::{Answer, Body, Fetched, ResponseMeta, Validators};
use crate::identity::{self, Kept, Ledger};
use crate::model::{Entry, EntryKey, Feed, Mark, ParsedFeed, RecognisedDocument, Source};
use crate::parse;
use crate::store::{FeedRow, Next, PackedEntries, Poll, Store};

/// Which feeds to poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The feeds whose time has come.
    Due,
    All,
    /// Some of the feeds whose time has come, and those that an edition waits for.
    Paced {
        /// At most so many of those that nobody waits for: the others come in the next
        /// minutes, so that polls spread over the hour.
        at_most: usize,
        /// By feed, since when it must have been polled.
        fresh: HashMap<String, DateTime<Utc>>,
        /// How long after a failure those are asked again, whatever their back-off.
        retry: Duration,
    },
}

impl Which {
    /// Of all feeds, those to be polled now.
    fn choose(&self, feeds: &[FeedSettings], known: &[FeedRow], now: DateTime<Utc>) -> Vec<bool> {
        // A poll that is planned for later than any rule could was planned by a clock that was ahead.
        let is_due = |known: &FeedRow| known.next_poll <= now || known.next_poll - now > pace::FARTHEST;
        let due: Vec<bool> = known.iter().map(|k| *self == Self::All || is_due(k)).collect();
        let Self::Paced { at_most, fresh, retry } = self else { return due };
        let urgent = |(settings, known): (&FeedSettings, &FeedRow)| match known.polled {
            None => true,
            Some(polled) => fresh.get(&settings.feed.id).is_some_and(|since| {
                let retry = known.next_poll.min(polled + *retry);
                polled < *since || (known.error.is_some() && retry <= now)
            }),
        };
        let mut chosen: Vec<bool> = feeds.iter().zip(known).map(urgent).collect();
        let mut others: Vec<(DateTime<Utc>, usize)> = (0..feeds.len())
            .filter(|&i| due.get(i) == Some(&true) && chosen.get(i) == Some(&false))
            .filter_map(|i| Some((known.get(i)?.next_poll, i)))
            .collect();
        others.sort_unstable();
        for (_, i) in others.into_iter().take(*at_most) {
            if let Some(slot) = chosen.get_mut(i) {
                *slot = true;
            }
        }
        chosen
    }
}

/// What a round of polls brought, in the order of the configuration.
#[derive(Debug, Clone, Serialize)]
pub struct Collected {
    pub feeds: Vec<Polled>,
}

/// What a poll of one feed came to.
#[derive(Debug, Clone, Serialize)]
pub struct Polled {
    pub feed: String,
    #[serde(flatten)]
    pub outcome: Outcome,
    /// When nobody answered: how often in a row by now.
    #[serde(skip)]
    unreachable: Option<u32>,
}

/// What became of a poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// Its server asked not to be asked; it is, after that time.
    Held {
        until: DateTime<Utc>,
        why: String,
    },
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
    /// How many entries were never seen before, over all feeds.
    pub fn new_entries(&self) -> usize {
        let new = |p: &Polled| if let Outcome::Read { new } = p.outcome { new } else { 0 };
        self.feeds.iter().map(new).sum()
    }

    /// Whether this feed was asked.
    pub fn includes(&self, feed: &str) -> bool {
        self.feeds.iter().any(|polled| polled.feed == feed)
    }

    /// The feeds that could not be read, each with the reason.
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
pub async fn collect(app: &App, which: Which, clock: &Clock) -> Result<Collected, Error> {
    let now = clock.now();
    correct_clock(app, clock).await?;
    let known = begin(app, now).await?;
    let (mut waiting, mut held) = (Vec::new(), Vec::new());
    let known: Vec<FeedRow> = known.into_iter().map(Option::unwrap_or_default).collect();
    let chosen = which.choose(&app.config.feeds, &known, now);
    for ((settings, known), chosen) in app.config.feeds.iter().zip(known).zip(chosen) {
        if let Some(until) = known.hold_until.filter(|until| *until > now && *until - now <= pace::FARTHEST) {
            let why = known.error.unwrap_or_default();
            held.push(Polled {
                feed: settings.feed.id.clone(),
                outcome: Outcome::Held { until, why },
                unreachable: None,
            });
        } else if chosen {
            waiting.push((settings, known));
        }
    }
    let mut polled = if which == Which::All { held } else { Vec::new() };
    let (mut done, of) = (0, waiting.len());
    app.progress.at(Step::Polled { done, of });
    let mut waiting = in_turns(waiting).into_iter();
    let mut polls = JoinSet::new();
    let most = app.config.fetch.limits.concurrency * BEGUN_PER_SLOT;
    loop {
        for (settings, known) in waiting.by_ref().take(most.saturating_sub(polls.len())) {
            polls.spawn(poll(app.clone(), settings.clone(), known, now));
        }
        let Some(first) = polls.join_next().await else { break };
        // Whatever has come in meanwhile shares the transaction.
        let mut batch = vec![first];
        batch.extend(std::iter::from_fn(|| polls.try_join_next()));
        let batch = batch.into_iter().collect::<Result<Vec<_>, _>>().map_err(|_| Error::Interrupted)?;
        done += batch.len();
        app.progress.at(Step::Polled { done, of });
        let interval = Duration::from_std(app.config.fetch.interval).unwrap_or(pace::LONGEST);
        polled.extend(
            app.db
                .call(move |store| {
                    batch.into_iter().map(|a| a.store(store, interval, now)).collect::<Result<Vec<_>, _>>()
                })
                .await?,
        );
    }
    retry_soon(app, &polled, now).await?;
    let feeds = app.config.feeds.iter().zip(0..);
    let places: HashMap<&str, usize> =
        feeds.map(|(settings, place)| (settings.feed.id.as_str(), place)).collect();
    polled.sort_by_key(|p| places.get(p.feed.as_str()).copied());
    Ok(Collected { feeds: polled })
}

/// Polls that are begun for each that can be under way: those that wait for their host's turn keep nobody.
const BEGUN_PER_SLOT: usize = 8;

/// Feeds so that hosts take turns: those of one, which are asked one after the other, do not stand in the way of
/// all behind them.
fn in_turns(feeds: Vec<(&FeedSettings, FeedRow)>) -> Vec<(&FeedSettings, FeedRow)> {
    let mut turns: HashMap<String, usize> = HashMap::new();
    let mut turn = |settings: &FeedSettings| {
        let host = match &settings.feed.source {
            Source::Web(url) => url.host_str().unwrap_or_default().to_owned(),
            _ => return 0,
        };
        let turn = turns.entry(host).or_default();
        *turn += 1;
        *turn
    };
    let mut feeds: Vec<_> = feeds.into_iter().map(|feed| (turn(feed.0), feed)).collect();
    feeds.sort_by_key(|(turn, _)| *turn);
    feeds.into_iter().map(|(_, feed)| feed).collect()
}

/// When nobody answered at all, it is our own network that is away: nobody's next poll waits
/// long for it.
async fn retry_soon(app: &App, polled: &[Polled], now: DateTime<Utc>) -> Result<(), Error> {
    let interval = Duration::from_std(app.config.fetch.interval).unwrap_or(pace::LONGEST);
    let retry = |p: &Polled| Some((p.feed.clone(), pace::after_unreachable(now, interval, p.unreachable?)));
    let tried = polled.iter().filter(|p| !matches!(p.outcome, Outcome::Held { .. }));
    let Some(retries) = tried.map(retry).collect::<Option<Vec<_>>>() else { return Ok(()) };
    let lately = now - Duration::minutes(10);
    Ok(app.db.call(move |store| store.repoll(&retries, lately)).await?)
}

/// Undoes what a clock that was ahead has noted. A trial by `--now` says nothing about the clock.
pub(super) async fn correct_clock(app: &App, clock: &Clock) -> Result<(), Error> {
    if clock.is_argument() {
        return Ok(());
    }
    let now = clock.now();
    if app.db.call(move |store| store.correct_future_times(now)).await? {
        tracing::warn!("the clock of this machine was ahead once; nothing waits for the times it noted then");
    }
    Ok(())
}

/// Makes digests and feeds known to each other before anything arrives, and looks up what
/// is known of each feed.
async fn begin(app: &App, now: DateTime<Utc>) -> Result<Vec<Option<FeedRow>>, Error> {
    let digests: Vec<(String, Vec<String>)> = all_digests(app)
        .await?
        .iter()
        .map(|d| (d.id.clone(), app.config.feeds_of(d).map(|f| f.feed.id.clone()).collect()))
        .collect();
    let feeds: Vec<_> =
        app.config.feeds.iter().map(|f| (f.feed.id.clone(), f.feed.source.to_string())).collect();
    let known = app.db.call(move |store| {
        for (digest, feeds) in &digests {
            store.join(digest, feeds, now)?;
        }
        feeds.iter().map(|(id, source)| store.feed(id, source)).collect()
    });
    Ok(known.await?)
}

/// Takes in what a document would have brought, had a feed been polled then.
pub(super) async fn take_in(
    app: &App,
    feed: &str,
    parsed: ParsedFeed,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let known = begin(app, now).await?;
    let feeds = app.config.feeds.iter().zip(known);
    let Some((settings, known)) = feeds.into_iter().find(|(settings, _)| settings.feed.id == feed) else {
        return Ok(());
    };
    let arrival = Arrival {
        feed: settings.feed.clone(),
        known: known.unwrap_or_default(),
        result: Fetch::Entries(Box::new(parsed), None, Validators::default()),
        meta: ResponseMeta::default(),
        _slot: None,
    };
    let interval = Duration::from_std(app.config.fetch.interval).unwrap_or(pace::LONGEST);
    app.db.call(move |store| arrival.store(store, interval, now)).await?;
    Ok(())
}

/// What a poll brought, on its way to the store.
struct Arrival {
    feed: Feed,
    known: FeedRow,
    result: Fetch,
    meta: ResponseMeta,
    /// Held until it is stored: what has been read must not pile up either.
    _slot: Option<OwnedSemaphorePermit>,
}

enum Fetch {
    Nothing,
    Entries(Box<ParsedFeed>, Option<PackedEntries>, Validators),
    Failure(String),
    Unreachable(String),
    /// The server asks to be left alone, for so long if it says.
    Throttled(u16, Option<std::time::Duration>),
    Gone,
}

async fn poll(app: App, settings: FeedSettings, row: FeedRow, now: DateTime<Utc>) -> Arrival {
    let FeedSettings { feed, request, .. } = settings;
    let known = Validators {
        etag: row.etag.clone(),
        last_modified: row.last_modified.clone(),
        body_hash: row.body_hash.clone(),
    };
    let Answer { fetched, meta, slot: fetch_slot } = match request.resolve(&feed.source).await {
        Ok(request) => app.fetcher.fetch(&address(&feed, &row), &known, &request, now).await,
        Err(why) => Answer::failed(why),
    };
    let slot = Arc::clone(&app.parse_slots).acquire_owned().await.ok();
    drop(fetch_slot);
    let is_first = row.polled.is_none();
    let result = match fetched {
        Fetched::Unchanged => Fetch::Nothing,
        Fetched::Changed { body, validators } => {
            match off_thread(move || read_to_keep(&body, is_first)).await {
                Ok(Ok((parsed, packed))) => Fetch::Entries(Box::new(parsed), packed, validators),
                Ok(Err(why)) => Fetch::Failure(why),
                Err(e) => Fetch::Failure(e.to_string()),
            }
        }
        Fetched::Throttled(status, wait) => Fetch::Throttled(status, wait),
        Fetched::Gone => Fetch::Gone,
        Fetched::Failed(why) => Fetch::Failure(why),
        Fetched::Unreachable(why) => Fetch::Unreachable(why),
    };
    Arrival { feed, known: row, result, meta, _slot: slot }
}

/// The address a feed is asked at: where it has moved to, once that is confirmed.
fn address(feed: &Feed, known: &FeedRow) -> Source {
    let moved = known.moved_to.as_deref().filter(|_| known.moved_polls >= pace::CONFIRMED_AFTER);
    match (&feed.source, moved.and_then(|m| m.parse().ok())) {
        (Source::Web(_), Some(moved)) => Source::Web(moved),
        (source, _) => source.clone(),
    }
}

/// A document as it is kept; of a feed that is read for the first time, with its entries packed.
fn read_to_keep(body: &Body, is_first: bool) -> Result<(ParsedFeed, Option<PackedEntries>), String> {
    let mut parsed = read(body)?;
    // An entry without a word or a link is nobody's news.
    parsed
        .entries
        .retain(|e| e.title.is_some() || e.link.is_some() || e.summary.is_some() || e.content.is_some());
    let packed = is_first.then(|| PackedEntries::of(&parsed.entries));
    Ok((parsed, packed))
}

pub(super) fn read(body: &Body) -> Result<ParsedFeed, String> {
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
        let mut hints =
            PollHints { ttl: self.known.ttl, skip_hours: self.known.skip_hours, max_age: self.meta.max_age };
        let failures = self.known.failures + 1;
        // A feed that fails where it moved to is asked at its old address again.
        let mut next = Next::default();
        let (outcome, poll) = match self.result {
            Fetch::Nothing => {
                next.poll = pace::after_success(now, interval, &hints);
                next.moved = moved(&self.known, &self.meta);
                (Outcome::Unchanged, Poll::Unchanged)
            }
            Fetch::Entries(parsed, packed, validators) => {
                hints.ttl = parsed.ttl;
                hints.skip_hours = parsed.skip_hours;
                next.poll = pace::after_success(now, interval, &hints);
                next.moved = moved(&self.known, &self.meta);
                let document = recognise(store, &self.feed.id, &parsed.entries)?;
                let new = store.keep(&self.feed.id, &parsed.entries, packed, &document, now)?;
                let validators = if parsed.is_cut { Validators::default() } else { validators };
                let poll = Poll::Changed {
                    title: parsed.title,
                    language: parsed.language,
                    etag: validators.etag,
                    last_modified: validators.last_modified,
                    body_hash: validators.body_hash,
                    ttl: parsed.ttl,
                    skip_hours: parsed.skip_hours,
                };
                (Outcome::Read { new }, poll)
            }
            Fetch::Throttled(status, asked) => {
                let until = pace::after_throttling(now, interval, asked);
                next = Next { poll: until, hold_until: Some(until), moved: kept_move(&self.known) };
                let until = until.format("%Y-%m-%d %H:%M UTC");
                failed(format!(
                    "the server asks to be left alone for a while ({status}); it is, until {until}"
                ))
            }
            Fetch::Gone => {
                let until = now + pace::GONE;
                next = Next { poll: until, hold_until: Some(until), moved: None };
                failed("the server says that this feed is gone for good (410); remove it, or find its new address".into())
            }
            Fetch::Failure(why) => {
                next.poll = pace::after_failure(now, interval, failures, jitter());
                failed(why)
            }
            Fetch::Unreachable(why) => {
                next.poll = pace::after_failure(now, interval, failures, jitter());
                (Outcome::Failed { why: why.clone() }, Poll::Unreachable(why))
            }
        };
        store.polled(&self.feed.id, &source, now, &next, &poll)?;
        let unreachable = matches!(poll, Poll::Unreachable(_)).then_some(failures);
        Ok(Polled { feed: self.feed.id, outcome, unreachable })
    }
}

/// The ledger of one feed.
struct FeedLedger<'a> {
    store: &'a Store,
    feed: &'a str,
}

impl Ledger for FeedLedger<'_> {
    type Error = crate::store::Error;

    fn first_seen(&self, key: EntryKey) -> Result<Option<i64>, Self::Error> {
        self.store.first_seen(self.feed, key)
    }

    fn has_mark(&self, mark: Mark) -> Result<bool, Self::Error> {
        self.store.has_mark(self.feed, mark)
    }

    fn kept(&self, key: EntryKey) -> Result<Option<Kept>, Self::Error> {
        Ok(self.store.kept_entry(self.feed, key)?.map(|(title, link)| Kept { title, link }))
    }
}

/// Finds out which entries of a document are new.
fn recognise(
    store: &Store,
    feed: &str,
    entries: &[Entry],
) -> Result<RecognisedDocument, crate::store::Error> {
    let mut unmarked_since = None;
    if let Some((kept, read)) = store.unmarked(feed)? {
        for stored in kept {
            store.mark_seen(feed, &identity::marks_of(&stored.entry))?;
        }
        unmarked_since = Some(read);
    }
    let document = identity::recognise(entries, &FeedLedger { store, feed }, unmarked_since)?;
    for warning in &document.warnings {
        tracing::warn!(feed, "{warning}; each is told apart by what else it has");
    }
    Ok(document)
}

fn failed(why: String) -> (Outcome, Poll) {
    (Outcome::Failed { why: why.clone() }, Poll::Failed(why))
}

fn kept_move(known: &FeedRow) -> Option<(String, u32)> {
    known.moved_to.clone().map(|to| (to, known.moved_polls))
}

/// Where the feed has moved to, after this poll.
fn moved(known: &FeedRow, meta: &ResponseMeta) -> Option<(String, u32)> {
    match (&meta.moved_to, kept_move(known)) {
        (Some(to), Some((before, polls))) if before == to.as_str() => Some((before, polls.saturating_add(1))),
        (Some(to), _) => Some((to.to_string(), 1)),
        // It was asked at its new address, which does not redirect.
        (None, Some((to, polls))) if polls >= pace::CONFIRMED_AFTER => Some((to, polls)),
        (None, _) => None,
    }
}
