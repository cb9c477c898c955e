//! How things are: each feed, each digest, the outbox. Nothing is changed, and nobody is
//! asked but the database.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Error;
pub use super::troubles::Trouble;
use super::troubles::{Surroundings, overdue, troubles};
use super::weekly::with_weekly;
use crate::config::Config;
use crate::fetch::pace;
use crate::files;
use crate::model::State;
use crate::store::{self, EditionRow, EditorUse, Health, Lock, Store};

/// How everything is: what `tidings status` prints, and with `--json` in this shape.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// What is wrong, and what to do.
    pub troubles: Vec<Trouble>,
    /// Whether `tidings run` is at work.
    pub daemon: bool,
    /// The zone in which a person reads the times.
    pub zone: String,
    pub feeds: Vec<FeedStatus>,
    pub digests: Vec<DigestStatus>,
    /// The last editions, the newest first.
    pub editions: Vec<EditionStatus>,
    /// Deliveries that wait.
    pub outbox: usize,
    /// Deliveries of which nobody knows whether they arrived, left to their owner.
    pub held: usize,
    /// Since when no mail leaves at all.
    pub relay_outage: Option<Outage>,
    /// How the editor is, if there is one.
    pub editor: Option<EditorStatus>,
    pub suspended: Vec<Suspended>,
    /// Subscriptions that their readers have ended.
    pub left: Vec<Left>,
    /// Deliveries that were refused or given up in the last seven days.
    pub lost: usize,
    /// Since when the mail has waited that is due the longest.
    pub waits_since: Option<DateTime<Utc>>,
    /// The latest time at which anything was polled or published.
    #[serde(skip)]
    pub(super) latest: Option<DateTime<Utc>>,
}

/// One feed, by its id.
#[derive(Debug, Clone, Serialize)]
pub struct FeedStatus {
    pub feed: String,
    /// As the owner calls it, else as it calls itself.
    pub title: Option<String>,
    #[serde(flatten)]
    pub state: FeedState,
    /// Where it has moved to for good, if that is elsewhere than the configuration says.
    pub moved_to: Option<String>,
    pub last_success: Option<DateTime<Utc>>,
    pub next_poll: Option<DateTime<Utc>>,
}

/// How a feed is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum FeedState {
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
        /// For good, it says.
        gone: bool,
    },
    /// It answers, but brings nothing new for longer than its rhythm explains.
    Silent {
        since: DateTime<Utc>,
    },
}

/// One digest: its last edition and its next.
#[derive(Debug, Clone, Serialize)]
pub struct DigestStatus {
    pub digest: String,
    pub next: Option<DateTime<Utc>>,
    /// In the digest's own zone.
    pub next_local: Option<String>,
    pub last_number: Option<i64>,
    pub last_published: Option<DateTime<Utc>>,
    /// When an edition was due that has not come out.
    pub overdue: Option<DateTime<Utc>>,
}

/// One edition, and what became of its mails.
#[derive(Debug, Clone, Serialize)]
pub struct EditionStatus {
    pub digest: String,
    pub number: i64,
    pub published: DateTime<Utc>,
    pub stories: usize,
    pub delivered: usize,
    pub waiting: usize,
    /// Rejected, given up or come back.
    pub lost: usize,
    /// Left to the owner, since nobody knows whether they arrived.
    pub held: usize,
    /// What the editor was asked for it.
    pub editor_requests: u64,
    pub editor_tokens: u64,
}

/// No mail leaves: since when, and why.
#[derive(Debug, Clone, Serialize)]
pub struct Outage {
    pub since: DateTime<Utc>,
    pub why: String,
}

/// How the editor is.
#[derive(Debug, Clone, Serialize)]
pub struct EditorStatus {
    pub model: String,
    /// Since when it does not answer.
    pub outage: Option<EditorOutageStatus>,
    /// What it was asked for the next edition of each digest so far.
    pub next: Vec<EditorUseStatus>,
}

/// The editor does not answer: since when, why, and when it is asked again.
#[derive(Debug, Clone, Serialize)]
pub struct EditorOutageStatus {
    pub since: DateTime<Utc>,
    pub why: String,
    pub retry: DateTime<Utc>,
}

/// What the editor was asked for an edition.
#[derive(Debug, Clone, Serialize)]
pub struct EditorUseStatus {
    pub digest: String,
    pub number: i64,
    pub requests: u64,
    pub tokens: u64,
    /// Answers that could not be used.
    pub unusable: u64,
    /// Since when no more is asked, as `max_tokens_per_edition` is spent.
    pub spent: Option<DateTime<Utc>>,
}

impl EditorUseStatus {
    fn of(digest: &str, number: i64, used: EditorUse) -> Self {
        let EditorUse { requests, tokens, unusable, spent } = used;
        Self { digest: digest.to_owned(), number, requests, tokens, unusable, spent }
    }
}

/// A mailbox that is not written to: since when, and why.
#[derive(Debug, Clone, Serialize)]
pub struct Suspended {
    pub address: String,
    pub since: DateTime<Utc>,
    pub why: String,
}

/// A subscription that its reader has ended.
#[derive(Debug, Clone, Serialize)]
pub struct Left {
    pub address: String,
    pub digest: String,
    pub since: Option<DateTime<Utc>>,
}

/// So many editions are worth a look.
const LAST_EDITIONS: u32 = 5;

/// An edition may wait for its feeds for so long, or for the machine to be done with another.
const LATE: chrono::Duration = chrono::Duration::minutes(75);

impl Status {
    /// Whether nothing is wrong.
    pub fn is_well(&self) -> bool {
        self.troubles.is_empty()
    }
}

