//! The edition that a digest would have now: entries chosen, read, told apart and laid out.
//! Nothing is settled by it, so that it can be looked at as often as anyone likes.

use std::collections::HashSet;

use chrono::{DateTime, Duration, Utc};

use super::{App, Clock, Error, off_thread, pages};
use crate::article::{self, Filter, Habits, Rules};
use crate::compose::{self, Candidate, Frame};
use crate::config::{Digest, Order};
use crate::deliver::message;
use crate::model::{Article, Edition, Entry, Feed, Frozen};
use crate::render::Imprint;
use crate::store::{Carried, Place, Stored};
use crate::{render, story};

/// So many of a feed's entries show what it puts around each of them.
const SAMPLE: u32 = 12;

/// An edition as it would be published.
pub struct Draft {
    pub edition: Edition,
    pub frozen: Frozen,
    pub(super) carried: Vec<Carried>,
}

/// One feed's share of a draft.
pub(super) struct Share {
    pub(super) feed: Feed,
    pub(super) chosen: Vec<Stored>,
    title: Option<String>,
    language: Option<String>,
    sample: Vec<Entry>,
    passed_over: Vec<Stored>,
}

/// Makes the edition that the digest would have now. None when nothing is new, unless the
/// digest is to be sent even so.
///
/// # Errors
/// When the store fails.
pub async fn draft(
    app: &App,
    digest: &Digest,
    due: DateTime<Utc>,
    clock: Clock,
) -> Result<Option<Draft>, Error> {
    let (number, mut shares) = shares(app, digest, due).await?;
    pages::fetch(app, &mut shares, clock.now()).await?;
    let imprint =
        Imprint { sender: app.config.mail.from.clone(), unsubscribe: app.config.unsubscribe(&digest.id) };
    let digest = digest.clone();
    off_thread(move || lay_out(&digest, &imprint, number, due, &shares)).await
}

/// The number of the edition, and what each feed has for it.
async fn shares(app: &App, digest: &Digest, due: DateTime<Utc>) -> Result<(i64, Vec<Share>), Error> {
    let feeds: Vec<(Feed, Filter)> = digest
        .feeds
        .iter()
        .filter_map(|&i| Some((app.config.feeds.get(i)?.clone(), app.config.filters.get(i)?.clone())))
        .collect();
    let id = digest.id.clone();
    let shares = app.db.call(move |store| {
        let mut shares = Vec::new();
        for (feed, filter) in feeds {
            let row = store.feed(&feed.id, &feed.source.to_string())?.unwrap_or_default();
            let joined = store.joined(&id, &feed.id)?;
            let entries = store.uncarried(&id, &feed.id)?;
            let sample = if entries.is_empty() { Vec::new() } else { store.latest(&feed.id, SAMPLE)? };
            let (chosen, passed_over) = choose(entries, &feed, &filter, joined, due);
            shares.push(Share {
                title: row.title,
                language: row.language,
                sample: sample.into_iter().map(|s| s.entry).collect(),
                chosen,
                passed_over,
                feed,
            });
        }
        Ok::<_, crate::store::Error>((store.next_number(&id)?, shares))
    });
    Ok(shares.await?)
}

/// Splits a feed's entries into those an edition shows and those it passes over for good.
/// `joined` is since when the digest knows the feed.
fn choose(
    entries: Vec<Stored>,
    feed: &Feed,
    filter: &Filter,
    joined: Option<DateTime<Utc>>,
    due: DateTime<Utc>,
) -> (Vec<Stored>, Vec<Stored>) {
    let oldest = feed.max_age.and_then(|age| due.checked_sub_signed(Duration::from_std(age).ok()?));
    let wanted = |s: &Stored| {
        let published = s.entry.published.unwrap_or(s.first_seen);
        oldest.is_none_or(|oldest| published >= oldest) && filter.admits(&s.entry)
    };
    let (wanted, mut passed_over): (Vec<_>, Vec<_>) = entries.into_iter().partition(wanted);
    let candidates: Vec<_> = wanted
        .iter()
        .map(|s| Candidate {
            published: s.entry.published,
            seen: s.first_seen,
            backlog: s.first_poll || joined.is_some_and(|since| s.first_seen < since),
        })
        .collect();
    let mut verdicts = compose::choose(&candidates, feed.first_run, feed.max_items).into_iter();
    let (chosen, surplus): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|_| verdicts.next() == Some(true));
    passed_over.extend(surplus);
    (chosen, passed_over)
}

fn lay_out(
    digest: &Digest,
    imprint: &Imprint,
    number: i64,
    due: DateTime<Utc>,
    shares: &[Share],
) -> Option<Draft> {
    let articles: Vec<Article> = shares.iter().flat_map(|share| articles(share, digest)).collect();
    if articles.is_empty() && !digest.send_empty {
        return None;
    }
    let mut seen = HashSet::new();
    let sections: Vec<&str> =
        shares.iter().filter_map(|s| s.feed.section.as_deref()).filter(|s| seen.insert(*s)).collect();
    let frame = Frame {
        digest: &digest.id,
        title: &digest.title,
        zone: digest.zone,
        language: digest.language.as_deref(),
        images: digest.images,
        order: match digest.order {
            Order::Newest => compose::Order::Newest,
            Order::Feed => compose::Order::Feeds(shares.iter().map(|s| s.feed.id.as_str()).collect()),
        },
        sections,
    };
    let edition = compose::compose(&frame, number, due, story::tell_apart(articles));
    // Gmail clips by one size or the other, nobody knows which: both stay below.
    let size = |e: &Edition| {
        let html = render::html(e, imprint);
        html.len().max(message::encoded_len(&html))
    };
    let edition = compose::fit(edition, digest.max_html, size);
    let frozen = render::render(&edition, &digest.subject, imprint);
    Some(Draft { carried: carried(shares, &edition), edition, frozen })
}

fn articles(share: &Share, digest: &Digest) -> Vec<Article> {
    let habits = Habits::of(&share.sample, Rules::of(&share.feed));
    let (title, language) = (share.title.as_deref(), share.language.as_deref());
    let read = |s: &Stored| {
        article::read(&s.entry, &share.feed, title, language, &habits, digest.images, s.first_seen)
    };
    share.chosen.iter().map(read).collect()
}

/// What becomes of each entry.
fn carried(shares: &[Share], edition: &Edition) -> Vec<Carried> {
    let left_out: HashSet<_> =
        edition.left_out.iter().flat_map(|s| s.articles()).map(|a| (a.feed.as_str(), a.key)).collect();
    let mut carried = Vec::new();
    for share in shares {
        let feed = share.feed.id.as_str();
        let place = |s: &Stored| match left_out.contains(&(feed, s.entry.key)) {
            true => Place::LeftOut,
            false => Place::Shown,
        };
        let shown = share.chosen.iter().map(|s| (s, place(s)));
        let all = shown.chain(share.passed_over.iter().map(|s| (s, Place::PassedOver)));
        carried.extend(all.map(|(s, place)| Carried { feed: feed.to_owned(), key: s.entry.key, place }));
    }
    carried
}
