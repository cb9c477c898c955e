//! What each feed of a digest has for an edition: read from the store in one look, and the
//! entries chosen afterwards, off the store's thread.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};

use super::select::{self, PassedOver};
use crate::app::{App, Error, off_thread};
use crate::article::{self, FeedBoilerplate, Filter, Rules};
use crate::config::Digest;
use crate::model::{Article, Entry, EntryKey, Feed, Images};
use crate::store::{Stored, Waiting};

/// So many of a feed's entries show what it puts around each of them.
const SAMPLE: u32 = 12;

/// A week may have an hour more; what the week before carried is not carried again.
const A_WEEK: Duration = Duration::days(8);

/// One feed's share of a draft.
pub(in crate::app) struct Share {
    pub(in crate::app) feed: Feed,
    /// Entries that the edition shows.
    pub(in crate::app) chosen: Vec<Stored>,
    /// Entries that it passes over for good.
    pub(super) passed_over: Vec<(Stored, PassedOver)>,
    /// Those of the chosen that found no room in an earlier edition.
    pub(super) waiting: HashMap<EntryKey, Waiting>,
    /// What was carried, and has changed since.
    pub(in crate::app) returned: Vec<Stored>,
    /// What the document said of itself.
    title: Option<String>,
    language: Option<String>,
    /// The feed's latest entries.
    sample: Vec<Entry>,
}

/// The number of the digest's next edition.
pub(super) async fn next_number(app: &App, digest: &Digest) -> Result<i64, Error> {
    let id = digest.id.clone();
    Ok(app.db.call(move |store| store.next_number(&id)).await?)
}

/// The feeds of a digest, and what each leaves out.
pub(super) fn feeds(app: &App, digest: &Digest) -> Vec<(Feed, Filter)> {
    app.config.feeds_of(digest).map(|settings| (settings.feed.clone(), settings.filter.clone())).collect()
}

/// What each of these feeds has for the digest's next edition.
pub(super) async fn shares(
    app: &App,
    digest: &Digest,
    feeds: Vec<(Feed, Filter)>,
    due: DateTime<Utc>,
) -> Result<Vec<Share>, Error> {
    let (id, week_of) = (digest.id.clone(), digest.week_of.clone());
    let read = app.db.call(move |store| {
        let mut read = Vec::new();
        for (feed, filter) in feeds {
            let row = store.feed(&feed.id, &feed.source.to_string())?.unwrap_or_default();
            let joined = store.joined(&id, &feed.id)?;
            let (entries, returned) = match &week_of {
                // What the editions of the week showed was chosen by them.
                Some(base) => (store.shown_since(base, &id, &feed.id, due - A_WEEK)?, Vec::new()),
                None => (store.uncarried(&id, &feed.id)?, store.returned(&id, &feed.id)?),
            };
            let sample = if entries.is_empty() && returned.is_empty() {
                Vec::new()
            } else {
                store.latest(&feed.id, SAMPLE)?
            };
            let share = Share {
                title: row.title,
                language: row.language,
                sample: sample.into_iter().map(|s| s.entry).collect(),
                chosen: entries,
                passed_over: Vec::new(),
                waiting: store.waiting(&id, &feed.id)?,
                returned,
                feed,
            };
            read.push((share, filter, joined));
        }
        Ok::<_, crate::store::Error>(read)
    });
    let read = read.await?;
    // Filters read whole articles: not while the store is held.
    let is_chosen = digest.week_of.is_some();
    let chosen = off_thread(move || {
        if is_chosen {
            return read.into_iter().map(|(share, ..)| share).collect();
        }
        let choose = |(mut share, filter, joined): (Share, Filter, Option<DateTime<Utc>>)| {
            (share.chosen, share.passed_over) =
                select::choose(share.chosen, &share.waiting, &share.feed, &filter, joined, due);
            share.passed_over.iter_mut().for_each(|(stored, _)| forget_text(stored));
            share
        };
        read.into_iter().map(choose).collect()
    });
    chosen.await
}

/// From then on only its key is asked for.
fn forget_text(stored: &mut Stored) {
    stored.entry = Entry::of(stored.entry.key);
}

impl Share {
    /// Its articles have been read.
    pub(super) fn forget_texts(&mut self) {
        self.sample = Vec::new();
        self.chosen.iter_mut().chain(&mut self.returned).for_each(forget_text);
    }

    /// The new articles, and those that were carried and have changed.
    pub(super) fn articles(&self, images: Images) -> (Vec<Article>, Vec<Article>) {
        if self.chosen.is_empty() && self.returned.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let boilerplate = FeedBoilerplate::of(&self.sample, Rules::of(&self.feed));
        let (title, language) = (self.title.as_deref(), self.language.as_deref());
        let read = |s: &Stored| {
            article::read(&s.entry, &self.feed, title, language, &boilerplate, images, s.first_seen)
        };
        (self.chosen.iter().map(read).collect(), self.returned.iter().map(read).collect())
    }
}