/// Looks things up.
///
/// # Errors
/// When the database cannot be read.
pub fn status(config: &Config, now: DateTime<Utc>) -> Result<Status, Error> {
    let mut status = status_of(config, &Store::look_at(&config.database)?, now)?;
    let around = Surroundings {
        daemon: Lock::is_held(&config.database, "run.lock"),
        has_database: config.database.exists(),
        free: files::free_space(&config.database),
    };
    let at = |time: DateTime<Utc>| time.with_timezone(&config.zone).format("%Y-%m-%d %H:%M").to_string();
    status.troubles = troubles(&status, around, now, at);
    status.daemon = around.daemon;
    Ok(status)
}

/// The same of a store that is open.
pub(super) fn status_of(config: &Config, store: &Store, now: DateTime<Utc>) -> Result<Status, store::Error> {
    let mut feeds = Vec::new();
    let mut latest = None;
    for feed in config.feeds.iter().map(|settings| &settings.feed) {
        let health = store.health(&feed.id, &feed.source.to_string(), pace::CONFIRMED_AFTER)?;
        latest = latest.max(health.as_ref().map(|h| h.polled));
        feeds.push(FeedStatus {
            feed: feed.id.clone(),
            title: feed.name.clone().or_else(|| health.as_ref().and_then(|h| h.title.clone())),
            moved_to: health.as_ref().and_then(|h| h.moved_to.clone()),
            last_success: health.as_ref().and_then(|h| h.succeeded),
            next_poll: health.as_ref().map(|h| h.next_poll),
            state: health.map_or(FeedState::NeverPolled, |h| state(h, now)),
        });
    }
    let mut digests = Vec::new();
    for digest in &with_weekly(config, store)? {
        let next = digest.schedule.next(digest.zone, now);
        let last = store.newest_edition(&digest.id)?;
        latest = latest.max(last.map(|(_, published)| published));
        let made = store.settled(&digest.id)?.max(last.map(|(_, published)| published));
        let due = made.and_then(|made| digest.schedule.newest(digest.zone, made, now - LATE));
        let (mut polled, mut has_new) = (None, false);
        if due.is_some() {
            for settings in config.feeds_of(digest) {
                let row = store.feed(&settings.feed.id, &settings.feed.source.to_string())?;
                polled = polled.max(row.and_then(|row| row.polled));
                has_new = has_new || !store.is_all_carried(&digest.id, &settings.feed.id)?;
            }
        }
        digests.push(DigestStatus {
            digest: digest.id.clone(),
            next,
            next_local: next
                .map(|n| n.with_timezone(&digest.zone).format("%a %Y-%m-%d %H:%M %Z").to_string()),
            last_number: last.map(|(number, _)| number),
            last_published: last.map(|(_, published)| published),
            overdue: overdue(due, polled, has_new),
        });
    }
    let lost = store.lost_since(now - chrono::Duration::days(7))?;
    let held = store.delivery_counts()?.into_iter().find(|(state, _)| *state == State::Unknown);
    Ok(Status {
        troubles: Vec::new(),
        daemon: false,
        zone: config.zone.name().to_owned(),
        waits_since: store.oldest_due(now)?,
        latest,
        feeds,
        digests,
        editions: store.editions(None, LAST_EDITIONS)?.into_iter().map(EditionStatus::from).collect(),
        outbox: store.outstanding()?,
        held: held.map_or(0, |(_, count)| count),
        relay_outage: store.relay_outage()?.map(|o| Outage { since: o.since, why: o.why }),
        editor: editor(config, store)?,
        suspended: store
            .suppressions()?
            .into_iter()
            .map(|s| Suspended { address: s.address, since: s.since, why: s.why })
            .collect(),
        left: store
            .departed()?
            .into_iter()
            .map(|s| Left { address: s.address, digest: s.digest, since: s.left })
            .collect(),
        lost,
    })
}

fn editor(config: &Config, store: &Store) -> Result<Option<EditorStatus>, store::Error> {
    let Some(editor) = &config.editor else { return Ok(None) };
    let mut next = Vec::new();
    for digest in &with_weekly(config, store)? {
        let number = store.next_number(&digest.id)?;
        let used = store.editor_use(&digest.id, number)?;
        if used != EditorUse::default() {
            next.push(EditorUseStatus::of(&digest.id, number, used));
        }
    }
    let outage = store.editor_outage()?;
    let outage = outage.map(|o| EditorOutageStatus { since: o.since, why: o.why, retry: o.retry });
    Ok(Some(EditorStatus { model: editor.model.clone(), outage, next }))
}

impl From<EditionRow> for EditionStatus {
    fn from(row: EditionRow) -> Self {
        Self {
            digest: row.digest,
            number: row.number,
            published: row.published,
            stories: row.stories,
            delivered: row.delivered,
            waiting: row.waiting,
            lost: row.lost,
            held: row.held,
            editor_requests: row.editor.requests,
            editor_tokens: row.editor.tokens,
        }
    }
}

fn state(health: Health, now: DateTime<Utc>) -> FeedState {
    let why = health.error.unwrap_or_default();
    if let Some(until) = health.hold_until.filter(|until| *until > now) {
        FeedState::Held { until, why, gone: until - health.polled > pace::LONGEST }
    } else if let Some(since) = health.failing_since {
        FeedState::Failing { since, times: health.failures, why }
    } else if let Some(silent) = pace::silence(&health.arrivals, now) {
        FeedState::Silent { since: now - silent }
    } else {
        FeedState::Ok
    }
}
