//! The tables `suppression` and `soft_bounce`: mailboxes that are not written to, and those
//! that may become such.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::feeds::time;
use super::{Result, Store};

/// A mailbox that gets nothing until its owner says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    pub address: String,
    pub since: DateTime<Utc>,
    pub why: String,
}

impl Store {
    /// Writes no more to a mailbox, and takes what waits for it out of the outbox. Says
    /// whether that is news.
    pub fn suppress(&self, address: &str, why: &str, now: DateTime<Utc>) -> Result<bool> {
        let added = self
            .connection
            .prepare_cached("INSERT OR IGNORE INTO suppression (address, since, why) VALUES (?1, ?2, ?3)")?
            .execute(params![address, now.timestamp(), why])?;
        self.recall(address, now)?;
        Ok(added == 1)
    }

    /// Why a mailbox is not written to, if it is not.
    pub fn suppression(&self, address: &str) -> Result<Option<Suppression>> {
        let mut query = self
            .connection
            .prepare_cached("SELECT address, since, why FROM suppression WHERE address = ?1")?;
        Ok(query.query_row(params![address], suppression).optional()?)
    }

    /// Every mailbox that is not written to.
    pub fn suppressions(&self) -> Result<Vec<Suppression>> {
        let mut query =
            self.connection.prepare_cached("SELECT address, since, why FROM suppression ORDER BY address")?;
        Ok(query.query_map([], suppression)?.collect::<rusqlite::Result<_>>()?)
    }

    /// Writes to a mailbox again, which starts with a clean slate. Says whether it was
    /// suppressed.
    pub fn unsuppress(&self, address: &str) -> Result<bool> {
        self.connection
            .prepare_cached("DELETE FROM soft_bounce WHERE address = ?1")?
            .execute(params![address])?;
        let removed = self
            .connection
            .prepare_cached("DELETE FROM suppression WHERE address = ?1")?
            .execute(params![address])?;
        Ok(removed == 1)
    }

    /// Notes a soft bounce. Says when such came since then, the oldest
    /// first, this one included.
    pub fn record_soft_bounce(
        &self,
        address: &str,
        reply: &str,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>> {
        self.connection
            .prepare_cached("INSERT OR IGNORE INTO soft_bounce (address, at, reply) VALUES (?1, ?2, ?3)")?
            .execute(params![address, now.timestamp(), reply])?;
        let mut query = self
            .connection
            .prepare_cached("SELECT at FROM soft_bounce WHERE address = ?1 AND at >= ?2 ORDER BY at")?;
        let times = query.query_map(params![address, since.timestamp()], |r| Ok(time(r.get(0)?)))?;
        Ok(times.collect::<rusqlite::Result<_>>()?)
    }
}

fn suppression(row: &rusqlite::Row<'_>) -> rusqlite::Result<Suppression> {
    Ok(Suppression { address: row.get(0)?, since: time(row.get(1)?), why: row.get(2)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_suppressed_once_and_resumes_with_a_clean_slate() {
        let store = Store::in_memory();
        let bounce = |at| {
            store.record_soft_bounce("Ada@example.org", "552 5.2.2 full", time(0), time(at)).unwrap().len()
        };
        assert_eq!((bounce(10), bounce(20)), (1, 2));
        assert!(store.suppress("ada@example.org", "550 5.1.1", time(30)).unwrap());
        assert!(!store.suppress("ADA@example.org", "550 5.1.1", time(40)).unwrap());
        assert_eq!(store.suppression("Ada@Example.org").unwrap().unwrap().since, time(30));
        assert!(store.unsuppress("ada@example.org").unwrap());
        assert_eq!(store.suppressions().unwrap(), []);
        assert_eq!(bounce(50), 1);
    }
}
