//! How things are: each feed, each digest, the outbox. Nothing is changed, and nobody is
//! asked but the database.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Error;
use crate::config::Config;
use crate::fetch::pace;
use crate::store::{Health, Store};

#[derive(Debug, Clone, Serialize)]
pub struct Status {
    pub feeds: Vec<FeedStatus>,
    pub digests: Vec<DigestStatus>,
    /// Deliveries that are not settled.
    pub outbox: usize,
    /// Deliveries that were refused or given up in the last seven days.
    pub lost: usize,
}

#[derive(Debug, Clone, Serialize)]
pub struct FeedStatus {
    pub feed: String,
    #[serde(flatten)]
    pub state: State,
    pub last_success: Option<DateTime<Utc>>,
    pub next_poll: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum State {
    NeverPolled,
    Ok,
    Failing {
        since: DateTime<Utc>,
        times: u32,
        why: String,
    },
    /// Its server asked not to be asked.
    Held {
        until: DateTime<Utc>,
        why: String,
    },
    /// It answers, but brings nothing new for longer than its rhythm explains.
    Silent {
        since: DateTime<Utc>,
    },
}

#[derive(Debug, Clone, Serialize)]
pub struct DigestStatus {
    pub digest: String,
    pub next: Option<DateTime<Utc>>,
    /// In the digest's own zone.
    pub next_local: Option<String>,
    pub last_number: Option<i64>,
    pub last_published: Option<DateTime<Utc>>,
}

impl Status {
    /// Whether no feed is in trouble and no mail was lost.
    pub fn is_well(&self) -> bool {
        self.lost == 0 && self.feeds.iter().all(|f| matches!(f.state, State::Ok | State::NeverPolled))
    }
}

/// Looks things up.
///
/// # Errors
/// When the database cannot be read.
pub fn status(config: &Config, now: DateTime<Utc>) -> Result<Status, Error> {
    let store = Store::look_at(&config.database)?;
    let mut feeds = Vec::new();
    for feed in &config.feeds {
        let health = store.health(&feed.id, &feed.source.to_string())?;
        feeds.push(FeedStatus {
            feed: feed.id.clone(),
            last_success: health.as_ref().and_then(|h| h.succeeded),
            next_poll: health.as_ref().map(|h| h.next_poll),
            state: health.map_or(State::NeverPolled, |h| state(h, now)),
        });
    }
    let mut digests = Vec::new();
    for digest in &config.digests {
        let next = digest.schedule.next(digest.zone, now);
        let last = store.newest_edition(&digest.id)?;
        digests.push(DigestStatus {
            digest: digest.id.clone(),
            next,
            next_local: next
                .map(|n| n.with_timezone(&digest.zone).format("%a %Y-%m-%d %H:%M %Z").to_string()),
            last_number: last.map(|(number, _)| number),
            last_published: last.map(|(_, published)| published),
        });
    }
    let lost = store.lost_since(now - chrono::Duration::days(7))?;
    Ok(Status { feeds, digests, outbox: store.outstanding()?, lost })
}

fn state(health: Health, now: DateTime<Utc>) -> State {
    let why = health.error.unwrap_or_default();
    if let Some(until) = health.hold_until.filter(|until| *until > now) {
        State::Held { until, why }
    } else if let Some(since) = health.failing_since {
        State::Failing { since, times: health.failures, why }
    } else if let Some(silent) = pace::silence(&health.arrivals, now) {
        State::Silent { since: now - silent }
    } else {
        State::Ok
    }
}
