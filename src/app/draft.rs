//! The edition that a digest would have now: entries chosen, read, told apart and laid out.
//! Nothing is settled by it, so that it can be looked at as often as anyone likes.

use std::collections::HashSet;

use chrono::{DateTime, Duration, Utc};

use super::{App, Clock, Error, off_thread, pages, pictures};
use crate::article::{self, Filter, Habits, Rules};
use crate::compose::{self, Candidate, Frame};
use crate::config::{Digest, Order};
use crate::deliver::message;
use crate::model::{Article, Edition, Entry, EntryKey, Feed, Frozen, Images, Marks, Story, Why};
use crate::render;
use crate::render::Imprint;
use crate::store::{Carried, Place, Stored, ToldRow};
use crate::story::{self, Signature, Signed, Telling, Told};

/// So many of a feed's entries show what it puts around each of them.
const SAMPLE: u32 = 12;

/// An edition that comes out so long after it was due says so.
const LATE: Duration = Duration::minutes(30);

/// An edition as it would be published.
pub struct Draft {
    pub edition: Edition,
    pub frozen: Frozen,
    /// By which its page in the web is found.
    pub(super) token: String,
    /// What is not shown since it was told before, and why that is known.
    pub known: Vec<(String, EntryKey, Why)>,
    pub(super) carried: Vec<Carried>,
    pub(super) told: Vec<ToldRow>,
}

impl Draft {
    /// Whether there is nothing in it for a reader.
    pub fn is_empty(&self) -> bool {
        self.edition.is_empty()
    }

    /// Of what would be settled, that which only repeats what was told.
    pub(super) fn copies(self) -> (Vec<Carried>, Vec<ToldRow>) {
        let is_known = |feed: &str, key: EntryKey| self.known.iter().any(|(f, k, _)| f == feed && *k == key);
        let carried = self.carried.into_iter().filter(|c| is_known(&c.feed, c.key)).collect();
        let told = self.told.into_iter().filter(|t| is_known(&t.feed, t.key)).collect();
        (carried, told)
    }
}

/// One feed's share of a draft.
pub(super) struct Share {
    pub(super) feed: Feed,
    pub(super) chosen: Vec<Stored>,
    title: Option<String>,
    language: Option<String>,
    sample: Vec<Entry>,
    passed_over: Vec<Stored>,
    /// What was told, and has changed since.
    pub(super) returned: Vec<Stored>,
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
    clock: &Clock,
) -> Result<Option<Draft>, Error> {
    let (number, mut shares) = shares(app, digest, due).await?;
    pages::fetch(app, &mut shares, clock.now()).await?;
    let late = Some(clock.now()).filter(|now| *now - due > LATE);
    let images = digest.images;
    let (shares, new, returned) = off_thread(move || {
        let read = |of: fn(&Share) -> &[Stored]| -> Vec<Signed> {
            shares.iter().flat_map(|share| articles(share, of(share), images)).map(Signed::new).collect()
        };
        let (new, returned) = (read(|share| &share.chosen), read(|share| &share.returned));
        (shares, new, returned)
    })
    .await?;
    let told = recall(app, digest, &new, &returned, due).await?;
    let token = message::random().map_err(Error::Setup)?;
    let imprint = Imprint {
        web_edition: app.config.web_edition(&token),
        theme: app.config.theme.clone(),
        sender: app.config.mail.from.clone(),
        unsubscribe: app.config.unsubscribe(&digest.id),
    };
    let laid_out = off_thread({
        let (digest, imprint) = (digest.clone(), imprint.clone());
        move || {
            let signed: Vec<Signed> = new.iter().chain(&returned).cloned().collect();
            let telling = story::tell_apart(new, returned, &told, digest.updates);
            if telling.stories.is_empty() && telling.known.is_empty() && !digest.send_empty {
                return None;
            }
            let known = telling.known.clone();
            let edition = lay_out(&digest, &imprint, number, (due, late), &shares, telling);
            let carried = carried(&shares, &edition, &known);
            Some((edition, carried, signed.iter().map(self::told).collect(), known))
        }
    });
    let Some((mut edition, carried, told, known)) = laid_out.await? else { return Ok(None) };
    if digest.images == Images::Embed {
        pictures::embed(app, &mut edition, app.config.mail.from.address.domain(), clock.now()).await?;
    }
    let subject = digest.subject.clone();
    let draft = off_thread(move || {
        let frozen = render::render(&edition, &subject, &imprint);
        Draft { edition, frozen, token, known, carried, told }
    });
    Ok(Some(draft.await?))
}

