//! How things are, in figures: what `/metrics` shows.

use std::collections::HashSet;

use chrono::Utc;

use super::App;
use super::status::{EditionStatus, FeedState, status_of};
use crate::store;
use crate::web::metrics::Gauge;

pub(super) async fn gauges(app: &App) -> Result<Vec<Gauge>, String> {
    let (config, last_alive) = (app.config.clone(), app.last_alive());
    let looked = app.db.call(move |store| {
        Ok::<_, store::Error>((
            status_of(&config, store, Utc::now())?,
            store.delivery_counts()?,
            store.size()?,
        ))
    });
    let (status, deliveries, size) = looked.await.map_err(|e| e.to_string())?;
    let mut feeds = Gauge::new("tidings_feeds", "feeds by how they are");
    for state in ["ok", "failing", "held", "silent", "never_polled"] {
        let count = status.feeds.iter().filter(|f| word(&f.state) == state).count();
        feeds = feeds.with(&[("state", state)], count as f64);
    }
    let mut failing =
        Gauge::new("tidings_feed_failing_since_seconds", "since when a feed has failed, Unix time");
    for feed in &status.feeds {
        if let FeedState::Failing { since, .. } = feed.state {
            failing = failing.with(&[("feed", &feed.feed)], since.timestamp() as f64);
        }
    }
    let mut mails =
        Gauge::new("tidings_deliveries", "mails that wait, are held or were lost, by how far they have come");
    for (state, count) in deliveries {
        mails = mails.with(&[("state", &state.word().replace(' ', "_"))], count as f64);
    }
    let mut arrived =
        Gauge::new("tidings_last_edition_delivered", "mails of a digest's last edition that were delivered");
    let mut last = Gauge::new("tidings_last_edition_seconds", "when a digest last appeared, Unix time");
    let mut next = Gauge::new("tidings_next_edition_seconds", "when a digest is due next, Unix time");
    for digest in &status.digests {
        if let Some(at) = digest.last_published {
            last = last.with(&[("digest", &digest.digest)], at.timestamp() as f64);
        }
        if let Some(edition) = status.editions.iter().find(|e| e.digest == digest.digest) {
            arrived = arrived.with(&[("digest", &digest.digest)], edition.delivered as f64);
        }
        if let Some(at) = digest.next {
            next = next.with(&[("digest", &digest.digest)], at.timestamp() as f64);
        }
    }
    let mut requests = Gauge::new(
        "tidings_editor_requests",
        "questions to the editor for a digest's last edition and its next",
    );
    let mut tokens = Gauge::new("tidings_editor_tokens", "tokens of a digest's last edition and its next");
    for edition in last_of_each(&status.editions) {
        let labels = [("digest", edition.digest.as_str()), ("edition", "last")];
        requests = requests.with(&labels, edition.editor_requests as f64);
        tokens = tokens.with(&labels, edition.editor_tokens as f64);
    }
    for used in status.editor.iter().flat_map(|editor| &editor.next) {
        let labels = [("digest", used.digest.as_str()), ("edition", "next")];
        requests = requests.with(&labels, used.requests as f64);
        tokens = tokens.with(&labels, used.tokens as f64);
    }
    let editor_outage = status.editor.as_ref().and_then(|editor| editor.outage.as_ref());
    let editor_outage = editor_outage.map_or(0.0, |outage| outage.since.timestamp() as f64);
    let outage = status.relay_outage.map_or(0.0, |s| s.since.timestamp() as f64);
    Ok(vec![
        Gauge::new("tidings_build_info", "the version at work")
            .with(&[("version", env!("CARGO_PKG_VERSION"))], 1.0),
        Gauge::new("tidings_last_alive_seconds", "when the daemon last did something, Unix time")
            .with(&[], last_alive.timestamp() as f64),
        feeds,
        failing,
        last,
        arrived,
        next,
        mails,
        Gauge::new(
            "tidings_relay_outage_since_seconds",
            "since when no mail leaves, Unix time; 0 if mails leave",
        )
        .with(&[], outage),
        requests,
        tokens,
        Gauge::new(
            "tidings_editor_outage_since_seconds",
            "since when the editor does not answer, Unix time; 0 if it answers",
        )
        .with(&[], editor_outage),
        Gauge::new("tidings_suspended_recipients", "mailboxes that are not written to")
            .with(&[], status.suspended.len() as f64),
        Gauge::new("tidings_database_bytes", "the size of the database").with(&[], size as f64),
    ])
}

/// The newest edition of each digest, of the newest first.
fn last_of_each(editions: &[EditionStatus]) -> impl Iterator<Item = &EditionStatus> {
    let mut seen = HashSet::new();
    editions.iter().filter(move |edition| seen.insert(edition.digest.as_str()))
}

fn word(state: &FeedState) -> &'static str {
    match state {
        FeedState::NeverPolled => "never_polled",
        FeedState::Ok => "ok",
        FeedState::Failing { .. } => "failing",
        FeedState::Held { .. } => "held",
        FeedState::Silent { .. } => "silent",
    }
}
