//! The daemon: once a minute it polls the feeds whose time has come, publishes the editions
//! that are due, and sends what is to be sent. Nothing is remembered from one minute to the next but
//! what the database knows, so that restarts, sleeps of the machine and clocks that jump
//! are minutes like others.
//!
//! Sending goes on beside that: a list of thousands at so many mails a minute takes
//! hours, and the next edition must not wait for them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Timelike, Utc};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::alerts::{alert, ping};
use super::archive::keep_archive;
use super::collect::{Which, collect, correct_clock};
use super::dispatch::{FAREWELL, When, dispatch};
use super::draft::{draft, lay_out};
use super::editor::{self, Eagerness, Stopped};
use super::letters::send_letters;
use super::pages::Pages;
use super::publish::{Outcome, publish};
use super::readers::Stamps;
use super::retention::{pack_older, prune};
use super::search_index::index_older;
use super::weekly::all_digests;
use super::{App, Clock, Error, off_thread};
use crate::config::{Config, Digest, Web};
use crate::model::Images;
use crate::schedule::heartbeat::Heartbeat;
use crate::schedule::{Due, due};
use crate::store::{self, FileId, Lock, Reader, Store};
use crate::{process, systemd, web};

/// For reading the configuration again.
const REREADING: Duration = Duration::from_secs(10);
/// An edition's feeds are polled so long before it is due, and its pictures fetched.
const LEAD: chrono::Duration = chrono::Duration::minutes(5);
/// The editor writes for one digest so long at a time.
const WRITING: Duration = Duration::from_secs(600);
/// So long an edition that has something to show waits for its feeds; one that has nothing, for as
/// long as it is made up for.
const WAIT_FOR_FEEDS: chrono::Duration = chrono::Duration::hours(1);

/// What a running daemon is told by signals.
#[derive(Debug, Clone)]
pub struct Signals {
    /// Raised to end it.
    pub stop: watch::Receiver<bool>,
    /// Changes when the configuration is to be read again.
    pub reload: watch::Receiver<u64>,
}

