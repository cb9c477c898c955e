//! The pictures of an edition, fetched and put into the mail itself, for owners whose
//! readers' mail programs show no others. One that cannot be had is left out. The daemon fetches
//! them before the edition is due, so that it is on time.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
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

/// What was fetched for editions that are due soon; what could not be had is not asked for again.
#[derive(Default)]
pub(in crate::app) struct Prefetched(Mutex<Kept>);

type Shapes = &'static [PictureShape];

#[derive(Clone)]
struct Asked {
    at: DateTime<Utc>,
    /// None where it could not be had.
    picture: Option<(PictureShape, Fitted)>,
}

#[derive(Default)]
struct Kept {
    /// By address, and the shapes wanted.
    pictures: HashMap<(Url, Shapes), Asked>,
    /// Digests and due times of the editions that it was fetched for.
    editions: HashSet<(String, DateTime<Utc>)>,
}

impl Prefetched {
    /// Notes that an edition's pictures are fetched; false if they were before.
    pub(in crate::app) fn begin(&self, digest: &str, due: DateTime<Utc>) -> bool {
        self.kept().editions.insert((digest.to_owned(), due))
    }

    /// Forgets what was fetched before that time, for editions that have come out by now.
    pub(in crate::app) fn forget(&self, before: DateTime<Utc>) {
        let mut kept = self.kept();
        kept.pictures.retain(|_, asked| asked.at >= before);
        kept.pictures.shrink_to_fit();
        kept.editions.retain(|(_, due)| *due >= before);
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pictures for these stories, if all that they want has been asked for.
    fn all(&self, url: &Url, wanted: &[Wanted]) -> Option<Vec<(PictureShape, usize, Fitted)>> {
        let kept = self.kept();
        let known = wanted.iter().map(|wanted| {
            let picture = kept.pictures.get(&(url.clone(), wanted.shapes))?.picture.clone();
            Some(picture.map(|(shape, fitted)| (shape, wanted.story, fitted)))
        });
        known.collect::<Option<Vec<_>>>().map(|known| known.into_iter().flatten().collect())
    }

    fn keep(
        &self,
        url: &Url,
        wanted: &[Wanted],
        fetched: &[(PictureShape, usize, Fitted)],
        now: DateTime<Utc>,
    ) {
        let mut kept = self.kept();
        for wanted in wanted {
            let picture = fetched.iter().find(|(_, story, _)| *story == wanted.story);
            let picture = picture.map(|(shape, _, fitted)| (*shape, fitted.clone()));
            kept.pictures.insert((url.clone(), wanted.shapes), Asked { at: now, picture });
        }
    }
}

/// A story that shows a picture, and how.
#[derive(Clone)]
struct Wanted {
    story: usize,
    shapes: Shapes,
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
    let mut fetched: Vec<(PictureShape, usize, Fitted)> = Vec::new();
    for (url, wanted) in wanted {
        if let Some(pictures) = app.pictures.all(&url, &wanted) {
            fetched.extend(pictures);
            continue;
        }
        let (app, slots) = (app.clone(), Arc::clone(&slots));
        fetches.spawn(async move {
            let _slot = slots.acquire().await.map_err(|_| Error::Interrupted)?;
            let fetched = fetch(&app, url.clone(), wanted.clone(), now).await?;
            if url.scheme() != "data" {
                app.pictures.keep(&url, &wanted, &fetched, now);
            }
            Ok::<_, Error>(fetched)
        });
    }
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
        let picture = Embedded { id: format!("{}@{domain}", picture::name(&bytes)), bytes };
        let is_new = pictures.iter().all(|known| known.id != picture.id);
        if is_new && picture.bytes.len() > room {
            continue;
        }
        kept.insert(i, (format!("cid:{}", picture.id), width));
        if is_new {
            room -= picture.bytes.len();
            pictures.push(picture);
        }
    }
    for (i, placed) in edition.sections.iter_mut().flat_map(|s| &mut s.stories).enumerate() {
        if placed.story.lead.image.is_none() {
            continue;
        }
        let lead = &mut Arc::make_mut(&mut placed.story).lead;
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
        let image = image.filter(|image| shown.insert(image.url.clone()));
        if placed.story.lead.image != image {
            Arc::make_mut(&mut placed.story).lead.image = image;
        }
    }
}

/// The bytes of a `data:` address (RFC 2397).
pub(super) fn written_out(url: &Url) -> Option<Vec<u8>> {
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
