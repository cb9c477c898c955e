//! The edition that a digest would have now. Nothing is settled by it, so that it can be looked
//! at as often as anyone likes.
//!
//! Its stages: [`share`] reads what each feed has and [`select`] chooses from it, [`fulltext`]
//! fetches the pages of articles whose feed gives only beginnings, articles are read and
//! grouped into stories beside what earlier editions carried, composed and rendered; [`embed`]
//! fetches the pictures that travel in the mail.

mod embed;
mod fulltext;
mod select;
mod share;

use std::collections::HashSet;

use chrono::{DateTime, Duration, Utc};

use super::{App, Clock, Error, off_thread};
use crate::compose::{self, EditionSettings, Material};
use crate::config::{Digest, Order};
use crate::deliver::message;
use crate::model::{Edition, EntryKey, Frozen, Images, LookupKeys, Why};
use crate::render::{self, Imprint};
use crate::store::{Carried, StoryMemoryRow};
use crate::story::{self, Fingerprint, Fingerprinted, Grouped, PastArticle};
use share::Share;

/// An edition that comes out so long after it was due says so.
const LATE: Duration = Duration::minutes(30);

/// An article that is not shown, since an edition carried it before, and why that is known.
pub type Repeat = (String, EntryKey, Why);

/// An edition as it would be published.
pub struct Draft {
    pub edition: Edition,
    pub frozen: Frozen,
    /// By which its page in the web is found.
    pub(super) token: String,
    pub repeats: Vec<Repeat>,
    pub(super) carried: Vec<Carried>,
    /// By what its articles will be known again.
    pub(super) memories: Vec<StoryMemoryRow>,
}

impl Draft {
    /// Whether there is nothing in it for a reader.
    pub fn is_empty(&self) -> bool {
        self.edition.is_empty()
    }

    /// Of what would be settled, that which only repeats what was carried before.
    pub(super) fn into_repeats(self) -> (Vec<Carried>, Vec<StoryMemoryRow>) {
        let is_repeat =
            |feed: &str, key: EntryKey| self.repeats.iter().any(|(f, k, _)| f == feed && *k == key);
        let carried = self.carried.into_iter().filter(|c| is_repeat(&c.feed, c.key)).collect();
        let memories = self.memories.into_iter().filter(|m| is_repeat(&m.feed, m.key)).collect();
        (carried, memories)
    }
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
    let (number, mut shares) = share::shares(app, digest, due).await?;
    fulltext::fetch(app, &mut shares, clock.now()).await?;
    let late = Some(clock.now()).filter(|now| *now - due > LATE);
    let (shares, articles) = read(shares, digest.images).await?;
    let past = past_articles(app, digest, &articles, due).await?;
    let memories = articles.memories();
    let (grouped, shares) = group(articles, past, shares, digest).await?;
    if grouped.stories.is_empty() && grouped.repeats.is_empty() && !digest.send_empty {
        return Ok(None);
    }
    let token = message::random().map_err(Error::Setup)?;
    let imprint = Imprint {
        web_edition: app.config.web_edition(&token),
        theme: app.config.theme.clone(),
        sender: app.config.mail.from.clone(),
        unsubscribe: app.config.unsubscribe(&digest.id),
    };
    let repeats = grouped.repeats.clone();
    let (mut edition, shares) = compose(grouped, shares, digest, &imprint, number, due, late).await?;
    let carried = select::carried(&shares, &edition, &repeats);
    let pictures = if digest.images == Images::Embed {
        embed::embed(app, &mut edition, app.config.mail.from.address.domain(), clock.now()).await?
    } else {
        Vec::new()
    };
    let subject = digest.subject.clone();
    let rendered = off_thread(move || {
        let frozen = render::render(&edition, &subject, &imprint, pictures);
        (edition, frozen)
    });
    let (edition, frozen) = rendered.await?;
    Ok(Some(Draft { edition, frozen, token, repeats, carried, memories }))
}

/// The articles of a draft, with what they are known by.
struct Articles {
    new: Vec<Fingerprinted>,
    /// Carried before under the same key, and changed since.
    returned: Vec<Fingerprinted>,
}

impl Articles {
    fn all(&self) -> impl Iterator<Item = &Fingerprinted> {
        self.new.iter().chain(&self.returned)
    }

    fn memories(&self) -> Vec<StoryMemoryRow> {
        let memory = |fingerprinted: &Fingerprinted| {
            let article = &fingerprinted.article;
            StoryMemoryRow {
                feed: article.feed.clone(),
                key: article.key,
                title: article.title.clone(),
                published: article.published,
                fingerprint: fingerprinted.fingerprint.to_bytes(),
                keys: fingerprinted.fingerprint.lookup_keys(),
            }
        };
        self.all().map(memory).collect()
    }
}

/// Makes articles of entries.
async fn read(shares: Vec<Share>, images: Images) -> Result<(Vec<Share>, Articles), Error> {
    off_thread(move || {
        let mut articles = Articles { new: Vec::new(), returned: Vec::new() };
        for share in &shares {
            let (new, returned) = share.articles(images);
            articles.new.extend(new.into_iter().map(Fingerprinted::new));
            articles.returned.extend(returned.into_iter().map(Fingerprinted::new));
        }
        (shares, articles)
    })
    .await
}

/// What earlier editions carried that these articles may repeat.
async fn past_articles(
    app: &App,
    digest: &Digest,
    articles: &Articles,
    due: DateTime<Utc>,
) -> Result<Vec<PastArticle>, Error> {
    let keys: Vec<LookupKeys> = articles.all().map(|article| article.fingerprint.lookup_keys()).collect();
    let since = due - Duration::from_std(app.config.window).unwrap_or(Duration::MAX);
    let id = digest.id.clone();
    let rows = app.db.call(move |store| store.find_stories(&id, &keys, since)).await?;
    // What another version of the program wrote in another form cannot be compared.
    let past = rows.into_iter().filter_map(|row| {
        let fingerprint = Fingerprint::from_bytes(&row.fingerprint)?;
        Some(PastArticle { feed: row.feed, key: row.key, title: row.title, at: row.published, fingerprint })
    });
    Ok(past.collect())
}

/// Makes stories of articles.
async fn group(
    articles: Articles,
    past: Vec<PastArticle>,
    shares: Vec<Share>,
    digest: &Digest,
) -> Result<(Grouped, Vec<Share>), Error> {
    let updates = digest.updates;
    off_thread(move || (story::group_articles(articles.new, articles.returned, &past, updates), shares)).await
}

/// Composes the edition, as much of it as its mail has room for.
async fn compose(
    grouped: Grouped,
    shares: Vec<Share>,
    digest: &Digest,
    imprint: &Imprint,
    number: i64,
    due: DateTime<Utc>,
    late: Option<DateTime<Utc>>,
) -> Result<(Edition, Vec<Share>), Error> {
    let (digest, imprint) = (digest.clone(), imprint.clone());
    off_thread(move || {
        let mut seen = HashSet::new();
        let sections: Vec<&str> =
            shares.iter().filter_map(|s| s.feed.section.as_deref()).filter(|s| seen.insert(*s)).collect();
        let settings = EditionSettings {
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
        let material = Material { stories: grouped.stories, updated: grouped.updated, late };
        let edition = compose::compose(&settings, number, due, material);
        // Gmail clips by one size or the other, nobody knows which: both stay below.
        let size = |e: &Edition| {
            let html = render::html(e, &imprint);
            html.len().max(message::encoded_len(&html))
        };
        let edition = compose::fit(edition, digest.max_html, size);
        (edition, shares)
    })
    .await
}