/// Works until told to stop. `reread` reads the configuration again.
///
/// # Errors
/// When another daemon is at work on this database, or the heartbeat or the pages cannot be
/// started. What fails in one minute is logged, and tried again in the next.
pub async fn serve(
    app: App,
    clock: &Clock,
    mut signals: Signals,
    reread: impl Fn() -> Result<Config, String> + Clone + Send + 'static,
) -> Result<(), Error> {
    // `tidings status` may be looking whether anybody is at work.
    let mut only = Lock::try_take(&app.config.database, "run.lock")?;
    if only.is_none() {
        tokio::time::sleep(Duration::from_millis(200)).await;
        only = Lock::try_take(&app.config.database, "run.lock")?;
    }
    let Some(_only) = only else {
        return Err(Error::Setup(format!(
            "another `tidings run` is at work on {}; stop it, or give this one a `database` of its own",
            app.config.database.display()
        )));
    };
    let opened = FileId::of(&app.config.database)
        .ok_or_else(|| store::Error::Gone { path: app.config.database.clone() })?;
    let heartbeat =
        Heartbeat::start().await.map_err(|e| Error::Setup(format!("cannot start the heartbeat: {e}")))?;
    let (current, apps) = watch::channel(app);
    announce(&current.borrow(), clock);
    let web = current.borrow().config.web;
    let pages = match web {
        Some(web) => Some(open_pages(apps.clone(), web, clock, signals.stop.clone()).await?),
        None => None,
    };
    systemd::is_ready();
    let watchdog = systemd::watch(move || {
        let last_alive = apps.borrow().last_alive();
        // A round of polls may take its time; longer than this, nothing moves any more.
        Utc::now() - last_alive < chrono::Duration::minutes(15)
    });
    let mut failure = None;
    let (mut sending, mut maintaining): (Option<JoinHandle<()>>, Option<JoinHandle<()>>) = (None, None);
    let (mut writing, mut is_unwritten): (Option<JoinHandle<bool>>, bool) = (None, true);
    // What a configuration asks for is seen to at once.
    let mut is_changed = true;
    while !*signals.stop.borrow() {
        let is_reload = tokio::select! {
            () = raised(signals.stop.clone()) => break,
            () = heartbeat.tick() => false,
            // An error means that nobody is left to ask for it.
            changed = signals.reload.changed() => changed.is_ok(),
        };
        is_changed |= is_reload;
        if is_reload {
            // What the owner no longer wants is not gone on with.
            if let Some(writing) = writing.take() {
                writing.abort();
            }
            is_unwritten = true;
            tokio::select! {
                () = raised(signals.stop.clone()) => break,
                () = reload(&current, reread.clone(), clock) => {}
            }
        }
        let app = current.borrow().clone();
        app.mark_alive();
        if let Some(lost) = lost_database(&app, opened).await {
            failure = Some(lost);
            break;
        }
        // Collecting and publishing leave nothing half done when they are dropped.
        let gathered = tokio::select! {
            () = raised(signals.stop.clone()) => break,
            gathered = gather(&app, clock) => gathered,
        };
        match gathered {
            Ok(gathered) => is_unwritten |= gathered.has_news || gathered.is_due_soon,
            Err(e) => tracing::error!("{e}"),
        }
        if let Some(written) = writing.take_if(|writing| writing.is_finished()) {
            // One that was interrupted is begun again.
            is_unwritten |= !written.await.unwrap_or(false);
        }
        let has_work =
            app.config.editor.is_some() || app.config.feeds.iter().any(|feed| feed.command.is_some());
        if has_work && is_unwritten && writing.is_none() {
            is_unwritten = false;
            let (app, clock) = (app.clone(), clock.clone());
            writing = Some(tokio::spawn(async move { write_ahead(&app, &clock).await }));
        }
        if sending.as_ref().is_none_or(JoinHandle::is_finished) {
            let (app, clock, stop) = (app.clone(), clock.clone(), signals.stop.clone());
            sending = Some(tokio::spawn(async move {
                if let Err(e) = dispatch(&app, When::Due, &clock, &stop).await {
                    tracing::error!("{e}");
                }
            }));
        }
        // Nothing of that is a matter of minutes, and looking at thousands of feeds costs.
        let is_time = is_changed || clock.now().minute().is_multiple_of(5);
        if is_time && maintaining.as_ref().is_none_or(JoinHandle::is_finished) {
            is_changed = false;
            let clock = clock.clone();
            maintaining = Some(tokio::spawn(async move {
                let done = [
                    alert(&app, &clock).await,
                    prune(&app, &clock).await,
                    index_older(&app).await,
                    pack_older(&app).await,
                ];
                for done in done {
                    if let Err(e) = done {
                        tracing::error!("{e}");
                    }
                }
            }));
        }
    }
    systemd::is_stopping();
    if let Some(sending) = sending
        && tokio::time::timeout(FAREWELL, sending).await.is_err()
    {
        tracing::warn!("stopped in the middle of a mail, whose end is unknown");
    }
    if let Some(pages) = pages
        && tokio::time::timeout(Duration::from_millis(500), pages).await.is_err()
    {
        tracing::debug!("a reader's connection was still open");
    }
    if let Some(writing) = writing {
        writing.abort();
    }
    watchdog.abort();
    if let Err(e) = heartbeat.stop().await {
        tracing::debug!("the heartbeat was gone already: {e}");
    }
    tracing::info!("stopped");
    failure.map_or(Ok(()), Err)
}

/// What has become of the database since it was opened, if there is nothing left to work with.
async fn lost_database(app: &App, opened: FileId) -> Option<Error> {
    let path = app.config.database.clone();
    match off_thread(move || Store::check(&path, opened)).await {
        Ok(Err(e)) if e.is_loss() => Some(Error::Store(e)),
        _ => None,
    }
}

async fn raised(mut stop: watch::Receiver<bool>) {
    // An error means that nobody is left to raise it.
    let _ = stop.wait_for(|raised| *raised).await;
}

fn announce(app: &App, clock: &Clock) {
    for digest in &app.config.digests {
        if let Some(next) = digest.schedule.next(digest.zone, clock.now()) {
            tracing::info!(digest = digest.id, next = %next.with_timezone(&digest.zone).to_rfc3339(), "waiting");
        }
    }
}

