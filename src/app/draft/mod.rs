//! The edition that a digest would have now. Nothing is settled by it, so that it can be looked
//! at as often as anyone likes.
//!
//! Its stages: [`share`] reads what each feed has and [`select`] chooses from it, [`fulltext`]
//! fetches the pages of articles whose feed gives only beginnings, [`filter`] has the owner's commands
//! change them; articles are read and grouped into stories beside what earlier editions carried, composed,
//! given what the [`editor`] wrote, and rendered; [`embed`] fetches the pictures that travel in the mail. What the mail has no room for is rendered as
//! pages in the web, if there are any, and otherwise waits for the next edition.

mod book;
mod embed;
mod filter;
mod fulltext;
mod select;
mod share;

use std::collections::HashSet;

use chrono::{DateTime, Duration, Utc};

use super::{App, Clock, Error, editor, off_thread, on_all_processors, weekly};
use crate::article;
use crate::compose::{self, EditionSettings, Material};
use crate::config::{Digest, Order};
use crate::deliver::{encoding, message};
use crate::model::{
    ArchivedArticle, Article, Book, Edition, EntryKey, Frozen, Images, LookupKeys, NotShown, Placed, Why,
};
use crate::render::{self, Imprint};
use crate::store::{Carried, EditionPage, IndexedArticle, StoryMemoryRow};
use crate::story::{self, Fingerprint, Fingerprinted, Grouped, PastArticle};
pub(super) use embed::Prefetched;
use select::Settled;
use share::Share;

/// An edition that comes out so long after it was due says so.
const LATE: Duration = Duration::minutes(30);

/// Feeds that are read at once.
const FEEDS_AT_ONCE: usize = 40;

/// Bytes at which Gmail clips a mail, decoded or encoded, nobody knows which. Whoever allows more
/// than that does not mind.
const CLIPPED: usize = 102_000;

/// An article that is not shown, since an edition carried it before, and why that is known.
pub type Repeat = (String, EntryKey, Why);

/// An edition as it would be published.
pub struct Draft {
    pub edition: Edition,
    pub frozen: Frozen,
    /// By which its page in the web is found.
    pub(super) token: String,
    pub repeats: Vec<Repeat>,
    pub not_shown: NotShown,
    pub(super) carried: Vec<Carried>,
    /// Entries, by their feeds, for which the mail has no room.
    pub(super) waiting: Vec<(String, EntryKey)>,
    /// Whether the web has more of it than its mail.
    pub(super) has_more_in_web: bool,
    pub(super) pages: Vec<EditionPage>,
    /// What it shows, for a public archive.
    pub(super) articles: Vec<IndexedArticle>,
    /// By what its articles will be known again.
    pub(super) memories: Vec<StoryMemoryRow>,
    /// The same for e-readers, if it was asked for.
    pub book: Option<Book>,
}

impl Draft {
    /// Whether there is nothing in it for a reader.
    pub fn is_empty(&self) -> bool {
        self.edition.is_empty()
    }

