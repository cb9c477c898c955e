//! Whoever comes by the web: readers who leave or read an edition, and programs that ask how
//! we are.

use chrono::Utc;
use tokio::sync::watch;

use super::App;
use super::status::{State, status_of};
use crate::render;
use crate::store::{self, Subscription};
use crate::web::metrics::Gauge;
use crate::web::{Answer, Reception};

/// Where they are received, by the configuration of the day.
#[derive(Clone)]
pub(super) struct Desk(pub(super) watch::Receiver<App>);

impl Desk {
    fn app(&self) -> App {
        self.0.borrow().clone()
    }
}

impl App {
    /// The page about a subscription, in the language of its digest.
    fn page(&self, subscription: &Subscription) -> Answer {
        let digest = self.config.digests.iter().find(|d| d.id == subscription.digest);
        let title = digest.map_or(subscription.digest.as_str(), |d| d.title.as_str());
        let language = digest.and_then(|d| d.language.as_deref()).unwrap_or("en");
        let gone = subscription.left.is_some().then_some(subscription.address.as_str());
        Answer::Page(render::leaving(language, title, gone, &self.config.theme))
    }
}

impl Reception for Desk {
    async fn edition(&self, token: String) -> Answer {
        let app = self.app();
        match app.db.call(move |store| store.edition_by_token(&token)).await {
            Ok(Some(issue)) => Answer::Page(render::in_one_file(&issue.frozen)),
            Ok(None) => Answer::NotFound(render::not_found(&app.config.theme)),
            Err(e) => Answer::Trouble(e.to_string()),
        }
    }

    async fn ask(&self, token: String) -> Answer {
        let app = self.app();
        match app.db.call(move |store| store.subscription(&token)).await {
            Ok(Some(subscription)) => app.page(&subscription),
            Ok(None) => Answer::NotFound(render::not_found(&app.config.theme)),
            Err(e) => Answer::Trouble(e.to_string()),
        }
    }

    async fn leave(&self, token: String) -> Answer {
        let (app, now) = (self.app(), Utc::now());
        let left = app.db.call(move |store| {
            store.leave(&token, now)?;
            store.subscription(&token)
        });
        match left.await {
            Ok(Some(subscription)) => {
                tracing::info!(digest = subscription.digest, "a reader has left");
                app.page(&subscription)
            }
            Ok(None) => Answer::NotFound(render::not_found(&app.config.theme)),
            Err(e) => Answer::Trouble(e.to_string()),
        }
    }

    async fn health(&self) -> Result<(), String> {
        let app = self.app();
        let silent = Utc::now() - app.pulse();
        if silent > chrono::Duration::minutes(15) {
            return Err(format!("the daemon has not moved for {} minutes", silent.num_minutes()));
        }
        app.db.call(|store| store.pruned()).await.map(drop).map_err(|e| e.to_string())
    }

    async fn metrics(&self) -> Result<Vec<Gauge>, String> {
        let app = self.app();
        let (config, pulse) = (app.config.clone(), app.pulse());
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
            if let State::Failing { since, .. } = feed.state {
                failing = failing.with(&[("feed", &feed.feed)], since.timestamp() as f64);
            }
        }
        let mut mails = Gauge::new(
            "tidings_deliveries",
            "mails that wait, are held or were lost, by how far they have come",
        );
        for (state, count) in deliveries {
            mails = mails.with(&[("state", &state.word().replace(' ', "_"))], count as f64);
        }
        let mut arrived = Gauge::new(
            "tidings_last_edition_delivered",
            "mails of a digest's last edition that were delivered",
        );
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
        let still = status.standstill.map_or(0.0, |s| s.since.timestamp() as f64);
        Ok(vec![
            Gauge::new("tidings_build_info", "the version at work")
                .with(&[("version", env!("CARGO_PKG_VERSION"))], 1.0),
            Gauge::new("tidings_last_beat_seconds", "when the daemon last moved, Unix time")
                .with(&[], pulse.timestamp() as f64),
            feeds,
            failing,
            last,
            arrived,
            next,
            mails,
            Gauge::new(
                "tidings_standstill_since_seconds",
                "since when no mail leaves, Unix time; 0 if mails leave",
            )
            .with(&[], still),
            Gauge::new("tidings_suspended_recipients", "mailboxes that are not written to")
                .with(&[], status.suspended.len() as f64),
            Gauge::new("tidings_database_bytes", "the size of the database").with(&[], size as f64),
        ])
    }
}

fn word(state: &State) -> &'static str {
    match state {
        State::NeverPolled => "never_polled",
        State::Ok => "ok",
        State::Failing { .. } => "failing",
        State::Held { .. } => "held",
        State::Silent { .. } => "silent",
    }
}