/// Takes over a new configuration, or keeps the old one and says why.
async fn reload(
    current: &watch::Sender<App>,
    reread: impl Fn() -> Result<Config, String> + Send + 'static,
    clock: &Clock,
) {
    systemd::is_reloading();
    let app = current.borrow().clone();
    // Its files may have become pipes, or lie where nobody answers.
    let renewed = tokio::task::spawn_blocking(move || reread().and_then(|config| app.with(config)));
    let renewed = match tokio::time::timeout(REREADING, renewed).await {
        Ok(Ok(renewed)) => renewed,
        Ok(Err(_)) => Err("reading it was interrupted".into()),
        Err(_) => Err(format!("cannot read it within {} s", REREADING.as_secs())),
    };
    match renewed {
        Ok(app) => {
            tracing::info!("read the configuration again");
            announce(&app, clock);
            current.send_replace(app);
        }
        Err(why) => tracing::error!("the configuration stays as it was: {why}"),
    }
    systemd::is_ready();
}

/// Opens the pages for readers. They have a thread of their own, which gives way to the mails.
async fn open_pages(
    apps: watch::Receiver<App>,
    web: Web,
    clock: &Clock,
    stop: watch::Receiver<bool>,
) -> Result<JoinHandle<()>, Error> {
    let [reader, searcher] = {
        let database = apps.borrow().config.database.clone();
        [Reader::new(Store::look_at(&database)?), Reader::new(Store::look_at(&database)?)]
    };
    let letters = Arc::new(Notify::new());
    let pages = Pages {
        apps: apps.clone(),
        reader,
        searcher,
        letters: Arc::clone(&letters),
        stamps: Stamps::default(),
    };
    tokio::spawn(send_letters_until(apps, letters, clock.clone(), stop.clone()));
    let listener = listen(web.listen, "listen").await?;
    if let Some(address) = web.internal {
        let internal =
            web::serve_internal(listen(address, "internal").await?, pages.clone(), raised(stop.clone()));
        tokio::spawn(internal);
    }
    tracing::info!(address = %web.listen, "pages for readers");
    let watched_here = web.internal.is_none() && web.listen.ip().is_loopback();
    let listener = listener.into_std().map_err(|e| Error::Setup(format!("cannot serve pages: {e}")))?;
    let (done, closed) = tokio::sync::oneshot::channel::<()>();
    let serve = move || {
        process::lower_priority();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(8).build();
        let served = runtime.and_then(|runtime| {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener)?;
                web::serve(listener, pages, watched_here, raised(stop)).await;
                Ok(())
            })
        });
        if let Err(e) = served {
            tracing::error!("cannot serve pages: {e}");
        }
        drop(done);
    };
    std::thread::Builder::new()
        .name("pages".into())
        .spawn(serve)
        .map_err(|e| Error::Setup(format!("cannot begin a thread for the pages: {e}")))?;
    Ok(tokio::spawn(async move {
        // An error: it is dropped when all is served.
        let _ = closed.await;
    }))
}

/// Sends mails to readers as they are written, and those that wait each minute.
async fn send_letters_until(
    apps: watch::Receiver<App>,
    letters: Arc<Notify>,
    clock: Clock,
    stop: watch::Receiver<bool>,
) {
    loop {
        let app = apps.borrow().clone();
        if let Err(e) = send_letters(&app, &clock).await {
            tracing::error!("cannot write to a reader: {e}");
        }
        tokio::select! {
            () = letters.notified() => {}
            () = tokio::time::sleep(Duration::from_secs(60)) => {}
            () = raised(stop.clone()) => return,
        }
    }
}

async fn listen(address: SocketAddr, key: &str) -> Result<TcpListener, Error> {
    TcpListener::bind(address)
        .await
        .map_err(|e| Error::Setup(format!("cannot listen on {address} ([web] {key}): {e}")))
}

/// What a minute brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gathered {
    /// Whether entries arrived that were never met before.
    pub has_news: bool,
    /// Whether an edition comes out in the next minutes.
    pub is_due_soon: bool,
}