    /// Whether what its mail has no room for is read in the web.
    pub fn has_more_in_web(&self) -> bool {
        self.has_more_in_web
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

/// An edition before it is known how much of it fits into a mail.
pub(super) struct LaidOut {
    pub(super) whole: Edition,
    shares: Vec<Share>,
    repeats: Vec<Repeat>,
    memories: Vec<StoryMemoryRow>,
}

/// Lays out the edition that the digest would have now. None when nothing is new, unless the
/// digest is to be sent even so.
///
/// # Errors
/// When the store fails.
pub(super) async fn lay_out(
    app: &App,
    digest: &Digest,
    due: DateTime<Utc>,
    clock: &Clock,
) -> Result<Option<LaidOut>, Error> {
    let number = share::next_number(app, digest).await?;
    let late = Some(clock.now()).filter(|now| *now - due > LATE);
    let (mut shares, mut articles) = (Vec::new(), Articles::default());
    let filtered_until = tokio::time::Instant::now() + filter::PATIENCE;
    // A few at a time: of a feed, what is not shown is much more than what is.
    for feeds in share::feeds(app, digest).chunks(FEEDS_AT_ONCE) {
        let mut some = share::shares(app, digest, feeds.to_vec(), due).await?;
        fulltext::fetch(app, &mut some, clock.now()).await?;
        filter::run(app, &mut some, filtered_until, clock.now()).await?;
        let (some, read) = read(some, digest.images).await?;
        shares.extend(some);
        articles.new.extend(read.new);
        articles.returned.extend(read.returned);
    }
    let past = past_articles(app, digest, &articles, due).await?;
    let memories = articles.memories();
    let (grouped, shares) = group(articles, past, shares, digest).await?;
    if grouped.stories.is_empty() && grouped.repeats.is_empty() && !digest.send_empty {
        return Ok(None);
    }
    let repeats = grouped.repeats.clone();
    let (whole, shares) = compose(grouped, shares, digest, number, due, late).await?;
    Ok(Some(LaidOut { whole, shares, repeats, memories }))
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
    let Some(laid_out) = lay_out(app, digest, due, clock).await? else { return Ok(None) };
    let LaidOut { whole, shares, repeats, memories } = laid_out;
    let whole = editor::apply(app, digest, whole).await?;
    let token = message::random().map_err(Error::Setup)?;
    let imprint = Imprint {
        subject: digest.subject.clone(),
        web_edition: app.config.web_edition(&token),
        theme: app.config.theme.clone(),
        sender: app.config.mail.from.clone(),
        answers: app.config.answers().clone(),
        unsubscribe: {
            let page = app.config.own_page(encoding::READERS_TOKEN);
            page.unwrap_or_else(|| app.config.unsubscribe(digest.base_id()))
        },
    };
    let (mut whole, mut edition) = fit(whole, digest, &imprint).await?;
    let not_shown = select::not_shown(&shares);
    let in_web = imprint.web_edition.is_some();
    let Settled { carried, waiting } = select::settle(&shares, &edition, &repeats, in_web, due);
    let memories = if in_web { memories } else { known_again(memories, &edition) };
    if !in_web {
        // The others are passed over.
        let waits = |a: &Article| waiting.iter().any(|(feed, key)| *feed == a.feed && *key == a.key);
        edition.left_out.retain(|story| story.settled().any(waits));
    }
    // What waits for the next edition waits for its book too.
    let for_book = digest.as_book.then(|| if in_web { whole.clone() } else { edition.clone() });
    let pictures = if digest.images == Images::Embed {
        let domain = app.config.mail.from.address.domain();
        let pictures = embed::embed(app, &mut edition, domain, clock.now()).await?;
        embed::show_alike(&mut whole, &edition);
        pictures
    } else {
        Vec::new()
    };
    // The editions of the week have it already.
    let is_public = app.config.is_public() && digest.week_of.is_none();
    let of_pages = if is_public && matches!(digest.images, Images::First | Images::All) {
        // What everybody may read asks no publisher for anything either.
        let mut shown = edition.clone();
        let pictures =
            embed::embed(app, &mut shown, app.config.mail.from.address.domain(), clock.now()).await?;
        embed::show_alike(&mut whole, &shown);
        pictures
    } else {
        Vec::new()
    };
    let book = match for_book {
        Some(whole) => {
            let identifier = format!("{}:{}:{token}", digest.id, whole.number);
            Some(book::bind(app, whole, imprint.clone(), identifier, clock.now()).await?)
        }
        None => None,
    };
    let rendered = off_thread(move || {
        let extent = edition.extent();
        let has_more_in_web = in_web && extent.shortened + extent.left_out > 0;
        let frozen = render::render(&edition, &imprint, pictures);
        let of_story = render::paginate(&whole, &imprint, !has_more_in_web);
        // One by one, so that only one of them is there whole.
        let page = |html: String| {
            EditionPage::new(&render::with_pictures(render::with_pictures(html, &frozen.pictures), &of_pages))
        };
        let (mut pages, mut articles) = (Ok(Vec::new()), Ok(Vec::new()));
        if in_web {
            pages = render::pages(&whole, &imprint, &of_story).map(page).collect::<Result<_, _>>();
        }
        if is_public {
            articles = archived(&whole, &of_story).map(IndexedArticle::new).collect::<Result<_, _>>();
        }
        (edition, frozen, has_more_in_web, pages, articles)
    });
    let (edition, frozen, has_more_in_web, pages, articles) = rendered.await?;
    let cannot = |e: std::io::Error| Error::Setup(format!("cannot compress the pages of the edition: {e}"));
    let (pages, articles) = (pages.map_err(cannot)?, articles.map_err(cannot)?);
    Ok(Some(Draft {
        edition,
        frozen,
        token,
        repeats,
        not_shown,
        carried,
        waiting,
        has_more_in_web,
        pages,
        articles,
        memories,
        book,
    }))
}

/// The articles that the pages of an edition show, in their order; `of_story`: the page of each story.
fn archived<'a>(whole: &'a Edition, of_story: &'a [usize]) -> impl Iterator<Item = ArchivedArticle> + 'a {
    whole.stories().zip(of_story).enumerate().flat_map(|(i, (placed, page))| {
        let place = u32::try_from(*page).ok().zip(u32::try_from(i + 1).ok());
        placed.story.articles().map(move |article| ArchivedArticle {
            place,
            outlet: article.outlet.clone(),
            title: article.title.clone(),
            link: article.link.clone(),
            language: article.language_of_title().map(str::to_owned),
            published: article.published,
            text: searched(article),
        })
    })
}

/// What an article is found by, besides its title: what its feed calls it, where that is translated.
fn searched(article: &Article) -> String {
    let original = article.by_machine.as_ref().and_then(|by| by.original_title.as_deref());
    original.map_or_else(|| article.text.clone(), |original| format!("{}\n\n{original}", article.text))
}

/// Without what no reader was shown: when that comes again, under whatever key, it is new.
fn known_again(mut memories: Vec<StoryMemoryRow>, edition: &Edition) -> Vec<StoryMemoryRow> {
    let left_out =
        edition.left_out.iter().flat_map(|story| story.settled()).map(|a| (a.feed.as_str(), a.key));
    let left_out: HashSet<_> = left_out.collect();
    memories.retain(|memory| !left_out.contains(&(memory.feed.as_str(), memory.key)));
    memories
}

/// The articles of a draft, with what they are known by.
#[derive(Default)]
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
        let read = on_all_processors(shares, |mut share: Share| {
            let (new, returned) = share.articles(images);
            share.forget_texts();
            let known = |articles: Vec<Article>| articles.into_iter().map(Fingerprinted::new).collect();
            (share, Articles { new: known(new), returned: known(returned) })
        });
        let (mut shares, mut articles) = (Vec::new(), Articles::default());
        for (share, read) in read {
            shares.push(share);
            articles.new.extend(read.new);
            articles.returned.extend(read.returned);
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

/// Composes the edition, whole.
async fn compose(
    grouped: Grouped,
    shares: Vec<Share>,
    digest: &Digest,
    number: i64,
    due: DateTime<Utc>,
    late: Option<DateTime<Utc>>,
) -> Result<(Edition, Vec<Share>), Error> {
    let digest = digest.clone();
    off_thread(move || {
        let mut seen = HashSet::new();
        let sections: Vec<&str> =
            shares.iter().filter_map(|s| s.feed.section.as_deref()).filter(|s| seen.insert(*s)).collect();
        let settings = EditionSettings {
            digest: &digest.id,
            title: &digest.title,
            zone: digest.zone,
            language: digest.language.as_deref(),
            language_among: article::language_among,
            feeds: shares.iter().map(|s| s.feed.id.as_str()).collect(),
            images: digest.images,
            order: match digest.order {
                Order::Newest => compose::Order::Newest,
                Order::Top => compose::Order::Top,
                Order::Feed => compose::Order::Feeds,
            },
            sections,
        };
        let waiting =
            shares.iter().flat_map(|share| share.waiting.keys().map(|key| (share.feed.id.clone(), *key)));
        let material =
            Material { stories: grouped.stories, updated: grouped.updated, waiting: waiting.collect(), late };
        let mut whole = compose::compose(&settings, number, due, material);
        if digest.week_of.is_some() {
            compose::keep_top(&mut whole, weekly::STORIES);
        }
        (whole, shares)
    })
    .await
}

/// The edition whole, and as much of it as its mail has room for.
async fn fit(whole: Edition, digest: &Digest, imprint: &Imprint) -> Result<(Edition, Edition), Error> {
    let (max_html, imprint) = (digest.max_html, imprint.clone());
    off_thread(move || {
        let fits = |edition: &Edition| {
            let html = render::html(edition, &imprint);
            let is_clipped = || max_html <= CLIPPED && encoding::encoded_len(&html) >= CLIPPED;
            // Each line ends in two characters once it is sent.
            let length = html.len() + html.matches('\n').count() + encoding::MOST_BLANKS;
            length <= max_html && !is_clipped()
        };
        let weigh = |placed: &Placed| render::weigh(&whole, &imprint, placed);
        let edition = compose::fit(whole.clone(), max_html, weigh, fits);
        (whole, edition)
    })
    .await
}
