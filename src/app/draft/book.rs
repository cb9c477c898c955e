//! An edition as a book for e-readers: its pictures fetched and scaled, its pages put into their container. Nobody
//! waits for a publisher's picture: one that cannot be had is left out.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::embed::written_out;
use crate::app::{App, Error, off_thread};
use crate::epub;
use crate::fetch::{Body, FeedRequest, Fetched, Validators};
use crate::model::{Book, Edition, Images, Placed, Source};
use crate::picture;
use crate::render::Imprint;
use crate::render::book::{self, BookPicture};
use crate::text::escape_html;

/// Bytes of a book: so a mail with it in base64 stays below 20 MB, which is the least that the mail addresses of
/// e-readers take.
const MOST_BYTES: usize = 14_000_000;
/// All its pictures together, if its texts leave so much room.
const MOST_OF_PICTURES: usize = 12_000_000;

/// Nothing is gained by leaving out articles that are no longer, bytes.
const SHORT: usize = 4000;

/// What has not come by then is left out: an edition is on time.
const PATIENCE: Duration = Duration::from_secs(60);
const PATIENCE_EACH: Duration = Duration::from_secs(10);
/// Pictures fetched and unpacked at once.
const AT_ONCE: usize = 8;

/// Binds an edition, whole. `identifier` makes it this book and no other.
pub(super) async fn bind(
    app: &App,
    mut edition: Edition,
    imprint: Imprint,
    identifier: String,
    now: DateTime<Utc>,
) -> Result<Book, Error> {
    let addresses =
        if edition.images == Images::None { Vec::new() } else { book::picture_addresses(&edition) };
    let mut pictures = fetch_all(app, addresses, now).await?;
    let bound = off_thread(move || {
        loop {
            let pages = book::bind(&edition, &imprint, &identifier, &pictures);
            let bytes = epub::container(&pages.files)?;
            if bytes.len() <= MOST_BYTES || !is_smaller(&mut edition, &mut pictures) {
                return Ok::<_, std::io::Error>(Book { name: pages.name, bytes, text: pages.text });
            }
        }
    });
    bound.await?.map_err(|e| Error::Setup(format!("cannot put the edition into a book: {e}")))
}

/// Makes what goes into a book smaller, first by its pictures, then by the longest of its articles, of which
/// the excerpt stays; false when nothing is left to do.
fn is_smaller(edition: &mut Edition, pictures: &mut HashMap<String, BookPicture>) -> bool {
    if !pictures.is_empty() {
        pictures.clear();
        return true;
    }
    let stories = || edition.sections.iter().flat_map(|section| &section.stories).enumerate();
    let length =
        |placed: &Placed| placed.story.articles().map(|article| article.html.len()).max().unwrap_or(0);
    let Some((longest, _)) = stories().max_by_key(|(_, placed)| length(placed)) else { return false };
    let mut all = edition.sections.iter_mut().flat_map(|section| &mut section.stories);
    let Some(placed) = all.nth(longest).filter(|placed| length(placed) > SHORT) else { return false };
    let story = Arc::make_mut(&mut placed.story);
    for article in std::iter::once(&mut story.lead).chain(story.others.iter_mut().map(|tie| &mut tie.article))
    {
        let mut excerpt = String::new();
        escape_html(&mut excerpt, &article.excerpt);
        article.html = format!("<p>{excerpt}</p>");
    }
    true
}

async fn fetch_all(
    app: &App,
    addresses: Vec<String>,
    now: DateTime<Utc>,
) -> Result<HashMap<String, BookPicture>, Error> {
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let mut fetches = JoinSet::new();
    for (place, address) in addresses.into_iter().enumerate() {
        let Ok(url) = Url::parse(&address) else { continue };
        let (app, slots) = (app.clone(), Arc::clone(&slots));
        fetches.spawn(async move {
            let _slot = slots.acquire().await.map_err(|_| Error::Interrupted)?;
            Ok::<_, Error>((place, address, fetch(&app, url, now).await?))
        });
    }
    let mut fetched = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    while let Ok(Some(picture)) = timeout_at(deadline, fetches.join_next()).await {
        if let (place, address, Some(bytes)) = picture.map_err(|_| Error::Interrupted)?? {
            fetched.push((place, address, bytes));
        }
    }
    // What stands first in the book has the first right to room.
    fetched.sort_by_key(|(place, ..)| *place);
    let mut room = MOST_OF_PICTURES;
    let mut pictures = HashMap::new();
    for (_, address, bytes) in fetched {
        if let Some(left) = room.checked_sub(bytes.len()) {
            room = left;
            let name = format!("{}.jpg", picture::name(&bytes));
            pictures.insert(address, BookPicture { name, bytes });
        }
    }
    Ok(pictures)
}

async fn fetch(app: &App, url: Url, now: DateTime<Utc>) -> Result<Option<Vec<u8>>, Error> {
    if url.scheme() == "data" {
        return off_thread(move || written_out(&url).and_then(|bytes| picture::for_page(&bytes))).await;
    }
    let request = FeedRequest { timeout: Some(PATIENCE_EACH), ..FeedRequest::default() };
    let answer = app.fetcher.fetch(&Source::Web(url.clone()), &Validators::default(), &request, now).await;
    let Fetched::Changed { body: Body::Feed { bytes, .. }, .. } = answer.fetched else {
        tracing::info!(picture = %url, "left out of the book: it could not be had");
        return Ok(None);
    };
    off_thread(move || picture::for_page(&bytes)).await
}