/// Has filters and the editor do ahead what the next editions need, those that come out first at first. Says
/// whether that is all.
async fn write_ahead(app: &App, clock: &Clock) -> bool {
    let digests = match all_digests(app).await {
        Ok(digests) => digests,
        Err(e) => {
            tracing::error!("{e}");
            return false;
        }
    };
    let next = |digest: Digest| Some((digest.schedule.next(digest.zone, clock.now())?, digest));
    let mut due: Vec<(DateTime<Utc>, Digest)> = digests.into_iter().filter_map(next).collect();
    due.sort_by_key(|(due, _)| *due);
    // In the last minutes before an edition, only that one is written: they begin with its last poll.
    let soonest = due.first().map(|(due, _)| *due - LEAD);
    let mut is_all = true;
    for (due, digest) in due {
        let now = clock.now();
        let is_soon = due - now <= LEAD;
        let until = if is_soon { Some(due) } else { soonest };
        let left = until.and_then(|until| (until - now).to_std().ok()).unwrap_or_default();
        if left.is_zero() {
            is_all = false;
            continue;
        }
        let eagerness = Eagerness { patience: left.min(WRITING), briefing: is_soon, is_wanted_now: false };
        if digest.editor.is_none() {
            // The filters of its feeds are run by that.
            if let Err(e) = lay_out(app, &digest, due, clock).await {
                tracing::error!(digest = digest.id, "cannot filter: {e}");
            }
            continue;
        }
        match editor::write(app, &digest, due, eagerness, clock).await {
            Ok(written) => {
                if written.requests > 0 {
                    tracing::info!(
                        digest = digest.id,
                        requests = written.requests,
                        tokens = written.tokens,
                        unusable = written.unusable,
                        "the editor has written"
                    );
                }
                is_all &= matches!(written.stopped, None | Some(Stopped::Budget));
            }
            Err(e) => {
                tracing::error!(digest = digest.id, "the editor cannot work: {e}");
                is_all = false;
            }
        }
    }
    is_all
}

/// Polls what is due, then publishes what is due.
///
/// # Errors
/// When the store fails.
pub async fn gather(app: &App, clock: &Clock) -> Result<Gathered, Error> {
    correct_clock(app, clock).await?;
    let now = clock.now();
    let (mut due_now, mut due_soon): (Vec<(&Digest, DateTime<Utc>)>, Vec<_>) = (Vec::new(), Vec::new());
    let mut fresh = HashMap::new();
    let digests = all_digests(app).await?;
    for digest in &digests {
        let due = is_due(app, digest, now).await?;
        due_now.extend(due.map(|due| (digest, due)));
        let soon = digest.schedule.next(digest.zone, now).filter(|next| *next - now <= LEAD);
        due_soon.extend(soon.filter(|_| due.is_none()).map(|soon| (digest, soon)));
        if due.is_some() || soon.is_some() {
            // A minute more than the lead: at the due time, that poll still counts.
            let since = now - LEAD - chrono::Duration::minutes(1);
            fresh.extend(app.config.feeds_of(digest).map(|settings| (settings.feed.id.clone(), since)));
        }
    }
    let retry = chrono::Duration::from_std(app.config.fetch.interval).unwrap_or(chrono::Duration::MAX);
    let collected = collect(app, Which::Paced { at_most: pace(app), fresh, retry }, clock).await?;
    if !collected.feeds.is_empty() {
        tracing::info!(
            feeds = collected.feeds.len(),
            new_entries = collected.new_entries(),
            failed = collected.failed().count(),
            "collected"
        );
    }
    for (feed, why) in collected.failed() {
        tracing::warn!(feed, "feed failed: {why}");
    }
    // An edition is not late for it.
    if due_now.is_empty() && !collected.feeds.is_empty() {
        keep_archive(app).await;
    }
    let mut waiting: Vec<&str> = Vec::new();
    for (digest, due) in due_now {
        // The edition of a week takes in that of its last day.
        if digest.week_of.as_deref().is_some_and(|base| waiting.contains(&base)) {
            continue;
        }
        if digest.week_of.is_none() && waits_for_feeds(app, digest, due, now).await? {
            waiting.push(&digest.id);
            // Said when they were tried, not every minute.
            if app.config.feeds_of(digest).any(|settings| collected.includes(&settings.feed.id)) {
                tracing::warn!(
                    digest = digest.id,
                    "none of its feeds could be read; the edition waits for them"
                );
            }
            continue;
        }
        // What was to be done ahead of an edition was, if this program was there.
        let hurried = app.in_a_hurry();
        let app = if now - due < LEAD { &hurried } else { app };
        match publish(app, digest, Some(due), clock).await {
            Ok(Outcome::Published { number, extent, passed_over, recipients, .. }) => {
                tracing::info!(
                    digest = digest.id,
                    number,
                    stories = extent.stories,
                    shortened = extent.shortened,
                    left_out = extent.left_out,
                    passed_over,
                    recipients,
                    "published"
                );
            }
            Ok(Outcome::NothingNew) => tracing::info!(digest = digest.id, "nothing new, no edition"),
            Ok(Outcome::Overtaken) => {
                tracing::info!(digest = digest.id, "another process published meanwhile");
                continue;
            }
            // One digest's trouble is not the others'.
            Err(e) => {
                tracing::error!(digest = digest.id, "cannot publish: {e}");
                continue;
            }
        }
        ping(app, digest, clock).await;
    }
    app.pictures.forget(now - LEAD * 2);
    let gathered = Gathered { has_news: collected.new_entries() > 0, is_due_soon: !due_soon.is_empty() };
    for (digest, due) in due_soon {
        let is_carried =
            digest.images == Images::Embed || (app.config.is_public() && digest.images != Images::None);
        if is_carried && app.pictures.begin(&digest.id, due) {
            // A trial of what is to come, for the pictures that it asks for.
            if let Err(e) = draft(&app.in_a_hurry(), digest, due, clock).await {
                // Said again when it is due, if it is still so.
                tracing::debug!(digest = digest.id, "cannot fetch its pictures beforehand: {e}");
            }
        }
    }
    Ok(gathered)
}

