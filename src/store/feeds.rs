//! The table `feed`: what is known of each feed's last polls.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::{Result, Store};

/// What the last polls of a feed left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedRow {
    pub title: Option<String>,
    pub language: Option<String>,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    pub body_hash: Option<Vec<u8>>,
    /// None before the first poll.
    pub polled: Option<DateTime<Utc>>,
    /// Nobody answered at the last poll.
    pub is_unreachable: bool,
    pub next_poll: DateTime<Utc>,
    pub hold_until: Option<DateTime<Utc>>,
    pub moved_to: Option<String>,
    pub moved_polls: u32,
    pub ttl: Option<u32>,
    pub skip_hours: u32,
    pub failures: u32,
    pub error: Option<String>,
}

/// How a poll ended, as far as the feed's row is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Poll {
    Changed {
        title: Option<String>,
        language: Option<String>,
        etag: Option<String>,
        last_modified: Option<String>,
        body_hash: Option<Vec<u8>>,
        ttl: Option<u32>,
        skip_hours: u32,
    },
    Unchanged,
    Failed(String),
    /// Nobody answered.
    Unreachable(String),
}

/// How a feed is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    pub title: Option<String>,
    pub polled: DateTime<Utc>,
    pub next_poll: DateTime<Utc>,
    pub hold_until: Option<DateTime<Utc>>,
    pub succeeded: Option<DateTime<Utc>>,
    /// Where permanent redirects lead that are confirmed by now.
    pub moved_to: Option<String>,
    pub failing_since: Option<DateTime<Utc>>,
    pub failures: u32,
    pub error: Option<String>,
    /// When something new came, the newest first, the last twenty times.
    pub arrivals: Vec<DateTime<Utc>>,
}

/// What a poll decides about the next ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Next {
    pub poll: DateTime<Utc>,
    pub hold_until: Option<DateTime<Utc>>,
    /// Where permanent redirects lead, and how many polls in a row have found that.
    pub moved: Option<(String, u32)>,
}

impl Store {
    /// What is known of a feed; None before its first poll, or when it has since been
    /// given another source, whose answers the old validators say nothing about.
    pub fn feed(&self, id: &str, source: &str) -> Result<Option<FeedRow>> {
        let mut query = self.connection.prepare_cached(
            "SELECT title, language, etag, last_modified, body_hash, next_poll, hold_until, moved_to,
               moved_polls, ttl, skip_hours, failures, error, polled, is_unreachable
             FROM feed WHERE id = ?1 AND source = ?2",
        )?;
        let row = query
            .query_row(params![id, source], |r| {
                Ok(FeedRow {
                    title: r.get(0)?,
                    language: r.get(1)?,
                    etag: r.get(2)?,
                    last_modified: r.get(3)?,
                    body_hash: r.get(4)?,
                    next_poll: time(r.get(5)?),
                    hold_until: r.get::<_, Option<i64>>(6)?.map(time),
                    moved_to: r.get(7)?,
                    moved_polls: r.get(8)?,
                    ttl: r.get(9)?,
                    skip_hours: r.get(10)?,
                    failures: r.get(11)?,
                    error: r.get(12)?,
                    polled: Some(time(r.get(13)?)),
                    is_unreachable: r.get(14)?,
                })
            })
            .optional()?;
        Ok(row)
    }

    /// How a feed is; None before its first poll. A permanent redirect is confirmed after so
    /// many polls have found it.
    pub fn health(&self, id: &str, source: &str, confirmed_after: u32) -> Result<Option<Health>> {
        let mut query = self.connection.prepare_cached(
            "SELECT polled, next_poll, hold_until, succeeded, failing_since, failures, error,
               iif(moved_polls >= ?3, moved_to, NULL), title
             FROM feed WHERE id = ?1 AND source = ?2",
        )?;
        let health = query
            .query_row(params![id, source, confirmed_after], |r| {
                Ok(Health {
                    title: r.get(8)?,
                    polled: time(r.get(0)?),
                    next_poll: time(r.get(1)?),
                    hold_until: r.get::<_, Option<i64>>(2)?.map(time),
                    succeeded: r.get::<_, Option<i64>>(3)?.map(time),
                    failing_since: r.get::<_, Option<i64>>(4)?.map(time),
                    failures: r.get(5)?,
                    error: r.get(6)?,
                    moved_to: r.get(7)?,
                    arrivals: Vec::new(),
                })
            })
            .optional()?;
        let Some(mut health) = health else { return Ok(None) };
        let mut arrivals = self.connection.prepare_cached(
            "SELECT DISTINCT first_seen FROM entry WHERE feed = ?1 ORDER BY first_seen DESC LIMIT 20",
        )?;
        let times = arrivals.query_map(params![id], |r| Ok(time(r.get(0)?)))?;
        health.arrivals = times.collect::<rusqlite::Result<_>>()?;
        Ok(Some(health))
    }

