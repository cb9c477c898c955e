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
    pub next_poll: DateTime<Utc>,
    pub failing_since: Option<DateTime<Utc>>,
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
    },
    Unchanged,
    Failed(String),
}

impl Store {
    /// What is known of a feed; None before its first poll, or when it has since been
    /// given another source, whose answers the old validators say nothing about.
    pub fn feed(&self, id: &str, source: &str) -> Result<Option<FeedRow>> {
        let mut query = self.connection.prepare_cached(
            "SELECT title, language, etag, last_modified, body_hash, next_poll, failing_since, failures, error
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
                    failing_since: r.get::<_, Option<i64>>(6)?.map(time),
                    failures: r.get(7)?,
                    error: r.get(8)?,
                })
            })
            .optional()?;
        Ok(row)
    }

    /// Records how a poll ended.
    pub fn polled(
        &self,
        id: &str,
        source: &str,
        now: DateTime<Utc>,
        next_poll: DateTime<Utc>,
        poll: &Poll,
    ) -> Result<()> {
        let (now, next) = (now.timestamp(), next_poll.timestamp());
        self.connection
            .prepare_cached(
                "INSERT INTO feed (id, source, polled, next_poll) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET polled = ?3, next_poll = ?4,
               etag = iif(source = ?2, etag, NULL), last_modified = iif(source = ?2, last_modified, NULL),
               body_hash = iif(source = ?2, body_hash, NULL), source = ?2",
            )?
            .execute(params![id, source, now, next])?;
        match poll {
            Poll::Changed { title, language, etag, last_modified, body_hash } => {
                self.connection.prepare_cached(
                    "UPDATE feed SET title = ?2, language = ?3, etag = ?4, last_modified = ?5, body_hash = ?6,
                       succeeded = ?7, failing_since = NULL, failures = 0, error = NULL WHERE id = ?1",
                )?
                .execute(params![id, title, language, etag, last_modified, body_hash, now])?;
            }
            Poll::Unchanged => {
                self.connection.prepare_cached(
                    "UPDATE feed SET succeeded = ?2, failing_since = NULL, failures = 0, error = NULL WHERE id = ?1",
                )?
                .execute(params![id, now])?;
            }
            Poll::Failed(error) => {
                self.connection.prepare_cached(
                    "UPDATE feed SET failing_since = coalesce(failing_since, ?2), failures = failures + 1, error = ?3
                     WHERE id = ?1",
                )?
                .execute(params![id, now, error])?;
            }
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
        }
    }

    #[test]
    fn a_failing_feed_keeps_what_it_had_and_heals() {
        let store = Store::in_memory();
        let at = |s| time(s);
        store.polled("c", "u", at(10), at(20), &changed("e1")).unwrap();
        store.polled("c", "u", at(20), at(30), &Poll::Failed("timed out".into())).unwrap();
        store.polled("c", "u", at(30), at(40), &Poll::Failed("timed out".into())).unwrap();
        let row = store.feed("c", "u").unwrap().unwrap();
        assert_eq!((row.etag.as_deref(), row.failures, row.failing_since), (Some("e1"), 2, Some(at(20))));
        store.polled("c", "u", at(40), at(50), &Poll::Unchanged).unwrap();
        let row = store.feed("c", "u").unwrap().unwrap();
        assert_eq!((row.failures, row.failing_since, row.error), (0, None, None));
    }

    #[test]
    fn validators_do_not_follow_a_feed_to_another_address() {
        let store = Store::in_memory();
        store.polled("c", "old", time(10), time(20), &changed("e1")).unwrap();
        assert_eq!(store.feed("c", "new").unwrap(), None);
        store.polled("c", "new", time(20), time(30), &Poll::Unchanged).unwrap();
        assert_eq!(store.feed("c", "new").unwrap().unwrap().etag, None);
    }
}