/// What earlier editions told that these articles may repeat.
async fn recall(
    app: &App,
    digest: &Digest,
    new: &[Signed],
    returned: &[Signed],
    due: DateTime<Utc>,
) -> Result<Vec<Told>, Error> {
    let marks: Vec<Marks> = new.iter().chain(returned).map(|signed| signed.signature.marks()).collect();
    let since = due - Duration::from_std(app.config.window).unwrap_or(Duration::MAX);
    let id = digest.id.clone();
    let rows = app.db.call(move |store| store.recall(&id, &marks, since)).await?;
    // What an older program wrote in another form cannot be compared.
    let told = rows.into_iter().filter_map(|row| {
        let signature = Signature::from_bytes(&row.signature)?;
        Some(Told { feed: row.feed, key: row.key, title: row.title, at: row.published, signature })
    });
    Ok(told.collect())
}

/// The number of the edition, and what each feed has for it.
async fn shares(app: &App, digest: &Digest, due: DateTime<Utc>) -> Result<(i64, Vec<Share>), Error> {
    let feeds: Vec<(Feed, Filter)> = digest
        .feeds
        .iter()
        .filter_map(|&i| Some((app.config.feeds.get(i)?.clone(), app.config.filters.get(i)?.clone())))
        .collect();
    let id = digest.id.clone();
    let read = app.db.call(move |store| {
        let mut read = Vec::new();
        for (feed, filter) in feeds {
            let row = store.feed(&feed.id, &feed.source.to_string())?.unwrap_or_default();
            let joined = store.joined(&id, &feed.id)?;
            let entries = store.uncarried(&id, &feed.id)?;
            let returned = store.returned(&id, &feed.id)?;
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
                returned,
                feed,
            };
            read.push((share, filter, joined));
        }
        Ok::<_, crate::store::Error>((store.next_number(&id)?, read))
    });
    let (number, read) = read.await?;
    // Filters read whole articles: not while the store is held.
    let chosen = off_thread(move || {
        let choose = |(mut share, filter, joined): (Share, Filter, Option<DateTime<Utc>>)| {
            (share.chosen, share.passed_over) = choose(share.chosen, &share.feed, &filter, joined, due);
            share
        };
        read.into_iter().map(choose).collect()
    });
    Ok((number, chosen.await?))
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
    (due, late): (DateTime<Utc>, Option<DateTime<Utc>>),
    shares: &[Share],
    telling: Telling,
) -> Edition {
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
            Order::Top => compose::Order::Top,
            Order::Feed => compose::Order::Feeds(shares.iter().map(|s| s.feed.id.as_str()).collect()),
        },
        sections,
    };
    let mut edition = compose::compose(&frame, number, due, telling.stories);
    edition.updated = telling.updated;
    edition.late = late;
    // Gmail clips by one size or the other, nobody knows which: both stay below.
    let size = |e: &Edition| {
        let html = render::html(e, imprint);
        html.len().max(message::encoded_len(&html))
    };
    compose::fit(edition, digest.max_html, size)
}

fn articles(share: &Share, entries: &[Stored], images: Images) -> Vec<Article> {
    if entries.is_empty() {
        return Vec::new();
    }
    let habits = Habits::of(&share.sample, Rules::of(&share.feed));
    let (title, language) = (share.title.as_deref(), share.language.as_deref());
    let read =
        |s: &Stored| article::read(&s.entry, &share.feed, title, language, &habits, images, s.first_seen);
    entries.iter().map(read).collect()
}

/// What an article will be known by.
fn told(signed: &Signed) -> ToldRow {
    let article = &signed.article;
    ToldRow {
        feed: article.feed.clone(),
        key: article.key,
        title: article.title.clone(),
        published: article.published,
        signature: signed.signature.to_bytes(),
        marks: signed.signature.marks(),
    }
}

/// What becomes of each entry.
fn carried(shares: &[Share], edition: &Edition, known: &[(String, EntryKey, Why)]) -> Vec<Carried> {
    let named = |a: &Article| (a.feed.clone(), a.key);
    let left_out: HashSet<_> = edition.left_out.iter().flat_map(Story::settled).map(named).collect();
    let copies = edition.stories().flat_map(|p| &p.story.merged).map(|tie| named(&tie.article));
    let updated = edition.updated.iter().map(|update| named(&update.article));
    let known = known.iter().map(|(feed, key, _)| (feed.clone(), *key));
    let merged: HashSet<_> = copies.chain(updated).chain(known).collect();
    let mut carried = Vec::new();
    for share in shares {
        let shown = share.chosen.iter().map(|s| {
            let name = (share.feed.id.clone(), s.entry.key);
            let place = match () {
                () if merged.contains(&name) => Place::Merged,
                () if left_out.contains(&name) => Place::LeftOut,
                () => Place::Shown,
            };
            (s, place)
        });
        let all = shown.chain(share.passed_over.iter().map(|s| (s, Place::PassedOver)));
        carried.extend(all.map(|(s, place)| Carried {
            feed: share.feed.id.clone(),
            key: s.entry.key,
            place,
        }));
    }
    carried
}
