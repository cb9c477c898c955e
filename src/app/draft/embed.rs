//! The pictures of an edition, fetched and put into the mail itself, for owners whose
//! readers' mail programs show no others. One that cannot be had is left out.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::app::{App, Error, off_thread};
use crate::fetch::{Body, FeedRequest, Fetched, Validators};
use crate::model::{Edition, Embedded, Image, PictureShape, Placed, Source};
use crate::picture::{self, Fitted};
use crate::render;

/// All pictures of a mail together, bytes: a larger mail is a burden. Small ones give way first.
const MOST_BYTES: usize = 400_000;

/// What has not come by then is left out: an edition is on time. One that hangs does not keep the
/// others for long.
const PATIENCE: Duration = Duration::from_secs(60);
const PATIENCE_EACH: Duration = Duration::from_secs(10);

/// A story that shows a picture, and how.
struct Wanted {
    story: usize,
    shapes: &'static [PictureShape],
    /// How wide its page shows it, pixels.
    shown: Option<u32>,
}

/// Pictures fetched and unpacked at once: each may be as large as a feed.
const AT_ONCE: usize = 16;

/// Fetches the pictures that the edition shows beside its stories, and has it refer to
/// those in the mail, which are returned. `domain` is the sender's, for their Content-IDs.
pub(super) async fn embed(
    app: &App,
    edition: &mut Edition,
    domain: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Embedded>, Error> {
    // One that several stories show is asked for once.
    let mut wanted: Vec<(Url, Vec<Wanted>)> = Vec::new();
    for (story, (placed, shapes)) in edition.stories().zip(render::picture_shapes(edition)).enumerate() {
        let Some(image) = placed.story.lead.image.as_ref().filter(|_| !shapes.is_empty()) else { continue };
        if let Ok(url) = Url::parse(&image.url) {
            let story = Wanted { story, shapes, shown: image.width };
            match wanted.iter_mut().find(|(known, _)| *known == url) {
                Some((_, stories)) => stories.push(story),
                None => wanted.push((url, vec![story])),
            }
        }
    }
    let mut fetches = JoinSet::new();
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    for (url, wanted) in wanted {
        let (app, slots) = (app.clone(), Arc::clone(&slots));
        fetches.spawn(async move {
            let _slot = slots.acquire().await.map_err(|_| Error::Interrupted)?;
            fetch(&app, url, wanted, now).await
        });
    }
    let mut fetched: Vec<(PictureShape, usize, Fitted)> = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    while let Ok(Some(picture)) = timeout_at(deadline, fetches.join_next()).await {
        fetched.extend(picture.map_err(|_| Error::Interrupted)??);
    }
    if !fetches.is_empty() {
        tracing::info!(pictures = fetches.len(), "left out: they did not come in {} s", PATIENCE.as_secs());
    }
    fetched.sort_by_key(|(shape, i, _)| (*shape, *i));
    let mut room = MOST_BYTES;
    let mut kept: HashMap<usize, (String, u32)> = HashMap::new();
    let mut pictures: Vec<Embedded> = Vec::new();
    for (_, i, Fitted { bytes, width }) in fetched {
        let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
        let id = format!("{}@{domain}", hash.chars().take(16).collect::<String>());
        if pictures.iter().all(|known| known.id != id) {
            if bytes.len() > room {
                continue;
            }
            room -= bytes.len();
            pictures.push(Embedded { id: id.clone(), bytes });
        }
        kept.insert(i, (format!("cid:{id}"), width));
    }
    for (i, placed) in edition.sections.iter_mut().flat_map(|s| &mut s.stories).enumerate() {
        let lead = &mut placed.story.lead;
        lead.image = lead.image.take().zip(kept.remove(&i)).map(|(image, (url, width))| Image {
            url,
            width: Some(width.max(image.width.unwrap_or(0))),
            ..image
        });
    }
    Ok(pictures)
}

/// Has the stories of a whole edition show the pictures that its mail carries, and no others: who
/// reads it asks no publisher for anything.
pub(super) fn show_alike(whole: &mut Edition, mail: &Edition) {
    let named = |placed: &Placed| (placed.story.lead.feed.clone(), placed.story.lead.key);
    let mut images: HashMap<_, _> =
        mail.stories().map(|placed| (named(placed), placed.story.lead.image.clone())).collect();
    // Each page holds its pictures itself: one that many stories show would make it huge.
    let mut shown = HashSet::new();
    for placed in whole.sections.iter_mut().flat_map(|section| &mut section.stories) {
        let image = images.remove(&named(placed)).flatten();
        placed.story.lead.image = image.filter(|image| shown.insert(image.url.clone()));
    }
}

/// The bytes of a `data:` address (RFC 2397).
fn written_out(url: &Url) -> Option<Vec<u8>> {
    let (_, base64) = url.path().split_once(";base64,")?;
    let plain: String =
        base64.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/')).collect();
    data_encoding::BASE64_NOPAD.decode(plain.as_bytes()).ok()
}

/// The picture for each story that wants it, in the first of its shapes that it is large enough for.
async fn fetch(
    app: &App,
    url: Url,
    wanted: Vec<Wanted>,
    now: DateTime<Utc>,
) -> Result<Vec<(PictureShape, usize, Fitted)>, Error> {
    // What an author puts into the text itself is as large as the page shows it.
    let is_inside = url.scheme() == "data";
    let fit = move |bytes: &[u8]| {
        let of_story = |wanted: &Wanted| {
            let shown = wanted.shown.filter(|_| is_inside);
            let fitted =
                |shape: &PictureShape| Some((*shape, wanted.story, picture::fit(bytes, *shape, shown)?));
            wanted.shapes.iter().find_map(fitted)
        };
        wanted.iter().filter_map(of_story).collect::<Vec<_>>()
    };
    if is_inside {
        return off_thread(move || written_out(&url).map(|bytes| fit(&bytes)).unwrap_or_default()).await;
    }
    let request = FeedRequest { timeout: Some(PATIENCE_EACH), ..FeedRequest::default() };
    let answer = app.fetcher.fetch(&Source::Web(url.clone()), &Validators::default(), &request, now).await;
    let why = match answer.fetched {
        Fetched::Changed { body: Body::Feed { bytes, .. }, .. } => {
            let fitted = off_thread(move || fit(&bytes)).await?;
            if !fitted.is_empty() {
                return Ok(fitted);
            }
            "it is no picture that can be shown here".into()
        }
        Fetched::Failed(why) | Fetched::Unreachable(why) => why,
        _ => "the server does not give it".into(),
    };
    tracing::info!(picture = %url, "left out: {why}");
    Ok(Vec::new())
}
