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

    /// Since when the digest knows the feed.
    pub fn joined(&self, digest: &str, feed: &str) -> Result<Option<DateTime<Utc>>> {
        let mut query =
            self.connection.prepare_cached("SELECT since FROM joined WHERE digest = ?1 AND feed = ?2")?;
        Ok(query.query_row(params![digest, feed], |r| r.get(0)).optional()?.map(time))
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
    use super::*;

    #[test]
    fn a_digest_knows_its_feeds_since_it_first_met_them() {
        let store = Store::in_memory();
        store.join("daily", &["c".into()], time(100)).unwrap();
        store.join("daily", &["c".into(), "d".into()], time(200)).unwrap();
        assert_eq!(store.joined("daily", "c").unwrap(), Some(time(100)));
        assert_eq!(store.joined("daily", "d").unwrap(), Some(time(200)));
        assert_eq!(store.joined("daily", "e").unwrap(), None);
    }

    #[test]
    fn what_is_settled_never_goes_back() {
        let store = Store::in_memory();
        assert_eq!(store.settled("daily").unwrap(), None);
        store.join("daily", &[], time(100)).unwrap();
        store.settle("daily", time(300)).unwrap();
        store.settle("daily", time(200)).unwrap();
        assert_eq!(store.settled("daily").unwrap(), Some(time(300)));
    }
}
