//! The pictures of an edition, fetched and put into the mail itself, for owners whose
//! readers' mail programs show no others. One that cannot be had is left out.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use url::Url;

use crate::app::{App, Error, off_thread};
use crate::fetch::{Body, FeedRequest, Fetched, Validators};
use crate::model::{Edition, Embedded, Form, Placed, Source};
use crate::picture::{self, Slot};

/// All pictures of a mail together, bytes: a mail beyond a megabyte is a burden.
const MOST_BYTES: usize = 600_000;

/// Pictures fetched and unpacked at once: each may be as large as a feed.
const AT_ONCE: usize = 4;

/// Fetches the pictures that the edition shows beside its stories, and has it refer to
/// those in the mail, which are returned. `domain` is the sender's, for their Content-IDs.
pub(super) async fn embed(
    app: &App,
    edition: &mut Edition,
    domain: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Embedded>, Error> {
    let mut fetches = JoinSet::new();
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    for (i, placed) in edition.stories().enumerate() {
        let shown = placed.form != Form::Title;
        let url =
            placed.story.lead.image.as_ref().filter(|_| shown).and_then(|image| Url::parse(&image.url).ok());
        if let Some(url) = url {
            let (app, slot) = (app.clone(), if i == 0 { Slot::Lead } else { Slot::Thumb });
            let slots = Arc::clone(&slots);
            fetches.spawn(async move {
                let _slot = slots.acquire().await.map_err(|_| Error::Interrupted)?;
                fetch(&app, url, slot, now).await.map(|bytes| (i, bytes))
            });
        }
    }
    let mut fetched: HashMap<usize, Vec<u8>> = HashMap::new();
    while let Some(picture) = fetches.join_next().await {
        let (i, bytes) = picture.map_err(|_| Error::Interrupted)??;
        fetched.extend(bytes.map(|bytes| (i, bytes)));
    }
    let mut room = MOST_BYTES;
    let mut pictures: Vec<Embedded> = Vec::new();
    let placed: Vec<&mut Placed> = edition.sections.iter_mut().flat_map(|s| &mut s.stories).collect();
    for (i, placed) in placed.into_iter().enumerate() {
        let bytes = fetched.remove(&i).filter(|bytes| bytes.len() <= room);
        let lead = &mut placed.story.lead;
        let (Some(image), Some(bytes)) = (&mut lead.image, bytes) else {
            lead.image = None;
            continue;
        };
        let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
        let id = format!("{}@{domain}", hash.chars().take(16).collect::<String>());
        image.url = format!("cid:{id}");
        if pictures.iter().all(|known| known.id != id) {
            room -= bytes.len();
            pictures.push(Embedded { id, bytes });
        }
    }
    Ok(pictures)
}

/// Has the stories of a whole edition show the pictures that its mail carries, and no others: who
/// reads it asks no publisher for anything.
pub(super) fn show_alike(whole: &mut Edition, mail: &Edition) {
    let named = |placed: &Placed| (placed.story.lead.feed.clone(), placed.story.lead.key);
    let mut images: HashMap<_, _> =
        mail.stories().map(|placed| (named(placed), placed.story.lead.image.clone())).collect();
    for placed in whole.sections.iter_mut().flat_map(|section| &mut section.stories) {
        placed.story.lead.image = images.remove(&named(placed)).flatten();
    }
}

/// The bytes of a `data:` address (RFC 2397).
fn written_out(url: &Url) -> Option<Vec<u8>> {
    let (_, base64) = url.path().split_once(";base64,")?;
    let plain: String =
        base64.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/')).collect();
    data_encoding::BASE64_NOPAD.decode(plain.as_bytes()).ok()
}

async fn fetch(app: &App, url: Url, slot: Slot, now: DateTime<Utc>) -> Result<Option<Vec<u8>>, Error> {
    if url.scheme() == "data" {
        return off_thread(move || picture::fit(&written_out(&url)?, slot)).await;
    }
    let answer = app
        .fetcher
        .fetch(&Source::Web(url.clone()), &Validators::default(), &FeedRequest::default(), now)
        .await;
    let why = match answer.fetched {
        Fetched::Changed { body: Body::Feed { bytes, .. }, .. } => {
            match off_thread(move || picture::fit(&bytes, slot)).await? {
                Some(picture) => return Ok(Some(picture)),
                None => "it is no picture that can be shown".into(),
            }
        }
        Fetched::Failed(why) | Fetched::Unreachable(why) => why,
        _ => "the server does not give it".into(),
    };
    tracing::info!(picture = %url, "left out: {why}");
    Ok(None)
}
