//! The tables `digest` and `joined`: how far each digest has come, and since when it
//! knows each of its feeds.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::feeds::time;
use super::{Result, Store};

impl Store {
    /// Makes a digest and its feeds known, from now on if they are not yet.
    pub fn join(&self, digest: &str, feeds: &[String], now: DateTime<Utc>) -> Result<()> {
        let now = now.timestamp();
        self.connection
            .prepare_cached("INSERT OR IGNORE INTO digest (id, settled) VALUES (?1, ?2)")?
            .execute(params![digest, now])?;
        let mut join = self
            .connection
            .prepare_cached("INSERT OR IGNORE INTO joined (digest, feed, since) VALUES (?1, ?2, ?3)")?;
        for feed in feeds {
            join.execute(params![digest, feed, now])?;
        }
        Ok(())
    }

    /// Up to when an entry of the feed is backlog to the digest: until the digest knew the
    /// feed, and until the feed was first read.
    pub fn backlog_until(&self, digest: &str, feed: &str) -> Result<DateTime<Utc>> {
        let mut query = self.connection.prepare_cached(
            "SELECT max(
               coalesce((SELECT since FROM joined WHERE digest = ?1 AND feed = ?2), 0),
               coalesce((SELECT min(first_seen) FROM seen WHERE feed = ?2), 0))",
        )?;
        Ok(time(query.query_row(params![digest, feed], |r| r.get(0))?))
    }

    /// Up to when the due times of a digest have been seen to.
    pub fn settled(&self, digest: &str) -> Result<Option<DateTime<Utc>>> {
        let mut query = self.connection.prepare_cached("SELECT settled FROM digest WHERE id = ?1")?;
        Ok(query.query_row(params![digest], |r| r.get(0)).optional()?.map(time))
    }

    /// Every due time of the digest up to this one has been seen to.
    pub fn settle(&self, digest: &str, due: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached("UPDATE digest SET settled = max(settled, ?2) WHERE id = ?1")?
            .execute(params![digest, due.timestamp()])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::entries::tests::entry;
    use super::*;

    #[test]
    fn backlog_ends_when_digest_and_feed_have_both_begun() {
        let store = Store::in_memory();
        store.join("daily", &["c".into()], time(100)).unwrap();
        assert_eq!(store.backlog_until("daily", "c").unwrap(), time(100));
        // The feed failed at first, and was read only later.
        store.keep("c", &[entry(1, "One")], time(200)).unwrap();
        store.keep("c", &[entry(2, "Two")], time(300)).unwrap();
        assert_eq!(store.backlog_until("daily", "c").unwrap(), time(200));
        store.join("late", &["c".into()], time(400)).unwrap();
        assert_eq!(store.backlog_until("late", "c").unwrap(), time(400));
    }
}
