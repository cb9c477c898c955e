//! The daemon: at every beat it polls the feeds whose time has come, publishes the editions
//! that are due, and sends what is to be sent. Nothing is remembered between two beats but
//! what the database knows.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::collect::{Which, collect};
use super::dispatch::{When, dispatch};
use super::publish::{Outcome, publish};
use super::{App, Clock, Error};
use crate::config::Digest;
use crate::schedule::heartbeat::Heartbeat;
use crate::schedule::{Due, due};
use crate::web;

/// What is left for the mail in hand after a request to stop.
const FAREWELL: Duration = Duration::from_secs(4);

/// Works until `stop` is raised.
///
/// # Errors
/// When the heartbeat cannot be started. What fails at one beat is logged, and tried
/// again at the next.
pub async fn serve(app: &App, clock: Clock, stop: watch::Receiver<bool>) -> Result<(), Error> {
    let heartbeat =
        Heartbeat::start().await.map_err(|e| Error::Setup(format!("cannot start the heartbeat: {e}")))?;
    for digest in &app.config.digests {
        if let Some(next) = digest.schedule.next(digest.zone, clock.now()) {
            tracing::info!(digest = digest.id, next = %next.with_timezone(&digest.zone).to_rfc3339(), "waiting");
        }
    }
    let pages = match app.config.web {
        Some(address) => Some(open_pages(app, address, stop.clone()).await?),
        None => None,
    };
    let stopped = async |mut stop: watch::Receiver<bool>| {
        // An error means that nobody is left to raise it.
        let _ = stop.wait_for(|raised| *raised).await;
    };
    while !*stop.borrow() {
        tokio::select! {
            () = stopped(stop.clone()) => break,
            () = heartbeat.tick() => {}
        }
        // Collecting and publishing leave nothing half done when they are dropped.
        let published = tokio::select! {
            () = stopped(stop.clone()) => break,
            published = gather(app, clock) => published,
        };
        if let Err(e) = published {
            tracing::error!("{e}");
        }
        let late = async {
            stopped(stop.clone()).await;
            tokio::time::sleep(FAREWELL).await;
        };
        tokio::select! {
            () = late => tracing::warn!("stopped in the middle of a mail; it is sent again at the next start"),
            sent = dispatch(app, When::Due, clock, &stop) => {
                if let Err(e) = sent {
                    tracing::error!("{e}");
                }
            }
        }
    }
    if let Some(pages) = pages
        && tokio::time::timeout(FAREWELL, pages).await.is_err()
    {
        tracing::debug!("a reader's connection was still open");
    }
    if let Err(e) = heartbeat.stop().await {
        tracing::debug!("the heartbeat was gone already: {e}");
    }
    tracing::info!("stopped");
    Ok(())
}

/// Opens the pages for readers.
async fn open_pages(
    app: &App,
    address: SocketAddr,
    mut stop: watch::Receiver<bool>,
) -> Result<JoinHandle<()>, Error> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|e| Error::Setup(format!("cannot listen on {address} ([web] listen): {e}")))?;
    tracing::info!(%address, "pages for readers");
    let app = app.clone();
    Ok(tokio::spawn(async move {
        let stopped = async move {
            let _ = stop.wait_for(|raised| *raised).await;
        };
        if let Err(e) = web::serve(listener, app, stopped).await {
            tracing::error!("the pages for readers are gone: {e}");
        }
    }))
}

/// Polls what is due, then publishes what is due.
async fn gather(app: &App, clock: Clock) -> Result<(), Error> {
    let now = clock.now();
    let mut due_now: Vec<(&Digest, DateTime<Utc>)> = Vec::new();
    for digest in &app.config.digests {
        if let Some(due) = is_due(app, digest, now).await? {
            due_now.push((digest, due));
        }
    }
    // An edition starts with fresh entries.
    let which = if due_now.is_empty() { Which::Due } else { Which::All };
    let collected = collect(app, which, clock).await?;
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
    for (digest, due) in due_now {
        match publish(app, digest, Some(due), clock).await {
            Ok(Outcome::Published { number, stories, left_out, recipients }) => {
                tracing::info!(digest = digest.id, number, stories, left_out, recipients, "published");
            }
            Ok(Outcome::NothingNew) => tracing::info!(digest = digest.id, "nothing new, no edition"),
            Ok(Outcome::Overtaken) => {
                tracing::info!(digest = digest.id, "another process published meanwhile");
            }
            // One digest's trouble is not the others'.
            Err(e) => tracing::error!(digest = digest.id, "cannot publish: {e}"),
        }
    }
    Ok(())
}

async fn is_due(app: &App, digest: &Digest, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Error> {
    let id = digest.id.clone();
    // A digest that was never met begins now.
    let settled = app.db.call(move |store| store.settled(&id)).await?.unwrap_or(now);
    let catch_up = chrono::Duration::from_std(digest.catch_up).unwrap_or(chrono::Duration::MAX);
    match due(&digest.schedule, digest.zone, settled, now, catch_up) {
        Due::NotYet => Ok(None),
        Due::Now(due) => Ok(Some(due)),
        Due::TooLate(missed) => {
            tracing::warn!(digest = digest.id, %missed, "missed longer ago than `catch_up`; its entries go into the next edition");
            let id = digest.id.clone();
            app.db.call(move |store| store.settle(&id, missed)).await?;
            Ok(None)
        }
    }
}