    /// Records how a poll ended.
    pub fn polled(&self, id: &str, source: &str, now: DateTime<Utc>, next: &Next, poll: &Poll) -> Result<()> {
        // A feed that was given another source begins anew.
        self.connection
            .prepare_cached("DELETE FROM feed WHERE id = ?1 AND source <> ?2")?
            .execute(params![id, source])?;
        let (moved_to, moved_polls) = match &next.moved {
            Some((to, polls)) => (Some(to), *polls),
            None => (None, 0),
        };
        let hold = next.hold_until.map(|h| h.timestamp());
        self.connection
            .prepare_cached(
                "INSERT INTO feed (id, source, polled, next_poll, hold_until, moved_to, moved_polls)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (id) DO UPDATE SET
                   polled = ?3, next_poll = ?4, hold_until = ?5, moved_to = ?6, moved_polls = ?7,
                   is_unreachable = 0",
            )?
            .execute(params![
                id,
                source,
                now.timestamp(),
                next.poll.timestamp(),
                hold,
                moved_to,
                moved_polls
            ])?;
        let now = now.timestamp();
        match poll {
            Poll::Changed { title, language, etag, last_modified, body_hash, ttl, skip_hours } => {
                self.connection
                    .prepare_cached(
                        "UPDATE feed SET title = ?2, language = ?3, etag = ?4, last_modified = ?5, body_hash = ?6,
                           ttl = ?7, skip_hours = ?8,
                           succeeded = ?9, failing_since = NULL, failures = 0, error = NULL WHERE id = ?1",
                    )?
                    .execute(params![id, title, language, etag, last_modified, body_hash, ttl, skip_hours, now])?;
            }
            Poll::Unchanged => {
                self.connection
                    .prepare_cached(
                        "UPDATE feed SET succeeded = ?2, failing_since = NULL, failures = 0, error = NULL
                         WHERE id = ?1",
                    )?
                    .execute(params![id, now])?;
            }
            Poll::Failed(error) | Poll::Unreachable(error) => {
                self.connection
                    .prepare_cached(
                        "UPDATE feed SET failing_since = coalesce(failing_since, ?2), failures = failures + 1,
                           error = ?3, is_unreachable = ?4 WHERE id = ?1",
                    )?
                    .execute(params![id, now, error, matches!(poll, Poll::Unreachable(_))])?;
            }
        }
        Ok(())
    }
}

impl Store {
    /// These feeds are polled again at those times, if none was read since then: not they failed,
    /// but our own network.
    pub fn repoll(&self, feeds: &[(String, DateTime<Utc>)], unless_read_since: DateTime<Utc>) -> Result<()> {
        let mut read = self.connection.prepare_cached("SELECT 1 FROM feed WHERE succeeded >= ?1")?;
        if read.exists(params![unless_read_since.timestamp()])? {
            return Ok(());
        }
        let mut update = self.connection.prepare_cached("UPDATE feed SET next_poll = ?2 WHERE id = ?1")?;
        for (id, at) in feeds {
            update.execute(params![id, at.timestamp()])?;
        }
        Ok(())
    }
}

pub(super) fn time(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(etag: &str) -> Poll {
        Poll::Changed {
            title: Some("Courier".into()),
            language: None,
            etag: Some(etag.into()),
            last_modified: None,
            body_hash: None,
            ttl: None,
            skip_hours: 0,
        }
    }

    #[test]
    fn a_failing_feed_keeps_what_it_had_and_heals() {
        let store = Store::in_memory();
        let poll = |at, poll: Poll| store.polled("c", "u", time(at), &Next::default(), &poll).unwrap();
        poll(10, changed("e1"));
        poll(20, Poll::Failed("timed out".into()));
        poll(30, Poll::Failed("timed out".into()));
        let row = store.feed("c", "u").unwrap().unwrap();
        assert_eq!(
            (row.etag.as_deref(), row.failures, row.error.as_deref()),
            (Some("e1"), 2, Some("timed out"))
        );
        poll(40, Poll::Unchanged);
        let row = store.feed("c", "u").unwrap().unwrap();
        assert_eq!((row.failures, row.error), (0, None));
    }

    #[test]
    fn nothing_follows_a_feed_to_another_address() {
        let store = Store::in_memory();
        let moved = Next { moved: Some(("elsewhere".into(), 3)), ..Next::default() };
        store.polled("c", "old", time(10), &moved, &changed("e1")).unwrap();
        assert_eq!(store.feed("c", "new").unwrap(), None);
        store.polled("c", "new", time(20), &Next::default(), &Poll::Unchanged).unwrap();
        let row = store.feed("c", "new").unwrap().unwrap();
        assert_eq!((row.etag, row.moved_to, row.moved_polls), (None, None, 0));
    }
}