/// How many feeds to poll in one minute, so that all have their turn well within the interval
/// and few at the same time.
fn pace(app: &App) -> usize {
    let minutes = usize::try_from(app.config.fetch.interval.as_secs() / 60).unwrap_or(usize::MAX).max(1);
    (app.config.feeds.len() * 3).div_ceil(minutes * 2).max(1)
}

/// Whether an edition that is due waits, since none of its feeds could be read: a machine often
/// wakes before its network, and servers have bad hours. What came before is not held back for long.
async fn waits_for_feeds(
    app: &App,
    digest: &Digest,
    due: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let feeds: Vec<(String, String)> = app
        .config
        .feeds_of(digest)
        .map(|settings| (settings.feed.id.clone(), settings.feed.source.to_string()))
        .collect();
    let id = digest.id.clone();
    let end = due + chrono::Duration::from_std(digest.catch_up).unwrap_or(chrono::Duration::MAX);
    let waits = app.db.call(move |store| {
        let mut waits = false;
        for (feed, source) in &feeds {
            let row = store.feed(feed, source)?.unwrap_or_default();
            if row.error.is_none() {
                return Ok(false);
            }
            // What its server keeps us from until then comes too late.
            waits |= row.hold_until.is_none_or(|until| until <= end);
        }
        if !waits || now - due < WAIT_FOR_FEEDS {
            return Ok(waits);
        }
        for (feed, _) in &feeds {
            if !store.uncarried(&id, feed)?.is_empty() {
                return Ok(false);
            }
        }
        Ok::<_, store::Error>(true)
    });
    Ok(waits.await?)
}

pub(super) async fn is_due(
    app: &App,
    digest: &Digest,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, Error> {
    let id = digest.id.clone();
    // A digest that was never met begins now.
    let settled = app.db.call(move |store| store.settled(&id)).await?.unwrap_or(now);
    let catch_up = chrono::Duration::from_std(digest.catch_up).unwrap_or(chrono::Duration::MAX);
    let (due, skipped) = match due(&digest.schedule, digest.zone, settled, now, catch_up) {
        Due::NotYet => return Ok(None),
        Due::Now(due) => (Some(due), digest.schedule.missed(digest.zone, settled, due).saturating_sub(1)),
        Due::TooLate(missed) => {
            let id = digest.id.clone();
            app.db.call(move |store| store.settle(&id, missed)).await?;
            (None, digest.schedule.missed(digest.zone, settled, missed))
        }
    };
    if skipped > 0 {
        tracing::warn!(
            digest = digest.id,
            skipped,
            "editions were missed and are not made up for; what is new since goes into the next one"
        );
    }
    Ok(due)
}
