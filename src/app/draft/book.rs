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
use crate::epub::{self, BookFile};
use crate::fetch::{Body, FeedRequest, Fetched, Validators};
use crate::model::{Book, Edition, Images, Source};
use crate::picture;
use crate::render::Imprint;
use crate::render::book::{self, BookPicture};

/// All its pictures together, bytes: so a mail with the book in base64 stays below 20 MB, which is the least
/// that the mail addresses of e-readers take.
const MOST_BYTES: usize = 12_000_000;

/// What has not come by then is left out: an edition is on time.
const PATIENCE: Duration = Duration::from_secs(60);
const PATIENCE_EACH: Duration = Duration::from_secs(10);
/// Pictures fetched and unpacked at once.
const AT_ONCE: usize = 8;

/// Binds an edition, whole. `identifier` makes it this book and no other.
pub(super) async fn bind(
    app: &App,
    edition: Edition,
    imprint: Imprint,
    identifier: String,
    now: DateTime<Utc>,
) -> Result<Book, Error> {
    let addresses =
        if edition.images == Images::None { Vec::new() } else { book::picture_addresses(&edition) };
    let pictures = fetch_all(app, addresses, now).await?;
    let bound = off_thread(move || {
        let pages = book::bind(&edition, &imprint, &identifier, &pictures);
        let files: Vec<BookFile> =
            pages.files.into_iter().map(|(path, bytes)| BookFile { path, bytes }).collect();
        epub::container(&files).map(|bytes| Book { name: pages.name, bytes, text: pages.text })
    });
    bound.await?.map_err(|e| Error::Setup(format!("cannot put the edition into a book: {e}")))
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
    let mut room = MOST_BYTES;
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
